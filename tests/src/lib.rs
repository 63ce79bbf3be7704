//! The rig: real processes on ephemeral ports, and ways to ask them. Nothing here sleeps to wait: it waits for events,
//! with a deadline.

pub mod contract;
pub mod controller;
pub mod gadget;
pub mod hid;
pub mod peer;
pub mod process;
pub mod server;

pub use controller::Controller;
pub use peer::Peer;
pub use process::{Engine, Serve, ServeOptions};
pub use server::Server;

use std::time::{Duration, Instant};

/// What a test waits for at the most; far beyond what is needed, so that a busy machine does not fail it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Asks `condition` until it says yes.
///
/// # Panics
/// When it never does.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited {} s in vain: {what}", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a lane may run: `./test` says so; without it, the tool itself is looked for. Prints why not.
#[expect(clippy::print_stdout, reason = "a lane that does not run says so")]
pub fn lane(name: &str, tools: &[&str]) -> bool {
    if let Ok(lanes) = std::env::var("LOOPHOLE_LANES")
        && !lanes.split_whitespace().any(|lane| lane == name)
    {
        println!("lane {name}: skipped, because LOOPHOLE_LANES is '{lanes}'");
        return false;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    for tool in tools {
        if !std::env::split_paths(&path).any(|folder| folder.join(tool).is_file()) {
            println!("lane {name}: skipped, because {tool} is missing; ./test installs it");
            return false;
        }
    }
    true
}
