//! How much of the processor a frame of the window takes: the real session with the demo song, the real layout, and
//! no screen, so that a graphics driver (or its stand-in in software) is not measured with it.

use crate::aura::Aura;
use crate::dialogs::SystemPicker;
use crate::panels::dock::Pane;
use crate::state::Session;
use eframe::egui::{Context, RawInput, Rect, pos2, vec2};
use loophole_pulse::bench::{Bench, BenchError, Figure, Outcome};
use loophole_pulse::core::{CoreConfig, OpenAtStart, OscConfig};
use loophole_pulse::hardware::{AudioConfig, AudioHost};
use loophole_pulse::intent::{Intent, surface, transport};
use loophole_pulse::runtime::{self, PulseConfig, SignalCommand};
use loophole_pulse::view::surfaces::{DeviceClass, Interaction, SurfaceState, SurfaceView};
use std::sync::Arc;
use std::time::{Duration, Instant};

const FRAMES: usize = 600;
const SURFACES: usize = 4;
/// 1,000 a second for each surface.
const EVENTS_PER_FRAME: usize = 16;
const SIZE: [f32; 2] = [1440.0, 900.0];

pub(super) fn frame(bench: &Bench) -> Result<Outcome, BenchError> {
    let scratch = loophole_pulse::bench::Scratch::new()?;
    let core = CoreConfig {
        sample_rate: 48_000,
        data_folder: scratch.path().to_owned(),
        audio: AudioConfig { host: AudioHost::Silent, ..AudioConfig::default() },
        osc: OscConfig { enabled: false, ..OscConfig::default() },
        open: OpenAtStart::Demo,
        demo: crate::demo::DEMO,
    };
    let signal = SignalCommand { program: bench.program.clone(), arguments: vec!["signal".to_owned()] };
    let pulse = runtime::start(PulseConfig { core, signal, serve: None, wake: Arc::new(|| {}) })
        .map_err(|error| BenchError::Failed(error.to_string()))?;
    let running = pulse.running;
    let ctx = Context::default();
    let session = Session::new(Box::new(pulse.handle), pulse.tap);
    let mut aura = Aura::new(&ctx, None, session, Arc::new(SystemPicker));
    let mut painted = Painted::default();
    // The song, its waveforms and the engine come within the first seconds.
    let deadline = Instant::now() + Duration::from_secs(20);
    while !(aura.session().engine_is_there() && painted.count > 60) {
        painted.frame(&ctx, &mut aura);
        std::thread::sleep(Duration::from_millis(16));
        if Instant::now() > deadline {
            return Err(BenchError::Failed("the engine does not run".to_owned()));
        }
    }
    aura.ask(Intent::TransportPlay(transport::Play {}));
    painted = Painted::default();
    for _ in 0..FRAMES {
        painted.frame(&ctx, &mut aura);
        std::thread::sleep(Duration::from_millis(16).saturating_sub(painted.last));
    }
    let surfaces = with_surfaces(&ctx, &mut aura);
    drop(running);
    let mut figures = vec![
        Figure::new("a frame of the window while the demo song plays", "ms", painted.layout).at_most(4.0, 0.5),
        Figure::new("of it to triangles", "ms", painted.tessellate),
    ];
    figures.extend(surfaces.map(|surfaces| {
        Figure::new("a frame with the surfaces in view, 4 × 1,000 events/s", "ms", surfaces.layout).at_most(8.0, 0.99)
    }));
    Ok(Outcome::Figures(figures))
}

/// Simulates four surfaces, shows their panel, and moves what they have; none when they do not come.
fn with_surfaces(ctx: &Context, aura: &mut Aura) -> Option<Painted> {
    let profiles = Arc::clone(&aura.session().view().surfaces.profiles);
    let profile = profiles.iter().find(|profile| profile.class == DeviceClass::Mcu).or(profiles.first())?;
    for _ in 0..SURFACES {
        aura.ask(Intent::SurfaceSimulate(surface::Simulate { profile_id: profile.id.clone() }));
    }
    aura.look_at(Pane::Surfaces);
    let mut painted = Painted::default();
    let is_live = |device: &Arc<SurfaceView>| device.simulated && device.state == SurfaceState::Live;
    let deadline = Instant::now() + Duration::from_secs(10);
    while aura.session().view().surfaces.devices.iter().filter(|device| is_live(device)).count() < SURFACES {
        painted.frame(ctx, aura);
        std::thread::sleep(Duration::from_millis(16));
        if Instant::now() > deadline {
            return None;
        }
    }
    painted = Painted::default();
    for frame in 0..FRAMES {
        let devices = Arc::clone(&aura.session().view().surfaces.devices);
        for device in devices.iter().filter(|device| is_live(device)) {
            let moving = device.elements.iter().filter(|element| element.input.contains_key(&Interaction::Move));
            let ids: Vec<&str> = moving.map(|element| element.id.as_str()).collect();
            for (at, id) in ids.iter().cycle().take(if ids.is_empty() { 0 } else { EVENTS_PER_FRAME }).enumerate() {
                let value = ((frame + at) % 100) as f64 / 100.0;
                let input = surface::SimulateInput {
                    device: device.device,
                    element: (*id).to_owned(),
                    interaction: Interaction::Move,
                    value,
                };
                aura.ask(Intent::SurfaceSimulateInput(input));
            }
        }
        painted.frame(ctx, aura);
        std::thread::sleep(Duration::from_millis(16).saturating_sub(painted.last));
    }
    Some(painted)
}

#[derive(Default)]
struct Painted {
    count: usize,
    last: Duration,
    /// Per frame in milliseconds: layout and tessellation together.
    layout: Vec<f64>,
    tessellate: Vec<f64>,
}

impl Painted {
    fn frame(&mut self, ctx: &Context, aura: &mut Aura) {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(SIZE[0], SIZE[1]))),
            ..RawInput::default()
        };
        let began = Instant::now();
        aura.take_over(ctx);
        let mut output = ctx.run_ui(input, |ui| aura.show(ui));
        let laid_out = began.elapsed();
        let triangles = ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        self.last = began.elapsed();
        std::hint::black_box(triangles);
        output.drop_without_applying_deltas();
        self.layout.push(self.last.as_secs_f64() * 1e3);
        self.tessellate.push((self.last - laid_out).as_secs_f64() * 1e3);
        self.count += 1;
    }
}
