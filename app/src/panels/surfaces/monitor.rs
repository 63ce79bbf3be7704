//! Every event of the devices: the bytes, the element, and why what followed followed.

use super::words;
use crate::action::Actions;
use crate::state::Session;
use crate::theme;
use crate::widgets::one_line::one_line;
use eframe::egui::{
    Align2, Button, ComboBox, FontId, Label, Rect, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, TextEdit, Ui,
    WidgetInfo, pos2, vec2,
};
use egui_material_icons::icons;
use loophole_pulse::intent::{Intent, surface};
use loophole_pulse::view::surfaces::{MonitorEntry, SurfacesView, WhyKind};
use std::collections::VecDeque;
use std::sync::Arc;

/// What the monitor keeps between frames.
#[derive(Debug, Default)]
pub(super) struct MonitorState {
    /// Was shown in this frame.
    pub seen: bool,
    /// What was asked of Pulse last.
    asked_on: bool,
    /// The list as it stood when somebody paused it.
    paused: Option<Arc<VecDeque<Arc<MonitorEntry>>>>,
    device: Option<u32>,
    filter: String,
    /// Entries up to this one were cleared away.
    cleared: u64,
    open: Option<u64>,
}

const ROW: f32 = 20.0;
const LINE: f32 = 18.0;
const NANOS_PER_MILLI: u64 = 1_000_000;

impl MonitorState {
    /// Asks Pulse to trace while somebody looks, and to stop when nobody does; once per frame, after the panels.
    pub(super) fn follow(&mut self, actions: &mut Actions) {
        let on = std::mem::take(&mut self.seen);
        if on != self.asked_on {
            self.asked_on = on;
            actions.intent(Intent::SurfaceMonitor(surface::Monitor { on }));
        }
    }
}

/// Shows the events, newest first.
pub(super) fn monitor_ui(ui: &mut Ui, session: &Session, state: &mut MonitorState, _actions: &mut Actions) {
    state.seen = true;
    let surfaces = &session.view().surfaces;
    let entries = state.paused.clone().unwrap_or_else(|| Arc::clone(&surfaces.monitor));
    toolbar_ui(ui, surfaces, &entries, state);
    ui.add_space(2.0);
    let words: Vec<String> = state.filter.split_whitespace().map(str::to_lowercase).collect();
    let shown: Vec<&Arc<MonitorEntry>> = entries
        .iter()
        .rev()
        .filter(|entry| entry.number > state.cleared || state.cleared == 0)
        .filter(|entry| state.device.is_none_or(|device| device == entry.device))
        .filter(|entry| passes(entry, &words))
        .collect();
    if shown.is_empty() {
        let text = if surfaces.monitoring || !entries.is_empty() {
            "Nothing came in yet. Move something on a device."
        } else {
            "The monitor is being switched on…"
        };
        ui.centered_and_justified(|ui| ui.weak(text));
        return;
    }
    list_ui(ui, surfaces, &shown, state);
}

fn passes(entry: &MonitorEntry, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let mut text = format!("{} {}", entry.message, entry.element.as_deref().unwrap_or_default()).to_lowercase();
    for line in &entry.why {
        text.push(' ');
        text.push_str(&line.text.to_lowercase());
    }
    words.iter().all(|word| text.contains(word))
}

