//! The list of messages: a million rows cost what one screen of them costs.

use super::filter;
use super::log::{Log, Message, Place};
use super::text;
use crate::theme::{self, Tokens};
use crate::widgets::list_keys;
use eframe::egui::{Align, Color32, FontId, Label, RichText, Role, Sense, TextStyle, Ui, WidgetInfo};
use egui_table::{CellInfo, Column, HeaderCellInfo, HeaderRow, PrefetchInfo, Table, TableDelegate};
use loophole_pulse::trace::{Body, Kind};
use std::ops::Range;

const ROW_HEIGHT: f32 = 20.0;
const HEADER_HEIGHT: f32 = 22.0;

/// Heading, width in points, numbers stand on the right.
const COLUMNS: [(&str, f32, bool); 9] = [
    ("Time (UTC)", 112.0, false),
    ("Since last", 74.0, true),
    ("Link", 66.0, false),
    ("Direction", 104.0, false),
    ("Message", 190.0, false),
    ("Kind", 72.0, false),
    ("Size", 64.0, true),
    ("Latency", 70.0, true),
    ("Status", 180.0, false),
];

/// What the table keeps between frames.
#[derive(Debug, Default)]
pub(crate) struct TableState {
    pub selected: Option<Place>,
    /// The last row was in view.
    at_end: bool,
    /// A row to bring into view.
    go_to: Option<usize>,
}

impl TableState {
    /// Whether new messages are scrolled to.
    pub(crate) fn follows(&self) -> bool {
        self.at_end
    }

    pub(crate) fn follow(&mut self, log: &Log) {
        self.go_to = log.shown().checked_sub(1);
    }

    /// Selects a message and shows it, if the filter lets it through.
    pub(crate) fn select(&mut self, log: &Log, place: Place) {
        self.selected = Some(place);
        self.go_to = log.row_of(place);
    }
}

/// Shows the list; gives a condition that somebody wants in the filter.
pub(crate) fn table_ui(ui: &mut Ui, log: &Log, state: &mut TableState) -> Option<String> {
    keys(ui, log, state);
    let columns: Vec<Column> =
        COLUMNS.iter().map(|(_, width, _)| Column::new(*width).range(40.0..=900.0).resizable(true)).collect();
    let mut table = Table::new()
        .id_salt("messages")
        .num_rows(log.shown() as u64)
        .columns(columns)
        .headers([HeaderRow::new(HEADER_HEIGHT)])
        .stick_to_bottom(true);
    if let Some(row) = state.go_to.take() {
        let at_end = row + 1 == log.shown();
        table = table.scroll_to_row(row as u64, if at_end { Some(Align::BOTTOM) } else { None });
    }
    let mut delegate = Rows {
        log,
        selected: state.selected,
        clicked: None,
        condition: None,
        visible: 0..0,
        tokens: theme::tokens(ui),
        font: TextStyle::Small.resolve(ui.style()),
        mono: FontId::monospace(theme::TEXT_SMALL),
    };
    table.show(ui, &mut delegate);
    let (clicked, visible) = (delegate.clicked, delegate.visible);
    state.at_end = visible.end >= log.shown() as u64;
    if clicked.is_some() {
        state.selected = clicked;
    }
    delegate.condition
}

/// Arrows walk through the list while it has the focus.
fn keys(ui: &mut Ui, log: &Log, state: &mut TableState) {
    let Some(steps) = list_keys::steps(ui, "Messages") else { return };
    if steps != 0 {
        let row = state.selected.and_then(|place| log.row_of(place));
        let row = row.map_or(log.shown().saturating_sub(1), |row| row.saturating_add_signed(steps));
        if let Some((place, _)) = log.row(row.min(log.shown().saturating_sub(1))) {
            state.select(log, place);
        }
    }
}

struct Rows<'a> {
    log: &'a Log,
    selected: Option<Place>,
    clicked: Option<Place>,
    condition: Option<String>,
    visible: Range<u64>,
    tokens: &'static Tokens,
    font: FontId,
    mono: FontId,
}

