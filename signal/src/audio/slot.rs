//! Who may run the processor: one backend at a time, changed without ever blocking an audio thread.
//!
//! A backend that is given up may linger: a driver that hangs, a stream that takes seconds to close. So no backend owns the
//! processor. It lies in a slot; a callback borrows it for one block if its backend is the owner, else it plays silence.

use super::Process;
use super::priority::{self, Priority};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// Names a backend; each that is started gets another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner(u64);

impl Owner {
    /// While the processor is prepared or taken back.
    const NOBODY: Self = Self(0);
}

pub(super) struct ProcessorSlot {
    owner: AtomicU64,
    last: AtomicU64,
    /// Audio threads only ever try this lock, and nobody waits in it, so that unlocking is never a system call.
    processor: Mutex<Option<Box<dyn Process>>>,
}

/// The processor did not come back from a callback in time.
#[derive(Debug)]
pub(super) struct Hangs;

impl ProcessorSlot {
    pub(super) fn new(processor: Box<dyn Process>) -> Arc<Self> {
        let (owner, last) = (AtomicU64::new(Owner::NOBODY.0), AtomicU64::new(Owner::NOBODY.0));
        Arc::new(Self { owner, last, processor: Mutex::new(Some(processor)) })
    }

    /// For a new backend.
    pub(super) fn new_owner(&self) -> Owner {
        Owner(self.last.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// From the next block on this backend runs the processor. A block of the former that is under way ends first.
    pub(super) fn give_to(&self, owner: Owner) {
        self.owner.store(owner.0, Ordering::Release);
    }

    /// Takes the processor from everyone and tells it the rate.
    pub(super) fn prepare(&self, sample_rate: u32, patience: Duration) -> Result<(), Hangs> {
        self.give_to(Owner::NOBODY);
        let mut processor = self.wait_for(patience)?;
        if let Some(processor) = processor.as_mut() {
            processor.prepare(sample_rate);
        }
        Ok(())
    }

    /// Takes the processor out for good.
    pub(super) fn take(&self, patience: Duration) -> Result<Option<Box<dyn Process>>, Hangs> {
        self.give_to(Owner::NOBODY);
        Ok(self.wait_for(patience)?.take())
    }

    fn wait_for(&self, patience: Duration) -> Result<MutexGuard<'_, Option<Box<dyn Process>>>, Hangs> {
        let deadline = Instant::now() + patience;
        loop {
            match self.processor.try_lock() {
                Ok(guard) => return Ok(guard),
                // A processor that panicked once is as good as its next block.
                Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return Err(Hangs),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_micros(100)),
            }
        }
    }
}

/// What a backend's callback holds.
pub(super) struct Lease {
    slot: Arc<ProcessorSlot>,
    owner: Owner,
    beat: Arc<Beat>,
}

impl Lease {
    pub(super) fn new(slot: &Arc<ProcessorSlot>, owner: Owner, beat: &Arc<Beat>) -> Self {
        Self { slot: Arc::clone(slot), owner, beat: Arc::clone(beat) }
    }

    /// Real time: fills one block, with silence if somebody else has the processor.
    pub(super) fn run(&self, output: &mut [f32], channels: usize) {
        output.fill(0.0);
        self.beat.strike(output.len() / channels.max(1));
        if self.slot.owner.load(Ordering::Acquire) != self.owner.0 {
            return;
        }
        let mut processor = match self.slot.processor.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        if let Some(processor) = processor.as_mut() {
            processor.process(output, channels);
        }
    }

    pub(super) fn beat(&self) -> &Arc<Beat> {
        &self.beat
    }
}

/// Signs of life of one backend; written by its audio thread.
pub(super) struct Beat {
    callbacks: AtomicU64,
    frames: AtomicU32,
    latency_frames: AtomicU32,
    priority: AtomicU8,
    /// False until the first block.
    alive: AtomicBool,
    /// Woken by the first block.
    supervisor: Thread,
}

impl Beat {
    pub(super) fn new(supervisor: Thread) -> Arc<Self> {
        Arc::new(Self {
            callbacks: AtomicU64::new(0),
            frames: AtomicU32::new(0),
            latency_frames: AtomicU32::new(0),
            priority: AtomicU8::new(Priority::Unknown as u8),
            alive: AtomicBool::new(false),
            supervisor,
        })
    }

    fn strike(&self, frames: usize) {
        self.frames.store(u32::try_from(frames).unwrap_or(u32::MAX), Ordering::Relaxed);
        if self.callbacks.fetch_add(1, Ordering::Release) == 0 {
            self.priority.store(priority::raise_this_thread() as u8, Ordering::Relaxed);
            self.alive.store(true, Ordering::Release);
            self.supervisor.unpark();
        }
    }

