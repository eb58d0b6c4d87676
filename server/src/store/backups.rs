//! Backups: copying the database beside a running server, knowing which copies were made, and going on from one.

use std::path::{Path, PathBuf};

use domain::Timestamp;
use domain::ticket::Month;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};
use sync::messages::Backup;

use super::disk::Disk;
use super::files::StoredFile;
use super::verify::{Examined, examine};
use super::{MIGRATIONS, Store, StoreError, draw_epoch, files, ledger, options, require_our_tables};

/// Numbers of a month's tickets that are passed over when a backup is restored, beside one for each ten seconds since: more than the history
/// that was lost can have given.
const NUMBERS_PASSED_OVER: i64 = 1_000;
/// No company registers tickets faster than this, for long.
const A_NUMBER_EVERY_MS: i64 = 10_000;
/// How far the directory's revision, which no person ever sees, is moved on, beside the milliseconds since.
const DIRECTORY_LEAP: i64 = 1_000_000;
/// Clocks are at most so far ahead of or behind UTC.
const MOST_OFFSET_MINUTES: i32 = 14 * 60;

/// A backup that was made and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BackupMade {
    /// Which history it is of.
    pub(crate) epoch: String,
    /// The last change in it.
    pub(crate) seq: u64,
    /// When that arrived.
    pub(crate) arrived: Timestamp,
    /// When the backup was made.
    pub(crate) made_at: Timestamp,
    /// How large it is.
    pub(crate) bytes: u64,
}

impl BackupMade {
    /// What devices are told of it.
    pub(crate) const fn told(&self) -> Backup {
        Backup { seq: self.seq, arrived: self.arrived }
    }
}

impl Store {
    /// Writes a copy of the whole database, as it is at one moment, into a file that does not exist yet. Nobody waits for it.
    ///
    /// # Errors
    /// When the database can't be read or the file can't be written. What was written of it stays.
    pub(crate) async fn copy_into(&self, file: &Path) -> Result<(), StoreError> {
        let Some(name) = file.to_str() else {
            return Err(StoreError::NameIsNoText { path: file.to_owned() });
        };
        let mut turn = self.writer().await;
        sqlx::query("VACUUM INTO ?")
            .bind(name)
            .execute(&mut turn.writer.connection)
            .await
            .map_err(StoreError::because("write a copy of itself"))?;
        Ok(())
    }

    /// Notes that a backup was made, so that the running server hears of it.
    ///
    /// # Errors
    /// When the database can't be written.
    pub(crate) async fn note_backup(&self, backup: &BackupMade) -> Result<(), StoreError> {
        let trying = "note a backup";
        let mut turn = self.writer().await;
        let mut transaction = turn.begin().await?;
        sqlx::query("INSERT INTO backups (epoch, seq, arrived, made_at, bytes) VALUES (?, ?, ?, ?, ?)")
            .bind(&backup.epoch)
            .bind(backup.seq.cast_signed())
            .bind(backup.arrived.as_millis())
            .bind(backup.made_at.as_millis())
            .bind(backup.bytes.cast_signed())
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::because(trying))?;
        transaction.commit(trying).await
    }

    /// The backup of this history that reaches furthest, if there is one.
    ///
    /// # Errors
    /// When the database can't be read.
    pub(crate) async fn last_backup(&self) -> Result<Option<BackupMade>, StoreError> {
        let last: Option<(i64, i64, i64, i64)> = sqlx::query_as(
            "SELECT seq, arrived, made_at, bytes FROM backups WHERE epoch = ? ORDER BY seq DESC, id DESC LIMIT 1",
        )
        .bind(self.epoch())
        .fetch_optional(self.reader())
        .await
        .map_err(StoreError::because("look for the last backup"))?;
        Ok(last.map(|(seq, arrived, made_at, bytes)| BackupMade {
            epoch: self.epoch().to_owned(),
            seq: seq.cast_unsigned(),
            arrived: Timestamp::from_millis(arrived),
            made_at: Timestamp::from_millis(made_at),
            bytes: bytes.cast_unsigned(),
        }))
    }
}

/// A database that is opened by itself, with nothing but one connection.
#[derive(Debug)]
pub(crate) struct DatabaseFile {
    connection: SqliteConnection,
}

