//! Which HID interfaces there are, told whenever that changes.

use crate::devices::midi::sysfs;
use crate::devices::surface_io::{Found, Listener, Told};
use crate::devices::wake::Waker;
use hidapi::{DeviceInfo, HidApi};
use loophole_wire::message::ports::{HidPort, PortDescription, Transport};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often it is looked where the system does not tell by itself.
const POLL: Duration = Duration::from_secs(1);
/// The longest report descriptor that is passed on; the kernel's own limit.
const MOST_DESCRIPTOR_BYTES: usize = 4_096;
/// Interfaces that are described at once.
const MOST_INTERFACES: usize = 256;

/// The thread `signal-hid-watch`, until the waker's leash is dropped.
pub(super) fn run(waker: &Waker, listener: &Listener) {
    let mut api = match HidApi::new() {
        Ok(api) => api,
        Err(error) => {
            listener(Told::Failed(format!("HID devices cannot be seen: {error}")));
            return;
        }
    };
    let mut nodes = Nodes::new();
    let mut told = None;
    loop {
        // What cannot be listed now stays as it was.
        if api.refresh_devices().is_ok() {
            let all = list(&api, &nodes.epochs);
            if told.as_ref() != Some(&all) {
                listener(Told::All(all.clone()));
                told = Some(all);
            }
        }
        if nodes.wait(waker) {
            return;
        }
    }
}

fn list(api: &HidApi, epochs: &BTreeMap<String, u64>) -> Vec<Found> {
    let mut by_path: BTreeMap<String, Vec<&DeviceInfo>> = BTreeMap::new();
    for device in api.device_list() {
        by_path.entry(device.path().to_string_lossy().into_owned()).or_default().push(device);
    }
    let found = |(path, usages): (String, Vec<&DeviceInfo>)| {
        let epoch = epochs.get(&path).copied().unwrap_or(0);
        describe(&path, &usages).map(|description| Found { place: format!("{path} {epoch}"), description })
    };
    by_path.into_iter().take(MOST_INTERFACES).filter_map(found).collect()
}

fn describe(path: &str, usages: &[&DeviceInfo]) -> Option<PortDescription> {
    let device = usages.first()?;
    let known = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let identity = sysfs_device(path).as_deref().and_then(sysfs::of_device).unwrap_or_default();
    let (vendor_id, product_id) = (device.vendor_id(), device.product_id());
    // Where a person must be warned, the first usage is the one that is refused.
    let sensitive = usages.iter().find(|device| is_pointer_or_keyboard(device.usage_page(), device.usage()));
    let shown = sensitive.unwrap_or(device);
    Some(PortDescription {
        transport: Transport::Hid,
        name: known(device.product_string()).unwrap_or_else(|| format!("HID {vendor_id:04x}:{product_id:04x}")),
        inputs: true,
        outputs: true,
        system_id: path.to_owned(),
        usb_path: identity.usb_path,
        vendor_id: Some(vendor_id),
        product_id: Some(product_id),
        serial: identity.serial.or_else(|| known(device.serial_number())),
        manufacturer: known(device.manufacturer_string()).or(identity.manufacturer),
        siblings: identity.siblings,
        hid: Some(HidPort {
            usage_page: shown.usage_page(),
            usage: shown.usage(),
            interface_number: device.interface_number(),
            descriptor: descriptor(path),
        }),
        osc: None,
    })
}

/// The person's own mouse and keyboard.
pub(super) fn is_pointer_or_keyboard(usage_page: u16, usage: u16) -> bool {
    usage_page == 1 && matches!(usage, 2 | 6)
}

/// The device behind a hidraw node, in sysfs.
fn sysfs_device(path: &str) -> Option<PathBuf> {
    let node = Path::new(path).file_name()?;
    Some(Path::new("/sys/class/hidraw").join(node).join("device"))
}

/// Empty when it cannot be read or is too long.
fn descriptor(path: &str) -> Vec<u8> {
    let read = sysfs_device(path).and_then(|device| std::fs::read(device.join("report_descriptor")).ok());
    read.filter(|descriptor| descriptor.len() <= MOST_DESCRIPTOR_BYTES).unwrap_or_default()
}

/// Tells when device nodes come and go.
struct Nodes {
    #[cfg(target_os = "linux")]
    inotify: Option<rustix::fd::OwnedFd>,
    /// How often a node was made anew: the next device under its name is another.
    epochs: BTreeMap<String, u64>,
}

#[cfg(not(target_os = "linux"))]
impl Nodes {
    fn new() -> Self {
        Self { epochs: BTreeMap::new() }
    }

    fn wait(&mut self, waker: &Waker) -> bool {
        waker.wait(&mut [], Some(POLL))
    }
}

#[cfg(target_os = "linux")]
impl Nodes {
    fn new() -> Self {
        use rustix::fs::inotify;
        let open = || {
            let fd = inotify::init(inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC)?;
            let flags = inotify::WatchFlags::CREATE | inotify::WatchFlags::DELETE;
            inotify::add_watch(&fd, "/dev", flags)?;
            Ok::<_, rustix::io::Errno>(fd)
        };
        // Without it, it is looked every second.
        Self { inotify: open().ok(), epochs: BTreeMap::new() }
    }

    /// Waits for a change; true when it is over.
    fn wait(&mut self, waker: &Waker) -> bool {
        use rustix::fd::AsRawFd;
        let Some(inotify) = &self.inotify else { return waker.wait(&mut [], Some(POLL)) };
        let fd = inotify.as_raw_fd();
        loop {
            if waker.wait(&mut [libc::pollfd { fd, events: libc::POLLIN, revents: 0 }], None) {
                return true;
            }
            if self.take_events() {
                return false;
            }
        }
    }

    /// Reads what came; true when it was about HID.
    fn take_events(&mut self) -> bool {
        use rustix::fs::inotify::{ReadFlags, Reader};
        let Some(inotify) = &self.inotify else { return true };
        let mut buffer = [std::mem::MaybeUninit::uninit(); 4_096];
        let mut reader = Reader::new(inotify, &mut buffer);
        let mut any = false;
        // The end is an error: nothing more is there.
        while let Ok(event) = reader.next() {
            if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
                any = true;
            }
            let name = event.file_name().and_then(|name| name.to_str().ok());
            if let Some(name) = name.filter(|name| name.starts_with("hidraw")) {
                any = true;
                if event.events().contains(ReadFlags::DELETE) {
                    *self.epochs.entry(format!("/dev/{name}")).or_default() += 1;
                }
            }
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_persons_own_mouse_and_keyboard_are_known() {
        for (page, usage, expected) in [(1, 2, true), (1, 6, true), (1, 4, false), (1, 5, false), (12, 2, false)] {
            assert_eq!(is_pointer_or_keyboard(page, usage), expected);
        }
    }
}
