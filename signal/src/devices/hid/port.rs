//! One open HID interface: a thread that reads reports, and a handle that writes them.

use super::fields::has_report_ids;
use super::watching::is_pointer_or_keyboard;
use crate::devices::input::InputSink;
use crate::devices::surface_io::{Found, OpenError, PortIo, WriteError};
use hidapi::{HidApi, HidDevice, HidError};
use std::ffi::CString;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The kernel's longest report, and its id.
const MOST_REPORT_BYTES: usize = 16 * 1024 + 1;
/// How soon the reader looks whether it shall end.
const LOOK_UP_MILLIS: i32 = 250;

struct HidIoPort {
    device: HidDevice,
    ending: Arc<AtomicBool>,
}

pub(super) fn open(found: &Found, input: InputSink) -> Result<Box<dyn PortIo>, OpenError> {
    let path = &found.description.system_id;
    let hid = found.description.hid.as_ref();
    if hid.is_some_and(|hid| is_pointer_or_keyboard(hid.usage_page, hid.usage)) {
        return Err(OpenError::Refused(format!("{path} is a mouse or a keyboard: it is not read beside the system")));
    }
    let has_ids = hid.is_some_and(|hid| has_report_ids(&hid.descriptor));
    let c_path = CString::new(path.as_str()).map_err(|_nul| OpenError::Failed(format!("{path} is no path")))?;
    let api = HidApi::new().map_err(|error| OpenError::Failed(error.to_string()))?;
    let open = || api.open_path(&c_path).map_err(|error| why(path, found, &error));
    // Two handles: one waits for reports, the other must never wait for it.
    let (reader, device) = (open()?, open()?);
    let ending = Arc::new(AtomicBool::new(false));
    let of_thread = Arc::clone(&ending);
    std::thread::Builder::new()
        .name(format!("signal-hid-{}", input.port()))
        .spawn(move || read(&reader, has_ids, &input, &of_thread))
        .map_err(|error| OpenError::Failed(format!("no thread can be started ({error})")))?;
    Ok(Box::new(HidIoPort { device, ending }))
}

fn why(path: &str, found: &Found, error: &HidError) -> OpenError {
    // hidapi says it in words only.
    let reason = std::fs::OpenOptions::new().read(true).write(true).open(path).err().map(|error| error.kind());
    match reason {
        Some(std::io::ErrorKind::PermissionDenied) => {
            let (vendor, product) =
                (found.description.vendor_id.unwrap_or(0), found.description.product_id.unwrap_or(0));
            OpenError::Permission(format!(
                "this user may not open {path}; a file /etc/udev/rules.d/60-loophole.rules with the line \
                 KERNEL==\"hidraw*\", ATTRS{{idVendor}}==\"{vendor:04x}\", ATTRS{{idProduct}}==\"{product:04x}\", \
                 TAG+=\"uaccess\" allows it after the device is plugged in again"
            ))
        }
        Some(std::io::ErrorKind::NotFound) => OpenError::Gone(format!("{path} is no longer there")),
        _ => OpenError::Failed(format!("{path} cannot be opened: {error}")),
    }
}

/// The thread `signal-hid-N`, until the port is closed or the device is gone.
fn read(device: &HidDevice, has_ids: bool, input: &InputSink, ending: &AtomicBool) {
    // Where reports have no id, a 0 stands for it.
    let mut buffer = vec![0; MOST_REPORT_BYTES];
    let begin = usize::from(!has_ids);
    while !ending.load(Ordering::Acquire) {
        match device.read_timeout(buffer.get_mut(begin..).unwrap_or_default(), LOOK_UP_MILLIS) {
            Ok(0) => {}
            Ok(length) if !ending.load(Ordering::Acquire) => {
                input.push(buffer.get(..begin + length).unwrap_or_default());
            }
            Ok(_) => return,
            Err(HidError::IoError { error }) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                input.gone(&format!("it does not answer any more ({error})"));
                return;
            }
        }
    }
}

impl PortIo for HidIoPort {
    fn write(&mut self, bytes: &[u8], feature: bool) -> Result<(), WriteError> {
        let outcome =
            if feature { self.device.send_feature_report(bytes) } else { self.device.write(bytes).map(|_length| ()) };
        outcome.map_err(|error| match &error {
            HidError::IoError { error: io } if io.raw_os_error() == Some(libc::ENODEV) => {
                WriteError::Gone(format!("it does not answer any more ({error})"))
            }
            _ => WriteError::Failed(format!("the device did not take a report: {error}")),
        })
    }
}

impl Drop for HidIoPort {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Release);
    }
}
