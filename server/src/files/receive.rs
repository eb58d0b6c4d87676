//! An upload from its announcement to its end.
//!
//! What counts as received was flushed before it was counted. So a device that asks after a power cut is told no more than there
//! is, and what stands behind the counted bytes is cut off before anything is added. Whoever receives works on a task of their own:
//! a line that is cut ends the body, not the work with what has come.

use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Error;
use bytes::Bytes;
use domain::access::Scope;
use domain::{PersonId, Timestamp};
use futures_util::{Stream, StreamExt as _};
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, timeout_at};

use super::checksum::Checksum;
use super::error::FileError;
use super::sniff::recognise;
use super::vault::{Looked, Vault, failed_flush, is_failed_flush};
use super::{Files, UPLOAD_LIFE_MS, UploadId};
use crate::store::files::{Announced, Beginning, Bounds, Upload};

/// After so many bytes of one piece they are flushed and counted: a server that is killed loses no more of it.
const COUNT_BYTES: u64 = 8 * 1024 * 1024;
/// How long one piece may take. Less than any answer may; what has come by then is counted, and the device goes on from there.
const PIECE_TIME: Duration = Duration::from_secs(240);

/// What is said of a piece before it comes.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// Where in the file it begins.
    pub(super) offset: u64,
    /// How long it is, if that is said.
    pub(super) length: Option<u64>,
    /// What it should come to, if that is said.
    pub(super) checksum: Option<Checksum>,
}

/// A step that has been taken when all has come. A power cut may come after any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The content is what was announced.
    Verified,
    /// It is in its place, and that is on disk.
    InPlace,
    /// It has its row.
    Recorded,
}

/// Goes on after any step.
pub(super) const fn go_on(_: Step) -> Result<(), FileError> {
    Ok(())
}

impl Files {
    /// Takes note of what somebody will send.
    pub(super) async fn announce(&self, announced: Announced, scope: &Scope) -> Result<Upload, FileError> {
        let now = self.0.clock.now();
        let room = self.blocking("ask how much room there is", Vault::room).await?;
        let limits = &self.0.limits;
        let bounds = Bounds {
            uploads: limits.uploads_per_person,
            bytes: limits.bytes_per_person,
            room: room.saturating_sub(limits.reserve_bytes),
        };
        let begun =
            self.0.store.begin_upload(UploadId::random(), announced, scope, bounds, now, expiry(now)).await?;
        match begun {
            Beginning::Begun(upload) => Ok(upload),
            Beginning::UnknownTicket => Err(FileError::UnknownTicket),
            Beginning::TooMany => Err(FileError::TooMany),
            Beginning::NoRoom => Err(FileError::NoRoom),
        }
    }

    /// How far an upload has come. If all of it has, it is stored when this answers.
    pub(super) async fn progress(&self, id: UploadId, person: PersonId) -> Result<Upload, FileError> {
        let upload = self.find(id, person).await?;
        if upload.stored_at.is_some() || upload.received < upload.announced.bytes {
            return Ok(upload);
        }
        let _claim = self.claim(id).ok_or(FileError::Busy)?;
        // As it is now that nobody else works on it.
        let upload = self.find(id, person).await?;
        if upload.stored_at.is_some() || upload.received < upload.announced.bytes {
            return Ok(upload);
        }
        self.finish(upload, &go_on).await
    }

    /// Takes a piece, and stores the file if it is the last one.
    pub(super) async fn receive(
        &self,
        id: UploadId,
        person: PersonId,
        piece: Piece,
        body: impl Stream<Item = Result<Bytes, Error>> + Send,
    ) -> Result<Upload, FileError> {
        let _claim = self.claim(id).ok_or(FileError::Busy)?;
        let mut upload = self.find(id, person).await?;
        if piece.offset != upload.received {
            return Err(FileError::WrongOffset);
        }
        let missing = upload.announced.bytes - upload.received;
        if piece.length.is_some_and(|length| length > missing) {
            return Err(FileError::TooLarge);
        }
        if upload.stored_at.is_some() {
            return Ok(upload);
        }
        self.0.store.trust().require()?;
        if self.blocking("ask how much room there is", Vault::room).await? < self.0.limits.reserve_bytes {
            return Err(FileError::NoRoom);
        }
        let was_cut = self.take_in(&mut upload, piece.checksum, body).await?;
        if upload.received == upload.announced.bytes {
            return self.finish(upload, &go_on).await;
        }
        if was_cut { Err(FileError::Interrupted) } else { Ok(upload) }
    }

    /// Forgets an upload.
    pub(super) async fn terminate(&self, id: UploadId, person: PersonId) -> Result<(), FileError> {
        let _claim = self.claim(id).ok_or(FileError::Busy)?;
        match self.find(id, person).await {
            Ok(_) | Err(FileError::Expired) => self.forget(id).await,
            Err(error) => Err(error),
        }
    }

    /// Forgets an upload, and then removes what has come of it. In this order, what is counted is always there.
    pub(super) async fn forget(&self, id: UploadId) -> Result<(), FileError> {
        self.0.store.drop_upload(id).await?;
        self.blocking("remove an upload", move |vault| vault.remove(id)).await
    }

