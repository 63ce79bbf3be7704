//! Making a device listen: Mackie's challenge and response, before its startup messages.
//!
//! A device that agrees goes on at once. One that is silent, or not content, is used all the same, and says why.

use crate::core::Core;
use crate::view::surfaces::SurfaceState;
use loophole_surfaces::midi::mcu::{self, Handshake as Said};
use loophole_surfaces::profile::Handshake;

/// Each step of the exchange may take so long.
const PATIENCE_NANOS: u64 = 1_000_000_000;

/// How far a device is in saying that it listens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Connecting {
    /// Nothing is to be said, or all is.
    #[default]
    No,
    /// It spoke first, before anybody knew what it is.
    Heard(Challenge),
    /// It was asked who it is.
    Asked,
    /// Its challenge was answered; the serial number is what it must come back with.
    Answered([u8; 7]),
    /// It asked while it was in use, and was answered: it was switched off and on, and begins again if it agrees.
    Again([u8; 7]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    device: u8,
    serial: [u8; 7],
    challenge: [u8; 4],
}

impl Connecting {
    /// A word of the device is waited for.
    pub(super) fn is_waiting(self) -> bool {
        matches!(self, Self::Asked | Self::Answered(_))
    }
}

impl Core {
    /// True if a handshake is under way now: startup goes on when it is over.
    pub(super) fn begin_handshake(&mut self, number: u32) -> bool {
        let Some(device) = self.surfaces.devices.get_mut(&number) else { return false };
        let wanted = device.profile.as_ref().and_then(|profile| profile.handshake);
        let heard = device.connecting;
        device.connecting = Connecting::No;
        // On the screen, there is nobody who could answer.
        let Some(Handshake::Mcu { model }) = wanted.filter(|_| !device.simulated && device.output_port().is_some())
        else {
            return false;
        };
        if let Connecting::Heard(challenge) = heard {
            device.connecting = heard;
            self.answer_challenge(number, challenge);
        } else {
            device.connecting = Connecting::Asked;
            self.tell_device(number, &mcu::device_query(model), false);
        }
        self.handshake_until(number);
        true
    }

    /// A word of the handshake; true unless it is none of this device's business.
    pub(super) fn handshake_said(&mut self, number: u32, said: Said) -> bool {
        let Some(device) = self.surfaces.devices.get_mut(&number) else { return false };
        if let (Said::ConnectionQuery { device: model, serial, challenge }, false) = (said, device.is_used()) {
            // Which box it is may not be known yet.
            let early = matches!(device.state, SurfaceState::Probing | SurfaceState::Tied);
            if early {
                device.connecting = Connecting::Heard(Challenge { device: model, serial, challenge });
            }
            return early;
        }
        let wanted = device.profile.as_ref().is_some_and(|profile| profile.handshake.is_some());
        if !wanted || !device.is_used() {
            return false;
        }
        match (said, device.connecting) {
            (Said::ConnectionQuery { device: model, serial, challenge }, connecting) => {
                self.answer_challenge(number, Challenge { device: model, serial, challenge });
                if connecting == Connecting::Asked {
                    self.handshake_until(number);
                }
            }
            (Said::Confirmed { serial, .. }, Connecting::Answered(of) | Connecting::Again(of)) if of != serial => {
                let trouble = "it agreed to the connection of another serial number; it is used all the same";
                self.handshake_done(number, Some(trouble));
            }
            (Said::Confirmed { .. }, Connecting::Asked | Connecting::Answered(_) | Connecting::Again(_)) => {
                self.handshake_done(number, None);
            }
            (Said::Refused { .. }, Connecting::Asked | Connecting::Answered(_) | Connecting::Again(_)) => {
                let trouble = "it did not accept the answer to its connection query; it is used all the same, \
                               switch it off and on if it stays dark";
                self.handshake_done(number, Some(trouble));
            }
            // What nobody asked for.
            (Said::Confirmed { .. } | Said::Refused { .. }, Connecting::No | Connecting::Heard(_)) => {}
        }
        true
    }

    /// The time for a step is over.
    pub(super) fn handshake_over(&mut self, number: u32) {
        let Some(device) = self.surfaces.devices.get(&number) else { return };
        let trouble = if device.connecting == Connecting::Asked {
            "it did not answer the connection query; it is used all the same, see that it is in Mackie Control mode"
        } else {
            "it did not confirm the connection; it is used all the same, switch it off and on if it stays dark"
        };
        self.handshake_done(number, Some(trouble));
    }

    fn answer_challenge(&mut self, number: u32, Challenge { device, serial, challenge }: Challenge) {
        if let Some(known) = self.surfaces.devices.get_mut(&number) {
            known.connecting = match known.connecting {
                Connecting::Heard(_) | Connecting::Asked | Connecting::Answered(_) => Connecting::Answered(serial),
                Connecting::No | Connecting::Again(_) => Connecting::Again(serial),
            };
        }
        self.tell_device(number, &mcu::connection_reply(device, serial, challenge), false);
    }

    fn handshake_until(&mut self, number: u32) {
        if let Some(device) = self.surfaces.devices.get_mut(&number) {
            device.deadline = Some(self.now + PATIENCE_NANOS);
        }
    }

    /// Begins, or begins again, with the startup messages.
    fn handshake_done(&mut self, number: u32, trouble: Option<&str>) {
        let Some(device) = self.surfaces.devices.get_mut(&number) else { return };
        let again = matches!(device.connecting, Connecting::Again(_));
        device.connecting = Connecting::No;
        device.trouble = trouble.map(str::to_owned);
        if trouble.is_some() && again {
            return self.surfaces_changed();
        }
        device.deadline = None;
        device.startup_at = 0;
        device.state = SurfaceState::Starting;
        self.continue_startup(number);
        self.surfaces_changed();
    }
}
