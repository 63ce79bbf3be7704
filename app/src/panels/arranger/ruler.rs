//! Bars and beats above the lanes: click to go there, drag to set the loop, drag its edges to change it.

use super::drag::LoopDrag;
use super::grid::{Snap, Weight};
use super::hand::{Drag, Hand};
use super::lanes;
use super::scene::Scene;
use super::waveform::add_rect;
use crate::action::Actions;
use eframe::egui::{
    Align2, CursorIcon, Key, Mesh, Modifiers, PointerButton, Pos2, Rangef, Response, Role, Sense, Shape, Ui,
    WidgetInfo, pos2,
};
use loophole_pulse::intent::{Intent, transport};

pub(crate) const HEIGHT: f32 = 30.0;
/// The loop region is the upper part.
const LOOP_HEIGHT: f32 = 10.0;
const EDGE: f32 = 6.0;

enum Zone {
    Start,
    End,
    Region,
    Elsewhere,
}

pub(crate) fn ruler_ui(ui: &mut Ui, scene: &Scene<'_>, hand: &mut Hand, actions: &mut Actions) -> Response {
    let response = ui.interact(scene.ruler, ui.scope_id().with("ruler"), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, "Timeline ruler"));
    let free = ui.input(|input| input.modifiers.shift);
    let snap = if free { Snap::Off } else { hand.snap };
    let snapped = |ticks: f64| snap.nearest(ticks, scene.map, &scene.axis);
    if response.drag_started_by(PointerButton::Primary)
        && let Some(origin) = ui.input(|input| input.pointer.press_origin())
    {
        hand.drag = Drag::Loop(begin(scene, origin, snapped(scene.axis.ticks(origin.x))));
    }
    if let Drag::Loop(drag) = &mut hand.drag {
        if let Some(place) = response.interact_pointer_pos() {
            drag.update(scene.axis.ticks(place.x), snapped);
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            hand.drag = Drag::None;
            ui.stop_dragging();
        } else if response.drag_stopped() {
            let region = drag.region();
            hand.drag = Drag::None;
            set_loop(scene, region, actions);
        }
    }
    if response.clicked()
        && let Some(place) = response.interact_pointer_pos()
    {
        seek(snapped(scene.axis.ticks(place.x)), actions);
    }
    if response.hovered() {
        actions.hint("Click to go there; drag to set the loop, its edges to change it");
    }
    cursor(ui, &response, scene, hand);
    paint(ui, scene, hand);
    response
}

fn begin(scene: &Scene<'_>, origin: Pos2, snapped: i64) -> LoopDrag {
    let region = scene.view.model.loop_region;
    let (start, end) = (region.start_ticks, region.end_ticks);
    match zone(scene, origin) {
        Zone::Start => LoopDrag::edge((start, end), end),
        Zone::End => LoopDrag::edge((start, end), start),
        Zone::Region => LoopDrag::whole((start, end), scene.axis.ticks(origin.x)),
        Zone::Elsewhere => LoopDrag::draw(snapped),
    }
}

fn zone(scene: &Scene<'_>, place: Pos2) -> Zone {
    let region = scene.view.model.loop_region;
    if region.end_ticks <= region.start_ticks {
        return Zone::Elsewhere;
    }
    let (start, end) = (scene.axis.x(region.start_ticks as f64), scene.axis.x(region.end_ticks as f64));
    if (place.x - end).abs() < EDGE {
        Zone::End
    } else if (place.x - start).abs() < EDGE {
        Zone::Start
    } else if place.y < scene.ruler.top() + LOOP_HEIGHT + 2.0 && (start..end).contains(&place.x) {
        Zone::Region
    } else {
        Zone::Elsewhere
    }
}

