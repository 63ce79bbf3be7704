//! Which profile is for a device: evidence adds up, a contradiction rules out.

use super::lint::{hex_pair, identity};
use super::load::Profile;
use crate::facts::DeviceFacts;

/// Confidences nearer than this are a tie.
const TIE: f64 = 0.02;

/// How well a profile fits a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// From 0 to 1.
    pub confidence: f64,
    /// For people, the strongest first.
    pub reasons: Vec<String>,
}

/// A profile and how well it fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate<'p> {
    pub profile: &'p Profile,
    pub matched: Match,
}

/// Every profile that fits a device, the best first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranking<'p> {
    pub candidates: Vec<Candidate<'p>>,
    /// So many of the first ones fit equally well; 1 when there is one best, 0 when there is none.
    pub tied: usize,
}

impl<'p> Ranking<'p> {
    /// The one best; none when there is none, or when several fit equally well and somebody must be asked.
    pub fn winner(&self) -> Option<&Candidate<'p>> {
        self.candidates.first().filter(|_| self.tied == 1)
    }
}

/// How well a profile fits a device; none when nothing speaks for it or something against it.
pub fn score(profile: &Profile, facts: &DeviceFacts) -> Option<Match> {
    let rules = &profile.matching;
    if rules.transport != facts.transport {
        return None;
    }
    let mut evidence: Vec<(f64, String)> = Vec::new();
    if let Some(reply) = facts.identity.as_deref().filter(|_| !rules.identity.is_empty()) {
        let matched = rules.identity.iter().find(|pattern| identity_matches(pattern, reply))?;
        evidence.push((0.95, format!("its identity reply is {matched}")));
    }
    if let (Some(vendor), Some(product), false) = (facts.vendor_id, facts.product_id, rules.usb.is_empty()) {
        rules.usb.iter().find(|pair| hex_pair(pair) == Some((vendor, product)))?;
        evidence.push((0.9, format!("its USB id is {vendor:04x}:{product:04x}")));
    }
    if let Some(name) = name_evidence(&rules.names, &facts.name) {
        evidence.push(name);
    }
    if let Some((page, usage)) = facts.hid_usage.filter(|_| !rules.hid_usages.is_empty()) {
        rules.hid_usages.iter().find(|pair| hex_pair(pair) == Some((page, usage)))?;
        evidence.push((0.2, format!("its HID usage is {page:04x}:{usage:04x}")));
    }
    if evidence.is_empty() {
        return None;
    }
    evidence.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let doubt: f64 = evidence.iter().map(|(weight, _)| 1.0 - weight).product();
    Some(Match { confidence: 1.0 - doubt, reasons: evidence.into_iter().map(|(_, reason)| reason).collect() })
}

/// Every profile that fits, best first; of equal ones in the order of their ids.
pub fn best<'p>(profiles: impl IntoIterator<Item = &'p Profile>, facts: &DeviceFacts) -> Ranking<'p> {
    let mut candidates: Vec<Candidate<'p>> = profiles
        .into_iter()
        .filter_map(|profile| score(profile, facts).map(|matched| Candidate { profile, matched }))
        .collect();
    candidates.sort_by(|a, b| {
        let by_confidence = b.matched.confidence.total_cmp(&a.matched.confidence);
        by_confidence.then_with(|| a.profile.id.cmp(&b.profile.id))
    });
    let top = candidates.first().map_or(0.0, |first| first.matched.confidence);
    let tied = candidates.iter().take_while(|candidate| top - candidate.matched.confidence < TIE).count();
    Ranking { candidates, tied }
}

/// The best name pattern: the more of the name it spells out, the more it says.
fn name_evidence(patterns: &[String], name: &str) -> Option<(f64, String)> {
    let port = port_name(name);
    let device = normalise_name(name);
    let length = device.chars().count().max(1) as f64;
    patterns
        .iter()
        .filter(|pattern| glob_matches(pattern, &device) || glob_matches(pattern, &port))
        .map(|pattern| {
            let literal = pattern.chars().filter(|c| *c != '*').count() as f64;
            (0.3 + 0.5 * (literal / length).min(1.0), format!("its name, {device}, is like {pattern}"))
        })
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
}

