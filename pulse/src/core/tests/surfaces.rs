//! Devices that come and go, what their controls do, and what they show.

use super::rig::Rig;
use crate::core::Inbound;
use crate::view::surfaces::{SurfaceState, SurfaceView};
use loophole_wire::message::ports::{HidPort, Port, PortArrived, PortDescription, PortLeft, Ports, Transport};
use loophole_wire::message::{EngineCommand, EngineEvent};
use loophole_wire::plane::{DeviceInput, DeviceOutput};
use std::sync::Arc;

const MILLI: u64 = 1_000_000;

fn midi(port: u32, name: &str, serial: Option<&str>) -> Port {
    Port {
        port,
        description: PortDescription {
            transport: Transport::Midi,
            name: name.to_owned(),
            inputs: true,
            outputs: true,
            system_id: format!("{}:0", 20 + port),
            usb_path: Some(format!("1-{port}")),
            vendor_id: Some(0x0944),
            product_id: Some(0x0117),
            serial: serial.map(str::to_owned),
            manufacturer: None,
            hid: None,
            siblings: Some(format!("usb 1-{port}")),
            osc: None,
        },
    }
}

/// A core with an engine and a track, and a nanoKONTROL2 that is live.
struct Desk {
    rig: Rig,
    /// What devices were told.
    told: Vec<DeviceOutput>,
}

