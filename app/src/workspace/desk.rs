//! An open replica: memory and store, kept equal.
//!
//! Every change of either goes through [`Desk::keep`], one batch at a time: durable first, then in memory, then told.

use std::cell::{Cell, Ref, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use domain::people::Person;
use domain::ticket::{Action, Document, Seen};
use domain::{ChangeId, PersonId, TicketId};
use futures_util::lock::Mutex;
use sync::files::FileKeeper;
use sync::journal::JournalError;
use sync::tablets::Standing;
use sync::{Batch, Identity, Loaded, LocalStore, Meta, Recovery, Replica, StoreError, TwinStore};

use super::RecordError;
use super::gate::{self, Cleared, HeldBack, Holding, Rescued, Resetting, WayOut};
use crate::device::database::DeviceDatabase;
use crate::device::journal::PrivateJournal;
use crate::device::{clock, drafts, id};

/// What has changed with a batch.
#[derive(Debug, Default)]
pub(super) struct News {
    /// The tickets that may look different now.
    pub(super) tickets: BTreeSet<TicketId>,
    pub(super) directory: bool,
    pub(super) outbox: bool,
}

/// An open replica.
#[derive(Debug)]
pub(super) struct Desk {
    store: Store,
    replica: RefCell<Replica>,
    /// Held from looking at the replica until what follows from it is in the replica: two taps must not get one number.
    turn: Mutex<()>,
    /// Whether somebody has gone through the gate: then nothing is kept any more.
    shut: Cell<bool>,
    /// The files kept here: beside the replica, and not in the journal, which is for what people have written.
    files: FileKeeper<Rc<DeviceDatabase>>,
}

impl Desk {
    /// Opens a person's replica, or begins one. Where another window keeps an older version of the database open, that is told,
    /// and waited for.
    pub(super) async fn open(person: Person, on_blocked: impl Fn() + 'static) -> Result<Self, StoreError> {
        let (store, loaded) = open_store(&person, on_blocked).await?;
        let Readable { documents, is_whole } = Readable::of(&store, &loaded.touched()).await?;
        let meta = match &loaded.meta {
            Some(meta) => meta.clone(),
            None => Meta::new(Identity { device: id::new_device(), person }),
        };
        let replica = RefCell::new(Replica::open(loaded, meta, documents));
        let files = FileKeeper::new(Rc::clone(store.store()));
        let desk = Self { store, replica, turn: Mutex::default(), shut: Cell::default(), files };
        // Where there is no room for that note, what waits is sent all the same, and the first look tries again.
        if !is_whole && let Err(error) = desk.pull_anew().await {
            leptos::logging::error!("it could not be noted that everything is to be pulled anew: {error}");
        }
        if let Err(error) = desk.files.open(|| desk.replica()).await {
            leptos::logging::error!("the files kept on this device could not be read: {error}");
        }
        Ok(desk)
    }

    /// The files kept here.
    pub(super) const fn files(&self) -> &FileKeeper<Rc<DeviceDatabase>> {
        &self.files
    }

    /// What is known.
    pub(super) fn replica(&self) -> Ref<'_, Replica> {
        self.replica.borrow()
    }

    /// Whether another window has taken the database over.
    pub(super) fn is_fenced_off(&self) -> bool {
        self.store.store().is_fenced_off()
    }

    /// What had been lost on this device and was mended when it was opened.
    pub(super) const fn recovery(&self) -> Option<Recovery> {
        self.store.recovery()
    }

    /// Whether what is saved is saved twice.
    pub(super) fn keeps_twice(&self) -> bool {
        self.store.keeps_twice()
    }

    /// Whether the room held in reserve is used up, or could not be had.
    pub(super) fn is_tight(&self) -> bool {
        self.store.journal().is_tight()
    }

    /// Holds room in reserve, for what must be kept on a full device. Without room for that, there is none.
    pub(super) async fn reserve(&self) {
        if let Err(error) = self.store.journal().reserve().await {
            leptos::logging::warn!("no room can be held in reserve: {error}");
        }
    }

    /// What this device holds of the person's work, besides so many files that are still to be kept.
    pub(super) fn holding(&self, files_to_add: usize) -> Holding {
        let replica = self.replica();
        let files = self.files.shelf(|shelf| shelf.only_here(&replica)).unwrap_or_default();
        Holding::of(replica.outbox(), files, drafts::all_of(replica.person().id)).and_to_add(files_to_add)
    }

    /// How this device stands with the person's work.
    pub(super) fn standing(&self) -> Standing {
        let replica = self.replica();
        Standing::of(&replica, self.files.shelf(|shelf| shelf.only_here(&replica)))
    }

    /// Whether the second journal is all there is: no database can be opened here.
    pub(super) fn rests_on_journal(&self) -> bool {
        matches!(**self.store.store(), DeviceDatabase::StandIn(_))
    }

    /// Opens the gate, or says why not. Once it is open, nothing is kept here any more.
    pub(super) async fn shut<W: WayOut>(
        &self,
        files_to_add: impl Fn() -> usize,
        rescued: Option<&Rescued>,
    ) -> Result<Cleared<W>, HeldBack> {
        // They may be readable by now.
        let files = self.files.open(|| self.replica()).await;
        // What is being recorded at this moment comes first.
        let _turn = self.turn.lock().await;
        if files.is_err() && rescued.is_none() {
            return Err(HeldBack::Unseen);
        }
        let cleared = gate::judge(self.holding(files_to_add()), rescued)?;
        self.shut.set(true);
        Ok(cleared)
    }

    /// Removes all that is kept here. The journal first: a database without a journal is an ordinary one, should this be cut short.
    pub(super) async fn erase(&self, _: &Cleared<Resetting>) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        if self.rests_on_journal() {
            // A database that can't be opened is there all the same, with everything in it.
            let person = self.replica().person().id;
            return erase(self.store.journal(), &DeviceDatabase::of(person)).await;
        }
        erase(self.store.journal(), self.store.store()).await
    }

    /// Removes all that is kept of a person whose desk can't be opened.
    pub(super) async fn erase_unopened(person: PersonId, _: &Cleared<Resetting>) -> Result<(), StoreError> {
        erase(&PrivateJournal::of(person), &DeviceDatabase::of(person)).await
    }

    /// Turns what the person did into a change, and keeps it: by what is known now, or by what they had seen earlier.
    pub(super) async fn record(
        &self,
        ticket: TicketId,
        action: Action,
        seen: Option<Seen>,
    ) -> Result<(ChangeId, News), RecordError> {
        let _turn = self.turn.lock().await;
        self.know(ticket).await?;
        let batch = match seen {
            Some(seen) => self.replica().prepare_by(ticket, action, seen, clock::now())?,
            None => self.replica().prepare(ticket, action, clock::now())?,
        };
        let id =
            batch.outbox.first().map(|entry| entry.change.id).expect("a prepared batch holds its change");
        let news = self.keep(batch).await?;
        Ok((id, news))
    }

    /// Keeps what `plan` makes of the replica.
    pub(super) async fn take(&self, plan: impl FnOnce(&Replica) -> Batch) -> Result<News, StoreError> {
        let _turn = self.turn.lock().await;
        let batch = plan(&self.replica());
        self.keep(batch).await
    }

    /// Brings a ticket's confirmed document into memory, if the ticket is held.
    pub(super) async fn know(&self, ticket: TicketId) -> Result<(), StoreError> {
        if self.replica().needs(ticket) {
            for document in self.store.documents(&[ticket]).await? {
                self.replica.borrow_mut().learn(document);
            }
        }
        Ok(())
    }

    /// Has the server bring everything once more, because some of it can't be read here.
    pub(super) async fn pull_anew(&self) -> Result<(), StoreError> {
        self.take(Replica::pull_anew).await.map(drop)
    }

    /// The records of several tickets, unsent changes laid over; read past the memory, which keeps what is being looked at.
    pub(super) async fn documents(&self, tickets: &[TicketId]) -> Result<Vec<Document>, StoreError> {
        let touched: BTreeSet<_> = self.replica().outbox().map(|entry| entry.change.ticket).collect();
        let (own, confirmed): (Vec<_>, Vec<_>) = tickets.iter().partition(|ticket| touched.contains(ticket));
        let mut documents = self.store.documents(&confirmed).await?;
        for ticket in &own {
            self.know(*ticket).await?;
        }
        documents.extend(own.into_iter().map(|ticket| self.replica().document(ticket)));
        Ok(documents)
    }

    /// Lets documents go that nobody looks at. Not in the middle of a change that rests on one of them: without it, the
    /// change's ticket could not be told anew.
    pub(super) async fn forget_all_but(&self, looked_at: impl FnOnce() -> Vec<TicketId>) {
        let _turn = self.turn.lock().await;
        self.replica.borrow_mut().forget_all_but(&looked_at());
    }

    /// Merges what lies about in the store.
    pub(super) async fn tidy(&self) -> Result<(), StoreError> {
        while self.store.store().tidy().await? {}
        Ok(())
    }

    async fn keep(&self, batch: Batch) -> Result<News, StoreError> {
        if batch.is_empty() {
            return Ok(News::default());
        }
        if self.shut.get() {
            return Err(StoreError::Lost("the person has left".to_owned()));
        }
        self.store.apply(&batch).await?;
        let outbox = !(batch.outbox.is_empty() && batch.settled.is_empty());
        let directory = batch.directory.is_some();
        // Documents that bring this device's own changes home are very likely on the screen.
        let own: BTreeSet<_> = self.replica().outbox().map(|entry| entry.change.ticket).collect();
        let documents = batch.hold.iter().map(|(_, document)| document);
        let own_documents: Vec<_> =
            documents.filter(|document| own.contains(&document.ticket)).cloned().collect();
        let mut replica = self.replica.borrow_mut();
        let tickets = replica.commit(batch);
        for document in own_documents {
            replica.learn(document);
        }
        Ok(News { tickets, directory, outbox })
    }
}

