//! The shapes of what the upper seam says: payloads of answers and events, as `loophole protocol schema` prints them.
//!
//! They borrow what they show and are written once. Parts of the model and of the view that look on the wire as they do
//! in memory are shapes themselves.

pub mod client;
pub mod edit;
pub mod entities;
pub mod hardware;
pub mod metering;
pub mod project;
pub mod session;
pub mod surfaces;
pub mod trace;
pub mod transport;

use schemars::JsonSchema;
use serde::Serialize;

/// No fields: it was done, and there is no more to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Done {}
