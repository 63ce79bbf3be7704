//! Paints the clips: one mesh for bodies, one for waveforms, then names.

use super::geometry::TimeAxis;
use super::index::end_ticks;
use super::look::Look;
use super::scene::Scene;
use super::waveform::{self, Band, Playing};
use eframe::egui::{Align2, Color32, Mesh, Painter, Pos2, Rangef, Rect, Shape, Stroke, StrokeKind, Ui, pos2, vec2};
use loophole_pulse::model::{Clip, ClipId, Media, TrackId};
use loophole_pulse::view::{MediaStatus, PeaksFile};
use std::collections::BTreeSet;
use std::ops::Range;

/// Narrower clips are painted together.
const MERGE_BELOW: f32 = 3.0;
const WAVEFORM_FROM: f32 = 6.0;
const NAME_FROM: f32 = 40.0;
/// How solid a clip is on its way.
const GHOST: f32 = 0.85;
/// A clip has a title bar where its row is this high.
const TITLE_FROM: f32 = 40.0;
pub(crate) const TITLE_HEIGHT: f32 = 15.0;

/// What the clips of a frame are made of, layer by layer.
#[derive(Default)]
pub(crate) struct Layers {
    bodies: Mesh,
    waveforms: Mesh,
    names: Vec<Name>,
    outlines: Vec<Rect>,
}

struct Name {
    place: Pos2,
    rect: Rect,
    text: String,
    colour: Color32,
}

/// Where one clip is, and how it looks.
#[derive(Clone, Copy)]
pub(crate) struct ClipLook {
    pub rect: Rect,
    pub colour: Color32,
    pub selected: bool,
    /// On its way to another place.
    pub ghost: bool,
}

impl Layers {
    /// All visible clips of a row, but those that are elsewhere now.
    pub(crate) fn add_row(
        &mut self,
        scene: &Scene<'_>,
        row: usize,
        selected: &BTreeSet<ClipId>,
        away: &BTreeSet<ClipId>,
    ) {
        let Some(track) = scene.track(row) else { return };
        let Some(clips) = scene.index.of(track.id) else { return };
        let lane = scene.row_rect(row);
        let (y, colour) = (lane.y_range(), scene.colour_of(track));
        let mut run: Option<Rangef> = None;
        for clip in clips.within(scene.axis.visible()) {
            if away.contains(&clip.id) {
                continue;
            }
            let x = clip_x(&scene.axis, clip.start_ticks, end_ticks(clip));
            let is_selected = selected.contains(&clip.id);
            if x.span() >= MERGE_BELOW || is_selected {
                let rect = Rect::from_x_y_ranges(x, Rangef::new(y.min + 1.0, y.max - 1.0));
                self.add_clip(scene, clip, ClipLook { rect, colour, selected: is_selected, ghost: false });
                continue;
            }
            run = match run {
                Some(open) if x.min - open.max < 1.0 => Some(Rangef::new(open.min, open.max.max(x.max))),
                open => {
                    self.add_run(open, y, colour);
                    Some(x)
                }
            };
        }
        self.add_run(run, y, colour);
    }

    fn add_run(&mut self, run: Option<Rangef>, y: Rangef, colour: Color32) {
        if let Some(run) = run {
            let x = Rangef::new(run.min, run.max.max(run.min + 1.0));
            waveform::add_rect(&mut self.bodies, x, Rangef::new(y.min + 1.0, y.max - 1.0), colour.gamma_multiply(0.6));
        }
    }

