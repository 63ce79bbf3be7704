//! A recording in another form: JSON lines, CSV, a sequence diagram, pcapng.

use super::passing;
use clap::ValueEnum;
use loophole_pulse::trace::filter::Filter;
use loophole_pulse::trace::line::Line;
use loophole_pulse::trace::recording::{Options, Recorder, Recording};
use loophole_pulse::trace::{Link, TraceEntry};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Form {
    /// One JSON object in each line, or MCAP if the name ends so
    Jsonl,
    /// One row for each message, without payloads
    Csv,
    /// A Mermaid sequence diagram
    Mermaid,
    /// For Wireshark: one interface for each link, link type USER0
    Pcapng,
}

/// Writes the messages that pass.
pub(super) fn run(
    recording: &Recording,
    form: Form,
    path: &Path,
    filter: &Filter,
    masks_paths: bool,
) -> anyhow::Result<()> {
    if matches!(form, Form::Jsonl) {
        let options = Options { masks_paths, limit_bytes: u64::MAX, ..Options::default() };
        let mut recorder = Recorder::create(path, recording.about.clone(), options)?;
        for (entry, _) in passing(recording, filter) {
            recorder.write(entry)?;
        }
        recorder.finish()?;
        return Ok(());
    }
    let mut out = BufWriter::new(File::create(path)?);
    match form {
        Form::Jsonl => {}
        Form::Csv => csv(recording, filter, &mut out)?,
        Form::Mermaid => mermaid(recording, filter, &mut out)?,
        Form::Pcapng => pcapng(recording, filter, masks_paths, &mut out)?,
    }
    Ok(out.flush()?)
}

fn csv(recording: &Recording, filter: &Filter, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "number,at_nanos,link,from,to,kind,domain,name,priority,id,cid,size_bytes,latency_nanos,status")?;
    for (entry, known) in passing(recording, filter) {
        let latency = known.latency_nanos.map(|nanos| nanos.to_string()).unwrap_or_default();
        let status = known.status.map_or("", |status| status.name());
        writeln!(
            out,
            "{},{},{},{},{},{},{},{},{},{},{},{},{latency},{status}",
            entry.number,
            entry.at_nanos,
            entry.link,
            entry.from.name(),
            entry.to.name(),
            entry.class().name(),
            field(&entry.domain),
            field(&entry.name),
            entry.priority.name(),
            field(&entry.id),
            field(entry.cid.as_deref().unwrap_or_default()),
            entry.size(),
        )?;
    }
    Ok(())
}

/// In quotes where it must be.
fn field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

fn mermaid(recording: &Recording, filter: &Filter, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "sequenceDiagram")?;
    for (entry, _) in passing(recording, filter) {
        let is_command = entry.class().name() == "command";
        let arrow = match entry.class().name() {
            "command" => "->>",
            "error" => "--x",
            _ => "-->>",
        };
        let (from, to) = (party(entry, entry.from.name()), party(entry, entry.to.name()));
        let number = if is_command { &*entry.id } else { entry.cid.as_deref().unwrap_or_default() };
        let plain = |text: &str| text.replace([';', '#', ':', '\n', '\r'], " ");
        writeln!(out, "    {from}{arrow}{to}: {}.{} {}", plain(&entry.domain), plain(&entry.name), plain(number))?;
    }
    Ok(())
}

fn party(entry: &TraceEntry, name: &str) -> String {
    match entry.link {
        Link::Client(number) if name == "client" => format!("client{number}"),
        _ => name.to_owned(),
    }
}

/// Blocks of pcapng: section header, an interface for each link, a packet with the JSON of each message.
fn pcapng(recording: &Recording, filter: &Filter, masks_paths: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    const LINKTYPE_USER0: u16 = 147;
    let mut section = Vec::new();
    section.extend_from_slice(&0x1a2b_3c4d_u32.to_le_bytes());
    section.extend_from_slice(&1_u16.to_le_bytes());
    section.extend_from_slice(&0_u16.to_le_bytes());
    section.extend_from_slice(&u64::MAX.to_le_bytes());
    block(0x0a0d_0d0a, &section, out)?;
    let mut interfaces: BTreeMap<Link, u32> = BTreeMap::new();
    for (entry, _) in passing(recording, filter) {
        let next = u32::try_from(interfaces.len())?;
        let interface = match interfaces.get(&entry.link) {
            Some(interface) => *interface,
            None => {
                let mut body = LINKTYPE_USER0.to_le_bytes().to_vec();
                body.extend_from_slice(&[0; 6]);
                option(2, entry.link.to_string().as_bytes(), &mut body);
                // Times are in nanoseconds.
                option(9, &[9], &mut body);
                option(0, &[], &mut body);
                block(1, &body, out)?;
                interfaces.insert(entry.link, next);
                next
            }
        };
        let json = serde_json::to_vec(&Line::of(entry, masks_paths))?;
        let length = u32::try_from(json.len())?;
        let mut body = interface.to_le_bytes().to_vec();
        body.extend_from_slice(&((entry.at_nanos >> 32) as u32).to_le_bytes());
        body.extend_from_slice(&(entry.at_nanos as u32).to_le_bytes());
        body.extend_from_slice(&length.to_le_bytes());
        body.extend_from_slice(&length.to_le_bytes());
        body.extend_from_slice(&json);
        pad(&mut body);
        block(6, &body, out)?;
    }
    Ok(())
}

fn block(kind: u32, body: &[u8], out: &mut dyn Write) -> anyhow::Result<()> {
    let length = u32::try_from(body.len() + 12)?.to_le_bytes();
    out.write_all(&kind.to_le_bytes())?;
    out.write_all(&length)?;
    out.write_all(body)?;
    Ok(out.write_all(&length)?)
}

fn option(code: u16, value: &[u8], body: &mut Vec<u8>) {
    body.extend_from_slice(&code.to_le_bytes());
    body.extend_from_slice(&(value.len() as u16).to_le_bytes());
    body.extend_from_slice(value);
    pad(body);
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}
