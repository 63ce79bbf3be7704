//! Headless clients over TCP: who may come in, and how many. One slow or hostile client never delays another.

mod connection;
pub(crate) mod outbox;
pub(crate) mod request;
pub(crate) mod session;
pub(crate) mod tracing;

use crate::intent::Capability;
use crate::outgoing::{Message, Outgoing};
use crate::runtime::clock::unix_nanos;
use crate::runtime::mailbox::Mailbox;
use crate::trace::Tap;
use crate::view::ClientView;
use loophole_wire::ErrorBody;
use loophole_wire::envelope::{Kind, Party, Priority, empty_payload};
use outbox::ClientOutbox;
use request::Request;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// Error codes of this module, with their meaning.
pub const ERROR_CODES: &[(&str, &str)] = &[
    ("client.unauthorised", "no client.hello with the right token within two seconds"),
    ("client.tooManyClients", "no more clients can be served now"),
    ("client.tooManyRequests", "too many requests of this client wait for their answer"),
    ("client.tooSlow", "the client does not read what it is sent"),
    ("client.silent", "nothing was heard of the client for ten seconds"),
    ("client.alreadyGreeted", "a second hello"),
    ("client.unknownDomain", "a subscription to a domain that does not exist"),
    ("metering.rateOutOfRange", "meters come 1 to 60 times a second"),
];

/// Clients that are served at once.
const CLIENTS_LIMIT: usize = 256;
/// Connections that have not said hello yet.
const PENDING_LIMIT: usize = 32;
/// When the system has no more file descriptors or memory, it may have some a little later.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long the end of all connections is waited for.
const ENDING_PATIENCE: Duration = Duration::from_millis(800);

/// What a connection sends to the core.
#[derive(Debug)]
pub(crate) enum ClientMail {
    Joined { view: ClientView, outbox: Arc<ClientOutbox>, capabilities: BTreeSet<Capability> },
    Batch { connection: u32, requests: Vec<Request> },
    Left { connection: u32 },
}

/// A server that listens; dropping it without [`Server::end`] leaves it running until the process ends.
#[derive(Debug)]
pub(crate) struct Server {
    hall: Arc<Hall>,
    address: SocketAddr,
    thread: JoinHandle<()>,
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Hall {
    pub(crate) token: String,
    pub(crate) session_id: String,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) tap: Arc<Tap>,
    guests: Mutex<Guests>,
    left: Condvar,
    ending: AtomicBool,
    next_connection: AtomicU32,
}

#[derive(Debug, Default)]
struct Guests {
    streams: BTreeMap<u32, Arc<TcpStream>>,
    pending: usize,
    greeted: usize,
}

impl Server {
    /// Serves what connects to `listener`.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(
        listener: TcpListener,
        token: String,
        session_id: String,
        mailbox: Arc<Mailbox>,
        tap: Arc<Tap>,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let hall = Arc::new(Hall {
            token,
            session_id,
            mailbox,
            tap,
            guests: Mutex::default(),
            left: Condvar::new(),
            ending: AtomicBool::new(false),
            next_connection: AtomicU32::new(1),
        });
        let hall_of_thread = Arc::clone(&hall);
        let thread = Builder::new()
            .name("pulse-server".to_owned())
            .spawn(move || accept_until_the_end(&listener, &hall_of_thread))?;
        Ok(Self { hall, address, thread })
    }

    /// Ends all connections and the server's threads, within a second.
    pub(crate) fn end(self) {
        self.hall.ending.store(true, Ordering::Release);
        // Wakes the accepting thread; when it cannot be reached, it is awake.
        let _woken = TcpStream::connect_timeout(&self.address, Duration::from_millis(200));
        // A panic there has been reported already; the connections end all the same.
        let _joined = self.thread.join();
        let deadline = Instant::now() + ENDING_PATIENCE;
        let mut guests = self.hall.guests();
        for stream in guests.streams.values() {
            // It may be closed already.
            let _shut = stream.shutdown(Shutdown::Both);
        }
        while !guests.streams.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                return;
            }
            (guests, _) = self.hall.left.wait_timeout(guests, left).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Hall {
    fn guests(&self) -> MutexGuard<'_, Guests> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection comes in, if there is room for one that has not said hello.
    fn admit(&self, stream: &Arc<TcpStream>) -> Option<u32> {
        let mut guests = self.guests();
        if guests.pending >= PENDING_LIMIT || self.ending.load(Ordering::Acquire) {
            return None;
        }
        guests.pending += 1;
        let connection = self.next_connection.fetch_add(1, Ordering::Relaxed);
        guests.streams.insert(connection, Arc::clone(stream));
        Some(connection)
    }

    /// It has said hello, with the right token. False when there are too many clients.
    fn greet(&self) -> bool {
        let mut guests = self.guests();
        let room = guests.greeted < CLIENTS_LIMIT;
        if room {
            guests.pending -= 1;
            guests.greeted += 1;
        }
        room
    }

    fn leave(&self, connection: u32, was_greeted: bool) {
        let mut guests = self.guests();
        guests.streams.remove(&connection);
        if was_greeted {
            guests.greeted -= 1;
        } else {
            guests.pending -= 1;
        }
        self.left.notify_all();
    }
}

