//! Judging a group of pushes, in memory.
//!
//! The desk gathers what is known of the tickets and devices that a push names ([`Known`]) and lets every change be judged
//! against it, one after the other; what came of all of them ([`Written`]) is written in one transaction. Nothing here waits
//! or fails: whatever is wrong with a change is that change's verdict, and the next one is judged all the same.

mod aside;
mod numbers;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use domain::access::{self, Objection};
use domain::people::{Directory, Person};
use domain::ticket::{Action, ActionKind, Admission, Change, Month, ScopeKeys, Stage, TicketNumber};
use domain::{ChangeId, DepartmentId, DeviceId, Field, PersonId, Problem, Refusal, TicketId, Timestamp};
use sync::messages::{Judged, Verdict};

pub(super) use self::aside::is_given_again;
use super::held::{Arrival, Held, Taken};
use super::hub::{News, ParkedNews};
use crate::store::chain;
use crate::store::devices::Device;
use crate::store::files::AttachmentRow;
use crate::store::ledger::{ChangeRow, Head};
use crate::store::parked::{Decided, Parked, Ruling};
use crate::store::set_aside::{self, SetAside};
use crate::store::tickets::{ScopeMove, TicketRow};

/// No device counts further: numbers beyond this can't be told apart by every program that reads them.
const MOST_CHANGES: u64 = 1 << 53;

/// Changes of one device, pushed together.
#[derive(Debug)]
pub(crate) struct Push {
    /// Who is signed in.
    pub(crate) person: Person,
    /// The device.
    pub(crate) device: DeviceId,
    /// When they arrived, by the machine's clock.
    pub(crate) arrival: Timestamp,
    /// Whether the device says that nothing is missing before its changes and in between.
    pub(crate) complete: bool,
    /// The number before which it says that all its changes have come to their end, if that is not the first of these.
    pub(crate) ended_before: Option<u64>,
    /// By which numbers it knows tickets that were registered before.
    pub(crate) known_as: BTreeMap<TicketId, TicketNumber>,
    /// In the order in which they were sent.
    pub(crate) changes: Vec<Incoming>,
}

impl Push {
    /// The number before which all changes of the device have come to their end: it sends whatever has not, from the first one on
    /// unless it says otherwise.
    fn lowest_open(&self) -> u64 {
        let own = self.changes.iter().map(Incoming::id).filter(|id| id.device == self.device);
        let first = own.map(|id| id.seq).min();
        let lowest = first.map(|first| self.ended_before.map_or(first, |told| told.min(first)));
        lowest.filter(|_| self.complete).unwrap_or_default()
    }
}

/// Changes that somebody has brought in a rescue file: of any device, by anybody.
#[derive(Debug)]
pub(crate) struct Rescued {
    /// Who has brought them.
    pub(crate) person: Person,
    /// When, by the machine's clock.
    pub(crate) arrival: Timestamp,
    /// In the order in which they are to be judged.
    pub(crate) changes: Vec<Change>,
}

/// A change as it came in.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A change.
    Readable(Box<Change>),
    /// Something that has the id of a change, and otherwise a form that only a newer version knows.
    Unreadable(ChangeId),
}

impl Incoming {
    /// The change's id.
    pub(crate) fn id(&self) -> ChangeId {
        match self {
            Self::Readable(change) => change.id,
            Self::Unreadable(id) => *id,
        }
    }

    /// The change, as far as it can be read.
    pub(crate) fn change(&self) -> Option<&Change> {
        match self {
            Self::Readable(change) => Some(change),
            Self::Unreadable(_) => None,
        }
    }

    /// The ticket it is about, as far as that can be read.
    pub(crate) fn ticket(&self) -> Option<TicketId> {
        self.change().map(|change| change.ticket)
    }

    /// Whether it makes a new ticket, if it is taken.
    pub(crate) fn registers(&self) -> bool {
        matches!(self, Self::Readable(change) if change.action.kind() == ActionKind::Register)
    }
}

/// Somebody's decision on a parked change.
#[derive(Debug)]
pub(crate) struct Decision {
    /// Who is signed in.
    pub(crate) person: Person,
    /// When they decided, by the machine's clock.
    pub(crate) at: Timestamp,
    /// On which change.
    pub(crate) change: ChangeId,
    /// What.
    pub(crate) ruling: Ruling,
}

