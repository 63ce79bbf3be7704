//! The messages panel: live, paused, filtered, in detail.

use crate::stage::{Stage, empty, open};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use loophole::panels::ipc::{IpcPanelState, ipc_ui};
use loophole_pulse::trace::{Body, Kind, Link, Party, Priority, Tap, TraceEntry};
use serde_json::value::RawValue;
use std::sync::Arc;

type Window = Harness<'static, Stage<IpcPanelState>>;

fn messages() -> Window {
    open(empty(), ipc_ui)
}

fn record(tap: &Tap, kind: Kind, domain: &str, name: &str, id: &str, cid: Option<&str>, payload: &str) {
    let (from, to) = if kind == Kind::Command { (Party::Aura, Party::Pulse) } else { (Party::Pulse, Party::Aura) };
    tap.record(TraceEntry {
        number: 0,
        at_nanos: 1_700_000_000_000_000_000 + id.len() as u64 * 1_000,
        link: Link::Window,
        from,
        to,
        domain: domain.into(),
        name: name.into(),
        kind,
        id: id.into(),
        priority: Priority::Normal,
        cid: cid.map(Into::into),
        cause: None,
        size_bytes: 0,
        body: Body::Json(Arc::from(RawValue::from_string(payload.to_owned()).unwrap())),
    });
}

