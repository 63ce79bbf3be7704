//! The whole window, against a Pulse that stands still: what a person does, and what Pulse is asked.

#[path = "shell/fake.rs"]
mod fake;
#[path = "shell/hardware.rs"]
mod hardware;
#[path = "shell/header.rs"]
mod header;
#[path = "shell/mixer.rs"]
mod mixer;
#[path = "shell/stage.rs"]
mod stage;
#[path = "shell/window.rs"]
mod window;