    /// One clip, wherever it is to be painted.
    pub(crate) fn add_clip(&mut self, scene: &Scene<'_>, clip: &Clip, at: ClipLook) {
        let visible = Rangef::new(scene.lanes.left() - 2.0, scene.lanes.right() + 2.0);
        let whole = at.rect.x_range();
        let x = Rangef::new(whole.min.max(visible.min), (whole.max - 1.0).max(whole.min + 1.0).min(visible.max));
        if x.span() <= 0.0 {
            return;
        }
        let rect = Rect::from_x_y_ranges(x, at.rect.y_range());
        let look = scene.look;
        let strength = if at.ghost { GHOST } else { 1.0 };
        let body = look.clip_body(at.colour, at.selected).gamma_multiply(strength);
        waveform::add_rect(&mut self.bodies, x, rect.y_range(), body);
        let has_title = rect.height() >= TITLE_FROM && rect.width() >= WAVEFORM_FROM;
        let mut content = rect.y_range();
        if has_title {
            let title = Rangef::new(content.min, content.min + TITLE_HEIGHT);
            let colour = look.clip_title(at.colour, at.selected).gamma_multiply(strength);
            waveform::add_rect(&mut self.bodies, x, title, colour);
            content.min = title.max;
        }
        if rect.width() >= WAVEFORM_FROM {
            self.add_content(scene, clip, at, Rect::from_x_y_ranges(x, content.shrink(1.0)));
        }
        if rect.width() >= NAME_FROM {
            let colour = if has_title { look.clip_title_text(at.colour, at.selected) } else { look.text };
            let place = pos2(x.min + 4.0, if has_title { rect.top() + TITLE_HEIGHT * 0.5 } else { rect.center().y });
            self.names.push(Name { place, rect, text: clip.name.clone(), colour: colour.gamma_multiply(strength) });
        }
        if at.selected {
            self.outlines.push(rect);
        }
    }

    fn add_content(&mut self, scene: &Scene<'_>, clip: &Clip, at: ClipLook, area: Rect) {
        let media = scene.view.media.get(&clip.media);
        if matches!(media.map(|media| &media.status), Some(MediaStatus::Missing(_))) {
            hatch(&mut self.waveforms, area, scene.look.warning.gamma_multiply(0.55));
            return;
        }
        let Some(file) = scene.view.model.media.get(&clip.media) else { return };
        // A ghost shows what the clip has where it is now, at another place.
        let shift = scene.axis.ticks(at.rect.left()) - clip.start_ticks as f64;
        let shift = if at.ghost { shift } else { 0.0 };
        let time = ClipTime { scene, clip, media: file, shift };
        if clip.looped {
            self.add_repeats(&time, area);
        }
        if let Some(peaks) = media.and_then(|media| media.peaks.as_deref()) {
            let colour = scene.look.waveform(at.colour, at.selected).gamma_multiply(if at.ghost { GHOST } else { 1.0 });
            let x = Rangef::new(area.left().round(), area.right().round());
            time.add_waveform(&mut self.waveforms, Band { x, y: area.y_range(), colour }, peaks);
        }
    }

    /// A notch wherever the media begins again.
    fn add_repeats(&mut self, time: &ClipTime<'_>, area: Rect) {
        let period = time.period_seconds();
        if period <= 0.0 {
            return;
        }
        let at = |x: f32| time.seconds_at(x) / period;
        let (first, last) = (at(area.left()).floor().max(0.0), at(area.right()));
        if (last - first) * f64::from(WAVEFORM_FROM) > f64::from(area.width()) {
            return;
        }
        for number in (first as u64 + 1)..=(last.max(0.0) as u64) {
            let x = time.x_at(number as f64 * period).round();
            let colour = time.scene.look.text.gamma_multiply(0.45);
            waveform::add_rect(&mut self.waveforms, Rangef::new(x, x + 1.0), area.y_range(), colour);
        }
    }

    pub(crate) fn paint(self, ui: &Ui, painter: &Painter, look: &Look) {
        for mesh in [self.bodies, self.waveforms] {
            if !mesh.is_empty() {
                painter.add(Shape::mesh(mesh));
            }
        }
        for name in self.names {
            let width = name.rect.right() - name.place.x - 2.0;
            // The colour comes at painting: one cached layout serves all colours.
            let galley =
                ui.fonts_mut(|fonts| fonts.layout_no_wrap(name.text, look.small.clone(), Color32::PLACEHOLDER));
            let place = Align2::LEFT_CENTER.anchor_size(name.place, galley.size()).min;
            if galley.size().x <= width {
                painter.galley(place, galley, name.colour);
            } else {
                let clip = name.rect.with_max_x(name.rect.right() - 2.0).intersect(painter.clip_rect());
                painter.with_clip_rect(clip).galley(place, galley, name.colour);
            }
        }
        for rect in self.outlines {
            painter.rect_stroke(rect, 0.0, Stroke::new(1.5, look.selection), StrokeKind::Inside);
        }
    }
}

