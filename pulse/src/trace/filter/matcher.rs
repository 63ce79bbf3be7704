//! One test of a filter: what it looks at, and whether a message has it.

use super::payload::Path;
use super::{write_quoted, write_text};
use crate::trace::{Body, Class, Link, Party, Priority, TraceEntry};
use regex::{Regex, RegexBuilder};
use std::borrow::Cow;
use std::fmt;

/// What one regular expression may take, in bytes.
const REGEX_BYTES: usize = 256 * 1024;

/// A message and what is known about it besides.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub entry: &'a TraceEntry,
    /// From a command to its reply, on both of them.
    pub latency_nanos: Option<u64>,
    /// Of a command and of its reply; none for what nobody answers.
    pub status: Option<Status>,
    /// The name of the device that it is about, where somebody knows it.
    pub device: Option<&'a str>,
}

impl<'a> Row<'a> {
    /// A message about which nothing else is known.
    pub fn of(entry: &'a TraceEntry) -> Self {
        Self { entry, latency_nanos: None, status: None, device: None }
    }
}

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    Ok,
    Error,
    /// No reply yet.
    Waiting,
    /// No reply, and none is expected any more.
    Unanswered,
}

impl Status {
    pub const ALL: [Self; 4] = [Self::Ok, Self::Error, Self::Waiting, Self::Unanswered];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Waiting => "waiting",
            Self::Unanswered => "unanswered",
        }
    }
}

/// What a test looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    Domain,
    Name,
    /// `domain.name`.
    Op,
    Kind,
    Link,
    From,
    To,
    Id,
    Cid,
    /// The `id` of the command that led to it.
    Cause,
    /// Bytes.
    Size,
    Latency,
    Status,
    Priority,
    /// Its name, or the number of its port.
    Device,
    /// The whole payload.
    Text,
    Payload(Path),
}

impl Field {
    /// Every field but those inside payloads, with what it is.
    pub const NAMED: [(Self, &'static str, &'static str); 16] = [
        (Self::Domain, "domain", "namespace of the message"),
        (Self::Name, "name", "name of the message"),
        (Self::Op, "op", "domain.name"),
        (Self::Kind, "kind", "command, event, snapshot, error, plane, log, process"),
        (Self::Link, "link", "window, client, client.N, signal"),
        (Self::From, "from", "who says it"),
        (Self::To, "to", "to whom"),
        (Self::Id, "id", "id of the message"),
        (Self::Cid, "cid", "id of the command that it answers"),
        (Self::Cause, "cause", "id of the command that led to it"),
        (Self::Size, "size", "bytes, with k or M"),
        (Self::Latency, "latency", "command to reply: ns, us, ms, s"),
        (Self::Status, "status", "ok, error, waiting, unanswered"),
        (Self::Priority, "priority", "low, normal, high, realtime"),
        (Self::Device, "device", "name of the device or number of its port"),
        (Self::Text, "text", "the payload as text"),
    ];

    /// Reads a field; what is wrong and what would be right if it is none.
    pub(super) fn parse(word: &str) -> Result<Self, (String, String)> {
        let lower = word.to_ascii_lowercase();
        if let Some((field, ..)) = Self::NAMED.iter().find(|(_, name, _)| *name == lower) {
            return Ok(field.clone());
        }
        if let Some(rest) = word.strip_prefix("payload") {
            let hint = "for example 'payload.tracks[0].name'".to_owned();
            return Path::parse(rest).map(Self::Payload).map_err(|message| (message, hint));
        }
        let like = |name: &str| lower.len() > 2 && (name.contains(&lower) || lower.starts_with(name));
        let near = Self::NAMED.iter().find(|(_, name, _)| like(name)).map(|(_, name, _)| *name);
        let hint = match near {
            Some(name) => format!("perhaps '{name}'"),
            None => "fields are domain, name, op, kind, link, from, to, id, cid, cause, size, latency, status, \
                     priority, device, text, payload.…; put a plain text in quotes"
                .to_owned(),
        };
        Err((format!("there is no field '{word}'"), hint))
    }

