//! Which configuration of a device is used, and how samples become what it wants. Pure.

use cpal::{FromSample, SampleFormat, SizedSample, SupportedBufferSize, SupportedStreamConfigRange};

/// What would be best.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// In Hz.
    pub(super) sample_rate: u32,
    pub(super) buffer_frames: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) channels: u16,
    pub(super) sample_rate: u32,
    pub(super) format: SampleFormat,
    /// As wished, within what the device says it can.
    pub(super) buffer_frames: u32,
}

/// The configuration nearest to the wish: the right rate before stereo before a nearer rate before the better format. None if
/// the device has nothing that can be played on.
pub(super) fn choose(ranges: impl IntoIterator<Item = SupportedStreamConfigRange>, wish: Wish) -> Option<Choice> {
    let candidates = ranges.into_iter().filter_map(|range| {
        let format_rank = format_rank(range.sample_format())?;
        let sample_rate =
            wish.sample_rate.clamp(range.min_sample_rate(), range.max_sample_rate().max(range.min_sample_rate()));
        let channels = range.channels();
        let channel_rank = match channels {
            0 => return None,
            2 => 0,
            1 => u16::MAX,
            more => more,
        };
        let buffer_frames = match *range.buffer_size() {
            SupportedBufferSize::Range { min, max } if min <= max => wish.buffer_frames.clamp(min, max),
            SupportedBufferSize::Range { .. } | SupportedBufferSize::Unknown => wish.buffer_frames,
        };
        let distance = sample_rate.abs_diff(wish.sample_rate);
        let rank = (distance != 0, channel_rank, distance, format_rank);
        Some((rank, Choice { channels, sample_rate, format: range.sample_format(), buffer_frames }))
    });
    candidates.min_by_key(|(rank, _)| *rank).map(|(_, choice)| choice)
}

/// Smaller is better; none = cannot be played on.
fn format_rank(format: SampleFormat) -> Option<u8> {
    Some(match format {
        SampleFormat::F32 => 0,
        SampleFormat::I32 => 1,
        SampleFormat::I24 => 2,
        SampleFormat::F64 => 3,
        SampleFormat::I16 => 4,
        SampleFormat::U32 => 5,
        SampleFormat::U24 => 6,
        SampleFormat::U16 => 7,
        SampleFormat::I8 => 8,
        SampleFormat::U8 => 9,
        // 64-bit integers were seen on no device; DSD is no PCM.
        _ => return None,
    })
}

/// The largest 32-bit float below 1. dasp turns 1.0 into a 24-bit integer that is one too large, and does not saturate it.
const ALMOST_ONE: f32 = 1.0 - f32::EPSILON / 2.0;

/// Real time. Integers are clipped; NaN is silence.
pub(super) fn convert<T: SizedSample + FromSample<f32>>(from: &[f32], to: &mut [T]) {
    for (sample, out) in from.iter().zip(to) {
        let sample = if sample.is_nan() { 0.0 } else { *sample };
        let in_range = if T::FORMAT.is_float() { sample } else { sample.clamp(-1.0, ALMOST_ONE) };
        *out = T::from_sample(in_range);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WISH: Wish = Wish { sample_rate: 48_000, buffer_frames: 128 };

    fn range(channels: u16, rates: (u32, u32), format: SampleFormat) -> SupportedStreamConfigRange {
        SupportedStreamConfigRange::new(
            channels,
            rates.0,
            rates.1,
            SupportedBufferSize::Range { min: 64, max: 1_024 },
            format,
        )
    }

    fn chosen(ranges: Vec<SupportedStreamConfigRange>) -> Option<(u16, u32, SampleFormat)> {
        choose(ranges, WISH).map(|choice| (choice.channels, choice.sample_rate, choice.format))
    }

    #[test]
    fn rate_then_channels_then_format() {
        use SampleFormat::{F32, I16, U8};
        let all = (8_000, 192_000);
        let cases: Vec<(Vec<_>, _)> = vec![
            (
                vec![range(1, all, F32), range(2, all, I16), range(2, all, F32), range(8, all, F32)],
                Some((2, 48_000, F32)),
            ),
            (vec![range(2, (44_100, 44_100), F32), range(2, all, I16)], Some((2, 48_000, I16))),
            (vec![range(10, all, I16), range(18, all, F32)], Some((10, 48_000, I16))),
            (vec![range(1, all, U8)], Some((1, 48_000, U8))),
            (vec![range(2, (44_100, 44_100), I16), range(2, (96_000, 96_000), F32)], Some((2, 44_100, I16))),
            (vec![range(2, all, SampleFormat::DsdU32), range(0, all, F32)], None),
            (vec![], None),
        ];
        for (ranges, expected) in cases {
            assert_eq!(chosen(ranges), expected);
        }
    }

    #[test]
    fn the_buffer_is_brought_into_range() {
        let ask = |buffer_frames| {
            choose([range(2, (48_000, 48_000), SampleFormat::F32)], Wish { buffer_frames, ..WISH })
                .unwrap()
                .buffer_frames
        };
        assert_eq!((ask(16), ask(128), ask(9_999)), (64, 128, 1_024));
    }

    #[test]
    fn loud_is_clipped_and_nan_is_silent() {
        let loud = [0.0, 0.5, 1.0, 9.0, -1.0, -9.0, f32::NAN, f32::INFINITY];
        let mut shorts = [0_i16; 8];
        convert(&loud, &mut shorts);
        assert_eq!(shorts, [0, 16_384, 32_767, 32_767, -32_768, -32_768, 0, 32_767]);
        let mut bytes = [0_u8; 8];
        convert(&loud, &mut bytes);
        assert_eq!(bytes, [128, 192, 255, 255, 0, 0, 128, 255]);
        let mut middle = [cpal::I24::new(0).unwrap(); 8];
        convert(&loud, &mut middle);
        assert_eq!(
            middle.map(cpal::I24::inner),
            [0, 4_194_304, 8_388_607, 8_388_607, -8_388_608, -8_388_608, 0, 8_388_607]
        );
        let mut longs = [0_i32; 8];
        convert(&loud, &mut longs);
        assert_eq!((longs[2], longs[4]), (2_147_483_520, i32::MIN));
        let mut doubles = [0_f64; 8];
        convert(&loud, &mut doubles);
        assert_eq!((doubles[3], doubles[6]), (9.0, 0.0));
    }
}
