//! The rules of ARCHITECTURE.md that a machine can check.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on panics; what it measured is worth a line"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn manifest(folder: &str) -> toml::Table {
    let path = root().join(folder).join("Cargo.toml");
    fs::read_to_string(&path).unwrap().parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn dependencies(folder: &str) -> BTreeSet<String> {
    let manifest = manifest(folder);
    manifest
        .get("dependencies")
        .and_then(toml::Value::as_table)
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

/// The arrows between the crates, and what a crate must never contain. A new row here is a new row in ARCHITECTURE.md.
#[test]
fn crates_depend_only_on_what_the_architecture_allows() {
    let outside_audio = ["cpal", "jack", "midir", "hidapi"];
    let window = ["eframe", "egui", "rfd"];
    type Rule<'a> = (&'a str, &'a [&'a str], &'a [&'a [&'a str]]);
    let rules: &[Rule<'_>] = &[
        ("surfaces", &[], &[&outside_audio, &window, &["tokio"]]),
        ("wire", &["loophole-surfaces"], &[&outside_audio, &window, &["tokio", "libc"]]),
        ("pulse", &["loophole-surfaces", "loophole-wire"], &[&outside_audio, &window]),
        ("signal", &["loophole-surfaces", "loophole-wire"], &[&window, &["loophole-pulse"]]),
        ("app", &["loophole-pulse", "loophole-signal"], &[&outside_audio, &["loophole-wire", "tokio", "rosc"]]),
    ];
    for (folder, in_house, never) in rules {
        let found = dependencies(folder);
        let ours: BTreeSet<&str> =
            found.iter().map(String::as_str).filter(|name| name.starts_with("loophole")).collect();
        let extra: Vec<_> = ours.iter().filter(|name| !in_house.contains(name)).collect();
        assert!(extra.is_empty(), "{folder} depends on {extra:?}: a new arrow changes ARCHITECTURE.md and this table");
        for name in never.iter().flat_map(|list| list.iter()) {
            assert!(!found.contains(*name), "{folder} must never contain {name}");
        }
    }
}

#[test]
fn only_main_sees_signal() {
    for path in rust_files(&root().join("app/src")) {
        let text = fs::read_to_string(&path).unwrap();
        let is_main = path.ends_with("main.rs");
        assert!(is_main || !text.contains("loophole_signal"), "{} names loophole_signal", path.display());
    }
}

#[test]
fn the_top_level_holds_exactly_what_the_readme_says() {
    let expected: BTreeSet<&str> = [
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "app",
        "assets",
        "clippy.toml",
        "pulse",
        "run",
        "rust-toolchain.toml",
        "signal",
        "surfaces",
        "test",
        "tests",
        "wire",
    ]
    .into();
    let found: BTreeSet<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected);
}

#[test]
fn every_version_stands_once() {
    for folder in ["app", "pulse", "signal", "surfaces", "wire", "tests", "tests/fuzz"] {
        let manifest = manifest(folder);
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(table) = manifest.get(section).and_then(toml::Value::as_table) else { continue };
            for (name, value) in table {
                let inherited = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                assert!(inherited, "{folder}: {section}.{name} must say workspace = true");
            }
        }
    }
}

#[test]
fn every_file_says_what_it_is_in_its_first_line() {
    for folder in ["app", "pulse", "signal", "surfaces", "wire", "tests"] {
        for path in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//!"), "{} does not begin with //!", path.display());
        }
    }
}

#[test]
fn modules_are_foo_rs_beside_foo() {
    for folder in ["app", "pulse", "signal", "surfaces", "wire", "tests"] {
        for path in rust_files(&root().join(folder)) {
            assert!(!path.ends_with("mod.rs"), "{}: name it after its folder, beside it", path.display());
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}
