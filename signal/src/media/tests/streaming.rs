//! What is streamed is what the regions say: across seeks, loops, edges, edits, formats and rates.

use super::rig::*;
use crate::media::{MediaEvent, Where};
use loophole_wire::message::graph::Region;
use loophole_wire::peaks::PeaksFile;
use std::path::Path;
use std::time::{Duration, Instant};

#[track_caller]
fn state(event: MediaEvent) -> loophole_wire::message::media::State {
    match event {
        MediaEvent::State { state, .. } => state,
        MediaEvent::Missing { missing, .. } => panic!("{missing:?}"),
    }
}

#[test]
fn a_file_at_the_engines_rate_is_heard_frame_by_frame() {
    let mut rig = Rig::new();
    let path = rig.write("a.wav", &wav(RATE, &noise(1, 60_000)));
    let media = reference(&path, RATE);
    let state = state(rig.open(1, &path));
    assert_eq!((state.frames, state.sample_rate, state.channels, &*state.format), (60_000, RATE, 2, "WAV"));
    let region = region(1, 1_000, 50_000, 300);
    rig.pool.set_lanes(vec![(7, vec![region.clone()])]);
    rig.locate(0, NO_LOOP);
    rig.roll(true);
    let lane: [(Region, &[[f32; 2]]); 1] = [(region, &media)];
    assert_same(&rig.play(7, 60_000), &expected(&lane, 0, NO_LOOP, 60_000));

    // Seeks while it rolls, into the middle, to the last frame, behind the end and before the beginning of time.
    for position in [25_001, 50_999, 51_000, 1_000_000, -500] {
        rig.locate(position, NO_LOOP);
        assert_same(&rig.play(7, 9_000), &expected(&lane, position, NO_LOOP, 9_000));
    }
    assert_eq!(rig.clock.starved(), 0);
}

#[test]
fn loops_wrap_to_the_frame_however_short_they_are() {
    let mut rig = Rig::new();
    let path = rig.write("a.wav", &wav(RATE, &noise(2, 20_000)));
    let media = reference(&path, RATE);
    rig.open(1, &path);
    let region = region(1, 0, 15_000, 0);
    rig.pool.set_lanes(vec![(7, vec![region.clone()])]);
    rig.roll(true);
    let lane: [(Region, &[[f32; 2]]); 1] = [(region, &media)];
    for (position, loop_region) in [
        (0, looped(5_000, 12_345)),
        (100, looped(1_000, 1_064)),
        (14_000, looped(10_000, 16_000)),
        (12_000, looped(2_000, 12_000)),
        (-300, looped(-200, 300)),
        (0, looped(20_000, 20_100)),
    ] {
        rig.locate(position, loop_region);
        assert_same(&rig.play(7, 40_000), &expected(&lane, position, loop_region, 40_000));
    }
}

#[test]
fn regions_overlap_repeat_and_reach_outside_of_their_media() {
    let mut rig = Rig::new();
    let first = rig.write("a.wav", &wav(RATE, &noise(3, 5_000)));
    let second = rig.write("b.wav", &wav(RATE, &noise(4, 700)));
    rig.open(1, &first);
    rig.open(2, &second);
    let (one, two) = (reference(&first, RATE), reference(&second, RATE));
    let with = |mut region: Region, id: u32, gain_db: f64, repeat: Option<i64>| {
        (region.region_id, region.gain_db, region.loop_length_frames) = (id, gain_db.into(), repeat);
        region
    };
    let regions: [(Region, &[[f32; 2]]); 6] = [
        (with(region(1, 0, 9_000, -250), 1, -6.0, None), &one),
        (with(region(2, 500, 12_000, 100), 2, 3.0, Some(333)), &two),
        (with(region(2, 700, 8_000, 0), 3, 0.0, Some(7)), &two),
        (with(region(2, 13_000, 8_000, 600), 4, 0.0, Some(150)), &two),
        (with(region(1, 20_000, 10_000, 10), 5, -1.0, Some(4_990)), &one),
        (with(region(1, 25_000, 10, 6_000), 6, f64::NEG_INFINITY, None), &one),
    ];
    rig.pool.set_lanes(vec![(7, regions.iter().rev().map(|(region, _)| region.clone()).collect())]);
    rig.roll(true);
    for position in [0, 601, 13_100] {
        rig.locate(position, NO_LOOP);
        assert_same(&rig.play(7, 31_000), &expected(&regions, position, NO_LOOP, 31_000));
    }
}

