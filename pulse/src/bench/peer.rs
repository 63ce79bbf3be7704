//! A blocking connection that does nothing else than ask and wait: what a benchmark measures with.

use super::BenchError;
use loophole_wire::envelope::Kind;
use loophole_wire::{Envelope, Frame, FrameDecoder, Party, Priority, frame};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

/// One connection.
pub(super) struct Peer {
    stream: TcpStream,
    decoder: FrameDecoder,
    origin: Party,
    target: Party,
    next_id: u64,
    out: Vec<u8>,
}

impl Peer {
    pub(super) fn connect(port: u16, origin: Party, target: Party) -> Result<Self, BenchError> {
        let stream =
            TcpStream::connect(("127.0.0.1", port)).map_err(|source| BenchError::Io { what: "connecting", source })?;
        stream
            .set_nodelay(true)
            .and_then(|()| stream.set_read_timeout(Some(PATIENCE)))
            .map_err(|source| BenchError::Io { what: "setting up the socket", source })?;
        Ok(Self { stream, decoder: FrameDecoder::default(), origin, target, next_id: 1, out: Vec::new() })
    }

    /// Sends a command; returns its id.
    pub(super) fn send(&mut self, domain: &str, name: &str, payload: &Value) -> Result<u64, BenchError> {
        let id = self.next_id;
        self.next_id += 1;
        let envelope = Envelope {
            v: loophole_wire::ENVELOPE_VERSION,
            id: id.to_string(),
            cid: None,
            ts: String::from("2026-01-31T08:05:09.000Z"),
            origin: self.origin,
            target: self.target,
            domain: domain.to_owned(),
            kind: Kind::Command,
            name: name.to_owned(),
            priority: Priority::Normal,
            payload: loophole_wire::envelope::to_payload(payload),
            error: None,
        };
        self.out.clear();
        frame::encode(Frame::Json(&envelope.to_json()), &mut self.out);
        self.stream.write_all(&self.out).map_err(|source| BenchError::Io { what: "sending", source })?;
        Ok(id)
    }

    /// Sends a frame that is already encoded.
    pub(super) fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), BenchError> {
        self.stream.write_all(bytes).map_err(|source| BenchError::Io { what: "sending", source })
    }

    /// Sends a command and waits for its answer.
    pub(super) fn request(&mut self, domain: &str, name: &str, payload: &Value) -> Result<Value, BenchError> {
        let id = self.send(domain, name, payload)?.to_string();
        let answer = self.wait(|envelope| envelope.cid.as_deref() == Some(&id))?;
        match answer.error {
            Some(error) => Err(BenchError::Failed(format!("{domain}.{name}: {error}"))),
            None => Ok(payload_of(&answer)),
        }
    }

    /// Waits for an envelope; what else comes is thrown away.
    pub(super) fn wait(&mut self, mut wanted: impl FnMut(&Envelope) -> bool) -> Result<Envelope, BenchError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.decoder.next_frame() {
                Ok(Some(Frame::Json(bytes))) => {
                    let envelope = Envelope::parse(bytes).map_err(|error| BenchError::Failed(error.to_string()))?;
                    if wanted(&envelope) {
                        return Ok(envelope);
                    }
                    continue;
                }
                Ok(Some(Frame::Plane(_))) => continue,
                Ok(None) => {}
                Err(error) => return Err(BenchError::Failed(error.to_string())),
            }
            let read = self
                .decoder
                .read_from(&mut self.stream)
                .map_err(|source| BenchError::Io { what: "waiting for an answer", source })?;
            if read == 0 || Instant::now() > deadline {
                return Err(BenchError::Failed("the other side went away".to_owned()));
            }
        }
    }
}

pub(super) fn payload_of(envelope: &Envelope) -> Value {
    serde_json::from_str(envelope.payload.get()).unwrap_or_default()
}

/// A process that said it is ready; killed with this value.
pub(super) struct Ready {
    pub(super) child: Child,
    /// Held open: its end ends the process.
    _stdin: Option<ChildStdin>,
    pub(super) ready: Value,
    pub(super) spawned: Instant,
}

impl Ready {
    /// Spawns a command, hands it a first line on stdin, and waits for its ready line.
    pub(super) fn spawn(command: &mut Command, first_line: &str) -> Result<Self, BenchError> {
        let spawned = Instant::now();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| BenchError::Io { what: "starting a process", source })?;
        let mut stdin = child.stdin.take();
        if let Some(stdin) = stdin.as_mut()
            && !first_line.is_empty()
        {
            writeln!(stdin, "{first_line}")
                .map_err(|source| BenchError::Io { what: "handing over the token", source })?;
        }
        let out = child.stdout.take().ok_or_else(|| BenchError::Failed("the process has no stdout".to_owned()))?;
        let mut line = String::new();
        BufReader::new(out)
            .read_line(&mut line)
            .map_err(|source| BenchError::Io { what: "waiting for the ready line", source })?;
        let ready: Value = serde_json::from_str(&line).unwrap_or_default();
        let this = Self { child, _stdin: stdin, ready: ready["ready"].clone(), spawned };
        if this.port() == 0 {
            Err(BenchError::Failed(format!("no ready line, but '{}'", line.trim())))
        } else {
            Ok(this)
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.ready["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap_or(0)
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Says hello as a headless client.
pub(super) fn client(serve: &Ready) -> Result<Peer, BenchError> {
    let mut peer = Peer::connect(serve.port(), Party::Client, Party::Pulse)?;
    let hello =
        json!({ "clientId": "bench", "instanceId": std::process::id().to_string(), "token": serve.ready["token"] });
    peer.request("client", "hello", &hello)?;
    Ok(peer)
}
