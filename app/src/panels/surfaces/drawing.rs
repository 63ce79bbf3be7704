//! The device as it looks, alive: what hands do, what lights up; a click selects, and plays what is simulated.

use super::face::{Face, blinks};
use super::play::{Hand, is_relative, play};
use super::{grid, words};
use crate::action::Actions;
use crate::state::now_nanos;
use crate::theme;
use eframe::egui::{Rect, Response, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, accesskit};
use loophole_pulse::view::surfaces::{
    Element, ElementKind, FeedbackKind, Interaction, Light, LiveElement, LiveInput, Shown, SurfaceView,
};
use std::sync::Arc;
use std::time::Duration;

/// What the drawing keeps between frames.
#[derive(Debug, Default)]
pub(super) struct DrawingState {
    /// Places of the elements that were drawn last.
    places: Option<(Arc<Vec<Element>>, Arc<grid::Grid>)>,
    hand: Hand,
}

const UNIT_RANGE: (f32, f32) = (22.0, 58.0);
const MARGIN: f32 = 10.0;
const LEAST_TEXT: f32 = 7.5;
/// How long an element shows that it was moved.
const FRESH: Duration = Duration::from_millis(350);
const BLINK_SECONDS: f64 = 0.5;

impl DrawingState {
    fn places(&mut self, elements: &Arc<Vec<Element>>) -> Arc<grid::Grid> {
        if let Some((known, places)) = &self.places
            && Arc::ptr_eq(known, elements)
        {
            return Arc::clone(places);
        }
        let places = Arc::new(grid::grid(elements));
        self.places = Some((Arc::clone(elements), Arc::clone(&places)));
        places
    }
}

/// Shows the device; gives back what was clicked.
pub(super) fn drawing_ui(
    ui: &mut Ui,
    device: &SurfaceView,
    selected: Option<&str>,
    state: &mut DrawingState,
    actions: &mut Actions,
) -> Option<String> {
    let tokens = theme::tokens(ui);
    if device.elements.is_empty() {
        nothing_ui(ui);
        return None;
    }
    let places = state.places(&device.elements);
    let room = ui.available_size() - Vec2::splat(MARGIN * 2.0 + 4.0);
    let unit = (room.x / places.size.x.max(1.0)).min(room.y / places.size.y.max(1.0)).clamp(UNIT_RANGE.0, UNIT_RANGE.1);
    let mut clicked = None;
    ScrollArea::both().id_salt(("drawing", device.device)).auto_shrink(false).show(ui, |ui| {
        let size = places.size * unit + Vec2::splat(MARGIN * 2.0);
        let (area, _) = ui.allocate_exact_size(size.max(ui.available_size()), Sense::hover());
        let plate = Rect::from_center_size(area.center(), size);
        ui.painter().rect(
            plate,
            theme::RADIUS_LARGE,
            tokens.raised,
            Stroke::new(1.0, tokens.outline),
            StrokeKind::Inside,
        );
        let origin = plate.min.to_vec2() + Vec2::splat(MARGIN);
        let mut scene = Scene { device, selected, unit, now_nanos: now_nanos(), moves: false, blinks: false };
        for (at, element) in device.elements.iter().enumerate() {
            let Some(place) = places.rects.get(at) else { continue };
            let rect = Rect::from_min_max(
                (place.min.to_vec2() * unit + origin).to_pos2(),
                (place.max.to_vec2() * unit + origin).to_pos2(),
            );
            if ui.is_rect_visible(rect) && scene.element_ui(ui, rect, at, element, &mut state.hand, actions) {
                clicked = Some(element.id.clone());
            }
        }
        state.hand.let_go(ui, device.device, actions);
        if scene.moves {
            ui.request_repaint_after(FRESH);
        }
        if scene.blinks {
            ui.request_repaint_after(Duration::from_secs_f64(BLINK_SECONDS));
        }
    });
    clicked
}

fn nothing_ui(ui: &mut Ui) {
    ui.centered_and_justified(|ui| {
        ui.weak("Nothing is known of what is on this device yet. Choose a profile, or move a control to learn it.");
    });
}

struct Scene<'a> {
    device: &'a SurfaceView,
    selected: Option<&'a str>,
    unit: f32,
    now_nanos: u64,
    moves: bool,
    blinks: bool,
}

