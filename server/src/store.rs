//! Where the server keeps things: one SQLite file, and the only place in the server that knows SQL.
//!
//! Many connections read, one writes. SQLite lets one connection write at a time anyway; with a single one of our own,
//! writers queue here, in the order in which they came, instead of polling a locked file. Rules of the business are not
//! here: this module keeps what it is given and finds it again. A second engine will bring a family of traits; until there
//! is one, [`Store`] is concrete.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use sqlx::pool::PoolConnection;
pub(crate) use sqlx::sqlite::SqliteConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Sqlite, Transaction};
use tokio::sync::{Mutex, MutexGuard};

pub(crate) mod accounts;
pub(crate) mod backups;
mod bulk;
pub(crate) mod chain;
pub(crate) mod devices;
pub(crate) mod directory;
mod disk;
mod error;
pub(crate) mod files;
pub(crate) mod ledger;
mod links;
pub(crate) mod parked;
mod place;
pub(crate) mod policies;
#[cfg(test)]
mod power_cuts;
mod pull;
pub(crate) mod rescue;
pub(crate) mod rings;
mod rows;
mod scope;
pub(crate) mod sessions;
pub(crate) mod set_aside;
mod simulated;
pub(crate) mod tablets;
pub(crate) mod tickets;
#[cfg(test)]
mod upgrades;
pub(crate) mod verify;

pub(crate) use disk::{Disk, Trust};
pub(crate) use error::StoreError;
pub(crate) use pull::{PageBounds, PageStart};

/// The database's file in the data directory, and in a backup.
pub(crate) const FILE: &str = "fieldloop.sqlite";
/// Older libraries can corrupt a database whose write-ahead log is reset while it is read.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);
/// Connections that read at the same time.
const READERS: u32 = 8;
/// How long a connection waits for a lock held by another process (a backup, a curious administrator).
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Pages in the write-ahead log from which on it is brought into the database. A multiple of what SQLite does by itself:
/// the larger the log, the fewer times a page that changes again and again is written, and the fewer commits wait for it.
const CHECKPOINT_PAGES: &str = "4000";
/// The writer's memory for pages, as SQLite wants it: kibibytes, negative. Enough for the upper levels of all indexes of a large company.
const PAGE_CACHE: &str = "-16384";
/// Compiled statements kept by each connection.
const STATEMENTS: usize = 200;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// The server's memory. Cheap to clone: all clones share the same connections.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    readers: SqlitePool,
    writer: Arc<Mutex<Writer>>,
    epoch: Arc<str>,
    restored_at: Option<Timestamp>,
    trust: Trust,
}

/// The connection that writes, and how to make another one like it.
#[derive(Debug)]
struct Writer {
    connection: SqliteConnection,
    options: SqliteConnectOptions,
}

/// The right to write, until it is dropped. Whoever holds it should not wait for anything but the database.
#[derive(Debug)]
pub(crate) struct WriteGuard<'s> {
    writer: MutexGuard<'s, Writer>,
    trust: &'s Trust,
}

/// A transaction that is certain to be able to write. Dropped without a commit, it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct WriteTransaction<'w> {
    transaction: Transaction<'w, Sqlite>,
    trust: &'w Trust,
}

