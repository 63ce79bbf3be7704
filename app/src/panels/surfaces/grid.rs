//! Where each element of a device stands on its drawing. Pure.

use eframe::egui::{Rect, Vec2, pos2, vec2};
use loophole_pulse::view::surfaces::{Element, ElementKind};

/// Places in grid units.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Grid {
    /// By the element's place in its list.
    pub rects: Vec<Rect>,
    pub size: Vec2,
}

/// So wide is the grid of elements that have no place of their own, at least.
const COLUMNS: f32 = 8.0;
const MOST_UNITS: f32 = 256.0;

/// Width and height of an element that does not say them.
pub(super) const fn usual_size(kind: ElementKind) -> Vec2 {
    match kind {
        ElementKind::Fader | ElementKind::Strip => Vec2::new(1.0, 4.0),
        ElementKind::Wheel => Vec2::new(1.0, 2.5),
        ElementKind::Key => Vec2::new(0.5, 3.0),
        ElementKind::Jog => Vec2::new(3.0, 3.0),
        ElementKind::Display | ElementKind::Hat => Vec2::new(2.0, 2.0),
        ElementKind::Button => Vec2::new(1.0, 0.75),
        ElementKind::Knob | ElementKind::Encoder | ElementKind::Pad | ElementKind::Axis => Vec2::new(1.0, 1.0),
    }
}

/// As the profile says; what has no place stands in rows below, those of a kind together.
pub(super) fn grid(elements: &[Element]) -> Grid {
    let mut rects = vec![Rect::NOTHING; elements.len()];
    let mut bounds = Rect::NOTHING;
    for (element, rect) in elements.iter().zip(&mut rects) {
        if let Some(at) = element.at.filter(|at| at.iter().all(|place| place.is_finite() && place.abs() <= MOST_UNITS))
        {
            *rect = Rect::from_min_size(pos2(at[0], at[1]), size_of(element));
            bounds |= *rect;
        }
    }
    let has_places = bounds.is_positive();
    let (left, mut top) = if has_places { (bounds.left(), bounds.bottom() + 0.5) } else { (0.0, 0.0) };
    let width = if has_places { bounds.width().max(COLUMNS) } else { COLUMNS * 2.0 };
    let (mut x, mut row_height, mut last_kind) = (0.0_f32, 0.0_f32, None);
    let mut homeless: Vec<usize> = (0..elements.len()).filter(|at| rects.get(*at) == Some(&Rect::NOTHING)).collect();
    homeless.sort_by_key(|at| elements.get(*at).map(|element| element.kind));
    for at in homeless {
        let (Some(element), Some(rect)) = (elements.get(at), rects.get_mut(at)) else { continue };
        let size = size_of(element);
        let kind_ends = last_kind.is_some_and(|kind| kind != element.kind);
        if x > 0.0 && (x + size.x > width || kind_ends) {
            top += row_height;
            (x, row_height) = (0.0, 0.0);
        }
        *rect = Rect::from_min_size(pos2(left + x, top), size);
        bounds |= *rect;
        x += size.x;
        row_height = row_height.max(size.y);
        last_kind = Some(element.kind);
    }
    if !bounds.is_positive() {
        return Grid { rects, size: Vec2::ZERO };
    }
    let shift = bounds.min.to_vec2();
    Grid { rects: rects.into_iter().map(|rect| rect.translate(-shift)).collect(), size: bounds.size() }
}

fn size_of(element: &Element) -> Vec2 {
    let usual = usual_size(element.kind);
    let side = |given: f32, usual: f32| if given.is_finite() && given > 0.0 { given.min(MOST_UNITS) } else { usual };
    element.size.map_or(usual, |[width, height]| vec2(side(width, usual.x), side(height, usual.y)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn element(id: &str, kind: ElementKind, at: Option<[f32; 2]>) -> Element {
        let (input, feedback) = (BTreeMap::new(), BTreeMap::new());
        Element { id: id.into(), name: id.into(), kind, at, size: None, input, feedback }
    }

    #[test]
    fn given_places_are_kept_and_the_rest_stands_below() {
        let elements = [
            element("a", ElementKind::Fader, Some([2.0, 1.0])),
            element("b", ElementKind::Knob, Some([3.0, 1.0])),
            element("c", ElementKind::Button, None),
        ];
        let grid = grid(&elements);
        assert_eq!(grid.rects[0].min, pos2(0.0, 0.0));
        assert_eq!(grid.rects[1].min, pos2(1.0, 0.0));
        assert!(grid.rects[2].top() >= grid.rects[0].bottom());
        assert_eq!(grid.size.x, 2.0);
    }

    #[test]
    fn with_no_places_nothing_overlaps_and_hostile_numbers_do_no_harm() {
        let mut elements: Vec<Element> =
            (0..40).map(|number| element(&format!("k{number}"), ElementKind::Knob, None)).collect();
        elements
            .push(Element { size: Some([f32::NAN, -3.0]), ..element("x", ElementKind::Pad, Some([f32::NAN, 0.0])) });
        elements.push(element("y", ElementKind::Pad, Some([1e30, 0.0])));
        let grid = grid(&elements);
        assert!(grid.size.x <= 16.0 && grid.size.y.is_finite());
        for (at, one) in grid.rects.iter().enumerate() {
            assert!(one.is_finite() && one.is_positive());
            for other in &grid.rects[at + 1..] {
                assert!(!one.shrink(0.01).intersects(other.shrink(0.01)), "{one:?} {other:?}");
            }
        }
        assert_eq!(super::grid(&[]).size, Vec2::ZERO);
    }
}
