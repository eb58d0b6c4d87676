//! The shelf and the store under it, kept equal: durable first, then in memory, one step at a time.

use std::cell::RefCell;
use std::ops::Deref;

use domain::ticket::{Action, Attachment, FileHash};
use domain::{ChangeId, Refusal, TicketId, Timestamp};
use futures_util::lock::{Mutex, MutexGuard};

use super::{CHUNK_BYTES, FileBatch, FileKey, FileState, FileStore, KeptFile, Piece, Shelf};
use crate::replica::Replica;
use crate::store::StoreError;

/// Room that files leave for changes, in bytes: a signature must be saved on a tablet that photos have filled.
pub const ROOM_FOR_CHANGES_BYTES: u64 = 32 * 1024 * 1024;

/// The bytes of a file.
pub trait Content {
    /// One chunk of them, counted from 0: [`CHUNK_BYTES`], but for the last one. Nothing past the end.
    fn chunk(&self, number: u32) -> Option<Vec<u8>>;
}

/// Knows the changes of a device, and makes them durable.
#[expect(async_fn_in_trait, reason = "used on one thread, like the stores")]
pub trait Recorder {
    /// Why a change was not recorded.
    type Error: From<StoreError> + From<Refusal>;

    /// What is known.
    fn replica(&self) -> impl Deref<Target = Replica>;

    /// Has the replica know a ticket's document.
    async fn know(&self, ticket: TicketId) -> Result<(), StoreError>;

    /// Records a change. It is durable when this returns `Ok`.
    async fn record(&self, ticket: TicketId, action: Action) -> Result<ChangeId, Self::Error>;
}

/// Keeps the files of a device.
///
/// Whatever depends on what is kept and alters it has its turn, one after the other: a content must not be let go while somebody
/// attaches the same one.
#[derive(Debug)]
pub struct FileKeeper<S> {
    store: S,
    /// Nothing before the store has been read.
    shelf: RefCell<Option<Shelf>>,
    turn: Mutex<()>,
}

impl<S: FileStore> FileKeeper<S> {
    /// A keeper that has read nothing yet.
    pub fn new(store: S) -> Self {
        Self { store, shelf: RefCell::default(), turn: Mutex::default() }
    }

    /// Reads the store, unless that has been done, and puts right what a crash has left.
    ///
    /// # Errors
    /// Why the store can't be read: then nothing is kept or removed, and every later step tries again. Or why it could not be put
    /// right: that is done by the next step that settles.
    pub async fn open<R: Deref<Target = Replica>>(&self, replica: impl Fn() -> R) -> Result<(), StoreError> {
        self.turn().await.open(&replica).await.map(drop)
    }

    /// Whether it is known what is kept.
    pub fn is_open(&self) -> bool {
        self.shelf.borrow().is_some()
    }

    /// Reads the shelf; nothing, as long as the store could not be read.
    pub fn shelf<T>(&self, read: impl FnOnce(&Shelf) -> T) -> Option<T> {
        self.shelf.borrow().as_ref().map(read)
    }

    /// Keeps a file, and then records the change that attaches it. What is attached already is not attached again; its content is
    /// kept once more where the device has lost it.
    ///
    /// # Errors
    /// Why not. Then no change names the file, and nothing of it stays that was not there before.
    pub async fn attach<R: Recorder>(
        &self,
        ticket: TicketId,
        attachment: Attachment,
        content: &impl Content,
        since: Timestamp,
        recorder: &R,
    ) -> Result<ChangeId, R::Error> {
        let turn = self.turn().await;
        turn.open(&|| recorder.replica()).await?;
        recorder.know(ticket).await?;
        let attached = attached_by(&recorder.replica(), ticket, &attachment);
        let state = match attached {
            Some(_) => FileState::Waiting { upload: None },
            None => FileState::Prepared,
        };
        let file = KeptFile::of(ticket, &attachment, since, state).ok_or_else(not_a_content)?;
        let key = file.key;
        let action = Action::Attach(Box::new(attachment));
        match attached {
            Some(change) => {
                if self.shelf(|shelf| shelf.vouches_for(key)) != Some(true) {
                    turn.keep(file, content).await?;
                }
                return Ok(change);
            }
            // Asked before megabytes are written.
            None => recorder.replica().may(ticket, &action)?,
        }
        turn.keep(file, content).await?;
        let recorded = recorder.record(ticket, action).await;
        // Recorded, it waits for the server; not recorded, nothing of it stays. What can't be noted now is put right when files are
        // next settled, or opened again.
        let _ = match &recorded {
            Ok(_) => turn.act(|shelf| shelf.settle(&recorder.replica())).await,
            Err(_) => turn.act(|shelf| shelf.abandon(key, &recorder.replica())).await,
        };
        recorded
    }

    /// Does what follows from the changes made here and from what is known of the server: see [`Shelf::settle`]. Says whether
    /// there was anything to do.
    ///
    /// # Errors
    /// Why it was not done. It is still to be done then.
    pub async fn settle<R: Deref<Target = Replica>>(
        &self,
        replica: impl Fn() -> R,
    ) -> Result<bool, StoreError> {
        let turn = self.turn().await;
        let is_news = turn.open(&replica).await?;
        Ok(turn.act(|shelf| shelf.settle(&replica())).await? || is_news)
    }

