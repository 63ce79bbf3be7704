//! Which ports there are: what a way to devices tells, compared with what is known. Pure.

use super::surface_io::Found;
use loophole_wire::message::ports::Port;
use std::collections::{BTreeMap, BTreeSet};

/// Ports that are known at once; what comes beyond is not shown.
const MOST_PORTS: usize = 1_024;

/// The ways to devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Midi,
    Hid,
    Discovery,
    Simulated,
}

/// All known ports. Numbers are never given twice.
#[derive(Debug, Default)]
pub(crate) struct KnownPorts {
    ports: BTreeMap<u32, (Source, Found)>,
    last: u32,
    /// Places whose device is gone although the system lists them still.
    gone: BTreeSet<(Source, String)>,
}

impl KnownPorts {
    /// Takes the list of all that a way to devices finds now; returns who arrived and who left.
    pub(crate) fn update(&mut self, source: Source, all: Vec<Found>) -> (Vec<Port>, Vec<u32>) {
        let places: BTreeSet<&str> = all.iter().map(|found| found.place.as_str()).collect();
        self.gone.retain(|(other, place)| *other != source || places.contains(place.as_str()));
        let has_left = |(of, known): &(Source, Found)| *of == source && !all.contains(known);
        let left: Vec<u32> = self.ports.iter().filter(|(_, known)| has_left(known)).map(|(port, _)| *port).collect();
        left.iter().for_each(|port| drop(self.ports.remove(port)));
        let known: BTreeSet<String> =
            self.ports.values().filter(|(of, _)| *of == source).map(|(_, found)| found.place.clone()).collect();
        let mut arrived = Vec::new();
        for found in all {
            if !known.contains(&found.place) && !self.gone.contains(&(source, found.place.clone())) {
                arrived.extend(self.add(source, found));
            }
        }
        (arrived, left)
    }

    /// A port that is there now. None when there are too many.
    pub(crate) fn add(&mut self, source: Source, found: Found) -> Option<Port> {
        if self.ports.len() >= MOST_PORTS {
            return None;
        }
        self.last = self.last.checked_add(1)?;
        let port = Port { port: self.last, description: found.description.clone() };
        self.ports.insert(self.last, (source, found));
        Some(port)
    }

    /// A port whose device is gone, whatever the system lists.
    pub(crate) fn remove(&mut self, port: u32) -> Option<(Source, Found)> {
        let (source, found) = self.ports.remove(&port)?;
        // Nobody lists simulated ports but we.
        if source != Source::Simulated {
            self.gone.insert((source, found.place.clone()));
        }
        Some((source, found))
    }

    pub(crate) fn get(&self, port: u32) -> Option<&(Source, Found)> {
        self.ports.get(&port)
    }

    pub(crate) fn count(&self, source: Source) -> usize {
        self.ports.values().filter(|(of, _)| *of == source).count()
    }

    pub(crate) fn all(&self) -> Vec<Port> {
        let port =
            |(port, (_, found)): (&u32, &(Source, Found))| Port { port: *port, description: found.description.clone() };
        self.ports.iter().map(port).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use loophole_wire::message::ports::{PortDescription, Transport};

    fn found(place: &str, name: &str) -> Found {
        let description = PortDescription {
            transport: Transport::Midi,
            name: name.to_owned(),
            inputs: true,
            outputs: true,
            system_id: place.to_owned(),
            ..PortDescription::default()
        };
        Found { place: place.to_owned(), description }
    }

    fn update(known: &mut KnownPorts, source: Source, all: &[(&str, &str)]) -> (Vec<u32>, Vec<u32>) {
        let (arrived, left) = known.update(source, all.iter().map(|(place, name)| found(place, name)).collect());
        (arrived.iter().map(|port| port.port).collect(), left)
    }

    #[test]
    fn numbers_are_new_each_time_and_ways_do_not_mix() {
        let mut known = KnownPorts::default();
        assert_eq!(update(&mut known, Source::Midi, &[("a", "A"), ("b", "B")]), (vec![1, 2], vec![]));
        assert_eq!(update(&mut known, Source::Hid, &[("a", "A")]), (vec![3], vec![]));
        assert_eq!(update(&mut known, Source::Midi, &[("b", "B")]), (vec![], vec![1]));
        assert_eq!(update(&mut known, Source::Midi, &[("a", "A"), ("b", "B")]), (vec![4], vec![]));
        assert_eq!(update(&mut known, Source::Midi, &[("a", "A"), ("b", "another")]), (vec![5], vec![2]));
        assert_eq!(known.all().iter().map(|port| port.port).collect::<Vec<_>>(), [3, 4, 5]);
    }

    #[test]
    fn a_device_that_is_gone_does_not_come_back_before_the_system_noticed() {
        let mut known = KnownPorts::default();
        update(&mut known, Source::Hid, &[("a", "A")]);
        assert!(known.remove(1).is_some());
        assert_eq!(update(&mut known, Source::Hid, &[("a", "A")]), (vec![], vec![]));
        assert_eq!(update(&mut known, Source::Hid, &[]), (vec![], vec![]));
        assert_eq!(update(&mut known, Source::Hid, &[("a", "A")]), (vec![2], vec![]));
    }

    #[test]
    fn what_is_known_is_bounded() {
        let mut known = KnownPorts::default();
        let all = (0..5_000).map(|number| found(&number.to_string(), "")).collect();
        assert_eq!(known.update(Source::Midi, all).0.len(), MOST_PORTS);
    }
}
