//! Recordings of messages: the last minute is written, a file is read for the IPC panel; on threads of their own.

use crate::panels::ipc::Recorded;
use crate::state::{Session, now_nanos};
use eframe::egui::Context;
use loophole_pulse::trace::recording::{About, Options, save_last};
use loophole_pulse::view::Severity;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

/// How much is saved.
const SECONDS: u64 = 60;

/// A file that is written or read.
pub(super) struct RecordingWork(Receiver<Result<Done, String>>);

enum Done {
    /// What to tell.
    Written(String),
    Read(Box<Recorded>),
}

/// `loophole-1763752800.mcap`
pub(super) fn file_name() -> String {
    format!("loophole-{}.mcap", now_nanos() / 1_000_000_000)
}

impl RecordingWork {
    pub(super) fn save(ctx: &Context, session: &Session, path: PathBuf) -> Self {
        let tap = Arc::clone(session.tap());
        let project = &session.view().project;
        let place = project.path.as_ref().map(|path| path.to_string_lossy());
        let about = About::here(place.as_deref().unwrap_or(&project.name));
        let options = Options { masks_paths: true, files: 1, ..Options::default() };
        Self::work(ctx, move || {
            let written = save_last(&tap, SECONDS, &path, about, options).map_err(|error| error.to_string())?;
            Ok(Done::Written(format!("{} messages were written to {}", written.entries, path.display())))
        })
    }

    pub(super) fn open(ctx: &Context, path: PathBuf) -> Self {
        Self::work(ctx, move || Recorded::open(&path).map(|recorded| Done::Read(Box::new(recorded))))
    }

    fn work(ctx: &Context, work: impl FnOnce() -> Result<Done, String> + Send + 'static) -> Self {
        let (sender, answer) = sync_channel(1);
        let (ctx, failed) = (ctx.clone(), sender.clone());
        let spawned = std::thread::Builder::new().name("aura-recording".to_owned()).spawn(move || {
            // Nobody waits any more when another file was chosen meanwhile.
            if sender.send(work()).is_ok() {
                ctx.request_repaint();
            }
        });
        if let Err(error) = spawned {
            // The channel is empty and has room for one.
            let _sent = failed.try_send(Err(format!("the system gives no thread for the file: {error}")));
        }
        Self(answer)
    }

    /// What is still to be done, and what was read.
    pub(super) fn poll(self, session: &mut Session) -> (Option<Self>, Option<Recorded>) {
        match self.0.try_recv() {
            Err(TryRecvError::Empty) => return (Some(self), None),
            Err(TryRecvError::Disconnected) => {}
            Ok(Ok(Done::Read(recorded))) => return (None, Some(*recorded)),
            Ok(Ok(Done::Written(told))) => session.report(Severity::Info, "window.recording", told),
            Ok(Err(told)) => session.report(Severity::Error, "window.recording", told),
        }
        (None, None)
    }
}
