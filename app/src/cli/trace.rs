//! `loophole trace`: the messages of a running program, and recordings of them.

mod export;
mod live;
mod summary;

use clap::{Args, Subcommand};
use loophole_pulse::trace::filter::Filter;
use loophole_pulse::trace::line::Line;
use loophole_pulse::trace::pairs::{Known, pair_all};
use loophole_pulse::trace::recording::Recording;
use loophole_pulse::trace::{Kind, TraceEntry};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct TraceArguments {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    connection: Option<Connection>,
    /// Which messages, for example 'domain == transport and latency > 5ms'
    #[arg(long, value_parser = parse_filter)]
    filter: Option<Filter>,
    /// One JSON object in each line
    #[arg(long)]
    json: bool,
    /// Go on until interrupted; without it, what comes within a second
    #[arg(long)]
    follow: bool,
}

/// A Loophole that runs and lets clients in: `loophole serve` prints both, `--serve-port` opens a window's.
#[derive(Args)]
struct Connection {
    /// TCP port where it lets clients in
    #[arg(long, env = "LOOPHOLE_PORT")]
    port: u16,
    /// What it lets clients in with
    #[arg(long, env = "LOOPHOLE_TOKEN", hide_env_values = true)]
    token: String,
}

#[derive(Subcommand)]
enum What {
    /// Write the messages of a running Loophole to a file: .mcap, or JSON lines
    Record {
        file: PathBuf,
        #[command(flatten)]
        connection: Connection,
        /// Stop after so many seconds; without it, when interrupted
        #[arg(long)]
        seconds: Option<u64>,
        #[arg(long, value_parser = parse_filter)]
        filter: Option<Filter>,
        /// Begin another file after so many megabytes; four are kept
        #[arg(long, default_value_t = 1_000)]
        limit_megabytes: u64,
        /// Leave folders out of paths
        #[arg(long)]
        mask_paths: bool,
    },
    /// Print what is in a recording
    Open {
        file: PathBuf,
        #[arg(long, value_parser = parse_filter)]
        filter: Option<Filter>,
        /// One JSON object in each line
        #[arg(long)]
        json: bool,
    },
    /// Print counts, bytes and latencies of a recording
    Stats { file: PathBuf },
    /// Write a recording in another form
    Export {
        file: PathBuf,
        #[arg(long, value_enum)]
        to: export::Form,
        out: PathBuf,
        #[arg(long, value_parser = parse_filter)]
        filter: Option<Filter>,
        /// Leave folders out of paths
        #[arg(long)]
        mask_paths: bool,
    },
    /// Compare two recordings by operation; ids and times do not count
    Diff { one: PathBuf, two: PathBuf },
}

pub(super) fn run(arguments: TraceArguments) -> ExitCode {
    let done = match arguments.what {
        None => match arguments.connection {
            Some(connection) => {
                live::show(&connection, &arguments.filter.unwrap_or_default(), arguments.json, arguments.follow)
            }
            None => Err(anyhow::anyhow!(
                "which Loophole? Say --port and --token (or LOOPHOLE_PORT and LOOPHOLE_TOKEN); 'loophole serve' prints both"
            )),
        },
        Some(What::Record { file, connection, seconds, filter, limit_megabytes, mask_paths }) => {
            let limit_bytes = limit_megabytes.clamp(1, 1_000_000) * 1_000_000;
            live::record(&connection, &filter.unwrap_or_default(), &file, seconds, limit_bytes, mask_paths)
        }
        Some(What::Open { file, filter, json }) => open(&file, &filter.unwrap_or_default(), json),
        Some(What::Stats { file }) => read(&file).and_then(|recording| summary::stats(&recording)),
        Some(What::Export { file, to, out, filter, mask_paths }) => {
            read(&file).and_then(|recording| export::run(&recording, to, &out, &filter.unwrap_or_default(), mask_paths))
        }
        Some(What::Diff { one, two }) => {
            return match read(&one)
                .and_then(|one| Ok((one, read(&two)?)))
                .and_then(|(one, two)| summary::diff(&one, &two))
            {
                Ok(true) => ExitCode::SUCCESS,
                Ok(false) => ExitCode::FAILURE,
                Err(error) => super::refuse(&error),
            };
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read us has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => super::refuse(&error),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn parse_filter(text: &str) -> Result<Filter, String> {
    Filter::parse(text).map_err(|error| format!("\n{}", error.picture(text)))
}

fn read(file: &Path) -> anyhow::Result<Recording> {
    let recording = Recording::open(file)?;
    let mut out = std::io::stderr().lock();
    for warning in &recording.warnings {
        writeln!(out, "{}: {warning}", file.display())?;
    }
    Ok(recording)
}

/// The messages that pass, with what is known of them.
fn passing<'a>(
    recording: &'a Recording,
    filter: &'a Filter,
) -> impl Iterator<Item = (&'a TraceEntry, Known)> + use<'a> {
    let known = pair_all(&recording.entries);
    recording.entries.iter().zip(known).filter(|(entry, known)| filter.matches(&known.row(entry)))
}

fn open(file: &Path, filter: &Filter, json: bool) -> anyhow::Result<()> {
    let recording = read(file)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (entry, known) in passing(&recording, filter) {
        print(entry, &known, json, &mut out)?;
    }
    Ok(out.flush()?)
}

/// One message, for a person or as JSON.
fn print(entry: &TraceEntry, known: &Known, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    /// More of a payload does not help in a terminal.
    const SHOWN: usize = 120;
    if json {
        serde_json::to_writer(&mut *out, &Line::of(entry, false))?;
        return Ok(writeln!(out)?);
    }
    let payload = entry.body.payload_text();
    let mut shown: String = payload.chars().take(SHOWN).map(|one| if one.is_control() { ' ' } else { one }).collect();
    if shown.len() < payload.len() {
        shown.push('…');
    }
    let latency = known.latency_nanos.map(millis).unwrap_or_default();
    let operation = format!("{}.{}", entry.domain, entry.name);
    let direction = format!("{} > {}", entry.from.name(), entry.to.name());
    let (kind, link) = (entry.class().name(), entry.link.to_string());
    let time = clock(entry.at_nanos);
    Ok(writeln!(out, "{time} {link:<9} {direction:<15} {kind:<8} {operation:<32} {latency:>10} {shown}")?)
}

/// `08:05:09.000120`: of the day, UTC.
fn clock(at_nanos: u64) -> String {
    let (micros, seconds) = (at_nanos / 1_000 % 1_000_000, at_nanos / 1_000_000_000 % 86_400);
    format!("{:02}:{:02}:{:02}.{micros:06}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

fn millis(nanos: u64) -> String {
    format!("{:.3} ms", nanos as f64 / 1e6)
}

fn is_reply(entry: &TraceEntry) -> bool {
    entry.kind != Kind::Command && entry.cid.is_some()
}
