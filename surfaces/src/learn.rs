//! Learning a control by what a hand does with it: events in, a proposal out.
//!
//! The hand is asked to turn *right, then left*, or to press and let go. Right first is what tells the four codes of endless
//! encoders apart: in each, right and left have values of their own (see [`RelativeCode`]), and with steps of at most
//! [`MOST_STEPS`] no two codes have the same pair. What is quiet for [`QUIET_NANOS`] is done.

use crate::element::{ElementKind, Interaction};
use crate::raw::RawEvent;
use crate::source::{HidCode, InputValue, Realtime, RelativeCode, Source};

/// An encoder does not turn further between two messages.
pub const MOST_STEPS: i32 = 20;
/// After this the hand is at rest; who presses a button lets it go before.
pub const QUIET_NANOS: u64 = 700_000_000;

/// Controls that are looked at at once; of more, the one that was quiet longest is forgotten.
const MAX_CANDIDATES: usize = 64;
/// Events of one control that are looked at.
const MAX_EVENTS: usize = 512;
/// As a part of the whole way: less is noise.
const LEAST_TRAVEL: f64 = 0.1;
/// A stick or pedal is moved further than its neighbours are dragged along, and to an end.
const LEAST_AXIS_TRAVEL: f64 = 0.3;

/// What the learner wants the hand to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// For any control.
    Anything,
    /// It went right (or up).
    ThenLeft,
    /// Not clear yet.
    Further,
    /// It is pressed.
    LetGo,
    PressAgain,
    /// Nothing: it is learned.
    Done,
}

impl Waiting {
    /// For people.
    pub fn prompt(self) -> &'static str {
        match self {
            Self::Anything => "Turn it right, then left; move it up, then down; or press it and let go.",
            Self::ThenLeft => "Now turn it left, or move it down.",
            Self::Further => "Go on, as far as it goes.",
            Self::LetGo => "Let it go.",
            Self::PressAgain => "Press it once more and let go.",
            Self::Done => "Learned.",
        }
    }
}

/// How a button behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ButtonKind {
    /// On when pressed, off when let go.
    Momentary,
    /// On at one press, off at the next.
    Toggling,
    /// Says that it is pressed, never that it is let go.
    NoRelease,
}

/// What was learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Its text is the element's id.
    pub source: Source,
    pub kind: ElementKind,
    pub interaction: Interaction,
    pub button: Option<ButtonKind>,
    /// The same element's other sources: it says when it is touched, or how hard it is pressed.
    pub more: Vec<(Interaction, Source)>,
    /// The other direction of an XY pad: an element of its own.
    pub companion: Option<Source>,
}

/// Looks at what comes in until it is clear what was moved.
#[derive(Clone, Debug)]
pub struct Learner {
    /// After one control it goes on with the next.
    batch: bool,
    candidates: Vec<Candidate>,
    learned: Vec<Source>,
    waiting: Waiting,
}

#[derive(Clone, Debug)]
struct Candidate {
    source: Source,
    events: Vec<Event>,
}

#[derive(Clone, Copy, Debug)]
struct Event {
    at_nanos: u64,
    value: InputValue,
    number: f64,
}

enum Verdict {
    /// What would help; none = nothing was done yet.
    Open(Option<Waiting>),
    Learned(Proposal),
}

impl Learner {
    pub fn new(batch: bool) -> Self {
        Self { batch, candidates: Vec::new(), learned: Vec::new(), waiting: Waiting::Anything }
    }

    /// What the hand should do now.
    pub fn waiting(&self) -> Waiting {
        self.waiting
    }

    /// Takes an event of the device. Some if it is clear now what was moved; a learned control is not learned again.
    pub fn feed(&mut self, event: &RawEvent, at_nanos: u64) -> Option<Proposal> {
        let clock = Source::Realtime { message: Realtime::Clock };
        let source = candidate_source(event);
        let is_learned = self.learned.iter().any(|learned| overlaps(learned, &source));
        if self.waiting == Waiting::Done || source == clock || is_learned {
            return None;
        }
        let found = self.candidates.iter().position(|candidate| candidate.source == source);
        let index = found.unwrap_or_else(|| {
            if self.candidates.len() >= MAX_CANDIDATES {
                let quietest = self.candidates.iter().enumerate().min_by_key(|(_, candidate)| candidate.last_nanos());
                if let Some((quietest, _)) = quietest {
                    self.candidates.swap_remove(quietest);
                }
            }
            self.candidates.push(Candidate { source, events: Vec::new() });
            self.candidates.len() - 1
        });
        let candidate = self.candidates.get_mut(index)?;
        // What a place says twice was not moved: an echo, or the other half of something else.
        let repeated = candidate.events.last().is_some_and(|last| last.number == event.number);
        if repeated && matches!(event.value, InputValue::Place { .. }) && !candidate.may_repeat() {
            return None;
        }
        if candidate.events.len() < MAX_EVENTS {
            candidate.events.push(Event { at_nanos, value: event.value, number: event.number });
        } else if let Some(last) = candidate.events.last_mut() {
            last.at_nanos = at_nanos;
        }
        self.judge(index, at_nanos)
    }

