//! `loophole`: the window.

use super::{WindowArguments, refuse, refuse_start};
use crate::wake::Wake;
use loophole_pulse::runtime;
use std::process::ExitCode;

/// Opens the window and runs until it is closed.
pub(super) fn run(arguments: WindowArguments) -> ExitCode {
    let wake = Wake::default();
    let config = match arguments.session.pulse_config(arguments.serve_port, false, wake.as_callback()) {
        Ok(config) => config,
        Err(error) => return refuse(&error),
    };
    let pulse = match runtime::start(config) {
        Ok(pulse) => pulse,
        Err(error) => return refuse_start(&error),
    };
    match crate::run_window(crate::WindowOptions { renderer: arguments.renderer, pulse, wake }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&error),
    }
}