/// What is known when a push is judged. Must cover all tickets, devices and months that it names.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Where the record ends.
    pub(crate) head: Head,
    /// The tickets there are.
    pub(crate) tickets: HashMap<TicketId, Held>,
    /// The devices that have pushed before.
    pub(crate) devices: HashMap<DeviceId, Device>,
    /// Where those changes stand that were recorded before.
    pub(crate) recorded: HashMap<ChangeId, u64>,
    /// Those changes that are or were parked.
    pub(crate) parked: HashMap<ChangeId, Parked>,
    /// What has come to a restored server and did not go into its record: all of it.
    pub(crate) set_aside: Arc<SetAside>,
    /// The last running number of each month.
    pub(crate) numbers: BTreeMap<Month, u32>,
    /// By which numbers devices know tickets that a restored server may have lost.
    pub(crate) known_as: BTreeMap<TicketId, TicketNumber>,
    /// Those of them that are other tickets' now, and all that this group gives.
    pub(crate) given: BTreeSet<TicketNumber>,
}

impl Known {
    /// When that counts as arrived which came in now: not before what the record ends with, whatever the machine's clock says.
    /// What arrived earlier than the last change of a backup is then certain to be in it.
    pub(crate) fn arrival_at(&self, now: Timestamp) -> Timestamp {
        now.max(self.head.arrived)
    }
}

/// What a group adds to the store.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Changes, in the order of their places.
    pub(crate) changes: Vec<ChangeRow>,
    /// What each of them means to those who watch.
    pub(crate) news: Vec<News>,
    /// What tickets moved away from.
    pub(crate) moves: Vec<ScopeMove>,
    /// What was parked or decided.
    pub(crate) parked_news: Vec<ParkedNews>,
    touched_parked: BTreeSet<ChangeId>,
    touched_aside: BTreeSet<(TicketId, ChangeId)>,
    /// Files that belong to tickets.
    pub(crate) attachments: Vec<AttachmentRow>,
    touched_tickets: BTreeMap<TicketId, Stage>,
    touched_devices: BTreeSet<DeviceId>,
    touched_months: BTreeSet<Month>,
}

/// Judges changes.
#[derive(Debug)]
pub(crate) struct Group {
    utc_offset_minutes: i32,
    restored_at: Option<Timestamp>,
    known: Known,
    written: Written,
}

impl Group {
    /// Begins with what is known of a history that began at `restored_at` with a backup, if it did. Months are those of the company,
    /// whose clocks are `utc_offset_minutes` ahead of UTC.
    pub(crate) fn new(utc_offset_minutes: i32, restored_at: Option<Timestamp>, known: Known) -> Self {
        Self { utc_offset_minutes, restored_at, known, written: Written::default() }
    }

    /// What is known, to be added to before a push is judged.
    pub(crate) const fn known_mut(&mut self) -> &mut Known {
        &mut self.known
    }

    /// Judges the changes of a push in their order.
    pub(crate) fn judge(&mut self, push: &Push, directory: &Directory) -> Vec<Judged> {
        let lowest_open = push.lowest_open();
        let mut verdict_on = |incoming: &Incoming| {
            let verdict = self.consider(push, lowest_open, directory, incoming);
            Judged {
                id: incoming.id(),
                verdict: verdict.unwrap_or_else(|because| Verdict::Refused { because }),
            }
        };
        push.changes.iter().map(&mut verdict_on).collect()
    }

    fn consider(
        &mut self,
        push: &Push,
        lowest_open: u64,
        directory: &Directory,
        incoming: &Incoming,
    ) -> Result<Verdict, Refusal> {
        let id = incoming.id();
        if id.device != push.device || id.seq == 0 || id.seq > MOST_CHANGES {
            return Err(Refusal::Invalid { field: Field::Other, problem: Problem::OutOfRange });
        }
        // Before the device is written down: its first push under somebody else's session must not make it theirs.
        if matches!(incoming, Incoming::Readable(change) if change.actor != push.person.id) {
            return Err(Refusal::WrongAuthor);
        }
        let device = self.device_of(push.person.id, push.device, push.arrival)?;
        if id.seq - 1 > device.judged && !push.complete {
            return Err(Refusal::OutOfOrder);
        }
        device.judged = device.judged.max(id.seq);
        device.ended_before = device.ended_before.max(lowest_open);
        device.last_seen = push.arrival;
        let has_ended = id.seq < device.ended_before;
        self.written.touched_devices.insert(push.device);
        let Incoming::Readable(change) = incoming else { return Err(Refusal::UnsupportedAction) };
        if let Some(verdict) = self.earlier_verdict(change) {
            let author = &push.person;
            return match verdict {
                Ok(Verdict::Parked { ref because }) if !has_ended || *because == Refusal::OutOfOrder => {
                    self.reconsider(change, author, push.arrival, directory, verdict)
                }
                _ => verdict,
            };
        }
        // A push that comes again after its author was told that this is refused, and may have done it once more; or a copy of the
        // device, which goes on under a name of its own.
        if has_ended {
            return Err(Refusal::IdReused);
        }
        // Its author may have been told, and have done it once more: as long as something waits that comes before it, the device can't say so.
        if let Some(because) = self.refused_before(change) {
            return Err(because);
        }
        self.judge_change(change, &push.person, push.arrival, directory)
    }

