//! A vertical fader with a scale in decibels.

use super::dial::{Dial, Held, hold, paint_focus};
use crate::theme;
use eframe::egui::{self, Align2, Color32, FontId, Rect, Response, Sense, Stroke, Ui, Vec2, pos2, vec2};

/// Half the height of the cap: the rail ends this far from the edges.
pub const CAP_HALF: f32 = 9.0;
const CAP_WIDTH: f32 = 24.0;
/// Width of fader and scale.
pub const FADER_WIDTH: f32 = 50.0;

const LABELS_DB: [(f64, &str); 9] = [
    (12.0, "12"),
    (6.0, "6"),
    (0.0, "0"),
    (-5.0, "5"),
    (-10.0, "10"),
    (-20.0, "20"),
    (-30.0, "30"),
    (-40.0, "40"),
    (-60.0, "60"),
];

/// Shows a fader of this height; `dial.travel` is set here.
pub fn fader_ui(ui: &mut Ui, dial: &Dial<'_>, height: f32, colour: Color32) -> (Response, Held) {
    let (rect, response) = ui.allocate_exact_size(vec2(FADER_WIDTH, height), Sense::click_and_drag());
    let rail = rail_of(rect);
    let held = hold(ui, &response, &Dial { travel: rail.height().max(1.0), ..*dial });
    if ui.is_rect_visible(rect) {
        paint_scale(ui, rect, rail, dial);
        paint_cap(ui, &response, rail, dial.scale.place(held.value) as f32, colour);
    }
    (response.on_hover_cursor(egui::CursorIcon::ResizeVertical), held)
}

/// The rail inside a fader's rectangle; meters beside it use the same.
pub fn rail_of(rect: Rect) -> Rect {
    let x = rect.right() - CAP_WIDTH * 0.5 - 1.0;
    Rect::from_x_y_ranges(x - 1.5..=x + 1.5, rect.top() + CAP_HALF..=rect.bottom() - CAP_HALF)
}

fn paint_scale(ui: &Ui, rect: Rect, rail: Rect, dial: &Dial<'_>) {
    let tokens = theme::tokens(ui);
    let painter = ui.painter();
    painter.rect_filled(rail, 1.5, tokens.sunken);
    let mut last_y = f32::NEG_INFINITY;
    let top_db = dial.scale.value(1.0);
    for (db, text) in LABELS_DB.into_iter().filter(|(db, _)| *db <= top_db) {
        let y = rail.bottom() - dial.scale.place(db) as f32 * rail.height();
        let strong = db == 0.0;
        let colour = if strong { tokens.text_weak } else { tokens.grid_strong };
        let tick = rail.center().x - CAP_WIDTH * 0.5..=rail.center().x + CAP_WIDTH * 0.5;
        painter.hline(tick, y, Stroke::new(1.0, colour));
        if y - last_y >= 11.0 || strong {
            let font = FontId::proportional(theme::TEXT_SMALL - 1.5);
            painter.text(pos2(rect.left() + 17.0, y), Align2::RIGHT_CENTER, text, font, tokens.text_weak);
            last_y = y;
        }
    }
}

fn paint_cap(ui: &Ui, response: &Response, rail: Rect, place: f32, colour: Color32) {
    let tokens = theme::tokens(ui);
    let center = pos2(rail.center().x, rail.bottom() - place * rail.height());
    let cap = Rect::from_center_size(center, Vec2::new(CAP_WIDTH, CAP_HALF * 2.0 - 2.0));
    let body = if response.hovered() || response.dragged() { tokens.control_active } else { tokens.control_hover };
    let painter = ui.painter();
    painter.rect(cap, 3.0, body, Stroke::new(1.0, tokens.background), egui::StrokeKind::Outside);
    painter.hline(cap.x_range().shrink(3.0), center.y, Stroke::new(2.0, colour));
    paint_focus(ui, response, cap.expand(1.0));
}
