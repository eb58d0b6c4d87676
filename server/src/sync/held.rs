//! A ticket in the desk's hands: its record, in memory and as it is stored, and what the record adds up to.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use domain::access::{self, Objection};
use domain::people::{Directory, Person};
use domain::ticket::{Admission, Change, Document, Recorded, ScopeKeys, Stage, Ticket, TicketNumber};
use domain::{ChangeId, Refusal, TicketId, Timestamp};

/// What most changes come to in their stored form, at most.
const USUAL_BYTES: usize = 1_024;
/// What a record without changes ends with.
const EMPTY_END: &str = "[]}";

/// A ticket as it stands in the record.
#[derive(Debug)]
pub(crate) struct Held {
    document: Document,
    /// The stored form of each change of the record, in the record's order.
    stored: Vec<Arc<str>>,
    /// What decides who may see it; absent as long as nothing of it is in the record.
    keys: Option<ScopeKeys>,
    /// What the record adds up to, once somebody has asked.
    ticket: Option<Box<Ticket>>,
}

/// When a change arrives, and in which history.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    /// When.
    pub(crate) at: Timestamp,
    /// When that history began with a restore, if it did.
    pub(crate) restored_at: Option<Timestamp>,
}

/// A change that has been put into a ticket's record.
#[derive(Debug)]
pub(crate) struct Taken {
    /// When it happened.
    pub(crate) happened: Timestamp,
    /// Its stored form.
    pub(crate) stored: Arc<str>,
    /// What decides now who may see the ticket.
    pub(crate) keys: ScopeKeys,
    /// How far the ticket has come.
    pub(crate) stage: Stage,
}

impl Held {
    /// A ticket of which there is nothing in the record.
    pub(crate) const fn fresh(ticket: TicketId) -> Self {
        Self { document: Document::new(ticket), stored: Vec::new(), keys: None, ticket: None }
    }

    /// A ticket as it was read from the store.
    pub(crate) fn read(document: Document, keys: ScopeKeys) -> Self {
        let stored = document.log().iter().map(store).collect();
        Self { document, stored, keys: Some(keys), ticket: None }
    }

    /// Its record.
    pub(crate) const fn document(&self) -> &Document {
        &self.document
    }

    /// What decides who may see it; nothing, as long as nothing of it is in the record.
    pub(crate) const fn keys(&self) -> Option<ScopeKeys> {
        self.keys
    }

    /// Puts a change that has arrived into the record, if its author may do that; otherwise leaves everything as it was.
    pub(crate) fn take(
        &mut self,
        change: &Change,
        actor: &Person,
        directory: &Directory,
        arrival: Arrival,
    ) -> Result<Taken, Objection> {
        self.judge(change, actor, directory)?;
        let recorded = Recorded::place(change.clone(), self.document.log(), Some(arrival.at));
        Ok(self.put(recorded.in_history_since(arrival.restored_at))?)
    }

    /// Whether a change would be put into the record if it arrived now.
    pub(crate) fn may_take(&mut self, change: &Change, actor: &Person, directory: &Directory) -> bool {
        self.judge(change, actor, directory).is_ok()
    }

    fn judge(&mut self, change: &Change, actor: &Person, directory: &Directory) -> Result<(), Objection> {
        guarded(change.id, || {
            self.fold();
            access::judge_folded(change, actor, directory, &self.document, self.ticket.as_deref())
        })
    }

    /// Puts a change that was parked into the record, if it fits; otherwise leaves everything as it was.
    pub(crate) fn admit(
        &mut self,
        change: &Change,
        admission: Admission,
        directory: &Directory,
        arrival: Arrival,
    ) -> Result<Taken, Refusal> {
        guarded(change.id, || {
            self.fold();
            access::admissible(change, directory, &self.document, self.ticket.as_deref())
        })?;
        let recorded = Recorded::admit(change.clone(), self.document.log(), admission, arrival.at);
        self.put(recorded.in_history_since(arrival.restored_at))
    }

