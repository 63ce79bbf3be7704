//! What the tests start and how they wait: for things to happen, never for time to pass.

use loophole_pulse::client::{Client, ClientError};
use loophole_pulse::core::{CoreConfig, DemoAssets, OpenAtStart, OscConfig};
use loophole_pulse::engine::memory::MemoryEngine;
use loophole_pulse::port::PulsePort;
use loophole_pulse::runtime::{Pulse, PulseConfig, ServeConfig, SignalCommand, start, start_in_memory};
use loophole_pulse::view::{AudioConfig, AudioHost, SessionView};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Far more than anything needs, so that a busy machine does not fail a test.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Rig {
    pub(crate) pulse: Pulse,
    pub(crate) engine: Arc<Mutex<MemoryEngine>>,
    pub(crate) wakes: Arc<AtomicU64>,
    _folder: tempfile::TempDir,
}

impl Rig {
    /// With an engine in memory and an empty project.
    pub(crate) fn in_memory() -> Self {
        let engine = Arc::new(Mutex::new(MemoryEngine::default()));
        let of_pulse = Arc::clone(&engine);
        Self::with(engine, nobody(), move |config| start_in_memory(config, of_pulse))
    }

    /// With a child process as its engine.
    pub(crate) fn with_child(signal: SignalCommand) -> Self {
        Self::with(Arc::default(), signal, start)
    }

    fn with(
        engine: Arc<Mutex<MemoryEngine>>,
        signal: SignalCommand,
        start: impl FnOnce(PulseConfig) -> Result<Pulse, loophole_pulse::runtime::StartError>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let wakes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&wakes);
        let wake = Arc::new(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        let serve = Some(ServeConfig { port: 0 });
        let pulse = start(PulseConfig { core: core_config(&folder), signal, serve, wake }).unwrap();
        Self { pulse, engine, wakes, _folder: folder }
    }

    pub(crate) fn port(&self) -> u16 {
        self.pulse.ready.as_ref().unwrap().port
    }

    pub(crate) fn token(&self) -> &str {
        &self.pulse.ready.as_ref().unwrap().token
    }

    /// A client that has said hello.
    pub(crate) fn client(&self) -> Client {
        Client::connect(self.port(), self.token(), "test").unwrap()
    }

    pub(crate) fn view(&mut self) -> Arc<SessionView> {
        self.pulse.handle.view()
    }

    /// Waits until the picture looks as wanted.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, mut wanted: impl FnMut(&SessionView) -> bool) -> Arc<SessionView> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let view = self.view();
            if wanted(&view) {
                return view;
            }
            assert!(
                Instant::now() < deadline,
                "waited in vain: {what}; engine: {:?}; notices: {:?}",
                view.engine,
                view.notices
            );
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

pub(crate) fn core_config(folder: &tempfile::TempDir) -> CoreConfig {
    CoreConfig {
        sample_rate: 48_000,
        data_folder: folder.path().to_owned(),
        audio: AudioConfig { host: AudioHost::Silent, ..AudioConfig::default() },
        osc: OscConfig { enabled: false, address: "127.0.0.1".to_owned(), port: 0 },
        open: OpenAtStart::Nothing,
        demo: DemoAssets { song_json: "", files: &[] },
    }
}

pub(crate) fn nobody() -> SignalCommand {
    SignalCommand { program: "/nonexistent".into(), arguments: Vec::new() }
}

/// The code of a refusal.
#[track_caller]
pub(crate) fn code<T: std::fmt::Debug>(outcome: Result<T, ClientError>) -> String {
    match outcome {
        Err(ClientError::Refused(error)) => error.code,
        other => panic!("not refused: {other:?}"),
    }
}

/// Reads on until the other side closes; returns the codes of errors that answered nothing.
#[track_caller]
pub(crate) fn until_closed(client: &mut Client) -> Vec<String> {
    let mut codes = Vec::new();
    loop {
        match client.next_event(PATIENCE) {
            Ok(event) => codes.extend(event.error.map(|error| error.code)),
            Err(ClientError::Closed) => return codes,
            Err(error) => panic!("{error} after {codes:?}"),
        }
    }
}