    /// The device of a change, which is written down with its first one.
    fn device_of(
        &mut self,
        person: PersonId,
        id: DeviceId,
        arrival: Timestamp,
    ) -> Result<&mut Device, Refusal> {
        let device = self.known.devices.entry(id).or_insert_with(|| Device {
            person,
            judged: 0,
            ended_before: 0,
            first_seen: arrival,
            last_seen: arrival,
        });
        if device.person == person { Ok(device) } else { Err(Refusal::WrongAuthor) }
    }

    /// What a change has been told before, if it or its number came before.
    fn earlier_verdict(&self, change: &Change) -> Option<Result<Verdict, Refusal>> {
        if let Some(revision) = self.known.recorded.get(&change.id).copied() {
            let same = self.same_as_recorded(change).then_some(Verdict::Duplicate { revision });
            return Some(same.ok_or(Refusal::IdReused));
        }
        let parked = self.known.parked.get(&change.id)?;
        Some(if parked.change == *change { Ok(verdict_on(parked)) } else { Err(Refusal::IdReused) })
    }

    /// Judges a parked change that waits for nothing but its author's word, now that its author sends it: the author lets it in, if
    /// they may make it. Everything else keeps the verdict it has.
    fn reconsider(
        &mut self,
        change: &Change,
        author: &Person,
        arrival: Timestamp,
        directory: &Directory,
        verdict: Result<Verdict, Refusal>,
    ) -> Result<Verdict, Refusal> {
        let Some(parked) = self.known.parked.get(&change.id).cloned() else { return verdict };
        let person = directory.person(author.id).unwrap_or(author).clone();
        if parked.brought_by.is_none() || !self.may_be_taken(change, &person, directory) {
            return verdict;
        }
        let decision = Decision { person, at: arrival, change: change.id, ruling: Ruling::Admit };
        match self.admit(&parked, &decision, directory) {
            Ok(revision) => {
                self.note_decided(parked, &decision);
                Ok(Verdict::Applied { revision })
            }
            Err(_) => verdict,
        }
    }

    /// Whether a change would go into the record by itself.
    fn may_be_taken(&mut self, change: &Change, author: &Person, directory: &Directory) -> bool {
        let held = self.known.tickets.remove(&change.ticket);
        let mut held = held.unwrap_or_else(|| Held::fresh(change.ticket));
        let may = held.may_take(change, author, directory);
        if held.keys().is_some() {
            self.known.tickets.insert(change.ticket, held);
        }
        may
    }

    /// Judges the changes of a rescue file in their order.
    pub(crate) fn judge_rescued(&mut self, rescued: &Rescued, directory: &Directory) -> Vec<Judged> {
        let mut verdict_on = |change: &Change| {
            let verdict = self.consider_rescued(rescued, directory, change);
            Judged { id: change.id, verdict: verdict.unwrap_or_else(|because| Verdict::Refused { because }) }
        };
        rescued.changes.iter().map(&mut verdict_on).collect()
    }

