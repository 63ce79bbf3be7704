//! Changes of mappings: checked, kept in the right file, and taken back in a stack of their own.

use super::Surfaces;
use super::device::Device;
use super::maps::DocKey;
use crate::core::{Core, codes::Code, codes::reject};
use crate::event::Rejection;
use crate::intent::surface::{AddMapping, CheckMapping, RemoveMapping, SoloMapping, UpdateMapping};
use crate::mapping::expression::Expression;
use crate::mapping::{MappingScope, ScopedMapping, World, conflict, target, words};
use crate::view::surfaces::{ConflictView, MappingView};
use loophole_surfaces::element::Element;
use loophole_surfaces::mapping::rewrite::{Rewrite, RewriteError};
use loophole_surfaces::mapping::{Mapping, MappingEntry, Target};
use loophole_surfaces::profile::{ElementEntry, SCHEMA};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Mappings of one file.
const MAPPING_LIMIT: usize = 5_000;

impl Surfaces {
    /// Which file holds a device's mappings of a scope.
    fn doc_key(&self, device: &Device, scope: MappingScope) -> DocKey {
        match (scope, device.known) {
            (MappingScope::Machine, Some(known)) => (MappingScope::Machine, format!("box-{known}")),
            (MappingScope::Project, _) => (MappingScope::Project, device.model_key.clone()),
            _ => (MappingScope::User, device.model_key.clone()),
        }
    }

    /// What a device's files say, the weakest scope first.
    fn docs<'a>(&'a self, device: &'a Device) -> impl Iterator<Item = (MappingScope, &'a super::maps::Doc)> {
        [MappingScope::User, MappingScope::Machine, MappingScope::Project].into_iter().filter_map(|scope| {
            let key = self.doc_key(device, scope);
            Some((scope, self.maps.get(&key).filter(|_| key.0 == scope)?))
        })
    }

    /// Elements of the profile (or of the generic layout), and those that were learned.
    pub(super) fn layout(&self, device: &Device) -> Vec<Element> {
        let mut elements = match &device.profile {
            Some(profile) => profile.elements.clone(),
            None => loophole_surfaces::generic::elements(&device.facts),
        };
        for element in self.docs(device).flat_map(|(_, doc)| &doc.set.elements) {
            if !elements.iter().any(|known| known.id == element.id) {
                elements.push(element.clone());
            }
        }
        elements
    }

    /// Finds out whether some device shows where the playhead is.
    fn note_positions(&mut self) {
        let devices = self.devices.values().filter(|device| device.is_identified());
        self.shows_position = devices
            .flat_map(|device| self.scoped(device))
            .any(|scoped| matches!(scoped.mapping.target, Target::Position));
    }

    /// Every mapping of a device; one of a later scope takes the place of one with the same id.
    pub(super) fn scoped(&self, device: &Device) -> Vec<ScopedMapping> {
        let mut order: Vec<String> = Vec::new();
        let mut by_id: BTreeMap<String, ScopedMapping> = BTreeMap::new();
        let factory = device.profile.iter().flat_map(|profile| &profile.mappings);
        let factory = factory.map(|mapping| (MappingScope::Factory, mapping));
        let own =
            self.docs(device).flat_map(|(scope, doc)| doc.set.mappings.iter().map(move |mapping| (scope, mapping)));
        for (scope, mapping) in factory.chain(own) {
            let scoped = ScopedMapping { scope, mapping: mapping.clone() };
            if by_id.insert(mapping.id.clone(), scoped).is_none() {
                order.push(mapping.id.clone());
            }
        }
        order.iter().filter_map(|id| by_id.remove(id)).collect()
    }
}

impl Core {
    /// Files, devices or the person changed what mappings there are.
    pub(super) fn all_mappings_changed(&mut self) {
        let numbers: Vec<u32> = self.surfaces.devices.keys().copied().collect();
        for number in numbers {
            self.mappings_changed(number);
        }
        self.surfaces.fast_path_stale = true;
        self.surfaces_changed();
    }

