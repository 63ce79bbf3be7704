//! A client written by a stranger, in another language, from the protocol page alone.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on panics; what it measured is worth a line"
)]

use loophole_tests::lane;
use loophole_tests::process::executable;
use std::path::Path;
use std::process::Command;

#[test]
fn a_stranger_s_python_client_plays_mixes_meters_and_sees_the_engine_come_back() {
    if !lane("osc", &["python3"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/stranger.py");
    assert!(
        std::fs::read_to_string(&script).unwrap().lines().count() <= 60,
        "the page promises that 60 lines are enough"
    );
    let ran = Command::new("python3")
        .arg("-B")
        .arg(script)
        .arg(executable())
        .args(["serve", "--audio", "silent", "--osc-port", "0", "--data-folder"])
        .arg(folder.path())
        .output()
        .unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success() && said.trim_end().ends_with("DONE"), "{said}\n{wrong}");
}