    /// Judges a change that was brought. Nobody vouches for a rescue file: only what names the bringer as its author is judged as if
    /// its device had sent it, and everything else waits for the office.
    ///
    /// Of what is missing in between nothing is said, and nothing is taken to have ended: the device may still come and send it.
    fn consider_rescued(
        &mut self,
        rescued: &Rescued,
        directory: &Directory,
        change: &Change,
    ) -> Result<Verdict, Refusal> {
        let (id, arrival) = (change.id, rescued.arrival);
        if id.seq == 0 || id.seq > MOST_CHANGES {
            return Err(Refusal::Invalid { field: Field::Other, problem: Problem::OutOfRange });
        }
        // What can never be taken need not be decided on.
        change.action.check(change.ticket)?;
        let author = directory.person(change.actor).ok_or(Refusal::UnknownPerson)?;
        let device = self.device_of(author.id, id.device, arrival)?;
        device.judged = device.judged.max(id.seq);
        device.last_seen = device.last_seen.max(arrival);
        let has_ended = id.seq < device.ended_before;
        self.written.touched_devices.insert(id.device);
        let is_own = author.id == rescued.person.id;
        if let Some(verdict) = self.earlier_verdict(change) {
            return match verdict {
                Ok(Verdict::Parked { .. }) if is_own && !has_ended => {
                    self.reconsider(change, author, arrival, directory, verdict)
                }
                _ => verdict,
            };
        }
        if !is_own {
            let brought_by = Some(rescued.person.id);
            return Ok(self.park(change, arrival, Refusal::WrongAuthor, brought_by, author.department));
        }
        // The device has said once that it is done with this number: because its author knows that it was refused, or because the
        // device had lost it. Only people can tell.
        if has_ended || self.refused_before(change).is_some() {
            return Ok(self.park(change, arrival, Refusal::IdReused, None, author.department));
        }
        match self.judge_change(change, &rescued.person, arrival, directory) {
            // No device need be left that would send it again.
            Err(because @ Refusal::OutOfOrder) => {
                let brought_by = Some(rescued.person.id);
                Ok(self.park(change, arrival, because, brought_by, author.department))
            }
            verdict => verdict,
        }
    }

    /// Judges a change of which nothing is known yet.
    fn judge_change(
        &mut self,
        change: &Change,
        author: &Person,
        arrival: Timestamp,
        directory: &Directory,
    ) -> Result<Verdict, Refusal> {
        let objection = match self.take(change, author, arrival, directory) {
            Ok(revision) => return Ok(Verdict::Applied { revision }),
            Err(objection) => objection,
        };
        let (Objection::Refused(because) | Objection::Parked(because)) = &objection;
        if because.is_about_the_ticket() && self.lacks_what_it_follows(change, arrival) {
            self.set_aside(change, arrival, None);
            return Err(Refusal::OutOfOrder);
        }
        match objection {
            Objection::Refused(because) => {
                if !because.worth_retrying() {
                    self.set_aside(change, arrival, Some(because.clone()));
                }
                Err(because)
            }
            Objection::Parked(because) => Ok(self.park(change, arrival, because, None, author.department)),
        }
    }

    /// Puts a change aside for the office to decide on: that of `department`, as long as there is no ticket that says otherwise.
    fn park(
        &mut self,
        change: &Change,
        arrival: Timestamp,
        because: Refusal,
        brought_by: Option<PersonId>,
        department: DepartmentId,
    ) -> Verdict {
        self.set_aside(change, arrival, Some(because.clone()));
        let received = self.known.arrival_at(arrival);
        let is_placed = self.known.tickets.get(&change.ticket).is_some_and(|held| held.keys().is_some())
            || change.action.kind() == ActionKind::Register;
        let filed_in = (!is_placed).then_some(department);
        let parked =
            Parked { change: change.clone(), received, because, brought_by, filed_in, decided: None };
        let verdict = verdict_on(&parked);
        if let Some(about) = self.about(&parked) {
            self.tell_of_parked(about, None);
        }
        self.written.touched_parked.insert(change.id);
        self.known.parked.insert(change.id, parked);
        verdict
    }

    fn tell_of_parked(&mut self, about: ScopeKeys, author: Option<PersonId>) {
        let news = ParkedNews { about, author };
        if !self.written.parked_news.contains(&news) {
            self.written.parked_news.push(news);
        }
    }

    /// What decides who may decide on a parked change: its ticket's keys, or those it would have.
    fn about(&self, parked: &Parked) -> Option<ScopeKeys> {
        let keys = self.known.tickets.get(&parked.change.ticket).and_then(Held::keys);
        keys.or(match &parked.change.action {
            Action::Register(intake) => Some(intake.scope_keys()),
            _ => parked.filed_in.map(|department| ScopeKeys {
                department,
                accountable: None,
                registered_in: department,
            }),
        })
    }

