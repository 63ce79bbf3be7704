//! Commands that nobody answered, answers that nobody asked for, and answers that came late.

use super::log::{LATE_NANOS, Log, Place};
use super::text;
use crate::state::now_nanos;
use crate::theme;
use eframe::egui::{Button, Grid, RichText, ScrollArea, Ui, vec2};
use std::time::Duration;

/// Of each group, the newest so many are shown.
const SHOWN: usize = 100;

/// Shows the three groups; gives the message that somebody wants to see.
pub(crate) fn unanswered_ui(ui: &mut Ui, log: &Log) -> Option<Place> {
    let mut wanted = None;
    ScrollArea::vertical().id_salt("unanswered").auto_shrink(false).show(ui, |ui| {
        let waiting = log.waiting();
        if !waiting.is_empty() {
            ui.request_repaint_after(Duration::from_millis(500));
        }
        let late = format!("Answers that took more than {}", text::duration(LATE_NANOS));
        for (title, nothing, places) in [
            ("Commands without an answer", "Every command was answered.", waiting),
            ("Answers without a command", "Every answer belongs to a command that was seen.", log.orphans()),
            (&*late, "No answer was late.", log.late()),
        ] {
            ui.add_space(theme::SPACE_2);
            ui.label(RichText::new(title).strong());
            if places.is_empty() {
                ui.weak(nothing);
                continue;
            }
            if places.len() > SHOWN {
                ui.weak(format!("The newest {SHOWN} of {}.", text::count(places.len() as u64)));
            }
            wanted = group_ui(ui, log, title, &places).or(wanted);
        }
    });
    wanted
}

fn group_ui(ui: &mut Ui, log: &Log, title: &str, places: &[Place]) -> Option<Place> {
    let (mut wanted, now, tokens) = (None, now_nanos(), theme::tokens(ui));
    Grid::new(title).num_columns(5).striped(true).spacing(vec2(theme::SPACE_4, 2.0)).show(ui, |ui| {
        for place in places.iter().rev().take(SHOWN) {
            let Some(message) = log.get(*place) else { continue };
            let entry = &message.entry;
            let name = format!("{}.{}", entry.domain, entry.name);
            let link = Button::new(RichText::new(name).color(tokens.domain(&entry.domain))).frame(false);
            if ui.add(link).on_hover_text("Shows it in the list").clicked() {
                wanted = Some(*place);
            }
            let took = match message.latency_nanos {
                Some(latency) => text::duration(latency),
                None => format!("{} ago", text::duration(now.saturating_sub(entry.at_nanos))),
            };
            for fact in [text::clock(entry.at_nanos), text::link(entry.link), text::direction(entry), took] {
                ui.label(RichText::new(fact).small());
            }
            ui.end_row();
        }
    });
    wanted
}