    /// When [`Self::settle`] may know more, if nothing comes until then.
    pub fn due_nanos(&self, now_nanos: u64) -> Option<u64> {
        let ends = self.candidates.iter().map(|candidate| candidate.last_nanos().saturating_add(QUIET_NANOS));
        ends.filter(|end| *end > now_nanos).min()
    }

    /// Time has passed: what is quiet now may be clear.
    pub fn settle(&mut self, now_nanos: u64) -> Option<Proposal> {
        let mut indices: Vec<_> = (0..self.candidates.len()).collect();
        indices.sort_by(|a, b| self.weight(*b).total_cmp(&self.weight(*a)));
        indices.into_iter().find_map(|index| self.judge(index, now_nanos))
    }

    fn weight(&self, index: usize) -> f64 {
        self.candidates.get(index).map_or(0.0, Candidate::travel)
    }

    fn judge(&mut self, index: usize, now_nanos: u64) -> Option<Proposal> {
        let candidate = self.candidates.get(index)?;
        if self.candidates.iter().any(|other| other.supersedes(candidate)) {
            return None;
        }
        let verdict = candidate.judge(now_nanos);
        let mut proposal = match verdict {
            Verdict::Open(None) => return None,
            Verdict::Open(Some(waiting)) => {
                // What happens besides does not change what is asked for.
                if self.candidates.iter().all(|other| other.last_nanos() <= candidate.last_nanos()) {
                    self.waiting = waiting;
                }
                return None;
            }
            Verdict::Learned(proposal) => proposal,
        };
        let began = candidate.events.first()?.at_nanos;
        if proposal.button.is_some() {
            let moved_meanwhile = |other: &&Candidate| {
                other.is_continuous() && !other.is_pressure() && other.events.len() > 2 && other.last_nanos() >= began
            };
            if self.candidates.iter().any(|other| moved_meanwhile(&other)) {
                return None;
            }
            let pressed = self.candidates.iter().filter(|other| other.is_pressure() && other.last_nanos() >= began);
            let pressed = pressed.filter(|pressure| pressure.belongs_to(&candidate.source));
            proposal.more.extend(pressed.map(|other| (Interaction::Pressure, other.source.clone())).take(1));
        } else {
            let travel = candidate.travel();
            let further = |other: &Candidate| {
                candidate.is_continuous()
                    && other.is_continuous()
                    && other.travel() > travel
                    && !other.same_pad(candidate)
            };
            if self.candidates.iter().any(further) {
                return None;
            }
            let touched = self.candidates.iter().filter(|other| other.touches(candidate));
            proposal.more.extend(touched.map(|other| (Interaction::Touch, other.source.clone())).take(1));
            let companion =
                self.candidates.iter().find(|other| other.same_pad(candidate) && other.travel() >= LEAST_TRAVEL);
            proposal.companion = companion.map(Candidate::osc_source);
        }
        self.learned.push(proposal.source.clone());
        self.learned.extend(proposal.companion.clone());
        self.learned.extend(proposal.more.iter().map(|(_, source)| source.clone()));
        self.candidates.clear();
        self.waiting = if self.batch { Waiting::Anything } else { Waiting::Done };
        Some(proposal)
    }
}

impl Candidate {
    fn last_nanos(&self) -> u64 {
        self.events.last().map_or(0, |event| event.at_nanos)
    }

    /// Repeated values mean something: steps, or presses.
    fn may_repeat(&self) -> bool {
        matches!(self.source, Source::Cc { .. } | Source::Osc { .. } | Source::Program { .. })
    }

    fn is_continuous(&self) -> bool {
        self.events.iter().all(|event| matches!(event.value, InputValue::Place { .. }))
            && !matches!(self.source, Source::Program { .. })
            && self.switching().is_none()
    }

    fn is_pressure(&self) -> bool {
        matches!(self.source, Source::PolyPressure { .. } | Source::ChannelPressure { .. })
    }

    fn belongs_to(&self, note: &Source) -> bool {
        match (&self.source, note) {
            (Source::PolyPressure { channel, number }, Source::Note { channel: note_channel, number: note_number }) => {
                (channel, number) == (note_channel, note_number)
            }
            (Source::ChannelPressure { channel }, Source::Note { channel: note_channel, .. }) => {
                channel == note_channel
            }
            _ => false,
        }
    }

