//! How a mapping goes from a hand to its target: ranges, curve, takeover, presses; with the curve alive.

use super::{edit, shape, words};
use crate::theme;
use eframe::egui::{
    ComboBox, DragValue, Grid, Pos2, Rect, Response, RichText, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo,
    pos2, vec2,
};
use loophole_pulse::mapping::expression::{Expression, ExpressionError};
use loophole_pulse::view::surfaces::surface_mapping::Glue;
use loophole_pulse::view::surfaces::surface_mapping::glue::{Curve, Fire};
use std::ops::RangeInclusive;

const PLOT: f32 = 116.0;
const LABEL: f32 = 76.0;
const COMBO: f32 = 150.0;
const HOLD_MILLIS: u32 = 400;
const TURBO_MILLIS: u32 = 120;
/// Letters of a formula that are shown before and after a mistake.
const AROUND: usize = 14;

/// Shows the editor on a draft; true when a change is whole and may be saved.
pub(super) fn glue_ui(ui: &mut Ui, glue: &mut Glue, input: Option<f64>, relative: bool, error: Option<&str>) -> bool {
    let before = glue.clone();
    let mut hands = Hands::default();
    curve_plot_ui(ui, glue, input, &mut hands);
    ui.add_space(theme::SPACE_1);
    Grid::new("glue").num_columns(2).min_col_width(LABEL).spacing([theme::SPACE_2, theme::SPACE_1]).show(ui, |ui| {
        ranges_ui(ui, glue, &mut hands);
        curve_ui(ui, glue, &mut hands);
        modes_ui(ui, glue, &mut hands);
        steps_ui(ui, glue, relative, &mut hands);
        press_ui(ui, glue, &mut hands);
        calm_ui(ui, glue, &mut hands);
    });
    transform_ui(ui, glue, error, &mut hands);
    hands.done || (*glue != before && !hands.holds)
}

/// Whether a change is still under way: a drag, or typing.
#[derive(Default)]
struct Hands {
    holds: bool,
    done: bool,
}

impl Hands {
    fn look(&mut self, response: &Response) {
        self.holds |= response.dragged() || response.has_focus();
        self.done |= response.drag_stopped() || response.lost_focus();
    }
}

fn label(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).small().weak());
}

fn percent(ui: &mut Ui, name: &str, value: &mut f64, range: RangeInclusive<f64>, hands: &mut Hands) {
    let mut shown = *value * 100.0;
    let range = *range.start() * 100.0..=*range.end() * 100.0;
    let field = DragValue::new(&mut shown).range(range).suffix(" %").speed(0.5).max_decimals(1);
    let response = ui.add(field).accessible_name(name);
    if response.changed() {
        *value = shown / 100.0;
    }
    hands.look(&response);
}

fn millis(ui: &mut Ui, name: &str, value: &mut u32, hands: &mut Hands) {
    let response = ui.add(DragValue::new(value).range(0..=10_000).suffix(" ms").speed(5)).accessible_name(name);
    hands.look(&response);
}

fn choice<T: Copy + PartialEq>(
    ui: &mut Ui,
    name: &str,
    value: &mut T,
    all: &[T],
    words: impl Fn(T) -> (&'static str, &'static str),
) {
    let combo = ComboBox::from_id_salt(name).width(COMBO).selected_text(words(*value).0);
    let shown = combo.show_ui(ui, |ui| {
        for one in all {
            let (word, detail) = words(*one);
            let response = ui.selectable_value(value, *one, word);
            if !detail.is_empty() {
                response.on_hover_text(detail);
            }
        }
    });
    shown.response.accessible_name(name).on_hover_text(words(*value).1);
}

fn ranges_ui(ui: &mut Ui, glue: &mut Glue, hands: &mut Hands) {
    label(ui, "Source");
    ui.horizontal(|ui| {
        let [mut low, mut high] = glue.source_range;
        percent(ui, "Source from", &mut low, 0.0..=1.0, hands);
        ui.weak("to");
        percent(ui, "Source to", &mut high, 0.0..=1.0, hands);
        glue.source_range = [low, high];
    });
    ui.end_row();
    label(ui, "Beyond it");
    choice(ui, "Outside of the source's range", &mut glue.out_of_range, &words::OUT_OF_RANGE, words::out_of_range);
    ui.end_row();
    label(ui, "Target");
    ui.horizontal(|ui| {
        let [mut low, mut high] = glue.target_range;
        percent(ui, "Target from", &mut low, 0.0..=1.0, hands);
        ui.weak("to");
        percent(ui, "Target to", &mut high, 0.0..=1.0, hands);
        glue.target_range = [low, high];
    });
    ui.end_row();
    label(ui, "Direction");
    edit::tick(ui, &mut glue.reverse, "Reverse");
    ui.end_row();
}

