//! What a device is: its model, whether it was here before, and its first messages.

use super::Surfaces;
use super::device::Device;
use super::simulate::unknown_profile;
use crate::core::{Core, codes::Code, codes::reject};
use crate::event::Rejection;
use crate::storage::surfaces::KnownBox;
use crate::view::surfaces::{KnownSurface, SurfaceState};
use loophole_surfaces::facts::DeviceFacts;
use loophole_surfaces::fingerprint::{Fingerprint, InstanceKey, Returning, model_key};
use loophole_surfaces::midi::mcu::Handshake;
use loophole_surfaces::midi::sysex::{Pattern, identity_body};
use loophole_surfaces::profile::{self, Profile, matching};
use std::sync::Arc;

/// Boxes that are remembered; the one that was seen longest ago goes first.
const KNOWN_LIMIT: usize = 500;

impl Surfaces {
    /// The device whose port this is, if it is one that is here, or one that was and is surely the same.
    pub(super) fn device_for(&self, group: &str, facts: &DeviceFacts) -> Option<u32> {
        let same_group = |device: &&Device| device.group == group && device.facts.transport == facts.transport;
        let here = self.devices.values().filter(|device| device.is_here()).find(same_group);
        let away = || self.devices.values().filter(|device| !device.is_here());
        // After a restart of the engine or a replug: the same box at the same place, or with the same serial number.
        let back = || {
            away().find(|device| {
                device.facts.transport == facts.transport
                    && device.facts.vendor_id == facts.vendor_id
                    && device.facts.product_id == facts.product_id
                    && match (&device.facts.serial, &facts.serial) {
                        (Some(one), Some(other)) => one == other,
                        (None, None) => device.facts.name == facts.name && device.facts.usb_path == facts.usb_path,
                        _ => false,
                    }
            })
        };
        here.or_else(back).map(|device| device.number)
    }

    /// Which of several alike: counts those of the same model that came before; from 0.
    fn ordinal(&self, number: u32) -> u32 {
        let same = |device: &&Device| {
            let (one, other) = (&device.facts, &self.devices[&number].facts);
            device.is_here() && device.number < number && Fingerprint::of(one) == Fingerprint::of(other)
        };
        u32::try_from(self.devices.values().filter(same).count()).unwrap_or(u32::MAX)
    }

    pub(super) fn profiles(&self) -> impl Iterator<Item = &Profile> {
        let own = self.own_profiles.iter().map(Arc::as_ref);
        let covered = |profile: &&Profile| !self.own_profiles.iter().any(|own| own.id == profile.id);
        own.chain(profile::builtin::profiles().iter().filter(covered))
    }

    pub(super) fn profile(&self, id: &str) -> Option<Arc<Profile>> {
        let own = self.own_profiles.iter().find(|profile| profile.id == id).map(Arc::clone);
        own.or_else(|| profile::builtin::profile(id).map(|profile| Arc::new(profile.clone())))
    }

    pub(super) fn add_own_profile(&mut self, profile: Profile) {
        self.own_profiles.retain(|known| known.id != profile.id);
        self.own_profiles.push(Arc::new(profile));
    }
}

impl Core {
    /// What devices say while nobody knows them yet: true when these bytes were an answer to Pulse itself.
    pub(super) fn answered_pulse(&mut self, number: u32, bytes: &[u8]) -> bool {
        let Some(device) = self.surfaces.devices.get_mut(&number) else { return false };
        if let Some(identity) = identity_body(bytes) {
            device.facts.identity = Some(identity.to_vec());
            if device.state == SurfaceState::Probing {
                // Its other ports may still be on their way; they have come when the time is over.
                device.deadline = device.deadline.map(|deadline| deadline.min(self.now + super::ports::SETTLE_NANOS));
            }
            return true;
        }
        if let Some(said) = Handshake::parse(bytes) {
            return self.handshake_said(number, said);
        }
        if device.state != SurfaceState::Starting {
            return false;
        }
        let Some(message) = device.startup_message() else { return false };
        let wanted = message.reply.as_deref().and_then(|pattern| Pattern::parse(pattern).ok());
        if wanted.is_none_or(|pattern| pattern.find(bytes).is_none()) {
            return false;
        }
        device.startup_at += 1;
        self.continue_startup(number);
        true
    }

