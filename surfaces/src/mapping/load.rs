//! Reads a mapping set file: text in, a mapping set or what is wrong with it out.

use super::Mapping;
use crate::element::Element;
use crate::profile::finding::{Checked, Notes};
use crate::profile::lint;
use crate::profile::load::{self, Profile};
use crate::profile::read::{self, At, need, optional, span_of};
use crate::profile::shape::{MAPPING_SET, unknown_keys};

/// A mapping set, read and checked, with every element and mapping that `repeat` stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct MappingSet {
    pub id: String,
    pub name: String,
    /// The profile whose elements it names; none = only its own.
    pub profile: Option<String>,
    /// Elements that no profile has.
    pub elements: Vec<Element>,
    pub mappings: Vec<Mapping>,
}

/// Reads a mapping set. Elements that it does not have itself are only checked when it names no profile: see
/// [`load_mapping_set_with`]. Never panics, whatever the text is.
pub fn load_mapping_set(text: &str) -> Checked<MappingSet> {
    load_mapping_set_with(text, &[])
}

/// Reads a mapping set, and checks it against the profile that it names if that is among these.
pub fn load_mapping_set_with(text: &str, profiles: &[Profile]) -> Checked<MappingSet> {
    let mut notes = Notes::new(text);
    let set = read::parse(text, &mut notes).and_then(|document| {
        let root = At { table: document.as_table(), span: 0..0, what: "this file" };
        mapping_set(&root, profiles, &mut notes)
    });
    notes.finish(set)
}

fn mapping_set(root: &At<'_>, profiles: &[Profile], notes: &mut Notes<'_>) -> Option<MappingSet> {
    if !read::schema_is_known(root, notes) {
        return None;
    }
    unknown_keys(&MAPPING_SET, root.table, &root.span, notes);
    let id: Option<String> = need(root, "id", notes);
    let name = need(root, "name", notes);
    let profile_id: Option<String> = optional(root, "profile", notes);
    let elements = load::elements(root, notes);
    let mappings = load::mappings(root, notes);
    if let Some(id) = &id {
        lint::file_id(id, &span_of(root, "id"), notes);
    }
    lint::elements(&elements, notes);
    let profile = profile_id.as_ref().and_then(|id| profiles.iter().find(|profile| profile.id == *id));
    if let Some(profile) = profile {
        lint::same_elements(&elements, profile, notes);
    }
    let own = elements.iter().map(|located| &located.value);
    let known = lint::by_id(own.chain(profile.iter().flat_map(|profile| &profile.elements)));
    lint::mappings(&mappings, &known, profile_id.is_none() || profile.is_some(), notes);
    Some(MappingSet {
        id: id?,
        name: name?,
        profile: profile_id,
        elements: elements.into_iter().map(|located| located.value).collect(),
        mappings: mappings.into_iter().map(|located| located.value).collect(),
    })
}
