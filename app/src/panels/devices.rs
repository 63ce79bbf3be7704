//! Which audio device plays, where OSC is heard, and what hardware was found.

mod choice;
mod found;

use crate::action::Actions;
use crate::state::Session;
use crate::theme;
use choice::{AudioChoice, OscChoice, host_label, host_title, kilohertz};
use eframe::egui::{
    Button, ComboBox, DragValue, Frame, Grid, Id, Margin, RichText, ScrollArea, TextEdit, Ui, WidgetText,
};
use egui_material_icons::icons;
use loophole_pulse::intent::{Intent, hardware_io};
use loophole_pulse::view::{AudioHost, SessionView};

const LABEL_WIDTH: f32 = 84.0;

/// What the panel keeps between frames.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct DevicesPanelState {
    /// None follows what is wanted now.
    #[serde(skip)]
    audio: Option<AudioChoice>,
    #[serde(skip)]
    osc: Option<OscChoice>,
}

fn audio_source() -> Id {
    Id::unique("devices.audio")
}

fn osc_source() -> Id {
    Id::unique("devices.osc")
}

fn refresh_source() -> Id {
    Id::unique("devices.refresh")
}

/// Shows the devices.
pub fn devices_ui(ui: &mut Ui, session: &Session, state: &mut DevicesPanelState, actions: &mut Actions) {
    let margin = Margin::same(theme::SPACE_3 as i8);
    Frame::new().inner_margin(margin).show(ui, |ui| {
        ScrollArea::vertical().id_salt("devices").auto_shrink(false).show(ui, |ui| {
            ui.heading("Audio output");
            running_ui(ui, session.view());
            audio_ui(ui, session, &mut state.audio, actions);
            ui.add_space(theme::SPACE_4);
            ui.heading("OSC");
            osc_ui(ui, session, &mut state.osc, actions);
            ui.add_space(theme::SPACE_4);
            refresh_ui(ui, session, actions);
            found::found_ui(ui, &session.view().devices);
        });
    });
}

/// What plays now, and why it is not what was wanted.
fn running_ui(ui: &mut Ui, view: &SessionView) {
    let tokens = theme::tokens(ui);
    let Some(device) = &view.engine.device else {
        ui.weak(format!("No device is open; the engine is {}.", view.engine.state.name()));
        return;
    };
    let millis = f64::from(device.buffer_frames) / f64::from(device.sample_rate.max(1)) * 1e3;
    let text = format!(
        "{}, {}, {}, {} frames ({millis:.1} ms)",
        host_label(&device.host),
        device.name,
        kilohertz(device.sample_rate),
        device.buffer_frames
    );
    ui.horizontal_wrapped(|ui| {
        ui.weak("Plays on");
        ui.label(if device.silent { "the silent clock: nobody hears it".to_owned() } else { text });
    });
    if let Some(reason) = &view.engine.device_reason {
        ui.label(RichText::new(reason).color(tokens.warning));
    }
}

fn audio_ui(ui: &mut Ui, session: &Session, draft: &mut Option<AudioChoice>, actions: &mut Actions) {
    let view = session.view();
    let wanted = &view.engine.wanted;
    let mut choice = draft.clone().unwrap_or_else(|| AudioChoice::of(wanted));
    ui.add_space(theme::SPACE_1);
    Grid::new("audio choice").num_columns(2).min_col_width(LABEL_WIDTH).spacing([theme::SPACE_3, theme::SPACE_2]).show(
        ui,
        |ui| {
            ui.label("Host");
            host_ui(ui, view, &mut choice);
            ui.end_row();
            ui.label("Device");
            device_ui(ui, view, &mut choice);
            ui.end_row();
            ui.label("Sample rate");
            rate_ui(ui, view, &mut choice);
            ui.end_row();
            ui.label("Buffer");
            buffer_ui(ui, view, &mut choice);
            ui.end_row();
        },
    );
    let intents = choice.intents(wanted);
    let asked = apply_ui(ui, session, audio_source(), "audio", !intents.is_empty());
    match asked {
        Asked::Apply => {
            for intent in intents {
                actions.intent_from(audio_source(), intent);
            }
            *draft = None;
        }
        Asked::Revert => *draft = None,
        Asked::Nothing => *draft = (!intents.is_empty()).then_some(choice),
    }
}

