//! One seed's world: a server, devices, and all that happens, in the order of simulated time.
//!
//! ```text
//!   troubles ──▶ lines, disks, clocks, people, the server
//!   work     ──▶ deeds ──▶ replica ──▶ disk
//!   exchange ──▶ planner ──▶ question ──▶ line ──▶ server ──▶ answer ──▶ line ──▶ replica ──▶ disk
//!                                            │
//!                                            └──▶ record: read after each question, judged, folded
//! ```
//!
//! At a time of its own the world becomes well. What is still under way arrives, everybody delivers, and [`crate::checks`] looks
//! at what has become of everything.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result};
use domain::access::{self, Scope};
use domain::people::Person;
use domain::ticket::{ActionKind, Change, Document, TicketNumber};
use domain::{ChangeId, DeviceId, PersonId, TicketId, Timestamp};
use server::simulated::{Backup, Founded, Listener, SimulatedServer};
use sync::messages::Event;
use sync::{Batch, LocalStore as _, OutboxEntry, OutboxState, Replica};

use crate::device::{Asked, Device, Doing, Reply};
use crate::dice::Dice;
use crate::faults::Faults;
use crate::law::{Law, demand};
use crate::plant::Plant;
use crate::record::{Deeds, Record};
use crate::store::StoreFailure;
use crate::tally::{Mark, Tally};
use crate::trace::Trace;
use crate::{canary, company, events};

/// When every story begins.
pub(crate) const DAWN: Timestamp = Timestamp::from_millis(1_790_000_000_000);
/// How long after the world is well everything must be delivered: a pause that began just before lasts up to 60 seconds and half
/// as much again by its jitter; after it, everything goes through within 60 seconds.
const DELIVERED_WITHIN_MS: i64 = (60 + 30 + 60) * 1_000;
/// More than ever happens in a world that comes to rest.
const MOST_HAPPENINGS: u64 = 200_000;

/// Something that happens to somebody.
#[derive(Debug)]
pub(crate) enum Happening {
    /// A person does something.
    Deed { device: usize },
    /// A pause ends.
    PauseEnds { device: usize, pause: u64 },
    /// A device that listens has something to tell again.
    LooksAgain { device: usize, until: Timestamp },
    /// A question reaches the server.
    AtServer(Packet),
    /// Pushes that have waited for one another are judged.
    Gathered,
    /// An answer reaches a device.
    AtDevice { device: usize, question: u64, reply: Reply },
    /// A device has waited long enough for an answer.
    GivesUp { device: usize, question: u64 },
    /// Events reach a device.
    EventsArrive { device: usize, stream: u64, events: Vec<Event> },
    /// A device notices that its stream has ended.
    StreamEnds { device: usize, stream: u64 },
    /// Somebody signs in.
    SignsIn { device: usize },
    /// The app starts.
    Starts { device: usize },
    /// A device's journal, which had failed, works again.
    JournalWorks { device: usize },
    /// The line is well again.
    LineHeals { device: usize, trouble: u64 },
    /// Something goes wrong.
    Trouble(Trouble),
    /// Everything is well from now on.
    WorldHeals,
    /// By now everything must be delivered.
    MustBeDelivered,
}

/// Something that goes wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trouble {
    LineFails { device: usize },
    DeviceCrashes { device: usize },
    ClockJumps { device: usize },
    StreamIsCut { device: usize },
    SomebodyElseSignsIn { device: usize },
    ServerRestarts,
    ServerIsBackedUp,
    DeviceIsCopied { device: usize },
    DatabaseIsHurt { device: usize },
    JournalIsHurt { device: usize },
    ServerIsRestored,
    PeopleChange,
    OfficeDecides,
    Attack,
}

/// A question on its way.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    pub(crate) device: usize,
    pub(crate) person: PersonId,
    pub(crate) question: u64,
    pub(crate) asked: Asked,
    /// Whether it has been there before.
    pub(crate) is_repeated: bool,
}

/// A stream as the server has it.
#[derive(Debug)]
pub(crate) struct Outlet {
    pub(crate) device: usize,
    pub(crate) person: PersonId,
    listener: Listener,
    /// Nothing overtakes what was sent before.
    pub(crate) last_arrival: Timestamp,
}

