//! What can go wrong between the server and its database.

use std::path::PathBuf;

/// Why the store could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The data directory can't be made or entered.
    #[error("the data directory {} can't be used", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The data directory is not on a disk of this machine.
    #[error(
        "the data directory {} lies on a network ({name}), where no database is safe; use a disk of this machine",
        path.display()
    )]
    Network {
        /// The directory.
        path: PathBuf,
        /// What the file system is called.
        name: &'static str,
    },
    /// The database can't be opened.
    #[error("the database {} can't be opened", path.display())]
    Open {
        /// Its file.
        path: PathBuf,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// SQLite takes the names of some files as text only.
    #[error("the name {} can't be used: it is not UTF-8", path.display())]
    NameIsNoText {
        /// The name.
        path: PathBuf,
    },
    /// The library could corrupt the database.
    #[error("SQLite {version} is too old to keep data safely; 3.51.3 or newer is needed")]
    OldLibrary {
        /// The version linked in.
        version: String,
    },
    /// The tables can't be brought up to date.
    #[error("the database can't be brought up to date")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// The tables were made by another version of the program.
    #[error(
        "the database was made by another version of Fieldloop; start this version's server once, or use the one that made it"
    )]
    OtherVersion,
    /// What the write-ahead log holds can't be made certain to be on the disk.
    #[error("the log {} can't be brought to the disk", path.display())]
    Log {
        /// Its file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A flush of the disk has failed: what the system shows may not be there.
    #[error("a flush of the disk has failed; nothing is written any more until the server is started anew")]
    Distrusted,
    /// The thread that writes can't be started.
    #[error("the thread that writes the record can't be started")]
    Thread(#[source] std::io::Error),
    /// A statement failed.
    #[error("the database could not {trying}")]
    Failed {
        /// What was being tried, as a verb with its object.
        trying: &'static str,
        /// What SQLite said.
        source: sqlx::Error,
    },
    /// Something stored can't be read any more.
    #[error("{table}.{column} of {row} holds something that can't be read: {problem}")]
    Unreadable {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
        /// What was wrong.
        problem: String,
    },
}

/// SQLite's codes (<https://sqlite.org/rescode.html>): no room, and what has to do with reading, writing and flushing. The lowest eight
/// bits of a code say what it is a kind of.
const FULL: i32 = 13;
const INPUT_OUTPUT: i32 = 10;
const READ: [i32; 2] = [266, 522];
const FLUSH: [i32; 2] = [1_034, 1_290];

impl StoreError {
    /// Whether something could not be written because of the disk. Sent again, it may go well: once there is room, or after
    /// the server was started anew.
    pub(crate) fn is_of_the_disk(&self) -> bool {
        matches!(self, Self::Distrusted)
            || self.code().is_some_and(|code| match code & 0xff {
                FULL => true,
                INPUT_OUTPUT => !READ.contains(&code),
                _ => false,
            })
    }

    /// Whether it says that a flush of the disk has failed.
    pub(super) fn is_failed_flush(&self) -> bool {
        self.code().is_some_and(|code| FLUSH.contains(&code))
    }

    /// What SQLite calls it.
    fn code(&self) -> Option<i32> {
        let (Self::Failed { source, .. } | Self::Open { source, .. }) = self else { return None };
        source.as_database_error()?.code()?.parse().ok()
    }

    /// Makes the error of a statement that was `trying` to do something.
    pub(crate) fn because(trying: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Failed { trying, source }
    }
}
