//! Stable ids of everything in a project: a letter and a number, unique in the project, never used twice.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// A text that is no id of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a {what} id; one looks like \"{prefix}12\"")]
pub struct IdError {
    pub text: String,
    pub what: &'static str,
    pub prefix: &'static str,
}

macro_rules! ids {
    ($( #[doc = $doc:literal] $name:ident = $prefix:literal, $what:literal; )*) => { $(
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!($prefix, "{}"), self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, formatter)
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix($prefix)
                    .filter(|digits| !digits.starts_with('+'))
                    .and_then(|digits| digits.parse().ok())
                    .map(Self)
                    .ok_or_else(|| IdError { text: text.chars().take(40).collect(), what: $what, prefix: $prefix })
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": concat!("^", $prefix, "[0-9]+$"), "description": $doc })
            }
        }
    )* };
}

ids! {
    #[doc = "A track."]
    TrackId = "t", "track";
    #[doc = "A lane of a track."]
    LaneId = "l", "lane";
    #[doc = "A clip."]
    ClipId = "c", "clip";
    #[doc = "A mixer channel: of a track, a bus or the master."]
    ChannelId = "ch", "channel";
    #[doc = "A node of a channel's strip; a send is one."]
    NodeId = "n", "node";
    #[doc = "A parameter of a node."]
    ParameterId = "p", "parameter";
    #[doc = "A media file of the project."]
    MediaId = "m", "media";
    #[doc = "A tempo or signature marker."]
    MarkerId = "k", "marker";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_readable_and_strict() {
        assert_eq!("ch12".parse(), Ok(ChannelId(12)));
        assert_eq!(serde_json::to_string(&TrackId(3)).unwrap(), "\"t3\"");
        for wrong in ["c12", "ch", "ch+1", "ch-1", "ch1x", "ch99999999999", ""] {
            assert!(wrong.parse::<ChannelId>().is_err(), "{wrong}");
        }
    }
}
