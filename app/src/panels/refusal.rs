//! A refusal, beside the control that asked: a red edge, the reason, what would work.

use crate::action::{Action, Actions};
use crate::state::Session;
use crate::theme;
use eframe::egui::{Align2, FontId, Id, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};
use egui_material_icons::icons;

/// Paints what Pulse answered to `source`, if it refused; a click forgets it. `name` is the control's.
pub(crate) fn refusal_ui(ui: &Ui, session: &Session, source: Id, around: Rect, name: &str, actions: &mut Actions) {
    let Some(rejection) = session.rejection(source) else { return };
    let tokens = theme::tokens(ui);
    ui.painter().rect_stroke(around.expand(1.0), theme::RADIUS, Stroke::new(1.5, tokens.error), StrokeKind::Outside);
    let badge = Rect::from_center_size(around.right_top(), Vec2::splat(14.0));
    let response = ui.interact(badge, source.with("refusal"), Sense::click());
    let label = format!("{name} was refused: {}", rejection.message);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let icon = icons::ICON_ERROR;
    ui.painter().circle_filled(badge.center(), 7.0, tokens.raised);
    let font = FontId::new(14.0, icon.font_family());
    ui.painter().text(badge.center(), Align2::CENTER_CENTER, icon.codepoint, font, tokens.error);
    if response.on_hover_text(format!("{}\nClick to dismiss.", rejection.message)).clicked() {
        actions.push(Action::Dismiss(source));
    }
}
