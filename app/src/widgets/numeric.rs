//! A small field above a control, to type its value.

use crate::theme;
use eframe::egui::{self, Align2, Area, Frame, Id, Key, Order, Rect, TextEdit, Ui};

/// What became of the typing.
#[derive(Clone, Debug, PartialEq)]
pub enum Typed {
    /// Still typing.
    Not,
    /// Enter: this text.
    Text(String),
    /// Escape, or a click elsewhere.
    Left,
}

/// Shows the field; `text` is what stands in it, `wrong` is why the last try was refused.
pub fn numeric_entry_ui(ui: &Ui, id: Id, above: Rect, name: &str, text: &mut String, wrong: Option<&str>) -> Typed {
    let tokens = theme::tokens(ui);
    let mut typed = Typed::Not;
    Area::new(id.with("entry")).order(Order::Foreground).fixed_pos(above.center()).pivot(Align2::CENTER_CENTER).show(
        ui,
        |ui| {
            let edge = if wrong.is_some() { tokens.error } else { tokens.accent };
            Frame::popup(ui.style()).stroke(egui::Stroke::new(1.0, edge)).show(ui, |ui| {
                let edit_id = id.with("edit");
                let before = ui.memory(|memory| memory.has_focus(edit_id));
                let edit = TextEdit::singleline(text).id(edit_id).desired_width(72.0).show(ui);
                let response = edit.response.response.accessible_name(format!("Value of {name}"));
                if let Some(wrong) = wrong {
                    ui.colored_label(tokens.error, wrong);
                }
                let first = ui.data_mut(|data| !std::mem::replace(data.get_temp_mut_or_default::<bool>(edit_id), true));
                if first {
                    response.request_focus();
                    select_all(ui, edit_id, edit.state, text);
                } else if before && ui.input(|input| input.key_pressed(Key::Enter)) {
                    typed = Typed::Text(text.clone());
                } else if response.lost_focus() || ui.input(|input| input.key_pressed(Key::Escape)) {
                    typed = Typed::Left;
                }
                if typed != Typed::Not {
                    ui.data_mut(|data| data.remove::<bool>(edit_id));
                }
            });
        },
    );
    typed
}

fn select_all(ui: &Ui, id: Id, mut state: egui::text_edit::TextEditState, text: &str) {
    let end = text.chars().count();
    let all = egui::text::CCursorRange::two(egui::text::CCursor::new(0), egui::text::CCursor::new(end));
    state.cursor.set_char_range(Some(all));
    state.store(ui, id);
}
