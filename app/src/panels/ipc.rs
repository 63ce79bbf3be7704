//! Every message at both seams, as it goes.

mod detail;
mod filter;
mod log;
mod table;
mod text;

use crate::action::Actions;
use crate::state::{Session, now_nanos};
use crate::theme;
use detail::DetailState;
use eframe::egui::{Align, Button, Layout, Panel, RichText, TextEdit, Ui};
use egui_material_icons::icons;
use filter::Filter;
use log::Log;
use loophole_pulse::trace::TraceEntry;
use std::time::Duration;
use table::TableState;

/// How soon to look again while messages keep coming.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What the panel keeps between frames.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct IpcPanelState {
    filter_text: String,
    /// Leaves out plane frames and heartbeats.
    quiet: bool,
    #[serde(skip)]
    paused: bool,
    /// The panel was shown since the last [`IpcPanelState::close_unseen`].
    #[serde(skip)]
    seen: bool,
    #[serde(skip)]
    log: Log,
    #[serde(skip)]
    table: TableState,
    #[serde(skip)]
    detail: DetailState,
    #[serde(skip)]
    inbox: Vec<TraceEntry>,
}

impl Default for IpcPanelState {
    fn default() -> Self {
        Self {
            filter_text: String::new(),
            quiet: true,
            paused: false,
            seen: false,
            log: Log::default(),
            table: TableState::default(),
            detail: DetailState::default(),
            inbox: Vec::new(),
        }
    }
}

impl IpcPanelState {
    /// Closes the tap when the panel was not shown in this frame: call once after all panels.
    pub fn close_unseen(&mut self, session: &Session) {
        if !std::mem::take(&mut self.seen) && session.tap().is_open() {
            session.tap().set_open(false);
        }
    }
}

/// Shows the messages.
pub fn ipc_ui(ui: &mut Ui, session: &Session, state: &mut IpcPanelState, _actions: &mut Actions) {
    session.tap().set_open(true);
    state.seen = true;
    read(ui, session, state);
    ui.add_space(theme::SPACE_1);
    toolbar_ui(ui, session, state);
    ui.add_space(theme::SPACE_1);
    state.log.set_filter(Filter::parse(&state.filter_text, state.quiet));
    if state.log.step() {
        ui.request_repaint();
    }
    if let Some(place) = state.table.selected {
        let panel = Panel::right("message detail").resizable(true).default_size(320.0).min_size(180.0);
        panel.show(ui, |ui| detail_ui(ui, state, place));
    }
    if state.log.shown() == 0 {
        return empty_ui(ui, state);
    }
    table::table_ui(ui, &state.log, &mut state.table);
}

/// Paused, the list stands and the ring goes on; what it loses meanwhile is counted.
fn read(ui: &Ui, session: &Session, state: &mut IpcPanelState) {
    if state.paused {
        return;
    }
    let next = session.tap().read(state.log.next_number(), &mut state.inbox);
    let news = state.inbox.iter().any(|entry| !(state.quiet && filter::is_chatter(entry)));
    state.log.absorb(state.inbox.drain(..), next);
    // Somebody woke us for what we read; what comes right behind it wakes nobody.
    if news {
        ui.request_repaint_after(LOOK_AGAIN);
    }
}

fn detail_ui(ui: &mut Ui, state: &mut IpcPanelState, place: log::Place) {
    ui.horizontal(|ui| {
        ui.heading("Message");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let close = Button::new(RichText::from(icons::ICON_CLOSE)).frame_when_inactive(false);
            if ui.add(close).accessible_name("Close message detail").clicked() {
                state.table.selected = None;
            }
        });
    });
    if let Some(other) = detail::detail_ui(ui, &state.log, place, &mut state.detail) {
        state.table.select(&state.log, other);
    }
}

fn toolbar_ui(ui: &mut Ui, session: &Session, state: &mut IpcPanelState) {
    ui.horizontal(|ui| {
        ui.add_space(theme::SPACE_1);
        let (icon, text) =
            if state.paused { (icons::ICON_PLAY_ARROW, "Go on") } else { (icons::ICON_PAUSE, "Pause") };
        let pause = ui.add(Button::selectable(state.paused, (RichText::from(icon), text)));
        if pause.accessible_name(format!("{text} the message list")).clicked() {
            state.paused = !state.paused;
        }
        let clear = ui.add(Button::new((RichText::from(icons::ICON_DELETE_SWEEP), "Clear")));
        if clear.accessible_name("Clear the message list").clicked() {
            session.tap().clear();
            let next = session.tap().read(u64::MAX, &mut Vec::new());
            state.log.clear(next);
            state.table.selected = None;
        }
        let follows = state.table.follows();
        let follow = Button::selectable(follows, (RichText::from(icons::ICON_VERTICAL_ALIGN_BOTTOM), "Newest"));
        let follow = ui.add(follow).accessible_name("Follow the newest message");
        if follow.on_hover_text("Stays at the newest message until you scroll up.").clicked() {
            state.table.follow(&state.log);
        }
        let hint = "Filter: seek -error";
        let field = ui.add(TextEdit::singleline(&mut state.filter_text).hint_text(hint).desired_width(200.0));
        field.accessible_name("Filter messages").on_hover_text(
            "Words that must be in domain.name, kind or payload, in any order.\nA word after a minus must not be there: engine -ping",
        );
        ui.checkbox(&mut state.quiet, "Hide meters and heartbeats");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| counters_ui(ui, state));
    });
}

fn counters_ui(ui: &mut Ui, state: &mut IpcPanelState) {
    ui.add_space(theme::SPACE_2);
    let (dropped, tokens) = (state.log.dropped(), theme::tokens(ui));
    let colour = if dropped > 0 { tokens.warning } else { tokens.text_weak };
    let small = |text: String| RichText::new(text).small();
    let lost = ui.label(small(format!("{} dropped", text::count(dropped))).color(colour));
    lost.on_hover_text("Messages that the ring of 64 MiB let go before they were read.");
    let (shown, held) = (text::count(state.log.shown() as u64), text::count(state.log.len() as u64));
    let per_second = if state.paused { 0 } else { state.log.per_second(now_nanos()) };
    ui.label(small(format!("{shown} of {held}   {per_second}/s")).color(tokens.text_weak));
}

fn empty_ui(ui: &mut Ui, state: &IpcPanelState) {
    ui.centered_and_justified(|ui| {
        let text = if state.log.len() > 0 && state.filter_text.trim().is_empty() {
            "Quiet: only meters and heartbeats come in, and those are hidden."
        } else if state.log.len() > 0 {
            "No message passes the filter."
        } else if state.paused {
            "Paused. Nothing was read yet."
        } else {
            "No message yet. Everything that is asked and answered appears here."
        };
        ui.weak(text);
    });
}
