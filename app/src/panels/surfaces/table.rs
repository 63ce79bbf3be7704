//! The mappings of a device as a table: what, with what, onto what, when, how, from where, and whether it holds now.

use super::edit::{self, Change};
use super::words;
use crate::action::Actions;
use crate::theme::{self, Tokens};
use crate::widgets::fuzzy;
use crate::widgets::list_keys;
use crate::widgets::one_line::one_line;
use eframe::egui::{
    Align2, Button, Checkbox, Color32, FontId, Key, Label, Modifiers, Popup, Rect, Response, RichText, Role, Sense,
    Stroke, StrokeKind, TextStyle, Ui, WidgetInfo, pos2, vec2,
};
use egui_material_icons::icons;
use egui_table::{CellInfo, Column, HeaderCellInfo, HeaderRow, Table, TableDelegate};
use loophole_pulse::model::Model;
use loophole_pulse::view::surfaces::{Mapping, MappingScope, MappingView, SurfaceView};
use std::sync::Arc;

const ROW_HEIGHT: f32 = 24.0;
const HEADER_HEIGHT: f32 = 22.0;

const ON: usize = 0;
const SOURCE: usize = 1;
const TARGET: usize = 2;
const NOW: usize = 3;
const WHEN: usize = 4;
const GLUE: usize = 5;
const SCOPE: usize = 6;
const DO: usize = 7;

/// Heading and width in points.
const COLUMNS: [(&str, f32); 8] = [
    ("On", 54.0),
    ("Element", 148.0),
    ("Target", 190.0),
    ("Now", 150.0),
    ("When", 104.0),
    ("How", 116.0),
    ("From", 86.0),
    ("", 30.0),
];

/// What the table asked for in this frame.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub select: Option<String>,
    pub change: Option<(Change, Box<Mapping>)>,
    pub solo: Option<Option<String>>,
    pub remove: Option<String>,
}

/// The rows that pass: of the selected element, and with the words of the filter.
pub(super) fn shown<'a>(device: &'a SurfaceView, element: Option<&str>, filter: &str) -> Vec<&'a MappingView> {
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let passes = |row: &&MappingView| {
        if element.is_some_and(|element| row.mapping.element != element) {
            return false;
        }
        if words.is_empty() {
            return true;
        }
        let text = format!("{} {} {} {}", row.source, row.target, words::when(&row.mapping.when), row.mapping.name);
        let text = text.to_lowercase();
        words.iter().all(|word| text.contains(word))
            || fuzzy::score(filter, &row.target).is_some_and(|score| score > 40)
    };
    device.mappings.iter().filter(passes).collect()
}

pub(super) fn table_ui(
    ui: &mut Ui,
    device: &SurfaceView,
    model: &Arc<Model>,
    rows: &[&MappingView],
    selected: Option<&str>,
    actions: &mut Actions,
) -> Asked {
    let mut asked = Asked::default();
    keys(ui, rows, selected, &mut asked);
    let columns: Vec<Column> =
        COLUMNS.iter().map(|(_, width)| Column::new(*width).range(24.0..=600.0).resizable(true)).collect();
    let mut table = Table::new()
        .id_salt(("mappings", device.device))
        .num_rows(rows.len() as u64)
        .columns(columns)
        .headers([HeaderRow::new(HEADER_HEIGHT)]);
    if let Some(select) = asked.select.as_deref()
        && let Some(row) = rows.iter().position(|row| row.mapping.id == select)
    {
        table = table.scroll_to_row(row as u64, None);
    }
    let mut delegate = Rows {
        device,
        model,
        rows,
        selected,
        asked: &mut asked,
        actions,
        tokens: theme::tokens(ui),
        font: TextStyle::Small.resolve(ui.style()),
    };
    table.show(ui, &mut delegate);
    asked
}

