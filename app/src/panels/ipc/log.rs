//! The messages that the panel holds: a bounded list, what answered what, and which of them pass the filter. Pure.

use super::filter::Filter;
use super::stats::Stats;
use loophole_pulse::trace::{Body, Kind, Link, Party, TraceEntry};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// How many messages the panel keeps at most; older ones are forgotten.
const CAPACITY: usize = 1_000_000;
/// About how much memory they may take.
const CAPACITY_BYTES: usize = 256 * 1024 * 1024;

/// How many messages a new filter looks at in one step.
const FILTER_STEP: usize = 4_000;

/// An answer that takes longer is late.
pub(crate) const LATE_NANOS: u64 = 100_000_000;

/// How many late and unasked answers are remembered.
const ODD_ONES: usize = 1_000;

/// Names a message of the list for as long as it is held; counts up from 0 since the panel was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(pub u64);

/// A message and what is known about it.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub entry: TraceEntry,
    /// The reply to this command, or the command that this answers.
    pub partner: Option<Place>,
    /// From the command to its reply, on both of them.
    pub latency_nanos: Option<u64>,
    /// The reply to this command is an error, or this is one.
    pub failed: bool,
}

/// What names a command on its way back: link, who sent it, its id.
type PairKey = (Link, Party, Arc<str>);

#[derive(Debug)]
pub(crate) struct Log {
    messages: VecDeque<Message>,
    /// The place of the first message.
    first: u64,
    /// Places that pass the filter, in order.
    shown: VecDeque<u64>,
    filter: Filter,
    /// The filter has looked at everything before this place.
    filtered_to: u64,
    waiting: HashMap<PairKey, u64>,
    /// Answers whose command was not seen.
    orphans: VecDeque<u64>,
    /// Answers that took longer than [`LATE_NANOS`].
    late: VecDeque<u64>,
    stats: Stats,
    /// What to ask the tap for next.
    next_number: u64,
    /// Messages that the tap's ring lost before they were read.
    dropped: u64,
    /// The first message of the last second.
    rate_from: u64,
    capacity: usize,
    bytes: usize,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            messages: VecDeque::new(),
            first: 0,
            shown: VecDeque::new(),
            filter: Filter::default(),
            filtered_to: 0,
            waiting: HashMap::new(),
            orphans: VecDeque::new(),
            late: VecDeque::new(),
            stats: Stats::default(),
            next_number: 0,
            dropped: 0,
            rate_from: 0,
            capacity: CAPACITY,
            bytes: 0,
        }
    }
}

impl Log {
    /// Of messages that were recorded; what a filter left out is no loss.
    pub(crate) fn of(entries: Vec<TraceEntry>) -> Self {
        let mut log = Self::default();
        for entry in entries {
            log.push(entry);
        }
        log.forget();
        log
    }

    pub(crate) fn next_number(&self) -> u64 {
        self.next_number
    }

    /// Takes what the tap gave for [`Self::next_number`] and on; `next_number` is what it said to ask for next.
    pub(crate) fn absorb(&mut self, entries: impl IntoIterator<Item = TraceEntry>, next_number: u64) {
        for entry in entries {
            self.dropped += entry.number.saturating_sub(self.next_number);
            self.next_number = entry.number + 1;
            self.push(entry);
        }
        // What was recorded and lost again leaves no entry to see the gap by.
        self.dropped += next_number.saturating_sub(self.next_number);
        self.next_number = self.next_number.max(next_number);
        self.forget();
    }

    /// Begins to look with another filter; [`Self::step`] does it bit by bit. `quiet` leaves out what comes all the time.
    pub(crate) fn set_filter(&mut self, wanted: &loophole_pulse::trace::filter::Filter, quiet: bool) {
        if !self.filter.is(wanted, quiet) {
            self.filter = Filter::new(wanted.clone(), quiet);
            self.shown.clear();
            self.filtered_to = self.first;
        }
    }

    /// Filters the next messages; tells whether there is more to do.
    pub(crate) fn step(&mut self) -> bool {
        let end = self.end().min(self.filtered_to + FILTER_STEP as u64);
        for place in self.filtered_to..end {
            let passes = self.get(Place(place)).is_some_and(|message| self.filter.matches(message));
            if passes {
                self.shown.push_back(place);
            }
        }
        self.filtered_to = end;
        end < self.end()
    }

