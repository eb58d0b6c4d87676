//! Photos and documents: their bytes are kept on the device until the server has them, and a backup of it, too.
//!
//! ```text
//!   content ──▶ [`FileKeeper`]: chunks, durable ──▶ row: prepared ──▶ change `attach`, recorded ──▶ row: waiting
//!   waiting ──▶ [`Uploads`]: begin · ask · send ──▶ receipt ──▶ row: stored ──▶ backup ──▶ content let go
//! ```
//!
//! A row means that all of the content is here, and on the disk before the row. The change is recorded last, so that no ticket ever
//! names a file that was not kept. What a crash leaves behind in between is swept away when the [`Shelf`] is opened again; never
//! what a change on this device still names. [`FileKeeper`] is the one way by which any of it is altered.
//!
//! Deliberately absent: bytes. What is planned here is planned by numbers, and content goes from the store to the line piece by piece.

pub mod conformance;
mod keeper;
mod shelf;
mod tus;
mod uploads;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use domain::ticket::{Attachment, FileHash};
use domain::{TicketId, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::keeper::{Content, FileKeeper, ROOM_FOR_CHANGES_BYTES, Recorder};
pub use self::shelf::{FilePlace, Shelf};
pub use self::tus::{UploadFailure, UploadProgress, UploadRefusal, checksum};
pub use self::uploads::{Piece, UploadStep, Uploads};
use crate::store::StoreError;

/// Most bytes of one chunk, as it is stored and as it is sent.
pub const CHUNK_BYTES: u32 = 1024 * 1024;

/// A file of a ticket: one content may belong to several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileKey {
    /// The content.
    pub hash: FileHash,
    /// The ticket that it was attached to.
    pub ticket: TicketId,
}

/// Contents that the server does not have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OnlyHere {
    /// Those that will be sent.
    pub to_send: BTreeSet<FileHash>,
    /// Those of refused and parked changes: whoever deals with the change deals with them.
    pub set_aside: BTreeSet<FileHash>,
    /// Those that were said to be saved and that the browser has lost, in part or wholly. Nobody can bring them any more.
    pub lost: BTreeSet<FileHash>,
    /// Those of which it can't be read how far they have come. The server may lack them.
    pub unreadable: BTreeSet<FileHash>,
}

/// A file that is kept on this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Which.
    #[serde(flatten)]
    pub key: FileKey,
    /// How large its content is.
    pub bytes: u64,
    /// What it is said to be.
    pub media_type: String,
    /// What it is called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// When it came to be kept here, or the server to have it, by this device's clock.
    pub since: Timestamp,
    /// How far it has come.
    pub state: FileState,
}

/// How far a file has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum FileState {
    /// Its bytes are here, and no change names it yet.
    Prepared,
    /// A change names it, and the server does not have it as far as is known.
    Waiting {
        /// The address of its upload, once one has been begun.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        upload: Option<String>,
    },
    /// The server has it by this receipt. Its bytes are kept here until a backup has it as well.
    Stored {
        /// What the server said.
        receipt: Receipt,
    },
    /// The server has it and so does a backup: its bytes may have gone from here.
    BackedUp {
        /// What the server said.
        receipt: Receipt,
    },
}

/// The server's word that it has all of a file, on its disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Since when, by the server's clock.
    pub stored_at: Timestamp,
    /// In which history.
    pub epoch: String,
}

/// What is to become durable of files, together or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileBatch {
    /// Rows to write, in place of those with the same key.
    pub keep: Vec<KeptFile>,
    /// Rows to remove.
    pub forget: Vec<FileKey>,
    /// Contents to remove, with all their chunks.
    pub release: Vec<FileHash>,
}

impl KeptFile {
    /// The file that a change names.
    pub fn of(ticket: TicketId, attachment: &Attachment, since: Timestamp, state: FileState) -> Option<Self> {
        Some(Self {
            key: FileKey { hash: attachment.hash()?, ticket },
            bytes: attachment.bytes,
            media_type: attachment.media_type.clone(),
            name: attachment.name.clone(),
            since,
            state,
        })
    }

    /// The same file, having come so far.
    #[must_use]
    pub fn now(&self, state: FileState) -> Self {
        Self { state, ..self.clone() }
    }

    /// How many chunks its content has.
    pub const fn chunks(&self) -> u64 {
        self.bytes.div_ceil(CHUNK_BYTES as u64)
    }
}

impl FileBatch {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The rows of a store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileRows {
    /// Those that say something, in the order of their keys.
    pub files: Vec<KeptFile>,
    /// The keys of those that this version can't read. They take nothing from the others.
    pub unreadable: BTreeSet<FileKey>,
}

/// Keeps files on the device.
///
/// Whatever has returned `Ok` survives a power cut. Chunks may be written before the row of their file, and no reader looks for any
/// without a row: half of a file is nothing.
#[expect(async_fn_in_trait, reason = "used on one thread: in the browser, and by tests that block on it")]
pub trait FileStore {
    /// All rows.
    async fn files(&self) -> Result<FileRows, StoreError>;

    /// How many chunks there are of each content, whether or not a row names it.
    async fn contents(&self) -> Result<BTreeMap<FileHash, u64>, StoreError>;

    /// Makes one chunk of a content durable, in place of what was there. Chunks are numbered from 0, and hold [`CHUNK_BYTES`] each but for
    /// the last one.
    async fn put_chunk(&self, hash: FileHash, number: u32, bytes: &[u8]) -> Result<(), StoreError>;

    /// One chunk of a content; nothing, if it isn't there.
    async fn chunk(&self, hash: FileHash, number: u32) -> Result<Option<Vec<u8>>, StoreError>;

    /// Makes a batch durable.
    async fn apply_files(&self, batch: &FileBatch) -> Result<(), StoreError>;

    /// How many more bytes there is room for, as far as anybody can say.
    async fn room(&self) -> Option<u64>;
}

impl<S: FileStore> FileStore for Rc<S> {
    async fn files(&self) -> Result<FileRows, StoreError> {
        S::files(self).await
    }

    async fn contents(&self) -> Result<BTreeMap<FileHash, u64>, StoreError> {
        S::contents(self).await
    }

    async fn put_chunk(&self, hash: FileHash, number: u32, bytes: &[u8]) -> Result<(), StoreError> {
        S::put_chunk(self, hash, number, bytes).await
    }

    async fn chunk(&self, hash: FileHash, number: u32) -> Result<Option<Vec<u8>>, StoreError> {
        S::chunk(self, hash, number).await
    }

    async fn apply_files(&self, batch: &FileBatch) -> Result<(), StoreError> {
        S::apply_files(self, batch).await
    }

    async fn room(&self) -> Option<u64> {
        S::room(self).await
    }
}
