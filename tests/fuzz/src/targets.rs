//! The list of targets.

mod envelopes;
mod filters;
mod frames;
mod hid;
mod imports;
mod midi;
mod osc;
mod peaks;
mod plane;
mod profiles;
mod projects;
mod settings;

use crate::Target;

macro_rules! targets {
    ($($name:ident),* $(,)?) => {
        /// Every target, by name.
        pub const TARGETS: &[Target] =
            &[$( Target { name: stringify!($name), run: $name::run, seeds: $name::seeds } ),*];
    };
}

targets![envelopes, filters, frames, hid, imports, midi, osc, peaks, plane, profiles, projects, settings];