/// From where to where a clip goes on the screen; at least one point wide.
pub(crate) fn clip_x(axis: &TimeAxis, start_ticks: i64, end_ticks: i64) -> Rangef {
    let start = axis.x(start_ticks as f64).round();
    Rangef::new(start, axis.x(end_ticks as f64).round().max(start + 1.0))
}

/// From places on the screen to places in a clip's media.
struct ClipTime<'a> {
    scene: &'a Scene<'a>,
    clip: &'a Clip,
    media: &'a Media,
    /// How far the clip is painted from where it is, in ticks.
    shift: f64,
}

impl ClipTime<'_> {
    /// Seconds since the clip's start.
    fn seconds_at(&self, x: f32) -> f64 {
        let map = self.scene.map;
        let ticks = (self.scene.axis.ticks(x) - self.shift).round() as i64;
        map.ticks_to_seconds(ticks) - map.ticks_to_seconds(self.clip.start_ticks)
    }

    fn x_at(&self, seconds: f64) -> f32 {
        let map = self.scene.map;
        let ticks = map.seconds_to_ticks(map.ticks_to_seconds(self.clip.start_ticks) + seconds);
        self.scene.axis.x(ticks as f64 + self.shift)
    }

    /// What is repeated when the clip is looped.
    fn played_frames(&self) -> Range<f64> {
        self.clip.offset_frames as f64..self.media.frames as f64
    }

    fn period_seconds(&self) -> f64 {
        let frames = self.played_frames();
        (frames.end - frames.start) / f64::from(self.media.sample_rate.max(1))
    }

    fn add_waveform(&self, mesh: &mut Mesh, band: Band, peaks: &PeaksFile) {
        let gain = 10f64.powf(self.clip.gain_db / 20.0) as f32;
        let playing = Playing { frames: self.played_frames(), looped: self.clip.looped, gain };
        let rate = f64::from(self.media.sample_rate);
        if self.scene.map.has_one_tempo() {
            let (from, to) = (self.seconds_at(band.x.min) * rate, self.seconds_at(band.x.max) * rate);
            let slope = (to - from) / f64::from(band.x.span().max(1.0));
            waveform::add(mesh, band, peaks, &playing, |x| from + f64::from(x - band.x.min) * slope);
            return;
        }
        // Over tempo changes, time is nearly a straight line over a few columns.
        const EVERY: f32 = 32.0;
        let count = (band.x.span() / EVERY).ceil() as usize;
        let nodes: Vec<f64> =
            (0..=count).map(|node| self.seconds_at(band.x.min + node as f32 * EVERY) * rate).collect();
        waveform::add(mesh, band, peaks, &playing, |x| {
            let along = f64::from((x - band.x.min) / EVERY).max(0.0);
            let node = (along as usize).min(count.saturating_sub(1));
            match nodes.get(node..node + 2) {
                Some([from, to]) => from + (to - from) * (along - node as f64),
                Some(_) | None => 0.0,
            }
        });
    }
}

/// Diagonal stripes, cut at the edges of `area`.
fn hatch(mesh: &mut Mesh, area: Rect, colour: Color32) {
    const APART: f32 = 9.0;
    const WIDTH: f32 = 2.0;
    let height = area.height();
    let first = (area.left() / APART).floor() * APART - (height / APART).ceil() * APART;
    let count = ((area.right() - first) / APART).ceil().max(0.0) as usize;
    for index in 0..count {
        // From the bottom at `x` up to the right.
        let x = first + index as f32 * APART;
        let (from, to) = ((area.left() - x).max(0.0), (area.right() - WIDTH - x).min(height));
        if to <= from {
            continue;
        }
        let corner = mesh.vertices.len() as u32;
        for along in [from, to] {
            let place = pos2(x + along, area.bottom() - along);
            mesh.colored_vertex(place, colour);
            mesh.colored_vertex(place + vec2(WIDTH, 0.0), colour);
        }
        mesh.add_triangle(corner, corner + 1, corner + 2);
        mesh.add_triangle(corner + 1, corner + 3, corner + 2);
    }
}

/// What a person hears read about a clip.
pub(crate) fn spoken(scene: &Scene<'_>, clip: &Clip, track: TrackId) -> String {
    let track = scene.view.model.tracks.get(&track).map_or("", |track| track.name.as_str());
    let place = scene.map.bar_beat_tick(clip.start_ticks);
    format!("Clip {} on {track} at bar {} beat {}", clip.name, place.bar, place.beat)
}
