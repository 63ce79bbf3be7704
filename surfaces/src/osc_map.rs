//! Loophole's OSC addresses, and what is said at each.
//!
//! | address | argument | unit |
//! |---|---|---|
//! | `/track/N/volume` | f 0…1 | place of the fader, see [`crate::taper`]; 0 is −∞, 0.75 is 0 dB |
//! | `/track/N/pan` | f −1…1 | left to right |
//! | `/track/N/mute`, `/track/N/solo` | i 0 or 1, or T or F | off or on |
//! | `/master/volume` | f 0…1 | place of the fader |
//! | `/transport/play`, `/transport/stop` | none, or 1 = pressed, 0 = let go | |
//! | `/transport/seek` | f 0… | seconds from the start |
//!
//! N counts from 1, from the top of the arrangement. Feedback uses the same addresses; that of play and stop says 1 while it is so.

use crate::control::{ControlKind, ControlValue};
use crate::osc::{OscArgument, OscMessage};

/// What an address stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Control {
    /// `track_number` counts from 1, here and below.
    TrackVolume {
        track_number: u32,
    },
    TrackPan {
        track_number: u32,
    },
    TrackMute {
        track_number: u32,
    },
    TrackSolo {
        track_number: u32,
    },
    MasterVolume,
    TransportPlay,
    TransportStop,
    TransportSeek,
}

/// Why a message moves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OscMapError {
    #[error("nothing is at {address}")]
    UnknownAddress { address: String },
    #[error("{address} needs an argument: {wanted}")]
    MissingArgument { address: String, wanted: &'static str },
    #[error("{address} wants {wanted}")]
    BadArgument { address: String, wanted: &'static str },
}

impl Control {
    pub fn kind(self) -> ControlKind {
        match self {
            Self::TrackVolume { .. } | Self::MasterVolume => ControlKind::Fader,
            Self::TrackPan { .. } => ControlKind::Pan,
            Self::TrackMute { .. } | Self::TrackSolo { .. } => ControlKind::Switch,
            Self::TransportPlay | Self::TransportStop => ControlKind::Button,
            Self::TransportSeek => ControlKind::Seconds,
        }
    }

    pub fn address(self) -> String {
        match self {
            Self::TrackVolume { track_number } => format!("/track/{track_number}/volume"),
            Self::TrackPan { track_number } => format!("/track/{track_number}/pan"),
            Self::TrackMute { track_number } => format!("/track/{track_number}/mute"),
            Self::TrackSolo { track_number } => format!("/track/{track_number}/solo"),
            Self::MasterVolume => "/master/volume".to_owned(),
            Self::TransportPlay => "/transport/play".to_owned(),
            Self::TransportStop => "/transport/stop".to_owned(),
            Self::TransportSeek => "/transport/seek".to_owned(),
        }
    }

    pub fn from_address(address: &str) -> Option<Self> {
        let mut parts = address.strip_prefix('/')?.split('/');
        let control = match (parts.next()?, parts.next()?, parts.next()) {
            ("track", number, Some(what)) => on_track(track_number(number)?, what)?,
            ("master", "volume", None) => Self::MasterVolume,
            ("transport", "play", None) => Self::TransportPlay,
            ("transport", "stop", None) => Self::TransportStop,
            ("transport", "seek", None) => Self::TransportSeek,
            _ => return None,
        };
        parts.next().is_none().then_some(control)
    }
}

/// What a message asks for.
pub fn parse(message: &OscMessage) -> Result<(Control, ControlValue), OscMapError> {
    let address = || shortened(&message.address);
    let control =
        Control::from_address(&message.address).ok_or_else(|| OscMapError::UnknownAddress { address: address() })?;
    let (kind, wanted) = (control.kind(), wanted(control.kind()));
    match message.arguments.first() {
        None if kind == ControlKind::Button => Ok((control, ControlValue::Button(true))),
        None => Err(OscMapError::MissingArgument { address: address(), wanted }),
        Some(argument) => number(argument)
            .and_then(|number| ControlValue::from_number(kind, number))
            .map(|value| (control, value))
            .ok_or_else(|| OscMapError::BadArgument { address: address(), wanted }),
    }
}

/// What is shown on the other side. Switches and buttons are said as 0 or 1, which every app understands; the others as floats.
pub fn feedback(control: Control, value: ControlValue) -> OscMessage {
    let argument = match value {
        ControlValue::Switch(on) | ControlValue::Button(on) => OscArgument::Int(i32::from(on)),
        ControlValue::Fader(number) | ControlValue::Pan(number) | ControlValue::Seconds(number) => {
            OscArgument::Float(number as f32)
        }
    };
    OscMessage { address: control.address(), arguments: vec![argument] }
}

fn on_track(track_number: u32, what: &str) -> Option<Control> {
    Some(match what {
        "volume" => Control::TrackVolume { track_number },
        "pan" => Control::TrackPan { track_number },
        "mute" => Control::TrackMute { track_number },
        "solo" => Control::TrackSolo { track_number },
        _ => return None,
    })
}

/// Digits only: `u32::from_str` would take `+1` as well.
fn track_number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number > 0)
}

