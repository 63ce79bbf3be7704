//! Devices on the screen: they go the way of real ones, through the engine.

use super::device::Device;
use super::ports::SIMULATED;
use crate::core::{Core, codes::Code, codes::reject};
use crate::event::Rejection;
use crate::intent::surface::{Simulate, SimulateInput};
use crate::view::surfaces::Interaction;
use loophole_surfaces::decode::Decoded;
use loophole_surfaces::facts::DeviceFacts;
use loophole_surfaces::profile::Transport;
use loophole_surfaces::simulate::wire;
use loophole_surfaces::source::InputValue;
use loophole_wire::message::{EngineCommand, ports};

/// Devices that may be simulated at once.
const SIMULATED_LIMIT: usize = 16;
/// How far a turn of a simulated encoder can go at once, in steps.
const STEPS_LIMIT: f64 = 63.0;

impl Core {
    pub(super) fn simulate(&mut self, ask: &Simulate) -> Result<u32, Rejection> {
        let profile = self.surfaces.profile(&ask.profile_id).ok_or_else(|| unknown_profile(&ask.profile_id))?;
        if self.surfaces.devices.values().filter(|device| device.simulated).count() >= SIMULATED_LIMIT {
            let message = format!("{SIMULATED_LIMIT} devices are simulated already; take one away first");
            return Err(reject(Code::SurfaceTooMany, message));
        }
        self.surfaces.next_device += 1;
        let number = self.surfaces.next_device;
        let facts = DeviceFacts {
            transport: profile.matching.transport,
            name: format!("{} {} (simulated)", profile.vendor, profile.name),
            ..DeviceFacts::default()
        };
        let mut device = Device::new(number, format!("{SIMULATED}{number}"), facts, true);
        device.confidence = 1.0;
        device.reasons = vec!["it is simulated".to_owned()];
        device.profile = Some(profile);
        let port = simulated_port(&device);
        self.surfaces.devices.insert(number, device);
        self.command(EngineCommand::HardwareAddSimulatedPort(Box::new(port)));
        self.surfaces_changed();
        Ok(number)
    }

    pub(super) fn simulate_end(&mut self, number: u32) -> Result<(), Rejection> {
        let ports: Vec<u32> = self.simulated(number)?.ports.keys().copied().collect();
        for port in ports {
            self.surfaces.by_port.remove(&port);
            self.command(EngineCommand::HardwareRemoveSimulatedPort(ports::RemoveSimulatedPort { port }));
        }
        self.let_go_of(number);
        self.surfaces.devices.remove(&number);
        self.surfaces_changed();
        Ok(())
    }

    /// A hand on the screen.
    pub(super) fn simulate_input(&mut self, ask: &SimulateInput) -> Result<(), Rejection> {
        let device = self.simulated(ask.device)?;
        let element = device.elements.iter().position(|element| element.id == ask.element);
        let element = element.ok_or_else(|| {
            reject(Code::SurfaceUnknown, format!("device {} has no element '{}'", ask.device, ask.element))
        })?;
        if !ask.value.is_finite() {
            return Err(reject(Code::ModelBadValue, "a value is a finite number"));
        }
        let known = &device.elements[element];
        let source = known.input.get(&ask.interaction).ok_or_else(|| {
            let message = format!("'{}' cannot be used this way; see its inputs in 'surface.list'", known.name);
            reject(Code::SurfaceUnknown, message)
        })?;
        let value = match ask.interaction {
            _ if source.is_relative() => InputValue::Steps(ask.value.clamp(-STEPS_LIMIT, STEPS_LIMIT) as i32),
            Interaction::Press | Interaction::Touch => {
                InputValue::Press { on: ask.value > 0.0, strength: ask.value.clamp(0.0, 1.0) }
            }
            _ => InputValue::Place { place: ask.value.clamp(0.0, 1.0), steps: u32::MAX },
        };
        let Some(port) = device.input_port() else {
            return Err(reject(Code::SessionNoEngine, "the engine is away; the simulated device comes back with it"));
        };
        match device.facts.transport {
            Transport::Midi => {
                for bytes in wire(source, value) {
                    self.command(EngineCommand::HardwareInjectInput(ports::InjectInput { port, bytes }));
                }
            }
            // What is in a report only the real descriptor says.
            Transport::Hid | Transport::Osc => {
                let element = u16::try_from(element).unwrap_or(u16::MAX);
                let event = Decoded { element, interaction: ask.interaction, value };
                self.hand_moved(ask.device, &event, port);
            }
        }
        Ok(())
    }

    fn simulated(&self, number: u32) -> Result<&Device, Rejection> {
        let device = self.surfaces.devices.get(&number).filter(|device| device.simulated);
        device.ok_or_else(|| {
            let message = format!("device {number} is not simulated; 'surface.simulate' makes one that is");
            reject(Code::SurfaceUnknown, message)
        })
    }
}

pub(super) fn unknown_profile(id: &str) -> Rejection {
    let shown: String = id.chars().filter(|letter| !letter.is_control()).take(80).collect();
    reject(Code::SurfaceUnknown, format!("there is no profile '{shown}'; 'surface.list' names them all"))
}

/// The port that stands for a simulated device in the engine.
pub(super) fn simulated_port(device: &Device) -> ports::PortDescription {
    ports::PortDescription {
        transport: device.facts.transport,
        name: device.facts.name.clone(),
        inputs: true,
        outputs: true,
        system_id: device.group.clone(),
        siblings: Some(device.group.clone()),
        ..ports::PortDescription::default()
    }
}
