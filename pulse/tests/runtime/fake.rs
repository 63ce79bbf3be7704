//! An engine as a process of its own: this very test, started again, in one of several moods.

use loophole_pulse::engine::from_wire::Said;
use loophole_pulse::engine::memory::MemoryEngine;
use loophole_pulse::port::EnginePort;
use loophole_pulse::runtime::SignalCommand;
use loophole_wire::envelope::{empty_payload, to_payload};
use loophole_wire::message::parse_engine_command;
use loophole_wire::{Envelope, Frame, FrameDecoder, Kind, Party, Priority, frame};
use std::io::{BufRead, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::FromRawFd;

const MOOD: &str = "LOOPHOLE_FAKE_ENGINE";

/// A command that starts this test as an engine. Its ready line goes to descriptor 3, because the test harness
/// prints on stdout.
pub(crate) fn engine(mood: &str) -> SignalCommand {
    let this = std::env::current_exe().unwrap();
    let script =
        format!("{MOOD}={mood} exec \"$0\" fake::runs_as_an_engine_when_asked_to --exact --nocapture 3>&1 >/dev/null");
    shell(&script, &this.to_string_lossy())
}

/// A shell script as the engine.
pub(crate) fn shell(script: &str, argument: &str) -> SignalCommand {
    let arguments = vec!["-c".to_owned(), script.to_owned(), argument.to_owned()];
    SignalCommand { program: "sh".into(), arguments }
}

#[test]
fn runs_as_an_engine_when_asked_to() {
    let Ok(mood) = std::env::var(MOOD) else { return };
    run(&mood);
    std::process::exit(0);
}

#[expect(unsafe_code, reason = "descriptor 3 is handed over by the shell")]
fn ready_pipe() -> std::fs::File {
    // SAFETY: the shell that started this process opened descriptor 3 for it, and nobody else here uses it.
    unsafe { std::fs::File::from_raw_fd(3) }
}

fn run(mood: &str) {
    let mut token = String::new();
    std::io::stdin().lock().read_line(&mut token).unwrap();
    // Ends with its parent, as the real one does.
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(|| {
            while std::io::stdin().lock().read_line(&mut String::new()).is_ok_and(|count| count > 0) {}
            std::process::exit(0);
        })
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut ready = ready_pipe();
    writeln!(ready, "{{\"ready\":{{\"port\":{port},\"pid\":{},\"protocol\":1}}}}", std::process::id()).unwrap();
    let (stream, _) = listener.accept().unwrap();
    serve(stream, token.trim(), mood);
}

fn serve(mut stream: TcpStream, token: &str, mood: &str) {
    let mut engine = MemoryEngine::default();
    let mut decoder = FrameDecoder::default();
    let (mut said, mut count) = (Vec::new(), 0_u64);
    loop {
        while let Some(frame) = decoder.next_frame().unwrap() {
            let Frame::Json(bytes) = frame else { continue };
            let envelope = Envelope::parse(bytes).unwrap();
            if envelope.name == "handshake" {
                assert!(envelope.payload.get().contains(token), "the token is the one from stdin");
                match mood {
                    "newer" => {
                        let reply = serde_json::json!({ "protocol": 2, "version": "9", "pid": 1 });
                        let reply = answer(1, &envelope, "engine", "handshake", to_payload(&reply));
                        stream.write_all(&reply).unwrap();
                        continue;
                    }
                    "mute" => continue,
                    _ => {}
                }
            }
            let command = parse_engine_command(&envelope.domain, &envelope.name, &envelope.payload).unwrap();
            engine.command(None, command);
            engine.drain(&mut said);
            for message in said.drain(..) {
                count += 1;
                let Said::Event(event) = message.said else { continue };
                let (spec, payload) = (event.spec(), event.payload());
                stream.write_all(&answer(count, &envelope, spec.domain, spec.name, payload)).unwrap();
            }
            if envelope.name == "handshake" {
                misbehave(&mut stream, mood);
            }
        }
        if decoder.read_from(&mut stream).unwrap_or(0) == 0 {
            return;
        }
    }
}

fn misbehave(stream: &mut TcpStream, mood: &str) {
    let mut bytes = Vec::new();
    match mood {
        "nonsense" => {
            for text in [
                "{",
                "[]",
                r#"{"v":1,"id":"1","ts":"","origin":"signal","target":"pulse","domain":"engine","kind":"event","name":"dream","payload":{}}"#,
            ] {
                frame::encode(Frame::Json(text.as_bytes()), &mut bytes);
            }
            frame::encode(Frame::Plane(&[9, 9, 9]), &mut bytes);
        }
        "chatty" => {
            eprintln!("ALSA lib seq_hw.c: something that helps nobody");
            eprintln!("signal: something that a person should know");
        }
        "broken" => bytes.extend([0, 0, 0, 0]),
        "crash" => std::process::exit(7),
        _ => {}
    }
    stream.write_all(&bytes).unwrap();
}

fn answer(id: u64, to: &Envelope, domain: &str, name: &str, payload: Box<serde_json::value::RawValue>) -> Vec<u8> {
    let envelope = Envelope {
        v: 1,
        id: id.to_string(),
        cid: Some(to.id.clone()),
        ts: "2026-01-31T08:05:09.000Z".to_owned(),
        origin: Party::Signal,
        target: Party::Pulse,
        domain: domain.to_owned(),
        kind: Kind::Event,
        name: name.to_owned(),
        priority: Priority::Normal,
        payload: if payload.get().is_empty() { empty_payload() } else { payload },
        error: None,
    };
    let mut bytes = Vec::new();
    frame::encode(Frame::Json(&envelope.to_json()), &mut bytes);
    bytes
}
