//! Mapping sets: one text file per scope and model. Edits are edits of the text, and so is their undo.

use crate::core::Purpose;
use crate::core::{Core, codes::Code, codes::reject};
use crate::event::Rejection;
use crate::jobs::{Job, JobOutcome};
use crate::storage::project::SURFACES_FOLDER;
use crate::storage::surfaces::TextFile;
use crate::view::Severity;
use crate::view::surfaces::MappingScope;
use loophole_surfaces::mapping::load::{MappingSet, load_mapping_set};
use loophole_surfaces::profile::finding::Finding;
use loophole_surfaces::profile::{Profile, load_profile};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Changes that can be taken back.
const UNDO_LIMIT: usize = 500;

/// Which file: where it is kept, and for which model (or, in the machine's scope, which box).
pub(super) type DocKey = (MappingScope, String);

/// A mapping set, and the text that says it.
#[derive(Clone, Debug)]
pub(super) struct Doc {
    pub(super) text: String,
    pub(super) set: Arc<MappingSet>,
}

/// One change of one file.
#[derive(Clone, Debug)]
struct Step {
    label: String,
    key: DocKey,
    /// None = there was no file.
    before: Option<String>,
    after: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Maps {
    docs: BTreeMap<DocKey, Doc>,
    undo: Vec<Step>,
    redo: Vec<Step>,
}

impl Maps {
    pub(super) fn get(&self, key: &DocKey) -> Option<&Doc> {
        self.docs.get(key)
    }

    pub(super) fn labels(&self) -> (Option<String>, Option<String>) {
        let label = |steps: &[Step]| steps.last().map(|step| step.label.clone());
        (label(&self.undo), label(&self.redo))
    }

    fn set(&mut self, key: &DocKey, text: Option<&str>) -> Result<(), String> {
        match text {
            None => {
                self.docs.remove(key);
            }
            Some(text) => {
                let set = parse(text)?;
                self.docs.insert(key.clone(), Doc { text: text.to_owned(), set: Arc::new(set) });
            }
        }
        Ok(())
    }
}

fn parse(text: &str) -> Result<MappingSet, String> {
    load_mapping_set(text).into_result().map_err(|findings| lines(&findings))
}

impl Core {
    /// Where files about surfaces are kept; those of the project move with it.
    fn surface_folder(&self, scope: MappingScope) -> PathBuf {
        match scope {
            MappingScope::Project => self.project.folder.join(SURFACES_FOLDER),
            MappingScope::Machine => self.config.data_folder.join("surfaces").join("boxes"),
            MappingScope::Factory | MappingScope::Composer | MappingScope::User => {
                self.config.data_folder.join("surfaces").join("maps")
            }
        }
    }

    fn profile_folder(&self) -> PathBuf {
        self.config.data_folder.join("surfaces").join("profiles")
    }

    /// Reads the person's profiles and mappings.
    pub(in crate::core) fn read_surface_files(&mut self) {
        let profiles = self.profile_folder();
        self.job(Purpose::ReadProfiles, Job::ReadTexts { folder: profiles });
        for scope in [MappingScope::User, MappingScope::Machine] {
            let folder = self.surface_folder(scope);
            self.job(Purpose::ReadMaps { scope, epoch: 0 }, Job::ReadTexts { folder });
        }
    }

    /// Another project is open: its mappings take the place of the last one's.
    pub(in crate::core) fn read_project_maps(&mut self) {
        self.surfaces.maps.docs.retain(|(scope, _), _| *scope != MappingScope::Project);
        self.surfaces.maps.undo.retain(|step| step.key.0 != MappingScope::Project);
        self.surfaces.maps.redo.retain(|step| step.key.0 != MappingScope::Project);
        let folder = self.surface_folder(MappingScope::Project);
        let purpose = Purpose::ReadMaps { scope: MappingScope::Project, epoch: self.project.epoch };
        self.job(purpose, Job::ReadTexts { folder });
        self.all_mappings_changed();
    }

    pub(in crate::core) fn profiles_read(&mut self, outcome: JobOutcome) {
        for TextFile { name, text } in texts(outcome) {
            let loaded = text.and_then(|text| parse_profile(&text));
            match loaded {
                Ok(profile) => self.surfaces.add_own_profile(profile),
                Err(reason) => self.unusable_file(&format!("profile '{name}'"), &reason),
            }
        }
        self.library_changed();
    }

