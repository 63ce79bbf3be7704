//! All targets with their seeds, whole and damaged: what libFuzzer begins with, on every machine and without it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use loophole_fuzz::damaged;
use loophole_fuzz::targets::TARGETS;
use std::collections::BTreeSet;

#[test]
fn every_seed_is_survived_whole_and_damaged() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        for seed in seeds {
            (target.run)(&seed);
            damaged(&seed).for_each(|bytes| (target.run)(&bytes));
        }
    }
}

#[test]
fn every_file_is_a_target() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/targets");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files: BTreeSet<_> = files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(files, TARGETS.iter().map(|target| target.name.to_owned()).collect());
}
