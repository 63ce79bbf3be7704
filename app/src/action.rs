//! Everything that a panel can ask for: intents for Pulse, commands and changes of the window itself.

pub mod command;
pub mod keymap;

pub use command::{Command, CommandSpec, Place};
pub use keymap::Keymap;

use crate::panels::hardware::Control;
use crate::state::Selection;
use eframe::egui::Id;
use loophole_pulse::intent::Intent;

/// One thing that somebody asked for in this frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Ask Pulse. `source` is the control: a rejection is shown there.
    Intent { intent: Intent, source: Option<Id> },
    /// A command of the one list.
    Command(Command),
    /// Selects tracks and clips; what commands and control surfaces then mean.
    Select(Selection),
    /// What the footer says of the thing under the pointer.
    Hint(String),
    /// A panel has the focus: what control surfaces follow then.
    LookAt(&'static str),
    /// Forget the rejection at a control.
    Dismiss(Id),
    /// Write the person's own mappings of a device to a file.
    ExportSurface(u32),
    /// Look at the notifications.
    ShowNotifications,
}

/// What a frame collects; done after everything has been laid out.
#[derive(Debug, Default)]
pub struct Actions {
    list: Vec<Action>,
    /// Somebody wants to know where the controls of this frame stand.
    pub(crate) wants_controls: bool,
    /// Controls that hardware can move, in the order in which they were laid out.
    pub(crate) controls: Vec<Control>,
}

impl Actions {
    /// Asks Pulse.
    pub fn intent(&mut self, intent: Intent) {
        self.list.push(Action::Intent { intent, source: None });
    }

    /// Asks Pulse for a control; see [`crate::state::Session::rejection`].
    pub fn intent_from(&mut self, source: Id, intent: Intent) {
        self.list.push(Action::Intent { intent, source: Some(source) });
    }

    /// Asks for a command of the list.
    pub fn command(&mut self, command: Command) {
        self.list.push(Action::Command(command));
    }

    /// Selects.
    pub fn select(&mut self, selection: Selection) {
        self.list.push(Action::Select(selection));
    }

    /// Says in the footer what the pointer is over and what it would do.
    pub fn hint(&mut self, text: impl Into<String>) {
        self.list.push(Action::Hint(text.into()));
    }

    /// Anything else.
    pub fn push(&mut self, action: Action) {
        self.list.push(action);
    }

    /// What was asked for, in order.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Action> {
        self.list.drain(..)
    }
}
