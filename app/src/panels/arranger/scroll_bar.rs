//! A scroll bar over a range that is far larger than pixels can be.

use super::look::Look;
use eframe::egui::{Rect, Role, Sense, Ui, WidgetInfo, pos2};
use std::ops::Range;

pub(crate) const THICKNESS: f32 = 12.0;
const SHORTEST_HANDLE: f32 = 24.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Horizontal,
    Vertical,
}

/// Shows what part of `0..length` is in view; gives the new start when a hand moved it.
pub(crate) fn scroll_bar_ui(
    ui: &mut Ui,
    rect: Rect,
    direction: Direction,
    view: Range<f64>,
    length: f64,
    look: &Look,
) -> Option<f64> {
    let name = match direction {
        Direction::Horizontal => "Scroll in time",
        Direction::Vertical => "Scroll tracks",
    };
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::ScrollBar, true, name));
    ui.painter().rect_filled(rect, 0.0, look.ruler);
    let shown = view.end - view.start;
    let length = length.max(view.end);
    if shown >= length - 1e-6 || length <= 0.0 {
        return None;
    }
    let along = |place: eframe::egui::Pos2| if direction == Direction::Horizontal { place.x } else { place.y };
    let (start, track) = (along(rect.min), along(rect.max) - along(rect.min));
    let handle = (f64::from(track) * shown / length).max(f64::from(SHORTEST_HANDLE)) as f32;
    // The handle has its own room to move in, so that a short one reaches the end too.
    let room = (track - handle).max(1.0);
    let furthest = length - shown;
    let at = start + room * (view.start / furthest).clamp(0.0, 1.0) as f32;
    let handle_rect = match direction {
        Direction::Horizontal => Rect::from_min_max(pos2(at, rect.top() + 2.0), pos2(at + handle, rect.bottom() - 2.0)),
        Direction::Vertical => Rect::from_min_max(pos2(rect.left() + 2.0, at), pos2(rect.right() - 2.0, at + handle)),
    };
    let strong = response.hovered() || response.dragged();
    ui.painter().rect_filled(handle_rect, 4.0, if strong { look.handle_strong } else { look.handle });
    if response.dragged() {
        let delta = response.drag_delta();
        let points = if direction == Direction::Horizontal { delta.x } else { delta.y };
        return (points != 0.0).then(|| (view.start + f64::from(points / room) * furthest).clamp(0.0, furthest));
    }
    let pressed =
        response.interact_pointer_pos().filter(|place| response.clicked() && !handle_rect.contains(*place))?;
    let page = if along(pressed) < at { -shown } else { shown };
    Some((view.start + page * 0.9).clamp(0.0, furthest))
}
