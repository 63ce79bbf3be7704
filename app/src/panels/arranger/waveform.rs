//! From a peaks pyramid to triangles: two vertices per column of pixels.

use eframe::egui::{Color32, Mesh, Pos2, Rangef, pos2};
use loophole_pulse::view::{FULL_SCALE, PeakEntry, PeaksFile, PeaksLevel};
use std::ops::Range;

/// What part of a media file plays, and how loud.
#[derive(Clone, Debug)]
pub(crate) struct Playing {
    /// Of the media, in its own frames; what repeats when `looped`.
    pub frames: Range<f64>,
    pub looped: bool,
    /// Linear.
    pub gain: f32,
}

/// Lowest and highest sample, −1 … 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Extent {
    pub low: f32,
    pub high: f32,
}

const SILENCE: Extent = Extent { low: 0.0, high: 0.0 };

impl Extent {
    fn of(entry: PeakEntry) -> Self {
        Self { low: f32::from(entry.min) / FULL_SCALE, high: f32::from(entry.max) / FULL_SCALE }
    }

    fn and(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    fn towards(self, other: Self, share: f32) -> Self {
        Self { low: self.low + (other.low - self.low) * share, high: self.high + (other.high - self.high) * share }
    }
}

impl Playing {
    /// The extent of a stretch of clip time, `from` and `to` in media frames since the clip's start.
    pub(crate) fn extent(&self, level: &PeaksLevel, entries: &[PeakEntry], from: f64, to: f64) -> Extent {
        let length = self.frames.end - self.frames.start;
        if from < 0.0 || length <= 0.0 || (!self.looped && from >= length) {
            return SILENCE;
        }
        let per_entry = f64::from(level.frames_per_entry);
        if !self.looped || to - from >= length {
            let start = if self.looped { 0.0 } else { from };
            return stretch(entries, per_entry, self.frames.start + start, self.frames.start + to.min(length));
        }
        let (from, to) = (from % length, to % length);
        if from <= to {
            return stretch(entries, per_entry, self.frames.start + from, self.frames.start + to);
        }
        let end = stretch(entries, per_entry, self.frames.start + from, self.frames.end);
        end.and(stretch(entries, per_entry, self.frames.start, self.frames.start + to))
    }
}

/// Of the entries from `from` to `to` (frames of the file); between two of them where they are wider than that.
fn stretch(entries: &[PeakEntry], per_entry: f64, from: f64, to: f64) -> Extent {
    let (first, last) = (from / per_entry, to / per_entry);
    if last - first < 1.0 {
        let place = ((first + last) * 0.5 - 0.5).max(0.0);
        let here = entries.get(place as usize).map_or(SILENCE, |entry| Extent::of(*entry));
        let next = entries.get(place as usize + 1).map_or(here, |entry| Extent::of(*entry));
        return here.towards(next, place.fract() as f32);
    }
    let end = (last.ceil() as usize).min(entries.len());
    let covered = entries.get((first as usize).min(end)..end).unwrap_or_default();
    // Whole numbers first: a wide column has many entries, and needs one conversion.
    let mut whole = PeakEntry { min: i16::MAX, max: i16::MIN, rms: 0 };
    for entry in covered {
        whole.min = whole.min.min(entry.min);
        whole.max = whole.max.max(entry.max);
    }
    if covered.is_empty() { SILENCE } else { Extent::of(whole) }
}

/// Where a waveform goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Band {
    /// Whole points: each is a column.
    pub x: Rangef,
    pub y: Rangef,
    pub colour: Color32,
}

/// Adds one band for both channels together, or one per channel where there is room.
///
/// `frames_at` tells the media frames since the clip's start at a column.
pub(crate) fn add(mesh: &mut Mesh, band: Band, peaks: &PeaksFile, playing: &Playing, frames_at: impl Fn(f32) -> f64) {
    let columns = band.x.span().floor().max(0.0) as usize;
    if columns == 0 || band.y.span() < 2.0 {
        return;
    }
    let frames_per_column = (frames_at(band.x.max) - frames_at(band.x.min)) / columns as f64;
    let Some(level) = peaks.level_for(frames_per_column) else { return };
    let apart = band.y.span() >= HEIGHT_FOR_TWO && level.channels.len() > 1;
    let groups: Vec<&[Vec<PeakEntry>]> =
        if apart { level.channels.chunks(1).collect() } else { vec![level.channels.as_slice()] };
    let height = band.y.span() / groups.len() as f32;
    for (index, channels) in groups.into_iter().enumerate() {
        let top = band.y.min + height * index as f32;
        let part = Band { y: Rangef::new(top, top + height), ..band };
        strip(mesh, part, columns, |column| {
            let from = frames_at(band.x.min + column as f32);
            let to = from + frames_per_column;
            let extents = channels.iter().map(|entries| playing.extent(level, entries, from, to));
            let extent = extents.reduce(Extent::and).unwrap_or(SILENCE);
            Extent { low: extent.low * playing.gain, high: extent.high * playing.gain }
        });
    }
}

