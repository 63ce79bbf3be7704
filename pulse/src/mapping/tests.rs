//! Mappings at work: scripts of a hand, and what is asked and shown.

mod properties;
mod rig;
mod scenes;
