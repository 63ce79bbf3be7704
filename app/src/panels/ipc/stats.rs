//! What went over the links, counted: per second and link, and per name of message. Pure.

use loophole_pulse::trace::{Link, TraceEntry};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// How far back the seconds go.
pub(crate) const SECONDS: usize = 120;
/// Beyond so many names everything else counts as one: names come over a border.
const NAMES_MAX: usize = 2_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub messages: u64,
    /// Of frames on a wire; what stays in this process has none.
    pub bytes: u64,
}

impl Tally {
    fn add(&mut self, bytes: u32) {
        self.messages += 1;
        self.bytes += u64::from(bytes);
    }
}

/// The links that are told apart over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkGroup {
    Window,
    Clients,
    Engine,
}

impl LinkGroup {
    pub(crate) const ALL: [LinkGroup; 3] = [Self::Window, Self::Clients, Self::Engine];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Window => "Window",
            Self::Clients => "Clients",
            Self::Engine => "Engine",
        }
    }

    const fn of(link: Link) -> Self {
        match link {
            Link::Window => Self::Window,
            Link::Client(_) => Self::Clients,
            Link::Engine => Self::Engine,
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Second {
    /// Since 1970-01-01T00:00:00Z.
    at: u64,
    links: [Tally; 3],
}

/// What is known of all messages of one name.
#[derive(Clone, Debug, Default)]
pub(crate) struct NameStats {
    pub tally: Tally,
    pub errors: u64,
    /// From commands of this name to their replies.
    pub latencies: Latencies,
}

/// How long answers took, in steps of a quarter octave from a microsecond on.
#[derive(Clone, Debug)]
pub(crate) struct Latencies {
    steps: [u32; Self::STEPS],
    pub count: u64,
    pub max_nanos: u64,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { steps: [0; Self::STEPS], count: 0, max_nanos: 0 }
    }
}

impl Latencies {
    const STEPS: usize = 100;

    fn add(&mut self, nanos: u64) {
        let step = ((nanos as f64 / 1e3).max(1.0).log2() * 4.0) as usize;
        if let Some(count) = self.steps.get_mut(step.min(Self::STEPS - 1)) {
            *count = count.saturating_add(1);
        }
        self.count += 1;
        self.max_nanos = self.max_nanos.max(nanos);
    }

    /// At most this long took the given share (0 … 1) of them, to within 19 %; none without any.
    pub(crate) fn quantile_nanos(&self, share: f64) -> Option<u64> {
        let wanted = ((self.count as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for (step, count) in self.steps.iter().enumerate() {
            seen += u64::from(*count);
            if seen >= wanted {
                let end = 1e3 * ((step + 1) as f64 / 4.0).exp2();
                return Some((end as u64).min(self.max_nanos));
            }
        }
        None
    }
}

#[derive(Debug, Default)]
pub(crate) struct Stats {
    /// Oldest first; seconds in which nothing went are left out.
    seconds: VecDeque<Second>,
    names: BTreeMap<(Arc<str>, Arc<str>), NameStats>,
}

impl Stats {
    pub(crate) fn count(&mut self, entry: &TraceEntry, failed: bool) {
        let at = entry.at_nanos / 1_000_000_000;
        if self.seconds.back().is_none_or(|second| second.at < at) {
            self.seconds.push_back(Second { at, ..Second::default() });
            if self.seconds.len() > SECONDS {
                self.seconds.pop_front();
            }
        }
        // Messages of several threads are a little out of order: the newest second takes them.
        if let Some(second) = self.seconds.back_mut()
            && let Some(tally) = second.links.get_mut(LinkGroup::of(entry.link) as usize)
        {
            tally.add(entry.size_bytes);
        }
        let name = self.name(&entry.domain, &entry.name);
        name.tally.add(entry.size_bytes);
        name.errors += u64::from(failed);
    }

    pub(crate) fn answered(&mut self, domain: &Arc<str>, name: &Arc<str>, latency_nanos: u64) {
        self.name(domain, name).latencies.add(latency_nanos);
    }

    fn name(&mut self, domain: &Arc<str>, name: &Arc<str>) -> &mut NameStats {
        let key = (Arc::clone(domain), Arc::clone(name));
        let key = if self.names.len() < NAMES_MAX || self.names.contains_key(&key) {
            key
        } else {
            ("other".into(), "names".into())
        };
        self.names.entry(key).or_default()
    }

    pub(crate) fn names(&self) -> impl ExactSizeIterator<Item = (&(Arc<str>, Arc<str>), &NameStats)> {
        self.names.iter()
    }

    /// What went over a link in each second up to `now_seconds`, oldest first, [`SECONDS`] of them. The second that runs is left out.
    pub(crate) fn seconds(&self, link: LinkGroup, now_seconds: u64) -> Vec<Tally> {
        let mut tallies = vec![Tally::default(); SECONDS];
        for second in &self.seconds {
            let Some(ago) = now_seconds.checked_sub(second.at + 1) else { continue };
            let place = usize::try_from(ago).ok().and_then(|ago| (SECONDS - 1).checked_sub(ago));
            if let Some(tally) = place.and_then(|place| tallies.get_mut(place))
                && let Some(of_link) = second.links.get(link as usize)
            {
                *tally = *of_link;
            }
        }
        tallies
    }
}

#[cfg(test)]
mod tests {
    use super::super::log::tests::entry;
    use super::*;

    #[test]
    fn messages_are_counted_by_second_and_by_name() {
        let mut stats = Stats::default();
        for (second, name) in [(10, "play"), (10, "seek"), (12, "play")] {
            let at_nanos = second * 1_000_000_000 + 5;
            stats.count(&TraceEntry { at_nanos, size_bytes: 7, ..entry("transport", name, "{}") }, name == "seek");
        }
        let seconds = stats.seconds(LinkGroup::Window, 13);
        let newest: Vec<u64> = seconds[SECONDS - 3..].iter().map(|tally| tally.messages).collect();
        assert_eq!(newest, [2, 0, 1]);
        assert_eq!(stats.seconds(LinkGroup::Engine, 13), [Tally::default(); SECONDS]);
        assert_eq!(stats.seconds(LinkGroup::Window, 12)[SECONDS - 1], Tally::default());
        let names: Vec<_> = stats.names().map(|((_, name), of)| (&**name, of.tally, of.errors)).collect();
        let tally = |messages| Tally { messages, bytes: messages * 7 };
        assert_eq!(names, [("play", tally(2), 0), ("seek", tally(1), 1)]);
    }

    #[test]
    fn quantiles_are_right_to_a_fifth() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantile_nanos(0.5), None);
        for micros in 1..=1_000 {
            latencies.add(micros * 1_000);
        }
        for (share, wanted) in [(0.5, 500e3), (0.9, 900e3), (0.99, 990e3)] {
            let found = latencies.quantile_nanos(share).unwrap() as f64;
            assert!((wanted..wanted * 1.2).contains(&found), "{share}: {found}");
        }
        assert_eq!((latencies.quantile_nanos(1.0), latencies.max_nanos), (Some(1_000_000), 1_000_000));
        latencies.add(u64::MAX);
        latencies.add(0);
        assert_eq!(latencies.quantile_nanos(0.0), Some(1_189));
    }

    #[test]
    fn names_are_bounded() {
        let mut stats = Stats::default();
        for number in 0..3_000 {
            stats.count(&entry("made", &format!("up{number}"), "{}"), false);
        }
        assert_eq!(stats.names().len(), NAMES_MAX + 1);
    }
}
