//! A headless client, as any script in any language could be one: for the command line, tests and measurements.

use crate::outgoing::{Message, Outgoing};
use crate::runtime::clock::unix_nanos;
use loophole_wire::envelope::{Kind, Party, Priority, empty_payload, to_payload};
use loophole_wire::plane::{GestureValue, Header, encode_gesture};
use loophole_wire::{Envelope, ErrorBody, Frame, FrameDecoder, PROTOCOL_VERSION, frame};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

/// What an answer is waited for at the most.
const PATIENCE: Duration = Duration::from_secs(30);
/// Events that wait to be asked for; the oldest go.
const EVENTS_LIMIT: usize = 10_000;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("{0}")]
    Refused(ErrorBody),
    #[error("the connection ended")]
    Closed,
    #[error("nothing came within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("the other side does not speak the protocol: {0}")]
    Protocol(#[from] loophole_wire::ProtocolError),
    #[error("the connection broke: {0}")]
    Io(#[from] std::io::Error),
}

/// Something that came without being asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientEvent {
    pub domain: String,
    pub name: String,
    pub payload: Value,
    /// When it is an error that answers no command.
    pub error: Option<ErrorBody>,
}

/// One connection. It answers heartbeats while it waits for something.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    decoder: FrameDecoder,
    outgoing: Outgoing,
    events: VecDeque<ClientEvent>,
    answers: BTreeMap<String, Envelope>,
    sequences: BTreeMap<u32, u32>,
}

impl Client {
    /// Connects and says hello.
    ///
    /// # Errors
    /// Nobody listens, or the hello is refused.
    pub fn connect(port: u16, token: &str, client_id: &str) -> Result<Self, ClientError> {
        let mut client = Self::open(port)?;
        let hello = json!({
            "clientId": client_id,
            "instanceId": std::process::id().to_string(),
            "token": token,
            "protocol": PROTOCOL_VERSION,
            "clientVersion": env!("CARGO_PKG_VERSION"),
        });
        client.request("client", "hello", &hello)?;
        Ok(client)
    }

    /// Connects and says nothing.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn open(port: u16) -> Result<Self, ClientError> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            decoder: FrameDecoder::default(),
            outgoing: Outgoing::new(Party::Client, Party::Pulse),
            events: VecDeque::new(),
            answers: BTreeMap::new(),
            sequences: BTreeMap::new(),
        })
    }

    /// Asks, and waits for the answer; events that come meanwhile are kept for [`Self::next_event`].
    ///
    /// # Errors
    /// [`ClientError::Refused`], or the connection is no good any more.
    pub fn request(&mut self, domain: &str, name: &str, payload: &Value) -> Result<Value, ClientError> {
        let id = self.send(domain, name, payload)?;
        self.answer(&id)
    }

    /// Asks without waiting; returns what [`Self::answer`] wants.
    ///
    /// # Errors
    /// The connection is no good any more.
    pub fn send(&mut self, domain: &str, name: &str, payload: &Value) -> Result<String, ClientError> {
        let (payload, mut bytes) = (to_payload(payload), Vec::new());
        let message = message(None, domain, name, Kind::Command, &payload);
        self.outgoing.stamp(unix_nanos());
        let id = self.outgoing.next_id(None);
        self.outgoing.write(&id, &message, &mut bytes)?;
        self.stream.write_all(&bytes)?;
        Ok(id)
    }

    /// Waits for the answer to a command.
    ///
    /// # Errors
    /// As [`Self::request`].
    pub fn answer(&mut self, id: &str) -> Result<Value, ClientError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = self.answers.remove(id) {
                return match answer.error {
                    Some(error) => Err(ClientError::Refused(error)),
                    None => Ok(value_of(&answer)),
                };
            }
            if !self.receive(deadline)? {
                return Err(ClientError::TimedOut(PATIENCE));
            }
        }
    }

    /// The next event, after waiting for it.
    ///
    /// # Errors
    /// None came in time, or the connection is no good any more.
    pub fn next_event(&mut self, timeout: Duration) -> Result<ClientEvent, ClientError> {
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            if !self.receive(deadline)? {
                return Err(ClientError::TimedOut(timeout));
            }
        }
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// The connection is no good any more.
    pub fn send_raw(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        Ok(self.stream.write_all(bytes)?)
    }

    /// Sends values on a gesture stream.
    ///
    /// # Errors
    /// The connection is no good any more.
    pub fn plane(&mut self, stream: u32, values: &[GestureValue]) -> Result<(), ClientError> {
        let sequence = self.sequences.entry(stream).or_default();
        let header = Header { flags: 0, stream, sequence: *sequence, time_nanos: unix_nanos() };
        *sequence = sequence.wrapping_add(1);
        let (mut payload, mut bytes) = (Vec::with_capacity(values.len() * 8 + 24), Vec::new());
        encode_gesture(&header, values, &mut payload);
        frame::encode(Frame::Plane(&payload), &mut bytes);
        self.send_raw(&bytes)
    }

    /// Takes what comes next; false when nothing came until the deadline.
    fn receive(&mut self, deadline: Instant) -> Result<bool, ClientError> {
        loop {
            let envelope = match self.decoder.next_frame()? {
                Some(Frame::Json(bytes)) => Some(Envelope::parse(bytes)?),
                Some(Frame::Plane(_)) => continue,
                None => None,
            };
            if let Some(envelope) = envelope {
                self.take(envelope)?;
                return Ok(true);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                return Ok(false);
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.decoder.read_from(&mut self.stream) {
                Ok(0) => return Err(ClientError::Closed),
                Ok(_) => {}
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {
                }
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Err(ClientError::Closed),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn take(&mut self, envelope: Envelope) -> Result<(), ClientError> {
        match (envelope.kind, &envelope.cid) {
            (Kind::Command, _) => return self.answer_heartbeat(&envelope.id),
            (_, Some(cid)) => {
                let cid = cid.clone();
                self.answers.insert(cid, envelope);
            }
            (_, None) => {
                if self.events.len() == EVENTS_LIMIT {
                    self.events.pop_front();
                }
                let payload = value_of(&envelope);
                let Envelope { domain, name, error, .. } = envelope;
                self.events.push_back(ClientEvent { domain, name, payload, error });
            }
        }
        Ok(())
    }

    fn answer_heartbeat(&mut self, cid: &str) -> Result<(), ClientError> {
        let (payload, mut bytes) = (empty_payload(), Vec::new());
        let message = message(Some(cid), "client", "heartbeat", Kind::Event, &payload);
        let id = self.outgoing.next_id(None);
        self.outgoing.write(&id, &message, &mut bytes)?;
        self.send_raw(&bytes)
    }
}

fn message<'a>(
    cid: Option<&'a str>,
    domain: &'a str,
    name: &'a str,
    kind: Kind,
    payload: &'a serde_json::value::RawValue,
) -> Message<'a> {
    Message { cid, domain, name, kind, priority: Priority::Normal, payload, error: None }
}

fn value_of(envelope: &Envelope) -> Value {
    serde_json::from_str(envelope.payload.get()).unwrap_or_default()
}
