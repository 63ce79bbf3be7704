//! HID devices, as the system lists them.

pub(crate) mod fields;

use super::ListError;
use hidapi::HidApi;
use loophole_wire::message::hardware::HidDevice;

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
