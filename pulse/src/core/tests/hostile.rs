//! Whatever anybody sends, nobody panics.

use super::rig::Rig;
use crate::core::{Inbound, OpenAtStart};
use crate::event::Ticket;
use crate::intent::{Intent, Origin};
use crate::model::ParameterId;
use loophole_wire::message::{EngineCommand, EngineEvent};
use loophole_wire::plane::GestureValue;
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Values that are nearly right, and some that are not.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop_oneof![
            Just(json!(null)),
            Just(json!("-inf")),
            Just(json!("#102030")),
            Just(json!(i64::MAX)),
            Just(json!(i64::MIN)),
            Just(json!(1e308)),
            Just(json!(true)),
            Just(json!({})),
            Just(json!("gain")),
            Just(json!("preFader")),
        ],
        any::<i32>().prop_map(|number| json!(number)),
        (-2.0..2.0_f64).prop_map(|number| json!(number)),
        (0_u32..120, prop::sample::select(vec!["t", "l", "c", "ch", "n", "p", "m", "k"]))
            .prop_map(|(number, prefix)| json!(format!("{prefix}{number}"))),
        ".{0,20}".prop_map(|text| json!(text)),
    ]
}

const FIELDS: &[&str] = &[
    "name",
    "colour",
    "index",
    "outputChannelId",
    "trackIds",
    "trackId",
    "mute",
    "solo",
    "arm",
    "monitor",
    "mediaId",
    "startTicks",
    "lengthTicks",
    "offsetFrames",
    "looped",
    "gainDb",
    "clipIds",
    "clipId",
    "moves",
    "channelId",
    "pan",
    "kind",
    "nodeId",
    "bypass",
    "parameterId",
    "value",
    "normalised",
    "values",
    "cancel",
    "targetChannelId",
    "mode",
    "sendId",
    "muted",
    "parameterIds",
    "stream",
    "paths",
    "place",
    "host",
    "device",
    "osc",
    "sampleRate",
    "bufferFrames",
    "positionTicks",
    "positionFrames",
    "endTicks",
    "enabled",
    "markerId",
    "bpm",
    "numerator",
    "denominator",
    "discardChanges",
    "domains",
    "rateHz",
    "capabilities",
    "code",
    "view",
    "bank",
];

