//! Control surfaces: devices that come and go, what their controls mean, and what they show.
//!
//! Signal moves bytes; `loophole-surfaces` knows what they are; `crate::mapping` knows what they mean. Here it comes
//! together: which devices there are, which files say what, and who hears of it.

mod device;
mod edit;
mod events;
mod fast_path;
mod feedback;
mod files;
mod handshake;
mod identify;
mod learn;
mod maps;
mod osc;
mod picture;
mod ports;
mod simulate;

use super::Core;
use super::codes::{Code, reject};
use crate::event::{Payload, Rejection};
use crate::intent::Intent;
use crate::intent::surface::{SetBank, SetPage};
use crate::mapping::Engine;
use crate::telemetry::ChannelMeter;
use crate::view::shapes::{Done, surfaces as shapes};
use crate::view::surfaces::{MonitorEntry, SurfacesView};
use device::Device;
use loophole_surfaces::element::FeedbackKind;
use loophole_surfaces::profile::Profile;
use loophole_wire::message::ports::FastPathEntry;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Devices that are kept in the list at once, gone ones too.
const DEVICE_LIMIT: usize = 256;

#[derive(Debug)]
pub(super) struct Surfaces {
    devices: BTreeMap<u32, Device>,
    /// Of this engine's life.
    by_port: BTreeMap<u32, u32>,
    /// 0 is the OSC endpoint.
    next_device: u32,
    /// The person's own profiles; they win over those that came with the program.
    own_profiles: Vec<Arc<Profile>>,
    maps: maps::Maps,
    engine: Engine,
    learn: Option<learn::Learn>,
    monitoring: bool,
    monitor: VecDeque<Arc<MonitorEntry>>,
    next_monitor: u64,
    pub(super) looking: events::Looking,
    /// Feedback may be out of date.
    stale: bool,
    /// A device shows where the playhead is.
    shows_position: bool,
    /// The rows of tables and the states of devices may be out of date.
    rows_stale: bool,
    /// What the engine obeys at once, and whether it may be out of date.
    fast_path: Vec<FastPathEntry>,
    fast_path_stale: bool,
    /// When feedback or the picture of what is live go out next, at the earliest.
    next_feedback: u64,
    next_live: u64,
    /// Why the last intent of a surface was refused.
    pub(super) refused: Option<Rejection>,
    pub(super) view: SurfacesView,
}

impl Default for Surfaces {
    fn default() -> Self {
        Self {
            devices: BTreeMap::new(),
            by_port: BTreeMap::new(),
            next_device: 0,
            own_profiles: Vec::new(),
            maps: maps::Maps::default(),
            engine: Engine::default(),
            learn: None,
            monitoring: false,
            monitor: VecDeque::new(),
            next_monitor: 1,
            looking: events::Looking::default(),
            stale: false,
            shows_position: false,
            rows_stale: false,
            fast_path: Vec::new(),
            fast_path_stale: false,
            next_feedback: 0,
            next_live: 0,
            refused: None,
            view: SurfacesView::default(),
        }
    }
}

impl Core {
    /// What is asked about control surfaces.
    pub(super) fn ask_surfaces(&mut self, intent: Intent) -> Result<Payload, Rejection> {
        match intent {
            Intent::SurfaceList(_) => return Ok(Payload::of(&shapes::Surfaces::of(&self.surfaces.view))),
            Intent::SurfaceAdopt(ask) => self.adopt(ask.device, ask.profile_id)?,
            Intent::SurfaceIgnore(ask) => self.ignore(ask.device)?,
            Intent::SurfaceRename(ask) => self.rename_device(ask.device, &ask.name)?,
            Intent::SurfaceSettleTie(ask) => self.settle_tie(ask.device, ask.known.as_deref())?,
            Intent::SurfaceLearnBegin(ask) => self.learn_begin(ask)?,
            Intent::SurfaceLearnCancel(_) => self.learn_cancel(),
            Intent::SurfaceLearnConfirm(ask) => self.learn_confirm(ask.replace)?,
            Intent::SurfaceCheckMapping(ask) => {
                return Ok(Payload::of(&shapes::Conflicts { conflicts: self.check_mapping(&ask)? }));
            }
            Intent::SurfaceAddMapping(ask) => {
                return Ok(Payload::of(&shapes::MappingId { mapping_id: self.add_mapping(ask)? }));
            }
            Intent::SurfaceUpdateMapping(ask) => self.update_mapping(ask)?,
            Intent::SurfaceRemoveMapping(ask) => self.remove_mappings(&ask)?,
            Intent::SurfaceSoloMapping(ask) => self.solo_mapping(ask)?,
            Intent::SurfaceUndoMapping(_) => return Ok(Payload::of(&shapes::Label { label: self.undo_map()? })),
            Intent::SurfaceRedoMapping(_) => return Ok(Payload::of(&shapes::Label { label: self.redo_map()? })),
            Intent::SurfaceSetPage(ask) => self.set_page(&ask)?,
            Intent::SurfaceSetBank(ask) => self.set_bank(&ask)?,
            Intent::SurfaceImportProfile(ask) => return Ok(Payload::of(&self.import_profile(&ask)?)),
            Intent::SurfaceExportProfile(ask) => return Ok(Payload::of(&self.export_profile(&ask)?)),
            Intent::SurfaceLint(ask) => return Ok(Payload::of(&files::lint(&ask.text))),
            Intent::SurfaceSimulate(ask) => {
                return Ok(Payload::of(&shapes::DeviceNumber { device: self.simulate(&ask)? }));
            }
            Intent::SurfaceSimulateEnd(ask) => self.simulate_end(ask.device)?,
            Intent::SurfaceSimulateInput(ask) => self.simulate_input(&ask)?,
            Intent::SurfaceMonitor(ask) => self.monitor(ask.on),
            other => unreachable!("{other:?} is not about surfaces"),
        }
        Ok(Payload::of(&Done {}))
    }

