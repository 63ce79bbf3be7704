//! HID: what is in the reports of a device, what changed from one to the next, and reports to be sent.

pub mod descriptor;
pub mod output;
pub mod report;

pub use descriptor::{Field, Layout, LayoutError};
pub use output::OutputReports;
pub use report::Input;

/// For people: "Button 3", "Hat Switch", "Vendor FF00:01".
pub fn usage_name(page: u16, usage: u16) -> String {
    match hut::Usage::new_from_page_and_id(page, usage) {
        Ok(known) if page < 0xFF00 => known.name(),
        _ if page >= 0xFF00 => format!("Vendor {page:04X}:{usage:02X}"),
        _ => format!("Usage {page:02X}:{usage:02X}"),
    }
}
