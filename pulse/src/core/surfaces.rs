//! Control surfaces: devices that come and go, what their controls mean, and what they show.

use super::{Core, Request};
use crate::core::codes::{Code, reject};
use crate::event::{Payload, Rejection};
use crate::intent::Intent;
use crate::view::surfaces::SurfacesView;

#[derive(Debug, Default)]
pub(super) struct Surfaces {
    pub(super) view: SurfacesView,
}

impl Core {
    /// What is asked about control surfaces.
    pub(super) fn ask_surfaces(&mut self, _request: Request, intent: Intent) -> Result<Payload, Rejection> {
        let spec = intent.spec();
        Err(reject(Code::SessionBusy, format!("'{}.{}' is not there yet", spec.domain, spec.name)))
    }
}
