//! The closed list of what Pulse's core refuses, with its meaning.

use crate::event::Rejection;

macro_rules! codes {
    ($( $name:ident = $code:literal, $meaning:literal; )*) => {
        /// Every code that the core may answer with, and what it means.
        pub const ERROR_CODES: &[(&str, &str)] = &[ $( ($code, $meaning), )* ];

        /// One of [`ERROR_CODES`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code { $( $name, )* }

        impl Code {
            pub(crate) const fn text(self) -> &'static str {
                match self { $( Self::$name => $code, )* }
            }
        }
    };
}

codes! {
    ClientForbidden = "client.forbidden", "the connection gave up, or never had, the capability that this needs";
    ClientNotAConnection = "client.notAConnection", "only headless clients say hello and goodbye";
    SessionBusy = "session.busy", "too much waits for the project that is being opened";
    SessionNoEngine = "session.noEngine", "the engine is not there, and this needs it";
    SessionJobFailed = "session.jobFailed", "work on files could not be begun";
    SessionSettings = "session.settings", "the settings could not be read or written";
    EngineFault = "engine.fault", "the engine says that something is wrong";
    EngineNodeFault = "engine.nodeFault", "a node of the engine misbehaves";
    EngineSafeMode = "engine.safeMode", "the engine died too often and runs in safe mode";
    EngineLost = "engine.lost", "the engine died or hangs; it comes back by itself";
    EngineStopped = "engine.stopped", "the engine cannot be started";
    EngineGraphRefused = "engine.graphRefused", "the engine does not take the graph; the old one plays on";
    SurfaceUnknown = "surface.unknown", "there is no such device, element, mapping, page or profile";
    SurfaceNothing = "surface.nothing", "there is nothing to take back, to choose or to remove";
    SurfaceBadFile = "surface.badFile", "a profile or mapping set is wrong; where and how is in the message";
    SurfaceBadMapping = "surface.badMapping", "the mapping could never do anything; why is in the message";
    SurfaceBadName = "surface.badName", "a name has at most 80 characters and no control characters";
    SurfaceNotKept = "surface.notKept", "a change of mappings works now, but could not be written down";
    SurfaceNew = "surface.new", "a control surface came that nobody knows yet";
    SurfaceTooMany = "surface.tooMany", "a limit of the number of devices is reached";
    ProjectUnsavedChanges = "project.unsavedChanges", "there are changes that were not saved; save, or say discardChanges";
    ProjectNeedsPath = "project.needsPath", "the project was never saved; use saveAs with a path";
    ProjectBadPath = "project.badPath", "the path is not absolute, or names no folder";
    ProjectNotFound = "project.notFound", "there is no project at that path";
    ProjectUnreadable = "project.unreadable", "the project file is broken; where and how is in the message";
    ProjectNewerVersion = "project.newerVersion", "the project was saved by a newer Loophole";
    ProjectExists = "project.exists", "something is at that path already";
    ProjectCannotWrite = "project.cannotWrite", "the folder cannot be written";
    ProjectDiskFull = "project.diskFull", "the disk is full; what was saved before is untouched";
    ProjectBadName = "project.badName", "a name has 1 to 200 bytes and no control characters";
    ProjectFull = "project.full", "a limit of the size of projects is reached";
    ProjectNoDemo = "project.noDemo", "the demo song is not part of this program";
    ProjectBusy = "project.busy", "the project is being saved already";
    ModelUnknownId = "model.unknownId", "the id names nothing in this project";
    ModelBadColour = "model.badColour", "a colour looks like #rrggbb";
    ModelBadPosition = "model.badPosition", "the position is negative or absurdly far";
    ModelBadValue = "model.badValue", "the number is outside its range";
    TransportBadPosition = "transport.badPosition", "exactly one of positionTicks and positionFrames, not negative";
    TransportBadLoop = "transport.badLoop", "a loop ends behind its start and is not shorter than 64 frames";
    TimebaseBadTempo = "timebase.badTempo", "a tempo is between 10 and 999 quarter notes per minute";
    TimebaseBadSignature = "timebase.badSignature", "numerator 1 to 64, denominator a power of two up to 64";
    ClipBadRange = "clip.badRange", "the clip would begin before its media, or be empty";
    ClipNothing = "clip.nothing", "the list of clips is empty";
    TrackNothing = "track.nothing", "the list of tracks is empty";
    ChannelNotForTracks = "channel.notForTracks", "the channel belongs to a track; rename the track";
    NodeFixed = "node.fixed", "this node belongs to its strip and stays";
    NodeBadPlace = "node.badPlace", "nodes stand behind the lanes and before the pan";
    ParameterBadRequest = "parameter.badRequest", "one parameter with a value or a normalised value, or a list of values";
    ParameterHeld = "parameter.held", "somebody else holds this parameter";
    ParameterNotHeld = "parameter.notHeld", "there is no gesture on this parameter; begin one";
    GestureUnknownStream = "gesture.unknownStream", "no such stream is open for this client";
    GestureTooMany = "gesture.tooMany", "too many streams, or too many parameters in one";
    RoutingCycle = "routing.cycle", "channels would feed each other in a circle";
    RoutingNotABus = "routing.notABus", "only buses and the master can be fed, and only buses can be deleted";
    RoutingMaster = "routing.master", "the master feeds the device and nothing else";
    RoutingNotASend = "routing.notASend", "the node is not a send";
    MediaNothing = "media.nothing", "no file was named, or none could be imported; the reasons are in details.failed";
    MediaMissing = "media.missing", "a media file is not there or cannot be read";
    MediaPeaks = "media.peaks", "the waveform of a media file cannot be shown";
    HardwareBadChoice = "hardwareIo.badChoice", "the host, rate, buffer or address makes no sense";
    HardwareLost = "hardwareIo.deviceLost", "the audio device is gone; something else runs instead";
    HardwareFault = "hardwareIo.fault", "a device or endpoint says an error";
    HistoryNothing = "history.nothing", "there is nothing to undo or redo";
    DebugBadFilter = "debug.badFilter", "a filter for messages is not understood; details say where and what would be right";
    DebugSimulated = "debug.simulated", "somebody asked for an error";
}

/// A refusal: what was asked, why not, what would work.
pub(crate) fn reject(code: Code, message: impl Into<String>) -> Rejection {
    Rejection::new(code.text(), message)
}

#[cfg(test)]
mod tests {
    use super::ERROR_CODES;

    #[test]
    fn codes_are_unique_and_look_like_codes() {
        let mut seen = std::collections::BTreeSet::new();
        for (code, meaning) in ERROR_CODES {
            assert!(seen.insert(code), "{code} stands twice");
            let (domain, reason) = code.split_once('.').unwrap();
            assert!(!domain.is_empty() && !reason.is_empty() && !meaning.is_empty());
        }
    }
}
