//! `fieldloop restore BACKUP`: going on from a backup when what came after it is lost.
//!
//! Everything is made ready beside the database that may still be there: copied, verified, turned into the beginning of another
//! history. Only then is anything moved. Between moving the old files aside and moving the new one in, there is no database at
//! all: a server that is started then says so instead of beginning an empty one ([`explain_interrupted`]).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use domain::Timestamp;

use super::manifest::{Found, Manifest};
use super::verify::{compare_ends, count};
use super::{contents, disk, spoken, stamp};
use crate::files::FOLDER;
use crate::store::backups::DatabaseFile;
use crate::store::verify::Counts;
use crate::store::{self, Store, StoreError};

/// What is made ready in the data folder, until it is moved to its place.
const READY: &str = "restore.partial";
/// What the folders begin with that old files are moved to.
const REPLACED: &str = "replaced-";
/// The database's files: itself first, because it is what decides whether there is one.
const DATABASE_FILES: [&str; 4] =
    ["fieldloop.sqlite", "fieldloop.sqlite-wal", "fieldloop.sqlite-shm", "fieldloop.sqlite-journal"];

/// What is ready to be moved into its place.
#[derive(Debug)]
pub(super) struct Prepared {
    /// When the backup was made.
    made_at: Timestamp,
    counts: Counts,
}

/// A step that has been taken. A power cut may come after any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// There is a folder to copy into.
    Begun,
    /// The backup's files are copied.
    Copied,
    /// The copy is verified, and is the beginning of another history.
    Ready,
    /// One of the old files is moved aside.
    MovedAside,
    /// All of them are, and that is on disk.
    Aside,
    /// The files are in their place.
    FilesInPlace,
    /// The new database is in its place.
    InPlace,
}

/// Puts a backup into a data folder on which no server is running, and says what to do now.
///
/// # Errors
/// With a sentence that says what to do. Then the folder is as it was, unless it says otherwise.
pub(crate) async fn restore(backup: &Path, data: &Path, replace: bool, now: Timestamp) -> Result<String> {
    // What an interrupted restore has left must go on saying so until one succeeds.
    let was_interrupted = explain_interrupted(data).is_err();
    let prepared = match prepare(backup, data, replace, now, &go_on).await {
        Ok(prepared) => prepared,
        Err(error) if was_interrupted => return Err(error),
        Err(error) => {
            // What can't be removed now is removed by the next restore.
            let _ = disk::remove(&data.join(READY));
            return Err(error);
        }
    };
    put_in_place(data, now, &go_on).map(|aside| tell(data, &prepared, aside.as_deref()))
}

const fn go_on(_: Step) -> Result<()> {
    Ok(())
}

/// Refuses to begin an empty database where a restore was interrupted.
///
/// # Errors
/// With a sentence, when there is no database, but there are signs of one.
pub(crate) fn explain_interrupted(data: &Path) -> Result<()> {
    // Beside an empty database the files there are would count as left over.
    let has_files = data.join(FOLDER).exists();
    if Store::is_in(data) || !(data.join(READY).exists() || has_leftovers(data) || has_files) {
        return Ok(());
    }
    bail!(
        "there is no database in {data}, but parts of one, or of a restore that was interrupted. Give `fieldloop restore` once more; \
         or move the files of the newest {data}/{REPLACED}… back, remove {data}/{READY}, and all is as it was before",
        data = data.display()
    );
}

/// Whether there is a database, or a part of one.
fn has_leftovers(data: &Path) -> bool {
    DATABASE_FILES.iter().any(|name| data.join(name).exists())
}

/// Makes ready what is to be moved into its place, and calls `after` each step, which may stop it there.
pub(super) async fn prepare(
    backup: &Path,
    data: &Path,
    replace: bool,
    now: Timestamp,
    after: &impl Fn(Step) -> Result<()>,
) -> Result<Prepared> {
    let Found { manifest, is_unaltered } = Manifest::read(backup)?;
    if !is_unaltered {
        bail!("the manifest of {} was altered after it was written; use another backup", backup.display());
    }
    if Store::is_in(data) && !replace {
        bail!(
            "there is a database in {} already. With --replace it is moved aside, into a folder beside it; nothing is deleted",
            data.display()
        );
    }
    let ready = data.join(READY);
    let trying = || format!("the backup can't be copied into {}: look whether there is room", data.display());
    disk::make_empty(&ready).with_context(trying)?;
    after(Step::Begun)?;
    copy_files(&manifest, backup, &ready)?;
    after(Step::Copied)?;
    let counts = make_ready(&manifest, &ready, now).await?;
    // The folder's own name, too: it is what explains itself once the old files are moved.
    disk::sync_folder(&ready).and_then(|()| disk::sync_folder(data)).with_context(trying)?;
    after(Step::Ready)?;
    Ok(Prepared { made_at: manifest.made_at, counts })
}

