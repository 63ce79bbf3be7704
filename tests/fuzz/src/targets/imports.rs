//! Maps of other programs: whatever they say, they become files that the loaders take, or an error, and every line is counted.

use loophole_surfaces::import::{FileKind, ImportError, decode, import};
use loophole_surfaces::mapping::load::load_mapping_set_with;
use loophole_surfaces::profile::load_profile;

pub(super) fn run(bytes: &[u8]) {
    let Ok(text) = decode(bytes) else { return };
    let imported = match import(&text) {
        Ok(imported) => imported,
        // What importers write is always right.
        Err(ImportError::Unfit(finding)) => panic!("{finding}"),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
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

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let ardour = "<ArdourMIDIBindings name=\"Desk\"><DeviceInfo bank-size=\"8\" motorised=\"yes\" threshold=\"9\"/>\
                  <Binding channel=\"1\" ctl=\"7\" uri=\"/route/gain B1\"/><Binding msg=\"B0 3c 7f\" function=\"next-bank\"/>\
                  <Binding channel=\"2\" enc-2=\"50\" uri=\"/route/plugin/parameter S1 0 0\"/>\
                  <Binding sysex=\"f0 7f 7f 6 2 f7\" action=\"Transport/Record\"/></ArdourMIDIBindings>";
    let mixxx = "<MixxxControllerPreset><info><name>Deck</name></info><controller id=\"a\"><controls><control>\
                 <group>[Channel1]</group><key>volume</key><status>0xB0</status><midino>0x10</midino>\
                 <options><invert/></options></control></controls><outputs><output><status>0x90</status>\
                 <midino>1</midino><on>5</on></output></outputs></controller></MixxxControllerPreset>";
    let qlc = "<InputProfile><Manufacturer>Acme</Manufacturer><Model>M</Model><Type>MIDI</Type>\
               <Channel Number=\"130\"><Name>B</Name><Type>Button</Type><Feedbacks LowerValue=\"0\" UpperValue=\"9\"/>\
               </Channel></InputProfile>";
    [ardour, mixxx, qlc, "<?xml version=\"1.0\"?><!-- \u{e9} --><a>&amp;</a>"]
        .map(|text| text.as_bytes().to_vec())
        .into()
}
