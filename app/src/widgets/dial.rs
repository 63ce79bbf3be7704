//! What all controls with a number have in common: drag, Shift for fine, wheel, keys, double-click, typing, Escape.

use super::numeric::{Typed, numeric_entry_ui};
use super::scale::{LOWEST_DB, Scale};
use eframe::egui::{self, EventFilter, Id, Key, Modifiers, Rect, Response, Role, Ui, WidgetInfo, accesskit};

/// A control, before it is touched.
#[derive(Clone, Copy, Debug)]
pub struct Dial<'a> {
    /// Accessible name, unique in the window: "Gain Kick".
    pub name: &'a str,
    /// In its own unit; may be −∞.
    pub value: f64,
    pub default: f64,
    pub scale: Scale,
    /// What one arrow key or notch of the wheel moves, in the value's unit.
    pub step: f64,
    /// How far one drags from end to end.
    pub travel: f32,
    pub to_text: fn(f64) -> String,
    pub parse: fn(&str) -> Option<f64>,
}

/// What a hand did to a control, in order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Move {
    /// What follows until the end belongs together.
    Begin,
    To(f64),
    End,
    /// Back to where it was before the beginning.
    Cancel,
    /// At once, with no beginning and end: typed, or reset.
    Set(f64),
}

/// A control after it was touched.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// What to paint: under the hand, the hand's value.
    pub value: f64,
    pub moves: Vec<Move>,
}

/// Wheel and keys belong together when they follow each other this fast.
const STEPS_BELONG_TOGETHER_SECONDS: f64 = 0.5;
const FINE: f64 = 0.1;

#[derive(Clone, Debug, Default)]
struct Memory {
    hand: Hand,
    typing: Option<Typing>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Hand {
    #[default]
    Away,
    Dragging {
        place: f64,
        value: f64,
    },
    /// Escape was pressed; nothing more until the button is released.
    Cancelled,
    Stepping {
        value: f64,
        until: f64,
    },
}

#[derive(Clone, Debug)]
struct Typing {
    text: String,
    wrong: bool,
}

/// Lets a hand move the control that `response` is (click and drag). Moves go `up` for more.
pub fn hold(ui: &Ui, response: &Response, dial: &Dial<'_>) -> Held {
    let id = response.id;
    let mut memory: Memory = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let mut moves = Vec::new();
    if response.clicked() || response.drag_started() {
        response.request_focus();
    }
    drag(ui, response, dial, &mut memory, &mut moves);
    step(ui, response, dial, &mut memory, &mut moves);
    reset_or_type(ui, response, dial, &mut memory, &mut moves);
    let value = match memory.hand {
        Hand::Dragging { value, .. } | Hand::Stepping { value, .. } => value,
        Hand::Away | Hand::Cancelled => dial.value,
    };
    describe(ui, response, dial, value);
    store(ui, id, memory);
    Held { value, moves }
}

fn store(ui: &Ui, id: Id, memory: Memory) {
    ui.data_mut(|data| {
        if memory.hand == Hand::Away && memory.typing.is_none() {
            data.remove::<Memory>(id);
        } else {
            data.insert_temp(id, memory);
        }
    });
}

fn drag(ui: &Ui, response: &Response, dial: &Dial<'_>, memory: &mut Memory, moves: &mut Vec<Move>) {
    let escape = || ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    if response.drag_started_by(egui::PointerButton::Primary) {
        end_steps(memory, moves);
        memory.hand = Hand::Dragging { place: dial.scale.place(dial.value), value: dial.value };
        moves.push(Move::Begin);
    }
    let Hand::Dragging { place, value } = &mut memory.hand else {
        if memory.hand == Hand::Cancelled && !response.dragged() {
            memory.hand = Hand::Away;
        }
        return;
    };
    if escape() {
        memory.hand = Hand::Cancelled;
        moves.push(Move::Cancel);
        return;
    }
    let fine = if ui.input(|input| input.modifiers.shift) { FINE } else { 1.0 };
    *place = (*place - f64::from(response.drag_delta().y / dial.travel) * fine).clamp(0.0, 1.0);
    let wanted = dial.scale.value(*place);
    if wanted != *value && response.drag_delta() != egui::Vec2::ZERO {
        *value = wanted;
        moves.push(Move::To(wanted));
    }
    if response.drag_stopped() || !response.is_pointer_button_down_on() {
        memory.hand = Hand::Away;
        moves.push(Move::End);
    }
}

fn step(ui: &Ui, response: &Response, dial: &Dial<'_>, memory: &mut Memory, moves: &mut Vec<Move>) {
    let now = ui.input(|input| input.time);
    let by = asked_steps(ui, response) * dial.step;
    if by != 0.0 && !matches!(memory.hand, Hand::Dragging { .. } | Hand::Cancelled) {
        let from = if let Hand::Stepping { value, .. } = memory.hand {
            value
        } else {
            moves.push(Move::Begin);
            dial.value
        };
        let value = dial.scale.step(from, by);
        moves.push(Move::To(value));
        memory.hand = Hand::Stepping { value, until: now + STEPS_BELONG_TOGETHER_SECONDS };
    }
    if let Hand::Stepping { until, .. } = memory.hand {
        if now >= until {
            end_steps(memory, moves);
        } else {
            ui.request_repaint_after(std::time::Duration::from_secs_f64((until - now).max(0.001)));
        }
    }
}

fn end_steps(memory: &mut Memory, moves: &mut Vec<Move>) {
    if matches!(memory.hand, Hand::Stepping { .. }) {
        memory.hand = Hand::Away;
        moves.push(Move::End);
    }
}

/// Whole steps; Shift makes tenths of them.
fn asked_steps(ui: &Ui, response: &Response) -> f64 {
    let mut steps = 0.0;
    if response.hovered() {
        // One notch is one step, whatever it scrolls; with Shift, systems turn it sideways.
        steps += ui.input_mut(|input| {
            let mut notches = 0.0;
            input.events.iter().for_each(|event| {
                if let egui::Event::MouseWheel { delta, .. } = event {
                    notches += f64::from(delta.y + delta.x).signum() * f64::from(u8::from(*delta != egui::Vec2::ZERO));
                }
            });
            if notches != 0.0 {
                input.smooth_scroll_delta = egui::Vec2::ZERO;
            }
            notches
        });
    }
    if response.has_focus() {
        let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: false, tab: false };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        steps += ui.input(|input| {
            let count = |key| input.num_presses(key) as f64;
            count(Key::ArrowUp) + count(Key::ArrowRight) - count(Key::ArrowDown) - count(Key::ArrowLeft)
                + 6.0 * (count(Key::PageUp) - count(Key::PageDown))
        });
    }
    steps += ui.input(|input| {
        input.num_accesskit_action_requests(response.id, accesskit::Action::Increment) as f64
            - input.num_accesskit_action_requests(response.id, accesskit::Action::Decrement) as f64
    });
    if ui.input(|input| input.modifiers.shift) { steps * FINE } else { steps }
}

