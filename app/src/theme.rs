//! Design tokens: the only file with literal colours and sizes.
//!
//! One accent; colour means something (record red, solo yellow, mute grey-blue, each message domain its hue), and
//! never stands alone: a letter, an icon or a shape says the same.

use eframe::egui::{self, Color32, CornerRadius, FontFamily, FontId, Id, Margin, Stroke, TextStyle, vec2};

/// Spacing between things that belong together; the other steps are [`SPACE_2`] … [`SPACE_4`].
pub const SPACE_1: f32 = 4.0;
/// Spacing between controls.
pub const SPACE_2: f32 = 8.0;
/// Spacing between groups.
pub const SPACE_3: f32 = 12.0;
/// Spacing between sections, and the margin of dialogs.
pub const SPACE_4: f32 = 16.0;

/// Corner radius of controls.
pub const RADIUS: u8 = 4;
/// Corner radius of windows and toasts.
pub const RADIUS_LARGE: u8 = 8;

/// Type sizes in points.
pub const TEXT_SMALL: f32 = 11.0;
/// Body text.
pub const TEXT_BODY: f32 = 13.0;
/// Headings of panels and dialogs.
pub const TEXT_HEADING: f32 = 17.0;
/// The position display.
pub const TEXT_DISPLAY: f32 = 19.0;
/// Icons in buttons.
pub const TEXT_ICON: f32 = 18.0;
/// The icon of Play.
pub const TEXT_ICON_LARGE: f32 = 26.0;

/// Heights and widths in points.
pub const HEADER_HEIGHT: f32 = 44.0;
/// Of the footer.
pub const FOOTER_HEIGHT: f32 = 24.0;
/// A button of the transport.
pub const TRANSPORT_BUTTON: egui::Vec2 = vec2(36.0, 32.0);
/// Play: the biggest thing of the header.
pub const PLAY_BUTTON: egui::Vec2 = vec2(52.0, 36.0);
/// A strip of the mixer.
pub const STRIP_WIDTH: f32 = 112.0;
/// A knob's diameter.
pub const KNOB: f32 = 32.0;
/// A small knob's diameter.
pub const KNOB_SMALL: f32 = 20.0;
/// Animations end within this, in seconds.
pub const ANIMATION_SECONDS: f32 = 0.08;

/// Hues for tracks to choose from; they can be told apart, and read upon.
pub const TRACK_COLOURS: [(&str, [u8; 3]); 10] = [
    ("Red", [224, 102, 102]),
    ("Orange", [230, 145, 86]),
    ("Yellow", [222, 190, 88]),
    ("Lime", [160, 196, 92]),
    ("Green", [96, 184, 128]),
    ("Teal", [84, 182, 182]),
    ("Blue", [98, 156, 220]),
    ("Indigo", [134, 136, 222]),
    ("Violet", [178, 130, 214]),
    ("Pink", [216, 122, 172]),
];

/// Colours of one theme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tokens {
    pub dark: bool,
    /// Behind everything.
    pub background: Color32,
    /// Panels.
    pub panel: Color32,
    /// Header, footer, strips: one step above a panel.
    pub raised: Color32,
    /// Wells: text fields, meters, lanes.
    pub sunken: Color32,
    /// A control at rest, and under the pointer.
    pub control: Color32,
    pub control_hover: Color32,
    pub control_active: Color32,
    pub outline: Color32,
    pub grid_strong: Color32,
    pub grid_weak: Color32,
    pub text: Color32,
    pub text_weak: Color32,
    /// On `accent`, and on clips and strips that have a light colour of their own.
    pub text_on_colour: Color32,
    pub accent: Color32,
    pub selection: Color32,
    pub play: Color32,
    /// Asked of the engine, not confirmed yet.
    pub asked: Color32,
    pub record: Color32,
    pub solo: Color32,
    pub mute: Color32,
    pub loop_region: Color32,
    pub playhead: Color32,
    pub info: Color32,
    pub ok: Color32,
    pub warning: Color32,
    pub error: Color32,
    pub meter_low: Color32,
    /// From −18 dB.
    pub meter_mid: Color32,
    /// From −6 dB.
    pub meter_high: Color32,
    pub meter_hold: Color32,
    /// Lightness of domain hues, 0 … 1.
    domain_value: f32,
    domain_saturation: f32,
}

const fn grey(value: u8) -> Color32 {
    Color32::from_rgb(value, value, value)
}

