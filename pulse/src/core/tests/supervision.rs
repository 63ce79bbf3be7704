//! The engine comes, dies and comes back; the music goes on.

use super::check;
use super::rig::Rig;
use crate::core::{Inbound, OpenAtStart};
use crate::view::EngineState;
use loophole_wire::ErrorBody;
use loophole_wire::message::hardware::AudioHost;
use loophole_wire::message::{EngineCommand, EngineEvent, engine};

#[test]
fn everything_is_sent_again_and_the_music_is_where_it_would_be() {
    check(
        r#"
        engine comes
          engine: start
          engine: whole graph, 1 channels, 3 nodes
          engine: transport.setLoopRegion {"enabled":false,"startFrames":0,"endFrames":384000}
          engine: transport.seek {"positionFrames":0}
          engine: sync
        engine answers
        aura> transport.play
          = playing at 0
          engine: transport.play {"anchor":null}
        engine answers
        wait 1000
        engine dies
        wait 1000
        aura> track.create {"name":"Meanwhile"}
          = changed: ch10 l11 n12 n13 n15 n17 p14 p16 t9 t9 channelId="ch10" trackId="t9"
        aura> session.status
          = engine "lost", restarts 0, outage null, dirty true
        engine comes back
          engine: start
          engine: whole graph, 2 channels, 7 nodes
          engine: transport.setLoopRegion {"enabled":false,"startFrames":0,"endFrames":384000}
          engine: transport.play {"anchor":{"positionFrames":96000,"atNanos":1700000002000000000}}
          engine: sync
        engine answers
        aura> session.status
          = engine "running", restarts 1, outage 1000.0, dirty true
        "#,
    );
}

#[test]
fn another_rate_moves_every_frame() {
    let mut rig = Rig::open(OpenAtStart::Demo);
    rig.connect();
    rig.request("transport.seek", r#"{"positionFrames":48000}"#).unwrap();
    rig.confirm();
    rig.commands.clear();
    let device = engine::Device {
        host: "alsa".to_owned(),
        name: "card".to_owned(),
        sample_rate: 44_100,
        buffer_frames: 128,
        output_channels: 2,
        silent: false,
    };
    rig.said(None, EngineEvent::EngineConfigResolved(engine::ConfigResolved { device, sample_rate: 44_100 }));
    let seek = rig.commands.iter().find_map(|command| match command {
        EngineCommand::TransportSeek(seek) => Some(seek.position_frames),
        _ => None,
    });
    assert_eq!(seek, Some(44_100));
    // Two bars at 120 bpm: each clip of the demo starts on a beat.
    let regions = rig.graph.nodes.values().flat_map(|node| &node.regions);
    assert!(regions.clone().count() > 10);
    assert!(regions.clone().any(|region| region.start_frames > 0 && region.start_frames % 22_050 == 0));
    let loops = regions.filter_map(|region| region.loop_length_frames);
    assert!(loops.clone().any(|frames| frames == 88_200), "{:?}", loops.collect::<Vec<_>>());
}

#[test]
fn safe_mode_is_silent_without_the_newest_node() {
    let mut rig = Rig::new();
    rig.request("track.create", "{}").unwrap();
    rig.request("node.add", r#"{"channelId":"ch10","kind":"gain"}"#).unwrap();
    rig.handle(Inbound::EngineConnected { pid: 1, safe: true, restarts: 3 });
    let started = rig.commands.iter().find_map(|command| match command {
        EngineCommand::EngineStart(start) => Some(start.audio.host.clone()),
        _ => None,
    });
    assert_eq!(started, Some(AudioHost::Silent));
    rig.confirm();
    let view = rig.core.view();
    assert_eq!(view.engine.state, EngineState::Safe);
    let suspect = view.engine.suspect.unwrap();
    assert!(rig.graph.nodes[&suspect.0].bypass);
    assert!(!view.model.nodes[&suspect].bypass, "the project is not changed");
    rig.handle(Inbound::EngineConnected { pid: 2, safe: false, restarts: 4 });
    rig.confirm();
    assert_eq!(rig.core.view().engine.suspect, None);
    assert!(!rig.graph.nodes[&suspect.0].bypass);
}

#[test]
fn a_refused_delta_is_followed_by_the_whole_graph() {
    let mut rig = Rig::new();
    rig.connect();
    rig.commands.clear();
    let refused = Inbound::EngineRefused {
        ticket: None,
        domain: "graph".to_owned(),
        name: "applyDelta".to_owned(),
        error: ErrorBody::new("graph.unknownNode", "node 9 does not exist"),
    };
    rig.handle(refused);
    assert!(matches!(rig.commands.as_slice(), [EngineCommand::GraphApplySnapshot(_)]));
    let (ticket, _) = rig.owed.pop().unwrap();
    rig.commands.clear();
    rig.handle(Inbound::EngineRefused {
        ticket: Some(ticket),
        domain: "graph".to_owned(),
        name: "applySnapshot".to_owned(),
        error: ErrorBody::new("graph.cycle", "no"),
    });
    assert!(rig.commands.is_empty(), "once is enough");
    assert_eq!(rig.core.view().notices.last().unwrap().code, "engine.graphRefused");
}

#[test]
fn what_the_engine_refuses_is_said() {
    let mut rig = Rig::new();
    rig.connect();
    let notices = rig.core.view().notices.len();
    rig.request("transport.play", "{}").unwrap();
    let (ticket, _) = rig.owed.pop().unwrap();
    rig.handle(Inbound::EngineRefused {
        ticket: Some(ticket),
        domain: "transport".to_owned(),
        name: "play".to_owned(),
        error: ErrorBody::new("engine.stopped", "the audio thread is not there"),
    });
    let view = rig.core.view();
    assert_eq!(view.notices.len(), notices + 1);
    assert!(view.transport.asked_playing && view.transport.confirmed_playing.is_none());
}
