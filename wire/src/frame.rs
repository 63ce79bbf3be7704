//! Frames: a length, a type byte, a payload. Pure; sockets are elsewhere.

use crate::error::ProtocolError;

/// What a frame may hold after its length, type byte included, unless the connection says otherwise.
pub const DEFAULT_LIMIT_BYTES: usize = 16 * 1024 * 1024;

const LENGTH_BYTES: usize = 4;

/// Alias that reads well where only framing can fail.
pub type FrameError = ProtocolError;

/// One frame, its payload borrowed from the decoder's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Type 0: a JSON envelope, UTF-8, not yet parsed.
    Json(&'a [u8]),
    /// Type 1: a plane frame, not yet parsed.
    Plane(&'a [u8]),
}

/// Type byte of a JSON envelope.
pub const TYPE_JSON: u8 = 0;
/// Type byte of a plane frame.
pub const TYPE_PLANE: u8 = 1;

/// Appends a frame to `out`.
///
/// # Panics
/// Never for payloads below 4 GiB; the caller's own limit is far below.
pub fn encode(frame: Frame<'_>, out: &mut Vec<u8>) {
    let (kind, payload) = match frame {
        Frame::Json(payload) => (TYPE_JSON, payload),
        Frame::Plane(payload) => (TYPE_PLANE, payload),
    };
    let length = u32::try_from(payload.len() + 1).expect("a frame that this program writes is far below 4 GiB");
    out.extend_from_slice(&length.to_le_bytes());
    out.push(kind);
    out.extend_from_slice(payload);
}

/// Cuts a byte stream into frames.
///
/// Holds at most one limit's worth of bytes plus one read; grows only as bytes really arrive, so an announced
/// length costs nothing. After an error the stream is lost: close the connection.
#[derive(Debug)]
pub struct FrameDecoder {
    buffer: Vec<u8>,
    start: usize,
    limit_bytes: usize,
}

impl Default for FrameDecoder {
    fn default() -> Self {
        Self::with_limit(DEFAULT_LIMIT_BYTES)
    }
}

impl FrameDecoder {
    pub fn with_limit(limit_bytes: usize) -> Self {
        Self { buffer: Vec::new(), start: 0, limit_bytes }
    }

    /// Takes bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.compact();
        self.buffer.extend_from_slice(bytes);
    }

    /// Reads once from `reader` into the buffer; returns how many bytes came (0 = end of stream).
    ///
    /// # Errors
    /// What the reader says.
    pub fn read_from(&mut self, reader: &mut impl std::io::Read) -> std::io::Result<usize> {
        const CHUNK: usize = 64 * 1024;
        self.compact();
        let filled = self.buffer.len();
        self.buffer.resize(filled + CHUNK, 0);
        let outcome = reader.read(&mut self.buffer[filled..]);
        self.buffer.truncate(filled + *outcome.as_ref().unwrap_or(&0));
        outcome
    }

    /// The next whole frame, or `None` until more bytes come.
    ///
    /// # Errors
    /// A length of zero or over the limit, or an unknown type byte.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, ProtocolError> {
        let held = &self.buffer[self.start..];
        let Some((head, rest)) = held.split_first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes(*head) as usize;
        if length == 0 {
            return Err(ProtocolError::FrameEmpty);
        }
        if length > self.limit_bytes {
            return Err(ProtocolError::FrameTooLarge { length: length as u64, limit: self.limit_bytes as u64 });
        }
        if rest.len() < length {
            return Ok(None);
        }
        let begin = self.start + LENGTH_BYTES;
        self.start = begin + length;
        let body = &self.buffer[begin + 1..begin + length];
        match self.buffer[begin] {
            TYPE_JSON => Ok(Some(Frame::Json(body))),
            TYPE_PLANE => Ok(Some(Frame::Plane(body))),
            other => Err(ProtocolError::FrameType(other)),
        }
    }

    fn compact(&mut self) {
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        } else if self.start > 0 && self.start >= self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(bytes: &[u8], cut: usize) -> Result<Vec<(u8, Vec<u8>)>, ProtocolError> {
        let mut decoder = FrameDecoder::with_limit(1024);
        let mut seen = Vec::new();
        for part in bytes.chunks(cut.max(1)) {
            decoder.push(part);
            while let Some(frame) = decoder.next_frame()? {
                seen.push(match frame {
                    Frame::Json(body) => (0, body.to_vec()),
                    Frame::Plane(body) => (1, body.to_vec()),
                });
            }
        }
        Ok(seen)
    }

    #[test]
    fn zero_too_long_and_unknown_are_refused() {
        assert_eq!(check(&[0, 0, 0, 0], 4), Err(ProtocolError::FrameEmpty));
        assert_eq!(check(&[1, 4, 0, 0], 4), Err(ProtocolError::FrameTooLarge { length: 1025, limit: 1024 }));
        assert_eq!(check(&[1, 0, 0, 0, 9], 1), Err(ProtocolError::FrameType(9)));
    }

    proptest! {
        #[test]
        fn frames_survive_any_cut(bodies in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..200)), 0..20), cut in 1usize..50) {
            let mut bytes = Vec::new();
            for (plane, body) in &bodies {
                encode(if *plane { Frame::Plane(body) } else { Frame::Json(body) }, &mut bytes);
            }
            let expected: Vec<_> = bodies.into_iter().map(|(plane, body)| (u8::from(plane), body)).collect();
            prop_assert_eq!(check(&bytes, cut), Ok(expected));
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000), cut in 1usize..50) {
            let _outcome = check(&bytes, cut);
        }
    }
}
