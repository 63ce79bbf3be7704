//! `loophole devices`: what hardware there is.

use loophole_pulse::hardware::{AudioDevice, AudioHostInfo, Devices};
use std::io::Write;
use std::process::ExitCode;

/// Prints the lists, for a person or as JSON.
pub(super) fn run(devices: &Devices, json: bool) -> ExitCode {
    let mut out = std::io::stdout().lock();
    let outcome = if json {
        serde_json::to_writer_pretty(&mut out, devices).map_err(std::io::Error::from).and_then(|()| writeln!(out))
    } else {
        out.write_all(text(devices).as_bytes())
    };
    // A reader that closes early (`loophole devices | head`) is not a failure of ours.
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn text(devices: &Devices) -> String {
    let mut lines = vec!["Audio".to_owned()];
    for host in devices.audio.iter().flatten() {
        lines.push(host_line(host));
        lines.extend(host.devices.iter().map(device_line));
    }
    lines.push("\nMIDI".to_owned());
    section(
        &mut lines,
        devices.midi.iter().flatten().map(|port| format!("  {:6} {}  [{}]", port.direction, port.name, port.id)),
    );
    lines.push("\nHID".to_owned());
    section(
        &mut lines,
        devices.hid.iter().flatten().map(|device| {
            let product = device.product.as_deref().unwrap_or("(no name)");
            format!(
                "  {:04x}:{:04x} {product}  usage {:04x}:{:04x}  [{}]",
                device.vendor_id, device.product_id, device.usage_page, device.usage, device.path
            )
        }),
    );
    lines.push("\nOSC".to_owned());
    section(&mut lines, devices.osc.iter().flatten().map(|endpoint| format!("  {}", endpoint.address)));
    lines.push(String::new());
    lines.join("\n")
}

fn section(lines: &mut Vec<String>, rows: impl Iterator<Item = String>) {
    let before = lines.len();
    lines.extend(rows);
    if lines.len() == before {
        lines.push("  none found".to_owned());
    }
}

fn host_line(host: &AudioHostInfo) -> String {
    let state = if host.available { "" } else { " (not available)" };
    let note = host.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
    format!("  {}{state}{note}", host.host)
}

fn device_line(device: &AudioDevice) -> String {
    let default = if device.is_default { " (default)" } else { "" };
    let rates: Vec<String> = device.sample_rates.iter().map(u32::to_string).collect();
    let buffer = device.buffer_frames_range.map(|(low, high)| format!(", {low}–{high} frames")).unwrap_or_default();
    let note = device.note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
    format!(
        "    {}{default}  {} out, {} in, {} Hz{buffer}{note}  [{}]",
        device.name,
        device.output_channels,
        device.input_channels,
        rates.join("/"),
        device.id
    )
}
