//! Transport buttons that the engine obeys at once: a table made of the mappings. Pulse decides what stands in it.

use crate::core::Core;
use crate::mapping::ScopedMapping;
use crate::view::surfaces::SurfaceState;
use loophole_surfaces::element::Interaction;
use loophole_surfaces::mapping::target::TransportAction;
use loophole_surfaces::mapping::{Glue, Target};
use loophole_surfaces::source::Source;
use loophole_wire::message::EngineCommand;
use loophole_wire::message::ports::{FastPathAction, FastPathEntry, SetFastPath};

impl Core {
    /// Makes the table anew, if something that stands in it may have changed.
    pub(super) fn compile_fast_path(&mut self) {
        if !std::mem::take(&mut self.surfaces.fast_path_stale) {
            return;
        }
        // While somebody teaches, a button is only a button.
        let entries = if self.surfaces.learn.is_some() { Vec::new() } else { self.fast_path_entries() };
        if entries != self.surfaces.fast_path {
            self.surfaces.fast_path.clone_from(&entries);
            self.command(EngineCommand::HardwareSetFastPath(SetFastPath { entries }));
        }
    }

    fn fast_path_entries(&self) -> Vec<FastPathEntry> {
        let mut entries = Vec::new();
        let used = self.surfaces.devices.values().filter(|device| device.state == SurfaceState::Live);
        for device in used {
            let (Some(port), Some(mapped)) = (device.input_port(), self.surfaces.engine.device(device.number)) else {
                continue;
            };
            for ScopedMapping { mapping, .. } in self.surfaces.scoped(device) {
                // What toggles, waits or depends on a page is decided here, event by event.
                let plain = mapping.enabled
                    && mapping.interaction == Interaction::Press
                    && mapping.when.is_always()
                    && mapping.glue == Glue::default()
                    && mapped.active().any(|id| id == mapping.id);
                let action = match mapping.target {
                    Target::Transport { action: TransportAction::Play } => FastPathAction::Play,
                    Target::Transport { action: TransportAction::Pause } => FastPathAction::Pause,
                    _ => continue,
                };
                let element = device.elements.iter().find(|element| element.id == mapping.element);
                let source = element.and_then(|element| element.input.get(&mapping.interaction));
                let (status, data1) = match source {
                    Some(Source::Note { channel, number }) => (0x90 | channel.wrapping_sub(1) & 15, *number),
                    Some(Source::Cc { channel, number, relative: None }) => {
                        (0xb0 | channel.wrapping_sub(1) & 15, *number)
                    }
                    _ => continue,
                };
                if plain {
                    let (data1_mask, min_data2, max_data2) = (127, 1, 127);
                    entries.push(FastPathEntry { port, status, data1, data1_mask, min_data2, max_data2, action });
                }
            }
        }
        entries
    }
}
