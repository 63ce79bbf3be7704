//! A knob: an arc with a pointer.

use super::dial::{Dial, Held, hold, paint_focus};
use crate::theme;
use eframe::egui::{self, Pos2, Response, Sense, Shape, Stroke, Ui, Vec2};

/// How one looks.
#[derive(Clone, Copy, Debug)]
pub struct KnobLook {
    pub diameter: f32,
    /// The arc begins in the middle: panorama.
    pub bipolar: bool,
    pub colour: egui::Color32,
}

const START: f32 = 0.75 * std::f32::consts::PI;
const SWEEP: f32 = 1.5 * std::f32::consts::PI;
const SEGMENTS: u8 = 28;

/// Shows a knob.
pub fn knob_ui(ui: &mut Ui, dial: &Dial<'_>, look: KnobLook) -> (Response, Held) {
    let (_, response) = ui.allocate_exact_size(Vec2::splat(look.diameter), Sense::click_and_drag());
    let held = hold(ui, &response, dial);
    if ui.is_rect_visible(response.rect) {
        paint(ui, &response, dial.scale.place(held.value) as f32, look);
    }
    let response = response.on_hover_cursor(egui::CursorIcon::ResizeVertical);
    (response, held)
}

fn paint(ui: &Ui, response: &Response, place: f32, look: KnobLook) {
    let tokens = theme::tokens(ui);
    let (center, radius) = (response.rect.center(), look.diameter * 0.5 - 2.0);
    let width = (look.diameter * 0.1).max(2.0);
    let arc = |from: f32, to: f32, colour| {
        let points = (0..=SEGMENTS)
            .map(|index| at(center, radius, from + (to - from) * f32::from(index) / f32::from(SEGMENTS)))
            .collect();
        Shape::line(points, Stroke::new(width, colour))
    };
    let from = if look.bipolar { 0.5 } else { 0.0 };
    let body = if response.hovered() || response.dragged() { tokens.control_hover } else { tokens.control };
    let painter = ui.painter();
    painter.circle_filled(center, radius - width, body);
    painter.add(arc(0.0, 1.0, tokens.sunken));
    if (place - from).abs() > 0.004 {
        painter.add(arc(from.min(place), from.max(place), look.colour));
    }
    let tip = at(center, radius - width * 0.5, place);
    painter.line_segment([at(center, radius * 0.25, place), tip], Stroke::new(2.0, tokens.text));
    paint_focus(ui, response, response.rect);
}

fn at(center: Pos2, radius: f32, place: f32) -> Pos2 {
    let angle = START + SWEEP * place;
    center + radius * Vec2::new(angle.cos(), angle.sin())
}
