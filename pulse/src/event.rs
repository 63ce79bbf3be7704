//! What Pulse says to a window and to headless clients: answers, and what happened.

use crate::intent::Origin;
use crate::view::shapes::{client, entities, hardware, metering, session, surfaces, trace, transport};
use loophole_wire::ErrorBody;
use loophole_wire::envelope::{Kind, Priority, to_payload};
use loophole_wire::schema::{SchemaOf, schema_of_said};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;

/// Names one request until its answer; given out by the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// A payload as it goes out: a JSON object, written once. Cloning costs one reference count.
#[derive(Clone, Debug)]
pub struct Payload(Arc<RawValue>);

impl Payload {
    /// Writes a shape down.
    pub fn of(shape: &impl Serialize) -> Self {
        Self(to_payload(shape).into())
    }

    pub fn json(&self) -> &Arc<RawValue> {
        &self.0
    }

    /// For whoever wants to look inside.
    pub fn value(&self) -> Value {
        serde_json::from_str(self.0.get()).expect("what was written as JSON can be read")
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

/// The answer to an intent that was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The model's revision afterwards.
    pub revision: u64,
    /// Of the shape that the intent's row in [`crate::intent`] says.
    pub payload: Payload,
}

/// Why an intent was not done: what was asked, why not, what would work.
pub type Rejection = ErrorBody;

/// Everything that the upper seam carries upwards besides views and telemetry.
#[derive(Clone, Debug)]
pub enum ModelEvent {
    /// The answer to the intent with this ticket.
    Answered { ticket: Ticket, domain: &'static str, name: &'static str, outcome: Result<Reply, Rejection> },
    /// Somebody (perhaps oneself) changed the model. Clients get it as the event `domain.name`; the payload is of the
    /// shape that the intent's row in [`crate::intent`] says.
    Changed { revision: u64, domain: &'static str, name: &'static str, origin: Origin, payload: Payload },
    /// Something of its own accord: a [`Happening`], written down.
    Happened { domain: &'static str, name: &'static str, payload: Payload },
}

/// What is known of a happening without having one.
#[derive(Clone, Copy, Debug)]
pub struct HappeningSpec {
    pub domain: &'static str,
    pub name: &'static str,
    /// An event, or a command that Pulse gives.
    pub kind: Kind,
    pub priority: Priority,
    /// When it comes, one sentence.
    pub doc: &'static str,
    pub schema: SchemaOf,
}

macro_rules! happenings {
    ($( #[doc = $doc:literal] $variant:ident($payload:ty) = $kind:ident $domain:literal . $name:literal, $priority:ident; )*) => {
        /// Everything that Pulse says of its own accord.
        #[derive(Clone, Debug)]
        pub enum Happening<'a> {
            $( #[doc = $doc] $variant($payload), )*
        }

        impl<'a> Happening<'a> {
            /// Every happening, in the order of the domains.
            pub const SPECS: &'static [HappeningSpec] = &[ $( HappeningSpec {
                domain: $domain,
                name: $name,
                kind: Kind::$kind,
                priority: Priority::$priority,
                doc: $doc.trim_ascii(),
                schema: schema_of_said::<$payload>,
            }, )* ];

            /// What is known of this happening.
            pub fn spec(&self) -> &'static HappeningSpec {
                enum Place { $( $variant, )* }
                let place = match self { $( Self::$variant(_) => Place::$variant, )* };
                &Self::SPECS[place as usize]
            }

            /// As it goes out.
            pub fn payload(&self) -> Payload {
                match self { $( Self::$variant(payload) => Payload::of(payload), )* }
            }
        }
    };
}

happenings! {
    #[doc = " Wants a sign of life: an event of the same name with its id as `cid`."]
    ClientHeartbeat(client::Heartbeat) = Command "client"."heartbeat", Normal;
    #[doc = " Engine or project are in another state."]
    SessionState(session::Status<'a>) = Event "session"."state", Normal;
    #[doc = " Something that a person should know."]
    SessionWarning(session::Warning<'a>) = Event "session"."warning", Normal;
    #[doc = " Work in the background began, went on or ended."]
    SessionTask(session::Tasks<'a>) = Event "session"."task", Normal;
    #[doc = " The transport does something else, or the engine has confirmed it."]
    TransportState(transport::Transport) = Event "transport"."state", Normal;
    #[doc = " Meters, position and load, for those who subscribed to them."]
    MeteringState(metering::Meters) = Event "metering"."state", Low;
    #[doc = " A media file can be played, is missing, or its waveform is there."]
    MediaState(entities::OneMedia<'a>) = Event "media"."state", Normal;
    #[doc = " Devices were found, or others are used."]
    HardwareIoDevices(hardware::Hardware<'a>) = Event "hardwareIo"."devices", Normal;
    #[doc = " A device or endpoint says an error."]
    HardwareIoError(&'a hardware::Fault) = Event "hardwareIo"."error", Normal;
    #[doc = " A control surface came, went, or is in another state."]
    SurfaceDevice(surfaces::SurfaceState<'a>) = Event "surface"."device", Normal;
    #[doc = " A control was moved, and why it did what it did; only while somebody monitors."]
    SurfaceControl(surfaces::Control<'a>) = Event "surface"."control", Low;
    #[doc = " Learning began, wants something else, or ended."]
    SurfaceLearn(surfaces::Learning<'a>) = Event "surface"."learn", Normal;
    #[doc = " Messages at both seams, for those who subscribed to them."]
    DebugTraced(trace::Traced<'a>) = Event "debug"."traced", Low;
    #[doc = " The audio thread came too late."]
    HardwareIoXrun(&'a hardware::Xrun) = Event "hardwareIo"."xrun", Normal;
}

impl ModelEvent {
    /// A happening that was written down.
    pub fn happened(&HappeningSpec { domain, name, .. }: &'static HappeningSpec, payload: Payload) -> Self {
        Self::Happened { domain, name, payload }
    }
}

impl From<&Happening<'_>> for ModelEvent {
    fn from(happening: &Happening<'_>) -> Self {
        Self::happened(happening.spec(), happening.payload())
    }
}
