//! Looks at a world that has come to rest: is everything where it must be, and nothing where it must not?

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use domain::access::Scope;
use domain::ticket::{Card, Document, Ticket};
use domain::{PersonId, TicketId};
use sync::messages::{PROTOCOL, PullRequest, PullResponse};
use sync::{OutboxEntry, OutboxState};

use crate::law::{Law, demand};
use crate::tally::Mark;
use crate::world::World;

impl World {
    /// Checks everything that must hold in the end.
    pub(crate) async fn check(&mut self) -> Result<()> {
        self.check_record().await?;
        self.record.check_order(&self.deeds)?;
        self.tally.counted_twice += self.record.check_redone(&self.deeds)?;
        self.check_pages().await?;
        for number in 0..self.devices.len() {
            self.check_device(number).await?;
        }
        self.check_nothing_lost().await
    }

    /// The record is what it was when it was read piece by piece, and its chain holds.
    async fn check_record(&self) -> Result<()> {
        let again = self.server.recorded_after(0).await?;
        demand!(self.record.is(again), Law::ExactlyOnce, "the record is not what it was when it was written");
        let chain = self.server.count_chain().await?;
        let head = self.record.head();
        demand!(chain == Some(head), Law::ChainIsWhole, "the chain holds for {chain:?} of {head} changes");
        Ok(())
    }

    /// A fresh device of each person is given what the record adds up to, and nothing else.
    async fn check_pages(&self) -> Result<()> {
        let directory = self.server.directory();
        let active = directory.people.iter().filter(|person| person.active);
        for (count, person) in active.enumerate() {
            // All devices are given the same directory, which is by far the most of such an answer: one is enough.
            let known = (count > 0).then_some(directory.revision);
            let mut request = PullRequest {
                protocol: PROTOCOL,
                cursor: None,
                scope: None,
                directory: known,
                room_bytes: Some(20_000),
            };
            let mut given = Vec::new();
            loop {
                let answer = self.server.pull(person.id, &serde_json::to_vec(&request)?).await;
                self.check_canaries(person.id, &answer.body, self.record.head())?;
                let page: PullResponse = serde_json::from_slice(&answer.body)?;
                if let Some(told) = &page.directory {
                    demand!(
                        *told == *directory,
                        Law::AllHoldTheSame,
                        "a fresh device is given an old directory"
                    );
                    request.directory = Some(told.revision);
                }
                given.extend(page.documents);
                (request.cursor, request.scope) = (Some(page.cursor), Some(page.scope));
                if !page.more {
                    break;
                }
            }
            let scope = Scope::of(person, &directory);
            self.check_same(&format!("a fresh device of {}", person.name), &scope, &given)?;
        }
        Ok(())
    }

    /// After each sync: a device that has come as far as a place of the record holds the tickets that are within its person's scope there,
    /// and no others. Tickets about which it has something of its own are looked at in the end.
    pub(crate) fn check_scope(&mut self, number: usize) -> Result<()> {
        let device = &self.devices[number];
        let Some(app) = &device.app else { return Ok(()) };
        let (replica, meta) = (&app.replica, app.replica.meta());
        let directory = self.server.directory();
        let scope = directory.person(device.person).map(|person| Scope::of(person, &directory));
        // The answer may be older than the server's last restore, or than its person's last move.
        let place = meta.cursor.as_ref().filter(|cursor| cursor.epoch == self.server.epoch());
        let (Some(place), Some(scope)) = (place.map(|cursor| cursor.seq), scope) else { return Ok(()) };
        if meta.rebuilding || meta.scope != Some(scope.fingerprint()) || place > self.record.head() {
            return Ok(());
        }
        let own: BTreeSet<_> = replica.outbox().map(|entry| entry.change.ticket).collect();
        let held: BTreeSet<_> = replica.cards().map(|card| card.ticket).collect();
        let all = self.record.documents().keys();
        let expected = all.filter(|ticket| self.record.is_within(&scope, **ticket, place));
        let expected: BTreeSet<_> = expected.copied().collect();
        let wrong = held.symmetric_difference(&expected).find(|ticket| !own.contains(*ticket));
        demand!(
            wrong.is_none(),
            Law::AllHoldTheSame,
            "device {number}, which has come to {place}, and its person's scope there do not agree on {wrong:?}"
        );
        self.reach(Mark::ScopeCompared);
        Ok(())
    }