/// The default.
pub static DARK: Tokens = Tokens {
    dark: true,
    background: Color32::from_rgb(15, 17, 20),
    panel: Color32::from_rgb(24, 26, 31),
    raised: Color32::from_rgb(33, 36, 42),
    sunken: Color32::from_rgb(14, 15, 18),
    control: Color32::from_rgb(48, 52, 60),
    control_hover: Color32::from_rgb(61, 66, 76),
    control_active: Color32::from_rgb(76, 82, 94),
    outline: Color32::from_rgb(58, 62, 72),
    grid_strong: Color32::from_rgb(62, 66, 76),
    grid_weak: Color32::from_rgb(36, 39, 45),
    text: Color32::from_rgb(226, 229, 234),
    text_weak: Color32::from_rgb(155, 161, 172),
    text_on_colour: Color32::from_rgb(12, 14, 17),
    accent: Color32::from_rgb(88, 172, 236),
    selection: Color32::from_rgb(37, 86, 128),
    play: Color32::from_rgb(72, 200, 140),
    asked: Color32::from_rgb(224, 178, 84),
    record: Color32::from_rgb(240, 86, 86),
    solo: Color32::from_rgb(238, 206, 74),
    mute: Color32::from_rgb(126, 152, 190),
    loop_region: Color32::from_rgb(150, 132, 236),
    playhead: Color32::from_rgb(244, 246, 250),
    info: Color32::from_rgb(88, 172, 236),
    ok: Color32::from_rgb(72, 200, 140),
    warning: Color32::from_rgb(240, 178, 76),
    error: Color32::from_rgb(244, 104, 98),
    meter_low: Color32::from_rgb(58, 178, 132),
    meter_mid: Color32::from_rgb(206, 196, 78),
    meter_high: Color32::from_rgb(240, 138, 58),
    meter_hold: Color32::from_rgb(232, 236, 242),
    domain_value: 0.86,
    domain_saturation: 0.52,
};

/// For bright rooms.
pub static LIGHT: Tokens = Tokens {
    dark: false,
    background: Color32::from_rgb(214, 217, 222),
    panel: Color32::from_rgb(240, 241, 244),
    raised: Color32::from_rgb(226, 229, 234),
    sunken: Color32::from_rgb(252, 252, 254),
    control: Color32::from_rgb(208, 212, 220),
    control_hover: Color32::from_rgb(194, 199, 209),
    control_active: Color32::from_rgb(178, 184, 196),
    outline: Color32::from_rgb(176, 181, 191),
    grid_strong: Color32::from_rgb(184, 189, 198),
    grid_weak: Color32::from_rgb(222, 225, 230),
    text: Color32::from_rgb(26, 29, 34),
    text_weak: Color32::from_rgb(88, 94, 106),
    text_on_colour: Color32::from_rgb(10, 12, 16),
    accent: Color32::from_rgb(18, 104, 172),
    selection: Color32::from_rgb(160, 204, 240),
    play: Color32::from_rgb(14, 126, 78),
    asked: Color32::from_rgb(164, 108, 10),
    record: Color32::from_rgb(204, 38, 42),
    solo: Color32::from_rgb(214, 170, 16),
    mute: Color32::from_rgb(112, 144, 194),
    loop_region: Color32::from_rgb(100, 78, 200),
    playhead: Color32::from_rgb(20, 22, 28),
    info: Color32::from_rgb(18, 104, 172),
    ok: Color32::from_rgb(16, 134, 84),
    warning: Color32::from_rgb(168, 104, 4),
    error: Color32::from_rgb(194, 38, 38),
    meter_low: Color32::from_rgb(34, 156, 106),
    meter_mid: Color32::from_rgb(196, 170, 20),
    meter_high: Color32::from_rgb(226, 110, 24),
    meter_hold: Color32::from_rgb(30, 34, 42),
    domain_value: 0.52,
    domain_saturation: 0.80,
};

/// For eyes that need more.
pub static HIGH_CONTRAST: Tokens = Tokens {
    dark: true,
    background: Color32::BLACK,
    panel: Color32::BLACK,
    raised: grey(16),
    sunken: Color32::BLACK,
    control: grey(34),
    control_hover: grey(64),
    control_active: grey(92),
    outline: grey(190),
    grid_strong: grey(140),
    grid_weak: grey(66),
    text: Color32::WHITE,
    text_weak: grey(214),
    text_on_colour: Color32::BLACK,
    accent: Color32::from_rgb(110, 210, 255),
    selection: Color32::from_rgb(0, 92, 170),
    play: Color32::from_rgb(90, 255, 170),
    asked: Color32::from_rgb(255, 206, 80),
    record: Color32::from_rgb(255, 110, 110),
    solo: Color32::from_rgb(255, 232, 60),
    mute: Color32::from_rgb(160, 196, 255),
    loop_region: Color32::from_rgb(200, 180, 255),
    playhead: Color32::WHITE,
    info: Color32::from_rgb(110, 210, 255),
    ok: Color32::from_rgb(90, 255, 170),
    warning: Color32::from_rgb(255, 206, 80),
    error: Color32::from_rgb(255, 130, 124),
    meter_low: Color32::from_rgb(70, 240, 160),
    meter_mid: Color32::from_rgb(255, 240, 60),
    meter_high: Color32::from_rgb(255, 150, 50),
    meter_hold: Color32::WHITE,
    domain_value: 1.0,
    domain_saturation: 0.42,
};

