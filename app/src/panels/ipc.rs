//! Every message at both seams, as it goes.

mod compose;
mod conversation;
mod detail;
mod filter;
mod filter_bar;
mod latest;
mod log;
mod recorded;
mod statistics;
mod stats;
mod table;
mod text;
mod unanswered;

pub use recorded::Recorded;

use crate::action::{Actions, Command};
use crate::state::{Session, now_nanos};
use crate::theme;
use compose::{ComposeState, compose_ui};
use detail::{DetailState, Wish};
use eframe::egui::{Align, Button, Frame, Layout, Margin, Panel, RichText, Ui};
use egui_material_icons::icons;
use filter_bar::FilterBar;
use latest::{LatestState, latest_ui};
use log::{Log, Place};
use loophole_pulse::trace::TraceEntry;
use statistics::{Sort, statistics_ui};
use std::time::{Duration, Instant};
use table::TableState;
use unanswered::unanswered_ui;

/// How soon to look again while messages keep coming.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// How long a frame may look through messages with a new filter.
const FILTER_TIME: Duration = Duration::from_millis(4);

/// What the panel shows of the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum View {
    #[default]
    Messages,
    Latest,
    Unanswered,
    Statistics,
    Send,
}

impl View {
    const ALL: [(View, &str, &str); 5] = [
        (Self::Messages, "Messages", "Every message, in order"),
        (Self::Latest, "Latest values", "The newest value of everything that was told"),
        (Self::Unanswered, "Unanswered", "Commands without an answer, and answers that came late"),
        (Self::Statistics, "Statistics", "Rates, sizes and how long answers took"),
        (Self::Send, "Send", "Any command, written by hand"),
    ];
}

/// What the panel keeps between frames.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct IpcPanelState {
    filter: FilterBar,
    /// Leaves out plane frames and heartbeats.
    quiet: bool,
    view: View,
    compose: ComposeState,
    #[serde(skip)]
    paused: bool,
    /// The panel was shown since the last [`IpcPanelState::close_unseen`].
    #[serde(skip)]
    seen: bool,
    #[serde(skip)]
    log: Log,
    /// While a recording is shown: what it is, and the living messages.
    #[serde(skip)]
    recording: Option<Shown>,
    #[serde(skip)]
    table: TableState,
    #[serde(skip)]
    detail: DetailState,
    #[serde(skip)]
    latest: LatestState,
    #[serde(skip)]
    sort: Sort,
    #[serde(skip)]
    inbox: Vec<TraceEntry>,
}

impl Default for IpcPanelState {
    fn default() -> Self {
        Self {
            filter: FilterBar::default(),
            quiet: true,
            view: View::default(),
            compose: ComposeState::default(),
            paused: false,
            seen: false,
            log: Log::default(),
            recording: None,
            table: TableState::default(),
            detail: DetailState::default(),
            latest: LatestState::default(),
            sort: Sort::default(),
            inbox: Vec::new(),
        }
    }
}

/// A recording that stands in place of the living messages.
#[derive(Debug)]
struct Shown {
    name: String,
    about: String,
    warnings: Vec<String>,
    living: Log,
}

impl IpcPanelState {
    /// Shows a recording in place of the living messages, which go on behind it.
    pub fn open(&mut self, recorded: Recorded) {
        self.go_live();
        let living = std::mem::replace(&mut self.log, recorded.log);
        let Recorded { name, about, warnings, .. } = recorded;
        self.recording = Some(Shown { name, about, warnings, living });
        self.forget_places();
        self.view = View::Messages;
    }

    fn go_live(&mut self) {
        if let Some(shown) = self.recording.take() {
            self.log = shown.living;
            self.forget_places();
        }
    }

    /// The list is another one.
    fn forget_places(&mut self) {
        self.table = TableState::default();
        self.detail = DetailState::default();
        self.latest = LatestState::default();
    }

