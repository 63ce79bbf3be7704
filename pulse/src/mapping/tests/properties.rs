//! Whatever hands do, in the end the device shows what is.

use super::rig::*;
use crate::mapping::{MappingScope, ScopedMapping};
use loophole_surfaces::element::{Element, FeedbackKind, Interaction};
use loophole_surfaces::mapping::glue::{Glue, Takeover};
use loophole_surfaces::mapping::target::{Flag, Selector, Target, TransportAction};
use loophole_surfaces::output::Shown;
use loophole_surfaces::source::InputValue;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Step {
    Event(u16, Interaction, InputValue),
    Wait(u64),
    /// Somebody else moves a fader.
    Put(usize, f64),
    Bank(u32),
    /// What was told last about a thing was lost.
    Lost(u16, FeedbackKind),
    /// The device was away.
    Reset,
}

fn surface() -> (Vec<Element>, Vec<ScopedMapping>) {
    let elements = vec![motor_fader(0), motor_fader(1), fader(2), encoder(3), pad(4), pad(5), pad(6)];
    let of = |index| Selector::Bank { index };
    let on = |element: usize, id: &str, interaction, target| mapping(id, &elements[element], interaction, target);
    let mappings = vec![
        on(0, "gain", Interaction::Move, Target::Gain { of: of(0) }),
        on(0, "select", Interaction::Touch, Target::Select { of: of(0) }),
        on(0, "pan on two", Interaction::Move, Target::Pan { of: of(0) }).when(Some("two"), &[]),
        on(1, "same gain", Interaction::Move, Target::Gain { of: of(0) })
            .glue(Glue { reverse: true, ..Glue::default() }),
        on(2, "pickup", Interaction::Move, Target::Gain { of: of(1) })
            .glue(Glue { takeover: Takeover::Pickup, ..Glue::default() }),
        on(3, "pan", Interaction::Turn, Target::Pan { of: of(1) }),
        on(3, "own", Interaction::Turn, Target::Gain { of: Selector::Master })
            .scope(MappingScope::User)
            .when(None, &[("shift", true)]),
        on(4, "mute", Interaction::Press, Target::Flag { of: of(0), flag: Flag::Mute }),
        on(4, "play", Interaction::Press, Target::Transport { action: TransportAction::TogglePlay })
            .when(None, &[("shift", true)]),
        on(5, "shift", Interaction::Press, Target::Modifier { name: "shift".to_owned() }),
        on(6, "page", Interaction::Press, Target::PageBy { by: 1 }),
        on(6, "page two", Interaction::Press, Target::Page { page: "one".to_owned() }).when(Some("two"), &[]),
    ];
    (elements, mappings)
}

fn step() -> impl Strategy<Value = Step> {
    let interaction = prop_oneof![
        4 => Just(Interaction::Move), 2 => Just(Interaction::Turn), 3 => Just(Interaction::Press), 2 => Just(Interaction::Touch)
    ];
    let value = prop_oneof![
        (0.0..=1.0_f64).prop_map(|place| InputValue::Place { place, steps: 1_024 }),
        (-4..=4_i32).prop_map(InputValue::Steps),
        any::<bool>().prop_map(|on| InputValue::Press { on, strength: 1.0 }),
    ];
    let kind = prop_oneof![
        Just(FeedbackKind::Motor),
        Just(FeedbackKind::Led),
        Just(FeedbackKind::Ring),
        Just(FeedbackKind::Text)
    ];
    prop_oneof![
        8 => (0..7_u16, interaction, value).prop_map(|(element, interaction, value)| Step::Event(element, interaction, value)),
        3 => (0..300_u64).prop_map(Step::Wait),
        2 => (0..2_usize, 0.0..=1.0_f64).prop_map(|(track, place)| Step::Put(track, place)),
        1 => (0..2_u32).prop_map(Step::Bank),
        1 => (0..7_u16, kind).prop_map(|(element, kind)| Step::Lost(element, kind)),
        1 => Just(Step::Reset),
    ]
}

/// What a device that was never touched would show of the same project and place.
fn fresh(rig: &mut Rig) -> BTreeMap<(u16, FeedbackKind), Shown> {
    rig.engine.reset(DEVICE);
    let all = rig.changes();
    let count = all.len();
    let shown: BTreeMap<_, _> = all.into_iter().map(|(element, kind, shown)| ((element, kind), shown)).collect();
    assert_eq!(shown.len(), count, "each thing has one owner");
    shown
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn at_rest_the_device_shows_what_is(steps in prop::collection::vec(step(), 0..60)) {
        let (elements, mappings) = surface();
        let mut rig = Rig::new(3, elements, mappings);
        for step in steps {
            match step {
                Step::Event(element, interaction, value) => {
                    rig.event(element, interaction, value);
                    // A motor stands where the hand put it; what is nearer than this counts as its own movement.
                    if let (Interaction::Move, InputValue::Place { place, .. }, Some(Shown::Place(at))) =
                        (interaction, value, rig.shown.get_mut(&(element, FeedbackKind::Motor)))
                        && (place - *at).abs() > 0.02
                    {
                        *at = place;
                    }
                }
                Step::Wait(millis) => drop(rig.wait(millis)),
                Step::Put(track, place) => rig.put(track, place),
                Step::Bank(first) => {
                    rig.engine.set_bank(DEVICE, first);
                    rig.show();
                }
                Step::Lost(element, kind) => {
                    rig.shown.remove(&(element, kind));
                    rig.engine.lost(DEVICE, element, kind);
                }
                Step::Reset => {
                    // The caller ends what the device held.
                    for (id, held) in std::mem::take(&mut rig.held) {
                        rig.set(id, held.value);
                    }
                    rig.shown.clear();
                    rig.engine.reset(DEVICE);
                }
            }
        }
        // All hands leave.
        for element in 0..7 {
            rig.touch(element, false);
            rig.press(element, false);
        }
        rig.wait(2_000);
        rig.show();
        prop_assert_eq!(rig.engine.next_deadline(), None);
        prop_assert!(rig.held.is_empty());
        let shown = rig.shown.clone();
        prop_assert_eq!(shown, fresh(&mut rig));
    }
}