/// Which theme a person chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ThemeChoice {
    #[default]
    Dark,
    Light,
    HighContrast,
}

impl ThemeChoice {
    /// Its colours.
    pub fn tokens(self) -> &'static Tokens {
        match self {
            Self::Dark => &DARK,
            Self::Light => &LIGHT,
            Self::HighContrast => &HIGH_CONTRAST,
        }
    }
}

impl Tokens {
    /// The hue of a message domain; the same in every list.
    pub fn domain(&self, domain: &str) -> Color32 {
        let hue = DOMAIN_HUES.iter().find(|(name, _)| *name == domain).map_or_else(
            || {
                let sum = domain.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
                (sum % 360) as f32
            },
            |(_, degrees)| *degrees,
        );
        egui::ecolor::Hsva::new(hue / 360.0, self.domain_saturation, self.domain_value, 1.0).into()
    }

    /// A model colour as it is painted: as bright as it is, but never lost on the panel.
    pub fn own_colour(&self, rgb: [u8; 3]) -> Color32 {
        let [r, g, b] = rgb;
        let colour = Color32::from_rgb(r, g, b);
        let luminance = (0.2126 * f32::from(r) + 0.7152 * f32::from(g) + 0.0722 * f32::from(b)) / 255.0;
        if self.dark && luminance < 0.16 {
            colour.lerp_to_gamma(Color32::WHITE, 0.3)
        } else if !self.dark && luminance > 0.85 {
            colour.lerp_to_gamma(Color32::BLACK, 0.25)
        } else {
            colour
        }
    }

    /// What can be read on `fill`.
    pub fn text_on(&self, fill: Color32) -> Color32 {
        let [r, g, b, _] = egui::Rgba::from(fill).to_array();
        // Where black and white are read equally well (WCAG 2.2, relative luminance).
        if 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 { Color32::BLACK } else { Color32::WHITE }
    }

    /// The colour of a meter at a level.
    pub fn meter(&self, level_db: f32) -> Color32 {
        if level_db >= -6.0 {
            self.meter_high
        } else if level_db >= -18.0 {
            self.meter_mid
        } else {
            self.meter_low
        }
    }
}

/// Hues in degrees; neighbours in a list of messages stand far apart.
const DOMAIN_HUES: &[(&str, f32)] = &[
    ("transport", 145.0),
    ("timebase", 175.0),
    ("project", 45.0),
    ("session", 30.0),
    ("client", 20.0),
    ("track", 205.0),
    ("clip", 220.0),
    ("channel", 255.0),
    ("node", 270.0),
    ("parameter", 285.0),
    ("gesture", 300.0),
    ("routing", 240.0),
    ("metering", 90.0),
    ("media", 60.0),
    ("hardwareIo", 330.0),
    ("hardware", 330.0),
    ("history", 190.0),
    ("surface", 75.0),
    ("ui", 315.0),
    ("debug", 0.0),
    ("engine", 120.0),
    ("graph", 260.0),
    ("diagnostics", 10.0),
];

fn key() -> Id {
    Id::unique("loophole.theme")
}

/// The tokens of the theme that is shown now.
pub fn tokens(ctx: &egui::Context) -> &'static Tokens {
    ctx.data(|data| data.get_temp::<ThemeChoice>(key())).unwrap_or_default().tokens()
}

/// Loads fonts and icons; once per window.
pub fn install(ctx: &egui::Context) {
    egui_material_icons::initialize(ctx);
}

/// Shows a theme from the next frame on.
pub fn apply(ctx: &egui::Context, choice: ThemeChoice) {
    ctx.data_mut(|data| data.insert_temp(key(), choice));
    let tokens = choice.tokens();
    ctx.set_theme(if tokens.dark { egui::ThemePreference::Dark } else { egui::ThemePreference::Light });
    ctx.style_mut_of(if tokens.dark { egui::Theme::Dark } else { egui::Theme::Light }, |style| {
        paint_visuals(&mut style.visuals, tokens);
        set_measures(style);
    });
}

