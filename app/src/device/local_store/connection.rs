//! The connection to one database: opening, losing and finding it again, and the few kinds of transaction there are.
//!
//! A transaction is built whole before anything is awaited, and only its own requests are awaited while it is open.

use std::cell::{Cell, RefCell};
use std::ops::RangeInclusive;
use std::rc::Rc;

use domain::ticket::FileHash;
use futures_util::future::{AbortHandle, Either, abortable, select};
use indexed_db_futures::database::Database;
use indexed_db_futures::error::{Error, OpenDbError};
use indexed_db_futures::object_store::ObjectStore;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::{
    Transaction, TransactionDone, TransactionDurability, TransactionFinishKind, TransactionMode,
    TransactionOptions,
};
use js_sys::{Array, Uint8Array};
use sync::StoreError;
use sync::files::FileKey;
use wasm_bindgen::{JsCast, JsValue};

use super::schema::{self, CARDS, CHUNKS, DIRECTORY, META, OUTBOX, PROBE, WITNESS, WRITER};
use crate::device::clock;

/// Longest wait for the browser to open a database, in milliseconds. Some never answer when their storage is broken.
const OPENING_MS: u32 = 10_000;

/// Pauses between attempts to open a database whose connection is lost again and again, in milliseconds.
const PAUSES_MS: [u32; 2] = [100, 1_000];

/// Every byte there is, to see whether the browser gives back what is put in.
const EVERY_BYTE: RangeInclusive<u8> = 0..=u8::MAX;

/// Which opening of the database this is. The highest one may write.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fence(f64);

impl Fence {
    /// What is put in when this opening begins, and must come back.
    fn probe(self) -> Uint8Array {
        let written: Vec<u8> = EVERY_BYTE.chain(self.0.to_le_bytes()).collect();
        Uint8Array::from(&written[..])
    }

    /// Whether what has come back is what this opening has put in, or one that has taken over at the same moment.
    fn has_come_back(self, found: &[u8]) -> bool {
        found.split_last_chunk().is_some_and(|(bytes, fence)| {
            EVERY_BYTE.eq(bytes.iter().copied()) && f64::from_le_bytes(*fence) >= self.0
        })
    }
}

/// One record to be written or removed.
#[derive(Debug)]
pub(super) struct Write {
    store: &'static str,
    deed: Deed,
}

#[derive(Debug)]
enum Deed {
    Put(JsValue, Uint8Array),
    Delete(JsValue),
    DeleteAll(RangeInclusive<JsValue>),
    Clear,
}

impl Write {
    pub(super) fn put(store: &'static str, key: impl Key, bytes: &[u8]) -> Self {
        Self { store, deed: Deed::Put(key.js(), Uint8Array::from(bytes)) }
    }

    pub(super) fn delete(store: &'static str, key: impl Key) -> Self {
        Self { store, deed: Deed::Delete(key.js()) }
    }

    /// All chunks of a content, however many there are.
    pub(super) fn delete_chunks(hash: FileHash) -> Self {
        let hash = JsValue::from(hash.to_string());
        // In the order of keys, a list comes after every number.
        let (first, last) = (Array::of2(&hash, &0.into()), Array::of2(&hash, &Array::new()));
        Self { store: CHUNKS, deed: Deed::DeleteAll(first.into()..=last.into()) }
    }

    /// Everything in an object store, readable or not.
    pub(super) fn clear(store: &'static str) -> Self {
        Self { store, deed: Deed::Clear }
    }
}

/// What records are found by: a name, a number below 2^53, or two of these.
pub(super) trait Key {
    fn js(self) -> JsValue;
}

impl Key for &str {
    fn js(self) -> JsValue {
        self.into()
    }
}

impl Key for u32 {
    fn js(self) -> JsValue {
        self.into()
    }
}

impl Key for u64 {
    fn js(self) -> JsValue {
        // Not as a BigInt, which is no key. Change numbers count one person's taps: they stay below 2^53.
        (self as f64).into()
    }
}

impl Key for (FileHash, u32) {
    fn js(self) -> JsValue {
        Array::of2(&self.0.to_string().into(), &self.1.into()).into()
    }
}