    pub(super) fn mappings_changed(&mut self, number: u32) {
        let Some(device) = self.surfaces.devices.get(&number).filter(|device| device.is_identified()) else { return };
        let elements = self.surfaces.layout(device);
        let scoped = self.surfaces.scoped(device);
        let solo = device.solo.clone();
        if elements != *device.elements {
            let device = self.surfaces.devices.get_mut(&number).expect("it was looked at above");
            device.use_elements(elements);
        }
        let elements = self.surfaces.devices[&number].elements.to_vec();
        let problems = self.surfaces.engine.set_device(number, elements, scoped);
        self.surfaces.engine.solo(number, solo.as_deref());
        self.surfaces.note_positions();
        let device = self.surfaces.devices.get_mut(&number).expect("it was looked at above");
        device.problems = problems;
        self.surfaces.stale = true;
    }

    /// The rows of the table.
    pub(super) fn mapping_rows(&mut self, number: u32) -> Vec<MappingView> {
        let device = &self.surfaces.devices[&number];
        let (solo, elements) = (device.solo.clone(), Arc::clone(&device.elements));
        let mapped = self.surfaces.engine.device(number);
        let active: Vec<String> = mapped.map(|mapped| mapped.active().map(str::to_owned).collect()).unwrap_or_default();
        let bank = mapped.map_or(0, crate::mapping::device::Device::bank);
        let scoped = self.surfaces.scoped(device);
        self.with_world(|_, world| {
            scoped
                .into_iter()
                .map(|ScopedMapping { scope, mapping }| {
                    let element = elements.iter().find(|element| element.id == mapping.element);
                    MappingView {
                        source: words::source(element, &mapping.element, mapping.interaction),
                        target: words::target(&mapping.target),
                        target_now: target_now(&mapping.target, world, bank),
                        active: active.contains(&mapping.id),
                        soloed: solo.as_ref() == Some(&mapping.id),
                        scope,
                        mapping,
                    }
                })
                .collect()
        })
    }

    pub(super) fn check_mapping(&self, ask: &CheckMapping) -> Result<Vec<ConflictView>, Rejection> {
        let device = self.device(ask.device)?;
        self.checked(device, &ask.mapping, &[])?;
        Ok(self.conflicts(device, &ask.mapping))
    }

    /// Who would be in the way of a mapping.
    pub(super) fn conflicts(&self, device: &Device, mapping: &Mapping) -> Vec<ConflictView> {
        let new = ScopedMapping { scope: MappingScope::User, mapping: mapping.clone() };
        conflict::conflicts(&device.elements, &self.surfaces.scoped(device), &new)
            .into_iter()
            .map(|conflict| ConflictView {
                replaceable: conflict.choices.contains(&conflict::Choice::Replace),
                mapping_id: conflict.mapping,
                scope: conflict.scope,
                description: conflict.description,
            })
            .collect()
    }

    pub(super) fn add_mapping(&mut self, ask: AddMapping) -> Result<String, Rejection> {
        let AddMapping { device: number, mut mapping, scope, elements, replace } = ask;
        let device = self.device(number)?;
        if mapping.id.is_empty() {
            mapping.id = self.free_id(device, &mapping.element);
        }
        self.checked(device, &mapping, &elements)?;
        let key = self.surfaces.doc_key(device, scope.unwrap_or(MappingScope::User));
        let (in_file, elsewhere): (Vec<&String>, Vec<&String>) = replace.iter().partition(|id| self.is_in(&key, id));
        // What another file holds cannot be taken out of it here: a copy that is switched off covers it.
        let all = self.surfaces.scoped(device).into_iter();
        let off = all.filter(|scoped| elsewhere.contains(&&scoped.mapping.id));
        let off: Vec<Mapping> = off.map(|scoped| Mapping { enabled: false, ..scoped.mapping }).collect();
        let text = rewritten(&self.text_of(&key, device), |file| {
            for element in elements {
                file.set_element(&ElementEntry { element, repeat: None })?;
            }
            for id in in_file {
                file.remove_mapping(id)?;
            }
            for mapping in off {
                set(file, mapping)?;
            }
            set(file, (*mapping).clone())
        })?;
        let label = format!("Map {}", self.element_name(number, &mapping.element));
        self.change_map(key, text, label)?;
        Ok(mapping.id)
    }

