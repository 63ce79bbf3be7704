//! The arranger's colours and fonts, from the theme's tokens.

use crate::theme::{self, Tokens};
use eframe::egui::{Color32, FontId, TextStyle, Ui};
use loophole_pulse::model::Colour;

pub(crate) struct Look {
    tokens: &'static Tokens,
    pub text: Color32,
    pub text_weak: Color32,
    pub accent: Color32,
    pub loop_region: Color32,
    pub playhead: Color32,
    pub selection: Color32,
    pub warning: Color32,
    /// Where no track is.
    pub empty: Color32,
    pub lane: Color32,
    pub lane_picked: Color32,
    pub header: Color32,
    pub header_picked: Color32,
    pub ruler: Color32,
    pub ruler_line: Color32,
    pub separator: Color32,
    pub line_bar: Color32,
    pub line_beat: Color32,
    pub line_part: Color32,
    pub plate: Color32,
    pub control: Color32,
    pub handle: Color32,
    pub handle_strong: Color32,
    pub mute: Color32,
    pub solo: Color32,
    pub meter_off: Color32,
    pub small: FontId,
    pub body: FontId,
}

impl Look {
    pub(crate) fn of(ui: &Ui) -> Self {
        let tokens = theme::tokens(ui);
        Self {
            tokens,
            text: tokens.text,
            text_weak: tokens.text_weak,
            accent: tokens.accent,
            loop_region: tokens.loop_region,
            playhead: tokens.playhead,
            selection: tokens.text,
            warning: tokens.warning,
            empty: tokens.background,
            lane: tokens.sunken,
            lane_picked: tokens.sunken.lerp_to_gamma(tokens.raised, 0.6),
            header: tokens.panel,
            header_picked: tokens.raised,
            ruler: tokens.panel,
            ruler_line: tokens.grid_strong,
            separator: tokens.outline.gamma_multiply(0.6),
            line_bar: tokens.grid_strong.gamma_multiply(0.7),
            line_beat: tokens.grid_weak,
            line_part: tokens.grid_weak.gamma_multiply(0.5),
            plate: tokens.raised,
            control: tokens.control,
            handle: tokens.control,
            handle_strong: tokens.control_active,
            mute: tokens.mute,
            solo: tokens.solo,
            meter_off: tokens.sunken,
            small: TextStyle::Small.resolve(ui.style()),
            body: TextStyle::Body.resolve(ui.style()),
        }
    }

    pub(crate) fn of_track(&self, colour: Colour) -> Color32 {
        self.tokens.own_colour(colour.0)
    }

    pub(crate) fn silenced(&self, colour: Color32) -> Color32 {
        let [r, g, b, _] = colour.to_array();
        let grey = (u16::from(r) + u16::from(g) + u16::from(b)) / 3;
        colour.lerp_to_gamma(Color32::from_gray(grey as u8), 0.7).lerp_to_gamma(self.lane, 0.35)
    }

    pub(crate) fn text_on(&self, fill: Color32) -> Color32 {
        self.tokens.text_on(fill)
    }

    pub(crate) fn meter(&self, level_db: f32) -> Color32 {
        self.tokens.meter(level_db)
    }

    pub(crate) fn clip_body(&self, colour: Color32, selected: bool) -> Color32 {
        self.lane.lerp_to_gamma(colour, if selected { 0.5 } else { 0.3 })
    }

    pub(crate) fn clip_title(&self, colour: Color32, selected: bool) -> Color32 {
        self.lane.lerp_to_gamma(colour, if selected { 1.0 } else { 0.75 })
    }

    pub(crate) fn clip_title_text(&self, colour: Color32, selected: bool) -> Color32 {
        self.text_on(self.clip_title(colour, selected))
    }

    pub(crate) fn waveform(&self, colour: Color32, selected: bool) -> Color32 {
        if selected { colour.lerp_to_gamma(self.text, 0.5) } else { colour.lerp_to_gamma(self.text, 0.12) }
    }
}
