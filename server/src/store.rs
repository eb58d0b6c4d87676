//! Where the server keeps things: one SQLite file, and the only place in the server that knows SQL.
//!
//! Many connections read, one writes. SQLite lets one connection write at a time anyway; with a single one of our own,
//! writers queue here, in the order in which they came, instead of polling a locked file. Rules of the business are not
//! here: this module keeps what it is given and finds it again. A second engine will bring a family of traits; until there
//! is one, [`Store`] is concrete.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
pub(crate) use sqlx::sqlite::SqliteConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, Sqlite, Transaction};
use tokio::sync::{Mutex, MutexGuard};

pub(crate) mod accounts;
mod bulk;
pub(crate) mod chain;
pub(crate) mod devices;
pub(crate) mod directory;
mod error;
pub(crate) mod ledger;
mod links;
pub(crate) mod policies;
mod pull;
pub(crate) mod rings;
mod rows;
mod scope;
pub(crate) mod sessions;
mod simulated;
pub(crate) mod tickets;

pub(crate) use error::StoreError;
pub(crate) use pull::{PageBounds, PageStart};

/// The database's file in the data directory.
const FILE: &str = "fieldloop.sqlite";
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
    writer: Arc<Mutex<SqliteConnection>>,
    epoch: Arc<str>,
}

/// The right to write, until it is dropped. Whoever holds it should not wait for anything but the database.
#[derive(Debug)]
pub(crate) struct WriteGuard<'s>(MutexGuard<'s, SqliteConnection>);

impl Store {
    /// Opens the database in `data_dir`, makes it if there is none, and brings its tables up to date.
    ///
    /// # Errors
    /// When the directory or the file can't be used, the SQLite library is too old, or a migration fails.
    pub(crate) async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(data_dir)
            .map_err(|source| StoreError::Directory { path: data_dir.to_owned(), source })?;
        let mut writer = connect_writer(data_dir, true).await?;
        MIGRATIONS.run(&mut writer).await.map_err(StoreError::Migrate)?;
        policies::publish_shipped(&mut writer).await?;
        Self::around(data_dir, writer).await
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
        let mut writer = connect_writer(data_dir, false).await?;
        let applied: Vec<i64> =
            sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success ORDER BY version")
                .fetch_all(&mut writer)
                .await
                .map_err(StoreError::because("ask which version made the tables"))?;
        if !applied.iter().eq(MIGRATIONS.iter().map(|migration| &migration.version)) {
            return Err(StoreError::OtherVersion);
        }
        Self::around(data_dir, writer).await
    }

    async fn around(data_dir: &Path, mut writer: SqliteConnection) -> Result<Self, StoreError> {
        let path = data_dir.join(FILE);
        let epoch = epoch(&mut writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            // A file doesn't hang up: there is nothing to find out by asking first.
            .test_before_acquire(false)
            .connect_with(options(&path).pragma("query_only", "on"))
            .await
            .map_err(|source| StoreError::Open { path, source })?;
        Ok(Self { readers, writer: Arc::new(Mutex::new(writer)), epoch: epoch.into() })
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
        WriteGuard(self.writer.lock().await)
    }

    /// Which history this database holds: another one after a restore from a backup.
    pub(crate) fn epoch(&self) -> &str {
        &self.epoch
    }
}

#[cfg(test)]
impl Store {
    /// Runs SQL that the server never would: what an intruder or a broken disk does to the tables.
    pub(crate) async fn run_sql(&self, sql: &'static str) {
        let mut turn = self.writer().await;
        let mut transaction = turn.begin().await.unwrap();
        sqlx::raw_sql(sql).execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
    }
}

impl WriteGuard<'_> {
    /// Begins a transaction that is certain to be able to write. Dropped without a commit, it leaves nothing behind.
    ///
    /// # Errors
    /// When the database can't be written.
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_, Sqlite>, StoreError> {
        self.0.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::because("begin to write"))
    }
}

async fn connect_writer(data_dir: &Path, create: bool) -> Result<SqliteConnection, StoreError> {
    let path = data_dir.join(FILE);
    let options = options(&path).pragma("cache_size", PAGE_CACHE).create_if_missing(create);
    let mut writer = options.connect().await.map_err(|source| StoreError::Open { path, source })?;
    require_library(&mut writer).await?;
    Ok(writer)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .statement_cache_capacity(STATEMENTS)
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

fn parse_version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?))
}

/// Reads the epoch, or draws one on the first start.
async fn epoch(connection: &mut SqliteConnection) -> Result<String, StoreError> {
    let drawn = format!("{:032x}", rand::random::<u128>());
    let trying = StoreError::because("read the epoch");
    sqlx::query("INSERT INTO server (only_row, epoch) VALUES (1, ?) ON CONFLICT DO NOTHING")
        .bind(drawn)
        .execute(&mut *connection)
        .await
        .map_err(StoreError::because("draw an epoch"))?;
    sqlx::query_scalar("SELECT epoch FROM server").fetch_one(connection).await.map_err(trying)
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