fn curve_ui(ui: &mut Ui, glue: &mut Glue, hands: &mut Hands) {
    label(ui, "Curve");
    ui.horizontal(|ui| {
        let combo = ComboBox::from_id_salt("curve").width(72.0).selected_text(words::curve(&glue.curve));
        let shown = combo.show_ui(ui, |ui| {
            for curve in [
                Curve::Linear,
                Curve::Power { exponent: 2.0 },
                Curve::S { bend: 0.5 },
                Curve::Points { points: vec![[0.0, 0.0], [0.5, 0.5], [1.0, 1.0]] },
            ] {
                let same = std::mem::discriminant(&curve) == std::mem::discriminant(&glue.curve);
                if ui.selectable_label(same, words::curve(&curve)).clicked() && !same {
                    glue.curve = curve;
                }
            }
        });
        shown.response.accessible_name("Kind of curve");
        match &mut glue.curve {
            Curve::Linear => {}
            Curve::Power { exponent } => {
                let field = DragValue::new(exponent).range(0.1..=10.0).speed(0.02).max_decimals(2).prefix("x^");
                hands.look(&ui.add(field).accessible_name("Exponent"));
            }
            Curve::S { bend } => percent(ui, "Bend", bend, 0.0..=1.0, hands),
            Curve::Points { points } => {
                ui.weak(format!("{} points: drag them", points.len()));
            }
        }
    });
    ui.end_row();
}

fn modes_ui(ui: &mut Ui, glue: &mut Glue, hands: &mut Hands) {
    use loophole_pulse::view::surfaces::surface_mapping::glue::Takeover;
    label(ui, "Takeover");
    ui.horizontal(|ui| {
        choice(ui, "Takeover mode", &mut glue.takeover, &words::TAKEOVERS, words::takeover);
        if glue.takeover == Takeover::PickupTolerant {
            percent(ui, "Tolerance", &mut glue.takeover_tolerance, 0.0..=0.5, hands);
        }
    });
    ui.end_row();
    label(ui, "Mode");
    choice(ui, "Absolute mode", &mut glue.absolute, &words::ABSOLUTE_MODES, words::absolute);
    ui.end_row();
}

fn steps_ui(ui: &mut Ui, glue: &mut Glue, relative: bool, hands: &mut Hands) {
    use loophole_pulse::view::surfaces::surface_mapping::glue::AbsoluteMode;
    if relative || glue.absolute == AbsoluteMode::Incremental || glue.step_size.is_some() {
        label(ui, "Step");
        ui.horizontal(|ui| {
            let mut own = glue.step_size.is_some();
            if edit::tick(ui, &mut own, "own size") {
                glue.step_size = own.then_some([0.01, 0.05]);
            }
            if let Some([low, high]) = &mut glue.step_size {
                percent(ui, "Smallest step", low, 0.0..=1.0, hands);
                percent(ui, "Largest step, turned fast", high, 0.0..=1.0, hands);
            }
        });
        ui.end_row();
        label(ui, "Speed");
        ui.horizontal(|ui| {
            let field =
                ui.add(DragValue::new(&mut glue.speed).range(-100..=100).speed(0.1)).accessible_name("Speed of steps");
            hands.look(&field);
            let text = match glue.speed {
                slow if slow < 0 => format!("{} turns for one step", -i32::from(slow)),
                fast => format!("{fast} steps per turn"),
            };
            ui.weak(text);
        });
        ui.end_row();
    }
    label(ui, "Ends");
    ui.horizontal(|ui| {
        edit::tick(ui, &mut glue.wrap, "Wrap");
        edit::tick(ui, &mut glue.round, "Round to whole steps");
    });
    ui.end_row();
    label(ui, "Sequence");
    let text = glue.sequence.iter().map(|value| format!("{}", value * 100.0)).collect::<Vec<_>>().join(" ");
    if let Some(new) = edit::text_ui(ui, "Sequence in percent", &text, "0 50 100", COMBO) {
        glue.sequence = parse_sequence(&new);
    }
    ui.end_row();
}

/// Percents with spaces, commas or semicolons between them; what is no number is left out.
fn parse_sequence(text: &str) -> Vec<f64> {
    text.split(|sign: char| sign.is_whitespace() || sign == ',' || sign == ';')
        .filter_map(|part| part.trim_end_matches('%').parse::<f64>().ok())
        .filter(|value| value.is_finite())
        .map(|value| (value / 100.0).clamp(0.0, 1.0))
        .take(128)
        .collect()
}