    /// The time of a device's state is over.
    pub(super) fn device_deadline(&mut self, number: u32) {
        let Some(device) = self.surfaces.devices.get_mut(&number) else { return };
        device.deadline = None;
        match device.state {
            SurfaceState::Probing => self.identify(number),
            SurfaceState::Starting if device.connecting.is_waiting() => self.handshake_over(number),
            SurfaceState::Starting => {
                let waited = device.startup_message().is_some_and(|message| message.reply.is_some());
                if waited {
                    device.trouble = Some("it did not answer a startup message; it is used all the same".to_owned());
                }
                device.startup_at += 1;
                self.continue_startup(number);
            }
            SurfaceState::Suspect => {
                device.state = SurfaceState::Gone;
                device.trouble = None;
                self.let_go_of(number);
            }
            _ => {}
        }
        self.surfaces_changed();
    }

    /// Finds out what a device is, and whether it was here before.
    pub(super) fn identify(&mut self, number: u32) {
        let device = &self.surfaces.devices[&number];
        if device.simulated {
            return self.use_device(number);
        }
        let key = InstanceKey::of(&device.facts, self.surfaces.ordinal(number));
        let taken: Vec<u32> = self.surfaces.devices.values().filter_map(|device| device.known).collect();
        let boxes = &self.settings.surfaces;
        let keys: Vec<InstanceKey> = boxes.iter().map(|known| known.key.clone()).collect();
        let is_here = |place: usize| device.known != Some(boxes[place].number) && taken.contains(&boxes[place].number);
        match key.find(&keys, is_here) {
            Returning::Known(place) => {
                let known = boxes[place].number;
                self.recognised(number, key, Some(known));
            }
            Returning::New => self.recognised(number, key, None),
            Returning::Tie(candidates) => {
                let could_be = candidates.iter().map(|place| &boxes[*place]).map(|known| KnownSurface {
                    known: known.number.to_string(),
                    name: known.name.clone().unwrap_or_else(|| known.model.clone()),
                    place: known.place.clone(),
                });
                let could_be = could_be.collect();
                let device = self.surfaces.devices.get_mut(&number).expect("it was looked at above");
                device.could_be = could_be;
                device.key = Some(key);
                device.state = SurfaceState::Tied;
                device.trouble = Some("several boxes like this one are known; say which one it is".to_owned());
            }
        }
    }

    /// The person says which of several known boxes this one is.
    pub(super) fn settle_tie(&mut self, number: u32, known: Option<&str>) -> Result<(), Rejection> {
        let device = self.device(number)?;
        let (SurfaceState::Tied, Some(key)) = (device.state, device.key.clone()) else {
            return Err(reject(Code::SurfaceNothing, format!("'{}' is no box that could be several", device.name())));
        };
        let chosen = match known {
            None => None,
            Some(known) => {
                let found = device.could_be.iter().find(|could| could.known == known);
                let found = found.and_then(|could| could.known.parse().ok());
                Some(found.ok_or_else(|| reject(Code::SurfaceUnknown, format!("it could not be the box '{known}'")))?)
            }
        };
        self.recognised(number, key, chosen);
        Ok(())
    }

    /// It is a box that was here before, or a new one.
    fn recognised(&mut self, number: u32, key: InstanceKey, known: Option<u32>) {
        let now = self.now;
        let device = self.surfaces.devices.get_mut(&number).expect("only devices that are there are recognised");
        let place = device.facts.usb_path.clone().unwrap_or_default();
        let known = known.unwrap_or_else(|| {
            let boxes = &mut self.settings.surfaces;
            let next = boxes.iter().map(|known| known.number).max().unwrap_or(0) + 1;
            if boxes.len() >= KNOWN_LIMIT
                && let Some(oldest) = (0..boxes.len()).min_by_key(|place| boxes[*place].seen_nanos)
            {
                boxes.remove(oldest);
            }
            boxes.push(KnownBox {
                number: next,
                key: key.clone(),
                model: String::new(),
                name: None,
                profile: None,
                ignored: false,
                place: String::new(),
                seen_nanos: now,
            });
            next
        });
        device.known = Some(known);
        device.key = Some(key.clone());
        device.could_be.clear();
        device.trouble = None;
        if let Some(known) = self.settings.surfaces.iter_mut().find(|entry| entry.number == known) {
            known.key = key;
            known.place = place;
            known.seen_nanos = now;
            device.own_name.clone_from(&known.name);
            device.chosen_profile.clone_from(&known.profile);
            if known.ignored {
                device.state = SurfaceState::Ignored;
            }
        }
        if self.surfaces.devices[&number].state == SurfaceState::Ignored {
            self.close_ports(number);
        } else {
            self.use_device(number);
        }
        self.save_settings();
        self.surfaces_changed();
    }

