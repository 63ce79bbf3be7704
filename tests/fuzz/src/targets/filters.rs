//! What a person types to see some of the messages.

use loophole_pulse::trace::filter::{Filter, complete};

pub(super) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    complete(text, text.len() / 2);
    match Filter::parse(text) {
        Ok(filter) => assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter),
        Err(error) => assert!(text.get(error.span.clone()).is_some() && error.picture(text).ends_with(&error.hint)),
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "transport -engine \"play now\"",
        "domain == transport and kind == error or not (name ~ /set.*/i)",
        "latency > 5ms && size <= 1.5k || status != waiting",
        "payload.tracks[*].trackId == \"t3\" and exists payload.a[0].b",
        "link == client.3 and from ~ c*t and text contains \"a\\\"b\\n\"",
        "-(a -b) !c",
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
