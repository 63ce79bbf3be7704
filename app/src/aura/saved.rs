//! What the window keeps between runs. Projects are not here: they are Pulse's.

use super::Settings;
use crate::panels::dock::{Layout, PanelStates, default_layout, is_whole};
use serde_json::{Value, json};

/// Version of layout and panels; with another one they are dropped. Settings are kept field by field.
const VERSION: u64 = 2;
const KEY: &str = "aura";

pub(super) struct Saved {
    pub(super) settings: Settings,
    pub(super) layout: Layout,
    pub(super) panels: PanelStates,
}

impl Saved {
    /// What was saved, and the defaults for what cannot be read.
    pub(super) fn load(storage: Option<&dyn eframe::Storage>) -> Self {
        let text = storage.and_then(|storage| storage.get_string(KEY)).unwrap_or_default();
        Self::parse(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    fn parse(mut saved: Value) -> Self {
        let mut take = |name: &str| saved.get_mut(name).map_or(Value::Null, Value::take);
        let settings: Settings = serde_json::from_value(take("settings")).unwrap_or_default();
        let same = take("version").as_u64() == Some(VERSION);
        let layout = serde_json::from_value(take("layout")).ok().filter(|layout| same && is_whole(layout));
        let panels = serde_json::from_value(take("panels")).ok().filter(|_| same);
        let zoom = if settings.zoom.is_finite() { settings.zoom.clamp(0.5, 3.0) } else { 1.0 };
        Self {
            settings: Settings { zoom, ..settings },
            layout: layout.unwrap_or_else(default_layout),
            panels: panels.unwrap_or_default(),
        }
    }
}

/// Keeps it for the next run.
pub(super) fn store(storage: &mut dyn eframe::Storage, settings: &Settings, layout: &Layout, panels: &PanelStates) {
    let saved = json!({ "version": VERSION, "settings": settings, "layout": layout, "panels": panels });
    storage.set_string(KEY, saved.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Command;
    use crate::theme::ThemeChoice;
    use std::collections::BTreeMap;

    #[derive(Default)]
    struct Memory(BTreeMap<String, String>);

    impl eframe::Storage for Memory {
        fn get_string(&self, key: &str) -> Option<String> {
            self.0.get(key).cloned()
        }
        fn set_string(&mut self, key: &str, value: String) {
            self.0.insert(key.to_owned(), value);
        }
        fn remove_string(&mut self, key: &str) {
            self.0.remove(key);
        }
        fn flush(&mut self) {}
    }

    #[test]
    fn what_is_saved_comes_back() {
        let mut storage = Memory::default();
        let mut settings = Settings { theme: ThemeChoice::Light, zoom: 1.5, ..Settings::default() };
        let keys = Command::Stop.spec().shortcuts[0];
        settings.keymap.set(Command::Panic, keys);
        let mut layout = default_layout();
        crate::panels::dock::show(&mut layout, crate::panels::dock::Pane::Engine);
        store(&mut storage, &settings, &layout, &PanelStates::default());
        let saved = Saved::load(Some(&storage));
        assert_eq!(saved.settings, settings);
        assert_eq!(saved.layout, layout);
    }

    #[test]
    fn what_cannot_be_read_is_dropped() {
        let check = |text: &str| Saved::parse(serde_json::from_str(text).unwrap_or(Value::Null));
        assert_eq!(check("").settings, Settings::default());
        assert_eq!(check("[1]").layout, default_layout());
        let other = check(r#"{"version": 99, "settings": {"theme": "light", "zoom": 1e30}, "layout": {"root": 7}}"#);
        assert_eq!((other.settings.theme, other.settings.zoom), (ThemeChoice::Light, 3.0));
        assert_eq!(other.layout, default_layout());
    }
}
