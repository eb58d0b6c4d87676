//! What a signed-in person works with: the tickets in sight, the changes on their way, and how things stand with the server.
//!
//! [`Workspace`] is all that screens know of storage and synchronisation. Reads are signals; they show confirmed tickets
//! with this device's own unsent changes laid over. Writing has one way, [`Workspace::record`]: it comes back when the
//! change would survive a power cut, and not before. Everything else happens behind it, in this order:
//!
//! ```text
//!   record ──▶ domain: may they? ──▶ one durable transaction ──▶ memory ──▶ signals
//!                                                                └──▶ driver: push, pull, listen
//! ```
//!
//! Deliberately absent: anything of the browser (that is [`crate::device`]) and any rule of the business (that is `domain`).

mod adding;
mod core;
mod desk;
mod driver;
mod files;
mod gate;
mod line;
mod reporting;
mod uploading;
mod view;
mod wake;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use domain::people::{Directory, Person};
use domain::sla::PolicyBook;
use domain::ticket::{Action, Card, Document, FileHash, MediaType, Seen, Ticket};
use domain::{ChangeId, Refusal, TicketId, Timestamp, sla};
use futures_util::future::abortable;
use leptos::prelude::*;
use leptos::reactive::graph::Observer;
use leptos::task::spawn_local;
use sync::files::{FileKey, FilePlace};
use sync::tablets::Tablet;
use sync::{Link, OutboxEntry, Recovery, StoreError, Unsent};

pub use self::adding::{Adding, NotAdded};
use self::core::{Core, Shown};
pub use self::gate::{
    Cleared, HeldBack, Holding, RescueFile, Rescued, Resetting, SignedOut, SigningOut, WayOut,
};
pub use self::line::{Events, Line, ServerLine};
pub use self::view::mark_beside_the_record;
use crate::device::file::Picked;
use crate::device::pictures::{PageAddress, Prepared};
use crate::device::rescue::{self, Because, RescueError};
use crate::device::{api, clock, drafts, id, location, network, session};

/// One ticket, as far as it is known at this moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum TicketState {
    /// It is being read from the device.
    #[default]
    Loading,
    /// It is not in sight: it doesn't exist, or has left the person's scope.
    Missing,
    /// Here it is.
    Ready(Arc<TicketView>),
}

/// A ticket with everything a screen needs beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketView {
    /// The ticket, unsent changes included.
    pub ticket: Ticket,
    /// Its record, unsent changes included.
    pub document: Document,
    /// Its clocks, in the order in which they started.
    pub clocks: Vec<sla::Clock>,
    /// How far each of the record's changes has come.
    pub marks: BTreeMap<ChangeId, ChangeMark>,
}

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeMark {
    /// Saved on this device only.
    OnTablet,
    /// On the server.
    OnServer,
    /// On the server and in a backup of it.
    InBackup,
    /// On the server, where somebody at the office has yet to decide whether it counts.
    Parked,
    /// The server refused it; its author has to deal with it.
    Refused,
}

/// How things stand with the server and the device's storage.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SyncStatus {
    /// The line to the server.
    pub link: Link,
    /// The work that is only on this device.
    pub unsent: Unsent,
    /// Files that could not be added to their tickets, and that the person has neither tried again nor let go.
    pub not_added: usize,
    /// Whether it can't be read which files are kept here: some may be only on this device, and are not among the unsent.
    pub files_unseen: bool,
    /// Files that stay on this device until the office has decided on their changes. They are not among the unsent.
    pub files_aside: usize,
    /// Changes that wait and that the server did not judge when it was last told of them.
    pub unjudged: usize,
    /// When the server last answered, by the server's clock.
    pub last_contact: Option<Timestamp>,
    /// The device's storage.
    pub storage: StorageState,
    /// What had been lost on this device and was mended when it was opened.
    pub recovery: Option<Recovery>,
}

/// How the device's storage stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StorageState {
    /// The local database is being opened: nothing can be shown or recorded yet.
    #[default]
    Opening,
    /// In use.
    Open {
        /// Whether the browser has promised not to clear it when it runs out of room.
        protected: bool,
        /// Whether what is saved is saved twice: in the database, and in a journal beside it.
        twice: bool,
        /// Whether the room held in reserve for words and signatures is used up, or could not be had.
        tight: bool,
    },
    /// Nothing can be kept, for this reason. What is on screen may be older than what was recorded.
    Failed(StoreError),
}