    /// Closes the tap when the panel was not shown in this frame: call once after all panels.
    pub fn close_unseen(&mut self, session: &Session) {
        if !std::mem::take(&mut self.seen) && session.tap().is_open() {
            session.tap().set_open(false);
        }
    }
}

/// Shows the messages.
pub fn ipc_ui(ui: &mut Ui, session: &Session, state: &mut IpcPanelState, actions: &mut Actions) {
    session.tap().set_open(true);
    state.seen = true;
    read(ui, session, state);
    ui.add_space(theme::SPACE_1);
    views_ui(ui, session, state, actions);
    recording_ui(ui, state);
    ui.add_space(theme::SPACE_1);
    state.log.set_filter(state.filter.filter(), state.quiet);
    let begun = Instant::now();
    while state.log.step() {
        if begun.elapsed() >= FILTER_TIME {
            ui.request_repaint();
            break;
        }
    }
    match state.view {
        View::Messages => messages_ui(ui, state),
        View::Latest => {
            filter_ui(ui, state);
            inset(ui, |ui| latest_ui(ui, &state.log, &mut state.latest));
        }
        View::Unanswered => {
            if let Some(place) = inset(ui, |ui| unanswered_ui(ui, &state.log)) {
                show(state, place);
            }
        }
        View::Statistics => {
            if let Some(name) = inset(ui, |ui| statistics_ui(ui, &state.log, &mut state.sort)) {
                state.filter.set(format!("op == {name}"));
                state.view = View::Messages;
            }
        }
        View::Send => compose_ui(ui, session, &mut state.compose, actions),
    }
}

fn inset<T>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> T) -> T {
    Frame::new().inner_margin(Margin::symmetric(theme::SPACE_2 as i8, 0)).show(ui, contents).inner
}

fn messages_ui(ui: &mut Ui, state: &mut IpcPanelState) {
    filter_ui(ui, state);
    ui.add_space(theme::SPACE_1);
    if let Some(place) = state.table.selected {
        let panel = Panel::right("message detail").resizable(true).default_size(320.0).min_size(180.0);
        panel.show(ui, |ui| detail_ui(ui, state, place));
    }
    if state.log.shown() == 0 {
        return empty_ui(ui, state);
    }
    if let Some(condition) = table::table_ui(ui, &state.log, &mut state.table) {
        state.filter.also(&condition);
    }
}

/// Shows a message in the list, though the filter would hide it.
fn show(state: &mut IpcPanelState, place: Place) {
    if state.log.row_of(place).is_none() {
        state.filter.set("");
        state.quiet = false;
        state.log.set_filter(state.filter.filter(), false);
        while state.log.step() {}
    }
    state.table.select(&state.log, place);
    state.view = View::Messages;
}

/// Paused, the list stands and the ring goes on; what it loses meanwhile is counted.
fn read(ui: &Ui, session: &Session, state: &mut IpcPanelState) {
    if state.paused {
        return;
    }
    let log = state.recording.as_mut().map_or(&mut state.log, |shown| &mut shown.living);
    let next = session.tap().read(log.next_number(), &mut state.inbox);
    let news = state.inbox.iter().any(|entry| !(state.quiet && filter::is_chatter(entry)));
    log.absorb(state.inbox.drain(..), next);
    // Somebody woke us for what we read; what comes right behind it wakes nobody.
    if news {
        ui.request_repaint_after(LOOK_AGAIN);
    }
}

fn detail_ui(ui: &mut Ui, state: &mut IpcPanelState, place: Place) {
    ui.horizontal(|ui| {
        ui.heading("Message");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let close = Button::new(RichText::from(icons::ICON_CLOSE)).frame_when_inactive(false);
            if ui.add(close).accessible_name("Close message detail").clicked() {
                state.table.selected = None;
            }
        });
    });
    match detail::detail_ui(ui, &state.log, place, &mut state.detail) {
        Some(Wish::Show(other)) => show(state, other),
        Some(Wish::Edit(value)) => {
            if let Some(entry) = state.log.get(place).map(|message| &message.entry)
                && state.compose.take(&entry.domain, &entry.name, &value)
            {
                state.view = View::Send;
            }
        }
        None => {}
    }
}

