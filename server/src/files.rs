//! Files: how they come in piece by piece, where they are kept, and who gets them.
//!
//! ```text
//!   announced (row) ──▶ pieces into partial/ID, flushed, then counted ──▶ all there: hashed ──▶ renamed to ab/cdef… ──▶ row in `files`
//! ```
//!
//! A file is kept once, under the SHA-256 of its content. What its row says is there is on disk and was verified before; nothing is ever
//! given out without a row. A power cut leaves pieces that nobody counts or a file without a row, and both are
//! [swept](sweep) away after a day. Deliberately absent: scaling images, changing them, and deleting what a ticket needs.

pub(crate) mod checksum;
mod download;
pub(crate) mod error;
pub(crate) mod metadata;
mod receive;
pub(crate) mod sniff;
mod spool;
mod sweep;
#[cfg(test)]
mod tests;
pub(crate) mod tus;
mod vault;

use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Timestamp;
use uuid::Uuid;

pub(crate) use download::send_file;
pub(crate) use error::FileError;
pub(crate) use spool::{Parcel, Spool, Spooled};
pub(crate) use vault::{FOLDER, place_of};

use self::vault::Vault;
use crate::clock::Clock;
use crate::store::Store;

/// How long an upload may rest before it is forgotten.
const UPLOAD_LIFE_MS: i64 = 7 * Timestamp::DAY_MS;

/// Names an upload. Knowing the name is not enough to touch it: it belongs to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct UploadId(Uuid);

impl UploadId {
    fn random() -> Self {
        Self(uuid::Builder::from_random_bytes(rand::random()).into_uuid())
    }

    /// Reads an id in its one spelling; nothing, if it is anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let id = Self(Uuid::parse_str(text).ok()?);
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// How much is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Uploads of one person that are not finished.
    pub(crate) uploads_per_person: u64,
    /// Bytes of those together.
    pub(crate) bytes_per_person: u64,
    /// What uploads leave free on the disk, for the database above all.
    pub(crate) reserve_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { uploads_per_person: 50, bytes_per_person: 1 << 30, reserve_bytes: 1 << 30 }
    }
}

/// The files of the company. Cheap to clone; all clones share the same.
#[derive(Debug, Clone)]
pub(crate) struct Files(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    store: Store,
    clock: Clock,
    vault: Vault,
    limits: Limits,
    /// Uploads that somebody is working on.
    claimed: Mutex<HashSet<UploadId>>,
    /// Held while a file without a row is in its place: by whoever is about to write the row, and by whoever sweeps.
    placing: tokio::sync::Mutex<()>,
}

impl Files {
    /// Opens the folder of files in `data`, and makes it if there is none.
    ///
    /// # Errors
    /// When it can't be made.
    pub(crate) fn open(store: Store, data: &Path, clock: Clock, limits: Limits) -> std::io::Result<Self> {
        Ok(Self(Arc::new(Parts {
            store,
            clock,
            vault: Vault::open(data)?,
            limits,
            claimed: Mutex::default(),
            placing: tokio::sync::Mutex::default(),
        })))
    }

    /// Lets nobody else touch an upload; nothing, if somebody else does.
    fn claim(&self, id: UploadId) -> Option<Claim> {
        let mut claimed = self.0.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        claimed.insert(id).then(|| Claim { files: self.clone(), id })
    }
}

#[cfg(test)]
impl Files {
    /// Whether somebody is working on an upload.
    fn is_claimed(&self, id: UploadId) -> bool {
        self.0.claimed.lock().unwrap().contains(&id)
    }
}

/// The right to work on an upload, until it is dropped.
#[derive(Debug)]
struct Claim {
    files: Files,
    id: UploadId,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.files.0.claimed.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
