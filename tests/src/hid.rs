//! Invented HID devices: what they look like, and a lab that shows them to unmodified programs.

use crate::PATIENCE;
use crate::process::lines_of;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Instant;

/// The report descriptor of an invented controller. Reports with a first byte that names them: 1 comes in (16 buttons, 4 knobs of 8 bits,
/// 2 faders of 16 bits: 11 bytes in all), 2 goes out (2 bytes), 3 is a feature (8 bytes). Usage page 0xFF00, usage 1.
pub const DESCRIPTOR: &[u8] = &[
    0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, // a vendor's collection
    0x85, 0x01, 0x05, 0x09, 0x19, 0x01, 0x29, 0x10, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x10, 0x81,
    0x02, // buttons
    0x06, 0x00, 0xff, 0x09, 0x02, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x04, 0x81, 0x02, // knobs
    0x09, 0x03, 0x15, 0x00, 0x27, 0xff, 0xff, 0x00, 0x00, 0x75, 0x10, 0x95, 0x02, 0x81, 0x02, // faders
    0x85, 0x02, 0x09, 0x04, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x02, 0x91, 0x02, // what goes out
    0x85, 0x03, 0x09, 0x05, 0x75, 0x08, 0x95, 0x08, 0xb1, 0x02, // the feature
    0xc0,
];

/// The lab of `lanes/hid.sh`, ended with the test.
pub struct Lab {
    script: Child,
    /// Its end ends the lab.
    commands: Option<ChildStdin>,
    lines: Receiver<String>,
    /// In which programs see the devices.
    pub environment: Vec<(String, String)>,
    /// Whether programs that run can notice plugging: this user may write in `/dev`.
    pub hotplug: bool,
}

impl Lab {
    /// None when it cannot run here; then it has said why.
    ///
    /// # Panics
    /// When it can, but does not.
    #[expect(clippy::print_stdout, reason = "a lane that does not run says so")]
    pub fn start() -> Option<Self> {
        let mut script = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("lanes/hid.sh"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the lane's script is there");
        let commands = script.stdin.take();
        let lines = lines_of(script.stdout.take().expect("piped"));
        let first = lines.recv_timeout(PATIENCE).expect("the lab says something");
        if let Some(reason) = first.strip_prefix("lane hid: ") {
            println!("lane hid: skipped, because {reason}");
            script.wait().expect("it was started");
            return None;
        }
        let ready: Value = serde_json::from_str(&first).unwrap_or_else(|error| panic!("{error}: {first}"));
        let environment = ready["ready"].as_object().expect("the environment").iter();
        let environment =
            environment.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect();
        let hotplug = ready["hotplug"] == true;
        Some(Self { script, commands, lines, environment, hotplug })
    }

    /// Says that it is skipped when programs cannot notice plugging here.
    #[expect(clippy::print_stdout, reason = "a lane that does not run says so")]
    pub fn can_hotplug(&self) -> bool {
        if !self.hotplug {
            println!("lane hid: plugging is skipped, because this user may not write in /dev");
        }
        self.hotplug
    }

    /// Plugs the invented controller in: `/dev/hidraw{number}`, serial number `serial`, at a place on the bus like `1-2`.
    pub fn plug(&mut self, number: u32, usb_path: &str, serial: &str, permitted: bool) {
        let descriptor: String = DESCRIPTOR.iter().map(|byte| format!("{byte:02x}")).collect();
        self.command(json!({
            "do": "plug", "number": number, "usbPath": usb_path, "vendorId": 0x1209, "productId": 1, "serial": serial,
            "manufacturer": "Loophole Labs", "product": "LH-2 Deck", "descriptor": descriptor, "permitted": permitted,
        }));
    }

    /// Pulls it, also under an open reader.
    pub fn unplug(&mut self, number: u32) {
        self.command(json!({ "do": "unplug", "number": number }));
    }

    /// Lets programs open what was plugged in without permission.
    pub fn permit(&mut self, number: u32) {
        self.command(json!({ "do": "permit", "number": number }));
    }

    /// Sends an input report.
    pub fn report(&mut self, number: u32, bytes: &[u8]) {
        let bytes: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.command(json!({ "do": "report", "number": number, "bytes": bytes }));
    }

    /// Waits for what a program sent: `kind` is `output` or `feature`. In hexadecimal.
    ///
    /// # Panics
    /// When nothing comes.
    #[track_caller]
    pub fn heard(&mut self, kind: &str) -> String {
        let line = self.wait_for(kind);
        line[kind].as_str().unwrap_or_default().to_owned()
    }

    fn command(&mut self, command: Value) {
        writeln!(self.commands.as_mut().expect("piped"), "{command}").expect("the lab runs");
        let done = self.wait_for("done");
        assert_eq!(done["done"], command["do"]);
    }

    #[track_caller]
    fn wait_for(&mut self, key: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).unwrap_or_else(|error| panic!("no {key} from the lab: {error}"));
            let said: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            if said.get(key).is_some() {
                return said;
            }
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(self.commands.take());
        // It may have ended by itself: that failed the test already.
        let _status = self.script.wait();
    }
}
