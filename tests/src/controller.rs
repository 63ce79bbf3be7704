//! The test's side of a MIDI controller on JACK: `bin/jack_controller.rs`, a process of its own.

use crate::PATIENCE;
use crate::process::lines_of;
use crate::server::jack_environment;
use loophole_surfaces::hex;
use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// A message, and when it went over the controller's port, in nanoseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    pub at_nanos: u64,
    pub bytes: Vec<u8>,
}

/// A plugged-in controller; pulled with this value.
pub struct Controller {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
    said: VecDeque<Stamped>,
    heard: VecDeque<Stamped>,
    shown: BTreeMap<[u8; 2], u8>,
}

impl Controller {
    /// A client `name` of a JACK server, with a port `out` and a port `in`.
    pub fn plug(server: &str, name: &str) -> Self {
        let mut child = Command::new(crate::process::beside("jack_controller"))
            .arg(name)
            .envs(jack_environment(server))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the controller starts");
        let lines = lines_of(child.stdout.take().expect("piped"));
        assert_eq!(lines.recv_timeout(PATIENCE).as_deref(), Ok("ready"));
        let stdin = child.stdin.take().expect("piped");
        Self { child, stdin, lines, said: VecDeque::new(), heard: VecDeque::new(), shown: BTreeMap::new() }
    }

    /// Says something; returns when it went out.
    pub fn say(&mut self, bytes: &[u8]) -> u64 {
        let hex = hex::text(bytes);
        writeln!(self.stdin, "{hex}").expect("the controller is there");
        let deadline = Instant::now() + PATIENCE;
        while self.said.is_empty() {
            assert!(self.read(deadline), "the controller did not say {hex}");
        }
        self.said.pop_front().map_or(0, |said| said.at_nanos)
    }

    /// Waits until it is told exactly this; what it was told before is forgotten.
    #[track_caller]
    pub fn hears(&mut self, bytes: &[u8]) -> u64 {
        let deadline = Instant::now() + PATIENCE;
        let mut others = Vec::new();
        loop {
            while let Some(heard) = self.heard.pop_front() {
                if heard.bytes == bytes {
                    return heard.at_nanos;
                }
                others.push(heard);
            }
            assert!(self.read(deadline), "{bytes:02x?} was not heard, but {others:02x?}");
        }
    }

    /// Forgets what it was told so far.
    pub fn forget(&mut self) {
        while self.read(Instant::now() + Duration::from_millis(1)) {}
        self.heard.clear();
        self.shown.clear();
    }

    /// What it was told last with these first two bytes.
    pub fn shows(&mut self, status: u8, number: u8) -> Option<u8> {
        while self.read(Instant::now() + Duration::from_millis(1)) {}
        self.shown.get(&[status, number]).copied()
    }

    /// One line more; false when none came until the deadline.
    fn read(&mut self, deadline: Instant) -> bool {
        let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) else {
            return false;
        };
        let mut words = line.splitn(3, ' ');
        let (what, at_nanos, hex) = (words.next(), words.next(), words.next());
        let at_nanos = at_nanos.and_then(|nanos| nanos.parse().ok()).expect("a time");
        let bytes = hex.and_then(hex::bytes).expect("a message in hex");
        let stamped = Stamped { at_nanos, bytes };
        if what == Some("said") {
            self.said.push_back(stamped);
        } else {
            if let [status, number, value] = stamped.bytes[..] {
                self.shown.insert([status, number], value);
            }
            self.heard.push_back(stamped);
        }
        true
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // It may be dead already: that is what some tests are about.
        let _killed = self.child.kill();
        let _status = self.child.wait();
    }
}