    pub(super) fn set_latency_frames(&self, frames: u32) {
        self.latency_frames.store(frames, Ordering::Relaxed);
    }

    pub(super) fn callbacks(&self) -> u64 {
        self.callbacks.load(Ordering::Acquire)
    }

    pub(super) fn is_alive(&self) -> bool {
        self.alive.load(Ordering::Acquire)
    }

    /// Of the newest callback.
    pub(super) fn frames(&self) -> u32 {
        self.frames.load(Ordering::Relaxed)
    }

    pub(super) fn latency_frames(&self) -> u32 {
        self.latency_frames.load(Ordering::Relaxed)
    }

    pub(super) fn priority(&self) -> Priority {
        Priority::from_number(self.priority.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Writes how many blocks it has done, and follows orders while it does.
    struct Counting {
        blocks: f32,
        rates: Arc<Mutex<Vec<u32>>>,
    }

    impl Process for Counting {
        fn prepare(&mut self, sample_rate: u32) {
            self.rates.lock().unwrap().push(sample_rate);
        }

        fn process(&mut self, output: &mut [f32], _channels: usize) {
            self.blocks += 1.0;
            output.fill(self.blocks);
        }
    }

    fn counting() -> (Arc<ProcessorSlot>, Arc<Mutex<Vec<u32>>>) {
        let rates = Arc::default();
        (ProcessorSlot::new(Box::new(Counting { blocks: 0.0, rates: Arc::clone(&rates) })), rates)
    }

    fn backend(slot: &Arc<ProcessorSlot>) -> (Owner, Lease) {
        let owner = slot.new_owner();
        (owner, Lease::new(slot, owner, &Beat::new(std::thread::current())))
    }

    fn block(lease: &Lease) -> f32 {
        let mut output = [9.0; 8];
        lease.run(&mut output, 2);
        output[0]
    }

    #[test]
    fn only_the_owner_plays_and_the_processor_goes_on_where_it_was() {
        let (slot, rates) = counting();
        let ((first, first_lease), (second, second_lease)) = (backend(&slot), backend(&slot));
        assert_eq!((block(&first_lease), block(&second_lease)), (0.0, 0.0), "nobody owns it");
        slot.prepare(48_000, Duration::from_secs(9)).unwrap();
        slot.give_to(first);
        assert_eq!((block(&first_lease), block(&second_lease)), (1.0, 0.0));
        slot.give_to(second);
        assert_eq!((block(&first_lease), block(&second_lease)), (0.0, 2.0));
        slot.prepare(44_100, Duration::from_secs(9)).unwrap();
        assert_eq!(block(&second_lease), 0.0);
        assert_eq!(*rates.lock().unwrap(), [48_000, 44_100]);
        slot.give_to(second);
        let mut taken = slot.take(Duration::from_secs(9)).unwrap().unwrap();
        assert_eq!(block(&second_lease), 0.0);
        let mut output = [0.0];
        taken.process(&mut output, 1);
        assert_eq!(output, [3.0]);
        assert_eq!(first_lease.beat().callbacks(), 3);
    }

    /// Stands in a block until it is told to go on.
    struct Stuck {
        entered: mpsc::SyncSender<()>,
        leave: mpsc::Receiver<()>,
    }

    impl Process for Stuck {
        fn prepare(&mut self, _sample_rate: u32) {}

        fn process(&mut self, _output: &mut [f32], _channels: usize) {
            self.entered.send(()).unwrap();
            self.leave.recv().unwrap();
        }
    }

    #[test]
    fn a_block_that_hangs_holds_the_processor_but_nobody_else() {
        let ((entered, has_entered), (go, leave)) = (mpsc::sync_channel(1), mpsc::sync_channel(1));
        let slot = ProcessorSlot::new(Box::new(Stuck { entered, leave }));
        let ((first, first_lease), (second, second_lease)) = (backend(&slot), backend(&slot));
        slot.give_to(first);
        std::thread::scope(|scope| {
            scope.spawn(|| block(&first_lease));
            has_entered.recv().unwrap();
            slot.give_to(second);
            assert_eq!(block(&second_lease), 0.0, "silence, at once");
            assert!(slot.prepare(48_000, Duration::from_millis(1)).is_err());
            go.send(()).unwrap();
            slot.prepare(48_000, Duration::from_secs(9)).unwrap();
        });
    }
}
