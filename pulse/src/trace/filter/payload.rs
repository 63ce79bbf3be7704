//! A place inside a payload, and finding it without building the whole.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// How long a path may be, in steps.
const MAX_STEPS: usize = 16;

/// `payload.tracks[0].name`; `[*]` is any element. No steps: the payload itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    /// Any element of an array.
    Any,
}

impl Path {
    /// Reads what stands after `payload`.
    pub(super) fn parse(mut rest: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if steps.len() >= MAX_STEPS {
                return Err(format!("the path has more than {MAX_STEPS} steps"));
            }
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                if end == 0 {
                    return Err("a key is missing after '.'".to_owned());
                }
                steps.push(Step::Key(after[..end].to_owned()));
                rest = &after[end..];
            } else if let Some(after) = rest.strip_prefix('[') {
                let (index, tail) = after.split_once(']').ok_or("a ']' is missing")?;
                steps.push(match index {
                    "*" => Step::Any,
                    _ => Step::Index(index.parse().map_err(|_not| format!("'{index}' is no index"))?),
                });
                rest = tail;
            } else {
                return Err("a '.' or '[' must stand here".to_owned());
            }
        }
        Ok(Self(steps))
    }

    /// Shows every value at this place (raw JSON) to `is_it`, until one is; tells whether one was.
    pub(super) fn any(&self, json: &str, is_it: &mut dyn FnMut(&str) -> bool) -> bool {
        let mut found = false;
        let mut reader = serde_json::Deserializer::from_str(json);
        let seek = Seek { steps: &self.0, found: &mut found, is_it };
        // What is no JSON has nothing inside.
        let _read = seek.deserialize(&mut reader);
        found
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| match step {
            Step::Key(key) => write!(formatter, ".{key}"),
            Step::Index(index) => write!(formatter, "[{index}]"),
            Step::Any => formatter.write_str("[*]"),
        })
    }
}

struct Seek<'p, 'f> {
    steps: &'p [Step],
    found: &'f mut bool,
    is_it: &'f mut dyn FnMut(&str) -> bool,
}

impl<'de> DeserializeSeed<'de> for Seek<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.steps.is_empty() {
            let raw: &RawValue = serde::Deserialize::deserialize(deserializer)?;
            *self.found = *self.found || (self.is_it)(raw.get());
            return Ok(());
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seek<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (key, steps) = match self.steps {
            [Step::Key(key), rest @ ..] => (Some(key.as_str()), rest),
            steps => (None, steps),
        };
        while let Some(is_it) = map.next_key_seed(KeyIs(key))? {
            if is_it && !*self.found {
                map.next_value_seed(Seek { steps, found: &mut *self.found, is_it: &mut *self.is_it })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let (wanted, steps) = match self.steps {
            [Step::Index(index), rest @ ..] => (Some(Some(*index)), rest),
            [Step::Any, rest @ ..] => (Some(None), rest),
            steps => (None, steps),
        };
        for place in 0.. {
            let is_it = !*self.found && wanted.is_some_and(|index| index.is_none_or(|index| index == place));
            let more = if is_it {
                let seek = Seek { steps, found: &mut *self.found, is_it: &mut *self.is_it };
                elements.next_element_seed(seek)?.is_some()
            } else {
                elements.next_element::<IgnoredAny>()?.is_some()
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _value: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _value: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _value: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _value: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _value: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Whether a key is the wanted one.
struct KeyIs<'p>(Option<&'p str>);

impl<'de> DeserializeSeed<'de> for KeyIs<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyIs<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(self.0 == Some(key))
    }
}