    pub(in crate::core) fn maps_read(&mut self, scope: MappingScope, epoch: u64, outcome: JobOutcome) {
        if scope == MappingScope::Project && epoch != self.project.epoch {
            return;
        }
        for TextFile { name, text } in texts(outcome) {
            let key = (scope, name.clone());
            if let Err(reason) = text.and_then(|text| self.surfaces.maps.set(&key, Some(&text))) {
                self.unusable_file(&format!("mappings '{name}'"), &reason);
            }
        }
        self.all_mappings_changed();
    }

    fn unusable_file(&mut self, what: &str, reason: &str) {
        let message = format!("the {what} cannot be used, and was left as it is: {reason}");
        self.notice(Severity::Warning, Code::SurfaceBadFile, message);
    }

    /// Adds or replaces a profile of the person's.
    pub(super) fn keep_profile(&mut self, text: &str) -> Result<String, Rejection> {
        let profile = parse_profile(text).map_err(|reason| reject(Code::SurfaceBadFile, reason))?;
        let id = profile.id.clone();
        let path = self.profile_folder().join(format!("{id}.toml"));
        self.job(Purpose::WriteText, Job::WriteText { path, text: text.to_owned() });
        self.surfaces.add_own_profile(profile);
        self.library_changed();
        Ok(id)
    }

    /// Writes a mapping set down, so that it can be taken back.
    pub(super) fn change_map(&mut self, key: DocKey, after: String, label: String) -> Result<(), Rejection> {
        let before = self.surfaces.maps.get(&key).map(|doc| doc.text.clone());
        self.put_map(&key, Some(&after))?;
        let maps = &mut self.surfaces.maps;
        maps.redo.clear();
        maps.undo.push(Step { label, key, before, after: Some(after) });
        if maps.undo.len() > UNDO_LIMIT {
            maps.undo.remove(0);
        }
        Ok(())
    }

    fn put_map(&mut self, key: &DocKey, text: Option<&str>) -> Result<(), Rejection> {
        let set = self.surfaces.maps.set(key, text);
        set.map_err(|reason| reject(Code::SurfaceBadFile, format!("the mapping cannot be kept: {reason}")))?;
        let path = self.surface_folder(key.0).join(format!("{}.toml", key.1));
        let work = match text {
            Some(text) => Job::WriteText { path, text: text.to_owned() },
            None => Job::RemoveText { path },
        };
        self.job(Purpose::WriteText, work);
        self.all_mappings_changed();
        Ok(())
    }

    pub(in crate::core) fn text_written(&mut self, outcome: JobOutcome) {
        let problem = match outcome {
            JobOutcome::TextWritten(Err(problem)) => problem,
            JobOutcome::NotRun { reason } => reject(Code::SessionJobFailed, reason),
            _ => return,
        };
        let message = format!("a change of mappings works now, but is not kept: {}", problem.message);
        self.notice(Severity::Error, Code::SurfaceNotKept, message);
    }

    pub(super) fn undo_map(&mut self) -> Result<String, Rejection> {
        let step = self.surfaces.maps.undo.pop();
        let step = step.ok_or_else(|| reject(Code::SurfaceNothing, "no change of a mapping can be taken back"))?;
        self.put_map(&step.key, step.before.as_deref())?;
        let label = step.label.clone();
        self.surfaces.maps.redo.push(step);
        Ok(label)
    }

    pub(super) fn redo_map(&mut self) -> Result<String, Rejection> {
        let step = self.surfaces.maps.redo.pop();
        let step = step.ok_or_else(|| reject(Code::SurfaceNothing, "no change of a mapping was taken back"))?;
        self.put_map(&step.key, step.after.as_deref())?;
        let label = step.label.clone();
        self.surfaces.maps.undo.push(step);
        Ok(label)
    }
}

fn parse_profile(text: &str) -> Result<Profile, String> {
    load_profile(text).into_result().map_err(|findings| lines(&findings))
}

/// Findings, one per line.
pub(super) fn lines(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn texts(outcome: JobOutcome) -> Vec<TextFile> {
    match outcome {
        JobOutcome::TextsRead(files) => files,
        _ => Vec::new(),
    }
}
