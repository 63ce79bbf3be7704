//! JSON lines, read and written.

use super::{About, MAX_MESSAGE_BYTES};
use crate::trace::TraceEntry;
use crate::trace::line::Line;
use std::io::{BufRead, Read, Write};

pub(super) fn write_about(about: &About, out: &mut dyn Write) -> std::io::Result<u64> {
    write_line(&serde_json::to_vec(about)?, out)
}

pub(super) fn write_line(json: &[u8], out: &mut dyn Write) -> std::io::Result<u64> {
    out.write_all(json)?;
    out.write_all(b"\n")?;
    Ok(json.len() as u64 + 1)
}

pub(super) fn entry_of(json: &[u8]) -> Result<TraceEntry, String> {
    serde_json::from_slice::<Line<'_>>(json).map_err(|error| error.to_string())?.entry()
}

/// The next line, without its end; none at the end of the file. A line that is too long is an error.
pub(super) fn next_line(file: &mut dyn BufRead, line: &mut Vec<u8>) -> std::io::Result<Option<bool>> {
    line.clear();
    let count = file.take(MAX_MESSAGE_BYTES as u64).read_until(b'\n', line)?;
    if count == 0 {
        return Ok(None);
    }
    let is_whole = line.pop_if(|last| *last == b'\n').is_some();
    Ok(Some(is_whole))
}
