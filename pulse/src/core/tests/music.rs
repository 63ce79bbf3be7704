//! Tracks, channels, routing, clips, transport, gestures, history: asked, answered, told to the engine.

use super::check;
use super::rig::Rig;
use crate::core::OpenAtStart;
use crate::model::TrackId;
use serde_json::{Value, json};

#[test]
fn a_track_is_created_named_and_taken_back() {
    check(
        r#"
        aura> track.create {"name":"Kick"}
          = changed: ch10 l11 n12 n13 n15 n17 p14 p16 t9 t9 channelId="ch10" trackId="t9"
        aura> track.rename {"trackId":"t9","name":"Boom"}
          = changed: ch10 t9
        aura> history.undo
          = changed: ch10 t9 label="Rename track Kick to Boom"
        aura> history.undo
          = label="Create track Kick" removed: ch10 l11 n12 n13 n15 n17 p14 p16 t9
        aura> history.undo
          ! history.nothing
        aura> history.redo
          = changed: ch10 l11 n12 n13 n15 n17 p14 p16 t9 t9 label="Create track Kick"
        aura> track.rename {"trackId":"t99","name":"Boom"}
          ! model.unknownId
        aura> track.rename {"trackId":"t9","name":"   "}
          ! project.badName
        "#,
    );
}

#[test]
fn a_fader_moves_by_many_ways_and_one_entry_per_hand() {
    check(
        r#"
        aura> track.create {"name":"Kick"}
          = changed: ch10 l11 n12 n13 n15 n17 p14 p16 t9 t9 channelId="ch10" trackId="t9"
        engine comes
          engine: start
          engine: whole graph, 2 channels, 7 nodes
          engine: transport.setLoopRegion {"enabled":false,"startFrames":0,"endFrames":384000}
          engine: transport.seek {"positionFrames":0}
          engine: sync
        engine answers
        aura> channel.setGain {"channelId":"ch10","gainDb":-6}
          = changed: p16
          engine: set 16=-6
        wait 400
        aura> channel.setGain {"channelId":"ch10","gainDb":-7.5}
          = changed: p16
          engine: set 16=-7.5
        wait 600
        aura> channel.setGain {"channelId":"ch10","gainDb":"-inf"}
          = changed: p16
          engine: set 16=-inf
        client 1
        client:1> channel.setGain {"channelId":"ch10","gainDb":-1}
          = changed: p16
          engine: set 16=-1
        aura> history.state
          = redo=[] undo=[{"label":"Create track Kick","origin":"aura"},{"label":"Set gain of Kick","origin":"aura"},{"label":"Set gain of Kick","origin":"aura"},{"label":"Set gain of Kick","origin":"client:1"}]
        aura> history.undo
          = changed: p16 label="Set gain of Kick"
          engine: set 16=-inf
        aura> history.undo
          = changed: p16 label="Set gain of Kick"
          engine: set 16=-7.5
        aura> history.undo
          = changed: p16 label="Set gain of Kick"
          engine: set 16=0
        aura> channel.setGain {"channelId":"ch10","gainDb":13}
          ! model.badValue
        aura> channel.setPan {"channelId":"ch10","pan":-1.5}
          ! model.badValue
        aura> parameter.setValue {"parameterId":"p14","normalised":0.25}
          = changed: p14
          engine: set 14=-0.5
        aura> parameter.setValue {"values":[{"parameterId":"p14","value":1},{"parameterId":"p16","value":-3}]}
          = changed: p14 p16
          engine: set 14=1 16=-3
        aura> parameter.setValue {"parameterId":"p14"}
          ! parameter.badRequest
        aura> parameter.setValue {"parameterId":"p14","value":1,"values":[{"parameterId":"p14","value":1}]}
          ! parameter.badRequest
        "#,
    );
}

