//! Whatever bytes a file has, importing it ends in files that the loaders take, or in an error.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use loophole_surfaces::import::{FileKind, ImportError, MAX_BYTES, decode, import};
use loophole_surfaces::mapping::load::load_mapping_set_with;
use loophole_surfaces::profile::load_profile;
use proptest::prelude::*;

const SEEDS: [&str; 3] = [
    "<ArdourMIDIBindings name=\"Acme Desk\"><DeviceInfo bank-size=\"8\" motorised=\"yes\" threshold=\"9\"/>\
     <Binding channel=\"1\" ctl=\"7\" uri=\"/route/gain B1\"/><Binding msg=\"B0 3c 7f\" function=\"next-bank\"/>\
     <Binding channel=\"2\" enc-2=\"50\" uri=\"/route/plugin/parameter S1 0 0\"/>\
     <Binding sysex=\"f0 7f 7f 6 2 f7\" action=\"Transport/Record\"/></ArdourMIDIBindings>",
    "<MixxxControllerPreset><info><name>Acme Deck</name></info><controller id=\"a\"><controls><control>\
     <group>[Channel1]</group><key>volume</key><status>0xB0</status><midino>0x10</midino><options><invert/></options>\
     </control></controls><outputs><output><status>0x90</status><midino>1</midino><on>5</on></output></outputs>\
     </controller></MixxxControllerPreset>",
    "<InputProfile><Manufacturer>Acme</Manufacturer><Model>M</Model><Type>MIDI</Type><Channel Number=\"130\">\
     <Name>B</Name><Type>Button</Type><Feedbacks LowerValue=\"0\" UpperValue=\"9\"/></Channel></InputProfile>",
];

/// What stands in such files, and what should not.
const WORDS: [&str; 22] = [
    "0",
    "-1",
    "127",
    "128",
    "255",
    "4096",
    "65535",
    "65536",
    "99999999999999999999",
    "0xFF",
    "B0",
    "S0",
    "B65535",
    "master",
    "{n}",
    "\\\"\n",
    "é\u{7}",
    "&amp;",
    "&#0;",
    "/route/",
    "yes",
    "",
];

fn holds(text: &str) {
    let Ok(imported) = import(text) else { return };
    let mut profiles = Vec::new();
    for file in &imported.files {
        match file.kind {
            FileKind::Profile => profiles.push(load_profile(&file.text).value.unwrap()),
            FileKind::MappingSet => assert!(load_mapping_set_with(&file.text, &profiles).value.is_some()),
        }
    }
    let counts = imported.report.counts;
    assert_eq!(counts.all, counts.converted + counts.differently + counts.control_only + counts.left + counts.defects);
    assert_eq!(counts.all, imported.report.entries.len());
    assert!(!imported.report.to_string().is_empty());
}

/// Not one of these reasons is to be seen: what importers write is always right.
fn fits(text: &str) {
    let found = import(text);
    assert!(!matches!(found, Err(ImportError::Unfit(_))), "{found:?}\n{text}");
    holds(text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(text) = decode(&bytes) {
            holds(&text);
        }
    }

    #[test]
    fn changed_maps_never_panic(
        seed in 0..SEEDS.len(),
        cuts in proptest::collection::vec((any::<usize>(), 0_usize..12, 0..WORDS.len()), 1..6),
    ) {
        let mut text = SEEDS[seed].to_owned();
        for (at, length, word) in cuts {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let first = places[at % places.len()];
            let last = places[(at % places.len() + length).min(places.len() - 1)];
            text.replace_range(first..last.max(first), WORDS[word]);
        }
        holds(&text);
    }

    #[test]
    fn values_of_any_kind_make_right_files(
        seed in 0..SEEDS.len(),
        values in proptest::collection::vec((0..WORDS.len(), "[^<>&\"\u{0}-\u{8}]{0,140}"), 12),
    ) {
        // Every second piece between quotes, or between tags, is a value.
        let mut values = values.into_iter().cycle();
        let mut next = |old: &str| match values.next() {
            Some((0..=8, text)) => text,
            Some((9..=13, _)) => old.to_owned(),
            Some((word, _)) => WORDS[word].replace(['"', '<', '&'], " "),
            None => String::new(),
        };
        let pieces: Vec<&str> = SEEDS[seed].split('"').collect();
        let text: Vec<String> = pieces
            .iter()
            .enumerate()
            .map(|(place, piece)| if place % 2 == 1 { next(piece) } else { (*piece).to_owned() })
            .collect();
        fits(&text.join("\""));
        let text: String = SEEDS[seed]
            .split_inclusive(['<', '>'])
            .map(|piece| match piece.strip_suffix('<') {
                Some(old) if !old.is_empty() => next(old) + "<",
                _ => piece.to_owned(),
            })
            .collect();
        fits(&text);
    }
}

#[test]
fn many_bindings_are_converted_up_to_the_limit_and_the_rest_is_told() {
    let bindings: String = (0..6_000)
        .map(|n| format!("<Binding channel='{}' note='{}' uri='/route/mute {}'/>", n / 128 % 16 + 1, n % 128, n + 1))
        .collect();
    fits(&format!("<ArdourMIDIBindings name='Acme Desk'>{bindings}</ArdourMIDIBindings>"));
    let channels: String = (0..6_000).map(|n| format!("<Channel Number='{}'/>", n / 514 * 4_096 + n % 514)).collect();
    let text = format!("<InputProfile><Model>x</Model>{channels}</InputProfile>");
    let report = import(&text).unwrap().report;
    assert_eq!((report.counts.all, report.counts.left), (6_000, 6_000 - 4_096));
}

#[test]
fn a_file_that_is_too_large_or_of_nobody_is_refused() {
    assert_eq!(import(&" ".repeat(MAX_BYTES + 1)), Err(ImportError::TooLarge));
    assert_eq!(decode(&vec![b' '; MAX_BYTES + 1]), Err(ImportError::TooLarge));
    assert_eq!(decode(b"a\0\xFF\xFE"), Err(ImportError::Encoding));
    assert_eq!(decode(b"\xEF\xBB\xBFabc\xC3\xA9").unwrap(), "abcé");
    assert_eq!(decode(b"caf\xE9").unwrap(), "café");
    assert!(matches!(import("<svg/>"), Err(ImportError::Unknown { .. })));
}