    pub(super) const fn example(&self) -> &'static str {
        match self {
            Self::Domain => "for example 'domain == transport'",
            Self::Name => "for example 'name ~ /set.*/'",
            Self::Op => "for example 'op == transport.play'",
            Self::Kind => "for example 'kind == error'",
            Self::Link => "for example 'link == signal'",
            Self::From | Self::To => "for example 'from == pulse'",
            Self::Id | Self::Cid | Self::Cause => "for example 'cid == 120'",
            Self::Size => "for example 'size > 1k'",
            Self::Latency => "for example 'latency > 5ms'",
            Self::Status => "for example 'status == waiting'",
            Self::Priority => "for example 'priority == realtime'",
            Self::Device => "for example 'device == \"nanoKONTROL2\"'",
            Self::Text => "for example 'text contains \"bass\"'",
            Self::Payload(_) => "for example 'payload.gainDb < -6'",
        }
    }

    /// All values that a field can have, where they are few.
    pub(super) fn values(&self) -> Option<Vec<&'static str>> {
        const PARTIES: [Party; 5] = [Party::Aura, Party::Pulse, Party::Signal, Party::Composer, Party::Client];
        const PRIORITIES: [Priority; 4] = [Priority::Low, Priority::Normal, Priority::High, Priority::Realtime];
        match self {
            Self::Kind => Some(Class::ALL.map(Class::name).to_vec()),
            Self::Status => Some(Status::ALL.map(Status::name).to_vec()),
            Self::From | Self::To => Some(PARTIES.map(Party::name).to_vec()),
            Self::Priority => Some(PRIORITIES.map(Priority::name).to_vec()),
            Self::Link => Some(vec!["window", "client", "signal"]),
            Self::Domain
            | Self::Name
            | Self::Op
            | Self::Id
            | Self::Cid
            | Self::Cause
            | Self::Size
            | Self::Latency
            | Self::Device
            | Self::Text
            | Self::Payload(_) => None,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payload(path) => write!(formatter, "payload{path}"),
            named => {
                let name = Self::NAMED.iter().find(|(field, ..)| field == named).map(|(_, name, _)| *name);
                formatter.write_str(name.unwrap_or_default())
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    /// A regular expression, a pattern with `*` and `?`, or a part.
    Like,
    Contains,
}

impl Operator {
    pub const ALL: [Self; 8] = [
        Self::Equal,
        Self::Unequal,
        Self::Less,
        Self::LessEqual,
        Self::Greater,
        Self::GreaterEqual,
        Self::Like,
        Self::Contains,
    ];

    /// Whether it asks for more or less.
    pub(super) const fn is_order(self) -> bool {
        matches!(self, Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual)
    }

    fn holds<T: PartialOrd>(self, one: &T, two: &T) -> bool {
        match self {
            Self::Equal | Self::Unequal => one == two,
            Self::Less => one < two,
            Self::LessEqual => one <= two,
            Self::Greater => one > two,
            Self::GreaterEqual => one >= two,
            Self::Like | Self::Contains => false,
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.sign())
    }
}

/// What a field is compared with, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Word(String),
    Quoted(String),
    Regex { pattern: String, ignores_case: bool },
}

impl Value {
    fn text(&self) -> &str {
        match self {
            Self::Word(text) | Self::Quoted(text) | Self::Regex { pattern: text, .. } => text,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(text) if text.starts_with('-') => formatter.write_str(text),
            Self::Word(text) => write_text(formatter, text),
            Self::Quoted(text) => write_quoted(formatter, text),
            Self::Regex { pattern, ignores_case } => {
                write!(formatter, "/{}/{}", pattern.replace('/', "\\/"), if *ignores_case { "i" } else { "" })
            }
        }
    }
}

/// A field, an operator and a value that fit each other.
#[derive(Clone, Debug)]
pub struct Test {
    field: Field,
    operator: Operator,
    value: Value,
    matcher: Matcher,
}

impl PartialEq for Test {
    fn eq(&self, other: &Self) -> bool {
        (&self.field, self.operator, &self.value) == (&other.field, other.operator, &other.value)
    }
}

/// Why field, operator and value do not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The operator is wrong, not the value.
    pub is_operator: bool,
    pub message: String,
    pub hint: String,
}

#[derive(Clone, Debug)]
enum Matcher {
    Text(TextMatcher),
    Number(u64),
    AnyClient,
    Payload { text: TextMatcher, number: Option<f64>, only_strings: bool },
}

