//! Files that come along with something else, before it is known to whom they belong.
//!
//! They lie among the uploads and have no row: if the server is killed, a sweep takes them away. A [`Parcel`] comes over a line; what is
//! found in it is unpacked into [`Spool`]s. What those do blocks: it belongs on a thread on which nobody waits for anything else.

use std::fs::File;
use std::io::{self, Write as _};

use domain::ticket::{FileHash, MediaType};
use domain::{PersonId, TicketId};
use tokio::io::AsyncWriteExt as _;

use super::error::FileError;
use super::sniff::recognise;
use super::vault::{Vault, failed_flush};
use super::{Claim, Files, UploadId};
use crate::store::files::{Announced, Upload};

const OPENING: &str = "open a file that comes along";
const ROOM: &str = "ask how much room there is";

/// So much of a parcel comes between two looks at how much room there is.
const LOOK_BYTES: u64 = 8 * 1024 * 1024;

/// Something with files in it that is coming in. It is read once and thrown away: nobody needs to find it after a power cut.
#[derive(Debug)]
pub(crate) struct Parcel {
    file: tokio::fs::File,
    claim: Claim,
    /// How much has come since it was last looked how much room there is.
    unlooked: u64,
}

/// A file that is coming in.
#[derive(Debug)]
pub(crate) struct Spool {
    file: File,
    claim: Claim,
}

/// A file that has come, and belongs to nobody yet.
#[derive(Debug)]
pub(crate) struct Spooled {
    claim: Claim,
}

impl Files {
    /// Begins to take in a parcel of so many bytes, as far as that is known.
    ///
    /// # Errors
    /// When there is no room for it, or the disk fails.
    pub(crate) async fn begin_parcel(&self, bytes: u64) -> Result<Parcel, FileError> {
        let files = self.clone();
        let begun = tokio::task::spawn_blocking(move || files.begin_spool(bytes)).await;
        let Spool { file, claim } =
            begun.unwrap_or_else(|panic| Err(self.failed(OPENING)(io::Error::other(panic))))?;
        Ok(Parcel { file: file.into(), claim, unlooked: 0 })
    }

    /// Begins to take in a file of so many bytes.
    ///
    /// # Errors
    /// When there is no room for it, or the disk fails.
    pub(crate) fn begin_spool(&self, bytes: u64) -> Result<Spool, FileError> {
        self.0.store.trust().require()?;
        self.require_room(bytes)?;
        let id = UploadId::random();
        let claim = self.claim(id).ok_or(FileError::Busy)?;
        let file = self.0.vault.go_on(id, 0).map_err(self.failed(OPENING))?;
        Ok(Spool { file, claim })
    }

    /// Leaves the database its room.
    fn require_room(&self, bytes: u64) -> Result<(), FileError> {
        self.require(self.0.vault.room().map_err(self.failed(ROOM))?, bytes)
    }

    fn require(&self, room: u64, bytes: u64) -> Result<(), FileError> {
        let is_enough = room >= self.0.limits.reserve_bytes.saturating_add(bytes);
        if is_enough { Ok(()) } else { Err(FileError::NoRoom) }
    }

    /// Keeps a file for these tickets, as one that this person has brought. False if its content has another hash: then nothing of it is
    /// kept.
    pub(crate) async fn keep_spooled(
        &self,
        Spooled { claim }: Spooled,
        hash: FileHash,
        person: PersonId,
        tickets: &[(TicketId, MediaType)],
    ) -> Result<bool, FileError> {
        let id = claim.id;
        let looked =
            self.blocking("read a file that came along", move |vault| vault.look_at_upload(id)).await?;
        let Some(looked) = looked.filter(|looked| looked.hash == hash) else {
            self.blocking("remove a file that came along", move |vault| vault.remove(id)).await?;
            return Ok(false);
        };
        // Nobody sweeps away what has no row yet.
        let _placing = self.0.placing.lock().await;
        self.blocking("bring a file to its place", move |vault| vault.put(id, hash)).await?;
        let now = self.0.clock.now();
        for (ticket, media) in tickets.iter().copied() {
            let announced =
                Announced { person, ticket, hash, bytes: looked.bytes, media, metadata: String::new() };
            let upload = Upload { id, announced, received: looked.bytes, expires_at: now, stored_at: None };
            self.0.store.finish_upload(&upload, recognise(media, &looked.head), now).await?;
        }
        Ok(true)
    }

    /// Removes a file that belongs to nobody.
    pub(crate) async fn drop_spooled(&self, Spooled { claim }: Spooled) {
        let id = claim.id;
        let removed = self.blocking("remove a file that came along", move |vault| vault.remove(id)).await;
        if let Err(error) = removed {
            tracing::warn!(?error, "a file that belongs to nobody is left to the next sweep");
        }
    }
}

impl Parcel {
    /// Writes what comes next.
    ///
    /// # Errors
    /// When there is no room left for it, or the disk fails.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        let files = &self.claim.files;
        if self.unlooked >= LOOK_BYTES {
            let room = files.blocking(ROOM, Vault::room).await?;
            files.require(room, LOOK_BYTES)?;
            self.unlooked = 0;
        }
        self.unlooked += bytes.len() as u64;
        self.file.write_all(bytes).await.map_err(files.failed("write what comes along"))
    }

    /// All of it has come, and can be read.
    ///
    /// # Errors
    /// When the disk fails. Nothing is left of it then.
    pub(crate) async fn end(mut self) -> Result<Spooled, FileError> {
        let files = self.claim.files.clone();
        let written = self.file.flush().await.map_err(files.failed("write what comes along"));
        let spooled = self.give_up();
        match written {
            Ok(()) => Ok(spooled),
            Err(error) => {
                files.drop_spooled(spooled).await;
                Err(error)
            }
        }
    }

    /// What has come of it will not be needed.
    pub(crate) fn give_up(self) -> Spooled {
        Spooled { claim: self.claim }
    }
}

impl Spool {
    /// Writes what comes next.
    ///
    /// # Errors
    /// When there is no room left for it, or the disk fails.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        let files = &self.claim.files;
        files.require_room(bytes.len() as u64)?;
        self.file.write_all(bytes).map_err(files.failed("write a file that comes along"))
    }

    /// All of it has come, and is on disk when this answers.
    ///
    /// # Errors
    /// When that isn't certain.
    pub(crate) fn end(self) -> Result<Spooled, FileError> {
        let flushed = self.file.sync_data().map_err(failed_flush);
        flushed.map_err(self.claim.files.failed("flush a file that comes along"))?;
        Ok(self.give_up())
    }

    /// What has come of it will not be needed.
    pub(crate) fn give_up(self) -> Spooled {
        Spooled { claim: self.claim }
    }
}

impl Spooled {
    /// Opens it, to be read from its beginning.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn open(&self) -> Result<File, FileError> {
        let Claim { files, id } = &self.claim;
        files.0.vault.open_upload(*id).map_err(files.failed("read a file that came along"))
    }
}