    /// Forgets all messages, and those that are waiting in the tap before `next_number`.
    pub(crate) fn clear(&mut self, next_number: u64) {
        self.first = self.end();
        self.filtered_to = self.first;
        self.rate_from = self.first;
        self.messages.clear();
        self.bytes = 0;
        self.shown.clear();
        self.waiting.clear();
        self.orphans.clear();
        self.late.clear();
        self.stats = Stats::default();
        self.dropped = 0;
        self.next_number = self.next_number.max(next_number);
    }

    pub(crate) fn get(&self, place: Place) -> Option<&Message> {
        let index = usize::try_from(place.0.checked_sub(self.first)?).ok()?;
        self.messages.get(index)
    }

    /// How many messages pass the filter.
    pub(crate) fn shown(&self) -> usize {
        self.shown.len()
    }

    /// The message in a row of the filtered list.
    pub(crate) fn row(&self, row: usize) -> Option<(Place, &Message)> {
        let place = Place(*self.shown.get(row)?);
        Some((place, self.get(place)?))
    }

    /// The row of a message, if it passes the filter.
    pub(crate) fn row_of(&self, place: Place) -> Option<usize> {
        self.shown.binary_search(&place.0).ok()
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Messages in the second before `now_nanos`, of those that were read.
    pub(crate) fn per_second(&mut self, now_nanos: u64) -> u64 {
        let since = now_nanos.saturating_sub(1_000_000_000);
        while self.get(Place(self.rate_from)).is_some_and(|message| message.entry.at_nanos < since) {
            self.rate_from += 1;
        }
        self.end().saturating_sub(self.rate_from.max(self.first))
    }

    /// The first shown message after this one that failed; after the last, the first again.
    pub(crate) fn next_failed(&self, after: Option<Place>) -> Option<Place> {
        let from = after.map_or(0, |after| self.shown.partition_point(|place| *place <= after.0));
        let failed = |place: &&u64| self.get(Place(**place)).is_some_and(|message| message.failed);
        let later = self.shown.iter().skip(from).find(failed);
        later.or_else(|| self.shown.iter().take(from).find(failed)).copied().map(Place)
    }

    pub(crate) fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Commands without an answer, oldest first.
    pub(crate) fn waiting(&self) -> Vec<Place> {
        let mut places: Vec<Place> = self.waiting.values().copied().map(Place).collect();
        places.sort_unstable();
        places
    }

    /// Answers without a command, oldest first.
    pub(crate) fn orphans(&self) -> Vec<Place> {
        self.orphans.iter().copied().map(Place).collect()
    }

    /// Answers that took longer than [`LATE_NANOS`], oldest first.
    pub(crate) fn late(&self) -> Vec<Place> {
        self.late.iter().copied().map(Place).collect()
    }

    /// The messages from a place on that pass the filter; gives where to go on.
    pub(crate) fn passing_from(&self, place: u64, mut each: impl FnMut(&Message)) -> u64 {
        for place in place.max(self.first)..self.end() {
            if let Some(message) = self.get(Place(place)).filter(|message| self.filter.matches(message)) {
                each(message);
            }
        }
        self.end()
    }

    pub(crate) fn filter(&self) -> &Filter {
        &self.filter
    }

    fn end(&self) -> u64 {
        self.first + self.messages.len() as u64
    }

    fn push(&mut self, entry: TraceEntry) {
        let place = self.end();
        let failed = entry.kind == Kind::Error || matches!(entry.body, Body::Error(_));
        let mut message = Message { entry, partner: None, latency_nanos: None, failed };
        if message.entry.kind == Kind::Command && !message.entry.id.is_empty() {
            let key = (message.entry.link, message.entry.from, Arc::clone(&message.entry.id));
            self.waiting.insert(key, place);
        }
        if let Some(cid) = &message.entry.cid {
            let key = (message.entry.link, message.entry.to, Arc::clone(cid));
            match self.waiting.remove(&key) {
                Some(command) => {
                    self.pair(command, place, &mut message);
                    self.look_again(command);
                }
                None => remember(&mut self.orphans, place),
            }
        }
        self.stats.count(&message.entry, failed);
        self.bytes += message.entry.cost_bytes();
        self.messages.push_back(message);
    }

    fn pair(&mut self, command_place: u64, reply_place: u64, reply: &mut Message) {
        let Some(index) = command_place.checked_sub(self.first) else { return };
        let Some(command) = self.messages.get_mut(index as usize) else { return };
        let latency = reply.entry.at_nanos.saturating_sub(command.entry.at_nanos);
        command.partner = Some(Place(reply_place));
        command.latency_nanos = Some(latency);
        command.failed |= reply.failed;
        self.stats.answered(&command.entry.domain, &command.entry.name, latency);
        if latency > LATE_NANOS {
            remember(&mut self.late, reply_place);
        }
        reply.partner = Some(Place(command_place));
        reply.latency_nanos = Some(latency);
    }

    /// A reply came: the filter may say something else of the command now.
    fn look_again(&mut self, place: u64) {
        if place >= self.filtered_to || !self.filter.waits_for_replies() {
            return;
        }
        let passes = self.get(Place(place)).is_some_and(|message| self.filter.matches(message));
        match self.shown.binary_search(&place) {
            Ok(row) if !passes => _ = self.shown.remove(row),
            Err(row) if passes => self.shown.insert(row, place),
            Ok(_) | Err(_) => {}
        }
    }

    fn forget(&mut self) {
        if self.messages.len() <= self.capacity && self.bytes <= CAPACITY_BYTES {
            return;
        }
        // A tenth at once: a list that somebody reads must not crawl with every message.
        let (most, most_bytes) = (self.capacity - self.capacity / 10, CAPACITY_BYTES - CAPACITY_BYTES / 10);
        while self.messages.len() > most || self.bytes > most_bytes {
            let Some(oldest) = self.messages.pop_front() else { break };
            self.bytes -= oldest.entry.cost_bytes();
            if oldest.partner.is_none() && oldest.entry.kind == Kind::Command {
                self.waiting.remove(&(oldest.entry.link, oldest.entry.from, oldest.entry.id));
            }
            self.first += 1;
        }
        while self.shown.front().is_some_and(|place| *place < self.first) {
            self.shown.pop_front();
        }
        for odd in [&mut self.orphans, &mut self.late] {
            while odd.front().is_some_and(|place| *place < self.first) {
                odd.pop_front();
            }
        }
        self.filtered_to = self.filtered_to.max(self.first);
        self.rate_from = self.rate_from.max(self.first);
    }
}

fn remember(odd: &mut VecDeque<u64>, place: u64) {
    odd.push_back(place);
    if odd.len() > ODD_ONES {
        odd.pop_front();
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use loophole_pulse::trace::Priority;
    use serde_json::value::RawValue;

    pub(crate) fn entry(domain: &str, name: &str, payload: &str) -> TraceEntry {
        TraceEntry {
            number: 0,
            at_nanos: 0,
            link: Link::Window,
            from: Party::Aura,
            to: Party::Pulse,
            domain: domain.into(),
            name: name.into(),
            kind: Kind::Command,
            id: "".into(),
            priority: Priority::Normal,
            cid: None,
            cause: None,
            size_bytes: payload.len() as u32,
            body: Body::Json(Arc::from(RawValue::from_string(payload.to_owned()).expect("the test gives JSON"))),
        }
    }

    fn command(number: u64, id: &str, at_nanos: u64) -> TraceEntry {
        TraceEntry { number, id: id.into(), at_nanos, ..entry("transport", "play", "{}") }
    }

    fn reply(number: u64, cid: &str, at_nanos: u64, kind: Kind) -> TraceEntry {
        let cid = Some(cid.into());
        TraceEntry {
            number,
            cid,
            at_nanos,
            kind,
            from: Party::Pulse,
            to: Party::Aura,
            ..entry("transport", "play", "{}")
        }
    }

    fn latencies(log: &Log) -> Vec<Option<u64>> {
        (0..log.len() as u64).map(|n| log.get(Place(log.first + n)).and_then(|message| message.latency_nanos)).collect()
    }

    #[test]
    fn a_reply_finds_its_command_on_the_same_link() {
        let mut log = Log::default();
        let mut other = reply(1, "7", 150, Kind::Event);
        other.link = Link::Engine;
        log.absorb([command(0, "7", 100), other, reply(2, "7", 400, Kind::Error), reply(3, "7", 500, Kind::Event)], 4);
        assert_eq!(latencies(&log), [Some(300), None, Some(300), None]);
        let asked = log.get(Place(0)).unwrap();
        assert_eq!((asked.partner, asked.failed), (Some(Place(2)), true));
    }

    #[test]
    fn the_list_is_bounded_and_pairs_outlive_nothing() {
        let mut log = Log { capacity: 3, ..Log::default() };
        log.absorb((0..5).map(|n| command(n, &n.to_string(), n)), 5);
        while log.step() {}
        assert_eq!((log.len(), log.shown(), log.waiting.len()), (3, 3, 3));
        assert!(log.get(Place(1)).is_none() && log.row(0).unwrap().0 == Place(2));
        log.absorb([reply(5, "0", 9, Kind::Event), reply(6, "4", 9, Kind::Event)], 7);
        log.step();
        assert_eq!(latencies(&log), [Some(5), None, Some(5)]);
        assert_eq!(log.waiting.len(), 0);
    }

    #[test]
    fn the_list_is_bounded_by_bytes() {
        let mut log = Log::default();
        log.absorb((0..300).map(|n| TraceEntry { size_bytes: 1024 * 1024, ..command(n, "", n) }), 300);
        assert!((225..=240).contains(&log.len()), "{}", log.len());
        log.clear(300);
        assert_eq!(log.bytes, 0);
    }

    #[test]
    fn gaps_are_counted_and_clearing_forgets_them() {
        let mut log = Log::default();
        log.absorb([command(10, "1", 0)], 15);
        assert_eq!((log.dropped(), log.next_number()), (14, 15));
        log.clear(20);
        assert_eq!((log.dropped(), log.len(), log.next_number()), (0, 0, 20));
        log.absorb([command(20, "2", 0)], 21);
        log.step();
        assert_eq!((log.dropped(), log.shown()), (0, 1));
    }

    #[test]
    fn a_new_filter_works_bit_by_bit() {
        let mut log = Log::default();
        let total = FILTER_STEP as u64 * 2 + 5;
        log.absorb(
            (0..total).map(|n| if n % 2 == 0 { command(n, "", n) } else { reply(n, "", n, Kind::Event) }),
            total,
        );
        assert!(log.step() && log.step() && !log.step());
        assert_eq!(log.shown(), total as usize);
        log.set_filter(&"event".parse().unwrap(), true);
        assert!(log.step());
        assert_eq!(log.shown(), FILTER_STEP / 2);
        assert_eq!(log.row_of(Place(3)), Some(1));
        assert_eq!(log.row_of(Place(4)), None);
    }

    #[test]
    fn a_reply_changes_what_the_filter_says_of_its_command() {
        let mut log = Log::default();
        log.set_filter(&"status == waiting".parse().unwrap(), true);
        log.absorb([command(0, "7", 100)], 1);
        log.step();
        assert_eq!(log.shown(), 1);
        log.absorb([reply(1, "7", 400, Kind::Event)], 2);
        log.step();
        assert_eq!(log.shown(), 0);
        log.set_filter(&"latency > 200ns".parse().unwrap(), true);
        log.step();
        log.absorb([command(2, "8", 500), command(3, "9", 510)], 4);
        log.step();
        log.absorb([reply(4, "8", 900, Kind::Event)], 5);
        log.step();
        assert_eq!((0..log.shown()).map(|row| log.row(row).unwrap().0.0).collect::<Vec<_>>(), [0, 1, 2, 4]);
    }

    #[test]
    fn messages_per_second_are_those_of_the_last_one() {
        let mut log = Log::default();
        log.absorb((0..10).map(|n| command(n, "", n * 500_000_000)), 10);
        assert_eq!(log.per_second(4_500_000_000), 3);
        assert_eq!(log.per_second(99_000_000_000), 0);
    }
}
