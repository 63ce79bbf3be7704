//! What `loophole surface` does with real devices: list, monitor, learn, export, simulate.

use super::session::Session;
use super::{DeviceArguments, LearnArguments, SimulateArguments};
use loophole_pulse::intent::{Intent, surface};
use loophole_pulse::view::surfaces::{MonitorEntry, SurfaceView, SurfacesView};
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

/// A learn waits so long for a hand.
const HAND: Duration = Duration::from_secs(120);

/// What a device shows has followed by then.
const SHOWN: Duration = Duration::from_millis(200);

/// `loophole surface list`.
pub(super) fn list(arguments: DeviceArguments, json: bool) -> ExitCode {
    with_session(arguments, |session, out| {
        let payload = session.ask(Intent::SurfaceList(surface::List {})).map_err(std::io::Error::other)?;
        if json {
            return writeln!(out, "{}", payload.json().get());
        }
        out.write_all(list_text(&session.view().surfaces).as_bytes())
    })
}

fn list_text(surfaces: &SurfacesView) -> String {
    let mut text = String::new();
    for device in surfaces.devices.iter() {
        text.push_str(&device_text(device));
    }
    if surfaces.devices.is_empty() {
        text.push_str("No control surface was found. 'loophole devices' lists what the system shows.\n");
    }
    text.push_str("\nProfiles (for 'loophole surface simulate'):\n");
    for profile in surfaces.profiles.iter() {
        text.push_str(&format!("  {:28} {} {}\n", profile.id, profile.vendor, profile.name));
    }
    text
}

fn device_text(device: &SurfaceView) -> String {
    let mut text = format!("{}  {}  [{}]\n", device.device, device.name, device.state.name());
    if let Some(model) = &device.model {
        text.push_str(&format!("   {} {}, {:.0} %\n", model.vendor, model.name, device.confidence * 100.0));
    }
    for reason in &device.reasons {
        text.push_str(&format!("   because {reason}\n"));
    }
    if let Some(trouble) = &device.trouble {
        text.push_str(&format!("   ! {trouble}\n"));
    }
    text.push_str(&format!("   {} elements, {} mappings\n", device.elements.len(), device.mappings.len()));
    text
}

/// `loophole surface monitor`: until it is interrupted, or the reader closes.
pub(super) fn monitor(arguments: DeviceArguments) -> ExitCode {
    with_session(arguments, |session, out| {
        session.ask(Intent::SurfaceMonitor(surface::Monitor { on: true })).map_err(std::io::Error::other)?;
        writeln!(out, "Move a control; Ctrl+C ends this.")?;
        let mut seen = 0;
        loop {
            print_new(&session.view().surfaces, &mut seen, out)?;
            out.flush()?;
            session.next();
        }
    })
}

/// Prints the events after number `seen`, which then is that of the last one.
fn print_new(surfaces: &SurfacesView, seen: &mut u64, out: &mut impl Write) -> std::io::Result<()> {
    for entry in surfaces.monitor.iter().filter(|entry| entry.number > *seen) {
        out.write_all(entry_text(entry, surfaces).as_bytes())?;
    }
    *seen = surfaces.monitor.back().map_or(*seen, |entry| entry.number);
    Ok(())
}

fn entry_text(entry: &MonitorEntry, surfaces: &SurfacesView) -> String {
    let device = surfaces.devices.iter().find(|device| device.device == entry.device);
    let name = device.map_or("?", |device| device.name.as_str());
    let bytes: Vec<String> = entry.bytes.iter().take(32).map(|byte| format!("{byte:02x}")).collect();
    let element = entry.element.as_deref().unwrap_or("no element has this");
    let mut text = format!("{name}  {}  {}  → {element}\n", bytes.join(" "), entry.message);
    for line in &entry.why {
        text.push_str(&format!("    {}\n", line.text));
    }
    text
}

