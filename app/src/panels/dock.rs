//! Where the panels stand: tabs that one drags to any place.

use crate::action::{Action, Actions};
use crate::panels::arranger::{ArrangerPanelState, arranger_ui};
use crate::panels::devices::{DevicesPanelState, devices_ui};
use crate::panels::engine::{EnginePanelState, engine_ui};
use crate::panels::ipc::{IpcPanelState, ipc_ui};
use crate::panels::mixer::{MixerPanelState, mixer_ui};
use crate::panels::surfaces::{SurfacesPanelState, surfaces_ui};
use crate::state::Session;
use crate::theme::{self, Tokens};
use eframe::egui::{self, Color32, Frame, Stroke, Ui, Visuals, WidgetText};
use egui_tiles::{Behavior, Linear, LinearDir, SimplificationOptions, TabState, Tile, TileId, Tiles, Tree, UiResponse};

/// A panel that has a tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Pane {
    Arranger,
    Mixer,
    Surfaces,
    Ipc,
    Devices,
    Engine,
}

impl Pane {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Arranger, Self::Mixer, Self::Surfaces, Self::Ipc, Self::Devices, Self::Engine];

    /// What control surfaces follow when the panel has the focus. Panels about the program itself are none: who looks at
    /// the mappings for the mixer does not want them to go.
    pub const fn context(self) -> Option<&'static str> {
        match self {
            Self::Arranger => Some("arranger"),
            Self::Mixer => Some("mixer"),
            Self::Surfaces | Self::Ipc | Self::Devices | Self::Engine => None,
        }
    }

    /// On its tab.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Arranger => "Arranger",
            Self::Mixer => "Mixer",
            Self::Surfaces => "Surfaces",
            Self::Ipc => "IPC",
            Self::Devices => "Devices",
            Self::Engine => "Engine",
        }
    }
}

/// What each panel keeps; what serde takes is saved.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct PanelStates {
    pub arranger: ArrangerPanelState,
    pub mixer: MixerPanelState,
    pub surfaces: SurfacesPanelState,
    pub ipc: IpcPanelState,
    pub devices: DevicesPanelState,
    pub engine: EnginePanelState,
}

/// The tree of tabs.
pub type Layout = Tree<Pane>;

/// The share of the arranger.
const ARRANGER_SHARE: f32 = 0.54;

/// Arranger above, the rest as tabs below.
pub fn default_layout() -> Layout {
    let mut tiles = Tiles::default();
    let arranger = tiles.insert_pane(Pane::Arranger);
    let below =
        [Pane::Mixer, Pane::Surfaces, Pane::Ipc, Pane::Devices, Pane::Engine].map(|pane| tiles.insert_pane(pane));
    let tabs = tiles.insert_tab_tile(below.to_vec());
    let root = tiles.insert_container(Linear::new_binary(LinearDir::Vertical, [arranger, tabs], ARRANGER_SHARE));
    Tree::new(egui::Id::unique("loophole.dock"), root, tiles)
}

/// A saved layout that has every panel exactly once; anything else is dropped.
pub fn is_whole(layout: &Layout) -> bool {
    let panes: Vec<Pane> =
        layout.tiles.tiles().filter_map(|tile| if let Tile::Pane(pane) = tile { Some(*pane) } else { None }).collect();
    layout.root().is_some() && panes.len() == Pane::ALL.len() && Pane::ALL.iter().all(|pane| panes.contains(pane))
}

/// Brings a panel to the front.
pub fn show(layout: &mut Layout, pane: Pane) {
    layout.make_active(|_, tile| matches!(tile, Tile::Pane(found) if *found == pane));
}

/// Shows all panels.
pub fn dock_ui(ui: &mut Ui, layout: &mut Layout, session: &Session, states: &mut PanelStates, actions: &mut Actions) {
    let tokens = theme::tokens(ui);
    layout.ui(&mut Panels { session, states, actions, tokens }, ui);
    states.surfaces.follow_monitor(actions);
    states.ipc.close_unseen(session);
}

struct Panels<'a> {
    session: &'a Session,
    states: &'a mut PanelStates,
    actions: &'a mut Actions,
    tokens: &'static Tokens,
}

impl Behavior<Pane> for Panels<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, pane: &mut Pane) -> UiResponse {
        let (session, states, actions) = (self.session, &mut *self.states, &mut *self.actions);
        if let Some(context) = pane.context()
            && ui.input(|input| input.pointer.any_pressed())
            && ui.rect_contains_pointer(ui.max_rect())
        {
            actions.push(Action::LookAt(context));
        }
        Frame::new().fill(self.tokens.panel).show(ui, |ui| {
            ui.push_id(pane.title(), |ui| match pane {
                Pane::Arranger => arranger_ui(ui, session, &mut states.arranger, actions),
                Pane::Mixer => mixer_ui(ui, session, &mut states.mixer, actions),
                Pane::Surfaces => surfaces_ui(ui, session, &mut states.surfaces, actions),
                Pane::Ipc => ipc_ui(ui, session, &mut states.ipc, actions),
                Pane::Devices => devices_ui(ui, session, &mut states.devices, actions),
                Pane::Engine => engine_ui(ui, session, &mut states.engine, actions),
            });
            ui.take_available_space();
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        pane.title().into()
    }

    fn tab_title_for_tile(&mut self, tiles: &Tiles<Pane>, tile: TileId) -> WidgetText {
        fn titles(tiles: &Tiles<Pane>, tile: TileId) -> Vec<&'static str> {
            match tiles.get(tile) {
                Some(Tile::Pane(pane)) => vec![pane.title()],
                Some(Tile::Container(container)) => {
                    container.children().flat_map(|child| titles(tiles, *child)).collect()
                }
                None => Vec::new(),
            }
        }
        titles(tiles, tile).join(", ").into()
    }

    /// Only panels move; a hand that misses a tab does not carry the whole row away.
    fn is_tile_draggable(&self, tiles: &Tiles<Pane>, tile: TileId) -> bool {
        matches!(tiles.get(tile), Some(Tile::Pane(_)))
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..SimplificationOptions::default() }
    }

    fn preview_dragged_panes(&self) -> bool {
        false
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        theme::SPACE_1
    }

    fn tab_bar_color(&self, _visuals: &Visuals) -> Color32 {
        self.tokens.background
    }

    fn tab_bg_color(&self, _visuals: &Visuals, _tiles: &Tiles<Pane>, _tile: TileId, state: &TabState) -> Color32 {
        if state.active { self.tokens.panel } else { self.tokens.background }
    }

    fn tab_outline_stroke(&self, _visuals: &Visuals, _tiles: &Tiles<Pane>, _tile: TileId, state: &TabState) -> Stroke {
        if state.active { Stroke::new(1.0, self.tokens.outline) } else { Stroke::NONE }
    }

    fn tab_text_color(&self, _visuals: &Visuals, _tiles: &Tiles<Pane>, _tile: TileId, state: &TabState) -> Color32 {
        if state.active { self.tokens.text } else { self.tokens.text_weak }
    }
}
