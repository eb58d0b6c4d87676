//! The files of an open desk: kept chunk by chunk before any change names them, and let go when they are safe elsewhere.

use domain::ticket::{Action, Attachment, FileHash, MediaType};
use domain::{ChangeId, TicketId};
use sync::StoreError;
use sync::files::{CHUNK_BYTES, FileBatch, FileKey, FileState, FileStore, KeptFile, Piece, Shelf};

use super::RecordError;
use super::core::Core;
use super::desk::Desk;
use crate::device::pictures::{Content, Gathered, PageAddress};
use crate::device::{clock, storage};

/// Room that files leave for changes, in bytes: a signature must be saved on a tablet that photos have filled.
const ROOM_FOR_CHANGES_BYTES: u64 = 32 * 1024 * 1024;

impl Core {
    /// Keeps a file, and then the change that attaches it. What is attached already is not attached again.
    pub(super) async fn attach(
        &self,
        ticket: TicketId,
        attachment: Attachment,
        content: &Content,
    ) -> Result<ChangeId, RecordError> {
        let desk = self.open_desk()?;
        let _turn = desk.file_turn.lock().await;
        desk.know(ticket).await?;
        if let Some(change) = attached_by(&desk, ticket, &attachment) {
            return Ok(change);
        }
        let action = Action::Attach(Box::new(attachment.clone()));
        // Before megabytes are written.
        desk.replica().may(ticket, &action)?;
        let kept = desk.keep_content(ticket, &attachment, content).await;
        if desk.is_fenced_off() {
            self.close();
            return Err(RecordError::Elsewhere);
        }
        let key = kept?;
        let recorded = self.record(ticket, action, None).await;
        // Recorded, it waits for the server; not recorded, nothing of it stays.
        let batch = match &recorded {
            Ok(_) => desk.plan_files(Shelf::settle),
            Err(_) => desk.plan_files(|shelf, replica| shelf.abandon(key, replica)),
        };
        if let Err(error) = desk.keep_files(batch).await {
            leptos::logging::warn!("the row of a file could not be written: {error}");
        }
        self.tell_status();
        recorded
    }

    /// Lets the content of a change go that its author has dropped.
    pub(super) async fn let_content_go(&self, key: FileKey) {
        let Ok(desk) = self.open_desk() else { return };
        let batch = desk.plan_files(|shelf, replica| shelf.abandon(key, replica));
        if let Err(error) = desk.keep_files(batch).await {
            leptos::logging::warn!("the content of a dropped change could not be removed: {error}");
        }
        self.tell_status();
    }

    /// The file that a change of the outbox attaches.
    pub(super) fn attached_file(&self, change: ChangeId) -> Option<FileKey> {
        let desk = self.open_desk().ok()?;
        let replica = desk.replica();
        let entry = replica.outbox().find(|entry| entry.change.id == change)?;
        let Action::Attach(attachment) = &entry.change.action else { return None };
        Some(FileKey { hash: attachment.hash()?, ticket: entry.change.ticket })
    }

    /// An address at which the page finds a content that is kept here; nothing, if it isn't.
    pub(super) async fn content(&self, hash: FileHash, media: MediaType) -> Option<PageAddress> {
        let desk = self.open_desk().ok()?;
        let chunks = desk.shelf(|shelf| shelf.whole(hash).map(KeptFile::chunks)).flatten()?;
        let gathered = Gathered::default();
        for number in 0..u32::try_from(chunks).ok()? {
            gathered.push(&desk.files().chunk(hash, number).await.ok()??);
        }
        gathered.address(media)
    }
}

impl Desk {
    /// Takes up what is kept of files, and puts right what a crash has left. If that can't be read, no file is kept or removed.
    pub(super) async fn open_files(&self) {
        if let Err(error) = self.try_open_files().await {
            leptos::logging::error!("the files kept on this device could not be read: {error}");
        }
    }

    async fn try_open_files(&self) -> Result<(), StoreError> {
        let files = self.files().files().await?;
        let contents = self.files().contents().await?;
        let (shelf, mending) = Shelf::open(files, &contents, &self.replica());
        *self.shelf.borrow_mut() = Some(shelf);
        self.keep_files(mending).await
    }

    /// Reads the shelf; nothing, if it could not be opened.
    pub(super) fn shelf<T>(&self, read: impl FnOnce(&Shelf) -> T) -> Option<T> {
        self.shelf.borrow().as_ref().map(read)
    }

    /// What `plan` makes of shelf and replica.
    pub(super) fn plan_files(&self, plan: impl FnOnce(&Shelf, &sync::Replica) -> FileBatch) -> FileBatch {
        self.shelf(|shelf| plan(shelf, &self.replica())).unwrap_or_default()
    }

    /// Makes a batch durable, and then takes it over in memory.
    pub(super) async fn keep_files(&self, batch: FileBatch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        self.files().apply_files(&batch).await?;
        if let Some(shelf) = &mut *self.shelf.borrow_mut() {
            shelf.commit(batch);
        }
        Ok(())
    }

    /// Reads a piece of a file; nothing, if it isn't there.
    pub(super) async fn piece(&self, piece: &Piece) -> Result<Option<Vec<u8>>, StoreError> {
        let chunk = u64::from(CHUNK_BYTES);
        let number = u32::try_from(piece.offset / chunk).unwrap_or(u32::MAX);
        let found = self.files().chunk(piece.file.key.hash, number).await?;
        let start = usize::try_from(piece.offset % chunk).unwrap_or(usize::MAX);
        let slice = |chunk: &[u8]| Some(chunk.get(start..)?.get(..piece.length as usize)?.to_vec());
        Ok(found.and_then(|chunk| slice(&chunk)))
    }

    /// Makes a content and its row durable. When this returns `Ok`, all of it is on the disk; otherwise nothing of it counts.
    async fn keep_content(
        &self,
        ticket: TicketId,
        attachment: &Attachment,
        content: &Content,
    ) -> Result<FileKey, StoreError> {
        let closed = || StoreError::Unavailable("the files kept on this device could not be read".to_owned());
        let file = KeptFile::of(ticket, attachment, clock::now(), FileState::Prepared).ok_or_else(closed)?;
        let hash = file.key.hash;
        let is_here = self.shelf(|shelf| shelf.whole(hash).is_some()).ok_or_else(closed)?;
        if !is_here {
            let needed = content.bytes() + ROOM_FOR_CHANGES_BYTES;
            if storage::room().await.is_some_and(|room| room < needed) {
                return Err(StoreError::Full);
            }
            if let Err(error) = self.put_chunks(hash, content).await {
                // Swept away at the next start if that fails, too.
                let batch = FileBatch { release: vec![hash], ..FileBatch::default() };
                let _ = self.files().apply_files(&batch).await;
                return Err(error);
            }
        }
        let key = file.key;
        self.keep_files(FileBatch { keep: vec![file], ..FileBatch::default() }).await?;
        Ok(key)
    }

    async fn put_chunks(&self, hash: FileHash, content: &Content) -> Result<(), StoreError> {
        for number in 0.. {
            let Some(chunk) = content.chunk(number) else { break };
            self.files().put_chunk(hash, number, &chunk).await?;
        }
        Ok(())
    }
}

/// The change that has attached the same content to the ticket.
fn attached_by(desk: &Desk, ticket: TicketId, attachment: &Attachment) -> Option<ChangeId> {
    let ticket = desk.replica().ticket(ticket)?;
    let same = ticket.attachments.iter().find(|entry| entry.fact.sha256 == attachment.sha256);
    same.map(|entry| entry.by)
}
