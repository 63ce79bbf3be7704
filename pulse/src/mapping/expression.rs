//! Formulas of a mapping: numbers, comparison, choice. Small and total: each formula ends, and none can fail.
//!
//! ```text
//! choice  = or ["?" choice ":" choice]
//! or      = and {("or" | "||") and}          and = not {("and" | "&&") not}
//! not     = "not" not | compare              compare = sum [("<" | "<=" | ">" | ">=" | "==" | "!=") sum]
//! sum     = product {("+" | "-") product}    product = sign {("*" | "/" | "%") sign}
//! sign    = ("-" | "!") sign | power         power = atom ["^" sign]
//! atom    = number | "x" | "y" | "t" | "pi" | function "(" choice {"," choice} ")" | "(" choice ")"
//! ```
//! True is 1; everything but 0 and what is no number counts as true.

use std::fmt;

/// The longest formula, in bytes.
pub const MAX_BYTES: usize = 500;
/// How deep brackets and signs may be nested.
const MAX_DEPTH: usize = 32;
/// Values that wait for their operator: each level of nesting waits with less than eight.
const MAX_STACK: usize = 256;

/// A formula that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// In postfix order; leaves exactly one value.
    steps: Vec<Step>,
}

/// A formula that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ExpressionError {
    /// Bytes before the place.
    pub at: usize,
    pub message: String,
}

impl fmt::Display for ExpressionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (at character {})", self.message, self.at + 1)
    }
}

/// What a formula may look at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Variables {
    /// The value so far.
    pub x: f64,
    /// The target's value.
    pub y: f64,
    /// Seconds since the last event.
    pub t: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Number(f64),
    X,
    Y,
    T,
    One(One),
    Two(Two),
    /// Condition, then, else.
    Choose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum One {
    Negate,
    Not,
    Abs,
    Floor,
    Ceil,
    Round,
    Sqrt,
    Sin,
    Cos,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Two {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    Unequal,
    And,
    Or,
    Min,
    Max,
}

impl Expression {
    /// # Errors
    /// What is not understood, and where.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if text.len() > MAX_BYTES {
            let message = format!("the formula is longer than {MAX_BYTES} bytes");
            return Err(ExpressionError { at: MAX_BYTES, message });
        }
        let mut parser = Parser { text, at: 0, depth: 0, steps: Vec::new(), stack: 0 };
        parser.choice()?;
        parser.space();
        if parser.at < text.len() {
            return Err(parser.error("an operator or the end was expected here"));
        }
        Ok(Self { steps: parser.steps })
    }

    /// The value; may be infinite or no number.
    pub fn value(&self, variables: Variables) -> f64 {
        let mut stack = [0.0_f64; MAX_STACK];
        let mut top = 0;
        for step in &self.steps {
            let (taken, value) = match step {
                Step::Number(number) => (0, *number),
                Step::X => (0, variables.x),
                Step::Y => (0, variables.y),
                Step::T => (0, variables.t),
                Step::One(one) => (1, one.of(at(&stack, top, 1))),
                Step::Two(two) => (2, two.of(at(&stack, top, 2), at(&stack, top, 1))),
                Step::Choose => (3, if is_true(at(&stack, top, 3)) { at(&stack, top, 2) } else { at(&stack, top, 1) }),
            };
            top = top.saturating_sub(taken);
            if let Some(place) = stack.get_mut(top) {
                *place = value;
                top += 1;
            }
        }
        at(&stack, top, 1)
    }
}

fn at(stack: &[f64], top: usize, below: usize) -> f64 {
    top.checked_sub(below).and_then(|place| stack.get(place)).copied().unwrap_or(f64::NAN)
}

fn is_true(value: f64) -> bool {
    value != 0.0 && !value.is_nan()
}

impl One {
    fn of(self, value: f64) -> f64 {
        match self {
            Self::Negate => -value,
            Self::Not => f64::from(!is_true(value)),
            Self::Abs => value.abs(),
            Self::Floor => value.floor(),
            Self::Ceil => value.ceil(),
            Self::Round => value.round(),
            Self::Sqrt => value.sqrt(),
            Self::Sin => value.sin(),
            Self::Cos => value.cos(),
        }
    }
}

impl Two {
    fn of(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Remainder => left.rem_euclid(right),
            Self::Power => left.powf(right),
            Self::Less => f64::from(left < right),
            Self::LessEqual => f64::from(left <= right),
            Self::Greater => f64::from(left > right),
            Self::GreaterEqual => f64::from(left >= right),
            Self::Equal => f64::from(left == right),
            Self::Unequal => f64::from(left != right),
            Self::And => f64::from(is_true(left) && is_true(right)),
            Self::Or => f64::from(is_true(left) || is_true(right)),
            Self::Min => left.min(right),
            Self::Max => left.max(right),
        }
    }
}

