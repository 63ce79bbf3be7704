//! A peer of our own on a socket: polite or hostile, written against the protocol page and not against Pulse.

use crate::PATIENCE;
use crate::contract::Contract;
use loophole_wire::envelope::{Envelope, Kind};
use loophole_wire::plane::{DeviceInput, DeviceOutput, Header, Plane};
use loophole_wire::{Frame, FrameDecoder, frame};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// What came over the socket.
#[derive(Debug)]
pub enum Received {
    Message(Box<Envelope>),
    Plane(Plane),
    /// The other side closed the connection.
    Closed,
}

/// One connection.
pub struct Peer {
    pub stream: TcpStream,
    decoder: FrameDecoder,
    origin: &'static str,
    target: &'static str,
    next_id: u64,
    /// What came while waiting for something else.
    kept: VecDeque<Envelope>,
    pub planes: Vec<Plane>,
}

impl Peer {
    /// A headless client of Pulse, without a hello.
    pub fn client(port: u16) -> Self {
        Self::connect(port, "client", "pulse")
    }

    /// A Pulse for a Signal, without a handshake.
    pub fn pulse(port: u16) -> Self {
        Self::connect(port, "pulse", "signal")
    }

    fn connect(port: u16, origin: &'static str, target: &'static str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("the port is open");
        stream.set_nodelay(true).expect("a TCP socket");
        let (decoder, kept, planes) = (FrameDecoder::default(), VecDeque::new(), Vec::new());
        Self { stream, decoder, origin, target, next_id: 1, kept, planes }
    }

    /// A headless client that has said hello.
    pub fn hello(port: u16, token: &str) -> Self {
        let mut peer = Self::client(port);
        let hello =
            json!({ "clientId": "test", "instanceId": format!("{:?}", std::thread::current().id()), "token": token });
        peer.request("client", "hello", hello);
        peer
    }

    /// Sends bytes as they are.
    pub fn send_raw(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends a JSON frame as it is.
    pub fn send_json(&mut self, json: &[u8]) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        frame::encode(Frame::Json(json), &mut bytes);
        self.send_raw(&bytes)
    }

    /// Sends a plane frame.
    pub fn send_plane(&mut self, plane: &Plane) -> std::io::Result<()> {
        let (mut payload, mut bytes) = (Vec::new(), Vec::new());
        plane.encode(&mut payload);
        frame::encode(Frame::Plane(&payload), &mut bytes);
        self.send_raw(&bytes)
    }

    /// Sends a command; returns its id.
    pub fn send(&mut self, domain: &str, name: &str, payload: Value) -> String {
        let id = self.next_id.to_string();
        self.next_id += 1;
        let envelope = json!({
            "v": 1, "id": id, "cid": null, "ts": "2026-01-31T08:05:09.000Z", "origin": self.origin, "target": self.target,
            "domain": domain, "kind": "command", "name": name, "priority": "normal", "payload": payload, "error": null,
        });
        self.send_json(envelope.to_string().as_bytes()).expect("the connection is open");
        id
    }

    /// Sends a command and waits for its one answer.
    pub fn ask(&mut self, domain: &str, name: &str, payload: Value) -> Envelope {
        let id = self.send(domain, name, payload);
        self.wait_for(&format!("the answer to {domain}.{name}"), |envelope| envelope.cid.as_deref() == Some(&id))
    }

    /// Like [`Self::ask`], for a command that must succeed; returns the payload.
    #[track_caller]
    pub fn request(&mut self, domain: &str, name: &str, payload: Value) -> Value {
        let answer = self.ask(domain, name, payload);
        assert!(answer.error.is_none(), "{domain}.{name}: {:?}", answer.error);
        payload_of(&answer)
    }

    /// Like [`Self::ask`], for a command that must be refused; returns the error code.
    #[track_caller]
    pub fn refusal(&mut self, domain: &str, name: &str, payload: Value) -> String {
        let answer = self.ask(domain, name, payload);
        answer.error.unwrap_or_else(|| panic!("{domain}.{name} was not refused")).code
    }

    /// Waits for an event of its own accord.
    #[track_caller]
    pub fn event(&mut self, domain: &str, name: &str, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        let envelope = self.wait_for(&format!("an event {domain}.{name}"), |envelope| {
            envelope.kind == Kind::Event
                && envelope.domain == domain
                && envelope.name == name
                && wanted(&payload_of(envelope))
        });
        payload_of(&envelope)
    }

    /// Waits for a message; others are kept for later calls, in order.
    #[track_caller]
    pub fn wait_for(&mut self, what: &str, mut wanted: impl FnMut(&Envelope) -> bool) -> Envelope {
        if let Some(place) = self.kept.iter().position(&mut wanted) {
            return self.kept.remove(place).expect("just found");
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.receive(deadline) {
                Some(Received::Message(envelope)) if wanted(&envelope) => return *envelope,
                Some(Received::Message(envelope)) => self.keep(*envelope),
                Some(Received::Plane(plane)) => self.planes.push(plane),
                Some(Received::Closed) => {
                    panic!("the connection was closed while waiting for {what}; kept: {:?}", self.kept)
                }
                None => panic!("waited {} s in vain for {what}; kept: {:?}", PATIENCE.as_secs(), self.kept),
            }
        }
    }

