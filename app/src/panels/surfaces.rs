//! Control surfaces: what is plugged in, the device as it looks, what it controls and why.

mod conflicts;
mod drawing;
mod edit;
mod face;
mod glue;
mod grid;
mod head;
mod inspector;
mod list;
mod monitor;
mod play;
mod shape;
mod simulator;
mod table;
mod words;

pub(crate) use conflicts::{Choice, InTheWay, report_ui};
pub(crate) use list::connected;

use crate::action::{Action, Actions};
use crate::state::Session;
use crate::theme;
use conflicts::Check;
use drawing::DrawingState;
use eframe::egui::{Align, Button, Frame, Label, Layout, Margin, Panel, RichText, TextEdit, Ui, vec2};
use egui_material_icons::icons;
use inspector::Draft;
use loophole_pulse::intent::{Intent, surface};
use loophole_pulse::view::surfaces::surface_mapping::{Glue, Selector, When};
use loophole_pulse::view::surfaces::{Interaction, Mapping, MappingScope, SurfaceView, SurfacesView, Target};
use monitor::MonitorState;
use simulator::ProfileSearch;
use std::sync::Arc;

/// What stands below the drawing, or beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
enum Lower {
    #[default]
    Mappings,
    Monitor,
}

/// What the panel keeps between frames.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct SurfacesPanelState {
    /// The drawing is in view.
    drawing_shown: bool,
    lower: Lower,
    #[serde(skip)]
    device: Option<u32>,
    #[serde(skip)]
    element: Option<String>,
    #[serde(skip)]
    mapping: Option<String>,
    #[serde(skip)]
    filter: String,
    #[serde(skip)]
    renaming: Option<(u32, String)>,
    #[serde(skip)]
    simulator: ProfileSearch,
    #[serde(skip)]
    profile: ProfileSearch,
    #[serde(skip)]
    unknown_profile: ProfileSearch,
    #[serde(skip)]
    drawing: DrawingState,
    #[serde(skip)]
    check: Option<Check>,
    #[serde(skip)]
    draft: Option<Draft>,
    #[serde(skip)]
    monitor: MonitorState,
}

impl Default for SurfacesPanelState {
    fn default() -> Self {
        Self {
            drawing_shown: true,
            lower: Lower::default(),
            device: None,
            element: None,
            mapping: None,
            filter: String::new(),
            renaming: None,
            simulator: ProfileSearch::default(),
            profile: ProfileSearch::default(),
            unknown_profile: ProfileSearch::default(),
            drawing: DrawingState::default(),
            check: None,
            draft: None,
            monitor: MonitorState::default(),
        }
    }
}

impl SurfacesPanelState {
    /// Traces events only while somebody looks at them; once per frame, after all panels.
    pub fn follow_monitor(&mut self, actions: &mut Actions) {
        self.monitor.follow(actions);
    }

    /// Looks at another device.
    fn choose(&mut self, device: u32) {
        if self.device != Some(device) {
            self.device = Some(device);
            self.element = None;
            self.mapping = None;
        }
    }

    /// The chosen device, or the one that came last.
    fn chosen(&mut self, surfaces: &SurfacesView) -> Option<Arc<SurfaceView>> {
        let known = self.device.and_then(|device| surfaces.devices.iter().find(|known| known.device == device));
        let found = known.or_else(|| surfaces.devices.last())?;
        self.choose(found.device);
        Some(Arc::clone(found))
    }
}

/// Lower than this, drawing and table stand side by side.
const TALL: f32 = 430.0;

/// Shows the surfaces.
pub fn surfaces_ui(ui: &mut Ui, session: &Session, state: &mut SurfacesPanelState, actions: &mut Actions) {
    let surfaces = session.view().surfaces.clone();
    let Some(device) = state.chosen(&surfaces) else {
        return list::empty_ui(ui, session, state, actions);
    };
    let margin = Frame::new().inner_margin(Margin::symmetric(6, 2));
    Panel::left("surface list").frame(margin).resizable(true).default_size(204.0).min_size(140.0).show(ui, |ui| {
        list::list_ui(ui, session, state, actions);
    });
    ui.add_space(theme::SPACE_1);
    Frame::new().inner_margin(Margin::symmetric(6, 0)).show(ui, |ui| {
        head::head_ui(ui, session, &device, state, actions);
    });
    ui.add_space(theme::SPACE_1);
    body_ui(ui, session, &device, state, actions);
    if let Some(check) = state.check.take() {
        state.check = conflicts::check_ui(ui, session, check, actions);
    }
}

