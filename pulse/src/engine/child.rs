//! The engine's process: spawned, its ready line read, its last words kept, ended so that nobody is left behind.

#![allow(unsafe_code)]

use super::keeper::Control;
use crate::runtime::SignalCommand;
use serde::Deserialize;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;

/// A line longer than this is cut.
const LINE_BYTES: u64 = 4_096;
/// How many of its last lines on stderr explain a death.
const LAST_WORDS: usize = 5;

/// Where the engine listens, from its ready line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Ready {
    pub(crate) port: u16,
}

/// A process that was started and not yet reaped.
#[derive(Debug)]
pub(crate) struct EngineProcess {
    child: Child,
    /// Kept open: its end tells the engine that its parent is gone.
    stdin: Option<ChildStdin>,
    last_words: LastWords,
}

type LastWords = Arc<Mutex<VecDeque<String>>>;

impl EngineProcess {
    /// Starts the engine. Its ready line comes to `control`; what it says on stderr goes to `heard`.
    ///
    /// Must be called from a thread that lives as long as the engine shall: on Linux the engine gets a death signal
    /// when the thread ends that started it.
    pub(crate) fn spawn(
        command: &SignalCommand,
        token: &str,
        generation: u64,
        control: &SyncSender<Control>,
        heard: impl Fn(String) + Send + 'static,
    ) -> std::io::Result<Self> {
        let mut wanted = Command::new(&command.program);
        wanted.args(&command.arguments).args(["--port", "0"]);
        wanted.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        die_with_parent(&mut wanted);
        let mut child = wanted.spawn()?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let mut this = Self { child, stdin, last_words: LastWords::default() };
        let listening = this.hand_over(token).and_then(|()| {
            let (control, last_words) = (control.clone(), Arc::clone(&this.last_words));
            if let Some(stdout) = stdout {
                let name = "pulse-engine-out".to_owned();
                Builder::new().name(name).spawn(move || read_stdout(stdout, generation, &control))?;
            }
            if let Some(stderr) = stderr {
                let name = "pulse-engine-log".to_owned();
                Builder::new().name(name).spawn(move || read_stderr(stderr, &last_words, &heard))?;
            }
            Ok(())
        });
        match listening {
            Ok(()) => Ok(this),
            Err(error) => {
                this.end_now(Duration::ZERO);
                Err(error)
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Tells the engine that it is no longer wanted, in the way that also works when we die.
    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Kills the process and says how it ended; waits for that no longer than `patience`.
    pub(crate) fn end_now(mut self, patience: Duration) -> String {
        // An error means that it has ended already.
        let _killed = self.child.kill();
        let words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner).make_contiguous().join(" | ");
        let status = reap(self.child).and_then(|status| status.recv_timeout(patience).ok());
        let how = status.map_or_else(|| "does not end although it was killed".to_owned(), describe);
        // Who was killed had no last words: what it said before is not the reason.
        if words.is_empty() || how == KILLED { how } else { format!("{how}; it said: {words}") }
    }

    fn hand_over(&mut self, token: &str) -> std::io::Result<()> {
        match self.stdin.as_mut().map_or(Ok(()), |stdin| stdin.write_all(format!("{token}\n").as_bytes())) {
            // It is gone already; that is noticed, with its reason, where its output ends.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

/// Waits for the end of a process on a thread of its own: a process in the kernel's hands may take its time.
fn reap(mut child: Child) -> Option<Receiver<ExitStatus>> {
    let (sender, receiver) = sync_channel(1);
    let waiting = Builder::new().name("pulse-engine-reap".to_owned()).spawn(move || {
        if let Ok(status) = child.wait() {
            // Nobody may be waiting any more.
            let _told = sender.send(status);
        }
    });
    waiting.is_ok().then_some(receiver)
}

const KILLED: &str = "was killed";

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return match signal {
            libc::SIGKILL => KILLED.to_owned(),
            libc::SIGSEGV | libc::SIGBUS | libc::SIGILL | libc::SIGABRT | libc::SIGFPE => {
                format!("crashed (signal {signal})")
            }
            other => format!("was ended by signal {other}"),
        };
    }
    status.code().map_or_else(|| "ended".to_owned(), |code| format!("ended with exit code {code}"))
}

fn read_stdout(stdout: impl Read, generation: u64, control: &SyncSender<Control>) {
    let mut reader = BufReader::new(stdout);
    let mut line = Vec::new();
    let ready = match (&mut reader).take(LINE_BYTES).read_until(b'\n', &mut line) {
        Ok(_) => parse_ready(&line),
        Err(error) => Err(format!("its output cannot be read: {error}")),
    };
    if control.send(Control::Ready { generation, ready }).is_err() {
        return;
    }
    // What it prints after that is nobody's business, but must not block it.
    let _copied = std::io::copy(&mut reader, &mut std::io::sink());
}

fn parse_ready(line: &[u8]) -> Result<Ready, String> {
    #[derive(Deserialize)]
    struct Line {
        ready: Ready,
    }
    let text = String::from_utf8_lossy(line);
    let shown: String = text.trim().chars().take(120).collect();
    if line.last() != Some(&b'\n') {
        return Err(match shown.as_str() {
            "" => "it ended before it was ready".to_owned(),
            shown => format!("it did not say that it is ready, but '{shown}'"),
        });
    }
    match serde_json::from_slice::<Line>(line) {
        Ok(Line { ready }) if ready.port != 0 => Ok(ready),
        Ok(_) => Err("it says that it listens on port 0".to_owned()),
        Err(error) => Err(format!("it did not say that it is ready, but '{shown}' ({error})")),
    }
}

fn read_stderr(stderr: impl Read, last_words: &LastWords, heard: &impl Fn(String)) {
    let mut reader = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut reader).take(LINE_BYTES).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if text.is_empty() {
            continue;
        }
        {
            let mut words = last_words.lock().unwrap_or_else(PoisonError::into_inner);
            if words.len() == LAST_WORDS {
                words.pop_front();
            }
            words.push_back(text.chars().take(300).collect());
        }
        heard(text);
    }
}

/// The engine dies with us, whatever kills us. The end of its stdin says the same, on every system.
#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    // Ctrl+C in a terminal is for us; we end the engine in order.
    command.process_group(0);
    let parent = libc::pid_t::try_from(std::process::id()).unwrap_or(0);
    // SAFETY: the closure runs between fork and exec and calls only prctl and getppid, which are async-signal-safe;
    // it touches no memory but the copied `parent` and allocates nothing.
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) == -1 {
                return Err(std::io::Error::last_os_error());
            }
            // We may have died before the line above: then nobody would send the signal any more.
            if libc::getppid() != parent {
                return Err(std::io::Error::from_raw_os_error(libc::ESRCH));
            }
            Ok(())
        });
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_command: &mut Command) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_good_ready_line_is_believed() {
        let check = |line: &str| parse_ready(line.as_bytes()).map(|ready| ready.port);
        assert_eq!(check("{\"ready\":{\"port\":4000,\"pid\":1,\"more\":true}}\n"), Ok(4_000));
        assert_eq!(check(""), Err("it ended before it was ready".to_owned()));
        for wrong in [
            "{}\n",
            "{\"ready\":{\"port\":0}}\n",
            "{\"ready\":{\"port\":70000}}\n",
            "hello\n",
            "{\"ready\":{\"port\":4000}}",
            "\u{1}\n",
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