#[test]
fn edits_while_rolling_are_heard_in_sync_and_leave_other_lanes_alone() {
    let mut rig = Rig::new();
    let path = rig.write("a.wav", &wav(RATE, &noise(5, 48_000)));
    let media = reference(&path, RATE);
    rig.open(1, &path);
    let (old, new) = (region(1, 0, 100_000, 0), region(1, 100, 100_000, 40));
    rig.pool.set_lanes(vec![(7, vec![old.clone()]), (8, vec![old.clone()])]);
    rig.roll(true);
    let loop_region = looped(1_000, 30_000);
    rig.locate(0, loop_region);
    let before = rig.play(7, 20_000);
    let lane: [(Region, &[[f32; 2]]); 1] = [(old.clone(), &media)];
    assert_same(&before, &expected(&lane, 0, loop_region, 20_000));

    rig.pool.set_lanes(vec![(7, vec![new.clone()]), (8, vec![old.clone()]), (9, vec![])]);
    assert_eq!(rig.take_bundle(), 0);
    assert!(rig.is_waiting(), "the bundle is for a roll 40 ms ahead: nothing changes before");
    while rig.is_waiting() {
        let position = rig.map.position_at(rig.rolled);
        assert_same(&rig.turn(64)[&7], &expected(&lane, position, loop_region, 64));
        rig.apply();
    }
    let position = rig.map.position_at(rig.rolled);
    let changed: [(Region, &[[f32; 2]]); 1] = [(new, &media)];
    let (mut seven, mut eight) = (Vec::new(), Vec::new());
    while seven.len() < 64_000 {
        let heard = rig.turn(64);
        seven.extend_from_slice(&heard[&7]);
        eight.extend_from_slice(&heard[&8]);
    }
    assert_same(&seven, &expected(&changed, position, loop_region, 64_000));
    assert_same(&eight, &expected(&lane, position, loop_region, 64_000));
    assert_eq!(rig.clock.starved(), 0);
}

#[test]
fn a_new_loop_while_rolling_goes_on_where_it_was() {
    let mut rig = Rig::new();
    let path = rig.write("a.wav", &wav(RATE, &noise(6, 90_000)));
    let media = reference(&path, RATE);
    rig.open(1, &path);
    let region = region(1, 0, 90_000, 0);
    rig.pool.set_lanes(vec![(7, vec![region.clone()])]);
    rig.roll(true);
    rig.locate(0, NO_LOOP);
    let lane: [(Region, &[[f32; 2]]); 1] = [(region, &media)];
    let mut heard = rig.play(7, 10_000);
    let loop_region = looped(4_000, 20_000);
    rig.pool.locate(99, 0, loop_region, Where::KeepRolling);
    assert_eq!(rig.take_bundle(), 99);
    heard.extend(rig.play(7, 40_000));
    assert_same(&heard, &expected(&lane, 0, loop_region, 50_000));
}

#[test]
fn lanes_set_before_a_locate_was_taken_start_with_it() {
    let mut rig = Rig::new();
    let path = rig.write("a.wav", &wav(RATE, &noise(7, 90_000)));
    let media = reference(&path, RATE);
    rig.open(1, &path);
    rig.roll(true);
    rig.advance(12_345);
    rig.pool.locate(5, 3_000, NO_LOOP, Where::Now);
    assert_eq!(rig.receive_bundle(), 5);
    let region = region(1, 0, 90_000, 0);
    rig.pool.set_lanes(vec![(7, vec![region.clone()])]);
    assert_eq!(rig.receive_bundle(), 0);
    let lane: [(Region, &[[f32; 2]]); 1] = [(region, &media)];
    assert_same(&rig.play(7, 20_000), &expected(&lane, 3_000, NO_LOOP, 20_000));
}

