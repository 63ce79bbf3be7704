//! What a sound card is, as the system's file tree says: which USB interface, which maker, which box.

use std::path::Path;

/// Of the box that a port belongs to; what is not known is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) usb_path: Option<String>,
    pub(crate) vendor_id: Option<u16>,
    pub(crate) product_id: Option<u16>,
    pub(crate) serial: Option<String>,
    pub(crate) manufacturer: Option<String>,
    pub(crate) siblings: Option<String>,
}

/// Texts of devices are hostile, too.
const MOST_TEXT_BYTES: usize = 255;

/// `sys` is where sysfs is mounted. JACK says nothing of cards.
#[cfg(any(test, all(target_os = "linux", not(feature = "midi-jack"))))]
pub(crate) fn of_card(sys: &Path, card: i32) -> Identity {
    let other = Identity { siblings: Some(format!("card {card}")), ..Identity::default() };
    of_device(&sys.join(format!("class/sound/card{card}/device"))).unwrap_or(other)
}

/// The USB interface that a device link leads to or lies below; none when it is no USB device.
pub(crate) fn of_device(link: &Path) -> Option<Identity> {
    let device = link.canonicalize().ok()?;
    let is_interface = |folder: &&Path| folder.join("bInterfaceNumber").exists();
    let interface = device.ancestors().find(is_interface)?;
    let parent = interface.parent()?;
    let text = |name: &str| {
        let text = std::fs::read_to_string(parent.join(name)).ok()?;
        let text: String = text.trim().chars().filter(|character| !character.is_control()).collect();
        (!text.is_empty() && text.len() <= MOST_TEXT_BYTES).then_some(text)
    };
    let number = |name: &str| u16::from_str_radix(&text(name)?, 16).ok();
    Some(Identity {
        usb_path: Some(interface.file_name()?.to_str()?.to_owned()),
        vendor_id: number("idVendor"),
        product_id: number("idProduct"),
        serial: text("serial"),
        manufacturer: text("manufacturer"),
        siblings: Some(format!("usb {}", parent.file_name()?.to_str()?)),
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_usb_card_says_its_interface_and_its_box() {
        let root = tempfile::tempdir().unwrap();
        let usb = root.path().join("devices/pci0/usb1/1-1.2");
        let interface = usb.join("1-1.2:1.0");
        fs::create_dir_all(interface.join("sound/card3")).unwrap();
        fs::write(interface.join("bInterfaceNumber"), "00\n").unwrap();
        for (name, text) in
            [("idVendor", "0944\n"), ("idProduct", "0117\n"), ("serial", "A\u{7}1\n"), ("manufacturer", "KORG INC.\n")]
        {
            fs::write(usb.join(name), text).unwrap();
        }
        fs::create_dir_all(root.path().join("class/sound")).unwrap();
        symlink(&interface, interface.join("sound/card3/device")).unwrap();
        symlink(interface.join("sound/card3"), root.path().join("class/sound/card3")).unwrap();
        let expected = Identity {
            usb_path: Some("1-1.2:1.0".to_owned()),
            vendor_id: Some(0x0944),
            product_id: Some(0x0117),
            serial: Some("A1".to_owned()),
            manufacturer: Some("KORG INC.".to_owned()),
            siblings: Some("usb 1-1.2".to_owned()),
        };
        assert_eq!(of_card(root.path(), 3), expected);
        // A HID interface of the same box lies deeper.
        fs::create_dir_all(interface.join("0003:0944:0117.0001/hidraw/hidraw0")).unwrap();
        assert_eq!(of_device(&interface.join("0003:0944:0117.0001")), Some(expected));
    }

    #[test]
    fn what_is_no_usb_device_says_its_card() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(of_card(root.path(), 5).siblings.as_deref(), Some("card 5"));
    }
}
