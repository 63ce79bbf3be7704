//! Audio output and OSC endpoints against what is really there: the clock, real audio servers that are killed, real UDP.
//!
//! Audio libraries look at the environment, so whoever plays on a server is a process of its own: this same program, started
//! again with `player` as the only test.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests, helpers included")]

use loophole_signal::audio::{AudioEvent, AudioOutput, Process, list_audio_hosts};
use loophole_signal::devices::{OscEndpoint, OscEvent, OscOpenError};
use loophole_wire::message::hardware::{AudioConfig, AudioHost, OscArgument, OscMessage};
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// For what is certain to come, however slow the machine.
const PATIENCE: Duration = Duration::from_secs(60);

// ---- The silent clock

/// Counts frames, and remembers the rates.
#[derive(Clone, Default)]
struct Counting {
    frames: Arc<AtomicU64>,
    rates: Arc<Mutex<Vec<u32>>>,
}

impl Counting {
    fn frames(&self) -> u64 {
        self.frames.load(Ordering::Acquire)
    }
}

impl Process for Counting {
    fn prepare(&mut self, sample_rate: u32) {
        self.rates.lock().unwrap().push(sample_rate);
    }

    fn process(&mut self, output: &mut [f32], channels: usize) {
        assert!(output.iter().all(|sample| *sample == 0.0), "silence on entry");
        output.fill(0.25);
        self.frames.fetch_add((output.len() / channels) as u64, Ordering::AcqRel);
    }
}

struct Output {
    output: AudioOutput,
    counting: Counting,
    events: Receiver<AudioEvent>,
}

fn start(config: AudioConfig, preferred_rate: u32) -> Output {
    let counting = Counting::default();
    let (told, events) = sync_channel(100);
    // A test that is over listens no more.
    let sink = Arc::new(move |event| drop(told.send(event)));
    let output = AudioOutput::start(config, preferred_rate, Box::new(counting.clone()), sink);
    Output { output, counting, events }
}

fn silent() -> AudioConfig {
    AudioConfig { host: AudioHost::Silent, ..AudioConfig::default() }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "in time: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn the_silent_clock_runs_at_once_and_never_too_fast() {
    let began = Instant::now();
    let Output { output, counting, events } = start(silent(), 48_000);
    let AudioEvent::Started { device, reason, .. } = events.recv_timeout(PATIENCE).unwrap() else { panic!() };
    println!("silent clock: first block told after {:?}; {}", began.elapsed(), output.status().priority);
    assert_eq!((device.silent, device.sample_rate, device.buffer_frames, reason), (true, 48_000, 128, None));
    wait_until("half a second is played", || counting.frames() >= 24_000);
    let (frames, elapsed) = (counting.frames(), began.elapsed());
    println!("silent clock: {frames} frames in {elapsed:?}");
    assert!(frames as f64 <= elapsed.as_secs_f64() * 48_000.0 + 128.0, "{frames} frames in {elapsed:?}");
    assert_eq!(output.status().device, Some(device));
    assert!(output.stop().is_some(), "the processor comes back");
    let ended_at = counting.frames();
    std::thread::yield_now();
    assert_eq!(counting.frames(), ended_at);
    assert_eq!(*counting.rates.lock().unwrap(), [48_000]);
}

#[test]
fn another_rate_is_prepared_and_the_processor_goes_on() {
    let Output { output, counting, events } = start(silent(), 48_000);
    events.recv_timeout(PATIENCE).unwrap();
    wait_until("it plays", || counting.frames() > 1_000);
    let before = counting.frames();
    output.reconfigure(AudioConfig { sample_rate: Some(44_100), buffer_frames: Some(64), ..silent() }, 48_000);
    let AudioEvent::Started { device, .. } = events.recv_timeout(PATIENCE).unwrap() else { panic!() };
    assert_eq!((device.sample_rate, device.buffer_frames), (44_100, 64));
    wait_until("it plays on", || counting.frames() > before);
    // Asked for the same again: told again, nothing is interrupted.
    output.reconfigure(AudioConfig { sample_rate: Some(44_100), buffer_frames: Some(64), ..silent() }, 48_000);
    let AudioEvent::Started { device: again, .. } = events.recv_timeout(PATIENCE).unwrap() else { panic!() };
    assert_eq!(again, device);
    drop(output);
    assert_eq!(*counting.rates.lock().unwrap(), [48_000, 44_100]);
}

