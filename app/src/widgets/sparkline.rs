//! A few dozen bars that say how something went lately.

use crate::theme;
use eframe::egui::{Mesh, Rect, Response, Role, Sense, Shape, Ui, Vec2, WidgetInfo, pos2};

/// Shows shares (0 … 1), oldest first; the newest stands at the right. `name` says what they are.
pub fn sparkline_ui(ui: &mut Ui, size: Vec2, shares: &[f32], name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let tokens = theme::tokens(ui);
    ui.painter().rect_filled(rect, 2.0, tokens.sunken);
    let bars = (rect.width() / 2.0) as usize;
    let newest = shares.len().saturating_sub(bars);
    let mut mesh = Mesh::default();
    for (index, share) in shares.iter().skip(newest).rev().enumerate() {
        let right = rect.right() - index as f32 * 2.0;
        let top = rect.bottom() - (rect.height() * share.clamp(0.02, 1.0)).max(1.0);
        let colour = if *share >= 0.9 {
            tokens.error
        } else if *share >= 0.7 {
            tokens.warning
        } else {
            tokens.ok
        };
        mesh.add_colored_rect(Rect::from_min_max(pos2(right - 1.5, top), pos2(right, rect.bottom())), colour);
    }
    ui.painter().add(Shape::mesh(mesh));
    response
}
