//! The second journal, in the browser's private files.
//!
//! A worker does the writing (`app/workers/journal.js`): only there a browser says when the disk has it. A worker that has died
//! or does not answer is given up, and the next thing asked for starts another one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use domain::PersonId;
use js_sys::{Array, Object, Reflect, Uint8Array};
use sync::journal::{JournalError, JournalFiles, Witness};
use wasm_bindgen::{JsCast, JsValue};

use super::storage;
use super::worker::{Worker, WorkerError, script, set};

/// Longest wait for an answer, in milliseconds: a disk that takes longer is as good as none.
const PATIENCE_MS: u32 = 10_000;
/// Room that is held in reserve on each device, in bytes: enough for the signed sheets of a day.
const RESERVE_BYTES: u32 = 20 * 1024 * 1024;

/// A person's journal in the origin private file system.
#[derive(Debug)]
pub struct PrivateJournal {
    script: Option<String>,
    folder: String,
    note: String,
    worker: RefCell<Option<Rc<Worker>>>,
    tight: Cell<bool>,
}

impl PrivateJournal {
    /// The journal of a person.
    pub fn of(person: PersonId) -> Self {
        Self::named(&format!("fieldloop-{person}"), script("journal"))
    }

    /// The journal with this name, written by the worker with this address.
    pub fn named(name: &str, script: Option<String>) -> Self {
        let (folder, note) = (name.to_owned(), format!("{name}/witness"));
        Self { script, folder, note, worker: RefCell::default(), tight: Cell::default() }
    }

    /// Takes room that can be given back when there is no other; little by little, so that what has to be kept meanwhile does not
    /// wait for it.
    ///
    /// # Errors
    /// When there is no room for that.
    pub async fn reserve(&self) -> Result<(), JournalError> {
        self.tight.set(false);
        // Ends also when it has been needed in the midst of it.
        while !self.tight.get() {
            match self.ask("reserve", &[("bytes", RESERVE_BYTES.into())]).await {
                Ok(is_whole) if is_whole.is_truthy() => break,
                Ok(_) => {}
                Err(error) => {
                    // What there is left is not to lie idle.
                    if error == JournalError::Full {
                        self.make_room().await;
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Whether there is no room in reserve: it has been needed, or could not be had.
    pub fn is_tight(&self) -> bool {
        self.tight.get()
    }

    /// Removes everything. What an interrupted attempt leaves is an ordinary journal.
    ///
    /// # Errors
    /// When something is still there.
    pub async fn forget(&self) -> Result<(), JournalError> {
        storage::remove(&self.note);
        self.ask("forget", &[]).await.map(drop)
    }

    /// Ends the worker, which lets go of its file.
    pub fn close(&self) {
        self.worker.borrow_mut().take();
    }

    async fn ask(&self, operation: &str, options: &[(&str, JsValue)]) -> Result<JsValue, JournalError> {
        let message = Object::new();
        set(&message, "operation", &operation.into());
        set(&message, "folder", &Array::of2(&"journals".into(), &self.folder.as_str().into()));
        options.iter().for_each(|(name, value)| set(&message, name, value));
        let worker = self.worker()?;
        let answer = worker.ask(&message, PATIENCE_MS).await;
        if worker.has_failed() {
            self.worker.borrow_mut().take();
        }
        answer.map_err(journal_error)
    }

    fn worker(&self) -> Result<Rc<Worker>, JournalError> {
        if let Some(worker) = &*self.worker.borrow() {
            return Ok(Rc::clone(worker));
        }
        let script = self.script.as_deref();
        let script =
            script.ok_or_else(|| JournalError::Unavailable("the page names no worker".to_owned()))?;
        let worker = Rc::new(Worker::start(script).map_err(journal_error)?);
        *self.worker.borrow_mut() = Some(Rc::clone(&worker));
        Ok(worker)
    }
}

impl JournalFiles for PrivateJournal {
    async fn read(&self) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
        let files = self.ask("read", &[]).await?;
        Ok(Array::from(&files).iter().filter_map(|file| read_file(&file)).collect())
    }

    async fn begin(&self, number: u64, content: &[u8]) -> Result<(), JournalError> {
        let options = [("number", number_of(number)), ("bytes", Uint8Array::from(content).into())];
        self.ask("begin", &options).await.map(drop)
    }

    async fn append(&self, bytes: &[u8]) -> Result<(), JournalError> {
        self.ask("append", &[("bytes", Uint8Array::from(bytes).into())]).await.map(drop)
    }

    async fn remove_below(&self, number: u64) -> Result<(), JournalError> {
        self.ask("removeBelow", &[("number", number_of(number))]).await.map(drop)
    }

    async fn make_room(&self) -> bool {
        self.tight.set(true);
        self.ask("makeRoom", &[]).await.is_ok_and(|answer| answer.is_truthy())
    }

    fn note(&self, witness: &Witness) {
        storage::set_value(&self.note, witness);
    }

    fn noted(&self) -> Option<Witness> {
        storage::value(&self.note)
    }
}

fn journal_error(error: WorkerError) -> JournalError {
    match error {
        WorkerError::NotStarted(why) => JournalError::Unavailable(why),
        WorkerError::Dead(why) => JournalError::Failed(why),
        WorkerError::Failed { name, message } => match name.as_str() {
            "QuotaExceededError" => JournalError::Full,
            "SecurityError" | "TypeError" | "NotSupportedError" => JournalError::Unavailable(message),
            _ => JournalError::Failed(message),
        },
    }
}

fn read_file(file: &JsValue) -> Option<(u64, Vec<u8>)> {
    let number = Reflect::get(file, &"number".into()).ok()?.as_f64()?;
    let bytes: Uint8Array = Reflect::get(file, &"bytes".into()).ok()?.dyn_into().ok()?;
    // Files are numbered by the batch, far below 2^53.
    Some((number as u64, bytes.to_vec()))
}

fn number_of(number: u64) -> JsValue {
    (number as f64).into()
}
