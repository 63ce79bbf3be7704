//! What every intent passes: is it allowed, is it well-formed, does it belong to what was done a moment ago.

pub(crate) mod coalesce;
pub(crate) mod permit;
pub(crate) mod validate;
