//! What a control surface says and shows: pure codecs and device descriptions.
//!
//! Knows what a control *is*, never what it controls. No I/O, no threads, no clock.

pub mod osc;
pub mod osc_map;
pub mod taper;