#[test]
fn every_format_plays_what_it_holds_at_its_rate_or_another() {
    let mut rig = Rig::new();
    let folder = rig.folder.path().to_owned();
    let sound = noise(8, 100_000);
    rig.write("a.wav", &wav(44_100, &sound));
    rig.write("same.wav", &wav(RATE, &sound));
    let mut files = vec![("a.wav", "WAV", true), ("same.wav", "WAV", true)];
    if tool(&folder, "flac --silent a.wav -o a.flac") {
        files.push(("a.flac", "FLAC", true));
    }
    if tool(&folder, "sox a.wav a.aiff") && tool(&folder, "sox same.wav same.aiff") {
        files.extend([("a.aiff", "AIFF", true), ("same.aiff", "AIFF", true)]);
    }
    if tool(&folder, "oggenc --quiet a.wav -o a.ogg") {
        files.push(("a.ogg", "Ogg Vorbis", false));
    }
    for (id, (name, format, is_lossless)) in (1..).zip(files) {
        let path = rig.path(name);
        let state = state(rig.open(id, &path));
        assert_eq!((state.frames, &*state.format), (100_000, format), "{name}");
        let media = reference(&path, RATE);
        if is_lossless {
            let original = if name.starts_with("same") { "same.wav" } else { "a.wav" };
            assert_same(&media, &reference(&rig.path(original), RATE));
        }
        let region = region(id, 0, media.len() as i64 + 500, 0);
        rig.pool.set_lanes(vec![(7, vec![region.clone()])]);
        rig.roll(true);
        let lane: [(Region, &[[f32; 2]]); 1] = [(region, &media)];
        for position in [0, 70_001] {
            rig.locate(position, NO_LOOP);
            rig.wait_until_decoded();
            assert_same(&rig.play(7, 40_000), &expected(&lane, position, NO_LOOP, 40_000));
        }
        rig.roll(false);
    }
}

#[test]
fn an_mp3_is_known_and_played() {
    let mut rig = Rig::new();
    // MPEG 1 layer III, 128 kbit/s, 44.1 kHz, stereo: frames of 417 bytes, and nothing but silence in them.
    let frame = [&[0xff, 0xfb, 0x90, 0x64][..], &[0; 413]].concat();
    let path = rig.write("a.mp3", &frame.repeat(50));
    let state = state(rig.open(1, &path));
    assert_eq!((state.sample_rate, state.channels, &*state.format), (44_100, 2, "MP3"));
    rig.wait_until_decoded();
    rig.pool.set_lanes(vec![(7, vec![region(1, 0, 50_000, 0)])]);
    rig.locate(0, NO_LOOP);
    rig.roll(true);
    assert_same(&rig.play(7, 50_000), &vec![[0.0; 2]; 50_000]);
}

#[test]
fn mono_and_many_channels_are_heard_on_both_sides() {
    let mut rig = Rig::new();
    let data: Vec<u8> = (0..6_000_i16).flat_map(|n| n.to_le_bytes()).collect();
    for (channels, right) in [(1, 0), (2, 1), (6, 1)] {
        for rate in [RATE, 44_100] {
            let path = rig.write(&format!("{channels}-{rate}.wav"), &wav_of(1, channels, rate, 16, &data));
            let id = u32::from(channels) * 2 + u32::from(rate == RATE);
            assert_eq!(state(rig.open(id, &path)).channels, channels);
            rig.pool.set_lanes(vec![(7, vec![region(id, 0, 900, 0)])]);
            rig.locate(0, NO_LOOP);
            rig.wait_until_decoded();
            rig.roll(true);
            let heard = rig.play(7, 900);
            rig.roll(false);
            assert_same(&heard, &reference(&path, RATE)[..900]);
            if rate == RATE {
                let at = |n: u16| f32::from(n) / 32_768.0;
                assert_eq!(heard[100], [at(100 * channels), at(100 * channels + right)]);
            }
        }
    }
}