fn press_ui(ui: &mut Ui, glue: &mut Glue, hands: &mut Hands) {
    label(ui, "Press");
    ui.horizontal(|ui| {
        let combo = ComboBox::from_id_salt("fire").width(COMBO).selected_text(words::fire(glue.fire));
        let shown = combo.show_ui(ui, |ui| {
            for fire in [
                Fire::AtOnce,
                Fire::ShortPress { within_millis: HOLD_MILLIS },
                Fire::LongPress { after_millis: HOLD_MILLIS },
                Fire::DoublePress { within_millis: HOLD_MILLIS },
                Fire::Turbo { after_millis: HOLD_MILLIS, every_millis: TURBO_MILLIS },
            ] {
                let same = std::mem::discriminant(&fire) == std::mem::discriminant(&glue.fire);
                if ui.selectable_label(same, words::fire(fire)).clicked() && !same {
                    glue.fire = fire;
                }
            }
        });
        shown.response.accessible_name("When a press fires");
    });
    ui.end_row();
    let mut time = |ui: &mut Ui, text: &str, name: &str, value: &mut u32| {
        label(ui, text);
        millis(ui, name, value, hands);
        ui.end_row();
    };
    match &mut glue.fire {
        Fire::AtOnce => {}
        Fire::ShortPress { within_millis } | Fire::DoublePress { within_millis } => {
            time(ui, "Within", "Within milliseconds", within_millis);
        }
        Fire::LongPress { after_millis } => time(ui, "After", "After milliseconds", after_millis),
        Fire::Turbo { after_millis, every_millis } => {
            time(ui, "After", "After milliseconds", after_millis);
            time(ui, "Every", "Every milliseconds", every_millis);
        }
    }
    label(ui, "Edge");
    choice(ui, "Press or release", &mut glue.button, &words::BUTTON_FILTERS, |one| (words::button_filter(one), ""));
    ui.end_row();
}

fn calm_ui(ui: &mut Ui, glue: &mut Glue, hands: &mut Hands) {
    label(ui, "Dead zone");
    percent(ui, "Size of the dead zone", &mut glue.dead_zone, 0.0..=0.5, hands);
    ui.end_row();
    label(ui, "Smoothing");
    millis(ui, "Smoothing time", &mut glue.smoothing_millis, hands);
    ui.end_row();
}

fn transform_ui(ui: &mut Ui, glue: &mut Glue, error: Option<&str>, hands: &mut Hands) {
    ui.add_space(theme::SPACE_1);
    label(ui, "Expression of x (the value so far), y (the target) and t (seconds)");
    let now = glue.transform.clone().unwrap_or_default();
    let (new, typed) = edit::typed_ui(ui, "Expression", &now, "x < 0.5 ? 0 : x^2", f32::INFINITY);
    if let Some(new) = new {
        let new = new.trim();
        glue.transform = (!new.is_empty()).then(|| new.to_owned());
        hands.done = true;
    }
    let typed = typed.trim();
    let wrong = if typed.is_empty() { None } else { Expression::parse(typed).err() };
    if let Some(wrong) = wrong {
        wrong_ui(ui, typed, &wrong);
    } else if let Some(error) = error {
        ui.label(RichText::new(error).small().color(theme::tokens(ui).error));
    }
}

/// The formula around its mistake, a caret below it, and the reason.
fn wrong_ui(ui: &mut Ui, formula: &str, wrong: &ExpressionError) {
    let ink = theme::tokens(ui).error;
    let before = formula.char_indices().take_while(|(at, _)| *at < wrong.at).count();
    let first = before.saturating_sub(AROUND);
    let cut = if first > 0 { "…" } else { "" };
    let part: String = formula.chars().skip(first).take(2 * AROUND).collect();
    let caret = " ".repeat(before - first + cut.chars().count());
    let text = RichText::new(format!("{cut}{part}\n{caret}^")).monospace().small().color(ink);
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.label(text).on_hover_text(wrong.to_string());
    ui.label(RichText::new(wrong.to_string()).small().color(ink));
}

