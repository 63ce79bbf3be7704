//! What is told of levels and load.

use crate::model::ChannelId;
use crate::telemetry::TelemetryView;
use loophole_wire::decibels::WireValue;
use schemars::JsonSchema;
use serde::Serialize;

/// How often meters come.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rate {
    /// In Hz.
    pub rate_hz: u32,
}

/// What is heard now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Meters {
    /// At the project's sample rate.
    pub position_frames: i64,
    pub rolling: bool,
    /// When the engine was there: nanoseconds since 1970-01-01T00:00:00Z.
    pub at_nanos: u64,
    /// Every channel, measured at the end of its strip.
    pub channels: Vec<Meter>,
    pub load: Load,
}

/// The levels of a channel: left, right.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Meter {
    pub channel_id: ChannelId,
    /// In dB of full scale.
    pub peak_db: [WireValue; 2],
    /// In dB of full scale.
    pub rms_db: [WireValue; 2],
    /// The highest peak of the last moments, in dB of full scale.
    pub hold_db: [WireValue; 2],
    /// A sample was over full scale since meters were last cleared.
    pub clipped: bool,
}

/// How hard the audio thread works.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Load {
    /// Of the time that a block may take; 1 = all of it.
    pub dsp: f32,
    /// The highest of the last moments.
    pub peak: f32,
    /// Blocks that came too late, since the engine started.
    pub xruns: u32,
}

impl Meters {
    pub fn of(telemetry: &TelemetryView) -> Self {
        let levels = |levels: [f32; 2]| levels.map(|db| WireValue((f64::from(db) * 100.0).round() / 100.0));
        let meter = |meter: &crate::telemetry::ChannelMeter| Meter {
            channel_id: meter.channel,
            peak_db: levels(meter.peak_db),
            rms_db: levels(meter.rms_db),
            hold_db: levels(meter.hold_db),
            clipped: meter.clipped,
        };
        Self {
            position_frames: telemetry.position_frames,
            rolling: telemetry.rolling,
            at_nanos: telemetry.at_nanos,
            channels: telemetry.meters.iter().map(meter).collect(),
            load: Load { dsp: telemetry.load.dsp, peak: telemetry.load.peak, xruns: telemetry.load.xruns },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::ChannelMeter;
    use std::sync::Arc;

    #[test]
    fn meters_are_told_in_the_shape_of_the_protocol() {
        let meter = ChannelMeter {
            channel: ChannelId(4),
            peak_db: [-6.021, f32::NEG_INFINITY],
            hold_db: [0.0; 2],
            rms_db: [-12.0; 2],
            clipped: false,
        };
        let telemetry = TelemetryView { position_frames: 7, meters: Arc::new(vec![meter]), ..Default::default() };
        let payload = serde_json::to_value(Meters::of(&telemetry)).unwrap();
        assert_eq!(payload["positionFrames"], 7);
        assert_eq!(payload["channels"][0]["channelId"], "ch4");
        assert_eq!(payload["channels"][0]["peakDb"], serde_json::json!([-6.02, "-inf"]));
        assert_eq!(payload["load"]["xruns"], 0);
    }
}