/// Manufacturer, family, member and version are compared; what follows may be a serial number.
fn identity_matches(pattern: &str, reply: &[u8]) -> bool {
    let Some(pattern) = identity(pattern) else { return false };
    let manufacturer = if reply.first() == Some(&0) { 3 } else { 1 };
    let compared = pattern.len().min(manufacturer + 8);
    reply.len() >= compared
        && pattern[..compared]
            .iter()
            .zip(reply)
            .all(|(expected, byte)| expected.is_none_or(|expected| expected == *byte))
}

/// Whether a port is the one that a glob of `inputPort` or `outputPort` means.
pub fn port_matches(glob: &str, name: &str) -> bool {
    glob_matches(glob, &port_name(name))
}

/// A device's name without what the system adds to it: small letters, one space, no client and port numbers, no `MIDI 1` at the end.
pub fn normalise_name(name: &str) -> String {
    let mut name = port_name(name);
    loop {
        let shorter = without_port_word(&name);
        if shorter == name || shorter.is_empty() {
            return name;
        }
        name = shorter;
    }
}

/// As [`normalise_name`], but what tells the ports of one box apart is kept.
pub fn port_name(name: &str) -> String {
    let lower: String = name.chars().take(512).flat_map(char::to_lowercase).collect();
    let mut text = spaced(&lower);
    for bridge in ["a2j:", "midi-bridge:", "alsa_pcm:", "alsa:"] {
        if let Some(rest) = text.strip_prefix(bridge) {
            text = rest.trim_start().to_owned();
        }
    }
    // JACK's bridges: `name [24] (capture): port`, `name:(capture_0) port`.
    text = without_brackets(&text);
    // Windows: `2- name`, `midiin2 (name)`.
    if let Some((number, rest)) = text.split_once("- ")
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        text = rest.to_owned();
    }
    // ALSA: `client:port 24:0`.
    if let Some((rest, address)) = text.rsplit_once(' ')
        && address.split_once(':').is_some_and(|(client, port)| is_number(client) && is_number(port))
    {
        text = rest.to_owned();
    }
    if let Some((client, port)) = text.clone().split_once(':') {
        let (client, port) = (client.trim(), port.trim());
        text = if port.is_empty() {
            client.to_owned()
        } else if client.is_empty() || port.starts_with(client) {
            port.to_owned()
        } else {
            format!("{client} {port}")
        };
    }
    spaced(&text)
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Removes `[24]` and `(capture)`, `(capture_0)`, `(playback)`; of `midiin2 (name)` the name stays.
fn without_brackets(text: &str) -> String {
    if let Some((before, rest)) = text.split_once(" (")
        && (before.starts_with("midiin") || before.starts_with("midiout"))
        && let Some(inner) = rest.strip_suffix(')')
    {
        return inner.to_owned();
    }
    let mut kept = String::new();
    let mut rest = text;
    while let Some(open) = rest.find(['[', '(']) {
        let close = if rest.as_bytes()[open] == b'[' { ']' } else { ')' };
        let Some(length) = rest[open..].find(close) else { break };
        let inner = &rest[open + 1..open + length];
        kept.push_str(&rest[..open]);
        if !(is_number(inner) || inner.starts_with("capture") || inner.starts_with("playback")) {
            kept.push_str(&rest[open..=open + length]);
        }
        rest = &rest[open + length + 1..];
    }
    kept.push_str(rest);
    spaced(&kept).replace(" :", ":")
}

fn without_port_word(name: &str) -> String {
    let words: Vec<&str> = name.split(' ').collect();
    let keep = match words.as_slice() {
        [.., "midi" | "port", last] if is_number(last) || ["in", "out"].contains(last) => words.len() - 2,
        [.., "midi"] if words.len() > 1 => words.len() - 1,
        _ => words.len(),
    };
    // `x-touch x-touch`: client and port say the same.
    let kept = &words[..keep];
    let half = kept.len() / 2;
    if half > 0 && kept.len().is_multiple_of(2) && kept[..half] == kept[half..] {
        return kept[..half].join(" ");
    }
    kept.join(" ")
}

