//! The mixer.