impl Key for FileKey {
    fn js(self) -> JsValue {
        Array::of2(&self.hash.to_string().into(), &self.ticket.to_string().into()).into()
    }
}

/// A key of two parts, the second of which may be a number.
pub(super) type Pair = (String, Option<String>);

fn pair(key: &JsValue) -> Pair {
    let key = Array::from(key);
    (key.get(0).as_string().unwrap_or_default(), key.get(1).as_string())
}

/// One record with a number for a key.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) key: u32,
    pub(super) bytes: Uint8Array,
}

/// Everything that is read at start.
#[derive(Debug)]
pub(super) struct Everything {
    pub(super) meta: Option<Uint8Array>,
    pub(super) directory: Option<Uint8Array>,
    pub(super) witness: Option<Uint8Array>,
    pub(super) outbox: Vec<Record>,
    pub(super) cards: Vec<Record>,
}

/// What is done when another window keeps the database from being opened.
pub(super) struct OnBlocked(Rc<dyn Fn()>);

impl std::fmt::Debug for OnBlocked {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("OnBlocked")
    }
}

/// A database that is opened when needed, and again when it was lost.
#[derive(Debug)]
pub(super) struct Connection {
    name: String,
    on_blocked: OnBlocked,
    open: Rc<RefCell<Option<Open>>>,
    ended: Cell<bool>,
}

#[derive(Debug)]
struct Open {
    database: Database,
    watch: AbortHandle,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.watch.abort();
        self.database.clone().close();
    }
}

impl Connection {
    pub(super) fn to(name: String) -> Self {
        Self { name, on_blocked: OnBlocked(Rc::new(|| ())), open: Rc::default(), ended: Cell::default() }
    }

    /// Does this whenever another window keeps an older version open. The opening goes on as soon as that is closed.
    pub(super) fn when_blocked(&mut self, tell: impl Fn() + 'static) {
        self.on_blocked = OnBlocked(Rc::new(tell));
    }

    pub(super) fn close(&self) {
        self.open.borrow_mut().take();
    }

    /// Closes it for good.
    pub(super) fn end(&self) {
        self.ended.set(true);
        self.close();
    }

    /// Opens the database for this window alone to write, and gives what is needed at start to `read`. Who has `held` that right
    /// claims it no second time.
    pub(super) async fn open_and_read<T>(
        &self,
        held: Option<Fence>,
        read: impl Fn(Everything) -> T,
    ) -> Result<(T, Fence), StoreError> {
        for pause in PAUSES_MS {
            match self.try_open_and_read(held, &read).await {
                Err(StoreError::Lost(_)) => self.close(),
                outcome => return outcome,
            }
            clock::sleep(pause).await;
        }
        self.try_open_and_read(held, &read).await
    }

    /// Removes the database with everything in it. The next opening makes a new one.
    pub(super) async fn remove(&self) -> Result<(), StoreError> {
        self.close();
        let removal = Database::delete_by_name(&self.name).map_err(|error| open_error(&error))?;
        match select(Box::pin(removal.into_future()), Box::pin(clock::sleep(OPENING_MS))).await {
            Either::Left((removed, _)) => removed.map_err(|error| store_error(&error)),
            Either::Right(_) => Err(StoreError::Unavailable("the browser does not remove it".to_owned())),
        }
    }

    /// Writes everything durably, or nothing.
    pub(super) async fn write(&self, writes: &[Write], fence: Fence) -> Result<(), StoreError> {
        // Writing the same records again is harmless, should the first attempt have come through after all.
        self.twice(async || self.try_write(writes, fence).await).await
    }

    /// Reads some records of an object store, in the order of the keys given.
    pub(super) async fn get_many(
        &self,
        store: &str,
        keys: &[u32],
    ) -> Result<Vec<Option<Uint8Array>>, StoreError> {
        self.twice(async || self.try_get_many(store, keys).await).await
    }

    /// Reads one record, if it is there.
    pub(super) async fn get(
        &self,
        store: &str,
        key: impl Key + Copy,
    ) -> Result<Option<Uint8Array>, StoreError> {
        self.twice(async || self.try_get(store, key.js()).await).await
    }