fn cursor(ui: &Ui, response: &Response, scene: &Scene<'_>, hand: &Hand) {
    let Some(place) = response.hover_pos() else { return };
    if matches!(hand.drag, Drag::Loop(_)) {
        return ui.set_cursor_icon(CursorIcon::ResizeHorizontal);
    }
    match zone(scene, place) {
        Zone::Start | Zone::End => ui.set_cursor_icon(CursorIcon::ResizeHorizontal),
        Zone::Region => ui.set_cursor_icon(CursorIcon::Grab),
        Zone::Elsewhere => {}
    }
}

/// Goes to a place.
pub(crate) fn seek(ticks: i64, actions: &mut Actions) {
    let position_ticks = Some(ticks.max(0));
    actions.intent(Intent::TransportSeek(transport::Seek { position_ticks, position_frames: None }));
}

/// Sets the loop region; who sets one wants it to be on.
pub(crate) fn set_loop(scene: &Scene<'_>, region: Option<(i64, i64)>, actions: &mut Actions) {
    let Some((start_ticks, end_ticks)) = region else { return };
    actions.intent(Intent::TransportSetLoopRegion(transport::SetLoopRegion { start_ticks, end_ticks }));
    if !scene.view.model.loop_region.enabled {
        actions.intent(Intent::TransportSetLoopEnabled(transport::SetLoopEnabled { enabled: true }));
    }
}

fn paint(ui: &Ui, scene: &Scene<'_>, hand: &Hand) {
    let (painter, look, rect) = (ui.painter_at(scene.ruler), scene.look, scene.ruler);
    let mut mesh = Mesh::default();
    add_rect(&mut mesh, rect.x_range(), rect.y_range(), look.ruler);
    let region = scene.view.model.loop_region;
    let shown = match &hand.drag {
        Drag::Loop(drag) => Some((drag.start_ticks, drag.end_ticks, true)),
        Drag::None | Drag::Move(_) | Drag::Trim(_) | Drag::Band(_) => {
            (region.end_ticks > region.start_ticks).then_some((region.start_ticks, region.end_ticks, region.enabled))
        }
    };
    if let Some((start, end, on)) = shown {
        let x = Rangef::new(scene.axis.x_near(start as f64).round(), scene.axis.x_near(end as f64).round());
        let colour = if on { look.loop_region } else { look.text_weak };
        let band = Rangef::new(rect.top(), rect.top() + LOOP_HEIGHT);
        add_rect(&mut mesh, x, band, colour.gamma_multiply(if on { 0.75 } else { 0.35 }));
        for edge in [x.min, x.max - 2.0] {
            add_rect(&mut mesh, Rangef::new(edge, edge + 2.0), Rangef::new(rect.top(), rect.bottom()), colour);
        }
    }
    for line in scene.lines {
        let height = match line.weight {
            Weight::Bar if line.label.is_some() => rect.height() - LOOP_HEIGHT,
            Weight::Bar => 8.0,
            Weight::Beat => 6.0,
            Weight::Part => 3.0,
        };
        let x = scene.axis.x(line.ticks as f64).round();
        let y = Rangef::new(rect.bottom() - height, rect.bottom());
        add_rect(&mut mesh, Rangef::new(x, x + 1.0), y, look.ruler_line);
    }
    add_rect(&mut mesh, rect.x_range(), Rangef::new(rect.bottom() - 1.0, rect.bottom()), look.separator);
    painter.add(Shape::mesh(mesh));
    for line in scene.lines {
        let Some(label) = &line.label else { continue };
        let place = pos2(scene.axis.x(line.ticks as f64).round() + 4.0, rect.top() + LOOP_HEIGHT + 1.0);
        let colour = if line.weight == Weight::Bar { look.text } else { look.text_weak };
        painter.text(place, Align2::LEFT_TOP, label, look.small.clone(), colour);
    }
    if let Drag::Loop(drag) = &hand.drag {
        let length = scene.length_text(drag.end_ticks - drag.start_ticks, drag.start_ticks);
        let text =
            format!("{} to {}   length {length}", scene.place_text(drag.start_ticks), scene.place_text(drag.end_ticks));
        lanes::paint_readout(ui, &ui.painter_at(scene.ruler.union(scene.lanes)), scene, &text);
    }
}