fn body_ui(
    ui: &mut Ui,
    session: &Session,
    device: &SurfaceView,
    state: &mut SurfacesPanelState,
    actions: &mut Actions,
) {
    let room = ui.available_size();
    let margin = Frame::new().inner_margin(Margin::symmetric(6, 0));
    if state.drawing_shown {
        let panel = if room.y >= TALL {
            Panel::top("surface drawing tall").default_size(room.y * 0.5).min_size(140.0).max_size(room.y - 120.0)
        } else {
            Panel::left("surface drawing").default_size(room.x * 0.42).min_size(220.0).max_size(room.x - 240.0)
        };
        panel.frame(margin).resizable(true).show(ui, |ui| {
            let clicked = drawing::drawing_ui(ui, device, state.element.as_deref(), &mut state.drawing, actions);
            if let Some(element) = clicked {
                state.element = Some(element);
                state.mapping = None;
            }
        });
    }
    if state.mapping.is_some() || state.element.is_some() {
        let side = Panel::right("surface inspector").frame(margin).resizable(true);
        let width = if room.x < 900.0 { 236.0 } else { 296.0 };
        let shown = side.default_size(width).min_size(200.0).max_size(420.0);
        let changed = shown.show(ui, |ui| inspector::inspector_ui(ui, session, device, state)).inner;
        take_change(device.device, changed, state, actions);
    }
    Frame::new().inner_margin(Margin::symmetric(6, 0)).show(ui, |ui| match state.lower {
        Lower::Mappings => mappings_ui(ui, session, device, state, actions),
        Lower::Monitor => {
            tabs_ui(ui, state);
            monitor::monitor_ui(ui, session, &mut state.monitor, actions);
        }
    });
}

/// Mappings or monitor; and whether the drawing is there.
fn tabs_ui(ui: &mut Ui, state: &mut SurfacesPanelState) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        let drawing = Button::selectable(state.drawing_shown, icons::ICON_DASHBOARD.rich_text());
        if ui.add(drawing).accessible_name("Show the drawing").on_hover_text("The device as it looks").clicked() {
            state.drawing_shown = !state.drawing_shown;
        }
        for (lower, icon, text) in
            [(Lower::Mappings, icons::ICON_LIST, "Mappings"), (Lower::Monitor, icons::ICON_MONITORING, "Monitor")]
        {
            let tab = Button::selectable(state.lower == lower, (icon.rich_text(), text));
            if ui.add(tab).accessible_name(format!("Show {}", text.to_lowercase())).clicked() {
                state.lower = lower;
            }
        }
    });
}

fn mappings_ui(
    ui: &mut Ui,
    session: &Session,
    device: &SurfaceView,
    state: &mut SurfacesPanelState,
    actions: &mut Actions,
) {
    let rows = table::shown(device, state.element.as_deref(), &state.filter);
    toolbar_ui(ui, session, device, rows.len(), state, actions);
    ui.add_space(2.0);
    if rows.is_empty() {
        return nothing_ui(ui, device, state);
    }
    let model = Arc::clone(&session.view().model);
    let asked = table::table_ui(ui, device, &model, &rows, state.mapping.as_deref(), actions);
    take_asked(device, asked, state, actions);
}

fn take_asked(device: &SurfaceView, asked: table::Asked, state: &mut SurfacesPanelState, actions: &mut Actions) {
    let (number, source) = (device.device, conflicts::save_source());
    if asked.select.is_some() {
        state.mapping = asked.select;
    }
    take_change(number, asked.change, state, actions);
    if let Some(mapping_id) = asked.solo {
        let solo = surface::SoloMapping { device: number, mapping_id };
        actions.intent_from(source, Intent::SurfaceSoloMapping(solo));
    }
    if let Some(id) = asked.remove {
        let remove = surface::RemoveMapping { device: number, mapping_ids: vec![id] };
        actions.intent_from(source, Intent::SurfaceRemoveMapping(remove));
    }
}

fn take_change(device: u32, changed: inspector::Changed, state: &mut SurfacesPanelState, actions: &mut Actions) {
    match changed {
        Some((edit::Change::Activation, mapping)) => {
            state.check = Some(conflicts::begin(device, *mapping, false, actions));
        }
        Some((edit::Change::Harmless, mapping)) => {
            let update = surface::UpdateMapping { device, mapping };
            actions.intent_from(conflicts::save_source(), Intent::SurfaceUpdateMapping(update));
        }
        None => {}
    }
}

