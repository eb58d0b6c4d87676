//! What a device must be able to keep.

use std::rc::Rc;

use domain::people::{Directory, Person};
use domain::ticket::{Card, Document};
use domain::{ChangeId, DeviceId, TicketId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::journal::Witness;
use crate::messages::{Backup, Cursor};
use crate::outbox::{KEPT_MS, OutboxEntry};

/// Whose replica this is. Fixed when the local database is made: another person has another database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The device id of this database.
    pub device: DeviceId,
    /// The person as last told by the server.
    pub person: Person,
}

/// The small things a replica has to remember.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Whose replica this is.
    pub identity: Identity,
    /// The number of the next change, from 1.
    pub next_seq: u64,
    /// How far the server's history has come in.
    #[serde(default)]
    pub cursor: Option<Cursor>,
    /// The epoch of the history in which the server has taken the changes of the outbox.
    #[serde(default)]
    pub epoch: Option<String>,
    /// The newest backup of that history that the server has told of.
    #[serde(default)]
    pub backup: Option<Backup>,
    /// The scope that the tickets were chosen by.
    #[serde(default)]
    pub scope: Option<String>,
    /// Grows whenever the server makes the device begin anew; tickets of an older generation go when that is complete.
    #[serde(default)]
    pub generation: u64,
    /// Whether a new beginning is under way.
    #[serde(default)]
    pub rebuilding: bool,
    /// What is made of it if the new beginning under way leaves much out, or the last one has.
    #[serde(default)]
    pub belief: Belief,
    /// The generation that began with a restored server, to somebody who sees the same tickets as before; absent if the last one began
    /// otherwise.
    #[serde(default)]
    pub restored: Option<u64>,
    /// How far the server's clock was ahead when last measured, in milliseconds.
    #[serde(default)]
    pub clock_offset_ms: Option<i64>,
    /// The latest time the server has told: whatever is done from now on is done after that.
    #[serde(default)]
    pub heard: Option<Timestamp>,
    /// When the server last answered, by the device's clock.
    #[serde(default)]
    pub last_contact: Option<Timestamp>,
}

impl Meta {
    /// Whether [`KEPT_MS`] have passed by the last contact, both by the server's clock and by this device's. Either may jump, and what
    /// is let go in error is lost with the next restored server.
    pub fn is_long_since(&self, by_server: Timestamp, by_device: Timestamp) -> bool {
        let has_passed =
            |now: Option<Timestamp>, then| now.is_some_and(|now| now.millis_since(then) > KEPT_MS);
        has_passed(self.heard, by_server) && has_passed(self.last_contact, by_device)
    }

    /// The memory of a fresh replica.
    pub const fn new(identity: Identity) -> Self {
        Self {
            identity,
            next_seq: 1,
            cursor: None,
            epoch: None,
            backup: None,
            scope: None,
            generation: 0,
            rebuilding: false,
            belief: Belief::Believed,
            restored: None,
            clock_offset_ms: None,
            heard: None,
            last_contact: None,
        }
    }
}

/// What is made of it if a new beginning leaves out much of what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Belief {
    /// It goes.
    #[default]
    Believed,
    /// It is asked for once more.
    Doubted,
    /// It was asked for once more: whatever comes next is believed.
    AskedOnceMore,
}

/// A confirmed ticket's card, with what the replica must know of its document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The card, derived from the document.
    pub card: Card,
    /// The document's revision.
    pub revision: u64,
    /// The generation it came in with.
    pub generation: u64,
}

/// Everything that must become durable together, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// What to remember from now on.
    pub meta: Option<Meta>,
    /// The directory from now on.
    pub directory: Option<Directory>,
    /// Confirmed tickets to hold, in place of what was held of them.
    pub hold: Vec<(Held, Document)>,
    /// Confirmed tickets to let go.
    pub release: Vec<TicketId>,
    /// Outbox entries to write, in place of those with the same change id.
    pub outbox: Vec<OutboxEntry>,
    /// Outbox entries to remove.
    pub settled: Vec<ChangeId>,
}

