//! A list that one searches by typing, in the middle of the window.

use super::badge::keys_text;
use super::fuzzy;
use crate::theme;
use eframe::egui::{
    self, Align, Align2, Area, Button, Frame, Id, Key, Modifiers, Order, RichText, ScrollArea, TextEdit, Ui, vec2,
};

/// One line.
#[derive(Clone, Debug)]
pub struct Entry {
    pub text: String,
    /// What it does, or why it cannot be done.
    pub detail: String,
    pub keys: String,
    pub enabled: bool,
}

/// What somebody typed, and where the bar stands.
#[derive(Clone, Debug, Default)]
pub struct PaletteState {
    query: String,
    selected: usize,
    is_new: bool,
}

impl PaletteState {
    /// An empty one, with the keyboard in its field.
    pub fn opened() -> Self {
        Self { is_new: true, ..Self::default() }
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    Nothing,
    /// The entry with this index.
    Entry(usize),
    Closed,
}

const WIDTH: f32 = 560.0;
const HEIGHT: f32 = 360.0;

/// Shows the palette over everything.
pub fn palette_ui(ui: &Ui, entries: &[Entry], state: &mut PaletteState) -> Chosen {
    let id = Id::unique("loophole.palette");
    let found = find(entries, &state.query);
    state.selected = state.selected.min(found.len().saturating_sub(1));
    let mut chosen = keys(ui, state, &found);
    let area = Area::new(id).order(Order::Foreground).anchor(Align2::CENTER_TOP, vec2(0.0, 72.0));
    let shown = area.show(ui, |ui| {
        Frame::popup(ui.style()).inner_margin(12).show(ui, |ui| {
            ui.set_width(WIDTH);
            let field = TextEdit::singleline(&mut state.query)
                .hint_text("Type what you want to do")
                .desired_width(f32::INFINITY)
                .margin(vec2(8.0, 6.0));
            let response = ui.add(field).accessible_name("Search commands");
            if std::mem::take(&mut state.is_new) {
                response.request_focus();
            }
            if response.changed() {
                state.selected = 0;
            }
            ui.add_space(theme::SPACE_1);
            if let Some(index) = list_ui(ui, entries, &found, state) {
                chosen = Chosen::Entry(index);
            }
        });
    });
    if chosen == Chosen::Nothing && shown.response.clicked_elsewhere() && !state.is_new && was_shown(ui, id) {
        chosen = Chosen::Closed;
    }
    if chosen != Chosen::Nothing {
        ui.data_mut(|data| data.remove::<bool>(id));
    }
    chosen
}

/// A click that opened the palette is not a click beside it.
fn was_shown(ui: &Ui, id: Id) -> bool {
    ui.data_mut(|data| std::mem::replace(data.get_temp_mut_or_default::<bool>(id), true))
}

/// Indices of what fits, best first; all, in their order, while nothing is typed.
fn find(entries: &[Entry], query: &str) -> Vec<usize> {
    if query.trim().is_empty() {
        return (0..entries.len()).collect();
    }
    let mut found: Vec<(i32, usize)> = entries
        .iter()
        .enumerate()
        .filter_map(|(index, entry)| Some((fuzzy::score(query, &entry.text)? + i32::from(entry.enabled) * 8, index)))
        .collect();
    found.sort_by_key(|(score, index)| (std::cmp::Reverse(*score), *index));
    found.into_iter().map(|(_, index)| index).collect()
}

fn keys(ui: &Ui, state: &mut PaletteState, found: &[usize]) -> Chosen {
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::Escape) {
        return Chosen::Closed;
    }
    if pressed(Key::ArrowDown) && !found.is_empty() {
        state.selected = (state.selected + 1) % found.len();
    }
    if pressed(Key::ArrowUp) && !found.is_empty() {
        state.selected = (state.selected + found.len() - 1) % found.len();
    }
    if pressed(Key::Enter)
        && let Some(index) = found.get(state.selected)
    {
        return Chosen::Entry(*index);
    }
    Chosen::Nothing
}

fn list_ui(ui: &mut Ui, entries: &[Entry], found: &[usize], state: &PaletteState) -> Option<usize> {
    if found.is_empty() {
        ui.label(RichText::new(format!("Nothing is called “{}”. Fewer letters find more.", state.query)).weak());
        return None;
    }
    let mut clicked = None;
    let moved = ui.input(|input| {
        input.events.iter().any(|event| matches!(event, egui::Event::Key { pressed: true, .. } | egui::Event::Text(_)))
    });
    ScrollArea::vertical().max_height(HEIGHT).auto_shrink([false, true]).show(ui, |ui| {
        for (row, index) in found.iter().enumerate() {
            let Some(entry) = entries.get(*index) else { continue };
            let response = row_ui(ui, entry, row == state.selected);
            if row == state.selected && moved {
                response.scroll_to_me(Some(Align::Center));
            }
            if response.clicked() {
                clicked = Some(*index);
            }
        }
    });
    clicked
}

fn row_ui(ui: &mut Ui, entry: &Entry, selected: bool) -> egui::Response {
    let tokens = theme::tokens(ui);
    let ink = if entry.enabled { tokens.text } else { tokens.text_weak };
    let button = Button::selectable(selected, RichText::new(&entry.text).color(ink))
        .right_text(keys_text(ui, &entry.keys))
        .min_size(vec2(ui.available_width(), 24.0));
    ui.add(button).on_hover_text(&entry.detail)
}