#[test]
fn solo_reaches_along_the_path_and_mute_wins() {
    check(
        r#"
        engine comes
          engine: start
          engine: whole graph, 1 channels, 3 nodes
          engine: transport.setLoopRegion {"enabled":false,"startFrames":0,"endFrames":384000}
          engine: transport.seek {"positionFrames":0}
          engine: sync
        engine answers
        aura> routing.createBus {"name":"Drums"}
          = changed: ch9 ch9 n10 n12 n14 p11 p13 channelId="ch9"
          engine: graph channels 9 nodes 10 12 14
        aura> track.create {"name":"Kick","outputChannelId":"ch9"}
          = changed: ch16 l17 n18 n19 n21 n23 p20 p22 t15 t15 channelId="ch16" trackId="t15"
          engine: graph channels 16 nodes 18 19 21 23
        aura> track.create {"name":"Bass"}
          = changed: ch25 l26 n27 n28 n30 n32 p29 p31 t15 t24 t24 channelId="ch25" trackId="t24"
          engine: graph channels 25 nodes 27 28 30 32
        aura> track.setFlags {"trackId":"t15","solo":true}
          = changed: ch16 t15
          engine: set audible(30)=0
        aura> channel.setFlags {"channelId":"ch9","mute":true}
          = changed: ch9
          engine: set audible(12)=0
        aura> track.setFlags {"trackId":"t15","solo":false}
          = changed: ch16 t15
          engine: set audible(30)=1
        aura> channel.setFlags {"channelId":"ch9","solo":true,"mute":false}
          = changed: ch9
          engine: set audible(12)=1 audible(30)=0
        aura> track.setFlags {"trackId":"t15"}
          =
        aura> history.undo
          = changed: ch9 label="Set flags of Drums"
          engine: set audible(12)=0 audible(30)=1
        "#,
    );
}

#[test]
fn buses_sends_and_what_they_refuse() {
    check(
        r#"
        engine comes
          engine: start
          engine: whole graph, 1 channels, 3 nodes
          engine: transport.setLoopRegion {"enabled":false,"startFrames":0,"endFrames":384000}
          engine: transport.seek {"positionFrames":0}
          engine: sync
        engine answers
        aura> routing.createBus {"name":"Reverb"}
          = changed: ch9 ch9 n10 n12 n14 p11 p13 channelId="ch9"
          engine: graph channels 9 nodes 10 12 14
        aura> routing.createBus {}
          = changed: ch9 ch15 ch15 n16 n18 n20 p17 p19 channelId="ch15"
          engine: graph channels 15 nodes 16 18 20
        aura> track.create {}
          = changed: ch22 l23 n24 n25 n27 n29 p26 p28 t21 t21 channelId="ch22" trackId="t21"
          engine: graph channels 22 nodes 24 25 27 29
        aura> routing.addSend {"channelId":"ch22","targetChannelId":"ch9","gainDb":-12}
          = changed: ch22 n30 p31 t21 sendId="n30"
          engine: graph channels 22 nodes 30
        aura> routing.setSendMode {"sendId":"n30","mode":"preFader"}
          = changed: ch22 t21
          engine: graph channels 22
        aura> routing.setSendMode {"sendId":"n30","mode":"preFader"}
          =
        aura> routing.setSendMuted {"sendId":"n30","muted":true}
          = changed: ch22 n30
          engine: set audible(30)=0
        aura> routing.setSendLevel {"sendId":"n30","gainDb":-3}
          = changed: ch22 p31
          engine: set 31=-3
        aura> routing.setChannelOutput {"channelId":"ch9","outputChannelId":"ch15"}
          = changed: ch9
          engine: graph channels 9
        aura> routing.addSend {"channelId":"ch15","targetChannelId":"ch9"}
          ! routing.cycle
        aura> routing.setChannelOutput {"channelId":"ch15","outputChannelId":"ch15"}
          ! routing.cycle
        aura> routing.setChannelOutput {"channelId":"ch15","outputChannelId":"ch22"}
          ! routing.notABus
        aura> routing.setChannelOutput {"channelId":"ch1","outputChannelId":"ch9"}
          ! routing.master
        aura> routing.deleteBus {"channelId":"ch22"}
          ! routing.notABus
        aura> routing.deleteBus {"channelId":"ch15"}
          = changed: ch9 ch9 removed: ch15 n16 n18 n20 p17 p19
          engine: graph channels 9 without channels 15 without nodes 16 18 20
        aura> routing.deleteBus {"channelId":"ch9"}
          = changed: ch22 t21 removed: ch9 n10 n12 n14 n30 p11 p13 p31
          engine: graph channels 22 without channels 9 without nodes 10 12 14 30
        aura> history.undo
          = changed: ch9 ch9 ch22 n10 n12 n14 n30 p11 p13 p31 t21 label="Delete bus Reverb"
          engine: graph channels 9 22 nodes 10 12 14 30
        aura> routing.removeSend {"sendId":"n30"}
          = changed: ch22 t21 removed: n30 p31
          engine: graph channels 22 without nodes 30
        aura> routing.removeSend {"sendId":"n30"}
          ! model.unknownId
        aura> routing.setSendLevel {"sendId":"n24","gainDb":-3}
          ! routing.notASend
        "#,
    );
}

