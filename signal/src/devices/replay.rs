//! Recordings of devices, played again: what hid-recorder writes, and lines of JSON for MIDI and OSC. For tests.

use super::input::InputSink;
use super::surface_io::{Found, Listener, OpenError, PortIo, SurfaceIo, Told, WriteError};
use loophole_surfaces::hex;
use loophole_wire::message::ports::{HidPort, OpenPort, PortDescription, Transport};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One device and what it said.
pub(crate) struct ReplayIo {
    found: Found,
    said: Vec<(Duration, Vec<u8>)>,
    /// What it was told.
    pub(crate) heard: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl ReplayIo {
    /// Text of hid-recorder: `R: length bytes…` is the descriptor, `E: seconds.micros length bytes…` a report.
    pub(crate) fn hid_recorder(text: &str) -> Result<Self, String> {
        let (mut descriptor, mut said, mut name) = (Vec::new(), Vec::new(), String::new());
        for (number, line) in text.lines().enumerate() {
            let wrong = || format!("line {}: “{line}” is no record", number + 1);
            let record = |words: &mut dyn Iterator<Item = &str>| {
                let length: usize = words.next().and_then(|word| word.parse().ok()).ok_or_else(wrong)?;
                let bytes = hex::bytes(&words.collect::<Vec<_>>().join(" "));
                bytes.filter(|bytes| bytes.len() == length).ok_or_else(wrong)
            };
            let mut words = line.split_whitespace();
            match words.next() {
                Some("N:") => name = words.collect::<Vec<_>>().join(" "),
                Some("R:") => descriptor = record(&mut words)?,
                Some("E:") => {
                    let at: f64 = words.next().and_then(|word| word.parse().ok()).ok_or_else(wrong)?;
                    let at = Duration::try_from_secs_f64(at).map_err(|_range| wrong())?;
                    let report = record(&mut words)?;
                    let id = (!super::hid::fields::has_report_ids(&descriptor)).then_some(0);
                    said.push((at, id.into_iter().chain(report).collect()));
                }
                _ => {}
            }
        }
        let hid = HidPort { usage_page: 1, usage: 5, interface_number: -1, descriptor };
        Ok(Self::new(Transport::Hid, name, Some(hid), said))
    }

    /// Lines of `{"atMicros": …, "bytes": […]}`.
    pub(crate) fn json_lines(transport: Transport, text: &str) -> Result<Self, String> {
        let parse = |(number, line): (usize, &str)| {
            let value: serde_json::Value =
                serde_json::from_str(line).map_err(|error| format!("line {}: {error}", number + 1))?;
            let bytes: Vec<u8> = serde_json::from_value(value["bytes"].clone()).map_err(|error| error.to_string())?;
            Ok((Duration::from_micros(value["atMicros"].as_u64().unwrap_or(0)), bytes))
        };
        let said: Result<_, String> = text.lines().enumerate().map(parse).collect();
        Ok(Self::new(transport, "a recording".to_owned(), None, said?))
    }

    fn new(transport: Transport, name: String, hid: Option<HidPort>, said: Vec<(Duration, Vec<u8>)>) -> Self {
        let description = PortDescription {
            transport,
            name,
            inputs: true,
            outputs: true,
            system_id: "recording".to_owned(),
            hid,
            ..PortDescription::default()
        };
        Self { found: Found { place: "recording".to_owned(), description }, said, heard: Arc::default() }
    }
}

impl SurfaceIo for ReplayIo {
    fn watch(&mut self, listener: Listener) -> Result<(), String> {
        listener(Told::All(vec![self.found.clone()]));
        Ok(())
    }

    fn unwatch(&mut self) {}

    /// All is said at once, with the stamps of the recording.
    fn open(&mut self, _found: &Found, _wanted: &OpenPort, input: InputSink) -> Result<Box<dyn PortIo>, OpenError> {
        for (at, bytes) in &self.said {
            input.push_at(u64::try_from(at.as_nanos()).unwrap_or(u64::MAX), bytes);
        }
        input.gone("the recording is over");
        Ok(Box::new(ReplayPort(Arc::clone(&self.heard))))
    }
}

struct ReplayPort(Arc<Mutex<Vec<Vec<u8>>>>);

impl PortIo for ReplayPort {
    fn write(&mut self, bytes: &[u8], _feature: bool) -> Result<(), WriteError> {
        self.0.lock().unwrap().push(bytes.to_vec());
        Ok(())
    }
}
