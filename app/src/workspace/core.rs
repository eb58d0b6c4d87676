//! What stands behind [`Workspace`](super::Workspace): the open desk, who looks at which ticket, and the telling of news.

use std::cell::{Cell, Ref, RefCell, RefMut};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use domain::people::{Directory, Person};
use domain::sla::PolicyBook;
use domain::ticket::{Action, Card, Document, Seen};
use domain::{ChangeId, Refusal, TicketId, Timestamp};
use futures_util::future::{Either, abortable, select};
use leptos::prelude::*;
use leptos::task::spawn_local;
use sync::files::{FileKey, FilePlace, Shelf, Uploads};
use sync::tablets::{Reporter, Tablet};
use sync::{Batch, OutboxEntry, Planner, Replica, StoreError, Unsent};

use super::adding::{Adding, Queue};
use super::desk::{Desk, News};
use super::gate::{self, Cleared, HeldBack, Holding, RescueFile, Rescued, Resetting, WayOut};
use super::line::Line;
use super::wake::Wake;
use super::{RecordError, StorageState, SyncStatus, TicketState, TicketView, WriterState};
use super::{driver, reporting, uploading};
use crate::device::rescue::{self, Because, RescueError};
use crate::device::writer_lock::{Claim, Presence, WriterLock, silence};
use crate::device::{clock, session, storage};

/// What screens read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    pub(super) person: RwSignal<Person>,
    pub(super) directory: RwSignal<Arc<Directory>>,
    pub(super) book: RwSignal<PolicyBook>,
    pub(super) cards: RwSignal<Arc<Vec<Card>>>,
    pub(super) outbox: RwSignal<Arc<Vec<OutboxEntry>>>,
    pub(super) status: RwSignal<SyncStatus>,
    pub(super) files: RwSignal<Arc<BTreeMap<FileKey, FilePlace>>>,
    pub(super) adding: RwSignal<BTreeMap<TicketId, Adding>>,
    /// Other devices of the person that may still hold work.
    pub(super) left_behind: RwSignal<Arc<Vec<Tablet>>>,
    pub(super) now: RwSignal<Timestamp>,
    pub(super) writer: RwSignal<WriterState>,
    /// Moves with each notice that the server tells of, and with each new stream: there may be one that it did not tell of.
    pub(super) rung: RwSignal<u64>,
    /// Moves when other parked changes may wait for the person than before, and with each new stream.
    pub(super) parked: RwSignal<u64>,
    /// Moves with all news.
    pub(super) edition: RwSignal<u64>,
}

impl Shown {
    pub(super) fn new(person: Person) -> Self {
        Self {
            person: RwSignal::new(person),
            directory: RwSignal::default(),
            book: RwSignal::new(PolicyBook::shipped()),
            cards: RwSignal::default(),
            outbox: RwSignal::default(),
            status: RwSignal::default(),
            files: RwSignal::default(),
            adding: RwSignal::default(),
            left_behind: RwSignal::default(),
            now: RwSignal::new(clock::now()),
            writer: RwSignal::default(),
            rung: RwSignal::default(),
            parked: RwSignal::default(),
            edition: RwSignal::default(),
        }
    }

    fn set_storage(&self, storage: StorageState) {
        self.status.try_update(|status| status.storage = storage);
    }
}

/// Somebody who looks at a ticket.
#[derive(Debug, Clone, Copy)]
struct Watcher {
    number: u64,
    ticket: TicketId,
    state: RwSignal<TicketState>,
}

#[derive(Debug)]
pub(super) struct Core {
    shown: Shown,
    desk: RefCell<Option<Rc<Desk>>>,
    planner: RefCell<Planner>,
    bell: Rc<Wake>,
    uploads: RefCell<Uploads>,
    /// Rung when there may be something to upload.
    upload_bell: Wake,
    reporter: RefCell<Reporter>,
    /// Rung when the device may stand otherwise than before.
    report_bell: Wake,
    adding: Queue,
    /// Rung when the person wants to work in this window.
    use_here: Wake,
    /// Where each ticket's card lies in the list that is shown.
    places: RefCell<HashMap<TicketId, usize>>,
    watchers: RefCell<Vec<Watcher>>,
    next_watcher: Cell<u64>,
}