impl Store {
    /// Opens the database in `data_dir`, makes it if there is none, and brings its tables up to date.
    ///
    /// # Errors
    /// When the directory or the file can't be used, the SQLite library is too old, or a migration fails.
    pub(crate) async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        Self::open_on(data_dir, Disk::System).await
    }

    /// As [`Self::open`], on a disk of any kind.
    pub(crate) async fn open_on(data_dir: &Path, disk: Disk) -> Result<Self, StoreError> {
        std::fs::create_dir_all(data_dir)
            .map_err(|source| StoreError::Directory { path: data_dir.to_owned(), source })?;
        place::require_reliable(data_dir)?;
        let mut writer = Writer::connect(writing(data_dir, &disk).create_if_missing(true)).await?;
        make_log_certain(&mut writer.connection, data_dir, &disk).await?;
        MIGRATIONS.run(&mut writer.connection).await.map_err(StoreError::Migrate)?;
        policies::publish_shipped(&mut writer.connection).await?;
        rescue::keep_first(&mut writer.connection).await?;
        Self::around(data_dir, writer, &disk).await
    }

    /// Whether there is a database in `data_dir`.
    pub(crate) fn is_in(data_dir: &Path) -> bool {
        data_dir.join(FILE).is_file()
    }

    /// Opens the database in `data_dir` beside a server that may be using it.
    ///
    /// # Errors
    /// When there is none, or its tables are not this version's.
    pub(crate) async fn open_as_it_is(data_dir: &Path) -> Result<Self, StoreError> {
        let mut writer = Writer::connect(writing(data_dir, &Disk::System)).await?;
        require_our_tables(&mut writer.connection).await?;
        Self::around(data_dir, writer, &Disk::System).await
    }

    async fn around(data_dir: &Path, mut writer: Writer, disk: &Disk) -> Result<Self, StoreError> {
        let (epoch, restored_at) = history(&mut writer.connection).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(disk.readers())
            // A file doesn't hang up: there is nothing to find out by asking first.
            .test_before_acquire(false)
            .after_release(|connection, _| Box::pin(has_come_to_rest(connection)))
            .connect_with(options(data_dir, disk).pragma("query_only", "on"))
            .await
            .map_err(|source| StoreError::Open { path: data_dir.join(FILE), source })?;
        let writer = Arc::new(Mutex::new(writer));
        Ok(Self { readers, writer, epoch: epoch.into(), restored_at, trust: Trust::new() })
    }

    /// The connections that read. Each statement sees what was committed when it began; use a transaction to see one
    /// state in several statements.
    pub(crate) const fn reader(&self) -> &SqlitePool {
        &self.readers
    }

    /// A connection that reads.
    ///
    /// # Errors
    /// When the database can't be opened.
    pub(crate) async fn read(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        self.readers.acquire().await.map_err(StoreError::because("begin to read"))
    }

    /// Waits for the turn to write.
    pub(crate) async fn writer(&self) -> WriteGuard<'_> {
        WriteGuard { writer: self.writer.lock().await, trust: &self.trust }
    }

    /// Whether what is written is certain to be on the disk.
    pub(crate) const fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Which history this database holds: another one after a restore from a backup.
    pub(crate) fn epoch(&self) -> &str {
        &self.epoch
    }

    /// When this database was restored from a backup; nothing, if it never was.
    pub(crate) const fn restored_at(&self) -> Option<Timestamp> {
        self.restored_at
    }
}

#[cfg(test)]
impl Store {
    /// Runs SQL that the server never would: what an intruder or a broken disk does to the tables.
    pub(crate) async fn run_sql(&self, sql: &'static str) {
        assert!(self.lets_pass(sql).await, "{sql}");
    }

    /// The same, where the database may refuse it.
    pub(crate) async fn lets_pass(&self, sql: &'static str) -> bool {
        let mut turn = self.writer().await;
        let mut transaction = turn.begin().await.unwrap();
        let passed = sqlx::raw_sql(sql).execute(&mut *transaction).await.is_ok();
        transaction.commit("commit what the server never would").await.unwrap();
        passed
    }
}

impl WriteGuard<'_> {
    /// Begins a transaction.
    ///
    /// # Errors
    /// When the database can't be written.
    pub(crate) async fn begin(&mut self) -> Result<WriteTransaction<'_>, StoreError> {
        self.trust.require()?;
        self.writer.come_to_rest().await?;
        let begun = self.writer.connection.begin_with("BEGIN IMMEDIATE").await;
        let transaction = begun.map_err(StoreError::because("begin to write"))?;
        Ok(WriteTransaction { transaction, trust: self.trust })
    }
}

impl WriteTransaction<'_> {
    /// Makes everything in the transaction last.
    ///
    /// # Errors
    /// When it doesn't; then nothing of it does, as far as anybody may rely on it. After a failed flush nothing is written any
    /// more.
    pub(crate) async fn commit(self, trying: &'static str) -> Result<(), StoreError> {
        let committed = self.transaction.commit().await.map_err(StoreError::because(trying));
        committed.inspect_err(|error| self.trust.note(error))
    }
}

impl Deref for WriteTransaction<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.transaction
    }
}

impl DerefMut for WriteTransaction<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }
}

impl Writer {
    async fn connect(options: SqliteConnectOptions) -> Result<Self, StoreError> {
        let connected = options.connect().await;
        let path = || options.get_filename().to_owned();
        let mut connection = connected.map_err(|source| StoreError::Open { path: path(), source })?;
        require_library(&mut connection).await?;
        Ok(Self { connection, options })
    }

    /// Makes sure that a transaction can be begun.
    async fn come_to_rest(&mut self) -> Result<(), StoreError> {
        let rested = has_come_to_rest(&mut self.connection).await;
        if !rested.map_err(StoreError::because("end what was begun before"))? {
            *self = Self::connect(self.options.clone()).await?;
        }
        Ok(())
    }
}

