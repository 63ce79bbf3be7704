//! The one connection: token, handshake, and who may not come in.

use crate::control::Control;
use crate::outgoing::{Asked, Outgoing};
use crate::{EXIT_PORT_TAKEN, SignalArguments};
use loophole_wire::message::{EngineCommand, EngineEvent, engine};
use loophole_wire::token::is_same;
use loophole_wire::{Envelope, ErrorBody, Frame, FrameDecoder, Kind, PROTOCOL_VERSION, Party, ProtocolError};
use std::io::{BufRead, Read};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a stranger may take to shake hands.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(2);
/// Strangers that may try at once; more are closed at once.
const MAX_STRANGERS: usize = 16;
/// A Pulse that does not read for this long is gone.
const WRITE_PATIENCE: Duration = Duration::from_secs(2);
/// Ending in order may take this long.
const END_PATIENCE: Duration = Duration::from_millis(300);
/// What a token may be long.
const MAX_TOKEN_BYTES: u64 = 1_024;

struct Door {
    born: Instant,
    /// The connection that lives.
    live: Mutex<Option<TcpStream>>,
    token: Mutex<Option<String>>,
    token_is_there: Condvar,
    taken: AtomicBool,
    strangers: AtomicUsize,
}

#[expect(clippy::print_stderr, clippy::print_stdout, reason = "the ready line and why there is none")]
pub(crate) fn run(arguments: SignalArguments) -> i32 {
    let born = Instant::now();
    let listener = match TcpListener::bind(("127.0.0.1", arguments.port)) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!(
                "signal: port {} on 127.0.0.1 cannot be opened ({error}); choose another, or 0 for any free one",
                arguments.port
            );
            return EXIT_PORT_TAKEN;
        }
    };
    let port = listener.local_addr().map_or(arguments.port, |address| address.port());
    let door = Arc::new(Door {
        born,
        live: Mutex::new(None),
        token: Mutex::default(),
        token_is_there: Condvar::new(),
        taken: AtomicBool::new(false),
        strangers: AtomicUsize::new(0),
    });
    let watched = Arc::clone(&door);
    let stdin = std::thread::Builder::new().name("signal-stdin".to_owned()).spawn(move || watch_stdin(&watched));
    if let Err(error) = stdin {
        eprintln!("signal: no thread can be started ({error})");
        return 1;
    }
    let ready = serde_json::json!({ "ready": {
        "port": port, "pid": std::process::id(), "protocol": PROTOCOL_VERSION, "version": env!("CARGO_PKG_VERSION"),
    }});
    println!("{ready}");
    for stream in listener.incoming().flatten() {
        let_in(stream, &door);
    }
    0
}

/// The first line is the token; the end of the pipe is the end of the process: no orphan survives its parent.
fn watch_stdin(door: &Door) {
    let mut stdin = std::io::stdin().lock();
    let mut line = String::new();
    if (&mut stdin).take(MAX_TOKEN_BYTES).read_line(&mut line).is_ok() && !line.trim().is_empty() {
        *door.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(line.trim().to_owned());
        door.token_is_there.notify_all();
    }
    let mut rest = [0; 256];
    while stdin.read(&mut rest).is_ok_and(|bytes| bytes > 0) {}
    // The control thread sees the end of its connection and ends in order, if it can.
    if let Some(live) = door.live.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _closed = live.shutdown(std::net::Shutdown::Both);
        std::thread::sleep(END_PATIENCE);
    }
    std::process::exit(0);
}

/// Ends the process: in order if that is soon, else anyway.
fn end(control: Control) -> ! {
    let watched = std::thread::Builder::new().name("signal-end".to_owned()).spawn(|| {
        std::thread::sleep(END_PATIENCE);
        std::process::exit(0);
    });
    if watched.is_ok() {
        drop(control);
    }
    std::process::exit(0);
}

fn let_in(stream: TcpStream, door: &Arc<Door>) {
    if door.strangers.fetch_add(1, Ordering::AcqRel) >= MAX_STRANGERS {
        door.strangers.fetch_sub(1, Ordering::AcqRel);
        return;
    }
    let of_thread = Arc::clone(door);
    let spawned = std::thread::Builder::new().name("signal-control".to_owned()).spawn(move || {
        let mut connection = Connection { stream, decoder: FrameDecoder::default() };
        let welcome = connection.handshake(&of_thread);
        of_thread.strangers.fetch_sub(1, Ordering::AcqRel);
        if let Some(outgoing) = welcome {
            *of_thread.live.lock().unwrap_or_else(PoisonError::into_inner) = connection.stream.try_clone().ok();
            let control = connection.serve(&outgoing, of_thread.born);
            // Its one Pulse is gone: whoever wants an engine starts a fresh one.
            end(control);
        }
    });
    if spawned.is_err() {
        door.strangers.fetch_sub(1, Ordering::AcqRel);
    }
}

struct Connection {
    stream: TcpStream,
    decoder: FrameDecoder,
}

impl Connection {
    /// `Some` when the stranger is our Pulse.
    fn handshake(&mut self, door: &Door) -> Option<Outgoing> {
        self.stream.set_nodelay(true).ok()?;
        self.stream.set_write_timeout(Some(WRITE_PATIENCE)).ok()?;
        let outgoing = Outgoing::new(self.stream.try_clone().ok()?);
        let deadline = Instant::now() + HANDSHAKE_PATIENCE;
        let outcome = self.first_message(deadline).and_then(|(asked, command)| {
            match check_handshake(&command, door, deadline).err() {
                None => Ok(asked),
                Some(error) => Err(refusal(Some(asked), error)),
            }
        });
        match outcome {
            Ok(asked) => {
                let reply = engine::HandshakeReply {
                    protocol: PROTOCOL_VERSION,
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    pid: std::process::id(),
                };
                outgoing.event(Some(&asked), &EngineEvent::EngineHandshake(reply));
                self.stream.set_read_timeout(None).ok()?;
                Some(outgoing)
            }
            Err(refusal) => {
                let Refusal { asked, error } = *refusal;
                outgoing.error(asked.as_ref(), error);
                // A closing with unread bytes would take our answer away from the other side: half close, read on.
                let _closed = self.stream.shutdown(std::net::Shutdown::Write);
                self.read_away(deadline);
                None
            }
        }
    }

