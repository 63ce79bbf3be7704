//! When the engine is started again, after how long, and when in safe mode. A pure state machine: time comes in.

use std::collections::VecDeque;

/// How long to wait before start number n after a death, in milliseconds; the last one for all further.
pub const BACK_OFF_MILLIS: [u64; 5] = [0, 100, 400, 1_600, 5_000];
/// After so much health, the next death is like the first.
pub const HEALTHY_AFTER_MILLIS: u64 = 60_000;
/// So many deaths within [`DEATHS_WITHIN_MILLIS`] lead to safe mode.
pub const DEATHS_TO_SAFE_MODE: usize = 3;
pub const DEATHS_WITHIN_MILLIS: u64 = 60_000;
/// So many failed starts in a row, and the engine is said to be stopped.
pub const FAILED_STARTS_TO_STOP: u32 = 5;
/// How often a stopped engine is tried again.
pub const STOPPED_RETRY_MILLIS: u64 = 30_000;

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    pub after_millis: u64,
    /// On the silent clock, with what was added last bypassed.
    pub safe: bool,
    /// Tell people that the engine is stopped; it is tried again all the same.
    pub stopped: bool,
}

/// What is remembered of earlier deaths.
#[derive(Clone, Debug, Default)]
pub struct Supervision {
    /// When it died, in the last minute.
    deaths: VecDeque<u64>,
    /// How far along the back-off.
    step: usize,
    failed_starts: u32,
    connected_at: Option<u64>,
    safe: bool,
    handshakes: u32,
}

impl Supervision {
    /// The first start.
    pub fn begin(&self) -> Start {
        Start { after_millis: 0, safe: self.safe, stopped: false }
    }

    /// How often the engine came back since the program started.
    pub fn restarts(&self) -> u32 {
        self.handshakes.saturating_sub(1)
    }

    /// The same, when one more handshake has been made.
    pub fn restarts_after_next(&self) -> u32 {
        self.handshakes
    }

    /// It has shaken hands.
    pub fn connected(&mut self, now_millis: u64) {
        self.connected_at = Some(now_millis);
        self.failed_starts = 0;
        self.handshakes = self.handshakes.saturating_add(1);
    }

    /// It died, hung or lost its senses after the handshake.
    pub fn died(&mut self, now_millis: u64) -> Start {
        let healthy = self.connected_at.take().is_some_and(|at| now_millis.saturating_sub(at) >= HEALTHY_AFTER_MILLIS);
        if healthy {
            self.step = 0;
        }
        self.deaths.push_back(now_millis);
        while self.deaths.front().is_some_and(|at| now_millis.saturating_sub(*at) >= DEATHS_WITHIN_MILLIS) {
            self.deaths.pop_front();
        }
        self.safe |= self.deaths.len() >= DEATHS_TO_SAFE_MODE;
        Start { after_millis: self.next_back_off(), safe: self.safe, stopped: false }
    }

    /// It did not get as far as the handshake.
    pub fn failed_to_start(&mut self) -> Start {
        self.failed_starts = self.failed_starts.saturating_add(1);
        let stopped = self.failed_starts >= FAILED_STARTS_TO_STOP;
        let after_millis = if stopped { STOPPED_RETRY_MILLIS } else { self.next_back_off() };
        Start { after_millis, safe: self.safe, stopped }
    }

    /// A person wants it started again: everything is forgiven.
    pub fn asked_to_restart(&mut self) -> Start {
        *self = Self { handshakes: self.handshakes, ..Self::default() };
        self.begin()
    }

    fn next_back_off(&mut self) -> u64 {
        let last = BACK_OFF_MILLIS.len() - 1;
        let wait = BACK_OFF_MILLIS[self.step.min(last)];
        self.step = (self.step + 1).min(last);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of `seconds event`; the answer is what is done next, one line each.
    fn check(script: &str, expected: &str) {
        let mut policy = Supervision::default();
        let mut said = Vec::new();
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (seconds, event) = line.split_once(' ').unwrap();
            let now = (seconds.parse::<f64>().unwrap() * 1e3) as u64;
            let next = match event {
                "connected" => {
                    policy.connected(now);
                    continue;
                }
                "died" => policy.died(now),
                "failed" => policy.failed_to_start(),
                "asked" => policy.asked_to_restart(),
                other => panic!("{other}"),
            };
            let mode = if next.safe { " safe" } else { "" };
            let stopped = if next.stopped { " stopped" } else { "" };
            said.push(format!("{}{mode}{stopped}", next.after_millis));
        }
        let expected: Vec<_> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(said, expected);
    }

    #[test]
    fn three_deaths_in_a_minute_lead_to_safe_mode_and_a_person_leads_out() {
        check(
            "0 connected
             1 died
             1.1 connected
             2 died
             2.2 connected
             3 died
             3.5 connected
             4 died
             9 asked
             9.1 connected
             10 died",
            "0
             100
             400 safe
             1600 safe
             0
             0",
        );
    }

    #[test]
    fn a_minute_of_health_makes_the_next_death_the_first() {
        check(
            "0 connected
             1 died
             1 connected
             2 died
             2.1 connected
             62.1 died
             62.2 connected
             63 died",
            "0
             100
             0
             100",
        );
    }

    #[test]
    fn what_cannot_start_is_stopped_and_tried_slowly() {
        check(
            "0 failed
             0 failed
             1 failed
             2 failed
             4 failed
             34 failed
             64 connected
             65 died
             66 failed",
            "0
             100
             400
             1600
             30000 stopped
             30000 stopped
             5000
             5000",
        );
    }

    #[test]
    fn restarts_are_counted_from_the_second_handshake() {
        let mut policy = Supervision::default();
        policy.connected(0);
        assert_eq!(policy.restarts(), 0);
        policy.died(1);
        policy.connected(2);
        policy.asked_to_restart();
        policy.connected(3);
        assert_eq!(policy.restarts(), 2);
    }
}
