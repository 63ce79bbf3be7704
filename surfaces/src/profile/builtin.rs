//! The profiles that come with the program.

use super::load::{Profile, load_profile};
use std::sync::LazyLock;

/// File name and text of each, in the order of the names.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/profiles.rs"));

static PROFILES: LazyLock<Vec<Profile>> =
    LazyLock::new(|| FILES.iter().filter_map(|(_, text)| load_profile(text).value).collect());

/// All of them, read once.
pub fn profiles() -> &'static [Profile] {
    &PROFILES
}

/// The one with this id.
pub fn profile(id: &str) -> Option<&'static Profile> {
    profiles().iter().find(|profile| profile.id == id)
}