/// Arrows walk, Delete removes, while the list has the focus.
fn keys(ui: &mut Ui, rows: &[&MappingView], selected: Option<&str>, asked: &mut Asked) {
    let Some(steps) = list_keys::steps(ui, "Mappings") else { return };
    let delete = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Delete));
    let at = selected.and_then(|id| rows.iter().position(|row| row.mapping.id == id));
    if steps != 0 && !rows.is_empty() {
        let next = at.map_or(0, |at| at.saturating_add_signed(steps).min(rows.len() - 1));
        asked.select = rows.get(next).map(|row| row.mapping.id.clone());
    }
    if delete && let Some(row) = at.and_then(|at| rows.get(at)).filter(|row| row.scope != MappingScope::Factory) {
        asked.remove = Some(row.mapping.id.clone());
    }
}

struct Rows<'a> {
    device: &'a SurfaceView,
    model: &'a Arc<Model>,
    rows: &'a [&'a MappingView],
    selected: Option<&'a str>,
    asked: &'a mut Asked,
    actions: &'a mut Actions,
    tokens: &'static Tokens,
    font: FontId,
}

impl TableDelegate for Rows<'_> {
    fn default_row_height(&self) -> f32 {
        ROW_HEIGHT
    }

    fn header_cell_ui(&mut self, ui: &mut Ui, cell: &HeaderCellInfo) {
        ui.painter().rect_filled(ui.max_rect(), 0.0, self.tokens.raised);
        let Some((heading, width)) = COLUMNS.get(cell.col_range.start) else { return };
        ui.set_min_width(*width);
        ui.add_space(theme::SPACE_1);
        let text = RichText::new(*heading).font(self.font.clone()).color(self.tokens.text_weak);
        ui.add(Label::new(text).selectable(false));
    }

    fn row_ui(&mut self, ui: &mut Ui, row: u64) {
        if ui.clip_rect().width() < 1.0 {
            return;
        }
        let Some(row) = self.rows.get(row as usize) else { return };
        let rect = ui.max_rect();
        let response = ui.interact(rect, ui.scope_id().with(("mapping", &row.mapping.id)), Sense::click());
        let selected = self.selected == Some(row.mapping.id.as_str());
        let state = if row.active { "active" } else { "not active" };
        let name = format!("Mapping {} to {}, {state}", row.source, row.target);
        response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, selected, &name));
        if selected {
            ui.painter().rect_filled(rect, 0.0, self.tokens.selection);
        } else if response.hovered() {
            ui.painter().rect_filled(rect, 0.0, self.tokens.control);
        }
        if response.has_focus() {
            let edge = Stroke::new(1.0, self.tokens.accent);
            ui.painter().rect_stroke(rect, 0.0, edge, StrokeKind::Inside);
        }
        if row.active {
            ui.painter().rect_filled(rect.with_max_x(rect.left() + 2.5), 0.0, self.tokens.ok);
        }
        if response.clicked() {
            self.asked.select = Some(row.mapping.id.clone());
        }
        if response.contains_pointer() {
            self.actions.hint(format!("{name}. Click to see and change how it works"));
        }
    }

    fn cell_ui(&mut self, ui: &mut Ui, cell: &CellInfo) {
        let Some(row) = self.rows.get(cell.row_nr as usize).copied() else { return };
        let tokens = self.tokens;
        let ink = if row.mapping.enabled { tokens.text } else { tokens.text_weak };
        match cell.col_nr {
            ON => self.on_ui(ui, row),
            SOURCE => self.source_ui(ui, row, ink),
            TARGET => self.target_ui(ui, row, ink),
            NOW => self.now_ui(ui, row),
            WHEN => self.when_ui(ui, row, ink),
            GLUE => {
                let text = words::glue(&row.mapping.glue);
                let ink = if text == "Plain" { tokens.text_weak } else { ink };
                self.text(ui, &text, ink);
            }
            SCOPE => self.scope_ui(ui, row),
            DO => self.do_ui(ui, row),
            _ => {}
        }
    }
}