impl TableDelegate for Rows<'_> {
    fn prepare(&mut self, info: &PrefetchInfo) {
        self.visible = info.visible_rows.clone();
    }

    fn default_row_height(&self) -> f32 {
        ROW_HEIGHT
    }

    fn header_cell_ui(&mut self, ui: &mut Ui, cell: &HeaderCellInfo) {
        ui.painter().rect_filled(ui.max_rect(), 0.0, self.tokens.raised);
        let Some((heading, width, _)) = COLUMNS.get(cell.col_range.start) else { return };
        // The table asks the contents how wide a column is at first.
        ui.set_min_width(*width);
        ui.add_space(theme::SPACE_1);
        let text = RichText::new(*heading).font(self.font.clone()).color(self.tokens.text_weak);
        ui.add(Label::new(text).selectable(false));
    }

    fn row_ui(&mut self, ui: &mut Ui, row: u64) {
        // The table asks once more for the sticky columns, of which there are none.
        if ui.clip_rect().width() < 1.0 {
            return;
        }
        let Some((place, message)) = self.log.row(row as usize) else { return };
        let rect = ui.max_rect();
        let response = ui.interact(rect, ui.scope_id().with(("message", place.0)), Sense::click());
        let selected = self.selected == Some(place);
        response.widget_info(|| {
            let entry = &message.entry;
            let text = format!("{}.{} {} {}", entry.domain, entry.name, entry.class().name(), entry.number);
            WidgetInfo::selected(Role::ListItem, true, selected, text)
        });
        if selected {
            ui.painter().rect_filled(rect, 0.0, self.tokens.selection);
        } else if response.hovered() {
            ui.painter().rect_filled(rect, 0.0, self.tokens.control);
        } else if message.failed {
            ui.painter().rect_filled(rect, 0.0, self.tokens.error.gamma_multiply(0.12));
        }
        if response.clicked() {
            self.clicked = Some(place);
        }
        response.context_menu(|ui| {
            for condition in conditions(message) {
                if ui.button(&condition).clicked() {
                    self.condition = Some(condition);
                }
            }
        });
    }

    fn cell_ui(&mut self, ui: &mut Ui, cell: &CellInfo) {
        let row = cell.row_nr as usize;
        let Some((_, message)) = self.log.row(row) else { return };
        let (text, colour) = self.cell(row, message, cell.col_nr);
        let Some((_, _, right)) = COLUMNS.get(cell.col_nr) else { return };
        let rect = ui.max_rect().shrink2(eframe::egui::vec2(theme::SPACE_1, 0.0));
        let font = if *right || cell.col_nr == 0 { &self.mono } else { &self.font };
        let (anchor, place) = if *right {
            (eframe::egui::Align2::RIGHT_CENTER, rect.right_center())
        } else {
            (eframe::egui::Align2::LEFT_CENTER, rect.left_center())
        };
        ui.painter().text(place, anchor, text, font.clone(), colour);
    }
}

impl Rows<'_> {
    fn cell(&self, row: usize, message: &Message, column: usize) -> (String, Color32) {
        let (entry, tokens) = (&message.entry, self.tokens);
        let weak = tokens.text_weak;
        match column {
            0 => (text::clock(entry.at_nanos), weak),
            1 => (self.since_last(row, entry.at_nanos), weak),
            2 => (text::link(entry.link), weak),
            3 => (text::direction(entry), tokens.text),
            4 => (format!("{}.{}", entry.domain, entry.name), tokens.domain(&entry.domain)),
            5 if entry.kind == Kind::Error => (entry.class().name().to_owned(), tokens.error),
            5 => (entry.class().name().to_owned(), tokens.text),
            6 => (text::size(size_of(message)), weak),
            7 => (message.latency_nanos.map(text::duration).unwrap_or_default(), tokens.text),
            _ => self.status(message),
        }
    }

    fn since_last(&self, row: usize, at_nanos: u64) -> String {
        let last = row.checked_sub(1).and_then(|row| self.log.row(row));
        last.map(|(_, last)| text::duration(at_nanos.saturating_sub(last.entry.at_nanos))).unwrap_or_default()
    }

    fn status(&self, message: &Message) -> (String, Color32) {
        let partner = message.partner.and_then(|place| self.log.get(place));
        for one in [Some(message), partner].into_iter().flatten() {
            if let Body::Error(error) = &one.entry.body {
                return (error.code.clone(), self.tokens.error);
            }
        }
        match (message.entry.kind, partner) {
            _ if message.failed => ("error".to_owned(), self.tokens.error),
            (Kind::Command, Some(_)) => ("done".to_owned(), self.tokens.ok),
            (Kind::Command, None) if !message.entry.id.is_empty() => ("no reply yet".to_owned(), self.tokens.text_weak),
            _ => (String::new(), self.tokens.text_weak),
        }
    }
}

/// What one may want to see more of, or no more, who sees this message.
fn conditions(message: &Message) -> Vec<String> {
    let entry = &message.entry;
    let (op, link) = (format!("{}.{}", entry.domain, entry.name), entry.link);
    let mut conditions = vec![
        format!("op == {op}"),
        format!("op != {op}"),
        format!("domain == {}", entry.domain),
        format!("domain != {}", entry.domain),
        format!("kind == {}", entry.class().name()),
        format!("link == {link}"),
    ];
    conditions.extend(filter::status(message).map(|status| format!("status == {}", status.name())));
    conditions
}

/// Where there was no wire, the size of the payload as JSON.
pub(crate) fn size_of(message: &Message) -> usize {
    message.entry.size()
}
