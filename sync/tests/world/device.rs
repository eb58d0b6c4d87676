//! A device: a replica over a store that survives restarts, and everything that can happen to it.

use domain::people::Person;
use domain::ticket::{Action, Seen, Ticket};
use domain::{ChangeId, DeviceId, Refusal, TicketId, Timestamp};
use sync::messages::{Event, PUSH_MAX_BYTES};
use sync::{Absorbed, Batch, Identity, LocalStore, MemoryLocalStore, Meta, OutboxState, Replica};
use uuid::Uuid;

use super::{Server, block_on};

/// A person's device.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) person: Person,
    pub(crate) replica: Replica,
    /// How far this device's clock is behind the server's.
    pub(crate) behind_ms: i64,
    store: MemoryLocalStore,
    id: DeviceId,
}

impl Device {
    pub(crate) fn of(person: Person, number: u128) -> Self {
        let store = MemoryLocalStore::default();
        let id = DeviceId::from_uuid(Uuid::from_u128(number));
        let replica = open(&store, &person, id);
        Self { person, replica, behind_ms: 0, store, id }
    }

    /// A device that has heard of the company, and of no ticket.
    pub(crate) fn that_knows_the_company(person: Person, number: u128) -> Self {
        let mut device = Self::of(person, number);
        device.keep(Batch { directory: Some(super::directory()), ..Batch::default() });
        device
    }

    /// The app ends without warning and starts again.
    pub(crate) fn restart(&mut self) {
        self.replica = open(&self.store, &self.person, self.id);
    }

    /// Another device with the same storage, as after a profile was copied.
    pub(crate) fn copy(&self) -> Self {
        let store = self.store.clone();
        let replica = open(&store, &self.person, self.id);
        Self { person: self.person.clone(), replica, behind_ms: self.behind_ms, store, id: self.id }
    }

    pub(crate) fn keep(&mut self, batch: Batch) {
        block_on(self.store.apply(&batch)).unwrap();
        self.replica.commit(batch);
    }

    pub(crate) fn know(&mut self, ticket: TicketId) {
        if self.replica.needs(ticket) {
            for document in block_on(self.store.documents(&[ticket])).unwrap() {
                self.replica.learn(document);
            }
        }
    }

    pub(crate) fn tap(
        &mut self,
        ticket: TicketId,
        action: Action,
        now: Timestamp,
    ) -> Result<ChangeId, Refusal> {
        self.know(ticket);
        let batch = self.replica.prepare(ticket, action, now.plus_millis(-self.behind_ms))?;
        let id = batch.outbox[0].change.id;
        self.keep(batch);
        Ok(id)
    }

    /// The person does something by what they saw at an earlier moment.
    pub(crate) fn tap_by(
        &mut self,
        ticket: TicketId,
        action: Action,
        seen: Seen,
        now: Timestamp,
    ) -> Result<ChangeId, Refusal> {
        self.know(ticket);
        let batch = self.replica.prepare_by(ticket, action, seen, now.plus_millis(-self.behind_ms))?;
        let id = batch.outbox[0].change.id;
        self.keep(batch);
        Ok(id)
    }

    /// Delivers what waits, if anything does. The answer may be lost on its way.
    pub(crate) fn push(&mut self, server: &mut Server, now: Timestamp, answer_is_lost: bool) {
        let Some(request) = self.replica.push_request(0, PUSH_MAX_BYTES, now) else { return };
        let response = server.push(&self.person, &request, now);
        if !answer_is_lost {
            let clock = now.plus_millis(-self.behind_ms);
            let batch = self.replica.on_push(&response, clock, clock);
            self.keep(batch);
        }
    }

    /// Fetches one page. Returns whether there is another.
    pub(crate) fn pull(&mut self, server: &Server, now: Timestamp) -> bool {
        let response = server.pull(&self.person, &self.replica.pull_request(None), now);
        let more = response.more;
        let clock = now.plus_millis(-self.behind_ms);
        let batch = self.replica.on_pull(response, clock, clock);
        self.keep(batch);
        more
    }

    /// Takes events in, all at once. Returns whether they fitted.
    pub(crate) fn hear(&mut self, events: &[Event]) -> bool {
        for event in events {
            if let Event::Changed(changed) = event {
                self.know(changed.ticket);
            }
        }
        match self.replica.on_events(events) {
            Absorbed::Batch(batch) => {
                self.keep(*batch);
                true
            }
            Absorbed::Behind => false,
        }
    }

    /// Delivers and fetches until nothing is left to do.
    pub(crate) fn sync(&mut self, server: &mut Server, now: Timestamp) {
        while self.replica.push_request(0, PUSH_MAX_BYTES, now).is_some() {
            self.push(server, now, false);
        }
        while self.pull(server, now) || self.replica.meta().cursor.is_none() {}
    }

    /// The ticket as this device shows it.
    pub(crate) fn see(&mut self, ticket: TicketId) -> Option<Ticket> {
        self.know(ticket);
        self.replica.ticket(ticket)
    }

    pub(crate) fn comments(&mut self, ticket: TicketId) -> Vec<String> {
        let ticket = self.see(ticket);
        ticket
            .map(|ticket| ticket.comments.into_iter().map(|comment| comment.fact).collect())
            .unwrap_or_default()
    }

    pub(crate) fn state(&self, change: ChangeId) -> Option<&OutboxState> {
        self.replica.outbox_state(change)
    }
}

fn open(store: &MemoryLocalStore, person: &Person, device: DeviceId) -> Replica {
    let loaded = block_on(store.load()).unwrap();
    let documents = block_on(store.documents(&loaded.touched())).unwrap();
    let fresh = || Meta::new(Identity { device, person: person.clone() });
    let meta = loaded.meta.clone().unwrap_or_else(fresh);
    Replica::open(loaded, meta, documents)
}