    /// Lets a file go that no change names any more: see [`Shelf::abandon`].
    ///
    /// # Errors
    /// Why it is still there.
    pub async fn abandon<R: Deref<Target = Replica>>(
        &self,
        key: FileKey,
        replica: impl Fn() -> R,
    ) -> Result<(), StoreError> {
        let turn = self.turn().await;
        turn.open(&replica).await?;
        turn.act(|shelf| shelf.abandon(key, &replica())).await.map(drop)
    }

    /// Notes what has become of uploads. What was let go while the server was being talked to stays gone.
    ///
    /// # Errors
    /// Why it is not noted.
    pub async fn note(&self, mut batch: FileBatch) -> Result<(), StoreError> {
        let turn = self.turn().await;
        turn.act(|shelf| {
            batch.keep.retain(|file| shelf.file(file.key).is_some());
            batch
        })
        .await
        .map(drop)
    }

    /// Reads one chunk of a content; nothing, if it isn't there.
    ///
    /// # Errors
    /// Why it can't be read.
    pub async fn chunk(&self, hash: FileHash, number: u32) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.chunk(hash, number).await
    }

    /// Reads a piece of a file; nothing, if it isn't there.
    ///
    /// # Errors
    /// Why it can't be read.
    pub async fn piece(&self, piece: &Piece) -> Result<Option<Vec<u8>>, StoreError> {
        let chunk = u64::from(CHUNK_BYTES);
        let number = u32::try_from(piece.offset / chunk).unwrap_or(u32::MAX);
        let found = self.store.chunk(piece.file.key.hash, number).await?;
        let start = usize::try_from(piece.offset % chunk).unwrap_or(usize::MAX);
        let slice = |chunk: &[u8]| Some(chunk.get(start..)?.get(..piece.length as usize)?.to_vec());
        Ok(found.and_then(|chunk| slice(&chunk)))
    }

    async fn turn(&self) -> Turn<'_, S> {
        Turn { keeper: self, _held: self.turn.lock().await }
    }
}

/// The right to alter what is kept. Nobody else has it as long as this lives.
struct Turn<'k, S> {
    keeper: &'k FileKeeper<S>,
    _held: MutexGuard<'k, ()>,
}

impl<S: FileStore> Turn<'_, S> {
    /// Says whether it was not open before.
    async fn open<R: Deref<Target = Replica>>(&self, replica: &impl Fn() -> R) -> Result<bool, StoreError> {
        let FileKeeper { store, shelf, .. } = self.keeper;
        if shelf.borrow().is_some() {
            return Ok(false);
        }
        let rows = store.files().await?;
        let contents = store.contents().await?;
        let (opened, mending) = Shelf::open(rows, &contents, &replica());
        *shelf.borrow_mut() = Some(opened);
        self.act(|_| mending).await?;
        Ok(true)
    }

    /// Makes durable what `plan` makes of the shelf, and then takes it over in memory. Says whether there was anything to do.
    async fn act(&self, plan: impl FnOnce(&Shelf) -> FileBatch) -> Result<bool, StoreError> {
        let batch = self.keeper.shelf(plan).unwrap_or_default();
        if batch.is_empty() {
            return Ok(false);
        }
        self.keeper.store.apply_files(&batch).await?;
        if let Some(shelf) = &mut *self.keeper.shelf.borrow_mut() {
            shelf.commit(batch);
        }
        Ok(true)
    }

    /// Makes a content and its row durable. When this returns `Ok`, all of it is on the disk; otherwise nothing of it counts.
    async fn keep(&self, file: KeptFile, content: &impl Content) -> Result<(), StoreError> {
        let hash = file.key.hash;
        if self.keeper.shelf(|shelf| shelf.whole(hash).is_some()) != Some(true) {
            let needed = file.bytes.saturating_add(ROOM_FOR_CHANGES_BYTES);
            if self.keeper.store.room().await.is_some_and(|room| room < needed) {
                return Err(StoreError::Full);
            }
            if let Err(error) = self.put_chunks(&file, content).await {
                return Err(self.give_up(hash, error).await);
            }
        }
        if let Err(error) = self.act(|_| FileBatch { keep: vec![file], ..FileBatch::default() }).await {
            return Err(self.give_up(hash, error).await);
        }
        if let Some(shelf) = &mut *self.keeper.shelf.borrow_mut() {
            shelf.is_whole_again(hash);
        }
        Ok(())
    }

    /// Removes what was begun of a content, unless a row names it; hands on why.
    async fn give_up(&self, hash: FileHash, why: StoreError) -> StoreError {
        // Swept away when files are next opened if that fails, too.
        let _ = self.act(|shelf| shelf.release_if_nameless(hash)).await;
        why
    }

    async fn put_chunks(&self, file: &KeptFile, content: &impl Content) -> Result<(), StoreError> {
        let mut bytes = 0;
        for number in 0.. {
            let Some(chunk) = content.chunk(number) else { break };
            bytes += chunk.len() as u64;
            self.keeper.store.put_chunk(file.key.hash, number, &chunk).await?;
        }
        // A row promises that everything is there.
        if bytes == file.bytes { Ok(()) } else { Err(not_a_content()) }
    }
}

/// The change that has attached the same content to the ticket.
fn attached_by(replica: &Replica, ticket: TicketId, attachment: &Attachment) -> Option<ChangeId> {
    let ticket = replica.ticket(ticket)?;
    let same = ticket.attachments.iter().find(|entry| entry.fact.sha256 == attachment.sha256);
    same.map(|entry| entry.by)
}

fn not_a_content() -> StoreError {
    StoreError::Unreadable {
        place: "content".to_owned(),
        problem: "it is not what it is said to be".to_owned(),
    }
}