fn reset_or_type(ui: &Ui, response: &Response, dial: &Dial<'_>, memory: &mut Memory, moves: &mut Vec<Move>) {
    let command = ui.input(|input| input.modifiers.command);
    // Enter and Space count as a click on what has the focus.
    let by_pointer = ui.input(|input| input.pointer.any_released());
    let enter = response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if response.double_clicked() && by_pointer && !command {
        end_steps(memory, moves);
        moves.push(Move::Set(dial.default));
    } else if memory.typing.is_none() && (enter || (response.clicked() && by_pointer && command)) {
        end_steps(memory, moves);
        memory.typing = Some(Typing { text: (dial.to_text)(dial.value), wrong: false });
    }
    for value in asked_values(ui, response.id) {
        moves.push(Move::Set(dial.scale.clamp(value)));
    }
    if let Some(typing) = &mut memory.typing {
        let wrong = typing.wrong.then_some("Type a number");
        match numeric_entry_ui(ui, response.id, response.rect, dial.name, &mut typing.text, wrong) {
            Typed::Not => {}
            Typed::Left => memory.typing = None,
            Typed::Text(text) => match (dial.parse)(&text) {
                Some(value) => {
                    moves.push(Move::Set(dial.scale.clamp(value)));
                    memory.typing = None;
                    response.request_focus();
                }
                None => typing.wrong = true,
            },
        }
    }
}

fn asked_values(ui: &Ui, id: Id) -> Vec<f64> {
    ui.input(|input| {
        input
            .accesskit_action_requests(id, accesskit::Action::SetValue)
            .filter_map(|request| match request.data {
                Some(accesskit::ActionData::NumericValue(value)) if !value.is_nan() => Some(value),
                _ => None,
            })
            .collect()
    })
}

fn describe(ui: &Ui, response: &Response, dial: &Dial<'_>, value: f64) {
    response.widget_info(|| WidgetInfo::slider(ui.is_enabled(), value.max(LOWEST_DB), dial.name));
    let (least, most) = (dial.scale.value(0.0).max(LOWEST_DB), dial.scale.value(1.0));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(Role::Slider);
        node.set_min_numeric_value(least);
        node.set_max_numeric_value(most);
        node.set_numeric_value_step(dial.step);
        node.set_value((dial.to_text)(value));
        node.add_action(accesskit::Action::SetValue);
        node.add_action(accesskit::Action::Increment);
        node.add_action(accesskit::Action::Decrement);
    });
}

/// The keyboard focus, around a control.
pub fn paint_focus(ui: &Ui, response: &Response, around: Rect) {
    if response.has_focus() {
        let stroke = egui::Stroke::new(1.5, crate::theme::tokens(ui).accent);
        ui.painter().rect_stroke(around, f32::from(crate::theme::RADIUS), stroke, egui::StrokeKind::Outside);
    }
}
