//! Asks what becomes of unsaved changes.

use super::modal;
use crate::theme;
use eframe::egui::{Align, Button, Layout, RichText, Ui};

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Waiting,
    Save,
    Discard,
    Cancel,
}

pub(super) fn unsaved_ui(ui: &Ui, project: &str) -> Choice {
    let tokens = theme::tokens(ui);
    let mut choice = Choice::Waiting;
    let shown = modal(ui, "loophole.unsaved").show(ui, |ui| {
        ui.set_width(380.0);
        ui.heading("Save changes?");
        ui.add_space(theme::SPACE_2);
        ui.label(format!("“{project}” has changes that are not saved. Without saving they are lost."));
        ui.add_space(theme::SPACE_4);
        ui.horizontal(|ui| {
            if ui.add(Button::new(RichText::new("Don't save").color(tokens.error))).clicked() {
                choice = Choice::Discard;
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let save = ui.button("Save changes");
                if ui.memory(|memory| memory.focused().is_none()) {
                    save.request_focus();
                }
                if save.clicked() {
                    choice = Choice::Save;
                }
                if ui.button("Cancel").clicked() {
                    choice = Choice::Cancel;
                }
            });
        });
    });
    if choice == Choice::Waiting && shown.should_close() { Choice::Cancel } else { choice }
}