    /// Decides the model, and begins.
    pub(super) fn use_device(&mut self, number: u32) {
        let device = &self.surfaces.devices[&number];
        let chosen = device.chosen_profile.clone();
        let found = match chosen.as_deref().and_then(|id| self.surfaces.profile(id)) {
            Some(profile) => Some((profile, 1.0, vec!["you chose this profile".to_owned()])),
            None if device.simulated => device.profile.clone().map(|profile| (profile, 1.0, device.reasons.clone())),
            None => {
                let ranking = matching::best(self.surfaces.profiles(), &device.facts);
                let winner = ranking.winner();
                winner.map(|best| {
                    let matched = &best.matched;
                    (Arc::new(best.profile.clone()), matched.confidence as f32, matched.reasons.clone())
                })
            }
        };
        let unknown = file_name(&model_key(&device.facts));
        let device = self.surfaces.devices.get_mut(&number).expect("it was looked at above");
        match found {
            Some((profile, confidence, reasons)) => {
                device.model_key.clone_from(&profile.id);
                device.profile = Some(profile);
                device.confidence = confidence;
                device.reasons = reasons;
            }
            None => {
                device.model_key = unknown;
                device.profile = None;
                device.confidence = 0.0;
                device.reasons = vec!["no profile fits; map its controls by moving them".to_owned()];
            }
        }
        let model = device.model_key.clone();
        if let Some(known) = self.settings.surfaces.iter_mut().find(|known| Some(known.number) == device.known) {
            known.model = model;
        }
        let elements = self.surfaces.layout(&self.surfaces.devices[&number]);
        self.surfaces.devices.get_mut(&number).expect("it was looked at above").use_elements(elements);
        self.mappings_changed(number);
        self.start_device(number);
        self.surfaces.fast_path_stale = true;
    }

    pub(super) fn adopt(&mut self, number: u32, profile_id: Option<String>) -> Result<(), Rejection> {
        self.device(number)?;
        if let Some(id) = &profile_id {
            self.surfaces.profile(id).ok_or_else(|| unknown_profile(id))?;
        }
        let device = self.surfaces.devices.get_mut(&number).expect("it was found above");
        if profile_id.is_some() {
            device.chosen_profile.clone_from(&profile_id);
        }
        let (was_ignored, is_here) = (device.state == SurfaceState::Ignored, device.is_here());
        self.remember_box(number, |known| {
            known.ignored = false;
            if profile_id.is_some() {
                known.profile = profile_id;
            }
        });
        if !is_here {
            let device = self.surfaces.devices.get_mut(&number).expect("it was found above");
            device.state = SurfaceState::Gone;
            self.surfaces_changed();
            return Ok(());
        }
        if was_ignored {
            self.open_ports(number);
        } else {
            self.let_go_of(number);
        }
        self.use_device(number);
        self.surfaces_changed();
        Ok(())
    }

    pub(super) fn ignore(&mut self, number: u32) -> Result<(), Rejection> {
        self.device(number)?;
        self.let_go_of(number);
        self.close_ports(number);
        let device = self.surfaces.devices.get_mut(&number).expect("it was found above");
        device.state = SurfaceState::Ignored;
        device.deadline = None;
        device.next_heartbeat = None;
        device.trouble = None;
        self.remember_box(number, |known| known.ignored = true);
        self.surfaces.fast_path_stale = true;
        self.surfaces_changed();
        Ok(())
    }

    pub(super) fn rename_device(&mut self, number: u32, name: &str) -> Result<(), Rejection> {
        self.device(number)?;
        let name = name.trim();
        if name.chars().count() > 80 || name.chars().any(char::is_control) {
            return Err(reject(Code::SurfaceBadName, "a name has at most 80 characters, and no control characters"));
        }
        let name = (!name.is_empty()).then(|| name.to_owned());
        self.surfaces.devices.get_mut(&number).expect("it was found above").own_name.clone_from(&name);
        self.remember_box(number, |known| known.name = name);
        self.surfaces_changed();
        Ok(())
    }

    fn remember_box(&mut self, number: u32, change: impl FnOnce(&mut KnownBox)) {
        let known = self.surfaces.devices.get(&number).and_then(|device| device.known);
        if let Some(known) = self.settings.surfaces.iter_mut().find(|entry| Some(entry.number) == known) {
            change(known);
            self.save_settings();
        }
    }
}

/// A model's name as the name of a file: small letters, digits and `-`.
fn file_name(model: &str) -> String {
    let letters = model
        .chars()
        .take(80)
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' });
    let name: String = letters.collect();
    format!("unknown-{}", name.trim_matches('-'))
}