#[test]
fn nodes_are_added_before_the_pan_and_fixed_ones_stay() {
    check(
        r#"
        aura> track.create {}
          = changed: ch10 l11 n12 n13 n15 n17 p14 p16 t9 t9 channelId="ch10" trackId="t9"
        engine comes
          engine: start
          engine: whole graph, 2 channels, 7 nodes
          engine: transport.setLoopRegion {"enabled":false,"startFrames":0,"endFrames":384000}
          engine: transport.seek {"positionFrames":0}
          engine: sync
        engine answers
        aura> node.add {"channelId":"ch10","kind":"testTone"}
          = changed: ch10 n18 p19 p20 t9 nodeId="n18"
          engine: graph channels 10 nodes 18
        aura> node.add {"channelId":"ch10","kind":"gain","index":1}
          = changed: ch10 n21 p22 t9 nodeId="n21"
          engine: graph channels 10 nodes 21
        aura> node.add {"channelId":"ch10","kind":"gain","index":0}
          ! node.badPlace
        aura> node.add {"channelId":"ch10","kind":"gain","index":4}
          ! node.badPlace
        aura> node.setBypass {"nodeId":"n18","bypass":true}
          = changed: n18
          engine: graph nodes 18
        aura> node.remove {"nodeId":"n18"}
          = changed: ch10 t9 removed: n18 p19 p20
          engine: graph channels 10 without nodes 18
        aura> node.remove {"nodeId":"n13"}
          ! node.fixed
        aura> history.undo
          = changed: ch10 n18 p19 p20 t9 label="Remove test tone"
          engine: graph channels 10 nodes 18
        aura> parameter.setValue {"parameterId":"p19","normalised":0.5}
          = changed: p19
          engine: set 19=632.4555320336758
        "#,
    );
}

#[test]
fn tempo_signature_and_loop() {
    check(
        r#"
        engine comes
          engine: start
          engine: whole graph, 1 channels, 3 nodes
          engine: transport.setLoopRegion {"enabled":false,"startFrames":0,"endFrames":384000}
          engine: transport.seek {"positionFrames":0}
          engine: sync
        engine answers
        aura> transport.seek {"positionTicks":80640}
          = stopped at 96000
          engine: transport.seek {"positionFrames":96000}
        engine answers
        aura> timebase.updateTempoMarker {"bpm":60}
          = changed: k7
          engine: transport.setLoopRegion {"enabled":false,"startFrames":0,"endFrames":768000}
          engine: transport.seek {"positionFrames":192000}
        aura> timebase.updateTempoMarker {"bpm":9}
          ! timebase.badTempo
        aura> timebase.updateTempoMarker {"bpm":100,"markerId":"k99"}
          ! model.unknownId
        aura> timebase.updateSignatureMarker {"numerator":7,"denominator":8}
          = changed: k8
        aura> timebase.updateSignatureMarker {"numerator":7,"denominator":6}
          ! timebase.badSignature
        aura> transport.setLoopRegion {"startTicks":0,"endTicks":80640}
          = changed: loop={"enabled":false,"endTicks":80640,"startTicks":0}
          engine: transport.setLoopRegion {"enabled":false,"startFrames":0,"endFrames":192000}
        aura> transport.setLoopEnabled {"enabled":true}
          = changed: loop={"enabled":true,"endTicks":80640,"startTicks":0}
          engine: transport.setLoopRegion {"enabled":true,"startFrames":0,"endFrames":192000}
        aura> transport.setLoopRegion {"startTicks":100,"endTicks":100}
          ! transport.badLoop
        aura> transport.setLoopRegion {"startTicks":-1,"endTicks":100}
          ! model.badPosition
        aura> history.state
          = redo=[] undo=[{"label":"Set tempo to 60","origin":"aura"},{"label":"Set signature to 7/8","origin":"aura"},{"label":"Set loop region","origin":"aura"}]
        "#,
    );
}