    /// Carries out a decision on a parked change. Returns the verdict that stands from now on; nothing, if no such change is
    /// parked as far as the person may know.
    ///
    /// What was decided before stays decided: whoever comes second is told what the first has decided.
    pub(crate) fn decide(&mut self, decision: &Decision, directory: &Directory) -> Option<Verdict> {
        let parked = self.known.parked.get(&decision.change)?.clone();
        let about = self.about(&parked)?;
        let person = directory.person(decision.person.id)?;
        if !access::may_decide(person, directory, &about) {
            return None;
        }
        if let Some(revision) = self.known.recorded.get(&decision.change) {
            return Some(Verdict::Duplicate { revision: *revision });
        }
        if parked.decided.is_some() {
            return Some(verdict_on(&parked));
        }
        let applied = match &decision.ruling {
            Ruling::Decline { .. } => None,
            Ruling::Admit => match self.admit(&parked, decision, directory) {
                Ok(revision) => Some(Verdict::Applied { revision }),
                Err(because) => return Some(Verdict::Parked { because }),
            },
        };
        self.note_decided(parked, decision);
        applied.or_else(|| self.known.parked.get(&decision.change).map(verdict_on))
    }

    /// Writes down what was decided on a parked change, and tells those who waited for it.
    fn note_decided(&mut self, parked: Parked, decision: &Decision) {
        if let Ruling::Decline { why } = &decision.ruling {
            let because = Refusal::Declined { by: decision.person.id, why: why.clone() };
            self.set_aside(&parked.change, decision.at, Some(because));
        }
        if let Some(about) = self.about(&parked) {
            self.tell_of_parked(about, Some(parked.change.actor));
        }
        let ruling = decision.ruling.clone();
        let decided = Decided { by: decision.person.id, at: decision.at, ruling };
        self.written.touched_parked.insert(decision.change);
        self.known.parked.insert(decision.change, Parked { decided: Some(decided), ..parked });
    }

    /// Puts a parked change into the record. Returns its place.
    fn admit(&mut self, parked: &Parked, decision: &Decision, directory: &Directory) -> Result<u64, Refusal> {
        let arrival = self.known.arrival_at(decision.at).max(parked.received);
        let admission = Admission { by: decision.person.id, received: parked.received };
        self.change_ticket(&parked.change, arrival, |held, arrival| {
            held.admit(&parked.change, admission, directory, arrival)
        })
    }

    fn same_as_recorded(&self, change: &Change) -> bool {
        let held = self.known.tickets.get(&change.ticket);
        held.and_then(|held| held.document().find(change.id))
            .is_some_and(|recorded| recorded.change == *change)
    }

    /// Puts a change into the record, if it may be. Returns its place.
    fn take(
        &mut self,
        change: &Change,
        author: &Person,
        arrival: Timestamp,
        directory: &Directory,
    ) -> Result<u64, Objection> {
        // As they are now: a push may have waited while somebody's role changed.
        let actor = directory.person(author.id).unwrap_or(author);
        let arrival = self.known.arrival_at(arrival);
        self.change_ticket(change, arrival, |held, arrival| held.take(change, actor, directory, arrival))
    }

    /// Writes down what `deed` does to the ticket of a change, if it does anything. Returns the change's place.
    fn change_ticket<E>(
        &mut self,
        change: &Change,
        arrival: Timestamp,
        deed: impl FnOnce(&mut Held, Arrival) -> Result<Taken, E>,
    ) -> Result<u64, E> {
        let mut held =
            self.known.tickets.remove(&change.ticket).unwrap_or_else(|| Held::fresh(change.ticket));
        let before = held.keys();
        let arriving = Arrival { at: arrival, restored_at: self.restored_at };
        let place =
            deed(&mut held, arriving).map(|taken| self.record(change, arrival, &mut held, before, taken));
        // A ticket of which nothing has been taken is none.
        if held.keys().is_some() {
            self.known.tickets.insert(change.ticket, held);
        }
        place
    }

