//! Numbers too small to hear count as zero: computing with them would be a hundred times slower.
#![allow(unsafe_code)]

/// Flushes denormals to zero on this thread until it is dropped.
pub(super) struct FlushToZero {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    before: Register,
}

#[cfg(target_arch = "x86_64")]
type Register = u32;
#[cfg(target_arch = "aarch64")]
type Register = u64;

/// MXCSR: flush to zero (bit 15), denormals are zero (bit 6).
#[cfg(target_arch = "x86_64")]
const FLUSH: Register = 1 << 15 | 1 << 6;
/// FPCR: flush to zero (bit 24).
#[cfg(target_arch = "aarch64")]
const FLUSH: Register = 1 << 24;

impl FlushToZero {
    pub(super) fn new() -> Self {
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        {
            let before = read();
            write(before | FLUSH);
            Self { before }
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        Self {}
    }
}

impl Drop for FlushToZero {
    fn drop(&mut self) {
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        write(self.before);
    }
}

#[cfg(target_arch = "x86_64")]
fn read() -> Register {
    let mut register: Register = 0;
    // SAFETY: stmxcsr stores the 32-bit control register to the four bytes it is given, which are `register`.
    unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut register, options(nostack, preserves_flags)) };
    register
}

#[cfg(target_arch = "x86_64")]
fn write(register: Register) {
    // SAFETY: ldmxcsr loads the four bytes it is given; only values that `read` gave, with the two flush bits, come here,
    // so no reserved bit is set and no exception is unmasked.
    unsafe {
        std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const register, options(nostack, readonly, preserves_flags))
    };
}

#[cfg(target_arch = "aarch64")]
fn read() -> Register {
    let register: Register;
    // SAFETY: reading the floating-point control register has no effect on anything.
    unsafe { std::arch::asm!("mrs {}, fpcr", out(reg) register, options(nomem, nostack, preserves_flags)) };
    register
}

#[cfg(target_arch = "aarch64")]
fn write(register: Register) {
    // SAFETY: only values that `read` gave, with the flush bit, come here; that changes rounding of denormals alone.
    unsafe { std::arch::asm!("msr fpcr, {}", in(reg) register, options(nomem, nostack, preserves_flags)) };
}

#[cfg(test)]
mod tests {
    use super::FlushToZero;
    use std::hint::black_box;

    #[test]
    fn denormals_are_zero_only_while_it_lives() {
        let tiny = black_box(f32::MIN_POSITIVE);
        {
            let _flush = FlushToZero::new();
            assert_eq!(black_box(tiny) * black_box(0.25), 0.0);
        }
        assert!(black_box(tiny) * black_box(0.25) > 0.0);
    }
}
