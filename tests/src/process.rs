//! Processes under test: started on port 0, ended with the test, whatever happens.

use crate::{PATIENCE, Peer, wait_until};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};

/// Where the executable under test finds another engine than its own.
pub const ENGINE_VARIABLE: &str = "LOOPHOLE_TEST_ENGINE";

/// Where cargo builds to: `target/PROFILE`.
fn target() -> PathBuf {
    let test = std::env::current_exe().expect("a test is a file");
    test.parent().and_then(Path::parent).expect("tests are in target/PROFILE/deps").to_owned()
}

/// An executable of this package, built beside the test that runs now.
///
/// # Panics
/// When it was not built: run the tests through cargo.
pub(crate) fn beside(name: &str) -> PathBuf {
    let path = target().join(name);
    assert!(path.exists(), "{} is missing: run the tests with cargo", path.display());
    path
}

/// The executable under test.
///
/// # Panics
/// When it was not built: run the tests through cargo.
pub fn executable() -> PathBuf {
    beside("loophole-under-test")
}

/// The engine with MIDI over JACK, if it was built; prints how.
#[expect(clippy::print_stdout, reason = "a lane that does not run says so")]
pub fn midi_jack_engine() -> Option<PathBuf> {
    let path = target().join("examples/midi_jack_engine");
    if !path.exists() {
        let build = "cargo build --workspace --features loophole-signal/midi-jack --example midi_jack_engine";
        println!("skipped, because the engine with MIDI over JACK was not built: {build}");
        return None;
    }
    Some(path)
}

/// Lines of a child's output, as they come.
pub(crate) fn lines_of(out: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = sync_channel(10_000);
    std::thread::Builder::new()
        .name("test-lines".to_owned())
        .spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        })
        .expect("a thread more");
    receiver
}

fn ready_line(lines: &Receiver<String>) -> Value {
    let line = lines.recv_timeout(PATIENCE).expect("a ready line");
    let ready: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    ready["ready"].clone()
}

/// How to start `loophole serve`.
pub struct ServeOptions {
    pub audio: String,
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
    /// Where its data live; a fresh folder when none.
    pub data_folder: Option<PathBuf>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            audio: "silent".to_owned(),
            arguments: vec!["--empty".to_owned()],
            environment: Vec::new(),
            data_folder: None,
        }
    }
}

/// A running `loophole serve`.
pub struct Serve {
    pub child: Child,
    pub port: u16,
    pub token: String,
    /// Kept open: its end ends the process.
    pub stdin: Option<ChildStdin>,
    pub data_folder: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Serve {
    /// With the silent clock and an empty project.
    pub fn empty() -> Self {
        Self::start(ServeOptions::default())
    }

    /// With the silent clock and the demo song.
    pub fn demo() -> Self {
        Self::start(ServeOptions { arguments: Vec::new(), ..ServeOptions::default() })
    }

    pub fn start(options: ServeOptions) -> Self {
        let temporary = options.data_folder.is_none().then(|| tempfile::tempdir().expect("a temporary folder"));
        let data_folder =
            options.data_folder.unwrap_or_else(|| temporary.as_ref().expect("just made").path().to_owned());
        let mut child = Command::new(executable())
            .args(["serve", "--audio", &options.audio, "--osc-port", "0", "--data-folder"])
            .arg(&data_folder)
            .args(&options.arguments)
            .envs(options.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the executable starts");
        let lines = lines_of(child.stdout.take().expect("piped"));
        let ready = ready_line(&lines);
        let stdin = child.stdin.take();
        let port = ready["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        let token = ready["token"].as_str().expect("a token").to_owned();
        Self { child, port, token, stdin, data_folder, _temporary: temporary }
    }

    /// A client that has said hello.
    pub fn client(&self) -> Peer {
        Peer::hello(self.port, &self.token)
    }

    /// A client, when the engine runs.
    pub fn client_with_engine(&self) -> Peer {
        let mut client = self.client();
        wait_until("the engine runs", || engine_state(&mut client) == "running");
        client
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let engine = engine_pid_of(self.child.id());
        // It may be dead already: that is what some tests are about.
        let _killed = self.child.kill();
        let _status = self.child.wait();
        for pid in engine {
            wait_until("no orphan is left", || !is_alive(pid));
        }
    }
}

/// `session.status`, the state of the engine.
pub fn engine_state(client: &mut Peer) -> String {
    client.request("session", "status", json!({}))["engine"]["state"].as_str().unwrap_or_default().to_owned()
}

/// The engine's process id, as the session says.
pub fn engine_pid(client: &mut Peer) -> i32 {
    let status = client.request("session", "status", json!({}));
    let pid = status["engine"]["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
    pid.unwrap_or_else(|| panic!("no engine: {status}"))
}

/// Children of a process, from /proc.
pub fn engine_pid_of(parent: u32) -> Vec<i32> {
    let path = format!("/proc/{parent}/task");
    let Ok(tasks) = std::fs::read_dir(path) else { return Vec::new() };
    tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok())
        .flat_map(|children| children.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// Whether a process is there and not a zombie.
pub fn is_alive(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z')))
}

/// Sends a signal to a process.
pub fn signal(pid: i32, number: i32) {
    Command::new("kill").args([format!("-{number}"), pid.to_string()]).status().expect("kill is there");
}

/// A running `loophole signal`, with nobody connected yet.
pub struct Engine {
    pub child: Child,
    pub port: u16,
    pub token: String,
    pub stdin: Option<ChildStdin>,
}

impl Engine {
    pub fn start() -> Self {
        Self::start_in(&[])
    }

    /// With more in its environment.
    pub fn start_in(environment: &[(String, String)]) -> Self {
        let mut child = Command::new(executable())
            .args(["signal", "--port", "0"])
            .envs(environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the executable starts");
        let token = "a token that only the parent knows".to_owned();
        let mut stdin = child.stdin.take().expect("piped");
        writeln!(stdin, "{token}").expect("the child reads its token");
        let ready = ready_line(&lines_of(child.stdout.take().expect("piped")));
        let port = ready["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        Self { child, port, token, stdin: Some(stdin) }
    }

    /// A Pulse that has shaken hands.
    pub fn connect(&self) -> Peer {
        let mut peer = Peer::pulse(self.port);
        peer.request("engine", "handshake", json!({ "protocol": 1, "token": self.token }));
        peer
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It may be dead already: that is what some tests are about.
        let _killed = self.child.kill();
        let _status = self.child.wait();
    }
}