/// Longer ones first, so that `<=` is not read as `<`.
const COMPARISONS: [(&str, Two); 6] = [
    ("<=", Two::LessEqual),
    (">=", Two::GreaterEqual),
    ("==", Two::Equal),
    ("!=", Two::Unequal),
    ("<", Two::Less),
    (">", Two::Greater),
];

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    steps: Vec<Step>,
    /// Values on the stack after the steps so far.
    stack: usize,
}

type Parsed = Result<(), ExpressionError>;

impl<'a> Parser<'a> {
    fn choice(&mut self) -> Parsed {
        self.nested(|parser| {
            parser.or()?;
            if parser.take("?") {
                parser.choice()?;
                parser.expect(":")?;
                parser.choice()?;
                parser.push(Step::Choose)?;
            }
            Ok(())
        })
    }

    fn or(&mut self) -> Parsed {
        self.and()?;
        while self.word("or") || self.take("||") {
            self.and()?;
            self.push(Step::Two(Two::Or))?;
        }
        Ok(())
    }

    fn and(&mut self) -> Parsed {
        self.not()?;
        while self.word("and") || self.take("&&") {
            self.not()?;
            self.push(Step::Two(Two::And))?;
        }
        Ok(())
    }

    fn not(&mut self) -> Parsed {
        if !self.word("not") {
            return self.compare();
        }
        self.nested(Self::not)?;
        self.push(Step::One(One::Not))
    }

    fn compare(&mut self) -> Parsed {
        self.sum()?;
        let found = COMPARISONS.iter().find(|(sign, _)| self.take(sign));
        let Some((_, two)) = found else { return Ok(()) };
        self.sum()?;
        self.push(Step::Two(*two))
    }

    fn sum(&mut self) -> Parsed {
        self.product()?;
        loop {
            let two = match (self.take("+"), self.take("-")) {
                (true, _) => Two::Add,
                (_, true) => Two::Subtract,
                (false, false) => return Ok(()),
            };
            self.product()?;
            self.push(Step::Two(two))?;
        }
    }

    fn product(&mut self) -> Parsed {
        self.sign()?;
        loop {
            let two = match self.peek() {
                Some('*') => Two::Multiply,
                Some('/') => Two::Divide,
                Some('%') => Two::Remainder,
                _ => return Ok(()),
            };
            self.at += 1;
            self.sign()?;
            self.push(Step::Two(two))?;
        }
    }

    fn sign(&mut self) -> Parsed {
        let one = match self.peek() {
            Some('-') => One::Negate,
            Some('!') => One::Not,
            _ => return self.power(),
        };
        self.at += 1;
        self.nested(Self::sign)?;
        self.push(Step::One(one))
    }

    fn power(&mut self) -> Parsed {
        self.atom()?;
        if !self.take("^") {
            return Ok(());
        }
        self.nested(Self::sign)?;
        self.push(Step::Two(Two::Power))
    }

    fn atom(&mut self) -> Parsed {
        match self.peek() {
            Some('(') => {
                self.at += 1;
                self.choice()?;
                self.expect(")")
            }
            Some('0'..='9' | '.') => self.number(),
            Some(letter) if letter.is_ascii_alphabetic() => self.named(),
            Some(_) => Err(self.error("a number, x, y, t or a bracket was expected here")),
            None => Err(self.error("the formula ends too early")),
        }
    }

    fn number(&mut self) -> Parsed {
        let rest = &self.text[self.at..];
        let length = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let Ok(number) = rest[..length].parse() else { return Err(self.error("this is no number")) };
        self.at += length;
        self.push(Step::Number(number))
    }

    fn named(&mut self) -> Parsed {
        let begin = self.at;
        let name = self.name();
        self.at += name.len();
        let one = match name {
            "x" => return self.push(Step::X),
            "y" => return self.push(Step::Y),
            "t" => return self.push(Step::T),
            "pi" => return self.push(Step::Number(std::f64::consts::PI)),
            "min" => return self.two(Two::Min),
            "max" => return self.two(Two::Max),
            "abs" => One::Abs,
            "floor" => One::Floor,
            "ceil" => One::Ceil,
            "round" => One::Round,
            "sqrt" => One::Sqrt,
            "sin" => One::Sin,
            "cos" => One::Cos,
            _ => {
                let message = format!(
                    "'{}' is unknown; there are x, y, t, pi, min, max, abs, floor, ceil, round, sqrt, sin and cos",
                    name.chars().take(20).collect::<String>()
                );
                return Err(ExpressionError { at: begin, message });
            }
        };
        self.expect("(")?;
        self.choice()?;
        self.expect(")")?;
        self.push(Step::One(one))
    }

