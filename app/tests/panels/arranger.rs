//! The arranger by mouse and keyboard.

use crate::stage::{BAR, QUARTER, Stage, empty, open, song};
use eframe::egui::accesskit::Role;
use eframe::egui::{
    DroppedFile, Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, Rect, TouchPhase, pos2,
    vec2,
};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use loophole::action::Command;
use loophole::panels::arranger::{ArrangerPanelState, arranger_ui};
use loophole_pulse::model::{ClipId, MarkerId, TempoMarker, TrackId};
use loophole_pulse::view::{MediaStatus, SessionView};
use std::collections::BTreeSet;
use std::sync::Arc;

type Window = Harness<'static, Stage<ArrangerPanelState>>;

fn arranger(view: SessionView) -> Window {
    open(view, arranger_ui)
}

fn lanes(window: &Window) -> Rect {
    window.get_by_label("Timeline").rect()
}

/// Where a place of the song is: rows are 56 points high, and the song is shown whole with 3 % of room.
fn at(window: &Window, row: usize, ticks: i64) -> Pos2 {
    let lanes = lanes(window);
    let end = window.state().session.view().model.clips.values().map(|clip| clip.start_ticks + clip.length_ticks).max();
    let whole = end.unwrap_or(128 * QUARTER) as f32 * 1.03;
    pos2(lanes.left() + lanes.width() * ticks as f32 / whole, lanes.top() + 56.0 * row as f32 + 28.0)
}

fn drag(window: &mut Window, from: Pos2, to: Pos2) {
    press(window, from);
    window.hover_at(from.lerp(to, 0.5));
    window.step();
    window.hover_at(to);
    window.step();
    window.drop_at(to);
    window.run_ok();
}

fn press(window: &mut Window, from: Pos2) {
    window.hover_at(from);
    window.step();
    window.drag_at(from);
    window.step();
}

fn click(window: &mut Window, place: Pos2) {
    press(window, place);
    window.drop_at(place);
    window.run_ok();
}

fn selected(window: &Window) -> Vec<u32> {
    window.state().session.selection().clips.iter().map(|clip| clip.0).collect()
}

fn asked(window: &Window) -> String {
    window.state().pulse.take_asked_text()
}

#[test]
fn an_empty_project_says_what_to_do() {
    let mut window = arranger(empty());
    window.get_by_label("Timeline");
    window.get_by_label("Add audio track to the arranger").click();
    window.run_ok();
    assert_eq!(window.state().commands, [Command::AddTrack]);
}

