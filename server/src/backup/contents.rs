//! The files in a backup: those that the database copied into it says are there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::disk::{self, Sum};
use super::manifest::Entry;
use crate::files::place_of;
use crate::store::files::StoredFile;
use crate::store::verify::Fault;

/// Files that were brought into a backup.
#[derive(Debug, Default)]
pub(super) struct Brought {
    pub(super) entries: Vec<Entry>,
    /// Those that an earlier backup has, too: read just now, so that they need not be read again.
    pub(super) linked: BTreeSet<String>,
}

/// Brings files from the data folder into a backup. What the `previous` backup has is not copied again: the same bytes get a second
/// name, where the disk can do that. They are read all the same, so that no backup goes on with another one's damage.
pub(super) fn bring(
    files: &[StoredFile],
    data: &Path,
    previous: Option<&Path>,
    backup: &Path,
) -> Result<Brought> {
    let mut brought = Brought::default();
    let mut folders = BTreeSet::new();
    for file in files {
        let path = place_of(file.hash);
        let to = backup.join(&path);
        make_folders(backup, &to, &mut folders)?;
        let expected = expected(file);
        if previous.is_some_and(|previous| is_linked(&previous.join(&path), &to, &expected)) {
            brought.linked.insert(path.clone());
        } else {
            copy(&data.join(&path), &to, &expected)?;
        }
        brought.entries.push(Entry::new(&path, expected));
    }
    sync(&folders)?;
    Ok(brought)
}

/// The first file that is said to be there and that the backup doesn't name.
pub(super) fn find_unnamed(files: &[StoredFile], entries: &[Entry]) -> Option<Fault> {
    let named: BTreeSet<_> =
        entries.iter().map(|entry| (&*entry.path, entry.bytes, &*entry.sha256)).collect();
    files.iter().find_map(|file| {
        let (path, hash) = (place_of(file.hash), file.hash.to_string());
        let is_named = named.contains(&(&*path, file.bytes, &*hash));
        (!is_named).then(|| Fault::new(path, "the database says that it is there, and the manifest does not"))
    })
}

/// The first file in a data folder that is not what the database says.
pub(super) fn find_damaged(files: &[StoredFile], data: &Path) -> Option<Fault> {
    files.iter().find_map(|file| {
        let path = place_of(file.hash);
        let problem = match disk::sum(&data.join(&path)) {
            Err(error) => format!("it can't be read: {error}"),
            Ok(sum) if sum != expected(file) => "its content is not the one that it is called by".to_owned(),
            Ok(_) => return None,
        };
        Some(Fault::new(path, problem))
    })
}

/// Makes the folders that a file below `root` stands in, and takes note of them.
pub(super) fn make_folders(root: &Path, file: &Path, made: &mut BTreeSet<PathBuf>) -> Result<()> {
    let above = file.ancestors().skip(1).take_while(|folder| *folder != root);
    let mut missing: Vec<_> = above.filter(|folder| !made.contains(*folder)).map(Path::to_owned).collect();
    while let Some(folder) = missing.pop() {
        match disk::make_folder(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| format!("{} can't be made", folder.display()));
            }
            _ => drop(made.insert(folder)),
        }
    }
    Ok(())
}

/// Sees to it that the names in folders are on disk.
pub(super) fn sync(folders: &BTreeSet<PathBuf>) -> Result<()> {
    for folder in folders {
        disk::sync_folder(folder)
            .with_context(|| format!("{} can't be brought to the disk", folder.display()))?;
    }
    Ok(())
}

fn expected(file: &StoredFile) -> Sum {
    Sum { bytes: file.bytes, sha256: file.hash.to_string() }
}

/// Gives a file of an earlier backup a second name, if it is there as it should be.
fn is_linked(earlier: &Path, to: &Path, expected: &Sum) -> bool {
    disk::sum(earlier).is_ok_and(|sum| sum == *expected) && fs::hard_link(earlier, to).is_ok()
}

fn copy(from: &Path, to: &Path, expected: &Sum) -> Result<()> {
    let copied = disk::copy(from, to)
        .with_context(|| format!("{} can't be copied to {}", from.display(), to.display()))?;
    if copied != *expected {
        bail!(
            "{} is damaged: its content is not the one that it is called by. Keep the backups there are: an earlier one may \
             have it",
            from.display()
        );
    }
    Ok(())
}
