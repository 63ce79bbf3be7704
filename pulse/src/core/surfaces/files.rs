//! Profiles and mappings as text: taken in, given out, checked.

use super::edit::{new_set, rewritten, set};
use crate::core::{Core, codes::Code, codes::reject};
use crate::event::Rejection;
use crate::intent::surface::{ExportProfile, ImportProfile};
use crate::mapping::MappingScope;
use crate::view::shapes::surfaces::{FileText, Findings, Imported};
use loophole_surfaces::mapping::MappingEntry;
use loophole_surfaces::mapping::load::load_mapping_set;
use loophole_surfaces::profile::lint::{FileKind, lint_file};
use loophole_surfaces::profile::{ElementEntry, ProfileFile, SCHEMA};

pub(super) fn lint(text: &str) -> Findings {
    Findings { findings: lint_file(text).1 }
}

impl Core {
    pub(super) fn import_profile(&mut self, ask: &ImportProfile) -> Result<Imported, Rejection> {
        if FileKind::of(&ask.text) == FileKind::Profile {
            return Ok(Imported { profile_id: self.keep_profile(&ask.text)?, mappings: 0 });
        }
        let set = load_mapping_set(&ask.text)
            .into_result()
            .map_err(|findings| reject(Code::SurfaceBadFile, super::maps::lines(&findings)))?;
        let model = set.profile.clone().unwrap_or_else(|| set.id.clone());
        let key = (MappingScope::User, model.clone());
        self.change_map(key, ask.text.clone(), format!("Import {}", set.name))?;
        Ok(Imported { profile_id: model, mappings: set.mappings.len() })
    }

    pub(super) fn export_profile(&self, ask: &ExportProfile) -> Result<FileText, Rejection> {
        let device = self.device(ask.device)?;
        let scoped = self.surfaces.scoped(device);
        let Some(profile) = device.profile.as_ref().filter(|_| !ask.only_own) else {
            let id = device.profile.as_ref().map(|profile| profile.id.as_str());
            let known = device.profile.as_ref().map(|profile| profile.elements.as_slice()).unwrap_or_default();
            let own = device.elements.iter().filter(|element| !known.iter().any(|known| known.id == element.id));
            let text = rewritten(&new_set(&device.model_key, &device.name(), id), |file| {
                for element in own {
                    file.set_element(&ElementEntry { element: element.clone(), repeat: None })?;
                }
                for scoped in scoped.into_iter().filter(|scoped| scoped.scope > MappingScope::Factory) {
                    set(file, scoped.mapping)?;
                }
                Ok(())
            })?;
            return Ok(FileText { text });
        };
        let whole = ProfileFile {
            schema: SCHEMA,
            id: profile.id.clone(),
            name: profile.name.clone(),
            vendor: profile.vendor.clone(),
            class: profile.class,
            facts: profile.facts.clone(),
            matching: profile.matching.clone(),
            quirks: profile.quirks.clone(),
            handshake: profile.handshake,
            startup: profile.startup.clone(),
            shutdown: profile.shutdown.clone(),
            heartbeat: profile.heartbeat.clone(),
            elements: device.elements.iter().cloned().map(|element| ElementEntry { element, repeat: None }).collect(),
            mappings: scoped.into_iter().map(|scoped| MappingEntry { mapping: scoped.mapping, repeat: None }).collect(),
        };
        let text = toml::to_string(&whole);
        text.map(|text| FileText { text }).map_err(|error| reject(Code::SurfaceBadFile, error.to_string()))
    }
}
