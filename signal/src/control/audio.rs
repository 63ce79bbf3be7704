//! The control thread's part in audio output: what was asked for, what became of it, and who is told.

use super::{Control, lock};
use crate::audio::{AudioEvent, AudioOutput};
use crate::outgoing::{Asked, Outgoing};
use crate::reports::Pending;
use loophole_wire::ErrorBody;
use loophole_wire::message::{EngineEvent, engine, hardware};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// What the audio supervisor's events need from any thread.
pub(super) struct Shared {
    pub(super) outgoing: Outgoing,
    pub(super) pending: Arc<Pending>,
    pub(super) state: Mutex<SharedState>,
    pub(super) born: Instant,
}

#[derive(Default)]
pub(super) struct SharedState {
    pub(super) wanted: hardware::AudioConfig,
    pub(super) device: Option<engine::Device>,
    pub(super) reason: Option<String>,
    pub(super) latency_frames: u32,
    pub(super) first_block_micros: Option<u64>,
    pub(super) asked: Vec<Asked>,
    pub(super) told: Option<engine::Device>,
    pub(super) new_rate: Option<u32>,
}

impl Control {
    pub(super) fn start(
        &mut self,
        asked: &Asked,
        config: hardware::AudioConfig,
    ) -> Result<Option<EngineEvent>, ErrorBody> {
        if self.audio().is_some() {
            return self.reconfigure(asked, config);
        }
        let Some(processor) = self.link.unpark() else {
            return Err(ErrorBody::new("engine.notRunning", "the audio thread was lost; restart the engine"));
        };
        {
            let mut shared = self.shared();
            shared.wanted = config.clone();
            shared.asked.push(asked.clone());
        }
        let shared = Arc::clone(&self.shared);
        let events = Arc::new(move |event| shared.audio_event(event));
        *self.audio() = Some(AudioOutput::start(config, self.preferred_rate, processor, events));
        Ok(None)
    }

    /// What is wanted from now on. While nothing runs it is only kept.
    pub(super) fn reconfigure(
        &mut self,
        asked: &Asked,
        config: hardware::AudioConfig,
    ) -> Result<Option<EngineEvent>, ErrorBody> {
        self.shared().wanted = config.clone();
        let audio = lock(&self.audio);
        let Some(output) = audio.as_ref() else {
            drop(audio);
            return Ok(Some(self.engine_state()));
        };
        self.shared().asked.push(asked.clone());
        output.reconfigure(config, self.preferred_rate);
        Ok(None)
    }

    pub(super) fn stop_audio(&mut self) -> Result<Option<EngineEvent>, ErrorBody> {
        let output = self.audio().take();
        if let Some(output) = output {
            match output.stop() {
                Some(processor) => self.link.park(processor),
                None => {
                    self.ends = true;
                    return Err(ErrorBody::new(
                        "engine.fatal",
                        "the audio device hangs and does not give the audio thread back; the engine ends",
                    ));
                }
            }
        }
        let waiting = {
            let mut shared = self.shared();
            shared.device = None;
            shared.told = None;
            shared.reason = None;
            shared.latency_frames = 0;
            std::mem::take(&mut shared.asked)
        };
        // Whoever still waited for a device gets the truth, too.
        let event = self.engine_state();
        waiting.iter().for_each(|asked| self.outgoing.event(Some(asked), &event));
        Ok(Some(event))
    }
}

impl Shared {
    pub(super) fn engine_state(&self) -> engine::State {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        engine::State {
            running: state.device.is_some(),
            device: state.device.clone(),
            wanted: state.wanted.clone(),
            reason: state.reason.clone(),
            latency_frames: state.latency_frames,
            graph_version: self.pending.graph_version(),
            first_block_micros: state.first_block_micros,
        }
    }

    /// Comes from the audio supervisor's thread.
    pub(super) fn audio_event(&self, event: AudioEvent) {
        match event {
            AudioEvent::Started { device, reason, latency_frames } => {
                let (asked, is_new) = {
                    let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                    let first = u64::try_from(self.born.elapsed().as_micros()).unwrap_or(u64::MAX);
                    state.first_block_micros.get_or_insert(first);
                    state.new_rate = Some(device.sample_rate);
                    state.device = Some(device.clone());
                    state.reason = reason;
                    state.latency_frames = latency_frames;
                    let is_new = state.told.replace(device.clone()).as_ref() != Some(&device);
                    (std::mem::take(&mut state.asked), is_new)
                };
                let sample_rate = device.sample_rate;
                if is_new {
                    self.outgoing.event(
                        None,
                        &EngineEvent::EngineConfigResolved(engine::ConfigResolved { device, sample_rate }),
                    );
                }
                let engine_state = self.engine_state();
                let event = EngineEvent::EngineState(engine_state);
                if asked.is_empty() {
                    self.outgoing.event(None, &event);
                }
                asked.iter().for_each(|asked| self.outgoing.event(Some(asked), &event));
            }
            AudioEvent::Lost { host, name, reason, fallback } => {
                let lost = hardware::DeviceLost { host, name, reason, fallback };
                self.outgoing.event(None, &EngineEvent::HardwareDeviceLost(lost));
            }
        }
    }
}
