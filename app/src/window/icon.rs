//! The window's icon: a ring that does not quite close.

use crate::theme::DARK;
use eframe::egui::{Color32, IconData};

const SIZE: u32 = 64;

/// Draws it; there is no image file to lose.
pub(super) fn icon() -> IconData {
    let mut rgba = Vec::with_capacity((SIZE * SIZE * 4) as usize);
    for y in 0..SIZE {
        for x in 0..SIZE {
            rgba.extend(pixel(x as f32 + 0.5, y as f32 + 0.5).to_srgba_unmultiplied());
        }
    }
    IconData { rgba, width: SIZE, height: SIZE }
}

fn pixel(x: f32, y: f32) -> Color32 {
    let half = SIZE as f32 * 0.5;
    let (dx, dy) = (x - half, y - half);
    let distance = dx.hypot(dy);
    let ring = cover(distance - 12.0) * cover(25.0 - distance);
    // The gap, up and to the right; the dot that runs on stands in it.
    let gap = if dx > 0.0 && dy < 0.0 && (dx + dy).abs() < 8.0 { 0.0 } else { 1.0 };
    let dot = cover(5.0 - (dx - 13.5).hypot(dy + 13.5));
    let ground = cover(31.0 - distance);
    let colour = DARK.background.lerp_to_gamma(DARK.accent, ring * gap).lerp_to_gamma(DARK.play, dot);
    Color32::TRANSPARENT.lerp_to_gamma(colour, ground)
}

/// How much of a pixel is inside an edge this far away.
fn cover(inside: f32) -> f32 {
    (inside + 0.5).clamp(0.0, 1.0)
}
