//! Media: files decoded, cached and streamed into lanes ahead of the playhead.

pub mod stream;
