//! Short messages in a corner, and when they go.

use crate::theme::{self, Tokens};
use eframe::egui::{Align2, Area, Button, Color32, Frame, Id, Label, Order, RichText, Stroke, Ui, vec2};
use egui_material_icons::{MaterialIcon, icons};
use std::collections::VecDeque;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Info,
    Warning,
    Error,
}

impl Level {
    /// Its icon; colour never stands alone.
    pub fn icon(self) -> MaterialIcon {
        match self {
            Self::Info => icons::ICON_INFO,
            Self::Warning => icons::ICON_WARNING,
            Self::Error => icons::ICON_ERROR,
        }
    }

    /// Its colour.
    pub fn colour(self, tokens: &Tokens) -> Color32 {
        match self {
            Self::Info => tokens.info,
            Self::Warning => tokens.warning,
            Self::Error => tokens.error,
        }
    }

    /// How long it stays; an error stays until somebody has seen it.
    fn seconds(self) -> Option<f64> {
        match self {
            Self::Info => Some(4.0),
            Self::Warning => Some(8.0),
            Self::Error => None,
        }
    }
}

#[derive(Clone, Debug)]
struct Toast {
    number: u64,
    level: Level,
    message: String,
    times: u32,
    /// Known once it was shown.
    ends_at: Option<f64>,
}

/// The messages that are shown now.
#[derive(Clone, Debug, Default)]
pub struct Toasts {
    shown: VecDeque<Toast>,
    next: u64,
}

const AT_MOST: usize = 4;
const WIDTH: f32 = 340.0;

impl Toasts {
    /// Shows a message; the same one again only counts.
    pub fn push(&mut self, level: Level, message: String) {
        if let Some(same) = self.shown.iter_mut().find(|toast| toast.message == message) {
            same.times += 1;
            same.ends_at = None;
            return;
        }
        self.shown.push_back(Toast { number: self.next, level, message, times: 1, ends_at: None });
        self.next += 1;
        while self.shown.len() > AT_MOST {
            self.shown.pop_front();
        }
    }

    /// All go: somebody reads them elsewhere.
    pub fn clear(&mut self) {
        self.shown.clear();
    }

    /// Lays them out above `bottom`; wakes the window when the next one has to go.
    pub fn ui(&mut self, ui: &Ui, above: f32) {
        let now = ui.input(|input| input.time);
        for toast in &mut self.shown {
            if toast.ends_at.is_none() {
                toast.ends_at = toast.level.seconds().map(|seconds| now + seconds);
            }
        }
        self.shown.retain(|toast| toast.ends_at.is_none_or(|ends| ends > now));
        if self.shown.is_empty() {
            return;
        }
        if let Some(next) = self.shown.iter().filter_map(|toast| toast.ends_at).reduce(f64::min) {
            ui.request_repaint_after(std::time::Duration::from_secs_f64((next - now).max(0.01)));
        }
        let area = Area::new(Id::unique("loophole.toasts")).order(Order::Foreground);
        area.anchor(Align2::RIGHT_BOTTOM, vec2(-theme::SPACE_3, -above - theme::SPACE_2)).show(ui, |ui| {
            let mut closed = None;
            for toast in &self.shown {
                if toast_ui(ui, toast) {
                    closed = Some(toast.number);
                }
            }
            self.shown.retain(|toast| Some(toast.number) != closed);
        });
    }
}

fn toast_ui(ui: &mut Ui, toast: &Toast) -> bool {
    let tokens = theme::tokens(ui);
    let colour = toast.level.colour(tokens);
    let frame = Frame::new()
        .fill(tokens.raised)
        .stroke(Stroke::new(1.0, colour))
        .corner_radius(theme::RADIUS_LARGE)
        .inner_margin(8);
    frame
        .show(ui, |ui| {
            ui.set_width(WIDTH);
            ui.horizontal_top(|ui| {
                ui.label(toast.level.icon().rich_text().size(theme::TEXT_ICON).color(colour));
                let text = if toast.times > 1 {
                    format!("{} ({} times)", toast.message, toast.times)
                } else {
                    toast.message.clone()
                };
                let room = vec2(WIDTH - 60.0, 0.0);
                ui.allocate_ui(room, |ui| {
                    ui.set_width(room.x);
                    ui.add(Label::new(RichText::new(text).color(tokens.text)).wrap())
                });
                let close = ui.add(Button::new(icons::ICON_CLOSE.rich_text()).frame(false));
                close.accessible_name(format!("Close message {}", toast.number + 1)).clicked()
            })
            .inner
        })
        .inner
}
