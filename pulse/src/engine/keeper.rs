//! The thread `pulse-engine`: starts the engine, watches it, starts it again. It never ends before the session does,
//! because on Linux the engine dies with the thread that started it.

use super::child::{EngineProcess, Ready};
use super::link::{Announce, EngineLink, Surroundings, process_entry, stderr_entry, warning};
use super::outbox::EngineItem;
use super::supervise::{Start, Supervision};
use crate::runtime::SignalCommand;
use crate::runtime::mailbox::{EngineMail, Mailbox};
use crate::trace::Tap;
use loophole_wire::message::{EngineCommand, engine};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// From the start of the process to its ready line, and from there to the handshake.
const START_PATIENCE: Duration = Duration::from_secs(2);
const HEARTBEAT: Duration = Duration::from_millis(250);
/// Nothing at all for so long, and the engine hangs.
const SILENCE_LIMIT: Duration = Duration::from_millis(1_500);
/// When the keeper itself was held up for so long, the silence was perhaps ours.
const HELD_UP: Duration = Duration::from_millis(500);
/// An engine that is asked to end has so long to do it.
const ENDING_PATIENCE: Duration = Duration::from_millis(700);
/// How long the end of a killed process is waited for.
const REAPING_PATIENCE: Duration = Duration::from_millis(200);
/// Lines on stderr that become notices, per process.
const STDERR_NOTICES: u32 = 10;
/// How a line begins that the engine wrote, and not a library inside it.
const OWN_WORDS: &str = "signal:";
const TOKEN_BYTES: usize = 16;

/// What the keeper is told. Generations tell a late word of an old process from news of the present one.
#[derive(Debug)]
pub(crate) enum Control {
    Ready {
        generation: u64,
        ready: Result<Ready, String>,
    },
    Greeted {
        generation: u64,
    },
    Ended {
        generation: u64,
        reason: String,
    },
    /// A person wants a fresh engine, out of safe mode.
    Restart,
    /// The session ends.
    Shutdown,
}

/// Messages that may wait for the keeper; nobody sends many.
const CONTROL_LIMIT: usize = 64;

/// The way to a keeper, and its thread.
#[derive(Debug)]
pub(crate) struct KeeperHandle {
    pub(crate) control: SyncSender<Control>,
    pub(crate) thread: JoinHandle<()>,
}

struct Keeper {
    command: SignalCommand,
    around: Surroundings,
    orders: Receiver<Control>,
    policy: Supervision,
    generation: u64,
    began: Instant,
}

/// Why a stretch of watching ended.
enum End {
    Died(String),
    Restart,
    Shutdown,
}

struct Running {
    process: EngineProcess,
    link: EngineLink,
}

/// Starts the keeper, and with it the engine.
pub(crate) fn start(command: SignalCommand, mailbox: Arc<Mailbox>, tap: Arc<Tap>) -> std::io::Result<KeeperHandle> {
    let (control, orders) = sync_channel(CONTROL_LIMIT);
    let around = Surroundings { mailbox, control: control.clone(), tap };
    let keeper =
        Keeper { command, around, orders, policy: Supervision::default(), generation: 0, began: Instant::now() };
    let thread = Builder::new().name("pulse-engine".to_owned()).spawn(move || keeper.run())?;
    Ok(KeeperHandle { control, thread })
}

impl Keeper {
    fn run(mut self) {
        let mut next = self.policy.begin();
        loop {
            match self.wait_out(next) {
                None => {}
                Some(End::Shutdown) => return,
                Some(End::Restart | End::Died(_)) => next = self.policy.asked_to_restart(),
            }
            let end = match self.begin(next.safe) {
                Ok(running) => self.keep(running),
                Err(End::Died(reason)) => {
                    self.note("died", &reason);
                    next = self.policy.failed_to_start();
                    self.tell_failure(next, reason);
                    continue;
                }
                Err(end) => end,
            };
            match end {
                End::Died(reason) => {
                    self.note("died", &reason);
                    next = self.policy.died(self.now_millis());
                    self.tell(EngineMail::Lost { reason: format!("The engine {reason}.") });
                }
                End::Restart => {
                    self.note("ended", "a new start was asked for");
                    next = self.policy.asked_to_restart();
                    self.tell(EngineMail::Lost { reason: "The engine is started again, as asked.".to_owned() });
                }
                End::Shutdown => return,
            }
        }
    }

