//! How the audio engine is: its state, its load, and what can be done about it.

use crate::action::{Actions, Command};
use crate::state::Session;
use crate::theme::{self, Tokens};
use eframe::egui::{Button, Color32, Frame, Grid, Label, Margin, RichText, ScrollArea, Ui, Vec2b};
use egui_material_icons::icons;
use egui_plot::{HLine, Line, Plot, PlotPoints};
use loophole_pulse::telemetry::LoadView;
use loophole_pulse::view::{EngineState, EngineView, SessionView};

const PLOT_HEIGHT: f32 = 140.0;
/// The load history comes at about this rate.
const HISTORY_HZ: f64 = 10.0;
/// How many values the history holds at most.
const HISTORY_LENGTH: usize = 600;
/// From here on the next note may be too much.
const HIGH_LOAD: f64 = 0.8;

/// What the panel keeps between frames.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct EnginePanelState {}

/// Shows the engine.
pub fn engine_ui(ui: &mut Ui, session: &Session, _state: &mut EnginePanelState, actions: &mut Actions) {
    let view = session.view();
    let load = &session.telemetry().load;
    Frame::new().inner_margin(Margin::same(theme::SPACE_3 as i8)).show(ui, |ui| {
        ScrollArea::vertical().id_salt("engine").auto_shrink(false).show(ui, |ui| {
            head_ui(ui, &view.engine, actions);
            if view.engine.state == EngineState::Safe {
                safe_mode_ui(ui, view, actions);
            }
            ui.add_space(theme::SPACE_2);
            load_ui(ui, load);
            ui.add_space(theme::SPACE_2);
            facts_ui(ui, &view.engine, load);
        });
    });
}

fn head_ui(ui: &mut Ui, engine: &EngineView, actions: &mut Actions) {
    let tokens = theme::tokens(ui);
    ui.horizontal_wrapped(|ui| {
        let (icon, colour, text) = state(engine.state, tokens);
        ui.label(RichText::from(icon).size(theme::TEXT_ICON).color(colour));
        ui.label(RichText::new(text).heading().color(colour));
        ui.add_space(theme::SPACE_3);
        let restart = Button::new((RichText::from(icons::ICON_RESTART_ALT), "Restart engine"));
        let tip = Command::RestartEngine.spec().tooltip;
        if ui.add(restart).accessible_name("Restart the engine").on_hover_text(tip).clicked() {
            actions.command(Command::RestartEngine);
        }
        let panic = Button::new((RichText::from(icons::ICON_VOLUME_OFF), "Panic"));
        let tip = Command::Panic.spec().tooltip;
        if ui.add(panic).accessible_name("Panic from the engine panel").on_hover_text(tip).clicked() {
            actions.command(Command::Panic);
        }
    });
    match &engine.reason {
        Some(reason) if engine.state == EngineState::Running => {
            ui.weak(format!("Why it was restarted last: {reason}"));
        }
        Some(reason) => {
            ui.label(RichText::new(reason).color(tokens.warning));
        }
        None => {}
    }
}

/// Icon, colour and words: never colour alone.
fn state(state: EngineState, tokens: &Tokens) -> (egui_material_icons::MaterialIcon, Color32, &'static str) {
    match state {
        EngineState::Starting => (icons::ICON_HOURGLASS_EMPTY, tokens.asked, "Starting"),
        EngineState::Running => (icons::ICON_CHECK_CIRCLE, tokens.ok, "Running"),
        EngineState::Lost => (icons::ICON_ERROR, tokens.error, "Lost; it comes back by itself"),
        EngineState::Restarting => (icons::ICON_HOURGLASS_EMPTY, tokens.asked, "Restarting"),
        EngineState::Safe => (icons::ICON_WARNING, tokens.warning, "Safe mode"),
        EngineState::Stopped => (icons::ICON_STOP_CIRCLE, tokens.text_weak, "Stopped"),
    }
}

