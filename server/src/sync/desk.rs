//! Judges pushes in their order, ahead of the disk.
//!
//! The desk keeps one *open* group, judged and not yet handed over, and knows of one in *flight*, which the keeper is writing.
//! An open group takes pushes until the one in flight has landed. It builds upon that one and upon what is remembered of
//! earlier ones; only what is not to be found there is read from the store. Nobody is answered before the flight that carries
//! their push has landed, and flights land in order.
//!
//! If a flight does not land, all that is remembered may be wrong and is forgotten. Its pushes, and those judged upon it, are
//! judged anew, each in a group by itself: one that can't be written takes no other with it.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ticket::{ActionKind, Change, Month, TicketNumber};
use domain::{ChangeId, DeviceId, TicketId, Timestamp};
use futures_util::FutureExt;
use sync::messages::Judged;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout_at;

use super::NotWritten;
use super::group::{Decision, Group, Incoming, Known, Push, Rescued, Written, is_given_again};
use super::held::Held;
use super::keeper::{Bundle, Landing, Rows};
use super::memory::Memory;
use super::writer::{Job, Task};
use crate::people::DirectoryCache;
use crate::store::devices::Device;
use crate::store::ledger::Head;
use crate::store::set_aside::SetAside;
use crate::store::{Store, StoreError, devices, ledger, parked, set_aside, tickets};

/// No further push is taken into a group that holds so many changes.
const GROUP_CHANGES: usize = 4_096;
/// Twice so many tickets are remembered at most.
const REMEMBERED_TICKETS: usize = 1_024;
/// Twice so many devices are remembered at most.
const REMEMBERED_DEVICES: usize = 4_096;

/// Judges pushes and hands them over, group by group.
#[derive(Debug)]
pub(super) struct Desk {
    store: Store,
    directory: DirectoryCache,
    utc_offset_minutes: i32,
    keeper: mpsc::Sender<Bundle>,
    flight: Option<Flight>,
    rhythm: Rhythm,
    tickets: Memory<TicketId, Held>,
    devices: Memory<DeviceId, Device>,
    numbers: BTreeMap<Month, u32>,
    head: Option<Head>,
    set_aside: Option<Arc<SetAside>>,
}

/// A group that the keeper is writing.
#[derive(Debug)]
struct Flight {
    pushes: usize,
    /// What will be remembered when it has landed.
    known: Known,
    landed: oneshot::Receiver<Landing>,
}

/// A group that still takes pushes.
#[derive(Debug)]
struct Open {
    head: Head,
    group: Group,
    judged: Vec<(Job, Vec<Judged>)>,
    changes: usize,
}

/// What was judged does not count; these pushes have to be judged anew.
#[derive(Debug)]
struct Void(Vec<Job>);

/// How many pushes came together last. Whoever was answered together often comes back together, and a little patience then
/// saves a flush of the disk.
#[derive(Debug)]
struct Rhythm {
    pushes: usize,
    patient_until: Instant,
}

impl Desk {
    pub(super) fn new(
        store: Store,
        directory: DirectoryCache,
        utc_offset_minutes: i32,
        keeper: mpsc::Sender<Bundle>,
    ) -> Self {
        Self {
            store,
            directory,
            utc_offset_minutes,
            keeper,
            flight: None,
            rhythm: Rhythm { pushes: 0, patient_until: Instant::now() },
            tickets: Memory::new(REMEMBERED_TICKETS),
            devices: Memory::new(REMEMBERED_DEVICES),
            numbers: BTreeMap::new(),
            head: None,
            set_aside: None,
        }
    }

