//! The thread that touches files, so that the core never waits for a disk.

use super::mailbox::Mailbox;
use crate::jobs::{Job, run};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::Builder;
use std::time::Duration;

/// Jobs on their way to the thread; more wait on the core's side, as many as there are requests without an answer.
const QUEUE: usize = 64;
/// At the end, a file that is being written is waited for so long.
const ENDING_PATIENCE: Duration = Duration::from_secs(10);

/// The end of the thread.
#[derive(Debug)]
pub(super) struct Jobs {
    ended: Receiver<()>,
}

/// The way to the thread. It ends when this is dropped and its work is done.
#[derive(Debug)]
pub(super) struct JobSender {
    sender: SyncSender<(u64, Job)>,
    waiting: VecDeque<(u64, Job)>,
}

impl Jobs {
    pub(super) fn start(mailbox: Arc<Mailbox>) -> std::io::Result<(Self, JobSender)> {
        let (sender, jobs) = sync_channel::<(u64, Job)>(QUEUE);
        let (ending, ended) = sync_channel(1);
        Builder::new().name("pulse-jobs".to_owned()).spawn(move || {
            for (job, work) in jobs {
                // When the session ends, nobody asks for the outcome; what was begun is done all the same.
                let _told = mailbox.push_job(job, run(work));
            }
            // Nobody may be waiting.
            let _told = ending.send(());
        })?;
        Ok((Self { ended }, JobSender { sender, waiting: VecDeque::new() }))
    }

    /// Waits for the work that was begun. The sender must be gone by now.
    pub(super) fn end(self) {
        // A disk that takes longer than this is not coming back.
        let _ended = self.ended.recv_timeout(ENDING_PATIENCE);
    }
}

impl JobSender {
    /// Never waits.
    pub(super) fn give(&mut self, job: u64, work: Job) {
        self.waiting.push_back((job, work));
        self.push_on();
    }

    /// Hands over what waits, as far as there is room.
    pub(super) fn push_on(&mut self) {
        while let Some(next) = self.waiting.pop_front() {
            match self.sender.try_send(next) {
                Ok(()) => {}
                Err(TrySendError::Full(next)) => {
                    self.waiting.push_front(next);
                    return;
                }
                Err(TrySendError::Disconnected(_)) => return,
            }
        }
    }
}
