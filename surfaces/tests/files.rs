//! What is wrong in a file is said, with its place; nothing that is read does harm.

use loophole_surfaces::mapping::load::{load_mapping_set, load_mapping_set_with};
use loophole_surfaces::mapping::rewrite::Rewrite;
use loophole_surfaces::profile::finding::Severity;
use loophole_surfaces::profile::lint::{FileKind, lint_file};
use loophole_surfaces::profile::{builtin, load_profile};
use proptest::prelude::*;

const HEAD: &str = "schema = 1\nid = \"acme-desk\"\nname = \"Desk\"\nvendor = \"Acme\"\nclass = \"mixer\"\nfacts = [\"manual\"]\nmatch = { transport = \"midi\", names = [\"desk\"] }\n";

const KNOB: &str =
    "[[element]]\nid = \"k\"\nname = \"K\"\nkind = \"knob\"\ninput.turn = { type = \"cc\", channel = 1, number = 7 }\n";

/// Each text that follows the head, and what must be said about it: line, severity, words.
#[test]
fn what_is_wrong_is_said_with_its_line() {
    use Severity::{Error, Warning};
    let truth: &[(&str, u32, Severity, &str)] = &[
        ("[[elemnt]]\n", 8, Warning, "did you mean `element`?"),
        ("[[element]]\nid = \"a\"\nname = \"A\"\nkind = \"fadr\"\n", 11, Error, "did you mean `fader`?"),
        ("[[element]]\nname = \"A\"\nkind = \"fader\"\n", 8, Error, "this element has no `id`"),
        ("[[element]]\nid = \"A b\"\nname = \"A\"\nkind = \"fader\"\n", 9, Error, "is not an id"),
        (
            "[[element]]\nid = \"k\"\nname = \"K\"\nkind = \"knob\"\ninput.turn = { type = \"cc\", chanel = 1, number = 7 }\n",
            12,
            Error,
            "missing field `channel`",
        ),
        (
            "[[element]]\nid = \"k\"\nname = \"K\"\nkind = \"knob\"\ninput.turn = { type = \"cc\", channel = 17, number = 7 }\n",
            12,
            Error,
            "channels are 1…16",
        ),
        (
            "[[element]]\nid = \"k\"\nname = \"K\"\nkind = \"knob\"\ninput.turn = { type = \"cc\", channel = 1, number = 128 }\n",
            12,
            Error,
            "above 127",
        ),
        (
            "[[element]]\nid = \"k\"\nname = \"K\"\nkind = \"knob\"\ninput.turn = { type = \"cc\", channel = 1, number = 120 }\nrepeat = { count = 9, number = 1 }\n",
            9,
            Error,
            "write {n} in the id",
        ),
        (
            "[[element]]\nid = \"k-{n}\"\nname = \"K\"\nkind = \"knob\"\ninput.turn = { type = \"cc\", channel = 1, number = 250 }\nrepeat = { count = 9, number = 1 }\n",
            13,
            Error,
            "the number of copy 7 would be 256",
        ),
        (
            "[[element]]\nid = \"k-{n}\"\nname = \"K\"\nkind = \"knob\"\ninput.turn = { type = \"cc\", channel = 1, number = 1 }\nrepeat = { count = 2 }\n",
            12,
            Error,
            "sends what `k-1` sends",
        ),
        (
            "[[element]]\nid = \"l\"\nname = \"L\"\nkind = \"button\"\nfeedback.led = { type = \"sysex\", pattern = \"F0 0G vv F7\" }\n",
            12,
            Error,
            "`0G` in the pattern",
        ),
        (
            "[[element]]\nid = \"l\"\nname = \"L\"\nkind = \"button\"\nfeedback.led = { type = \"sysex\", pattern = \"F0 80 F7\" }\n",
            12,
            Error,
            "above 7F",
        ),
        (
            "[[element]]\nid = \"l\"\nname = \"L\"\nkind = \"display\"\nfeedback.text = { type = \"pitchBend\", channel = 1 }\n",
            12,
            Error,
            "shows no text",
        ),
        (
            "[[mapping]]\nid = \"m\"\nelement = \"nob\"\ninteraction = \"turn\"\ntarget = { type = \"undo\" }\n[[element]]\nid = \"knob\"\nname = \"K\"\nkind = \"knob\"\ninput.turn = { type = \"cc\", channel = 1, number = 7 }\n",
            10,
            Error,
            "did you mean `knob`?",
        ),
        ("startup = 3\n", 8, Error, "invalid type"),
        ("handshake = { type = \"mcu\", model = 0x94 }\n", 8, Error, "model 0x94"),
        ("handshake = { type = \"hui\" }\n", 8, Error, "mcu"),
        ("heartbeat = { bytes = \"90 00\", everyMillis = 100 }\n", 8, Error, "has 3 bytes"),
        ("quirks = { maxBurst = 0 }\n", 8, Error, "outside of 1…"),
        ("x = [1, 2\n", 8, Error, "this is not TOML"),
    ];
    for (text, line, severity, words) in truth {
        let findings = load_profile(&format!("{HEAD}{text}")).findings;
        let found = findings.iter().any(|finding| {
            finding.line == *line && finding.severity == *severity && finding.to_string().contains(words)
        });
        assert!(found, "{words} at {line} is not among {findings:#?} of\n{text}");
    }
    assert_eq!(load_profile(&format!("{HEAD}{KNOB}")).findings, []);
}

