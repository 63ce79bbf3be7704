//! Engines that die, hang, lie or do not start: each is noticed, told, and replaced.

use crate::fake::{engine, shell};
use crate::rig::{PATIENCE, Rig};
use loophole_pulse::view::{EngineState, SessionView};
use serde_json::json;
use std::process::Command;
use std::time::Instant;

fn kill(signal: &str, pid: u32) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

fn is_there(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z')))
}

/// Waits for an engine that is connected, other than `old`.
#[track_caller]
fn connected(rig: &mut Rig, old: Option<u32>) -> u32 {
    let is_new = |view: &SessionView| {
        matches!(
            view.engine.state,
            EngineState::Running | EngineState::Safe | EngineState::Starting | EngineState::Restarting
        ) && view.engine.pid.is_some()
            && view.engine.pid != old
    };
    rig.until("an engine is connected", is_new).engine.pid.unwrap()
}

#[test]
fn an_engine_that_is_killed_is_replaced_at_once_and_a_frozen_one_soon() {
    let mut rig = Rig::with_child(engine("good"));
    let first = connected(&mut rig, None);
    let began = Instant::now();
    kill("-KILL", first);
    let second = connected(&mut rig, Some(first));
    println!("replaced after {:?}", began.elapsed());
    assert_eq!(rig.view().engine.restarts, 1);
    let began = Instant::now();
    kill("-STOP", second);
    let third = connected(&mut rig, Some(second));
    println!("noticed and replaced after {:?}", began.elapsed());
    assert!(!is_there(second), "the frozen engine is gone");
    // The third death: safe mode.
    kill("-KILL", third);
    let fourth = connected(&mut rig, Some(third));
    rig.until("safe mode", |view| view.engine.state == EngineState::Safe);
    // A person leads out of it.
    let mut client = rig.client();
    client.request("session", "restartEngine", &json!({})).unwrap();
    let fifth = connected(&mut rig, Some(fourth));
    assert!(rig.view().engine.state != EngineState::Safe);
    // The end of Pulse ends the engine.
    drop(rig);
    assert!(!is_there(fifth));
}

/// Waits for a reason that holds `part`.
#[track_caller]
fn reason(command: loophole_pulse::runtime::SignalCommand, part: &str) {
    let mut rig = Rig::with_child(command);
    let deadline = Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    loop {
        if let Some(reason) = rig.view().engine.reason.clone() {
            if reason.contains(part) {
                return;
            }
            if seen.last() != Some(&reason) {
                seen.push(reason);
            }
        }
        assert!(Instant::now() < deadline, "no reason with '{part}', but {seen:#?}");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

#[test]
fn an_engine_that_ends_at_once_is_told_with_its_last_words() {
    reason(shell("echo no luck today >&2; exit 7", ""), "ended with exit code 7; it said: no luck today");
}

#[test]
fn an_engine_that_cannot_start_at_all_is_said_to_be_stopped() {
    let mut rig = Rig::with_child(shell("exit 1", ""));
    let view = rig.until("stopped", |view| view.engine.state == EngineState::Stopped);
    assert!(view.engine.reason.as_ref().is_some_and(|reason| reason.contains("30 s")), "{:?}", view.engine);
    let nowhere = crate::rig::nobody();
    reason(nowhere, "cannot be started (/nonexistent)");
}

#[test]
fn an_engine_that_prints_something_else_is_not_believed() {
    reason(shell("echo hello; sleep 60", ""), "did not say that it is ready, but 'hello'");
}

#[test]
fn an_engine_that_prints_without_end_is_cut_off() {
    reason(shell("while :; do printf xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", ""), "did not say that it is ready");
}

#[test]
fn an_engine_that_never_gets_ready_is_given_up() {
    reason(shell("sleep 60", ""), "did not say that it is ready within 2 s");
}

#[test]
fn an_engine_where_nobody_listens_is_given_up() {
    reason(shell("echo '{\"ready\":{\"port\":1}}'; sleep 60", ""), "does not take a connection");
}

#[test]
fn an_engine_of_another_version_is_refused() {
    reason(engine("newer"), "speaks protocol 2, not 1");
}

#[test]
fn an_engine_that_does_not_shake_hands_is_given_up() {
    reason(engine("mute"), "did not answer the handshake");
}

#[test]
fn an_engine_that_crashes_says_how() {
    reason(engine("crash"), "ended with exit code 7");
}

#[test]
fn an_engine_that_breaks_the_framing_is_replaced() {
    reason(engine("broken"), "broke the protocol");
}

#[test]
fn an_engine_that_talks_nonsense_is_told_of_and_kept() {
    let mut rig = Rig::with_child(engine("nonsense"));
    let pid = connected(&mut rig, None);
    rig.until("the nonsense is told", |view| {
        view.notices.iter().filter(|notice| notice.message.contains("engine.malformed")).count() == 3
    });
    assert_eq!(rig.view().engine.pid, Some(pid));
}

#[test]
fn what_the_engine_says_is_told_and_what_its_libraries_print_is_not() {
    let mut rig = Rig::with_child(engine("chatty"));
    let is_told = |view: &SessionView, what: &str| view.notices.iter().any(|notice| notice.message.contains(what));
    let view = rig.until("the engine's own words", |view| is_told(view, "a person should know"));
    assert!(!is_told(&view, "helps nobody"));
}
