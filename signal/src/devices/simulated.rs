//! Devices without hardware: what they say is injected, and what they are told comes back as an echo.

use super::input::InputSink;
use super::surface_io::{Found, Listener, OpenError, PortIo, SurfaceIo, Told, WriteError};
use loophole_wire::message::ports::{OpenPort, PortDescription};
use loophole_wire::plane::DeviceInput;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Where it is said what a simulated device was told.
pub(crate) type Echo = Arc<dyn Fn(DeviceInput) + Send + Sync>;

/// The simulated devices of one engine.
pub(crate) struct SimulatedIo {
    echo: Echo,
    listener: Option<Listener>,
    devices: BTreeMap<String, Device>,
    next: u64,
    opened: u64,
}

struct Device {
    description: PortDescription,
    input: Input,
}

/// Where an open device speaks to, and how many were opened before: the one before may close later than this one opens.
type Input = Arc<Mutex<Option<(u64, InputSink)>>>;

impl SimulatedIo {
    pub(crate) fn new(echo: Echo) -> Self {
        Self { echo, listener: None, devices: BTreeMap::new(), next: 1, opened: 0 }
    }

    /// Plugs a device in.
    pub(crate) fn add(&mut self, description: PortDescription) -> Found {
        let place = format!("simulated {}", self.next);
        self.next += 1;
        let found = Found { place: place.clone(), description: description.clone() };
        self.devices.insert(place, Device { description, input: Arc::default() });
        self.tell();
        found
    }

    /// Pulls a device out; false when there is none.
    pub(crate) fn remove(&mut self, place: &str) -> bool {
        let was_there = self.devices.remove(place).is_some();
        self.tell();
        was_there
    }

    /// Lets a device say something; false when nobody has opened it.
    pub(crate) fn inject(&self, place: &str, bytes: &[u8]) -> bool {
        let Some(device) = self.devices.get(place) else { return false };
        let input = device.input.lock().unwrap_or_else(PoisonError::into_inner);
        input.as_ref().inspect(|(_, input)| input.push(bytes)).is_some()
    }

    fn all(&self) -> Vec<Found> {
        let found = |(place, device): (&String, &Device)| Found {
            place: place.clone(),
            description: device.description.clone(),
        };
        self.devices.iter().map(found).collect()
    }

    fn tell(&self) {
        if let Some(listener) = &self.listener {
            listener(Told::All(self.all()));
        }
    }
}

impl SurfaceIo for SimulatedIo {
    fn watch(&mut self, listener: Listener) -> Result<(), String> {
        self.listener = Some(listener);
        self.tell();
        Ok(())
    }

    fn unwatch(&mut self) {
        self.listener = None;
    }

    fn open(&mut self, found: &Found, _wanted: &OpenPort, input: InputSink) -> Result<Box<dyn PortIo>, OpenError> {
        let device = self.devices.get(&found.place);
        let device = device.ok_or_else(|| OpenError::Gone("the simulated device was taken away".to_owned()))?;
        self.opened += 1;
        let (port, opened) = (input.port(), self.opened);
        *device.input.lock().unwrap_or_else(PoisonError::into_inner) = Some((opened, input));
        Ok(Box::new(SimulatedPort { port, opened, echo: Arc::clone(&self.echo), input: Arc::clone(&device.input) }))
    }
}

struct SimulatedPort {
    port: u32,
    opened: u64,
    echo: Echo,
    input: Input,
}

impl PortIo for SimulatedPort {
    fn write(&mut self, bytes: &[u8], _feature: bool) -> Result<(), WriteError> {
        (self.echo)(DeviceInput {
            port: self.port,
            at_nanos: crate::rt::unix_nanos(),
            executed: false,
            thinned: false,
            bytes: bytes.to_vec(),
        });
        Ok(())
    }
}

impl Drop for SimulatedPort {
    fn drop(&mut self) {
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        if input.as_ref().is_some_and(|(opened, _)| *opened == self.opened) {
            *input = None;
        }
    }
}
