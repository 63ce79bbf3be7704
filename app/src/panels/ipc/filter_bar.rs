//! The field for the filter: what is wrong with it stands under the caret, what can come next below.

use crate::theme;
use eframe::egui::text::{CCursor, CCursorRange};
use eframe::egui::{Button, FontId, Id, Key, Label, Modifiers, RichText, ScrollArea, Stroke, TextEdit, Ui, pos2};
use loophole_pulse::trace::filter::{Completion, Filter, FilterError, complete};

const HINT: &str = "Filter: transport.seek, kind == error, latency > 5ms, payload.trackId == \"t3\"";
const HELP: &str = "Words must be somewhere in domain.name, kind or payload; -word must not.\n\
    Fields: domain, name, op, kind, link, from, to, id, cid, size, latency, status, priority, payload.a.b[0]\n\
    == != < <= > >= ~ /regular expression/, exists, and, or, not, ( )\n\
    Ctrl+Space takes the first suggestion.";
/// So many suggestions are shown.
const OFFERS_SHOWN: usize = 24;

/// What was typed, and what it means; kept between runs.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct FilterBar {
    text: String,
    /// What `good` and `error` were made of.
    #[serde(skip)]
    read: Option<String>,
    /// The newest text that was understood.
    #[serde(skip)]
    good: Filter,
    #[serde(skip)]
    error: Option<FilterError>,
    /// What can come next.
    #[serde(skip)]
    offers: Vec<Completion>,
    /// The pointer is over the suggestions: a click there takes the focus from the field.
    #[serde(skip)]
    hovered: bool,
}

impl FilterBar {
    pub(crate) fn set(&mut self, text: impl Into<String>) {
        self.text = text.into();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Adds a condition to what stands there.
    pub(crate) fn also(&mut self, condition: &str) {
        self.text = if self.is_empty() { condition.to_owned() } else { format!("({}) and {condition}", self.text) };
    }

    /// What is wanted; the last that was understood while there is a mistake.
    pub(crate) fn filter(&mut self) -> &Filter {
        if self.read.as_ref() != Some(&self.text) {
            match Filter::parse(&self.text) {
                Ok(filter) => (self.good, self.error) = (filter, None),
                Err(error) => self.error = Some(error),
            }
            self.read = Some(self.text.clone());
        }
        &self.good
    }

    /// The field; what is wrong is underlined.
    pub(crate) fn field_ui(&mut self, ui: &mut Ui, width: f32) {
        let id = field_id();
        let next = ui.memory(|memory| memory.has_focus(id))
            && ui.input_mut(|input| input.consume_key(Modifiers::CTRL, Key::Space));
        if next && let Some(first) = self.offers.first().cloned() {
            self.accept(ui, &first);
        }
        let field = TextEdit::singleline(&mut self.text).id(id).hint_text(HINT).desired_width(width);
        let output = field.font(FontId::monospace(theme::TEXT_SMALL)).show(ui);
        let field = output.response.response.accessible_name("Filter messages").on_hover_text(HELP);
        let left_it = field.lost_focus() || !field.has_focus();
        if field.has_focus() {
            let cursor =
                output.cursor_range.map_or(self.text.len(), |range| byte_at(&self.text, range.primary.index.0));
            self.offers = complete(&self.text, cursor);
        } else if left_it && !self.hovered {
            self.offers.clear();
        }
        let Some(error) = self.error.as_ref().filter(|_| self.read.as_ref() == Some(&self.text)) else { return };
        let chars = |end: usize| self.text.get(..end).map_or(0, |part| part.chars().count());
        let place =
            |index: usize| output.galley.pos_from_cursor(CCursor::new(index)).translate(output.galley_pos.to_vec2());
        let (from, to) = (place(chars(error.span.start)), place(chars(error.span.end)));
        let y = from.bottom() + 1.0;
        let (left, right) = (from.left(), to.left().max(from.left() + 6.0));
        let stroke = Stroke::new(2.0, theme::tokens(ui).error);
        ui.painter().with_clip_rect(field.rect).line_segment([pos2(left, y), pos2(right, y)], stroke);
    }

    /// What is wrong, or what can come next; nothing while there is neither.
    pub(crate) fn line_ui(&mut self, ui: &mut Ui) {
        let is_typing = ui.memory(|memory| memory.has_focus(field_id()));
        if let Some(error) = &self.error {
            ui.horizontal(|ui| {
                ui.add_space(theme::SPACE_2);
                let text = RichText::new(error.to_string()).small().color(theme::tokens(ui).error);
                ui.add(Label::new(text).truncate().selectable(true));
            });
        }
        if self.offers.is_empty() || !(is_typing || self.hovered) {
            self.hovered = false;
            return;
        }
        let mut chosen = None;
        let line = ui.scope(|ui| {
            ScrollArea::horizontal().id_salt("offers").show(ui, |ui| {
                ui.horizontal(|ui| {
                    ui.add_space(theme::SPACE_2);
                    for (at, offer) in self.offers.iter().take(OFFERS_SHOWN).enumerate() {
                        let button = Button::new(RichText::new(&offer.insert).small().monospace()).small();
                        let keys = if at == 0 { " (Ctrl+Space)" } else { "" };
                        if ui.add(button).on_hover_text(format!("{}{keys}", offer.doc)).clicked() {
                            chosen = Some(offer.clone());
                        }
                    }
                });
            });
        });
        self.hovered = line.response.contains_pointer() || ui.rect_contains_pointer(line.response.rect);
        if let Some(chosen) = chosen {
            self.accept(ui, &chosen);
        }
    }

    fn accept(&mut self, ui: &Ui, offer: &Completion) {
        if self.text.get(offer.replace.clone()).is_none() {
            return;
        }
        self.text.replace_range(offer.replace.clone(), &format!("{} ", offer.insert));
        let end = self.text.get(..offer.replace.start + offer.insert.len() + 1).map_or(0, |part| part.chars().count());
        let mut state = TextEdit::load_state(ui, field_id()).unwrap_or_default();
        state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(end))));
        TextEdit::store_state(ui, field_id(), state);
        ui.memory_mut(|memory| memory.request_focus(field_id()));
    }
}

fn field_id() -> Id {
    Id::unique("ipc.filter")
}

fn byte_at(text: &str, character: usize) -> usize {
    text.char_indices().nth(character).map_or(text.len(), |(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_keeps_what_was_understood_last() {
        let mut bar = FilterBar::default();
        assert!(bar.filter().is_everything() && bar.is_empty());
        bar.set("kind == error");
        let good = bar.filter().clone();
        bar.set("kind == ");
        assert_eq!(*bar.filter(), good);
        assert!(bar.error.is_some());
        bar.set("domain == transport");
        bar.also("kind == error");
        assert_eq!(bar.text, "(domain == transport) and kind == error");
        assert!(!bar.filter().is_everything() && bar.error.is_none());
    }

    #[test]
    fn characters_are_not_bytes() {
        assert_eq!([byte_at("äb", 0), byte_at("äb", 1), byte_at("äb", 9)], [0, 2, 3]);
    }
}
