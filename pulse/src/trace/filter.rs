//! Which messages a person wants to see: one small language for the list, breakpoints, recordings and the command line.
//!
//! ```text
//! either = both {("or" | "||") both}            both = not {["and" | "&&"] not}
//! not    = ("not" | "!" | "-") not | one        one  = "(" either ")" | "exists" field | test | word
//! test   = field ("==" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "contains") value
//! value  = word | "text in quotes" | /regex/ | /regex/i
//! field  = domain | name | op | kind | link | from | to | id | cid | cause | size | latency | status | priority
//!        | device | text | payload.key.key[0]
//! ```
//! A word alone means: somewhere in the operation, the kind or the payload. Text is compared without regard to ASCII
//! case. `~` takes a regular expression, or a word: with `*` or `?` it must fit the whole text, else be in it.
//! What a message does not have makes a test false; `!=` is `not ==`.

mod complete;
mod lexer;
mod matcher;
mod parser;
mod payload;

pub use complete::{Completion, CompletionKind, complete};
pub use matcher::{Field, Operator, Row, Status, Test, Value};
pub use payload::Path;
use std::fmt::{self, Display as _, Write as _};
use std::ops::Range;

/// The longest filter, in characters.
pub const MAX_CHARACTERS: usize = 4_096;
/// How deep brackets may be nested.
pub const MAX_DEPTH: usize = 64;

/// A filter that was understood. The default one lets everything through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    root: Option<Node>,
}

/// A part of a filter, in its shortest form: no `not not`, no `and` directly inside an `and`.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Somewhere in the operation, the kind or the payload.
    Word(Word),
    Test(Box<Test>),
    Exists(Field),
    Not(Box<Node>),
    /// Two or more.
    All(Vec<Node>),
    /// Two or more.
    Any(Vec<Node>),
}

/// A text that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    text: String,
    lower: String,
}

/// A filter that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {hint}")]
pub struct FilterError {
    /// The bytes that are wrong; empty at the end of the text.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: String,
}

impl FilterError {
    fn new(span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { span, message: message.into(), hint: hint.into() }
    }

    /// The text with carets under what is wrong, and the reason: three lines.
    pub fn picture(&self, text: &str) -> String {
        let count = |range: Range<usize>| text.get(range).map_or(0, |part| part.chars().count());
        let (before, wrong) = (count(0..self.span.start), count(self.span.clone()).max(1));
        let shown: String = text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
        format!("{shown}\n{}{}\n{self}", " ".repeat(before), "^".repeat(wrong))
    }
}

impl Filter {
    /// Reads a filter; an empty text lets everything through.
    ///
    /// # Errors
    /// What is not understood, where, and what would be right.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Ok(Self { root: parser::parse(text)? })
    }

    /// Makes a filter of its parts.
    pub fn of(root: Node) -> Self {
        Self { root: Some(root) }
    }

    pub fn root(&self) -> Option<&Node> {
        self.root.as_ref()
    }

    /// Whether a message passes.
    pub fn matches(&self, row: &Row<'_>) -> bool {
        self.root.as_ref().is_none_or(|root| root.matches(row))
    }

    /// Whether everything passes.
    pub fn is_everything(&self) -> bool {
        self.root.is_none()
    }

    /// Whether the answer may change when the reply to a command comes: it asks for latency or status.
    pub fn waits_for_replies(&self) -> bool {
        self.root.as_ref().is_some_and(|root| root.asks(|field| matches!(field, Field::Latency | Field::Status)))
    }

    /// What passes both filters.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self.root, other.root) {
            (Some(one), Some(two)) => Self::of(Node::all([one, two])),
            (one, two) => Self { root: one.or(two) },
        }
    }
}

impl std::str::FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

impl Node {
    pub fn word(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::Word(Word { lower: text.to_lowercase(), text })
    }

    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// What passes all of them; one alone is itself.
    ///
    /// # Panics
    /// If there is none.
    pub fn all(nodes: impl IntoIterator<Item = Self>) -> Self {
        let flat = nodes.into_iter().flat_map(|node| match node {
            Self::All(inner) => inner,
            other => vec![other],
        });
        one_or(flat.collect(), Self::All)
    }

    /// What passes one of them; one alone is itself.
    ///
    /// # Panics
    /// If there is none.
    pub fn any(nodes: impl IntoIterator<Item = Self>) -> Self {
        let flat = nodes.into_iter().flat_map(|node| match node {
            Self::Any(inner) => inner,
            other => vec![other],
        });
        one_or(flat.collect(), Self::Any)
    }

    fn matches(&self, row: &Row<'_>) -> bool {
        match self {
            Self::Word(word) => matcher::has_word(row, &word.lower),
            Self::Test(test) => test.matches(row),
            Self::Exists(field) => matcher::exists(row, field),
            Self::Not(inner) => !inner.matches(row),
            Self::All(nodes) => nodes.iter().all(|node| node.matches(row)),
            Self::Any(nodes) => nodes.iter().any(|node| node.matches(row)),
        }
    }

    fn asks(&self, is_it: fn(&Field) -> bool) -> bool {
        match self {
            Self::Word(_) => false,
            Self::Test(test) => is_it(test.field()),
            Self::Exists(field) => is_it(field),
            Self::Not(inner) => inner.asks(is_it),
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(|node| node.asks(is_it)),
        }
    }
}

fn one_or(mut nodes: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    if nodes.len() > 1 { many(nodes) } else { nodes.pop().expect("a filter is made of at least one part") }
}

/// As it can be read again.
impl fmt::Display for Filter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.as_ref().map_or(Ok(()), |root| root.fmt(formatter))
    }
}

impl fmt::Display for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write_text(formatter, &word.text),
            Self::Test(test) => test.fmt(formatter),
            Self::Exists(field) => write!(formatter, "exists {field}"),
            Self::Not(inner) => {
                formatter.write_str("not ")?;
                write_inside(formatter, inner)
            }
            Self::All(nodes) => write_joined(formatter, nodes, " and "),
            Self::Any(nodes) => write_joined(formatter, nodes, " or "),
        }
    }
}

fn write_joined(formatter: &mut fmt::Formatter<'_>, nodes: &[Node], between: &str) -> fmt::Result {
    for (index, node) in nodes.iter().enumerate() {
        if index > 0 {
            formatter.write_str(between)?;
        }
        write_inside(formatter, node)?;
    }
    Ok(())
}

fn write_inside(formatter: &mut fmt::Formatter<'_>, node: &Node) -> fmt::Result {
    match node {
        Node::All(_) | Node::Any(_) => write!(formatter, "({node})"),
        Node::Word(_) | Node::Test(_) | Node::Exists(_) | Node::Not(_) => node.fmt(formatter),
    }
}

/// A word as it is, anything else in quotes.
fn write_text(formatter: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    if lexer::is_plain(text) { formatter.write_str(text) } else { write_quoted(formatter, text) }
}

fn write_quoted(formatter: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    formatter.write_char('"')?;
    for one in text.chars() {
        match one {
            '"' | '\\' => write!(formatter, "\\{one}")?,
            '\n' => formatter.write_str("\\n")?,
            '\t' => formatter.write_str("\\t")?,
            other => formatter.write_char(other)?,
        }
    }
    formatter.write_char('"')
}

#[cfg(test)]
mod tests;
