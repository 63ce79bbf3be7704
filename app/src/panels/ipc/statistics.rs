//! Rates, sizes and latencies of everything that was seen.

use super::log::Log;
use super::stats::{LinkGroup, NameStats};
use super::text;
use crate::state::now_nanos;
use crate::theme;
use crate::widgets::sparkline::sparkline_ui;
use eframe::egui::{Align, Button, Color32, Grid, Layout, RichText, ScrollArea, Ui, vec2};
use std::cmp::Reverse;
use std::time::Duration;

/// By what the names are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    Name,
    #[default]
    Messages,
    Bytes,
    Errors,
    P50,
    P99,
    Max,
}

const COLUMNS: [(Sort, &str); 7] = [
    (Sort::Name, "Message"),
    (Sort::Messages, "Count"),
    (Sort::Bytes, "On the wire"),
    (Sort::Errors, "Errors"),
    (Sort::P50, "Reply p50"),
    (Sort::P99, "p99"),
    (Sort::Max, "Longest"),
];

/// Shows the figures; gives the name of the messages that somebody wants to see.
pub(crate) fn statistics_ui(ui: &mut Ui, log: &Log, sort: &mut Sort) -> Option<String> {
    ui.request_repaint_after(Duration::from_secs(1));
    let mut wanted = None;
    ScrollArea::both().id_salt("statistics").auto_shrink(false).show(ui, |ui| {
        links_ui(ui, log);
        ui.add_space(theme::SPACE_3);
        wanted = names_ui(ui, log, sort);
    });
    wanted
}

fn links_ui(ui: &mut Ui, log: &Log) {
    let now_seconds = now_nanos() / 1_000_000_000;
    ui.horizontal(|ui| {
        for link in LinkGroup::ALL {
            let seconds = log.stats().seconds(link, now_seconds);
            let most = seconds.iter().map(|tally| tally.messages).max().unwrap_or(0);
            let last = seconds.last().copied().unwrap_or_default();
            // The highest bar is no warning: it stays below the colours of one.
            let shares: Vec<f32> =
                seconds.iter().map(|tally| tally.messages as f32 / most.max(1) as f32 * 0.69).collect();
            ui.vertical(|ui| {
                ui.label(RichText::new(link.name()).strong());
                let name = format!("{} messages per second of {}", last.messages, link.name().to_lowercase());
                sparkline_ui(ui, vec2(240.0, 40.0), &shares, &name)
                    .on_hover_text("Messages in each of the last 120 seconds");
                let rate = format!("{}/s, {}/s", text::count(last.messages), text::size(last.bytes as usize));
                ui.label(RichText::new(format!("{rate}   most {}/s", text::count(most))).small());
            });
            ui.add_space(theme::SPACE_3);
        }
        ui.vertical(|ui| {
            ui.label(RichText::new("Held").strong());
            ui.label(RichText::new(format!("{} messages", text::count(log.len() as u64))).small());
            ui.label(RichText::new(format!("{} dropped unread", text::count(log.dropped()))).small());
            ui.label(RichText::new(format!("{} wait for a reply", text::count(log.waiting().len() as u64))).small());
        });
    });
}

fn names_ui(ui: &mut Ui, log: &Log, sort: &mut Sort) -> Option<String> {
    let mut rows: Vec<(String, &NameStats)> =
        log.stats().names().map(|((domain, name), of)| (format!("{domain}.{name}"), of)).collect();
    let quantile = |of: &NameStats, share| of.latencies.quantile_nanos(share).unwrap_or(0);
    match sort {
        Sort::Name => {}
        Sort::Messages => rows.sort_by_key(|(_, of)| Reverse(of.tally.messages)),
        Sort::Bytes => rows.sort_by_key(|(_, of)| Reverse(of.tally.bytes)),
        Sort::Errors => rows.sort_by_key(|(_, of)| Reverse(of.errors)),
        Sort::P50 => rows.sort_by_key(|(_, of)| Reverse(quantile(of, 0.5))),
        Sort::P99 => rows.sort_by_key(|(_, of)| Reverse(quantile(of, 0.99))),
        Sort::Max => rows.sort_by_key(|(_, of)| Reverse(of.latencies.max_nanos)),
    }
    let (mut wanted, tokens) = (None, theme::tokens(ui));
    let grid = Grid::new("names").num_columns(COLUMNS.len()).striped(true).spacing(vec2(theme::SPACE_4, 2.0));
    grid.show(ui, |ui| {
        for (column, heading) in COLUMNS {
            let heading = Button::selectable(*sort == column, RichText::new(heading).small());
            if ui.add(heading).on_hover_text("Sorts by this").clicked() {
                *sort = column;
            }
        }
        ui.end_row();
        for (name, of) in &rows {
            let domain = name.split('.').next().unwrap_or_default();
            let shown = RichText::new(name).color(tokens.domain(domain));
            let link = ui.add(Button::new(shown).frame(false)).on_hover_text("Shows these messages in the list");
            if link.clicked() {
                wanted = Some(name.clone());
            }
            let coloured = |ui: &mut Ui, text: String, colour: Color32| {
                let text = RichText::new(text).monospace().small().color(colour);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(text));
            };
            let number = |ui: &mut Ui, text: String| coloured(ui, text, tokens.text);
            number(ui, text::count(of.tally.messages));
            number(ui, if of.tally.bytes == 0 { String::new() } else { text::size(of.tally.bytes as usize) });
            let errors = if of.errors == 0 { String::new() } else { text::count(of.errors) };
            coloured(ui, errors, tokens.error);
            for share in [0.5, 0.99] {
                number(ui, of.latencies.quantile_nanos(share).map(text::duration).unwrap_or_default());
            }
            let is_measured = of.latencies.count > 0;
            number(ui, if is_measured { text::duration(of.latencies.max_nanos) } else { String::new() });
            ui.end_row();
        }
    });
    if rows.is_empty() {
        ui.weak("No message was seen yet.");
    }
    wanted
}
