//! Histories as they come about: five people, each with a device that is offline for a while, whose clock may be wrong,
//! and that sees what others did only after it has pulled.
//!
//! A [`Script`] is plain data that proptest can shrink; [`Script::play`] turns it into what the server has recorded.
//! Devices deliver in the order of their own changes, each whenever it comes online, so the server's arrival order is any
//! that can happen. A *lawful* script lets people do only what their screen offers, and the server judges what arrives; a
//! lawless one records whatever anybody does, because the laws of merging must hold for that too.

use domain::access::{judge, may};
use domain::ticket::{
    Action, ActionKind, Change, Document, Flag, ProgressKind, Recorded, Ticket, TicketNumber, Urgency,
};
use domain::{ChangeId, Claim, PersonId, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

use super::{AMY, BO, CAI, DAN, GUS, IDA, TICKET, company, device_of, member, samples};

/// Whose devices take part.
const PEOPLE: [PersonId; 5] = [AMY, GUS, BO, CAI, IDA];
/// When the first of them does something.
const DAWN: Timestamp = Timestamp::from_millis(1_790_000_000_000);
/// Ten years, in milliseconds.
const TEN_YEARS: i64 = 3_650 * Timestamp::DAY_MS;

/// How a device's clock goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    /// How far it is ahead of the right time, in milliseconds.
    ahead_ms: i64,
    /// How far the device believes the server to be ahead, once it has measured.
    offset_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
enum Deed {
    Act { kind: ActionKind, pick: usize },
    Push { most: usize },
    Pull,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    after_ms: i64,
    device: usize,
    deed: Deed,
}

/// What happens, as plain data.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    lawful: bool,
    clocks: Vec<Clock>,
    steps: Vec<Step>,
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

fn clocks() -> impl Strategy<Value = Clock> {
    let ahead_ms = prop_oneof![
        4 => Just(0),
        4 => -90_000..90_000_i64,
        2 => -3 * Timestamp::DAY_MS..3 * Timestamp::DAY_MS,
        1 => select(vec![-TEN_YEARS, TEN_YEARS, i64::MIN, i64::MAX]),
    ];
    let error_ms =
        prop_oneof![3 => Just(Some(0)), 2 => Just(None), 1 => any::<i16>().prop_map(|ms| Some(ms.into()))];
    (ahead_ms, error_ms).prop_map(|(ahead_ms, error_ms)| Clock {
        ahead_ms,
        offset_ms: error_ms.map(|error_ms: i64| error_ms.saturating_sub(ahead_ms)),
    })
}

fn kinds() -> impl Strategy<Value = ActionKind> {
    prop_oneof![
        1 => select(samples::all_kinds()),
        2 => select(vec![
            ActionKind::Assign,
            ActionKind::SetUrgency,
            ActionKind::LogProgress,
            ActionKind::ReplacePart,
            ActionKind::Complete,
            ActionKind::SignOff,
            ActionKind::Reopen,
        ]),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let deed = prop_oneof![
        5 => (kinds(), 0..64_usize).prop_map(|(kind, pick)| Deed::Act { kind, pick }),
        2 => prop_oneof![Just(1), Just(usize::MAX)].prop_map(|most| Deed::Push { most }),
        3 => Just(Deed::Pull),
    ];
    let after_ms = prop_oneof![2 => 0..3_i64, 3 => 0..4 * Timestamp::HOUR_MS];
    (after_ms, 0..PEOPLE.len(), deed).prop_map(|(after_ms, device, deed)| Step { after_ms, device, deed })
}

/// Scripts of every sort.
pub(crate) fn scripts() -> impl Strategy<Value = Script> {
    (any::<bool>(), prop::collection::vec(clocks(), PEOPLE.len()), prop::collection::vec(steps(), 1..48))
        .prop_map(|(lawful, clocks, steps)| Script { lawful, clocks, steps })
}

/// Lawful scripts in which everybody always sees everything.
pub(crate) fn scripts_without_offline_stretches() -> impl Strategy<Value = Script> {
    let acts = prop::collection::vec((kinds(), 0..64_usize, 0..PEOPLE.len()), 1..32);
    (prop::collection::vec(clocks(), PEOPLE.len()), acts).prop_map(|(clocks, acts)| {
        let steps = acts.into_iter().flat_map(|(kind, pick, device)| {
            [Deed::Pull, Deed::Act { kind, pick }, Deed::Push { most: usize::MAX }].map(|deed| Step {
                after_ms: 700,
                device,
                deed,
            })
        });
        Script { lawful: true, clocks, steps: steps.collect() }
    })
}

/// How many cases of each law are tried, and from which seed: the same on every machine, unless `PROPTEST_CASES` and
/// `PROPTEST_RNG_SEED` say otherwise.
pub(crate) fn laws() -> ProptestConfig {
    let chosen = ProptestConfig::default();
    let seed = std::env::var_os("PROPTEST_RNG_SEED").is_some();
    let cases = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig {
        cases: if cases { chosen.cases } else { 128 },
        rng_seed: if seed { chosen.rng_seed } else { proptest::test_runner::RngSeed::Fixed(20_261_121) },
        failure_persistence: None,
        ..chosen
    }
}
