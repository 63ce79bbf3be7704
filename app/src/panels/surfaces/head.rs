//! What is known of the chosen device, its page and bank, and what a person can do with it.

use super::{SurfacesPanelState, simulator, words};
use crate::action::Actions;
use crate::panels::refusal::refusal_ui;
use crate::state::Session;
use crate::theme;
use eframe::egui::{
    Button, ComboBox, DragValue, Frame, Id, Key, Label, Margin, Popup, PopupCloseBehavior, RichText, TextEdit, Ui,
};
use egui_material_icons::icons;
use loophole_pulse::intent::{Intent, surface};
use loophole_pulse::view::surfaces::{DeviceClass, SurfaceState, SurfaceView};

fn source(device: &SurfaceView) -> Id {
    Id::unique("loophole.surfaces.head").with(device.device)
}

/// One line, and below it what the person is asked.
pub(super) fn head_ui(
    ui: &mut Ui,
    session: &Session,
    device: &SurfaceView,
    state: &mut SurfacesPanelState,
    actions: &mut Actions,
) {
    let tokens = theme::tokens(ui);
    let row = ui.horizontal_wrapped(|ui| {
        name_ui(ui, device, state, actions);
        let sign = words::state(device.state, tokens);
        ui.label(RichText::from(sign.icon).color(sign.colour));
        ui.label(RichText::new(sign.word).small().color(sign.colour));
        confidence_ui(ui, device);
        page_ui(ui, device, actions);
        bank_ui(ui, device, actions);
        for modifier in &device.modifiers {
            ui.label(RichText::new(format!("+{modifier}")).small().strong().color(tokens.accent));
        }
        choices_ui(ui, session, device, state, actions);
    });
    refusal_ui(ui, session, source(device), row.response.rect, &device.name, actions);
    questions_ui(ui, session, device, state, actions);
}

fn name_ui(ui: &mut Ui, device: &SurfaceView, state: &mut SurfacesPanelState, actions: &mut Actions) {
    let icon = device.model.as_ref().map_or(DeviceClass::Generic, |model| model.class);
    ui.label(words::class_icon(icon).rich_text().size(theme::TEXT_ICON));
    let Some((_, text)) = state.renaming.as_mut().filter(|(known, _)| *known == device.device) else {
        let name = ui.add(Button::new(RichText::new(&device.name).strong()).frame_when_inactive(false));
        let name = name.accessible_name(format!("Rename surface {}", device.name)).on_hover_text("Click to rename");
        if name.clicked() || (name.has_focus() && ui.input(|input| input.key_pressed(Key::F2))) {
            state.renaming = Some((device.device, device.name.clone()));
        }
        return;
    };
    let edit = ui.add(TextEdit::singleline(text).desired_width(160.0)).accessible_name("New name of the surface");
    let first = ui.data_mut(|data| !std::mem::replace(data.get_temp_mut_or_default::<bool>(edit.id), true));
    if first {
        edit.request_focus();
    } else if edit.lost_focus() {
        let name = text.trim().to_owned();
        if !ui.input(|input| input.key_pressed(Key::Escape)) && name != device.name {
            let rename = surface::Rename { device: device.device, name };
            actions.intent_from(source(device), Intent::SurfaceRename(rename));
        }
        ui.data_mut(|data| data.remove::<bool>(edit.id));
        state.renaming = None;
    }
}

/// How sure, and why: a click shows what speaks for it.
fn confidence_ui(ui: &mut Ui, device: &SurfaceView) {
    let text = match &device.model {
        Some(model) => format!("{} {}, {:.0} % sure", model.vendor, model.name, device.confidence * 100.0),
        None => "No profile".to_owned(),
    };
    let button = ui.add(Button::new(RichText::new(text).small()).small());
    let button = button.accessible_name(format!("Why {} was recognised", device.name));
    Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        ui.set_max_width(380.0);
        ui.strong(if device.model.is_some() { "What speaks for it" } else { "What is known" });
        for reason in &device.reasons {
            ui.horizontal_top(|ui| {
                ui.label(icons::ICON_CHECK.rich_text().color(theme::tokens(ui).ok));
                ui.add(Label::new(reason).wrap());
            });
        }
        if device.reasons.is_empty() {
            ui.weak("Nothing speaks for any known model.");
        }
        ui.separator();
        ui.weak(format!("{}: {}", words::transport(device.transport), device.ports.join(", ")));
        ui.weak(format!("{} events since it came", device.events));
    });
}

fn page_ui(ui: &mut Ui, device: &SurfaceView, actions: &mut Actions) {
    if device.pages.len() < 2 {
        return;
    }
    let now = device.page.as_deref().or(device.pages.first().map(String::as_str)).unwrap_or_default();
    let combo = ComboBox::from_id_salt(("page", device.device)).width(90.0).selected_text(format!("Page {now}"));
    let shown = combo.show_ui(ui, |ui| {
        for page in &device.pages {
            if ui.selectable_label(page == now, page).clicked() && page != now {
                let set = surface::SetPage { device: device.device, page: page.clone() };
                actions.intent_from(source(device), Intent::SurfaceSetPage(set));
            }
        }
    });
    shown.response.accessible_name(format!("Page of {}", device.name));
}

