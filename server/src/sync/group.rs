//! Judging a group of pushes, in memory.
//!
//! The writer gathers what the store knows of the tickets and devices that a group names ([`Known`]), lets every change be
//! judged against it, one after the other, and writes down what came of it ([`Written`]) in one transaction. Nothing here
//! waits or fails: whatever is wrong with a change is that change's verdict, and the next one is judged all the same.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use domain::access;
use domain::people::{Directory, Person};
use domain::ticket::{ActionKind, Change, Document, Month, Recorded, ScopeKeys, Stage, Ticket, TicketNumber};
use domain::{ChangeId, DeviceId, Field, Problem, Refusal, TicketId, Timestamp};
use sync::messages::{Judged, Verdict};

use super::hub::News;
use crate::store::chain;
use crate::store::devices::Device;
use crate::store::ledger::{ChangeRow, Head};
use crate::store::tickets::{ScopeMove, TicketRow};

/// Changes of one device, pushed together.
#[derive(Debug)]
pub(crate) struct Push {
    /// Who is signed in.
    pub(crate) person: Person,
    /// The device.
    pub(crate) device: DeviceId,
    /// When they arrived.
    pub(crate) arrival: Timestamp,
    /// In the order in which they were sent.
    pub(crate) changes: Vec<Incoming>,
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

    /// The ticket it is about, as far as that can be read.
    pub(crate) fn ticket(&self) -> Option<TicketId> {
        match self {
            Self::Readable(change) => Some(change.ticket),
            Self::Unreadable(_) => None,
        }
    }

    /// Whether it makes a new ticket, if it is taken.
    pub(crate) fn registers(&self) -> bool {
        matches!(self, Self::Readable(change) if change.action.kind() == ActionKind::Register)
    }
}

/// A ticket as it stands in the record.
#[derive(Debug)]
pub(crate) struct Held {
    /// Its record.
    pub(crate) document: Document,
    /// What decides who may see it.
    pub(crate) keys: ScopeKeys,
}

/// What is known when a group is judged. Must cover all tickets, devices and months that the group names.
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
    /// The last running number of each month.
    pub(crate) numbers: BTreeMap<Month, u32>,
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
    touched_tickets: BTreeMap<TicketId, Stage>,
    touched_devices: BTreeSet<DeviceId>,
    touched_months: BTreeSet<Month>,
}

/// Judges changes.
#[derive(Debug)]
pub(crate) struct Group<'d> {
    directory: &'d Directory,
    utc_offset_minutes: i32,
    known: Known,
    written: Written,
}

impl<'d> Group<'d> {
    /// Begins with what is known. Months are those of the company, whose clocks are `utc_offset_minutes` ahead of UTC.
    pub(crate) fn new(directory: &'d Directory, utc_offset_minutes: i32, known: Known) -> Self {
        Self { directory, utc_offset_minutes, known, written: Written::default() }
    }

    /// Judges the changes of a push in their order.
    pub(crate) fn judge(&mut self, push: &Push) -> Vec<Judged> {
        let verdict_on =
            |incoming: &Incoming| Judged { id: incoming.id(), verdict: self.verdict(push, incoming) };
        push.changes.iter().map(verdict_on).collect()
    }

    fn verdict(&mut self, push: &Push, incoming: &Incoming) -> Verdict {
        match self.consider(push, incoming) {
            Ok(verdict) => verdict,
            Err(because) => Verdict::Refused { because },
        }
    }