/// The curve with a dot at the hand; points can be dragged, a double-click adds or removes one.
fn curve_plot_ui(ui: &mut Ui, glue: &mut Glue, input: Option<f64>, hands: &mut Hands) {
    let tokens = theme::tokens(ui);
    let width = ui.available_width();
    let (rect, response) = ui.allocate_exact_size(vec2(width, PLOT), Sense::click_and_drag());
    let said = input.and_then(|place| Some((place, shape::value(glue, place)?)));
    let text = said.map_or("no input yet".to_owned(), |(place, value)| {
        format!("input {:.0} % gives {:.0} %", place * 100.0, value * 100.0)
    });
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Curve: {text}")));
    let plot = rect.shrink2(vec2(8.0, 8.0));
    let at = |x: f64, y: f64| pos2(plot.left() + plot.width() * x as f32, plot.bottom() - plot.height() * y as f32);
    let painter = ui.painter();
    painter.rect(rect, theme::RADIUS, tokens.sunken, Stroke::new(1.0, tokens.outline), StrokeKind::Inside);
    for part in [0.25, 0.5, 0.75] {
        painter.line_segment([at(part, 0.0), at(part, 1.0)], Stroke::new(1.0, tokens.grid_weak));
        painter.line_segment([at(0.0, part), at(1.0, part)], Stroke::new(1.0, tokens.grid_weak));
    }
    let mut line: Vec<Pos2> = Vec::new();
    for step in 0..=96 {
        let x = f64::from(step) / 96.0;
        match shape::value(glue, x) {
            Some(y) => line.push(at(x, y)),
            None => painter_line(painter, std::mem::take(&mut line), tokens.accent),
        }
    }
    painter_line(painter, line, tokens.accent);
    if let Some((place, value)) = said {
        let dot = at(place, value);
        painter.line_segment([pos2(dot.x, plot.bottom()), dot], Stroke::new(1.0, tokens.text_weak));
        painter.line_segment([pos2(plot.left(), dot.y), dot], Stroke::new(1.0, tokens.text_weak));
        painter.circle(dot, 4.0, tokens.text, Stroke::new(1.5, tokens.background));
    }
    if let Curve::Points { points } = &mut glue.curve {
        points_ui(ui, plot, &response, points, hands);
    }
    response.on_hover_text(format!("From the hand (across) to the target (up): {text}"));
}

fn painter_line(painter: &eframe::egui::Painter, line: Vec<Pos2>, ink: eframe::egui::Color32) {
    if line.len() > 1 {
        painter.add(Shape::line(line, Stroke::new(2.0, ink)));
    }
}

/// Handles stand where the curve itself is: before reverse and ranges.
fn points_ui(ui: &Ui, plot: Rect, response: &Response, points: &mut Vec<[f64; 2]>, hands: &mut Hands) {
    let tokens = theme::tokens(ui);
    let at = |[x, y]: [f64; 2]| pos2(plot.left() + plot.width() * x as f32, plot.bottom() - plot.height() * y as f32);
    let from = |place: Pos2| {
        let x = f64::from((place.x - plot.left()) / plot.width()).clamp(0.0, 1.0);
        [x, f64::from((plot.bottom() - place.y) / plot.height()).clamp(0.0, 1.0)]
    };
    let held_id = response.id.with("held point");
    let nearest = |place: Pos2, points: &[[f64; 2]]| {
        let far = |point: &[f64; 2]| at(*point).distance(place);
        let found = (0..points.len()).min_by(|a, b| {
            let of = |index: &usize| points.get(*index).map_or(f32::MAX, far);
            of(a).total_cmp(&of(b))
        })?;
        points.get(found).filter(|point| far(point) < 12.0).map(|_| found)
    };
    if response.drag_started()
        && let Some(place) = response.interact_pointer_pos()
        && let Some(index) = nearest(place, points)
    {
        ui.data_mut(|data| data.insert_temp(held_id, index));
    }
    let held: Option<usize> = ui.data(|data| data.get_temp(held_id));
    if let (Some(index), Some(place)) = (held.filter(|_| response.dragged()), response.interact_pointer_pos()) {
        let [x, y] = from(place);
        let left = index.checked_sub(1).and_then(|left| points.get(left)).map_or(0.0, |point| point[0]);
        let right = points.get(index + 1).map_or(1.0, |point| point[0]);
        let ends = index == 0 || index + 1 == points.len();
        if let Some(point) = points.get_mut(index) {
            *point = [if ends { point[0] } else { x.clamp(left, right) }, y];
        }
    }
    if response.double_clicked()
        && let Some(place) = response.interact_pointer_pos()
    {
        match nearest(place, points) {
            Some(index) if index > 0 && index + 1 < points.len() => {
                points.remove(index);
            }
            Some(_) => {}
            None if points.len() < 32 => {
                let new = from(place);
                let index = points.partition_point(|point| point[0] < new[0]);
                points.insert(index, new);
            }
            None => {}
        }
    }
    if response.drag_stopped() {
        ui.data_mut(|data| data.remove::<usize>(held_id));
    }
    hands.look(response);
    for point in points {
        ui.painter().circle(at(*point), 4.0, tokens.control_hover, Stroke::new(1.5, tokens.accent));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_for_a_sequence() {
        assert_eq!(parse_sequence("0 50, 100%; x 300"), [0.0, 0.5, 1.0, 1.0]);
        assert!(parse_sequence("").is_empty());
    }
}