    /// Judges what comes, until nobody can send any more and everything has landed.
    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        loop {
            let served = match self.wait(&mut jobs).await {
                Ok(Some(first)) => self.serve(first, &mut jobs).await,
                Ok(None) => break,
                Err(void) => Err(void),
            };
            if let Err(void) = served {
                self.start_afresh(void).await;
            }
        }
    }

    /// Waits for the next push; nothing, if there won't be any.
    async fn wait(&mut self, jobs: &mut mpsc::Receiver<Job>) -> Result<Option<Job>, Void> {
        while let Some(flight) = &mut self.flight {
            tokio::select! {
                landing = &mut flight.landed => self.landed(landing.unwrap_or_else(|_| Err(Vec::new())))?,
                job = jobs.recv() => match job {
                    Some(job) => return Ok(Some(job)),
                    None => self.land().await?,
                },
            }
        }
        Ok(jobs.recv().await)
    }

    /// Fills a group, beginning with `first`, and hands it over once the keeper is free.
    async fn serve(&mut self, first: Job, jobs: &mut mpsc::Receiver<Job>) -> Result<(), Void> {
        let Ok(mut open) = self.open().await else { return Err(Void(vec![first])) };
        match self.fill(&mut open, first, jobs).await {
            Ok(()) => {
                self.hand_over(open).await;
                Ok(())
            }
            // Those of a flight that has not landed were there before those that were judged upon it.
            Err(Void(mut jobs)) => {
                jobs.extend(open.judged.into_iter().map(|(job, _)| job));
                Err(Void(jobs))
            }
        }
    }

    async fn fill(
        &mut self,
        open: &mut Open,
        first: Job,
        jobs: &mut mpsc::Receiver<Job>,
    ) -> Result<(), Void> {
        self.admit(open, first).await?;
        while open.changes < GROUP_CHANGES
            && let Some(job) = self.next(open.judged.len(), jobs).await?
        {
            self.admit(open, job).await?;
        }
        self.land().await
    }

    /// The next push for a group of so many; nothing, if it is better to hand the group over.
    async fn next(&mut self, pushes: usize, jobs: &mut mpsc::Receiver<Job>) -> Result<Option<Job>, Void> {
        while let Some(flight) = &mut self.flight {
            tokio::select! {
                landing = &mut flight.landed => self.landed(landing.unwrap_or_else(|_| Err(Vec::new())))?,
                job = jobs.recv() => return Ok(job),
            }
        }
        match jobs.try_recv() {
            Ok(job) => Ok(Some(job)),
            Err(TryRecvError::Empty) if pushes < self.rhythm.pushes => {
                Ok(timeout_at(self.rhythm.patient_until.into(), jobs.recv()).await.ok().flatten())
            }
            Err(_) => Ok(None),
        }
    }

    async fn open(&mut self) -> Result<Open, StoreError> {
        let head = match self.head {
            Some(head) => head,
            None => ledger::head(&mut *self.store.read().await?).await?,
        };
        let set_aside = match &self.set_aside {
            Some(set_aside) => Arc::clone(set_aside),
            None => Arc::new(set_aside::load(&mut *self.store.read().await?).await?),
        };
        let known = Known { head, set_aside, ..Known::default() };
        let group = Group::new(self.utc_offset_minutes, self.store.restored_at(), known);
        Ok(Open { head, group, judged: Vec::new(), changes: 0 })
    }

    /// Judges a push into the open group.
    async fn admit(&mut self, open: &mut Open, job: Job) -> Result<(), Void> {
        let judging = AssertUnwindSafe(self.judge(&mut open.group, &job.task)).catch_unwind().await;
        let failure: Box<dyn std::error::Error> = match judging {
            Ok(Ok(verdicts)) => {
                open.changes += job.task.changes();
                open.judged.push((job, verdicts));
                return Ok(());
            }
            Ok(Err(error)) => error.into(),
            Err(_panic) => NotWritten.into(),
        };
        tracing::error!(failure = &*failure, "a push could not be judged");
        open.judged.push((job, Vec::new()));
        Err(Void(Vec::new()))
    }

    async fn judge(&mut self, group: &mut Group, task: &Task) -> Result<Vec<Judged>, StoreError> {
        match task {
            Task::Push(push) => {
                self.inform(group.known_mut(), push).await?;
                Ok(group.judge(push, &self.directory.current()))
            }
            Task::Rescue(rescued) => {
                self.inform_of_rescued(group.known_mut(), rescued).await?;
                Ok(group.judge_rescued(rescued, &self.directory.current()))
            }
            Task::Decide(decision) => {
                self.inform_of_parked(group.known_mut(), decision).await?;
                let verdict = group.decide(decision, &self.directory.current());
                Ok(verdict.map(|verdict| Judged { id: decision.change, verdict }).into_iter().collect())
            }
        }
    }

    /// Sees to it that everything is known that judging a push needs to know.
    async fn inform(&mut self, known: &mut Known, push: &Push) -> Result<(), StoreError> {
        self.inform_of_devices(known, [push.device]).await?;
        self.inform_of_tickets(known, push.changes.iter().filter_map(Incoming::ticket)).await?;
        self.inform_of_repetitions(known, push).await?;
        self.inform_of_seen(known, push.changes.iter().filter_map(Incoming::change), push.arrival).await?;
        self.inform_of_numbers(known, push).await?;
        let registering = push.changes.iter().filter(|incoming| incoming.registers()).map(Incoming::id);
        self.inform_of_months(known, registering, push.arrival).await
    }

    /// Sees to it that it is known which of the numbers that a device knows tickets by are free, on a server that is still being given
    /// again what it has lost.
    async fn inform_of_numbers(&mut self, known: &mut Known, push: &Push) -> Result<(), StoreError> {
        if !is_given_again(self.store.restored_at(), push.arrival) {
            return Ok(());
        }
        let registered = push.changes.iter().filter(|incoming| incoming.registers());
        let number_of = |ticket| Some((ticket, push.known_as.get(&ticket)?.clone()));
        let known_as: BTreeMap<_, _> =
            registered.filter_map(Incoming::ticket).filter_map(number_of).collect();
        if known_as.is_empty() {
            return Ok(());
        }
        let wanted: BTreeSet<_> = known_as.values().collect();
        for (month, _) in wanted.iter().copied().filter_map(TicketNumber::place).collect::<BTreeSet<_>>() {
            self.inform_of_month(known, month).await?;
        }
        let in_flight = self.flight.iter().flat_map(|flight| &flight.known.given);
        known.given.extend(in_flight.filter(|number| wanted.contains(number)).cloned());
        let mut connection = self.store.read().await?;
        known.given.extend(tickets::find_numbers(&mut connection, wanted.into_iter()).await?);
        known.known_as.extend(known_as);
        Ok(())
    }

    /// Sees to it that everything is known that judging changes of a rescue file needs to know.
    async fn inform_of_rescued(&mut self, known: &mut Known, rescued: &Rescued) -> Result<(), StoreError> {
        let changes = &rescued.changes;
        self.inform_of_devices(known, changes.iter().map(|change| change.id.device)).await?;
        self.inform_of_tickets(known, changes.iter().map(|change| change.ticket)).await?;
        let ids: Vec<_> = changes.iter().map(|change| change.id).collect();
        self.inform_of_earlier(known, &ids).await?;
        self.inform_of_seen(known, changes.iter(), rescued.arrival).await?;
        let registering = changes.iter().filter(|change| change.action.kind() == ActionKind::Register);
        self.inform_of_months(known, registering.map(|change| change.id), rescued.arrival).await
    }

    /// Sees to it that the numbers are known of every month in which these registrations may arrive, which came in `now`: one that is
    /// parked and let in arrives no earlier than it came in.
    async fn inform_of_months(
        &mut self,
        known: &mut Known,
        registering: impl Iterator<Item = ChangeId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let arrivals =
            registering.map(|id| known.parked.get(&id).map_or(now, |parked| parked.received.max(now)));
        for arrival in arrivals.collect::<BTreeSet<_>>() {
            self.inform_of_month(known, self.month_of(known, arrival)).await?;
        }
        Ok(())
    }

    /// Sees to it that everything is known that a decision needs to know.
    async fn inform_of_parked(&mut self, known: &mut Known, decision: &Decision) -> Result<(), StoreError> {
        self.inform_of_earlier(known, &[decision.change]).await?;
        let Some(parked) = known.parked.get(&decision.change) else { return Ok(()) };
        let (ticket, registers) = (parked.change.ticket, parked.change.action.kind() == ActionKind::Register);
        let arrival = decision.at.max(parked.received);
        self.inform_of_tickets(known, [ticket]).await?;
        if registers {
            self.inform_of_month(known, self.month_of(known, arrival)).await?;
        }
        Ok(())
    }

    async fn inform_of_devices(
        &mut self,
        known: &mut Known,
        ids: impl IntoIterator<Item = DeviceId>,
    ) -> Result<(), StoreError> {
        let mut strangers = BTreeSet::new();
        for id in ids {
            if known.devices.contains_key(&id) || strangers.contains(&id) {
                continue;
            }
            let in_flight = self.flight.as_mut().and_then(|flight| flight.known.devices.remove(&id));
            match in_flight.or_else(|| self.devices.take(&id)) {
                Some(device) => drop(known.devices.insert(id, device)),
                None => drop(strangers.insert(id)),
            }
        }
        if !strangers.is_empty() {
            let strangers: Vec<_> = strangers.into_iter().collect();
            known.devices.extend(devices::find(&mut *self.store.read().await?, &strangers).await?);
        }
        Ok(())
    }

    /// Sees to it that the devices are known whose changes the authors of these have seen, on a server that is still being given again
    /// what it has lost.
    async fn inform_of_seen(
        &mut self,
        known: &mut Known,
        changes: impl Iterator<Item = &Change>,
        arrival: Timestamp,
    ) -> Result<(), StoreError> {
        if !is_given_again(self.store.restored_at(), arrival) {
            return Ok(());
        }
        let seen = changes.flat_map(|change| change.seen.last_of_each());
        self.inform_of_devices(known, seen.map(|id| id.device)).await
    }

    async fn inform_of_tickets(
        &mut self,
        known: &mut Known,
        ids: impl IntoIterator<Item = TicketId>,
    ) -> Result<(), StoreError> {
        let mut strangers = BTreeSet::new();
        for id in ids {
            if known.tickets.contains_key(&id) || strangers.contains(&id) {
                continue;
            }
            let in_flight = self.flight.as_mut().and_then(|flight| flight.known.tickets.remove(&id));
            match in_flight.or_else(|| self.tickets.take(&id)) {
                Some(held) => drop(known.tickets.insert(id, held)),
                None => drop(strangers.insert(id)),
            }
        }
        if !strangers.is_empty() {
            let strangers: Vec<_> = strangers.into_iter().collect();
            let found = tickets::find(&mut *self.store.read().await?, &strangers).await?;
            known.tickets.extend(
                found.into_iter().map(|(document, keys)| (document.ticket, Held::read(document, keys))),
            );
        }
        Ok(())
    }

    /// Looks for changes that may have been recorded or parked before: their device has been judged further than they are.
    async fn inform_of_repetitions(&mut self, known: &mut Known, push: &Push) -> Result<(), StoreError> {
        let is_again =
            |id: &ChangeId| known.devices.get(&id.device).is_some_and(|device| id.seq <= device.judged);
        let again: Vec<_> = push.changes.iter().map(Incoming::id).filter(is_again).collect();
        self.inform_of_earlier(known, &again).await
    }

    /// Finds out what has become of these changes.
    async fn inform_of_earlier(&mut self, known: &mut Known, ids: &[ChangeId]) -> Result<(), StoreError> {
        let mut unknown: Vec<ChangeId> = Vec::new();
        for id in ids {
            if known.recorded.contains_key(id) || known.parked.contains_key(id) {
                continue;
            }
            let in_flight = self.flight.as_ref().map(|flight| &flight.known);
            let place = in_flight.and_then(|known| known.recorded.get(id));
            let parked = in_flight.and_then(|known| known.parked.get(id));
            known.recorded.extend(place.map(|place| (*id, *place)));
            known.parked.extend(parked.map(|parked| (*id, parked.clone())));
            if place.is_none() && parked.is_none() {
                unknown.push(*id);
            }
        }
        if !unknown.is_empty() {
            let mut connection = self.store.read().await?;
            known.recorded.extend(ledger::find(&mut connection, &unknown).await?);
            let parked = parked::find(&mut connection, &unknown).await?;
            known.parked.extend(parked.into_iter().map(|parked| (parked.change.id, parked)));
        }
        Ok(())
    }

    /// The month in which that arrives which came in `now`.
    fn month_of(&self, known: &Known, now: Timestamp) -> Month {
        Month::of(known.arrival_at(now), self.utc_offset_minutes)
    }

    /// Finds out the last running number of a month.
    async fn inform_of_month(&mut self, known: &mut Known, month: Month) -> Result<(), StoreError> {
        if known.numbers.contains_key(&month) {
            return Ok(());
        }
        let last = match self.numbers.get(&month) {
            Some(last) => *last,
            None => ledger::last_number(&mut *self.store.read().await?, month).await?,
        };
        known.numbers.insert(month, last);
        Ok(())
    }

    /// Gives a group to the keeper, who is free.
    async fn hand_over(&mut self, open: Open) {
        let Open { head, group, judged, .. } = open;
        let (known, mut written) = group.finish();
        let rows = Rows {
            heads: (head, known.head),
            changes: std::mem::take(&mut written.changes),
            tickets: written.tickets(&known),
            moves: std::mem::take(&mut written.moves),
            attachments: std::mem::take(&mut written.attachments),
            devices: written.devices(&known),
            parked: written.parked(&known),
            set_aside: written.set_aside(&known),
            numbers: written.numbers(&known),
        };
        self.head = Some(known.head);
        self.set_aside = Some(Arc::clone(&known.set_aside));
        self.numbers.extend(&known.numbers);
        let (land, landed) = oneshot::channel();
        self.flight = Some(Flight { pushes: judged.len(), known, landed });
        let Written { news, parked_news, .. } = written;
        let bundle = Bundle { rows, news, parked_news, answers: judged, landed: land };
        // Without a keeper the bundle is dropped, and with it every hope of an answer: that is what the devices are told.
        let _ = self.keeper.send(bundle).await;
    }

    /// Waits until nothing is in flight.
    async fn land(&mut self) -> Result<(), Void> {
        match &mut self.flight {
            Some(flight) => {
                let landing = (&mut flight.landed).await;
                self.landed(landing.unwrap_or_else(|_| Err(Vec::new())))
            }
            None => Ok(()),
        }
    }

    fn landed(&mut self, landing: Landing) -> Result<(), Void> {
        let Some(Flight { pushes, known, .. }) = self.flight.take() else { return Ok(()) };
        let taken = landing.map_err(Void)?;
        self.rhythm = Rhythm { pushes, patient_until: Instant::now() + patience(taken) };
        for (ticket, held) in known.tickets {
            self.tickets.put(ticket, held);
        }
        for (id, device) in known.devices {
            self.devices.put(id, device);
        }
        Ok(())
    }

    /// Forgets everything and judges these pushes anew, each by itself.
    async fn start_afresh(&mut self, Void(jobs): Void) {
        let mut again = match self.land().await {
            Ok(()) => Vec::new(),
            Err(Void(jobs)) => jobs,
        };
        again.extend(jobs);
        self.forget();
        for job in again {
            if let Err(Void(jobs)) = self.serve_alone(job).await {
                self.forget();
                for job in jobs {
                    job.answer(Err(NotWritten));
                }
            }
        }
    }

    async fn serve_alone(&mut self, job: Job) -> Result<(), Void> {
        let Ok(mut open) = self.open().await else { return Err(Void(vec![job])) };
        if let Err(Void(mut jobs)) = self.admit(&mut open, job).await {
            jobs.extend(open.judged.into_iter().map(|(job, _)| job));
            return Err(Void(jobs));
        }
        self.hand_over(open).await;
        self.land().await
    }

    fn forget(&mut self) {
        self.tickets.clear();
        self.devices.clear();
        self.numbers.clear();
        self.head = None;
        self.set_aside = None;
    }
}

/// How long it is worth waiting for others, if writing takes so long.
fn patience(taken: Duration) -> Duration {
    taken / 2
}
