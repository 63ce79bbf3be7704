//! Frames: any bytes, arriving in pieces of any size.

use loophole_wire::frame::{self, Frame, FrameDecoder};

const LIMIT_BYTES: usize = 512;

/// The first byte is the size of the pieces.
pub(super) fn run(bytes: &[u8]) {
    let Some((piece, stream)) = bytes.split_first() else { return };
    let (whole, how_it_ended) = decode(stream, stream.len());
    let in_pieces = decode(stream, usize::from(*piece));
    assert_eq!((&whole, &how_it_ended), (&in_pieces.0, &in_pieces.1), "it depends on how the bytes were cut");
    assert!(stream.starts_with(&whole), "other bytes were read than came");
}

/// The frames that were read, written again; and why no more were.
fn decode(stream: &[u8], piece: usize) -> (Vec<u8>, Option<String>) {
    let mut decoder = FrameDecoder::with_limit(LIMIT_BYTES);
    let mut again = Vec::new();
    for part in stream.chunks(piece.max(1)) {
        decoder.push(part);
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => frame::encode(frame, &mut again),
                Ok(None) => break,
                Err(error) => return (again, Some(error.to_string())),
            }
        }
    }
    (again, None)
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut both = vec![3];
    frame::encode(Frame::Json(b"{}"), &mut both);
    frame::encode(Frame::Plane(b"12345678"), &mut both);
    vec![both, vec![1, 0, 0, 0, 0], vec![1, 1, 2, 0, 0, 0], vec![200, 1, 0, 0, 0, 9]]
}
