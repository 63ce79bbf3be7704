//! What each intent that edits does: pure functions from a model and a payload to a change, or a refusal.

pub(crate) mod channel;
pub(crate) mod clip;
pub(crate) mod media;
pub(crate) mod node;
pub(crate) mod parameter;
pub(crate) mod project;
pub(crate) mod routing;
pub(crate) mod timebase;
pub(crate) mod track;
pub(crate) mod transport;

use crate::event::Rejection;
use crate::model::Change;

/// What a domain function answers.
pub(crate) type Edit = Result<Change, Rejection>;
