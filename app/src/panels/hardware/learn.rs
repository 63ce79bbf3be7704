//! Over the whole window: pointing at a control to map it, what learning asks for, and hardware names on controls.

use super::names::{Meaning, key, names};
use super::{Control, begin, learn_source};
use crate::action::Actions;
use crate::panels::surfaces::{Choice, InTheWay, report_ui};
use crate::state::Session;
use crate::theme;
use eframe::egui::{
    Align, Align2, Area, Button, Checkbox, ComboBox, FontId, Frame, Id, Key, Label, LayerId, Layout, Margin, Modifiers,
    Order, Pos2, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};
use egui_material_icons::icons;
use loophole_pulse::intent::{Intent, surface};
use loophole_pulse::view::surfaces::LearnView;

/// What it keeps between frames.
#[derive(Debug, Default)]
pub struct LearnState {
    /// The next control that is clicked is the one to map.
    pointing: bool,
    /// Hardware names stay on the controls.
    names: bool,
    /// What was learned last: after another one, one points at the next.
    seen: Option<(u32, String)>,
}

const WIDTH: f32 = 440.0;
/// Below menu and header.
const TOP: f32 = 78.0;

impl LearnState {
    /// The next click says what to map; or no longer.
    pub fn toggle_pointing(&mut self) {
        self.pointing = !self.pointing;
    }

    /// Shows the names on all controls, or no longer.
    pub fn toggle_names(&mut self) {
        self.names = !self.names;
    }

    /// Names stay in view.
    pub fn names_stay(&self) -> bool {
        self.names
    }

    /// Whether the controls of this frame should say where they stand.
    pub fn wants_controls(&self, ui: &Ui) -> bool {
        self.pointing || self.shows_names(ui)
    }

    fn shows_names(&self, ui: &Ui) -> bool {
        self.names || ui.input(|input| input.modifiers.alt && (input.modifiers.ctrl || input.modifiers.command))
    }
}

/// After all panels: names on controls, pointing, learning.
pub fn learn_ui(ui: &Ui, session: &Session, state: &mut LearnState, actions: &mut Actions) {
    let controls = std::mem::take(&mut actions.controls);
    if state.shows_names(ui) {
        names_ui(ui, session, &controls);
    }
    let learn = session.view().surfaces.learn.clone();
    if let Some(learn) = &learn {
        if panel_ui(ui, session, learn, actions) {
            state.pointing = false;
        }
        let is_new = learn.learned.is_some() && learn.learned != state.seen;
        state.pointing |= is_new && learn.batch && learn.target.is_some() && learn.conflicts.is_empty();
    }
    state.seen = learn.as_ref().and_then(|learn| learn.learned.clone());
    if state.pointing {
        pointing_ui(ui, learn.as_ref(), &controls, state, actions);
    }
}

/// A badge on each mapped control.
fn names_ui(ui: &Ui, session: &Session, controls: &[Control]) {
    let tokens = theme::tokens(ui);
    let names = names(session);
    let meaning = Meaning::of(session, 0);
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Foreground, Id::unique("loophole.hardware.names")));
    let ink = tokens.text_on(tokens.accent);
    let mut any = false;
    for control in controls {
        let Some(names) = key(&control.target, meaning).and_then(|key| names.get(&key)) else { continue };
        any = true;
        let galley = painter.layout_no_wrap(names.join(", "), FontId::proportional(theme::TEXT_SMALL), ink);
        let place = Rect::from_min_size(control.rect.left_top(), galley.size() + vec2(8.0, 4.0));
        let place = place.translate(vec2((ui.content_rect().right() - place.right()).min(0.0), 0.0));
        painter.rect(place, theme::RADIUS, tokens.accent, Stroke::new(1.0, tokens.background), StrokeKind::Outside);
        painter.galley(place.min + vec2(4.0, 2.0), galley, ink);
    }
    if !any {
        say(ui, "loophole.hardware.none", "Nothing in view is mapped to hardware yet");
    }
}

fn say(ui: &Ui, id: &'static str, text: &str) {
    let tokens = theme::tokens(ui);
    Area::new(Id::unique(id)).order(Order::Foreground).anchor(Align2::CENTER_TOP, vec2(0.0, TOP)).show(ui, |ui| {
        let frame = Frame::new().fill(tokens.raised).stroke(Stroke::new(1.5, tokens.accent));
        frame.corner_radius(theme::RADIUS_LARGE).inner_margin(Margin::symmetric(12, 8)).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(icons::ICON_SETTINGS_INPUT_COMPONENT.rich_text().color(tokens.accent));
                ui.add(Label::new(text).selectable(false).extend());
            });
        });
    });
}

/// A click says what to map; so does Enter on the control that has the focus.
fn pointing_ui(
    ui: &Ui,
    learn: Option<&LearnView>,
    controls: &[Control],
    state: &mut LearnState,
    actions: &mut Actions,
) {
    if learn.is_none() {
        let text = "Click the fader, knob or button that your hardware shall move. Esc ends it.";
        say(ui, "loophole.learn.point", text);
    }
    let tokens = theme::tokens(ui);
    let mut clicked = None;
    let cover = Area::new(Id::unique("loophole.learn.cover")).order(Order::Middle).fixed_pos(Pos2::ZERO);
    cover.show(ui, |ui| {
        let response = ui.allocate_rect(ui.content_rect(), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Pane, true, "Click a control to map it"));
        let painter = ui.painter();
        let (rest, lit) = (tokens.accent.gamma_multiply(0.6), tokens.accent.gamma_multiply(0.25));
        for control in controls {
            painter.rect_stroke(control.rect, theme::RADIUS, Stroke::new(1.0, rest), StrokeKind::Inside);
        }
        let under = |place: Pos2| controls.iter().rev().find(|control| control.rect.contains(place));
        if let Some(control) = response.hover_pos().and_then(under) {
            let edge = Stroke::new(2.0, tokens.accent);
            painter.rect(control.rect, theme::RADIUS, lit, edge, StrokeKind::Inside);
            actions.hint(format!("Map {} to hardware", control.name));
        }
        if response.clicked() {
            clicked = response.interact_pointer_pos().and_then(under).cloned();
        }
    });
    let focused = ui.memory(|memory| memory.focused());
    if let Some(control) = controls.iter().find(|control| Some(control.id) == focused)
        && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter))
    {
        clicked = Some(control.clone());
    }
    if let Some(control) = clicked {
        begin(control.target, learn.is_some_and(|learn| learn.batch), actions);
        state.pointing = false;
    }
    if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        state.pointing = false;
    }
}

