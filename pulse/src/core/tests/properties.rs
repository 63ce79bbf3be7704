//! What must hold for every sequence of intents: undo is exact, and the engine hears all of it.

use super::rig::{Rig, Shadow};
use crate::core::{Inbound, OpenAtStart};
use crate::intent::{
    Intent, Origin, channel, clip, gesture, node, parameter, project, routing, timebase, track, transport,
};
use crate::model::{ClipIndex, Model};
use loophole_wire::decibels::WireValue;
use loophole_wire::plane::GestureValue;
use proptest::prelude::*;

/// What makes an intent: which one, two picks of entities, a number.
type Dice = (u8, u16, u16, i64);

fn pick<T: Copy>(list: impl ExactSizeIterator<Item = T>, dice: u16) -> Option<T> {
    let length = list.len().max(1);
    list.into_iter().nth(usize::from(dice) % length)
}

/// An intent that fits the model more often than not.
fn intent(model: &Model, (which, one, other, number): Dice) -> Option<Intent> {
    let track_id = pick(model.tracks.keys().copied(), one);
    let clip_id = pick(model.clips.keys().copied(), one);
    let channel_id = pick(model.channels.keys().copied(), one)?;
    let target_channel_id = pick(model.channels.keys().copied(), other)?;
    let node_id = pick(model.nodes.keys().copied(), one)?;
    let parameter_id = pick(model.parameters.keys().copied(), one)?;
    let media_id = pick(model.media.keys().copied(), other);
    let sends: Vec<_> = model.nodes.values().filter(|node| node.target.is_some()).map(|node| node.id).collect();
    let send_id = pick(sends.iter().copied(), one);
    let ticks = number.rem_euclid(4_000_000);
    let on = number % 2 == 0;
    let gain_db = WireValue(if number % 5 == 0 { f64::NEG_INFINITY } else { (number % 60) as f64 / 2.0 - 20.0 });
    Some(match which % 30 {
        0 => Intent::TrackCreate(track::Create { index: Some(u32::from(other) % 4), ..Default::default() }),
        1 => Intent::TrackDelete(track::Delete { track_ids: vec![track_id?] }),
        2 => Intent::TrackDuplicate(track::Duplicate { track_id: track_id? }),
        3 => Intent::TrackMove(track::Move { track_id: track_id?, index: u32::from(other) }),
        4 => Intent::TrackRename(track::Rename { track_id: track_id?, name: format!("Name {}", number % 7) }),
        5 => Intent::TrackSetColour(track::SetColour {
            track_id: track_id?,
            colour: format!("#{:06x}", number & 0xff_ffff),
        }),
        6 => Intent::TrackSetFlags(track::SetFlags {
            track_id: track_id?,
            mute: (number % 3 == 0).then_some(on),
            solo: (number % 4 < 2).then_some(on),
            arm: None,
            monitor: Some(on),
        }),
        7 | 8 => Intent::ClipCreate(clip::Create {
            track_id: track_id?,
            media_id: media_id?,
            start_ticks: ticks,
            length_ticks: (number % 3 != 0).then_some(1 + ticks / 3),
            offset_frames: Some(number.rem_euclid(50_000)),
            looped: on,
            gain_db: None,
            name: None,
        }),
        9 => Intent::ClipDelete(clip::Delete { clip_ids: vec![clip_id?] }),
        10 => Intent::ClipMove(clip::Move {
            moves: vec![clip::ClipMove {
                clip_id: clip_id?,
                start_ticks: ticks,
                track_id: pick(model.tracks.keys().copied(), other),
            }],
        }),
        11 => {
            let start = model.clips.get(&clip_id?)?.start_ticks;
            Intent::ClipResize(clip::Resize {
                clip_id: clip_id?,
                start_ticks: start + number % 9_000,
                length_ticks: 1 + ticks,
            })
        }
        12 => Intent::ClipSetGain(clip::SetGain { clip_id: clip_id?, gain_db }),
        13 => Intent::ClipSetLooping(clip::SetLooping { clip_id: clip_id?, looped: on }),
        14 => Intent::ChannelSetGain(channel::SetGain { channel_id, gain_db }),
        15 => Intent::ChannelSetPan(channel::SetPan { channel_id, pan: (number % 100) as f64 / 100.0 }),
        16 => Intent::ChannelSetFlags(channel::SetFlags { channel_id, mute: Some(on), solo: Some(number % 3 == 0) }),
        17 => Intent::ChannelRename(channel::Rename { channel_id, name: format!("Bus {}", number % 5) }),
        18 => Intent::NodeAdd(node::Add {
            channel_id,
            kind: if on { node::AddableKind::Gain } else { node::AddableKind::TestTone },
            index: (number % 3 == 0).then_some(u32::from(other) % 5),
        }),
        19 => Intent::NodeRemove(node::Remove { node_id }),
        20 => Intent::NodeSetBypass(node::SetBypass { node_id, bypass: on }),
        21 => Intent::ParameterSetValue(parameter::SetValue {
            parameter_id: Some(parameter_id),
            normalised: Some(number.rem_euclid(1_001) as f64 / 1_000.0),
            ..Default::default()
        }),
        22 => Intent::RoutingCreateBus(routing::CreateBus {
            output_channel_id: (number % 3 == 0).then_some(target_channel_id),
            ..Default::default()
        }),
        23 => Intent::RoutingDeleteBus(routing::DeleteBus { channel_id: pick(model.bus_order.iter().copied(), one)? }),
        24 => Intent::RoutingSetChannelOutput(routing::SetChannelOutput {
            channel_id,
            output_channel_id: (number % 4 != 0).then_some(target_channel_id),
        }),
        25 => Intent::RoutingAddSend(routing::AddSend {
            channel_id,
            target_channel_id,
            gain_db: Some(gain_db),
            mode: Some(if on { routing::SendMode::PreFader } else { routing::SendMode::PostFader }),
        }),
        26 => match number.rem_euclid(4) {
            0 => Intent::RoutingRemoveSend(routing::RemoveSend { send_id: send_id? }),
            1 => Intent::RoutingSetSendLevel(routing::SetSendLevel { send_id: send_id?, gain_db }),
            2 => Intent::RoutingSetSendMuted(routing::SetSendMuted { send_id: send_id?, muted: on }),
            _ => Intent::RoutingSetSendMode(routing::SetSendMode {
                send_id: send_id?,
                mode: if on { routing::SendMode::PreFader } else { routing::SendMode::PostFader },
            }),
        },
        27 => Intent::TimebaseUpdateTempoMarker(timebase::UpdateTempoMarker {
            marker_id: None,
            bpm: 10.0 + number.rem_euclid(9_890_000) as f64 / 10_000.0,
        }),
        28 => Intent::TransportSetLoopRegion(transport::SetLoopRegion {
            start_ticks: ticks,
            end_ticks: ticks + 2_000 + number.rem_euclid(70_000),
        }),
        _ => match number.rem_euclid(6) {
            0 => Intent::ProjectRename(project::Rename { name: format!("Song {}", number % 3) }),
            1 => Intent::TransportSetLoopEnabled(transport::SetLoopEnabled { enabled: on }),
            2 => Intent::ParameterBeginGesture(parameter::BeginGesture { parameter_id }),
            3 => Intent::ParameterUpdateGesture(parameter::UpdateGesture { parameter_id, value: gain_db }),
            4 => Intent::ParameterEndGesture(parameter::EndGesture { parameter_id, cancel: on }),
            _ => Intent::TransportSeek(transport::Seek { position_ticks: Some(ticks), position_frames: None }),
        },
    })
}

