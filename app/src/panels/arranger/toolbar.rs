//! Snap, follow, zoom, and what is added most often.

use super::grid::Snap;
use super::hand::Hand;
use crate::action::{Actions, Command};
use crate::theme;
use eframe::egui::{Align, Button, ComboBox, Layout, RichText, Ui};
use egui_material_icons::{MaterialIcon, icons};

/// What the tools ask of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zoom {
    In,
    Out,
    Fit,
}

pub(crate) fn toolbar_ui(ui: &mut Ui, hand: &mut Hand, follow: &mut bool, actions: &mut Actions) -> Option<Zoom> {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::SPACE_1;
        if icon_button(ui, icons::ICON_ADD, "Add audio track to the arranger").clicked() {
            actions.command(Command::AddTrack);
        }
        if icon_button(ui, icons::ICON_AUDIO_FILE, "Import audio to the arranger").clicked() {
            actions.command(Command::ImportAudio);
        }
        ui.separator();
        snap_ui(ui, hand);
        let text = ("Follow", RichText::from(icons::ICON_KEYBOARD_TAB));
        let button = ui.add(Button::selectable(*follow, text)).accessible_name("Follow the playhead");
        if button.on_hover_text("Turns the page when the playhead leaves the view.").clicked() {
            *follow = !*follow;
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let mut zoom = None;
            for (icon, name, what) in [
                (icons::ICON_ZOOM_IN, "Zoom in on the timeline", Zoom::In),
                (icons::ICON_ZOOM_OUT, "Zoom out of the timeline", Zoom::Out),
                (icons::ICON_FIT_WIDTH, "Show the whole song", Zoom::Fit),
            ] {
                if icon_button(ui, icon, name).clicked() {
                    zoom = Some(what);
                }
            }
            zoom
        })
        .inner
    })
    .inner
}

fn snap_ui(ui: &mut Ui, hand: &mut Hand) {
    ui.label(RichText::new("Snap").weak());
    let list = ComboBox::from_id_salt("snap").width(64.0).selected_text(hand.snap.label()).show_ui(ui, |ui| {
        for snap in Snap::ALL {
            ui.selectable_value(&mut hand.snap, snap, snap.label());
        }
    });
    list.response
        .accessible_name("Snap to")
        .on_hover_text("What clips and loops are drawn to; hold Shift while dragging for none.");
}

fn icon_button(ui: &mut Ui, icon: MaterialIcon, name: &str) -> eframe::egui::Response {
    let text = RichText::from(icon).size(theme::TEXT_ICON);
    ui.add(Button::new(text).frame_when_inactive(false)).accessible_name(name).on_hover_text(name)
}