/// What came of keeping a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is kept and in memory.
    Yes,
    /// The disk refused.
    No,
    /// The app is no more.
    Crashed,
}

/// A world.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) dice: Dice,
    pub(crate) faults: Faults,
    pub(crate) plant: Option<Plant>,
    pub(crate) now: Timestamp,
    pub(crate) server: SimulatedServer,
    /// Until when the server answers nobody.
    pub(crate) server_is_down_until: Timestamp,
    pub(crate) devices: Vec<Device>,
    pub(crate) outlets: BTreeMap<u64, Outlet>,
    pub(crate) gathered: Vec<Packet>,
    pub(crate) record: Record,
    pub(crate) backups: Vec<(Backup, Record)>,
    /// Everything that was done.
    pub(crate) deeds: Deeds,
    /// What somebody was told is saved, by device.
    pub(crate) saved: BTreeMap<(usize, ChangeId), Change>,
    /// Refused changes that their author has dropped or done once more.
    pub(crate) dealt_with: BTreeSet<(usize, ChangeId)>,
    /// What a restored server no longer had, and no device need have kept.
    pub(crate) gone_with_restores: BTreeSet<ChangeId>,
    /// When the server was restored last.
    pub(crate) restored_at: Option<Timestamp>,
    /// What was in the record once, and was not after a restore.
    pub(crate) lost: BTreeMap<TicketId, BTreeSet<ChangeId>>,
    /// What has been refused or parked since the server was restored last.
    pub(crate) answered_since: BTreeSet<ChangeId>,
    /// Which ticket people know by a number, in this history or in one that was lost with a restore.
    numbered: BTreeMap<TicketNumber, TicketId>,
    /// The numbers of tickets, for their canaries.
    pub(crate) tickets: Vec<TicketId>,
    pub(crate) last_push_of: BTreeMap<usize, u64>,
    pub(crate) is_well: bool,
    /// Whether everything had to be delivered by now.
    pub(crate) is_over: bool,
    /// When the world became well, until everything is delivered.
    well_since: Option<Timestamp>,
    pub(crate) tally: Tally,
    pub(crate) trace: Trace,
    queue: BTreeMap<(Timestamp, u64), Happening>,
    numbers: u64,
}

impl World {
    /// The world of a seed, before anything has happened.
    pub(crate) async fn new(
        seed: u64,
        plant: Option<Plant>,
        is_traced: bool,
        founded: &Founded,
        folder: &Path,
    ) -> Result<Self> {
        let mut dice = Dice::new(seed);
        let faults = Faults::draw(&mut dice);
        let server = SimulatedServer::start(founded, folder, DAWN).await?;
        let mut world = Self {
            dice,
            faults,
            plant,
            now: DAWN,
            server,
            server_is_down_until: DAWN,
            devices: Vec::new(),
            outlets: BTreeMap::new(),
            gathered: Vec::new(),
            record: Record::default(),
            backups: Vec::new(),
            deeds: Deeds::default(),
            saved: BTreeMap::new(),
            dealt_with: BTreeSet::new(),
            gone_with_restores: BTreeSet::new(),
            restored_at: None,
            numbered: BTreeMap::new(),
            lost: BTreeMap::new(),
            answered_since: BTreeSet::new(),
            tickets: Vec::new(),
            last_push_of: BTreeMap::new(),
            is_well: false,
            is_over: false,
            well_since: None,
            tally: Tally::of_one_seed(),
            trace: Trace::new(DAWN, is_traced),
            queue: BTreeMap::new(),
            numbers: 0,
        };
        let faults = format!("{:?}", world.faults);
        world.note(|| faults);
        world.hand_out_devices();
        world.plan();
        Ok(world)
    }

    /// Everybody's devices: the admin's, who sees everything, and a few others', now and then two of one person.
    fn hand_out_devices(&mut self) {
        let people = company::people();
        for number in 0..self.dice.between(3, 7) {
            let index = if number == 0 { 0 } else { self.dice.index(people.len()) };
            let id = DeviceId::from_uuid(self.dice.uuid());
            let ahead_ms = self.faults.clock_error_ms(&mut self.dice);
            let is_narrow = self.faults.narrow_lines && self.dice.percent(50);
            let room_bytes =
                is_narrow.then(|| u32::try_from(self.dice.spread(1_000, 16_000)).unwrap_or(1_000));
            let mut device = Device::new(self.devices.len(), id, people[index].id, ahead_ms, room_bytes);
            device.journal = self.new_journal();
            self.devices.push(device);
        }
    }

