//! Every profile that comes with the program is right.

use loophole_surfaces::profile::{builtin, lint, load_profile};
use std::collections::BTreeSet;

#[test]
fn every_profile_loads_and_is_clean() {
    let mut faults = Vec::new();
    for (file, text) in builtin::FILES {
        let checked = load_profile(text);
        faults.extend(checked.findings.iter().map(|finding| format!("{file}:{finding}")));
        let Some(profile) = checked.value else { continue };
        if *file != format!("{}.toml", profile.id) {
            faults.push(format!("{file}: its id is {}", profile.id));
        }
        if profile.mappings.is_empty() {
            faults.push(format!("{file}: it does nothing by default"));
        }
        let drawn = profile.elements.iter().filter(|element| element.place().is_some()).count();
        if drawn != profile.elements.len() {
            faults.push(format!("{file}: {} elements have no place", profile.elements.len() - drawn));
        }
        for (one, other) in lint::overlapping(profile.elements.iter()) {
            faults.push(format!("{file}: {} and {} overlap", one.id, other.id));
        }
        let ids: BTreeSet<&str> = profile.elements.iter().map(|element| element.id.as_str()).collect();
        for mapping in profile.mappings.iter().filter(|mapping| !ids.contains(mapping.element.as_str())) {
            faults.push(format!("{file}: {} names {}, which there is not", mapping.id, mapping.element));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(builtin::profiles().len(), builtin::FILES.len());
}

#[test]
fn ids_are_unique() {
    let ids: BTreeSet<&str> = builtin::profiles().iter().map(|profile| profile.id.as_str()).collect();
    assert_eq!(ids.len(), builtin::profiles().len());
    assert_eq!(builtin::profile("korg-nanokontrol2").unwrap().name, "nanoKONTROL2");
}
