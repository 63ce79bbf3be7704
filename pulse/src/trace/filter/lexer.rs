//! A filter's text as tokens with their places.

use super::FilterError;
use super::matcher::Operator;
use std::ops::Range;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A word as typed, with a minus before it perhaps.
    Word(String),
    /// In quotes; what was escaped is itself again.
    Quoted(String),
    Regex {
        pattern: String,
        ignores_case: bool,
    },
    Operator(Operator),
    And,
    Or,
    Not,
    Exists,
    Open,
    Close,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spanned {
    pub(super) token: Token,
    pub(super) span: Range<usize>,
}

/// Splits the text. A minus alone is still being typed and means nothing.
pub(super) fn tokens(text: &str) -> Result<Vec<Spanned>, FilterError> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new() };
    while lexer.step()? {}
    Ok(lexer.tokens)
}

/// Whether a text is one word that reads as itself.
pub(super) fn is_plain(text: &str) -> bool {
    let begins_well = text.chars().next().is_some_and(|first| !matches!(first, '-' | '"' | '/'));
    begins_well && text.chars().all(in_word) && keyword(text).is_none()
}

/// What may be in a word, and a quote inside it.
fn in_word(one: char) -> bool {
    !one.is_whitespace() && !matches!(one, '(' | ')' | '=' | '!' | '<' | '>' | '~' | '&' | '|')
}

fn keyword(word: &str) -> Option<Token> {
    Some(match word {
        "and" | "AND" => Token::And,
        "or" | "OR" => Token::Or,
        "not" | "NOT" => Token::Not,
        "exists" => Token::Exists,
        "contains" => Token::Operator(Operator::Contains),
        _ => return None,
    })
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Spanned>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// False at the end.
    fn step(&mut self) -> Result<bool, FilterError> {
        let blanks = self.rest().len() - self.rest().trim_start().len();
        self.at += blanks;
        let Some(first) = self.rest().chars().next() else { return Ok(false) };
        match first {
            '"' => self.quoted()?,
            '/' if self.after_like() => self.regex()?,
            '-' if self.rest()[1..].starts_with(['(', '"']) => self.push(Token::Not, 1),
            '-' if self.rest()[1..].chars().next().is_none_or(char::is_whitespace) => self.at += 1,
            one if in_word(one) => self.word(),
            _ => self.symbol()?,
        }
        Ok(true)
    }

    fn push(&mut self, token: Token, length: usize) {
        self.tokens.push(Spanned { token, span: self.at..self.at + length });
        self.at += length;
    }

    fn after_like(&self) -> bool {
        self.tokens.last().is_some_and(|last| last.token == Token::Operator(Operator::Like))
    }

    fn word(&mut self) {
        let length = self.rest().find(|one| !in_word(one)).unwrap_or(self.rest().len());
        let word = self.rest()[..length].to_owned();
        self.push(keyword(&word).unwrap_or(Token::Word(word)), length);
    }

    fn symbol(&mut self) -> Result<(), FilterError> {
        const SYMBOLS: [(&str, Token); 13] = [
            ("==", Token::Operator(Operator::Equal)),
            ("!=", Token::Operator(Operator::Unequal)),
            ("<=", Token::Operator(Operator::LessEqual)),
            (">=", Token::Operator(Operator::GreaterEqual)),
            ("&&", Token::And),
            ("||", Token::Or),
            ("=~", Token::Operator(Operator::Like)),
            ("<", Token::Operator(Operator::Less)),
            (">", Token::Operator(Operator::Greater)),
            ("~", Token::Operator(Operator::Like)),
            ("!", Token::Not),
            ("(", Token::Open),
            (")", Token::Close),
        ];
        let found = SYMBOLS.iter().find(|(sign, _)| self.rest().starts_with(sign));
        let (sign, token) = found.ok_or_else(|| self.single())?;
        self.push(token.clone(), sign.len());
        Ok(())
    }

    /// A sign that is only understood twice.
    fn single(&self) -> FilterError {
        let one = self.rest().chars().next().unwrap_or(' ');
        let span = self.at..self.at + one.len_utf8();
        FilterError::new(span, format!("a single '{one}' means nothing"), format!("write '{one}{one}'"))
    }

    fn quoted(&mut self) -> Result<(), FilterError> {
        let (mut text, mut escaped) = (String::new(), false);
        for (place, one) in self.rest().char_indices().skip(1) {
            match one {
                'n' if escaped => text.push('\n'),
                't' if escaped => text.push('\t'),
                '\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                '"' if !escaped => {
                    self.push(Token::Quoted(text), place + 1);
                    return Ok(());
                }
                other => text.push(other),
            }
            escaped = false;
        }
        Err(FilterError::new(self.at..self.text.len(), "the text in quotes does not end", "close it with '\"'"))
    }

    fn regex(&mut self) -> Result<(), FilterError> {
        let (mut pattern, mut escaped) = (String::new(), false);
        let rest = self.rest();
        for (place, one) in rest.char_indices().skip(1) {
            if one == '/' && !escaped {
                let ignores_case = rest[place + 1..].starts_with('i');
                let length = place + 1 + usize::from(ignores_case);
                self.push(Token::Regex { pattern, ignores_case }, length);
                return Ok(());
            }
            if one == '/' {
                pattern.pop();
            }
            pattern.push(one);
            escaped = one == '\\' && !escaped;
        }
        Err(FilterError::new(self.at..self.text.len(), "the regular expression does not end", "close it with '/'"))
    }
}