impl Batch {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a store holds when it is opened. Documents stay in the store until somebody looks at them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loaded {
    /// What was remembered; nothing on a fresh device.
    pub meta: Option<Meta>,
    /// The directory; nothing on a fresh device.
    pub directory: Option<Directory>,
    /// The cards of all confirmed tickets, in no particular order.
    pub held: Vec<Held>,
    /// The outbox, in the order of the changes' numbers.
    pub outbox: Vec<OutboxEntry>,
    /// What the outbox should hold by the last batch that said so; nothing, if none did.
    pub witness: Option<Witness>,
}

impl Loaded {
    /// The tickets with changes in the outbox: those whose documents [`crate::Replica::open`] needs.
    pub fn touched(&self) -> Vec<TicketId> {
        let mut touched: Vec<_> = self.outbox.iter().map(|entry| entry.change.ticket).collect();
        touched.sort_unstable();
        touched.dedup();
        touched
    }
}

/// Why a store could not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no more room on the device. Nothing of the batch was kept.
    #[error("there is no room left on this device")]
    Full,
    /// The browser does not let us keep anything (private window, storage switched off).
    #[error("this browser does not allow data to be kept: {0}")]
    Unavailable(String),
    /// Another window has opened the database since, to write alone. Nothing is read or written here any more.
    #[error("another window has taken over")]
    TakenOver,
    /// Another window keeps an older version of the database open, and has to be closed first.
    #[error("another window keeps an older version of the local database open")]
    Blocked,
    /// The connection to the database went away; trying again opens a new one.
    #[error("the connection to the local database was lost: {0}")]
    Lost(String),
    /// What is stored can't be read.
    #[error("{place} holds something that can't be read: {problem}")]
    Unreadable {
        /// Store and key.
        place: String,
        /// What was wrong with it.
        problem: String,
    },
    /// The database belongs to a newer version of the app.
    #[error("the local database was written by a newer version of the app")]
    Newer,
}

/// Keeps a replica on the device.
///
/// A batch is applied wholly and durably, or not at all: when [`apply`](Self::apply) has returned `Ok`, the batch survives a
/// power cut. No network is awaited inside. Nothing is ever dropped that a batch
/// didn't name, but by [`start_over`](Self::start_over).
#[expect(async_fn_in_trait, reason = "used on one thread: in the browser, and by tests that block on it")]
pub trait LocalStore {
    /// Whether what is applied survives the end of the app. A store that merely stands in for one says no.
    fn is_durable(&self) -> bool {
        true
    }

    /// Reads everything but the documents. The first time, this window claims the right to write, which ends every other
    /// window's; later on, it claims nothing: once another one has [taken over](StoreError::TakenOver), that stays so.
    async fn load(&self) -> Result<Loaded, StoreError>;

    /// Makes a batch durable.
    async fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        self.apply_witnessed(batch, None).await
    }

    /// Makes a batch durable, and with it what the outbox should hold then.
    async fn apply_witnessed(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError>;

    /// Forgets everything it holds of the replica, readable or not, and makes a batch durable in its place, together or not at all. What
    /// could not even be opened stays as it is.
    async fn start_over(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError>;

    /// Reads the documents of the given tickets. Those that aren't held are left out.
    async fn documents(&self, tickets: &[TicketId]) -> Result<Vec<Document>, StoreError>;
}

impl<S: LocalStore> LocalStore for Rc<S> {
    fn is_durable(&self) -> bool {
        S::is_durable(self)
    }

    async fn load(&self) -> Result<Loaded, StoreError> {
        S::load(self).await
    }

    async fn apply_witnessed(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        S::apply_witnessed(self, batch, witness).await
    }

    async fn start_over(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        S::start_over(self, batch, witness).await
    }

    async fn documents(&self, tickets: &[TicketId]) -> Result<Vec<Document>, StoreError> {
        S::documents(self, tickets).await
    }
}