    /// Lets everything happen, until nothing is left to happen.
    pub(crate) async fn live(&mut self) -> Result<()> {
        let mut happenings = 0;
        while let Some(((at, _), happening)) = self.queue.pop_first() {
            happenings += 1;
            demand!(happenings < MOST_HAPPENINGS, Law::EverythingArrives, "the devices never come to rest");
            self.now = at;
            self.server.set_clock(at);
            self.happen(happening).await?;
            self.note_delivery();
        }
        self.tally.simulated_ms += self.now.millis_since(DAWN).unsigned_abs();
        Ok(())
    }

    async fn happen(&mut self, happening: Happening) -> Result<()> {
        match happening {
            Happening::Deed { device } => self.deed(device).await,
            Happening::PauseEnds { device, pause } => {
                if let Some(app) = &mut self.devices[device].app
                    && matches!(app.doing, Doing::Waiting(waiting) if waiting == pause)
                {
                    app.doing = Doing::Nothing;
                    self.turn(device).await?;
                }
                Ok(())
            }
            Happening::LooksAgain { device, until } => {
                if !self.is_over
                    && let Some(app) = &mut self.devices[device].app
                    && app.looks_again == Some(until)
                {
                    app.looks_again = None;
                    self.turn(device).await?;
                }
                Ok(())
            }
            Happening::AtServer(packet) => self.at_server(packet).await,
            Happening::Gathered => {
                let packets = std::mem::take(&mut self.gathered);
                self.serve_pushes(packets).await
            }
            Happening::AtDevice { device, question, reply } => self.at_device(device, question, reply).await,
            Happening::GivesUp { device, question } => {
                if self.devices[device].asks(question) {
                    self.note(|| format!("device {device} gives up waiting"));
                    self.at_device(device, question, Reply::Unreachable).await?;
                }
                Ok(())
            }
            Happening::EventsArrive { device, stream, events } => {
                if let Some(open) = self.stream_of(device, stream) {
                    open.events.extend(events);
                    self.turn(device).await?;
                }
                Ok(())
            }
            Happening::StreamEnds { device, stream } => {
                if let Some(open) = self.stream_of(device, stream) {
                    open.has_ended = true;
                    self.turn(device).await?;
                }
                Ok(())
            }
            Happening::SignsIn { device } => self.sign_in(device).await,
            Happening::Starts { device } => self.start(device).await,
            Happening::JournalWorks { device } => {
                self.devices[device].journal.works_again();
                Ok(())
            }
            Happening::LineHeals { device, trouble } => self.line_heals(device, trouble).await,
            Happening::Trouble(trouble) => self.trouble(trouble).await,
            Happening::WorldHeals => self.heal().await,
            Happening::MustBeDelivered => {
                self.check_delivered()?;
                // What still waits does so for something that is nowhere any more.
                self.is_over = true;
                Ok(())
            }
        }
    }

    fn stream_of(&mut self, device: usize, stream: u64) -> Option<&mut crate::device::Stream> {
        let app = self.devices[device].app.as_mut()?;
        app.stream.as_mut().filter(|open| open.number == stream)
    }

    // ---- Time ----------------------------------------------------------------------------------------------------

    /// Lets something happen in so many milliseconds.
    pub(crate) fn later(&mut self, millis: i64, happening: Happening) {
        self.at(self.now.plus_millis(millis.max(0)), happening);
    }

    /// Lets something happen at a certain time.
    pub(crate) fn at(&mut self, at: Timestamp, happening: Happening) {
        let number = self.number();
        self.queue.insert((at, number), happening);
    }

    /// A number that nothing else has.
    pub(crate) const fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(crate) fn note(&mut self, words: impl FnOnce() -> String) {
        self.trace.note(self.now, words);
    }

    pub(crate) fn reach(&mut self, mark: Mark) {
        self.tally.reach(mark);
    }