#[test]
fn the_transport_keeps_asked_and_confirmed_apart() {
    check(
        r#"
        engine comes
          engine: start
          engine: whole graph, 1 channels, 3 nodes
          engine: transport.setLoopRegion {"enabled":false,"startFrames":0,"endFrames":384000}
          engine: transport.seek {"positionFrames":0}
          engine: sync
        engine answers
        aura> transport.seek {"positionFrames":48000}
          = stopped at 48000
          engine: transport.seek {"positionFrames":48000}
        engine answers
        aura> transport.play
          = playing at 48000
          engine: transport.play {"anchor":null}
        engine answers
        wait 1500
        aura> transport.play
          = playing at 120000, confirmed
        aura> transport.pause
          = stopped at 120000
          engine: transport.pause {}
        engine answers
        aura> transport.play
          = playing at 120000
          engine: transport.play {"anchor":null}
        wait 500
        aura> transport.stop
          = stopped at 120000
          engine: transport.stop {"positionFrames":120000}
        aura> transport.stop
          = stopped at 0
          engine: transport.stop {"positionFrames":0}
        aura> transport.seek {}
          ! transport.badPosition
        aura> transport.seek {"positionTicks":1,"positionFrames":1}
          ! transport.badPosition
        aura> transport.seek {"positionFrames":-1}
          ! transport.badPosition
        aura> engine.panic
          = stopped at 0
          engine: engine.panic {}
          engine: transport.stop {"positionFrames":0}
        "#,
    );
}

#[test]
fn a_gesture_is_heard_at_once_and_is_one_entry() {
    check(
        r#"
        aura> track.create {"name":"Kick"}
          = changed: ch10 l11 n12 n13 n15 n17 p14 p16 t9 t9 channelId="ch10" trackId="t9"
        engine comes
          engine: start
          engine: whole graph, 2 channels, 7 nodes
          engine: transport.setLoopRegion {"enabled":false,"startFrames":0,"endFrames":384000}
          engine: transport.seek {"positionFrames":0}
          engine: sync
        engine answers
        client 1
        aura> parameter.beginGesture {"parameterId":"p16"}
          = parameterId="p16" value=0.0
        aura> parameter.updateGesture {"parameterId":"p16","value":-10}
          = parameterId="p16" value=-10.0
          engine: set 16=-10
        client:1> parameter.beginGesture {"parameterId":"p16"}
          ! parameter.held
        client:1> parameter.updateGesture {"parameterId":"p16","value":1}
          ! parameter.notHeld
        client:1> channel.setGain {"channelId":"ch10","gainDb":3}
          = changed: p16
        aura> parameter.updateGesture {"parameterId":"p16","value":-20}
          = parameterId="p16" value=-20.0
          engine: set 16=-20
        aura> parameter.endGesture {"parameterId":"p16"}
          = changed: p16
          engine: set 16=-20
        aura> parameter.endGesture {"parameterId":"p16"}
          ! parameter.notHeld
        aura> history.undo
          = changed: p16 label="Set gain of Kick"
          engine: set 16=3
        client:1> parameter.beginGesture {"parameterId":"p16"}
          = parameterId="p16" value=3.0
        client:1> parameter.updateGesture {"parameterId":"p16","value":-30}
          = parameterId="p16" value=-30.0
          engine: set 16=-30
        client:1> parameter.endGesture {"parameterId":"p16","cancel":true}
          =
          engine: set 16=3
        client:1> parameter.beginGesture {"parameterId":"p14"}
          = parameterId="p14" value=0.0
        client:1> parameter.updateGesture {"parameterId":"p14","value":0.5}
          = parameterId="p14" value=0.5
          engine: set 14=0.5
        client:1> parameter.beginGesture {"parameterId":"p14"}
          = parameterId="p14" value=0.5
          engine: set 14=0.5
        client:1> parameter.updateGesture {"parameterId":"p14","value":0.7}
          = parameterId="p14" value=0.7
          engine: set 14=0.7
        leave 1
          engine: set 14=0.7
        aura> history.state
          = redo=[] undo=[{"label":"Create track Kick","origin":"aura"},{"label":"Set gain of Kick","origin":"client:1"},{"label":"Set pan of Kick","origin":"client:1"},{"label":"Set pan of Kick","origin":"client:1"}]
        "#,
    );
}

