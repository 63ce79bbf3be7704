//! Real-time priority of an audio thread, where the system grants it.
#![allow(unsafe_code)]

/// Below JACK's own threads (70 with `jackd -P70`, 65 of its clients), above everything ordinary.
#[cfg(target_os = "linux")]
const PRIORITY: libc::c_int = 60;

/// How a thread is scheduled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Priority {
    /// No block yet, or a system where nobody asks.
    Unknown,
    /// It already was, by the audio server or driver.
    RealTimeByDevice,
    /// We asked and were granted.
    RealTime,
    /// We asked in vain.
    Ordinary,
}

impl Priority {
    pub(super) fn from_number(number: u8) -> Self {
        [Self::RealTimeByDevice, Self::RealTime, Self::Ordinary]
            .into_iter()
            .find(|priority| *priority as u8 == number)
            .unwrap_or(Self::Unknown)
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::RealTimeByDevice => "real time (given by the audio server)",
            Self::RealTime => "real time",
            Self::Ordinary => "ordinary; this user may not ask for real time (see RLIMIT_RTPRIO)",
        }
    }
}

/// Two system calls; for the first block of a thread only.
#[cfg(target_os = "linux")]
pub(super) fn raise_this_thread() -> Priority {
    // SAFETY: no pointers; 0 is the calling thread.
    let policy = unsafe { libc::sched_getscheduler(0) } & !libc::SCHED_RESET_ON_FORK;
    if policy == libc::SCHED_FIFO || policy == libc::SCHED_RR {
        return Priority::RealTimeByDevice;
    }
    let parameter = libc::sched_param { sched_priority: PRIORITY };
    // What it starts in turn shall be ordinary again.
    let wanted = libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK;
    // SAFETY: `parameter` is valid for the call, which only reads it; 0 is the calling thread.
    let answer = unsafe { libc::sched_setscheduler(0, wanted, &raw const parameter) };
    if answer == 0 { Priority::RealTime } else { Priority::Ordinary }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn raise_this_thread() -> Priority {
    Priority::Unknown
}
