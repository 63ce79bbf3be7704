//! Pulse as it runs: the real core and its threads, with clients over TCP and engines that misbehave.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends where it fails, and says what it measured"
)]

mod clients;
mod fake;
mod rig;
mod seam;
mod supervision;
