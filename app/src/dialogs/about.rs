//! What Loophole is.

use super::modal;
use crate::theme;
use eframe::egui::{RichText, Ui};

/// False when it was closed.
pub(super) fn about_ui(ui: &Ui) -> bool {
    let mut stays = true;
    let shown = modal(ui, "loophole.about").show(ui, |ui| {
        ui.set_width(360.0);
        ui.heading("Loophole");
        ui.label(format!("Version {}", env!("CARGO_PKG_VERSION")));
        ui.add_space(theme::SPACE_2);
        ui.label("A native music workstation. The window is Aura, the model is Pulse, the engine is Signal: when the engine ends, the music goes on a moment later.");
        ui.add_space(theme::SPACE_2);
        ui.label("MIT or Apache-2.0, as you like.");
        ui.label(RichText::new("Icons: Material Symbols, Apache-2.0. Demo song: CC0 sounds.").small().weak());
        ui.add_space(theme::SPACE_3);
        stays = !ui.button("Close").clicked();
    });
    stays && !shown.should_close()
}
