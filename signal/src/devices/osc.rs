//! An OSC endpoint: a UDP socket that hears control apps and answers to those who spoke lately.

mod peers;
mod storm;

use loophole_surfaces::osc as codec;
use loophole_wire::message::hardware::{OscArgument, OscMessage};
use peers::Peers;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use storm::{BadPackets, Storm};

/// Feedback goes in datagrams of at most this many bytes, so that none is split on its way (Ethernet carries 1,500).
const DATAGRAM_BYTES: usize = 1_400;
/// How soon the thread looks whether it shall end, in case nobody could wake it.
const LOOK_UP: Duration = Duration::from_millis(250);
/// How soon held messages go on during a storm.
const STORM_LOOK_UP: Duration = Duration::from_millis(5);

/// What happened at an endpoint. Told on the thread `signal-osc`.
#[derive(Clone, Debug, PartialEq)]
pub enum OscEvent {
    /// Somebody spoke. Bundles are flattened; during a storm only the newest message of each address comes.
    Control {
        peer: SocketAddr,
        /// True when this peer was not heard of in the last minute.
        peer_is_new: bool,
        messages: Vec<OscMessage>,
        /// When it came in: nanoseconds since 1970-01-01T00:00:00Z.
        at_nanos: u64,
    },
    /// Packets that are not OSC, or too many of them; told at most once a second.
    Bad {
        /// Who sent the last of them.
        peer: SocketAddr,
        reason: String,
        /// How many since the last report.
        count: u64,
    },
}

pub type OscEventSink = Arc<dyn Fn(OscEvent) + Send + Sync>;

/// Why an endpoint cannot be opened, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OscOpenError {
    #[error(
        "UDP port {port} on {address} is taken by another program; close it, or choose another port (0 = any free one)"
    )]
    PortTaken { address: IpAddr, port: u16, source: std::io::Error },
    #[error("this user may not listen on UDP port {port}; choose one from 1024 on")]
    NotPermitted { port: u16, source: std::io::Error },
    #[error(
        "this machine has no address {address}; 127.0.0.1 keeps OSC on this machine, 0.0.0.0 is all of its addresses"
    )]
    NoSuchAddress { address: IpAddr, source: std::io::Error },
    #[error("the OSC endpoint on {address}, port {port}, cannot be opened: {source}")]
    Other { address: IpAddr, port: u16, source: std::io::Error },
}

/// An open endpoint. Dropping it closes it.
pub struct OscEndpoint {
    device: u32,
    socket: UdpSocket,
    local: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    peers: Mutex<Peers>,
    ending: AtomicBool,
}

impl OscEndpoint {
    /// Port 0 = any free one. `on_event` must return soon: nobody listens meanwhile.
    pub fn open(device: u32, address: IpAddr, port: u16, on_event: OscEventSink) -> Result<Self, OscOpenError> {
        let failed = |source: std::io::Error| match source.kind() {
            ErrorKind::AddrInUse => OscOpenError::PortTaken { address, port, source },
            ErrorKind::PermissionDenied => OscOpenError::NotPermitted { port, source },
            ErrorKind::AddrNotAvailable => OscOpenError::NoSuchAddress { address, source },
            _ => OscOpenError::Other { address, port, source },
        };
        let socket = UdpSocket::bind((address, port)).map_err(failed)?;
        socket.set_read_timeout(Some(LOOK_UP)).map_err(failed)?;
        let local = socket.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared { peers: Mutex::default(), ending: AtomicBool::new(false) });
        let listener = Listener {
            socket: socket.try_clone().map_err(failed)?,
            shared: Arc::clone(&shared),
            on_event,
            storm: Storm::new(Instant::now()),
            bad: BadPackets::default(),
            in_a_hurry: false,
        };
        let thread = std::thread::Builder::new().name("signal-osc".to_owned()).spawn(|| listener.run());
        Ok(Self { device, socket, local, shared, thread: Some(thread.map_err(failed)?) })
    }

    /// The id it was opened with.
    pub fn device(&self) -> u32 {
        self.device
    }

    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Who spoke in the last minute, the longest silent first; at most 64.
    pub fn peers(&self) -> Vec<SocketAddr> {
        self.shared.peers.lock().unwrap_or_else(PoisonError::into_inner).of_last_minute(Instant::now())
    }

    /// To one, or to all of the last minute. Returns how many datagrams could not be sent: a message that OSC cannot say, a
    /// peer out of reach. UDP does not tell whether the others arrive.
    pub fn send(&self, messages: &[OscMessage], only_to: Option<SocketAddr>) -> usize {
        let to = only_to.map_or_else(|| self.peers(), |peer| vec![peer]);
        if to.is_empty() || messages.is_empty() {
            return 0;
        }
        let messages: Vec<_> = messages.iter().map(to_codec).collect();
        let (mut datagrams, unsayable) = (Vec::new(), &mut 0);
        pack(&messages, &mut datagrams, unsayable);
        let sent = |datagram: &[u8], peer: &SocketAddr| self.socket.send_to(datagram, peer).is_ok();
        let all = to.iter().flat_map(|peer| datagrams.iter().map(move |datagram| (datagram, peer)));
        *unsayable + all.filter(|(datagram, peer)| !sent(datagram, peer)).count()
    }
}