    fn check_same(&self, whose: &str, scope: &Scope, given: &[Document]) -> Result<()> {
        let given: BTreeMap<TicketId, &Document> =
            given.iter().map(|document| (document.ticket, document)).collect();
        let expected: BTreeMap<TicketId, &Document> =
            self.record.within(scope).map(|document| (document.ticket, document)).collect();
        for (ticket, document) in &expected {
            let Some(held) = given.get(ticket) else {
                demand!(false, Law::AllHoldTheSame, "{whose} lacks {ticket}");
                continue;
            };
            demand!(
                held == document,
                Law::AllHoldTheSame,
                "{whose} holds of {ticket}\n  {}\nand not\n  {}",
                serde_json::to_string(held)?,
                serde_json::to_string(document)?
            );
        }
        let beyond = given.keys().find(|ticket| !expected.contains_key(ticket));
        demand!(beyond.is_none(), Law::AllHoldTheSame, "{whose} holds {beyond:?}, which is not in its scope");
        Ok(())
    }

    /// A device whose person is signed in holds the same on its disk, shows the same, and has nothing left to send.
    async fn check_device(&mut self, number: usize) -> Result<()> {
        let directory = self.server.directory();
        let device = &self.devices[number];
        let Some(person) = directory.person(device.person).filter(|person| person.active) else {
            return Ok(());
        };
        let whose = format!("device {number}");
        let Some(app) = &device.app else {
            demand!(false, Law::EverythingArrives, "{whose} is off in a world that is well");
            return Ok(());
        };
        let replica = &app.replica;
        let scope = Scope::of(person, &directory);
        let (_, mut documents) = device.disk.everything().await?;
        // What was lost with a restore is left to those who have something to send about it.
        let waits = |entry: &OutboxEntry| entry.is_waiting() && self.may_wait(replica, entry);
        let is_laid_over =
            |ticket| replica.outbox().any(|entry| entry.change.ticket == ticket && waits(entry));
        let is_in_sight = |ticket| self.record.is_within(&scope, ticket, self.record.head());
        let is_left = |ticket| is_laid_over(ticket) && !is_in_sight(ticket);
        documents.retain(|document| !is_left(document.ticket));
        self.check_same(&whose, &scope, &documents)?;
        demand!(
            replica.person() == person,
            Law::AllHoldTheSame,
            "{whose} takes its person for {:?}",
            replica.person()
        );
        demand!(*replica.directory() == *directory, Law::AllHoldTheSame, "{whose} has an old directory");
        let shown: BTreeMap<_, _> =
            replica.cards().filter(|card| !is_left(card.ticket)).map(|card| (card.ticket, card)).collect();
        for document in documents.iter().filter(|document| !is_laid_over(document.ticket)) {
            let card = Ticket::of(document).map(|ticket| Card::of(&ticket, replica.book()));
            demand!(
                shown.get(&document.ticket).copied() == card.as_ref(),
                Law::AllHoldTheSame,
                "{whose} shows another card of {} than its document makes",
                document.ticket
            );
        }
        demand!(
            shown.len() == documents.len(),
            Law::AllHoldTheSame,
            "{whose} shows tickets that it does not hold"
        );
        let on_its_way = replica.outbox().find(|entry| match entry.state {
            OutboxState::Waiting => !self.may_wait(replica, entry),
            OutboxState::Accepted { .. } => true,
            OutboxState::Kept { .. } | OutboxState::Parked { .. } | OutboxState::Refused { .. } => false,
        });
        demand!(on_its_way.is_none(), Law::EverythingArrives, "{whose} still has {on_its_way:?} on its way");
        Ok(())
    }

    /// What was saved is in the record, or still on its device, or was dealt with by its author.
    async fn check_nothing_lost(&mut self) -> Result<()> {
        let mut on_devices = BTreeSet::new();
        for device in &self.devices {
            let (loaded, _) = device.disk.everything().await?;
            for entry in &loaded.outbox {
                let is_there = self.record.has(&entry.change);
                let must_be_there = entry.is_kept() && self.is_active(device.person);
                demand!(
                    is_there || !must_be_there,
                    Law::NothingIsLost,
                    "device {} keeps {} for a server that never got it again",
                    device.number,
                    entry.change.id
                );
                on_devices.insert((device.number, entry.change.id));
            }
        }
        for (place, change) in &self.saved {
            let is_somewhere =
                self.record.has(change) || on_devices.contains(place) || self.dealt_with.contains(place);
            demand!(
                is_somewhere || self.gone_with_restores.contains(&change.id),
                Law::NothingIsLost,
                "{} was saved on device {}, and is nowhere",
                change.id,
                place.0
            );
            self.tally.gone_with_restores += u64::from(!is_somewhere);
        }
        Ok(())
    }

    fn is_active(&self, person: PersonId) -> bool {
        self.server.directory().person(person).is_some_and(|person| person.active)
    }
}
