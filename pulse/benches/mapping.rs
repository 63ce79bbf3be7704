//! How long an event of a surface takes until its intent is there, with 5,000 mappings active.

use divan::Bencher;
use loophole_pulse::mapping::{Engine, MappingScope, ScopedMapping, World};
use loophole_pulse::model::Model;
use loophole_surfaces::element::{Element, ElementKind, FeedbackKind, Interaction};
use loophole_surfaces::mapping::target::{Flag, Selector, Target, TransportAction};
use loophole_surfaces::mapping::{Glue, Mapping, When};
use loophole_surfaces::output::{Levels, Output};
use loophole_surfaces::source::{InputValue, Source};
use std::collections::BTreeMap;

const MAPPINGS: u16 = 5_000;
const DEVICE: u32 = 1;

fn main() {
    divan::main();
}

fn element(number: u16) -> Element {
    let levels = Levels { off: 0, on: 127, blink: None, palette: Vec::new() };
    let (id, place) = (format!("element-{number}"), (number % 128) as u8);
    Element {
        name: id.clone(),
        id,
        kind: if number.is_multiple_of(2) { ElementKind::Fader } else { ElementKind::Button },
        at: None,
        size: None,
        input: BTreeMap::from([(Interaction::Move, Source::Cc { channel: 1, number: place, relative: None })]),
        feedback: BTreeMap::from([(FeedbackKind::Led, Output::Note { channel: 1, number: place, levels })]),
    }
}

fn mapping(number: u16) -> ScopedMapping {
    let (interaction, target) = match number % 4 {
        0 => (Interaction::Move, Target::Gain { of: Selector::Master }),
        2 => (Interaction::Move, Target::Pan { of: Selector::Master }),
        1 => (Interaction::Press, Target::Flag { of: Selector::Master, flag: Flag::Mute }),
        _ => (Interaction::Press, Target::Transport { action: TransportAction::TogglePlay }),
    };
    let mapping = Mapping {
        id: format!("m{number}"),
        name: String::new(),
        enabled: true,
        element: format!("element-{number}"),
        interaction,
        when: When::default(),
        glue: Glue::default(),
        target,
        feedback: None,
    };
    ScopedMapping { scope: MappingScope::User, mapping }
}

fn engine() -> Engine {
    let mut engine = Engine::default();
    let elements = (0..MAPPINGS).map(element).collect();
    assert!(engine.set_device(DEVICE, elements, (0..MAPPINGS).map(mapping).collect()).is_empty());
    engine
}

fn with_world(run: impl FnOnce(&World<'_>)) {
    let (model, held) = (Model::empty("Song", 48_000), BTreeMap::new());
    run(&World {
        model: &model,
        held: &held,
        playing: false,
        play_waits: false,
        position_ticks: 0,
        selected_track: None,
        focused_channel: None,
        last_touched: None,
        context: None,
        meters: &[],
    });
}

/// Faders and buttons in turn, all over the device.
#[divan::bench]
fn event(bencher: Bencher<'_, '_>) {
    with_world(|world| {
        let (mut engine, mut out, mut count) = (engine(), Vec::new(), 0_u64);
        bencher.bench_local(|| {
            count += 1;
            out.clear();
            let element = (count * 7 % u64::from(MAPPINGS)) as u16;
            let (interaction, value) = if element.is_multiple_of(2) {
                (Interaction::Move, InputValue::Place { place: (count % 128) as f64 / 127.0, steps: 128 })
            } else {
                (Interaction::Press, InputValue::Press { on: count.is_multiple_of(2), strength: 1.0 })
            };
            engine.event(DEVICE, element, interaction, value, count * 1_000, world, &mut out, None);
            out.len()
        });
    });
}

/// Everything that 5,000 elements show, when nothing is different.
#[divan::bench]
fn feedback_at_rest(bencher: Bencher<'_, '_>) {
    with_world(|world| {
        let (mut engine, mut out) = (engine(), Vec::new());
        engine.changes(DEVICE, world, 0, &mut out);
        bencher.bench_local(|| {
            out.clear();
            engine.changes(DEVICE, world, 1, &mut out);
            out.len()
        });
    });
}

/// What one round of feedback costs with four devices of 64 elements, when nothing is different; every 4 ms at the most.
#[divan::bench]
fn feedback_of_four_devices(bencher: Bencher<'_, '_>) {
    with_world(|world| {
        let (mut engine, mut out) = (Engine::default(), Vec::new());
        for device in 0..4 {
            let elements = (0..64).map(element).collect();
            assert!(engine.set_device(device, elements, (0..64).map(mapping).collect()).is_empty());
            engine.changes(device, world, 0, &mut out);
        }
        bencher.bench_local(|| {
            out.clear();
            (0..4).for_each(|device| engine.changes(device, world, 1, &mut out));
            out.len()
        });
    });
}
