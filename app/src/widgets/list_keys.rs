//! A list that the keyboard walks while it has the focus.

use eframe::egui::{EventFilter, Key, Modifiers, Role, Sense, Ui, WidgetInfo};

/// How many rows down (or up: negative) the arrows went; none while another thing has the focus. A click takes the focus.
pub fn steps(ui: &Ui, name: &str) -> Option<isize> {
    let area = ui.available_rect_before_wrap();
    let response = ui.interact(area, ui.scope_id().with(name), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::List, true, name));
    if response.clicked() {
        response.request_focus();
    }
    if !response.has_focus() {
        return None;
    }
    let filter = EventFilter { vertical_arrows: true, ..Default::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    Some(ui.input_mut(|input| {
        let down = input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown) as isize;
        down - input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp) as isize
    }))
}
