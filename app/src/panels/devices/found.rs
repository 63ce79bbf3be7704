//! The lists of what was found.

use super::choice::{host_label, kilohertz};
use crate::theme;
use eframe::egui::{CollapsingHeader, Grid, RichText, Ui};
use loophole_pulse::view::{AudioDevice, AudioHostInfo, Devices, HidDevice, MidiPort};

pub(crate) fn found_ui(ui: &mut Ui, devices: &Devices) {
    list_ui(ui, "Audio", devices.audio.as_deref(), |ui, hosts| {
        for host in hosts {
            host_ui(ui, host);
        }
    });
    list_ui(ui, "MIDI", devices.midi.as_deref(), midi_ui);
    list_ui(ui, "HID", devices.hid.as_deref(), hid_ui);
}

/// A list, or what it means that there is none.
fn list_ui<T>(ui: &mut Ui, title: &str, list: Option<&[T]>, show: impl FnOnce(&mut Ui, &[T])) {
    ui.add_space(theme::SPACE_2);
    ui.strong(title);
    match list {
        None => {
            ui.weak("The engine has not looked yet.");
        }
        Some([]) => {
            ui.weak("Nothing found.");
        }
        Some(list) => show(ui, list),
    }
}

fn host_ui(ui: &mut Ui, host: &AudioHostInfo) {
    let count = match host.devices.len() {
        1 => "1 device".to_owned(),
        count => format!("{count} devices"),
    };
    let title = if host.available { count } else { "not available".to_owned() };
    let header = CollapsingHeader::new(format!("{}: {title}", host_label(&host.host)));
    header.id_salt(("host", &host.host)).default_open(host.available).show(ui, |ui| {
        if let Some(note) = &host.note {
            ui.weak(note);
        }
        if host.devices.is_empty() {
            return;
        }
        Grid::new(("devices of", &host.host)).num_columns(4).striped(true).show(ui, |ui| {
            for heading in ["Device", "Out", "In", "Sample rates"] {
                ui.weak(heading);
            }
            ui.end_row();
            for device in &host.devices {
                device_row_ui(ui, device);
            }
        });
    });
}

fn device_row_ui(ui: &mut Ui, device: &AudioDevice) {
    let name = if device.is_default { format!("{} (default)", device.name) } else { device.name.clone() };
    let label = ui.label(name);
    match &device.note {
        Some(note) => label.on_hover_text(format!("{}\n{note}", device.id)),
        None => label.on_hover_text(&device.id),
    };
    ui.label(device.output_channels.to_string());
    ui.label(device.input_channels.to_string());
    let rates: Vec<String> = device.sample_rates.iter().map(|rate| kilohertz(*rate)).collect();
    match (&device.note, rates.is_empty()) {
        (_, false) => ui.label(rates.join(", ")),
        (Some(note), true) => ui.label(RichText::new(note).color(theme::tokens(ui).text_weak)),
        (None, true) => ui.weak("does not say"),
    };
    ui.end_row();
}

fn midi_ui(ui: &mut Ui, ports: &[MidiPort]) {
    Grid::new("midi ports").num_columns(2).striped(true).show(ui, |ui| {
        for port in ports {
            ui.label(&port.name).on_hover_text(&port.id);
            ui.weak(&port.direction);
            ui.end_row();
        }
    });
}

fn hid_ui(ui: &mut Ui, devices: &[HidDevice]) {
    Grid::new("hid devices").num_columns(4).striped(true).show(ui, |ui| {
        for heading in ["Device", "Maker", "Vendor:product", "Usage"] {
            ui.weak(heading);
        }
        ui.end_row();
        for device in devices {
            ui.label(device.product.as_deref().unwrap_or("unnamed")).on_hover_text(&device.path);
            ui.label(device.manufacturer.as_deref().unwrap_or("unnamed"));
            ui.monospace(format!("{:04x}:{:04x}", device.vendor_id, device.product_id));
            ui.monospace(format!("{:04x}:{:04x}", device.usage_page, device.usage));
            ui.end_row();
        }
    });
}
