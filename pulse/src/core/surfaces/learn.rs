//! Learning: the person moves a control, and it becomes the one that controls something.

use crate::core::{Core, codes::Code, codes::reject};
use crate::event::Rejection;
use crate::intent::surface::{AddMapping, LearnBegin};
use crate::mapping::{target, words};
use crate::view::surfaces::{ConflictView, LearnView};
use loophole_surfaces::element::Element;
use loophole_surfaces::generic;
use loophole_surfaces::learn::{Learner, Proposal, Waiting};
use loophole_surfaces::mapping::{Glue, Mapping, Target, When};
use loophole_wire::plane::DeviceInput;
use std::collections::BTreeMap;

/// A learn that is going on.
#[derive(Debug)]
pub(super) struct Learn {
    ask: LearnBegin,
    learners: BTreeMap<u32, Learner>,
    prompt: String,
    learned: Option<(u32, String)>,
    conflicts: Vec<ConflictView>,
    /// Waits for the person's choice.
    proposal: Option<AddMapping>,
}

impl Learn {
    pub(super) fn view(&self) -> LearnView {
        LearnView {
            device: self.ask.device,
            target: self.ask.target.clone(),
            target_name: self.ask.target.as_ref().map(words::target).unwrap_or_default(),
            prompt: self.prompt.clone(),
            batch: self.ask.batch,
            learned: self.learned.clone(),
            conflicts: self.conflicts.clone(),
            proposal: self.proposal.as_ref().map(|proposal| (*proposal.mapping).clone()),
        }
    }
}

impl Core {
    pub(super) fn learn_begin(&mut self, ask: LearnBegin) -> Result<(), Rejection> {
        if let Some(number) = ask.device {
            self.device(number)?;
        }
        if let Some(Err(reason)) = ask.target.as_ref().map(target::check) {
            return Err(reject(Code::SurfaceBadMapping, reason));
        }
        self.surfaces.learn = Some(Learn {
            ask,
            learners: BTreeMap::new(),
            prompt: Waiting::Anything.prompt().to_owned(),
            learned: None,
            conflicts: Vec::new(),
            proposal: None,
        });
        self.learn_changed();
        Ok(())
    }

    pub(super) fn learn_cancel(&mut self) {
        self.surfaces.learn = None;
        self.learn_changed();
    }

    pub(super) fn is_learning(&self, number: u32) -> bool {
        self.surfaces.learn.as_ref().is_some_and(|learn| learn.ask.device.is_none_or(|wanted| wanted == number))
    }

    /// A device said something while the person teaches.
    pub(super) fn learn_from(&mut self, number: u32, record: &DeviceInput) {
        let Some(device) = self.surfaces.devices.get_mut(&number) else { return };
        let raw = device.decoder.as_mut().map(|decoder| decoder.raw(&record.bytes)).unwrap_or_default();
        let Some(learn) = self.surfaces.learn.as_mut().filter(|learn| learn.proposal.is_none()) else { return };
        let learner = learn.learners.entry(number).or_insert_with(|| Learner::new(false));
        let mut learned = None;
        for event in &raw {
            learned = learner.feed(event, record.at_nanos).or(learned);
        }
        let prompt = learner.waiting().prompt();
        if learned.is_none() && learn.prompt != prompt {
            prompt.clone_into(&mut learn.prompt);
            self.learn_changed();
        }
        if let Some(learned) = learned {
            self.element_learned(number, learned);
        }
    }

    /// What was moved may be clear only when nothing more comes.
    pub(super) fn settle_learning(&mut self) {
        let now = self.now;
        let Some(learn) = self.surfaces.learn.as_mut().filter(|learn| learn.proposal.is_none()) else { return };
        let learned = learn.learners.iter_mut().find_map(|(number, learner)| Some((*number, learner.settle(now)?)));
        if let Some((number, learned)) = learned {
            self.element_learned(number, learned);
        }
    }

    /// When [`Self::settle_learning`] has something to do.
    pub(super) fn learning_due(&self) -> Option<u64> {
        let learn = self.surfaces.learn.as_ref().filter(|learn| learn.proposal.is_none())?;
        learn.learners.values().filter_map(|learner| learner.due_nanos(self.now)).min()
    }

