//! Recordings in numbers, and what differs between two.

use super::millis;
use loophole_pulse::trace::TraceEntry;
use loophole_pulse::trace::pairs::pair_all;
use loophole_pulse::trace::recording::Recording;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;

#[derive(Default)]
struct Row {
    count: u64,
    bytes: u64,
    errors: u64,
    latencies_nanos: Vec<u64>,
}

/// Prints what a recording is and a row for each operation on each link, those with the most bytes first.
pub(super) fn stats(recording: &Recording) -> anyhow::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let (about, entries) = (&recording.about, &recording.entries);
    let first = entries.iter().map(|entry| entry.at_nanos).min().unwrap_or(0);
    let last = entries.iter().map(|entry| entry.at_nanos).max().unwrap_or(0);
    let seconds = last.saturating_sub(first) as f64 / 1e9;
    writeln!(
        out,
        "{} messages in {seconds:.3} s; Loophole {} (protocol {}) on {}, {} cores; project {}",
        entries.len(),
        about.version,
        about.protocol,
        about.cpu,
        about.cores,
        if about.project.is_empty() { "-" } else { &about.project },
    )?;
    let mut rows: BTreeMap<(String, String), Row> = BTreeMap::new();
    for (entry, known) in entries.iter().zip(pair_all(entries)) {
        let key = (entry.link.to_string(), format!("{}.{}", entry.domain, entry.name));
        let row = rows.entry(key).or_default();
        row.count += 1;
        row.bytes += entry.size() as u64;
        row.errors += u64::from(entry.class().name() == "error");
        if super::is_reply(entry) {
            row.latencies_nanos.extend(known.latency_nanos);
        }
    }
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.bytes));
    let heads = ["link", "operation", "count", "bytes", "errors", "p50", "p99", "max"];
    let [link, operation, count, bytes, errors, p50, p99, max] = heads;
    writeln!(out, "{link:<10} {operation:<34} {count:>8} {bytes:>11} {errors:>6} {p50:>12} {p99:>12} {max:>12}")?;
    for ((link, operation), mut row) in rows {
        row.latencies_nanos.sort_unstable();
        let at = |share: f64| {
            let place = (row.latencies_nanos.len().saturating_sub(1) as f64 * share).round() as usize;
            row.latencies_nanos.get(place).map(|nanos| millis(*nanos)).unwrap_or_default()
        };
        let (count, bytes, errors) = (row.count, row.bytes, row.errors);
        let (p50, p99, max) = (at(0.5), at(0.99), at(1.0));
        writeln!(out, "{link:<10} {operation:<34} {count:>8} {bytes:>11} {errors:>6} {p50:>12} {p99:>12} {max:>12}")?;
    }
    Ok(out.flush()?)
}

/// What two recordings are compared by: link, direction, kind, operation, and the payload without ids and times.
type Said = (String, String);

/// Prints what only one of two recordings has, or has more of; whether they say the same.
pub(super) fn diff(one: &Recording, two: &Recording) -> anyhow::Result<bool> {
    /// More differences do not help.
    const SHOWN: usize = 200;
    let mut counts: BTreeMap<Said, (u64, u64)> = BTreeMap::new();
    for entry in &one.entries {
        counts.entry(said(entry)).or_default().0 += 1;
    }
    for entry in &two.entries {
        counts.entry(said(entry)).or_default().1 += 1;
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let differing: Vec<_> = counts.iter().filter(|(_, (one, two))| one != two).collect();
    for ((operation, payload), (one, two)) in differing.iter().take(SHOWN) {
        let sign = if one > two { '-' } else { '+' };
        writeln!(out, "{sign} {operation} {payload} ({one} and {two} times)")?;
    }
    if differing.len() > SHOWN {
        writeln!(out, "and {} more", differing.len() - SHOWN)?;
    }
    let order = |recording: &Recording| -> Vec<Said> {
        recording.entries.iter().filter(|entry| entry.class().name() == "command").map(said).collect()
    };
    let same_order = order(one) == order(two);
    if differing.is_empty() {
        let message = if same_order { "the same messages" } else { "the same messages, commands in another order" };
        writeln!(out, "{message}")?;
    }
    out.flush()?;
    Ok(differing.is_empty() && same_order)
}

fn said(entry: &TraceEntry) -> Said {
    let kind = entry.class().name();
    let (from, to) = (entry.from.name(), entry.to.name());
    let operation = format!("{from} > {to} {kind} {}.{}", entry.domain, entry.name);
    // Frames of the plane differ in every run.
    if matches!(kind, "plane" | "log" | "process") {
        return (operation, String::new());
    }
    let mut payload: Value = serde_json::from_str(&entry.body.payload_text()).unwrap_or_default();
    plain(&mut payload);
    (operation, payload.to_string())
}

/// Without what differs from run to run: ids, times, revisions.
fn plain(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| {
                let is_id = key == "id" || key.ends_with("Id") || key.ends_with("Ids");
                !is_id && !key.ends_with("Nanos") && !matches!(key.as_str(), "ts" | "revision" | "pid" | "port")
            });
            fields.values_mut().for_each(plain);
        }
        Value::Array(elements) => elements.iter_mut().for_each(plain),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