fn bank_ui(ui: &mut Ui, device: &SurfaceView, actions: &mut Actions) {
    use loophole_pulse::view::surfaces::Target;
    use loophole_pulse::view::surfaces::surface_mapping::Selector;
    let banked = device
        .mappings
        .iter()
        .any(|row| matches!(row.mapping.target, Target::Gain { of: Selector::Bank { .. } } | Target::Bank { .. }));
    if !banked {
        return;
    }
    let mut first = device.bank + 1;
    let field = DragValue::new(&mut first).range(1..=1_000).prefix("Bank from track ").speed(0.05);
    let field = ui.add(field).accessible_name(format!("First track of the bank of {}", device.name));
    if field.changed() && first != device.bank + 1 {
        let set = surface::SetBank { device: device.device, first: first.saturating_sub(1) };
        actions.intent_from(source(device), Intent::SurfaceSetBank(set));
    }
}

fn choices_ui(
    ui: &mut Ui,
    session: &Session,
    device: &SurfaceView,
    state: &mut SurfacesPanelState,
    actions: &mut Actions,
) {
    let from = source(device);
    if device.simulated {
        let end = ui.add(Button::new((icons::ICON_CLOSE.rich_text(), "End simulation")));
        if end.accessible_name(format!("End simulation of {}", device.name)).clicked() {
            let end = surface::SimulateEnd { device: device.device };
            actions.intent_from(from, Intent::SurfaceSimulateEnd(end));
        }
        return;
    }
    if matches!(device.state, SurfaceState::Ignored) {
        let adopt = ui.add(Button::new((icons::ICON_CHECK.rich_text(), "Use")));
        if adopt.accessible_name(format!("Use {}", device.name)).clicked() {
            let adopt = surface::Adopt { device: device.device, profile_id: None };
            actions.intent_from(from, Intent::SurfaceAdopt(adopt));
        }
        return;
    }
    let profile = ui.add(Button::new((icons::ICON_SWAP_HORIZ.rich_text(), "Profile")));
    let profile = profile.accessible_name(format!("Choose a profile for {}", device.name));
    if let Some(profile_id) =
        simulator::profiles_ui(&profile, session, &mut state.profile, |profile| profile.transport == device.transport)
    {
        let adopt = surface::Adopt { device: device.device, profile_id: Some(profile_id) };
        actions.intent_from(from, Intent::SurfaceAdopt(adopt));
    }
    let ignore = ui.add(Button::new((icons::ICON_BLOCK.rich_text(), "Ignore")));
    let ignore = ignore.accessible_name(format!("Ignore {}", device.name));
    if ignore.on_hover_text("Leaves this device alone; other programs can have it.").clicked() {
        actions.intent_from(from, Intent::SurfaceIgnore(surface::Ignore { device: device.device }));
    }
}

/// Trouble, ties and unknown models: what stands in the way, and the buttons that help.
fn questions_ui(
    ui: &mut Ui,
    session: &Session,
    device: &SurfaceView,
    state: &mut SurfacesPanelState,
    actions: &mut Actions,
) {
    if let Some(trouble) = &device.trouble {
        notice(ui, "trouble", |ui| {
            ui.add(Label::new(trouble).wrap());
        });
    }
    if !device.could_be.is_empty() {
        tie_ui(ui, device, actions);
    }
    if device.state == SurfaceState::Unknown {
        notice(ui, "unknown", |ui| {
            ui.label("Nobody has described this model yet. It works with a general layout; a profile makes it better.");
            let choose = ui.add(Button::new((icons::ICON_SEARCH.rich_text(), "Choose a profile")));
            let choose = choose.accessible_name("Choose a profile for the unknown device");
            let fits = |profile: &loophole_pulse::view::surfaces::ProfileSummary| profile.transport == device.transport;
            if let Some(profile_id) = simulator::profiles_ui(&choose, session, &mut state.unknown_profile, fits) {
                let adopt = surface::Adopt { device: device.device, profile_id: Some(profile_id) };
                actions.intent_from(source(device), Intent::SurfaceAdopt(adopt));
            }
            let learn = ui.add(Button::new((icons::ICON_SCHOOL.rich_text(), "Learn its controls")));
            if learn.accessible_name(format!("Learn the controls of {}", device.name)).clicked() {
                let begin = surface::LearnBegin { device: Some(device.device), batch: true, ..Default::default() };
                actions.intent_from(source(device), Intent::SurfaceLearnBegin(begin));
            }
        });
    }
}

fn tie_ui(ui: &mut Ui, device: &SurfaceView, actions: &mut Actions) {
    notice(ui, "tie", |ui| {
        ui.label("Two known boxes could be this one. Which is it? The answer is remembered.");
        for known in &device.could_be {
            let button = ui.add(Button::new(format!("{} ({})", known.name, known.place)));
            if button.accessible_name(format!("It is {} at {}", known.name, known.place)).clicked() {
                let settle = surface::SettleTie { device: device.device, known: Some(known.known.clone()) };
                actions.intent_from(source(device), Intent::SurfaceSettleTie(settle));
            }
        }
        if ui.button("A new one").clicked() {
            let settle = surface::SettleTie { device: device.device, known: None };
            actions.intent_from(source(device), Intent::SurfaceSettleTie(settle));
        }
    });
}

fn notice(ui: &mut Ui, salt: &str, content: impl FnOnce(&mut Ui)) {
    let tokens = theme::tokens(ui);
    let frame = Frame::new().fill(tokens.warning.gamma_multiply(0.12)).corner_radius(theme::RADIUS);
    let margin = Margin::symmetric(theme::SPACE_2 as i8, theme::SPACE_1 as i8);
    ui.push_id(salt, |ui| {
        frame.inner_margin(margin).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                ui.label(icons::ICON_WARNING.rich_text().color(tokens.warning));
                content(ui);
            });
        });
    });
}