impl Core {
    pub(super) fn new(shown: Shown) -> Self {
        Self {
            shown,
            desk: RefCell::default(),
            planner: RefCell::default(),
            bell: Rc::default(),
            uploads: RefCell::default(),
            upload_bell: Wake::default(),
            reporter: RefCell::default(),
            report_bell: Wake::default(),
            adding: Queue::default(),
            use_here: Wake::default(),
            places: RefCell::default(),
            watchers: RefCell::default(),
            next_watcher: Cell::default(),
        }
    }

    pub(super) fn planner(&self) -> Ref<'_, Planner> {
        self.planner.borrow()
    }

    pub(super) fn planner_mut(&self) -> RefMut<'_, Planner> {
        self.planner.borrow_mut()
    }

    /// Wakes the driver.
    pub(super) fn bell(&self) -> &Wake {
        &self.bell
    }

    pub(super) fn uploads(&self) -> Ref<'_, Uploads> {
        self.uploads.borrow()
    }

    pub(super) fn uploads_mut(&self) -> RefMut<'_, Uploads> {
        self.uploads.borrow_mut()
    }

    /// Wakes what uploads files.
    pub(super) const fn upload_bell(&self) -> &Wake {
        &self.upload_bell
    }

    pub(super) fn reporter_mut(&self) -> RefMut<'_, Reporter> {
        self.reporter.borrow_mut()
    }

    /// Wakes what tells how the device stands.
    pub(super) const fn report_bell(&self) -> &Wake {
        &self.report_bell
    }

    /// What was chosen to be attached.
    pub(super) const fn adding(&self) -> &Queue {
        &self.adding
    }

    fn desk(&self) -> Option<Rc<Desk>> {
        self.desk.borrow().clone()
    }

    // ---- Opening and closing -------------------------------------------------------------------------------------

    /// Works with the person's database whenever it is this window's turn, until it is dropped.
    pub(super) async fn live<L: Line + 'static>(self: Rc<Self>, person: Person, line: L) {
        let line = Rc::new(line);
        let name = format!("fieldloop-writer-{}", person.id);
        loop {
            let mut lock = self.claim(&name).await;
            self.shown.writer.try_set(WriterState::Here);
            let _presence = Presence::of(&name);
            let work = Box::pin(Rc::clone(&self).work(person.clone(), Rc::clone(&line)));
            select(work, Box::pin(lock.lost())).await;
            drop(lock);
            self.close();
        }
    }

    /// Waits for this window's turn: at once if no other one is open, else when that is closed or has gone silent, or when the
    /// person says so.
    async fn claim(&self, name: &str) -> WriterLock {
        // A window that has just lost its turn takes it back only when asked to.
        if self.shown.writer.try_get_untracked() == Some(WriterState::Finding)
            && let Some(lock) = WriterLock::claim(name, Claim::IfFree).await
        {
            return lock;
        }
        self.shown.writer.try_set(WriterState::Elsewhere);
        loop {
            let turn = Box::pin(WriterLock::claim(name, Claim::WhenFree));
            let reason = select(Box::pin(self.use_here.heard()), Box::pin(silence(name)));
            let claimed = match select(turn, reason).await {
                Either::Left((lock, reason)) => {
                    if lock.is_none() {
                        reason.await;
                    }
                    lock
                }
                Either::Right(_) => WriterLock::claim(name, Claim::Steal).await,
            };
            if let Some(lock) = claimed {
                return lock;
            }
        }
    }

    async fn work<L: Line + 'static>(self: Rc<Self>, person: Person, line: Rc<L>) {
        self.set_storage(StorageState::Opening);
        let shown = self.shown;
        let core = Rc::downgrade(&self);
        // Once it is open, it is opened again as often as that is needed, and nobody waits for it.
        let on_blocked = move || {
            if core.upgrade().is_some_and(|core| core.desk().is_none()) {
                shown.set_storage(StorageState::Failed(StoreError::Blocked));
            }
        };
        let desk = match Desk::open(person, on_blocked).await {
            Ok(desk) => Rc::new(desk),
            Err(StoreError::TakenOver) => return,
            Err(error) => {
                leptos::logging::error!("the local database could not be opened: {error}");
                self.set_storage(StorageState::Failed(error));
                return std::future::pending().await;
            }
        };
        *self.desk.borrow_mut() = Some(Rc::clone(&desk));
        self.planner_mut().signed_in();
        self.tell_everything(&desk);
        self.set_storage(storage_of(&desk, false));
        self.shown.status.try_update(|status| status.recovery = desk.recovery());
        self.clone().refresh_watchers();
        let _tidying = beside(driver::tidy(Rc::clone(&self), Rc::clone(&desk)));
        *self.uploads_mut() = Uploads::default();
        let _uploading = beside(uploading::run(Rc::clone(&self), Rc::clone(&desk), Rc::clone(&line)));
        *self.reporter_mut() = Reporter::default();
        let _reporting = beside(reporting::run(Rc::clone(&self), Rc::clone(&desk), Rc::clone(&line)));
        let (protect, kept) = (Rc::clone(&self), Rc::clone(&desk));
        spawn_local(async move {
            // Before the browser asks the person, who may take their time.
            kept.reserve().await;
            drop(kept);
            protect.tell_status();
            protect.tell_protection(storage::protect().await);
        });
        driver::run(self, desk, line).await;
    }

    /// Lets the database go, and shows nothing of it any more.
    pub(super) fn close(&self) {
        self.desk.borrow_mut().take();
        self.places.borrow_mut().clear();
        self.shown.cards.try_set(Arc::default());
        self.shown.outbox.try_set(Arc::default());
        self.shown.files.try_set(Arc::default());
        for watcher in self.watchers.borrow().iter() {
            watcher.state.try_set(TicketState::Loading);
        }
        self.shown.status.try_set(SyncStatus::default());
        self.shown.writer.try_set(WriterState::Elsewhere);
    }

    pub(super) fn use_here(&self) {
        self.use_here.ring();
    }

    fn set_storage(&self, storage: StorageState) {
        self.shown.set_storage(storage);
    }

    // ---- Telling -------------------------------------------------------------------------------------------------

    fn tell_everything(&self, desk: &Rc<Desk>) {
        let replica = desk.replica();
        let cards: Vec<Card> = replica.cards().cloned().collect();
        *self.places.borrow_mut() =
            cards.iter().enumerate().map(|(place, card)| (card.ticket, place)).collect();
        drop(replica);
        self.shown.cards.try_set(Arc::new(cards));
        let news = News { directory: true, outbox: true, ..News::default() };
        self.tell(desk, &news);
    }

    /// Shows what has changed.
    pub(super) fn tell(&self, desk: &Rc<Desk>, news: &News) {
        let replica = desk.replica();
        if news.directory {
            // The book first: whoever follows the directory finds it up to date.
            self.shown.book.try_set(replica.book().clone());
            self.shown.directory.try_set(Arc::new(replica.directory().clone()));
        }
        if news.outbox {
            self.shown.outbox.try_set(Arc::new(replica.outbox().cloned().collect()));
        }
        let known = self.shown.person.try_with_untracked(|known| known == replica.person());
        if known == Some(false) {
            session::remember(replica.person());
            self.shown.person.try_set(replica.person().clone());
        }
        drop(replica);
        if !news.tickets.is_empty() {
            self.tell_cards(desk, news);
            self.tell_watchers(desk, news);
        }
        self.tell_status();
        self.shown.edition.try_update(|edition| *edition += 1);
    }

    fn tell_cards(&self, desk: &Desk, news: &News) {
        let replica = desk.replica();
        let mut places = self.places.borrow_mut();
        self.shown.cards.try_update(|cards| {
            let cards = Arc::make_mut(cards);
            for ticket in &news.tickets {
                match (replica.card(*ticket), places.get(ticket).copied()) {
                    (Some(card), Some(place)) => cards[place].clone_from(card),
                    (Some(card), None) => {
                        places.insert(*ticket, cards.len());
                        cards.push(card.clone());
                    }
                    (None, Some(place)) => {
                        places.remove(ticket);
                        cards.swap_remove(place);
                        if let Some(moved) = cards.get(place) {
                            places.insert(moved.ticket, place);
                        }
                    }
                    (None, None) => {}
                }
            }
        });
    }

    fn tell_watchers(&self, desk: &Rc<Desk>, news: &News) {
        let watchers: Vec<Watcher> = self.watchers.borrow().clone();
        for watcher in watchers.into_iter().filter(|watcher| news.tickets.contains(&watcher.ticket)) {
            if desk.replica().needs(watcher.ticket) {
                self.refresh(Rc::clone(desk), watcher);
            } else {
                show(desk, watcher);
            }
        }
    }

    pub(super) fn tell_status(&self) {
        let Some(desk) = self.desk() else { return };
        let replica = desk.replica();
        let link = self.planner().link();
        let mut unsent = unsent(&desk);
        unsent.files += self.files_to_keep();
        let not_added = self.files_not_added();
        let files_unseen = !desk.files().is_open();
        let files_aside = desk.files().shelf(|shelf| shelf.only_here(&replica).set_aside.len());
        let files_aside = files_aside.unwrap_or_default();
        let unjudged = self.planner().unjudged();
        let last_contact = replica.meta().last_contact.map(|clock| replica.server_time(clock));
        drop(replica);
        let told = self.shown.status.try_with_untracked(|status| {
            let storage = match status.storage {
                StorageState::Open { protected, .. } => storage_of(&desk, protected),
                StorageState::Opening | StorageState::Failed(_) => status.storage.clone(),
            };
            let told = SyncStatus {
                link,
                unsent,
                not_added,
                files_unseen,
                files_aside,
                unjudged,
                last_contact,
                storage,
                ..status.clone()
            };
            (told != *status).then_some(told)
        });
        if let Some(Some(told)) = told {
            self.shown.status.try_set(told);
        }
        let places = desk.files().shelf(Shelf::places).unwrap_or_default();
        if self.shown.files.try_with_untracked(|known| **known != places) == Some(true) {
            self.shown.files.try_set(Arc::new(places));
        }
        // Whatever has become of the line or of the changes, it may be the files' turn.
        self.upload_bell.ring();
        self.report_bell.ring();
    }

    /// Tells which other devices may still hold work.
    pub(super) fn tell_left_behind(&self, tablets: Vec<Tablet>) {
        if self.shown.left_behind.try_with_untracked(|known| **known != tablets) == Some(true) {
            self.shown.left_behind.try_set(Arc::new(tablets));
        }
    }

    /// Tells how the adding of files to a ticket goes on.
    pub(super) fn tell_adding(&self, ticket: TicketId, tell: impl FnOnce(&mut Adding)) {
        self.shown.adding.try_update(|adding| tell(adding.entry(ticket).or_default()));
        self.tell_status();
    }

    fn tell_protection(&self, promised: bool) {
        self.shown.status.maybe_update(|status| match &mut status.storage {
            StorageState::Open { protected, .. } => std::mem::replace(protected, promised) != promised,
            StorageState::Opening | StorageState::Failed(_) => false,
        });
    }

    /// Tells that there is a new notice, or may be one.
    pub(super) fn ring(&self) {
        self.shown.rung.try_update(|rung| *rung += 1);
    }

    /// Tells that something was parked or decided, or may have been.
    pub(super) fn tell_of_parked(&self) {
        self.shown.parked.try_update(|parked| *parked += 1);
    }

    /// Tells the time.
    pub(super) fn tick(&self) {
        let clock = clock::now();
        let now = self.desk().map_or(clock, |desk| desk.replica().server_time(clock));
        self.shown.now.try_set(now);
    }

    // ---- Looking at tickets --------------------------------------------------------------------------------------

    /// Begins to look at a ticket. Returns a number to end it by.
    pub(super) fn watch(self: Rc<Self>, ticket: TicketId, state: RwSignal<TicketState>) -> u64 {
        let number = self.next_watcher.get();
        self.next_watcher.set(number + 1);
        let watcher = Watcher { number, ticket, state };
        self.watchers.borrow_mut().push(watcher);
        if let Some(desk) = self.desk() {
            self.refresh(desk, watcher);
        }
        number
    }

    /// Ends looking.
    pub(super) fn unwatch(self: Rc<Self>, number: u64) {
        self.watchers.borrow_mut().retain(|watcher| watcher.number != number);
        let Some(desk) = self.desk() else { return };
        spawn_local(async move {
            let looked_at = || self.watchers.borrow().iter().map(|watcher| watcher.ticket).collect();
            desk.forget_all_but(looked_at).await;
        });
    }

    /// Reads what is needed to show a ticket, and shows it.
    fn refresh(&self, desk: Rc<Desk>, watcher: Watcher) {
        let (edition, bell) = (self.shown.edition, Rc::clone(&self.bell));
        spawn_local(async move {
            match desk.know(watcher.ticket).await {
                Ok(()) => {
                    show(&desk, watcher);
                    // Now more can be said about what may be done to it.
                    edition.try_update(|edition| *edition += 1);
                }
                Err(error) => {
                    leptos::logging::error!("a ticket could not be read, and is pulled anew: {error}");
                    if desk.pull_anew().await.is_ok() {
                        bell.ring();
                    }
                }
            }
        });
    }

    fn refresh_watchers(self: Rc<Self>) {
        let Some(desk) = self.desk() else { return };
        for watcher in self.watchers.borrow().iter() {
            self.refresh(Rc::clone(&desk), *watcher);
        }
    }

    /// The records of several tickets.
    pub(super) async fn documents(&self, tickets: &[TicketId]) -> Result<Vec<Document>, StoreError> {
        match self.desk() {
            Some(desk) => desk.documents(tickets).await,
            None => Ok(Vec::new()),
        }
    }

    // ---- Doing ---------------------------------------------------------------------------------------------------

    pub(super) fn may(&self, ticket: TicketId, action: &Action) -> Result<(), Refusal> {
        let desk = self.desk().ok_or(Refusal::UnknownTicket)?;
        desk.replica().may(ticket, action)
    }

    /// Keeps what the person did: by what is known now, or by what they had seen earlier.
    pub(super) async fn record(
        &self,
        ticket: TicketId,
        action: Action,
        seen: Option<Seen>,
    ) -> Result<ChangeId, RecordError> {
        let desk = self.open_desk()?;
        self.record_at(&desk, ticket, action, seen).await
    }

    /// The same at a certain desk, which may have been closed meanwhile.
    pub(super) async fn record_at(
        &self,
        desk: &Rc<Desk>,
        ticket: TicketId,
        action: Action,
        seen: Option<Seen>,
    ) -> Result<ChangeId, RecordError> {
        let (change, news) = self.outcome_at(desk, desk.record(ticket, action, seen).await)?;
        if desk.is_fenced_off() {
            // Another window has taken over since. It is kept all the same, and sent from there.
            return Ok(change);
        }
        self.tell(desk, &news);
        self.bell.ring();
        Ok(change)
    }

    /// What came of something that was done at a desk. Another window may have taken over from it, and this one may have taken over
    /// again since, with another desk: what was kept before is kept, and what was not belongs elsewhere now.
    pub(super) fn outcome_at<T>(
        &self,
        desk: &Rc<Desk>,
        outcome: Result<T, RecordError>,
    ) -> Result<T, RecordError> {
        if !desk.is_fenced_off() {
            return outcome;
        }
        if self.desk().is_some_and(|current| Rc::ptr_eq(&current, desk)) {
            self.close();
        }
        outcome.map_err(|_| RecordError::Elsewhere)
    }

    /// The desk, for somebody who wants to do something.
    pub(super) fn open_desk(&self) -> Result<Rc<Desk>, RecordError> {
        self.desk().ok_or_else(|| self.why_closed())
    }

    fn why_closed(&self) -> RecordError {
        let failed = self.shown.status.try_with_untracked(|status| match &status.storage {
            StorageState::Failed(error) => Some(error.clone()),
            StorageState::Opening | StorageState::Open { .. } => None,
        });
        failed.flatten().map_or(RecordError::Elsewhere, RecordError::Store)
    }

    /// Keeps what `plan` makes of the replica, tells it and wakes the driver.
    pub(super) async fn settle(
        &self,
        plan: impl FnOnce(&Replica) -> Option<Batch>,
    ) -> Result<(), StoreError> {
        let Some(desk) = self.desk() else { return Ok(()) };
        let news = desk.take(|replica| plan(replica).unwrap_or_default()).await?;
        self.tell(&desk, &news);
        self.bell.ring();
        Ok(())
    }

    pub(super) fn sync_now(&self) {
        self.planner_mut().try_now();
        self.uploads_mut().try_now();
        self.bell.ring();
        self.upload_bell.ring();
    }

    /// Asks the server anew what has become of the person's other devices.
    pub(super) fn report_again(&self) {
        self.reporter_mut().again();
        self.report_bell.ring();
    }

    pub(super) fn signed_in_again(&self) {
        self.planner_mut().signed_in();
        self.uploads_mut().try_now();
        self.bell.ring();
    }

    /// Goes to the gate: open it is only where it can be seen what this device holds.
    pub(super) async fn clear<W: WayOut>(&self, rescued: Option<&Rescued>) -> Result<Cleared<W>, HeldBack> {
        match self.open_desk() {
            Ok(desk) => desk.shut(|| self.files_to_add(), rescued).await,
            Err(
                RecordError::Store(StoreError::Blocked) | RecordError::Elsewhere | RecordError::Refused(_),
            ) => Err(HeldBack::Elsewhere),
            // Nothing is seen of it, and nothing can be added to it.
            Err(RecordError::Store(_)) => gate::judge_unseen(rescued),
        }
    }

    /// What this device holds; nothing, while that can't be seen.
    pub(super) fn holding(&self) -> Option<Holding> {
        self.desk().map(|desk| desk.holding(self.files_to_add()))
    }

    /// Writes a rescue file, and notes what is in it.
    pub(super) async fn write_rescue_file(&self, because: Because) -> Result<RescueFile, RescueError> {
        let (held, by_journal) = match self.desk() {
            Some(desk) => (desk.holding(self.files_to_add()), desk.rests_on_journal()),
            None => (Holding::default(), false),
        };
        let person = self.shown.person.get_untracked();
        let written = rescue::write(because, &person).await?;
        Ok(RescueFile::new(written, held, by_journal))
    }

    /// Removes all that is kept of the person here.
    pub(super) async fn erase(&self, cleared: &Cleared<Resetting>) -> Result<(), StoreError> {
        match self.desk() {
            Some(desk) => desk.erase(cleared).await,
            // One that was open a moment ago works in another window now.
            None if !matches!(self.why_closed(), RecordError::Store(_)) => {
                Err(StoreError::Lost("it is not open".to_owned()))
            }
            None => Desk::erase_unopened(self.shown.person.get_untracked().id, cleared).await,
        }
    }

    pub(super) fn unsent(&self) -> Unsent {
        self.desk().map(|desk| unsent(&desk)).unwrap_or_default()
    }

    /// Gives what waits a last chance to be kept, and to be delivered.
    pub(super) async fn deliver(&self, patience_ms: u32) {
        const LOOK_EVERY_MS: u32 = 100;
        for _ in 0..patience_ms / LOOK_EVERY_MS {
            if self.files_to_keep() == 0 {
                break;
            }
            clock::sleep(LOOK_EVERY_MS).await;
        }
        self.sync_now();
        for _ in 0..patience_ms / LOOK_EVERY_MS {
            let Unsent { waiting, files, .. } = self.unsent();
            if waiting + files == 0 || self.planner().rests(clock::now()) {
                return;
            }
            clock::sleep(LOOK_EVERY_MS).await;
        }
    }
}

