//! What could be typed next in a filter.

use super::lexer::{Token, tokens};
use super::matcher::{Field, Operator};
use crate::event::Happening;
use crate::intent::Intent;
use loophole_wire::message::{EngineCommand, EngineEvent};
use loophole_wire::schema::SchemaOf;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::OnceLock;

/// No more are offered at once.
const MAX_COMPLETIONS: usize = 250;
/// How deep payloads are looked into.
const MAX_DEPTH: usize = 5;
/// How many places inside payloads are known at all.
const MAX_PATHS: usize = 5_000;

/// Something that could be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The bytes that it replaces.
    pub replace: Range<usize>,
    pub insert: String,
    pub kind: CompletionKind,
    /// What it is, in a few words.
    pub doc: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    Field,
    Operator,
    Value,
    /// `and`, `or`, `not`, `exists`.
    Word,
}

/// What can stand at the cursor (a byte), best first; what is typed already narrows it.
pub fn complete(text: &str, cursor: usize) -> Vec<Completion> {
    let cursor = (0..=cursor.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let before = &text[..cursor];
    let is_break = |one: char| one.is_whitespace() || "()=!<>~&|\"".contains(one);
    let start = before.rfind(is_break).map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    // A quote that is open belongs to the value.
    let start = if before[..start].ends_with('"') { start - 1 } else { start };
    let Ok(tokens) = tokens(&before[..start]) else { return Vec::new() };
    let tokens: Vec<Token> = tokens.into_iter().map(|spanned| spanned.token).collect();
    let typed = before[start..].to_lowercase();
    let mut found = Offers { typed: &typed, replace: start..cursor, offers: Vec::new() };
    found.after(&tokens);
    found.offers.truncate(MAX_COMPLETIONS);
    found.offers
}

struct Offers<'a> {
    typed: &'a str,
    replace: Range<usize>,
    offers: Vec<Completion>,
}

impl Offers<'_> {
    fn after(&mut self, tokens: &[Token]) {
        match tokens {
            [.., Token::Word(word), Token::Operator(_)] => self.values(word, tokens),
            [.., Token::Exists] => self.fields(),
            [.., Token::Operator(_), Token::Word(_) | Token::Quoted(_) | Token::Regex { .. }]
            | [.., Token::Exists, Token::Word(_)]
            | [.., Token::Close | Token::Quoted(_)] => self.joiners(),
            [.., Token::Word(word)] if Field::parse(word).is_ok() => self.operators(word),
            [.., Token::Word(_)] => self.joiners(),
            _ => self.beginnings(),
        }
    }

    fn offer(&mut self, insert: impl AsRef<str>, kind: CompletionKind, doc: impl Into<String>) {
        let insert = insert.as_ref();
        let typed = self.typed.trim_start_matches('"');
        if insert.to_lowercase().starts_with(typed) && insert != self.typed && self.offers.len() < MAX_COMPLETIONS {
            let (replace, insert, doc) = (self.replace.clone(), insert.to_owned(), doc.into());
            self.offers.push(Completion { replace, insert, kind, doc });
        }
    }

    fn beginnings(&mut self) {
        self.fields();
        self.offer("not", CompletionKind::Word, "the opposite");
        self.offer("exists", CompletionKind::Word, "whether a message has a field");
    }

    fn joiners(&mut self) {
        self.offer("and", CompletionKind::Word, "both");
        self.offer("or", CompletionKind::Word, "one of them");
        self.beginnings();
    }

    fn fields(&mut self) {
        for (_, name, doc) in Field::NAMED {
            self.offer(name, CompletionKind::Field, doc);
        }
        if self.typed.starts_with("payload.") {
            // What is near first.
            let mut paths: Vec<_> = known().paths.iter().collect();
            paths.sort_by_key(|(path, _)| path.matches(['.', '[']).count());
            for (path, operation) in paths {
                self.offer(path, CompletionKind::Field, operation.as_str());
            }
        } else {
            self.offer("payload.", CompletionKind::Field, "a place inside the payload");
        }
    }

    fn operators(&mut self, field: &str) {
        let is_number = Field::parse(field).is_ok_and(|field| matches!(field, Field::Size | Field::Latency));
        let has_order = is_number || field.starts_with("payload");
        for operator in Operator::ALL {
            let is_part = matches!(operator, Operator::Like | Operator::Contains);
            if (has_order || !operator.is_order()) && !(is_number && is_part) {
                self.offer(operator.sign(), CompletionKind::Operator, operator.doc());
            }
        }
        self.joiners();
    }

    fn values(&mut self, field: &str, tokens: &[Token]) {
        let Ok(field) = Field::parse(field) else { return };
        if let Some(values) = field.values() {
            values.iter().for_each(|value| self.offer(value, CompletionKind::Value, ""));
        }
        let domain = tokens.windows(3).find_map(|three| match three {
            [Token::Word(field), Token::Operator(Operator::Equal), Token::Word(domain)] if field == "domain" => {
                Some(domain.as_str())
            }
            _ => None,
        });
        match field {
            Field::Domain => {
                let domains: BTreeSet<_> = known().operations.keys().map(|(domain, _)| *domain).collect();
                domains.iter().for_each(|domain| self.offer(domain, CompletionKind::Value, ""));
            }
            Field::Name => {
                let mut names = BTreeMap::new();
                for ((of, name), doc) in &known().operations {
                    if domain.is_none_or(|domain| domain.eq_ignore_ascii_case(of)) {
                        names.entry(*name).or_insert(*doc);
                    }
                }
                names.iter().for_each(|(name, doc)| self.offer(name, CompletionKind::Value, *doc));
            }
            Field::Op => {
                for ((domain, name), doc) in &known().operations {
                    self.offer(format!("{domain}.{name}"), CompletionKind::Value, *doc);
                }
            }
            Field::Size => ["1k", "10k", "1M"].iter().for_each(|size| self.offer(size, CompletionKind::Value, "")),
            Field::Latency => {
                ["100us", "1ms", "10ms", "1s"].iter().for_each(|time| self.offer(time, CompletionKind::Value, ""));
            }
            _ => {}
        }
    }
}

