//! Any profile as a device on the screen: the list of profiles, with a search.

use super::words;
use crate::action::Actions;
use crate::state::Session;
use crate::theme;
use crate::widgets::fuzzy;
use eframe::egui::{
    Button, Id, Key, Popup, PopupCloseBehavior, Response, RichText, ScrollArea, TextEdit, Ui, WidgetText,
};
use egui_material_icons::icons;
use loophole_pulse::intent::{Intent, surface};
use loophole_pulse::view::surfaces::ProfileSummary;

/// What a menu of profiles keeps while it is open.
#[derive(Clone, Debug, Default)]
pub(super) struct ProfileSearch {
    text: String,
    shown: bool,
}

const WIDTH: f32 = 330.0;
const HEIGHT: f32 = 320.0;

/// Where refusals of a simulation come back to.
pub(super) fn source() -> Id {
    Id::unique("loophole.surfaces.simulate")
}

/// The button that opens the list.
pub(super) fn simulator_ui(
    ui: &mut Ui,
    session: &Session,
    search: &mut ProfileSearch,
    text: &'static str,
    actions: &mut Actions,
) {
    let button = ui.add(Button::new((icons::ICON_ADD.rich_text(), text)));
    let button = button.accessible_name(text);
    if button.contains_pointer() {
        actions.hint("Puts a device on the screen that behaves as the real one; play it with the mouse");
    }
    if let Some(profile) = profiles_ui(&button, session, search, |_| true) {
        let simulate = surface::Simulate { profile_id: profile };
        actions.intent_from(source(), Intent::SurfaceSimulate(simulate));
    }
    if let Some(rejection) = session.rejection(source()) {
        ui.label(RichText::new(&rejection.message).small().color(theme::tokens(ui).error));
    }
}

/// A list of profiles below a button; gives back the id of the one that was chosen.
pub(super) fn profiles_ui(
    button: &Response,
    session: &Session,
    search: &mut ProfileSearch,
    fits: impl Fn(&ProfileSummary) -> bool,
) -> Option<String> {
    let mut chosen = None;
    let popup = Popup::menu(button).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let shown = popup.show(|ui| {
        ui.set_width(WIDTH);
        let field =
            TextEdit::singleline(&mut search.text).hint_text("Search maker or model").desired_width(WIDTH - 16.0);
        let field = ui.add(field).accessible_name("Search profiles");
        if !search.shown {
            field.request_focus();
        }
        let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let found = find(&session.view().surfaces.profiles, &search.text, fits);
        if found.is_empty() {
            let none = session.view().surfaces.profiles.is_empty();
            ui.weak(if none { "No profile is known." } else { "No profile is called so. Fewer letters find more." });
        }
        if enter && let Some(first) = found.first() {
            chosen = Some(first.id.clone());
        }
        ScrollArea::vertical().max_height(HEIGHT).auto_shrink([false, true]).show(ui, |ui| {
            for profile in found {
                if row_ui(ui, profile).clicked() {
                    chosen = Some(profile.id.clone());
                }
            }
        });
        if chosen.is_some() {
            ui.close();
        }
    });
    search.shown = shown.is_some();
    if !search.shown {
        search.text.clear();
    }
    chosen
}

fn find<'a>(
    profiles: &'a [ProfileSummary],
    text: &str,
    fits: impl Fn(&ProfileSummary) -> bool,
) -> Vec<&'a ProfileSummary> {
    let fitting = profiles.iter().filter(|profile| fits(profile));
    if text.trim().is_empty() {
        return fitting.collect();
    }
    let mut found: Vec<(i32, &ProfileSummary)> = fitting
        .filter_map(|profile| Some((fuzzy::score(text, &format!("{} {}", profile.vendor, profile.name))?, profile)))
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, profile)| profile).collect()
}

fn row_ui(ui: &mut Ui, profile: &ProfileSummary) -> Response {
    let own = if profile.own { ", yours" } else { "" };
    let kind = format!("{}, {}{own}", words::class(profile.class), words::transport(profile.transport));
    let text = WidgetText::from(format!("{} {}", profile.vendor, profile.name));
    let button = Button::selectable(false, (words::class_icon(profile.class).rich_text(), text))
        .right_text(RichText::new(kind).small().weak())
        .min_size(eframe::egui::vec2(ui.available_width(), 24.0));
    ui.add(button).accessible_name(format!("Profile {} {}", profile.vendor, profile.name))
}
