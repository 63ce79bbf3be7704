//! The demo song, inside the executable.

use loophole_pulse::core::DemoAssets;

/// What a first run opens.
pub(crate) const DEMO: DemoAssets = DemoAssets {
    song_json: include_str!("../../assets/demo/song.json"),
    files: include!(concat!(env!("OUT_DIR"), "/demo_media.rs")),
};