    /// How long a message is under way.
    pub(crate) fn latency(&mut self) -> i64 {
        let (least, most) = self.faults.latency_ms;
        self.dice.between(least, most)
    }

    // ---- Healing -------------------------------------------------------------------------------------------------

    async fn heal(&mut self) -> Result<()> {
        self.note(|| "the world is well from now on".to_owned());
        self.is_well = true;
        self.faults.end();
        let is_over =
            |happening: &Happening| matches!(happening, Happening::Trouble(_) | Happening::Deed { .. });
        self.queue.retain(|_, happening| !is_over(happening));
        self.server_is_down_until = self.now;
        self.bring_people_back().await?;
        for device in 0..self.devices.len() {
            let line = &mut self.devices[device].line;
            (line.requests_pass, line.answers_pass) = (true, true);
            self.devices[device].journal.works_again();
            self.devices[device].failures = 0;
            if self.devices[device].app.is_none() {
                self.start(device).await?;
            } else {
                self.sign_in(device).await?;
                self.wake(device).await?;
            }
        }
        self.later(DELIVERED_WITHIN_MS, Happening::MustBeDelivered);
        self.well_since = Some(self.now);
        Ok(())
    }

    /// Notes how long it took from the world's becoming well until nothing waited any more.
    fn note_delivery(&mut self) {
        if let Some(since) = self.well_since
            && self.undelivered().next().is_none()
        {
            self.tally.note_delivery(self.now.millis_since(since).unsigned_abs());
            self.well_since = None;
        }
    }

    /// The devices that still have something to send, and how much; nothing, of one that is off.
    fn undelivered(&self) -> impl Iterator<Item = (usize, Option<usize>)> {
        let directory = self.server.directory();
        let is_active = move |person: PersonId| directory.person(person).is_some_and(|person| person.active);
        let active = self.devices.iter().filter(move |device| is_active(device.person));
        let waiting = active.map(|device| {
            let replica = device.app.as_ref().map(|app| &app.replica);
            (device.number, replica.map(|replica| self.to_be_delivered(replica)))
        });
        waiting.filter(|(_, waiting)| *waiting != Some(0))
    }

    fn to_be_delivered(&self, replica: &Replica) -> usize {
        replica.outbox().filter(|entry| entry.is_waiting() && !self.may_wait(replica, entry)).count()
    }

    /// Whether a change may have to wait on its device at the end: what it follows was lost with a restore, nobody has it any more, and
    /// without it the change is not allowed.
    pub(crate) fn may_wait(&self, replica: &Replica, entry: &OutboxEntry) -> bool {
        let change = &entry.change;
        let waits_itself = |id: ChangeId| {
            let earlier = replica.outbox().find(|earlier| earlier.change.id == id && earlier.is_waiting());
            id.seq < change.id.seq && earlier.is_some_and(|earlier| self.may_wait(replica, earlier))
        };
        let own = |id: &ChangeId| id.device == change.id.device;
        let rests_on_lost = self.lost_and_seen(change, Timestamp::DAY_MS).next().is_some()
            || change.seen.last_of_each().filter(own).any(waits_itself);
        rests_on_lost && !self.is_allowed(change)
    }

    /// Whether the record as it stands would take a change.
    fn is_allowed(&self, change: &Change) -> bool {
        let directory = self.server.directory();
        let nothing = Document::new(change.ticket);
        let document = self.record.documents().get(&change.ticket).unwrap_or(&nothing);
        directory
            .person(change.actor)
            .is_some_and(|actor| access::judge(change, actor, &directory, document).is_ok())
    }

    /// What the author of a change had seen of its ticket, and what is not in the record any more, within the time for which devices keep
    /// what they have sent, and for so much longer, in milliseconds.
    pub(crate) fn lost_and_seen(&self, change: &Change, and_ms: i64) -> impl Iterator<Item = ChangeId> {
        let is_recent = |restored| self.now.millis_since(restored) <= sync::KEPT_MS.saturating_add(and_ms);
        let lost = self.lost.get(&change.ticket).filter(|_| self.restored_at.is_some_and(is_recent));
        let lost = lost.into_iter().flatten().copied();
        lost.filter(|id| change.seen.contains(*id) && self.record.place(*id).is_none())
    }

