//! What the media threads ask of the operating system.

#![allow(unsafe_code)]

/// How much workers give way, as `nice` counts.
#[cfg(target_os = "linux")]
const NICENESS: libc::c_int = 10;

/// Each open file holds a descriptor, and the usual limit of 1,024 is less than a large project has files: up to what the
/// system allows the process anyway. Where that fails, the last files say so when they are opened.
pub(super) fn allow_many_files() {
    #[cfg(unix)]
    {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: `limit` is a valid rlimit for the whole call, which only writes it.
        if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } == 0 {
            limit.rlim_cur = limit.rlim_max.min(65_536).max(limit.rlim_cur);
            // SAFETY: `limit` is a valid rlimit for the whole call, which only reads it.
            unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) };
        }
    }
}

/// Lets the calling thread run behind the ones that keep the sound going.
pub(super) fn yield_to_audio() {
    #[cfg(target_os = "linux")]
    // SAFETY: takes three numbers and touches no memory; 0 means the calling thread (setpriority(2), “C library/kernel differences”).
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS);
    }
}