impl Scene<'_> {
    fn element_ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        at: usize,
        element: &Element,
        hand: &mut Hand,
        actions: &mut Actions,
    ) -> bool {
        let nothing = LiveElement::default();
        let live = self.device.live.get(at).unwrap_or(&nothing);
        let response = ui.interact(rect, ui.scope_id().with(("element", &element.id)), Sense::click_and_drag());
        let is_selected = self.selected == Some(element.id.as_str());
        describe(ui, &response, self.device, element, live, is_selected);
        let fresh = live.input.values().any(|(_, at)| self.now_nanos.saturating_sub(*at) < FRESH.as_nanos() as u64);
        self.moves |= fresh;
        self.blinks |= blinks(live);
        let lit_half = ((ui.input(|input| input.time) / BLINK_SECONDS) as u64).is_multiple_of(2);
        Face {
            element,
            live,
            tokens: theme::tokens(ui),
            selected: is_selected,
            hovered: response.hovered(),
            focused: response.has_focus(),
            fresh,
            lit_half,
            text: (self.unit * 0.28).clamp(LEAST_TEXT, theme::TEXT_SMALL),
        }
        .paint(ui.painter(), rect);
        if self.device.simulated {
            play(ui, &response, self.device.device, element, live, hand, actions);
        }
        let clicked = response.clicked() || (self.device.simulated && response.drag_started());
        if clicked {
            response.request_focus();
        }
        if response.contains_pointer() {
            let how =
                if self.device.simulated { "Drag, turn the wheel or click to play it" } else { "Click to select it" };
            actions.hint(format!("{}: {}. {how}", element.name, controls(live)));
        }
        if !response.dragged() {
            response.on_hover_ui(|ui| {
                ui.strong(&element.name);
                ui.label(controls(live));
                for line in facts(element, live) {
                    ui.weak(line);
                }
            });
        }
        clicked
    }
}

/// What an element controls now, in words.
pub(super) fn controls(live: &LiveElement) -> &str {
    live.controls.as_deref().unwrap_or("controls nothing now")
}

/// What hands do and what is shown, a line each.
pub(super) fn facts(element: &Element, live: &LiveElement) -> Vec<String> {
    let mut lines = vec![format!(
        "{}: {}",
        words::kind(element.kind),
        if element.input.is_empty() {
            "shows only".to_owned()
        } else {
            element.input.keys().map(|interaction| interaction.name()).collect::<Vec<_>>().join(", ")
        }
    )];
    lines.extend(live.input.iter().map(|(interaction, (input, _))| {
        let what = match input {
            LiveInput::Place(place) => format!("at {:.1} %", place * 100.0),
            LiveInput::Turned(steps) => format!("{steps:+} steps since it came"),
            LiveInput::Pressed(true) => "held".to_owned(),
            LiveInput::Pressed(false) => "let go".to_owned(),
        };
        format!("Hand, {}: {what}", interaction.name())
    }));
    lines.extend(live.shown.iter().map(|(kind, shown)| format!("Shows, {}: {}", words::feedback(*kind), said(shown))));
    lines
}

fn said(shown: &Shown) -> String {
    match shown {
        Shown::Light(Light::Off) => "off".to_owned(),
        Shown::Light(Light::On) => "on".to_owned(),
        Shown::Light(Light::Blink) => "blinks".to_owned(),
        Shown::Place(place) => format!("{:.1} %", place * 100.0),
        Shown::Colour([red, green, blue]) => format!("#{red:02x}{green:02x}{blue:02x}"),
        Shown::Text(text) => format!("“{}”", text.trim_end()),
    }
}

/// Name, value and what it can do, for those who do not see it.
fn describe(ui: &Ui, response: &Response, device: &SurfaceView, element: &Element, live: &LiveElement, selected: bool) {
    let name = format!("{} on {}", element.name, device.name);
    let place =
        [Interaction::Move, Interaction::Turn].iter().find_map(|interaction| match live.input.get(interaction) {
            Some((LiveInput::Place(place), _)) => Some(*place),
            _ => None,
        });
    let shown = match live.shown.get(&FeedbackKind::Motor) {
        Some(Shown::Place(place)) => Some(*place),
        _ => None,
    };
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, &name));
    let slides = device.simulated
        && !matches!(element.kind, ElementKind::Button | ElementKind::Pad | ElementKind::Key | ElementKind::Display)
        && [Interaction::Move, Interaction::Turn]
            .iter()
            .any(|interaction| element.input.contains_key(interaction) && !is_relative(element, *interaction));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_value(controls(live));
        node.set_description(facts(element, live).join("; "));
        if slides {
            node.set_role(Role::Slider);
            node.set_numeric_value(place.or(shown).unwrap_or(0.0));
            node.set_min_numeric_value(0.0);
            node.set_max_numeric_value(1.0);
            node.add_action(accesskit::Action::SetValue);
        }
    });
}
