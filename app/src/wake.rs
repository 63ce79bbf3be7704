//! How Pulse wakes a window that sleeps.

use eframe::egui;
use std::sync::{Arc, OnceLock};

/// Asks the window to paint again; does nothing until there is one.
#[derive(Clone, Default)]
pub struct Wake(Arc<OnceLock<egui::Context>>);

impl Wake {
    /// From now on, this window is woken. The first one stays.
    pub fn attach(&self, context: &egui::Context) {
        self.0.get_or_init(|| context.clone());
    }

    /// What Pulse calls from its threads when something is new.
    pub fn as_callback(&self) -> Arc<dyn Fn() + Send + Sync> {
        let window = Arc::clone(&self.0);
        Arc::new(move || {
            if let Some(context) = window.get() {
                context.request_repaint();
            }
        })
    }
}
