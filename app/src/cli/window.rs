//! `loophole`: the window.

use super::{WindowArguments, refuse, refuse_start};
use crate::wake::Wake;
use crate::window::{self, Shell};
use loophole_pulse::runtime;
use std::process::ExitCode;

/// Opens the window and runs until it is closed.
#[expect(clippy::print_stderr, reason = "this is the command line")]
pub(super) fn run(arguments: WindowArguments) -> ExitCode {
    let wake = Wake::default();
    let state_file = match super::data_folder(arguments.session.data_folder.clone()) {
        Ok(folder) => folder.join("window.ron"),
        Err(error) => return refuse(&error),
    };
    let config = match arguments.session.pulse_config(arguments.serve_port, false, wake.as_callback()) {
        Ok(config) => config,
        Err(error) => return refuse(&error),
    };
    let pulse = match runtime::start(config) {
        Ok(pulse) => pulse,
        Err(error) => return refuse_start(&error),
    };
    let (tap, renderer) = (pulse.tap, arguments.renderer);
    let opened = window::open(Shell { port: Box::new(pulse.handle), tap, wake, state_file }, renderer);
    // The engine ends before this program starts itself again with the other renderer.
    drop(pulse.running);
    let opened = opened.or_else(|error| {
        if !window::may_try_another(renderer) {
            return Err(error);
        }
        eprintln!("loophole: {error:#}; trying the other renderer");
        window::try_another()
    });
    match opened {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&error),
    }
}