impl Drop for OscEndpoint {
    fn drop(&mut self) {
        self.shared.ending.store(true, Ordering::Release);
        // A datagram to itself wakes the thread at once; without it, it looks up within `LOOK_UP`.
        let _sent = self.socket.send_to(&[], (reachable(self.local.ip()), self.local.port()));
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

/// Where a socket that listens on an address is reached from the same machine.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

/// The thread that hears.
struct Listener {
    socket: UdpSocket,
    shared: Arc<Shared>,
    on_event: OscEventSink,
    storm: Storm,
    bad: BadPackets,
    /// Whether the socket's timeout is the short one.
    in_a_hurry: bool,
}

impl Listener {
    fn run(mut self) {
        let mut buffer = vec![0; codec::MAX_PACKET_BYTES];
        while !self.shared.ending.load(Ordering::Acquire) {
            match self.socket.recv_from(&mut buffer) {
                // Only an ending endpoint speaks to itself with nothing to say; from others it is a bad packet like any.
                Ok(_) if self.shared.ending.load(Ordering::Acquire) => return,
                Ok((length, peer)) => self.heard(buffer.get(..length).unwrap_or_default(), peer),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {
                }
                // Windows says here that an earlier answer did not arrive. Nothing to do, but never in a tight loop.
                Err(_) => std::thread::park_timeout(Duration::from_millis(10)),
            }
            self.catch_up();
        }
    }

    fn heard(&mut self, bytes: &[u8], peer: SocketAddr) {
        let now = Instant::now();
        match codec::decode(bytes) {
            Err(error) => self.bad.count(peer, error.to_string()),
            Ok(messages) if messages.is_empty() => {}
            Ok(messages) => {
                let peer_is_new = self.shared.peers.lock().unwrap_or_else(PoisonError::into_inner).heard(peer, now);
                let messages: Vec<_> = messages.into_iter().map(from_codec).collect();
                if peer_is_new || self.storm.may_pass(now) {
                    self.control(peer, peer_is_new, messages);
                } else if !self.storm.hold(peer, messages) {
                    self.bad.count(peer, "too many different messages at once".to_owned());
                }
            }
        }
    }

    /// What waits and is due.
    fn catch_up(&mut self) {
        let now = Instant::now();
        for (peer, messages) in self.storm.due(now) {
            self.control(peer, false, messages);
        }
        if let Some((peer, reason, count)) = self.bad.due(now) {
            (self.on_event)(OscEvent::Bad { peer, reason, count });
        }
        let in_a_hurry = self.storm.holds_any();
        if in_a_hurry != self.in_a_hurry {
            let timeout = if in_a_hurry { STORM_LOOK_UP } else { LOOK_UP };
            // If it fails, the old timeout stays: slower, not wrong.
            let _set = self.socket.set_read_timeout(Some(timeout));
            self.in_a_hurry = in_a_hurry;
        }
    }

    fn control(&self, peer: SocketAddr, peer_is_new: bool, messages: Vec<OscMessage>) {
        let at_nanos = crate::rt::unix_nanos();
        (self.on_event)(OscEvent::Control { peer, peer_is_new, messages, at_nanos });
    }
}

/// Puts messages in as few datagrams as they fit in. A single message may be longer than one should be.
fn pack(messages: &[codec::OscMessage], datagrams: &mut Vec<Vec<u8>>, unsayable: &mut usize) {
    match codec::encode(messages) {
        Ok(datagram) if datagram.len() <= DATAGRAM_BYTES || messages.len() == 1 => datagrams.push(datagram),
        Err(_) if messages.len() <= 1 => *unsayable += 1,
        _ => {
            let (front, back) = messages.split_at(messages.len() / 2);
            pack(front, datagrams, unsayable);
            pack(back, datagrams, unsayable);
        }
    }
}

fn from_codec(message: codec::OscMessage) -> OscMessage {
    let argument = |argument| match argument {
        codec::OscArgument::Int(number) => OscArgument::Int(number),
        codec::OscArgument::Float(number) => OscArgument::Float(number),
        codec::OscArgument::Text(text) => OscArgument::Text(text),
        codec::OscArgument::Bool(on) => OscArgument::Bool(on),
    };
    OscMessage { address: message.address, arguments: message.arguments.into_iter().map(argument).collect() }
}

fn to_codec(message: &OscMessage) -> codec::OscMessage {
    let argument = |argument: &OscArgument| match argument {
        OscArgument::Int(number) => codec::OscArgument::Int(*number),
        OscArgument::Float(number) => codec::OscArgument::Float(*number),
        OscArgument::Text(text) => codec::OscArgument::Text(text.clone()),
        OscArgument::Bool(on) => codec::OscArgument::Bool(*on),
    };
    codec::OscMessage { address: message.address.clone(), arguments: message.arguments.iter().map(argument).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feedback_is_packed_into_few_datagrams_and_what_cannot_be_said_is_counted() {
        let message = |address: String| codec::OscMessage { address, arguments: vec![codec::OscArgument::Float(0.5)] };
        let mut messages: Vec<_> = (1..=200).map(|track| message(format!("/track/{track}/volume"))).collect();
        messages.push(message("no slash".to_owned()));
        let (mut datagrams, mut unsayable) = (Vec::new(), 0);
        pack(&messages, &mut datagrams, &mut unsayable);
        assert_eq!(unsayable, 1);
        assert!(datagrams.iter().all(|datagram| datagram.len() <= DATAGRAM_BYTES));
        assert!(datagrams.len() < 20, "{} datagrams", datagrams.len());
        let heard: Vec<_> = datagrams.iter().flat_map(|datagram| codec::decode(datagram).unwrap()).collect();
        assert_eq!(heard, messages[..200]);
    }
}