#[derive(Clone, Debug)]
enum TextMatcher {
    /// The whole, without regard to ASCII case.
    Equal(String),
    /// A part, in lower case.
    Part(String),
    Regex(Regex),
}

impl Test {
    /// # Errors
    /// The operator does not suit the field, or the value is none of the field's.
    pub fn new(field: Field, operator: Operator, value: Value) -> Result<Self, Fault> {
        let matcher = matcher_of(&field, operator, &value)?;
        Ok(Self { field, operator, value, matcher })
    }

    pub fn field(&self) -> &Field {
        &self.field
    }

    pub fn operator(&self) -> Operator {
        self.operator
    }

    pub fn value(&self) -> &Value {
        &self.value
    }

    pub(super) fn matches(&self, row: &Row<'_>) -> bool {
        (self.operator == Operator::Unequal) != self.holds(row)
    }

    fn holds(&self, row: &Row<'_>) -> bool {
        match &self.matcher {
            Matcher::Text(matcher) => any_text(row, &self.field, &mut |text| matcher.matches(text)),
            Matcher::Number(wanted) => number(row, &self.field).is_some_and(|is| self.operator.holds(&is, wanted)),
            Matcher::AnyClient => matches!(row.entry.link, Link::Client(_)),
            Matcher::Payload { text, number, only_strings } => {
                let Field::Payload(path) = &self.field else { return false };
                path.any(&row.entry.body.payload_text(), &mut |raw| {
                    let (content, is_string) = content(raw);
                    if self.operator.is_order() {
                        return number.zip(content.parse().ok()).is_some_and(|(n, is)| self.operator.holds(&is, &n));
                    }
                    let as_number = || number.zip(raw.parse::<f64>().ok()).is_some_and(|(wanted, is)| wanted == is);
                    match text {
                        TextMatcher::Equal(_) if *only_strings && !is_string => false,
                        TextMatcher::Equal(_) => text.matches(&content) || as_number(),
                        TextMatcher::Part(_) | TextMatcher::Regex(_) => text.matches(&content),
                    }
                })
            }
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.field, self.operator, self.value)
    }
}

fn matcher_of(field: &Field, operator: Operator, value: &Value) -> Result<Matcher, Fault> {
    let wrong_operator = |message: String, hint: &str| Fault { is_operator: true, message, hint: hint.to_owned() };
    let wrong_value = |message: String, hint: String| Fault { is_operator: false, message, hint };
    let is_part = matches!(operator, Operator::Like | Operator::Contains);
    match field {
        Field::Size | Field::Latency => {
            if is_part {
                return Err(wrong_operator(format!("'{field}' is a number, not a text"), field.example()));
            }
            let number = if *field == Field::Size { bytes(value.text()) } else { nanos(value.text()) };
            number.map(Matcher::Number).map_err(|message| wrong_value(message, field.example().to_owned()))
        }
        Field::Payload(_) => {
            let number = match value {
                Value::Word(word) => word.parse::<f64>().ok(),
                Value::Quoted(_) | Value::Regex { .. } => None,
            };
            if operator.is_order() && number.is_none() {
                let message = format!("'{}' is no number", value.text());
                return Err(wrong_value(message, field.example().to_owned()));
            }
            let text = text_matcher(operator, value)?;
            Ok(Matcher::Payload { text, number, only_strings: matches!(value, Value::Quoted(_)) })
        }
        _ if operator.is_order() => {
            let hint = "use == != ~ or contains; < and > are for size, latency and numbers in payloads";
            Err(wrong_operator(format!("'{field}' has no order"), hint))
        }
        Field::Link if !is_part => match value.text().to_ascii_lowercase().as_str() {
            "client" => Ok(Matcher::AnyClient),
            text => match text.parse::<Link>() {
                Ok(link) => Ok(Matcher::Text(TextMatcher::Equal(link.to_string()))),
                Err(()) => {
                    let message = format!("there is no link '{text}'");
                    Err(wrong_value(message, "links are window, client, client.1, signal".to_owned()))
                }
            },
        },
        Field::Kind | Field::Status | Field::From | Field::To | Field::Priority if !is_part => {
            let values = field.values().unwrap_or_default();
            let text = value.text();
            if values.iter().any(|one| one.eq_ignore_ascii_case(text)) {
                return Ok(Matcher::Text(TextMatcher::Equal(text.to_owned())));
            }
            Err(wrong_value(format!("'{field}' is never '{text}'"), format!("it is one of {}", values.join(", "))))
        }
        Field::Domain
        | Field::Name
        | Field::Op
        | Field::Kind
        | Field::Link
        | Field::From
        | Field::To
        | Field::Id
        | Field::Cid
        | Field::Cause
        | Field::Status
        | Field::Priority
        | Field::Device
        | Field::Text => Ok(Matcher::Text(text_matcher(operator, value)?)),
    }
}

