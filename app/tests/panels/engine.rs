//! The engine panel in good and bad times.

use crate::stage::{Stage, empty, open};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use loophole::action::Command;
use loophole::panels::engine::{EnginePanelState, engine_ui};
use loophole_pulse::telemetry::LoadView;
use loophole_pulse::view::EngineState;
use std::sync::Arc;

fn engine(state: EngineState) -> Harness<'static, Stage<EnginePanelState>> {
    let mut view = empty();
    view.engine.state = state;
    view.engine.pid = Some(4_711);
    view.engine.restarts = 2;
    view.engine.last_outage_millis = Some(31.4);
    open(view, engine_ui)
}

#[test]
fn it_says_how_the_engine_is() {
    let mut window = engine(EngineState::Running);
    window.state().pulse.telemetry.lock().unwrap().load = LoadView {
        dsp: 0.12,
        peak: 0.34,
        xruns: 3,
        starved_frames: 128,
        blocks: 99,
        history: Arc::new((0..600).map(|at| (at % 50) as f32 / 200.0).collect()),
    };
    window.run_ok();
    for text in ["Running", "12 %, highest 34 %", "4711", "31 ms", "3", "128", "99"] {
        assert!(window.query_all_by_label(text).next().is_some(), "{text}");
    }
}

#[test]
fn without_a_report_there_is_no_plot() {
    let window = engine(EngineState::Starting);
    assert!(window.query_by_label("The engine has reported nothing yet.").is_some());
}

#[test]
fn safe_mode_is_explained_and_left_by_a_button() {
    let mut window = engine(EngineState::Safe);
    assert!(window.query_by_label_contains("three times within a minute").is_some());
    window.get_by_label("Retry with the audio device").click();
    window.run_ok();
    window.get_by_label("Panic from the engine panel").click();
    window.run_ok();
    window.get_by_label("Restart the engine").click();
    window.run_ok();
    assert_eq!(window.state().commands, [Command::RestartEngine, Command::Panic, Command::RestartEngine]);
}
