//! The arranger: tracks down, time across, clips on it.

mod clips;
mod drag;
mod files;
mod geometry;
mod grid;
mod hand;
mod headers;
mod index;
mod keys;
mod lanes;
mod look;
mod menu;
mod playhead;
mod ruler;
mod scene;
mod scroll_bar;
mod time;
mod toolbar;
mod waveform;

use crate::action::{Action, Actions};
use crate::state::{Selection, Session};
use crate::theme;
use eframe::egui::{Align2, CursorIcon, PointerButton, Rangef, Rect, Sense, Ui, Vec2, pos2, vec2};
use geometry::{Content, Rows, TimeAxis, Viewport};
use grid::Line;
use hand::{Drag, Hand};
use index::ClipIndex;
use look::Look;
use loophole_pulse::model::{Channel, ChannelRole, TICKS_PER_QUARTER};
use scene::Scene;
use scroll_bar::{Direction, THICKNESS, scroll_bar_ui};
use std::sync::Arc;
use time::TimeMap;
use toolbar::Zoom;

pub use keys::KEYS;

const QUARTER: f64 = TICKS_PER_QUARTER as f64;
/// What is shown of an empty project: 32 bars of four quarters.
const SHORTEST_SONG: f64 = 128.0 * QUARTER;
const TOOLBAR_HEIGHT: f32 = 30.0;

/// What the arranger keeps between frames.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct ArrangerPanelState {
    /// Turns the page when the playhead leaves it.
    follow: bool,
    header_width: f32,
    #[serde(skip)]
    shown: Shown,
    #[serde(skip)]
    hand: Hand,
}

impl Default for ArrangerPanelState {
    fn default() -> Self {
        Self { follow: true, header_width: 190.0, shown: Shown::default(), hand: Hand::default() }
    }
}

/// What part of which project is shown, and what was worked out from it.
#[derive(Debug, Default)]
struct Shown {
    /// A project that was not shown before is shown whole.
    project: Option<String>,
    viewport: Option<Viewport>,
    /// The width that the whole song was fitted into, until somebody scrolls or zooms.
    fitted_width: Option<f32>,
    map: TimeMap,
    index: ClipIndex,
    rows: Rows,
    lines: Vec<Line>,
    playhead_ticks: f64,
    jumps: u32,
}

/// Where the parts of the panel are.
#[derive(Clone, Copy)]
struct Parts {
    headers: Rect,
    ruler: Rect,
    lanes: Rect,
    across: Rect,
    down: Rect,
    /// Left of the ruler.
    corner: Rect,
}

/// Shows the arranger.
pub fn arranger_ui(ui: &mut Ui, session: &Session, state: &mut ArrangerPanelState, actions: &mut Actions) {
    let view = session.view();
    let before = session.selection();
    state.hand.selected.clone_from(&before.clips);
    state.hand.track = before.track;
    state.hand.refresh(view, ui.time());
    state.shown.index.refresh(view);
    state.shown.map.refresh(&view.model);
    let heights = view.model.track_order.iter();
    state.shown.rows.fill(heights.map(|track| state.hand.heights.get(track).copied().unwrap_or(headers::USUAL_HEIGHT)));
    let zoom = toolbar_ui(ui, state, actions);
    let parts = parts(ui.available_rect_before_wrap(), state.header_width);
    ui.advance_cursor_after_rect(parts.headers.union(parts.down).union(parts.across));
    if parts.lanes.width() < 40.0 || parts.lanes.height() < 10.0 {
        return;
    }
    divider_ui(ui, parts, &mut state.header_width);
    state.shown.follow_project(session, parts.lanes);
    if let Some(zoom) = zoom {
        state.shown.zoom(zoom, parts.lanes);
    }
    state.shown.wheel(ui, parts, &state.hand);
    state.shown.follow_playhead(session, parts.lanes, state.follow && matches!(state.hand.drag, Drag::None));
    body_ui(ui, session, state, parts, actions);
    if state.hand.selected != before.clips || state.hand.track != before.track {
        let selection = Selection { track: state.hand.track, clips: state.hand.selected.clone() };
        actions.push(Action::Select(selection));
    }
}

