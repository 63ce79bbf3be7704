//! Numbers that may be minus infinity, on the wire: a JSON number, or the string `"-inf"`.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The JSON spelling of minus infinity, which JSON numbers cannot carry.
pub const MINUS_INFINITY: &str = "-inf";

/// A value as it stands on the wire: finite, or minus infinity (a gain of zero, in dB).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct WireValue(pub f64);

impl schemars::JsonSchema for WireValue {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Value".into()
    }
    fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "anyOf": [{ "type": "number" }, { "const": MINUS_INFINITY }] })
    }
}

impl Serialize for WireValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 == f64::NEG_INFINITY {
            serializer.serialize_str(MINUS_INFINITY)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for WireValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = WireValue;
            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a finite number or \"-inf\"")
            }
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<WireValue, E> {
                Ok(WireValue(value))
            }
            fn visit_i64<E: de::Error>(self, value: i64) -> Result<WireValue, E> {
                Ok(WireValue(value as f64))
            }
            fn visit_u64<E: de::Error>(self, value: u64) -> Result<WireValue, E> {
                Ok(WireValue(value as f64))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<WireValue, E> {
                if text == MINUS_INFINITY {
                    Ok(WireValue(f64::NEG_INFINITY))
                } else {
                    Err(E::invalid_value(de::Unexpected::Str(text), &self))
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl From<f32> for WireValue {
    fn from(value: f32) -> Self {
        Self(f64::from(value))
    }
}

impl From<f64> for WireValue {
    fn from(value: f64) -> Self {
        Self(value)
    }
}

impl WireValue {
    /// The value as the engine keeps it.
    pub fn as_f32(self) -> f32 {
        self.0 as f32
    }
}

#[cfg(test)]
mod tests {
    use super::WireValue;

    #[test]
    fn minus_infinity_is_a_string_and_numbers_are_numbers() {
        let text = serde_json::to_string(&[WireValue(-6.5), WireValue(f64::NEG_INFINITY)]).unwrap();
        assert_eq!(text, r#"[-6.5,"-inf"]"#);
        let back: Vec<WireValue> = serde_json::from_str(r#"[-6.5,"-inf",3]"#).unwrap();
        assert_eq!(back, [WireValue(-6.5), WireValue(f64::NEG_INFINITY), WireValue(3.0)]);
        assert!(serde_json::from_str::<WireValue>(r#""loud""#).is_err());
    }
}