fn set_measures(style: &mut egui::Style) {
    style.animation_time = ANIMATION_SECONDS;
    style.spacing.item_spacing = vec2(SPACE_2, SPACE_1);
    style.spacing.button_padding = vec2(SPACE_2, 3.0);
    style.spacing.window_margin = Margin::same(12);
    style.spacing.menu_margin = Margin::same(6);
    style.spacing.interact_size.y = 22.0;
    style.spacing.tooltip_width = 360.0;
    style.text_styles = [
        (TextStyle::Small, FontId::new(TEXT_SMALL, FontFamily::Proportional)),
        (TextStyle::Body, FontId::new(TEXT_BODY, FontFamily::Proportional)),
        (TextStyle::Button, FontId::new(TEXT_BODY, FontFamily::Proportional)),
        (TextStyle::Heading, FontId::new(TEXT_HEADING, FontFamily::Proportional)),
        (TextStyle::Monospace, FontId::new(TEXT_BODY - 1.0, FontFamily::Monospace)),
    ]
    .into();
}

fn paint_visuals(visuals: &mut egui::Visuals, tokens: &Tokens) {
    *visuals = if tokens.dark { egui::Visuals::dark() } else { egui::Visuals::light() };
    visuals.panel_fill = tokens.panel;
    visuals.window_fill = tokens.raised;
    visuals.window_stroke = Stroke::new(1.0, tokens.outline);
    visuals.window_corner_radius = CornerRadius::same(RADIUS_LARGE);
    visuals.menu_corner_radius = CornerRadius::same(RADIUS);
    visuals.faint_bg_color = tokens.raised;
    visuals.extreme_bg_color = tokens.sunken;
    visuals.text_edit_bg_color = Some(tokens.sunken);
    visuals.code_bg_color = tokens.sunken;
    visuals.hyperlink_color = tokens.accent;
    visuals.warn_fg_color = tokens.warning;
    visuals.error_fg_color = tokens.error;
    visuals.weak_text_color = Some(tokens.text_weak);
    visuals.selection.bg_fill = tokens.selection;
    visuals.selection.stroke = Stroke::new(1.0, tokens.text);
    let radius = CornerRadius::same(RADIUS);
    let widgets = &mut visuals.widgets;
    for (widget, fill, edge, text) in [
        (&mut widgets.noninteractive, tokens.panel, tokens.outline, tokens.text),
        (&mut widgets.inactive, tokens.control, Color32::TRANSPARENT, tokens.text),
        (&mut widgets.hovered, tokens.control_hover, tokens.accent, tokens.text),
        (&mut widgets.active, tokens.control_active, tokens.accent, tokens.text),
        (&mut widgets.open, tokens.control_hover, tokens.outline, tokens.text),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, edge);
        widget.fg_stroke = Stroke::new(1.0, text);
        widget.corner_radius = radius;
        widget.expansion = 0.0;
    }
    if *tokens == HIGH_CONTRAST {
        widgets.inactive.bg_stroke.color = tokens.outline;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2, section 1.4.3.
    fn contrast(a: Color32, b: Color32) -> f64 {
        let luminance = |colour: Color32| {
            let part = |value: u8| {
                let share = f64::from(value) / 255.0;
                if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * part(colour.r()) + 0.7152 * part(colour.g()) + 0.0722 * part(colour.b())
        };
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        if a > b { a / b } else { b / a }
    }

    #[test]
    fn everything_written_can_be_read() {
        for (name, tokens, least) in
            [("dark", &DARK, 4.5), ("light", &LIGHT, 4.5), ("high contrast", &HIGH_CONTRAST, 7.0)]
        {
            for ground in [tokens.panel, tokens.raised, tokens.sunken] {
                for (what, ink) in [
                    ("text", tokens.text),
                    ("weak text", tokens.text_weak),
                    ("warning", tokens.warning),
                    ("error", tokens.error),
                    ("ok", tokens.ok),
                ] {
                    let reached = contrast(ink, ground);
                    let least = if what == "text" || what == "weak text" { least } else { 3.0 };
                    assert!(reached >= least, "{name}: {what} on {ground:?} has {reached:.2}");
                }
            }
            for fill in [tokens.accent, tokens.solo, tokens.mute, tokens.record, tokens.play] {
                assert!(contrast(tokens.text_on(fill), fill) >= 4.5, "{name}: {fill:?}");
            }
        }
    }

    #[test]
    fn a_domain_has_the_same_hue_everywhere_and_not_its_neighbours() {
        assert_eq!(DARK.domain("transport"), DARK.domain("transport"));
        assert_ne!(DARK.domain("transport"), DARK.domain("clip"));
    }
}
