//! What was reported since the start.

use crate::state::{Report, now_nanos};
use crate::theme;
use crate::widgets::toasts::Level;
use eframe::egui::{Align2, Label, RichText, ScrollArea, Ui, Window, vec2};
use loophole_pulse::view::{Notice, Severity};
use std::collections::VecDeque;

/// What was reported, oldest first, and how much of it somebody has seen.
#[derive(Debug, Default)]
pub struct Notifications {
    list: VecDeque<Report>,
    unseen: usize,
    open: bool,
    /// Of the session's notices, this and all later ones are new.
    next_notice: u64,
}

const AT_MOST: usize = 200;

impl Notifications {
    /// The session's notices that were not there before.
    pub fn new_notices(&mut self, notices: &[Notice]) -> Vec<Report> {
        let new: Vec<Report> = notices
            .iter()
            .filter(|notice| notice.number >= self.next_notice)
            .map(|notice| Report {
                severity: notice.severity,
                code: notice.code.clone(),
                message: notice.message.clone(),
                at_nanos: notice.at_nanos,
            })
            .collect();
        self.next_notice = notices.iter().map(|notice| notice.number + 1).max().unwrap_or(0).max(self.next_notice);
        new
    }

    /// Keeps a report.
    pub fn push(&mut self, report: Report) {
        self.list.push_back(report);
        if self.list.len() > AT_MOST {
            self.list.pop_front();
        }
        if !self.open {
            self.unseen = (self.unseen + 1).min(AT_MOST);
        }
    }

    /// How many nobody has looked at.
    pub fn unseen(&self) -> usize {
        self.unseen
    }

    /// Opens or closes the list.
    pub fn toggle(&mut self) {
        self.open = !self.open;
        self.unseen = 0;
    }

    /// Shows the list, if it is open.
    pub fn ui(&mut self, ui: &Ui) {
        if !self.open {
            return;
        }
        self.unseen = 0;
        ui.request_repaint_after(std::time::Duration::from_secs(10));
        let mut open = true;
        let corner = vec2(-theme::SPACE_3, -theme::FOOTER_HEIGHT - theme::SPACE_3);
        let window = Window::new("Notifications").open(&mut open).collapsible(false).resizable(false);
        window.anchor(Align2::RIGHT_BOTTOM, corner).default_width(420.0).show(ui, |ui| {
            ui.set_width(420.0);
            if self.list.is_empty() {
                ui.label(RichText::new("Nothing was reported since the start.").weak());
                return;
            }
            ScrollArea::vertical().max_height(320.0).auto_shrink([false, true]).show(ui, |ui| {
                for report in self.list.iter().rev() {
                    report_ui(ui, report);
                }
            });
            if ui.button("Clear").clicked() {
                self.list.clear();
            }
        });
        self.open &= open;
    }
}

/// How a severity is shown.
pub fn level_of(severity: Severity) -> Level {
    match severity {
        Severity::Info => Level::Info,
        Severity::Warning => Level::Warning,
        Severity::Error => Level::Error,
    }
}

fn report_ui(ui: &mut Ui, report: &Report) {
    let tokens = theme::tokens(ui);
    let level = level_of(report.severity);
    ui.horizontal_top(|ui| {
        ui.label(level.icon().rich_text().color(level.colour(tokens)));
        ui.vertical(|ui| {
            ui.add(Label::new(&report.message).wrap());
            let detail = format!("{}, {}", age(now_nanos().saturating_sub(report.at_nanos)), report.code);
            ui.label(RichText::new(detail).small().weak());
        });
    });
}

fn age(nanos: u64) -> String {
    match nanos / 1_000_000_000 {
        0..10 => "just now".to_owned(),
        seconds @ 10..60 => format!("{seconds} s ago"),
        seconds @ 60..3600 => format!("{} min ago", seconds / 60),
        seconds => format!("{} h ago", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_notice_is_new_once() {
        let notice = |number| Notice {
            number,
            severity: Severity::Info,
            code: "engine.back".to_owned(),
            message: "Back".to_owned(),
            at_nanos: 0,
        };
        let mut notifications = Notifications::default();
        assert_eq!(notifications.new_notices(&[notice(0), notice(1)]).len(), 2);
        assert_eq!(notifications.new_notices(&[notice(0), notice(1)]).len(), 0);
        assert_eq!(notifications.new_notices(&[notice(1), notice(7)]).len(), 1);
        assert_eq!(age(0), "just now");
        assert_eq!(age(7_200_000_000_000), "2 h ago");
    }
}
