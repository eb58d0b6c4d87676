//! The server as a simulation needs it: everything between the socket and the disk, and everything that can happen to it.
//!
//! Real are the desk, the keeper, the hub, the directory and the database; asked is what a device would ask, in bytes, and answered
//! in bytes. Not here are HTTP, TLS, sessions (who asks is said with each question) and ringing. Nothing here waits for the wall
//! clock or rolls dice: the time is set from outside, and desk and keeper run on the runtime of whoever calls, so that the same
//! questions always get the same answers.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, ensure};
use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::people::{Department, Directory, Person};
use domain::ticket::{Recorded, TicketNumber};
use domain::{ChangeId, PersonId, TicketId, Timestamp};
use futures_util::future::join_all;
use futures_util::{FutureExt as _, Stream, StreamExt as _};
use sync::messages::{PullRequest, Verdict};
use sync::parked::ParkedChange;
use tokio::task::{JoinHandle, unconstrained};

use crate::clock::Clock;
use crate::people::{Contact, DirectoryCache, UserName};
use crate::store::accounts::{Added, NewAccount};
use crate::store::backups::{BackupMade, DatabaseFile};
use crate::store::chain::Verified;
use crate::store::directory::DirectoryEdit;
use crate::store::parked::Ruling;
use crate::store::{self, Store, backups};
use crate::sync::error::SyncError;
use crate::sync::events::{Ends, From};
use crate::sync::push::BODY_BYTES;
use crate::sync::{Decision, Exchange, Hub, Writer};

/// How far the company's clocks are ahead of UTC, which decides in which month a ticket is numbered.
pub const UTC_OFFSET_MINUTES: i32 = 480;

/// How many numbers of a month's tickets are passed over on a server that goes on at `now` from a backup that ends at `since`.
pub fn numbers_passed_over(since: Timestamp, now: Timestamp) -> u32 {
    backups::numbers_passed_over(since, now)
}

/// A server that has been set up and stopped: many can be begun from it.
#[derive(Debug)]
pub struct Founded {
    folder: PathBuf,
}

/// An earlier state of a server's database.
#[derive(Debug, Clone)]
pub struct Backup {
    folder: PathBuf,
    /// When it was made.
    pub made_at: Timestamp,
}

/// A running server.
#[derive(Debug)]
pub struct SimulatedServer {
    folder: PathBuf,
    copies: u32,
    clock: Clock,
    store: Store,
    running: Running,
}

/// What a server has in memory.
#[derive(Debug)]
struct Running {
    exchange: Exchange,
    tasks: Vec<JoinHandle<()>>,
}

/// What came back over the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// After how many seconds the device is asked to come back, if it is.
    pub retry_after_seconds: Option<u32>,
    /// The body.
    pub body: Vec<u8>,
}

/// An open stream of events.
pub struct Listener {
    stream: Pin<Box<dyn Stream<Item = Result<Bytes, Infallible>> + Send>>,
    is_open: bool,
}

/// How a push meets its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// The server is killed when it has judged and not yet written.
    BeforeWriting,
    /// The server is killed when it has written and not yet answered.
    BeforeAnswering,
}

impl Founded {
    /// Sets a company up in `folder`, which must be empty.
    ///
    /// # Errors
    /// When the folder can't be used, or the company makes no sense.
    pub async fn found(folder: &Path, departments: &[Department], people: &[Person]) -> Result<Self> {
        let store = Store::open(folder).await?;
        store.add_departments(departments).await?;
        let mut accounts = Vec::new();
        for (index, person) in people.iter().enumerate() {
            let user_name = UserName::parse(&format!("user{index}"));
            accounts.push(NewAccount {
                person: person.clone(),
                user_name: user_name.ok().context("a letter and digits are a user name")?,
                password: None,
                contact: Contact::default(),
            });
        }
        ensure!(store.add_accounts(&accounts).await? == Added::Done, "two people with one name");
        // Written into one file, without a log beside it.
        let copy = folder.join("founded");
        std::fs::create_dir(&copy)?;
        store.copy_into(&copy.join(store::FILE)).await?;
        Ok(Self { folder: copy })
    }
}