/// Moves what has been made ready into its place. Says where the old files are, if there were any.
pub(super) fn put_in_place(
    data: &Path,
    now: Timestamp,
    after: &impl Fn(Step) -> Result<()>,
) -> Result<Option<PathBuf>> {
    let ready = data.join(READY);
    let aside = move_aside(data, now, after)?;
    // Before the database: what it says is there must be there.
    let files = data.join(FOLDER);
    if ready.join(FOLDER).exists() {
        fs::rename(ready.join(FOLDER), &files)
            .and_then(|()| disk::sync_folder(data))
            .with_context(|| format!("the files can't be moved to {}", files.display()))?;
        after(Step::FilesInPlace)?;
    }
    let database = data.join(store::FILE);
    fs::rename(ready.join(store::FILE), &database)
        .and_then(|()| disk::sync_folder(data))
        .with_context(|| format!("the database can't be moved to {}", database.display()))?;
    after(Step::InPlace)?;
    disk::remove(&ready)
        .and_then(|()| disk::sync_folder(data))
        .with_context(|| format!("the backup is restored, but {} is left; remove it", ready.display()))?;
    Ok(aside)
}

/// Copies every file that the manifest names, and makes sure that it is the one that is meant.
fn copy_files(manifest: &Manifest, backup: &Path, ready: &Path) -> Result<()> {
    let mut folders = BTreeSet::from([ready.to_owned()]);
    for entry in &manifest.files {
        let (Some(from), Some(to)) = (entry.below(backup), entry.below(ready)) else {
            bail!("the manifest of {} names {}, which leads out of it", backup.display(), entry.path);
        };
        contents::make_folders(ready, &to, &mut folders)?;
        let sum = disk::copy(&from, &to).with_context(|| {
            format!("{} can't be copied to {}: look whether there is room", from.display(), to.display())
        })?;
        if !entry.is(&sum) {
            bail!("{} is not what the manifest says; use another backup", from.display());
        }
    }
    contents::sync(&folders)
}

/// Verifies the copy and makes it the beginning of another history.
async fn make_ready(manifest: &Manifest, ready: &Path, now: Timestamp) -> Result<Counts> {
    let path = ready.join(store::FILE);
    let mut database = match DatabaseFile::to_be_restored(path.clone()).await {
        Err(StoreError::OtherVersion) => bail!(
            "the backup was made by a newer version of Fieldloop ({}, this is {}): restore it with that one",
            manifest.product,
            env!("CARGO_PKG_VERSION")
        ),
        opened => opened.context("the backup's database can't be opened; use another backup")?,
    };
    let examined =
        database.examine().await.context("the backup's database can't be read; use another backup")?;
    let mut faults = compare_ends(manifest, &examined);
    faults.extend(contents::find_unnamed(&examined.files, &manifest.files));
    if let Some(fault) = faults.first().or(examined.faults.first()) {
        bail!("the backup is damaged: {fault}. Use another one; `fieldloop verify` says more about this one");
    }
    let trying = "the copy of the backup can't be made ready";
    database.begin_anew(manifest.made_at, now).await.context(trying)?;
    database.close().await.context(trying)?;
    disk::sync_file(&path).context(trying)?;
    Ok(examined.counts)
}

/// Moves what there is of a database into a folder of its own. Says which, if there was anything.
fn move_aside(data: &Path, now: Timestamp, after: &impl Fn(Step) -> Result<()>) -> Result<Option<PathBuf>> {
    // The database first: as long as it is there, so are its files.
    let names: Vec<_> =
        DATABASE_FILES.into_iter().chain([FOLDER]).filter(|name| data.join(name).exists()).collect();
    if names.is_empty() {
        return Ok(None);
    }
    let aside = new_folder(data, now)?;
    let trying = || format!("the old database can't be moved to {}", aside.display());
    for name in names {
        fs::rename(data.join(name), aside.join(name)).with_context(trying)?;
        after(Step::MovedAside)?;
    }
    disk::sync_folder(&aside).and_then(|()| disk::sync_folder(data)).with_context(trying)?;
    after(Step::Aside)?;
    Ok(Some(aside))
}

/// A folder that there has never been, called by the time.
fn new_folder(data: &Path, now: Timestamp) -> Result<PathBuf> {
    let mut folder = data.join(format!("{REPLACED}{}", stamp(now)));
    let mut again = 1;
    while let Err(error) = disk::make_folder(&folder) {
        if error.kind() != std::io::ErrorKind::AlreadyExists {
            return Err(error).with_context(|| format!("{} can't be made", folder.display()));
        }
        again += 1;
        folder = data.join(format!("{REPLACED}{}-{again}", stamp(now)));
    }
    Ok(folder)
}

fn tell(data: &Path, prepared: &Prepared, aside: Option<&Path>) -> String {
    let Prepared { made_at, counts } = prepared;
    let mut told = format!("{} is as it was on {}. {}", data.display(), spoken(*made_at), count(*counts));
    if let Some(aside) = aside {
        told.push_str(&format!("\nWhat was there before is in {}.", aside.display()));
    }
    told.push_str(
        "\nStart the server. Tablets then send again what they still keep; everybody has to sign in, with the password of then.\n\
         People, roles and service levels are those of then, too: deactivate again who has left since.",
    );
    told
}
