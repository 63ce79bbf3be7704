//! Files that are not what they say: refused with a reason, or played as far as they go; never worse.

use super::rig::*;
use crate::media::decode::Decoder;
use crate::media::files::Stamp;
use crate::media::{MediaEvent, cache};
use proptest::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn what_cannot_be_played_is_refused_with_what_and_why() {
    let mut rig = Rig::new();
    let good = wav(44_100, &noise(1, 1_000));
    rig.write("empty.wav", &[]);
    rig.write("text.wav", "This is no sound at all.\n".repeat(100).as_bytes());
    rig.write("cut.wav", &good[..30]);
    rig.write("zero-hertz.wav", &wav_of(1, 2, 0, 16, &[1; 4_000]));
    rig.write("no-channels.wav", &wav_of(1, 0, 48_000, 16, &[1; 4_000]));
    rig.write("no-samples.wav", &wav_of(1, 2, 48_000, 16, &[]));
    rig.write("gigahertz.wav", &wav_of(1, 2, 4_000_000_000, 16, &[1; 4_000]));
    std::fs::create_dir(rig.path("folder.wav")).unwrap();
    for (id, (name, why)) in (1..).zip([
        ("absent.wav", "no such file"),
        ("empty.wav", "empty"),
        ("folder.wav", "not a file"),
        ("text.wav", "not a WAV"),
        ("cut.wav", ""),
        ("zero-hertz.wav", ""),
        ("no-channels.wav", ""),
        ("no-samples.wav", "no sound"),
        ("gigahertz.wav", "4000000000 Hz"),
    ]) {
        let path = rig.path(name);
        let MediaEvent::Missing { missing, .. } = rig.open(id, &path) else { panic!("{name} was accepted") };
        println!("{}", missing.reason);
        assert!(missing.reason.contains(name) && missing.reason.contains(why), "{}", missing.reason);
    }
}

#[test]
fn what_is_cut_or_lies_about_its_length_is_played_as_far_as_it_goes() {
    let mut rig = Rig::new();
    for (id, rate) in [(1, RATE), (2, 44_100)] {
        let mut bytes = wav(rate, &noise(1, 5_000));
        bytes[40..44].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
        bytes.truncate(44 + 4 * 3_000 + 1);
        let path = rig.write(&format!("{id}.wav"), &bytes);
        let event = rig.open(id, &path);
        assert!(matches!(event, MediaEvent::State { .. }), "{event:?}");
        rig.wait_until_decoded();
        rig.pool.set_lanes(vec![(7, vec![region(id, 0, 5_000, 0)])]);
        rig.locate(0, NO_LOOP);
        rig.roll(true);
        let heard = rig.play(7, 5_000);
        rig.roll(false);
        let what_is_there = rig.write("cut.wav", &wav(rate, &noise(1, 3_000)));
        let mut media = reference(&what_is_there, RATE);
        media.resize(5_000, [0.0; 2]);
        assert_same(&heard, &media);
    }
}

#[test]
fn samples_that_are_no_numbers_are_silent() {
    let mut rig = Rig::new();
    let data: Vec<u8> =
        [f32::NAN, f32::INFINITY, 0.5, f32::NEG_INFINITY].iter().flat_map(|x| x.to_le_bytes()).collect();
    for (id, rate) in [(1, RATE), (2, 44_100)] {
        let path = rig.write(&format!("{id}.wav"), &wav_of(3, 1, rate, 32, &data.repeat(500)));
        rig.open(id, &path);
        rig.pool.set_lanes(vec![(7, vec![region(id, 0, 2_000, 0)])]);
        rig.locate(0, NO_LOOP);
        rig.wait_until_decoded();
        rig.roll(true);
        assert!(rig.play(7, 2_000).iter().flatten().all(|sample| sample.is_finite()));
        rig.roll(false);
    }
}

#[test]
fn a_file_that_goes_away_while_it_plays_is_reported_once() {
    let mut rig = Rig::new();
    let path = rig.write("a.wav", &wav(RATE, &noise(1, 100_000)));
    rig.open(1, &path);
    std::fs::File::options().write(true).open(&path).unwrap().set_len(4_000).unwrap();
    rig.pool.set_lanes(vec![(7, vec![region(1, 0, 100_000, 0)])]);
    rig.locate(0, NO_LOOP);
    let event = rig.event(|event| matches!(event, MediaEvent::Missing { .. }));
    let MediaEvent::Missing { token: None, missing } = event else { panic!("{event:?}") };
    assert!(missing.reason.contains("a.wav"), "{}", missing.reason);
}

