//! The panels, one file each: `name_ui(ui, &session, &mut state, &mut actions)`. A panel reads the session's pictures
//! and collects what was asked for; it changes nothing but its own state, of which it saves what serde takes.

pub mod arranger;
pub mod banner;
pub mod devices;
pub mod dock;
pub mod engine;
pub mod footer;
pub mod hardware;
pub mod header;
pub mod ipc;
pub mod menu;
pub mod mixer;
pub mod notifications;
pub mod palette;
mod refusal;
pub mod shortcuts;
pub mod surfaces;
