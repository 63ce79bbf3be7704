//! A MIDI controller on JACK, for tests: `jack_controller NAME`. Each line on stdin is a message in hex that it says; on stdout it
//! tells `ready`, and with nanoseconds since 1970 what it `said` and `heard`. It is unplugged when stdin ends, or by a signal.

use jack::{Client, ClientOptions, Control, MidiIn, MidiOut, Port, ProcessHandler, ProcessScope, RawMidi};
use loophole_surfaces::hex;
use std::io::{BufRead, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{SystemTime, UNIX_EPOCH};

/// Far more than a test says or is told at once.
const QUEUE: usize = 100_000;

type Told = (&'static str, u128, Vec<u8>);

struct Controller {
    to_program: Port<MidiOut>,
    from_program: Port<MidiIn>,
    says: Receiver<Vec<u8>>,
    /// Had no place in its period.
    waiting: Option<Vec<u8>>,
    told: SyncSender<Told>,
}

impl ProcessHandler for Controller {
    fn process(&mut self, _client: &Client, scope: &ProcessScope) -> Control {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let mut is_whole = true;
        for message in self.from_program.iter(scope) {
            is_whole &= self.told.try_send(("heard", now, message.bytes.to_vec())).is_ok();
        }
        let mut writer = self.to_program.writer(scope);
        while let Some(bytes) = self.waiting.take().or_else(|| self.says.try_recv().ok()) {
            if writer.write(&RawMidi { time: 0, bytes: &bytes }).is_err() {
                self.waiting = Some(bytes);
                break;
            }
            is_whole &= self.told.try_send(("said", now, bytes)).is_ok();
        }
        if is_whole { Control::Continue } else { Control::Quit }
    }
}

fn main() -> anyhow::Result<()> {
    let name = std::env::args().nth(1).ok_or_else(|| anyhow::anyhow!("jack_controller NAME"))?;
    let (client, _status) = Client::new(&name, ClientOptions::NO_START_SERVER | ClientOptions::USE_EXACT_NAME)?;
    let to_program = client.register_port("out", MidiOut::default())?;
    let from_program = client.register_port("in", MidiIn::default())?;
    let (say, says) = sync_channel(QUEUE);
    let (told, tells) = sync_channel(QUEUE);
    let controller = Controller { to_program, from_program, says, waiting: None, told };
    let _active = client.activate_async((), controller)?;
    let mut out = std::io::stdout();
    writeln!(out, "ready")?;
    let tell = move || {
        // It ends with the process, or when nobody listens any more.
        for (what, nanos, bytes) in tells {
            if writeln!(out, "{what} {nanos} {}", hex::text(&bytes)).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("controller-tell".to_owned()).spawn(tell)?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        say.send(hex::bytes(&line).ok_or_else(|| anyhow::anyhow!("no hex: {line}"))?)?;
    }
    Ok(())
}