fn toolbar_ui(
    ui: &mut Ui,
    surfaces: &SurfacesView,
    entries: &Arc<VecDeque<Arc<MonitorEntry>>>,
    state: &mut MonitorState,
) {
    ui.horizontal_wrapped(|ui| {
        let paused = state.paused.is_some();
        let (icon, text) = if paused { (icons::ICON_PLAY_ARROW, "Go on") } else { (icons::ICON_PAUSE, "Pause") };
        let pause = ui.add(Button::selectable(paused, (icon.rich_text(), text)));
        if pause.accessible_name(format!("{text} the monitor")).clicked() {
            state.paused = if paused { None } else { Some(Arc::clone(entries)) };
        }
        let clear = ui.add(Button::new((icons::ICON_DELETE_SWEEP.rich_text(), "Clear")));
        if clear.accessible_name("Clear the monitor").clicked() {
            state.cleared = entries.back().map_or(state.cleared, |last| last.number);
            state.open = None;
            state.paused = None;
        }
        let name = |device: u32| surfaces.devices.iter().find(|known| known.device == device).map(|known| &known.name);
        let chosen = state.device.and_then(name).map_or("All devices", String::as_str);
        let combo = ComboBox::from_id_salt("monitor device").width(120.0).selected_text(chosen);
        let shown = combo.show_ui(ui, |ui| {
            ui.selectable_value(&mut state.device, None, "All devices");
            for device in surfaces.devices.iter() {
                ui.selectable_value(&mut state.device, Some(device.device), &device.name);
            }
        });
        shown.response.accessible_name("Device of the monitor");
        let field = TextEdit::singleline(&mut state.filter).hint_text("Filter events").desired_width(120.0);
        ui.add(field).accessible_name("Filter events");
        ui.add(Label::new(RichText::new("newest first; click an event to see why").small().weak()).selectable(false));
    });
}

fn list_ui(ui: &mut Ui, surfaces: &SurfacesView, shown: &[&Arc<MonitorEntry>], state: &mut MonitorState) {
    let first = shown.first().map_or(0, |entry| entry.number);
    if state.open.is_none() && shown.len() == 1 {
        state.open = Some(first);
    }
    ScrollArea::vertical().id_salt("monitor").auto_shrink(false).show_viewport(ui, |ui, viewport| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let origin = ui.max_rect().min;
        let width = ui.available_width();
        let mut top = 0.0;
        for entry in shown {
            let is_open = state.open == Some(entry.number);
            let height = if is_open { ROW + entry.why.len().max(1) as f32 * LINE + theme::SPACE_1 } else { ROW };
            if top + height >= viewport.top() && top <= viewport.bottom() {
                let rect = Rect::from_min_size(pos2(origin.x, origin.y + top), vec2(width, height));
                if row_ui(ui, rect, surfaces, entry, is_open) {
                    state.open = (!is_open).then_some(entry.number);
                }
            }
            top += height;
        }
        ui.set_min_height(top);
    });
}

fn row_ui(ui: &Ui, rect: Rect, surfaces: &SurfacesView, entry: &MonitorEntry, is_open: bool) -> bool {
    let tokens = theme::tokens(ui);
    let response = ui.interact(rect, ui.scope_id().with(("event", entry.number)), Sense::click());
    let name = format!("Event {}: {}", entry.number, entry.message);
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, is_open, &name));
    let painter = ui.painter();
    if is_open {
        painter.rect_filled(rect, theme::RADIUS, tokens.raised);
    } else if response.hovered() {
        painter.rect_filled(rect, theme::RADIUS, tokens.control);
    }
    if response.has_focus() {
        painter.rect_stroke(rect, theme::RADIUS, Stroke::new(1.0, tokens.accent), StrokeKind::Inside);
    }
    let (small, mono) = (FontId::proportional(theme::TEXT_SMALL), FontId::monospace(theme::TEXT_SMALL));
    let middle = rect.top() + ROW * 0.5;
    let end = what_came_of_it(entry);
    let sign = end.map(|kind| words::why(kind, tokens));
    let (icon, ink) = sign.map_or((icons::ICON_HELP, tokens.text_weak), |sign| (sign.icon, sign.colour));
    painter.text(
        pos2(rect.left() + 12.0, middle),
        Align2::CENTER_CENTER,
        icon.codepoint,
        FontId::new(14.0, icon.font_family()),
        ink,
    );
    let device = surfaces.devices.iter().find(|known| known.device == entry.device);
    let device = device.map_or("(gone)", |known| known.name.as_str());
    let element = entry.element.as_deref().unwrap_or("nothing has these bytes");
    let said = entry.why.iter().rev().find(|line| Some(line.kind) == end).map_or("", |line| line.text.as_str());
    let wide = rect.width() > 640.0;
    let columns: [(f32, &str, &FontId, eframe::egui::Color32); 6] = [
        (92.0, &clock(entry.at_nanos), &mono, tokens.text_weak),
        (if wide { 110.0 } else { 0.0 }, device, &small, tokens.text_weak),
        (if wide { 112.0 } else { 84.0 }, &bytes(&entry.bytes), &mono, tokens.text),
        (if wide { 150.0 } else { 0.0 }, &entry.message, &small, tokens.text),
        (
            if wide { 130.0 } else { 90.0 },
            element,
            &small,
            if entry.element.is_some() { tokens.text } else { tokens.warning },
        ),
        (f32::INFINITY, said, &small, ink),
    ];
    let mut left = rect.left() + 24.0;
    for (width, text, font, ink) in columns {
        let width = width.min(rect.right() - left - 4.0);
        if width > 8.0 {
            let galley = one_line(painter, text, font.clone(), ink, width - 8.0);
            painter.galley(pos2(left, middle - galley.size().y * 0.5), galley, ink);
            left += width;
        }
    }
    if is_open {
        lines(ui, rect, entry);
    }
    response.clicked()
}

