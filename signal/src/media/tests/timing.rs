//! Measurements, for a person to look at: `cargo test --release -p loophole-signal media_timing -- --ignored --nocapture`.

use super::rig::*;
use std::time::{Duration, Instant};

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// CPU time of all disk threads of this process, in steps of 10 ms (Linux).
fn disk_thread_millis() -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let stats = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
    let of_disk = stats.filter(|stat| stat.contains("(signal-disk)"));
    let ticks =
        |stat: String| stat.split_whitespace().skip(13).take(2).filter_map(|n| n.parse::<u64>().ok()).sum::<u64>();
    of_disk.map(ticks).sum::<u64>() * 10
}

#[test]
#[ignore = "a measurement"]
fn media_timing() {
    for lanes in [16_u32, 64] {
        let mut rig = Rig::new();
        let sound = noise(1, 44_100 * 60);
        let paths: Vec<_> = (0..lanes)
            .map(|n| rig.write(&format!("{n}.wav"), &wav(if n % 2 == 0 { 44_100 } else { RATE }, &sound)))
            .collect();
        rig.pool.set_lanes((0..lanes).map(|n| (n, vec![region(n, 0, 48_000 * 60, 0)])).collect());
        for (n, path) in (0..).zip(&paths) {
            rig.ask(n, path, None);
        }
        let started = Instant::now();
        rig.locate(0, NO_LOOP);
        println!("{lanes} lanes, cold, to the start: {:?}", started.elapsed());
        let started = Instant::now();
        rig.locate(48_000 * 50, NO_LOOP);
        println!("{lanes} lanes, cold, far in: {:?} (gives up after 100 ms)", started.elapsed());
        rig.wait_until_decoded();
        println!("{} files of 60 s decoded and resampled after {:?}", lanes / 2, started.elapsed());

        let mut rig = rig.restart();
        let started = Instant::now();
        for (n, path) in (0..).zip(&paths) {
            rig.ask(n, path, None);
        }
        rig.pool.set_lanes((0..lanes).map(|n| (n, vec![region(n, 0, 48_000 * 60, 0)])).collect());
        rig.locate(48_000 * 30, NO_LOOP);
        println!("{lanes} lanes, a new engine: open, set, locate: {:?}", started.elapsed());
        rig.roll(true);
        let times = (0..50).map(|n| {
            let started = Instant::now();
            rig.locate(48_000 + 40_000 * n, NO_LOOP);
            started.elapsed()
        });
        let times: Vec<_> = times.collect();
        for rolling in [true, false] {
            rig.roll(rolling);
            let (started, before) = (Instant::now(), disk_thread_millis());
            while started.elapsed() < Duration::from_secs(4) {
                for n in (0..lanes).filter(|_| rolling) {
                    rig.rolled -= if n > 0 { 480 } else { 0 };
                    rig.turn_without_waiting(n, 480);
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            println!("{lanes} lanes, rolling: {rolling}: {} ms of CPU in 4 s", disk_thread_millis() - before);
        }
        println!("{lanes} lanes, warm locate: median {:?}, worst {:?}", median(times.clone()), times.iter().max());
    }
}
