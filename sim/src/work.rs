//! The work: who does what when, and what they do about changes that were refused.

use anyhow::Result;
use domain::ticket::{Action, Change, Seen};
use domain::{ChangeId, DeviceId, TicketId, Timestamp};
use sync::Batch;

use crate::canary;
use crate::deeds::Deeds;
use crate::law::{Law, demand};
use crate::tally::Mark;
use crate::world::{Happening, Kept, Trouble, World};

/// How often somebody thinks of something before they give it up.
const IDEAS: u32 = 4;

impl World {
    /// Spreads work and troubles over the seed's time.
    pub(crate) fn plan(&mut self) {
        let lasts = self.dice.spread(10 * Timestamp::MINUTE_MS, 60 * Timestamp::DAY_MS);
        for device in 0..self.devices.len() {
            let begins = self.dice.between(0, 5_000);
            self.later(begins, Happening::Starts { device });
        }
        for _ in 0..self.dice.between(8, 24) {
            // People work for a while, and so do others meanwhile.
            let begins = self.dice.between(0, lasts);
            for _ in 0..self.dice.between(1, 5) {
                let device = self.dice.index(self.devices.len());
                let pause = self.dice.spread(1_000, 20 * Timestamp::MINUTE_MS);
                self.later(begins + pause, Happening::Deed { device });
            }
        }
        let faults = self.faults.clone();
        type Kind = fn(usize) -> Trouble;
        let kinds: [(u64, Kind); 13] = [
            (faults.partitions, |device| Trouble::LineFails { device }),
            (faults.crashes, |device| Trouble::DeviceCrashes { device }),
            (faults.clock_jumps, |device| Trouble::ClockJumps { device }),
            (faults.stream_cuts, |device| Trouble::StreamIsCut { device }),
            (faults.stream_cuts / 2, |device| Trouble::SomebodyElseSignsIn { device }),
            (faults.server_restarts, |_| Trouble::ServerRestarts),
            (faults.people_changes, |_| Trouble::PeopleChange),
            (faults.backups, |_| Trouble::ServerIsBackedUp),
            (faults.attacks, |_| Trouble::Attack),
            (faults.copies, |device| Trouble::DeviceIsCopied { device }),
            (faults.decisions, |_| Trouble::OfficeDecides),
            (faults.database_hurts, |device| Trouble::DatabaseIsHurt { device }),
            (faults.journal_hurts, |device| Trouble::JournalIsHurt { device }),
        ];
        for (count, kind) in kinds {
            for _ in 0..count {
                let device = self.dice.index(self.devices.len());
                let begins = self.dice.between(0, lasts);
                self.later(begins, Happening::Trouble(kind(device)));
            }
        }
        for _ in 0..faults.restores {
            let begins = self.dice.between(lasts / 2, lasts);
            self.later(begins, Happening::Trouble(Trouble::ServerIsRestored));
        }
        self.later(lasts + 1, Happening::WorldHeals);
    }

    /// A person does something, or several things in a row.
    pub(crate) async fn deed(&mut self, number: usize) -> Result<()> {
        for _ in 0..self.dice.one_of(&[1, 1, 1, 2, 4]) {
            if self.devices[number].app.is_none() {
                return Ok(());
            }
            if self.dice.percent(30) {
                self.deal_with_refused(number).await?;
            } else {
                self.do_something(number).await?;
            }
        }
        self.devices[number].failures = 0;
        if self.dice.percent(50) { self.wake(number).await } else { self.turn(number).await }
    }

    async fn do_something(&mut self, number: usize) -> Result<()> {
        let app = self.devices[number].app_mut()?;
        let mut tickets: Vec<TicketId> = app.replica.cards().map(|card| card.ticket).collect();
        tickets.sort_unstable();
        let ticket = if self.dice.percent(25) { None } else { self.dice.pick(&tickets).copied() };
        let Some(ticket) = ticket else { return self.register(number).await };
        self.devices[number].know(ticket).await?;
        let Some((action, seen)) = self.think_of(number, ticket) else { return Ok(()) };
        self.record_deed(number, ticket, action, seen).await
    }

    async fn register(&mut self, number: usize) -> Result<()> {
        let ticket = TicketId::from_uuid(self.dice.uuid());
        let canary = canary::of(self.tickets.len());
        let now = self.now;
        let Some(app) = &self.devices[number].app else { return Ok(()) };
        let (directory, person) = (app.replica.directory(), app.replica.person());
        let action = Deeds { dice: &mut self.dice, directory, person, now, canary: &canary }.register();
        if app.replica.may(ticket, &action).is_err() {
            return Ok(());
        }
        self.tickets.push(ticket);
        self.record_deed(number, ticket, action, None).await
    }

    /// Something that the person may do to the ticket, if they think of it; now and then by an earlier sight of the ticket.
    fn think_of(&mut self, number: usize, id: TicketId) -> Option<(Action, Option<Seen>)> {
        let place = self.tickets.iter().position(|ticket| *ticket == id)?;
        let canary = canary::of(place);
        let now = self.now;
        let replica = &self.devices[number].app.as_ref()?.replica;
        let (directory, person) = (replica.directory(), replica.person());
        let ticket = replica.ticket(id)?;
        let mut deeds = Deeds { dice: &mut self.dice, directory, person, now, canary: &canary };
        let may = |action: &Action| {
            action.check(id).is_ok() && domain::access::may(person, directory, Some(&ticket), action).is_ok()
        };
        let action = (0..IDEAS).map(|_| deeds.think_of(&ticket)).find(may)?;
        let seen = self.dice.percent(10).then(|| {
            let log = replica.document(id);
            let shown = self.dice.index(log.log().len() + 1).max(1);
            log.log().iter().take(shown).map(|recorded| recorded.change.id).collect()
        });
        if !ticket.conflicts().is_empty() {
            self.reach(Mark::Conflict);
        }
        Some((action, seen))
    }