    /// A button that was on when the other began to move: what says that a fader is touched.
    fn touches(&self, other: &Self) -> bool {
        let (Some(first), Some(began)) = (self.events.first(), other.events.first()) else { return false };
        matches!(first.value, InputValue::Press { on: true, .. })
            && first.at_nanos <= began.at_nanos
            && self.events.iter().all(|event| {
                !matches!(event.value, InputValue::Press { on: false, .. }) || event.at_nanos >= began.at_nanos
            })
    }

    /// Another argument of the same OSC message.
    fn same_pad(&self, other: &Self) -> bool {
        match (&self.source, &other.source) {
            (
                Source::Osc { address, argument, .. },
                Source::Osc { address: other_address, argument: other_argument, .. },
            ) => address == other_address && argument != other_argument,
            _ => false,
        }
    }

    /// More exact than the other: 14 bits where the other is one half of them.
    fn supersedes(&self, other: &Self) -> bool {
        self.events.len() >= 2 && self.source != other.source && contains(&self.source, &other.source)
    }

    /// How far it went, as a part of the whole way.
    fn travel(&self) -> f64 {
        // Of OSC, nobody knows the range before its numbers came.
        let is_osc = matches!(self.source, Source::Osc { .. });
        let most = self.events.iter().fold(1.0_f64, |most, event| most.max(event.number.abs()));
        let places = self.events.iter().filter_map(|event| match event.value {
            InputValue::Place { .. } if is_osc => Some(event.number / most),
            InputValue::Place { place, .. } => Some(place),
            _ => None,
        });
        let (low, high) =
            places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| (low.min(place), high.max(place)));
        (high - low).clamp(0.0, 1.0)
    }

    /// On and off, if that is all it says: presses, or a number that is either 0 or one other.
    fn switching(&self) -> Option<Vec<(bool, u64)>> {
        let on = self.events.iter().map(|event| event.number).find(|number| *number != 0.0);
        let is_note_or_bit = |event: &Event| matches!(event.value, InputValue::Press { .. });
        let numeric = |event: &Event| event.number == 0.0 || Some(event.number) == on;
        let may_be_number = matches!(self.source, Source::Cc { .. } | Source::Osc { .. });
        let has_off = self.events.iter().any(|event| event.number == 0.0);
        let all = |test: &dyn Fn(&Event) -> bool| self.events.iter().all(test);
        let can_be_right = match (&self.source, on) {
            (Source::Cc { .. }, Some(on)) => RelativeCode::ALL.iter().any(|code| is_right(*code, on)),
            (Source::Osc { .. }, Some(on)) => on.abs() != 1.0 && self.events.len() < 2 || on == -1.0,
            _ => false,
        };
        let switches = all(&is_note_or_bit) || (may_be_number && all(&numeric) && (has_off || !can_be_right));
        switches.then(|| {
            let state = |event: &Event| match event.value {
                InputValue::Press { on, .. } => on,
                _ => event.number != 0.0,
            };
            self.events.iter().map(|event| (state(event), event.at_nanos)).collect()
        })
    }

    fn judge(&self, now_nanos: u64) -> Verdict {
        let quiet = now_nanos.saturating_sub(self.last_nanos()) >= QUIET_NANOS;
        match &self.source {
            Source::Program { .. } => match quiet {
                true => Verdict::Learned(self.button(ButtonKind::NoRelease)),
                false => Verdict::Open(Some(Waiting::LetGo)),
            },
            Source::Hid { page: 1, usage: 0x39, .. } if self.is_hat() => self.judge_hat(),
            _ => match self.switching() {
                Some(states) => self.judge_button(&states, quiet),
                None if self.events.iter().all(|event| matches!(event.value, InputValue::Steps(_))) => {
                    self.judge_steps()
                }
                None => match &self.source {
                    Source::Cc { .. } => self.judge_cc(quiet),
                    Source::Hid { .. } | Source::HidBits { .. } => self.judge_axis(quiet),
                    Source::Osc { .. } => self.judge_osc(quiet),
                    _ => self.judge_place(quiet),
                },
            },
        }
    }

    fn is_hat(&self) -> bool {
        self.events.iter().all(|event| matches!(event.value, InputValue::Place { steps: 9, .. }))
    }

    /// There and back.
    fn judge_hat(&self) -> Verdict {
        let centred = |event: &Event| matches!(event.value, InputValue::Place { place: 0.0, .. });
        if self.events.iter().any(|event| !centred(event)) && self.events.last().is_some_and(centred) {
            return Verdict::Learned(self.plain(self.source.clone(), ElementKind::Hat, Interaction::Move));
        }
        Verdict::Open(Some(Waiting::LetGo))
    }

    fn judge_button(&self, states: &[(bool, u64)], quiet: bool) -> Verdict {
        let learned = |kind| Verdict::Learned(self.button(kind));
        let soon = |from: u64, to: u64| to.saturating_sub(from) < QUIET_NANOS;
        match states {
            [] => Verdict::Open(None),
            [(true, _)] if quiet => Verdict::Open(Some(Waiting::PressAgain)),
            [(true, _)] => Verdict::Open(Some(Waiting::LetGo)),
            [(false, _)] => Verdict::Open(Some(Waiting::PressAgain)),
            [(true, pressed), (false, let_go)] if soon(*pressed, *let_go) => learned(ButtonKind::Momentary),
            [(true, _), (false, _)] | [(false, _), (true, _)] if quiet => learned(ButtonKind::Toggling),
            [(true, _), (false, _)] | [(false, _), (true, _)] => Verdict::Open(Some(Waiting::PressAgain)),
            [(true, _), (true, _), ..] if quiet => learned(ButtonKind::NoRelease),
            [(true, _), (true, _), ..] => Verdict::Open(Some(Waiting::PressAgain)),
            [(true, _), (false, let_go), (true, pressed), ..] if soon(*let_go, *pressed) => {
                learned(ButtonKind::Momentary)
            }
            [(false, _), (true, pressed), (false, let_go), ..] if soon(*pressed, *let_go) => {
                learned(ButtonKind::Momentary)
            }
            [(false, _), rest @ ..] if matches!(rest, [(false, _), ..]) => self.judge_button(rest, quiet),
            _ => learned(ButtonKind::Toggling),
        }
    }

    /// Steps that say their direction themselves: both must have come, or a noisy field would do.
    fn judge_steps(&self) -> Verdict {
        let right = self.events.iter().any(|event| event.number > 0.0);
        let left = self.events.iter().any(|event| event.number < 0.0);
        match (right, left) {
            (true, true) => Verdict::Learned(self.plain(self.source.clone(), ElementKind::Encoder, Interaction::Turn)),
            (true, false) => Verdict::Open(Some(Waiting::ThenLeft)),
            _ => Verdict::Open(Some(Waiting::Further)),
        }
    }

    /// A place, or steps in one of four codes.
    fn judge_cc(&self, quiet: bool) -> Verdict {
        let Source::Cc { channel, number, .. } = self.source else { return Verdict::Open(None) };
        let numbers: Vec<f64> = self.events.iter().map(|event| event.number).collect();
        let turns = RelativeCode::ALL.map(|code| (code, turned(code, &numbers)));
        let complete = turns.iter().find(|(_, turn)| turn.is_some_and(|(right, left)| right > 0 && left > 0));
        if let Some((code, Some((right, left)))) = complete {
            // A place that goes up and down a little around the middle looks the same: then wait for more.
            let enough = *right >= 2 && *left >= 2;
            if enough && (quiet || (*left >= 3 && !is_smooth(&numbers))) {
                let source = Source::Cc { channel, number, relative: Some(*code) };
                return Verdict::Learned(self.plain(source, ElementKind::Encoder, Interaction::Turn));
            }
            return Verdict::Open(Some(if is_smooth(&numbers) { Waiting::Further } else { Waiting::ThenLeft }));
        }
        if turns.iter().any(|(_, turn)| turn.is_some_and(|(right, _)| right > 0)) {
            return Verdict::Open(Some(if numbers.len() >= 3 { Waiting::ThenLeft } else { Waiting::Further }));
        }
        if numbers.len() >= 12 {
            return Verdict::Learned(self.plain(self.source.clone(), ElementKind::Knob, Interaction::Turn));
        }
        self.judge_place(quiet)
    }

    fn judge_place(&self, quiet: bool) -> Verdict {
        if !quiet || self.events.len() < 3 || self.travel() < LEAST_TRAVEL {
            return Verdict::Open(Some(Waiting::Further));
        }
        let (kind, interaction) = match self.source {
            // A wheel goes back by itself.
            Source::PitchBend { .. } if self.events.last().is_some_and(|last| (last.number - 8192.0).abs() <= 64.0) => {
                (ElementKind::Wheel, Interaction::Move)
            }
            Source::PitchBend { .. } | Source::Osc { .. } => (ElementKind::Fader, Interaction::Move),
            Source::PolyPressure { .. } | Source::ChannelPressure { .. } => (ElementKind::Pad, Interaction::Pressure),
            _ => (ElementKind::Knob, Interaction::Turn),
        };
        Verdict::Learned(self.plain(self.source.clone(), kind, interaction))
    }

    /// A stick or pedal, or a counter that rolls over.
    fn judge_axis(&self, quiet: bool) -> Verdict {
        if let (true, Source::Hid { page, usage, instance, hat, .. }) = (self.rolls_over(), &self.source) {
            let (page, usage, instance, hat) = (*page, *usage, *instance, *hat);
            let source = Source::Hid { page, usage, instance, code: HidCode::Rolling, hat };
            return Verdict::Learned(self.plain(source, ElementKind::Encoder, Interaction::Turn));
        }
        let at_an_end = self.events.iter().any(|event| match event.value {
            InputValue::Place { place, .. } => !(0.1..=0.9).contains(&place),
            _ => false,
        });
        if quiet && at_an_end && self.travel() >= LEAST_AXIS_TRAVEL {
            return Verdict::Learned(self.plain(self.source.clone(), ElementKind::Axis, Interaction::Move));
        }
        match self.travel() >= LEAST_TRAVEL {
            true => Verdict::Open(Some(Waiting::Further)),
            false => Verdict::Open(None),
        }
    }

    /// It jumped over more than half of its range, and moved by small steps otherwise.
    fn rolls_over(&self) -> bool {
        let places: Vec<f64> = self
            .events
            .iter()
            .filter_map(|event| match event.value {
                InputValue::Place { place, .. } => Some(place),
                _ => None,
            })
            .collect();
        let steps: Vec<f64> = places.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
        let jumps = steps.iter().filter(|step| **step > 0.5).count();
        let small = steps.iter().filter(|step| **step <= 0.25).count();
        jumps >= 1 && small >= 3 && jumps + small == steps.len()
    }

    fn judge_osc(&self, quiet: bool) -> Verdict {
        if self.events.iter().all(|event| event.number.abs() == 1.0) {
            let both = self.events.iter().any(|event| event.number > 0.0)
                && self.events.iter().any(|event| event.number < 0.0);
            if let (true, Source::Osc { address, argument, .. }) = (both, &self.source) {
                let (address, argument) = (address.clone(), *argument);
                let source = Source::Osc { address, argument, range_thousandths: [0, 1000], relative: true };
                return Verdict::Learned(self.plain(source, ElementKind::Encoder, Interaction::Turn));
            }
            return match quiet && self.events.len() >= 2 {
                true => Verdict::Learned(self.button(ButtonKind::NoRelease)),
                false => Verdict::Open(Some(Waiting::LetGo)),
            };
        }
        if !quiet || self.events.len() < 3 {
            return Verdict::Open(Some(Waiting::Further));
        }
        Verdict::Learned(self.plain(self.osc_source(), ElementKind::Fader, Interaction::Move))
    }

    /// With the range in which its numbers were.
    fn osc_source(&self) -> Source {
        let Source::Osc { address, argument, relative, .. } = &self.source else { return self.source.clone() };
        let numbers = self.events.iter().map(|event| event.number);
        let (low, high) = numbers.fold((0.0_f64, 0.0_f64), |(low, high), number| (low.min(number), high.max(number)));
        let most = high.max(-low);
        let end = [1_i64, 100, 127, 255, 1_000, 1_023, 4_095, 10_000, 16_383, 65_535];
        let end = end.into_iter().find(|end| most <= *end as f64).unwrap_or(most.min(1e12).ceil() as i64);
        let thousandths = end.saturating_mul(1000);
        let low = if low < 0.0 { -thousandths } else { 0 };
        let (address, argument, relative) = (address.clone(), *argument, *relative);
        Source::Osc { address, argument, range_thousandths: [low, thousandths], relative }
    }

    fn button(&self, button: ButtonKind) -> Proposal {
        let full = |event: &Event| match event.value {
            InputValue::Press { on: true, strength } => strength >= 1.0,
            _ => true,
        };
        let kind = match self.source {
            Source::Note { .. } if !self.events.iter().all(full) => ElementKind::Pad,
            Source::Hid { page: 7, .. } => ElementKind::Key,
            _ => ElementKind::Button,
        };
        Proposal { button: Some(button), ..self.plain(self.source.clone(), kind, Interaction::Press) }
    }

    fn plain(&self, source: Source, kind: ElementKind, interaction: Interaction) -> Proposal {
        Proposal { source, kind, interaction, button: None, more: Vec::new(), companion: None }
    }
}