    fn consider(&mut self, push: &Push, incoming: &Incoming) -> Result<Verdict, Refusal> {
        let id = incoming.id();
        if id.device != push.device || id.seq == 0 {
            return Err(Refusal::Invalid { field: Field::Other, problem: Problem::OutOfRange });
        }
        // Before the device is written down: its first push under somebody else's session must not make it theirs.
        if matches!(incoming, Incoming::Readable(change) if change.actor != push.person.id) {
            return Err(Refusal::WrongAuthor);
        }
        let device = self.known.devices.entry(push.device).or_insert_with(|| Device {
            person: push.person.id,
            judged: 0,
            first_seen: push.arrival,
            last_seen: push.arrival,
        });
        if device.person != push.person.id {
            return Err(Refusal::WrongAuthor);
        }
        if id.seq > device.judged + 1 {
            return Err(Refusal::OutOfOrder);
        }
        device.judged = device.judged.max(id.seq);
        device.last_seen = push.arrival;
        self.written.touched_devices.insert(push.device);
        let Incoming::Readable(change) = incoming else { return Err(Refusal::UnsupportedAction) };
        if let Some(revision) = self.known.recorded.get(&id).copied() {
            return self
                .same_as_recorded(change)
                .then_some(Verdict::Duplicate { revision })
                .ok_or(Refusal::IdReused);
        }
        let revision = self.take(change, push)?;
        Ok(Verdict::Applied { revision })
    }

    fn same_as_recorded(&self, change: &Change) -> bool {
        let held = self.known.tickets.get(&change.ticket);
        held.and_then(|held| held.document.find(change.id)).is_some_and(|recorded| recorded.change == *change)
    }

    /// Puts a change into the record, if it may be. Returns its place.
    fn take(&mut self, change: &Change, push: &Push) -> Result<u64, Refusal> {
        let held = self.known.tickets.get(&change.ticket);
        let fresh = Document::new(change.ticket);
        let document = held.map_or(&fresh, |held| &held.document);
        guarded(change.id, || access::judge(change, &push.person, self.directory, document))?;

        let recorded = Recorded::place(change.clone(), document.log(), Some(push.arrival));
        let body: Arc<str> =
            serde_json::to_string(&recorded).expect("a change holds only texts and numbers").into();
        let happened = recorded.happened;
        let (mut document, before) = match self.known.tickets.remove(&change.ticket) {
            Some(held) => (held.document, Some(held.keys)),
            None => (fresh, None),
        };
        document.insert(recorded);
        let folded = guarded(change.id, || {
            let ticket = Ticket::of(&document).ok_or(Refusal::UnknownTicket)?;
            Ok((ticket.scope_keys(), ticket.stage))
        });
        let (keys, stage) = match folded {
            Ok(folded) => folded,
            Err(refusal) => {
                if let Some(keys) = before {
                    self.known
                        .tickets
                        .insert(change.ticket, Held { document: without(&document, change.id), keys });
                }
                return Err(refusal);
            }
        };

        let place = self.append(change, happened, push.arrival, Arc::clone(&body));
        let previous = std::mem::replace(&mut document.revision, place);
        if document.number.is_none() {
            document.number = Some(self.next_number(push.arrival));
        }
        if let Some(old) = before.filter(|old| *old != keys) {
            self.written.moves.push(ScopeMove { revision: place, ticket: change.ticket, old });
        }
        self.written.news.push(News {
            ticket: change.ticket,
            number: document.number.clone(),
            previous,
            revision: place,
            before,
            after: keys,
            recorded: body,
        });
        self.written.touched_tickets.insert(change.ticket, stage);
        self.known.recorded.insert(change.id, place);
        self.known.tickets.insert(change.ticket, Held { document, keys });
        Ok(place)
    }

    /// Adds a link to the chain. Returns its place.
    fn append(&mut self, change: &Change, happened: Timestamp, arrived: Timestamp, body: Arc<str>) -> u64 {
        let previous_hash = self.known.head.hash;
        let hash = chain::link(&previous_hash, &body);
        let seq = self.known.head.seq + 1;
        self.known.head = Head { seq, hash };
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

    fn next_number(&mut self, now: Timestamp) -> TicketNumber {
        let month = Month::of(now, self.utc_offset_minutes);
        let last = self.known.numbers.entry(month).or_default();
        *last += 1;
        self.written.touched_months.insert(month);
        TicketNumber::new(month, *last)
    }

    /// Ends the group: what is known now, and what has to be written for it.
    pub(crate) fn finish(self) -> (Known, Written) {
        (self.known, self.written)
    }
}

impl Written {
    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.touched_devices.is_empty()
    }

