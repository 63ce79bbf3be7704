//! Buttons that are on or off: of the transport, and the small lettered ones of a strip.

use crate::theme;
use eframe::egui::{
    Align2, Color32, CornerRadius, FontId, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
};
use egui_material_icons::MaterialIcon;

/// What a button shows: what is, and what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lit {
    Off,
    /// Off, and what one wants to press next: its sign has the colour.
    Ready,
    /// Asked for, not confirmed: an outline instead of a fill.
    Asked,
    On,
}

/// What is on it.
#[derive(Clone, Copy, Debug)]
pub enum Face<'a> {
    Icon(MaterialIcon, f32),
    Letter(&'a str),
}

/// Shows a button; `name` is its accessible name.
pub fn toggle_ui(ui: &mut Ui, name: &str, face: Face<'_>, lit: Lit, colour: Color32, size: Vec2) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), lit == Lit::On, name));
    if ui.is_rect_visible(rect) {
        let tokens = theme::tokens(ui);
        let rest = if response.is_pointer_button_down_on() {
            tokens.control_active
        } else if response.hovered() {
            tokens.control_hover
        } else {
            tokens.control
        };
        let (fill, ink, edge) = match lit {
            Lit::On => (colour, tokens.text_on(colour), colour),
            Lit::Ready => (rest, colour, if response.has_focus() { tokens.accent } else { rest }),
            Lit::Asked => (rest, tokens.asked, tokens.asked),
            Lit::Off => (rest, tokens.text, if response.has_focus() { tokens.accent } else { rest }),
        };
        let ink = if ui.is_enabled() { ink } else { tokens.text_weak };
        let edge = if response.has_focus() && lit == Lit::On { tokens.text } else { edge };
        let radius = CornerRadius::same(theme::RADIUS);
        ui.painter().rect(rect, radius, fill, Stroke::new(1.5, edge), StrokeKind::Inside);
        let (text, font) = match face {
            Face::Icon(icon, points) => (icon.codepoint, FontId::new(points, icon.font_family())),
            Face::Letter(letter) => (letter, FontId::proportional(theme::TEXT_SMALL)),
        };
        ui.painter().text(rect.center(), Align2::CENTER_CENTER, text, font, ink);
    }
    response
}
