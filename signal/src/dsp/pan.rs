//! The pan law.

use std::f32::consts::{FRAC_PI_4, SQRT_2};

/// Gains of left and right for a pan of −1 … 1: constant power (sine and cosine), scaled so that the middle changes
/// nothing (0 dB) and each end is 3 dB louder on its own side. A strip with its pan in the middle is transparent.
pub(crate) fn gains(pan: f32) -> [f32; 2] {
    let pan = pan.clamp(-1.0, 1.0);
    if pan == 0.0 {
        return [1.0, 1.0];
    }
    let angle = (pan + 1.0) * FRAC_PI_4;
    [SQRT_2 * angle.cos(), SQRT_2 * angle.sin()]
}

#[cfg(test)]
mod tests {
    use super::gains;

    #[test]
    fn power_is_constant_and_the_middle_is_transparent() {
        assert_eq!(gains(0.0), [1.0, 1.0]);
        for step in -10..=10 {
            let [left, right] = gains(step as f32 / 10.0);
            assert!((left * left + right * right - 2.0).abs() < 1e-5, "{step}");
        }
        assert!(gains(-1.0)[1].abs() < 1e-6 && gains(1.0)[0].abs() < 1e-6);
    }
}
