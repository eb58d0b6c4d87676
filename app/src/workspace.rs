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

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::people::{Directory, Person};
use domain::ticket::{Action, Card, Document, Ticket};
use domain::{ChangeId, Refusal, TicketId, Timestamp, sla};
use leptos::prelude::*;
use sync::{Link, OutboxEntry, StoreError, Unsent};

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
    /// How far each of the record's changes has come. Refused ones are here too, though not in the record.
    pub marks: BTreeMap<ChangeId, ChangeMark>,
}

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeMark {
    /// Saved on this tablet only.
    OnTablet,
    /// On the server.
    OnServer,
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
    /// When the server last answered, by the server's clock.
    pub last_contact: Option<Timestamp>,
    /// The device's storage.
    pub storage: StorageState,
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

/// Why signing out was refused: work would be left behind on the tablet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is unsent work on this device")]
pub struct SignOutRefused {
    /// What would be left behind.
    pub unsent: Unsent,
}

/// A signed-in person's tickets and work; see the module.
#[derive(Debug, Clone, Copy)]
pub struct Workspace {
    person: RwSignal<Person>,
    directory: RwSignal<Arc<Directory>>,
    cards: RwSignal<Arc<Vec<Card>>>,
    outbox: RwSignal<Arc<Vec<OutboxEntry>>>,
    status: RwSignal<SyncStatus>,
    now: RwSignal<Timestamp>,
    writer: RwSignal<WriterState>,
}

/// Opens the workspace of a person who is signed in (on this device at least; the network may be gone), for everything
/// below this place.
pub fn provide_workspace(person: Person) -> Workspace {
    let workspace = Workspace {
        person: RwSignal::new(person),
        directory: RwSignal::default(),
        cards: RwSignal::default(),
        outbox: RwSignal::default(),
        status: RwSignal::default(),
        now: RwSignal::default(),
        writer: RwSignal::default(),
    };
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
        self.person.into()
    }

    /// The company as last told by the server.
    pub fn directory(&self) -> Signal<Arc<Directory>> {
        self.directory.into()
    }

    /// Every ticket in sight, unsent changes laid over, in no particular order.
    pub fn cards(&self) -> Signal<Arc<Vec<Card>>> {
        self.cards.into()
    }

    /// One ticket, read from the device when needed. Lives as long as the caller's owner, and follows every change.
    pub fn ticket(&self, _id: TicketId) -> Signal<TicketState> {
        Signal::stored(TicketState::Loading)
    }

    /// Whether the person may do this to the ticket as it stands. Inside a reactive closure it follows every change.
    ///
    /// Knows a ticket that is being looked at ([`ticket`](Self::ticket) is `Ready`); others are unknown to it.
    ///
    /// # Errors
    /// Why not: content, role, scope or stage.
    pub fn may(&self, _ticket: TicketId, _action: &Action) -> Result<(), Refusal> {
        Err(Refusal::UnknownTicket)
    }

    /// Records what the person did. When this returns `Ok`, it is saved on this tablet.
    ///
    /// # Errors
    /// Why not. Nothing of it was kept then.
    pub async fn record(&self, _ticket: TicketId, _action: Action) -> Result<ChangeId, RecordError> {
        Err(RecordError::Elsewhere)
    }

    /// An id for a ticket that is about to be registered.
    pub fn new_ticket_id(&self) -> TicketId {
        TicketId::from_uuid(uuid::Uuid::now_v7())
    }

    /// The changes on their way, in the order in which they were made: waiting, accepted and refused.
    pub fn outbox(&self) -> Signal<Arc<Vec<OutboxEntry>>> {
        self.outbox.into()
    }

    /// How things stand with the server and the storage.
    pub fn status(&self) -> Signal<SyncStatus> {
        self.status.into()
    }

    /// The server's clock, as far as known, once a second while the page is visible.
    pub fn now(&self) -> Signal<Timestamp> {
        self.now.into()
    }

    /// Which of several open windows works with this person's database.
    pub fn writer(&self) -> Signal<WriterState> {
        self.writer.into()
    }

    /// Takes the work over from another window.
    pub fn use_here(&self) {}

    /// Sends a refused change again, as it is.
    pub async fn retry(&self, _change: ChangeId) {}

    /// Drops a refused change, because its author says so.
    pub async fn discard(&self, _change: ChangeId) {}

    /// Tries to reach the server now, without waiting for the next planned attempt.
    pub fn sync_now(&self) {}

    /// The person has signed in again: goes on where [`Link::SignedOut`] stopped.
    pub fn signed_in_again(&self) {}

    /// Ends the session, after delivering what waits if the server can be reached.
    ///
    /// # Errors
    /// When work would be left behind: nothing has happened then.
    pub async fn sign_out(&self) -> Result<(), SignOutRefused> {
        Ok(())
    }
}