    fn two(&mut self, two: Two) -> Parsed {
        self.expect("(")?;
        self.choice()?;
        self.expect(",")?;
        self.choice()?;
        self.push(Step::Two(two))?;
        while self.take(",") {
            self.choice()?;
            self.push(Step::Two(two))?;
        }
        self.expect(")")
    }

    fn push(&mut self, step: Step) -> Parsed {
        self.stack = match step {
            Step::Number(_) | Step::X | Step::Y | Step::T => self.stack + 1,
            Step::One(_) => self.stack,
            Step::Two(_) => self.stack.saturating_sub(1),
            Step::Choose => self.stack.saturating_sub(2),
        };
        if self.stack > MAX_STACK {
            return Err(self.error("the formula is too long"));
        }
        self.steps.push(step);
        Ok(())
    }

    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth >= MAX_DEPTH {
            return Err(self.error("this is nested too deep"));
        }
        self.depth += 1;
        parse(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn peek(&mut self) -> Option<char> {
        self.space();
        self.text[self.at..].chars().next()
    }

    fn name(&self) -> &'a str {
        let rest = &self.text[self.at..];
        &rest[..rest.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(rest.len())]
    }

    fn word(&mut self, word: &str) -> bool {
        self.space();
        let found = self.name() == word;
        if found {
            self.at += word.len();
        }
        found
    }

    fn take(&mut self, sign: &str) -> bool {
        self.space();
        let found = self.text[self.at..].starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    fn expect(&mut self, sign: &str) -> Parsed {
        if self.take(sign) { Ok(()) } else { Err(self.error(&format!("'{sign}' was expected here"))) }
    }

    fn error(&self, message: &str) -> ExpressionError {
        ExpressionError { at: self.at, message: message.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(text: &str, x: f64) -> f64 {
        Expression::parse(text).unwrap().value(Variables { x, y: 0.25, t: 2.0 })
    }

    #[test]
    fn what_formulas_mean() {
        for (text, wanted) in [
            ("x", 0.5),
            ("x^2", 0.25),
            ("-x^2", -0.25),
            ("2^3^2", 512.0),
            ("1 - 2 - 3", -4.0),
            ("2 + 3 * 4", 14.0),
            ("x < 0.5 ? 0 : x", 0.5),
            ("x <= 0.5 ? 1 : 0", 1.0),
            ("x > 0.1 and y > 0.1", 1.0),
            ("not x > 0.1 or y == 0.25", 1.0),
            ("!x", 0.0),
            ("min(x, y, 0.1)", 0.1),
            ("max(x, y)", 0.5),
            ("abs(-x) + floor(1.7) + ceil(0.2) + round(0.6)", 3.5),
            ("sqrt(4) + sin(0) + cos(0)", 3.0),
            ("t % 1.5", 0.5),
            ("1 ? 2 ? 3 : 4 : 5", 3.0),
            ("x != y && 1 || 0", 1.0),
        ] {
            assert_eq!(value(text, 0.5), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, at) in
            [("", 0), ("x +", 3), ("x y", 2), ("foo", 0), ("min(x)", 5), ("1..2", 0), ("(x", 2), ("x ? 1", 5)]
        {
            assert_eq!(Expression::parse(text).unwrap_err().at, at, "{text}");
        }
        assert!(Expression::parse(&"(".repeat(400)).unwrap_err().message.contains("deep"));
        assert!(Expression::parse(&"-".repeat(400)).unwrap_err().message.contains("deep"));
        assert!(Expression::parse(&"x+".repeat(400)).unwrap_err().message.contains("longer"));
    }

    proptest! {
        #[test]
        fn no_text_does_harm(text in "[-x yt0-9.+*/^%?:<>=!&|(),a-z]{0,80}") {
            if let Ok(expression) = Expression::parse(&text) {
                let _any = expression.value(Variables { x: 0.3, y: f64::NAN, t: f64::INFINITY });
            }
        }

        #[test]
        fn no_bytes_do_harm(text in any::<String>()) {
            let _any = Expression::parse(&text);
        }
    }
}