    /// At the end of whatever happened: what time brings, deadlines of devices, heartbeats, long presses, feedback that waits.
    pub(super) fn surfaces_turn(&mut self) {
        self.surfaces.stale |= self.view_changed;
        let now = self.now;
        let due = |wake: Option<u64>| wake.is_some_and(|wake| wake <= now);
        let devices = &self.surfaces.devices;
        let over: Vec<u32> =
            devices.values().filter(|device| due(device.deadline)).map(|device| device.number).collect();
        let beats: Vec<u32> =
            devices.values().filter(|device| due(device.next_heartbeat)).map(|device| device.number).collect();
        for number in over {
            self.device_deadline(number);
        }
        for number in beats {
            self.beat(number);
        }
        if due(self.surfaces.engine.next_deadline()) {
            self.mapping_tick();
        }
        self.settle_inputs();
        if due(self.learning_due()) {
            self.settle_learning();
        }
        self.compile_fast_path();
        self.send_surface_feedback();
        self.publish_surfaces();
    }

    /// When time has to pass for something here; nanoseconds since 1970-01-01T00:00:00Z.
    pub fn next_wake(&self) -> Option<u64> {
        let surfaces = &self.surfaces;
        let devices = surfaces.devices.values();
        let of_devices =
            devices.flat_map(|device| [device.deadline, device.next_heartbeat, device.due_nanos()]).flatten().min();
        let feedback = (surfaces.stale && surfaces.any_used()).then_some(surfaces.next_feedback);
        [of_devices, self.learning_due(), surfaces.engine.next_deadline(), feedback, surfaces.live_wake()]
            .into_iter()
            .flatten()
            .min()
    }

    fn set_page(&mut self, ask: &SetPage) -> Result<(), Rejection> {
        let name = self.device(ask.device)?.name();
        if !self.surfaces.engine.set_page(ask.device, &ask.page) {
            return Err(reject(Code::SurfaceUnknown, format!("'{name}' has no page '{}'", ask.page)));
        }
        self.place_changed();
        Ok(())
    }

    fn set_bank(&mut self, ask: &SetBank) -> Result<(), Rejection> {
        self.device(ask.device)?;
        self.surfaces.engine.set_bank(ask.device, ask.first);
        self.place_changed();
        Ok(())
    }

    /// A device is on another page or bank, or the window shows something else: other mappings may be active.
    pub(super) fn place_changed(&mut self) {
        self.surfaces.stale = true;
        self.surfaces.fast_path_stale = true;
        self.surfaces_changed();
    }

    /// Levels, for meters on devices.
    pub(super) fn meters_told(&mut self, meters: Arc<Vec<ChannelMeter>>) {
        self.surfaces.looking.meters = meters;
        self.surfaces.stale = true;
    }

    /// Whether a device has meters.
    pub fn wants_meters(&self) -> bool {
        let used = self.surfaces.devices.values().filter(|device| device.is_used());
        used.flat_map(|device| device.elements.iter())
            .any(|element| element.feedback.contains_key(&FeedbackKind::Meter))
    }

    fn monitor(&mut self, on: bool) {
        self.surfaces.monitoring = on;
        if !on {
            self.surfaces.monitor.clear();
        }
        self.surfaces_changed();
    }
}

impl Surfaces {
    /// Another project is open: what a hand held is about the last one.
    pub(super) fn project_changed(&mut self) {
        self.engine.project_changed();
        self.looking = events::Looking { context: self.looking.context, ..events::Looking::default() };
        self.stale = true;
    }

    /// Only those that show a place in time need to hear of it.
    pub(super) fn playhead_moved(&mut self) {
        self.stale |= self.shows_position;
    }
}
