//! `loophole serve`: model and engine with no window.

use super::{ServeArguments, refuse, refuse_start};
use loophole_pulse::runtime;
use std::io::{Read, Write};
use std::process::ExitCode;
use std::sync::Arc;

/// Serves until a signal ends it, or until stdin ends when stdin is a pipe that somebody holds.
pub(super) fn run(arguments: ServeArguments) -> ExitCode {
    let config = match arguments.session.pulse_config(Some(arguments.port), arguments.empty, Arc::new(|| {})) {
        Ok(config) => config,
        Err(error) => return refuse(&error),
    };
    let pulse = match runtime::start(config) {
        Ok(pulse) => pulse,
        Err(error) => return refuse_start(&error),
    };
    if let Some(ready) = &pulse.ready
        && let Err(error) = print_line(&ready.to_json())
    {
        return refuse(&error.into());
    }
    wait_for_the_end();
    pulse.shutdown();
    ExitCode::SUCCESS
}

fn print_line(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// A parent that holds our stdin as a pipe ends us by closing it;
/// a terminal or /dev/null does not (there a signal does).
fn wait_for_the_end() {
    let mut stdin = std::io::stdin().lock();
    let mut buffer = [0; 256];
    let mut read_something = false;
    loop {
        match stdin.read(&mut buffer) {
            Ok(0) if read_something || is_pipe() => return,
            Ok(0) => park_forever(),
            Ok(_) => read_something = true,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => park_forever(),
        }
    }
}

fn park_forever() -> ! {
    loop {
        std::thread::park();
    }
}

#[cfg(unix)]
fn is_pipe() -> bool {
    use std::os::unix::fs::FileTypeExt;
    std::fs::metadata("/dev/stdin").is_ok_and(|stdin| stdin.file_type().is_fifo() || stdin.file_type().is_socket())
}

#[cfg(not(unix))]
fn is_pipe() -> bool {
    false
}