    pub(super) fn update_mapping(&mut self, ask: UpdateMapping) -> Result<(), Rejection> {
        let UpdateMapping { device: number, mapping } = ask;
        let device = self.device(number)?;
        self.checked(device, &mapping, &[])?;
        let scoped = self.known_mapping(device, &mapping.id)?;
        // What came with the program stays as it is: the person's copy covers it.
        let key = self.surfaces.doc_key(device, scoped.scope.max(MappingScope::User));
        let label = format!("Change mapping of {}", self.element_name(number, &mapping.element));
        let text = rewritten(&self.text_of(&key, device), |file| set(file, *mapping))?;
        self.change_map(key, text, label)
    }

    pub(super) fn remove_mappings(&mut self, ask: &RemoveMapping) -> Result<(), Rejection> {
        let number = ask.device;
        if ask.mapping_ids.is_empty() {
            return Err(reject(Code::SurfaceNothing, "the list of mappings is empty"));
        }
        for id in &ask.mapping_ids {
            let device = self.device(number)?;
            let scoped = self.known_mapping(device, id)?;
            let key = self.surfaces.doc_key(device, scoped.scope.max(MappingScope::User));
            let is_factory =
                device.profile.as_ref().is_some_and(|profile| profile.mappings.iter().any(|known| known.id == *id));
            let is_in_file = self.is_in(&key, id);
            let text = rewritten(&self.text_of(&key, device), |file| match (is_factory, is_in_file) {
                (true, _) => set(file, Mapping { enabled: false, ..scoped.mapping.clone() }),
                (false, true) => file.remove_mapping(id),
                (false, false) => Ok(()),
            })?;
            let label = format!("Remove mapping of {}", self.element_name(number, &scoped.mapping.element));
            self.change_map(key, text, label)?;
        }
        Ok(())
    }

    pub(super) fn solo_mapping(&mut self, ask: SoloMapping) -> Result<(), Rejection> {
        let device = self.device(ask.device)?;
        if let Some(id) = &ask.mapping_id {
            self.known_mapping(device, id)?;
        }
        if let Some(device) = self.surfaces.devices.get_mut(&ask.device) {
            device.solo = ask.mapping_id;
        }
        self.mappings_changed(ask.device);
        self.place_changed();
        Ok(())
    }

    fn is_in(&self, key: &DocKey, id: &str) -> bool {
        self.surfaces.maps.get(key).is_some_and(|doc| doc.set.mappings.iter().any(|mapping| mapping.id == *id))
    }

    fn text_of(&self, key: &DocKey, device: &Device) -> String {
        let known = self.surfaces.maps.get(key).map(|doc| doc.text.clone());
        known.unwrap_or_else(|| {
            let profile = device.profile.as_ref().map(|profile| profile.id.as_str());
            new_set(&key.1, &device.name(), profile)
        })
    }

    fn known_mapping(&self, device: &Device, id: &str) -> Result<ScopedMapping, Rejection> {
        let found = self.surfaces.scoped(device).into_iter().find(|scoped| scoped.mapping.id == id);
        found.ok_or_else(|| reject(Code::SurfaceUnknown, format!("'{}' has no mapping '{id}'", device.name())))
    }

