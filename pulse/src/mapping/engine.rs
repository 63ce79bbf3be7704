//! All devices and their mappings: events in, acts out, and what each device shows.

use super::device::Device;
use super::why::Why;
use super::{Act, ScopedMapping, World};
use crate::model::ParameterId;
use loophole_surfaces::element::{Element, FeedbackKind, Interaction};
use loophole_surfaces::output::Shown;
use loophole_surfaces::source::InputValue;
use std::collections::BTreeMap;

/// The mappings of all devices. Deterministic: the same events at the same times give the same acts.
#[derive(Debug, Default)]
pub struct Engine {
    devices: BTreeMap<u32, Device>,
}

/// What is wrong with a mapping; it is left out, unless the message says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub mapping: String,
    pub message: String,
}

impl Engine {
    /// Sets what a device has: elements in the order of their numbers, and mappings of all scopes, copies made out.
    /// Page, bank and modifiers stay, as does what it shows; the answer is what is wrong.
    pub fn set_device(&mut self, device: u32, elements: Vec<Element>, mappings: Vec<ScopedMapping>) -> Vec<Problem> {
        let (new, problems) = Device::new(device, elements, mappings, self.devices.remove(&device));
        self.devices.insert(device, new);
        problems
    }

    /// The device is gone: what it held is let go.
    pub fn remove_device(&mut self, device: u32, out: &mut Vec<Act>) {
        if let Some(mut gone) = self.devices.remove(&device) {
            gone.let_go(out);
        }
    }

    /// Something was done with an element. `at_nanos` does not go back; the acts are appended, in order.
    #[allow(clippy::too_many_arguments)]
    pub fn event(
        &mut self,
        device: u32,
        element: u16,
        interaction: Interaction,
        value: InputValue,
        at_nanos: u64,
        world: &World<'_>,
        out: &mut Vec<Act>,
        why: Option<&mut Why>,
    ) {
        if let Some(device) = self.devices.get_mut(&device) {
            device.event(element, interaction, value, at_nanos, world, out, why);
        }
    }

    /// Time goes by: long presses, turbo, smoothing, the end of sweeps.
    pub fn tick(&mut self, now: u64, world: &World<'_>, out: &mut Vec<Act>) {
        for device in self.devices.values_mut() {
            device.tick(now, world, out);
        }
    }

    /// When [`Engine::tick`] (and then [`Engine::changes`]) should be called next.
    pub fn next_deadline(&self) -> Option<u64> {
        self.devices.values().filter_map(Device::next_deadline).min()
    }

    /// What is different from what the device shows; afterwards, it is taken to show this. Element, what of it, and what it shows.
    pub fn changes(&mut self, device: u32, world: &World<'_>, now: u64, out: &mut Vec<(u16, FeedbackKind, Shown)>) {
        if let Some(device) = self.devices.get_mut(&device) {
            device.changes(world, now, out);
        }
    }

    /// The device shows nothing that is known, and no hand is on it: after it came back.
    pub fn reset(&mut self, device: u32) {
        if let Some(device) = self.devices.get_mut(&device) {
            device.reset();
        }
    }

    /// What was told about an element was lost on the way: it is told again.
    pub fn lost(&mut self, device: u32, element: u16, kind: FeedbackKind) {
        if let Some(device) = self.devices.get_mut(&device) {
            device.lost(element, kind);
        }
    }

    /// A gesture of the device on a parameter was refused, or ended by somebody else: the next move begins a new one.
    pub fn gesture_lost(&mut self, device: u32, parameter: ParameterId) {
        if let Some(device) = self.devices.get_mut(&device) {
            device.gesture_lost(parameter);
        }
    }

    /// Another project: no gesture is open, and takeover begins anew.
    pub fn project_changed(&mut self) {
        self.devices.values_mut().for_each(Device::project_changed);
    }

    /// Devices that have elements.
    pub fn devices(&self) -> impl Iterator<Item = u32> {
        self.devices.keys().copied()
    }

    /// What a device has and where it is.
    pub fn device(&self, device: u32) -> Option<&Device> {
        self.devices.get(&device)
    }

    /// Goes to a page by its name; false = there is none.
    pub fn set_page(&mut self, device: u32, page: &str) -> bool {
        self.devices.get_mut(&device).is_some_and(|device| device.set_page(page))
    }

    /// Sets the first strip of the bank; counts from 0.
    pub fn set_bank(&mut self, device: u32, first: u32) {
        if let Some(device) = self.devices.get_mut(&device) {
            device.set_bank(first);
        }
    }

    /// The light of this element blinks, because the person is asked what becomes of it; none = of no element.
    pub fn ask_about(&mut self, asked: Option<(u32, &str)>) {
        for (number, device) in &mut self.devices {
            device.ask_about(asked.filter(|(asked, _)| asked == number).map(|(_, element)| element));
        }
    }

    /// Lets only one mapping of a device work; none = all again.
    pub fn solo(&mut self, device: u32, mapping: Option<&str>) {
        if let Some(device) = self.devices.get_mut(&device) {
            device.solo(mapping);
        }
    }
}