    /// Writes down what a change that has been taken does.
    fn record(
        &mut self,
        change: &Change,
        arrival: Timestamp,
        held: &mut Held,
        before: Option<ScopeKeys>,
        taken: Taken,
    ) -> u64 {
        let Taken { happened, stored, keys, stage } = taken;
        let place = self.append(change, happened, arrival, Arc::clone(&stored));
        let previous = held.move_on(place);
        if held.document().number.is_none() {
            held.set_number(self.number_for(change.ticket, arrival));
        }
        if let Some(old) = before.filter(|old| *old != keys) {
            self.written.moves.push(ScopeMove { revision: place, ticket: change.ticket, old });
        }
        if let Action::Attach(attachment) = &change.action
            && let Some(hash) = attachment.hash()
        {
            self.written.attachments.push(AttachmentRow {
                hash,
                ticket: change.ticket,
                person: change.actor,
            });
        }
        self.written.news.push(News {
            ticket: change.ticket,
            number: held.document().number.clone(),
            previous,
            revision: place,
            before,
            after: keys,
            recorded: stored,
        });
        self.written.touched_tickets.insert(change.ticket, stage);
        self.known.recorded.insert(change.id, place);
        self.note_taken(change);
        place
    }

    /// Adds a link to the chain. Returns its place.
    fn append(&mut self, change: &Change, happened: Timestamp, arrived: Timestamp, body: Arc<str>) -> u64 {
        let previous_hash = self.known.head.hash;
        let hash = chain::link(&previous_hash, &body);
        let seq = self.known.head.seq + 1;
        self.known.head = Head { seq, hash, arrived };
        self.written.changes.push(ChangeRow {
            seq,
            id: change.id,
            ticket: change.ticket,
            actor: change.actor,
            kind: change.action.kind().name(),
            happened,
            arrived,
            previous_hash,
            hash,
            body,
        });
        seq
    }

    /// Ends the group: what is known now, and what has to be written for it.
    pub(crate) fn finish(self) -> (Known, Written) {
        (self.known, self.written)
    }
}

/// What the author of a parked change is told of it.
fn verdict_on(parked: &Parked) -> Verdict {
    match &parked.decided {
        Some(Decided { by, ruling: Ruling::Decline { why }, .. }) => {
            Verdict::Refused { because: Refusal::Declined { by: *by, why: why.clone() } }
        }
        // One that was admitted is in the record, where it is looked for first.
        Some(Decided { ruling: Ruling::Admit, .. }) | None => {
            Verdict::Parked { because: parked.because.clone() }
        }
    }
}

impl Written {
    /// The parked changes to write, as they are `known` now.
    pub(crate) fn parked(&self, known: &Known) -> Vec<Parked> {
        self.touched_parked.iter().filter_map(|id| known.parked.get(id).cloned()).collect()
    }

    /// What is or was set aside, as it is `known` now.
    pub(crate) fn set_aside(&self, known: &Known) -> Vec<set_aside::Row> {
        let row = |(ticket, id): &(TicketId, ChangeId)| {
            let because = known.set_aside.get(ticket).and_then(|aside| aside.get(id));
            set_aside::Row { id: *id, ticket: *ticket, because: because.cloned() }
        };
        self.touched_aside.iter().map(row).collect()
    }

    /// The tickets to write, as they are `known` now.
    pub(crate) fn tickets(&self, known: &Known) -> Vec<TicketRow> {
        let row = |(id, stage): (&TicketId, &Stage)| {
            let held = known.tickets.get(id)?;
            let document = held.document();
            Some(TicketRow {
                id: *id,
                revision: document.revision,
                keys: held.keys()?,
                stage: *stage,
                number: document.number.clone(),
                document: held.write(),
            })
        };
        self.touched_tickets.iter().filter_map(row).collect()
    }

    /// The devices to write, as they are `known` now.
    pub(crate) fn devices(&self, known: &Known) -> Vec<(DeviceId, Device)> {
        self.touched_devices.iter().filter_map(|id| Some((*id, *known.devices.get(id)?))).collect()
    }

