//! The OSC addresses that every Loophole understands, and shows again as feedback.
//!
//! | address | value |
//! |---|---|
//! | `/track/N/volume`, `/master/volume` | fader position 0 … 1 (see [`crate::taper`]) |
//! | `/track/N/pan` | −1 (left) … 1 (right) |
//! | `/track/N/mute`, `/track/N/solo` | 0 or 1, or a boolean |
//! | `/transport/play`, `/transport/stop` | none, or 1; 0 (a button let go) does nothing |
//! | `/transport/seek` | seconds from the start |
//!
//! N counts tracks from 1, in the order of the project.

use crate::osc::{OscArgument, OscMessage};

/// A control of the scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Control {
    TrackVolume { number: u32 },
    TrackPan { number: u32 },
    TrackMute { number: u32 },
    TrackSolo { number: u32 },
    MasterVolume,
    Play,
    Stop,
    Seek,
}

/// Why a message does nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MapError {
    #[error("there is no control '{0}'; a track's are /track/N/volume, pan, mute and solo")]
    UnknownAddress(String),
    #[error("{address} wants a number, and got {got}")]
    NotANumber { address: String, got: String },
}

impl Control {
    /// The control of an address.
    ///
    /// # Errors
    /// No such address.
    pub fn parse(address: &str) -> Result<Self, MapError> {
        let unknown = || MapError::UnknownAddress(address.chars().take(100).collect());
        let parts: Vec<&str> = address.split('/').collect();
        match parts.as_slice() {
            ["", "track", number, what] => {
                let number = number.parse().ok().filter(|number| *number >= 1).ok_or_else(unknown)?;
                match *what {
                    "volume" => Ok(Self::TrackVolume { number }),
                    "pan" => Ok(Self::TrackPan { number }),
                    "mute" => Ok(Self::TrackMute { number }),
                    "solo" => Ok(Self::TrackSolo { number }),
                    _ => Err(unknown()),
                }
            }
            ["", "master", "volume"] => Ok(Self::MasterVolume),
            ["", "transport", "play"] => Ok(Self::Play),
            ["", "transport", "stop"] => Ok(Self::Stop),
            ["", "transport", "seek"] => Ok(Self::Seek),
            _ => Err(unknown()),
        }
    }

    /// Its address.
    pub fn address(self) -> String {
        match self {
            Self::TrackVolume { number } => format!("/track/{number}/volume"),
            Self::TrackPan { number } => format!("/track/{number}/pan"),
            Self::TrackMute { number } => format!("/track/{number}/mute"),
            Self::TrackSolo { number } => format!("/track/{number}/solo"),
            Self::MasterVolume => "/master/volume".to_owned(),
            Self::Play => "/transport/play".to_owned(),
            Self::Stop => "/transport/stop".to_owned(),
            Self::Seek => "/transport/seek".to_owned(),
        }
    }

    /// What a message says for this control, held to its range.
    ///
    /// # Errors
    /// A missing value where one is needed, a text, or no number.
    pub fn value(self, message: &OscMessage) -> Result<f64, MapError> {
        let refuse = |got: &str| MapError::NotANumber { address: message.address.clone(), got: got.to_owned() };
        let number = match message.arguments.first() {
            None if matches!(self, Self::Play | Self::Stop) => 1.0,
            None => return Err(refuse("nothing")),
            Some(argument) => argument.as_number().ok_or_else(|| refuse("a text"))?,
        };
        if !number.is_finite() {
            return Err(refuse("a value that is no number"));
        }
        Ok(match self {
            Self::TrackVolume { .. } | Self::MasterVolume => number.clamp(0.0, 1.0),
            Self::TrackPan { .. } => number.clamp(-1.0, 1.0),
            Self::TrackMute { .. } | Self::TrackSolo { .. } | Self::Play | Self::Stop => f64::from(number >= 0.5),
            Self::Seek => number.max(0.0),
        })
    }

    /// The message that shows a value.
    pub fn message(self, value: f64) -> OscMessage {
        let argument = match self {
            Self::TrackMute { .. } | Self::TrackSolo { .. } | Self::Play | Self::Stop => {
                OscArgument::Int(i32::from(value >= 0.5))
            }
            Self::TrackVolume { .. } | Self::TrackPan { .. } | Self::MasterVolume | Self::Seek => {
                OscArgument::Float(value as f32)
            }
        };
        OscMessage { address: self.address(), arguments: vec![argument] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_there_and_back() {
        use Control::*;
        for control in [
            TrackVolume { number: 1 },
            TrackPan { number: 20 },
            TrackMute { number: 3 },
            TrackSolo { number: 4 },
            MasterVolume,
            Play,
            Stop,
            Seek,
        ] {
            assert_eq!(Control::parse(&control.address()), Ok(control));
        }
        for wrong in [
            "",
            "/",
            "/track",
            "/track/0/volume",
            "/track/-1/pan",
            "/track/1/volume/x",
            "/track/99999999999/mute",
            "track/1/volume",
        ] {
            assert!(Control::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_are_held_to_their_range() {
        let check = |address: &str, arguments: Vec<OscArgument>| {
            let message = OscMessage { address: address.to_owned(), arguments };
            Control::parse(address).and_then(|control| control.value(&message)).ok()
        };
        assert_eq!(check("/track/1/volume", vec![OscArgument::Float(7.0)]), Some(1.0));
        assert_eq!(check("/track/1/pan", vec![OscArgument::Int(-3)]), Some(-1.0));
        assert_eq!(check("/track/1/mute", vec![OscArgument::Bool(true)]), Some(1.0));
        assert_eq!(check("/track/1/volume", vec![OscArgument::Float(f32::NAN)]), None);
        assert_eq!(check("/track/1/volume", vec![OscArgument::Text("loud".to_owned())]), None);
        assert_eq!(check("/track/1/volume", vec![]), None);
        assert_eq!(check("/transport/play", vec![]), Some(1.0));
    }
}