    /// The tickets that are different.
    pub(crate) fn ticket_ids(&self) -> Vec<TicketId> {
        self.touched_tickets.keys().copied().collect()
    }

    /// The tickets to write, as they are `known` now.
    pub(crate) fn tickets(&self, known: &Known) -> Vec<TicketRow> {
        let row = |(id, stage): (&TicketId, &Stage)| {
            let Held { document, keys } = known.tickets.get(id)?;
            Some(TicketRow {
                id: *id,
                revision: document.revision,
                keys: *keys,
                stage: *stage,
                number: document.number.clone(),
                document: serde_json::to_string(document).expect("a record always serialises"),
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

/// Runs a rule on a change. A rule that panics is a mistake of ours that a newer version may not make: the change is told
/// that it isn't understood here, and the others never hear of it.
fn guarded<T>(change: ChangeId, rule: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(rule)).unwrap_or_else(|_| {
        tracing::error!(%change, "a rule panicked; the change is refused as not understood");
        Err(Refusal::UnsupportedAction)
    })
}

/// The record as it was before a change was put into it.
fn without(document: &Document, change: ChangeId) -> Document {
    let mut before = Document::new(document.ticket);
    before.number.clone_from(&document.number);
    before.revision = document.revision;
    for recorded in document.log().iter().filter(|recorded| recorded.change.id != change) {
        before.insert(recorded.clone());
    }
    before
}

#[cfg(test)]
mod tests {
    use domain::people::Role;
    use domain::ticket::{Action, Nothing, Seen};
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
        let claim = Claim { clock: START, offset_ms: None };
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
            changes: changes.into_iter().map(readable).collect(),
        }
    }

    #[test]
    fn tickets_are_numbered_in_the_order_of_arrival_within_their_month() {
        let directory = directory();
        let mut group = Group::new(&directory, 480, Known::default());
        let next_month = START.plus_millis(10 * Timestamp::DAY_MS);
        group.judge(&push(START, vec![registration(1, 1), registration(2, 2)]));
        group.judge(&push(next_month, vec![registration(3, 3)]));
        let (_, written) = group.finish();
        let numbers: Vec<_> =
            written.news.iter().map(|news| news.number.as_ref().unwrap().as_str()).collect();
        assert_eq!(numbers, ["FB202405001", "FB202405002", "FB202406001"]);
    }

    #[test]
    fn a_group_of_refusals_moves_the_device_on_and_nothing_else() {
        let directory = directory();
        let mut group = Group::new(&directory, 480, Known::default());
        let verdicts = group.judge(&push(START, vec![change(1, 9, agent().id, Action::CheckIn(Nothing {}))]));
        assert_eq!(verdicts[0].verdict, Verdict::Refused { because: Refusal::UnknownTicket });
        let (known, written) = group.finish();
        assert_eq!(known.head, Head::default());
        assert!(known.tickets.is_empty() && written.changes.is_empty() && !written.is_empty());
        assert_eq!(known.devices[&DEVICE].judged, 1);
    }

    #[test]
    fn a_rule_that_panics_refuses_its_change_and_harms_no_other() {
        let id = ChangeId { device: DEVICE, seq: 1 };
        let outcome = guarded(id, || -> Result<(), Refusal> { panic!("a mistake of ours") });
        assert_eq!(outcome, Err(Refusal::UnsupportedAction));
    }

    #[test]
    fn a_record_without_its_last_change_is_what_it_was() {
        let recorded = |change: Change| Recorded::place(change, &[], Some(START));
        let mut before = Document::new(TicketId::from_uuid(Uuid::from_u128(1)));
        before.insert(recorded(registration(1, 1)));
        let mut after = before.clone();
        let comment = change(2, 1, agent().id, crate::sync::testing::comment("poison"));
        after.insert(recorded(comment.clone()));
        assert_eq!(without(&after, comment.id), before);
    }
}