/// From this height on, the two channels are drawn apart.
const HEIGHT_FOR_TWO: f32 = 56.0;

fn strip(mesh: &mut Mesh, band: Band, columns: usize, extent_at: impl Fn(usize) -> Extent) {
    let (centre, half) = (band.y.center(), band.y.span() * 0.5);
    let first = mesh.vertices.len() as u32;
    mesh.reserve_vertices(columns * 2);
    mesh.reserve_triangles(columns * 2);
    for column in 0..columns {
        let extent = extent_at(column);
        let x = band.x.min + column as f32 + 0.5;
        let high = centre - extent.high.clamp(-1.0, 1.0) * half;
        let low = centre - extent.low.clamp(-1.0, 1.0) * half;
        // Silence is a line, not nothing.
        let thin = ((1.0 - (low - high)) * 0.5).max(0.0);
        mesh.colored_vertex(pos2(x, high - thin), band.colour);
        mesh.colored_vertex(pos2(x, low + thin), band.colour);
    }
    for column in 0..columns.saturating_sub(1) as u32 {
        let corner = first + column * 2;
        mesh.add_triangle(corner, corner + 1, corner + 2);
        mesh.add_triangle(corner + 1, corner + 3, corner + 2);
    }
}

/// A filled rectangle as two triangles.
pub(crate) fn add_rect(mesh: &mut Mesh, x: Rangef, y: Rangef, colour: Color32) {
    let corner = mesh.vertices.len() as u32;
    let corners: [Pos2; 4] = [pos2(x.min, y.min), pos2(x.max, y.min), pos2(x.min, y.max), pos2(x.max, y.max)];
    for place in corners {
        mesh.colored_vertex(place, colour);
    }
    mesh.add_triangle(corner, corner + 1, corner + 2);
    mesh.add_triangle(corner + 1, corner + 3, corner + 2);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(min: i16, max: i16) -> PeakEntry {
        PeakEntry { min, max, rms: 0 }
    }

    /// 100 entries of 64 frames, entry `n` from −n to n per cent.
    fn level() -> PeaksLevel {
        let one = |n: i16| entry(-n * 327, n * 327);
        PeaksLevel { frames_per_entry: 64, channels: vec![(0..100).map(one).collect()] }
    }

    fn high(playing: &Playing, from: f64, to: f64) -> f32 {
        let level = level();
        (playing.extent(&level, &level.channels[0], from, to).high * 100.0).round()
    }

    #[test]
    fn a_column_covers_all_its_entries() {
        let playing = Playing { frames: 0.0..6_400.0, looped: false, gain: 1.0 };
        assert_eq!(high(&playing, 64.0 * 10.0, 64.0 * 13.0), 12.0);
        assert_eq!(high(&playing, 64.0 * 98.0, 64.0 * 200.0), 99.0);
        assert_eq!(high(&playing, 6_400.0, 6_500.0), 0.0);
        assert_eq!(high(&playing, -10.0, 0.0), 0.0);
    }

    #[test]
    fn between_entries_it_is_smooth() {
        let playing = Playing { frames: 0.0..6_400.0, looped: false, gain: 1.0 };
        let level = level();
        let at = |frame: f64| playing.extent(&level, &level.channels[0], frame, frame + 1.0).high;
        assert!(at(64.0 * 10.5) < at(64.0 * 10.9) && at(64.0 * 10.9) < at(64.0 * 11.4));
    }

    #[test]
    fn a_looped_clip_repeats_from_its_offset() {
        let playing = Playing { frames: 640.0..1_280.0, looped: true, gain: 1.0 };
        assert_eq!(high(&playing, 0.0, 64.0), 10.0);
        assert_eq!(high(&playing, 640.0, 704.0), 10.0);
        assert_eq!(high(&playing, 600.0, 664.0), 19.0);
        assert_eq!(high(&playing, 0.0, 100_000.0), 19.0);
    }

    #[test]
    fn two_vertices_per_column_and_none_outside() {
        let peaks = PeaksFile { frames: 6_400, sample_rate: 48_000, levels: vec![level()] };
        let playing = Playing { frames: 0.0..6_400.0, looped: false, gain: 10.0 };
        let band = Band { x: Rangef::new(5.0, 105.0), y: Rangef::new(10.0, 30.0), colour: Color32::WHITE };
        let mut mesh = Mesh::default();
        add(&mut mesh, band, &peaks, &playing, |x| f64::from(x - 5.0) * 64.0);
        assert_eq!((mesh.vertices.len(), mesh.indices.len()), (200, 99 * 6));
        assert!(mesh.is_valid());
        assert!(mesh.vertices.iter().all(|vertex| band.y.contains(vertex.pos.y) && band.x.contains(vertex.pos.x)));
    }
}