    /// Sees to it that what the record adds up to is known.
    fn fold(&mut self) {
        if self.ticket.is_none() {
            self.ticket = Ticket::of(&self.document).map(Box::new);
        }
    }

    fn put(&mut self, recorded: Recorded) -> Result<Taken, Refusal> {
        let (id, happened) = (recorded.change.id, recorded.happened);
        let stored = store(&recorded);
        let place = self.insert(recorded, Arc::clone(&stored));
        match guarded(id, || self.fold_at(place)) {
            Ok((keys, stage)) => {
                self.keys = Some(keys);
                Ok(Taken { happened, stored, keys, stage })
            }
            Err(refusal) => {
                self.remove(place);
                Err(refusal)
            }
        }
    }

    /// Notes where the record of the whole server has come to with this ticket's last change. Returns where it was before.
    pub(crate) const fn move_on(&mut self, revision: u64) -> u64 {
        std::mem::replace(&mut self.document.revision, revision)
    }

    /// Gives the ticket its number.
    pub(crate) fn set_number(&mut self, number: TicketNumber) {
        if let Some(ticket) = &mut self.ticket {
            ticket.number = Some(number.clone());
        }
        self.document.number = Some(number);
    }

    /// The stored form of the whole record: what the document itself would be written as, made of what has been written.
    pub(crate) fn write(&self) -> String {
        let mut empty = Document::new(self.document.ticket);
        empty.number.clone_from(&self.document.number);
        empty.revision = self.document.revision;
        let empty = serde_json::to_string(&empty).expect("a record always serialises");
        let (before, after) = empty.split_at(empty.len() - EMPTY_END.len());
        debug_assert_eq!(after, EMPTY_END);
        let length: usize = self.stored.iter().map(|stored| stored.len() + 1).sum();
        let mut written = String::with_capacity(before.len() + length + EMPTY_END.len());
        written.push_str(before);
        written.push('[');
        for (index, stored) in self.stored.iter().enumerate() {
            if index > 0 {
                written.push(',');
            }
            written.push_str(stored);
        }
        written.push_str("]}");
        written
    }

    fn insert(&mut self, recorded: Recorded, stored: Arc<str>) -> usize {
        let id = recorded.change.id;
        self.document.insert(recorded);
        let log = self.document.log();
        let place = log.iter().rposition(|known| known.change.id == id).unwrap_or(log.len());
        self.stored.insert(place, stored);
        place
    }

    /// Folds a change in that stands at this place of the record.
    fn fold_at(&mut self, place: usize) -> Result<(ScopeKeys, Stage), Refusal> {
        // Taken out, so that nothing half folded stays behind.
        let folded = match (self.ticket.take(), self.document.log()) {
            (Some(mut ticket), [.., last]) if place + 1 == self.stored.len() => {
                ticket.fold_on(last);
                Some(ticket)
            }
            _ => Ticket::of(&self.document).map(Box::new),
        };
        let ticket = folded.ok_or(Refusal::UnknownTicket)?;
        let known = (ticket.scope_keys(), ticket.stage);
        self.ticket = Some(ticket);
        Ok(known)
    }

    fn remove(&mut self, place: usize) {
        let mut before = Document::new(self.document.ticket);
        before.number = self.document.number.take();
        before.revision = self.document.revision;
        for (index, recorded) in self.document.log().iter().enumerate() {
            if index != place {
                before.insert(recorded.clone());
            }
        }
        self.document = before;
        self.stored.remove(place);
        self.ticket = None;
    }
}

/// The stored form of a change.
fn store(recorded: &Recorded) -> Arc<str> {
    let mut stored = Vec::with_capacity(USUAL_BYTES);
    serde_json::to_writer(&mut stored, recorded).expect("a change holds only texts and numbers");
    String::from_utf8(stored).expect("JSON is text").into()
}

