//! The footer: what the pointer is over, work in the background, who is connected, notifications.

use crate::action::{Action, Actions, Command};
use crate::state::Session;
use crate::theme;
use crate::widgets::badge::{Dot, dot_ui};
use eframe::egui::{Align, Button, Label, Layout, ProgressBar, RichText, TextWrapMode, Ui};
use egui_material_icons::icons;
use loophole_pulse::view::TaskView;

/// What the footer says besides what the session knows.
#[derive(Clone, Copy, Debug)]
pub struct FooterTexts<'a> {
    pub hint: &'a str,
    /// Notifications that nobody has looked at.
    pub unseen: usize,
}

/// Shows the footer.
pub fn footer_ui(ui: &mut Ui, session: &Session, texts: FooterTexts<'_>, actions: &mut Actions) {
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        notifications_ui(ui, texts.unseen, actions);
        surfaces_ui(ui, session, actions);
        osc_ui(ui, session, actions);
        clients_ui(ui, session, actions);
        for task in session.view().tasks.iter().rev().take(2) {
            task_ui(ui, task);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.style_mut().wrap_mode = Some(TextWrapMode::Truncate);
            let hint = if texts.hint.is_empty() { welcome(session) } else { texts.hint };
            ui.add(Label::new(RichText::new(hint).small().weak()).selectable(false));
        });
    });
}

fn welcome(session: &Session) -> &'static str {
    if session.view().model.track_order.is_empty() {
        "Drop audio files into the window, or press Ctrl+T for an empty track"
    } else {
        "Space plays; Ctrl+K finds every command; F1 shows the keys"
    }
}

fn notifications_ui(ui: &mut Ui, unseen: usize, actions: &mut Actions) {
    let icon = icons::ICON_NOTIFICATIONS.rich_text();
    let (text, name) = match unseen {
        0 => (RichText::new(""), "Notifications".to_owned()),
        1 => (RichText::new("1").small(), "Notifications, 1 new".to_owned()),
        many => (RichText::new(many.to_string()).small(), format!("Notifications, {many} new")),
    };
    let button = if unseen == 0 { Button::new(icon) } else { Button::new((icon, text)) };
    let response = ui.add(button.small().frame_when_inactive(false)).accessible_name(&name);
    if response.on_hover_text(name).clicked() {
        actions.push(Action::ShowNotifications);
    }
}

fn surfaces_ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let tokens = theme::tokens(ui);
    let surfaces = &session.view().surfaces;
    let connected = crate::panels::surfaces::connected(surfaces);
    let trouble = surfaces.devices.iter().find(|device| device.trouble.is_some() || !device.could_be.is_empty());
    let text = match connected {
        0 => "No surfaces".to_owned(),
        1 => "1 surface".to_owned(),
        many => format!("{many} surfaces"),
    };
    let (dot, colour, detail) = match trouble {
        Some(device) => (Dot::Half, tokens.warning, format!("{} needs you", device.name)),
        None if connected == 0 => (Dot::Ring, tokens.text_weak, "No control surface is connected".to_owned()),
        None => {
            let names = surfaces.devices.iter().take(8).map(|device| device.name.as_str());
            (Dot::Full, tokens.ok, format!("Control surfaces: {}", names.collect::<Vec<_>>().join(", ")))
        }
    };
    state_ui(ui, dot, colour, &text, &detail, Command::ShowSurfaces, actions);
}

fn osc_ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let tokens = theme::tokens(ui);
    let osc = &session.view().osc;
    let (dot, colour, text, detail) = match (&osc.listening, &osc.error, osc.enabled) {
        (Some(address), ..) => {
            let port = address.rsplit(':').next().unwrap_or_default();
            (Dot::Full, tokens.ok, format!("OSC {port}"), format!("OSC apps reach Loophole at {address}"))
        }
        (None, Some(error), _) => (Dot::Ring, tokens.error, "OSC".to_owned(), format!("OSC does not listen: {error}")),
        (None, None, true) => (Dot::Half, tokens.asked, "OSC".to_owned(), "OSC is being opened".to_owned()),
        (None, None, false) => (Dot::Ring, tokens.text_weak, "OSC off".to_owned(), "OSC is off".to_owned()),
    };
    state_ui(ui, dot, colour, &text, &detail, Command::ShowDevices, actions);
}

fn clients_ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let tokens = theme::tokens(ui);
    let clients = &session.view().clients;
    if clients.is_empty() {
        return;
    }
    let text = if clients.len() == 1 { "1 client".to_owned() } else { format!("{} clients", clients.len()) };
    let names: Vec<String> =
        clients.iter().take(12).map(|client| format!("{} from {}", client.client_id, client.address)).collect();
    state_ui(
        ui,
        Dot::Full,
        tokens.ok,
        &text,
        &format!("Connected: {}", names.join(", ")),
        Command::ShowDevices,
        actions,
    );
}

fn state_ui(
    ui: &mut Ui,
    dot: Dot,
    colour: eframe::egui::Color32,
    text: &str,
    detail: &str,
    shows: Command,
    actions: &mut Actions,
) {
    let button = Button::new(RichText::new(text).small()).small().frame_when_inactive(false);
    let response = ui.add(button);
    dot_ui(ui, dot, colour);
    if response.contains_pointer() {
        actions.hint(format!("{detail}. Click to open"));
    }
    if response.on_hover_text(detail).clicked() {
        actions.command(shows);
    }
}

fn task_ui(ui: &mut Ui, task: &TaskView) {
    match task.progress {
        Some(progress) => {
            let bar = ProgressBar::new(progress.clamp(0.0, 1.0)).desired_width(90.0).desired_height(10.0);
            ui.add(bar).accessible_name(format!("Progress of {}", task.title));
        }
        None => {
            ui.label(icons::ICON_HOURGLASS_TOP.rich_text());
        }
    }
    ui.add(Label::new(RichText::new(&task.title).small()).truncate());
}
