//! The devices panel: what was found, what is chosen, what is refused.

use crate::stage::{Stage, empty, open};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use loophole::panels::devices::{DevicesPanelState, devices_ui};
use loophole_pulse::event::{ModelEvent, Rejection, Ticket};
use loophole_pulse::view::*;
use std::sync::Arc;

type Window = Harness<'static, Stage<DevicesPanelState>>;

fn devices(view: SessionView) -> Window {
    let mut window = open(view, devices_ui);
    window.set_size(eframe::egui::vec2(900.0, 1_200.0));
    window.run_ok();
    window
}

fn found() -> SessionView {
    let device = AudioDevice {
        id: "hw:0".into(),
        name: "Built-in".into(),
        is_default: true,
        output_channels: 2,
        input_channels: 2,
        sample_rates: vec![44_100, 48_000],
        buffer_frames_range: Some((64, 1_024)),
        note: None,
    };
    let alsa = AudioHostInfo { host: "alsa".into(), available: true, note: None, devices: vec![device] };
    let jack = AudioHostInfo {
        host: "jack".into(),
        available: false,
        note: Some("No JACK server runs.".into()),
        devices: Vec::new(),
    };
    let midi = MidiPort { id: "20:0".into(), name: "nanoKONTROL2".into(), direction: "input".into() };
    let mut view = empty();
    view.devices =
        Arc::new(Devices { audio: Some(vec![alsa, jack]), midi: Some(vec![midi]), hid: Some(Vec::new()), osc: None });
    view.engine.device = Some(Device {
        host: "silent".into(),
        name: "Silent clock".into(),
        sample_rate: 48_000,
        buffer_frames: 128,
        output_channels: 2,
        silent: true,
    });
    view.engine.device_reason = Some("No sound card was found; connect one and press Refresh.".into());
    view
}

fn choose(window: &mut Window, field: &str, entry: &str) {
    window.get_by_label(field).click();
    window.run_ok();
    window.get_by_label(entry).click();
    window.run_ok();
}

#[test]
fn what_was_found_and_what_runs_is_said() {
    let window = devices(found());
    for text in [
        "the silent clock: nobody hears it",
        "No sound card was found; connect one and press Refresh.",
        "ALSA: 1 device",
        "JACK: not available",
        "nanoKONTROL2",
        "Nothing found.",
    ] {
        assert!(window.query_by_label(text).is_some(), "{text}");
    }
}

#[test]
fn before_the_engine_looked_nothing_is_claimed() {
    let window = devices(empty());
    assert_eq!(window.query_all_by_label("The engine has not looked yet.").count(), 3);
}

#[test]
fn a_choice_is_asked_for_when_it_is_applied() {
    let mut window = devices(found());
    choose(&mut window, "Audio host", "ALSA");
    choose(&mut window, "Buffer size", "256 frames (5.3 ms)");
    assert_eq!(window.state().pulse.take_asked_text(), "");
    window.get_by_label("Apply audio settings").click();
    window.run_ok();
    let asked = window.state().pulse.take_asked_text();
    assert_eq!(
        asked,
        "hardwareIo.setActiveDevices {\"host\":\"alsa\",\"device\":null,\"osc\":null}\n\
         hardwareIo.setStreamConfiguration {\"sampleRate\":null,\"bufferFrames\":256}"
    );
    assert!(window.query_by_label("Applying…").is_some());
    let error =
        Rejection::new("hardwareIo.deviceBusy", "The device is used by another program; close it and try again.");
    let answer = |number, outcome| ModelEvent::Answered {
        ticket: Ticket(number),
        domain: "hardwareIo",
        name: "setActiveDevices",
        outcome,
    };
    let events = [answer(1, Err(error.clone())), answer(2, Err(error))];
    window.state().pulse.events.lock().unwrap().extend(events);
    window.run_ok();
    assert!(window.query_by_label("Applying…").is_none());
    assert!(window.query_by_label_contains("used by another program").is_some());
}

#[test]
fn an_osc_endpoint_is_checked_and_its_reach_said() {
    let mut window = devices(found());
    window.get_by_label("OSC address").focus();
    window.run_ok();
    window.key_press_modifiers(eframe::egui::Modifiers::COMMAND, eframe::egui::Key::A);
    window.get_by_label("OSC address").type_text("0.0.0.0");
    window.run_ok();
    assert!(window.query_by_label_contains("Open to the network").is_some());
    window.get_by_label("Apply OSC settings").click();
    window.run_ok();
    let asked = window.state().pulse.take_asked_text();
    assert!(asked.contains(r#""osc":{"enabled":true,"address":"0.0.0.0","port":9000}"#), "{asked}");
}

#[test]
fn refreshing_is_one_button() {
    let mut window = devices(found());
    window.get_by_label("Refresh the lists of devices").click();
    window.run_ok();
    assert_eq!(window.state().pulse.take_asked_text(), "hardwareIo.refreshDevices {}");
    assert!(window.query_by_label("Looking…").is_some());
}