/// Runs a rule on a change. A rule that panics is a mistake of ours that a newer version may not make: the change is told
/// that it isn't understood here, and the others never hear of it.
fn guarded<T, E: From<Refusal>>(change: ChangeId, rule: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(rule)).unwrap_or_else(|_| {
        tracing::error!(%change, "a rule panicked; the change is refused as not understood");
        Err(Refusal::UnsupportedAction.into())
    })
}

#[cfg(test)]
mod tests {
    use domain::people::{Department, DepartmentFunction, Role};
    use domain::ticket::{Action, Seen};
    use domain::{Claim, DeviceId};
    use uuid::Uuid;

    use super::*;
    use crate::sync::testing::{DESK, comment, intake, person};
    use crate::testing::START;

    fn agent() -> Person {
        person(1, "周敏", Role::Agent, DESK)
    }

    fn directory() -> Directory {
        let desk = Department {
            id: DESK,
            name: "客服中心".into(),
            parent: None,
            function: DepartmentFunction::CustomerService,
            regions: Vec::new(),
        };
        Directory { revision: 1, people: vec![agent()], departments: vec![desk], ..Directory::default() }
    }

    /// A change made so many minutes after the start, by somebody who has seen nothing.
    fn change(seq: u64, minute: i64, action: Action) -> Change {
        Change {
            id: ChangeId { device: DeviceId::from_uuid(Uuid::from_u128(seq.into())), seq: 1 },
            ticket: TicketId::from_uuid(Uuid::from_u128(1)),
            actor: agent().id,
            claim: Claim {
                clock: START.plus_millis(minute * Timestamp::MINUTE_MS),
                offset_ms: Some(0),
                heard: None,
            },
            seen: Seen::default(),
            action,
        }
    }

    fn take(held: &mut Held, change: &Change) -> Result<Taken, Objection> {
        held.take(
            change,
            &agent(),
            &directory(),
            Arrival { at: START.plus_millis(Timestamp::DAY_MS), restored_at: None },
        )
    }

    fn registered() -> Held {
        let mut held = Held::fresh(TicketId::from_uuid(Uuid::from_u128(1)));
        take(&mut held, &change(1, 0, Action::Register(Box::new(intake(DESK))))).unwrap();
        held
    }

    #[test]
    fn whatever_comes_in_whatever_order_is_folded_and_written_as_the_document_is() {
        let mut held = registered();
        held.move_on(7);
        held.set_number(TicketNumber::from_stored("FB202405001".to_owned()));
        for (seq, minute) in [(2, 30), (3, 10), (4, 40), (5, 20)] {
            take(&mut held, &change(seq, minute, comment(&format!("minute {minute}")))).unwrap();
            assert_eq!(held.ticket.as_deref(), Ticket::of(&held.document).as_ref());
            assert_eq!(held.write(), serde_json::to_string(&held.document).unwrap());
        }
        let again = Held::read(held.document.clone(), held.keys.unwrap());
        assert_eq!(again.write(), held.write());
    }

    #[test]
    fn a_refused_change_leaves_everything_as_it_was() {
        let mut held = registered();
        let before = (held.document.clone(), held.write());
        assert!(take(&mut held, &change(2, 5, comment("  "))).is_err());
        assert_eq!((held.document, held.ticket.is_some()), (before.0, true));
    }

    #[test]
    fn a_record_without_its_last_change_is_what_it_was() {
        let mut held = registered();
        let before = (held.document.clone(), held.write());
        let recorded = Recorded::place(change(2, 5, comment("poison")), held.document.log(), Some(START));
        let stored = store(&recorded);
        let place = held.insert(recorded, stored);
        held.remove(place);
        assert_eq!((held.document.clone(), held.write()), before);
    }

    #[test]
    fn a_rule_that_panics_refuses_its_change_and_harms_no_other() {
        let id = ChangeId { device: DeviceId::from_uuid(Uuid::from_u128(1)), seq: 1 };
        let outcome = guarded(id, || -> Result<(), Refusal> { panic!("a mistake of ours") });
        assert_eq!(outcome, Err(Refusal::UnsupportedAction));
    }
}
