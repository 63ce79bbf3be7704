//! The executable that scenarios run: the same composition as the product's own `main.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    loophole::cli::main(&loophole::cli::SignalEntry {
        run: |port| loophole_signal::run(loophole_signal::SignalArguments { port }),
        list_devices: loophole_signal::list_devices,
        error_codes: loophole_signal::ERROR_CODES,
    })
}