/// Which file it is, where the system tells: another one has been renamed to its place, or not.
fn identity(path: &Path) -> Option<u64> {
    let metadata = std::fs::metadata(path).unwrap();
    #[cfg(unix)]
    return Some(std::os::unix::fs::MetadataExt::ino(&metadata));
    #[cfg(not(unix))]
    return metadata.is_dir().then_some(0);
}

#[test]
fn the_cache_serves_the_next_engine_and_is_made_again_when_it_is_spoiled() {
    let mut rig = Rig::new();
    let path = rig.write("a.wav", &wav(44_100, &noise(9, 44_100)));
    let media = reference(&path, RATE);
    rig.open(1, &path);
    rig.wait_until_decoded();
    let cached = |rig: &Rig| std::fs::read_dir(rig.path("cache")).unwrap().next().unwrap().unwrap().path();
    let mut whole = Vec::new();
    for spoil in ["not at all", "cut off", "another version", "source changed", "emptied"] {
        let file = cached(&rig);
        rig = rig.restart();
        let bytes = std::fs::read(&file).unwrap();
        match spoil {
            "cut off" => std::fs::write(&file, &bytes[..bytes.len() - 1]).unwrap(),
            "another version" => std::fs::write(&file, [&bytes[..4], &[9], &bytes[5..]].concat()).unwrap(),
            "source changed" => drop(rig.write("a.wav", &wav(44_100, &noise(9, 44_100)))),
            "emptied" => std::fs::write(&file, []).unwrap(),
            _ => whole = bytes,
        }
        let before = identity(&file);
        let state = state(rig.open(1, &path));
        assert_eq!((state.frames, state.sample_rate), (44_100, 44_100));
        let region = region(1, 0, 48_000, 0);
        rig.pool.set_lanes(vec![(7, vec![region.clone()])]);
        rig.locate(0, NO_LOOP);
        rig.wait_until_decoded();
        rig.roll(true);
        assert_same(&rig.play(7, 48_000), &media);
        assert_eq!(identity(&file) == before, spoil == "not at all" || before.is_none(), "{spoil}");
        let remade = std::fs::read(&file).unwrap();
        assert_eq!(remade.len(), whole.len(), "{spoil}");
        assert!(remade[96..] == whole[96..], "{spoil}");
    }
}

#[test]
fn without_a_cache_folder_media_is_kept_in_memory() {
    let mut rig = Rig::in_folder(tempfile::tempdir().unwrap(), false);
    let path = rig.write("a.wav", &wav(44_100, &noise(10, 50_000)));
    let media = reference(&path, RATE);
    rig.open(1, &path);
    rig.wait_until_decoded();
    assert_eq!(rig.pool.statistics().media_bytes, 8 * media.len() as u64);
    let region = region(1, 0, 60_000, 0);
    rig.pool.set_lanes(vec![(7, vec![region.clone()])]);
    rig.roll(true);
    for position in [0, 33_333] {
        rig.locate(position, NO_LOOP);
        let lane: [(Region, &[[f32; 2]]); 1] = [(region.clone(), &media)];
        assert_same(&rig.play(7, 30_000), &expected(&lane, position, NO_LOOP, 30_000));
    }
    rig.pool.close(1);
    rig.pool.set_lanes(vec![]);
    rig.locate(0, NO_LOOP);
    assert_eq!(rig.pool.statistics().media_bytes, 0);
}

