//! The lower seam: the engine's process, the link to it, and when it is started again.

pub(crate) mod child;
pub mod from_wire;
pub(crate) mod keeper;
pub(crate) mod link;
pub mod memory;
pub(crate) mod memory_keeper;
pub(crate) mod outbox;
pub mod rebuild;
pub mod supervise;
pub mod to_wire;
