//! The disk below the database, and how long its word can be taken.
//!
//! A confirmation is worth as much as the flush before it. When a flush has *failed*, the system may have dropped what it could not
//! write, and go on showing it to whoever reads, as if it were on the disk; the next flush then succeeds without it. So:
//!
//! - From a failed flush on nothing is written or confirmed any more ([`Trust`]). The server ends, and is started anew.
//! - A new start finds the write-ahead log as the system shows it. Before anything is built on it, it is
//!   [written again](Disk::write_again), word for word, and flushed: then it is on the disk, or the start fails.
//!
//! The database's own file needs nothing of the kind: SQLite brings pages from the log into it again until a flush of it has
//! succeeded, and keeps the log as long.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use tokio::sync::watch;

use super::{READERS, StoreError};

/// How much of the log is held in memory while it is written again.
const PIECE: usize = 1024 * 1024;

/// What a database lies on: the machine's disk in service, one whose power can be cut in tests.
#[derive(Debug, Clone)]
pub(crate) enum Disk {
    /// The machine's disk.
    System,
    /// The machine's disk, for simulations that are over before its power goes: nobody waits for it.
    Unflushed,
    /// Loses what was not flushed, runs full and fails as a test wants it to.
    #[cfg(test)]
    Modelled {
        /// The disk.
        disk: powercut::Disk,
        /// What SQLite waits for before it says that something is written.
        synchronous: SqliteSynchronous,
    },
}

impl Disk {
    /// How many connections read at the same time. In a simulation one thing happens after the other.
    pub(super) const fn readers(&self) -> u32 {
        if matches!(self, Self::Unflushed) { 1 } else { READERS }
    }

    /// Has SQLite use this disk.
    pub(super) fn prepare(&self, options: SqliteConnectOptions) -> SqliteConnectOptions {
        match self {
            Self::System => options,
            Self::Unflushed => options.synchronous(SqliteSynchronous::Off),
            #[cfg(test)]
            Self::Modelled { synchronous, .. } => {
                // Short tests, too, see the log brought into the database and begun anew.
                let options = options.pragma("wal_autocheckpoint", "50");
                options.vfs(powercut::VFS).synchronous(*synchronous)
            }
        }
    }

    /// Writes what a file holds to the same places once more, and flushes it. Whatever the system only believed to be on the
    /// disk is there then. No file is as good as an empty one.
    pub(super) fn write_again(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::System | Self::Unflushed => write_again(path),
            #[cfg(test)]
            Self::Modelled { disk, .. } => {
                let name = path.file_name().map(std::ffi::OsStr::to_string_lossy);
                disk.write_again(&name.unwrap_or_default())
            }
        }
    }
}

fn write_again(path: &Path) -> io::Result<()> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut piece = vec![0; PIECE];
    let mut at = 0;
    loop {
        let length = file.read_at(&mut piece, at)?;
        if length == 0 {
            break;
        }
        file.write_all_at(&piece[..length], at)?;
        at += length as u64;
    }
    file.sync_all()?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Whether the disk's word can still be taken. All clones lose it together, for good.
#[derive(Debug, Clone)]
pub(crate) struct Trust(Arc<watch::Sender<bool>>);

impl Trust {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(true)))
    }

    /// Lets nobody write or confirm anything on a disk that has failed to flush.
    ///
    /// # Errors
    /// When it has.
    pub(crate) fn require(&self) -> Result<(), StoreError> {
        if *self.0.borrow() { Ok(()) } else { Err(StoreError::Distrusted) }
    }

    /// Takes note that a flush of something beside the database has failed.
    pub(crate) fn lose(&self) {
        self.0.send_replace(false);
    }

    /// Waits until a flush has failed, which may be never.
    pub(crate) async fn lost(&self) {
        // The sender lives as long as `self`, so waiting can't fail.
        let _ = self.0.subscribe().wait_for(|trusted| !trusted).await;
    }

    /// Takes note of what a failure says about the disk.
    pub(super) fn note(&self, error: &StoreError) {
        if error.is_failed_flush() {
            self.0.send_replace(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_written_again_holds_what_it_held() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let content: Vec<u8> = (0..PIECE * 2 + 17).map(|place| (place % 251) as u8).collect();
        std::fs::write(&path, &content).unwrap();
        Disk::System.write_again(&path).unwrap();
        assert!(std::fs::read(&path).unwrap() == content);
    }

    #[test]
    fn a_log_that_is_not_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        Disk::System.write_again(&path).unwrap();
        assert!(!path.exists());
    }
}
