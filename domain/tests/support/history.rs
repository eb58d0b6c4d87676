//! Histories as they come about: five people, each with a device that is offline for a while, whose clock may be wrong,
//! and that sees what others did only after it has pulled.
//!
//! A [`Script`] is plain data, made by `support::scripts`, which proptest can shrink, or from a seed; [`Script::play`] turns it into
//! what the server has recorded.
//! Devices deliver in the order of their own changes, each whenever it comes online, so the server's arrival order is any
//! that can happen. A *lawful* script lets people do only what their screen offers, and the server judges what arrives; a
//! lawless one records whatever anybody does, because the laws of merging must hold for that too.

use domain::access::{judge, may};
use domain::ticket::{
    Action, ActionKind, Change, Document, Flag, ProgressKind, Recorded, Ticket, TicketNumber, Urgency,
};
use domain::{ChangeId, Claim, PersonId, Timestamp};

use super::chance::Chance;
use super::{AMY, BO, CAI, DAN, GUS, IDA, TICKET, company, device_of, member, samples};

/// Whose devices take part.
pub(super) const PEOPLE: [PersonId; 5] = [AMY, GUS, BO, CAI, IDA];
/// What is done most often in a script: what depends on one another, and can't all hold.
pub(super) const ENTANGLED: [ActionKind; 7] = [
    ActionKind::Assign,
    ActionKind::SetUrgency,
    ActionKind::LogProgress,
    ActionKind::ReplacePart,
    ActionKind::Complete,
    ActionKind::SignOff,
    ActionKind::Reopen,
];
/// When the first of them does something.
const DAWN: Timestamp = Timestamp::from_millis(1_790_000_000_000);
/// Ten years, in milliseconds.
pub(super) const TEN_YEARS: i64 = 3_650 * Timestamp::DAY_MS;

/// How a device's clock goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    /// How far it is ahead of the right time, in milliseconds.
    pub(super) ahead_ms: i64,
    /// How far the device believes the server to be ahead, once it has measured.
    pub(super) offset_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Deed {
    Act { kind: ActionKind, pick: usize },
    Push { most: usize },
    Pull,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) after_ms: i64,
    pub(super) device: usize,
    pub(super) deed: Deed,
}

/// What happens, as plain data.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(super) lawful: bool,
    pub(super) clocks: Vec<Clock>,
    pub(super) steps: Vec<Step>,
}

/// What came of a script.
#[derive(Debug)]
pub(crate) struct History {
    /// The server's record, in the order in which it arrived.
    pub(crate) arrivals: Vec<Recorded>,
    /// The server's record.
    pub(crate) server: Document,
    /// What each device showed before it delivered the last of its changes: confirmed ones, and its own provisional ones.
    /// Without the ones that were refused later.
    pub(crate) views: Vec<Document>,
    /// How many changes the server refused.
    pub(crate) refused: usize,
}

struct Device {
    person: PersonId,
    clock: Clock,
    confirmed: Document,
    outbox: Vec<Change>,
    next_seq: u64,
}

impl Device {
    fn new(person: PersonId, clock: Clock) -> Self {
        Self { person, clock, confirmed: Document::new(TICKET), outbox: Vec::new(), next_seq: 1 }
    }

    fn view(&self) -> Document {
        let mut view = self.confirmed.clone();
        for change in &self.outbox {
            if view.find(change.id).is_none() {
                view.insert(Recorded::place(change.clone(), view.log(), None));
            }
        }
        view
    }

    fn act(&mut self, action: Action, now: Timestamp, lawful: bool) {
        let view = self.view();
        if lawful && may(&member(self.person), &company(), Ticket::of(&view).as_ref(), &action).is_err() {
            return;
        }
        self.outbox.push(Change {
            id: ChangeId { device: device_of(self.person), seq: self.next_seq },
            ticket: TICKET,
            actor: self.person,
            claim: Claim {
                clock: now.plus_millis(self.clock.ahead_ms),
                offset_ms: self.clock.offset_ms,
                heard: None,
            },
            seen: view.log().iter().map(|recorded| recorded.change.id).collect(),
            action,
        });
        self.next_seq += 1;
    }
}

impl Script {
    /// The same on every machine.
    pub(crate) fn from_seed(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let kinds = samples::all_kinds();
        let clocks = PEOPLE.map(|_| {
            let ahead_ms = match chance.below(4) {
                0 => 0,
                1 => chance.below(180_000) - 90_000,
                2 => chance.below(6 * Timestamp::DAY_MS) - 3 * Timestamp::DAY_MS,
                _ => chance.pick(&[-TEN_YEARS, TEN_YEARS, i64::MIN, i64::MAX]),
            };
            Clock { ahead_ms, offset_ms: (!chance.one_in(3)).then(|| 0_i64.saturating_sub(ahead_ms)) }
        });
        let count = 1 + chance.below(48);
        let step = |_| Step {
            after_ms: if chance.one_in(3) { chance.below(3) } else { chance.below(4 * Timestamp::HOUR_MS) },
            device: chance.below(PEOPLE.len() as i64) as usize,
            deed: match chance.below(10) {
                0..5 => {
                    let kind = if chance.one_in(3) { chance.pick(&kinds) } else { chance.pick(&ENTANGLED) };
                    Deed::Act { kind, pick: chance.below(64) as usize }
                }
                5..7 => Deed::Push { most: chance.pick(&[1, usize::MAX]) },
                _ => Deed::Pull,
            },
        };
        let steps = (0..count).map(step).collect();
        Self { lawful: seed.is_multiple_of(2), clocks: clocks.to_vec(), steps }
    }

