//! A dot with words: a state.

use crate::theme;
use eframe::egui::{Color32, Response, RichText, Sense, Stroke, Ui, vec2};

/// What the dot looks like; colour never stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dot {
    /// All is well.
    Full,
    /// On the way.
    Half,
    /// Not there.
    Ring,
}

/// Shows the dot, as high as the text beside it.
pub fn dot_ui(ui: &mut Ui, dot: Dot, colour: Color32) -> Response {
    let (rect, response) =
        ui.allocate_exact_size(vec2(10.0, ui.text_style_height(&eframe::egui::TextStyle::Body)), Sense::hover());
    let center = rect.center();
    match dot {
        Dot::Full => {
            ui.painter().circle_filled(center, 4.5, colour);
        }
        Dot::Half => {
            ui.painter().circle_filled(center, 2.5, colour);
            ui.painter().circle_stroke(center, 4.5, Stroke::new(1.0, colour));
        }
        Dot::Ring => {
            ui.painter().circle_stroke(center, 4.0, Stroke::new(1.5, colour));
        }
    }
    response
}

/// A keyboard shortcut, beside what it does.
pub fn keys_text(ui: &Ui, keys: &str) -> RichText {
    RichText::new(keys).monospace().size(theme::TEXT_SMALL).color(theme::tokens(ui).text_weak)
}
