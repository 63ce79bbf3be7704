//! `loophole bench`: measurements that a person can compare between machines.

mod frame;

use loophole_pulse::bench::{BENCHMARKS, Bench, BenchError, Figure, Outcome};
use serde_json::{Value, json};
use std::io::Write;
use std::process::ExitCode;

type Benchmark = (&'static str, &'static str, fn(&Bench) -> Result<Outcome, BenchError>);

/// Pulse's benchmarks, and the window's.
fn benchmarks() -> Vec<Benchmark> {
    let window: Benchmark = ("frame", "processor time of the window per frame while the demo song plays", frame::frame);
    BENCHMARKS.iter().copied().chain([window]).collect()
}

/// Runs one benchmark, all of them, or lists them.
pub(super) fn run(name: &str, json: bool) -> ExitCode {
    match measure(name, json) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => super::refuse(&error),
    }
}

fn measure(name: &str, json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if name == "list" {
        for (name, what, _) in benchmarks() {
            writeln!(out, "{name:12} {what}")?;
        }
        return Ok(());
    }
    let wanted: Vec<_> = benchmarks().into_iter().filter(|(known, ..)| name == "all" || *known == name).collect();
    anyhow::ensure!(!wanted.is_empty(), "there is no benchmark '{name}'; 'loophole bench list' names them");
    let bench = Bench { program: std::env::current_exe()? };
    let mut rows = Vec::new();
    for (name, _, run) in wanted {
        match run(&bench) {
            Ok(Outcome::Figures(figures)) => {
                for figure in figures {
                    if json {
                        rows.push(to_json(name, &figure));
                    } else {
                        writeln!(out, "{}", to_text(name, &figure))?;
                    }
                }
            }
            Ok(Outcome::Skipped(reason)) if json => rows.push(json!({ "benchmark": name, "skipped": reason })),
            Ok(Outcome::Skipped(reason)) => writeln!(out, "{name:10} skipped: {reason}")?,
            Err(error) if json => rows.push(json!({ "benchmark": name, "failed": error.to_string() })),
            Err(error) => writeln!(out, "{name:10} failed: {:#}", anyhow::Error::from(error))?,
        }
    }
    if json {
        writeln!(out, "{:#}", Value::Array(rows))?;
    }
    Ok(())
}

fn to_text(benchmark: &str, figure: &Figure) -> String {
    let numbers = if figure.samples.len() == 1 {
        format!("{:>12.3} {}", figure.quantile(0.5), figure.unit)
    } else {
        let [low, median, high, most] = [0.0, 0.5, 0.99, 1.0].map(|quantile| figure.quantile(quantile));
        format!(
            "p50 {median:>9.3}  p99 {high:>9.3}  min {low:>9.3}  max {most:>9.3} {}  n {}",
            figure.unit,
            figure.samples.len()
        )
    };
    let goal = figure.goal.map_or(String::new(), |goal| {
        let verdict = if figure.reached() == Some(true) { "reached" } else { "MISSED" };
        let sign = if goal.more_is_better { "≥" } else { "≤" };
        format!("  goal p{:.0} {sign} {:.3}: {verdict}", goal.quantile * 100.0, goal.limit)
    });
    let note = if figure.note.is_empty() { String::new() } else { format!("  ({})", figure.note) };
    format!("{benchmark:10} {:52} {numbers}{goal}{note}", figure.name)
}

fn to_json(benchmark: &str, figure: &Figure) -> Value {
    json!({
        "benchmark": benchmark, "name": figure.name, "unit": figure.unit, "n": figure.samples.len(),
        "min": figure.quantile(0.0), "p50": figure.quantile(0.5), "p99": figure.quantile(0.99), "max": figure.quantile(1.0),
        "goal": figure.goal.map(|goal| json!({ "limit": goal.limit, "quantile": goal.quantile, "atLeast": goal.more_is_better })),
        "reached": figure.reached(), "note": figure.note,
    })
}