    /// Reads all records of an object store whose keys are pairs, in the order of their keys.
    pub(super) async fn get_all(&self, store: &str) -> Result<Vec<(Pair, Uint8Array)>, StoreError> {
        let read = async |store: ObjectStore<'_>| {
            // Both go out at once, so that nothing comes between them.
            let keys = store.get_all_keys::<JsValue>().primitive()?;
            let values = store.get_all::<JsValue>().primitive()?;
            let (keys, values) = (keys.await?, values.await?);
            keys.zip(values).map(|(key, value)| Ok((pair(&key?), bytes(value?)))).collect()
        };
        self.twice(async || self.try_read(store, read).await).await
    }

    /// The keys of an object store whose keys are pairs, in their order.
    pub(super) async fn get_all_keys(&self, store: &str) -> Result<Vec<Pair>, StoreError> {
        let read = async |store: ObjectStore<'_>| {
            let keys = store.get_all_keys::<JsValue>().primitive()?.await?;
            keys.map(|key| key.map(|key| pair(&key))).collect()
        };
        self.twice(async || self.try_read(store, read).await).await
    }

    /// Makes an attempt, and if the connection was lost in it, another one over a new connection.
    async fn twice<T>(&self, attempt: impl AsyncFn() -> Result<T, StoreError>) -> Result<T, StoreError> {
        match attempt().await {
            Err(StoreError::Lost(_)) => {
                self.close();
                attempt().await
            }
            outcome => outcome,
        }
    }

    async fn try_get(&self, store: &str, key: JsValue) -> Result<Option<Uint8Array>, StoreError> {
        let read = async |store: ObjectStore<'_>| {
            let found = store.get::<JsValue, _, _>(key).primitive()?.await?;
            Ok(found.map(bytes))
        };
        self.try_read(store, read).await
    }

    async fn try_read<T>(
        &self,
        store: &str,
        read: impl AsyncFnOnce(ObjectStore<'_>) -> Result<T, Error>,
    ) -> Result<T, StoreError> {
        let database = self.database().await?;
        let found = async {
            let transaction = database.transaction(store).with_mode(TransactionMode::Readonly).build()?;
            read(transaction.object_store(store)?).await
        };
        found.await.map_err(|error: Error| store_error(&error))
    }

    async fn try_open_and_read<T>(
        &self,
        held: Option<Fence>,
        read: impl Fn(Everything) -> T,
    ) -> Result<(T, Fence), StoreError> {
        let database = self.database().await?;
        let (transaction, done) = begin_writing(&database, &[META, OUTBOX, CARDS])?;
        let everything = async {
            let meta = transaction.object_store(META)?;
            let outbox = transaction.object_store(OUTBOX)?;
            let cards = transaction.object_store(CARDS)?;
            let writer = meta.get::<f64, _, _>(WRITER).primitive()?;
            let remembered = meta.get::<JsValue, _, _>(META).primitive()?;
            let directory = meta.get::<JsValue, _, _>(DIRECTORY).primitive()?;
            let witness = meta.get::<JsValue, _, _>(WITNESS).primitive()?;
            let outbox_keys = outbox.get_all_keys::<f64>().primitive()?;
            let outbox_values = outbox.get_all::<JsValue>().primitive()?;
            let card_keys = cards.get_all_keys::<f64>().primitive()?;
            let card_values = cards.get_all::<JsValue>().primitive()?;
            let writer = writer.await?;
            let fence = match held {
                Some(fence) if writer != Some(fence.0) => return Ok(None),
                Some(fence) => fence,
                None => {
                    // A database that was wiped begins anew, and no window that knew the former one may be taken for the one
                    // that writes.
                    let fence = Fence(writer.unwrap_or_else(|| clock::now().as_millis() as f64) + 1.0);
                    drop(meta.put(fence.0).with_key(WRITER).primitive()?);
                    drop(meta.put(JsValue::from(fence.probe())).with_key(PROBE).primitive()?);
                    fence
                }
            };
            let everything = Everything {
                meta: remembered.await?.map(bytes),
                directory: directory.await?.map(bytes),
                witness: witness.await?.map(bytes),
                outbox: records(outbox_keys.await?, outbox_values.await?)?,
                cards: records(card_keys.await?, card_values.await?)?,
            };
            Ok(Some((everything, fence)))
        };
        let opened = everything.await.map_err(|error: Error| store_error(&error))?;
        let (everything, fence) = opened.ok_or(StoreError::TakenOver)?;
        let read = read(everything);
        finish(&transaction, done).await?;
        if held.is_none() {
            let found = self.try_get(META, PROBE.js()).await?;
            if !found.is_some_and(|found| fence.has_come_back(&found.to_vec())) {
                return Err(StoreError::Unavailable("it does not give back what was put in".to_owned()));
            }
        }
        Ok((read, fence))
    }

    async fn try_write(&self, writes: &[Write], fence: Fence) -> Result<(), StoreError> {
        let mut stores = vec![META];
        stores.extend(writes.iter().map(|write| write.store));
        stores.sort_unstable();
        stores.dedup();
        let database = self.database().await?;
        let (transaction, done) = begin_writing(&database, &stores)?;
        let writer = async {
            // All requests go out at once. They are answered in order, so that the question who writes is answered while
            // the rest can still be taken back.
            let writer = transaction.object_store(META)?.get::<f64, _, _>(WRITER).primitive()?;
            for Write { store, deed } in writes {
                let store = transaction.object_store(store)?;
                match deed {
                    Deed::Put(key, bytes) => {
                        drop(store.put(JsValue::from(bytes)).with_key(key.clone()).primitive()?);
                    }
                    Deed::Delete(key) => drop(store.delete(key.clone()).primitive()?),
                    Deed::DeleteAll(keys) => drop(store.delete(keys.clone()).primitive()?),
                    Deed::Clear => drop(store.clear()?),
                }
            }
            writer.await
        };
        let writer = writer.await.map_err(|error: Error| store_error(&error))?;
        if writer != Some(fence.0) {
            // Dropped without being finished, a transaction is taken back.
            return Err(StoreError::TakenOver);
        }
        finish(&transaction, done).await
    }

    async fn try_get_many(&self, store: &str, keys: &[u32]) -> Result<Vec<Option<Uint8Array>>, StoreError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let database = self.database().await?;
        let found = async {
            let transaction = database.transaction(store).with_mode(TransactionMode::Readonly).build()?;
            let store = transaction.object_store(store)?;
            let requests = keys
                .iter()
                .map(|key| store.get::<JsValue, _, _>(*key).primitive())
                .collect::<Result<Vec<_>, _>>()?;
            let mut found = Vec::with_capacity(requests.len());
            for request in requests {
                found.push(request.await?.map(bytes));
            }
            Ok(found)
        };
        found.await.map_err(|error: Error| store_error(&error))
    }

    async fn database(&self) -> Result<Database, StoreError> {
        if let Some(open) = &*self.open.borrow() {
            return Ok(open.database.clone());
        }
        if self.ended.get() {
            return Err(StoreError::Lost("it has been closed for good".to_owned()));
        }
        let database = open(&self.name, Rc::clone(&self.on_blocked.0)).await?;
        let (watched, watch) = abortable(watch(database.clone(), Rc::downgrade(&self.open)));
        wasm_bindgen_futures::spawn_local(async {
            // Ends early when the connection is closed from our side.
            let _ = watched.await;
        });
        *self.open.borrow_mut() = Some(Open { database: database.clone(), watch });
        Ok(database)
    }
}