fn safe_mode_ui(ui: &mut Ui, view: &SessionView, actions: &mut Actions) {
    let tokens = theme::tokens(ui);
    let frame = Frame::new().fill(tokens.warning.gamma_multiply(0.12)).corner_radius(theme::RADIUS);
    frame.inner_margin(Margin::same(theme::SPACE_2 as i8)).show(ui, |ui| {
        let suspect = view.engine.suspect.and_then(|node| view.model.nodes.get(&node)).map(|node| {
            let channel = view.model.channels.get(&node.channel).map_or("", |channel| channel.name.as_str());
            format!(" The node that was added last, {} on {channel}, is bypassed.", node.name)
        });
        let text = format!(
            "The engine ended three times within a minute. To keep what you do safe it runs on the silent clock now: nothing is heard, everything else works.{}",
            suspect.unwrap_or_default()
        );
        ui.add(Label::new(text).wrap());
        ui.add_space(theme::SPACE_1);
        if ui.button("Retry").accessible_name("Retry with the audio device").clicked() {
            actions.command(Command::RestartEngine);
        }
    });
}

fn load_ui(ui: &mut Ui, load: &LoadView) {
    let tokens = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.strong("Load");
        ui.label(format!("{:.0} %, highest {:.0} %", load.dsp * 100.0, load.peak * 100.0));
        ui.weak("of the time that the audio thread has, over the last minute");
    });
    if load.history.is_empty() {
        ui.weak("The engine has reported nothing yet.");
        return;
    }
    let newest = load.history.len() as f64 - 1.0;
    let points: Vec<[f64; 2]> = load
        .history
        .iter()
        .enumerate()
        .map(|(at, load)| [(at as f64 - newest) / HISTORY_HZ, f64::from(*load) * 100.0])
        .collect();
    let highest = points.iter().map(|point| point[1]).fold(10.0, f64::max);
    Plot::new("engine load")
        .height(PLOT_HEIGHT)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .show_grid(Vec2b::new(false, true))
        .include_x(-(HISTORY_LENGTH as f64) / HISTORY_HZ)
        .include_x(0.0)
        .include_y(0.0)
        .include_y((highest * 1.2).min(100.0).max(highest))
        .x_axis_formatter(|mark, _| format!("{:.0} s", mark.value))
        .y_axis_formatter(|mark, _| format!("{:.0} %", mark.value))
        .show(ui, |plot| {
            if highest > HIGH_LOAD * 60.0 {
                plot.hline(HLine::new("high load", HIGH_LOAD * 100.0).color(tokens.warning.gamma_multiply(0.6)));
            }
            plot.line(Line::new("load", PlotPoints::from(points)).color(tokens.accent).width(1.5).fill(0.0));
        })
        .response
        .accessible_name("Load over the last minute");
}

fn facts_ui(ui: &mut Ui, engine: &EngineView, load: &LoadView) {
    let tokens = theme::tokens(ui);
    let none = || "none".to_owned();
    let trouble = |count: u32| if count > 0 { tokens.warning } else { tokens.text };
    let device = engine.device.as_ref().map(|device| {
        format!("{}, {}, {} Hz, {} frames", device.host, device.name, device.sample_rate, device.buffer_frames)
    });
    let rate = engine.device.as_ref().map_or(0, |device| device.sample_rate);
    let latency = match rate {
        0 => none(),
        rate => format!(
            "{:.1} ms ({} frames)",
            f64::from(engine.latency_frames) / f64::from(rate) * 1e3,
            engine.latency_frames
        ),
    };
    let facts = [
        ("Process", engine.pid.map_or_else(none, |pid| pid.to_string()), tokens.text),
        ("Restarts", engine.restarts.to_string(), trouble(engine.restarts)),
        ("Last outage", engine.last_outage_millis.map_or_else(none, |millis| format!("{millis:.0} ms")), tokens.text),
        ("Device", device.unwrap_or_else(none), tokens.text),
        ("Device note", engine.device_reason.clone().unwrap_or_default(), tokens.warning),
        ("Output latency", latency, tokens.text),
        ("Graph version", engine.graph_version.to_string(), tokens.text),
        ("Blocks", load.blocks.to_string(), tokens.text),
        ("Missed deadlines (xruns)", load.xruns.to_string(), trouble(load.xruns)),
        ("Starved frames (disk too slow)", load.starved_frames.to_string(), trouble(load.starved_frames)),
    ];
    Grid::new("engine facts").num_columns(2).spacing([theme::SPACE_4, theme::SPACE_1]).show(ui, |ui| {
        for (name, fact, colour) in facts.into_iter().filter(|(_, fact, _)| !fact.is_empty()) {
            ui.weak(name);
            ui.label(RichText::new(fact).color(colour));
            ui.end_row();
        }
    });
}
