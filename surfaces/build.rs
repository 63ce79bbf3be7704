//! Lists the profiles of `assets/profiles`, so that the one executable carries them.

use std::fmt::Write as _;
use std::path::Path;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/profiles");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("assets/profiles is part of the source")
        .map(|entry| entry.expect("readable folder").file_name().into_string().expect("UTF-8 file name"))
        .filter(|name| name.ends_with(".toml"))
        .collect();
    names.sort();
    let mut list = String::from("&[\n");
    for name in names {
        writeln!(list, "    ({name:?}, include_str!({:?})),", folder.join(&name)).expect("writing to a string");
    }
    list.push(']');
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    std::fs::write(Path::new(&out).join("profiles.rs"), list).expect("OUT_DIR is writable");
}