fn combo(ui: &mut Ui, name: &str, selected: impl Into<WidgetText>, list: impl FnOnce(&mut Ui)) {
    let combo = ComboBox::from_id_salt(name).width(260.0).selected_text(selected);
    combo.show_ui(ui, list).response.accessible_name(name);
}

fn host_ui(ui: &mut Ui, view: &SessionView, choice: &mut AudioChoice) {
    let before = choice.host.clone();
    combo(ui, "Audio host", host_title(&choice.host), |ui| {
        ui.selectable_value(&mut choice.host, AudioHost::Auto, "Automatic: the best that works");
        ui.selectable_value(&mut choice.host, AudioHost::Silent, "Silent clock: nothing is heard");
        for host in view.devices.audio.iter().flatten().filter(|host| host.host != "silent") {
            ui.add_enabled_ui(host.available, |ui| {
                let named = AudioHost::Named(host.host.clone());
                ui.selectable_value(&mut choice.host, named, host_label(&host.host))
                    .on_disabled_hover_text(host.note.as_deref().unwrap_or("It does not answer."));
            });
        }
    });
    if choice.host != before {
        choice.device = None;
    }
}

fn device_ui(ui: &mut Ui, view: &SessionView, choice: &mut AudioChoice) {
    let devices = choice.devices(&view.devices);
    let is_named = matches!(choice.host, AudioHost::Named(_));
    let selected = match &choice.device {
        Some(id) => {
            devices.iter().find(|device| device.id == *id).map_or(id.as_str(), |device| &device.name).to_owned()
        }
        None if is_named => "The host's default".to_owned(),
        None => "Chosen with the host".to_owned(),
    };
    ui.add_enabled_ui(is_named, |ui| {
        combo(ui, "Audio device", selected, |ui| {
            ui.selectable_value(&mut choice.device, None, "The host's default");
            for device in devices {
                let text = if device.is_default { format!("{} (default)", device.name) } else { device.name.clone() };
                let response = ui.selectable_value(&mut choice.device, Some(device.id.clone()), text);
                response.on_hover_text(device.note.as_deref().unwrap_or(&device.id));
            }
        });
    });
}

fn rate_ui(ui: &mut Ui, view: &SessionView, choice: &mut AudioChoice) {
    let hertz = |rate: Option<u32>| match rate {
        Some(rate) => kilohertz(rate),
        None => format!("As the project ({})", kilohertz(view.model.sample_rate)),
    };
    combo(ui, "Sample rate", hertz(choice.sample_rate), |ui| {
        ui.selectable_value(&mut choice.sample_rate, None, hertz(None));
        for rate in choice.rates(&view.devices) {
            ui.selectable_value(&mut choice.sample_rate, Some(rate), hertz(Some(rate)));
        }
    });
}

fn buffer_ui(ui: &mut Ui, view: &SessionView, choice: &mut AudioChoice) {
    let rate = choice.sample_rate.unwrap_or(view.model.sample_rate).max(1);
    let frames = |buffer: Option<u32>| {
        let count = buffer.unwrap_or(128);
        let millis = f64::from(count) / f64::from(rate) * 1e3;
        let usual = if buffer.is_none() { "Usual: " } else { "" };
        format!("{usual}{count} frames ({millis:.1} ms)")
    };
    combo(ui, "Buffer size", frames(choice.buffer_frames), |ui| {
        ui.selectable_value(&mut choice.buffer_frames, None, frames(None));
        for count in choice.buffers(&view.devices) {
            ui.selectable_value(&mut choice.buffer_frames, Some(count), frames(Some(count)));
        }
    });
}

enum Asked {
    Nothing,
    Apply,
    Revert,
}

