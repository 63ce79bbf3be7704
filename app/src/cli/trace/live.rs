//! Messages of a running Loophole, over its port for clients.

use super::{Connection, print};
use loophole_pulse::client::{Client, ClientError};
use loophole_pulse::trace::TraceEntry;
use loophole_pulse::trace::filter::Filter;
use loophole_pulse::trace::line::read_traced;
use loophole_pulse::trace::pairs::Pairs;
use loophole_pulse::trace::recording::{About, Options, Recorder};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Without `--follow`, so long.
const GLANCE: Duration = Duration::from_secs(1);
/// What was recorded is on the disk so often.
const FLUSH: Duration = Duration::from_secs(1);

/// Prints messages as they come.
pub(super) fn show(connection: &Connection, filter: &Filter, json: bool, follow: bool) -> anyhow::Result<()> {
    let mut client = subscribe(connection, filter)?;
    let deadline = (!follow).then(|| Instant::now() + GLANCE);
    let (mut pairs, mut out) = (Pairs::default(), std::io::stdout().lock());
    while deadline.is_none_or(|deadline| Instant::now() < deadline) {
        for entry in next(&mut client)? {
            let known = pairs.see(&entry);
            print(&entry, &known, json, &mut out)?;
        }
        out.flush()?;
    }
    Ok(())
}

/// Writes messages to a file as they come.
pub(super) fn record(
    connection: &Connection,
    filter: &Filter,
    file: &Path,
    seconds: Option<u64>,
    limit_bytes: u64,
    masks_paths: bool,
) -> anyhow::Result<()> {
    let mut client = subscribe(connection, filter)?;
    let status = client.request("session", "status", &json!({}))?;
    let project = status.pointer("/project/projectId").and_then(Value::as_str).unwrap_or_default();
    let options = Options { limit_bytes, masks_paths, ..Options::default() };
    let mut recorder = Recorder::create(file, About::here(project), options)?;
    let deadline = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut flushed = Instant::now();
    while deadline.is_none_or(|deadline| Instant::now() < deadline) {
        let entries = match next(&mut client) {
            Ok(entries) => entries,
            // The other side has ended; what came until then is kept.
            Err(_ended) => break,
        };
        for entry in entries {
            recorder.write(&entry)?;
        }
        if flushed.elapsed() > FLUSH {
            flushed = Instant::now();
            recorder.flush()?;
        }
    }
    let written = recorder.finish()?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} messages, {} bytes in {} file(s)", written.entries, written.bytes, written.files)?;
    Ok(())
}

fn subscribe(connection: &Connection, filter: &Filter) -> anyhow::Result<Client> {
    let mut client = Client::connect(connection.port, &connection.token, "trace")?;
    client.request("debug", "traceSubscribe", &json!({ "filter": filter.to_string() }))?;
    Ok(client)
}

/// What comes next, after waiting a little; what was lost is told.
fn next(client: &mut Client) -> anyhow::Result<Vec<TraceEntry>> {
    let event = match client.next_event(Duration::from_millis(100)) {
        Ok(event) => event,
        Err(ClientError::TimedOut(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    if (event.domain.as_str(), event.name.as_str()) != ("debug", "traced") {
        return Ok(Vec::new());
    }
    let (entries, lost) = read_traced(&event.payload).map_err(|reason| anyhow::anyhow!(reason))?;
    if lost > 0 {
        writeln!(std::io::stderr().lock(), "{lost} messages were lost: they came faster than they were read")?;
    }
    Ok(entries)
}
