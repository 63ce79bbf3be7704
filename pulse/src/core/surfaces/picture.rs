//! The picture of the surfaces that a window sees, and what others are told of them.

use super::Surfaces;
use super::device::Device;
use crate::core::Core;
use crate::event::Happening;
use crate::view::shapes::surfaces as shapes;
use crate::view::surfaces::{MappingView, ModelSummary, ProfileSummary, SurfaceView};
use std::sync::Arc;

/// What is live is shown at most 60 times a second.
const LIVE_NANOS: u64 = 16_000_000;

impl Core {
    /// Something about devices or mappings is new: it is shown at the end of this turn.
    pub(super) fn surfaces_changed(&mut self) {
        self.surfaces.rows_stale = true;
        self.view_changed = true;
    }

    /// Controls moved, or lights changed: the window sees it soon.
    pub(super) fn live_changed(&mut self, number: u32) {
        if let Some(device) = self.surfaces.devices.get_mut(&number) {
            device.live_changed = true;
        }
    }

    /// Brings the picture up to date, as far as it is time.
    pub(super) fn publish_surfaces(&mut self) {
        let all = std::mem::take(&mut self.surfaces.rows_stale);
        let live = self.surfaces.live_wake().is_some_and(|wake| wake <= self.now);
        if !all && !live {
            return;
        }
        self.surfaces.next_live = self.now + LIVE_NANOS;
        let numbers: Vec<u32> = self.surfaces.devices.keys().copied().collect();
        let mut devices = Vec::with_capacity(numbers.len());
        for number in numbers {
            let device = &self.surfaces.devices[&number];
            let before = device.view.clone();
            let view = match before {
                Some(view) if !all && !device.live_changed => view,
                before => {
                    let rows = match &before {
                        Some(view) if !all => Arc::clone(&view.mappings),
                        _ => Arc::new(self.mapping_rows(number)),
                    };
                    let view = Arc::new(self.surface_view(number, rows));
                    self.tell_device_state(before.as_deref(), &view);
                    view
                }
            };
            let device = self.surfaces.devices.get_mut(&number).expect("its number was listed above");
            device.live_changed = false;
            device.view = Some(Arc::clone(&view));
            devices.push(view);
        }
        let surfaces = &mut self.surfaces;
        surfaces.view.devices = Arc::new(devices);
        (surfaces.view.undo, surfaces.view.redo) = surfaces.maps.labels();
        surfaces.view.learn = surfaces.learn.as_ref().map(super::learn::Learn::view);
        surfaces.view.monitoring = surfaces.monitoring;
        surfaces.view.monitor = Arc::new(surfaces.monitor.clone());
        self.view_changed = true;
    }

    fn tell_device_state(&mut self, before: Option<&SurfaceView>, view: &SurfaceView) {
        let same = before.is_some_and(|before| {
            (before.state, &before.name, &before.trouble) == (view.state, &view.name, &view.trouble)
        });
        if !same {
            self.happened((&Happening::SurfaceDevice(shapes::SurfaceState::of(view))).into());
        }
    }

    pub(super) fn tell_learn(&mut self) {
        let learn = self.surfaces.learn.as_ref().map(super::learn::Learn::view);
        self.happened((&Happening::SurfaceLearn(shapes::Learning::of(learn.as_ref()))).into());
    }

    fn surface_view(&mut self, number: u32, mappings: Arc<Vec<MappingView>>) -> SurfaceView {
        let elements = self.surfaces.devices[&number].elements.len();
        let controls: Vec<Option<String>> = self.with_world(|engine, world| {
            let Some(device) = engine.device(number) else { return Vec::new() };
            (0..elements).map(|element| device.controls(u16::try_from(element).ok()?, world)).collect()
        });
        let surfaces = &self.surfaces;
        let device = &surfaces.devices[&number];
        let mut live = device.live.clone();
        for (live, controls) in live.iter_mut().zip(controls) {
            live.controls = controls;
        }
        let mapped = surfaces.engine.device(number);
        let model = device.profile.as_ref().map(|profile| ModelSummary {
            profile_id: profile.id.clone(),
            vendor: profile.vendor.clone(),
            name: profile.name.clone(),
            class: profile.class,
        });
        SurfaceView {
            device: number,
            name: device.name(),
            model,
            transport: device.facts.transport,
            state: device.state,
            confidence: device.confidence,
            reasons: device.reasons.clone(),
            trouble: device.trouble.clone().or_else(|| problem_text(device)),
            simulated: device.simulated,
            ports: device.ports.values().map(|port| port.description.name.clone()).collect(),
            could_be: device.could_be.clone(),
            elements: Arc::clone(&device.elements),
            live: Arc::new(live),
            mappings,
            page: mapped.and_then(|mapped| mapped.page()).map(str::to_owned),
            pages: mapped.map(|mapped| mapped.pages().to_vec()).unwrap_or_default(),
            bank: mapped.map_or(0, crate::mapping::device::Device::bank),
            modifiers: mapped.map(crate::mapping::device::Device::modifiers).unwrap_or_default(),
            events: device.events,
        }
    }

    pub(super) fn library_changed(&mut self) {
        let surfaces = &self.surfaces;
        let mut profiles: Vec<ProfileSummary> = surfaces
            .profiles()
            .map(|profile| ProfileSummary {
                id: profile.id.clone(),
                vendor: profile.vendor.clone(),
                name: profile.name.clone(),
                class: profile.class,
                transport: profile.matching.transport,
                own: surfaces.own_profiles.iter().any(|own| own.id == profile.id),
            })
            .collect();
        profiles.sort_by(|one, other| (&one.vendor, &one.name).cmp(&(&other.vendor, &other.name)));
        self.surfaces.view.profiles = Arc::new(profiles);
        self.view_changed = true;
    }
}

/// The first of what is wrong with a device's mappings.
fn problem_text(device: &Device) -> Option<String> {
    let first = device.problems.first()?;
    let more = device.problems.len() - 1;
    let rest = if more == 0 { String::new() } else { format!(" ({more} more)") };
    Some(format!("mapping '{}': {}{rest}", first.mapping, first.message))
}

impl Surfaces {
    /// When the picture of what is live may go out, if it waits.
    pub(super) fn live_wake(&self) -> Option<u64> {
        self.devices.values().any(|device| device.live_changed).then_some(self.next_live)
    }

    pub(super) fn any_used(&self) -> bool {
        self.devices.values().any(Device::is_used)
    }
}
