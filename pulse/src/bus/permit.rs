//! Who may ask what.

use crate::core::codes::{Code, reject};
use crate::event::Rejection;
use crate::intent::{Capability, IntentSpec, Origin};

/// Refuses what the origin may not ask. What a headless client gave up is checked at its connection, which alone
/// knows it; here is what holds for each kind of origin.
pub(crate) fn permit(origin: Origin, spec: &IntentSpec) -> Result<(), Rejection> {
    let allowed = match origin {
        Origin::Aura | Origin::Client(_) | Origin::Pulse => true,
        // Whoever can send a datagram to a surface's port must not be able to open or save files.
        Origin::Surface(_) => matches!(spec.capability, Capability::Observe | Capability::Play | Capability::Edit),
    };
    if allowed {
        return Ok(());
    }
    let (domain, name, needed) = (spec.domain, spec.name, spec.capability.name());
    let message = format!("'{domain}.{name}' needs the capability '{needed}', which a control surface does not have");
    Err(reject(Code::ClientForbidden, message))
}