    /// Reads what devices say, until it is enough.
    ///
    /// # Panics
    /// When it never is.
    #[track_caller]
    pub fn devices_say(&mut self, mut enough: impl FnMut(&[DeviceInput]) -> bool) -> Vec<DeviceInput> {
        let deadline = Instant::now() + PATIENCE;
        let mut all = Vec::new();
        loop {
            for plane in std::mem::take(&mut self.planes) {
                match plane {
                    Plane::DeviceInput(_, records) => all.extend(records),
                    other => self.planes.push(other),
                }
            }
            if enough(&all) {
                return all;
            }
            match self.receive(deadline) {
                Some(Received::Plane(plane)) => self.planes.push(plane),
                Some(Received::Message(envelope)) => self.keep(*envelope),
                Some(Received::Closed) => panic!("the connection was closed; devices said {all:?}"),
                None => panic!("devices said only {all:?}; kept: {:?}", self.kept),
            }
        }
    }

    /// Tells a device something, in order.
    pub fn tell_device(&mut self, port: u32, feature: bool, bytes: &[u8]) {
        let record = DeviceOutput { port, key: 0, feature, bytes: bytes.to_vec() };
        let header = Header { flags: 0, stream: 0, sequence: 0, time_nanos: 0 };
        self.send_plane(&Plane::DeviceOutput(header, vec![record])).expect("the connection is open");
    }

    /// Forgets what came and was not asked for yet.
    pub fn forget(&mut self) {
        self.kept.clear();
    }

    fn keep(&mut self, envelope: Envelope) {
        if envelope.kind == Kind::Command
            && (envelope.domain.as_str(), envelope.name.as_str()) == ("client", "heartbeat")
        {
            let answer = json!({
                "v": 1, "id": format!("h{}", envelope.id), "cid": envelope.id, "ts": envelope.ts, "origin": self.origin,
                "target": self.target, "domain": "client", "kind": "event", "name": "heartbeat", "payload": {}, "error": null,
            });
            // The other side may be gone already; whoever waits will notice.
            let _sent = self.send_json(answer.to_string().as_bytes());
        } else {
            self.kept.push_back(envelope);
        }
    }

    /// What comes next until the deadline.
    pub fn receive(&mut self, deadline: Instant) -> Option<Received> {
        loop {
            match self.decoder.next_frame() {
                Ok(Some(Frame::Json(bytes))) => {
                    let envelope = Envelope::parse(bytes)
                        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(bytes)));
                    self.check(&envelope);
                    return Some(Received::Message(Box::new(envelope)));
                }
                Ok(Some(Frame::Plane(bytes))) => {
                    return Some(Received::Plane(Plane::parse(bytes).expect("what we are sent is well formed")));
                }
                Ok(None) => {}
                Err(error) => panic!("{error}"),
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1)))).expect("a TCP socket");
            match self.decoder.read_from(&mut self.stream) {
                Ok(0) => return Some(Received::Closed),
                Ok(_) => {}
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {
                }
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                    return Some(Received::Closed);
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Nothing that is received in any test is of another shape than the schemas tell.
    fn check(&self, envelope: &Envelope) {
        // The schemas alone would take an emulated processor half a minute; outside they are checked often enough.
        if std::env::var_os("LOOPHOLE_HARDWARE_GUEST").is_some() {
            return;
        }
        static CONTRACT: OnceLock<Contract> = OnceLock::new();
        let contract = CONTRACT.get_or_init(|| Contract::new(&loophole_pulse::protocol::schemas()));
        let Envelope { domain, name, .. } = envelope;
        let payload = payload_of(envelope);
        let message = match (self.target, envelope.kind, &envelope.cid) {
            (_, Kind::Error, _) => {
                assert_eq!(payload, json!({}));
                return;
            }
            ("signal", _, _) => format!("signal.event.{domain}.{name}"),
            (_, Kind::Command, _) => format!("pulse.asks.{domain}.{name}"),
            (_, Kind::Event | Kind::Snapshot, Some(_)) => format!("pulse.reply.{domain}.{name}"),
            (_, Kind::Event | Kind::Snapshot, None) => format!("pulse.event.{domain}.{name}"),
        };
        contract.check(&message, &payload);
    }

    /// Reads on until the other side closes; returns what it still said.
    #[track_caller]
    pub fn until_closed(&mut self) -> Vec<Envelope> {
        let deadline = Instant::now() + PATIENCE;
        let mut said: Vec<Envelope> = self.kept.drain(..).collect();
        loop {
            match self.receive(deadline) {
                Some(Received::Message(envelope)) => said.push(*envelope),
                Some(Received::Plane(_)) => {}
                Some(Received::Closed) => return said,
                None => panic!("the connection was not closed; it said {said:?}"),
            }
        }
    }
}

/// A payload as a value.
pub fn payload_of(envelope: &Envelope) -> Value {
    serde_json::from_str(envelope.payload.get()).expect("an envelope holds valid JSON")
}