#[test]
fn clips_are_made_of_media_and_keep_what_sounds_in_place() {
    let mut rig = Rig::open(OpenAtStart::Demo);
    let snapshot = rig.request("project.snapshot", "{}").unwrap();
    let track = snapshot["tracks"][0]["trackId"].clone();
    let media =
        snapshot["media"].as_array().unwrap().iter().find(|media| media["frames"] == 192_000).unwrap()["mediaId"]
            .clone();
    let mut ask = |name: &str, payload: Value| rig.request(name, &payload.to_string());
    let made = ask("clip.create", json!({ "trackId": track, "mediaId": media, "startTicks": 80_640 })).unwrap();
    let clip = &made["changed"]["clips"][0];
    // 192,000 frames at 48 kHz are eight quarter notes at 120.
    assert_eq!((clip["lengthTicks"].as_i64(), clip["offsetFrames"].as_i64()), (Some(8 * 20_160), Some(0)));
    let id = clip["clipId"].clone();
    let trimmed = ask("clip.resize", json!({ "clipId": id, "startTicks": 100_800, "lengthTicks": 20_160 })).unwrap();
    assert_eq!(trimmed["changed"]["clips"][0]["offsetFrames"], 24_000);
    for (name, payload, code) in [
        ("clip.resize", json!({ "clipId": id, "startTicks": 0, "lengthTicks": 1 }), "clip.badRange"),
        ("clip.resize", json!({ "clipId": id, "startTicks": 403_200, "lengthTicks": 1 }), "clip.badRange"),
        ("clip.resize", json!({ "clipId": id, "startTicks": 100_800, "lengthTicks": 0 }), "clip.badRange"),
        ("clip.resize", json!({ "clipId": id, "startTicks": -1, "lengthTicks": 1 }), "model.badPosition"),
        ("clip.setGain", json!({ "clipId": id, "gainDb": 25 }), "model.badValue"),
        ("clip.move", json!({ "moves": [] }), "clip.nothing"),
        ("clip.delete", json!({ "clipIds": ["c99999"] }), "model.unknownId"),
        (
            "clip.create",
            json!({ "trackId": track, "mediaId": media, "startTicks": 0, "offsetFrames": 192_000 }),
            "clip.badRange",
        ),
    ] {
        assert_eq!(ask(name, payload.clone()), Err(code.to_owned()), "{name} {payload}");
    }
    let other = snapshot["tracks"][1]["trackId"].clone();
    let moved = ask("clip.move", json!({ "moves": [{ "clipId": id, "startTicks": 5, "trackId": other }] })).unwrap();
    assert_eq!(moved["changed"]["clips"][0]["trackId"], other);
    ask("clip.setLooping", json!({ "clipId": id, "looped": true })).unwrap();
    ask("clip.delete", json!({ "clipIds": [id] })).unwrap();
    rig.core.model.check().unwrap();
    let other: TrackId = other.as_str().unwrap().parse().unwrap();
    assert!(rig.core.clips.of_track(other).iter().all(|clip| clip.start_ticks != 5));
}

#[test]
fn a_duplicate_has_everything_and_goes_its_own_way() {
    let mut rig = Rig::open(OpenAtStart::Demo);
    let before = rig.request("project.snapshot", "{}").unwrap();
    let track = before["tracks"][1]["trackId"].as_str().unwrap().to_owned();
    let made = rig.request("track.duplicate", &json!({ "trackId": track }).to_string()).unwrap();
    let copy: TrackId = made["trackId"].as_str().unwrap().parse().unwrap();
    let original: TrackId = track.parse().unwrap();
    rig.core.model.check().unwrap();
    assert_eq!(rig.core.model.track_order[2], copy);
    assert_eq!(rig.core.clips.of_track(copy).len(), rig.core.clips.of_track(original).len());
    rig.request("track.delete", &json!({ "trackIds": [track] }).to_string()).unwrap();
    rig.core.model.check().unwrap();
    assert!(!rig.core.clips.of_track(copy).is_empty());
}
