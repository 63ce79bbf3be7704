//! Waiting for what the system says, with a way out.

use std::io::{PipeReader, PipeWriter};
use std::os::fd::AsRawFd;
use std::time::Duration;

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
        }
        fds.iter_mut().zip(all.iter().skip(1)).for_each(|(fd, polled)| fd.revents = polled.revents);
        all.first().is_some_and(|own| own.revents != 0)
    }
}
