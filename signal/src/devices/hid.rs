//! HID: what interfaces there are, and reports to and from them.

pub(crate) mod fields;
mod port;
mod watching;

use super::ListError;
use super::input::InputSink;
use super::surface_io::{Found, Listener, OpenError, PortIo, SurfaceIo};
use super::wake::{self, Leash};
use hidapi::HidApi;
use loophole_wire::message::hardware::HidDevice;
use loophole_wire::message::ports::OpenPort;

/// The system's HID interfaces.
#[derive(Default)]
pub(crate) struct HidIo {
    watch: Option<Leash>,
}

impl SurfaceIo for HidIo {
    fn watch(&mut self, listener: Listener) -> Result<(), String> {
        self.watch =
            Some(wake::watch("signal-hid-watch", "HID devices", move |waker| watching::run(waker, &listener))?);
        Ok(())
    }

    fn unwatch(&mut self) {
        self.watch = None;
    }

    fn open(&mut self, found: &Found, _wanted: &OpenPort, input: InputSink) -> Result<Box<dyn PortIo>, OpenError> {
        port::open(found, input)
    }
}

/// All, also keyboards and mice. One entry per interface and usage.
pub fn list_hid() -> Result<Vec<HidDevice>, ListError> {
    let api = HidApi::new().map_err(|error| ListError::Hid(error.to_string()))?;
    Ok(api.device_list().map(describe).collect())
}

fn describe(device: &hidapi::DeviceInfo) -> HidDevice {
    HidDevice {
        path: device.path().to_string_lossy().into_owned(),
        vendor_id: device.vendor_id(),
        product_id: device.product_id(),
        manufacturer: device.manufacturer_string().map(str::to_owned),
        product: device.product_string().map(str::to_owned),
        usage_page: device.usage_page(),
        usage: device.usage(),
        interface_number: device.interface_number(),
    }
}