fn conversation(tap: &Tap) {
    record(tap, Kind::Command, "transport", "seek", "1", None, r#"{"positionTicks":20160}"#);
    record(tap, Kind::Event, "transport", "seek", "22", Some("1"), r#"{"positionTicks":20160}"#);
    record(tap, Kind::Command, "track", "rename", "2", None, r#"{"name":"Bass"}"#);
    record(tap, Kind::Command, "client", "heartbeat", "3", None, "{}");
}

fn row<'a>(window: &'a Window, text: &'a str) -> egui_kittest::Node<'a> {
    window.get_by_label(text)
}

#[test]
fn the_tap_is_open_while_somebody_looks() {
    let mut window = messages();
    assert!(window.state().tap.is_open());
    let stage = window.state_mut();
    stage.state.close_unseen(&stage.session);
    assert!(stage.tap.is_open());
    stage.state.close_unseen(&stage.session);
    assert!(!stage.tap.is_open());
    window.run_ok();
    assert!(window.state().tap.is_open());
}

#[test]
fn messages_appear_and_heartbeats_do_when_wanted() {
    let mut window = messages();
    assert!(window.query_by_label_contains("No message yet").is_some());
    conversation(&window.state().tap);
    window.run_ok();
    row(&window, "transport.seek command 0");
    row(&window, "transport.seek event 1");
    assert!(window.query_by_label("client.heartbeat command 3").is_none());
    window.get_by_label("Hide meters and heartbeats").click();
    window.run_ok();
    row(&window, "client.heartbeat command 3");
}

#[test]
fn the_filter_takes_words_and_minus_words() {
    let mut window = messages();
    conversation(&window.state().tap);
    window.run_ok();
    window.get_by_label("Filter messages").focus();
    window.run_ok();
    window.get_by_label("Filter messages").type_text("positionticks -event");
    window.run_ok();
    row(&window, "transport.seek command 0");
    assert!(window.query_by_label("transport.seek event 1").is_none());
    assert!(window.query_by_label("track.rename command 2").is_none());
    window.get_by_label("Filter messages").type_text(" nothing");
    window.run_ok();
    assert!(window.query_by_label("No message passes the filter.").is_some());
}

#[test]
fn a_command_stands_beside_its_reply() {
    let mut window = messages();
    conversation(&window.state().tap);
    window.run_ok();
    row(&window, "transport.seek command 0").click();
    window.run_ok();
    assert!(window.query_by_label("Raw text").is_some());
    window.get_by_label("Go to the reply").click();
    window.run_ok();
    assert!(window.query_by_label("Go to the command").is_some());
    window.get_by_label("Close message detail").click();
    window.run_ok();
    assert!(window.query_by_label("Raw text").is_none());
}

#[test]
fn paused_the_list_stands_and_the_ring_goes_on() {
    let mut window = messages();
    conversation(&window.state().tap);
    window.run_ok();
    window.get_by_label("Pause the message list").click();
    window.run_ok();
    record(&window.state().tap, Kind::Command, "track", "delete", "9", None, "{}");
    window.run_ok();
    assert!(window.query_by_label("track.delete command 4").is_none());
    window.get_by_label("Go on the message list").click();
    window.run_ok();
    row(&window, "track.delete command 4");
    window.get_by_label("Clear the message list").click();
    window.run_ok();
    assert!(window.query_by_label_contains("No message yet").is_some());
}

#[test]
fn the_newest_is_followed_until_one_scrolls_up() {
    let mut window = messages();
    let flood = |window: &Window, count: u32| {
        for number in 0..count {
            record(&window.state().tap, Kind::Event, "track", "list", &number.to_string(), None, "{}");
        }
    };
    flood(&window, 500);
    window.run_steps(4);
    row(&window, "track.list event 499");
    let place = window.get_by_label("Messages").rect().center();
    window.hover_at(place);
    window.event(eframe::egui::Event::MouseWheel {
        unit: eframe::egui::MouseWheelUnit::Point,
        delta: eframe::egui::vec2(0.0, 2_000.0),
        phase: eframe::egui::TouchPhase::Move,
        source: eframe::egui::MouseWheelSource::Wheel,
        modifiers: eframe::egui::Modifiers::NONE,
    });
    window.run_ok();
    flood(&window, 100);
    window.run_steps(4);
    assert!(window.query_by_label("track.list event 599").is_none());
    window.get_by_label("Follow the newest message").click();
    window.run_steps(4);
    row(&window, "track.list event 599");
}

#[test]
fn silence_asks_for_no_frame() {
    let mut window = messages();
    conversation(&window.state().tap);
    window.run_ok();
    window.run_steps(3);
    let wait = window.output().viewport_output.values().map(|viewport| viewport.repaint_delay).min();
    assert!(wait.is_some_and(|wait| wait > std::time::Duration::from_secs(60)), "{wait:?}");
}

/// `cargo test -p loophole --release --test panels -- --ignored --nocapture speed`
#[test]
#[ignore = "prints how long a frame takes"]
fn speed_of_many_messages() {
    use eframe::egui::{Context, Pos2, RawInput, Rect, vec2};
    let mut stage = Stage::<IpcPanelState>::new(empty());
    let ctx = Context::default();
    loophole::theme::install(&ctx);
    loophole::theme::apply(&ctx, loophole::theme::ThemeChoice::Dark);
    for number in 0..200_000 {
        record(&stage.tap, Kind::Event, "track", "list", &number.to_string(), None, r#"{"trackId":"t12"}"#);
    }
    let screen = Rect::from_min_size(Pos2::ZERO, vec2(1_400.0, 900.0));
    let mut times = Vec::new();
    for frame in 0..220 {
        let input = RawInput { screen_rect: Some(screen), time: Some(f64::from(frame) / 60.0), ..Default::default() };
        let begun = std::time::Instant::now();
        let output = ctx.run_ui(input, |ui| stage.ui(ui, ipc_ui));
        times.push(begun.elapsed().as_secs_f64() * 1e3);
        output.drop_without_applying_deltas();
    }
    let first = times[0];
    times.drain(..20);
    times.sort_by(f64::total_cmp);
    println!("200,000 messages: first frame {first:.1} ms, then {:.2} ms (median of 200)", times[100]);
}

#[test]
fn what_was_answered_late_or_never_is_listed_and_found() {
    let mut window = messages();
    conversation(&window.state().tap);
    window.run_ok();
    window.get_by_label("Unanswered view").click();
    window.run_ok();
    assert!(window.query_by_label("Every answer belongs to a command that was seen.").is_some());
    window.get_by_label("track.rename").click();
    window.run_ok();
    row(&window, "track.rename command 2");
    assert!(window.query_by_label("Raw text").is_some());
}

#[test]
fn figures_lead_to_the_messages() {
    let mut window = messages();
    conversation(&window.state().tap);
    window.run_ok();
    window.get_by_label("Statistics view").click();
    window.run_ok();
    window.get_by_label("transport.seek").click();
    window.run_ok();
    row(&window, "transport.seek command 0");
    assert!(window.query_by_label("track.rename command 2").is_none());
}

#[test]
fn newest_values_stand_by_their_subject() {
    let mut window = messages();
    for value in [1, 2, 3] {
        let payload = format!(r#"{{"parameterId":"p1","value":{value}}}"#);
        record(&window.state().tap, Kind::Event, "parameter", "set", "7", None, &payload);
    }
    window.run_ok();
    window.get_by_label("Latest values view").click();
    window.run_ok();
    assert!(window.query_by_label("parameterId p1").is_some());
    assert!(window.query_by_label("value 3").is_some() && window.query_by_label("value 2").is_none());
}

#[test]
fn a_message_is_changed_and_sent_again() {
    let mut window = messages();
    conversation(&window.state().tap);
    window.run_ok();
    row(&window, "transport.seek command 0").click();
    window.run_ok();
    window.get_by_label("Edit and send again").click();
    window.run_ok();
    assert!(window.query_by_label_contains("Goes to a position").is_some());
    let payload = window.get_by_label("Payload of the command");
    payload.focus();
    window.run_ok();
    window.get_by_label("Payload of the command").type_text("nonsense");
    window.run_ok();
    assert!(window.query_by_label_contains("This is no JSON").is_some());
    window.get_by_label("Empty payload").click();
    window.run_ok();
    window.get_by_label("Send the command").click();
    window.run_ok();
    assert_eq!(
        window.state().pulse.take_asked_text(),
        r#"transport.seek {"positionTicks":null,"positionFrames":null}"#
    );
}

#[test]
fn a_mistake_in_the_filter_is_said_and_the_list_stands() {
    let mut window = messages();
    conversation(&window.state().tap);
    window.run_ok();
    window.get_by_label("Filter messages").focus();
    window.run_ok();
    window.get_by_label("Filter messages").type_text("kind == nonsense");
    window.run_ok();
    assert!(window.query_by_label_contains("nonsense").is_some());
    row(&window, "transport.seek command 0");
}

#[test]
fn what_can_come_next_is_taken_with_a_key() {
    use eframe::egui::{Key, Modifiers};
    let mut window = messages();
    conversation(&window.state().tap);
    window.run_ok();
    window.get_by_label("Filter messages").focus();
    window.run_ok();
    window.get_by_label("Filter messages").type_text("domain == transp");
    window.run_ok();
    assert!(window.query_by_label("transport").is_some());
    window.key_press_modifiers(Modifiers::CTRL, Key::Space);
    window.run_ok();
    row(&window, "transport.seek command 0");
    assert!(window.query_by_label("track.rename command 2").is_none());
}

#[test]
fn the_conversation_of_a_message_can_be_walked() {
    let mut window = messages();
    conversation(&window.state().tap);
    window.run_ok();
    row(&window, "transport.seek event 1").click();
    window.run_ok();
    assert!(window.query_by_label("Conversation").is_some());
    assert_eq!(window.query_all_by_label("transport.seek").count(), 3);
}

#[test]
fn a_recording_stands_in_place_of_the_living_messages() {
    use loophole::panels::ipc::Recorded;
    use loophole_pulse::trace::recording::{About, Options, save_last};
    let mut window = messages();
    conversation(&window.state().tap);
    window.run_ok();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("yesterday.mcap");
    let written = save_last(&window.state().tap, 60, &path, About::here("song"), Options::default()).unwrap();
    assert_eq!(written.entries, 4);

    window.state_mut().state.open(Recorded::open(&path).unwrap());
    record(&window.state().tap, Kind::Command, "track", "delete", "9", None, "{}");
    window.run_ok();
    assert!(window.query_by_label("Recording yesterday.mcap").is_some());
    assert!(window.query_by_label_contains("0 dropped").is_some());
    row(&window, "transport.seek command 0").click();
    window.run_ok();
    assert!(window.query_by_label("Go to the reply").is_some());
    assert!(window.query_by_label("track.delete command 4").is_none());

    window.get_by_label("Back to the living messages").click();
    window.run_ok();
    row(&window, "track.delete command 4");

    std::fs::write(&path, "no recording").unwrap();
    assert!(Recorded::open(&path).unwrap_err().contains("yesterday.mcap"));
}
