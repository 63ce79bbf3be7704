//! Level meters, drawn into a mesh that a whole mixer shares.

use super::scale::{LOWEST_DB, Scale};
use crate::theme::Tokens;
use eframe::egui::{Color32, Mesh, Rect, pos2};

/// What a stereo meter shows, in dB full scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    pub peak_db: [f32; 2],
    pub hold_db: [f32; 2],
    pub rms_db: [f32; 2],
    pub clipped: bool,
}

/// Nothing sounds.
pub const SILENT: Levels = Levels {
    peak_db: [f32::NEG_INFINITY; 2],
    hold_db: [f32::NEG_INFINITY; 2],
    rms_db: [f32::NEG_INFINITY; 2],
    clipped: false,
};

/// Height of the clip light above the bars.
pub const CLIP_LIGHT: f32 = 5.0;

impl Levels {
    /// It would look the same with no meter at all.
    pub fn is_silent(&self) -> bool {
        self.peak_db.iter().chain(&self.hold_db).all(|level| f64::from(*level) <= LOWEST_DB)
    }
}

/// Adds a meter; `bars` is the rail of the fader beside it, as high, and as wide as both bars.
pub fn add_meter(mesh: &mut Mesh, bars: Rect, levels: &Levels, scale: Scale, tokens: &Tokens) {
    let light = Rect::from_x_y_ranges(bars.x_range(), bars.top() - CLIP_LIGHT - 3.0..=bars.top() - 3.0);
    mesh.add_colored_rect(light, if levels.clipped { tokens.record } else { tokens.sunken });
    let half = (bars.width() - 1.0) * 0.5;
    for (side, (peak, hold)) in levels.peak_db.into_iter().zip(levels.hold_db).enumerate() {
        let left = bars.left() + (half + 1.0) * side as f32;
        let bar = Rect::from_min_max(pos2(left, bars.top()), pos2(left + half, bars.bottom()));
        mesh.add_colored_rect(bar, tokens.sunken);
        let rms = levels.rms_db.get(side).copied().unwrap_or(f32::NEG_INFINITY);
        add_zones(mesh, bar, place(scale, peak), scale, tokens, 0.62);
        add_zones(mesh, bar, place(scale, rms.min(peak)), scale, tokens, 1.0);
        let hold_place = place(scale, hold);
        if hold_place > 0.0 {
            let y = bar.bottom() - hold_place * bar.height();
            let colour = if hold >= -6.0 { tokens.meter_high } else { tokens.meter_hold };
            mesh.add_colored_rect(Rect::from_x_y_ranges(bar.x_range(), y - 0.75..=y + 0.75), colour);
        }
    }
}

fn add_zones(mesh: &mut Mesh, bar: Rect, upto: f32, scale: Scale, tokens: &Tokens, strength: f32) {
    let edges = [0.0, place(scale, -18.0), place(scale, -6.0), 1.0];
    let colours = [tokens.meter_low, tokens.meter_mid, tokens.meter_high];
    for (zone, colour) in edges.windows(2).zip(colours) {
        let (from, to) = (zone[0], zone[1].min(upto));
        if to > from {
            let y = |place: f32| bar.bottom() - place * bar.height();
            mesh.add_colored_rect(
                Rect::from_x_y_ranges(bar.x_range(), y(to)..=y(from)),
                mix(tokens.sunken, colour, strength),
            );
        }
    }
}

fn mix(ground: Color32, colour: Color32, share: f32) -> Color32 {
    ground.lerp_to_gamma(colour, share)
}

fn place(scale: Scale, db: f32) -> f32 {
    scale.place(f64::from(db)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_end_where_the_fader_has_them() {
        let bars = Rect::from_min_max(pos2(0.0, 0.0), pos2(13.0, 100.0));
        let scale = Scale::Decibels { max: 6.0 };
        let heights = |levels: &Levels| {
            let mut mesh = Mesh::default();
            add_meter(&mut mesh, bars, levels, scale, &crate::theme::DARK);
            let loud = [crate::theme::DARK.meter_low, crate::theme::DARK.meter_mid, crate::theme::DARK.meter_high];
            mesh.vertices.iter().filter(|v| loud.contains(&v.color)).map(|v| v.pos.y).fold(100.0, f32::min)
        };
        assert_eq!(heights(&SILENT), 100.0);
        let tone = Levels { peak_db: [0.0; 2], hold_db: [f32::NEG_INFINITY; 2], rms_db: [0.0; 2], clipped: false };
        assert!((heights(&tone) - 25.0).abs() < 0.1);
        assert!(SILENT.is_silent() && !tone.is_silent());
    }
}