/// How the storage stands, by what the desk knows and what the browser has promised.
fn storage_of(desk: &Desk, protected: bool) -> StorageState {
    StorageState::Open { protected, twice: desk.keeps_twice(), tight: desk.is_tight() }
}

/// The work that is only on this device, files included.
fn unsent(desk: &Desk) -> Unsent {
    let replica = desk.replica();
    let files = desk.files().shelf(|shelf| shelf.unsent(&replica)).unwrap_or_default();
    Unsent { files, ..replica.unsent() }
}

/// Begins a task that ends when what is returned is dropped.
fn beside(task: impl Future<Output = ()> + 'static) -> AbortOnDrop {
    let (task, end) = abortable(task);
    spawn_local(async {
        // Ended from outside or by itself.
        let _ = task.await;
    });
    AbortOnDrop(end)
}

struct AbortOnDrop(futures_util::future::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn show(desk: &Desk, watcher: Watcher) {
    let replica = desk.replica();
    let state = match TicketView::of(&replica, watcher.ticket) {
        Some(view) => TicketState::Ready(Arc::new(view)),
        // Before everything has come in for the first time, nobody can say that a ticket isn't there.
        None if replica.meta().cursor.is_none() => TicketState::Loading,
        None => TicketState::Missing,
    };
    drop(replica);
    watcher.state.try_set(state);
}
