//! The engine in one line: state, device, rate, buffer, latency, load.

use crate::action::{Actions, Command};
use crate::state::Session;
use crate::theme::{self, Tokens};
use crate::widgets::badge::{Dot, dot_ui};
use crate::widgets::sparkline::sparkline_ui;
use eframe::egui::{Color32, Frame, Id, Label, RichText, Role, Sense, Ui, UiBuilder, WidgetInfo, vec2};
use loophole_pulse::view::{Device, EngineState, EngineView};

const LOAD: eframe::egui::Vec2 = vec2(44.0, 16.0);

pub(super) fn engine_pill_ui(ui: &mut Ui, session: &Session, actions: &mut Actions) {
    let tokens = theme::tokens(ui);
    let engine = &session.view().engine;
    let (dot, colour) = light(engine, tokens);
    let (text, detail) = (engine_text(engine), detail(session));
    let builder = UiBuilder::new().scope_id(Id::unique("loophole.header.engine")).sense(Sense::click());
    let response = ui
        .scope_builder(builder, |ui| {
            let hovered = ui.response().hovered();
            let fill = if hovered { tokens.control_hover } else { tokens.control };
            let frame = Frame::new().fill(fill).corner_radius(theme::RADIUS_LARGE).inner_margin(vec2(8.0, 4.0));
            frame.show(ui, |ui| {
                // The header lays this side out from the right.
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = theme::SPACE_2;
                    let load = &session.telemetry().load;
                    let percent = RichText::new(format!("{:>3.0}%", load.dsp * 100.0)).monospace();
                    ui.add(Label::new(percent.color(tokens.text_weak)).selectable(false));
                    sparkline_ui(ui, LOAD, &load.history, "Load of the last seconds");
                    ui.add(Label::new(&text).selectable(false));
                    dot_ui(ui, dot, colour);
                });
            });
        })
        .response;
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Engine: {text}")));
    if response.contains_pointer() {
        actions.hint("The audio engine: state, device, sample rate, buffer, latency and load. Click for more");
    }
    if response.on_hover_text(detail).clicked() {
        actions.command(Command::ShowEngine);
    }
}

fn light(engine: &EngineView, tokens: &Tokens) -> (Dot, Color32) {
    match engine.state {
        EngineState::Running if engine.device.as_ref().is_some_and(|device| device.silent) => {
            (Dot::Ring, tokens.warning)
        }
        EngineState::Running => (Dot::Full, tokens.ok),
        EngineState::Starting | EngineState::Restarting => (Dot::Half, tokens.asked),
        EngineState::Safe => (Dot::Half, tokens.warning),
        EngineState::Lost | EngineState::Stopped => (Dot::Ring, tokens.error),
    }
}

/// What the pill says.
fn engine_text(engine: &EngineView) -> String {
    match (engine.state, &engine.device) {
        (EngineState::Running, Some(device)) => device_text(device, engine.latency_frames),
        (EngineState::Running, None) => "Engine runs".to_owned(),
        (EngineState::Starting, _) => "Engine starts…".to_owned(),
        (EngineState::Restarting, _) => "Engine restarts…".to_owned(),
        (EngineState::Lost, _) => "Engine lost".to_owned(),
        (EngineState::Safe, _) => "Safe mode".to_owned(),
        (EngineState::Stopped, _) => "Engine stopped".to_owned(),
    }
}

fn device_text(device: &Device, latency_frames: u32) -> String {
    let rate = f64::from(device.sample_rate.max(1));
    let frames = if latency_frames == 0 { device.buffer_frames } else { latency_frames };
    let host = match device.host.as_str() {
        "silent" => return format!("Silent clock {}", rate_text(device.sample_rate)),
        "jack" => "JACK",
        "alsa" => "ALSA",
        "pulseaudio" => "PulseAudio",
        "coreaudio" => "CoreAudio",
        "wasapi" => "WASAPI",
        other => other,
    };
    let millis = f64::from(frames) * 1000.0 / rate;
    format!("{host} {} {} ({millis:.1} ms)", rate_text(device.sample_rate), device.buffer_frames)
}

fn rate_text(rate: u32) -> String {
    if rate.is_multiple_of(1000) {
        format!("{} kHz", rate / 1000)
    } else {
        format!("{:.1} kHz", f64::from(rate) / 1000.0)
    }
}

fn detail(session: &Session) -> String {
    let engine = &session.view().engine;
    let load = &session.telemetry().load;
    let mut lines = Vec::new();
    if let Some(device) = &engine.device {
        lines.push(format!("{} through {}", device.name, device.host));
    }
    lines.extend(engine.device_reason.clone());
    lines.extend(engine.reason.clone());
    lines.push(format!("Load {:.0} %, peak {:.0} %", load.dsp * 100.0, load.peak * 100.0));
    lines.push(format!("{} dropouts, {} restarts", load.xruns, engine.restarts));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_pill_says() {
        let device = |host: &str, sample_rate| Device {
            host: host.to_owned(),
            name: "system".to_owned(),
            sample_rate,
            buffer_frames: 128,
            output_channels: 2,
            silent: host == "silent",
        };
        assert_eq!(device_text(&device("jack", 48_000), 0), "JACK 48 kHz 128 (2.7 ms)");
        assert_eq!(device_text(&device("alsa", 44_100), 441), "ALSA 44.1 kHz 128 (10.0 ms)");
        assert_eq!(device_text(&device("silent", 48_000), 0), "Silent clock 48 kHz");
    }
}
