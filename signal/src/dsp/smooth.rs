//! Values that move in straight lines, so that nothing clicks, frame by frame: the size of a block changes nothing.

/// A value on its way to a target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Smooth {
    current: f32,
    target: f32,
    step: f32,
    left: u32,
}

impl Smooth {
    pub(crate) const fn at(value: f32) -> Self {
        Self { current: value, target: value, step: 0.0, left: 0 }
    }

    pub(crate) fn target(&self) -> f32 {
        self.target
    }

    pub(crate) fn is_steady(&self) -> bool {
        self.left == 0
    }

    /// Where it stands now.
    pub(crate) fn value(&self) -> f32 {
        self.current
    }

    /// Goes to `target` within `frames`; at once with 0.
    pub(crate) fn go(&mut self, target: f32, frames: u32) {
        if target == self.target && (self.left == 0 || frames > 0) {
            return;
        }
        self.target = target;
        self.left = frames;
        if frames == 0 {
            self.current = target;
        } else {
            self.step = (target - self.current) / frames as f32;
        }
    }

    /// One frame on.
    pub(crate) fn next(&mut self) -> f32 {
        if self.left > 0 {
            self.left -= 1;
            self.current = if self.left == 0 { self.target } else { self.current + self.step };
        }
        self.current
    }

    /// Multiplies both sides of a block.
    pub(crate) fn apply(&mut self, left: &mut [f32], right: &mut [f32]) {
        if self.is_steady() {
            let gain = self.current;
            if gain != 1.0 {
                left.iter_mut().for_each(|sample| *sample *= gain);
                right.iter_mut().for_each(|sample| *sample *= gain);
            }
            return;
        }
        for (l, r) in left.iter_mut().zip(right) {
            let gain = self.next();
            *l *= gain;
            *r *= gain;
        }
    }
}

/// Linear gain of decibels; −inf is 0.
pub(crate) fn gain_of_db(db: f32) -> f32 {
    if db == f32::NEG_INFINITY { 0.0 } else { 10.0_f32.powf(db / 20.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_arrives_exactly_and_stays() {
        let mut smooth = Smooth::at(0.0);
        smooth.go(1.0, 4);
        let way: Vec<f32> = (0..6).map(|_| smooth.next()).collect();
        assert_eq!(way, [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
        assert!(smooth.is_steady());
    }

    #[test]
    fn decibels() {
        assert_eq!(gain_of_db(0.0), 1.0);
        assert_eq!(gain_of_db(f32::NEG_INFINITY), 0.0);
        assert!((gain_of_db(-6.0206) - 0.5).abs() < 1e-5);
    }
}