#[test]
fn a_cache_folder_that_cannot_be_written_is_done_without() {
    let mut rig = Rig::new();
    let blocked = rig.write("a-file-not-a-folder", b"");
    rig.pool.set_cache_folder(Some(blocked.join("cache")));
    let path = rig.write("a.wav", &wav(44_100, &noise(2, 5_000)));
    assert!(matches!(rig.open(1, &path), MediaEvent::State { .. }));
    rig.wait_until_decoded();
    assert!(rig.pool.statistics().media_bytes > 0);
}

#[test]
fn a_cache_file_that_cannot_be_put_in_its_place_is_done_without() {
    let mut rig = Rig::new();
    let path = rig.write("a.wav", &wav(44_100, &noise(2, 5_000)));
    let stamp = Stamp::of(&std::fs::metadata(&path).unwrap());
    let place = cache::Key::new(&path, stamp, RATE).path_in(&rig.path("cache"));
    std::fs::create_dir_all(place.join("in the way")).unwrap();
    rig.open(1, &path);
    rig.wait_until_decoded();
    let media = reference(&path, RATE);
    assert_eq!(rig.pool.statistics().media_bytes, 8 * media.len() as u64);
    let left_behind = std::fs::read_dir(rig.path("cache")).unwrap().count();
    assert_eq!(left_behind, 1, "only what is in the way");
    rig.pool.set_lanes(vec![(7, vec![region(1, 0, media.len() as i64, 0)])]);
    rig.locate(0, NO_LOOP);
    rig.roll(true);
    assert_same(&rig.play(7, media.len()), &media);
}

#[test]
fn what_a_dead_engine_left_half_written_is_swept_away() {
    let rig = Rig::new();
    let cache = rig.path("cache");
    std::fs::create_dir_all(&cache).unwrap();
    std::fs::write(cache.join("0-48000.pcm.0-1.part"), b"half").unwrap();
    std::fs::write(cache.join("kept.pcm"), b"whole").unwrap();
    rig.pool.set_cache_folder(Some(cache.clone()));
    rig.wait_until_decoded();
    let names: Vec<_> = std::fs::read_dir(&cache).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["kept.pcm"]);
}

#[test]
fn spoiled_files_are_all_answered_and_the_engine_goes_on() {
    let mut rig = Rig::new();
    let folder = rig.folder.path().to_owned();
    rig.write("a.wav", &wav(44_100, &noise(3, 3_000)));
    let mut names = vec!["a.wav"];
    names.extend(tool(&folder, "flac --silent a.wav -o a.flac").then_some("a.flac"));
    names.extend(tool(&folder, "sox a.wav a.aiff").then_some("a.aiff"));
    names.extend(tool(&folder, "oggenc --quiet a.wav -o a.ogg").then_some("a.ogg"));
    let mut asked = std::collections::BTreeSet::new();
    let mut random =
        noise(4, 100_000).into_iter().map(|[a, b]| (u32::from(a as u16) << 16 | u32::from(b as u16)) as usize);
    for name in names {
        let good = std::fs::read(rig.path(name)).unwrap();
        for id in 0..60 {
            let mut bytes = good.clone();
            for _ in 0..=id % 7 {
                let reach = if id % 2 == 0 { 100.min(bytes.len()) } else { bytes.len() };
                bytes[random.next().unwrap() % reach] = random.next().unwrap() as u8;
            }
            bytes.truncate(if id % 5 == 0 { random.next().unwrap() % bytes.len() } else { bytes.len() });
            let path = rig.write(&format!("{id}-{name}"), &bytes);
            asked.insert(rig.ask(100 + asked.len() as u32, &path, None));
        }
    }
    while !asked.is_empty() {
        let event = rig.event(|_| true);
        let (MediaEvent::State { token, .. } | MediaEvent::Missing { token, .. }) = event;
        token.map(|token| asked.remove(&token));
    }
    let path = rig.path("a.wav");
    assert!(matches!(rig.open(1, &path), MediaEvent::State { .. }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn noise_with_a_sound_files_name_is_decoded_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..4_000)) {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.wav", "a.flac", "a.mp3", "a.ogg"] {
            let path = folder.path().join(name);
            std::fs::write(&path, &bytes).unwrap();
            // The workers guard against panics of the decoder in just this way.
            let decoded = catch_unwind(AssertUnwindSafe(|| {
                let mut decoder = Decoder::open(&path).ok()?;
                let mut frames = 0;
                while let Some(planes) = decoder.next_planes() {
                    frames += planes[0].len();
                }
                Some(frames)
            }));
            prop_assert!(decoded.unwrap_or_default().unwrap_or_default() < 10_000_000);
        }
    }
}