/// Closes the connection when a newer version of the app wants to bring the database up to date in another window, or when
/// the browser has cut it. Whoever needs it next opens it again and sees what has become of it.
async fn watch(database: Database, open: std::rc::Weak<RefCell<Option<Open>>>) {
    let Ok(mut changes) = database.version_changes() else { return };
    changes.recv().await;
    if let Some(open) = open.upgrade() {
        let lost = open.borrow_mut().take();
        drop(lost);
    }
}

/// Opens a database, and brings it up to date. Waits as long as another window stands in the way, and else for a while.
async fn open(name: &str, on_blocked: Rc<dyn Fn()>) -> Result<Database, StoreError> {
    let blocked = Rc::new(Cell::new(false));
    let is_blocked = Rc::clone(&blocked);
    let request = Database::open(name)
        .with_version(schema::version())
        .with_on_blocked(move |_| {
            is_blocked.set(true);
            on_blocked();
            Ok(())
        })
        .with_on_upgrade_needed(|event, database| schema::upgrade(&database, event.old_version() as u32))
        .build()
        .map_err(|error| open_error(&error))?;
    let (opened, mut answer) = futures_channel::oneshot::channel();
    // On its own, to its end: a request that nobody follows any more is answered all the same once the way is free, and would
    // bring the database to this version without anybody there to make what belongs to it.
    wasm_bindgen_futures::spawn_local(async move {
        if let Err(Ok(late)) = opened.send(request.await) {
            late.close();
        }
    });
    loop {
        match select(answer, Box::pin(clock::sleep(OPENING_MS))).await {
            Either::Left((Ok(opened), _)) => return opened.map_err(|error| open_error(&error)),
            Either::Right((_, waiting)) if blocked.get() => answer = waiting,
            Either::Left((Err(_), _)) | Either::Right(_) => {
                return Err(StoreError::Unavailable("the browser does not open it".to_owned()));
            }
        }
    }
}