fn lines(ui: &Ui, rect: Rect, entry: &MonitorEntry) {
    let tokens = theme::tokens(ui);
    let painter = ui.painter();
    let small = FontId::proportional(theme::TEXT_SMALL);
    let left = rect.left() + 30.0;
    if entry.why.is_empty() {
        let place = pos2(left, rect.top() + ROW + LINE * 0.5);
        painter.text(place, Align2::LEFT_CENTER, "No mapping looks at it.", small, tokens.text_weak);
        return;
    }
    for (at, line) in entry.why.iter().enumerate() {
        let middle = rect.top() + ROW + LINE * (at as f32 + 0.5);
        let sign = words::why(line.kind, tokens);
        let font = FontId::new(13.0, sign.icon.font_family());
        painter.text(pos2(left + 6.0, middle), Align2::CENTER_CENTER, sign.icon.codepoint, font, sign.colour);
        painter.text(pos2(left + 18.0, middle), Align2::LEFT_CENTER, sign.word, small.clone(), sign.colour);
        let room = rect.right() - left - 96.0;
        let galley = one_line(painter, &line.text, small.clone(), tokens.text, room);
        painter.galley(pos2(left + 90.0, middle - galley.size().y * 0.5), galley, tokens.text);
        let row = Rect::from_min_size(pos2(left, middle - LINE * 0.5), vec2(rect.right() - left, LINE));
        let heard = ui.interact(row, ui.scope_id().with(("why", entry.number, at)), Sense::hover());
        heard.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{}: {}", sign.word, line.text)));
        heard.on_hover_text(&line.text);
    }
}

/// The most telling of the lines: a refusal, what was asked, what fired, what was passed over.
fn what_came_of_it(entry: &MonitorEntry) -> Option<WhyKind> {
    [WhyKind::Refused, WhyKind::Intent, WhyKind::Fired, WhyKind::Passed]
        .into_iter()
        .find(|kind| entry.why.iter().any(|line| line.kind == *kind))
}

/// At most a dozen bytes in hex.
fn bytes(bytes: &[u8]) -> String {
    let mut text: String = bytes.iter().take(12).map(|byte| format!("{byte:02X} ")).collect();
    text.truncate(text.trim_end().len());
    if bytes.len() > 12 {
        text.push('…');
    }
    text
}

/// `14:02:07.123`, UTC.
fn clock(at_nanos: u64) -> String {
    let millis = at_nanos / NANOS_PER_MILLI;
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    format!("{:02}:{:02}:{:02}.{millis:03}", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_clock_read_well() {
        assert_eq!(bytes(&[0xB0, 7, 100]), "B0 07 64");
        assert_eq!(bytes(&[0; 13]).chars().last(), Some('…'));
        assert_eq!(bytes(&[]), "");
        assert_eq!(clock(3_723_004_000_000), "01:02:03.004");
    }
}
