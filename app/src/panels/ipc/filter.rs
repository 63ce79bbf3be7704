//! Which messages a person wants to see: words that must be there, `-words` that must not. Pure.

use loophole_pulse::trace::{Body, TraceEntry};
use std::fmt::Write as _;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Lower case.
    wanted: Vec<String>,
    /// Lower case.
    unwanted: Vec<String>,
    /// Plane frames and heartbeats are left out.
    pub quiet: bool,
}

impl Filter {
    /// Words are separated by blanks; a lone `-` is still being typed and means nothing.
    pub(crate) fn parse(text: &str, quiet: bool) -> Self {
        let mut filter = Self { quiet, ..Self::default() };
        for word in text.split_whitespace() {
            match word.strip_prefix('-') {
                Some("") => {}
                Some(word) => filter.unwanted.push(word.to_lowercase()),
                None => filter.wanted.push(word.to_lowercase()),
            }
        }
        filter
    }

    pub(crate) fn matches(&self, entry: &TraceEntry) -> bool {
        if self.quiet && is_chatter(entry) {
            return false;
        }
        if self.wanted.is_empty() && self.unwanted.is_empty() {
            return true;
        }
        let haystack = Haystack::of(entry);
        self.wanted.iter().all(|word| haystack.contains(word))
            && !self.unwanted.iter().any(|word| haystack.contains(word))
    }
}

/// What comes all the time and says little: meters and positions, heartbeats and pings.
pub(crate) fn is_chatter(entry: &TraceEntry) -> bool {
    matches!(entry.body, Body::Plane { .. }) || matches!(&*entry.name, "heartbeat" | "ping" | "pong")
}

/// The payload as text; made when somebody looks.
pub(crate) fn payload_text(body: &Body) -> String {
    body.payload_text().into_owned()
}

struct Haystack<'a> {
    head: String,
    payload: std::borrow::Cow<'a, str>,
}

impl<'a> Haystack<'a> {
    fn of(entry: &'a TraceEntry) -> Self {
        let mut head = String::with_capacity(64);
        write!(head, "{}.{} {}", entry.domain, entry.name, entry.kind.name()).expect("a string takes all text");
        head.make_ascii_lowercase();
        Self { head, payload: entry.body.payload_text() }
    }

    fn contains(&self, lower: &str) -> bool {
        self.head.contains(lower) || contains_ignoring_case(&self.payload, lower)
    }
}

/// Looks for text without a lower-case copy of all that is searched, as long as one types ASCII.
fn contains_ignoring_case(text: &str, lower: &str) -> bool {
    if !lower.is_ascii() {
        return text.to_lowercase().contains(lower);
    }
    let (text, lower) = (text.as_bytes(), lower.as_bytes());
    let Some((first, rest)) = lower.split_first() else { return true };
    text.iter().enumerate().any(|(at, byte)| {
        byte.to_ascii_lowercase() == *first
            && text.get(at + 1..at + lower.len()).is_some_and(|tail| tail.eq_ignore_ascii_case(rest))
    })
}

#[cfg(test)]
mod tests {
    use super::super::log::tests::entry;
    use super::*;

    fn seen(text: &str) -> bool {
        Filter::parse(text, false).matches(&entry("transport", "seek", r#"{"positionTicks":20160,"by":"Änne"}"#))
    }

    #[test]
    fn words_must_be_there_and_minus_words_must_not() {
        for text in
            ["", "seek", "transport.se", "TRANSPORT", "command", "positionticks", "20160 seek", "-", "-engine", "Änne"]
        {
            assert!(seen(text), "{text}");
        }
        for text in ["play", "seek play", "-seek", "seek -20160", "transport. -command"] {
            assert!(!seen(text), "{text}");
        }
    }

    #[test]
    fn chatter_can_be_left_out() {
        let quiet = Filter::parse("", true);
        assert!(!quiet.matches(&entry("client", "heartbeat", "{}")));
        assert!(!quiet.matches(&entry("engine", "ping", "{}")));
        let mut plane = entry("metering", "frames", "{}");
        plane.body = Body::Plane { kind: "meter", stream: 1, sequence: 2, count: 3 };
        assert!(!quiet.matches(&plane));
        assert!(Filter::parse("stream\":1", false).matches(&plane));
        assert!(quiet.matches(&entry("engine", "state", "{}")));
    }
}