    /// An upload of this person, with no more counted as received than there is.
    async fn find(&self, id: UploadId, person: PersonId) -> Result<Upload, FileError> {
        let found = self.0.store.upload(id, person).await?;
        let mut upload = found.ok_or(FileError::UnknownUpload)?;
        if upload.expires_at <= self.0.clock.now() {
            return Err(FileError::Expired);
        }
        if upload.stored_at.is_none() && upload.received < upload.announced.bytes {
            let length = self.blocking("look for an upload", move |vault| vault.length(id)).await?;
            upload.received = upload.received.min(length);
        }
        Ok(upload)
    }

    /// Writes what comes behind what has come, and counts it. Says whether the line was cut.
    async fn take_in(
        &self,
        upload: &mut Upload,
        checksum: Option<Checksum>,
        body: impl Stream<Item = Result<Bytes, Error>> + Send,
    ) -> Result<bool, FileError> {
        const TRYING: &str = "write what comes in";
        let (id, begin, until) = (upload.id, upload.received, Instant::now() + PIECE_TIME);
        let file = self.blocking("open an upload", move |vault| vault.go_on(id, begin)).await?;
        let mut file = File::from_std(file);
        let mut checksum = checksum;
        let mut body = pin!(body);
        let mut at = begin;
        let was_cut = loop {
            match timeout_at(until, body.next()).await {
                Ok(None) => break false,
                Ok(Some(Err(_))) => break true,
                // With a checksum it is all or nothing.
                Err(_) => break checksum.is_some(),
                Ok(Some(Ok(bytes))) => {
                    at += bytes.len() as u64;
                    if at > upload.announced.bytes {
                        return Err(FileError::TooLarge);
                    }
                    if let Some(checksum) = &mut checksum {
                        checksum.update(&bytes);
                    }
                    file.write_all(&bytes).await.map_err(self.failed(TRYING))?;
                    if checksum.is_none() && at - upload.received >= COUNT_BYTES {
                        self.count(upload, &mut file, at).await?;
                    }
                }
            }
        };
        if let Some(checksum) = checksum {
            // What was written behind the counted bytes is cut off by whoever goes on.
            if was_cut {
                return Ok(true);
            }
            if !checksum.matches() {
                return Err(FileError::ChecksumMismatch);
            }
        }
        self.count(upload, &mut file, at).await?;
        Ok(was_cut)
    }

    /// Counts what has been written as received, once it is on disk.
    async fn count(&self, upload: &mut Upload, file: &mut File, at: u64) -> Result<(), FileError> {
        const TRYING: &str = "flush what came in";
        file.flush().await.map_err(self.failed(TRYING))?;
        file.sync_data().await.map_err(failed_flush).map_err(self.failed(TRYING))?;
        let expires_at = expiry(self.0.clock.now());
        self.0.store.note_received(upload.id, at, expires_at).await?;
        (upload.received, upload.expires_at) = (at, expires_at);
        Ok(())
    }

    /// Verifies and stores an upload of which all has come, and calls `after` each step, which may stop it there. Whoever
    /// calls has claimed it.
    pub(super) async fn finish(
        &self,
        mut upload: Upload,
        after: &impl Fn(Step) -> Result<(), FileError>,
    ) -> Result<Upload, FileError> {
        let (id, hash) = (upload.id, upload.announced.hash);
        let looked = self.look(&upload).await?;
        let Some(looked) = looked.filter(|looked| is_announced(looked, &upload.announced)) else {
            self.forget(id).await?;
            return Err(FileError::ContentMismatch);
        };
        let media = recognise(upload.announced.media, &looked.head);
        after(Step::Verified)?;
        // Nobody sweeps away what has no row yet.
        let _placing = self.0.placing.lock().await;
        self.blocking("bring a file to its place", move |vault| vault.put(id, hash)).await?;
        after(Step::InPlace)?;
        let stored_at = self.0.store.finish_upload(&upload, media, self.0.clock.now()).await?;
        after(Step::Recorded)?;
        upload.stored_at = Some(stored_at);
        Ok(upload)
    }

    /// Reads what has come of an upload. If a power cut came between its place and its row, it is in its place already. Content that has
    /// a row is another upload's: whoever has sent nothing must not be taken for having sent that.
    async fn look(&self, upload: &Upload) -> Result<Option<Looked>, FileError> {
        let (id, hash) = (upload.id, upload.announced.hash);
        let looked = self.blocking("read an upload", move |vault| vault.look_at_upload(id)).await?;
        if looked.is_some() || self.0.store.has_file(hash).await? {
            return Ok(looked);
        }
        self.blocking("read a file", move |vault| vault.look_at_content(hash)).await
    }

    /// Does something with the disk where nobody else has to wait for it.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        trying: &'static str,
        work: impl FnOnce(&Vault) -> io::Result<T> + Send + 'static,
    ) -> Result<T, FileError> {
        let vault = self.0.vault.clone();
        let done = tokio::task::spawn_blocking(move || work(&vault)).await;
        done.unwrap_or_else(|panic| Err(io::Error::other(panic))).map_err(self.failed(trying))
    }

    /// Makes the error of something that was tried with the disk. After a failed flush nothing is believed any more.
    pub(super) fn failed(&self, trying: &'static str) -> impl FnOnce(io::Error) -> FileError {
        move |error| {
            if is_failed_flush(&error) {
                self.0.store.trust().lose();
            }
            FileError::because(trying)(error)
        }
    }
}

/// Whether what has come is what was announced.
fn is_announced(looked: &Looked, announced: &Announced) -> bool {
    looked.hash == announced.hash && looked.bytes == announced.bytes
}

fn expiry(now: Timestamp) -> Timestamp {
    now.plus_millis(UPLOAD_LIFE_MS)
}
