//! A hand on a parameter, as intents: a gesture while it moves, one intent when it sets.

use crate::action::Actions;
use crate::state::Session;
use crate::widgets::dial::{Held, Move};
use eframe::egui::Id;
use loophole_pulse::intent::{Intent, parameter};
use loophole_pulse::model::ParameterId;

/// What is heard now: what a hand holds, else the model.
pub(super) fn heard(session: &Session, parameter: ParameterId) -> Option<f64> {
    let view = session.view();
    let held = view.gestures.get(&parameter).map(|gesture| gesture.value);
    held.or_else(|| view.model.parameters.get(&parameter).map(|parameter| parameter.value))
}

/// Asks for what the hand did; `set` makes the intent of a value that is set at once.
pub(super) fn ask(held: &Held, source: Id, parameter: ParameterId, set: impl Fn(f64) -> Intent, actions: &mut Actions) {
    for step in &held.moves {
        let intent = match *step {
            Move::Begin => Intent::ParameterBeginGesture(parameter::BeginGesture { parameter_id: parameter }),
            Move::To(value) => Intent::ParameterUpdateGesture(parameter::UpdateGesture {
                parameter_id: parameter,
                value: value.into(),
            }),
            Move::End => Intent::ParameterEndGesture(parameter::EndGesture { parameter_id: parameter, cancel: false }),
            Move::Cancel => {
                Intent::ParameterEndGesture(parameter::EndGesture { parameter_id: parameter, cancel: true })
            }
            Move::Set(value) => set(value),
        };
        actions.intent_from(source, intent);
    }
}
