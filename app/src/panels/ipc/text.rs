//! How the parts of a message are said in a table. Pure.

use egui_material_icons::icons;
use loophole_pulse::trace::{Link, TraceEntry};

/// `08:05:09.000120`: of the day, UTC.
pub(crate) fn clock(at_nanos: u64) -> String {
    let micros = at_nanos / 1_000 % 1_000_000;
    let seconds = at_nanos / 1_000_000_000 % 86_400;
    format!("{:02}:{:02}:{:02}.{micros:06}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Three digits and a unit: `42 µs`, `1.25 ms`, `3.1 s`.
pub(crate) fn duration(nanos: u64) -> String {
    let micros = nanos as f64 / 1e3;
    if micros < 1_000.0 {
        format!("{micros:.0} µs")
    } else if micros < 10_000.0 {
        format!("{:.2} ms", micros / 1e3)
    } else if micros < 1_000_000.0 {
        format!("{:.1} ms", micros / 1e3)
    } else {
        format!("{:.1} s", micros / 1e6)
    }
}

/// `812 B`, `1.5 kB`.
pub(crate) fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

pub(crate) fn link(link: Link) -> String {
    match link {
        Link::Window => "window".to_owned(),
        Link::Client(number) => format!("client {number}"),
        Link::Engine => "engine".to_owned(),
    }
}

pub(crate) fn direction(entry: &TraceEntry) -> String {
    // The text fonts have no arrow; the icons have.
    format!("{} {} {}", entry.from.name(), icons::ICON_ARROW_RIGHT_ALT.codepoint, entry.to.name())
}

/// `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_have_a_unit() {
        assert_eq!(clock(1_735_689_599_000_120_000), "23:59:59.000120");
        assert_eq!([duration(900), duration(42_400), duration(1_250_000)], ["1 µs", "42 µs", "1.25 ms"]);
        assert_eq!([duration(45_040_000), duration(3_100_000_000)], ["45.0 ms", "3.1 s"]);
        assert_eq!([size(0), size(999), size(1_500), size(2_500_000)], ["0 B", "999 B", "1.5 kB", "2.5 MB"]);
        assert_eq!([count(0), count(999), count(1_000), count(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
    }
}
