//! Files: projects, settings, media and the demo song. Blocking; called from jobs only.

pub mod demo;
pub(crate) mod files;
pub mod format;
pub mod media;
pub mod project;
pub mod settings;
