//! Pulse as it runs: the threads around the core, and the port that a window holds.

mod actor;
mod clients;
pub(crate) mod clock;
mod handle;
mod jobs;
pub(crate) mod mailbox;

pub use handle::PulseHandle;

use crate::core::{Core, CoreConfig};
use crate::engine::keeper::{self, Control, KeeperHandle};
use crate::engine::memory::MemoryEngine;
use crate::engine::memory_keeper;
use crate::server::Server;
use crate::trace::Tap;
use actor::Actor;
use jobs::Jobs;
use mailbox::Mailbox;
use serde_json::json;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

/// How to start Pulse.
#[derive(Clone)]
pub struct PulseConfig {
    pub core: CoreConfig,
    pub signal: SignalCommand,
    /// None = no headless clients.
    pub serve: Option<ServeConfig>,
    /// Called from Pulse's threads when something is new; must return at once.
    pub wake: Arc<dyn Fn() + Send + Sync>,
}

/// How to start the engine; `--port 0` is added, and it gets a token on stdin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalCommand {
    pub program: PathBuf,
    pub arguments: Vec<String>,
}

/// Where headless clients connect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServeConfig {
    /// On the loopback interface; 0 = any free one.
    pub port: u16,
}

/// What a headless client needs to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServeReady {
    pub port: u16,
    /// For `client.hello`.
    pub token: String,
}

impl ServeReady {
    /// The ready line of `loophole serve`.
    pub fn to_json(&self) -> String {
        let ready = json!({
            "port": self.port,
            "pid": std::process::id(),
            "protocol": loophole_wire::PROTOCOL_VERSION,
            "version": env!("CARGO_PKG_VERSION"),
            "token": self.token,
        });
        json!({ "ready": ready }).to_string()
    }
}

/// Why Pulse cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Exit code 3 at the command line.
    #[error("port {port} is taken; choose another one, or 0 for any free one")]
    PortTaken {
        port: u16,
        #[source]
        source: std::io::Error,
    },
    #[error("port {port} cannot be listened on: {source}")]
    Listen {
        port: u16,
        #[source]
        source: std::io::Error,
    },
    #[error("the system has no random numbers: {source}")]
    Random {
        #[source]
        source: getrandom::Error,
    },
    #[error("the system gives no thread: {source}")]
    Thread {
        #[source]
        source: std::io::Error,
    },
}

/// Pulse, running. Dropping it (or [`Pulse::shutdown`]) ends the engine and every thread, in order.
#[derive(Debug)]
pub struct Pulse {
    /// What a window asks through.
    pub handle: PulseHandle,
    /// Where every message at both seams can be seen.
    pub tap: Arc<Tap>,
    /// When headless clients are served.
    pub ready: Option<ServeReady>,
    /// Keeps everything running.
    pub running: Running,
}

impl Pulse {
    /// Ends everything in order; takes a second at most, and longer only while a file is being written.
    pub fn shutdown(self) {
        drop(self);
    }
}

/// The threads; dropping this ends them.
#[derive(Debug)]
pub struct Running {
    mailbox: Arc<Mailbox>,
    server: Option<Server>,
    keeper: Option<KeeperHandle>,
    core: Option<JoinHandle<()>>,
    jobs: Option<Jobs>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.end();
        }
        if let Some(keeper) = self.keeper.take() {
            // A keeper that is gone has nothing to end; a panic there has been reported already.
            let _told = keeper.control.send(Control::Shutdown);
            let _joined = keeper.thread.join();
        }
        self.mailbox.end();
        if let Some(core) = self.core.take() {
            // A panic there has been reported already.
            let _joined = core.join();
        }
        if let Some(jobs) = self.jobs.take() {
            jobs.end();
        }
    }
}

/// Starts Pulse with the engine as a child process.
///
/// # Errors
/// The port is taken or cannot be had, or the system has no threads or random numbers left.
pub fn start(config: PulseConfig) -> Result<Pulse, StartError> {
    let signal = config.signal.clone();
    start_with(config, move |mailbox, tap| keeper::start(signal, mailbox, tap))
}

/// Starts Pulse with an engine in memory instead of a child process: silent, and without files.
///
/// # Errors
/// As [`start`].
pub fn start_in_memory(config: PulseConfig, engine: Arc<Mutex<MemoryEngine>>) -> Result<Pulse, StartError> {
    start_with(config, move |mailbox, _tap| memory_keeper::start(engine, mailbox))
}

fn start_with(
    config: PulseConfig,
    start_engine: impl FnOnce(Arc<Mailbox>, Arc<Tap>) -> std::io::Result<KeeperHandle>,
) -> Result<Pulse, StartError> {
    let thread = |source| StartError::Thread { source };
    let random = |source| StartError::Random { source };
    let listener = config.serve.map(listen).transpose()?;
    let (token, session_id) = (keeper::token().map_err(random)?, keeper::token().map_err(random)?);
    let (mailbox, tap) = (Arc::new(Mailbox::default()), Arc::new(Tap::default()));
    // From here on, an error ends what was started before.
    let mut running = Running { mailbox: Arc::clone(&mailbox), server: None, keeper: None, core: None, jobs: None };
    let keeper = start_engine(Arc::clone(&mailbox), Arc::clone(&tap)).map_err(thread)?;
    let control = keeper.control.clone();
    running.keeper = Some(keeper);
    let (jobs, job_sender) = Jobs::start(Arc::clone(&mailbox)).map_err(thread)?;
    running.jobs = Some(jobs);
    let core = Core::new(config.core, keeper::random().map_err(random)?);
    let (handle, window) = handle::pair(Arc::clone(&mailbox), core.view(), config.wake);
    let actor = Actor::new(core, Arc::clone(&mailbox), window, control, job_sender, Arc::clone(&tap));
    let core = Builder::new().name("pulse-core".to_owned()).spawn(move || actor.run()).map_err(thread)?;
    running.core = Some(core);
    let ready = match listener {
        None => None,
        Some((listener, port)) => {
            let server =
                Server::start(listener, token.clone(), session_id, mailbox, Arc::clone(&tap)).map_err(thread)?;
            running.server = Some(server);
            Some(ServeReady { port, token })
        }
    };
    Ok(Pulse { handle, tap, ready, running })
}

fn listen(serve: ServeConfig) -> Result<(TcpListener, u16), StartError> {
    let port = serve.port;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => StartError::PortTaken { port, source },
        _ => StartError::Listen { port, source },
    })?;
    let address = listener.local_addr().map_err(|source| StartError::Listen { port, source })?;
    Ok((listener, address.port()))
}
