//! Tables of what passes, what is refused and where, and properties of any text and any filter.

use super::*;
use crate::trace::{Body, Kind, Link, Party, Priority, TraceEntry};
use loophole_wire::ErrorBody;
use proptest::prelude::*;
use serde_json::value::RawValue;
use std::sync::Arc;

fn json(payload: &str) -> Body {
    Body::Json(Arc::from(RawValue::from_string(payload.to_owned()).unwrap()))
}

fn seek() -> TraceEntry {
    TraceEntry {
        number: 0,
        at_nanos: 0,
        link: Link::Client(3),
        from: Party::Client,
        to: Party::Pulse,
        domain: "transport".into(),
        name: "seek".into(),
        kind: Kind::Command,
        priority: Priority::Realtime,
        id: "120".into(),
        cid: None,
        cause: None,
        size_bytes: 1_500,
        body: json(
            r#"{"positionTicks":20160,"by":"Änne","on":true,"gainDb":"-inf","tracks":[{"trackId":"t3"},{"trackId":"t4"}],"t":"a\"b"}"#,
        ),
    }
}

fn seen(text: &str) -> bool {
    let filter = Filter::parse(text).unwrap_or_else(|error| panic!("{}", error.picture(text)));
    let entry = seek();
    let row = Row { latency_nanos: Some(5_000_001), status: Some(Status::Ok), ..Row::of(&entry) };
    filter.matches(&row)
}

#[test]
fn words_must_be_there_and_minus_words_must_not() {
    for text in ["", "seek", "transport.se", "TRANSPORT", "command", "positionticks", "20160 seek", "-", "-engine"] {
        assert!(seen(text), "{text}");
    }
    for text in ["play", "seek play", "-seek", "seek -20160", "transport. -command", "-\"transport.seek\""] {
        assert!(!seen(text), "{text}");
    }
}

#[test]
fn what_passes() {
    for text in [
        "Änne",
        "domain == transport",
        "Domain==TRANSPORT and kind == command",
        "op == transport.seek && link == client",
        "link == client.3",
        "link != window",
        "name ~ /^se+k$/",
        "name ~ s*k",
        "name ~ ee",
        "name ~ /EE/i",
        "op ~ transport.*",
        "id == 120 and from == client and to == pulse",
        "not exists cid",
        "!exists payload.nothing",
        "cid != 120",
        "exists payload.tracks[1].trackId",
        "size > 1k and size <= 1.5k and size < 2M",
        "latency > 5ms and latency < 0.01s and latency != 5ms",
        "status == ok",
        "priority == realtime",
        "payload.positionTicks >= 20160",
        "payload.positionTicks == 20160.0",
        "payload.on == true",
        "payload.gainDb < -6",
        "payload.tracks[0].trackId == \"t3\"",
        "payload.tracks[*].trackId == t4",
        "payload.tracks[*].trackId ~ /t[0-9]/",
        "payload.t == \"a\\\"b\"",
        "payload contains positionticks",
        "text contains \"trackId\"",
        "play or seek",
        "(play or seek) and not (kind == error)",
        "-kind == error",
        "not not seek",
    ] {
        assert!(seen(text), "{text}");
    }
}

#[test]
fn what_does_not_pass() {
    for text in [
        "domain == trans",
        "link == window or link == signal",
        "name ~ /EE/",
        "name ~ s?k",
        "cid == 120",
        "payload.positionTicks == \"20160\"",
        "payload.tracks[2].trackId == t3",
        "payload.tracks.trackId == t3",
        "payload.by < 3",
        "exists payload.positionTicks.more",
        "status == error",
        "latency < 5ms",
        "not seek",
        "seek and -transport",
        "device == t3",
    ] {
        assert!(!seen(text), "{text}");
    }
}

#[test]
fn a_mistake_has_its_place_and_what_would_be_right() {
    let check = |text: &str, wrong: &str, word: &str| {
        let error = Filter::parse(text).unwrap_err();
        assert_eq!(&text[error.span.clone()], wrong, "{text}: {error}");
        assert!(error.to_string().contains(word), "{text}: {error}");
        assert!(error.picture(text).lines().count() == 3);
    };
    check("domain = transport", "=", "==");
    check("a & b", "&", "&&");
    check("domian == x", "domian", "no field");
    check("lat > 5ms", "lat", "latency");
    check("latency > 5", "5", "unit");
    check("latency ~ 5ms", "~", "number");
    check("size > big", "big", "no size");
    check("kind == commnd", "commnd", "command");
    check("link == engin", "engin", "client.1");
    check("domain < x", "<", "order");
    check("payload.gainDb < loud", "loud", "no number");
    check("payload[x] == 1", "payload[x]", "no index");
    check("name ~ /a(/", "/a(/", "unclosed");
    check("name ~ /a", "/a", "close it");
    check("\"abc", "\"abc", "close it");
    check("domain ==", "", "missing");
    check("a and", "", "too early");
    check("(a or b", "(", "not closed");
    check("a )", ")", "open");
    check("domain == b == c", "==", "field");
    check("exists", "", "field");
    check("== b", "==", "no field");
    check("a and or b", "or", "join");
    assert!(Filter::parse(&"(".repeat(4_000)).unwrap_err().message.contains("64"));
    assert!(Filter::parse(&"a ".repeat(4_000)).unwrap_err().message.contains("4096"));
    assert!(Filter::parse(&"a ".repeat(2_048)).is_ok() && Filter::parse(&"!".repeat(4_096)).is_err());
    assert!(Filter::parse("name ~ /(a{900}){900}/").unwrap_err().message.contains("regular expression"));
    let many = "name ~ /a/ ".repeat(100);
    assert!(Filter::parse(&many).unwrap_err().message.contains("regular expressions"));
    let error = Filter::parse("änne and kind == x").unwrap_err();
    assert!(error.picture("änne and kind == x").lines().nth(1).unwrap().ends_with("                 ^"));
}

