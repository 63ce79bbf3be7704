//! The engine as `loophole signal` is it, with MIDI over JACK: for tests, beside a program whose own engine speaks to the
//! system's MIDI. Its arguments mean nothing; it takes any free port.

fn main() {
    std::process::exit(loophole_signal::run(loophole_signal::SignalArguments { port: 0 }));
}
