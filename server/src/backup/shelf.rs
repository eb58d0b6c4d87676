//! The folder that backups stand in, one beside the other.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::manifest::{self, Manifest};
use super::{UNFINISHED, disk};

/// What the names of backups begin with.
const PREFIX: &str = "fieldloop-";
/// What they go on with, any digit for each 0.
const STAMP: &str = "0000-00-00T000000Z";
/// Held while a backup is made: what is unfinished then is not left over.
const LOCK: &str = "backup.lock";

/// The folder that backups stand in, while one is being made.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: PathBuf,
    _lock: File,
}

impl Shelf {
    /// Opens the folder for another backup, and sweeps away what an interrupted one left behind.
    ///
    /// # Errors
    /// With a sentence, when it is not there or can't be written, or another backup is being made into it.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let shown = folder.display();
        match fs::metadata(folder) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => bail!("{shown} is not a folder; name the folder that backups are to stand in"),
            Err(error) => {
                return Err(error).with_context(|| {
                    format!("there is no folder {shown}: make it first, or mount the disk that it is on")
                });
            }
        }
        // SQLite takes a name that is absolute for what it is.
        let folder = folder.canonicalize().with_context(|| format!("{shown} can't be found"))?;
        let lock = File::create(folder.join(LOCK))
            .with_context(|| format!("nothing can be written into {shown}: give this user the right to"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("another backup is being made into {shown}; wait until it has ended")
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("{shown} can't be locked"));
            }
        }
        let shelf = Self { folder, _lock: lock };
        shelf
            .sweep()
            .with_context(|| format!("what an interrupted backup left in {shown} can't be removed"))?;
        Ok(shelf)
    }

    /// Where a backup of this name will stand.
    pub(super) fn place(&self, stamp: &str) -> PathBuf {
        self.folder.join(format!("{PREFIX}{stamp}"))
    }

    /// Whether something lies in a folder that is one of the shelf's, or below.
    pub(super) fn is_inside(&self, folder: &Path) -> bool {
        folder.canonicalize().is_ok_and(|folder| self.folder.starts_with(folder))
    }

    /// The newest complete backup, if there is any.
    pub(super) fn newest(&self) -> Result<Option<PathBuf>> {
        Ok(self.folders()?.into_iter().filter(|place| is_complete(place)).max())
    }

    /// Makes a finished backup count: it gets its name.
    pub(super) fn put(&self, unfinished: &Path, place: &Path) -> std::io::Result<()> {
        fs::rename(unfinished, place)?;
        disk::sync_folder(&self.folder)
    }

    /// Removes old backups, but for so many, the `newest` among them. Says which ones are gone.
    ///
    /// Only complete backups of ours are counted and removed.
    pub(super) fn keep(&self, newest: &Path, count: usize) -> Result<Vec<PathBuf>> {
        let mut older: Vec<_> =
            self.folders()?.into_iter().filter(|place| place != newest && is_complete(place)).collect();
        older.sort();
        older.truncate(older.len().saturating_sub(count.saturating_sub(1)));
        for place in &older {
            // First it stops being one: half a backup must not look like a whole one.
            let unfinished = unfinished(place);
            self.put(place, &unfinished)
                .and_then(|()| disk::remove(&unfinished))
                .with_context(|| format!("the old backup {} can't be removed", place.display()))?;
        }
        Ok(older)
    }

    fn sweep(&self) -> Result<()> {
        for left in self.folders()?.iter().filter(|place| is_unfinished(place)) {
            disk::remove(left)?;
        }
        Ok(())
    }

    /// All folders on the shelf.
    fn folders(&self) -> Result<Vec<PathBuf>> {
        let trying = || format!("{} can't be listed", self.folder.display());
        let mut folders = Vec::new();
        for entry in fs::read_dir(&self.folder).with_context(trying)? {
            let entry = entry.with_context(trying)?;
            // Links are somebody else's.
            if entry.file_type().with_context(trying)?.is_dir() {
                folders.push(entry.path());
            }
        }
        Ok(folders)
    }
}

/// What a backup is called until it is finished.
pub(super) fn unfinished(place: &Path) -> PathBuf {
    let mut name = place.as_os_str().to_owned();
    name.push(UNFINISHED);
    name.into()
}

/// Whether a folder has the name of a backup of ours that was not finished.
pub(super) fn is_unfinished(place: &Path) -> bool {
    name(place).and_then(|name| name.strip_suffix(UNFINISHED)).is_some_and(is_name)
}

/// Whether a folder has the name of a backup of ours.
pub(super) fn has_name(place: &Path) -> bool {
    name(place).is_some_and(is_name)
}

/// Whether a folder is a backup of ours that was finished.
fn is_complete(place: &Path) -> bool {
    has_name(place) && place.join(manifest::FILE).is_file() && Manifest::read(place).is_ok()
}

fn name(place: &Path) -> Option<&str> {
    place.file_name()?.to_str()
}

fn is_name(name: &str) -> bool {
    let Some(stamp) = name.strip_prefix(PREFIX) else { return false };
    let fits = |(is, form): (u8, u8)| if form == b'0' { is.is_ascii_digit() } else { is == form };
    stamp.len() == STAMP.len() && stamp.bytes().zip(STAMP.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_ours_are_taken_for_backups() {
        assert!(is_name("fieldloop-2026-11-22T010000Z"));
        assert!(is_unfinished(Path::new("/b/fieldloop-2026-11-22T010000Z.partial")));
        for other in
            ["fieldloop-2026-11-22", "fieldloop-2026-11-22T010000Z ", "fieldloop-2026-11-22T01000xZ", "mine"]
        {
            assert!(!is_name(other), "{other}");
            assert!(!is_unfinished(&Path::new("/b").join(format!("{other}.partial"))), "{other}");
        }
    }

    #[test]
    fn two_backups_are_never_made_into_one_folder_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = Shelf::open(folder.path()).unwrap();
        let refused = Shelf::open(folder.path()).unwrap_err().to_string();
        assert!(refused.starts_with("another backup is being made"), "{refused}");
        drop(first);
        assert!(Shelf::open(folder.path()).is_ok());
    }
}
