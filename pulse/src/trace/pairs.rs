//! Which reply belongs to which command, and how long it took. Pure.

use super::filter::{Row, Status};
use super::{Kind, Link, Party, TraceEntry};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// So many commands may be without a reply; older ones are given up.
const WAITING: usize = 65_536;

/// What names a command on its way back: link, who sent it, its id.
type Key = (Link, Party, Arc<str>);

/// Commands that wait for their reply.
#[derive(Debug, Default)]
pub struct Pairs {
    waiting: HashMap<Key, Command>,
    /// In the order in which they came; some are answered already.
    order: VecDeque<Key>,
}

#[derive(Clone, Copy, Debug)]
struct Command {
    number: u64,
    at_nanos: u64,
}

/// What is known of a message beside itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub latency_nanos: Option<u64>,
    pub status: Option<Status>,
    /// The number of the command that it answers, or of the reply to it.
    pub partner: Option<u64>,
}

impl Known {
    /// For a filter.
    pub fn row<'a>(&self, entry: &'a TraceEntry) -> Row<'a> {
        Row { latency_nanos: self.latency_nanos, status: self.status, ..Row::of(entry) }
    }
}

impl Pairs {
    /// Takes the next message. A command waits from now on; a reply knows its command.
    pub fn see(&mut self, entry: &TraceEntry) -> Known {
        if let Some(cid) = &entry.cid {
            let key = (entry.link, entry.to, Arc::clone(cid));
            let Some(command) = self.waiting.remove(&key) else { return Known::default() };
            return Known {
                latency_nanos: Some(entry.at_nanos.saturating_sub(command.at_nanos)),
                status: Some(if entry.kind == Kind::Error { Status::Error } else { Status::Ok }),
                partner: Some(command.number),
            };
        }
        if entry.kind != Kind::Command || entry.id.is_empty() {
            return Known::default();
        }
        let key = (entry.link, entry.from, Arc::clone(&entry.id));
        self.order.push_back(key.clone());
        self.waiting.insert(key, Command { number: entry.number, at_nanos: entry.at_nanos });
        if self.order.len() > WAITING
            && let Some(oldest) = self.order.pop_front()
        {
            self.waiting.remove(&oldest);
        }
        Known { status: Some(Status::Waiting), ..Known::default() }
    }
}

/// What is known of every message of a list that has ended: a command without a reply stays unanswered.
pub fn pair_all(entries: &[TraceEntry]) -> Vec<Known> {
    let mut pairs = Pairs::default();
    let mut places = HashMap::new();
    let mut known: Vec<Known> = Vec::with_capacity(entries.len());
    for (place, entry) in entries.iter().enumerate() {
        let mut of_this = pairs.see(entry);
        if of_this.status == Some(Status::Waiting) {
            of_this.status = Some(Status::Unanswered);
            places.insert(entry.number, place);
        } else if let Some(command) =
            of_this.partner.and_then(|number| places.get(&number)).and_then(|place| known.get_mut(*place))
        {
            *command = Known { partner: Some(entry.number), ..of_this };
        }
        known.push(of_this);
    }
    known
}
