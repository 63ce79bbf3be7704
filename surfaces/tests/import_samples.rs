//! Imports every map of a folder of other programs' maps, named by `LOOPHOLE_SAMPLE_MAPS`; skipped without it.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use loophole_surfaces::import::{Counts, Format, Outcome, decode, import};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut inside: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    inside.sort();
    for path in inside {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "map" || end == "xml" || end == "qxi") {
            found.push(path);
        }
    }
}

#[test]
fn sample_maps_are_imported() {
    let Some(folder) = std::env::var_os("LOOPHOLE_SAMPLE_MAPS") else {
        eprintln!("skipped: LOOPHOLE_SAMPLE_MAPS names no folder");
        return;
    };
    let mut paths = Vec::new();
    files(Path::new(&folder), &mut paths);
    assert!(!paths.is_empty(), "no map in {folder:?}");
    let mut totals: BTreeMap<String, Counts> = BTreeMap::new();
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for path in paths {
        let bytes = std::fs::read(&path).unwrap();
        let imported = import(&decode(&bytes).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let report = imported.report;
        eprintln!("{}: {}", path.file_name().unwrap().display(), report.counts);
        assert_eq!(report.counts.all, report.entries.len());
        for entry in &report.entries {
            let reason = match &entry.outcome {
                Outcome::Converted { .. } => continue,
                Outcome::Differently { difference, .. } => format!("differently: {difference}"),
                Outcome::ControlOnly { reason, .. } => format!("control only: {reason}"),
                Outcome::Left { reason } => format!("left: {reason}"),
                Outcome::Defect { fault } => format!("defect: {fault}"),
            };
            *reasons.entry(format!("{:?} {reason}", report.format)).or_default() += 1;
        }
        *totals.entry(format!("{:?}", report.format)).or_default() += report.counts;
        if report.format == Format::Ardour {
            assert!(!imported.files.is_empty());
        }
    }
    for (reason, count) in &reasons {
        eprintln!("{count:5} {reason}");
    }
    for (format, counts) in &totals {
        eprintln!("{format}: {counts}; rate {:.1} %", counts.rate() * 100.0);
    }
    if let Some(ardour) = totals.get("Ardour") {
        assert!(ardour.rate() >= 0.95, "{ardour}");
    }
}
