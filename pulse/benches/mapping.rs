//! How long an event of a surface takes until its intent is there, with 5,000 mappings active: first as a distribution, which
//! means and medians hide, then beside what feedback costs.

use divan::Bencher;
use loophole_pulse::mapping::{Act, Engine, MappingScope, ScopedMapping, World};
use loophole_pulse::model::Model;
use loophole_surfaces::element::{Element, ElementKind, FeedbackKind, Interaction};
use loophole_surfaces::mapping::target::{Flag, Selector, Target, TransportAction};
use loophole_surfaces::mapping::{Glue, Mapping, When};
use loophole_surfaces::output::{Levels, Output};
use loophole_surfaces::source::{InputValue, Source};
use std::collections::BTreeMap;
use std::time::Instant;

const MAPPINGS: u16 = 5_000;
const DEVICE: u32 = 1;

/// Events that are timed one by one, and the goal of 99 of a hundred in an optimised build.
const EVENTS: u64 = 50_000;
const GOAL_MICROS: f64 = 50.0;

fn main() {
    distribution();
    divan::main();
}

/// Times every single event; the last column of the histogram is all that took longer.
#[allow(clippy::print_stdout, reason = "a benchmark says what it measured")]
fn distribution() {
    let mut nanos = Vec::with_capacity(EVENTS as usize);
    with_world(|world| {
        let (mut engine, mut out) = (engine(), Vec::new());
        for count in 1..=EVENTS {
            out.clear();
            let began = Instant::now();
            one_event(&mut engine, count, world, &mut out);
            nanos.push(began.elapsed().as_nanos() as u64);
        }
    });
    nanos.sort_unstable();
    let quantile = |share: f64| nanos[((share * nanos.len() as f64) as usize).min(nanos.len() - 1)] as f64 / 1e3;
    let [p50, p99, p999, most] = [0.5, 0.99, 0.999, 1.0].map(quantile);
    let verdict = if p99 <= GOAL_MICROS { "reached" } else { "MISSED" };
    println!(
        "event, {MAPPINGS} mappings: p50 {p50:.3}  p99 {p99:.3}  p99.9 {p999:.3}  max {most:.3} µs  n {EVENTS}  goal p99 ≤ {GOAL_MICROS} µs: {verdict}"
    );
    let mut counted = 0;
    for limit_nanos in [250, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 1_000_000, u64::MAX] {
        let below = nanos.partition_point(|one| *one <= limit_nanos);
        let label =
            if limit_nanos == u64::MAX { "more".to_owned() } else { format!("≤ {} µs", limit_nanos as f64 / 1e3) };
        println!("  {label:>10} {:>6}", below - counted);
        counted = below;
    }
}

/// Faders and buttons in turn, all over the device.
fn one_event(engine: &mut Engine, count: u64, world: &World<'_>, out: &mut Vec<Act>) {
    let element = (count * 7 % u64::from(MAPPINGS)) as u16;
    let (interaction, value) = if element.is_multiple_of(2) {
        (Interaction::Move, InputValue::Place { place: (count % 128) as f64 / 127.0, steps: 128 })
    } else {
        (Interaction::Press, InputValue::Press { on: count.is_multiple_of(2), strength: 1.0 })
    };
    engine.event(DEVICE, element, interaction, value, count * 1_000, world, out, None);
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

#[divan::bench]
fn event(bencher: Bencher<'_, '_>) {
    with_world(|world| {
        let (mut engine, mut out, mut count) = (engine(), Vec::new(), 0_u64);
        bencher.bench_local(|| {
            count += 1;
            out.clear();
            one_event(&mut engine, count, world, &mut out);
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
