//! OSC peers that announce themselves on the network (mDNS), and datagrams to and from them.

use super::input::InputSink;
use super::surface_io::{Found, Listener, OpenError, PortIo, SurfaceIo, Told, WriteError};
use loophole_wire::message::ports::{OpenPort, OscService, PortDescription, Transport};
use loophole_wire::plane::MAX_DEVICE_BYTES;
use mdns_sd::{Receiver, ResolvedService, ServiceDaemon, ServiceEvent};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// OSC over UDP; and what it offers, over HTTP (OSCQuery).
const SERVICES: [&str; 2] = ["_osc._udp", "_oscjson._tcp"];
/// Peers that are known at once: anybody on the network can announce.
const MOST_PEERS: usize = 256;
const MOST_TXT: usize = 64;
const MOST_TEXT_BYTES: usize = 255;
/// How soon the reader looks whether it shall end.
const LOOK_UP: Duration = Duration::from_millis(250);

/// The network.
#[derive(Default)]
pub(crate) struct DiscoveryIo {
    daemon: Option<ServiceDaemon>,
}

type Peers = Arc<Mutex<BTreeMap<String, PortDescription>>>;

impl SurfaceIo for DiscoveryIo {
    fn watch(&mut self, listener: Listener) -> Result<(), String> {
        let failed = |error: mdns_sd::Error| format!("OSC peers on the network cannot be seen ({error})");
        let daemon = ServiceDaemon::new().map_err(failed)?;
        // Programs on this machine are peers, too, even when there is no network.
        let loopback = daemon.enable_interface(mdns_sd::IfKind::LoopbackV4);
        loopback.and_then(|()| daemon.set_multicast_loop_v4(true)).map_err(failed)?;
        let peers = Peers::default();
        for service in SERVICES {
            let events = daemon.browse(&format!("{service}.local.")).map_err(failed)?;
            let (peers, listener) = (Arc::clone(&peers), Arc::clone(&listener));
            std::thread::Builder::new()
                .name("signal-discovery".to_owned())
                .spawn(move || listen(&events, service, &peers, &listener))
                .map_err(|error| format!("no thread can be started ({error})"))?;
        }
        self.daemon = Some(daemon);
        Ok(())
    }

    fn unwatch(&mut self) {
        if let Some(daemon) = self.daemon.take() {
            // It has ended already when this fails. Its end is the end of the threads that listen.
            drop(daemon.shutdown());
        }
    }

    fn open(&mut self, found: &Found, _wanted: &OpenPort, input: InputSink) -> Result<Box<dyn PortIo>, OpenError> {
        if !found.description.inputs {
            return Err(OpenError::Refused("OSCQuery is asked over HTTP, not opened as a port".to_owned()));
        }
        let failed = |error: std::io::Error| OpenError::Failed(format!("{}: {error}", found.description.system_id));
        let peer: SocketAddr = found
            .description
            .system_id
            .parse()
            .map_err(|_reason| OpenError::Failed(format!("“{}” is no address", found.description.system_id)))?;
        let any: IpAddr = if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind((any, 0)).map_err(failed)?;
        socket.connect(peer).map_err(failed)?;
        socket.set_read_timeout(Some(LOOK_UP)).map_err(failed)?;
        let reader = socket.try_clone().map_err(failed)?;
        let ending = Arc::new(AtomicBool::new(false));
        let of_thread = Arc::clone(&ending);
        std::thread::Builder::new()
            .name(format!("signal-osc-{}", input.port()))
            .spawn(move || read(&reader, &input, &of_thread))
            .map_err(|error| OpenError::Failed(format!("no thread can be started ({error})")))?;
        Ok(Box::new(OscPort { socket, ending }))
    }
}

impl Drop for DiscoveryIo {
    fn drop(&mut self) {
        self.unwatch();
    }
}

/// A thread `signal-discovery`, until the daemon ends.
fn listen(events: &Receiver<ServiceEvent>, service: &str, peers: &Peers, listener: &Listener) {
    while let Ok(event) = events.recv() {
        let mut all = peers.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            ServiceEvent::ServiceResolved(resolved) => {
                let name = resolved.get_fullname();
                if all.len() >= MOST_PEERS && !all.contains_key(name) {
                    continue;
                }
                let Some(description) = describe(service, &resolved) else { continue };
                all.insert(name.to_owned(), description);
            }
            ServiceEvent::ServiceRemoved(_, name) => drop(all.remove(&name)),
            _ => continue,
        }
        let found = |(place, description): (&String, &PortDescription)| Found {
            place: format!("{place} {}", description.system_id),
            description: description.clone(),
        };
        // Told under the lock, so that an older list never comes after a newer one.
        listener(Told::All(all.iter().map(found).collect()));
    }
}