/// `loophole surface learn`: names controls, and maps them if a target is given.
pub(super) fn learn(arguments: LearnArguments) -> ExitCode {
    let LearnArguments { devices, target } = arguments;
    let target = match target.map(|text| serde_json::from_str(&text)).transpose() {
        Ok(target) => target,
        Err(error) => return super::fail(&format!("the target is not understood: {error}")),
    };
    with_session(devices, |session, out| {
        let begin = surface::LearnBegin { target, ..surface::LearnBegin::default() };
        session.ask(Intent::SurfaceLearnBegin(begin)).map_err(std::io::Error::other)?;
        let mut prompt = String::new();
        let deadline = std::time::Instant::now() + HAND;
        loop {
            let view = session.view();
            let Some(learn) = &view.surfaces.learn else { break };
            if learn.prompt != prompt {
                prompt.clone_from(&learn.prompt);
                writeln!(out, "{prompt}")?;
                for conflict in &learn.conflicts {
                    writeln!(out, "  in use: {}", conflict.description)?;
                }
                out.flush()?;
            }
            if !learn.conflicts.is_empty() {
                // Nobody is asked here: the new one stands beside the old ones.
                let keep = Intent::SurfaceLearnConfirm(surface::LearnConfirm { replace: false });
                session.ask(keep).map_err(std::io::Error::other)?;
            }
            if std::time::Instant::now() >= deadline {
                return Err(std::io::Error::other("nobody moved a control"));
            }
            session.next();
        }
        let view = session.view();
        let label = view.surfaces.undo.clone().unwrap_or_else(|| "Learned".to_owned());
        writeln!(out, "{label}")
    })
}

/// `loophole surface export`: a device's profile or mappings as TOML.
pub(super) fn export(arguments: DeviceArguments, device: u32, only_own: bool) -> ExitCode {
    with_session(arguments, |session, out| {
        let export = Intent::SurfaceExportProfile(surface::ExportProfile { device, only_own });
        let payload = session.ask(export).map_err(std::io::Error::other)?.value();
        out.write_all(payload["text"].as_str().unwrap_or_default().as_bytes())
    })
}

/// `loophole surface simulate`: moves controls of a device that is not there, and says what became of it.
pub(super) fn simulate(arguments: SimulateArguments) -> ExitCode {
    let SimulateArguments { devices, profile, moves } = arguments;
    with_session(devices, |session, out| {
        let simulate = Intent::SurfaceSimulate(surface::Simulate { profile_id: profile });
        let payload = session.ask(simulate).map_err(std::io::Error::other)?.value();
        let device = payload["device"].as_u64().and_then(|device| u32::try_from(device).ok()).unwrap_or_default();
        session.wait(Duration::from_secs(10), |view| {
            view.surfaces.devices.iter().any(|known| known.device == device && known.state.name() == "live")
        });
        session.ask(Intent::SurfaceMonitor(surface::Monitor { on: true })).map_err(std::io::Error::other)?;
        let mut seen = 0;
        for step in &moves {
            let input = parse_move(device, step).map_err(std::io::Error::other)?;
            session.ask(Intent::SurfaceSimulateInput(input)).map_err(std::io::Error::other)?;
            session.wait(Duration::from_secs(2), |view| {
                view.surfaces.monitor.back().is_some_and(|entry| entry.number > seen)
            });
            print_new(&session.view().surfaces, &mut seen, out)?;
        }
        session.wait(SHOWN, |_| false);
        let view = session.view();
        if let Some(known) = view.surfaces.devices.iter().find(|known| known.device == device) {
            writeln!(out, "\nWhat it shows:")?;
            for (element, live) in
                known.elements.iter().zip(known.live.iter()).filter(|(_, live)| !live.shown.is_empty())
            {
                writeln!(out, "  {:20} {:?}", element.name, live.shown)?;
            }
        }
        Ok(())
    })
}

/// `fader-1:move=0.5`
fn parse_move(device: u32, text: &str) -> Result<surface::SimulateInput, String> {
    let usage = || format!("'{text}' is no move; write ELEMENT:INTERACTION=VALUE, for example fader-1:move=0.5");
    let (place, value) = text.rsplit_once('=').ok_or_else(usage)?;
    let (element, interaction) = place.rsplit_once(':').ok_or_else(usage)?;
    let interaction = serde_json::from_value(serde_json::Value::from(interaction)).map_err(|_unknown| usage())?;
    let value = value.parse().map_err(|_not_a_number| usage())?;
    Ok(surface::SimulateInput { device, element: element.to_owned(), interaction, value })
}

fn with_session(
    arguments: DeviceArguments,
    work: impl FnOnce(&mut Session, &mut std::io::StdoutLock<'_>) -> std::io::Result<()>,
) -> ExitCode {
    let mut session = match Session::start(arguments.data_folder, arguments.osc_port) {
        Ok(session) => session,
        Err(code) => return code,
    };
    let mut out = std::io::stdout().lock();
    match work(&mut session, &mut out) {
        // A reader that closes early is not a failure of ours.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => super::fail(&error.to_string()),
        Ok(()) => ExitCode::SUCCESS,
    }
}