impl SimulatedServer {
    /// Starts a server of its own in `folder`, which must be empty, at `now`.
    ///
    /// # Errors
    /// When the folder can't be used.
    pub async fn start(founded: &Founded, folder: &Path, now: Timestamp) -> Result<Self> {
        let first = folder.join("0");
        copy_files(&founded.folder, &first)?;
        let store = Store::open_unflushed(&first).await?;
        let clock = Clock::manual(now);
        let running = Running::start(&store, &clock).await?;
        Ok(Self { folder: folder.to_owned(), copies: 0, clock, store, running })
    }

    /// Sets the server's clock.
    pub fn set_clock(&self, now: Timestamp) {
        self.clock.set(now);
    }

    /// Everybody and every department, as the server knows them now.
    pub fn directory(&self) -> Arc<Directory> {
        self.running.exchange.directory.current()
    }

    /// Which history the server tells.
    pub fn epoch(&self) -> &str {
        self.store.epoch()
    }

    /// Changes a person, as an admin does. Who is not active any more is signed out.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn change_person(&self, person: Person) -> Result<()> {
        let edit = |_: &Directory| Ok::<_, Infallible>(DirectoryEdit::ChangePerson(person, None));
        let Ok(_) = self.store.change_directory(edit).await?;
        self.running.exchange.directory.refresh(&self.store).await?;
        Ok(())
    }

    /// Takes pushes that have arrived together, in this order: each with who is signed in.
    pub async fn push(&self, pushes: Vec<(PersonId, Vec<u8>)>) -> Vec<Answer> {
        let exchange = &self.running.exchange;
        join_all(pushes.into_iter().map(|(person, body)| take_push(exchange.clone(), person, body))).await
    }

    /// The changes that wait for a decision, those that came first before others.
    ///
    /// # Errors
    /// When they can't be read.
    pub async fn parked(&self) -> Result<Vec<ParkedChange>> {
        Ok(self.store.undecided(|_| true, usize::MAX).await?.parked)
    }

    /// Decides on a parked change. What its author's device is told from now on; nothing, if this person may not decide on it.
    ///
    /// # Errors
    /// When the decision can't be written.
    pub async fn decide(
        &self,
        person: PersonId,
        change: ChangeId,
        why_not: Option<String>,
    ) -> Result<Option<Verdict>> {
        let exchange = &self.running.exchange;
        let Some(person) = signed_in(exchange, person) else { return Ok(None) };
        let ruling = why_not.map_or(Ruling::Admit, |why| Ruling::Decline { why });
        let decision = Decision { person, at: self.clock.now(), change, ruling };
        let decided = exchange.writer.decide(decision).await;
        decided.map_err(|_| anyhow!("a decision could not be written"))
    }

    /// Takes pushes and is killed over them: nobody is answered, and everything in memory is forgotten.
    ///
    /// # Errors
    /// When the server doesn't start again.
    pub async fn push_and_die(&mut self, pushes: Vec<(PersonId, Vec<u8>)>, death: Death) -> Result<()> {
        match death {
            Death::BeforeWriting => {
                // Whoever has the turn to write keeps the keeper from beginning.
                let store = self.store.clone();
                let _turn = store.writer().await;
                let push = |(person, body)| take_push(self.running.exchange.clone(), person, body);
                let waiting: Vec<_> = pushes.into_iter().map(push).map(tokio::spawn).collect();
                // The desk is through when it has looked up what it had to; that it gets so far is not certain, and makes no
                // difference to anybody.
                for _ in 0..8 {
                    store.directory_revision().await?;
                }
                for task in waiting {
                    task.abort();
                }
                self.running.kill().await;
            }
            Death::BeforeAnswering => drop(self.push(pushes).await),
        }
        self.restart().await
    }

    /// Takes pushes while nothing can be written.
    ///
    /// # Errors
    /// When the database can't be asked to refuse.
    pub async fn push_while_full(&self, pushes: Vec<(PersonId, Vec<u8>)>) -> Result<Vec<Answer>> {
        self.store.set_full(true).await?;
        let answers = self.push(pushes).await;
        self.store.set_full(false).await?;
        Ok(answers)
    }

    /// Answers a pull.
    pub async fn pull(&self, person: PersonId, body: &[u8]) -> Answer {
        let exchange = &self.running.exchange;
        let Some(person) = signed_in(exchange, person) else { return Answer::signed_out() };
        let Ok(request) = serde_json::from_slice::<PullRequest>(body) else {
            return Answer::of(SyncError::Malformed.into_response()).await;
        };
        Answer::of(exchange.pull(&person, &request).await.into_response()).await
    }

    /// Opens a stream of events after what the device has, told in the way it would ask for a page.
    ///
    /// # Errors
    /// With the answer that there is instead of a stream.
    pub async fn listen(&self, person: PersonId, has: &PullRequest) -> Result<Listener, Answer> {
        let exchange = &self.running.exchange;
        let Some(person) = signed_in(exchange, person) else { return Err(Answer::signed_out()) };
        let from = From {
            epoch: has.cursor.as_ref().map(|cursor| cursor.epoch.clone()).unwrap_or_default(),
            seq: has.cursor.as_ref().map(|cursor| cursor.seq).unwrap_or_default(),
            scope: has.scope.clone(),
            directory: has.directory,
            device: None,
        };
        let mut directories = exchange.directory.subscribe();
        let id = person.id;
        let ends = Ends {
            session_ended: Box::pin(async move {
                let is_active =
                    |directory: &Arc<Directory>| directory.person(id).is_some_and(|person| person.active);
                directories.wait_for(|directory| !is_active(directory)).await.is_ok()
            }),
            stopping: Box::pin(std::future::pending()),
        };
        match exchange.listen(&person, from, ends).await {
            Ok(stream) => Ok(Listener { stream: Box::pin(stream), is_open: true }),
            Err(error) => Err(Answer::of(error.into_response()).await),
        }
    }

    /// Is killed, and starts again: everything in memory is forgotten, and all streams end.
    ///
    /// # Errors
    /// When it doesn't start again.
    pub async fn restart(&mut self) -> Result<()> {
        self.running.kill().await;
        self.running = Running::start(&self.store, &self.clock).await?;
        Ok(())
    }

    /// Is backed up, and tells everybody who listens.
    ///
    /// # Errors
    /// When the copy can't be written.
    pub async fn back_up(&mut self) -> Result<Backup> {
        let folder = self.next_folder();
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(store::FILE);
        self.store.copy_into(&file).await?;
        let bytes = std::fs::metadata(&file)?.len();
        let mut copy = DatabaseFile::of_backup(file).await?;
        let (epoch, head) = copy.end().await?;
        copy.close().await?;
        let (seq, arrived) = (head.seq, head.arrived);
        self.store.note_backup(&BackupMade { epoch, seq, arrived, made_at: self.clock.now(), bytes }).await?;
        self.running.hear_of_backup(&self.store).await?;
        Ok(Backup { folder, made_at: self.clock.now() })
    }

    /// Goes back to an earlier state, which begins another history under this name.
    ///
    /// # Errors
    /// When it doesn't start again.
    pub async fn restore(&mut self, backup: &Backup, epoch: &str) -> Result<()> {
        self.running.kill().await;
        let folder = self.next_folder();
        copy_files(&backup.folder, &folder)?;
        Store::open_unflushed(&folder).await?.begin_history(epoch, backup.made_at, self.clock.now()).await?;
        self.store = Store::open_unflushed(&folder).await?;
        self.running = Running::start(&self.store, &self.clock).await?;
        Ok(())
    }

    /// What the record holds after a place, in its order.
    ///
    /// # Errors
    /// When something can't be read.
    pub async fn recorded_after(&self, seq: u64) -> Result<Vec<(u64, Recorded)>> {
        let read = |(seq, body): (u64, String)| Ok((seq, serde_json::from_str(&body)?));
        self.store.changes_after(seq).await?.into_iter().map(read).collect()
    }

    /// The number of a ticket.
    ///
    /// # Errors
    /// When the ticket can't be read.
    pub async fn number_of(&self, ticket: TicketId) -> Result<Option<TicketNumber>> {
        Ok(self.store.document(ticket).await?.and_then(|document| document.number))
    }

    /// Whether the chain of hashes holds from the first change to the last, and how many there are.
    ///
    /// # Errors
    /// When the record can't be read.
    pub async fn count_chain(&self) -> Result<Option<u64>> {
        match self.store.verify_chain().await? {
            Verified::Whole { changes } => Ok(Some(changes)),
            Verified::Broken { .. } | Verified::CutShort { .. } => Ok(None),
        }
    }

    fn next_folder(&mut self) -> PathBuf {
        self.copies += 1;
        self.folder.join(self.copies.to_string())
    }
}