fn describe(service: &str, resolved: &ResolvedService) -> Option<PortDescription> {
    let name = resolved.get_fullname().split(&format!(".{service}")).next().unwrap_or_default();
    // IPv4 first; then always the same one.
    let address = resolved.get_addresses().iter().map(mdns_sd::ScopedIp::to_ip_addr).min()?;
    let (is_osc, system_id) = (service == SERVICES[0], SocketAddr::new(address, resolved.get_port()).to_string());
    let mut txt: Vec<_> = resolved
        .get_properties()
        .iter()
        .map(|property| format!("{}={}", property.key(), property.val_str()))
        .filter(|text| text.len() <= MOST_TEXT_BYTES)
        .take(MOST_TXT)
        .collect();
    txt.sort();
    Some(PortDescription {
        transport: Transport::Osc,
        name: name.chars().filter(|character| !character.is_control()).take(MOST_TEXT_BYTES).collect(),
        inputs: is_osc,
        outputs: is_osc,
        system_id,
        siblings: Some(format!("host {}", resolved.get_hostname())),
        osc: Some(OscService { service: service.to_owned(), txt }),
        ..PortDescription::default()
    })
}

struct OscPort {
    socket: UdpSocket,
    ending: Arc<AtomicBool>,
}

impl PortIo for OscPort {
    fn write(&mut self, bytes: &[u8], _feature: bool) -> Result<(), WriteError> {
        let sent = self.socket.send(bytes);
        sent.map(|_length| ()).map_err(|error| WriteError::Failed(format!("the peer cannot be reached: {error}")))
    }
}

impl Drop for OscPort {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Release);
    }
}

/// The thread `signal-osc-N`, until the port is closed.
fn read(socket: &UdpSocket, input: &InputSink, ending: &AtomicBool) {
    let mut buffer = vec![0; MAX_DEVICE_BYTES];
    while !ending.load(Ordering::Acquire) {
        match socket.recv(&mut buffer) {
            Ok(length) => input.push(buffer.get(..length).unwrap_or_default()),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            // An earlier packet found nobody. Nothing to do, but never in a tight loop.
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::input::InputQueue;
    use super::*;
    use mdns_sd::{IfKind, ServiceInfo};
    use std::sync::mpsc::sync_channel;
    use std::time::Instant;

    /// For what is certain to come, however slow the machine.
    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn a_peer_on_this_machine_is_found_told_and_missed() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let port = socket.local_addr().unwrap().port();
        let daemon = ServiceDaemon::new().unwrap();
        daemon.disable_interface(IfKind::All).unwrap();
        daemon.enable_interface(IfKind::LoopbackV4).unwrap();
        daemon.set_multicast_loop_v4(true).unwrap();
        let name = format!("Faders {}", std::process::id());
        let service =
            ServiceInfo::new("_osc._udp.local.", &name, "faders.local.", "127.0.0.1", port, &[("type", "server")][..]);
        let service = service.unwrap();
        daemon.register(service.clone()).unwrap();

        let (told, lists) = sync_channel(1_000);
        let mut io = DiscoveryIo::default();
        io.watch(Arc::new(move |list| drop(told.send(list)))).unwrap();
        let wait = |is_there: bool| {
            let deadline = Instant::now() + PATIENCE;
            loop {
                let left = deadline.saturating_duration_since(Instant::now());
                let Told::All(all) = lists.recv_timeout(left).expect("it is told") else { panic!("it works") };
                let found = all.into_iter().find(|found| found.description.name == name);
                if found.is_some() == is_there {
                    return found;
                }
            }
        };
        let found = wait(true).unwrap();
        assert_eq!(found.description.system_id, format!("127.0.0.1:{port}"));
        let osc = found.description.osc.clone().unwrap();
        assert_eq!((osc.service.as_str(), osc.txt.as_slice()), ("_osc._udp", ["type=server".to_owned()].as_slice()));

        let input = InputSink::new(1, Arc::<InputQueue>::default());
        let mut open = io.open(&found, &OpenPort::default(), input).unwrap();
        open.write(b"/ping\0\0\0,\0\0\0", false).unwrap();
        let mut packet = [0; 64];
        let (length, _peer) = socket.recv_from(&mut packet).unwrap();
        assert_eq!(&packet[..length], b"/ping\0\0\0,\0\0\0");

        daemon.unregister(service.get_fullname()).unwrap();
        wait(false);
        io.unwatch();
        drop(daemon.shutdown());
    }
}