    /// Whether a change is on a device that will send it: one that has not been told since that it is refused, or put before the office.
    pub(crate) fn may_still_come(&self, id: ChangeId) -> bool {
        let has_it = |device: &Device| {
            let state = device.app.as_ref().and_then(|app| app.replica.outbox_state(id));
            let is_to_be_sent = |state: &OutboxState| {
                matches!(
                    state,
                    OutboxState::Waiting | OutboxState::Accepted { .. } | OutboxState::Kept { .. }
                )
            };
            state.is_some_and(is_to_be_sent)
        };
        !self.deeds.is_copied(id.device)
            && !self.answered_since.contains(&id)
            && self.devices.iter().any(has_it)
    }

    fn check_delivered(&self) -> Result<()> {
        let late = self.undelivered().next();
        demand!(
            late.is_none(),
            Law::EverythingArrives,
            "{late:?}: device and changes it still has to send, {DELIVERED_WITHIN_MS} ms after the world was well"
        );
        Ok(())
    }

    // ---- Keeping -------------------------------------------------------------------------------------------------

    /// Makes a batch durable and takes it over, as the app does; or fails in one of the ways in which that can fail.
    pub(crate) async fn keep(&mut self, number: usize, batch: Batch) -> Result<Kept> {
        if batch.is_empty() {
            return Ok(Kept::Yes);
        }
        self.check_kept_knowledge(number, &batch).await?;
        if self.dice.falls(self.faults.crash_in_keeping) {
            return self.crash_in_keeping(number, &batch).await;
        }
        let failure = self.dice.falls(self.faults.store_fails).then(|| {
            self.dice.one_of(&[StoreFailure::Full, StoreFailure::Lost, StoreFailure::LostThoughKept])
        });
        let device = &mut self.devices[number];
        if let Some(failure) = failure {
            device.disk.fail_next(failure);
        }
        let store = &device.app_mut()?.store;
        if let Err(error) = store.apply(&batch).await {
            self.reach(match failure {
                Some(StoreFailure::Full) => Mark::DeviceFull,
                Some(StoreFailure::LostThoughKept) => Mark::DeviceStoreLostThoughKept,
                _ => Mark::DeviceStoreLost,
            });
            self.note(|| format!("device {number} could not keep: {error} ({failure:?})"));
            return Ok(Kept::No);
        }
        self.remember_image(number);
        // Documents that bring a device's own changes home are likely on its screen.
        let app = self.devices[number].app_mut()?;
        let own: BTreeSet<_> = app.replica.outbox().map(|entry| entry.change.ticket).collect();
        let documents = batch.hold.iter().map(|(_, document)| document);
        let own: Vec<_> = documents.filter(|document| own.contains(&document.ticket)).cloned().collect();
        let going = |entry: &&OutboxEntry| {
            let id = entry.change.id;
            entry.shows()
                && (batch.settled.contains(&id)
                    || batch.outbox.iter().any(|new| new.change.id == id && !new.shows()))
        };
        let shown: Vec<Change> =
            app.replica.outbox().filter(going).map(|entry| entry.change.clone()).collect();
        app.replica.commit(batch);
        for document in own {
            app.replica.learn(document);
        }
        for change in &shown {
            self.devices[number].know(change.ticket).await?;
        }
        self.check_still_shown(number, &shown)?;
        Ok(Kept::Yes)
    }

