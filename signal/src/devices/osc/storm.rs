//! Keeps a storm of OSC packets from flooding everyone behind the endpoint.

use loophole_wire::message::hardware::OscMessage;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Packets per second that pass as they come. A hand on eight faders of a fast app makes about a thousand.
const PACKETS_PER_SECOND: f64 = 5_000.0;
/// Packets that may come at once, for instance when an app sends its whole page.
const BURST: f64 = 500.0;
/// How often held messages go on: one packet per peer.
const HELD_FOR: Duration = Duration::from_millis(10);
/// Different addresses that are held; what comes beyond is dropped.
const MOST_HELD: usize = 2_048;
/// How often bad packets are reported.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// Lets packets pass up to a rate; beyond it, holds the newest message of each peer and address.
pub(super) struct Storm {
    /// Packets that may pass now.
    allowance: f64,
    counted: Instant,
    /// With a number that grows, so that messages go on in the order in which they were last said.
    held: BTreeMap<(SocketAddr, String), (u64, OscMessage)>,
    sequence: u64,
    went_on: Instant,
}

impl Storm {
    pub(super) fn new(now: Instant) -> Self {
        Self { allowance: BURST, counted: now, held: BTreeMap::new(), sequence: 0, went_on: now }
    }

    /// While something is held, everything is: later messages must not overtake it.
    pub(super) fn may_pass(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.counted).as_secs_f64();
        self.allowance = (self.allowance + elapsed * PACKETS_PER_SECOND).min(BURST);
        self.counted = now;
        let may = self.held.is_empty() && self.allowance >= 1.0;
        if may {
            self.allowance -= 1.0;
        }
        may
    }

    /// Returns false if a message had to be dropped.
    pub(super) fn hold(&mut self, peer: SocketAddr, messages: Vec<OscMessage>) -> bool {
        let mut all = true;
        for message in messages {
            self.sequence += 1;
            let key = (peer, message.address.clone());
            if self.held.len() < MOST_HELD || self.held.contains_key(&key) {
                self.held.insert(key, (self.sequence, message));
            } else {
                all = false;
            }
        }
        all
    }

    pub(super) fn holds_any(&self) -> bool {
        !self.held.is_empty()
    }

    /// What is to go on now, by peer.
    pub(super) fn due(&mut self, now: Instant) -> Vec<(SocketAddr, Vec<OscMessage>)> {
        if self.held.is_empty() || now.saturating_duration_since(self.went_on) < HELD_FOR {
            return Vec::new();
        }
        self.went_on = now;
        let mut by_peer: BTreeMap<SocketAddr, Vec<(u64, OscMessage)>> = BTreeMap::new();
        for ((peer, _), numbered) in std::mem::take(&mut self.held) {
            by_peer.entry(peer).or_default().push(numbered);
        }
        let in_order = |(peer, mut messages): (SocketAddr, Vec<(u64, OscMessage)>)| {
            messages.sort_by_key(|(sequence, _)| *sequence);
            (peer, messages.into_iter().map(|(_, message)| message).collect())
        };
        by_peer.into_iter().map(in_order).collect()
    }
}

/// Counts bad packets; tells the first at once, then at most once a second.
#[derive(Debug, Default)]
pub(super) struct BadPackets {
    count: u64,
    last: Option<(SocketAddr, String)>,
    reported: Option<Instant>,
}

impl BadPackets {
    pub(super) fn count(&mut self, peer: SocketAddr, reason: String) {
        self.count += 1;
        self.last = Some((peer, reason));
    }

    pub(super) fn due(&mut self, now: Instant) -> Option<(SocketAddr, String, u64)> {
        if self.reported.is_some_and(|reported| now.saturating_duration_since(reported) < REPORT_EVERY) {
            return None;
        }
        let (peer, reason) = self.last.take()?;
        self.reported = Some(now);
        Some((peer, reason, std::mem::take(&mut self.count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loophole_wire::message::hardware::OscArgument;

    fn peer(port: u16) -> SocketAddr {
        ([127, 0, 0, 1], port).into()
    }

    fn message(address: &str, value: i32) -> OscMessage {
        OscMessage { address: address.to_owned(), arguments: vec![OscArgument::Int(value)] }
    }

    #[test]
    fn a_storm_becomes_one_packet_with_the_newest_of_each_address_in_order() {
        let start = Instant::now();
        let mut storm = Storm::new(start);
        let passed = (0..10_000).filter(|_| storm.may_pass(start)).count();
        assert_eq!(passed, 500);
        for value in 0..1_000 {
            assert!(storm.hold(peer(1), vec![message("/b", value), message("/a", value)]));
            assert!(storm.hold(peer(2), vec![message("/a", -value)]));
        }
        assert!(!storm.may_pass(start + Duration::from_secs(9)), "nobody overtakes what is held");
        assert!(storm.due(start + Duration::from_millis(9)).is_empty());
        let due = storm.due(start + Duration::from_millis(10));
        assert_eq!(
            due,
            [(peer(1), vec![message("/b", 999), message("/a", 999)]), (peer(2), vec![message("/a", -999)])]
        );
        assert!(!storm.holds_any());
        assert!(storm.may_pass(start + Duration::from_secs(9)));
    }

    #[test]
    fn what_is_held_is_bounded() {
        let mut storm = Storm::new(Instant::now());
        let held = (0..5_000).filter(|number| storm.hold(peer(1), vec![message(&format!("/{number}"), 0)])).count();
        assert_eq!(held, MOST_HELD);
        assert!(storm.hold(peer(1), vec![message("/0", 1)]), "known addresses are still kept up to date");
    }

    #[test]
    fn bad_packets_are_told_at_once_and_then_once_a_second() {
        let (mut bad, start) = (BadPackets::default(), Instant::now());
        assert_eq!(bad.due(start), None);
        bad.count(peer(1), "one".to_owned());
        assert_eq!(bad.due(start), Some((peer(1), "one".to_owned(), 1)));
        for _ in 0..500 {
            bad.count(peer(2), "two".to_owned());
        }
        assert_eq!(bad.due(start + Duration::from_millis(999)), None);
        assert_eq!(bad.due(start + Duration::from_secs(1)), Some((peer(2), "two".to_owned(), 500)));
        assert_eq!(bad.due(start + Duration::from_secs(9)), None);
    }
}
