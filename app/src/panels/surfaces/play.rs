//! The mouse and the keyboard as a hand on a simulated device.

use crate::action::Actions;
use eframe::egui::{Event, EventFilter, Key, PointerButton, Response, Ui, Vec2, accesskit};
use loophole_pulse::intent::{Intent, surface};
use loophole_pulse::view::surfaces::{
    Element, ElementKind, FeedbackKind, Interaction, LiveElement, LiveInput, Shown, Source,
};

/// What is under the mouse button now.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Hand {
    held: Option<Held>,
}

#[derive(Clone, Debug, PartialEq)]
struct Held {
    element: String,
    place: f64,
    /// What is left of a step.
    rest: f32,
    /// The last place or press that was said.
    said: f64,
    moved: bool,
    /// What must be let go: touch and press.
    down: Vec<Interaction>,
}

impl Hand {
    /// Lets go of what is no longer in view when the button is up; once per frame, after all elements.
    pub(super) fn let_go(&mut self, ui: &Ui, device: u32, actions: &mut Actions) {
        if ui.input(|input| input.pointer.primary_down()) {
            return;
        }
        let Some(held) = self.held.take() else { return };
        for interaction in held.down.into_iter().rev() {
            let input = surface::SimulateInput { device, element: held.element.clone(), interaction, value: 0.0 };
            actions.intent(Intent::SurfaceSimulateInput(input));
        }
    }
}

/// One end of the travel is so far from the other, in points, at least.
const LEAST_TRAVEL: f32 = 60.0;
const POINTS_PER_STEP: f32 = 7.0;
const FINE: f64 = 0.1;
const KEY_STEP: f64 = 1.0 / 64.0;

/// Whether the hand turns it by steps, not to places.
pub(super) fn is_relative(element: &Element, interaction: Interaction) -> bool {
    use loophole_pulse::view::surfaces::surface_source::HidCode;
    match element.input.get(&interaction) {
        Some(Source::Cc { relative, .. }) => relative.is_some(),
        Some(Source::Osc { relative, .. }) => *relative,
        Some(Source::Hid { code, .. } | Source::HidBits { code, .. }) => *code != HidCode::Absolute,
        Some(
            Source::Note { .. }
            | Source::Cc14 { .. }
            | Source::PitchBend { .. }
            | Source::PolyPressure { .. }
            | Source::ChannelPressure { .. }
            | Source::Program { .. }
            | Source::Sysex { .. }
            | Source::Realtime { .. }
            | Source::ComputerKey { .. },
        ) => false,
        Some(Source::Nrpn { .. } | Source::Rpn { .. }) | None => {
            matches!(element.kind, ElementKind::Encoder | ElementKind::Jog)
        }
    }
}

/// What a drag or the wheel moves: to a place or by steps.
fn continuous(element: &Element) -> Option<Interaction> {
    [Interaction::Move, Interaction::Turn].into_iter().find(|interaction| element.input.contains_key(interaction))
}

/// Where it is: what the hand said last, else where its motor is.
fn place_of(live: &LiveElement, interaction: Interaction) -> f64 {
    let hand = match live.input.get(&interaction) {
        Some((LiveInput::Place(place), _)) => Some(*place),
        _ => None,
    };
    let motor = match live.shown.get(&FeedbackKind::Motor) {
        Some(Shown::Place(place)) => Some(*place),
        _ => None,
    };
    motor.or(hand).unwrap_or(0.0)
}

