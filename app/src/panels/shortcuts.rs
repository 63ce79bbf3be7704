//! The sheet of all shortcuts; a click on one changes it.

use crate::action::{Command, Keymap, Place};
use crate::theme;
use crate::widgets::fuzzy;
use eframe::egui::{
    self, Align2, Button, Event, Grid, Key, KeyboardShortcut, RichText, ScrollArea, TextEdit, Ui, Window,
};
use egui_material_icons::icons;

/// What the sheet keeps while it is open.
#[derive(Debug, Default)]
pub struct ShortcutsState {
    open: bool,
    filter: String,
    /// The next keys are for this command.
    listening: Option<Command>,
}

impl ShortcutsState {
    /// Opens or closes the sheet.
    pub fn toggle(&mut self) {
        self.open = !self.open;
        self.listening = None;
    }

    /// Keys are not commands now: they are being chosen.
    pub fn is_listening(&self) -> bool {
        self.open && self.listening.is_some()
    }
}

/// What the hand does, which no list of commands has.
const GESTURES: &[(&str, &str)] = &[
    ("Faders and knobs", "drag; Shift is fine; the wheel and arrow keys step"),
    ("Reset a control", "double-click"),
    ("Type a value", "Ctrl-click, or Enter on the focused control"),
    ("Take a drag back", "Escape before letting go"),
    ("Rename a strip", "double-click its name, or F2"),
    ("Map a control to hardware", "right-click it: “Map to hardware…”; Escape ends learning"),
    ("See which hardware moves what", "hold Ctrl and Alt"),
    ("Play a simulated surface", "drag, turn the wheel or click its controls"),
    ("Walk through controls", "Tab and Shift+Tab; Enter presses"),
];

/// Shows the sheet, if it is open.
pub fn shortcuts_ui(ui: &Ui, state: &mut ShortcutsState, keymap: &mut Keymap) {
    if !state.open {
        return;
    }
    listen(ui, state, keymap);
    let mut open = true;
    let window = Window::new("Keyboard shortcuts").open(&mut open).collapsible(false).resizable([false, true]);
    let height = (ui.content_rect().height() - 220.0).max(160.0);
    window.anchor(Align2::CENTER_CENTER, [0.0, 0.0]).default_width(520.0).show(ui, |ui| {
        ui.horizontal(|ui| {
            let field = TextEdit::singleline(&mut state.filter).hint_text("Search").desired_width(220.0);
            ui.add(field).accessible_name("Search shortcuts");
            if ui.button("Reset all").on_hover_text("Gives every command its own keys again").clicked() {
                keymap.reset_all();
            }
        });
        ui.label(RichText::new("Click keys to change them.").small().weak());
        ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            for place in Place::ALL {
                group_ui(ui, place, state, keymap);
            }
            gestures_ui(ui, "Hands", GESTURES);
            gestures_ui(ui, "Timeline", crate::panels::arranger::KEYS);
        });
    });
    let escape =
        state.listening.is_none() && ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape));
    if !open || escape {
        state.open = false;
        state.listening = None;
    }
}

fn group_ui(ui: &mut Ui, place: Place, state: &mut ShortcutsState, keymap: &mut Keymap) {
    let fits = |text: &str| state.filter.trim().is_empty() || fuzzy::score(&state.filter, text).is_some();
    let commands: Vec<Command> =
        Command::SPECS.iter().filter(|spec| spec.place == place && fits(spec.text)).map(|spec| spec.command).collect();
    if commands.is_empty() {
        return;
    }
    ui.add_space(theme::SPACE_2);
    ui.label(RichText::new(place.name()).strong());
    Grid::new(("shortcuts", place.name())).num_columns(3).striped(true).min_col_width(60.0).show(ui, |ui| {
        for command in commands {
            row_ui(ui, command, state, keymap);
            ui.end_row();
        }
    });
}

fn row_ui(ui: &mut Ui, command: Command, state: &mut ShortcutsState, keymap: &mut Keymap) {
    cell_ui(ui, 270.0, command.text()).on_hover_text(command.spec().tooltip);
    let listening = state.listening == Some(command);
    let text = if listening { "Press keys…".to_owned() } else { keymap.shown_text(ui, command) };
    let shown = if text.is_empty() { RichText::new("none").weak() } else { RichText::new(text).monospace() };
    let button = ui.add_sized([150.0, 22.0], Button::selectable(listening, shown).frame(true));
    if button.accessible_name(format!("Keys of {}", command.text())).clicked() {
        state.listening = if listening { None } else { Some(command) };
    }
    if keymap.is_changed(command) {
        let reset = Button::new(icons::ICON_UNDO.rich_text()).small().frame_when_inactive(false);
        let response = ui.add(reset).accessible_name(format!("Reset keys of {}", command.text()));
        if response.on_hover_text("Its own keys again").clicked() {
            keymap.reset(command);
        }
    }
}

fn cell_ui(ui: &mut Ui, width: f32, text: &str) -> egui::Response {
    let size = egui::vec2(width, 22.0);
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_min_size(size);
        ui.label(text)
    })
    .inner
}

fn gestures_ui(ui: &mut Ui, title: &str, gestures: &[(&str, &str)]) {
    ui.add_space(theme::SPACE_2);
    ui.label(RichText::new(title).strong());
    Grid::new(("gestures", title)).num_columns(2).striped(true).show(ui, |ui| {
        for (what, how) in gestures {
            cell_ui(ui, 190.0, what);
            ui.label(RichText::new(*how).weak());
            ui.end_row();
        }
    });
}

/// Takes the next keys for the command that waits for them; Escape gives up.
fn listen(ui: &Ui, state: &mut ShortcutsState, keymap: &mut Keymap) {
    let Some(command) = state.listening else { return };
    let pressed = ui.input_mut(|input| {
        let found = input.events.iter().find_map(|event| match event {
            Event::Key { key, pressed: true, modifiers, .. } => Some((*key, *modifiers)),
            _ => None,
        });
        if found.is_some() {
            input.events.retain(|event| !matches!(event, Event::Key { .. } | Event::Text(_)));
        }
        found
    });
    match pressed {
        None => {}
        Some((Key::Escape, _)) => state.listening = None,
        Some((key, modifiers)) => {
            let plain = egui::Modifiers { ctrl: false, mac_cmd: false, ..modifiers };
            keymap.set(command, KeyboardShortcut::new(plain, key));
            state.listening = None;
        }
    }
}