fn dice() -> impl Strategy<Value = Vec<Dice>> {
    prop::collection::vec((any::<u8>(), any::<u16>(), any::<u16>(), any::<i32>().prop_map(i64::from)), 1..80)
}

/// The model without what undo does not give back.
fn undoable(rig: &Rig) -> Model {
    let mut model = Model::clone(&rig.core.model);
    model.next_id = 0;
    model.loop_region.enabled = false;
    model
}

fn demo() -> Rig {
    let mut rig = Rig::open(OpenAtStart::Demo);
    rig.connect();
    rig
}

fn consistent(rig: &Rig) -> Result<(), TestCaseError> {
    prop_assert_eq!(rig.core.model.check(), Ok(()));
    prop_assert!(rig.core.clips == ClipIndex::of(&rig.core.model), "the index of clips is out of step");
    let (snapshot, loop_region) = rig.core.heard(|heard| (heard.snapshot(0), heard.loop_region()));
    let whole = Shadow::of(snapshot, loop_region);
    prop_assert_eq!(&rig.graph, &whole, "deltas and rebuild lead to different graphs");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn undo_all_is_the_first_state_and_redo_all_the_last(rolls in dice()) {
        let mut rig = demo();
        let first = undoable(&rig);
        for roll in rolls {
            if let Some(intent) = intent(&rig.core.model.clone(), roll) {
                let _outcome = rig.ask(intent);
                rig.now += u64::from(roll.1) * 20_000;
                consistent(&rig)?;
            }
        }
        rig.core.end_all_gestures();
        rig.handle(Inbound::Tick);
        let last = undoable(&rig);
        while rig.request("history.undo", "{}").is_ok() {
            consistent(&rig)?;
        }
        prop_assert_eq!(undoable(&rig), first);
        while rig.request("history.redo", "{}").is_ok() {
            consistent(&rig)?;
        }
        prop_assert_eq!(undoable(&rig), last);
    }

    #[test]
    fn an_engine_that_dies_anywhere_ends_with_the_same_graph(rolls in dice(), death in any::<prop::sample::Index>()) {
        let mut rig = demo();
        let death = death.index(rolls.len());
        for (number, roll) in rolls.into_iter().enumerate() {
            if number == death {
                rig.owed.clear();
                rig.handle(Inbound::EngineLost { reason: "killed".to_owned() });
            }
            if let Some(intent) = intent(&rig.core.model.clone(), roll) {
                let _outcome = rig.ask(intent);
            }
            if number == death + 5 {
                rig.handle(Inbound::EngineConnected { pid: 9, safe: false, restarts: 1 });
                rig.confirm();
            }
        }
        if !rig.core.link.is_connected() {
            rig.handle(Inbound::EngineConnected { pid: 9, safe: false, restarts: 1 });
        }
        consistent(&rig)?;
    }
}

