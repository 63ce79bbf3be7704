//! Lists the demo song's media, so that the one executable carries them.

use std::fmt::Write as _;
use std::path::Path;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/demo/media");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("assets/demo/media is part of the source")
        .map(|entry| entry.expect("readable folder").file_name().into_string().expect("UTF-8 file name"))
        .collect();
    names.sort();
    let mut list = String::from("&[\n");
    for name in names {
        writeln!(list, "    ({name:?}, include_bytes!({:?})),", folder.join(&name)).expect("writing to a string");
    }
    list.push(']');
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    std::fs::write(Path::new(&out).join("demo_media.rs"), list).expect("OUT_DIR is writable");
}
