//! The settings between two runs.

use loophole_pulse::storage::settings::{self, OscConfig, Settings};

pub(super) fn run(bytes: &[u8]) {
    let Ok(settings) = settings::parse(bytes) else { return };
    assert_eq!(settings::parse(&settings::write(&settings)).unwrap(), settings);
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let some = Settings {
        recent_projects: vec!["/music/a.loophole".to_owned()],
        osc: Some(OscConfig::default()),
        ..Settings::default()
    };
    let audio = br#"{"audio":{"host":{"named":"jack"},"device":"x","sampleRate":48000,"bufferFrames":128}}"#;
    vec![settings::write(&Settings::default()), settings::write(&some), audio.to_vec(), b"{}".to_vec()]
}