/// Begins a transaction that writes. The one place that does, so that none can forget to ask for durability.
fn begin_writing<'d>(
    database: &'d Database,
    stores: &[&'static str],
) -> Result<(Transaction<'d>, TransactionDone), StoreError> {
    let options = TransactionOptions::new().with_durability(TransactionDurability::Strict);
    let transaction =
        database.transaction(stores).with_mode(TransactionMode::Readwrite).with_options(options).build();
    let begun = transaction.and_then(|transaction| {
        let done = transaction.on_done()?;
        Ok((transaction, done))
    });
    begun.map_err(|error| store_error(&error))
}

/// Waits until the transaction is on the disk.
async fn finish(transaction: &Transaction<'_>, done: TransactionDone) -> Result<(), StoreError> {
    let mut end = done.await;
    if end == TransactionFinishKind::Err {
        // A failed request; the transaction is taken back next, and says why.
        end = transaction.on_done().map_err(|error| store_error(&error))?.await;
    }
    if end.is_ok() {
        return Ok(());
    }
    let why = transaction.error();
    Err(why.map_or_else(
        || StoreError::Lost("the transaction was taken back".to_owned()),
        |error| store_error(&error),
    ))
}

fn records(
    keys: impl Iterator<Item = Result<f64, Error>>,
    values: impl Iterator<Item = Result<JsValue, Error>>,
) -> Result<Vec<Record>, Error> {
    // Both come in the order of the keys.
    keys.zip(values).map(|(key, value)| Ok(Record { key: key? as u32, bytes: bytes(value?) })).collect()
}

/// What is kept is always bytes. Anything else reads as none, and is then told to be unreadable.
fn bytes(value: JsValue) -> Uint8Array {
    value.dyn_into().unwrap_or_default()
}

fn open_error(error: &OpenDbError) -> StoreError {
    match error {
        OpenDbError::Base(error) => match store_error(error) {
            // A private window of some browsers: it has the interface, and nothing behind it.
            StoreError::Lost(why) if name(error).is_some_and(|name| name == "InvalidStateError") => {
                StoreError::Unavailable(why)
            }
            error => error,
        },
        error => StoreError::Unavailable(error.to_string()),
    }
}

fn store_error(error: &Error) -> StoreError {
    match name(error).as_deref() {
        Some("QuotaExceededError") => StoreError::Full,
        Some("VersionError") => StoreError::Newer,
        Some("SecurityError") => StoreError::Unavailable(error.to_string()),
        _ => StoreError::Lost(error.to_string()),
    }
}

fn name(error: &Error) -> Option<String> {
    match error {
        Error::DomException(exception) => Some(web_sys::DomException::from(exception.clone()).name()),
        _ => None,
    }
}