    /// What a device lets go of is in the record; and no document takes the place of one that knew more of the same history.
    async fn check_kept_knowledge(&mut self, number: usize, batch: &Batch) -> Result<()> {
        let Some(app) = &self.devices[number].app else { return Ok(()) };
        let meta = batch.meta.as_ref().unwrap_or(app.replica.meta());
        let mut marks = Vec::new();
        if meta.epoch.as_deref() == Some(self.server.epoch()) {
            for id in &batch.settled {
                let state = app.replica.outbox_state(*id);
                let is_taken_back = matches!(state, Some(OutboxState::Refused { .. } | OutboxState::Waiting))
                    && self.record.place(*id).is_none();
                demand!(
                    is_taken_back || self.record.place(*id).is_some(),
                    Law::NothingIsLost,
                    "device {number} lets {id} go, which is {state:?}, and the record has not got it"
                );
                if let Some(OutboxState::Kept { revision, .. }) = state {
                    let is_backed_up = meta.backup.is_some_and(|backup| backup.seq >= *revision);
                    marks.push((*id, is_backed_up));
                }
            }
        }
        if !has_met_another_history(&app.replica, batch) {
            for (held, document) in &batch.hold {
                // What came in with an earlier generation may be of another history.
                let known = app.replica.meta();
                let is_of_now = known.generation == held.generation && !known.rebuilding;
                let tickets = if is_of_now { vec![document.ticket] } else { Vec::new() };
                for old in self.devices[number].disk.documents(&tickets).await? {
                    let unseen = old.log().iter().find(|known| document.find(known.change.id).is_none());
                    // What was left of another history, for something to send about it, gives way to what there is now.
                    let is_left_over = match unseen {
                        Some(_) => {
                            let (loaded, _) = self.devices[number].disk.everything().await?;
                            let old = loaded.held.iter().find(|old| old.card.ticket == document.ticket);
                            old.is_some_and(|old| old.generation < held.generation)
                        }
                        None => false,
                    };
                    demand!(
                        unseen.is_none() || is_left_over,
                        Law::Order,
                        "device {number} unsees {:?} of {}",
                        unseen.map(|unseen| unseen.change.id),
                        document.ticket
                    );
                }
            }
        } else if batch.outbox.iter().any(OutboxEntry::is_waiting) {
            self.reach(Mark::SentAgain);
        }
        for (id, is_backed_up) in marks {
            self.reach(if is_backed_up { Mark::LetGoWithBackup } else { Mark::LetGoAfterLong });
            if !is_backed_up {
                // No backup within thirty days: going back to one that is older still loses it.
                self.gone_with_restores.insert(id);
            }
        }
        if batch.outbox.iter().any(OutboxEntry::is_kept) {
            self.reach(Mark::Kept);
        }
        Ok(())
    }

    /// What a device showed of its own it still shows, unless its ticket has left its sight or it does not count any more.
    fn check_still_shown(&self, number: usize, shown: &[Change]) -> Result<()> {
        let Some(app) = &self.devices[number].app else { return Ok(()) };
        let directory = self.server.directory();
        let person = directory.person(self.devices[number].person);
        let scope = person.map(|person| Scope::of(person, &directory));
        for change in shown {
            let does_not_count = matches!(
                app.replica.outbox_state(change.id),
                Some(OutboxState::Refused { .. } | OutboxState::Parked { .. })
            );
            // What is in sight by now may not have been when the page was made, and come with the next one.
            let places =
                [self.record.head(), app.replica.meta().cursor.as_ref().map_or(0, |cursor| cursor.seq)];
            let is_within = |scope: &Scope| {
                places.iter().all(|place| self.record.is_within(scope, change.ticket, *place))
            };
            let is_in_sight = scope.as_ref().is_some_and(is_within);
            let is_shown = || app.replica.document(change.ticket).find(change.id).is_some();
            demand!(
                does_not_count || !is_in_sight || !self.record.has(change) || is_shown(),
                Law::Order,
                "device {number} does not show {} any more: {:?}, {:?}",
                change.id,
                app.replica.outbox_state(change.id),
                app.replica.card(change.ticket).is_some()
            );
        }
        Ok(())
    }

    // ---- The server, looked at from outside ----------------------------------------------------------------------

    /// Reads what the record has grown by, and lets all streams say what they have to say.
    pub(crate) async fn look_at_server(&mut self) -> Result<()> {
        for (seq, recorded) in self.server.recorded_after(self.record.head()).await? {
            let id = recorded.change.id;
            if self.deeds.was_refused(id) {
                self.reach(Mark::TakenAfterAll);
            }
            let number = self.number_given_back(&recorded.change).await?;
            self.record.take(seq, recorded, number, &self.deeds)?;
            self.trace.note(self.now, || format!("    recorded at {seq}: {id}"));
        }
        self.pump()
    }