/// Which view, and what holds for all of them.
fn views_ui(ui: &mut Ui, session: &Session, state: &mut IpcPanelState, actions: &mut Actions) {
    ui.horizontal(|ui| {
        ui.add_space(theme::SPACE_1);
        for (view, name, hint) in View::ALL {
            let button = ui.add(Button::selectable(state.view == view, name)).on_hover_text(hint);
            if button.accessible_name(format!("{name} view")).clicked() {
                state.view = view;
            }
        }
        ui.separator();
        let (icon, text) = if state.paused { (icons::ICON_PLAY_ARROW, "Go on") } else { (icons::ICON_PAUSE, "Pause") };
        let pause = ui.add(Button::selectable(state.paused, (RichText::from(icon), text)));
        if pause.accessible_name(format!("{text} the message list")).clicked() {
            state.paused = !state.paused;
        }
        let clear =
            ui.add_enabled(state.recording.is_none(), Button::new((RichText::from(icons::ICON_DELETE_SWEEP), "Clear")));
        if clear.accessible_name("Clear the message list").clicked() {
            if state.recording.is_none() {
                session.tap().clear();
                state.log.clear(session.tap().next_number());
            }
            state.table.selected = None;
            state.latest = LatestState::default();
        }
        for command in [Command::SaveRecording, Command::OpenRecording] {
            let spec = command.spec();
            let button = ui.add(Button::new(spec.icon.map(RichText::from).unwrap_or_default()));
            if button.accessible_name(spec.text).on_hover_text(spec.text).clicked() {
                actions.command(command);
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| counters_ui(ui, state));
    });
}

/// Says that these are no living messages.
fn recording_ui(ui: &mut Ui, state: &mut IpcPanelState) {
    let Some(shown) = &state.recording else { return };
    let mut back = false;
    ui.horizontal(|ui| {
        ui.add_space(theme::SPACE_2);
        ui.label(RichText::new(format!("Recording {}", shown.name)).strong().color(theme::tokens(ui).accent));
        ui.label(RichText::new(&shown.about).small().weak());
        for warning in &shown.warnings {
            ui.label(RichText::new(warning).small().color(theme::tokens(ui).warning));
        }
        back = ui.button("Back to the living messages").clicked();
    });
    if back {
        state.go_live();
    }
}

fn filter_ui(ui: &mut Ui, state: &mut IpcPanelState) {
    ui.horizontal(|ui| {
        ui.add_space(theme::SPACE_1);
        let width = (ui.available_width() - 440.0).clamp(160.0, 720.0);
        state.filter.field_ui(ui, width);
        ui.checkbox(&mut state.quiet, "Hide meters and heartbeats");
        if state.view == View::Messages {
            let follows = state.table.follows();
            let follow = Button::selectable(follows, (RichText::from(icons::ICON_VERTICAL_ALIGN_BOTTOM), "Newest"));
            let follow = ui.add(follow).accessible_name("Follow the newest message");
            if follow.on_hover_text("Stays at the newest message until you scroll up.").clicked() {
                state.table.follow(&state.log);
            }
            next_error_ui(ui, state);
        }
    });
    state.filter.line_ui(ui);
}

fn next_error_ui(ui: &mut Ui, state: &mut IpcPanelState) {
    let next = Button::new((RichText::from(icons::ICON_ERROR), "Next error"));
    let next = ui.add(next).on_hover_text("Goes to the next message in the list that failed");
    if next.clicked() {
        match state.log.next_failed(state.table.selected) {
            Some(place) => state.table.select(&state.log, place),
            None => state.table.selected = None,
        }
    }
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
        let text = if state.log.len() > 0 && state.filter.is_empty() {
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