fn payload() -> impl Strategy<Value = Value> {
    let field = (prop::sample::select(FIELDS), value(), any::<bool>());
    prop::collection::vec(field, 0..8).prop_map(|fields| {
        let fields =
            fields.into_iter().map(|(name, value, list)| (name.to_owned(), if list { json!([value]) } else { value }));
        Value::Object(fields.collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn random_payloads_are_answered_once_each(
        asked in prop::collection::vec((any::<prop::sample::Index>(), payload()), 1..60),
    ) {
        let mut rig = Rig::new();
        rig.request("track.create", "{}").unwrap();
        rig.request("routing.createBus", "{}").unwrap();
        rig.connect();
        for (index, payload) in asked {
            let spec = index.get(Intent::SPECS);
            let payload = RawValue::from_string(payload.to_string()).unwrap();
            let Ok(intent) = Intent::parse(spec.domain, spec.name, &payload) else { continue };
            // These would write where the test does not look.
            if matches!(intent, Intent::ProjectSaveAs(_)) {
                continue;
            }
            let ticket = rig.send(Origin::Client(1), intent);
            rig.confirm();
            rig.confirm();
            prop_assert!(rig.answer_of(ticket).is_some(), "{}.{} has no answer", spec.domain, spec.name);
            prop_assert!(rig.answer_of(ticket).is_none(), "{}.{} has two answers", spec.domain, spec.name);
            prop_assert!(rig.core.model.check().is_ok());
        }
    }

    #[test]
    fn random_gesture_frames_move_only_what_they_may(
        frames in prop::collection::vec((0_u32..4, prop::collection::vec((0_u32..20, any::<f32>()), 0..8)), 0..30),
    ) {
        let mut rig = Rig::new();
        rig.request("track.create", "{}").unwrap();
        rig.request("gesture.createStream", r#"{"parameterIds":["p14","p16"]}"#).unwrap();
        for (stream, values) in frames {
            let values = values.into_iter().map(|(target, value)| GestureValue { target, value }).collect();
            rig.handle(Inbound::GestureFrame { origin: Origin::Aura, stream, values });
            for (id, held) in rig.core.view().gestures.iter() {
                prop_assert!([ParameterId(14), ParameterId(16)].contains(id));
                let parameter = &rig.core.model.parameters[id];
                prop_assert!((parameter.min..=parameter.max).contains(&held.value));
            }
        }
        rig.request("gesture.destroyStream", r#"{"stream":1}"#).unwrap();
        prop_assert!(rig.core.model.check().is_ok());
        prop_assert!(rig.core.view().gestures.is_empty());
    }
}

#[test]
fn an_engine_that_talks_nonsense_changes_nothing() {
    let mut rig = Rig::open(OpenAtStart::Demo);
    rig.connect();
    let before = rig.core.model.clone();
    for (domain, name, payload) in [
        (
            "media",
            "state",
            r#"{"mediaId":3,"frames":18446744073709551615,"sampleRate":0,"channels":0,"format":"","peaksReady":true}"#,
        ),
        (
            "media",
            "state",
            r#"{"mediaId":4000000000,"frames":1,"sampleRate":1,"channels":1,"format":"","peaksReady":true}"#,
        ),
        ("media", "missing", r#"{"mediaId":4000000000,"path":"","reason":""}"#),
        (
            "transport",
            "state",
            r#"{"rolling":true,"positionFrames":-9223372036854775808,"appliedAtFrame":0,"loopRegion":{"enabled":true,"startFrames":9,"endFrames":1}}"#,
        ),
        ("graph", "nodeFault", r#"{"nodeId":4000000000,"message":"?"}"#),
        ("hardware", "control", r#"{"device":9,"peer":"x","peerIsNew":true,"messages":[],"atNanos":0}"#),
        ("engine", "sync", r#"{"appliedAtFrame":0,"graphVersion":99}"#),
    ] {
        let payload = RawValue::from_string(payload.to_owned()).unwrap();
        let event = EngineEvent::parse(domain, name, &payload).unwrap();
        rig.said(None, event.clone());
        rig.said(Some(u64::MAX), event);
    }
    for position_frames in [i64::MIN, i64::MAX] {
        rig.handle(Inbound::EnginePosition { position_frames, rolling: true, at_nanos: u64::MAX });
    }
    rig.handle(Inbound::JobEnded { job: 999, outcome: crate::jobs::JobOutcome::NotRun { reason: String::new() } });
    assert_eq!(*rig.core.model, *before);
}

#[test]
fn a_surface_may_not_touch_files() {
    let mut rig = Rig::new();
    for intent in [Intent::ProjectNew(Default::default()), Intent::SessionRestartEngine(Default::default())] {
        let ticket = rig.send(Origin::Surface(0), intent);
        assert_eq!(rig.answer_of(ticket).unwrap().unwrap_err().code, "client.forbidden");
    }
}

#[test]
fn intents_wait_for_the_project_that_is_being_opened() {
    let mut rig = Rig::new();
    let mut out = Vec::new();
    let path = rig.folder.path().join("Nothing.loophole").to_string_lossy().into_owned();
    let open = super::rig::parse("project.open", &json!({ "path": path }).to_string());
    rig.core.handle(Inbound::Intent { origin: Origin::Aura, ticket: Ticket(900), intent: open }, rig.now, &mut out);
    let ticket = rig.send(Origin::Aura, super::rig::parse("track.create", "{}"));
    assert!(rig.answer_of(ticket).is_none(), "it waits");
    let job = out.iter().find_map(|outbound| match outbound {
        crate::core::Outbound::Job { job, work } => Some((*job, work.clone())),
        _ => None,
    });
    let (job, work) = job.unwrap();
    rig.handle(Inbound::JobEnded { job, outcome: crate::jobs::run(work) });
    assert_eq!(rig.answer_of(Ticket(900)).unwrap().unwrap_err().code, "project.notFound");
    assert!(rig.answer_of(ticket).unwrap().is_ok());
}

#[test]
fn every_refusal_has_a_code_of_the_list() {
    let mut rig = Rig::new();
    let known = |code: &str| crate::core::ERROR_CODES.iter().any(|(known, _)| *known == code);
    for spec in Intent::SPECS {
        if let Some(intent) = (spec.bare)() {
            let ticket = rig.send(Origin::Aura, intent);
            if let Some(Err(rejection)) = rig.answer_of(ticket) {
                assert!(known(&rejection.code), "{}.{} answers {}", spec.domain, spec.name, rejection.code);
                assert!(!rejection.message.is_empty());
            }
        }
    }
    assert!(rig.commands.iter().all(|command| !matches!(command, EngineCommand::EngineShutdown(_))));
}