    /// The number of a ticket that a change has registered, if it had that in another history. No other ticket ever had it.
    async fn number_given_back(&mut self, change: &Change) -> Result<Option<TicketNumber>> {
        if change.action.kind() != ActionKind::Register {
            return Ok(None);
        }
        let ticket = change.ticket;
        let Some(number) = self.server.number_of(ticket).await? else { return Ok(None) };
        let Some(before) = self.numbered.insert(number.clone(), ticket) else { return Ok(None) };
        demand!(before == ticket, Law::NothingIsLost, "{ticket} has {number}, by which people know {before}");
        self.reach(Mark::NumberGivenBack);
        Ok(Some(number))
    }

    /// Takes from all streams what they say.
    pub(crate) fn pump(&mut self) -> Result<()> {
        for (stream, mut outlet) in std::mem::take(&mut self.outlets) {
            let bytes = outlet.listener.hear();
            let frames = events::read(&bytes)?;
            for frame in &frames {
                let place = frame.place.unwrap_or(self.record.head());
                self.check_canaries(outlet.person, frame.text.as_bytes(), place)?;
                if frame.event == Event::Behind {
                    self.reach(Mark::Behind);
                }
            }
            let is_open = outlet.listener.is_open();
            let mut events: Vec<_> = frames.into_iter().map(|frame| frame.event).collect();
            if self.plant == Some(Plant::LoseAnEvent) && events.len() > 1 {
                events.remove(0);
            } else if let Some(lost) = first_of_two(&events)
                && self.dice.falls(self.faults.lose_event)
            {
                events.remove(lost);
                self.reach(Mark::EventLost);
            }
            if !self.devices[outlet.device].line.answers_pass {
                if is_open && events.is_empty() {
                    self.outlets.insert(stream, outlet);
                } else {
                    // What is lost on such a line is lost with the whole stream; the device notices its silence.
                    let notices = self.dice.between(1_000, 60_000);
                    self.later(notices, Happening::StreamEnds { device: outlet.device, stream });
                }
                continue;
            }
            let arrival = self.now.plus_millis(self.latency()).max(outlet.last_arrival);
            outlet.last_arrival = arrival;
            let device = outlet.device;
            if !events.is_empty() {
                self.at(arrival, Happening::EventsArrive { device, stream, events });
            }
            if is_open {
                self.outlets.insert(stream, outlet);
            } else {
                self.at(arrival, Happening::StreamEnds { device, stream });
            }
        }
        Ok(())
    }

    /// Opens a stream at the server's end.
    pub(crate) fn add_outlet(&mut self, device: usize, person: PersonId, listener: Listener) -> u64 {
        let stream = self.number();
        self.outlets.insert(stream, Outlet { device, person, listener, last_arrival: self.now });
        stream
    }

    /// Searches what goes to a person for words of tickets that they may not see, as these were at a place of the record.
    pub(crate) fn check_canaries(&self, person: PersonId, bytes: &[u8], place: u64) -> Result<()> {
        let directory = self.server.directory();
        let scope = directory.person(person).map(|person| Scope::of(person, &directory));
        for number in canary::found_in(bytes) {
            let ticket = self.tickets.get(number).context("a canary of no ticket")?;
            let may_see = scope.as_ref().is_some_and(|scope| self.record.is_within(scope, *ticket, place));
            demand!(may_see, Law::NothingGoesOutside, "{ticket} goes to {person}, who may not see it");
        }
        Ok(())
    }

    /// A person as the server knows them.
    pub(crate) fn person(&self, id: PersonId) -> Result<Person> {
        self.server.directory().person(id).cloned().context("everybody stays in the directory")
    }
}

/// The first change of a ticket that is changed once more by what comes with it: the second one does not fit without it.
fn first_of_two(events: &[Event]) -> Option<usize> {
    let ticket = |event: &Event| match event {
        Event::Changed(changed) => Some(changed.ticket),
        _ => None,
    };
    events.windows(2).position(|pair| ticket(&pair[0]).is_some() && ticket(&pair[0]) == ticket(&pair[1]))
}

/// Whether a batch brings another history than the one that the device has followed so far.
fn has_met_another_history(replica: &Replica, batch: &Batch) -> bool {
    let epoch = |cursor: Option<&sync::messages::Cursor>| cursor.map(|cursor| cursor.epoch.clone());
    let new = batch.meta.as_ref().and_then(|meta| epoch(meta.cursor.as_ref()));
    new.is_some() && new != epoch(replica.meta().cursor.as_ref())
}