impl Desk {
    fn new() -> Self {
        let mut rig = Rig::new();
        rig.request("track.create", r#"{"name":"Kick"}"#).unwrap();
        rig.request("track.create", r#"{"name":"Snare"}"#).unwrap();
        rig.connect();
        Self { rig, told: Vec::new() }
    }

    fn handle(&mut self, inbound: Inbound) {
        self.rig.handle(inbound);
        self.told.append(&mut self.rig.told);
    }

    fn arrive(&mut self, port: Port) {
        self.handle(Inbound::EngineEvent {
            ticket: None,
            event: EngineEvent::HardwarePortArrived(PortArrived { port }),
        });
    }

    fn leave(&mut self, port: u32) {
        let left = PortLeft { port, reason: "unplugged".to_owned() };
        self.handle(Inbound::EngineEvent { ticket: None, event: EngineEvent::HardwarePortLeft(left) });
    }

    fn wait(&mut self, millis: u64) {
        for _ in 0..millis.div_ceil(10) {
            self.rig.now += 10 * MILLI;
            self.handle(Inbound::Tick);
        }
    }

    fn says(&mut self, port: u32, bytes: &[u8]) {
        self.rig.now += MILLI;
        let record =
            DeviceInput { port, at_nanos: self.rig.now, executed: false, thinned: false, bytes: bytes.to_vec() };
        self.handle(Inbound::DeviceInput { records: vec![record] });
    }

    fn device(&self, place: usize) -> Arc<SurfaceView> {
        Arc::clone(&self.rig.core.view().surfaces.devices[place])
    }

    fn gain(&self, track: usize) -> f64 {
        let model = &self.rig.core.view().model;
        let channel = &model.channels[&model.tracks[&model.track_order[track]].channel];
        model.fader(channel).unwrap().value
    }

    fn undo_depth(&self) -> usize {
        self.rig.core.view().history.undo.len()
    }

    /// What was told to a port since the last look.
    fn heard(&mut self, port: u32) -> Vec<Vec<u8>> {
        let told = std::mem::take(&mut self.told);
        told.into_iter().filter(|record| record.port == port).map(|record| record.bytes).collect()
    }
}

#[test]
fn a_known_device_works_at_once_and_a_sweep_is_one_entry() {
    let mut desk = Desk::new();
    desk.arrive(midi(1, "nanoKONTROL2 MIDI 1", None));
    assert_eq!(desk.device(0).state, SurfaceState::Probing);
    desk.wait(400);
    let device = desk.device(0);
    assert_eq!(device.state, SurfaceState::Live, "{:?}", device.reasons);
    assert_eq!(device.model.as_ref().unwrap().profile_id, "korg-nanokontrol2");

    let before = desk.undo_depth();
    // Pickup: from the bottom up through the fader's 0 dB, and on.
    for value in (0..=127).step_by(3) {
        desk.says(1, &[0xb0, 0, value]);
    }
    desk.wait(1_000);
    assert!(desk.gain(0) > 5.0, "{}", desk.gain(0));
    assert_eq!(desk.undo_depth(), before + 1);
    desk.rig.request("history.undo", "{}").unwrap();
    assert_eq!(desk.gain(0), 0.0);
}

#[test]
fn what_nobody_knows_is_learned_and_forgotten_again() {
    let mut desk = Desk::new();
    desk.arrive(midi(1, "Nobody's Box", None));
    let port = Port { port: 2, ..midi(2, "Box of nobody", None) };
    let description = PortDescription { vendor_id: Some(1), product_id: Some(2), ..port.description };
    desk.arrive(Port { port: 2, description });
    desk.wait(400);
    assert_eq!(desk.device(1).state, SurfaceState::Unknown);
    desk.rig.request("surface.learnBegin", r#"{"target":{"type":"gain","of":{"by":"bank","index":1}}}"#).unwrap();
    for value in 60..90 {
        desk.says(2, &[0xb3, 21, value]);
    }
    desk.wait(1_000);
    let view = desk.rig.core.view();
    assert_eq!(view.surfaces.learn, None);
    let device = desk.device(1);
    assert_eq!(device.mappings.len(), 1, "{device:?}");
    assert_eq!(device.mappings[0].mapping.element, "cc.4.21");
    for value in 0..=127 {
        desk.says(2, &[0xb3, 21, value]);
    }
    desk.wait(1_000);
    assert!(desk.gain(1) > 5.9, "{}", desk.gain(1));

    desk.rig.request("surface.undoMapping", "{}").unwrap();
    assert!(desk.device(1).mappings.is_empty());
    desk.rig.request("surface.redoMapping", "{}").unwrap();
    assert_eq!(desk.device(1).mappings.len(), 1);
    // The project's undo is about the music alone.
    assert_eq!(desk.rig.request("history.undo", "{}").unwrap()["label"], "Set gain of Snare");
}

#[test]
fn a_box_whose_ways_in_and_out_are_ports_of_their_own_is_asked_once_who_it_is() {
    let identity_request = loophole_surfaces::midi::sysex::IDENTITY_REQUEST.to_vec();
    let mut desk = Desk::new();
    for (number, inputs) in [(1, true), (2, false)] {
        let port = midi(1, "Box of two ports", None);
        let description = PortDescription { inputs, outputs: !inputs, ..port.description };
        desk.arrive(Port { port: number, description });
    }
    assert_eq!(desk.device(0).state, SurfaceState::Probing);
    assert_eq!(desk.heard(2), [identity_request]);
}

#[test]
fn two_alike_are_kept_apart_and_come_back_as_themselves() {
    let mut desk = Desk::new();
    desk.arrive(midi(1, "nanoKONTROL2", Some("A1")));
    desk.arrive(midi(2, "nanoKONTROL2", Some("B2")));
    desk.wait(400);
    let (one, two) = (desk.device(0).device, desk.device(1).device);
    desk.rig.request("surface.rename", &format!(r#"{{"device":{one},"name":"Left"}}"#)).unwrap();
    desk.rig.request("surface.rename", &format!(r#"{{"device":{two},"name":"Right"}}"#)).unwrap();
    desk.leave(1);
    desk.leave(2);
    assert_eq!(desk.device(0).state, SurfaceState::Gone);
    // In other places, the other way round.
    desk.arrive(Port { port: 11, ..midi(2, "nanoKONTROL2", Some("A1")) });
    desk.arrive(Port { port: 12, ..midi(1, "nanoKONTROL2", Some("B2")) });
    desk.wait(400);
    let names: Vec<_> =
        desk.rig.core.view().surfaces.devices.iter().map(|device| (device.name.clone(), device.state)).collect();
    assert_eq!(names, [("Left".to_owned(), SurfaceState::Live), ("Right".to_owned(), SurfaceState::Live)]);
}

#[test]
fn lights_follow_the_model_and_all_of_them_come_back_with_the_device() {
    let mut desk = Desk::new();
    desk.arrive(midi(1, "nanoKONTROL2", None));
    desk.wait(400);
    desk.heard(1);
    desk.rig.request("track.setFlags", r#"{"trackId":"t9","mute":true}"#).unwrap();
    desk.wait(20);
    let told = desk.heard(1);
    assert!(told.contains(&vec![0xb0, 48, 127]), "{told:x?}");
    desk.rig.handle(Inbound::EngineLost { reason: "exit code 9".to_owned() });
    assert_eq!(desk.device(0).state, SurfaceState::Suspect);
    desk.handle(Inbound::EngineConnected { pid: 43, safe: false, restarts: 1 });
    desk.rig.confirm();
    let ports = Ports { ports: vec![midi(1, "nanoKONTROL2", None)] };
    desk.handle(Inbound::EngineEvent { ticket: None, event: EngineEvent::HardwarePorts(ports) });
    desk.wait(500);
    assert_eq!(desk.device(0).state, SurfaceState::Live);
    let told = desk.heard(1);
    assert!(told.contains(&vec![0xb0, 48, 127]), "{told:x?}");
    assert!(told.contains(&vec![0xb0, 49, 0]), "{told:x?}");
}

#[test]
fn a_device_on_the_screen_does_what_the_real_one_does() {
    let mut desk = Desk::new();
    let device =
        desk.rig.request("surface.simulate", r#"{"profileId":"korg-nanokontrol2"}"#).unwrap()["device"].clone();
    let port = desk.rig.commands.iter().find_map(|command| match command {
        EngineCommand::HardwareAddSimulatedPort(port) => Some((**port).clone()),
        _ => None,
    });
    desk.arrive(Port { port: 7, description: port.expect("it was added") });
    desk.wait(400);
    assert_eq!(desk.device(0).state, SurfaceState::Live);
    let payload = format!(r#"{{"device":{device},"element":"play","interaction":"press","value":1}}"#);
    desk.rig.request("surface.simulateInput", &payload).unwrap();
    let bytes = desk.rig.commands.iter().rev().find_map(|command| match command {
        EngineCommand::HardwareInjectInput(input) => Some(input.bytes.clone()),
        _ => None,
    });
    desk.says(7, &bytes.expect("it was injected"));
    assert!(desk.rig.core.view().transport.asked_playing);
    desk.rig.request("surface.simulateEnd", &format!(r#"{{"device":{device}}}"#)).unwrap();
    assert!(desk.rig.core.view().surfaces.devices.is_empty());
}

#[test]
fn the_monitor_says_why() {
    let mut desk = Desk::new();
    desk.arrive(midi(1, "nanoKONTROL2", None));
    desk.wait(400);
    desk.rig.request("surface.monitor", r#"{"on":true}"#).unwrap();
    desk.says(1, &[0xb0, 0, 0]);
    desk.says(1, &[0xb0, 119, 5]);
    desk.wait(20);
    let monitor = Arc::clone(&desk.rig.core.view().surfaces.monitor);
    assert_eq!(monitor.len(), 2);
    let why: Vec<_> = monitor[0].why.iter().map(|line| line.text.as_str()).collect();
    assert!(why.iter().any(|line| line.contains("not picked up yet")), "{why:?}");
    assert_eq!(monitor[1].element, None);
    desk.rig.request("surface.monitor", r#"{"on":false}"#).unwrap();
    desk.wait(20);
    assert!(desk.rig.core.view().surfaces.monitor.is_empty());
}

fn mackie_port() -> Port {
    let port = midi(1, "MCU Pro", None);
    Port { description: PortDescription { vendor_id: None, product_id: None, ..port.description }, ..port }
}

/// A Mackie Control that has just been identified.
fn mackie() -> Desk {
    let mut desk = Desk::new();
    desk.arrive(mackie_port());
    desk.wait(300);
    desk
}

const DEVICE_QUERY: &[u8] = b"\xF0\x00\x00\x66\x14\x00\xF7";
const CONNECTION_QUERY: &[u8] = b"\xF0\x00\x00\x66\x14\x01ABCDEFG\x11\x22\x33\x44\xF7";
const CONNECTION_REPLY: &[u8] = b"\xF0\x00\x00\x66\x14\x02ABCDEFG\x75\x56\x4B\x1F\xF7";
const CONFIRMED: &[u8] = b"\xF0\x00\x00\x66\x14\x03ABCDEFG\xF7";
const REFUSED: &[u8] = b"\xF0\x00\x00\x66\x14\x04ABCDEFG\xF7";
/// The first startup message of the profile.
const METER_MODE: &[u8] = b"\xF0\x00\x00\x66\x14\x20\x00\x01\xF7";

#[test]
fn a_mackie_control_is_answered_before_anything_else_is_said() {
    let mut desk = mackie();
    assert_eq!(desk.device(0).state, SurfaceState::Starting);
    assert_eq!(desk.heard(1).last().unwrap(), DEVICE_QUERY);
    desk.says(1, CONNECTION_QUERY);
    assert_eq!(desk.heard(1), [CONNECTION_REPLY]);
    assert_eq!(desk.device(0).state, SurfaceState::Starting);
    desk.says(1, CONFIRMED);
    assert_eq!(desk.heard(1)[0], METER_MODE);
    desk.wait(50);
    let device = desk.device(0);
    assert_eq!((device.state, device.trouble.as_deref()), (SurfaceState::Live, None));
    // Everything that it shows comes after its startup.
    assert!(desk.heard(1).contains(&vec![0x90, 24, 0]));
    // What nobody asked for changes nothing.
    desk.says(1, CONFIRMED);
    desk.says(1, REFUSED);
    desk.wait(50);
    assert_eq!((desk.device(0).state, desk.device(0).trouble.clone()), (SurfaceState::Live, None));
    assert!(desk.heard(1).is_empty());
}

#[test]
fn a_mackie_control_that_spoke_first_is_answered_at_once() {
    let mut desk = Desk::new();
    desk.arrive(mackie_port());
    desk.says(1, CONNECTION_QUERY);
    desk.wait(300);
    let heard = desk.heard(1);
    assert_eq!(heard.last().unwrap(), CONNECTION_REPLY);
    assert!(!heard.iter().any(|bytes| bytes == DEVICE_QUERY));
    desk.says(1, CONFIRMED);
    desk.wait(50);
    assert_eq!(desk.device(0).state, SurfaceState::Live);
}

#[test]
fn a_mackie_control_that_is_silent_or_not_content_is_used_and_says_why() {
    type Step = (&'static [&'static [u8]], &'static str);
    let cases: [Step; 6] = [
        (&[], "did not answer the connection query"),
        // Too short, and of somebody else.
        (&[b"\xF0\x00\x00\x66\x14\x01ABC\xF7", b"\xF0\x00\x01\x66\x14\x03ABCDEFG\xF7"], "did not answer"),
        (&[REFUSED], "did not accept"),
        (&[CONNECTION_QUERY], "did not confirm"),
        (&[CONNECTION_QUERY, REFUSED], "did not accept"),
        (&[CONNECTION_QUERY, b"\xF0\x00\x00\x66\x14\x03GFEDCBA\xF7"], "another serial number"),
    ];
    for (says, trouble) in cases {
        let mut desk = mackie();
        for bytes in says {
            desk.says(1, bytes);
        }
        desk.wait(1_100);
        let device = desk.device(0);
        assert_eq!(device.state, SurfaceState::Live, "{says:x?}");
        assert!(device.trouble.as_deref().is_some_and(|said| said.contains(trouble)), "{:?}", device.trouble);
        assert!(desk.heard(1).iter().any(|bytes| bytes == METER_MODE), "{says:x?}");
    }
}

#[test]
fn one_that_asks_for_ever_goes_live_all_the_same() {
    let mut desk = mackie();
    for _ in 0..150 {
        desk.says(1, CONNECTION_QUERY);
        desk.wait(10);
    }
    assert_eq!(desk.device(0).state, SurfaceState::Live);
}

#[test]
fn a_mackie_control_that_was_switched_off_and_on_is_started_again() {
    let mut desk = mackie();
    desk.says(1, CONNECTION_QUERY);
    desk.says(1, CONFIRMED);
    desk.wait(50);
    desk.heard(1);
    desk.says(1, CONNECTION_QUERY);
    assert_eq!((desk.device(0).state, desk.heard(1)), (SurfaceState::Live, vec![CONNECTION_REPLY.to_vec()]));
    desk.says(1, CONFIRMED);
    assert_eq!(desk.device(0).state, SurfaceState::Starting);
    desk.wait(50);
    let heard = desk.heard(1);
    assert!(heard[0] == METER_MODE && heard.contains(&vec![0x90, 24, 0]), "{heard:x?}");
    assert_eq!(desk.device(0).state, SurfaceState::Live);
    // On the screen, nobody answers, and nobody is asked.
    desk.rig.request("surface.simulate", r#"{"profileId":"mackie-mcu-pro"}"#).unwrap();
    let port = desk.rig.commands.iter().find_map(|command| match command {
        EngineCommand::HardwareAddSimulatedPort(port) => Some((**port).clone()),
        _ => None,
    });
    desk.arrive(Port { port: 7, description: port.expect("it was added") });
    desk.wait(400);
    assert_eq!((desk.device(1).state, desk.device(1).trouble.clone()), (SurfaceState::Live, None));
}

#[test]
fn hostile_ports_and_bytes_do_no_harm() {
    let mut desk = Desk::new();
    let hid = PortDescription {
        transport: Transport::Hid,
        hid: Some(HidPort { usage_page: 1, usage: 5, interface_number: -1, descriptor: vec![0xff; 4_096] }),
        ..midi(3, "\u{0}\u{7f}evil", None).description
    };
    desk.arrive(Port { port: 3, description: hid });
    for port in 10..400 {
        desk.arrive(midi(port, "flood", None));
    }
    desk.wait(400);
    for port in [3, 10, 99, 5_000] {
        for bytes in [&[][..], &[0xff; 70], &[0xf0, 0x7e, 0, 6, 2], &[0xb0], &[0x90, 0xff, 0xff]] {
            desk.says(port, bytes);
        }
    }
    let limit = desk.rig.core.view().surfaces.devices.len();
    assert!(limit <= 256, "{limit}");
    desk.handle(Inbound::DeviceEcho { records: Vec::new() });
}
