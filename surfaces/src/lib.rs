//! What a control surface says and shows: pure codecs and device descriptions.
//!
//! Nothing here has a clock, a thread or a socket, and nothing knows what a track is: a control has a number and a value.

pub mod control;
pub mod decode;
pub mod element;
pub mod encode;
pub mod facts;
pub mod fingerprint;
pub mod generic;
pub mod hex;
pub mod hid;
pub mod id;
pub mod import;
pub mod learn;
pub mod mapping;
pub mod midi;
pub mod osc;
pub mod osc_map;
pub mod output;
pub mod profile;
pub mod raw;
pub mod scale;
pub mod simulate;
pub mod source;
pub mod taper;
