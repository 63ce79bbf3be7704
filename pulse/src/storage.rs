//! Files: projects, settings, media, the demo song, and what belongs to control surfaces. Blocking; called from jobs only.

pub mod demo;
pub(crate) mod files;
pub mod format;
pub mod media;
pub mod project;
pub mod settings;
pub mod surfaces;