fn toolbar_ui(ui: &mut Ui, state: &mut ArrangerPanelState, actions: &mut Actions) -> Option<Zoom> {
    let rect = ui.available_rect_before_wrap();
    let bar = rect.with_max_y((rect.top() + TOOLBAR_HEIGHT).min(rect.bottom()));
    let inside = bar.shrink2(vec2(theme::SPACE_1, 2.0));
    let zoom = ui.scope_builder(eframe::egui::UiBuilder::new().max_rect(inside), |ui| {
        toolbar::toolbar_ui(ui, &mut state.hand, &mut state.follow, actions)
    });
    ui.advance_cursor_after_rect(bar);
    zoom.inner
}

fn parts(rect: Rect, header_width: f32) -> Parts {
    let left = (rect.left() + header_width).round();
    let (top, right, bottom) =
        ((rect.top() + ruler::HEIGHT).round(), rect.right() - THICKNESS, rect.bottom() - THICKNESS);
    let lanes = Rect::from_min_max(pos2(left, top), pos2(right, bottom));
    Parts {
        headers: Rect::from_min_max(pos2(rect.left(), top), pos2(left - 1.0, bottom)),
        ruler: Rect::from_min_max(pos2(left, rect.top()), pos2(right, top)),
        lanes,
        across: Rect::from_min_max(pos2(left, bottom), pos2(right, rect.bottom())),
        down: Rect::from_min_max(pos2(right, rect.top()), rect.max),
        corner: Rect::from_min_max(rect.min, pos2(left - 1.0, top)),
    }
}

/// Between headers and lanes: drag to make the headers wider.
fn divider_ui(ui: &mut Ui, parts: Parts, header_width: &mut f32) {
    let x = parts.headers.right();
    let rect =
        Rect::from_x_y_ranges(Rangef::new(x - 2.0, x + 3.0), Rangef::new(parts.ruler.top(), parts.lanes.bottom()));
    let response = ui.interact(rect, ui.scope_id().with("divider"), Sense::drag());
    response.widget_info(|| {
        eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Splitter, true, "Width of the track headers")
    });
    if response.dragged() {
        *header_width = (*header_width + response.drag_delta().x).clamp(110.0, 360.0);
    }
    response.on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal);
}

fn body_ui(ui: &mut Ui, session: &Session, state: &mut ArrangerPanelState, parts: Parts, actions: &mut Actions) {
    let ArrangerPanelState { shown, hand, .. } = state;
    let Some(viewport) = shown.viewport else { return };
    let look = Look::of(ui);
    let axis = viewport.axis(parts.lanes);
    grid::lines(&shown.map, &axis, &mut shown.lines);
    let visible_y = Rangef::new(viewport.scroll_y, viewport.scroll_y + parts.lanes.height());
    let scene = Scene {
        view: session.view(),
        telemetry: session.telemetry(),
        map: &shown.map,
        index: &shown.index,
        rows: &shown.rows,
        lines: &shown.lines,
        look: &look,
        axis,
        lanes: parts.lanes,
        headers: parts.headers,
        ruler: parts.ruler,
        scroll_y: viewport.scroll_y,
        visible: shown.rows.visible(visible_y),
        playhead_ticks: shown.playhead_ticks as i64,
        any_solo: session.view().model.channels.values().any(is_solo_track),
    };
    let ruler = ruler::ruler_ui(ui, &scene, hand, actions);
    ruler.context_menu(|ui| menu::ruler_menu_ui(ui, &scene, hand, actions));
    let lanes = lanes::lanes_ui(ui, &scene, hand, actions);
    keys::keys_ui(ui, &lanes, &scene, hand, actions);
    lanes.context_menu(|ui| menu::timeline_menu_ui(ui, &scene, hand, actions));
    playhead::paint(&ui.painter_at(parts.ruler.union(parts.lanes)), &scene, shown.playhead_ticks);
    headers::headers_ui(ui, &scene, hand, actions);
    corner_ui(ui, &scene, parts.corner);
    files::files_ui(ui, &scene, hand, actions);
    if scene.rows.len() == 0 {
        empty_ui(ui, &scene);
    }
    let content = shown.content();
    let pan = if lanes.dragged_by(PointerButton::Middle) { lanes.drag_delta() } else { Vec2::ZERO };
    let pointer = ui.input(|input| input.pointer.latest_pos());
    let edge = lanes::scroll_at_edge(&axis, hand, pointer);
    shown.bars_ui(ui, parts, content, &look);
    shown.move_by(ui, parts.lanes, pan, edge);
    if shown.viewport.is_some_and(|now| now.first_ticks != viewport.first_ticks) {
        shown.fitted_width = None;
    }
    if let Some(settling) = &hand.settling {
        let left = (settling.until - ui.time()).max(0.0);
        ui.request_repaint_after(std::time::Duration::from_secs_f64(left + 0.01));
    }
}

