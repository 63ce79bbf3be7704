//! A JSON value as a tree: folds, copies values and paths, and stays small when the value is not.

use crate::theme::{self, Tokens};
use eframe::egui::{self, CollapsingHeader, Color32, Label, RichText, Sense, Ui};
use serde_json::Value;

/// Longer lists show their first entries and a button for the next ones.
const PAGE: usize = 100;
/// Longer texts are cut; copying takes all of them.
const TEXT_CHARACTERS: usize = 240;

/// Shows a value; `salt` tells it from other trees in the same panel.
pub fn json_tree_ui(ui: &mut Ui, salt: impl egui::AsIdSalt, value: &Value) {
    ui.push_id(salt, |ui| node_ui(ui, None, value, "", 0));
}

fn node_ui(ui: &mut Ui, key: Option<&str>, value: &Value, path: &str, depth: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let count = if map.len() == 1 { "1 field".to_owned() } else { format!("{} fields", map.len()) };
            branch_ui(ui, key, &count, path, value, depth, |ui, from| {
                for (name, child) in map.iter().skip(from).take(PAGE) {
                    node_ui(ui, Some(name), child, &join(path, name), depth + 1);
                }
                map.len()
            });
        }
        Value::Array(list) if !list.is_empty() => {
            let count = if list.len() == 1 { "1 entry".to_owned() } else { format!("{} entries", list.len()) };
            branch_ui(ui, key, &count, path, value, depth, |ui, from| {
                for (index, child) in list.iter().enumerate().skip(from).take(PAGE) {
                    let name = index.to_string();
                    node_ui(ui, Some(&name), child, &format!("{path}[{index}]"), depth + 1);
                }
                list.len()
            });
        }
        leaf => leaf_ui(ui, key, leaf, path),
    }
}

fn branch_ui(
    ui: &mut Ui,
    key: Option<&str>,
    count: &str,
    path: &str,
    value: &Value,
    depth: usize,
    children: impl FnOnce(&mut Ui, usize) -> usize,
) {
    let title = key.map_or_else(|| count.to_owned(), |key| format!("{key}  ({count})"));
    let header =
        CollapsingHeader::new(RichText::new(title).monospace()).id_salt(("branch", path)).default_open(depth < 2);
    let response = header.show(ui, |ui| {
        let page_id = ui.scope_id().with(("page", path));
        let page: usize = ui.data(|data| data.get_temp(page_id)).unwrap_or(0);
        let all = children(ui, page * PAGE);
        if all > PAGE {
            page_buttons_ui(ui, page_id, page, all, path);
        }
    });
    copy_menu(&response.header_response, path, value);
}

fn page_buttons_ui(ui: &mut Ui, id: egui::Id, page: usize, all: usize, path: &str) {
    let last = (all - 1) / PAGE;
    ui.horizontal(|ui| {
        let from = page * PAGE;
        ui.label(RichText::new(format!("{} – {} of {all}", from + 1, (from + PAGE).min(all))).weak());
        let go = |ui: &mut Ui, text: &str, to: usize, enabled: bool| {
            let button = ui.add_enabled(enabled, egui::Button::new(text).small());
            if button.accessible_name(format!("{text} of {path}")).clicked() {
                ui.data_mut(|data| data.insert_temp(id, to));
            }
        };
        go(ui, "Earlier", page.saturating_sub(1), page > 0);
        go(ui, "Later", page + 1, page < last);
    });
}

fn leaf_ui(ui: &mut Ui, key: Option<&str>, value: &Value, path: &str) {
    let tokens = theme::tokens(ui);
    ui.horizontal(|ui| {
        if let Some(key) = key {
            ui.label(RichText::new(format!("{key}:")).monospace().color(tokens.text_weak));
        }
        let text = RichText::new(leaf_text(value)).monospace().color(leaf_colour(value, tokens));
        let response = ui.add(Label::new(text).wrap().sense(Sense::click()));
        copy_menu(&response, path, value);
        response.on_hover_text("Right-click copies.");
    });
}

fn leaf_text(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().count() > TEXT_CHARACTERS => {
            let cut: String = text.chars().take(TEXT_CHARACTERS).collect();
            format!("\"{cut}…\" ({} bytes)", text.len())
        }
        other => other.to_string(),
    }
}

fn leaf_colour(value: &Value, tokens: &Tokens) -> Color32 {
    match value {
        Value::String(_) => tokens.ok,
        Value::Number(_) => tokens.accent,
        Value::Bool(_) => tokens.warning,
        Value::Null | Value::Array(_) | Value::Object(_) => tokens.text_weak,
    }
}

fn copy_menu(response: &egui::Response, path: &str, value: &Value) {
    response.context_menu(|ui| {
        if ui.button("Copy value").clicked() {
            ui.copy_text(value.as_str().map_or_else(|| format!("{value:#}"), str::to_owned));
            ui.close();
        }
        if !path.is_empty() && ui.button("Copy path").clicked() {
            ui.copy_text(path.to_owned());
            ui.close();
        }
    });
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_on_a_letter() {
        let text = "ä".repeat(TEXT_CHARACTERS + 1);
        let shown = leaf_text(&Value::String(text));
        assert!(shown.ends_with("(482 bytes)") && shown.contains('…'));
        assert_eq!(leaf_text(&Value::Null), "null");
    }
}