/// `*` stands for anything, also nothing.
pub fn glob_matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && pattern[p] == text[t] {
            p += 1;
            t += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            p = at + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Transport;
    use crate::profile::load::load_profile;

    #[test]
    fn what_the_system_adds_to_a_name_is_taken_off() {
        for (raw, device) in [
            ("nanoKONTROL2:nanoKONTROL2 nanoKONTROL2 _ CTRL 24:0", "nanokontrol2 nanokontrol2 _ ctrl"),
            ("nanoKONTROL2:nanoKONTROL2 MIDI 1 24:0", "nanokontrol2"),
            ("Ableton Push 2:Ableton Push 2 MIDI 1 20:0", "ableton push 2"),
            ("a2j:nanoKONTROL2 [24] (capture): nanoKONTROL2 MIDI 1", "nanokontrol2"),
            ("Midi-Bridge:X-Touch 1:(capture_0) X-Touch MIDI 1", "x-touch 1 x-touch"),
            ("2- APC MINI", "apc mini"),
            ("MIDIIN2 (Launchpad X)", "launchpad x"),
            ("Launchpad X LPX MIDI Out", "launchpad x lpx"),
            ("X-TOUCH  MINI", "x-touch mini"),
            ("Ableton Push 2", "ableton push 2"),
            ("", ""),
            ("MIDI 1", "midi 1"),
        ] {
            assert_eq!(normalise_name(raw), device, "{raw}");
        }
        assert_eq!(port_name("Ableton Push 2:Ableton Push 2 MIDI 2 20:1"), "ableton push 2 midi 2");
    }

    #[test]
    fn a_star_stands_for_anything() {
        assert!(glob_matches("nano*2", "nanokontrol2") && glob_matches("*", "") && glob_matches("a*b*c", "axxbyyc"));
        assert!(!glob_matches("nano*3", "nanokontrol2") && !glob_matches("", "a") && !glob_matches("a", ""));
    }

    fn profile(id: &str, matching: &str) -> Profile {
        let text = format!(
            "schema = 1\nid = \"{id}\"\nname = \"N\"\nvendor = \"V\"\nclass = \"mixer\"\nfacts = [\"f\"]\nmatch = {matching}\n"
        );
        load_profile(&text).into_result().unwrap()
    }

    fn facts(name: &str) -> DeviceFacts {
        DeviceFacts { name: name.to_owned(), ..DeviceFacts::default() }
    }

    #[test]
    fn evidence_adds_up_and_a_contradiction_rules_out() {
        let desk = profile(
            "desk",
            r#"{ transport = "midi", names = ["acme desk*"], usb = ["1234:0001"], identity = ["47 01 00 02 00 .. .. .. .."] }"#,
        );
        let by_name = score(&desk, &facts("Acme Desk MIDI 1")).unwrap();
        let usb = DeviceFacts { vendor_id: Some(0x1234), product_id: Some(1), ..facts("Acme Desk MIDI 1") };
        let by_both = score(&desk, &usb).unwrap();
        assert!(by_both.confidence > by_name.confidence && by_both.confidence <= 1.0);
        assert_eq!(by_both.reasons.len(), 2);
        let other = DeviceFacts { product_id: Some(2), ..usb.clone() };
        assert_eq!(score(&desk, &other), None);
        let serial = DeviceFacts { identity: Some(vec![0x47, 1, 0, 2, 0, 9, 9, 9, 9, 0x55, 0x66]), ..usb.clone() };
        assert!(score(&desk, &serial).unwrap().confidence > by_both.confidence);
        let stranger = DeviceFacts { identity: Some(vec![0x47, 1, 0, 3, 0, 9, 9, 9, 9]), ..usb.clone() };
        assert_eq!(score(&desk, &stranger), None);
        assert_eq!(score(&desk, &DeviceFacts { transport: Transport::Hid, ..usb }), None);
        assert_eq!(score(&desk, &facts("Something else")), None);
    }

    #[test]
    fn a_tie_is_said() {
        let profiles = [
            profile("b", r#"{ transport = "midi", names = ["box"] }"#),
            profile("a", r#"{ transport = "midi", names = ["box"] }"#),
            profile("c", r#"{ transport = "midi", names = ["b*"] }"#),
        ];
        let ranking = best(&profiles, &facts("Box"));
        assert_eq!(ranking.candidates.iter().map(|c| c.profile.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!((ranking.tied, ranking.winner().is_none()), (2, true));
        assert_eq!(best(&profiles[2..], &facts("Box")).winner().unwrap().profile.id, "c");
        assert_eq!(best(&profiles, &facts("Other")).tied, 0);
    }
}
