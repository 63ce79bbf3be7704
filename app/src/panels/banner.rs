//! A lost engine: what happened, what happens next, what one can do.

use crate::action::{Actions, Command};
use crate::panels::header::command_id;
use crate::state::Session;
use crate::theme;
use eframe::egui::{Color32, Frame, Panel, RichText, Sides, Ui, vec2};
use egui_material_icons::icons;
use loophole_pulse::view::EngineState;

/// When the engine was seen missing.
#[derive(Debug, Default)]
pub struct BannerState {
    since: Option<f64>,
}

/// The engine is back sooner than anybody can read: then nothing is said here (a message tells of it).
const PATIENCE_SECONDS: f64 = 0.3;
/// A first start may take longer.
const PATIENCE_AT_START_SECONDS: f64 = 3.0;

/// Shows the banner below the header, while there is something to say.
pub fn banner_ui(ui: &mut Ui, session: &Session, state: &mut BannerState, actions: &mut Actions) {
    let engine = &session.view().engine;
    let now = ui.input(|input| input.time);
    if session.has_ended() {
        return show(
            ui,
            theme::tokens(ui).error,
            "Loophole's model has ended. Save is no longer possible; please start Loophole again.",
            None,
            actions,
        );
    }
    if engine.state == EngineState::Running {
        state.since = None;
        return;
    }
    let since = *state.since.get_or_insert(now);
    let patience = match engine.state {
        EngineState::Safe | EngineState::Stopped | EngineState::Running => 0.0,
        EngineState::Lost | EngineState::Restarting => PATIENCE_SECONDS,
        EngineState::Starting => PATIENCE_AT_START_SECONDS,
    };
    if now - since < patience {
        ui.request_repaint_after(std::time::Duration::from_secs_f64((patience - (now - since)).max(0.01)));
        return;
    }
    let tokens = theme::tokens(ui);
    let reason = engine.reason.as_deref().map(|reason| format!(" {}", sentence(reason))).unwrap_or_default();
    let (colour, text) = match engine.state {
        EngineState::Safe => {
            let suspect = engine.suspect.and_then(|node| session.view().model.nodes.get(&node));
            let suspect = suspect.map(|node| format!(" “{}” is bypassed.", node.name)).unwrap_or_default();
            (
                tokens.warning,
                format!("Safe mode: the audio engine ended too often, so it runs without sound.{reason}{suspect}"),
            )
        }
        EngineState::Stopped => (tokens.error, format!("The audio engine has stopped.{reason}")),
        EngineState::Starting => (tokens.warning, format!("The audio engine is still starting.{reason}")),
        EngineState::Lost | EngineState::Restarting | EngineState::Running => {
            ui.request_repaint_after(std::time::Duration::from_secs(1));
            let seconds = (now - since).floor();
            let gone = if seconds >= 1.0 { format!(" Silent for {seconds:.0} s.") } else { String::new() };
            (
                tokens.error,
                format!("The audio engine was lost and comes back by itself; your changes are kept.{reason}{gone}"),
            )
        }
    };
    let retry = if engine.state == EngineState::Starting { None } else { Some("Retry") };
    show(ui, colour, &text, retry, actions);
}

fn show(ui: &mut Ui, colour: Color32, text: &str, retry: Option<&str>, actions: &mut Actions) {
    let tokens = theme::tokens(ui);
    let ink = tokens.text_on(colour);
    let frame = Frame::new().fill(colour).inner_margin(vec2(theme::SPACE_3, 6.0));
    Panel::top("banner").frame(frame).show_separator_line(false).show(ui, |ui| {
        Sides::new().shrink_left().show(
            ui,
            |ui| {
                ui.label(icons::ICON_WARNING.rich_text().size(theme::TEXT_ICON).color(ink));
                ui.add(eframe::egui::Label::new(RichText::new(text).color(ink)).wrap());
            },
            |ui| {
                let Some(retry) = retry else { return };
                if ui.button(retry).on_hover_text(Command::RestartEngine.spec().tooltip).clicked() {
                    let restart = loophole_pulse::intent::session::RestartEngine::default();
                    let intent = loophole_pulse::intent::Intent::SessionRestartEngine(restart);
                    actions.intent_from(command_id(Command::RestartEngine), intent);
                }
            },
        );
    });
}

/// A reason as a sentence of its own.
fn sentence(reason: &str) -> String {
    let mut letters = reason.trim().chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let rest = letters.as_str();
    let end = if rest.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{rest}{end}")
}