impl DatabaseFile {
    /// Opens what a server keeps in its data folder, to read it, whether or not the server is running.
    ///
    /// # Errors
    /// When it can't be opened, or its tables are not this version's.
    pub(crate) async fn of_server(data_dir: &Path) -> Result<Self, StoreError> {
        let path = data_dir.join(super::FILE);
        let options = options(data_dir, &Disk::System).pragma("query_only", "on");
        let mut file = Self::connect(options, path).await?;
        require_our_tables(&mut file.connection).await?;
        Ok(file)
    }

    /// Opens a copy that nobody writes any more. Leaves no trace beside it.
    ///
    /// # Errors
    /// When it can't be opened, or its tables are not this version's.
    pub(crate) async fn of_backup(path: PathBuf) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new().filename(&path).read_only(true).immutable(true);
        let mut file = Self::connect(options, path).await?;
        require_our_tables(&mut file.connection).await?;
        Ok(file)
    }

    /// Opens a copy of a backup that a server is to go on with, and brings its tables up to date.
    ///
    /// # Errors
    /// When it can't be opened, or comes from a newer version.
    pub(crate) async fn to_be_restored(path: PathBuf) -> Result<Self, StoreError> {
        // Without a write-ahead log: whatever is written must be in the one file that is moved to its place.
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Delete)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true);
        let mut file = Self::connect(options, path).await?;
        let applied = super::applied_migrations(&mut file.connection).await?;
        if applied.iter().any(|version| !MIGRATIONS.version_exists(*version)) {
            return Err(StoreError::OtherVersion);
        }
        MIGRATIONS.run(&mut file.connection).await.map_err(StoreError::Migrate)?;
        Ok(file)
    }

    async fn connect(options: SqliteConnectOptions, path: PathBuf) -> Result<Self, StoreError> {
        let connection = options.connect().await.map_err(|source| StoreError::Open { path, source })?;
        Ok(Self { connection })
    }

    /// Looks at everything in it, as it is at one moment.
    ///
    /// # Errors
    /// When nothing can be read. Damage that is found is an answer, not an error.
    pub(crate) async fn examine(&mut self) -> Result<Examined, StoreError> {
        examine(&mut self.connection).await
    }

    /// Where its record ends, and which history that is of.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) async fn end(&mut self) -> Result<(String, ledger::Head), StoreError> {
        let epoch = sqlx::query_scalar("SELECT epoch FROM server")
            .fetch_one(&mut self.connection)
            .await
            .map_err(StoreError::because("read the epoch"))?;
        Ok((epoch, ledger::head(&mut self.connection).await?))
    }

    /// Makes it the beginning of another history, and takes out what must not come back to life: who was signed in, links that
    /// may have been used since, news that has long been on its way, and backups of the history that ends here. Numbers that
    /// the lost server may have given out since the copy was made are left out, so that none of them is given a second time.
    ///
    /// # Errors
    /// When it can't be written. Then nothing was.
    pub(crate) async fn begin_anew(&mut self, made_at: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        let failed = || StoreError::because("begin another history");
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed())?;
        begin_history(&mut transaction, &draw_epoch(), made_at, now).await?;
        // What was on its way is not in a backup: only whole files are.
        for table in [
            "DELETE FROM backups",
            "DELETE FROM sessions",
            "DELETE FROM one_time_links",
            "DELETE FROM uploads",
        ] {
            sqlx::query(table).execute(&mut *transaction).await.map_err(failed())?;
        }
        sqlx::query(
            "UPDATE deliveries SET given_up_at = ?, trying_since = NULL, error = 'a backup was restored before it was delivered' \
             WHERE delivered_at IS NULL AND given_up_at IS NULL",
        )
        .bind(now.as_millis())
        .execute(&mut *transaction)
        .await
        .map_err(failed())?;
        transaction.commit().await.map_err(failed())
    }

    /// The files that it says are there.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) async fn files(&mut self) -> Result<Vec<StoredFile>, StoreError> {
        files::list(&mut self.connection).await
    }

    /// Closes the file. What was written is on disk.
    ///
    /// # Errors
    /// When SQLite could not end in order.
    pub(crate) async fn close(self) -> Result<(), StoreError> {
        self.connection.close().await.map_err(StoreError::because("close its file"))
    }
}

