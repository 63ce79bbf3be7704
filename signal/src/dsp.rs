//! The sound of the nodes. Real time: nothing here allocates, locks or asks the system.

pub(crate) mod pan;
pub(crate) mod smooth;