/// What to do now, what was learned, who is in the way. True when the person ends it.
fn panel_ui(ui: &Ui, session: &Session, learn: &LearnView, actions: &mut Actions) -> bool {
    let tokens = theme::tokens(ui);
    let mut cancel = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    let area = Area::new(Id::unique("loophole.learn.panel")).order(Order::Foreground);
    area.anchor(Align2::CENTER_TOP, vec2(0.0, TOP)).show(ui, |ui| {
        Frame::window(ui.style()).stroke(Stroke::new(1.5, tokens.accent)).show(ui, |ui| {
            ui.set_width(WIDTH);
            ui.horizontal(|ui| {
                let icon = icons::ICON_SETTINGS_INPUT_COMPONENT.rich_text();
                ui.label(icon.size(theme::TEXT_ICON).color(tokens.accent));
                let title = match learn.target {
                    Some(_) => format!("Map {}", learn.target_name),
                    None => "Learn controls".to_owned(),
                };
                ui.add(Label::new(RichText::new(title).strong()).truncate());
            });
            if let Some((device, element)) = &learn.learned {
                learned_ui(ui, session, *device, element);
            }
            if learn.conflicts.is_empty() {
                ui.label(RichText::new(&learn.prompt).heading());
                choices_ui(ui, session, learn, actions, &mut cancel);
            } else {
                conflicts_ui(ui, learn, actions, &mut cancel);
            }
            if let Some(rejection) = session.rejection(learn_source()) {
                ui.label(RichText::new(&rejection.message).color(tokens.error));
            }
        });
    });
    if cancel {
        actions.intent_from(learn_source(), Intent::SurfaceLearnCancel(surface::LearnCancel {}));
    }
    cancel
}

fn learned_ui(ui: &mut Ui, session: &Session, device: u32, element: &str) {
    let tokens = theme::tokens(ui);
    let devices = &session.view().surfaces.devices;
    let device = devices.iter().find(|known| known.device == device).map_or("(gone)", |known| known.name.as_str());
    ui.horizontal(|ui| {
        ui.label(icons::ICON_CHECK_CIRCLE.rich_text().color(tokens.ok));
        ui.add(Label::new(format!("Learned {element} on {device}")).truncate());
    });
}

/// Which devices are listened to, whether it goes on with the next, and the way out.
fn choices_ui(ui: &mut Ui, session: &Session, learn: &LearnView, actions: &mut Actions, cancel: &mut bool) {
    let devices = &session.view().surfaces.devices;
    let mut again = |device: Option<u32>, batch: bool| {
        let begin = surface::LearnBegin { device, batch, target: learn.target.clone(), scope: None };
        actions.intent_from(learn_source(), Intent::SurfaceLearnBegin(begin));
    };
    ui.add_space(theme::SPACE_1);
    ui.horizontal(|ui| {
        let name = |device: u32| devices.iter().find(|known| known.device == device).map(|known| known.name.as_str());
        let text = learn.device.and_then(name).unwrap_or("Any device");
        let combo = ComboBox::from_id_salt("learn device").width(120.0).selected_text(text);
        let shown = combo.show_ui(ui, |ui| {
            if ui.selectable_label(learn.device.is_none(), "Any device").clicked() {
                again(None, learn.batch);
            }
            for device in devices.iter() {
                if ui.selectable_label(learn.device == Some(device.device), &device.name).clicked() {
                    again(Some(device.device), learn.batch);
                }
            }
        });
        shown.response.accessible_name("Device to learn from");
        let mut batch = learn.batch;
        let tick = ui.add(Checkbox::new(&mut batch, "Go on with the next"));
        if tick.on_hover_text("After each one, click the next control in the window.").clicked() {
            again(learn.device, batch);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let text = if learn.learned.is_some() && learn.batch { "Done" } else { "Cancel" };
            let end = Button::new((text, RichText::new("Esc").small().weak()));
            *cancel |= ui.add(end).accessible_name("End learning").clicked();
        });
    });
}

fn conflicts_ui(ui: &mut Ui, learn: &LearnView, actions: &mut Actions, cancel: &mut bool) {
    ui.add_space(theme::SPACE_1);
    ui.label("Nothing is saved yet. This control already has a job:");
    let found: Vec<InTheWay> = learn.conflicts.iter().map(InTheWay::from).collect();
    let confirm = |replace| Intent::SurfaceLearnConfirm(surface::LearnConfirm { replace });
    match report_ui(ui, &found) {
        Some(Choice::Replace) => actions.intent_from(learn_source(), confirm(true)),
        Some(Choice::KeepBoth) => actions.intent_from(learn_source(), confirm(false)),
        Some(Choice::Cancel) => *cancel = true,
        None => {}
    }
}