impl Rows<'_> {
    fn text(&self, ui: &Ui, text: &str, ink: Color32) {
        let rect = ui.max_rect().shrink2(vec2(theme::SPACE_1, 0.0));
        let galley = one_line(ui.painter(), text, self.font.clone(), ink, rect.width());
        ui.painter().galley(pos2(rect.left(), rect.center().y - galley.size().y * 0.5), galley, ink);
    }

    fn on_ui(&mut self, ui: &mut Ui, row: &MappingView) {
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.add_space(theme::SPACE_1 + 2.0);
        let mut on = row.mapping.enabled;
        let check = ui.add(Checkbox::without_text(&mut on));
        let check = check.accessible_name(format!("Enable mapping {} to {}", row.source, row.target));
        if check.clicked() {
            let mapping = Mapping { enabled: on, ..row.mapping.clone() };
            self.asked.change = Some((Change::Harmless, Box::new(mapping)));
        }
        let ink = if row.soloed { self.tokens.text_on(self.tokens.solo) } else { self.tokens.text };
        let solo = Button::new(RichText::new("S").small().color(ink)).small().min_size(vec2(18.0, 18.0));
        let solo = if row.soloed { solo.fill(self.tokens.solo) } else { solo };
        let solo = ui.add(solo).accessible_name(format!("Solo mapping {} to {}", row.source, row.target));
        if solo.on_hover_text("Only this mapping of the device works, to try it.").clicked() {
            self.asked.solo = Some((!row.soloed).then(|| row.mapping.id.clone()));
        }
    }

    /// A cell that opens an editor of its own.
    fn cell_button(&self, ui: &Ui, row: &MappingView, what: &str, text: &str, ink: Color32) -> Response {
        let rect = ui.max_rect();
        let response = ui.interact(rect.shrink(1.0), ui.scope_id().with((what, &row.mapping.id)), Sense::click());
        let name = format!("Change {what} of mapping {} to {}", row.source, row.target);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        if response.hovered() || response.has_focus() {
            let edge = Stroke::new(1.0, if response.has_focus() { self.tokens.accent } else { self.tokens.outline });
            ui.painter().rect_stroke(rect.shrink(1.0), theme::RADIUS, edge, StrokeKind::Inside);
            let (icon, place) = (icons::ICON_EDIT, pos2(rect.right() - 9.0, rect.center().y));
            let font = FontId::new(12.0, icon.font_family());
            ui.painter().text(place, Align2::CENTER_CENTER, icon.codepoint, font, self.tokens.text_weak);
        }
        self.text(ui, text, ink);
        response
    }

    fn source_ui(&mut self, ui: &Ui, row: &MappingView, ink: Color32) {
        let button = self.cell_button(ui, row, "element", &row.source, ink);
        if let Some(mapping) = popup(&button, |ui| edit::source_ui(ui, self.device, &row.mapping)) {
            self.asked.change = Some((Change::Activation, Box::new(mapping)));
        }
        if button.clicked() {
            self.asked.select = Some(row.mapping.id.clone());
        }
    }

    fn target_ui(&mut self, ui: &Ui, row: &MappingView, ink: Color32) {
        let button = self.cell_button(ui, row, "target", &row.target, ink);
        let mapping = popup(&button, |ui| {
            let target = edit::target_ui(ui, self.model, &row.mapping.target, 0)?;
            Some(Mapping { target, ..row.mapping.clone() })
        });
        if let Some(mapping) = mapping {
            self.asked.change = Some((Change::Harmless, Box::new(mapping)));
        }
        if button.clicked() {
            self.asked.select = Some(row.mapping.id.clone());
        }
    }

    fn when_ui(&mut self, ui: &Ui, row: &MappingView, ink: Color32) {
        let text = words::when(&row.mapping.when);
        let ink = if text == "Always" { self.tokens.text_weak } else { ink };
        let button = self.cell_button(ui, row, "condition", &text, ink);
        let mapping = popup(&button, |ui| {
            let when = edit::when_ui(ui, self.device, &row.mapping.when)?;
            Some(Mapping { when, ..row.mapping.clone() })
        });
        if let Some(mapping) = mapping {
            self.asked.change = Some((Change::Activation, Box::new(mapping)));
        }
        if button.clicked() {
            self.asked.select = Some(row.mapping.id.clone());
        }
    }

    /// What it controls now, or why nothing.
    fn now_ui(&self, ui: &Ui, row: &MappingView) {
        let tokens = self.tokens;
        let (icon, text, ink) = match &row.target_now {
            Ok(now) if row.active => (icons::ICON_ARROW_FORWARD, now, tokens.text),
            Ok(now) => (icons::ICON_PAUSE, now, tokens.text_weak),
            Err(why) => (icons::ICON_DO_NOT_DISTURB_ON, why, tokens.warning),
        };
        let rect = ui.max_rect();
        let font = FontId::new(12.0, icon.font_family());
        let place = pos2(rect.left() + 10.0, rect.center().y);
        ui.painter().text(place, Align2::CENTER_CENTER, icon.codepoint, font, ink);
        let room = Rect::from_min_max(pos2(rect.left() + 20.0, rect.top()), rect.max - vec2(theme::SPACE_1, 0.0));
        let galley = one_line(ui.painter(), text, self.font.clone(), ink, room.width());
        ui.painter().galley(pos2(room.left(), room.center().y - galley.size().y * 0.5), galley, ink);
        if ui.rect_contains_pointer(rect) {
            ui.interact(rect, ui.scope_id().with(("now", &row.mapping.id)), Sense::hover()).on_hover_text(text);
        }
    }

    fn scope_ui(&self, ui: &Ui, row: &MappingView) {
        let sign = words::scope(row.scope, self.tokens);
        let rect = ui.max_rect();
        let font = FontId::new(13.0, sign.icon.font_family());
        let place = pos2(rect.left() + 10.0, rect.center().y);
        ui.painter().text(place, Align2::CENTER_CENTER, sign.icon.codepoint, font, sign.colour);
        let place = pos2(rect.left() + 20.0, rect.center().y);
        ui.painter().text(place, Align2::LEFT_CENTER, sign.word, self.font.clone(), sign.colour);
        if ui.rect_contains_pointer(rect) {
            let response = ui.interact(rect, ui.scope_id().with(("scope", &row.mapping.id)), Sense::hover());
            response.on_hover_text(words::scope_detail(row.scope));
        }
    }

    fn do_ui(&mut self, ui: &mut Ui, row: &MappingView) {
        let own = !matches!(row.scope, MappingScope::Factory | MappingScope::Composer);
        let delete = Button::new(icons::ICON_DELETE.rich_text().size(14.0)).small().frame_when_inactive(false);
        let delete = ui.add_enabled(own, delete);
        let delete = delete.accessible_name(format!("Remove mapping {} to {}", row.source, row.target));
        let why = "It comes with the profile: switch it off instead.";
        if delete.on_hover_text("Removes this mapping").on_disabled_hover_text(why).clicked() {
            self.asked.remove = Some(row.mapping.id.clone());
        }
    }
}

/// An editor below a cell; it stays open until one clicks elsewhere or presses Escape. The window's memory knows only
/// one popup, and lists inside of the editor need it: so the editor remembers by itself that it is open.
fn popup(button: &Response, content: impl FnOnce(&mut Ui) -> Option<Mapping>) -> Option<Mapping> {
    let (ctx, id) = (&button.ctx, button.id.with("editor is open"));
    let was_open = ctx.data(|data| data.get_temp(id).unwrap_or(false));
    let list_is_open = Popup::is_any_open(ctx);
    let open = was_open != button.clicked();
    let shown = Popup::from_response(button).open(open).show(|ui| {
        ui.set_min_width(300.0);
        content(ui)
    });
    let elsewhere = shown.as_ref().is_some_and(|shown| shown.response.clicked_elsewhere()) && !button.clicked();
    let escape = ctx.input(|input| input.key_pressed(Key::Escape));
    let closes = !list_is_open && (elsewhere || escape);
    ctx.data_mut(|data| {
        if open && !closes {
            data.insert_temp(id, true);
        } else {
            data.remove::<bool>(id);
        }
    });
    shown.and_then(|shown| shown.inner)
}