#[test]
fn what_the_silent_clock_plays_is_in_the_capture_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("played.f32");
    let config = AudioConfig { capture_path: Some(path.to_string_lossy().into_owned()), ..silent() };
    let Output { output, counting, events: _events } = start(config, 48_000);
    wait_until("some is played", || counting.frames() >= 4_800);
    let lost = output.status().capture_lost_samples;
    drop(output);
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(lost, 0);
    assert_eq!(bytes.len() as u64, counting.frames() * 2 * 4);
    assert!(bytes.chunks_exact(4).all(|sample| sample == 0.25_f32.to_le_bytes()));
}

#[test]
fn a_capture_file_that_cannot_be_is_a_reason_and_it_plays() {
    let config = AudioConfig { capture_path: Some("/nowhere/at/all.f32".to_owned()), ..silent() };
    let Output { output: _output, counting, events } = start(config, 48_000);
    let AudioEvent::Started { reason, .. } = events.recv_timeout(PATIENCE).unwrap() else { panic!() };
    assert!(reason.is_some_and(|reason| reason.contains("capture file")));
    wait_until("it plays", || counting.frames() > 1_000);
}

#[test]
fn a_host_that_does_not_exist_means_the_silent_clock_and_a_reason() {
    let config = AudioConfig { host: AudioHost::Named("gramophone".to_owned()), ..AudioConfig::default() };
    let Output { output: _output, counting, events } = start(config, 44_100);
    let mut reasons = std::iter::from_fn(|| match events.recv_timeout(PATIENCE) {
        Ok(AudioEvent::Started { device, reason, .. }) => Some((device.silent, reason.unwrap_or_default())),
        Ok(AudioEvent::Lost { .. }) | Err(_) => None,
    });
    assert!(reasons.any(|(silent, reason)| silent && reason.contains("gramophone")));
    wait_until("it plays", || counting.frames() > 1_000);
}

// ---- Real servers

/// Not a test: what the others start. Says what happens on stdout, and how many frames were played when it is asked on stdin.
#[test]
#[ignore = "started by the other tests"]
fn player() {
    let Ok(host) = std::env::var("LOOPHOLE_TEST_HOST") else { return };
    let (name, device) = host.split_once(':').map_or((host.as_str(), None), |(name, device)| (name, Some(device)));
    let host = if name == "auto" { AudioHost::Auto } else { AudioHost::Named(name.to_owned()) };
    let config = AudioConfig { host, device: device.map(str::to_owned), ..AudioConfig::default() };
    let (counting, began) = (Counting::default(), Instant::now());
    let sink = Arc::new(move |event| {
        let line = match event {
            AudioEvent::Started { device, reason, latency_frames } => format!(
                "STARTED {} {} Hz, {} frames, {} channels, latency {latency_frames}, {:?}, {}",
                device.host,
                device.sample_rate,
                device.buffer_frames,
                device.output_channels,
                device.name,
                reason.unwrap_or_default()
            ),
            AudioEvent::Lost { host, name, reason, .. } => format!("LOST {host} {name:?} {reason}"),
        };
        say(&format!("{line} @{}us", began.elapsed().as_micros()));
    });
    let output = AudioOutput::start(config, 48_000, Box::new(counting.clone()), sink);
    for line in std::io::stdin().lines() {
        match line.unwrap().as_str() {
            "frames" => say(&format!("FRAMES {}", counting.frames())),
            "status" => say(&format!("STATUS {:?}", output.status())),
            other => panic!("{other}"),
        }
    }
    let is_back = output.stop().is_some();
    say(if is_back { "STOPPED" } else { "HANGS" });
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

/// The process that plays.
struct Player {
    process: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Player {
    fn start(host: &str, environment: &[(&str, &str)]) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["player", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
            .env("LOOPHOLE_TEST_HOST", host)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (read, lines) = sync_channel(1_000);
        let output = BufReader::new(process.stdout.take().unwrap());
        std::thread::Builder::new()
            .name("player-output".to_owned())
            .spawn(move || output.lines().map_while(Result::ok).all(|line| read.send(line).is_ok()))
            .unwrap();
        let input = process.stdin.take();
        Self { process, input, lines }
    }

    /// The next line with this in it.
    fn wait(&self, what: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(what) => return line,
                Ok(line) => seen.push(line),
                Err(RecvTimeoutError::Timeout) => panic!("no '{what}' in time; seen: {seen:#?}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the player ended without '{what}'; seen: {seen:#?}"),
            }
        }
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.input.as_mut().unwrap(), "{what}").unwrap();
        self.wait(&what.to_uppercase())
    }

    fn frames(&mut self) -> u64 {
        self.ask("frames").rsplit(' ').next().unwrap().parse().unwrap()
    }

    /// Waits until it has played so much more.
    fn play(&mut self, frames: u64) -> u64 {
        let before = self.frames();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let now = self.frames();
            if now >= before + frames {
                return now;
            }
            assert!(Instant::now() < deadline, "it plays: {}", self.ask("status"));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn stop(mut self) {
        drop(self.input.take());
        self.wait("STOPPED");
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        drop(self.input.take());
        // Ended already, unless the test failed.
        let _killed = self.process.kill();
        let _ended = self.process.wait();
    }
}

