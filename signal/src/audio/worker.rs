//! A thread for everything a driver may take its time for, or never return from: opening and closing devices.

use super::device::{self, OpenDevice, Request};
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// One opens while the former is closed, and some changes of mind.
const MOST_JOBS: usize = 8;

enum Job {
    Open { ticket: u64, request: Box<Request> },
    Close(Box<OpenDevice>),
}

/// What came of opening.
pub(super) struct Answer {
    /// The one it was asked with.
    pub(super) ticket: u64,
    pub(super) result: Result<Box<OpenDevice>, String>,
}

/// One thread, one job after the other: libjack can only open a new server's client after the old one's is closed.
pub(super) struct Worker {
    jobs: SyncSender<Job>,
    shared: Arc<Shared>,
}

struct Shared {
    answers: Mutex<VecDeque<Answer>>,
    /// Nobody waits for answers any more.
    abandoned: AtomicBool,
    unfinished: AtomicUsize,
    supervisor: Thread,
}

impl Worker {
    pub(super) fn start(supervisor: Thread) -> std::io::Result<Self> {
        let (jobs, received) = sync_channel(MOST_JOBS);
        let shared = Arc::new(Shared {
            answers: Mutex::default(),
            abandoned: AtomicBool::new(false),
            unfinished: AtomicUsize::new(0),
            supervisor,
        });
        let of_thread = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("signal-audio-device".to_owned())
            .spawn(move || work(&received, &of_thread))?;
        Ok(Self { jobs, shared })
    }

    /// False if it has too much to do already: it hangs.
    pub(super) fn open(&self, ticket: u64, request: Request) -> bool {
        self.give(Job::Open { ticket, request: Box::new(request) })
    }

    /// False if it hangs. The device is not closed then: closing would hang as well.
    pub(super) fn close(&self, device: Box<OpenDevice>) -> bool {
        self.give(Job::Close(device))
    }

    fn give(&self, job: Job) -> bool {
        self.shared.unfinished.fetch_add(1, Ordering::AcqRel);
        match self.jobs.try_send(job) {
            Ok(()) => true,
            Err(refused) => {
                self.shared.unfinished.fetch_sub(1, Ordering::AcqRel);
                // Dropping a stream waits for its threads.
                std::mem::forget(refused);
                false
            }
        }
    }

    pub(super) fn next_answer(&self) -> Option<Answer> {
        self.shared.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Waits until everything is done. False if it was not in time.
    pub(super) fn finish(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.shared.unfinished.load(Ordering::Acquire) > 0 {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }
}

impl Drop for Worker {
    /// The thread ends after what it is doing; if that hangs, it is left behind.
    fn drop(&mut self) {
        self.shared.abandoned.store(true, Ordering::Release);
    }
}

fn work(jobs: &Receiver<Job>, shared: &Shared) {
    while let Ok(job) = jobs.recv() {
        match job {
            Job::Close(device) => drop(device),
            Job::Open { ticket, request } => {
                if !shared.abandoned.load(Ordering::Acquire) {
                    answer(shared, ticket, &request);
                }
            }
        }
        shared.unfinished.fetch_sub(1, Ordering::AcqRel);
    }
}

fn answer(shared: &Shared, ticket: u64, request: &Request) {
    // cpal's backends unwrap here and there: a driver's surprise must not be the end of this thread.
    let opened = std::panic::catch_unwind(AssertUnwindSafe(|| device::open(request)));
    let result = opened.unwrap_or_else(|_| Err("the audio library failed".to_owned())).map(Box::new);
    if !shared.abandoned.load(Ordering::Acquire) {
        shared.answers.lock().unwrap_or_else(PoisonError::into_inner).push_back(Answer { ticket, result });
        shared.supervisor.unpark();
    }
}