#[test]
fn mappings_that_exclude_each_other_are_found() {
    let mapping = |id: &str, more: &str| {
        format!(
            "[[mapping]]\nid = \"{id}\"\nelement = \"k\"\ninteraction = \"turn\"\ntarget = {{ type = \"undo\" }}\n{more}"
        )
    };
    let check = |first: &str, second: &str| {
        let text = format!("{HEAD}{KNOB}{}{}", mapping("one", first), mapping("two", second));
        load_profile(&text).findings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(check("", "")[0].contains("mapped twice at the same time: `one` (line 13) and `two`"));
    assert!(check("enabled = false\n", "").is_empty());
    assert!(check("when.page = \"a\"\n", "when.page = \"b\"\n").is_empty());
    assert!(check("glue.fire = { type = \"longPress\", afterMillis = 500 }\n", "").is_empty());
    assert!(check("glue.speed = 0\n", "enabled = false\n")[0].contains("speed 0 never moves"));
}

#[test]
fn a_schema_from_the_future_is_refused() {
    let checked = load_profile("schema = 2\nid = 7\n");
    assert_eq!(checked.value, None);
    assert_eq!(checked.findings.len(), 1);
    assert_eq!(
        checked.findings[0].to_string(),
        "1:10: error: schema 2 is from a newer Loophole; this one reads up to 1; update Loophole"
    );
}

#[test]
fn a_mapping_set_is_checked_against_the_profile_that_it_names() {
    let set = |element: &str| {
        format!(
            "schema = 1\nid = \"mine\"\nname = \"Mine\"\nprofile = \"korg-nanokontrol2\"\n[[mapping]]\nid = \"m\"\nelement = \"{element}\"\ninteraction = \"move\"\ntarget = {{ type = \"undo\" }}\n"
        )
    };
    assert!(load_mapping_set_with(&set("fader-1"), builtin::profiles()).value.is_some());
    assert!(load_mapping_set_with(&set("fadr-1"), builtin::profiles()).value.is_none());
    assert!(load_mapping_set(&set("fadr-1")).value.is_some());
    assert_eq!(lint_file(&set("fader-1")), (FileKind::MappingSet, Vec::new()));
}

#[test]
fn bytes_of_a_pattern_grow_where_it_says_so() {
    let text = format!(
        "{HEAD}[[element]]\nid = \"p-{{n}}\"\nname = \"P\"\nkind = \"pad\"\nrepeat = {{ count = 4, number = 1, columns = 2, rowNumber = 10, first = 0, at = [1, 0], row = [0, 2] }}\nat = [0, 0]\nfeedback.colour = {{ type = \"sysex\", pattern = \"F0 03 0B+ rr gg bb F7\" }}\n"
    );
    let profile = load_profile(&text).into_result().unwrap();
    let seen: Vec<String> = profile
        .elements
        .iter()
        .map(|e| format!("{} {:?} {:?}", e.id, e.at.unwrap(), e.feedback.values().next()))
        .collect();
    assert!(seen[0].contains("p-0 [0.0, 0.0]") && seen[0].contains("F0 03 0B rr gg bb F7"), "{seen:?}");
    assert!(seen[1].contains("p-1 [1.0, 0.0]") && seen[1].contains("F0 03 0C rr gg bb F7"), "{seen:?}");
    assert!(seen[3].contains("p-3 [1.0, 2.0]") && seen[3].contains("F0 03 16 rr gg bb F7"), "{seen:?}");
}

#[test]
fn depth_and_length_are_bounded() {
    for text in [
        "a.".repeat(100_000) + "a = 1",
        "a = ".to_owned() + &"[".repeat(100_000),
        "a = ".to_owned() + &"{ a = ".repeat(100_000),
        "[".to_owned() + &"a.".repeat(100_000) + "a]",
        "x".repeat((1 << 20) + 1),
        "[[element]]\n".repeat(50_000),
        "schema = 1\n".to_owned() + &"[[element]]\n".repeat(50_000),
        format!("{HEAD}{}", "[[mapping]]\nid=\"a\"\n".repeat(4_000)),
        format!("{HEAD}[[element]]\nid=\"a\"\n{}", (0..20_000).map(|n| format!("k{n} = 1\n")).collect::<String>()),
    ] {
        let checked = load_profile(&text);
        assert!(checked.value.is_none() && !checked.findings.is_empty() && checked.findings.len() <= 201);
        assert!(load_mapping_set(&text).value.is_none());
        lint_file(&text);
    }
}

/// All that is read from a text, whatever is in it; a value is there exactly when no finding is an error.
fn harmless(text: &str) {
    let checked = load_profile(text);
    let wrong = checked.findings.iter().any(|finding| finding.severity == Severity::Error);
    assert_eq!(checked.value.is_none(), wrong, "{:?}", checked.findings);
    let lines = u32::try_from(text.split('\n').count()).unwrap_or(u32::MAX);
    assert!(checked.findings.iter().all(|finding| (1..=lines).contains(&finding.line) && finding.column > 0));
    load_mapping_set(text);
    lint_file(text);
    if let Ok(file) = Rewrite::open(text) {
        file.text();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_text_harms(text in "\\PC*") {
        harmless(&text);
    }

    #[test]
    fn no_toml_harms(lines in prop::collection::vec(
        "(\\[\\[(element|mapping)\\]\\]|(id|name|kind|element|input.turn|feedback.led|target|when|glue|repeat|at|match|schema|startup) = (\"[a-z{}-]{0,6}\"|[0-9-]{1,12}|\\[[0-9., ]{0,6}\\]|\\{ (type|by|count|number|page) = (\"(cc|note|gain|bank|macro|sysex)\"|[0-9]{1,9}) \\}))",
        0..30,
    )) {
        harmless(&lines.join("\n"));
    }

    #[test]
    fn no_damage_of_a_profile_harms(which in 0usize..32, at in any::<prop::sample::Index>(), cut in 0usize..40, put in "\\PC{0,8}") {
        let (_, text) = builtin::FILES[which % builtin::FILES.len()];
        let short: String = text.chars().take(6_000).collect();
        let chars: Vec<char> = short.chars().collect();
        let at = at.index(chars.len());
        let end = (at + cut).min(chars.len());
        let damaged: String = chars[..at].iter().collect::<String>() + &put + &chars[end..].iter().collect::<String>();
        harmless(&damaged);
    }
}