    /// Refuses what could never work.
    fn checked(&self, device: &Device, mapping: &Mapping, new: &[Element]) -> Result<(), Rejection> {
        let refuse = |message: String| Err(reject(Code::SurfaceBadMapping, message));
        if self.surfaces.scoped(device).len() >= MAPPING_LIMIT {
            return refuse(format!("a device has at most {MAPPING_LIMIT} mappings"));
        }
        let element = device.elements.iter().chain(new).find(|element| element.id == mapping.element);
        let Some(element) = element else {
            return refuse(format!(
                "'{}' has no element '{}'; 'surface.list' names them",
                device.name(),
                mapping.element
            ));
        };
        let shows_only = loophole_surfaces::profile::lint::shows_only(&mapping.target);
        if !shows_only && !element.input.contains_key(&mapping.interaction) {
            return refuse(format!("'{}' cannot be used this way", element.name));
        }
        if let Err(reason) = target::check(&mapping.target) {
            return refuse(reason);
        }
        if let Some(transform) = &mapping.glue.transform
            && let Err(error) = Expression::parse(transform)
        {
            return refuse(format!("the transform '{transform}' is no expression: {error}"));
        }
        Ok(())
    }

    /// Elements that were learned without a target.
    pub(super) fn keep_elements(&mut self, number: u32, elements: &[Element]) -> Result<(), Rejection> {
        let device = self.device(number)?;
        let key = self.surfaces.doc_key(device, MappingScope::User);
        let text = rewritten(&self.text_of(&key, device), |file| {
            for element in elements {
                file.set_element(&ElementEntry { element: element.clone(), repeat: None })?;
            }
            Ok(())
        })?;
        if elements.is_empty() {
            return Ok(());
        }
        self.change_map(key, text, format!("Learn {}", elements[0].name))
    }

    pub(super) fn free_id(&self, device: &Device, element: &str) -> String {
        let taken = self.surfaces.scoped(device);
        let is_free = |id: &String| !taken.iter().any(|scoped| scoped.mapping.id == *id);
        (1..).map(|number| format!("{element}-{number}")).find(is_free).expect("some number is free")
    }

    pub(super) fn element_name(&self, number: u32, id: &str) -> String {
        let device = self.surfaces.devices.get(&number);
        let element = device.and_then(|device| device.elements.iter().find(|element| element.id == id));
        element.map_or_else(|| id.to_owned(), |element| element.name.clone())
    }

    pub(super) fn device(&self, number: u32) -> Result<&Device, Rejection> {
        self.surfaces.devices.get(&number).ok_or_else(|| {
            reject(Code::SurfaceUnknown, format!("there is no device {number}; 'surface.list' names them all"))
        })
    }
}

/// The text of a mapping set after changes; its comments stay.
pub(super) fn rewritten(
    text: &str,
    change: impl FnOnce(&mut Rewrite) -> Result<(), RewriteError>,
) -> Result<String, Rejection> {
    let wrong = |message: String| reject(Code::SurfaceBadFile, message);
    let mut file = Rewrite::open(text).map_err(|findings| wrong(super::maps::lines(&findings)))?;
    change(&mut file).map_err(|error| wrong(error.to_string()))?;
    Ok(file.text())
}

pub(super) fn set(file: &mut Rewrite, mapping: Mapping) -> Result<(), RewriteError> {
    file.set_mapping(&MappingEntry { mapping, repeat: None }).map(|_| ())
}

/// A mapping set with nothing in it.
pub(super) fn new_set(id: &str, name: &str, profile: Option<&str>) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let profile = profile.map(|profile| format!("profile = {}\n", quoted(profile))).unwrap_or_default();
    format!("schema = {SCHEMA}\nid = {}\nname = {}\n{profile}", quoted(id), quoted(name))
}

/// What a target is now, for people; or why there is none.
fn target_now(target: &Target, world: &World<'_>, bank: u32) -> Result<String, String> {
    let goal = target::resolve(target, world, bank)?;
    let target::Now { name, text, .. } = target::now(&goal, world);
    Ok(if text.is_empty() || text == name { name } else { format!("{name} {text}") })
}
