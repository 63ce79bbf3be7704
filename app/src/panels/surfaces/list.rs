//! The devices: those that are here, and those that were; and the way to a simulated one.

use super::{SurfacesPanelState, simulator, words};
use crate::action::{Action, Actions, Command};
use crate::state::Session;
use crate::theme;
use crate::widgets::one_line::one_line;
use eframe::egui::{
    Align, Align2, Button, FontId, Label, Layout, Rect, Response, RichText, Role, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use egui_material_icons::icons;
use loophole_pulse::view::surfaces::{SurfaceState, SurfaceView, SurfacesView};

const ROW: f32 = 44.0;

/// Shows the list; a click chooses.
pub(super) fn list_ui(ui: &mut Ui, session: &Session, state: &mut SurfacesPanelState, actions: &mut Actions) {
    let surfaces = &session.view().surfaces;
    ui.add_space(theme::SPACE_1);
    ui.horizontal(|ui| {
        ui.add(Label::new(RichText::new(count(surfaces)).small().weak()).selectable(false));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            simulator::simulator_ui(ui, session, &mut state.simulator, "Simulate", actions);
            let import = ui.add(Button::new(icons::ICON_DOWNLOAD.rich_text()));
            import_clicked(import, actions);
        });
    });
    ui.add_space(theme::SPACE_1);
    ScrollArea::vertical().id_salt("surface list").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for device in surfaces.devices.iter() {
            row_ui(ui, device, state, actions);
        }
    });
}

fn import_clicked(button: Response, actions: &mut Actions) {
    let button = button.accessible_name("Import for control surfaces");
    if button.on_hover_text("Takes in a profile, a mapping set, or a map of Ardour, Mixxx or QLC+").clicked() {
        actions.command(Command::ImportSurface);
    }
}

fn count(surfaces: &SurfacesView) -> String {
    match connected(surfaces) {
        0 => "None connected".to_owned(),
        1 => "1 connected".to_owned(),
        many => format!("{many} connected"),
    }
}

/// Devices that work now.
pub(crate) fn connected(surfaces: &SurfacesView) -> usize {
    let is_here = |device: &&std::sync::Arc<SurfaceView>| {
        matches!(device.state, SurfaceState::Live | SurfaceState::Starting | SurfaceState::Suspect)
    };
    surfaces.devices.iter().filter(is_here).count()
}

fn row_ui(ui: &mut Ui, device: &SurfaceView, state: &mut SurfacesPanelState, actions: &mut Actions) {
    let tokens = theme::tokens(ui);
    let chosen = state.device == Some(device.device);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let sign = words::state(device.state, tokens);
    let name = format!("Surface {}, {}", device.name, sign.word);
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, chosen, &name));
    if response.clicked() {
        state.choose(device.device);
        response.request_focus();
    }
    if response.contains_pointer() {
        actions.push(Action::Hint(format!("{}: {}", device.name, device.trouble.as_deref().unwrap_or(sign.word))));
    }
    if ui.is_rect_visible(rect) {
        paint(ui, rect, device, sign, chosen, &response);
    }
    response.on_hover_ui(|ui| {
        ui.strong(&device.name);
        if let Some(model) = &device.model {
            ui.weak(format!("{} {}, {}", model.vendor, model.name, words::class(model.class)));
        }
        ui.weak(format!("{}: {}", words::transport(device.transport), device.ports.join(", ")));
        if let Some(trouble) = &device.trouble {
            ui.label(RichText::new(trouble).color(tokens.warning));
        }
    });
}