/// Plays an element whose widget is `response`.
pub(super) fn play(
    ui: &Ui,
    response: &Response,
    device: u32,
    element: &Element,
    live: &LiveElement,
    hand: &mut Hand,
    actions: &mut Actions,
) {
    let mut say = |interaction: Interaction, value: f64| {
        let input = surface::SimulateInput { device, element: element.id.clone(), interaction, value };
        actions.intent(Intent::SurfaceSimulateInput(input));
    };
    let moves = continuous(element);
    let presses = element.input.contains_key(&Interaction::Press);
    let touches = element.input.contains_key(&Interaction::Touch);
    let is_mine = hand.held.as_ref().is_some_and(|held| held.element == element.id);
    let down =
        response.is_pointer_button_down_on() && ui.input(|input| input.pointer.button_down(PointerButton::Primary));
    if down && !is_mine && hand.held.is_none() {
        let place = moves.map_or(0.0, |interaction| place_of(live, interaction));
        let both = [(Interaction::Touch, touches), (Interaction::Press, presses && moves.is_none())];
        let down: Vec<Interaction> =
            both.into_iter().filter(|(_, on)| *on).map(|(interaction, _)| interaction).collect();
        for interaction in &down {
            say(*interaction, 1.0);
        }
        hand.held = Some(Held { element: element.id.clone(), place, rest: 0.0, said: place, moved: false, down });
    }
    let mut let_go = false;
    if let Some(held) = hand.held.as_mut().filter(|held| held.element == element.id) {
        if down {
            if let Some(interaction) = moves {
                drag(ui, response, element, interaction, held, &mut say);
            }
        } else {
            if presses && moves.is_some() && !held.moved {
                say(Interaction::Press, 1.0);
                say(Interaction::Press, 0.0);
            }
            for interaction in held.down.iter().rev() {
                say(*interaction, 0.0);
            }
            hand.held = None;
            let_go = true;
        }
    }
    let steps = wheel_steps(ui, response) + key_steps(ui, response);
    if steps != 0
        && let Some(interaction) = moves
    {
        if is_relative(element, interaction) {
            say(interaction, f64::from(steps));
        } else {
            say(interaction, (place_of(live, interaction) + f64::from(steps) * KEY_STEP).clamp(0.0, 1.0));
        }
    }
    // By Enter, by a program that reads the screen, or by a hand that was faster than a frame.
    if presses && response.clicked() && !let_go {
        say(Interaction::Press, 1.0);
        say(Interaction::Press, 0.0);
    }
    for place in asked_places(ui, response) {
        if let Some(interaction) = moves.filter(|interaction| !is_relative(element, *interaction)) {
            say(interaction, place);
        }
    }
}

fn drag(
    ui: &Ui,
    response: &Response,
    element: &Element,
    interaction: Interaction,
    held: &mut Held,
    say: &mut impl FnMut(Interaction, f64),
) {
    let delta = ui.input(|input| input.pointer.delta());
    if delta == Vec2::ZERO {
        return;
    }
    let fine = if ui.input(|input| input.modifiers.shift) { FINE } else { 1.0 };
    let along = delta.x - delta.y;
    if is_relative(element, interaction) {
        held.rest += along * fine as f32;
        let steps = (held.rest / POINTS_PER_STEP).trunc();
        if steps != 0.0 {
            held.rest -= steps * POINTS_PER_STEP;
            held.moved = true;
            say(interaction, f64::from(steps));
        }
        return;
    }
    let (rect, sliding) =
        (response.rect, matches!(element.kind, ElementKind::Fader | ElementKind::Strip | ElementKind::Wheel));
    let wide = rect.width() > rect.height();
    let (by, travel) = match (sliding, wide) {
        (true, true) => (delta.x, rect.width()),
        (true, false) => (-delta.y, rect.height()),
        (false, _) => (along, LEAST_TRAVEL * 2.0),
    };
    held.place = (held.place + f64::from(by / travel.max(LEAST_TRAVEL)) * fine).clamp(0.0, 1.0);
    if held.place != held.said {
        held.said = held.place;
        held.moved = true;
        say(interaction, held.place);
    }
}

/// Whole notches of the wheel over the element.
fn wheel_steps(ui: &Ui, response: &Response) -> i32 {
    if !response.hovered() {
        return 0;
    }
    ui.input_mut(|input| {
        let notch = |event: &Event| match event {
            Event::MouseWheel { delta, .. } if *delta != Vec2::ZERO => {
                if delta.y + delta.x > 0.0 {
                    1
                } else {
                    -1
                }
            }
            _ => 0,
        };
        let notches: i32 = input.events.iter().map(notch).sum();
        if notches != 0 {
            input.smooth_scroll_delta = Vec2::ZERO;
        }
        notches
    })
}

fn key_steps(ui: &Ui, response: &Response) -> i32 {
    if !response.has_focus() {
        return 0;
    }
    let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, escape: false, tab: false };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
    ui.input(|input| {
        let count = |key| i32::try_from(input.num_presses(key)).unwrap_or(0);
        count(Key::ArrowUp) + count(Key::ArrowRight) - count(Key::ArrowDown) - count(Key::ArrowLeft)
            + 6 * (count(Key::PageUp) - count(Key::PageDown))
    })
}

fn asked_places(ui: &Ui, response: &Response) -> Vec<f64> {
    ui.input(|input| {
        input
            .accesskit_action_requests(response.id, accesskit::Action::SetValue)
            .filter_map(|request| match request.data {
                Some(accesskit::ActionData::NumericValue(value)) if value.is_finite() => Some(value.clamp(0.0, 1.0)),
                _ => None,
            })
            .collect()
    })
}