    fn read_away(&mut self, deadline: Instant) {
        let mut rest = [0; 4_096];
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            if self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1)))).is_err()
                || !self.stream.read(&mut rest).is_ok_and(|bytes| bytes > 0)
            {
                return;
            }
        }
    }

    fn first_message(&mut self, deadline: Instant) -> Result<(Asked, EngineCommand), Box<Refusal>> {
        loop {
            match self.decoder.next_frame() {
                Ok(Some(Frame::Json(bytes))) => {
                    let envelope = Envelope::parse(bytes).map_err(|error| refusal(None, error.into()))?;
                    return parse(&envelope);
                }
                Ok(Some(Frame::Plane(_))) => return Err(refusal(None, unauthorised())),
                Ok(None) => {}
                Err(error) => return Err(refusal(None, error.into())),
            }
            let left = deadline.checked_duration_since(Instant::now()).ok_or_else(|| refusal(None, unauthorised()))?;
            let read = self
                .stream
                .set_read_timeout(Some(left.max(Duration::from_millis(1))))
                .and_then(|()| self.decoder.read_from(&mut self.stream));
            if !read.is_ok_and(|bytes| bytes > 0) {
                return Err(refusal(None, unauthorised()));
            }
        }
    }

    /// This thread is the control thread from here on.
    fn serve(&mut self, outgoing: &Outgoing, born: Instant) -> Control {
        let mut control = Control::new(outgoing.clone(), born);
        loop {
            outgoing.cork();
            loop {
                match self.decoder.next_frame() {
                    Ok(Some(Frame::Json(bytes))) => receive_json(bytes, &mut control, outgoing),
                    Ok(Some(Frame::Plane(bytes))) => control.plane(bytes),
                    Ok(None) => break,
                    Err(error) => {
                        outgoing.error(None, error.into());
                        outgoing.uncork();
                        return control;
                    }
                }
            }
            if !control.flush() {
                control.tell_overloaded();
            }
            outgoing.uncork();
            if control.wants_to_end() || outgoing.is_broken() {
                return control;
            }
            match self.decoder.read_from(&mut self.stream) {
                Ok(0) => return control,
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return control,
            }
        }
    }
}

fn receive_json(bytes: &[u8], control: &mut Control, outgoing: &Outgoing) {
    match Envelope::parse(bytes) {
        Ok(envelope) if !(envelope.origin == Party::Pulse && envelope.target == Party::Signal) => {
            let asked = asked(&envelope);
            let route = ProtocolError::ForbiddenRoute {
                origin: envelope.origin.name().to_owned(),
                target: envelope.target.name().to_owned(),
            };
            outgoing.error(Some(&asked), route.into());
        }
        Ok(envelope) if envelope.kind != Kind::Command => {}
        Ok(envelope) => match parse(&envelope) {
            Ok((asked, command)) => control.command(asked, command),
            Err(refusal) => outgoing.error(refusal.asked.as_ref(), refusal.error),
        },
        Err(error) => outgoing.error(None, error.into()),
    }
}

/// A message that is not obeyed.
struct Refusal {
    asked: Option<Asked>,
    error: ErrorBody,
}

fn refusal(asked: Option<Asked>, error: ErrorBody) -> Box<Refusal> {
    Box::new(Refusal { asked, error })
}

fn asked(envelope: &Envelope) -> Asked {
    Asked { id: envelope.id.clone(), domain: envelope.domain.clone(), name: envelope.name.clone() }
}

fn parse(envelope: &Envelope) -> Result<(Asked, EngineCommand), Box<Refusal>> {
    let asked = asked(envelope);
    match loophole_wire::message::parse_engine_command(&envelope.domain, &envelope.name, &envelope.payload) {
        Ok(command) => Ok((asked, command)),
        Err(error) => Err(refusal(Some(asked), error.into())),
    }
}

fn unauthorised() -> ErrorBody {
    ErrorBody::new(
        "engine.unauthorised",
        "the first message must be engine.handshake with the token, within two seconds",
    )
}

fn check_handshake(command: &EngineCommand, door: &Door, deadline: Instant) -> Result<(), ErrorBody> {
    let EngineCommand::EngineHandshake(handshake) = command else { return Err(unauthorised()) };
    if handshake.protocol != PROTOCOL_VERSION {
        return Err(ProtocolError::VersionMismatch { ours: PROTOCOL_VERSION, theirs: handshake.protocol }.into());
    }
    // A Pulse may be here before its token was read.
    let token = door.token.lock().unwrap_or_else(PoisonError::into_inner);
    let left = deadline.saturating_duration_since(Instant::now());
    let waited = door.token_is_there.wait_timeout_while(token, left, |token| token.is_none());
    let (token, _) = waited.unwrap_or_else(PoisonError::into_inner);
    if !token.as_ref().is_some_and(|token| is_same(handshake.token.as_bytes(), token.as_bytes())) {
        return Err(unauthorised());
    }
    if door.taken.swap(true, Ordering::AcqRel) {
        return Err(ErrorBody::new("engine.busy", "another Pulse is connected; one engine serves one Pulse"));
    }
    Ok(())
}