/// Whether a connection is outside of any transaction once all has been done that it was told to. After some failures, a full disk
/// among them, SQLite ends a transaction by itself; sqlx doesn't notice, and would neither begin another one nor let what is
/// read be up to date.
async fn has_come_to_rest(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if !connection.is_in_transaction() {
        return Ok(true);
    }
    // What was dropped without a commit is being undone; an answer comes after that.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// Sees to it that what the write-ahead log shows is on the disk, before anything is built on it.
async fn make_log_certain(
    writer: &mut SqliteConnection,
    data_dir: &Path,
    disk: &Disk,
) -> Result<(), StoreError> {
    let path = data_dir.join(format!("{FILE}-wal"));
    // As long as it lasts, no other process writes to the log.
    let turn = writer.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::because("begin to write"))?;
    disk.write_again(&path).map_err(|source| StoreError::Log { path, source })?;
    turn.rollback().await.map_err(StoreError::because("leave everything as it was"))
}

fn writing(data_dir: &Path, disk: &Disk) -> SqliteConnectOptions {
    options(data_dir, disk).pragma("cache_size", PAGE_CACHE)
}

fn options(data_dir: &Path, disk: &Disk) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(data_dir.join(FILE))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .statement_cache_capacity(STATEMENTS);
    disk.prepare(options)
}

async fn require_library(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let version: String = sqlx::query_scalar("SELECT sqlite_version()")
        .fetch_one(connection)
        .await
        .map_err(StoreError::because("ask for the version of SQLite"))?;
    if parse_version(&version).is_some_and(|version| version >= OLDEST_SQLITE) {
        Ok(())
    } else {
        Err(StoreError::OldLibrary { version })
    }
}

/// Which steps have made the tables what they are.
async fn applied_migrations(connection: &mut SqliteConnection) -> Result<Vec<i64>, StoreError> {
    sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success ORDER BY version")
        .fetch_all(connection)
        .await
        .map_err(StoreError::because("ask which version made the tables"))
}

async fn require_our_tables(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let applied = applied_migrations(connection).await?;
    let are_ours = applied.iter().eq(MIGRATIONS.iter().map(|migration| &migration.version));
    if are_ours { Ok(()) } else { Err(StoreError::OtherVersion) }
}

fn parse_version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?))
}

/// The name of a history that there has never been.
fn draw_epoch() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// Which history this is, drawn on the first start, and when it began with a restore, if it did.
async fn history(connection: &mut SqliteConnection) -> Result<(String, Option<Timestamp>), StoreError> {
    let trying = StoreError::because("read which history this is");
    sqlx::query("INSERT INTO server (only_row, epoch) VALUES (1, ?) ON CONFLICT DO NOTHING")
        .bind(draw_epoch())
        .execute(&mut *connection)
        .await
        .map_err(StoreError::because("draw an epoch"))?;
    let row: (String, Option<i64>) = sqlx::query_as("SELECT epoch, restored_at FROM server")
        .fetch_one(connection)
        .await
        .map_err(trying)?;
    Ok((row.0, row.1.map(Timestamp::from_millis)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number_not_by_letter() {
        assert!(parse_version("3.51.3") >= Some(OLDEST_SQLITE));
        assert!(parse_version("3.9.0") < Some(OLDEST_SQLITE));
        assert_eq!(parse_version("3.51"), None);
    }

    #[tokio::test]
    async fn a_database_keeps_its_epoch_when_it_is_opened_again() {
        let directory = tempfile::tempdir().unwrap();
        let first = Store::open(directory.path()).await.unwrap().epoch().to_owned();
        assert_eq!(first.len(), 32);
        assert_eq!(Store::open(directory.path()).await.unwrap().epoch(), first);
    }

    #[tokio::test]
    async fn a_reading_connection_can_not_write() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let written = sqlx::query("DELETE FROM numbers").execute(store.reader()).await;
        assert!(written.is_err());
    }

    #[tokio::test]
    async fn an_abandoned_transaction_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let mut guard = store.writer().await;
        let mut transaction = guard.begin().await.unwrap();
        sqlx::query("INSERT INTO numbers (month, last) VALUES (202611, 1)")
            .execute(&mut *transaction)
            .await
            .unwrap();
        drop(transaction);
        drop(guard);
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM numbers").fetch_one(store.reader()).await.unwrap();
        assert_eq!(count, 0);
    }
}