fn accept_until_the_end(listener: &TcpListener, hall: &Arc<Hall>) {
    while !hall.ending.load(Ordering::Acquire) {
        match listener.accept() {
            Ok((stream, address)) => welcome(stream, address, hall),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionAborted => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => std::thread::sleep(ACCEPT_PAUSE),
        }
    }
}

fn welcome(stream: TcpStream, address: SocketAddr, hall: &Arc<Hall>) {
    let stream = Arc::new(stream);
    if hall.ending.load(Ordering::Acquire) {
        return;
    }
    let Some(connection) = hall.admit(&stream) else {
        let error = too_many("too many connections have not said hello yet; try again in two seconds");
        return refuse(&stream, &Box::from(error));
    };
    let (stream, hall_of_thread) = (Arc::clone(&stream), Arc::clone(hall));
    let name = format!("pulse-client-{connection}");
    let started = Builder::new().name(name).spawn(move || {
        let was_greeted = connection::run(&stream, connection, address, &hall_of_thread);
        // It may be closed already.
        let _shut = stream.shutdown(Shutdown::Both);
        hall_of_thread.leave(connection, was_greeted);
    });
    if started.is_err() {
        hall.leave(connection, false);
    }
}

/// Why a connection is not served, and which command that answers.
#[derive(Debug)]
struct Refusal {
    cid: Option<String>,
    domain: String,
    name: String,
    error: ErrorBody,
}

impl From<ErrorBody> for Box<Refusal> {
    fn from(error: ErrorBody) -> Self {
        Self::new(Refusal { cid: None, domain: "client".to_owned(), name: "error".to_owned(), error })
    }
}

fn too_many(message: &str) -> ErrorBody {
    ErrorBody::new("client.tooManyClients", message)
}

/// Says why, as well as that can be done, and closes the sending side.
fn refuse(stream: &TcpStream, refusal: &Refusal) {
    let mut outgoing = Outgoing::new(Party::Pulse, Party::Client);
    outgoing.stamp(unix_nanos());
    let (id, payload, mut bytes) = (outgoing.next_id(None), empty_payload(), Vec::new());
    let message = Message {
        cid: refusal.cid.as_deref(),
        domain: &refusal.domain,
        name: &refusal.name,
        kind: Kind::Error,
        priority: Priority::High,
        payload: &payload,
        error: Some(&refusal.error),
    };
    let said = outgoing
        .write(&id, &message, &mut bytes)
        .map_err(std::io::Error::other)
        .and_then(|_| stream.set_write_timeout(Some(Duration::from_millis(200))))
        .and_then(|()| (&*stream).write_all(&bytes));
    if said.is_ok() {
        // The other side may have closed already.
        let _shut = stream.shutdown(Shutdown::Write);
    }
}
