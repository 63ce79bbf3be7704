//! The core as scripts: lines in, lines out.

#[path = "../../../tests/src/contract.rs"]
#[allow(unreachable_pub, reason = "it is public where it comes from")]
mod contract;
mod hardware;
mod hostile;
mod import;
mod music;
mod osc;
mod projects;
mod properties;
mod rig;
mod speed;
mod supervision;
mod surfaces;

use rig::Rig;

/// Plays a script. Lines that begin with a letter are what happens; lines that begin with two spaces are what must
/// come of it, all of it and in order.
fn check(script: &str) {
    let mut rig = Rig::new();
    let (mut wanted, mut got) = (String::new(), String::new());
    for line in script.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()) {
        let line = line.strip_prefix("        ").unwrap_or(line);
        wanted.push_str(line);
        wanted.push('\n');
        if line.starts_with(' ') {
            continue;
        }
        got.push_str(line);
        got.push('\n');
        for said in rig.play(line) {
            got.push_str("  ");
            got.push_str(&said);
            got.push('\n');
        }
        if let Err(violation) = rig.core.model.check() {
            panic!("after '{line}': {violation}");
        }
    }
    assert!(wanted == got, "--- wanted\n{wanted}--- got\n{got}");
}
