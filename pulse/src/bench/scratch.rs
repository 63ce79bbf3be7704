//! A folder for the data of a measured session.

use super::BenchError;
use std::path::{Path, PathBuf};

/// A folder of its own, removed with this value.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes one in the folder for temporary things.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn new() -> Result<Self, BenchError> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| BenchError::Failed(error.to_string()))?;
        let path = std::env::temp_dir().join(format!("loophole-bench-{:016x}", u64::from_ne_bytes(random)));
        std::fs::create_dir_all(&path)
            .map_err(|source| BenchError::Io { what: "making a temporary folder", source })?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left behind at worst, in the folder for temporary things.
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}
