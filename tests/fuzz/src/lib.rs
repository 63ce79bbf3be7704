//! Everything that reads bytes from outside, each as a target: it must survive any bytes, and read again what it wrote.
//!
//! A further target is a file in `targets/` and its line in [`targets`]. What a run of libFuzzer found goes into the seeds of its
//! target once it is repaired; ordinary tests try all seeds, whole and damaged.

#![allow(clippy::unwrap_used, reason = "a target that fails panics: this is how it says so")]

pub mod targets;

/// One reader of bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// As its file is called.
    pub name: &'static str,
    /// Tries the bytes; panics where the reader does, or where what it read does not survive being written.
    pub run: fn(&[u8]),
    /// What a run begins with: some of everything that is valid, and what once was a mistake.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Some 200 damaged copies of a seed: cut short, and with bytes that often hurt. The same every time.
pub fn damaged(seed: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let step = (seed.len() / 24).max(1);
    let places = (0..seed.len()).step_by(step);
    let cuts = places.clone().map(|place| seed[..place].to_vec());
    let changes = places.flat_map(move |place| {
        [0, 0x7f, 0xff, b'"', b'[', b'9'].map(|byte| {
            let mut copy = seed.to_vec();
            copy[place] = byte;
            copy
        })
    });
    cuts.chain(changes)
}
