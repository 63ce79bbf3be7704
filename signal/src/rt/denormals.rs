//! Flush-to-zero: numbers too small to hear must not make the processor slow.
#![allow(unsafe_code)]

/// Switches flush-to-zero and denormals-are-zero on for this thread, where the processor has them. Cheap enough to be
/// called in every callback, which is needed: the thread belongs to the audio library.
pub(crate) fn flush_to_zero() {
    #[cfg(target_arch = "x86_64")]
    {
        /// Flush-to-zero (bit 15) and denormals-are-zero (bit 6) of MXCSR: Intel SDM volume 1, section 10.2.3.
        const FTZ_AND_DAZ: u32 = 1 << 15 | 1 << 6;
        let mut control = 0_u32;
        // SAFETY: stmxcsr and ldmxcsr read and write this thread's MXCSR through a valid pointer; only the two
        // flush bits are added, rounding and exception masks stay as they are.
        unsafe {
            std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut control, options(nostack, preserves_flags));
            control |= FTZ_AND_DAZ;
            std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const control, options(nostack, preserves_flags));
        }
    }
    #[cfg(target_arch = "aarch64")]
    {
        /// FZ, bit 24 of FPCR: Arm ARM, section D17.
        const FZ: u64 = 1 << 24;
        let mut control: u64;
        // SAFETY: reads and writes this thread's FPCR; only the flush bit is added.
        unsafe {
            std::arch::asm!("mrs {}, fpcr", out(reg) control, options(nomem, nostack, preserves_flags));
            control |= FZ;
            std::arch::asm!("msr fpcr, {}", in(reg) control, options(nomem, nostack, preserves_flags));
        }
    }
}
