//! The protocol as it is written down: a change of any message's shape, name or code shows as a difference here.
//!
//! When it is meant: `LOOPHOLE_BLESS=1 cargo test -p loophole-tests --test golden`, and read the difference.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use loophole_tests::process::executable;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

fn check(name: &str, arguments: &[&str], written: impl Fn(String) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    let printed = Command::new(executable()).args(arguments).output().unwrap();
    assert!(printed.status.success());
    let printed = written(String::from_utf8(printed.stdout).unwrap());
    if std::env::var_os("LOOPHOLE_BLESS").is_some() {
        std::fs::write(&path, &printed).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    let differs = golden.lines().zip(printed.lines()).enumerate().find(|(_, (golden, printed))| golden != printed);
    if let Some((line, (golden, printed))) = differs {
        panic!("{name}, line {}: was\n{golden}\nand is\n{printed}", line + 1);
    }
    assert_eq!(golden.lines().count(), printed.lines().count(), "{name} has another length");
}

/// Each schema carries its parts; here, each part stands once, and a schema names the one it means.
fn parts_once(printed: String) -> String {
    let mut all: Value = serde_json::from_str(&printed).unwrap();
    let mut parts: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for schema in all["schemas"].as_object_mut().unwrap().values_mut() {
        for (name, part) in schema.get_mut("$defs").and_then(Value::as_object_mut).into_iter().flatten() {
            let known = parts.entry(name.clone()).or_default();
            let place = known.iter().position(|known| known == part).unwrap_or_else(|| {
                known.push(part.clone());
                known.len() - 1
            });
            *part = place.into();
        }
    }
    all["parts"] = serde_json::to_value(parts).unwrap();
    format!("{all:#}\n")
}

#[test]
fn the_list_of_messages_and_errors_is_the_one_written_down() {
    check("protocol.txt", &["protocol", "list"], |text| text);
}

#[test]
fn the_schemas_are_the_ones_written_down() {
    check("schemas.json", &["protocol", "schema"], parts_once);
}
