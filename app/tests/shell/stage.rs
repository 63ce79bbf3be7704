//! A window of 1280 × 720 points on a fake Pulse.

use crate::fake::Fake;
use eframe::egui::{Context, Event, Key, Modifiers, Pos2, Vec2};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, Node};
use loophole::aura::Aura;
use loophole::dialogs::{Ask, FilePicker};
use loophole::state::Session;
use loophole::theme::{self, ThemeChoice};
use loophole_pulse::view::SessionView;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// The system's file dialogs, as a script: what they answer next, and what they were asked.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) answers: Mutex<Vec<Vec<PathBuf>>>,
    pub(crate) asked: Mutex<Vec<Ask>>,
}

impl FilePicker for Script {
    fn pick(&self, ask: &Ask) -> Vec<PathBuf> {
        self.asked.lock().expect("not poisoned").push(ask.clone());
        self.answers.lock().expect("not poisoned").pop().unwrap_or_default()
    }
}

pub(crate) struct Stage {
    pub(crate) harness: Harness<'static, Aura>,
    pub(crate) fake: Fake,
    pub(crate) script: Arc<Script>,
}

/// Opens the window.
pub(crate) fn open(view: SessionView) -> Stage {
    let (fake, script) = (Fake::new(view), Arc::new(Script::default()));
    let session = Session::new(fake.port(), Arc::default());
    let picker: Arc<dyn FilePicker> = Arc::clone(&script) as _;
    let aura = Aura::new(&Context::default(), None, session, picker);
    let setup = |ctx: &Context| {
        theme::install(ctx);
        theme::apply(ctx, ThemeChoice::Dark);
    };
    let builder = Harness::builder()
        .with_size(Vec2::new(1_280.0, 720.0))
        .with_context_setup(setup)
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(60);
    let show = |ui: &mut eframe::egui::Ui, aura: &mut Aura| {
        aura.take_over(ui);
        aura.show(ui);
    };
    let mut stage = Stage { harness: builder.build_ui_state(show, aura), fake, script };
    stage.settle();
    stage.fake.asked();
    stage
}

impl Stage {
    /// Until nothing moves any more, or a second has passed.
    pub(crate) fn settle(&mut self) {
        self.harness.run_ok();
    }

    pub(crate) fn get<'a>(&'a self, name: &'a str) -> Node<'a> {
        self.harness.get_by_label(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.harness.query_all_by_label(name).next().is_some()
    }

    /// Something is said that contains this.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.harness
            .query_all_by(|node| {
                let value = node.value().unwrap_or_default();
                let label = node.label().unwrap_or_default();
                value.contains(text) || label.contains(text)
            })
            .next()
            .is_some()
    }

    pub(crate) fn click(&mut self, name: &str) {
        self.get(name).click();
        self.settle();
    }

    pub(crate) fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    pub(crate) fn type_text(&mut self, text: &str) {
        self.harness.event(Event::Text(text.to_owned()));
        self.settle();
    }

    pub(crate) fn center(&self, name: &str) -> Pos2 {
        self.get(name).rect().center()
    }

    /// Presses at a place, moves by steps, and leaves the button down.
    pub(crate) fn drag(&mut self, from: Pos2, by: Vec2) {
        self.harness.hover_at(from);
        self.harness.step();
        self.harness.drag_at(from);
        self.harness.step();
        for part in 1..=4 {
            self.harness.hover_at(from + by * (part as f32 / 4.0));
            self.harness.step();
        }
    }

    pub(crate) fn let_go(&mut self, at: Pos2) {
        self.harness.drop_at(at);
        self.settle();
    }

    /// What Pulse was asked since the last call.
    pub(crate) fn asked(&self) -> String {
        self.fake.asked()
    }
}
