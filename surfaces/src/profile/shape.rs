//! Which keys stand where in a file, to tell a mistyped key from a right one.

use super::finding::{Fault, Notes, Span, did_you_mean, quoted};
use toml_edit::{Item, TableLike, Value};

/// What may stand at a place.
pub(crate) enum Shape {
    /// No keys of ours.
    Plain,
    Table(&'static [Field]),
    /// A table whose other keys depend on the value of the first.
    Tagged(&'static str, &'static [(&'static str, &'static [Field])]),
    /// A list of such; or a table with keys of one's own.
    Each(&'static Shape),
}

type Field = (&'static str, &'static Shape);

const PLAIN: &Shape = &Shape::Plain;

pub(crate) static PROFILE: Shape = Shape::Table(&[
    ("schema", PLAIN),
    ("id", PLAIN),
    ("name", PLAIN),
    ("vendor", PLAIN),
    ("class", PLAIN),
    ("facts", PLAIN),
    ("match", &MATCH),
    ("quirks", &QUIRKS),
    ("handshake", &HANDSHAKE),
    ("startup", &MESSAGES),
    ("shutdown", &MESSAGES),
    ("heartbeat", &Shape::Table(&[("bytes", PLAIN), ("everyMillis", PLAIN)])),
    ("element", &ELEMENTS),
    ("mapping", &MAPPINGS),
]);

pub(crate) static MAPPING_SET: Shape = Shape::Table(&[
    ("schema", PLAIN),
    ("id", PLAIN),
    ("name", PLAIN),
    ("profile", PLAIN),
    ("element", &ELEMENTS),
    ("mapping", &MAPPINGS),
]);

static MATCH: Shape = Shape::Table(&[
    ("transport", PLAIN),
    ("names", PLAIN),
    ("usb", PLAIN),
    ("identity", PLAIN),
    ("hidUsages", PLAIN),
    ("inputPort", PLAIN),
    ("outputPort", PLAIN),
]);

static QUIRKS: Shape = Shape::Table(&[
    ("maxMessagesPerSecond", PLAIN),
    ("maxBurst", PLAIN),
    ("sysexChunkBytes", PLAIN),
    ("sysexGapMillis", PLAIN),
    ("echoes", PLAIN),
    ("noRelease", PLAIN),
]);

static HANDSHAKE: Shape = Shape::Tagged("type", &[("mcu", &[("model", PLAIN)])]);

static MESSAGES: Shape = Shape::Each(&Shape::Table(&[("bytes", PLAIN), ("reply", PLAIN), ("waitMillis", PLAIN)]));

static ELEMENTS: Shape = Shape::Each(&ELEMENT);
static ELEMENT: Shape = Shape::Table(&[
    ("id", PLAIN),
    ("name", PLAIN),
    ("kind", PLAIN),
    ("at", PLAIN),
    ("size", PLAIN),
    ("input", &Shape::Each(&SOURCE)),
    ("feedback", &Shape::Each(&OUTPUT)),
    ("repeat", &REPEAT),
]);

static REPEAT: Shape = Shape::Table(&[
    ("count", PLAIN),
    ("first", PLAIN),
    ("number", PLAIN),
    ("channel", PLAIN),
    ("offset", PLAIN),
    ("at", PLAIN),
    ("columns", PLAIN),
    ("row", PLAIN),
    ("rowNumber", PLAIN),
]);

static SOURCE: Shape = Shape::Tagged(
    "type",
    &[
        ("note", &[("channel", PLAIN), ("number", PLAIN)]),
        ("cc", &[("channel", PLAIN), ("number", PLAIN), ("relative", PLAIN)]),
        ("cc14", &[("channel", PLAIN), ("msb", PLAIN), ("lsb", PLAIN)]),
        ("nrpn", &[("channel", PLAIN), ("number", PLAIN), ("bits", PLAIN)]),
        ("rpn", &[("channel", PLAIN), ("number", PLAIN), ("bits", PLAIN)]),
        ("pitchBend", &[("channel", PLAIN)]),
        ("polyPressure", &[("channel", PLAIN), ("number", PLAIN)]),
        ("channelPressure", &[("channel", PLAIN)]),
        ("program", &[("channel", PLAIN), ("number", PLAIN)]),
        ("sysex", &[("pattern", PLAIN)]),
        ("realtime", &[("message", PLAIN)]),
        ("hid", &[("page", PLAIN), ("usage", PLAIN), ("instance", PLAIN), ("code", PLAIN), ("hat", PLAIN)]),
        ("hidBits", &[("report", PLAIN), ("bit", PLAIN), ("bits", PLAIN), ("signed", PLAIN), ("code", PLAIN)]),
        ("osc", &[("address", PLAIN), ("argument", PLAIN), ("rangeThousandths", PLAIN), ("relative", PLAIN)]),
        ("computerKey", &[("key", PLAIN)]),
    ],
);

static PALETTE: Shape = Shape::Each(&Shape::Table(&[("rgb", PLAIN), ("number", PLAIN)]));

static OUTPUT: Shape = Shape::Tagged(
    "type",
    &[
        (
            "note",
            &[
                ("channel", PLAIN),
                ("number", PLAIN),
                ("off", PLAIN),
                ("on", PLAIN),
                ("blink", PLAIN),
                ("palette", &PALETTE),
            ],
        ),
        (
            "cc",
            &[
                ("channel", PLAIN),
                ("number", PLAIN),
                ("off", PLAIN),
                ("on", PLAIN),
                ("blink", PLAIN),
                ("palette", &PALETTE),
            ],
        ),
        ("cc14", &[("channel", PLAIN), ("msb", PLAIN), ("lsb", PLAIN)]),
        ("nrpn", &[("channel", PLAIN), ("number", PLAIN), ("bits", PLAIN)]),
        ("pitchBend", &[("channel", PLAIN)]),
        ("channelPressure", &[("channel", PLAIN)]),
        ("mcuRing", &[("strip", PLAIN), ("mode", PLAIN)]),
        ("mcuMeter", &[("strip", PLAIN)]),
        ("sysex", &[("pattern", PLAIN)]),
        ("sysexText", &[("pattern", PLAIN), ("offset", PLAIN), ("length", PLAIN)]),
        ("sevenSegment", &[("number", PLAIN), ("digits", PLAIN)]),
        ("hidBits", &[("report", PLAIN), ("bit", PLAIN), ("bits", PLAIN), ("feature", PLAIN)]),
        ("osc", &[("address", PLAIN), ("argument", PLAIN)]),
    ],
);

static MAPPINGS: Shape = Shape::Each(&MAPPING);
static MAPPING: Shape = Shape::Table(&[
    ("id", PLAIN),
    ("name", PLAIN),
    ("enabled", PLAIN),
    ("element", PLAIN),
    ("interaction", PLAIN),
    ("when", &Shape::Table(&[("context", PLAIN), ("page", PLAIN), ("modifiers", PLAIN)])),
    ("glue", &GLUE),
    ("target", &TARGET),
    ("feedback", PLAIN),
    ("repeat", &REPEAT),
]);

static GLUE: Shape = Shape::Table(&[
    ("sourceRange", PLAIN),
    ("targetRange", PLAIN),
    ("outOfRange", PLAIN),
    ("reverse", PLAIN),
    ("curve", &CURVE),
    ("transform", PLAIN),
    ("absolute", PLAIN),
    ("takeover", PLAIN),
    ("takeoverTolerance", PLAIN),
    ("stepSize", PLAIN),
    ("speed", PLAIN),
    ("wrap", PLAIN),
    ("round", PLAIN),
    ("sequence", PLAIN),
    ("button", PLAIN),
    ("fire", &FIRE),
    ("deadZone", PLAIN),
    ("smoothingMillis", PLAIN),
]);

static CURVE: Shape = Shape::Tagged(
    "type",
    &[("linear", &[]), ("power", &[("exponent", PLAIN)]), ("s", &[("bend", PLAIN)]), ("points", &[("points", PLAIN)])],
);

static FIRE: Shape = Shape::Tagged(
    "type",
    &[
        ("atOnce", &[]),
        ("shortPress", &[("withinMillis", PLAIN)]),
        ("longPress", &[("afterMillis", PLAIN)]),
        ("doublePress", &[("withinMillis", PLAIN)]),
        ("turbo", &[("afterMillis", PLAIN), ("everyMillis", PLAIN)]),
    ],
);

static SELECTOR: Shape = Shape::Tagged(
    "by",
    &[
        ("id", &[("id", PLAIN)]),
        ("name", &[("name", PLAIN)]),
        ("bank", &[("index", PLAIN)]),
        ("selected", &[]),
        ("afterSelected", &[("steps", PLAIN)]),
        ("focused", &[]),
        ("master", &[]),
    ],
);

static TARGET: Shape = Shape::Tagged(
    "type",
    &[
        ("parameter", &[("parameterId", PLAIN)]),
        ("gain", &[("of", &SELECTOR)]),
        ("pan", &[("of", &SELECTOR)]),
        ("sendLevel", &[("of", &SELECTOR), ("send", PLAIN)]),
        ("nodeParameter", &[("of", &SELECTOR), ("node", PLAIN), ("parameter", PLAIN)]),
        ("lastTouched", &[]),
        ("flag", &[("of", &SELECTOR), ("flag", PLAIN)]),
        ("select", &[("of", &SELECTOR)]),
        ("transport", &[("action", PLAIN)]),
        ("bank", &[("by", PLAIN)]),
        ("page", &[("page", PLAIN)]),
        ("pageBy", &[("by", PLAIN)]),
        ("modifier", &[("name", PLAIN)]),
        ("undo", &[]),
        ("redo", &[]),
        ("intent", &[("name", PLAIN), ("payload", PLAIN)]),
        ("sendMidi", &[("bytes", PLAIN)]),
        ("sendOsc", &[("address", PLAIN)]),
        ("macro", &[("steps", &Shape::Each(&TARGET))]),
        ("name", &[("of", &SELECTOR)]),
        ("meter", &[("of", &SELECTOR)]),
        ("position", &[]),
    ],
);

/// The keys of `[[element]]` or `[[mapping]]`.
pub(crate) fn keys_of(what: &str) -> impl Iterator<Item = &'static str> {
    let shape = if what == "element" { &ELEMENT } else { &MAPPING };
    let fields: &[Field] = if let Shape::Table(fields) = shape { fields } else { &[] };
    fields.iter().map(|(key, _)| *key)
}

/// Warns of every key that the shape does not have.
pub(crate) fn unknown_keys(shape: &Shape, table: &dyn TableLike, place: &Span, notes: &mut Notes<'_>) {
    match shape {
        Shape::Plain => {}
        Shape::Each(of) => {
            for (_, item) in table.iter() {
                unknown_keys_in(of, item, place, notes);
            }
        }
        Shape::Table(fields) => fields_only(None, fields, table, place, notes),
        Shape::Tagged(tag, variants) => {
            // A tag that is missing or wrong is an error of its own.
            let chosen = table.get(tag).and_then(Item::as_str);
            if let Some((_, fields)) = variants.iter().find(|(name, _)| Some(*name) == chosen) {
                fields_only(Some(tag), fields, table, place, notes);
            }
        }
    }
}

fn fields_only(tag: Option<&str>, fields: &[Field], table: &dyn TableLike, place: &Span, notes: &mut Notes<'_>) {
    for (name, item) in table.iter() {
        let span = table.get_key_value(name).and_then(|(key, _)| key.span()).unwrap_or_else(|| place.clone());
        if Some(name) == tag {
            continue;
        }
        match fields.iter().find(|(field, _)| *field == name) {
            Some((_, shape)) => unknown_keys_in(shape, item, &span, notes),
            None => {
                let meant = did_you_mean(name, fields.iter().map(|(field, _)| *field));
                let advice = if meant.is_empty() { "it is kept, and does nothing".to_owned() } else { meant };
                notes.warning(&span, Fault::new(format!("the key {} is not known here", quoted(name)), advice));
            }
        }
    }
}

fn unknown_keys_in(shape: &Shape, item: &Item, place: &Span, notes: &mut Notes<'_>) {
    if let Some(table) = item.as_table_like() {
        unknown_keys(shape, table, place, notes);
        return;
    }
    let Shape::Each(of) = shape else { return };
    match item {
        Item::ArrayOfTables(tables) => tables.iter().for_each(|table| unknown_keys(of, table, place, notes)),
        Item::Value(Value::Array(values)) => {
            for table in values.iter().filter_map(Value::as_inline_table) {
                unknown_keys(of, table, place, notes);
            }
        }
        _ => {}
    }
}
