//! The project's name.

use super::Edit;
use crate::bus::validate::name;
use crate::intent::project::Rename;
use crate::model::{Change, Model, Op};

pub(crate) fn rename(model: &Model, ask: &Rename) -> Edit {
    let name = name(&ask.name)?;
    let label = format!("Rename project to {name}");
    Ok(Change::of(model).with(Op::Name(name)).labelled(label))
}