/// A bus that is solo silences what does not feed it; the mixer shows that.
fn is_solo_track(channel: &Arc<Channel>) -> bool {
    channel.solo && channel.role == ChannelRole::Track
}

fn corner_ui(ui: &Ui, scene: &Scene<'_>, corner: Rect) {
    let (painter, look) = (ui.painter_at(corner), scene.look);
    painter.rect_filled(corner, 0.0, look.ruler);
    let text = match scene.rows.len() {
        1 => "1 track".to_owned(),
        count => format!("{count} tracks"),
    };
    let place = corner.left_center() + vec2(theme::SPACE_2, 0.0);
    painter.text(place, Align2::LEFT_CENTER, text, look.small.clone(), look.text_weak);
}

fn empty_ui(ui: &Ui, scene: &Scene<'_>) {
    let painter = ui.painter_at(scene.lanes);
    let centre = scene.lanes.center();
    let (big, small) = (scene.look.body.clone(), scene.look.small.clone());
    let arrow = egui_material_icons::icons::ICON_ARROW_RIGHT_ALT.codepoint;
    let text = format!("Drop audio files here or File {arrow} Import audio…");
    painter.text(centre, Align2::CENTER_BOTTOM, text, big, scene.look.text);
    let hint = "WAV, AIFF, FLAC, MP3 and Ogg Vorbis";
    painter.text(centre + vec2(0.0, 6.0), Align2::CENTER_TOP, hint, small, scene.look.text_weak);
}

impl Shown {
    fn content(&self) -> Content {
        // A quarter more than there is, to have room to put something.
        let ticks = (self.index.end_ticks() as f64 * 1.25).max(SHORTEST_SONG);
        Content { ticks, height: self.rows.height() + 48.0 }
    }

    /// Shows a project from its start when it is a new one.
    fn follow_project(&mut self, session: &Session, lanes: Rect) {
        let id = &session.view().project.id;
        if self.project.as_ref() == Some(id) && self.viewport.is_some() {
            // A window that is still finding its size must not leave the song cut off, or small.
            if self.fitted_width.is_some_and(|width| width != lanes.width()) {
                self.zoom(Zoom::Fit, lanes);
            }
            return;
        }
        self.project = Some(id.clone());
        let viewport = Viewport { first_ticks: 0.0, points_per_tick: 1.0, scroll_y: 0.0 };
        self.viewport = Some(viewport);
        self.zoom(Zoom::Fit, lanes);
    }

