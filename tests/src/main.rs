//! The executable that scenarios run: the same composition as the product's own `main.rs`. With `LOOPHOLE_TEST_ENGINE`, another
//! executable is its engine.

use std::process::ExitCode;

fn main() -> ExitCode {
    loophole::cli::main(&loophole::cli::SignalEntry {
        run,
        list_devices: loophole_signal::list_devices,
        error_codes: loophole_signal::ERROR_CODES,
    })
}

fn run(port: u16) -> i32 {
    match std::env::var_os(loophole_tests::process::ENGINE_VARIABLE) {
        Some(other) => become_other(&other),
        None => loophole_signal::run(loophole_signal::SignalArguments { port }),
    }
}

/// The same process goes on as the other executable: whoever started it sees no difference.
#[cfg(unix)]
#[expect(clippy::print_stderr, reason = "a test sees why its engine did not start")]
fn become_other(other: &std::ffi::OsStr) -> i32 {
    use std::os::unix::process::CommandExt;
    let error = std::process::Command::new(other).exec();
    eprintln!("{}: {error}", other.display());
    1
}

#[cfg(not(unix))]
fn become_other(_other: &std::ffi::OsStr) -> i32 {
    1
}
