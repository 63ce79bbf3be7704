//! Pulse without a window, as long as a command about surfaces takes.

use crate::cli::{data_folder, refuse_start};
use loophole_pulse::core::{CoreConfig, OpenAtStart, OscConfig};
use loophole_pulse::event::{ModelEvent, Payload};
use loophole_pulse::hardware::{AudioConfig, AudioHost};
use loophole_pulse::intent::Intent;
use loophole_pulse::port::{EnginePort, PulsePort};
use loophole_pulse::runtime::{self, Pulse, PulseConfig};
use loophole_pulse::view::SessionView;
use loophole_pulse::view::surfaces::SurfaceState;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

/// Devices have so long to be found and to say who they are.
const SETTLE: Duration = Duration::from_millis(1_500);
/// The engine has so long to be there.
const START: Duration = Duration::from_secs(5);
/// An answer has so long to come.
const ANSWER: Duration = Duration::from_secs(10);

/// Pulse and its engine on the silent clock, with an empty project: only surfaces matter here.
pub(super) struct Session {
    pulse: Pulse,
    news: Receiver<()>,
    events: Vec<ModelEvent>,
}

impl Session {
    /// Starts, and waits until every device that is there is known.
    ///
    /// # Errors
    /// The exit code; the reason was printed.
    pub(super) fn start(folder: Option<PathBuf>, osc_port: Option<u16>) -> Result<Self, ExitCode> {
        let (told, news) = sync_channel(1);
        let wake = Arc::new(move || {
            // Full: it has been told already. Gone: nobody listens any more.
            let _told = told.try_send(());
        });
        let config = config(folder, osc_port, wake).map_err(|error| crate::cli::refuse(&error))?;
        let pulse = runtime::start(config).map_err(|error| refuse_start(&error))?;
        let mut session = Self { pulse, news, events: Vec::new() };
        session.wait(START, |view| view.engine.device.is_some());
        session.wait(SETTLE, |_| false);
        let unsettled = |state| matches!(state, SurfaceState::Seen | SurfaceState::Probing | SurfaceState::Starting);
        session.wait(SETTLE, |view| !view.surfaces.devices.iter().any(|device| unsettled(device.state)));
        Ok(session)
    }

    pub(super) fn view(&mut self) -> Arc<SessionView> {
        self.pulse.handle.view()
    }

    /// Waits until the picture is as wanted, or the time is over; whether it is.
    pub(super) fn wait(&mut self, patience: Duration, wanted: impl Fn(&SessionView) -> bool) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            if wanted(&self.view()) {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            // Nothing new by then: the picture is as it was.
            let _news = self.news.recv_timeout(left);
        }
    }

    /// Waits for something new.
    pub(super) fn next(&mut self) {
        // Nothing new for a while: whoever asked looks again.
        let _news = self.news.recv_timeout(Duration::from_millis(250));
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// Why not, for a person.
    pub(super) fn ask(&mut self, intent: Intent) -> Result<Payload, String> {
        let asked = self.pulse.handle.send(intent).map_err(|error| error.to_string())?;
        let deadline = Instant::now() + ANSWER;
        while Instant::now() < deadline {
            self.pulse.handle.drain(&mut self.events);
            for event in self.events.drain(..) {
                if let ModelEvent::Answered { ticket, outcome, .. } = event
                    && ticket == asked
                {
                    return outcome.map(|reply| reply.payload).map_err(|error| error.message);
                }
            }
            self.next();
        }
        Err("no answer came".to_owned())
    }
}

fn config(
    folder: Option<PathBuf>,
    osc_port: Option<u16>,
    wake: Arc<dyn Fn() + Send + Sync>,
) -> anyhow::Result<PulseConfig> {
    let core = CoreConfig {
        sample_rate: 48_000,
        data_folder: data_folder(folder)?,
        audio: AudioConfig { host: AudioHost::Silent, ..AudioConfig::default() },
        osc: OscConfig {
            enabled: osc_port.is_some(),
            address: "127.0.0.1".to_owned(),
            port: osc_port.unwrap_or_default(),
        },
        open: OpenAtStart::Nothing,
        demo: crate::demo::DEMO,
    };
    Ok(PulseConfig { core, signal: crate::cli::own_signal()?, serve: None, wake })
}
