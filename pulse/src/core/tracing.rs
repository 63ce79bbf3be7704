//! Which messages somebody wants to be told of.

use crate::core::codes::{Code, reject};
use crate::event::{Payload, Rejection};
use crate::trace::filter::Filter;
use crate::view::shapes::trace::Tracing;
use serde_json::json;

/// Reads a filter; the answer that says so.
pub(crate) fn tracing(filter: Option<&str>) -> Result<(Filter, Payload), Rejection> {
    let text = filter.unwrap_or_default();
    match Filter::parse(text) {
        Ok(filter) => {
            let payload = Payload::of(&Tracing { filter: filter.to_string() });
            Ok((filter, payload))
        }
        Err(error) => {
            let details = json!({ "start": error.span.start, "end": error.span.end, "hint": error.hint });
            Err(reject(Code::DebugBadFilter, error.message).with_details(details))
        }
    }
}
