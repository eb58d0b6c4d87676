//! Files that come along with something else, before it is known to whom they belong.
//!
//! They lie among the uploads and have no row: if the server is killed, a sweep takes them away.

use domain::ticket::{FILE_BYTES, FileHash, MediaType};
use domain::{PersonId, TicketId};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use super::error::FileError;
use super::sniff::recognise;
use super::vault::{Vault, failed_flush};
use super::{Claim, Files, UploadId};
use crate::store::files::{Announced, Upload};

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
    /// Begins to take in a file of so many bytes.
    pub(crate) async fn begin_spool(&self, bytes: u64) -> Result<Spool, FileError> {
        if bytes > FILE_BYTES {
            return Err(FileError::TooLarge);
        }
        self.0.store.trust().require()?;
        let room = self.blocking("ask how much room there is", Vault::room).await?;
        if room < self.0.limits.reserve_bytes.saturating_add(bytes) {
            return Err(FileError::NoRoom);
        }
        let id = UploadId::random();
        let claim = self.claim(id).ok_or(FileError::Busy)?;
        let file = self.blocking("open a file that comes along", move |vault| vault.go_on(id, 0)).await?;
        Ok(Spool { file: File::from_std(file), claim })
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

impl Spool {
    /// Writes what comes next.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        let written = self.file.write_all(bytes).await;
        written.map_err(self.claim.files.failed("write a file that comes along"))
    }

    /// All of it has come, and is on disk when this answers.
    pub(crate) async fn end(mut self) -> Result<Spooled, FileError> {
        let failed = || self.claim.files.failed("flush a file that comes along");
        self.file.flush().await.map_err(failed())?;
        self.file.sync_data().await.map_err(failed_flush).map_err(failed())?;
        Ok(Spooled { claim: self.claim })
    }

    /// What has come of it will not be needed.
    pub(crate) fn give_up(self) -> Spooled {
        Spooled { claim: self.claim }
    }
}