#[test]
fn what_is_no_message_is_found_too() {
    let passes = |text: &str, body: Body| {
        let entry = TraceEntry { kind: Kind::Event, body, ..seek() };
        Filter::parse(text).unwrap().matches(&Row::of(&entry))
    };
    let records = [crate::trace::DeviceBytes { port: 7, at_nanos: 0, bytes: [0x90, 0x3c].into() }];
    let device =
        || Body::Device { kind: "deviceInput", stream: 0, sequence: 1, count: 1, records: records.clone().into() };
    assert!(passes("kind == plane and device == 7 and payload.records[0].bytes == \"90 3c\"", device()));
    assert!(!passes("device == 8", device()));
    assert!(passes("kind == log and payload.line contains alsa", Body::Log("ALSA says".into())));
    assert!(passes("kind == process died", Body::Process { state: "died".into(), detail: "killed".into() }));
    let error = Body::Error(Arc::new(ErrorBody::new("track.unknown", "no such track")));
    assert!(passes("payload.code == track.unknown", error));
}

#[test]
fn completion_knows_the_registry() {
    let offers =
        |text: &str| -> Vec<String> { complete(text, text.len()).into_iter().map(|offer| offer.insert).collect() };
    let has = |text: &str, wanted: &str| assert!(offers(text).iter().any(|one| one == wanted), "{text}: {wanted}");
    has("", "domain");
    has("dom", "domain");
    has("domain ", "==");
    has("latency ", ">=");
    has("domain == tra", "transport");
    has("domain == transport and name == ", "seek");
    has("name == se", "seek");
    has("op == transport.s", "transport.seek");
    has("kind == ", "error");
    has("link == \"si", "signal");
    has("payload.pos", "payload.positionTicks");
    has("exists payload.", "payload.trackId");
    has("kind == error ", "and");
    assert!(!offers("domain == transport and name == ").contains(&"rename".to_owned()));
    assert!(!offers("domain ").contains(&"<".to_owned()));
    let text = "domain == tra and x";
    let offer = complete(text, 13).into_iter().find(|offer| offer.insert == "transport").unwrap();
    assert_eq!(offer.replace, 10..13);
}

fn nodes() -> impl Strategy<Value = Node> {
    let text = prop_oneof!["[a-z0-9._]{1,6}", "[ -~äß\n\t]{0,8}"];
    let value = prop_oneof![
        "[a-z0-9._]{1,6}".prop_map(Value::Word),
        prop_oneof!["-[0-9]{1,3}", "[0-9]{1,4}", "[0-9]{1,3}(ms|us|s|k|M)", "command|ok|window|client[.]3|aura|low"]
            .prop_map(Value::Word),
        text.clone().prop_map(Value::Quoted),
        ("[a-z/.*]{1,5}", any::<bool>()).prop_map(|(pattern, ignores_case)| Value::Regex { pattern, ignores_case }),
    ];
    let field = prop_oneof![
        prop::sample::select(Field::NAMED.map(|(field, ..)| field).to_vec()),
        "(\\.[a-zA-Z]{1,4}|\\[[0-9]\\]|\\[\\*\\]){0,4}".prop_map(|path| Field::Payload(Path::parse(&path).unwrap())),
    ];
    let test = (field.clone(), prop::sample::select(Operator::ALL.to_vec()), value).prop_filter_map(
        "they must fit",
        |(field, operator, value)| {
            let is_lexed = !matches!(value, Value::Regex { .. }) || operator == Operator::Like;
            Test::new(field, operator, value).ok().filter(|_| is_lexed).map(|test| Node::Test(Box::new(test)))
        },
    );
    let leaf = prop_oneof![text.prop_map(Node::word), test, field.prop_map(Node::Exists)];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Node::negated),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Node::all),
            prop::collection::vec(inner, 2..4).prop_map(Node::any),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_as_itself(node in nodes()) {
        let filter = Filter::of(node);
        let text = filter.to_string();
        let again = Filter::parse(&text).map_err(|error| TestCaseError::fail(error.picture(&text)))?;
        prop_assert_eq!(&again, &filter, "{}", text);
    }

    #[test]
    fn twice_not_is_nothing(node in nodes()) {
        let text = Filter::of(node.clone()).to_string();
        prop_assert_eq!(Filter::parse(&format!("not not ({text})")).unwrap(), Filter::of(node.clone()));
        let entry = seek();
        let row = Row::of(&entry);
        prop_assert_ne!(Filter::of(node.clone()).matches(&row), Filter::of(node.negated()).matches(&row));
    }

    #[test]
    fn no_text_hurts(text in "[ -~äß\n]{0,60}", cursor in 0_usize..70) {
        if let Err(error) = Filter::parse(&text) {
            prop_assert!(text.get(error.span.clone()).is_some());
            prop_assert!(!error.message.is_empty() && !error.hint.is_empty());
            error.picture(&text);
        }
        complete(&text, cursor);
    }

    #[test]
    fn no_words_of_the_language_hurt(words in prop::collection::vec(prop::sample::select(vec![
        "and", "or", "not", "!", "(", ")", "domain", "==", "!=", "~", "<", "contains", "exists", "payload.a[0]", "/x/",
        "\"q\"", "-", "-w", "5ms", "latency", "kind", "error", "\"", "/", "=", "link", "payload.",
    ]), 0..12)) {
        let text = words.join(" ");
        if let Ok(filter) = Filter::parse(&text) {
            let again = filter.to_string();
            prop_assert_eq!(Filter::parse(&again).unwrap(), filter, "{}", again);
        }
    }
}
