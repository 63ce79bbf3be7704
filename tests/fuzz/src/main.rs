//! libFuzzer around one target, named by LOOPHOLE_FUZZ_TARGET. With LOOPHOLE_FUZZ_SEEDS it writes the seeds into that folder first.
#![no_main]
#![allow(unsafe_code, reason = "the macro's entry points for C++")]
#![allow(clippy::expect_used, reason = "without a target there is nothing to go on with")]

use libfuzzer_sys::fuzz_target;
use loophole_fuzz::{Target, targets::TARGETS};
use std::sync::OnceLock;

static TARGET: OnceLock<&Target> = OnceLock::new();

fn choose() {
    let name = std::env::var("LOOPHOLE_FUZZ_TARGET").unwrap_or_default();
    let known: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.unwrap_or_else(|| panic!("LOOPHOLE_FUZZ_TARGET is '{name}', but must be one of {known:?}"));
    if let Some(folder) = std::env::var_os("LOOPHOLE_FUZZ_SEEDS") {
        for (number, seed) in (target.seeds)().into_iter().enumerate() {
            let path = std::path::Path::new(&folder).join(format!("seed-{number}"));
            std::fs::write(path, seed).expect("the folder for the seeds can be written");
        }
    }
    TARGET.set(target).expect("libFuzzer begins once");
}

fuzz_target!(init: choose(), |bytes: &[u8]| {
    if let Some(target) = TARGET.get() {
        (target.run)(bytes);
    }
});
