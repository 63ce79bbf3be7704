//! How one element looks: its place, its lights, its text.

use crate::theme::{self, Tokens};
use crate::widgets::one_line::one_line;
use eframe::egui::{
    Align2, Color32, CornerRadius, FontId, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, pos2, vec2,
};
use loophole_pulse::view::surfaces::{
    Element, ElementKind, FeedbackKind, Interaction, Light, LiveElement, LiveInput, Shown,
};

/// What an element looks like now.
pub(super) struct Face<'a> {
    pub element: &'a Element,
    pub live: &'a LiveElement,
    pub tokens: &'static Tokens,
    pub selected: bool,
    pub hovered: bool,
    pub focused: bool,
    /// A hand did something a moment ago.
    pub fresh: bool,
    /// The half of a second in which what blinks is lit.
    pub lit_half: bool,
    /// Size of the element's name.
    pub text: f32,
}

const START: f32 = 0.75 * std::f32::consts::PI;
const SWEEP: f32 = 1.5 * std::f32::consts::PI;
/// An encoder's mark goes this far per step.
const STEP_ANGLE: f32 = std::f32::consts::TAU / 24.0;

impl Face<'_> {
    /// Paints it.
    pub(super) fn paint(&self, painter: &Painter, rect: Rect) {
        match self.element.kind {
            ElementKind::Fader | ElementKind::Wheel | ElementKind::Strip => self.slider(painter, rect),
            ElementKind::Knob | ElementKind::Encoder => self.knob(painter, rect),
            ElementKind::Jog => self.jog(painter, rect),
            ElementKind::Button | ElementKind::Pad => self.button(painter, rect),
            ElementKind::Key => self.key(painter, rect),
            ElementKind::Axis => self.axis(painter, rect),
            ElementKind::Hat => self.hat(painter, rect),
            ElementKind::Display => self.display(painter, rect),
        }
        let edge = if self.selected {
            Some(Stroke::new(2.0, self.tokens.accent))
        } else if self.focused {
            Some(Stroke::new(1.5, self.tokens.text))
        } else if self.hovered {
            Some(Stroke::new(1.0, self.tokens.text_weak))
        } else {
            None
        };
        if let Some(edge) = edge {
            painter.rect_stroke(rect.shrink(0.5), theme::RADIUS, edge, StrokeKind::Inside);
        }
    }

    fn name(&self, painter: &Painter, center: Pos2, width: f32, ink: Color32) {
        let whole = &self.element.name;
        let fits = |text: &str| {
            let galley = painter.layout_no_wrap(text.to_owned(), FontId::proportional(self.text), ink);
            galley.size().x <= width
        };
        if fits(whole) {
            return self.words(painter, whole, center, width, ink);
        }
        // Cut off, it would say less than its initials; where not even these fit, it says itself below the pointer.
        let short = initials(whole);
        if fits(&short) {
            self.words(painter, &short, center, width, ink);
        }
    }

    fn words(&self, painter: &Painter, text: &str, center: Pos2, width: f32, ink: Color32) {
        let galley = one_line(painter, text, FontId::proportional(self.text), ink, width);
        painter.galley(center - galley.size() * 0.5, galley, ink);
    }

    /// Writes the name at the bottom, where there is room for it; gives back what is left.
    fn named(&self, painter: &Painter, rect: Rect) -> Rect {
        let (inner, label) = (rect.shrink(2.0), self.text + 4.0);
        if inner.height() < label * 2.6 {
            return inner;
        }
        let middle = pos2(inner.center().x, inner.bottom() - label * 0.5);
        self.name(painter, middle, rect.width() - 2.0, self.tokens.text_weak);
        inner.with_max_y(inner.bottom() - label)
    }

    fn slider(&self, painter: &Painter, rect: Rect) {
        let tokens = self.tokens;
        let body = self.named(painter, rect);
        let wide = body.width() > body.height();
        let cap_half = (if wide { body.width() } else { body.height() } * 0.08).clamp(3.0, 8.0);
        let strip = matches!(self.element.kind, ElementKind::Strip | ElementKind::Wheel);
        let thickness = if strip { (body.width().min(body.height()) * 0.42).max(6.0) } else { 3.0 };
        let at = |place: f64| {
            let place = place.clamp(0.0, 1.0) as f32;
            if wide {
                pos2(body.left() + cap_half + place * (body.width() - cap_half * 2.0), body.center().y)
            } else {
                pos2(body.center().x, body.bottom() - cap_half - place * (body.height() - cap_half * 2.0))
            }
        };
        let rail = Rect::from_two_pos(at(0.0), at(1.0)).expand(0.5);
        let rail =
            if wide { rail.expand2(vec2(0.0, thickness * 0.5)) } else { rail.expand2(vec2(thickness * 0.5, 0.0)) };
        painter.rect(rail, thickness * 0.5, tokens.sunken, Stroke::new(1.0, tokens.outline), StrokeKind::Outside);
        for part in [0.25, 0.5, 0.75] {
            let (middle, reach) = (at(part), (body.width().min(body.height()) * 0.24).min(9.0));
            let across = if wide { vec2(0.0, reach) } else { vec2(reach, 0.0) };
            painter.line_segment([middle - across, middle + across], Stroke::new(1.0, tokens.grid_strong));
        }
        self.meter(painter, body, wide);
        let (hand, motor) = (self.input_place(), self.shown_place(FeedbackKind::Motor));
        let place = if self.is_touched() { hand.or(motor) } else { motor.or(hand) };
        if let (Some(hand), Some(motor)) = (hand, motor)
            && (hand - motor).abs() > 0.01
        {
            // Where the hand left it, when the motor is elsewhere.
            painter.circle_stroke(at(hand), 3.0, Stroke::new(1.0, tokens.text_weak));
        }
        let cross = (body.width().min(body.height()) * 0.38).clamp(5.0, 13.0);
        let size = if wide { vec2(cap_half * 2.0, cross * 2.0) } else { vec2(cross * 2.0, cap_half * 2.0) };
        let known = place.is_some();
        let cap = Rect::from_center_size(at(place.unwrap_or(0.0)), size);
        let fill = if self.fresh { tokens.control_active } else { tokens.control_hover };
        let fill = if known { fill } else { tokens.control };
        painter.rect(cap, 2.0, fill, Stroke::new(1.0, tokens.background), StrokeKind::Outside);
        let mark = if self.fresh { tokens.accent } else { self.light().unwrap_or(tokens.text_weak) };
        let along =
            if wide { [cap.center_top(), cap.center_bottom()] } else { [cap.left_center(), cap.right_center()] };
        painter.line_segment(along, Stroke::new(if known { 2.0 } else { 1.0 }, mark));
    }

    fn meter(&self, painter: &Painter, body: Rect, wide: bool) {
        if let Some(level) = self.shown_place(FeedbackKind::Meter)
            && !wide
        {
            let slot = body.with_min_x(body.right() - 3.0).shrink2(vec2(0.0, 2.0));
            painter.rect_filled(slot, 1.0, self.tokens.sunken);
            let lit = slot.with_min_y(slot.bottom() - slot.height() * level.clamp(0.0, 1.0) as f32);
            painter.rect_filled(lit, 1.0, self.tokens.meter_low);
        }
    }

    fn knob(&self, painter: &Painter, rect: Rect) {
        let tokens = self.tokens;
        let body = self.named(painter, rect);
        let (center, radius) = (body.center(), body.width().min(body.height()) * 0.5 - 1.0);
        if radius < 3.0 {
            return;
        }
        let width = (radius * 0.18).clamp(1.5, 4.0);
        let endless = self.element.kind == ElementKind::Encoder;
        let fill = if self.is_pressed() { tokens.control_active } else { tokens.control };
        painter.circle_filled(center, radius - width * 1.4, fill);
        painter.add(arc(center, radius - width * 0.5, 0.0, 1.0, Stroke::new(width, tokens.sunken)));
        let ring = self.shown_place(FeedbackKind::Ring);
        let shown = ring.or(if endless { None } else { self.input_place() });
        if let Some(place) = shown {
            let ink =
                self.light().unwrap_or(if self.fresh || ring.is_some() { tokens.accent } else { tokens.text_weak });
            painter.add(arc(center, radius - width * 0.5, 0.0, place.clamp(0.0, 1.0) as f32, Stroke::new(width, ink)));
        }
        let ink = if self.fresh { tokens.accent } else { tokens.text };
        if endless {
            let angle = START + SWEEP * 0.5 + self.turned() as f32 * STEP_ANGLE;
            painter.circle_filled(center + polar(angle, radius * 0.5), (radius * 0.12).max(1.5), ink);
        } else if let Some(place) = self.input_place().or(ring) {
            let angle = START + SWEEP * place.clamp(0.0, 1.0) as f32;
            let tip = center + polar(angle, radius - width * 1.4);
            painter.line_segment([center + polar(angle, radius * 0.3), tip], Stroke::new(1.8, ink));
        }
        if self.fresh {
            painter.circle_stroke(center, radius, Stroke::new(1.0, tokens.accent));
        }
    }

    fn jog(&self, painter: &Painter, rect: Rect) {
        let tokens = self.tokens;
        let body = self.named(painter, rect);
        let (center, radius) = (body.center(), body.width().min(body.height()) * 0.5 - 1.0);
        if radius < 3.0 {
            return;
        }
        let edge = if self.fresh || self.is_touched() { tokens.accent } else { tokens.outline };
        painter.circle(center, radius, tokens.control, Stroke::new(1.5, edge));
        painter.circle_stroke(center, radius * 0.7, Stroke::new(1.0, tokens.outline));
        let angle = START + SWEEP * 0.5 + self.turned() as f32 * STEP_ANGLE * 0.5;
        painter.circle_filled(center + polar(angle, radius * 0.45), radius * 0.12, tokens.text);
    }

    fn button(&self, painter: &Painter, rect: Rect) {
        let tokens = self.tokens;
        let rect = rect.shrink(2.0);
        let light = self.light();
        let fill = light.unwrap_or(if self.is_pressed() { tokens.control_active } else { tokens.control });
        let radius = if self.element.kind == ElementKind::Pad { theme::RADIUS } else { 3 };
        let edge = if self.is_pressed() {
            Stroke::new(2.0, tokens.text)
        } else if self.blinks() {
            Stroke::new(1.5, tokens.asked)
        } else {
            Stroke::new(1.0, tokens.outline)
        };
        painter.rect(rect, CornerRadius::same(radius), fill, edge, StrokeKind::Inside);
        let ink = if light.is_some() { tokens.text_on(fill) } else { tokens.text };
        match self.shown_text() {
            Some(text) => self.words(painter, text, rect.center(), rect.width() - 4.0, ink),
            None => self.name(painter, rect.center(), rect.width() - 4.0, ink),
        }
        if self.blinks() && rect.width() > 16.0 {
            painter.circle_filled(rect.right_top() + vec2(-4.5, 4.5), 2.0, tokens.asked);
        }
    }

    fn key(&self, painter: &Painter, rect: Rect) {
        let tokens = self.tokens;
        let black = rect.height() > 0.0 && self.element.name.contains('#');
        let rest = if black { tokens.background } else { tokens.text };
        let fill = if self.is_pressed() { tokens.accent } else { self.light().unwrap_or(rest) };
        let corner = CornerRadius { nw: 0, ne: 0, sw: 3, se: 3 };
        let edge = Stroke::new(1.0, tokens.outline);
        painter.rect(rect.shrink2(vec2(0.5, 1.0)), corner, fill, edge, StrokeKind::Inside);
    }

    fn axis(&self, painter: &Painter, rect: Rect) {
        let tokens = self.tokens;
        let body = self.named(painter, rect);
        let bar = Rect::from_center_size(body.center(), vec2(body.width() - 4.0, (body.height() * 0.3).max(5.0)));
        painter.rect(bar, 2.0, tokens.sunken, Stroke::new(1.0, tokens.outline), StrokeKind::Outside);
        painter.line_segment([bar.center_top(), bar.center_bottom()], Stroke::new(1.0, tokens.grid_strong));
        if let Some(place) = self.input_place() {
            let x = bar.left() + bar.width() * place.clamp(0.0, 1.0) as f32;
            let fill = if self.fresh { tokens.accent } else { tokens.text_weak };
            painter.rect_filled(
                Rect::from_x_y_ranges(bar.center().x.min(x)..=bar.center().x.max(x), bar.y_range()),
                1.0,
                fill,
            );
            painter.circle_filled(pos2(x, bar.center().y), 4.0, if self.fresh { tokens.accent } else { tokens.text });
        }
    }

    fn hat(&self, painter: &Painter, rect: Rect) {
        let tokens = self.tokens;
        let body = self.named(painter, rect);
        let half = body.width().min(body.height()) * 0.5 - 1.0;
        let (center, arm) = (body.center(), half * 0.34);
        let fill = if self.is_pressed() || self.fresh { tokens.control_active } else { tokens.control };
        for size in [vec2(half, arm), vec2(arm, half)] {
            let part = Rect::from_center_size(center, size * 2.0);
            painter.rect(part, 3.0, fill, Stroke::new(1.0, tokens.outline), StrokeKind::Outside);
        }
        painter.rect_filled(Rect::from_center_size(center, Vec2::splat(arm * 2.0)), 0.0, fill);
        if let Some(place) = self.input_place() {
            let angle = place as f32 * std::f32::consts::TAU - std::f32::consts::FRAC_PI_2;
            painter.circle_filled(center + polar(angle, half * 0.7), 3.0, tokens.accent);
        }
    }

    fn display(&self, painter: &Painter, rect: Rect) {
        let tokens = self.tokens;
        let rect = rect.shrink(1.5);
        painter.rect(rect, 3.0, tokens.sunken, Stroke::new(1.0, tokens.outline), StrokeKind::Inside);
        let mut inner = rect.shrink(3.0);
        if let Some(level) = self.shown_place(FeedbackKind::Meter) {
            let bar = inner.with_min_x(inner.right() - 5.0);
            inner.max.x -= 7.0;
            painter.rect_filled(bar, 1.0, tokens.background);
            let lit = bar.with_min_y(bar.bottom() - bar.height() * level.clamp(0.0, 1.0) as f32);
            painter.rect_filled(lit, 1.0, if level > 0.9 { tokens.meter_high } else { tokens.meter_low });
        }
        let ink = self.light().unwrap_or(tokens.ok);
        let lines: Vec<&str> = [FeedbackKind::Text, FeedbackKind::Text2]
            .iter()
            .filter_map(|kind| match self.live.shown.get(kind) {
                Some(Shown::Text(text)) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        if lines.is_empty() {
            return self.name(painter, inner.center(), inner.width(), tokens.text_weak);
        }
        let size = (inner.height() / (lines.len() as f32 * 1.3)).clamp(6.0, theme::TEXT_BODY);
        let height = size * 1.25;
        let top = inner.center().y - height * lines.len() as f32 * 0.5;
        for (row, line) in lines.iter().enumerate() {
            let at = pos2(inner.left(), top + height * (row as f32 + 0.5));
            let clipped = painter.with_clip_rect(painter.clip_rect().intersect(inner));
            clipped.text(at, Align2::LEFT_CENTER, line, FontId::monospace(size), ink);
        }
    }

    /// Where the hand put it last.
    fn input_place(&self) -> Option<f64> {
        [Interaction::Move, Interaction::Turn, Interaction::Pressure].iter().find_map(|interaction| {
            match self.live.input.get(interaction) {
                Some((LiveInput::Place(place), _)) => Some(*place),
                _ => None,
            }
        })
    }

    fn turned(&self) -> i64 {
        match self.live.input.get(&Interaction::Turn).or_else(|| self.live.input.get(&Interaction::Move)) {
            Some((LiveInput::Turned(steps), _)) => *steps % 48,
            _ => 0,
        }
    }

    fn is_pressed(&self) -> bool {
        matches!(self.live.input.get(&Interaction::Press), Some((LiveInput::Pressed(true), _)))
    }

    fn is_touched(&self) -> bool {
        matches!(self.live.input.get(&Interaction::Touch), Some((LiveInput::Pressed(true), _)))
    }

    fn shown_place(&self, kind: FeedbackKind) -> Option<f64> {
        match self.live.shown.get(&kind) {
            Some(Shown::Place(place)) => Some(*place),
            _ => None,
        }
    }

    fn shown_text(&self) -> Option<&str> {
        match self.live.shown.get(&FeedbackKind::Text) {
            Some(Shown::Text(text)) if !text.trim().is_empty() => Some(text),
            _ => None,
        }
    }

    fn blinks(&self) -> bool {
        blinks(self.live)
    }

    /// The colour of its light now; none when it is dark or has none.
    fn light(&self) -> Option<Color32> {
        let colour =
            match self.live.shown.get(&FeedbackKind::Colour).or_else(|| self.live.shown.get(&FeedbackKind::Led)) {
                Some(Shown::Colour([0, 0, 0])) | None => None,
                Some(Shown::Colour(rgb)) => Some(self.tokens.own_colour(*rgb)),
                Some(Shown::Place(level)) if *level > 0.0 => {
                    Some(self.tokens.control.lerp_to_gamma(self.tokens.accent, level.clamp(0.25, 1.0) as f32))
                }
                Some(Shown::Light(Light::On | Light::Blink)) => Some(self.tokens.accent),
                Some(Shown::Light(Light::Off) | Shown::Place(_) | Shown::Text(_)) => None,
            };
        match self.live.shown.get(&FeedbackKind::Led) {
            Some(Shown::Light(Light::Off)) => None,
            Some(Shown::Light(Light::Blink)) if !self.lit_half => None,
            _ => colour,
        }
    }
}

/// Some light of it blinks.
pub(super) fn blinks(live: &LiveElement) -> bool {
    live.shown.values().any(|shown| *shown == Shown::Light(Light::Blink))
}

fn polar(angle: f32, radius: f32) -> Vec2 {
    radius * vec2(angle.cos(), angle.sin())
}

fn arc(center: Pos2, radius: f32, from: f32, to: f32, stroke: Stroke) -> Shape {
    let steps = ((radius * (to - from)).abs() / 2.0).clamp(4.0, 24.0) as u8;
    let points = (0..=steps)
        .map(|step| center + polar(START + SWEEP * (from + (to - from) * f32::from(step) / f32::from(steps)), radius))
        .collect();
    Shape::line(points, stroke)
}

/// "Fader 12" is "F12", "Fast Fwd" is "FF".
fn initials(name: &str) -> String {
    let words = name.split(|letter: char| letter.is_whitespace() || matches!(letter, '-' | '/' | '·'));
    let short = |word: &str| {
        let digits = word.chars().next().is_some_and(|first| first.is_ascii_digit());
        word.chars().take(if digits { 3 } else { 1 }).collect::<String>()
    };
    words.map(short).take(4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_short() {
        for (name, short) in [("Fader 12", "F12"), ("Fast Fwd", "FF"), ("Rec 1", "R1"), ("Play", "P"), ("", "")] {
            assert_eq!(initials(name), short);
        }
    }
}
