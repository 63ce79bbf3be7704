//! Where the music is, in bars and in time; a click types another place.

use crate::action::Actions;
use crate::musical;
use crate::panels::refusal::refusal_ui;
use crate::state::Session;
use crate::theme;
use crate::widgets::numeric::{Typed, numeric_entry_ui};
use eframe::egui::{Align2, CursorIcon, FontId, Id, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use loophole_pulse::intent::{Intent, transport};

/// What stands in the field while somebody types.
#[derive(Debug, Default)]
pub(super) struct PlaceState {
    typing: Option<String>,
    wrong: bool,
}

const WIDTH: f32 = 224.0;

pub(super) fn place_ui(ui: &mut Ui, session: &Session, state: &mut PlaceState, actions: &mut Actions) {
    let tokens = theme::tokens(ui);
    let model = &session.view().model;
    let bars = musical::bars_text(model, session.position_ticks_now());
    let clock = musical::clock_text(model, session.position_frames_now());
    let id = Id::unique("loophole.header.position");
    let (_, rect) = ui.allocate_space(vec2(WIDTH, theme::TRANSPORT_BUTTON.y));
    let response = ui.interact(rect, id, Sense::click()).on_hover_cursor(CursorIcon::Text);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Position"));
    ui.ctx().accesskit_node_builder(id, |node| node.set_value(format!("{bars}, {clock}")));
    ui.painter().rect_filled(rect, theme::RADIUS, tokens.sunken);
    let (middle, font) = (rect.center().y, FontId::monospace(theme::TEXT_DISPLAY));
    ui.painter().text(pos2(rect.left() + theme::SPACE_2, middle), Align2::LEFT_CENTER, bars, font, tokens.text);
    let font = FontId::monospace(theme::TEXT_BODY + 1.0);
    ui.painter().text(pos2(rect.right() - theme::SPACE_2, middle), Align2::RIGHT_CENTER, clock, font, tokens.text_weak);
    if response.hovered() {
        actions.hint("Bars, beats and ticks; minutes and seconds. Click to type a place: 5, 5.2.240 or 1:23.5");
    }
    if response.clicked() {
        state.typing = Some(musical::bars_text(model, session.position_ticks_now()));
        state.wrong = false;
    }
    type_ui(ui, session, state, id, rect, actions);
    refusal_ui(ui, session, id, rect, "Position", actions);
}

fn type_ui(
    ui: &Ui,
    session: &Session,
    state: &mut PlaceState,
    id: Id,
    rect: eframe::egui::Rect,
    actions: &mut Actions,
) {
    let Some(text) = &mut state.typing else { return };
    let wrong = state.wrong.then_some("Type 5, 5.2.240 or 1:23.5");
    match numeric_entry_ui(ui, id, rect, "position", text, wrong) {
        Typed::Not => {}
        Typed::Left => state.typing = None,
        Typed::Text(text) => match musical::parse_place(&session.view().model, &text) {
            Some(ticks) => {
                let seek = transport::Seek { position_ticks: Some(ticks), position_frames: None };
                actions.intent_from(id, Intent::TransportSeek(seek));
                state.typing = None;
            }
            None => state.wrong = true,
        },
    }
}