impl Running {
    async fn start(store: &Store, clock: &Clock) -> Result<Self> {
        let directory = DirectoryCache::load(store).await?;
        let hub = Hub::new();
        let (writer, desk, keeper) =
            Writer::prepare(store.clone(), directory.clone(), hub.clone(), UTC_OFFSET_MINUTES);
        let tasks = vec![tokio::spawn(desk), tokio::spawn(keeper)];
        let exchange = Exchange::new(store.clone(), directory, writer, hub, clock.clone());
        let running = Self { exchange, tasks };
        running.hear_of_backup(store).await?;
        Ok(running)
    }

    async fn hear_of_backup(&self, store: &Store) -> Result<()> {
        let last = store.last_backup().await?;
        self.exchange.hub.back_up(last.as_ref().map(BackupMade::told));
        Ok(())
    }

    async fn kill(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        for task in self.tasks.drain(..) {
            // That it was cancelled is what was wanted.
            let _ = task.await;
        }
    }
}

impl Answer {
    async fn of(response: Response) -> Self {
        let (head, body) = response.into_parts();
        let retry_after =
            head.headers.get("retry-after").and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
        Self { status: head.status.as_u16(), retry_after_seconds: retry_after, body: body.to_vec() }
    }

    fn signed_out() -> Self {
        Self { status: 401, retry_after_seconds: None, body: Vec::new() }
    }
}

impl Listener {
    /// What has been sent since the last look.
    pub fn hear(&mut self) -> Vec<u8> {
        let mut heard = Vec::new();
        while self.is_open {
            match unconstrained(self.stream.next()).now_or_never() {
                Some(Some(Ok(bytes))) => heard.extend_from_slice(&bytes),
                Some(None) => self.is_open = false,
                None => break,
            }
        }
        heard
    }

    /// Whether there may be more to come.
    pub const fn is_open(&self) -> bool {
        self.is_open
    }
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener").field("is_open", &self.is_open).finish_non_exhaustive()
    }
}

async fn take_push(exchange: Exchange, person: PersonId, body: Vec<u8>) -> Answer {
    let Some(person) = signed_in(&exchange, person) else { return Answer::signed_out() };
    if body.len() > BODY_BYTES {
        return Answer::of(SyncError::TooLarge.into_response()).await;
    }
    Answer::of(exchange.push(person, &body).await.map(Json).into_response()).await
}

/// The person, if they can be signed in.
fn signed_in(exchange: &Exchange, person: PersonId) -> Option<Person> {
    exchange.directory.current().person(person).filter(|person| person.active).cloned()
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
