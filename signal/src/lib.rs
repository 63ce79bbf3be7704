//! Signal, the engine: audio, media, devices and DSP, in a process of its own.

pub mod media;