    /// The back-off; a person may cut it short.
    fn wait_out(&self, next: Start) -> Option<End> {
        let deadline = Instant::now() + Duration::from_millis(next.after_millis);
        loop {
            match self.orders.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Control::Shutdown) | Err(RecvTimeoutError::Disconnected) => return Some(End::Shutdown),
                Ok(Control::Restart) => return Some(End::Restart),
                // Late words of a process that is gone.
                Ok(Control::Ready { .. } | Control::Greeted { .. } | Control::Ended { .. }) => {}
                Err(RecvTimeoutError::Timeout) => return None,
            }
        }
    }

    /// From nothing to the handshake.
    fn begin(&mut self, safe: bool) -> Result<Running, End> {
        self.generation += 1;
        let token = token().map_err(|error| End::Died(format!("cannot be given a token: {error}")))?;
        let (around, told) = (self.around.clone(), AtomicU32::new(0));
        let forward = move |line: String| hear(line, &told, &around);
        let process = EngineProcess::spawn(&self.command, &token, self.generation, &self.around.control, forward)
            .map_err(|error| End::Died(format!("cannot be started ({}): {error}", self.command.program.display())))?;
        let pid = process.pid();
        self.note("spawned", &format!("process {pid}"));
        let ready = match self.wait_for_ready() {
            Ok(ready) => ready,
            Err(end) => return Err(bury(process, end)),
        };
        self.note("ready", &format!("listens on port {}", ready.port));
        let announce = Announce {
            generation: self.generation,
            pid,
            safe,
            // The handshake that comes is counted when it is there.
            restarts: self.policy.restarts_after_next(),
        };
        let link = match EngineLink::open(ready.port, &token, announce, &self.around) {
            Ok(link) => link,
            Err(error) => {
                return Err(bury(process, End::Died(format!("does not take a connection: {error}"))));
            }
        };
        match self.wait_for_greeting() {
            Ok(()) => {
                self.policy.connected(self.now_millis());
                self.note("handshake", "done");
                Ok(Running { process, link })
            }
            Err(end) => {
                link.close();
                Err(bury(process, end))
            }
        }
    }

    fn wait_for_ready(&self) -> Result<Ready, End> {
        let wanted = self.generation;
        self.wait_start("did not say that it is ready", |control| match control {
            Control::Ready { generation, ready } if generation == wanted => Some(ready),
            _ => None,
        })
    }

    fn wait_for_greeting(&self) -> Result<(), End> {
        let wanted = self.generation;
        self.wait_start("did not answer the handshake", |control| match control {
            Control::Greeted { generation } if generation == wanted => Some(Ok(())),
            Control::Ended { generation, reason } if generation == wanted => Some(Err(reason)),
            _ => None,
        })
    }

    fn wait_start<T>(&self, what: &str, wanted: impl Fn(Control) -> Option<Result<T, String>>) -> Result<T, End> {
        let deadline = Instant::now() + START_PATIENCE;
        loop {
            match self.orders.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Control::Shutdown) | Err(RecvTimeoutError::Disconnected) => return Err(End::Shutdown),
                Ok(Control::Restart) => return Err(End::Restart),
                Ok(control) => {
                    if let Some(outcome) = wanted(control) {
                        return outcome.map_err(End::Died);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    return Err(End::Died(format!("{what} within {} s", START_PATIENCE.as_secs())));
                }
            }
        }
    }

    /// Watches until something ends it, and clears away what is left.
    fn keep(&self, running: Running) -> End {
        let end = self.watch(&running.link);
        let Running { mut process, link } = running;
        match end {
            End::Shutdown => {
                let asked = EngineCommand::EngineShutdown(engine::Shutdown {});
                link.outbox.push_one(EngineItem::command(asked));
                self.wait_for_its_end(&mut process);
                link.close();
                bury(process, End::Shutdown)
            }
            End::Restart => {
                link.close();
                bury(process, End::Restart)
            }
            End::Died(reason) => {
                link.close();
                bury(process, End::Died(reason))
            }
        }
    }

    fn watch(&self, link: &EngineLink) -> End {
        let mut last_look = Instant::now();
        loop {
            match self.orders.recv_timeout(HEARTBEAT) {
                Ok(Control::Shutdown) | Err(RecvTimeoutError::Disconnected) => return End::Shutdown,
                Ok(Control::Restart) => return End::Restart,
                Ok(Control::Ended { generation, reason }) if generation == self.generation => {
                    return End::Died(reason);
                }
                Ok(Control::Ready { .. } | Control::Greeted { .. } | Control::Ended { .. }) => continue,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if last_look.elapsed() > HEARTBEAT + HELD_UP {
                link.forgive();
            }
            last_look = Instant::now();
            if link.silence() > SILENCE_LIMIT {
                return End::Died(format!("has not said anything for {} ms: it hangs", link.silence().as_millis()));
            }
            if link.outbox.has_overflowed() {
                return End::Died("does not read what it is sent".to_owned());
            }
            if link.silence() > 2 * HEARTBEAT {
                self.note("silent", &format!("nothing came for {} ms", link.silence().as_millis()));
            }
            let ping = EngineCommand::EnginePing(engine::Ping {});
            link.outbox.push_one(EngineItem::command(ping));
        }
    }

    fn wait_for_its_end(&self, process: &mut EngineProcess) {
        process.close_stdin();
        let deadline = Instant::now() + ENDING_PATIENCE;
        loop {
            match self.orders.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Control::Ended { generation, .. }) if generation == self.generation => return,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn tell_failure(&self, next: Start, reason: String) {
        let mut reason = format!("The engine {reason}.");
        if next.stopped {
            let seconds = next.after_millis / 1_000;
            write!(reason, " It is tried again every {seconds} s, or when you ask for it.")
                .expect("a String takes every text");
            self.tell(EngineMail::Stopped { reason });
        } else {
            self.tell(EngineMail::Lost { reason });
        }
    }

    fn tell(&self, mail: EngineMail) {
        // When the session ends, nobody wants to know; the order to end is on its way.
        let _told = self.around.mailbox.push_engine(&mut vec![mail]);
    }

    /// What becomes of the process, for the tap.
    fn note(&self, state: &str, detail: &str) {
        if self.around.tap.is_open() {
            self.around.tap.record(process_entry(state, detail));
        }
    }

    fn now_millis(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A line on the engine's stderr: all can be seen through the tap, what the engine itself says becomes a notice.
/// Audio libraries print a lot that helps nobody; it is shown where it explains a death.
fn hear(line: String, told: &AtomicU32, around: &Surroundings) {
    if around.tap.is_open() {
        around.tap.record(stderr_entry(&line));
    }
    if line.starts_with(OWN_WORDS) && told.fetch_add(1, Ordering::Relaxed) < STDERR_NOTICES {
        // When the session ends, nobody wants to know.
        let _told = around.mailbox.push_engine(&mut vec![warning("engine.stderr", line)]);
    }
}

/// Kills what is left of a process; how it ended becomes part of the reason.
fn bury(process: EngineProcess, end: End) -> End {
    let how = process.end_now(REAPING_PATIENCE);
    match end {
        // A kill of ours explains nothing.
        End::Died(reason) if how == "was killed" && !reason.contains("connection") => End::Died(reason),
        End::Died(reason) => End::Died(format!("{how} ({reason})")),
        End::Restart | End::Shutdown => end,
    }
}

/// 16 bytes that nobody can guess.
pub(crate) fn random() -> Result<[u8; TOKEN_BYTES], getrandom::Error> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// The same, in hexadecimal.
pub(crate) fn token() -> Result<String, getrandom::Error> {
    Ok(random()?.iter().fold(String::with_capacity(2 * TOKEN_BYTES), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes every text");
        text
    }))
}