#[test]
fn a_stream_is_one_entry_and_the_engine_keeps_what_it_heard() {
    let mut rig = demo();
    let ids: Vec<_> = rig.core.model.parameters.keys().copied().take(20).collect();
    let first = undoable(&rig);
    let made = rig.ask(Intent::GestureCreateStream(gesture::CreateStream { parameter_ids: ids.clone() })).unwrap();
    let stream = u32::try_from(made["stream"].as_u64().unwrap()).unwrap();
    let entries = rig.core.view().history.undo.len();
    for step in 0..10_u8 {
        let value = f32::from(step) / -10.0;
        let values = ids.iter().map(|id| GestureValue { target: id.0, value }).collect();
        rig.handle(Inbound::GestureFrame { origin: Origin::Aura, stream, values });
    }
    assert_eq!(rig.core.view().gestures.len(), ids.len());
    assert_eq!(undoable(&rig), first, "the model does not know of it yet");
    rig.ask(Intent::GestureDestroyStream(gesture::DestroyStream { stream, cancel: false })).unwrap();
    assert_eq!(rig.core.view().history.undo.len(), entries + 1);
    consistent(&rig).unwrap();
    rig.request("history.undo", "{}").unwrap();
    assert_eq!(undoable(&rig), first);
    consistent(&rig).unwrap();
}
