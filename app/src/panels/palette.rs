//! What the command palette offers: every command, and every intent that needs nothing more to be said.

use crate::action::{Command, Keymap};
use crate::state::Session;
use crate::widgets::palette::Entry;
use eframe::egui::Context;
use loophole_pulse::intent::{Intent, IntentSpec};

/// What an entry does.
#[derive(Clone, Copy, Debug)]
pub enum Offer {
    Command(Command),
    Intent(&'static IntentSpec),
}

/// Intents that a command of the list stands for.
const COVERED: &[(&str, &str)] = &[
    ("project", "new"),
    ("project", "open"),
    ("project", "save"),
    ("project", "close"),
    ("transport", "play"),
    ("transport", "pause"),
    ("transport", "stop"),
    ("track", "create"),
    ("routing", "createBus"),
    ("history", "undo"),
    ("history", "redo"),
    ("engine", "panic"),
    ("session", "restartEngine"),
    ("hardwareIo", "refreshDevices"),
    ("surface", "learnBegin"),
];

/// All offers, commands first; the entries stand in the same order.
pub fn offers(ctx: &Context, session: &Session, keymap: &Keymap) -> (Vec<Offer>, Vec<Entry>) {
    let commands = Command::SPECS.iter().filter(|spec| spec.command != Command::Palette).map(|spec| {
        let unavailable = spec.command.unavailable(session);
        let entry = Entry {
            text: spec.text.to_owned(),
            detail: unavailable.unwrap_or(spec.tooltip).to_owned(),
            keys: keymap.shown_text(ctx, spec.command),
            enabled: unavailable.is_none(),
        };
        (Offer::Command(spec.command), entry)
    });
    let intents = Intent::SPECS.iter().filter(|spec| is_offered(spec)).map(|spec| {
        let keys = format!("{}.{}", spec.domain, spec.name);
        (Offer::Intent(spec), Entry { text: spec.title.to_owned(), detail: spec.doc.to_owned(), keys, enabled: true })
    });
    commands.chain(intents).unzip()
}

/// The client domain is about connections of headless clients; the window has none.
fn is_offered(spec: &IntentSpec) -> bool {
    spec.domain != "client" && !COVERED.contains(&(spec.domain, spec.name)) && (spec.bare)().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_covered_exists() {
        for (domain, name) in COVERED {
            let spec = Intent::SPECS.iter().find(|spec| (spec.domain, spec.name) == (*domain, *name));
            assert!(spec.is_some_and(|spec| (spec.bare)().is_some()), "{domain}.{name}");
        }
    }
}