#[test]
fn a_cold_file_starves_and_recovers_in_sync() {
    let mut rig = Rig::new();
    let path = rig.write("long.wav", &wav(44_100, &noise(11, 44_100 * 20)));
    let media = reference(&path, RATE);
    rig.pool.set_lanes(vec![(7, vec![region(1, 0, 2_000_000, 0)])]);
    rig.ask(1, &path, None);
    // Near the end of a file that is only beginning to be decoded.
    let position = 900_000;
    rig.locate(position, NO_LOOP);
    rig.roll(true);
    let mut in_sync = 0;
    let deadline = Instant::now() + Duration::from_secs(60);
    while in_sync < 2_000 {
        assert!(Instant::now() < deadline, "it never recovers");
        let at = rig.map.position_at(rig.rolled) as usize;
        let (delivered, heard) = rig.turn_without_waiting(7, 64);
        for (frame, expected) in heard[..delivered].iter().zip(media.iter().skip(at)) {
            assert!(frame == expected || *frame == [0.0; 2], "what is heard is in its place, or silence");
            in_sync += usize::from(frame == expected && *expected != [0.0; 2]);
        }
        if at + 10_000 > media.len() {
            rig.locate(position, NO_LOOP);
        }
        std::thread::sleep(Duration::from_millis(1));
        while rig.try_take_bundle() {}
    }
}

#[test]
fn media_that_comes_or_changes_after_its_lanes_is_heard() {
    let mut rig = Rig::new();
    let (first, second) =
        (rig.write("a.wav", &wav(RATE, &noise(12, 90_000))), rig.write("b.wav", &wav(RATE, &noise(13, 90_000))));
    let region = region(1, 0, 90_000, 0);
    rig.pool.set_lanes(vec![(7, vec![region.clone()])]);
    rig.locate(0, NO_LOOP);
    for path in [first, second] {
        rig.open(1, &path);
        rig.take_bundle();
        let media = reference(&path, RATE);
        rig.roll(true);
        let position = rig.map.position_at(rig.rolled);
        let lane: [(Region, &[[f32; 2]]); 1] = [(region.clone(), &media)];
        assert_same(&rig.play(7, 10_000), &expected(&lane, position, NO_LOOP, 10_000));
        rig.roll(false);
    }
}

#[test]
fn peaks_are_drawn_once_and_again_when_the_file_changes() {
    let mut rig = Rig::new();
    for rate in [RATE, 44_100] {
        let sound: Vec<[i16; 2]> = (0..40_000).map(|n| [if n < 64 { 16_384 } else { -8_192 }, 0]).collect();
        let path = rig.write("a.wav", &wav(rate, &sound));
        let peaks_path = rig.path("peaks/a.peaks");
        assert!(!state(rig.open_with_peaks(1, &path, Some(&peaks_path))).peaks_ready);
        let later = rig.event(|event| matches!(event, MediaEvent::State { token: None, .. }));
        assert!(state(later).peaks_ready);
        let peaks = PeaksFile::parse(&std::fs::read(&peaks_path).unwrap()).unwrap();
        assert_eq!((peaks.frames, peaks.sample_rate, peaks.levels.len()), (40_000, rate, 2));
        let first = peaks.levels[0].channels[0][..2].iter().map(|entry| (entry.min, entry.max, entry.rms));
        assert_eq!(first.collect::<Vec<_>>(), [(16_384, 16_384, 16_384), (-8_192, -8_192, 8_192)]);
        assert!(state(rig.open_with_peaks(1, &path, Some(&peaks_path))).peaks_ready);
    }
}

#[test]
fn a_new_rate_opens_everything_again() {
    let mut rig = Rig::new();
    let path = rig.write("a.wav", &wav(44_100, &noise(14, 44_100)));
    rig.open(1, &path);
    rig.pool.set_rate(96_000);
    rig.event(|event| matches!(event, MediaEvent::State { token: None, .. }));
    let media = reference(&path, 96_000);
    let region = region(1, 0, 90_000, 0);
    rig.pool.set_lanes(vec![(7, vec![region.clone()])]);
    rig.locate(0, NO_LOOP);
    rig.wait_until_decoded();
    rig.roll(true);
    let lane: [(Region, &[[f32; 2]]); 1] = [(region, &media)];
    assert_same(&rig.play(7, 60_000), &expected(&lane, 0, NO_LOOP, 60_000));
}
