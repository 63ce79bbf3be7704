//! Aura.
