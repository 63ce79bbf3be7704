//! What the seam itself costs.

use super::{Bench, BenchError, Figure, Outcome};
use crate::trace::Tap;
use std::hint::black_box;
use std::time::Instant;

pub(super) fn closed_tap(_bench: &Bench) -> Result<Outcome, BenchError> {
    const ROUNDS: usize = 50;
    const ASKS: u32 = 1_000_000;
    let tap = Tap::default();
    let samples = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            for _ in 0..ASKS {
                black_box(black_box(&tap).is_open());
            }
            began.elapsed().as_secs_f64() * 1e9 / f64::from(ASKS)
        })
        .collect();
    Ok(Outcome::Figures(vec![Figure::new("asking a closed tap", "ns", samples).at_most(5.0, 0.5)]))
}