fn number(argument: &OscArgument) -> Option<f64> {
    match argument {
        OscArgument::Int(number) => Some(f64::from(*number)),
        OscArgument::Float(number) => Some(f64::from(*number)),
        OscArgument::Bool(on) => Some(f64::from(u8::from(*on))),
        OscArgument::Text(_) => None,
    }
}

fn wanted(kind: ControlKind) -> &'static str {
    match kind {
        ControlKind::Fader => "a number from 0 to 1, the place of the fader",
        ControlKind::Pan => "a number from -1 (left) to 1 (right)",
        ControlKind::Switch => "0 or 1, or true or false",
        ControlKind::Button => "nothing, or 1 for pressed, 0 for let go",
        ControlKind::Seconds => "a number of seconds",
    }
}

/// An address may be as long as a packet; a message for a person may not.
fn shortened(address: &str) -> String {
    const LONGEST: usize = 60;
    if address.chars().count() <= LONGEST {
        address.to_owned()
    } else {
        address.chars().take(LONGEST).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ask(address: &str, arguments: &[OscArgument]) -> Result<(Control, ControlValue), OscMapError> {
        parse(&OscMessage { address: address.to_owned(), arguments: arguments.to_vec() })
    }

    #[test]
    fn every_address() {
        use OscArgument::{Bool, Float, Int};
        let cases = [
            ("/track/1/volume", Float(0.75), Control::TrackVolume { track_number: 1 }, ControlValue::Fader(0.75)),
            ("/track/12/pan", Float(-0.5), Control::TrackPan { track_number: 12 }, ControlValue::Pan(-0.5)),
            ("/track/3/mute", Int(1), Control::TrackMute { track_number: 3 }, ControlValue::Switch(true)),
            ("/track/3/solo", Bool(false), Control::TrackSolo { track_number: 3 }, ControlValue::Switch(false)),
            ("/master/volume", Int(1), Control::MasterVolume, ControlValue::Fader(1.0)),
            ("/transport/play", Float(1.0), Control::TransportPlay, ControlValue::Button(true)),
            ("/transport/stop", Int(0), Control::TransportStop, ControlValue::Button(false)),
            ("/transport/seek", Float(2.5), Control::TransportSeek, ControlValue::Seconds(2.5)),
        ];
        for (address, argument, control, value) in cases {
            assert_eq!(ask(address, &[argument]), Ok((control, value)));
            assert_eq!(control.address(), address);
        }
        assert_eq!(ask("/transport/play", &[]), Ok((Control::TransportPlay, ControlValue::Button(true))));
    }

    #[test]
    fn what_is_not_there() {
        let addresses = [
            "",
            "/",
            "track/1/volume",
            "/track/0/volume",
            "/track/+1/volume",
            "/track/-1/volume",
            "/track//volume",
            "/track/99999999999/volume",
            "/track/1",
            "/track/1/volume/x",
            "/track/1/gain",
            "/master",
            "/master/volume/",
            "/transport/rewind",
            "//track/1/volume",
        ];
        for address in addresses {
            assert_eq!(
                ask(address, &[]),
                Err(OscMapError::UnknownAddress { address: address.to_owned() }),
                "{address}"
            );
        }
    }

    #[test]
    fn arguments_that_say_nothing() {
        let volume = "/track/1/volume";
        assert!(matches!(ask(volume, &[]), Err(OscMapError::MissingArgument { .. })));
        assert!(matches!(ask(volume, &[OscArgument::Float(f32::NAN)]), Err(OscMapError::BadArgument { .. })));
        assert!(matches!(ask(volume, &[OscArgument::Text("loud".to_owned())]), Err(OscMapError::BadArgument { .. })));
        assert_eq!(
            ask(volume, &[OscArgument::Text("loud".to_owned())]).map_err(|error| error.to_string()),
            Err("/track/1/volume wants a number from 0 to 1, the place of the fader".to_owned())
        );
    }

    proptest! {
        #[test]
        fn feedback_is_understood_as_what_it_is(track_number in 1_u32.., number in -2.0..2.0_f64, which in 0..8) {
            let control = match which {
                0 => Control::TrackVolume { track_number },
                1 => Control::TrackPan { track_number },
                2 => Control::TrackMute { track_number },
                3 => Control::TrackSolo { track_number },
                4 => Control::MasterVolume,
                5 => Control::TransportPlay,
                6 => Control::TransportStop,
                _ => Control::TransportSeek,
            };
            let value = ControlValue::from_number(control.kind(), number).unwrap();
            let (heard, heard_value) = parse(&feedback(control, value)).unwrap();
            prop_assert_eq!(heard, control);
            prop_assert!(heard_value.shows_as(value));
        }

        #[test]
        fn no_address_harms(address in ".{0,200}") {
            let _answer = ask(&address, &[]);
        }
    }
}