    /// Plays it to the end, when every device has delivered everything.
    pub(crate) fn play(&self) -> History {
        let mut play = Play {
            lawful: self.lawful,
            now: DAWN,
            devices: PEOPLE.iter().zip(&self.clocks).map(|(who, clock)| Device::new(*who, *clock)).collect(),
            arrivals: Vec::new(),
            server: Document::new(TICKET),
            refused: Vec::new(),
        };
        play.devices[0].act(samples::register(), DAWN, false);
        play.push(0, 1);
        for step in &self.steps {
            play.now = play.now.plus_millis(step.after_ms);
            match step.deed {
                Deed::Act { kind, pick } => play.act(step.device, kind, pick),
                Deed::Push { most } => play.push(step.device, most),
                Deed::Pull => play.pull(step.device),
            }
        }
        let mut views: Vec<_> = play.devices.iter().map(Device::view).collect();
        for device in 0..PEOPLE.len() {
            play.push(device, usize::MAX);
        }
        for view in &mut views {
            *view =
                document_of(view.log().iter().filter(|recorded| !play.refused.contains(&recorded.change.id)));
        }
        History { arrivals: play.arrivals, server: play.server, views, refused: play.refused.len() }
    }
}

struct Play {
    lawful: bool,
    now: Timestamp,
    devices: Vec<Device>,
    arrivals: Vec<Recorded>,
    server: Document,
    refused: Vec<ChangeId>,
}

impl Play {
    fn act(&mut self, device: usize, kind: ActionKind, pick: usize) {
        let device = &mut self.devices[device];
        let action = deed(kind, pick, &device.view());
        device.act(action, self.now, self.lawful);
    }

    fn push(&mut self, device: usize, most: usize) {
        let device = &mut self.devices[device];
        let count = most.min(device.outbox.len());
        for change in device.outbox.drain(..count) {
            let actor = member(device.person);
            if self.lawful && judge(&change, &actor, &company(), &self.server).is_err() {
                self.refused.push(change.id);
                continue;
            }
            let recorded = Recorded::place(change, self.server.log(), Some(self.now));
            self.arrivals.push(recorded.clone());
            self.server.insert(recorded.clone());
            device.confirmed.insert(recorded);
        }
    }

    fn pull(&mut self, device: usize) {
        self.devices[device].confirmed = self.server.clone();
    }
}

/// An action of the kind, its content chosen by `pick`.
fn deed(kind: ActionKind, pick: usize, view: &Document) -> Action {
    match kind {
        ActionKind::Assign => samples::assign([BO, CAI, DAN, GUS][pick % 4]),
        ActionKind::SetUrgency => samples::set_urgency(Urgency::ALL[pick % 3]),
        ActionKind::Reclassify => samples::reclassify(Flag::ALL.into_iter().skip(pick % 8)),
        ActionKind::EditContact => samples::edit_contact(["甲", "乙", "丙"][pick % 3]),
        ActionKind::LogProgress => samples::log_progress(ProgressKind::ALL[pick % 9]),
        // A plan that is there, so that milestones are reached and new plans take the place of old ones.
        ActionKind::AgreePlan => samples::agree_plan(None, &[4_000, 8_000]),
        ActionKind::ReachMilestone => {
            let is_plan = |recorded: &&Recorded| recorded.change.action.kind() == ActionKind::AgreePlan;
            match view.log().iter().filter(is_plan).nth(pick % 2) {
                Some(plan) => samples::reach_milestone(plan.change.id, (pick % 3) as u16),
                None => samples::minimal(kind),
            }
        }
        ActionKind::RecordCallback if pick.is_multiple_of(3) => samples::callback_with((pick % 5 + 1) as u8),
        ActionKind::Settle if !view.log().is_empty() => {
            samples::settle(view.log()[pick % view.log().len()].change.id)
        }
        _ if pick.is_multiple_of(2) => samples::minimal(kind),
        _ => samples::full(kind),
    }
}

/// A document of these changes, put in one by one.
pub(crate) fn document_of<'r>(changes: impl IntoIterator<Item = &'r Recorded>) -> Document {
    let mut document = Document::new(TICKET);
    for recorded in changes {
        document.insert(recorded.clone());
    }
    document
}

/// The server's number for the ticket.
pub(crate) fn number() -> TicketNumber {
    TicketNumber::from_stored("FB202611001".into())
}
