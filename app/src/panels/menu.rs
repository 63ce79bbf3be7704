//! The menu bar, made from the list of commands.

use crate::action::{Actions, Command, CommandSpec, Keymap, Place};
use crate::state::Session;
use eframe::egui::{Button, MenuBar, RichText, Ui};

/// Shows the menu bar. `checked` says which commands are a choice that is made now.
pub fn menu_ui(ui: &mut Ui, session: &Session, keymap: &Keymap, checked: &[Command], actions: &mut Actions) {
    MenuBar::new().ui(ui, |ui| {
        for place in [Place::File, Place::Edit, Place::View, Place::Transport, Place::Help] {
            ui.menu_button(place.name(), |ui| {
                ui.set_min_width(220.0);
                items_ui(ui, session, keymap, place, checked, actions);
                match place {
                    Place::View => {
                        ui.separator();
                        ui.menu_button("Theme", |ui| items_ui(ui, session, keymap, Place::Theme, checked, actions));
                    }
                    Place::Transport => items_ui(ui, session, keymap, Place::Engine, checked, actions),
                    Place::File | Place::Edit | Place::Theme | Place::Engine | Place::Help => {}
                }
            });
        }
    });
}

fn items_ui(ui: &mut Ui, session: &Session, keymap: &Keymap, place: Place, checked: &[Command], actions: &mut Actions) {
    for spec in Command::SPECS.iter().filter(|spec| spec.place == place) {
        if spec.begins_group {
            ui.separator();
        }
        item_ui(ui, session, keymap, spec, checked.contains(&spec.command), actions);
    }
}

fn item_ui(ui: &mut Ui, session: &Session, keymap: &Keymap, spec: &CommandSpec, checked: bool, actions: &mut Actions) {
    let icon = spec.icon.map_or_else(|| RichText::new("   "), |icon| icon.rich_text());
    let keys = keymap.shown_text(ui, spec.command);
    let button = Button::new((icon, spec.text)).shortcut_text(keys).selected(checked);
    let unavailable = spec.command.unavailable(session);
    let response = ui.add_enabled(unavailable.is_none(), button).accessible_name(spec.text);
    if response.contains_pointer() {
        actions.hint(unavailable.unwrap_or(spec.tooltip));
    }
    if response.on_disabled_hover_text(unavailable.unwrap_or_default()).clicked() {
        actions.command(spec.command);
        ui.close();
    }
}
