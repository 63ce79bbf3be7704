//! Profiles and mapping sets: reading, checking, and changing them without harm to the rest of the file.

use loophole_surfaces::mapping::load::{load_mapping_set, load_mapping_set_with};
use loophole_surfaces::mapping::rewrite::{Rewrite, Written};
use loophole_surfaces::mapping::{Mapping, MappingEntry};
use loophole_surfaces::profile::expand::MAX_COPIES;
use loophole_surfaces::profile::{builtin, load_profile};

pub(super) fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let profile = load_profile(text);
    let known: Vec<_> = builtin::profiles().iter().take(1).cloned().collect();
    let set = load_mapping_set_with(text, &known);
    for finding in profile.findings.iter().chain(&set.findings) {
        assert!(!finding.to_string().is_empty());
    }
    let Ok(file) = Rewrite::open(text) else { return };
    // What nobody changes stays as it is.
    assert_eq!(Rewrite::open(&file.text()).unwrap().text(), file.text());
    if let Some(profile) = profile.value {
        profile.mappings.first().into_iter().for_each(|mapping| {
            changed(text, mapping, |text| load_profile(text).value.map(|profile| profile.mappings));
        });
    } else if let Some(set) = set.value {
        set.mappings.first().into_iter().for_each(|mapping| {
            changed(text, mapping, |text| load_mapping_set(text).value.map(|set| set.mappings));
        });
    }
}

/// A mapping that is written is read again as it was.
fn changed(text: &str, mapping: &Mapping, read: impl Fn(&str) -> Option<Vec<Mapping>>) {
    let mut file = Rewrite::open(text).unwrap();
    let entry = MappingEntry { mapping: mapping.clone(), repeat: None };
    let Ok(written) = file.set_mapping(&entry) else { return };
    let text = file.text();
    let again = Rewrite::open(&text).unwrap();
    assert_eq!(again.text(), text);
    // A copy that `repeat` made has now two.
    if written == Written::Replaced
        && let Some(mappings) = read(&text)
    {
        let found = mappings.iter().find(|found| found.id == mapping.id);
        // As text, because NaN equals nothing.
        assert_eq!(format!("{:?}", found.unwrap()), format!("{mapping:?}"));
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let head =
        "schema = 1\nid = \"acme-desk\"\nname = \"Desk\"\nvendor = \"Acme\"\nclass = \"mixer\"\nfacts = [\"manual\"]\n";
    let profile = format!(
        "{head}handshake = {{ type = \"mcu\", model = 0x14 }}\nstartup = [{{ bytes = \"F0 00 01 F7\", waitMillis = 9 }}]\n\
         [match]\ntransport = \"midi\"\nnames = [\"desk*\"]\n[quirks]\nmaxBurst = 9\n\
         [[element]] # a fader\nid = \"f-{{n}}\"\nname = \"F {{n}}\"\nkind = \"fader\"\nat = [0, 1.5]\n\
         repeat = {{ count = {MAX_COPIES}, at = [1, 0] }}\ninput.move = {{ type = \"nrpn\", channel = 1, number = 7 }}\n\
         feedback.motor = {{ type = \"pitchBend\", channel = 1 }}\n\
         [[mapping]]\nid = \"m\"\nelement = \"f-1\"\ninteraction = \"move\"\nwhen = {{ page = \"a\", modifiers = {{ s = true }} }}\n\
         glue = {{ transform = \"x^2\", curve = {{ type = \"points\", points = [[0, 0], [1, 1]] }} }}\n\
         target = {{ type = \"gain\", of = {{ by = \"bank\", index = 0 }} }}\n"
    );
    let set = "# mine\nschema = 1\nid = \"mine\"\nname = \"Mine\"\nprofile = \"ableton-push-2\"\nown = 1\n\n[[mapping]]\n\
               id = \"x\" # why\nelement = \"play\"\ninteraction = \"press\"\nfeedback = [\"led\"]\n\
               glue = { sequence = [0, 0.5], fire = { type = \"turbo\", afterMillis = 5, everyMillis = 9 } }\n\
               target = { type = \"macro\", steps = [{ type = \"undo\" }, { type = \"intent\", name = \"a.b\", payload = { c = 1 } }] }\n";
    vec![profile.into_bytes(), set.into(), head.into(), b"mapping = [{ id = \"x\" }]\n[element]\n".to_vec()]
}
