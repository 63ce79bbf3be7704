//! Parameters: one, or many at once.

use super::Edit;
use crate::bus::validate::{find, value};
use crate::core::codes::{Code, reject};
use crate::event::Rejection;
use crate::intent::parameter::SetValue;
use crate::model::{Change, Model, Op, Parameter, ParameterId, ParameterRole};
use loophole_surfaces::taper;

pub(crate) fn set_value(model: &Model, ask: &SetValue) -> Edit {
    let mut change = Change::of(model);
    match (ask.parameter_id, ask.values.as_slice()) {
        (Some(id), []) => {
            let parameter = find(&model.parameters, id, "parameter")?;
            let wanted = match (ask.value, ask.normalised) {
                (Some(wanted), None) => value(parameter, wanted.0)?,
                (None, Some(part)) => of_normalised(parameter, part)?,
                (Some(_), Some(_)) | (None, None) => return Err(bad_request("give either value or normalised")),
            };
            change.ops.push(Op::Value(id, wanted));
            change.label = Some(label(model, parameter));
        }
        (None, [_, ..]) if ask.value.is_none() && ask.normalised.is_none() => {
            change.ops.reserve_exact(ask.values.len());
            for wanted in &ask.values {
                let parameter = find(&model.parameters, wanted.parameter_id, "parameter")?;
                change.ops.push(Op::Value(wanted.parameter_id, value(parameter, wanted.value.0)?));
            }
            change.label = Some(many(model, ask.values.iter().map(|wanted| wanted.parameter_id)));
        }
        (_, _) => return Err(bad_request("name one parameterId, or give a list of values, and not both")),
    }
    Ok(change)
}

fn bad_request(message: &str) -> Rejection {
    reject(Code::ParameterBadRequest, message)
}

/// From 0 … 1 of a control's travel: gains by the fader's taper, frequencies by octaves, the rest evenly.
pub(crate) fn of_normalised(parameter: &Parameter, part: f64) -> Result<f64, Rejection> {
    if !(0.0..=1.0).contains(&part) {
        return Err(reject(Code::ModelBadValue, format!("a normalised value goes from 0 to 1; {part} does not")));
    }
    let (min, max) = (parameter.min, parameter.max);
    let wanted = match parameter.role {
        ParameterRole::GainDb => taper::db_of_position(part),
        ParameterRole::FrequencyHz => min * (max / min).powf(part),
        ParameterRole::Pan => min + part * (max - min),
    };
    Ok(wanted.clamp(min, max))
}

/// "Set gain of Kick", "Set frequency of test tone".
pub(crate) fn label(model: &Model, parameter: &Parameter) -> String {
    let node = model.nodes.get(&parameter.node);
    let channel = node.and_then(|node| model.channels.get(&node.channel));
    let of = match (node, channel) {
        (Some(node), Some(channel))
            if matches!(node.kind, crate::model::NodeKind::Fader | crate::model::NodeKind::Pan) =>
        {
            channel.name.clone()
        }
        (Some(node), _) => node.name.to_lowercase(),
        (None, _) => String::new(),
    };
    format!("Set {} of {of}", parameter.name.to_lowercase())
}

/// The label of a change of several parameters.
pub(crate) fn many(model: &Model, mut ids: impl ExactSizeIterator<Item = ParameterId>) -> String {
    match (ids.len(), ids.next().and_then(|id| model.parameters.get(&id))) {
        (1, Some(parameter)) => label(model, parameter),
        (count, _) => format!("Set {count} parameters"),
    }
}