/// Which of several open windows works with this person's database. Only one at a time does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WriterState {
    /// Being found out.
    #[default]
    Finding,
    /// This one.
    Here,
    /// Another one. This one shows nothing, and offers to [`Workspace::use_here`].
    Elsewhere,
}

/// Why something was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The person may not do this.
    #[error("refused: {0}")]
    Refused(#[from] Refusal),
    /// It could not be saved. Nothing of it was kept: what was typed must stay on the screen.
    #[error("not saved: {0}")]
    Store(#[from] StoreError),
    /// Another window works with this person's database. Nothing of it was kept.
    #[error("another window is in use")]
    Elsewhere,
}

/// A signed-in person's tickets and work; see the module.
#[derive(Debug, Clone, Copy)]
pub struct Workspace {
    shown: Shown,
    core: StoredValue<Rc<Core>, LocalStorage>,
}

/// Opens the workspace of a person who is signed in (on this device at least; the network may be gone), for everything
/// below this place.
pub fn provide_workspace(person: Person) -> Workspace {
    provide_workspace_over(person, ServerLine)
}

/// Opens the workspace over any [`Line`]: tests bring their own server.
pub fn provide_workspace_over(person: Person, line: impl Line + 'static) -> Workspace {
    let shown = Shown::new(person.clone());
    let core = Rc::new(Core::new(shown));
    let workspace = Workspace { shown, core: StoredValue::new_local(Rc::clone(&core)) };
    workspace.listen_to_the_browser();
    let (life, end) = abortable(core.live(person, line));
    spawn_local(async {
        // Ends with the owner of this place.
        let _ = life.await;
    });
    on_cleanup(move || end.abort());
    provide_context(workspace);
    workspace
}

/// The workspace of the person who is signed in. Only below [`provide_workspace`].
pub fn use_workspace() -> Workspace {
    expect_context()
}

impl Workspace {
    /// Who works here.
    pub fn person(&self) -> Signal<Person> {
        self.shown.person.into()
    }

    /// The company as last told by the server.
    pub fn directory(&self) -> Signal<Arc<Directory>> {
        self.shown.directory.into()
    }

    /// The service levels as last told by the server, ready for reckoning.
    pub fn book(&self) -> Signal<PolicyBook> {
        self.shown.book.into()
    }

    /// Every ticket in sight, unsent changes laid over, in no particular order.
    pub fn cards(&self) -> Signal<Arc<Vec<Card>>> {
        self.shown.cards.into()
    }

    /// One ticket, read from the device when needed. Lives as long as the caller's owner, and follows every change.
    pub fn ticket(&self, id: TicketId) -> Signal<TicketState> {
        let state = RwSignal::new(TicketState::Loading);
        let core = self.core;
        if let Some(number) = core.try_with_value(|core| Rc::clone(core).watch(id, state)) {
            on_cleanup(move || {
                core.try_with_value(|core| Rc::clone(core).unwatch(number));
            });
        }
        state.into()
    }

    /// The records of several tickets, unsent changes included, read from the device; for reckoning over many. Those that are
    /// not in sight are left out.
    ///
    /// # Errors
    /// Why they can't be read.
    pub async fn documents(&self, tickets: &[TicketId]) -> Result<Vec<Document>, StoreError> {
        let Some(core) = self.core() else { return Ok(Vec::new()) };
        core.documents(tickets).await
    }

    /// Whether the person may do this to the ticket as it stands. Inside a reactive closure it follows every change.
    ///
    /// Knows a ticket that is being looked at ([`ticket`](Self::ticket) is `Ready`), and one that is yet to be registered;
    /// others are unknown to it.
    ///
    /// # Errors
    /// Why not: content, role, scope or stage.
    pub fn may(&self, ticket: TicketId, action: &Action) -> Result<(), Refusal> {
        if Observer::get().is_some() {
            self.shown.edition.track();
        }
        self.core.try_with_value(|core| core.may(ticket, action)).unwrap_or(Err(Refusal::UnknownTicket))
    }

    /// Records what the person did. When this returns `Ok`, it is saved on this device.
    ///
    /// # Errors
    /// Why not. Nothing of it was kept then.
    pub async fn record(&self, ticket: TicketId, action: Action) -> Result<ChangeId, RecordError> {
        let Some(core) = self.core() else { return Err(RecordError::Elsewhere) };
        core.record(ticket, action, None).await
    }

    /// Records what the person did by what they had seen at an earlier moment ([`Ticket::seen`]): what has come in since was
    /// not before them, and must not count as agreed to.
    ///
    /// # Errors
    /// Why not. Nothing of it was kept then.
    pub async fn record_by(
        &self,
        ticket: TicketId,
        action: Action,
        seen: Seen,
    ) -> Result<ChangeId, RecordError> {
        let Some(core) = self.core() else { return Err(RecordError::Elsewhere) };
        core.record(ticket, action, Some(seen)).await
    }

    /// Keeps a file on this device, and records that it belongs to the ticket. When this returns `Ok`, both are saved.
    ///
    /// # Errors
    /// Why not. Nothing of it was kept then.
    pub async fn attach(&self, ticket: TicketId, file: Prepared) -> Result<ChangeId, RecordError> {
        let Some(core) = self.core() else { return Err(RecordError::Elsewhere) };
        core.attach(ticket, file.attachment, &file.content).await
    }

    /// Has files that were chosen prepared, kept and attached, one after the other. How that goes is told by
    /// [`adding`](Self::adding); it goes on when the page is left.
    pub fn add_files(&self, ticket: TicketId, picked: Vec<Picked>) {
        if let Some(core) = self.core() {
            core.add_files(ticket, picked);
        }
    }

    /// How the adding of files to a ticket goes on.
    pub fn adding(&self, ticket: TicketId) -> Memo<Adding> {
        let adding = self.shown.adding;
        Memo::new(move |_| adding.with(|adding| adding.get(&ticket).cloned().unwrap_or_default()))
    }

    /// The person has seen what was not added to a ticket.
    pub fn forget_not_added(&self, ticket: TicketId) {
        if let Some(core) = self.core() {
            core.forget_not_added(ticket);
        }
    }

    /// Tries again to add what was not added to a ticket.
    pub fn add_again(&self, ticket: TicketId) {
        if let Some(core) = self.core() {
            core.add_again(ticket);
        }
    }

    /// The tickets to which something could not be added, and how much.
    pub fn not_added(&self) -> Memo<Vec<(TicketId, usize)>> {
        let adding = self.shown.adding;
        Memo::new(move |_| {
            let count = |(ticket, adding): (&TicketId, &Adding)| (*ticket, adding.not_added.len());
            adding.with(|adding| adding.iter().map(count).filter(|(_, count)| *count > 0).collect())
        })
    }

    /// Where each file is that this device has had a hand in.
    pub fn files(&self) -> Signal<Arc<BTreeMap<FileKey, FilePlace>>> {
        self.shown.files.into()
    }

    /// An address at which the page finds a file's content, as long as it is not dropped; nothing, if this device doesn't keep it.
    pub async fn content(&self, hash: FileHash, media: MediaType) -> Option<PageAddress> {
        self.core()?.content(hash, media).await
    }

    /// An id for a ticket that is about to be registered.
    pub fn new_ticket_id(&self) -> TicketId {
        id::new_ticket()
    }

    /// The changes on their way, in the order in which they were made: waiting, accepted and refused.
    pub fn outbox(&self) -> Signal<Arc<Vec<OutboxEntry>>> {
        self.shown.outbox.into()
    }

    /// Other devices of the person that may still hold work, as the server last told.
    pub fn left_behind(&self) -> Signal<Arc<Vec<Tablet>>> {
        self.shown.left_behind.into()
    }

    /// How things stand with the server and the storage.
    pub fn status(&self) -> Signal<SyncStatus> {
        self.shown.status.into()
    }

    /// The server's clock, as far as known, once a second while the page is visible.
    pub fn now(&self) -> Signal<Timestamp> {
        self.shown.now.into()
    }

    /// Moves whenever the server says that there is a new notice for the person.
    pub fn rung(&self) -> Signal<u64> {
        self.shown.rung.into()
    }

    /// Moves whenever the server says that other parked changes wait for the person than before.
    pub fn parked(&self) -> Signal<u64> {
        self.shown.parked.into()
    }

    /// Which of several open windows works with this person's database.
    pub fn writer(&self) -> Signal<WriterState> {
        self.shown.writer.into()
    }

    /// Takes the work over from another window.
    pub fn use_here(&self) {
        if let Some(core) = self.core() {
            core.use_here();
        }
    }

    /// Sends a refused change again, as it is. Nothing happens if there is no such refused change.
    ///
    /// # Errors
    /// Why that could not be kept. The change is still refused then.
    pub async fn retry(&self, change: ChangeId) -> Result<(), StoreError> {
        let Some(core) = self.core() else { return Ok(()) };
        core.settle(|replica| replica.retry(change)).await
    }

    /// Drops a refused change, because its author says so. Nothing happens if there is no such refused change.
    ///
    /// # Errors
    /// Why it is still there.
    pub async fn discard(&self, change: ChangeId) -> Result<(), StoreError> {
        let Some(core) = self.core() else { return Ok(()) };
        let file = core.attached_file(change);
        core.settle(|replica| replica.discard(change)).await?;
        if let Some(file) = file {
            core.let_content_go(file).await;
        }
        Ok(())
    }

    /// Tries to reach the server now, without waiting for the next planned attempt.
    pub fn sync_now(&self) {
        if let Some(core) = self.core() {
            core.sync_now();
            core.report_again();
        }
    }

    /// The person has signed in again: goes on where [`Link::SignedOut`] stopped.
    pub fn signed_in_again(&self) {
        if let Some(core) = self.core() {
            core.signed_in_again();
        }
    }

    /// What this device holds of the person's work; nothing, while that can't be seen.
    pub fn holding(&self) -> Option<Holding> {
        self.core()?.holding()
    }

    /// Writes a rescue file with all that this device holds of the person's work, and offers it as a download.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn write_rescue_file(&self, because: Because) -> Result<RescueFile, RescueError> {
        let gone = || RescueError::Failed("the workspace is closed".to_owned());
        self.core().ok_or_else(gone)?.write_rescue_file(because).await
    }

    /// Goes to the gate before a way out, after delivering what waits if the server can be reached. Whoever has a rescue file
    /// need not wait for that. Once the gate has opened, nothing can be recorded any more.
    ///
    /// # Errors
    /// When something would be out of reach: nothing has happened then.
    pub async fn clear<W: WayOut>(&self, rescued: Option<&Rescued>) -> Result<Cleared<W>, HeldBack> {
        const PATIENCE_MS: u32 = 10_000;
        let core = self.core().ok_or(HeldBack::Elsewhere)?;
        let unsent = core.unsent();
        let to_deliver = unsent.waiting + unsent.files + core.files_to_keep();
        if rescued.is_none() && to_deliver > 0 {
            core.deliver(PATIENCE_MS).await;
        }
        core.clear(rescued).await
    }

    /// Ends the session and loads the page anew.
    ///
    /// What is in the local database stays there: it opens when the same person signs in again.
    pub async fn sign_out(&self, cleared: Cleared<SigningOut>) -> SignedOut {
        self.leave().await;
        SignedOut::after(cleared)
    }

    /// Removes all that this device keeps of the person (database, journal, drafts) and the app itself, and ends the session.
    ///
    /// # Errors
    /// When something is still there. The page has to be loaded anew to go on with it.
    pub async fn reset(&self, cleared: Cleared<Resetting>) -> Result<(), StoreError> {
        let Some(core) = self.core() else { return Ok(()) };
        core.erase(&cleared).await?;
        drafts::forget_all_of(self.shown.person.with_untracked(|person| person.id));
        rescue::forget_app().await;
        self.leave().await;
        Ok(())
    }

    async fn leave(&self) {
        if let Some(core) = self.core() {
            core.close();
        }
        session::forget();
        api::sign_out_quietly().await;
        location::start_over();
    }

    fn core(&self) -> Option<Rc<Core>> {
        self.core.try_get_value()
    }

    fn listen_to_the_browser(&self) {
        let workspace = *self;
        let sync_now = move || {
            workspace.core.try_with_value(|core| core.sync_now());
        };
        network::on_online(sync_now);
        network::on_visible(sync_now);
        // The driver looks for itself.
        network::on_offline(move || {
            workspace.core.try_with_value(|core| core.bell().ring());
        });
        // What somebody has photographed may be nowhere else than in this page.
        network::ask_before_leaving(move || {
            workspace.core.try_with_value(|core| core.files_to_add() > 0).unwrap_or_default()
        });
        clock::every_second_while_visible(move || {
            workspace.core.try_with_value(|core| core.tick());
        });
    }
}
