//! Which keys mean which command: the list's own ones, and what a person changed.

use super::Command;
use eframe::egui::{self, Key, KeyboardShortcut, Modifiers};
use std::collections::BTreeMap;

/// What a person changed; the rest is as in [`Command::SPECS`].
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Keymap {
    /// None = no keys.
    changed: BTreeMap<Command, Option<KeyboardShortcut>>,
}

impl Keymap {
    /// The keys that are shown beside a command.
    pub fn shown(&self, command: Command) -> Option<KeyboardShortcut> {
        match self.changed.get(&command) {
            Some(changed) => *changed,
            None => command.spec().shortcuts.iter().copied().find(|keys| !self.is_taken_by_a_change(*keys)),
        }
    }

    /// The same as text, in the words of the system.
    pub fn shown_text(&self, ctx: &egui::Context, command: Command) -> String {
        self.shown(command).map(|keys| ctx.format_shortcut(&keys)).unwrap_or_default()
    }

    /// Whether a person changed this command's keys.
    pub fn is_changed(&self, command: Command) -> bool {
        self.changed.contains_key(&command)
    }

    /// Gives keys to a command, and takes them from whichever had them.
    pub fn set(&mut self, command: Command, keys: KeyboardShortcut) {
        for spec in Command::SPECS {
            if spec.command != command && self.changed.get(&spec.command) == Some(&Some(keys)) {
                self.changed.insert(spec.command, None);
            }
        }
        self.changed.insert(command, Some(keys));
    }

    /// Back to the list's own keys.
    pub fn reset(&mut self, command: Command) {
        self.changed.remove(&command);
    }

    /// All back.
    pub fn reset_all(&mut self) {
        self.changed.clear();
    }

    /// The commands whose keys were pressed; the keys are used up. While somebody types, keys without Ctrl or Alt
    /// are text; function keys are not.
    pub fn consume(&self, ctx: &egui::Context, typing: bool) -> Vec<Command> {
        // Longer ones first: egui takes Ctrl+Shift+Z for Ctrl+Z, too.
        let mut all: Vec<(KeyboardShortcut, Command)> = Command::SPECS
            .iter()
            .flat_map(|spec| self.keys(spec.command).map(move |keys| (keys, spec.command)))
            .filter(|(keys, _)| !typing || !is_text(*keys))
            .collect();
        all.sort_by_key(|(keys, _)| std::cmp::Reverse(weight(keys.modifiers)));
        ctx.input_mut(|input| {
            all.into_iter().filter(|(keys, _)| input.consume_shortcut(keys)).map(|(_, command)| command).collect()
        })
    }

    fn keys(&self, command: Command) -> impl Iterator<Item = KeyboardShortcut> {
        let changed = self.changed.get(&command).copied();
        let own = if changed.is_some() { &[] } else { command.spec().shortcuts };
        changed.flatten().into_iter().chain(own.iter().copied().filter(|keys| !self.is_taken_by_a_change(*keys)))
    }

    fn is_taken_by_a_change(&self, keys: KeyboardShortcut) -> bool {
        self.changed.values().any(|changed| *changed == Some(keys))
    }
}

fn weight(modifiers: Modifiers) -> u8 {
    u8::from(modifiers.ctrl || modifiers.command) + u8::from(modifiers.shift) + u8::from(modifiers.alt)
}

fn is_text(keys: KeyboardShortcut) -> bool {
    let modifiers = keys.modifiers;
    let function_key = matches!(keys.logical_key, Key::F1 | Key::F2 | Key::F3 | Key::F4 | Key::F5 | Key::F6)
        || matches!(keys.logical_key, Key::F7 | Key::F8 | Key::F9 | Key::F10 | Key::F11 | Key::F12);
    let editing = modifiers.command
        && matches!(keys.logical_key, Key::Z | Key::Y | Key::A | Key::X | Key::C | Key::V | Key::Backspace);
    editing || !(modifiers.ctrl || modifiers.command || modifiers.alt || function_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_given_away_are_taken_from_their_owner() {
        let mut keymap = Keymap::default();
        let space = KeyboardShortcut::new(Modifiers::NONE, Key::Space);
        assert_eq!(keymap.shown(Command::PlayOrPause), Some(space));
        keymap.set(Command::Stop, space);
        assert_eq!(keymap.shown(Command::PlayOrPause), None);
        assert_eq!(keymap.shown(Command::Stop), Some(space));
        keymap.set(Command::Panic, space);
        assert_eq!(keymap.shown(Command::Stop), None);
        keymap.reset_all();
        assert_eq!(keymap.shown(Command::PlayOrPause), Some(space));
    }
}
