//! Who spoke lately at an OSC endpoint.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Whoever spoke within this time gets feedback.
const REMEMBERED: Duration = Duration::from_secs(60);
/// At most so many; the longest silent is forgotten.
const MOST: usize = 64;
/// New peers per second who get everything once. Sender addresses can be forged: each new one costs a full picture.
const MOST_NEW_PER_SECOND: u32 = 16;

/// In the order in which they spoke last.
#[derive(Debug, Default)]
pub(super) struct Peers {
    spoke: Vec<(SocketAddr, Instant)>,
    /// Since when new ones are counted, and how many there were.
    new: Option<(Instant, u32)>,
}

impl Peers {
    /// Returns true if everything shall be said to this peer: it was not heard of in the last minute.
    pub(super) fn heard(&mut self, peer: SocketAddr, now: Instant) -> bool {
        self.forget(now);
        let known = self.spoke.iter().position(|(other, _)| *other == peer);
        if let Some(index) = known {
            self.spoke.remove(index);
        } else if self.spoke.len() >= MOST {
            self.spoke.remove(0);
        }
        self.spoke.push((peer, now));
        known.is_none() && self.may_be_new(now)
    }

    pub(super) fn of_last_minute(&mut self, now: Instant) -> Vec<SocketAddr> {
        self.forget(now);
        self.spoke.iter().map(|(peer, _)| *peer).collect()
    }

    fn forget(&mut self, now: Instant) {
        self.spoke.retain(|(_, spoke)| now.saturating_duration_since(*spoke) < REMEMBERED);
    }

    fn may_be_new(&mut self, now: Instant) -> bool {
        match &mut self.new {
            Some((since, count)) if now.saturating_duration_since(*since) < Duration::from_secs(1) => {
                *count += 1;
                *count <= MOST_NEW_PER_SECOND
            }
            new => {
                *new = Some((now, 1));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(port: u16) -> SocketAddr {
        ([127, 0, 0, 1], port).into()
    }

    #[test]
    fn a_peer_is_new_once_a_minute() {
        let (mut peers, start) = (Peers::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(peers.heard(peer(1), at(0)));
        assert!(!peers.heard(peer(1), at(30)));
        assert!(peers.heard(peer(2), at(40)));
        assert_eq!(peers.of_last_minute(at(89)), [peer(1), peer(2)]);
        assert_eq!(peers.of_last_minute(at(90)), [peer(2)]);
        assert!(peers.heard(peer(1), at(95)));
        assert!(!peers.heard(peer(2), at(99)), "it spoke 59 s ago");
    }

    #[test]
    fn a_crowd_is_bounded() {
        let (mut peers, start) = (Peers::default(), Instant::now());
        let new = (1..=1_000).filter(|port| peers.heard(peer(*port), start)).count();
        assert_eq!(new, 16);
        assert_eq!(peers.of_last_minute(start), (937..=1_000).map(peer).collect::<Vec<_>>());
        assert!(peers.heard(peer(1), start + Duration::from_secs(1)));
    }
}