/// A server, ended with the test. By TERM: JACK keeps eight places for servers in shared memory, and one that is killed leaves
/// its place taken until a server of the same name is started. After the eighth, no JACK server starts on that machine.
struct Server(Child);

impl Server {
    /// Only for who starts it again under the same name.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            self.signal("-CONT");
            self.signal("-TERM");
        }
        let _ended = self.0.wait();
    }
}

/// False, with the reason printed, if a tool is missing.
fn have(tools: &[&str], package: &str) -> bool {
    let is_there = |tool: &&&str| {
        std::env::var("PATH").unwrap_or_default().split(':').any(|folder| Path::new(folder).join(tool).exists())
    };
    let missing: Vec<_> = tools.iter().filter(|tool| !is_there(tool)).collect();
    if !missing.is_empty() {
        println!("SKIPPED: {missing:?} missing; apt install {package}");
    }
    missing.is_empty()
}

fn unique(name: &str) -> String {
    format!("loophole-signal-{name}-{}", std::process::id())
}

fn jackd(name: &str) -> Server {
    let real_time = Command::new("chrt")
        .args(["-f", "70", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let priority: &[&str] = if real_time { &["-R", "-P70"] } else { &["-r"] };
    let server = Command::new("jackd")
        .args(priority)
        .args(["-n", name, "-d", "dummy", "-r", "48000", "-p", "128", "-C", "2", "-P", "2"])
        .env("JACK_NO_AUDIO_RESERVATION", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(Server)
        .unwrap();
    wait_until("jackd is ready", || {
        let asked = Command::new("jack_wait").args(["-s", name, "-c"]).stderr(Stdio::null()).output().unwrap();
        String::from_utf8_lossy(&asked.stdout).lines().any(|line| line == "running")
    });
    server
}

#[test]
fn jack_is_killed_while_playing_and_returns() {
    if !have(&["jackd", "jack_wait"], "jackd2") {
        return;
    }
    let name = unique("jack");
    let server = jackd(&name);
    let mut player = Player::start("jack", &[("JACK_DEFAULT_SERVER", &name), ("JACK_NO_AUDIO_RESERVATION", "1")]);
    println!("{}", player.wait("STARTED silent"));
    println!("{}", player.wait("STARTED jack 48000 Hz, 128 frames, 2 channels"));
    player.play(4_800);
    println!("{}", player.ask("status"));

    let (before, killed) = (player.frames(), Instant::now());
    server.kill();
    player.wait("LOST jack");
    player.wait("STARTED silent 48000 Hz");
    println!("jackd killed → silent clock runs: {:?}", killed.elapsed());
    let after = player.play(4_800);
    assert!(after > before);
    let most = killed.elapsed().as_secs_f64() * 48_000.0 + 4_800.0;
    assert!((after - before) as f64 <= most, "{} frames in {:?}", after - before, killed.elapsed());

    let again = Instant::now();
    let _server = jackd(&name);
    println!("jackd ready after {:?}", again.elapsed());
    player.wait("STARTED jack 48000 Hz");
    println!("jackd started again → taken back: {:?}", again.elapsed());
    assert!(player.play(4_800) > after);
    player.stop();
}

#[test]
fn auto_finds_jack_where_it_runs() {
    if !have(&["jackd", "jack_wait"], "jackd2") {
        return;
    }
    let name = unique("auto");
    let _server = jackd(&name);
    let mut player = Player::start("auto", &[("JACK_DEFAULT_SERVER", &name), ("JACK_NO_AUDIO_RESERVATION", "1")]);
    player.wait("STARTED jack");
    player.play(4_800);
    player.stop();
}

#[test]
fn a_jack_server_that_stands_still_is_given_up() {
    if !have(&["jackd", "jack_wait"], "jackd2") {
        return;
    }
    let name = unique("still");
    let server = jackd(&name);
    let mut player = Player::start("jack", &[("JACK_DEFAULT_SERVER", &name), ("JACK_NO_AUDIO_RESERVATION", "1")]);
    player.wait("STARTED jack");
    player.play(4_800);
    let stopped = Instant::now();
    server.signal("-STOP");
    player.wait("STARTED silent");
    println!("jackd stopped → silent clock runs: {:?}", stopped.elapsed());
    assert!(player.ask("status").contains("watchdog_trips: 1"));
    player.play(4_800);
    server.signal("-CONT");
    player.wait("STARTED jack");
    player.play(4_800);
    player.stop();
}

#[test]
fn no_jack_server_means_the_silent_clock_and_none_is_started() {
    let name = unique("nobody");
    let mut player = Player::start("jack", &[("JACK_DEFAULT_SERVER", &name)]);
    let line = player.wait("no JACK server runs");
    assert!(line.contains("STARTED silent"), "{line}");
    player.play(4_800);
    player.stop();
}

#[test]
fn alsa_plays_through_a_plugin_that_keeps_time() {
    let plugin = ["x86_64", "aarch64"].iter().any(|machine| {
        Path::new(&format!("/usr/lib/{machine}-linux-gnu/alsa-lib/libasound_module_pcm_jack.so")).exists()
    });
    if !have(&["jackd", "jack_wait"], "jackd2") || !plugin {
        println!("SKIPPED: ALSA over JACK needs: apt install libasound2-plugins jackd2");
        return;
    }
    let (name, folder) = (unique("alsa"), tempfile::tempdir().unwrap());
    let (server, configuration) = (jackd(&name), folder.path().join("asound.conf"));
    let ports = "playback_ports { 0 system:playback_1 1 system:playback_2 } capture_ports { 0 system:capture_1 1 system:capture_2 }";
    let text = format!(
        "</usr/share/alsa/alsa.conf>\npcm.rawjack {{ type jack {ports} }}\npcm.!default {{ type plug slave.pcm rawjack }}\n"
    );
    std::fs::write(&configuration, text).unwrap();
    let configuration = configuration.to_string_lossy();
    let environment =
        [("JACK_DEFAULT_SERVER", name.as_str()), ("ALSA_CONFIG_PATH", &configuration), ("JACK_NO_START_SERVER", "1")];
    let mut player = Player::start("alsa", &environment);
    println!("{}", player.wait("STARTED alsa"));
    player.play(4_800);
    println!("{}", player.ask("status"));
    // This death is silent: no error comes, only no callback any more.
    let killed = Instant::now();
    server.kill();
    player.wait("STARTED silent");
    println!("jackd under ALSA killed → silent clock runs: {:?}", killed.elapsed());
    player.play(4_800);
    let _server = jackd(&name);
    player.wait("STARTED alsa");
    player.play(4_800);
    player.stop();
}

/// Ends with a TERM to the lane's script, which ends the server.
fn pulseaudio(folder: &Path) -> (Server, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lanes/pulse.sh");
    let mut server = Command::new(script).arg(folder).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    let address = lines.find_map(|line| line.split_once("PULSE_SERVER=").map(|(_, address)| address.to_owned()));
    (Server(server), address.expect("the server comes up"))
}

#[test]
fn pulseaudio_ends_while_playing_and_returns() {
    if !have(&["pulseaudio", "pactl"], "pulseaudio pulseaudio-utils") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (server, address) = pulseaudio(folder.path());
    let mut player = Player::start("pulseaudio", &[("PULSE_SERVER", &address)]);
    println!("{}", player.wait("STARTED pulseaudio 48000 Hz"));
    player.play(4_800);
    println!("{}", player.ask("status"));
    let killed = Instant::now();
    drop(server);
    println!("pulseaudio gone after {:?}", killed.elapsed());
    player.wait("LOST pulseaudio");
    player.wait("STARTED silent 48000 Hz");
    println!("pulseaudio ended → silent clock runs: {:?}", killed.elapsed());
    player.play(4_800);
    let again = Instant::now();
    let (_server, _) = pulseaudio(folder.path());
    player.wait("STARTED pulseaudio");
    println!("pulseaudio started again → taken back: {:?}", again.elapsed());
    player.play(4_800);
    player.stop();
}

#[test]
fn listing_audio_hosts_never_hangs() {
    let began = Instant::now();
    let hosts = list_audio_hosts();
    println!("listed in {:?}: {hosts:#?}", began.elapsed());
    assert!(!hosts.is_empty());
    for host in hosts {
        assert!(host.available || host.note.is_some(), "{host:?}");
        assert!(host.devices.iter().all(|device| device.id != "null"));
    }
}

// ---- OSC

fn open_osc() -> (OscEndpoint, Receiver<OscEvent>) {
    let (told, events) = sync_channel(100_000);
    let sink = Arc::new(move |event| drop(told.send(event)));
    (OscEndpoint::open(7, IpAddr::V4(Ipv4Addr::LOCALHOST), 0, sink).unwrap(), events)
}

fn app(endpoint: &OscEndpoint) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(endpoint.local_addr()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn packet(address: &str, value: f32) -> Vec<u8> {
    let message = loophole_surfaces::osc::OscMessage {
        address: address.to_owned(),
        arguments: vec![loophole_surfaces::osc::OscArgument::Float(value)],
    };
    loophole_surfaces::osc::encode(&[message]).unwrap()
}

fn message(address: &str, value: f32) -> OscMessage {
    OscMessage { address: address.to_owned(), arguments: vec![OscArgument::Float(value)] }
}

#[test]
fn an_app_is_heard_and_answered() {
    let (endpoint, events) = open_osc();
    assert_eq!((endpoint.device(), endpoint.send(&[message("/a", 0.0)], None)), (7, 0), "nobody to send to yet");
    let app = app(&endpoint);
    for (round, is_new) in [(1.0, true), (2.0, false)] {
        app.send(&packet("/track/1/volume", round)).unwrap();
        let OscEvent::Control { peer, peer_is_new, messages, at_nanos } = events.recv_timeout(PATIENCE).unwrap() else {
            panic!()
        };
        assert_eq!((peer, peer_is_new), (app.local_addr().unwrap(), is_new));
        assert_eq!(messages, [message("/track/1/volume", round)]);
        assert!(at_nanos > 1_700_000_000_000_000_000);
    }
    assert_eq!(endpoint.peers(), [app.local_addr().unwrap()]);
    assert_eq!(endpoint.send(&[message("/track/1/volume", 0.5)], None), 0);
    let mut buffer = [0; 100];
    let length = app.recv(&mut buffer).unwrap();
    assert_eq!(buffer[..length], packet("/track/1/volume", 0.5));
}

#[test]
fn a_round_trip_takes_microseconds() {
    // Answered from the listening thread, as fast as this endpoint can be.
    let endpoint: Arc<Mutex<Option<OscEndpoint>>> = Arc::default();
    let answering = Arc::clone(&endpoint);
    let sink = Arc::new(move |event| {
        if let (OscEvent::Control { messages, .. }, Some(endpoint)) = (event, answering.lock().unwrap().as_ref()) {
            endpoint.send(&messages, None);
        }
    });
    *endpoint.lock().unwrap() = Some(OscEndpoint::open(1, IpAddr::V4(Ipv4Addr::LOCALHOST), 0, sink).unwrap());
    let app = app(endpoint.lock().unwrap().as_ref().unwrap());
    let mut times: Vec<_> = (0..500_u16)
        .map(|round| {
            let (began, sent, mut buffer) = (Instant::now(), packet("/track/1/volume", f32::from(round)), [0; 100]);
            app.send(&sent).unwrap();
            let length = app.recv(&mut buffer).unwrap();
            assert_eq!(buffer[..length], sent);
            began.elapsed()
        })
        .collect();
    times.sort();
    println!("OSC in → OSC out: p50 {:?}, p99 {:?}", times[250], times[495]);
    // Out of the lock before it is dropped: its thread may be waiting for it.
    let ended = endpoint.lock().unwrap().take();
    drop(ended);
}

#[test]
fn bad_packets_are_told_and_do_no_harm() {
    let (endpoint, events) = open_osc();
    let app = app(&endpoint);
    let mut nested = packet("/a", 0.0);
    while nested.len() < 60_000 {
        let mut outer = b"#bundle\0\0\0\0\0\0\0\0\x01".to_vec();
        outer.extend(u32::try_from(nested.len()).unwrap().to_be_bytes());
        outer.extend(nested);
        nested = outer;
    }
    app.send(&nested).unwrap();
    let OscEvent::Bad { peer, reason, count } = events.recv_timeout(PATIENCE).unwrap() else { panic!() };
    assert_eq!((peer, count), (app.local_addr().unwrap(), 1));
    assert!(reason.contains("nested"), "{reason}");
    app.send(&packet("/fine", 1.0)).unwrap();
    let OscEvent::Control { messages, .. } = events.recv_timeout(PATIENCE).unwrap() else { panic!() };
    assert_eq!(messages, [message("/fine", 1.0)]);
    app.send(&[]).unwrap();
    let OscEvent::Bad { count, .. } = events.recv_timeout(PATIENCE).unwrap() else { panic!() };
    assert_eq!(count, 1);
}

#[test]
fn a_storm_is_thinned_and_its_last_word_arrives() {
    const PACKETS: u16 = 20_000;
    let (endpoint, events) = open_osc();
    let app = app(&endpoint);
    for number in 0..PACKETS {
        app.send(&packet("/track/1/volume", f32::from(number))).unwrap();
    }
    // UDP may drop what a slow machine does not read in time: the last word is said until it is heard.
    let last = f32::from(PACKETS);
    let (mut events_seen, deadline) = (0, Instant::now() + PATIENCE);
    loop {
        app.send(&packet("/track/1/volume", last)).unwrap();
        match events.recv_timeout(Duration::from_millis(50)) {
            Ok(OscEvent::Control { messages, .. }) if messages.contains(&message("/track/1/volume", last)) => break,
            Ok(_) => events_seen += 1,
            Err(_) => assert!(Instant::now() < deadline, "the last word arrives"),
        }
    }
    println!("{PACKETS} packets made {events_seen} events");
    assert!(events_seen < PACKETS);
}

#[test]
fn a_taken_port_is_said_with_what_to_do() {
    let (endpoint, _events) = open_osc();
    let port = endpoint.local_addr().port();
    let again = OscEndpoint::open(8, IpAddr::V4(Ipv4Addr::LOCALHOST), port, Arc::new(|_| {}));
    let error = again.err().expect("the port is taken");
    assert!(matches!(error, OscOpenError::PortTaken { .. }));
    assert!(error.to_string().contains(&port.to_string()) && error.to_string().contains("another port"), "{error}");
    drop(endpoint);
    OscEndpoint::open(8, IpAddr::V4(Ipv4Addr::LOCALHOST), port, Arc::new(|_| {})).expect("it is free again");
}

#[test]
fn an_address_that_is_not_here_is_said() {
    // TEST-NET-1 of RFC 5737: nobody's.
    let error =
        OscEndpoint::open(1, IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 0, Arc::new(|_| {})).err().expect("not ours");
    assert!(matches!(error, OscOpenError::NoSuchAddress { .. }), "{error}");
}

#[test]
fn closing_is_prompt_also_on_all_addresses() {
    for address in ["127.0.0.1", "0.0.0.0"] {
        let endpoint = OscEndpoint::open(1, address.parse().unwrap(), 0, Arc::new(|_| {})).unwrap();
        let began = Instant::now();
        drop(endpoint);
        println!("closed {address} in {:?}", began.elapsed());
    }
}

#[test]
fn liblo_s_tools_are_heard_and_hear() {
    if !have(&["oscsend", "oscdump"], "liblo-tools") {
        return;
    }
    let (endpoint, events) = open_osc();
    let port = endpoint.local_addr().port().to_string();
    let sent = Command::new("oscsend").args(["127.0.0.1", &port, "/track/2/mute", "T"]).status().unwrap();
    assert!(sent.success());
    let OscEvent::Control { messages, .. } = events.recv_timeout(PATIENCE).unwrap() else { panic!() };
    assert_eq!(
        messages,
        [OscMessage { address: "/track/2/mute".to_owned(), arguments: vec![OscArgument::Bool(true)] }]
    );

    // A free port for oscdump: taken and let go. It listens a moment after it is started, so it is told until it hears.
    let free = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut dump = Command::new("oscdump")
        .args(["-L", &free.port().to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .map(Server)
        .unwrap();
    let (heard, line) = sync_channel(1);
    let mut output = BufReader::new(dump.0.stdout.take().unwrap());
    let reader = std::thread::Builder::new().name("oscdump-output".to_owned()).spawn(move || {
        let mut text = String::new();
        output.read_line(&mut text).unwrap();
        heard.send(text).unwrap();
    });
    let mut said = None;
    wait_until("oscdump hears", || {
        endpoint.send(
            &[message("/master/volume", 0.75), message("/track/1/pan", -1.0)],
            Some(SocketAddr::from(([127, 0, 0, 1], free.port()))),
        );
        said = line.try_recv().ok();
        said.is_some()
    });
    let said = said.unwrap();
    assert!(said.contains("/master/volume f 0.75"), "{said}");
    dump.kill();
    reader.unwrap().join().unwrap();
}
