//! Writing messages to files of a bounded size.

use super::{About, Format, RecordingError, lines, mcap};
use crate::trace::line::Line;
use crate::trace::{Tap, TraceEntry};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// How a recording is bounded, and what is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// A file that is longer is ended, and the next one begun.
    pub limit_bytes: u64,
    /// So many files are kept at most, the newest; at least one.
    pub files: u32,
    /// Paths lose their folders.
    pub masks_paths: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { limit_bytes: 1_000_000_000, files: 4, masks_paths: false }
    }
}

/// A recording that is being written.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    about: About,
    options: Options,
    file: Open,
    /// Files begun so far.
    begun: u32,
    written: Written,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub entries: u64,
    pub bytes: u64,
    /// Files that are there now.
    pub files: u32,
}

#[derive(Debug)]
struct Open {
    out: BufWriter<File>,
    how: How,
    bytes: u64,
}

#[derive(Debug)]
enum How {
    Mcap(mcap::Writer),
    Lines,
}

impl Recorder {
    /// Begins a recording; the end of the name says the format. A file of this name is replaced.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn create(path: &Path, about: About, options: Options) -> Result<Self, RecordingError> {
        let file = Open::begin(path, Format::of(path), &about).map_err(|source| cannot(path, source))?;
        let path = path.to_owned();
        Ok(Self { path, about, options, file, begun: 1, written: Written { files: 1, ..Written::default() } })
    }

    /// Writes a message.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn write(&mut self, entry: &TraceEntry) -> Result<(), RecordingError> {
        if self.file.bytes >= self.options.limit_bytes {
            self.rotate()?;
        }
        let before = self.file.bytes;
        self.file.write(entry, self.options.masks_paths).map_err(|source| cannot(&self.path, source))?;
        self.written.entries += 1;
        self.written.bytes += self.file.bytes.saturating_sub(before);
        Ok(())
    }

    /// Gives to the disk what was written so far.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn flush(&mut self) -> Result<(), RecordingError> {
        self.file.out.flush().map_err(|source| cannot(&self.path, source))
    }

    /// Ends the recording.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn finish(self) -> Result<Written, RecordingError> {
        let Self { path, file, mut written, .. } = self;
        written.bytes += file.finish().map_err(|source| cannot(&path, source))?;
        Ok(written)
    }

    /// Ends this file; it is called `name-1.mcap`, and so on, from now on.
    fn rotate(&mut self) -> Result<(), RecordingError> {
        let path = self.path.clone();
        let failed = |source| cannot(&path, source);
        let aside = self.path.with_extension("recording-part");
        let next = Open::begin(&aside, Format::of(&self.path), &self.about).map_err(failed)?;
        let full = std::mem::replace(&mut self.file, next);
        self.written.bytes += full.finish().map_err(failed)?;
        std::fs::rename(&self.path, self.numbered(self.begun)).map_err(failed)?;
        std::fs::rename(&aside, &self.path).map_err(failed)?;
        self.begun += 1;
        let kept = self.options.files.max(1);
        self.written.files = self.begun.min(kept);
        if self.begun > kept {
            // It may have been taken away already.
            let _gone = std::fs::remove_file(self.numbered(self.begun - kept));
        }
        Ok(())
    }

    fn numbered(&self, number: u32) -> PathBuf {
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let name = match self.path.extension() {
            Some(extension) => format!("{stem}-{number}.{}", extension.to_string_lossy()),
            None => format!("{stem}-{number}"),
        };
        self.path.with_file_name(name)
    }
}

impl Open {
    fn begin(path: &Path, format: Format, about: &About) -> std::io::Result<Self> {
        let mut out = BufWriter::new(File::create(path)?);
        let (how, bytes) = match format {
            Format::Mcap => {
                let writer = mcap::Writer::begin(about, &mut out)?;
                let bytes = writer.written();
                (How::Mcap(writer), bytes)
            }
            Format::Lines => (How::Lines, lines::write_about(about, &mut out)?),
        };
        Ok(Self { out, how, bytes })
    }

    fn write(&mut self, entry: &TraceEntry, masks_paths: bool) -> std::io::Result<()> {
        let line = Line::of(entry, masks_paths);
        let json = serde_json::to_vec(&line)?;
        match &mut self.how {
            How::Mcap(writer) => {
                let topic = format!("/{}", line.link);
                writer.message(&topic, entry.number, entry.at_nanos, &json, &mut self.out)?;
                self.bytes = writer.written();
            }
            How::Lines => self.bytes += lines::write_line(&json, &mut self.out)?,
        }
        Ok(())
    }

    /// Bytes that the end took.
    fn finish(mut self) -> std::io::Result<u64> {
        let end = match self.how {
            How::Mcap(writer) => writer.finish(&mut self.out)?,
            How::Lines => self.bytes,
        };
        self.out.flush()?;
        self.out.get_ref().sync_all()?;
        Ok(end.saturating_sub(self.bytes))
    }
}

/// Writes the last `seconds` of what a tap holds.
///
/// # Errors
/// The disk does not take it.
pub fn save_last(
    tap: &Tap,
    seconds: u64,
    path: &Path,
    about: About,
    options: Options,
) -> Result<Written, RecordingError> {
    let mut entries = Vec::new();
    tap.read(0, &mut entries);
    let newest = entries.iter().map(|entry| entry.at_nanos).max().unwrap_or(0);
    let since = newest.saturating_sub(seconds.saturating_mul(1_000_000_000));
    let mut recorder = Recorder::create(path, about, options)?;
    for entry in entries.iter().filter(|entry| entry.at_nanos >= since) {
        recorder.write(entry)?;
    }
    recorder.finish()
}

fn cannot(path: &Path, source: std::io::Error) -> RecordingError {
    RecordingError::Write { path: path.to_owned(), source }
}