    /// The running numbers to write, as they are `known` now.
    pub(crate) fn numbers(&self, known: &Known) -> BTreeMap<Month, u32> {
        self.touched_months.iter().filter_map(|month| Some((*month, *known.numbers.get(month)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::people::Role;
    use domain::ticket::{Nothing, Seen};
    use domain::{Claim, PersonId};
    use uuid::Uuid;

    use super::*;
    use crate::sync::testing::{DESK, intake, person};
    use crate::testing::START;

    const DEVICE: DeviceId = DeviceId::from_uuid(Uuid::from_u128(1));

    fn directory() -> Directory {
        let desk = domain::people::Department {
            id: DESK,
            name: "客服中心".into(),
            parent: None,
            function: domain::people::DepartmentFunction::CustomerService,
            regions: Vec::new(),
        };
        Directory { revision: 1, people: vec![agent()], departments: vec![desk], ..Directory::default() }
    }

    fn agent() -> Person {
        person(1, "周敏", Role::Agent, DESK)
    }

    fn change(seq: u64, ticket: u128, actor: PersonId, action: Action) -> Change {
        let ticket = TicketId::from_uuid(Uuid::from_u128(ticket));
        let claim = Claim { clock: START, offset_ms: None, heard: None };
        Change { id: ChangeId { device: DEVICE, seq }, ticket, actor, claim, seen: Seen::default(), action }
    }

    fn registration(seq: u64, ticket: u128) -> Change {
        change(seq, ticket, agent().id, Action::Register(Box::new(intake(DESK))))
    }

    fn push(arrival: Timestamp, changes: Vec<Change>) -> Push {
        let readable = |change| Incoming::Readable(Box::new(change));
        Push {
            person: agent(),
            device: DEVICE,
            arrival,
            complete: false,
            ended_before: None,
            known_as: BTreeMap::new(),
            changes: changes.into_iter().map(readable).collect(),
        }
    }

    #[test]
    fn tickets_are_numbered_in_the_order_of_arrival_within_their_month() {
        let directory = directory();
        let mut group = Group::new(480, None, Known::default());
        let next_month = START.plus_millis(10 * Timestamp::DAY_MS);
        group.judge(&push(START, vec![registration(1, 1), registration(2, 2)]), &directory);
        group.judge(&push(next_month, vec![registration(3, 3)]), &directory);
        let (_, written) = group.finish();
        let numbers: Vec<_> =
            written.news.iter().map(|news| news.number.as_ref().unwrap().as_str()).collect();
        assert_eq!(numbers, ["FB202405001", "FB202405002", "FB202406001"]);
    }

    #[test]
    fn nothing_arrives_before_what_the_record_ends_with() {
        let directory = directory();
        let next_month = START.plus_millis(10 * Timestamp::DAY_MS);
        let mut group = Group::new(480, None, Known::default());
        group.judge(&push(next_month, vec![registration(1, 1)]), &directory);
        group.judge(&push(START, vec![registration(2, 2)]), &directory);
        let (known, written) = group.finish();
        assert!(written.changes.iter().all(|change| change.arrived == next_month), "{:?}", written.changes);
        assert_eq!(written.changes[1].happened, START, "what a device claims is not moved by that");
        assert_eq!(written.news[1].number.as_ref().unwrap().as_str(), "FB202406002");
        assert_eq!(known.head.arrived, next_month);
    }

    #[test]
    fn a_refused_change_that_comes_again_after_its_author_was_told_is_not_taken_any_more() {
        let directory = directory();
        let too_early = change(1, 9, agent().id, Action::CheckIn(Nothing {}));
        let complete = |changes| Push { complete: true, ..push(START, changes) };
        let mut group = Group::new(480, None, Known::default());
        let mut judge = |changes| group.judge(&complete(changes), &directory).pop().unwrap().verdict;
        let refused = |because| Verdict::Refused { because };
        assert_eq!(judge(vec![too_early.clone()]), refused(Refusal::UnknownTicket));
        assert!(matches!(judge(vec![too_early.clone(), registration(2, 9)]), Verdict::Applied { .. }));
        // Nobody has told the author yet, as far as is known here.
        assert_ne!(judge(vec![too_early.clone()]), refused(Refusal::IdReused));
        judge(vec![registration(3, 10)]);
        assert_eq!(judge(vec![too_early]), refused(Refusal::IdReused));
        assert!(matches!(judge(vec![registration(2, 9)]), Verdict::Duplicate { .. }));
    }

    #[test]
    fn a_group_of_refusals_moves_the_device_on_and_nothing_else() {
        let directory = directory();
        let mut group = Group::new(480, None, Known::default());
        let too_early = change(1, 9, agent().id, Action::CheckIn(Nothing {}));
        let verdicts = group.judge(&push(START, vec![too_early]), &directory);
        assert_eq!(verdicts[0].verdict, Verdict::Refused { because: Refusal::UnknownTicket });
        let (known, written) = group.finish();
        assert_eq!(known.head, Head::default());
        assert!(known.tickets.is_empty() && written.changes.is_empty());
        assert_eq!(known.devices[&DEVICE].judged, 1);
    }
}
