//! `loophole protocol`: the protocol as this program speaks it.

use clap::Subcommand;
use loophole_pulse::protocol;
use serde_json::{Value, json};
use std::io::Write;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(super) enum What {
    /// Every message, built or not, and every error code
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// JSON Schemas of envelope and payloads
    Schema {
        /// Only names that contain this, for example `transport.play`
        name: Option<String>,
    },
}

type ErrorCodes = &'static [(&'static str, &'static str)];

/// Prints what is asked for; `signal_codes` are the engine's, which Pulse does not know.
pub(super) fn run(what: &What, signal_codes: ErrorCodes) -> ExitCode {
    let text = match what {
        What::List { json: true } => pretty(&list_json(signal_codes)),
        What::List { json: false } => list_text(signal_codes),
        What::Schema { name } => match schemas(name.as_deref()) {
            Ok(schemas) => pretty(&schemas),
            Err(error) => return super::refuse(&error),
        },
    };
    let mut out = std::io::stdout().lock();
    // A reader that closes early (`loophole protocol list | head`) is not a failure of ours.
    if out.write_all(text.as_bytes()).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn error_codes(signal_codes: ErrorCodes) -> Vec<(&'static str, &'static str)> {
    let mut codes = protocol::error_codes();
    codes.extend(signal_codes);
    codes.sort_unstable();
    codes.dedup_by_key(|(code, _)| *code);
    codes
}

fn list_json(signal_codes: ErrorCodes) -> Value {
    let messages: Vec<Value> = protocol::rows()
        .iter()
        .map(|row| {
            json!({
                "answeredBy": row.seam.name(), "direction": row.direction, "domain": row.domain, "name": row.name, "kind": row.kind.name(),
                "priority": row.priority, "capability": row.capability, "built": row.built, "doc": row.doc,
            })
        })
        .collect();
    let errors: Vec<Value> =
        error_codes(signal_codes).iter().map(|(code, meaning)| json!({ "code": code, "meaning": meaning })).collect();
    json!({ "messages": messages, "errors": errors })
}

fn list_text(signal_codes: ErrorCodes) -> String {
    let mut text =
        format!("{:14} {:44} {:8} {:9} {:10} {}\n", "direction", "message", "kind", "priority", "capability", "about");
    for row in protocol::rows() {
        let message = format!("{}.{}", row.domain, row.name);
        text += &format!(
            "{:14} {message:44} {:8} {:9} {:10} {}\n",
            row.direction,
            row.kind.name(),
            row.priority,
            row.capability,
            row.doc
        );
    }
    text += "\nerror codes\n";
    for (code, meaning) in error_codes(signal_codes) {
        text += &format!("{code:36} {meaning}\n");
    }
    text
}

fn schemas(name: Option<&str>) -> anyhow::Result<Value> {
    let mut all = protocol::schemas();
    if let (Some(name), Some(schemas)) = (name, all["schemas"].as_object_mut()) {
        schemas.retain(|key, _| key.contains(name));
        anyhow::ensure!(
            !schemas.is_empty(),
            "no message has '{name}' in its name; 'loophole protocol list' prints them"
        );
    }
    Ok(all)
}