impl Operator {
    const fn doc(self) -> &'static str {
        match self {
            Self::Equal => "is",
            Self::Unequal => "is not",
            Self::Less => "less than",
            Self::LessEqual => "at most",
            Self::Greater => "more than",
            Self::GreaterEqual => "at least",
            Self::Like => "fits /a regular expression/ or a pattern with * and ?",
            Self::Contains => "has it inside",
        }
    }
}

/// What the registry knows.
struct Known {
    /// By domain and name: what it is.
    operations: BTreeMap<(&'static str, &'static str), &'static str>,
    /// Places inside payloads, and a message that has them.
    paths: BTreeMap<String, String>,
}

fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut known = Known { operations: BTreeMap::new(), paths: BTreeMap::new() };
        for spec in Intent::SPECS {
            let schemas = [Some(spec.schema), Some(spec.reply), spec.told];
            known.add(spec.domain, spec.name, spec.doc, schemas.into_iter().flatten());
        }
        for spec in Happening::SPECS {
            known.add(spec.domain, spec.name, spec.doc, [spec.schema]);
        }
        for spec in EngineCommand::SPECS.iter().chain(EngineEvent::SPECS) {
            known.add(spec.domain, spec.name, spec.doc, [spec.schema]);
        }
        known
    })
}

impl Known {
    fn add(
        &mut self,
        domain: &'static str,
        name: &'static str,
        doc: &'static str,
        schemas: impl IntoIterator<Item = SchemaOf>,
    ) {
        self.operations.entry((domain, name)).or_insert(doc);
        let operation = format!("{domain}.{name}");
        for schema in schemas {
            let schema = Value::from(schema());
            self.walk(&schema, &schema, "payload".to_owned(), 0, &operation);
        }
    }

    fn walk(&mut self, root: &Value, node: &Value, path: String, depth: usize, operation: &str) {
        if depth > 2 * MAX_DEPTH || path.matches(['.', '[']).count() > MAX_DEPTH || self.paths.len() >= MAX_PATHS {
            return;
        }
        if let Some(name) = node.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix("#/$defs/"))
            && let Some(target) = root.get("$defs").and_then(|defs| defs.get(name))
        {
            self.walk(root, target, path.clone(), depth + 1, operation);
        }
        for (key, inside) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let path = format!("{path}.{key}");
            self.paths.entry(path.clone()).or_insert_with(|| operation.to_owned());
            self.walk(root, inside, path, depth + 1, operation);
        }
        if let Some(items) = node.get("items") {
            self.walk(root, items, format!("{path}[*]"), depth + 1, operation);
        }
        for choice in ["anyOf", "oneOf", "allOf"] {
            for one in node.get(choice).and_then(Value::as_array).into_iter().flatten() {
                self.walk(root, one, path.clone(), depth + 1, operation);
            }
        }
    }
}