fn paint(
    ui: &Ui,
    rect: Rect,
    device: &SurfaceView,
    sign: words::Sign,
    chosen: bool,
    response: &eframe::egui::Response,
) {
    let tokens = theme::tokens(ui);
    let painter = ui.painter();
    let fill = if chosen {
        tokens.selection
    } else if response.hovered() {
        tokens.control
    } else {
        tokens.raised
    };
    painter.rect_filled(rect, theme::RADIUS, fill);
    if response.has_focus() {
        painter.rect_stroke(rect, theme::RADIUS, Stroke::new(1.5, tokens.accent), StrokeKind::Inside);
    }
    let here = !matches!(device.state, SurfaceState::Gone | SurfaceState::Ignored);
    let ink = if here { tokens.text } else { tokens.text_weak };
    let class = device.model.as_ref().map_or(icons::ICON_DEVICES_OTHER, |model| words::class_icon(model.class));
    let icon = |icon: egui_material_icons::MaterialIcon, points: f32| FontId::new(points, icon.font_family());
    let middle = rect.left() + 18.0;
    painter.text(pos2(middle, rect.center().y), Align2::CENTER_CENTER, class.codepoint, icon(class, 20.0), ink);
    let (left, right) = (rect.left() + 36.0, rect.right() - 6.0);
    let (top, bottom) = (rect.top() + 14.0, rect.bottom() - 13.0);
    let mut end = right;
    if device.simulated {
        let tag =
            painter.layout_no_wrap("simulated".into(), FontId::proportional(theme::TEXT_SMALL - 1.0), tokens.text_weak);
        end -= tag.size().x + 6.0;
        let plate = Rect::from_center_size(pos2(end + 3.0 + tag.size().x * 0.5, top), tag.size() + vec2(6.0, 2.0));
        painter.rect_stroke(plate, 3.0, Stroke::new(1.0, tokens.outline), StrokeKind::Inside);
        painter.galley(pos2(end + 3.0, top - tag.size().y * 0.5), tag, tokens.text_weak);
        end -= 4.0;
    }
    let name = one_line(painter, &device.name, FontId::proportional(theme::TEXT_BODY), ink, end - left);
    painter.galley(pos2(left, top - name.size().y * 0.5), name, ink);
    let state = sign.icon;
    let colour = if chosen && !tokens.dark { tokens.text } else { sign.colour };
    painter.text(pos2(left + 6.0, bottom), Align2::CENTER_CENTER, state.codepoint, icon(state, 13.0), colour);
    let mut words = sign.word.to_owned();
    if device.model.is_some() && device.confidence < 0.995 && here {
        words.push_str(&format!(", {:.0} % sure", device.confidence * 100.0));
    }
    if device.trouble.is_some() {
        let warning = icons::ICON_WARNING;
        painter.text(
            pos2(right - 6.0, bottom),
            Align2::CENTER_CENTER,
            warning.codepoint,
            icon(warning, 13.0),
            tokens.warning,
        );
    }
    let room = right - left - 30.0;
    let words = one_line(painter, &words, FontId::proportional(theme::TEXT_SMALL), colour, room);
    painter.galley(pos2(left + 15.0, bottom - words.size().y * 0.5), words, colour);
}

/// What one sees before anything was plugged in.
pub(super) fn empty_ui(ui: &mut Ui, session: &Session, state: &mut SurfacesPanelState, actions: &mut Actions) {
    let tokens = theme::tokens(ui);
    let room = ui.available_rect_before_wrap();
    ui.add_space((room.height() * 0.5 - 84.0).max(theme::SPACE_2));
    ui.vertical_centered(|ui| {
        ui.label(icons::ICON_TUNE.rich_text().size(34.0).color(tokens.text_weak));
        ui.label(RichText::new("No control surface yet").heading());
        ui.add_space(theme::SPACE_1);
        let text = "Plug in a MIDI controller, a keyboard, a gamepad or another HID device: it appears here by itself. Tablets and phones join over OSC.";
        ui.scope(|ui| {
            ui.set_max_width(460.0);
            ui.add(Label::new(RichText::new(text).color(tokens.text_weak)).wrap().halign(Align::Center));
        });
        ui.add_space(theme::SPACE_2);
        ui.horizontal(|ui| {
            let width = 430.0;
            ui.add_space(((ui.available_width() - width) * 0.5).max(0.0));
            simulator::simulator_ui(ui, session, &mut state.simulator, "Try a simulated device", actions);
            let look = Button::new((icons::ICON_REFRESH.rich_text(), "Look for devices again"));
            if ui.add(look).accessible_name("Look for surfaces again").clicked() {
                actions.command(Command::RefreshDevices);
            }
            let import = ui.add(Button::new((icons::ICON_DOWNLOAD.rich_text(), "Import…")));
            import_clicked(import, actions);
        });
    });
}