fn toolbar_ui(
    ui: &mut Ui,
    session: &Session,
    device: &SurfaceView,
    shown: usize,
    state: &mut SurfacesPanelState,
    actions: &mut Actions,
) {
    let surfaces = &session.view().surfaces;
    let source = conflicts::save_source();
    ui.horizontal_wrapped(|ui| {
        tabs_ui(ui, state);
        let add = ui.add(Button::new((icons::ICON_ADD.rich_text(), "Mapping"))).accessible_name("Add a mapping");
        if add.on_hover_text("Adds a mapping for the selected element").clicked()
            && let Some(mapping) = new_mapping(device, state.element.as_deref())
        {
            state.check = Some(conflicts::begin(device.device, mapping, true, actions));
        }
        for (icon, name, what, intent) in [
            (
                icons::ICON_UNDO,
                "Undo mapping change",
                &surfaces.undo,
                Intent::SurfaceUndoMapping(surface::UndoMapping {}),
            ),
            (
                icons::ICON_REDO,
                "Redo mapping change",
                &surfaces.redo,
                Intent::SurfaceRedoMapping(surface::RedoMapping {}),
            ),
        ] {
            let button = Button::new(icon.rich_text()).frame_when_inactive(false);
            let button = ui.add_enabled(what.is_some(), button).accessible_name(name);
            let text = what.as_ref().map_or_else(|| format!("{name}: nothing"), |what| format!("{name}: {what}"));
            if button.on_hover_text(&text).on_disabled_hover_text(text).clicked() {
                actions.intent_from(source, intent);
            }
        }
        export_ui(ui, device, actions);
        let field = TextEdit::singleline(&mut state.filter).hint_text("Filter mappings").desired_width(130.0);
        ui.add(field).accessible_name("Filter mappings");
        if let Some(element) = &state.element {
            let name =
                device.elements.iter().find(|known| known.id == *element).map_or(element.as_str(), |known| &known.name);
            let text = RichText::new(format!("Only {name}")).small();
            let only = ui.add(Button::selectable(true, (text, icons::ICON_CLOSE.rich_text().size(12.0))));
            if only.accessible_name("Show the mappings of all elements").clicked() {
                state.element = None;
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let text = format!("{shown} of {}", device.mappings.len());
            ui.add(Label::new(RichText::new(text).small().weak()).selectable(false));
        });
    });
    if let Some(rejection) = session.rejection(source) {
        ui.horizontal(|ui| {
            let tokens = theme::tokens(ui);
            ui.label(icons::ICON_ERROR.rich_text().color(tokens.error));
            ui.add(Label::new(RichText::new(&rejection.message).color(tokens.error)).wrap());
            if ui.small_button("OK").accessible_name("Dismiss the refusal").clicked() {
                actions.push(Action::Dismiss(source));
            }
        });
    }
}

/// The person's own mappings of a device as a file.
fn export_ui(ui: &mut Ui, device: &SurfaceView, actions: &mut Actions) {
    let own = device.mappings.iter().any(|row| row.scope > MappingScope::Factory);
    let button = Button::new(icons::ICON_UPLOAD.rich_text()).frame_when_inactive(false);
    let button = ui.add_enabled(own, button).accessible_name(format!("Export the mappings of {}", device.name));
    let button =
        button.on_hover_text("Writes your own mappings of this device to a file, for others or another machine");
    if button.on_disabled_hover_text("You have no mappings of your own for this device yet.").clicked() {
        actions.push(Action::ExportSurface(device.device));
    }
}

/// For the selected element, or the first one that a hand can move.
fn new_mapping(device: &SurfaceView, element: Option<&str>) -> Option<Mapping> {
    let can = |one: &&loophole_pulse::view::surfaces::Element| !one.input.is_empty();
    let chosen = device.elements.iter().filter(can).find(|one| Some(one.id.as_str()) == element);
    let element = chosen.or_else(|| device.elements.iter().find(can))?;
    let interaction = element.input.keys().next().copied().unwrap_or(Interaction::Press);
    Some(Mapping {
        id: String::new(),
        name: String::new(),
        enabled: true,
        element: element.id.clone(),
        interaction,
        when: When { page: device.page.clone().filter(|_| device.pages.len() > 1), ..When::default() },
        glue: Glue::default(),
        target: Target::Gain { of: Selector::Selected },
        feedback: None,
    })
}

fn nothing_ui(ui: &mut Ui, device: &SurfaceView, state: &SurfacesPanelState) {
    let text = if device.mappings.is_empty() {
        "Nothing is mapped yet. Right-click any fader, knob or button in the window and choose “Map to hardware…”."
    } else if state.element.is_some() {
        "This element controls nothing. “Mapping” adds one; or right-click a control in the window: “Map to hardware…”."
    } else {
        "No mapping passes the filter."
    };
    let room = ui.available_size();
    ui.allocate_ui(vec2(room.x, room.y.max(40.0)), |ui| {
        ui.centered_and_justified(|ui| ui.add(Label::new(RichText::new(text).weak()).wrap()));
    });
}