#[cfg(test)]
impl DatabaseFile {
    /// Opens a database for a test to do with it what the server never would.
    pub(crate) async fn to_be_tampered_with(path: PathBuf) -> Self {
        let options = SqliteConnectOptions::new().filename(&path).foreign_keys(false);
        Self::connect(options, path).await.unwrap()
    }

    /// Runs SQL.
    pub(crate) async fn run_sql(&mut self, sql: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut self.connection).await.unwrap();
    }

    /// Asks for a column of texts.
    pub(crate) async fn ask(&mut self, sql: &str) -> Vec<String> {
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut self.connection).await.unwrap()
    }
}

/// Says that from `now` on this is another history, of this name, which goes on from a backup that was `made_at` then.
///
/// # Errors
/// When it can't be written.
pub(super) async fn begin_history(
    connection: &mut SqliteConnection,
    epoch: &str,
    made_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let failed = || StoreError::because("begin another history");
    sqlx::query("UPDATE server SET epoch = ?, restored_at = ?")
        .bind(epoch)
        .bind(now.as_millis())
        .execute(&mut *connection)
        .await
        .map_err(failed())?;
    // It is all to come again.
    sqlx::query("DELETE FROM set_aside").execute(&mut *connection).await.map_err(failed())?;
    let head = ledger::head(connection).await?;
    // Without any change, the first one the lost server took can't have come before the backup was made.
    let since = if head.seq == 0 { made_at } else { head.arrived };
    sqlx::query("UPDATE directory SET revision = revision + ?")
        .bind(DIRECTORY_LEAP.saturating_add(now.millis_since(made_at).max(0)))
        .execute(&mut *connection)
        .await
        .map_err(failed())?;
    let passed_over = numbers_passed_over(since, now);
    for month in months(since, now) {
        sqlx::query(
            "INSERT INTO numbers (month, last) VALUES (?1, ?2) ON CONFLICT (month) DO UPDATE SET last = last + ?2",
        )
        .bind(ledger::stored_month(month))
        .bind(passed_over)
        .execute(&mut *connection)
        .await
        .map_err(failed())?;
    }
    Ok(())
}

/// How many numbers of a month's tickets are passed over on a server that goes on at `now` from a backup that ends at `since`. They belong
/// to tickets that devices bring back.
///
/// They grow with time, because the same backup may be restored again: then what the first restored server has given is lost as well.
pub(crate) fn numbers_passed_over(since: Timestamp, now: Timestamp) -> u32 {
    let for_time = now.millis_since(since).max(0) / A_NUMBER_EVERY_MS;
    u32::try_from(NUMBERS_PASSED_OVER.saturating_add(for_time)).unwrap_or(u32::MAX / 2)
}

/// The months in which the lost server may have given numbers to tickets, wherever on earth it stood.
fn months(since: Timestamp, now: Timestamp) -> Vec<Month> {
    let first = Month::of(since, -MOST_OFFSET_MINUTES);
    let last = Month::of(now.max(since), MOST_OFFSET_MINUTES);
    let mut months = vec![first];
    while let Some(month) = months.last().copied().filter(|month| *month < last) {
        let is_december = month.month == 12;
        months.push(Month {
            year: month.year + i32::from(is_december),
            month: if is_december { 1 } else { month.month + 1 },
        });
    }
    months
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_have_been_given_in_every_month_since_the_last_known_arrival() {
        let at =
            |text: &str| Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        let names = |from, until| {
            let months = months(at(from), at(until));
            months.iter().map(|month| month.year * 100 + month.month.cast_signed()).collect::<Vec<_>>()
        };
        assert_eq!(names("2026-11-15T00:00:00Z", "2026-11-16T00:00:00Z"), [202_611]);
        assert_eq!(names("2026-11-15T00:00:00Z", "2027-01-02T00:00:00Z"), [202_611, 202_612, 202_701]);
        assert_eq!(names("2026-11-30T23:00:00Z", "2026-11-30T23:00:00Z"), [202_611, 202_612], "further east");
        assert_eq!(names("2026-11-15T00:00:00Z", "2020-01-01T00:00:00Z"), [202_611], "a clock that is wrong");
    }
}