type Store = TwinStore<Rc<DeviceDatabase>, PrivateJournal>;

/// The documents of tickets, as far as they can be read. What has spoilt a few of them must not keep anybody from the rest, nor from
/// what waits to be sent.
struct Readable {
    documents: Vec<Document>,
    is_whole: bool,
}

impl Readable {
    async fn of(store: &Store, tickets: &[TicketId]) -> Result<Self, StoreError> {
        if let Ok(documents) = store.documents(tickets).await {
            return Ok(Self { documents, is_whole: true });
        }
        let mut readable = Self { documents: Vec::new(), is_whole: true };
        for ticket in tickets {
            match store.documents(std::slice::from_ref(ticket)).await {
                Ok(documents) => readable.documents.extend(documents),
                Err(error @ (StoreError::Unreadable { .. } | StoreError::Lost(_))) => {
                    leptos::logging::error!("the ticket {ticket} can't be read, and is pulled anew: {error}");
                    readable.is_whole = false;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(readable)
    }
}

async fn erase(journal: &PrivateJournal, database: &DeviceDatabase) -> Result<(), StoreError> {
    let journal = journal.forget().await;
    database.erase().await?;
    // Where there is no journal, none can be left behind.
    match journal {
        Ok(()) | Err(JournalError::Unavailable(_)) => Ok(()),
        Err(error) => Err(StoreError::Lost(error.to_string())),
    }
}

/// Opens what is kept of a person on this device. Where the browser opens no database, the journal alone has to do; where there is
/// no journal either, nothing can be kept.
async fn open_store(person: &Person, on_blocked: impl Fn() + 'static) -> Result<(Store, Loaded), StoreError> {
    let database = DeviceDatabase::of(person.id).when_blocked(on_blocked);
    let store = TwinStore::new(Rc::new(database), PrivateJournal::of(person.id));
    let error = match store.load().await {
        Ok(loaded) => return Ok((store, loaded)),
        Err(error @ (StoreError::Lost(_) | StoreError::Unavailable(_))) => error,
        Err(error) => return Err(error),
    };
    leptos::logging::error!("no database can be opened, trying the journal alone: {error}");
    let store = TwinStore::new(Rc::new(DeviceDatabase::stand_in()), PrivateJournal::of(person.id));
    match store.load().await {
        Ok(loaded) => Ok((store, loaded)),
        Err(_) => Err(error),
    }
}
