//! Waiting for what the system says, with a way out.

use std::time::Duration;

#[cfg(all(target_os = "linux", feature = "midi-jack"))]
pub(crate) use linux::{Bell, bell};
#[cfg(target_os = "linux")]
pub(crate) use linux::{Leash, Waker, pair};
#[cfg(not(target_os = "linux"))]
pub(crate) use portable::{Leash, Waker, pair};

/// Runs `run` on a thread of its own, until the leash is dropped. `what` is watched, for the error.
pub(crate) fn watch(thread: &str, what: &str, run: impl FnOnce(&Waker) + Send + 'static) -> Result<Leash, String> {
    let (waker, leash) = pair().map_err(|error| format!("{what} cannot be watched ({error})"))?;
    std::thread::Builder::new()
        .name(thread.to_owned())
        .spawn(move || run(&waker))
        .map_err(|error| format!("no thread can be started ({error})"))?;
    Ok(leash)
}

/// A pipe: waiting for it and for others is one system call.
#[cfg(target_os = "linux")]
mod linux {
    use super::Duration;
    use std::io::{PipeReader, PipeWriter};
    use std::os::fd::AsRawFd;

    /// Whoever waits; ends waiting when its [`Leash`] is dropped.
    pub(crate) struct Waker(PipeReader);

    /// Dropping it ends the waiting of its [`Waker`].
    pub(crate) struct Leash(#[expect(dead_code, reason = "held until it is dropped")] PipeWriter);

    /// # Errors
    /// The system has no pipe left.
    pub(crate) fn pair() -> std::io::Result<(Waker, Leash)> {
        std::io::pipe().map(|(reader, writer)| (Waker(reader), Leash(writer)))
    }

    impl Waker {
        /// Waits until one of `fds` is ready, the time is over (none = for ever), or the leash is dropped: true.
        pub(crate) fn wait(&self, fds: &mut [libc::pollfd], timeout: Option<Duration>) -> bool {
            let own = libc::pollfd { fd: self.0.as_raw_fd(), events: libc::POLLIN, revents: 0 };
            let mut all: Vec<_> = std::iter::once(own).chain(fds.iter().copied()).collect();
            let millis = timeout.map_or(-1, |timeout| i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX).max(1));
            if alsa::poll::poll(&mut all, millis).is_err() {
                // Interrupted, or the system is out of memory: never a tight loop.
                std::thread::sleep(Duration::from_millis(10));
                return false;
            }
            fds.iter_mut().zip(all.iter().skip(1)).for_each(|(fd, polled)| fd.revents = polled.revents);
            all.first().is_some_and(|own| own.revents != 0)
        }
    }

    #[cfg(feature = "midi-jack")]
    mod bells {
        use std::io::{PipeReader, PipeWriter, Read, Write};
        use std::os::fd::AsRawFd;
        use std::sync::Arc;
        use std::sync::atomic::{AtomicBool, Ordering};

        /// Wakes a [`super::Waker`] from any thread.
        pub(crate) struct Bell(PipeWriter, Arc<AtomicBool>);

        /// What the waker waits for.
        pub(crate) struct Heard(PipeReader, Arc<AtomicBool>);

        /// # Errors
        /// The system has no pipe left.
        pub(crate) fn bell() -> std::io::Result<(Heard, Bell)> {
            let rung = Arc::new(AtomicBool::new(false));
            std::io::pipe().map(|(reader, writer)| (Heard(reader, Arc::clone(&rung)), Bell(writer, rung)))
        }

        impl Bell {
            /// One byte at a time is in the pipe: it never waits.
            pub(crate) fn ring(&mut self) {
                if !self.1.swap(true, Ordering::AcqRel) {
                    // Nobody listens any more when it fails.
                    drop(self.0.write_all(&[1]));
                }
            }
        }

        impl Heard {
            pub(crate) fn fd(&self) -> libc::pollfd {
                libc::pollfd { fd: self.0.as_raw_fd(), events: libc::POLLIN, revents: 0 }
            }

            /// What rings from now on is new.
            pub(crate) fn hush(&mut self) {
                if self.1.load(Ordering::Acquire) {
                    // The byte is there, or is just being written.
                    drop(self.0.read_exact(&mut [0]));
                    self.1.store(false, Ordering::Release);
                }
            }
        }
    }

    #[cfg(feature = "midi-jack")]
    pub(crate) use bells::{Bell, bell};
}

/// Where nothing but time is waited for.
#[cfg(not(target_os = "linux"))]
mod portable {
    use super::Duration;
    use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};

    /// Whoever waits; ends waiting when its [`Leash`] is dropped.
    pub(crate) struct Waker(Receiver<()>);

    /// Dropping it ends the waiting of its [`Waker`].
    pub(crate) struct Leash(#[expect(dead_code, reason = "held until it is dropped")] SyncSender<()>);

    /// # Errors
    /// Never here.
    pub(crate) fn pair() -> std::io::Result<(Waker, Leash)> {
        let (sender, receiver) = sync_channel(0);
        Ok((Waker(receiver), Leash(sender)))
    }

    impl Waker {
        /// Waits until the time is over (none = for ever), or the leash is dropped: true.
        pub(crate) fn wait(&self, _fds: &mut [()], timeout: Option<Duration>) -> bool {
            match timeout {
                Some(timeout) => self.0.recv_timeout(timeout) == Err(RecvTimeoutError::Disconnected),
                None => self.0.recv().is_err(),
            }
        }
    }
}
