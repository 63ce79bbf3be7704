//! USB devices made from the kernel's own gadget drivers, in the guest of the hardware lane: plugged in and pulled like real ones.

use crate::hid::DESCRIPTOR;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// A USB device. Made unplugged; dropping it pulls it.
pub struct Gadget {
    folder: PathBuf,
}

impl Gadget {
    /// A device with vendor 1209 of Loophole Labs. `name` is only for the kernel.
    pub fn new(name: &str, product_id: u16, serial: &str, product: &str) -> io::Result<Self> {
        let folder = Path::new("/sys/kernel/config/usb_gadget").join(name);
        fs::create_dir(&folder)?;
        let gadget = Self { folder };
        gadget.write("idVendor", "0x1209")?;
        gadget.write("idProduct", &format!("{product_id:#06x}"))?;
        gadget.write("bcdDevice", "0x0100")?;
        fs::create_dir(gadget.folder.join("strings/0x409"))?;
        gadget.write("strings/0x409/serialnumber", serial)?;
        gadget.write("strings/0x409/manufacturer", "Loophole Labs")?;
        gadget.write("strings/0x409/product", product)?;
        fs::create_dir(gadget.folder.join("configs/c.1"))?;
        Ok(gadget)
    }

    /// One MIDI port in each direction; the device's own side is the sound card `id`.
    pub fn with_midi(self, id: &str) -> io::Result<Self> {
        self.function("midi", &[("id", id.as_bytes()), ("in_ports", b"1"), ("out_ports", b"1")])
    }

    /// An HID interface with [`DESCRIPTOR`]; the device's own side is a `/dev/hidg`.
    pub fn with_hid(self) -> io::Result<Self> {
        let attributes: [(&str, &[u8]); 4] =
            [("protocol", b"0"), ("subclass", b"0"), ("report_length", b"16"), ("report_desc", DESCRIPTOR)];
        self.function("hid", &attributes)
    }

    fn function(self, kind: &str, attributes: &[(&str, &[u8])]) -> io::Result<Self> {
        let unique = self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = format!("{kind}.{unique}");
        let function = self.folder.join("functions").join(&name);
        fs::create_dir(&function)?;
        for (attribute, value) in attributes {
            fs::write(function.join(attribute), value)?;
        }
        symlink(&function, self.folder.join("configs/c.1").join(name))?;
        Ok(self)
    }

    /// Plugs it into one of the two sockets of the machine, 0 or 1.
    pub fn plug(&self, socket: u32) -> io::Result<()> {
        self.write("UDC", &format!("dummy_udc.{socket}\n"))
    }

    /// Pulls it.
    pub fn unplug(&self) -> io::Result<()> {
        self.write("UDC", "\n")
    }

    /// The device's own side of its HID interface, to read and to write; there once it is plugged in.
    pub fn hid_side(&self) -> io::Result<fs::File> {
        let unique = self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let numbers = fs::read_to_string(self.folder.join(format!("functions/hid.{unique}/dev")))?;
        let minor = numbers.trim().split_once(':').map(|(_, minor)| minor).unwrap_or_default();
        OpenOptions::new().read(true).write(true).open(format!("/dev/hidg{minor}"))
    }

    fn write(&self, attribute: &str, value: &str) -> io::Result<()> {
        fs::write(self.folder.join(attribute), value)
    }
}

impl Drop for Gadget {
    fn drop(&mut self) {
        // Undone in the order in which the kernel wants it; what is not there needs no undoing.
        let _pulled = self.unplug();
        let links = fs::read_dir(self.folder.join("configs/c.1")).into_iter().flatten().flatten();
        for link in links.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink())) {
            let _removed = fs::remove_file(link.path());
        }
        let _removed = fs::remove_dir(self.folder.join("configs/c.1"));
        for function in fs::read_dir(self.folder.join("functions")).into_iter().flatten().flatten() {
            let _removed = fs::remove_dir(function.path());
        }
        let _removed = fs::remove_dir(self.folder.join("strings/0x409"));
        let _removed = fs::remove_dir(&self.folder);
    }
}

/// The number of the sound card with this id.
pub fn card(id: &str) -> Option<u32> {
    let cards = fs::read_dir("/proc/asound").ok()?.flatten();
    let mut numbers = cards.filter_map(|entry| entry.file_name().to_str()?.strip_prefix("card")?.parse::<u32>().ok());
    numbers.find(|number| {
        fs::read_to_string(format!("/proc/asound/card{number}/id")).is_ok_and(|found| found.trim() == id)
    })
}

/// The raw MIDI port of a sound card, to read or to write.
pub fn raw_midi(card: u32, write: bool) -> io::Result<fs::File> {
    OpenOptions::new().read(!write).write(write).open(format!("/dev/snd/midiC{card}D0"))
}
