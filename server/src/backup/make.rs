//! `fieldloop backup FOLDER`: a copy of what the server keeps, made while it is running.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use domain::Timestamp;

use super::contents::{self, Brought};
use super::manifest::{Entry, Manifest};
use super::shelf::{Shelf, unfinished};
use super::verify::{Findings, verify_backup};
use super::{disk, spoken_bytes, stamp};
use crate::store::backups::{BackupMade, DatabaseFile};
use crate::store::verify::Counts;
use crate::store::{self, Store};

/// Makes a backup of what is in `data` into a new folder in `folder`, removes older ones but for `keep` in all, and says what
/// was done. The backup counts only once it has been verified and is on disk.
///
/// # Errors
/// With a sentence that says what to do. Then there is no new backup, unless it says otherwise.
pub(crate) async fn make(
    store: &Store,
    data: &Path,
    folder: &Path,
    keep: Option<NonZeroUsize>,
    now: Timestamp,
) -> Result<String> {
    let shelf = Shelf::open(folder)?;
    if shelf.is_inside(data) {
        bail!(
            "{} is inside of the data folder, and would be lost with it; name another one",
            folder.display()
        );
    }
    let place = shelf.place(&stamp(now));
    if place.exists() {
        bail!("{} was made within this very second", place.display());
    }
    let unfinished = unfinished(&place);
    let previous = shelf.newest()?;
    let (manifest, counts) = match write(store, data, previous.as_deref(), &unfinished, now).await {
        Ok(written) => written,
        Err(error) => {
            // What can't be removed now is swept away by the next backup.
            let _ = disk::remove(&unfinished);
            return Err(error);
        }
    };
    shelf
        .put(&unfinished, &place)
        .with_context(|| format!("the backup can't be given its name {}", place.display()))?;
    let made = BackupMade {
        epoch: manifest.epoch.clone(),
        seq: manifest.seq,
        arrived: manifest.arrived,
        made_at: now,
        bytes: manifest.bytes(),
    };
    store.note_backup(&made).await.with_context(|| {
        format!(
            "the backup {} is complete, but the server can't be told of it: tablets keep their copies until the next one",
            place.display()
        )
    })?;
    let removed = match keep {
        Some(count) => shelf.keep(&place, count.get()).with_context(|| {
            format!("the backup {} is complete, but older ones are still there", place.display())
        })?,
        None => Vec::new(),
    };
    Ok(tell(&place, &made, counts, &removed))
}

/// Writes a whole backup into a folder that is not one yet, and verifies it.
async fn write(
    store: &Store,
    data: &Path,
    previous: Option<&Path>,
    folder: &Path,
    now: Timestamp,
) -> Result<(Manifest, Counts)> {
    let full = || {
        format!(
            "the backup can't be written into {}: look whether there is room, and whether this user may write there",
            folder.display()
        )
    };
    let database = folder.join(store::FILE);
    disk::make_folder(folder).with_context(full)?;
    store.copy_into(&database).await.with_context(full)?;
    disk::sync_file(&database).with_context(full)?;
    let sum = disk::sum(&database).with_context(full)?;
    let mut copy = DatabaseFile::of_backup(database).await.with_context(full)?;
    let (epoch, head) = copy.end().await.with_context(full)?;
    let files = copy.files().await.with_context(full)?;
    copy.close().await.with_context(full)?;
    // After the database: what it says is there was there before.
    let Brought { entries, linked } = contents::bring(&files, data, previous, folder)?;
    let entries = [vec![Entry::new(store::FILE, sum)], entries].concat();
    let manifest = Manifest::new(now, epoch, &head, entries);
    manifest.write(folder).with_context(full)?;
    disk::sync_folder(folder).with_context(full)?;
    let Findings { counts, faults, .. } =
        verify_backup(folder, &linked).await.context("the copy can't be verified")?;
    match faults.first() {
        None => Ok((manifest, counts)),
        Some(fault) => bail!(
            "what was to be backed up is damaged: {fault}. Keep the backups there are; `fieldloop verify` on the data folder \
             says more"
        ),
    }
}

fn tell(place: &Path, made: &BackupMade, counts: Counts, removed: &[PathBuf]) -> String {
    let mut told = format!(
        "{}: {} changes of {} tickets, {}, verified.",
        place.display(),
        counts.changes,
        counts.tickets,
        spoken_bytes(made.bytes)
    );
    for place in removed {
        told.push_str(&format!("\nRemoved: {}", place.display()));
    }
    told
}
