//! What runs in the audio callback, and the two ends of every ring that leads to it.

pub(crate) mod command;
pub(crate) mod denormals;
pub(crate) mod lanes;
pub(crate) mod processor;
pub(crate) mod telemetry;

#[cfg(test)]
mod tests;