    fn zoom(&mut self, zoom: Zoom, lanes: Rect) {
        let end = self.index.end_ticks() as f64;
        let whole = 0.0..if end > 0.0 { end * 1.03 } else { SHORTEST_SONG };
        let least = self.content().least_points_per_tick(lanes.width());
        self.fitted_width = (zoom == Zoom::Fit).then_some(lanes.width());
        let Some(viewport) = &mut self.viewport else { return };
        // Around the playhead where one sees it, else around the middle.
        let playhead = viewport.axis(lanes).x(self.playhead_ticks) - lanes.left();
        let fixed = if (0.0..lanes.width()).contains(&playhead) { playhead } else { lanes.width() * 0.5 };
        match zoom {
            Zoom::In => viewport.zoom_around(fixed, 1.5, least, QUARTER),
            Zoom::Out => viewport.zoom_around(fixed, 1.0 / 1.5, least, QUARTER),
            Zoom::Fit => viewport.fit(whole, lanes.width(), QUARTER),
        }
    }

    fn wheel(&mut self, ui: &Ui, parts: Parts, hand: &Hand) {
        let content = self.content();
        let Some(viewport) = &mut self.viewport else { return };
        viewport.scroll_by(Vec2::ZERO, content, parts.lanes.size());
        let over = ui.input(|input| input.pointer.hover_pos());
        let Some(place) = over.filter(|place| ui.rect_contains_pointer(parts.area()) && parts.area().contains(*place))
        else {
            return;
        };
        let (zoom, scroll) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta()));
        if zoom != 1.0 || scroll.x != 0.0 {
            self.fitted_width = None;
        }
        if zoom != 1.0 {
            let x = (place.x - parts.lanes.left()).clamp(0.0, parts.lanes.width());
            viewport.zoom_around(x, f64::from(zoom), content.least_points_per_tick(parts.lanes.width()), QUARTER);
        } else if scroll != Vec2::ZERO && hand.renaming.is_none() {
            let scroll = if parts.ruler.contains(place) && scroll.x == 0.0 { vec2(scroll.y, 0.0) } else { scroll };
            viewport.scroll_by(scroll, content, parts.lanes.size());
        }
    }

    fn follow_playhead(&mut self, session: &Session, lanes: Rect, follow: bool) {
        let ticks = session.position_ticks_now() as f64;
        let jumps = session.view().transport.jumps;
        let Some(viewport) = &mut self.viewport else { return };
        let axis: TimeAxis = viewport.axis(lanes);
        let jumped = jumps != self.jumps;
        if follow
            && (session.is_rolling() || jumped)
            && playhead::leaves(&axis.visible(), self.playhead_ticks, ticks, jumped)
        {
            viewport.first_ticks = (ticks - axis.ticks_of_width(lanes.width() * 0.05)).max(0.0);
            self.fitted_width = None;
        }
        self.playhead_ticks = ticks;
        self.jumps = jumps;
    }

    fn bars_ui(&mut self, ui: &mut Ui, parts: Parts, content: Content, look: &Look) {
        let Some(viewport) = &mut self.viewport else { return };
        let visible = viewport.axis(parts.lanes).visible();
        if let Some(start) = scroll_bar_ui(ui, parts.across, Direction::Horizontal, visible, content.ticks, look) {
            viewport.first_ticks = start;
        }
        let top = f64::from(viewport.scroll_y);
        let shown = top..top + f64::from(parts.lanes.height());
        let height = f64::from(content.height);
        if let Some(top) = scroll_bar_ui(ui, parts.down, Direction::Vertical, shown, height, look) {
            viewport.scroll_y = top as f32;
        }
    }

    /// By the middle button, and beyond the edge while something is carried.
    fn move_by(&mut self, ui: &Ui, lanes: Rect, pan: Vec2, edge: f32) {
        let content = self.content();
        let Some(viewport) = &mut self.viewport else { return };
        if pan != Vec2::ZERO {
            viewport.scroll_by(pan, content, lanes.size());
        }
        if edge != 0.0 {
            viewport.first_ticks = (viewport.first_ticks + f64::from(edge) / viewport.points_per_tick).max(0.0);
            ui.request_repaint();
        }
    }
}

impl Parts {
    /// Where the wheel belongs to the arranger.
    fn area(&self) -> Rect {
        self.headers.union(self.lanes).union(self.ruler)
    }
}