/// Programs are learned one by one; everything else as it came.
fn candidate_source(event: &RawEvent) -> Source {
    match &event.source {
        Source::Program { channel, number: None } => {
            Source::Program { channel: *channel, number: Some(event.number.clamp(0.0, 127.0) as u8) }
        }
        other => other.clone(),
    }
}

/// True if one source is the other or a half of it, whatever it is read as.
fn overlaps(learned: &Source, came: &Source) -> bool {
    contains(learned, came) || contains(came, learned)
}

fn contains(whole: &Source, part: &Source) -> bool {
    match (whole, part) {
        (Source::Cc { channel: a, number: b, .. }, Source::Cc { channel: c, number: d, .. }) => (a, b) == (c, d),
        (Source::Cc14 { channel, msb, lsb }, Source::Cc { channel: its, number, .. }) => {
            channel == its && (number == msb || number == lsb)
        }
        (Source::Nrpn { channel: a, number: b, bits: c }, Source::Nrpn { channel: d, number: e, bits: f })
        | (Source::Rpn { channel: a, number: b, bits: c }, Source::Rpn { channel: d, number: e, bits: f }) => {
            (a, b) == (d, e) && c >= f
        }
        (Source::Hid { page: a, usage: b, instance: c, .. }, Source::Hid { page: d, usage: e, instance: f, .. }) => {
            (a, b, c) == (d, e, f)
        }
        (Source::Osc { address: a, argument: b, .. }, Source::Osc { address: c, argument: d, .. }) => (a, b) == (c, d),
        _ => whole == part,
    }
}