    fn element_learned(&mut self, number: u32, learned: Proposal) {
        let Proposal { source, kind, interaction, more, .. } = learned;
        let device = &self.surfaces.devices[&number];
        let known = device.elements.iter().find(|element| element.input.get(&interaction) == Some(&source));
        let element = known.cloned().unwrap_or_else(|| {
            let mut element = generic::element(source, kind, interaction);
            element.input.extend(more);
            element
        });
        let elements = if known.is_some() { Vec::new() } else { vec![element.clone()] };
        let Some(learn) = &mut self.surfaces.learn else { return };
        learn.learned = Some((number, element.name.clone()));
        learn.learners.clear();
        let Some(target) = learn.ask.target.clone() else {
            self.learned_without_target(number, elements);
            return;
        };
        let mapping = Box::new(Mapping {
            id: self.free_id(&self.surfaces.devices[&number], &element.id),
            name: String::new(),
            enabled: true,
            element: element.id,
            interaction,
            when: When::default(),
            glue: Glue::default(),
            target,
            feedback: None,
        });
        let conflicts: Vec<ConflictView> = self.conflicts(&self.surfaces.devices[&number], &mapping);
        let Some(learn) = &mut self.surfaces.learn else { return };
        let scope = learn.ask.scope;
        let proposal = AddMapping { device: number, mapping, scope, elements, replace: Vec::new() };
        if conflicts.is_empty() {
            return self.save_learned(proposal);
        }
        learn.prompt = "This control is in use; choose what becomes of it".to_owned();
        learn.conflicts = conflicts;
        learn.proposal = Some(proposal);
        self.learn_changed();
    }

    /// Only the element was wanted: it is in the layout from now on.
    fn learned_without_target(&mut self, number: u32, elements: Vec<Element>) {
        let kept = self.keep_elements(number, &elements);
        self.learned(kept);
    }

    fn save_learned(&mut self, proposal: AddMapping) {
        let saved = self.add_mapping(proposal).map(|_| ());
        self.learned(saved);
    }

    /// The next one, or the end.
    fn learned(&mut self, outcome: Result<(), Rejection>) {
        if let Err(problem) = outcome {
            self.notice_of(crate::view::Severity::Warning, &problem);
        }
        let Some(learn) = &mut self.surfaces.learn else { return };
        learn.conflicts.clear();
        learn.proposal = None;
        if learn.ask.batch {
            let name = learn.learned.as_ref().map_or("", |(_, name)| name.as_str());
            learn.prompt = format!("Learned {name}. Move the next control");
            learn.ask.target = learn.ask.target.take().and_then(next_target);
            if learn.ask.target.is_none() {
                self.surfaces.learn = None;
            }
        } else {
            self.surfaces.learn = None;
        }
        self.learn_changed();
    }

    pub(super) fn learn_confirm(&mut self, replace: bool) -> Result<(), Rejection> {
        let learn = self.surfaces.learn.as_mut();
        let proposal = learn.and_then(|learn| Some((learn.proposal.take()?, std::mem::take(&mut learn.conflicts))));
        let Some((mut proposal, conflicts)) = proposal else {
            return Err(reject(Code::SurfaceNothing, "nothing that was learned waits for a choice"));
        };
        if replace {
            proposal.replace = conflicts.into_iter().map(|conflict| conflict.mapping_id).collect();
        }
        self.save_learned(proposal);
        Ok(())
    }

    fn learn_changed(&mut self) {
        let surfaces = &mut self.surfaces;
        let proposal = surfaces.learn.as_ref().and_then(|learn| learn.proposal.as_ref());
        surfaces.engine.ask_about(proposal.map(|proposal| (proposal.device, proposal.mapping.element.as_str())));
        surfaces.stale = true;
        self.surfaces_changed();
        self.tell_learn();
    }
}

/// In a batch, the next strip, send or parameter follows by itself.
fn next_target(target: Target) -> Option<Target> {
    use loophole_surfaces::mapping::Selector;
    let next = |of: Selector| match of {
        Selector::Bank { index } => Some(Selector::Bank { index: index + 1 }),
        _ => None,
    };
    Some(match target {
        Target::Gain { of } => Target::Gain { of: next(of)? },
        Target::Pan { of } => Target::Pan { of: next(of)? },
        Target::Flag { of, flag } => Target::Flag { of: next(of)?, flag },
        Target::Select { of } => Target::Select { of: next(of)? },
        Target::SendLevel { of, send } => Target::SendLevel { of: next(of)?, send },
        Target::NodeParameter { of, node, parameter } => Target::NodeParameter { of, node, parameter: parameter + 1 },
        _ => return None,
    })
}