#[test]
fn a_clip_is_moved_in_time_and_between_tracks_and_snaps() {
    let mut window = arranger(song(3, 3));
    let (from, to) = (at(&window, 0, BAR), at(&window, 1, 3 * BAR + QUARTER / 3));
    drag(&mut window, from, to);
    assert_eq!(selected(&window), [1_000]);
    let start = 2 * BAR;
    assert_eq!(
        asked(&window),
        format!(r#"clip.move {{"moves":[{{"clipId":"c1000","startTicks":{start},"trackId":"t2"}}]}}"#)
    );
}

#[test]
fn escape_takes_a_drag_back() {
    let mut window = arranger(song(3, 3));
    let (from, to) = (at(&window, 0, BAR), at(&window, 1, 5 * BAR));
    press(&mut window, from);
    window.hover_at(to);
    window.step();
    window.key_press(Key::Escape);
    window.step();
    window.drop_at(to);
    window.run_ok();
    assert_eq!(asked(&window), "");
}

#[test]
fn an_edge_is_trimmed_as_far_as_the_media_goes() {
    let mut window = arranger(song(2, 3));
    let end = at(&window, 1, 2 * BAR);
    let to = at(&window, 1, BAR + QUARTER);
    drag(&mut window, end - eframe::egui::vec2(2.0, 0.0), to);
    let length = BAR + QUARTER;
    assert_eq!(asked(&window), format!(r#"clip.resize {{"clipId":"c2000","startTicks":0,"lengthTicks":{length}}}"#));
    let beyond = at(&window, 1, 3 * BAR);
    drag(&mut window, end - eframe::egui::vec2(2.0, 0.0), beyond);
    assert_eq!(asked(&window), "");
}

#[test]
fn a_rubber_band_and_shift_select_many() {
    let mut window = arranger(song(3, 3));
    let (from, to) = (at(&window, 0, 3 * BAR), at(&window, 1, 9 * BAR));
    drag(&mut window, from, to);
    assert_eq!(selected(&window), [1_001, 1_002, 2_001, 2_002]);
    let place = at(&window, 2, BAR);
    window.event(eframe::egui::Event::ModifiersChanged(Modifiers::SHIFT));
    click(&mut window, place);
    window.event(eframe::egui::Event::ModifiersChanged(Modifiers::NONE));
    assert_eq!(selected(&window), [1_001, 1_002, 2_001, 2_002, 3_000]);
    let nowhere = at(&window, 2, 3 * BAR);
    click(&mut window, nowhere);
    assert!(selected(&window).is_empty());
}

#[test]
fn the_keyboard_walks_selects_nudges_and_renames() {
    let mut window = arranger(song(3, 3));
    let place = at(&window, 0, BAR);
    click(&mut window, place);
    window.key_press(Key::ArrowRight);
    window.run_ok();
    assert_eq!(selected(&window), [1_001]);
    window.key_press(Key::ArrowDown);
    window.run_ok();
    assert_eq!(selected(&window), [2_001]);
    window.get_by_label("Clip Beat 2001 on Track 2 at bar 5 beat 1");
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowUp);
    window.run_ok();
    assert!(asked(&window).contains(r#""clipId":"c2001","startTicks":322560,"trackId":"t1""#));
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run_ok();
    assert_eq!(selected(&window).len(), 9);
    window.key_press(Key::Enter);
    window.run_ok();
    // The old name is selected: what one types takes its place.
    window.get_by_label("Name of track Track 2").type_text("Bass");
    window.run_ok();
    window.key_press(Key::Enter);
    window.run_ok();
    assert_eq!(asked(&window), r#"track.rename {"trackId":"t2","name":"Bass"}"#);
}

#[test]
fn keys_move_the_playhead_and_loop_the_selection() {
    let mut window = arranger(song(2, 2));
    let place = at(&window, 1, 5 * BAR);
    click(&mut window, place);
    window.key_press(Key::L);
    window.run_ok();
    let set = format!(r#"transport.setLoopRegion {{"startTicks":{},"endTicks":{}}}"#, 4 * BAR, 6 * BAR);
    assert!(asked(&window).starts_with(&set));
    window.key_press_modifiers(Modifiers::COMMAND, Key::ArrowRight);
    window.run_ok();
    assert!(asked(&window).starts_with("transport.seek"));
}

#[test]
fn the_whole_song_stays_in_view_while_the_window_finds_its_size() {
    let mut window = arranger(song(1, 3));
    window.set_size(vec2(700.0, 400.0));
    window.run_ok();
    let last = at(&window, 0, 9 * BAR);
    click(&mut window, last);
    assert_eq!(selected(&window), [1_002]);
}

#[test]
fn zooming_keeps_what_is_under_the_pointer() {
    let mut window = arranger(song(1, 3));
    let ruler = window.get_by_label("Timeline ruler").rect();
    let place = pos2(at(&window, 0, 5 * BAR).x, ruler.center().y);
    window.hover_at(place);
    window.step();
    window.event(Event::Zoom(4.0));
    window.run_ok();
    click(&mut window, place);
    assert_eq!(asked(&window), format!(r#"transport.seek {{"positionTicks":{},"positionFrames":null}}"#, 5 * BAR));
    // One eighth of a bar was 3 points wide before, now it is 12: the grid has become finer.
    click(&mut window, place + vec2(12.0, 0.0));
    let asked = asked(&window);
    assert!(asked.contains("transport.seek") && !asked.contains(&format!(":{},", 5 * BAR)), "{asked}");
}

#[test]
fn the_wheel_scrolls_the_tracks() {
    let mut window = arranger(song(40, 1));
    assert!(window.query_by_label("Track Track 30").is_none());
    let place = lanes(&window).center();
    window.hover_at(place);
    window.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, -5_000.0),
        phase: TouchPhase::Move,
        source: MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    });
    window.run_ok();
    window.get_by_label("Track Track 40");
    assert!(window.query_by_label("Track Track 1").is_none());
}

#[derive(Debug)]
struct Dropped(&'static str);

impl DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        std::path::Path::new(self.0)
    }
    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody reads it here".into())
    }
}

#[test]
fn files_are_imported_where_they_fall() {
    let mut window = arranger(song(2, 3));
    let drop = |window: &mut Window, place: Pos2, path| {
        window.hover_at(place);
        window.step();
        window.input_mut().dropped_files.push(Arc::new(Dropped(path)));
        window.run_ok();
    };
    let on_a_track = at(&window, 1, 3 * BAR);
    drop(&mut window, on_a_track, "/music/kick.wav");
    let place = format!(r#"{{"trackId":"t2","startTicks":{}}}"#, 3 * BAR);
    assert_eq!(asked(&window), format!(r#"media.import {{"paths":["/music/kick.wav"],"place":{place}}}"#));
    let below = at(&window, 5, 3 * BAR);
    drop(&mut window, below, "/music/kick.wav");
    assert!(asked(&window).contains(r#""trackId":null"#));
    drop(&mut window, below, "/music/Song.loophole");
    assert_eq!(asked(&window), "");
}

#[test]
fn the_context_menu_is_about_the_clip_under_the_pointer() {
    let mut window = arranger(song(1, 2));
    let place = at(&window, 0, BAR);
    window.hover_at(place);
    for pressed in [true, false] {
        let (pos, button, modifiers) = (place, PointerButton::Secondary, Modifiers::NONE);
        window.event(Event::PointerButton { pos, button, pressed, modifiers });
    }
    window.run_ok();
    window.get_by_label("Repeat the audio").click();
    window.run_ok();
    assert_eq!(asked(&window), r#"clip.setLooping {"clipId":"c1000","looped":true}"#);
}

#[test]
fn the_page_turns_when_the_playhead_leaves_it() {
    let mut window = arranger(song(1, 3));
    let place = at(&window, 0, 0);
    window.hover_at(place);
    window.step();
    window.event(Event::Zoom(4.0));
    window.run_ok();
    assert!(window.query_by_label_contains("Track Track 1").is_some());
    window.state().pulse.change(|view| {
        view.transport.jumps += 1;
        (view.transport.position_ticks, view.transport.position_frames) = (9 * BAR, 9 * 96_000);
    });
    window.run_ok();
    // The playhead stands at a twentieth of the width now.
    let lanes = lanes(&window);
    let ruler = window.get_by_label("Timeline ruler").rect();
    click(&mut window, pos2(lanes.left() + lanes.width() * 0.05, ruler.center().y));
    assert_eq!(asked(&window), format!(r#"transport.seek {{"positionTicks":{},"positionFrames":null}}"#, 9 * BAR));
}

#[test]
fn the_ruler_seeks_and_sets_the_loop() {
    let mut window = arranger(song(1, 3));
    let ruler = window.get_by_label("Timeline ruler").rect();
    let on_ruler = |window: &Window, ticks| pos2(at(window, 0, ticks).x, ruler.center().y);
    let place = on_ruler(&window, 2 * BAR);
    click(&mut window, place);
    assert_eq!(asked(&window), format!(r#"transport.seek {{"positionTicks":{},"positionFrames":null}}"#, 2 * BAR));
    let (from, to) = (on_ruler(&window, 3 * BAR), on_ruler(&window, BAR));
    drag(&mut window, from, to);
    let set = format!(r#"transport.setLoopRegion {{"startTicks":{BAR},"endTicks":{}}}"#, 3 * BAR);
    assert_eq!(asked(&window), format!("{set}\ntransport.setLoopEnabled {{\"enabled\":true}}"));
    window.state().pulse.change(|view| {
        let region = &mut Arc::make_mut(&mut view.model).loop_region;
        (region.enabled, region.start_ticks, region.end_ticks) = (true, BAR, 3 * BAR);
    });
    window.run_ok();
    let (edge, further) = (on_ruler(&window, 3 * BAR), on_ruler(&window, 4 * BAR));
    drag(&mut window, edge, further);
    assert_eq!(asked(&window), format!(r#"transport.setLoopRegion {{"startTicks":{BAR},"endTicks":{}}}"#, 4 * BAR));
}

#[test]
fn track_switches_ask() {
    let mut window = arranger(song(2, 1));
    window.get_by_label("Mute track Track 2").click();
    window.run_ok();
    window.get_by_label("Solo track Track 1").click();
    window.run_ok();
    let off = r#""arm":null,"monitor":null"#;
    let mute = format!(r#"track.setFlags {{"trackId":"t2","mute":true,"solo":null,{off}}}"#);
    let solo = format!(r#"track.setFlags {{"trackId":"t1","mute":null,"solo":true,{off}}}"#);
    assert_eq!(asked(&window), format!("{mute}\n{solo}"));
    window.get_by_role_and_label(Role::ListItem, "Track Track 2").click();
    window.run_ok();
    assert_eq!(window.state().session.selection().track, Some(TrackId(2)));
}

#[test]
fn missing_media_says_why() {
    let mut view = song(1, 2);
    for media in Arc::make_mut(&mut view.media).values_mut() {
        media.status = MediaStatus::Missing("beat.wav is not in the project's media folder".into());
        media.peaks = None;
    }
    let mut window = arranger(view);
    let place = at(&window, 0, BAR);
    window.hover_at(place);
    for _ in 0..90 {
        window.step();
    }
    assert!(window.query_by_label_contains("is not in the project's media folder").is_some());
}

#[test]
fn clips_over_a_change_of_tempo_are_painted_and_trimmed_by_their_media() {
    let mut view = song(1, 3);
    let slow = TempoMarker { id: MarkerId(9), ticks: BAR, bpm: 60.0 };
    Arc::make_mut(&mut Arc::make_mut(&mut view.model).tempo).push(slow);
    let mut window = arranger(view);
    // Four seconds: one bar of two at 120, half a bar of two at 60.
    let (end, far) = (at(&window, 0, 2 * BAR), at(&window, 0, 4 * BAR));
    drag(&mut window, end - vec2(2.0, 0.0), far);
    assert_eq!(asked(&window), "");
    let shorter = at(&window, 0, BAR);
    drag(&mut window, end - vec2(2.0, 0.0), shorter);
    assert_eq!(asked(&window), format!(r#"clip.resize {{"clipId":"c1000","startTicks":0,"lengthTicks":{BAR}}}"#));
}

#[test]
fn a_still_project_asks_for_no_frame() {
    let mut window = arranger(song(4, 4));
    window.run_steps(5);
    let wait = window.output().viewport_output.values().map(|viewport| viewport.repaint_delay).min();
    assert!(wait.is_some_and(|wait| wait > std::time::Duration::from_secs(60)), "{wait:?}");
}

#[test]
fn what_is_gone_is_not_selected() {
    let mut window = arranger(song(2, 2));
    let place = at(&window, 0, BAR);
    click(&mut window, place);
    assert_eq!(selected(&window), [1_000]);
    window.state().pulse.change(|view| {
        Arc::make_mut(&mut Arc::make_mut(&mut view.model).clips).remove(&ClipId(1_000));
    });
    window.run_ok();
    assert_eq!(window.state().session.selection().clips, BTreeSet::new());
}

/// `cargo test -p loophole --release --test panels -- --ignored --nocapture speed`
#[test]
#[ignore = "prints how long a frame takes"]
fn speed_of_a_thousand_tracks() {
    use eframe::egui::{Context, RawInput};
    for (what, tracks, clips) in [
        ("1,000 tracks × 10 clips", 1_000, 10),
        ("1,000 tracks × 100 clips", 1_000, 100),
        ("25 tracks × 400 clips", 25, 400),
    ] {
        let mut stage = Stage::<ArrangerPanelState>::new(song(tracks, clips));
        let ctx = Context::default();
        loophole::theme::install(&ctx);
        loophole::theme::apply(&ctx, loophole::theme::ThemeChoice::Dark);
        let screen = Rect::from_min_size(Pos2::ZERO, eframe::egui::vec2(1_920.0, 1_500.0));
        let (mut build, mut tessellate) = (Vec::new(), Vec::new());
        for frame in 0..220 {
            let input =
                RawInput { screen_rect: Some(screen), time: Some(f64::from(frame) / 60.0), ..Default::default() };
            let begun = std::time::Instant::now();
            let mut output = ctx.run_ui(input, |ui| stage.ui(ui, arranger_ui));
            build.push(begun.elapsed().as_secs_f64() * 1e3);
            let begun = std::time::Instant::now();
            let shapes = ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
            tessellate.push(begun.elapsed().as_secs_f64() * 1e3);
            assert!(!shapes.is_empty());
            output.drop_without_applying_deltas();
        }
        for times in [&mut build, &mut tessellate] {
            times.drain(..20);
            times.sort_by(f64::total_cmp);
        }
        println!(
            "{what}: build {:.2} ms, tessellate {:.2} ms (medians of 200; p99 {:.2} ms)",
            build[100], tessellate[100], build[198]
        );
    }
}