fn text_matcher(operator: Operator, value: &Value) -> Result<TextMatcher, Fault> {
    let text = value.text();
    let (pattern, ignores_case) = match (operator, value) {
        (Operator::Like, Value::Regex { pattern, ignores_case }) => (Cow::Borrowed(pattern.as_str()), *ignores_case),
        (Operator::Like, _) if text.contains(['*', '?']) => (Cow::Owned(glob(text)), true),
        (Operator::Like | Operator::Contains, _) => return Ok(TextMatcher::Part(text.to_lowercase())),
        _ => return Ok(TextMatcher::Equal(text.to_owned())),
    };
    let mut builder = RegexBuilder::new(&pattern);
    let built = builder.case_insensitive(ignores_case).size_limit(REGEX_BYTES).dfa_size_limit(REGEX_BYTES).build();
    built.map(TextMatcher::Regex).map_err(|error| {
        let reason = error.to_string();
        // The library draws the place over several lines; the last one is the reason.
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let hint = "for example /set.*/; signs such as ( and [ are escaped by a backslash".to_owned();
        Fault { is_operator: false, message: format!("the regular expression is not understood: {reason}"), hint }
    })
}

/// A pattern for the whole text as a regular expression.
fn glob(text: &str) -> String {
    let mut pattern = String::from("(?s)^");
    for one in text.chars() {
        match one {
            '*' => pattern.push_str(".*"),
            '?' => pattern.push('.'),
            other => pattern.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    pattern.push('$');
    pattern
}

impl TextMatcher {
    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Equal(wanted) => text.eq_ignore_ascii_case(wanted),
            Self::Part(lower) => contains_ignoring_case(text, lower),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// The text of a raw JSON value, and whether it is a string.
fn content(raw: &str) -> (Cow<'_, str>, bool) {
    match raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inside) if !inside.contains('\\') => (inside.into(), true),
        Some(_) => (serde_json::from_str::<String>(raw).unwrap_or_default().into(), true),
        None => (raw.into(), false),
    }
}

fn number(row: &Row<'_>, field: &Field) -> Option<u64> {
    match field {
        Field::Size => Some(row.entry.size() as u64),
        Field::Latency => row.latency_nanos,
        _ => None,
    }
}

/// Shows all texts of a field to `is_it`, until one is; tells whether one was.
fn any_text(row: &Row<'_>, field: &Field, is_it: &mut dyn FnMut(&str) -> bool) -> bool {
    let entry = row.entry;
    match field {
        Field::Domain => is_it(&entry.domain),
        Field::Name => is_it(&entry.name),
        Field::Op => with_operation(entry, is_it),
        Field::Kind => is_it(entry.class().name()),
        Field::Link => match entry.link {
            Link::Window => is_it("window"),
            Link::Engine => is_it("signal"),
            link @ Link::Client(_) => is_it(&link.to_string()),
        },
        Field::From => is_it(entry.from.name()),
        Field::To => is_it(entry.to.name()),
        Field::Id => is_it(&entry.id),
        Field::Cid => entry.cid.as_deref().is_some_and(is_it),
        Field::Cause => entry.cause.as_ref().is_some_and(|cause| is_it(&cause.id)),
        Field::Status => row.status.is_some_and(|status| is_it(status.name())),
        Field::Priority => is_it(entry.priority.name()),
        Field::Device => any_device(row, is_it),
        Field::Text => is_it(&entry.body.payload_text()),
        Field::Size | Field::Latency | Field::Payload(_) => false,
    }
}

/// `domain.name` without asking for memory.
fn with_operation<T>(entry: &TraceEntry, then: impl FnOnce(&str) -> T) -> T {
    let (domain, name) = (entry.domain.as_bytes(), entry.name.as_bytes());
    let (dot, end) = (domain.len(), domain.len() + 1 + name.len());
    let mut buffer = [0; 96];
    if let Some(space) = buffer.get_mut(..end) {
        space[..dot].copy_from_slice(domain);
        space[dot] = b'.';
        space[dot + 1..].copy_from_slice(name);
        if let Ok(operation) = std::str::from_utf8(space) {
            return then(operation);
        }
    }
    then(&format!("{}.{}", entry.domain, entry.name))
}

/// What a message about a device calls it.
fn any_device(row: &Row<'_>, is_it: &mut dyn FnMut(&str) -> bool) -> bool {
    const KEYS: [&str; 6] = [".deviceId", ".device", ".port", ".name", ".device.name", ".device.deviceId"];
    if row.device.is_some_and(&mut *is_it) {
        return true;
    }
    match &row.entry.body {
        Body::Device { records, .. } => records.iter().any(|record| is_it(&record.port.to_string())),
        body if matches!(&*row.entry.domain, "surface" | "hardware" | "hardwareIo") => {
            let text = body.payload_text();
            KEYS.iter().filter_map(|key| Path::parse(key).ok()).any(|path| {
                path.any(&text, &mut |raw| {
                    let (content, is_string) = content(raw);
                    (is_string || raw.starts_with(|first: char| first.is_ascii_digit())) && is_it(&content)
                })
            })
        }
        _ => false,
    }
}

pub(super) fn exists(row: &Row<'_>, field: &Field) -> bool {
    match field {
        Field::Size | Field::Latency => number(row, field).is_some(),
        Field::Payload(path) => path.any(&row.entry.body.payload_text(), &mut |_| true),
        text => any_text(row, text, &mut |text| !text.is_empty()),
    }
}

/// Whether a word, in lower case, is somewhere in the operation, the kind or the payload.
pub(super) fn has_word(row: &Row<'_>, lower: &str) -> bool {
    with_operation(row.entry, |operation| contains_ignoring_case(operation, lower))
        || row.entry.class().name().contains(lower)
        || contains_ignoring_case(&row.entry.body.payload_text(), lower)
}

/// Looks for text without a lower-case copy of all that is searched, as long as one types ASCII.
fn contains_ignoring_case(text: &str, lower: &str) -> bool {
    if !lower.is_ascii() {
        return text.to_lowercase().contains(lower);
    }
    let (text, lower) = (text.as_bytes(), lower.as_bytes());
    let Some((first, rest)) = lower.split_first() else { return true };
    text.iter().enumerate().any(|(at, byte)| {
        byte.to_ascii_lowercase() == *first
            && text.get(at + 1..at + lower.len()).is_some_and(|tail| tail.eq_ignore_ascii_case(rest))
    })
}

/// `812`, `1.5k`, `2M`.
fn bytes(text: &str) -> Result<u64, String> {
    let text = text.strip_suffix('B').unwrap_or(text);
    let (digits, scale) = match text.chars().last() {
        Some('k' | 'K') => (&text[..text.len() - 1], 1e3),
        Some('M') => (&text[..text.len() - 1], 1e6),
        _ => (text, 1.0),
    };
    scaled(digits, scale).ok_or_else(|| format!("'{text}' is no size"))
}

/// `250us`, `5ms`, `1.5s`.
fn nanos(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, f64); 5] = [("ns", 1.0), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9)];
    let split = UNITS.iter().find_map(|(unit, scale)| Some((text.strip_suffix(unit)?, *scale)));
    match split {
        Some((digits, scale)) => scaled(digits, scale).ok_or_else(|| format!("'{text}' is no time")),
        None if text.parse::<f64>().is_ok() => Err(format!("'{text}' has no unit: ns, us, ms or s")),
        None => Err(format!("'{text}' is no time")),
    }
}

fn scaled(digits: &str, scale: f64) -> Option<u64> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = digits.parse::<f64>().ok().filter(|_| is_number)?;
    Some((number * scale).round() as u64)
}