/// The buttons below a choice, what is going on, and why it was refused.
fn apply_ui(ui: &mut Ui, session: &Session, source: Id, what: &str, changed: bool) -> Asked {
    let mut asked = Asked::Nothing;
    ui.add_space(theme::SPACE_1);
    ui.horizontal(|ui| {
        if ui.add_enabled(changed, Button::new("Apply")).accessible_name(format!("Apply {what} settings")).clicked() {
            asked = Asked::Apply;
        }
        if ui.add_enabled(changed, Button::new("Revert")).accessible_name(format!("Revert {what} settings")).clicked() {
            asked = Asked::Revert;
        }
        if session.is_pending(source) {
            ui.spinner();
            ui.weak("Applying…");
        }
    });
    if let Some(rejection) = session.rejection(source) {
        ui.label(RichText::new(&rejection.message).color(theme::tokens(ui).error));
    }
    asked
}

fn osc_ui(ui: &mut Ui, session: &Session, draft: &mut Option<OscChoice>, actions: &mut Actions) {
    let view = session.view();
    let now = OscChoice::of(&view.osc);
    let mut choice = draft.clone().unwrap_or_else(|| now.clone());
    listening_ui(ui, view);
    Grid::new("osc choice").num_columns(2).min_col_width(LABEL_WIDTH).spacing([theme::SPACE_3, theme::SPACE_2]).show(
        ui,
        |ui| {
            ui.label("Listen");
            ui.checkbox(&mut choice.enabled, "Take messages from OSC apps and answer them");
            ui.end_row();
            ui.label("Address");
            ui.add(TextEdit::singleline(&mut choice.address).desired_width(160.0)).accessible_name("OSC address");
            ui.end_row();
            ui.label("Port");
            ui.add(DragValue::new(&mut choice.port).range(1..=65_535)).accessible_name("OSC port");
            ui.end_row();
        },
    );
    let tokens = theme::tokens(ui);
    if let Some(fault) = choice.fault() {
        ui.label(RichText::new(fault).color(tokens.error));
    } else if choice.is_open_to_network() {
        let text = "Open to the network: whoever can reach this computer can move faders.";
        ui.label(RichText::new(text).color(tokens.warning));
    }
    let changed = choice != now && choice.fault().is_none();
    match apply_ui(ui, session, osc_source(), "OSC", changed) {
        Asked::Apply => {
            actions.intent_from(osc_source(), choice.intent());
            *draft = None;
        }
        Asked::Revert => *draft = None,
        Asked::Nothing => *draft = (choice != now).then_some(choice),
    }
}

fn listening_ui(ui: &mut Ui, view: &SessionView) {
    let tokens = theme::tokens(ui);
    match (&view.osc.listening, &view.osc.error) {
        (_, Some(error)) => {
            ui.label(RichText::new(error).color(tokens.error));
        }
        (Some(address), None) => {
            ui.label(format!("Listens on {address}."));
        }
        (None, None) => {
            ui.weak(if view.osc.enabled { "Does not listen yet." } else { "Does not listen." });
        }
    }
    let peers: Vec<&str> =
        view.devices.osc.iter().flatten().flat_map(|endpoint| endpoint.peers.iter().map(String::as_str)).collect();
    if !peers.is_empty() {
        ui.label(format!("Heard in the last minute: {}", peers.join(", ")));
    }
}

fn refresh_ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    ui.horizontal(|ui| {
        ui.heading("Found");
        let busy = session.is_pending(refresh_source());
        let button = Button::new((RichText::from(icons::ICON_REFRESH), "Refresh"));
        if ui.add_enabled(!busy, button).accessible_name("Refresh the lists of devices").clicked() {
            let intent = Intent::HardwareIoRefreshDevices(hardware_io::RefreshDevices {});
            actions.intent_from(refresh_source(), intent);
        }
        if busy {
            ui.spinner();
            ui.weak("Looking…");
        }
    });
    if let Some(rejection) = session.rejection(refresh_source()) {
        ui.label(RichText::new(&rejection.message).color(theme::tokens(ui).error));
    }
}