fn steps(code: RelativeCode, number: f64) -> i32 {
    code.steps(number.clamp(0.0, 127.0) as u8)
}

fn is_right(code: RelativeCode, number: f64) -> bool {
    (1..=MOST_STEPS).contains(&steps(code, number))
}

/// How many steps right, then left, if that is what the numbers say in this code.
fn turned(code: RelativeCode, numbers: &[f64]) -> Option<(usize, usize)> {
    let (mut right, mut left) = (0, 0);
    for number in numbers {
        match steps(code, *number) {
            0 => {}
            steps if (1..=MOST_STEPS).contains(&steps) && left == 0 => right += 1,
            steps if (-MOST_STEPS..=-1).contains(&steps) && right > 0 => left += 1,
            _ => return None,
        }
    }
    Some((right, left))
}

/// Always another number, and at most one turning point: what a place does.
fn is_smooth(numbers: &[f64]) -> bool {
    let steps: Vec<f64> = numbers.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let turns = steps.windows(2).filter(|pair| (pair[0] > 0.0) != (pair[1] > 0.0)).count();
    turns <= 1 && steps.iter().all(|step| *step != 0.0 && step.abs() <= f64::from(MOST_STEPS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hid::descriptor::tests::{DECK, GAMEPAD, KEYBOARD};
    use crate::osc::{OscArgument, OscMessage, encode};
    use crate::profile::Transport;
    use crate::raw::RawDecoder;
    use proptest::prelude::*;

    const STEP_NANOS: u64 = 10_000_000;

    /// A device, a learner and a clock.
    struct Desk {
        decoder: RawDecoder,
        learner: Learner,
        now_nanos: u64,
        learned: Vec<Proposal>,
    }

    impl Desk {
        fn new(transport: Transport, descriptor: Option<&[u8]>, batch: bool) -> Self {
            let decoder = RawDecoder::new(transport, descriptor);
            Self { decoder, learner: Learner::new(batch), now_nanos: 1, learned: Vec::new() }
        }

        fn midi() -> Self {
            Self::new(Transport::Midi, None, false)
        }

        fn hear(&mut self, bytes: &[u8]) -> &mut Self {
            self.now_nanos += STEP_NANOS;
            for event in self.decoder.decode(bytes) {
                self.learned.extend(self.learner.feed(&event, self.now_nanos));
            }
            self
        }

        fn turn(&mut self, values: impl IntoIterator<Item = u8>) -> &mut Self {
            values.into_iter().for_each(|value| {
                self.hear(&[0xB0, 7, value]);
            });
            self
        }

        fn rest(&mut self) -> &mut Self {
            self.now_nanos += QUIET_NANOS;
            self.learned.extend(self.learner.settle(self.now_nanos));
            self
        }

        fn say(&mut self, address: &str, arguments: &[OscArgument]) -> &mut Self {
            let message = OscMessage { address: address.to_owned(), arguments: arguments.to_vec() };
            self.hear(&encode(&[message]).unwrap())
        }

        fn is(&self, wanted: &[(&str, ElementKind, Interaction)]) {
            let found: Vec<_> =
                self.learned.iter().map(|found| (found.source.to_string(), found.kind, found.interaction)).collect();
            let wanted: Vec<_> =
                wanted.iter().map(|(id, kind, interaction)| ((*id).to_owned(), *kind, *interaction)).collect();
            assert_eq!(found, wanted);
        }

        fn button(&self) -> Option<ButtonKind> {
            self.learned.first().and_then(|learned| learned.button)
        }
    }

    use ElementKind::{Axis, Button, Encoder, Fader, Hat, Key, Knob, Pad, Wheel};
    use Interaction::{Move, Press, Pressure, Touch, Turn};

    #[test]
    fn knobs_and_faders() {
        let mut desk = Desk::midi();
        desk.turn((60..100).chain((40..100).rev())).rest();
        desk.is(&[("cc.1.7", Knob, Turn)]);
        let mut desk = Desk::midi();
        for place in (0..12_000_u16).step_by(500) {
            desk.hear(&[0xB0, 7, (place >> 7) as u8]).hear(&[0xB0, 39, (place & 0x7F) as u8]);
        }
        desk.rest().is(&[("cc14.1.7.39", Knob, Turn)]);
        let mut desk = Desk::midi();
        for coarse in [0, 40, 90, 127, 64] {
            desk.hear(&[0xE0, 0, coarse]);
        }
        desk.rest().is(&[("bend.1", Wheel, Move)]);
        let mut desk = Desk::midi();
        desk.hear(&[0xB0, 99, 2]).hear(&[0xB0, 98, 44]);
        for coarse in [0, 40, 90, 127, 64] {
            desk.hear(&[0xB0, 6, coarse]);
        }
        desk.rest().is(&[("nrpn.1.300", Knob, Turn)]);
    }

    #[test]
    fn a_knob_near_its_middle_is_asked_to_go_on() {
        let mut desk = Desk::midi();
        desk.turn((65..75).chain((58..74).rev()));
        assert_eq!((desk.learner.waiting(), desk.learned.len()), (Waiting::Further, 0));
        desk.turn((20..58).rev()).rest().is(&[("cc.1.7", Knob, Turn)]);
    }

    #[test]
    fn a_motor_fader_that_says_when_it_is_touched() {
        let mut desk = Desk::midi();
        desk.hear(&[0x90, 104, 127]);
        for coarse in [10, 40, 90, 120] {
            desk.hear(&[0xE0, 0, coarse]);
        }
        desk.hear(&[0x90, 104, 0]).rest().is(&[("bend.1", Fader, Move)]);
        assert_eq!(desk.learned[0].more, [(Touch, Source::Note { channel: 1, number: 104 })]);
    }

    #[test]
    fn buttons_of_every_kind() {
        let mut desk = Desk::midi();
        desk.hear(&[0x90, 36, 127]);
        assert_eq!(desk.learner.waiting(), Waiting::LetGo);
        desk.hear(&[0xF8]).hear(&[0xFE]).hear(&[0x80, 36, 0]).is(&[("note.1.36", Button, Press)]);
        assert_eq!((desk.button(), desk.learner.waiting()), (Some(ButtonKind::Momentary), Waiting::Done));

        let mut desk = Desk::midi();
        desk.turn([127, 0]).is(&[("cc.1.7", Button, Press)]);
        let mut desk = Desk::midi();
        desk.turn([1, 0]).is(&[("cc.1.7", Button, Press)]);

        let mut desk = Desk::midi();
        desk.turn([127]).rest();
        assert_eq!(desk.learner.waiting(), Waiting::PressAgain);
        desk.turn([0]).rest();
        assert_eq!(desk.button(), Some(ButtonKind::Toggling));

        let mut desk = Desk::midi();
        desk.turn([127]).rest().turn([127]).rest();
        assert_eq!(desk.button(), Some(ButtonKind::NoRelease));

        // Held for long, let go, pressed again as asked.
        let mut desk = Desk::midi();
        desk.turn([127]).rest().turn([0, 127]);
        assert_eq!(desk.button(), Some(ButtonKind::Momentary));

        let mut desk = Desk::midi();
        desk.hear(&[0xC0, 5]).rest().is(&[("program.1.5", Button, Press)]);
    }

    #[test]
    fn a_pad_with_pressure() {
        let mut desk = Desk::midi();
        desk.hear(&[0x90, 36, 80]);
        for pressure in [10, 50, 90, 20] {
            desk.hear(&[0xA0, 36, pressure]);
        }
        desk.hear(&[0x80, 36, 0]).is(&[("note.1.36", Pad, Press)]);
        assert_eq!(desk.learned[0].more, [(Pressure, Source::PolyPressure { channel: 1, number: 36 })]);
    }

    #[test]
    fn one_after_the_other() {
        let mut desk = Desk::new(Transport::Midi, None, true);
        desk.hear(&[0x90, 1, 127]).hear(&[0x90, 1, 0]).hear(&[0x90, 1, 127]).hear(&[0x90, 1, 0]);
        assert_eq!(desk.learner.waiting(), Waiting::Anything);
        desk.hear(&[0x90, 2, 127]).hear(&[0x90, 2, 0]).hear(&[0xC0, 1]).rest().hear(&[0xC0, 1]).rest();
        desk.is(&[("note.1.1", Button, Press), ("note.1.2", Button, Press), ("program.1.1", Button, Press)]);
    }

    #[test]
    fn fields_of_hid() {
        let rest: &[u8] = &[0, 0, 0, 128, 128, 0, 0, 0x0F];
        let mut desk = Desk::new(Transport::Hid, Some(GAMEPAD), true);
        desk.hear(rest).hear(&[0, 1, 0, 128, 129, 0, 0, 0x0F]).hear(rest);
        // The Y axis is noisy while X goes to its end.
        for x in (128..=255).step_by(8) {
            desk.hear(&[0, 0, 0, x, 127 + x / 8 % 2, 0, 0, 0x0F]);
        }
        desk.rest().hear(&[0, 0, 0, 255, 128, 0, 0, 2]).hear(&[0, 0, 0, 255, 128, 0, 0, 0x0F]);
        desk.is(&[("hid.9.1", Button, Press), ("hid.1.48", Axis, Move), ("hid.1.57", Hat, Move)]);

        let mut desk = Desk::new(Transport::Hid, Some(KEYBOARD), false);
        desk.hear(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).hear(&[0; 9]).is(&[("hid.7.4", Key, Press)]);

        let mut desk = Desk::new(Transport::Hid, Some(DECK), true);
        desk.hear(&[1, 0, 0, 3, 0]).hear(&[1, 0, 0, 0xFF, 0]);
        for dial in [4, 12, 20, 12, 4, 250, 240] {
            desk.hear(&[1, 0, 0, 0, dial]);
        }
        desk.is(&[("hid.1.56.relative", Encoder, Turn), ("hid.1.55.rolling", Encoder, Turn)]);
    }

    #[test]
    fn osc_of_every_kind() {
        let floats = |numbers: &[f32]| -> Vec<OscArgument> {
            numbers.iter().map(|number| OscArgument::Float(*number)).collect()
        };
        let mut desk = Desk::new(Transport::Osc, None, true);
        for number in [0.1, 0.5, 0.9, 0.3] {
            desk.say("/fader", &floats(&[number]));
        }
        desk.rest();
        for number in [10, 50, 127, 60] {
            desk.say("/knob", &[OscArgument::Int(number)]);
        }
        desk.rest().say("/mute", &[OscArgument::Bool(true)]).say("/mute", &[OscArgument::Bool(false)]);
        desk.say("/push", &floats(&[1.0])).say("/push", &floats(&[0.0]));
        for (x, y) in [(0.1, -0.1), (0.4, -0.5), (0.9, -1.0), (0.5, 0.0)] {
            desk.say("/xy", &floats(&[x, y]));
        }
        desk.rest();
        desk.say("/enc", &floats(&[1.0])).say("/enc", &floats(&[1.0])).say("/enc", &floats(&[-1.0]));
        let ids: Vec<_> = desk.learned.iter().map(|learned| learned.source.to_string()).collect();
        assert_eq!(ids[..4], ["osc./fader", "osc.0:127000./knob", "osc./mute", "osc./push"]);
        assert_eq!(ids[5], "osc.relative./enc");
        let pad = &desk.learned[4];
        let mut both = [pad.source.to_string(), pad.companion.as_ref().unwrap().to_string()];
        both.sort();
        assert_eq!(both, ["osc./xy", "osc.1.-1000:1000./xy"]);
    }

    fn turns() -> impl Strategy<Value = Vec<i32>> {
        let one = || prop::collection::vec(1..=MOST_STEPS, 3..30);
        (one(), one()).prop_map(|(right, left)| right.into_iter().chain(left.into_iter().map(|steps| -steps)).collect())
    }

    proptest! {
        /// Whatever the code, and however the encoder is turned: right, then left, is enough.
        #[test]
        fn every_code_is_told_apart(turns in turns()) {
            for code in RelativeCode::ALL {
                let mut desk = Desk::midi();
                desk.turn(turns.iter().map(|steps| code.value(*steps))).rest();
                let found: Vec<_> = desk.learned.iter().map(|learned| (learned.source.clone(), learned.kind)).collect();
                prop_assert_eq!(found, [(Source::Cc { channel: 1, number: 7, relative: Some(code) }, Encoder)]);
            }
        }

        /// A place that goes far is never taken for steps.
        #[test]
        fn a_place_is_not_steps(from in 0_u8..60, to in 90_u8..128) {
            let mut desk = Desk::midi();
            desk.turn((from..=to).chain((from..to).rev())).rest();
            desk.is(&[("cc.1.7", Knob, Turn)]);
        }

        #[test]
        fn nothing_harms(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..5), 0..200), batch: bool) {
            for transport in [Transport::Midi, Transport::Hid] {
                let mut desk = Desk::new(transport, Some(GAMEPAD), batch);
                for message in &messages {
                    desk.hear(message);
                    let _due = desk.learner.due_nanos(desk.now_nanos);
                }
                desk.rest();
            }
        }
    }
}
