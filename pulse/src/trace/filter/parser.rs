//! Tokens to a filter, with what would be right where they make none.

use super::lexer::{Spanned, Token, is_plain, tokens};
use super::matcher::{Field, Operator, Test, Value};
use super::{FilterError, MAX_CHARACTERS, MAX_DEPTH, Node};
use std::ops::Range;

/// How many regular expressions one filter may have.
const MAX_REGEXES: usize = 32;

pub(super) fn parse(text: &str) -> Result<Option<Node>, FilterError> {
    if let Some((place, _)) = text.char_indices().nth(MAX_CHARACTERS) {
        let message = format!("the filter is longer than {MAX_CHARACTERS} characters");
        return Err(FilterError::new(place..text.len(), message, "make it shorter"));
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, regexes: 0, end: text.len() };
    if parser.tokens.is_empty() {
        return Ok(None);
    }
    let node = parser.either()?;
    match parser.peek() {
        None => Ok(Some(node)),
        Some(Token::Close) => Err(parser.wrong("no bracket is open here", "take the ')' away")),
        Some(_) => Err(parser.wrong("nothing can stand here", "join two tests with 'and' or 'or'")),
    }
}

struct Parser {
    tokens: Vec<Spanned>,
    at: usize,
    depth: usize,
    regexes: usize,
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|spanned| &spanned.token)
    }

    fn take(&mut self) -> Option<Spanned> {
        let taken = self.tokens.get(self.at).cloned();
        self.at += 1;
        taken
    }

    fn take_if(&mut self, token: &Token) -> bool {
        let is_it = self.peek() == Some(token);
        self.at += usize::from(is_it);
        is_it
    }

    fn here(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.end..self.end, |spanned| spanned.span.clone())
    }

    fn wrong(&self, message: &str, hint: &str) -> FilterError {
        FilterError::new(self.here(), message, hint)
    }

    fn either(&mut self) -> Result<Node, FilterError> {
        let mut nodes = vec![self.both()?];
        while self.take_if(&Token::Or) {
            nodes.push(self.both()?);
        }
        Ok(Node::any(nodes))
    }

    fn both(&mut self) -> Result<Node, FilterError> {
        let mut nodes = vec![self.not()?];
        loop {
            match self.peek() {
                Some(Token::And) => self.at += 1,
                Some(Token::Or | Token::Close) | None => return Ok(Node::all(nodes)),
                Some(Token::Operator(_)) => {
                    return Err(self.wrong(
                        "before an operator there must be a field",
                        "fields are domain, name, op, kind, link, latency, payload.… and more",
                    ));
                }
                Some(_) => {}
            }
            nodes.push(self.not()?);
        }
    }

    fn not(&mut self) -> Result<Node, FilterError> {
        let mut is_negated = false;
        while self.take_if(&Token::Not) {
            is_negated = !is_negated;
        }
        let node = self.one()?;
        Ok(if is_negated { node.negated() } else { node })
    }

    fn one(&mut self) -> Result<Node, FilterError> {
        const WANTED: &str = "write a word, a test such as 'domain == transport', or '('";
        let span = self.here();
        let Some(Spanned { token, .. }) = self.take() else {
            return Err(FilterError::new(span, "the filter ends too early", WANTED));
        };
        match token {
            Token::Open => self.bracket(span),
            Token::Exists => {
                let span = self.here();
                match self.take() {
                    Some(Spanned { token: Token::Word(word), .. }) => Ok(Node::Exists(field(&word, &span)?)),
                    _ => Err(FilterError::new(span, "'exists' needs a field", "for example 'exists payload.trackId'")),
                }
            }
            Token::Word(word) if matches!(self.peek(), Some(Token::Operator(_))) => self.test(&word, span),
            Token::Word(word) => Ok(match word.strip_prefix('-') {
                Some(rest) => Node::word(rest).negated(),
                None => Node::word(word),
            }),
            Token::Quoted(text) => Ok(Node::word(text)),
            Token::Regex { .. } => {
                Err(FilterError::new(span, "a regular expression needs a field", "for example 'name ~ /set.*/'"))
            }
            Token::Operator(operator) => {
                let message = format!("'{operator}' has no field before it");
                Err(FilterError::new(span, message, "for example 'domain == transport'"))
            }
            Token::Close => Err(FilterError::new(span, "there is nothing before ')'", WANTED)),
            Token::And | Token::Or | Token::Not => Err(FilterError::new(span, "there is nothing to join here", WANTED)),
        }
    }

    fn bracket(&mut self, open: Range<usize>) -> Result<Node, FilterError> {
        if self.depth >= MAX_DEPTH {
            let message = format!("brackets are nested deeper than {MAX_DEPTH}");
            return Err(FilterError::new(open, message, "most filters need none: 'and' binds before 'or'"));
        }
        self.depth += 1;
        let node = self.either()?;
        self.depth -= 1;
        if self.take_if(&Token::Close) {
            return Ok(node);
        }
        let hint = "close it with ')'";
        match self.peek() {
            None => Err(FilterError::new(open, "this bracket is not closed", hint)),
            Some(_) => Err(self.wrong("nothing can stand here", hint)),
        }
    }

    fn test(&mut self, word: &str, span: Range<usize>) -> Result<Node, FilterError> {
        if let Some(rest) = word.strip_prefix('-') {
            return Ok(self.test(rest, span.start + 1..span.end)?.negated());
        }
        let field = field(word, &span)?;
        let Some(Spanned { token: Token::Operator(operator), span: operator_span }) = self.take() else {
            return Err(self.wrong("an operator must stand here", "for example '=='"));
        };
        let value_span = self.here();
        let value = match self.take().map(|spanned| spanned.token) {
            // `/x/` after another operator than `~`: a text that is written in quotes.
            Some(Token::Word(word)) if !word.starts_with('-') && !is_plain(&word) => Value::Quoted(word),
            Some(Token::Word(word)) => Value::Word(word),
            Some(Token::Quoted(text)) => Value::Quoted(text),
            Some(Token::Regex { .. }) if self.regexes >= MAX_REGEXES => {
                let message = format!("there are more than {MAX_REGEXES} regular expressions");
                return Err(FilterError::new(value_span, message, "join some of them with '|' in one"));
            }
            Some(Token::Regex { pattern, ignores_case }) => {
                self.regexes += 1;
                Value::Regex { pattern, ignores_case }
            }
            _ => {
                let message = format!("after '{field} {operator}' a value is missing");
                return Err(FilterError::new(value_span, message, field.example()));
            }
        };
        let test = Test::new(field, operator, value).map_err(|fault| {
            let span = if fault.is_operator { operator_span } else { value_span };
            FilterError::new(span, fault.message, fault.hint)
        })?;
        Ok(Node::Test(Box::new(test)))
    }
}

fn field(word: &str, span: &Range<usize>) -> Result<Field, FilterError> {
    Field::parse(word).map_err(|(message, hint)| FilterError::new(span.clone(), message, hint))
}

impl Operator {
    /// As it is written.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Like => "~",
            Self::Contains => "contains",
        }
    }
}