    async fn record_deed(
        &mut self,
        number: usize,
        ticket: TicketId,
        action: Action,
        seen: Option<Seen>,
    ) -> Result<()> {
        let device = &self.devices[number];
        let clock = device.clock(self.now);
        let Some(app) = &device.app else { return Ok(()) };
        let kind = action.kind().name();
        let in_order = seen.is_none();
        let prepared = match seen {
            Some(seen) => app.replica.prepare_by(ticket, action, seen, clock),
            None => app.replica.prepare(ticket, action, clock),
        };
        let Ok(batch) = prepared else { return Ok(()) };
        self.tally.deeds += 1;
        let id = batch.outbox.first().map(|entry| entry.change.id);
        self.note(|| format!("device {number} does {id:?}: {kind} to {ticket}"));
        self.keep_deed(number, batch, in_order).await
    }

    /// Keeps what was done. From the moment on that this is said to be kept, it must never be lost.
    async fn keep_deed(&mut self, number: usize, batch: Batch, in_order: bool) -> Result<()> {
        let changes: Vec<Change> = batch.outbox.iter().map(|entry| entry.change.clone()).collect();
        let done_away_with = batch.settled.clone();
        for change in &changes {
            self.deeds.note(change.clone(), in_order);
        }
        let kept = self.keep(number, batch).await?;
        if kept == Kept::Yes {
            self.dealt_with.extend(done_away_with.into_iter().map(|id| (number, id)));
            self.saved.extend(changes.into_iter().map(|change| ((number, change.id), change)));
            return Ok(());
        }
        // Whatever is on the disk after a crash or a failure is what counts.
        let (loaded, _) = self.devices[number].disk.everything().await?;
        let is_gone = |id: &ChangeId| !loaded.outbox.iter().any(|entry| entry.change.id == *id);
        self.dealt_with.extend(done_away_with.into_iter().filter(is_gone).map(|id| (number, id)));
        Ok(())
    }

    /// Drops a refused change, or does it once more.
    async fn deal_with_refused(&mut self, number: usize) -> Result<()> {
        let Some(app) = &self.devices[number].app else { return Ok(()) };
        let refused: Vec<_> = app
            .replica
            .outbox()
            .filter(|entry| entry.is_refused())
            .map(|entry| entry.change.clone())
            .collect();
        let Some(change) = self.dice.pick(&refused) else {
            return self.do_something(number).await;
        };
        let (id, ticket) = (change.id, change.ticket);
        let again = self.dice.percent(60);
        self.devices[number].know(ticket).await?;
        let Some(app) = &self.devices[number].app else { return Ok(()) };
        let batch = if again { app.replica.retry(id) } else { app.replica.discard(id) };
        let Some(batch) = batch else { return Ok(()) };
        self.reach(if again { Mark::RefusedDoneAgain } else { Mark::RefusedDropped });
        self.note(|| format!("device {number} {} {id}", if again { "does once more" } else { "drops" }));
        demand!(
            !again || !self.devices[number].disk.holds(change).await?,
            Law::ExactlyOnce,
            "device {number} does {id} once more, which is in its document of {ticket}"
        );
        if let Some(entry) = batch.outbox.first() {
            self.deeds.note_redone(id, entry.change.id);
        }
        self.keep_deed(number, batch, false).await
    }

    /// What a device has on its disk when it starts is shown as saved from then on, also if nobody was told so before.
    pub(crate) async fn count_as_saved(&mut self, number: usize) -> Result<()> {
        let (loaded, _) = self.devices[number].disk.everything().await?;
        let places = loaded.outbox.into_iter().map(|entry| ((number, entry.change.id), entry.change));
        self.saved.extend(places);
        Ok(())
    }

    /// A device of which the server knows a copy goes on under another name, as the app does after each push.
    pub(crate) async fn part_from_copy(&mut self, number: usize) -> Result<Kept> {
        let name = DeviceId::from_uuid(self.dice.uuid());
        let Some(app) = &self.devices[number].app else { return Ok(Kept::Crashed) };
        if !app.replica.is_copied() {
            return Ok(Kept::Yes);
        }
        self.reach(Mark::PartedFromCopy);
        self.note(|| format!("device {number} parts from its copy"));
        let Some(app) = &self.devices[number].app else { return Ok(Kept::Crashed) };
        let batch = app.replica.under_another_name(name);
        let (old, new) = (batch.settled.clone(), batch.outbox.clone());
        for entry in &new {
            self.deeds.note(entry.change.clone(), true);
        }
        let kept = self.keep(number, batch).await?;
        let (loaded, _) = self.devices[number].disk.everything().await?;
        if loaded.meta.is_some_and(|meta| meta.identity.device == name) {
            self.devices[number].id = name;
            old.into_iter().for_each(|id| drop(self.saved.remove(&(number, id))));
            self.saved.extend(new.into_iter().map(|entry| ((number, entry.change.id), entry.change)));
        }
        Ok(kept)
    }
}
