//! `fieldloop verify`: whether a data folder or a backup holds what was once written into it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::manifest::{self, Found, Manifest};
use super::{contents, disk, shelf, spoken, spoken_bytes};
use crate::store::backups::DatabaseFile;
use crate::store::verify::{Counts, Examined, Fault};
use crate::store::{self, Store, StoreError};

/// What became of a look.
#[derive(Debug)]
pub(super) struct Findings {
    /// What was looked at, in words.
    pub(super) told: String,
    pub(super) counts: Counts,
    pub(super) faults: Vec<Fault>,
}

/// Looks at a data folder or a backup, and says what was looked at.
///
/// # Errors
/// With a sentence for each fault that was found and one that says what to do, or when nothing can be looked at.
pub(crate) async fn verify(path: &Path) -> Result<String> {
    let is_backup = path.join(manifest::FILE).is_file();
    if shelf::is_unfinished(path) {
        bail!("{} is a backup that was not finished; use another one", path.display());
    }
    if !is_backup && shelf::has_name(path) {
        bail!("{} has no {}: it is not a whole backup; use another one", path.display(), manifest::FILE);
    }
    let Findings { told, counts, faults } = match (is_backup, Store::is_in(path)) {
        (true, _) => verify_backup(path, &BTreeSet::new()).await?,
        (false, true) => verify_data(path).await?,
        (false, false) => bail!(
            "there is neither a backup nor a database in {}; name a backup's own folder, or a server's data folder",
            path.display()
        ),
    };
    let looked_at = format!("{told}\n{}", count(counts));
    if faults.is_empty() {
        return Ok(format!("{looked_at}\nEverything is as it was written."));
    }
    let advice = if is_backup {
        "Don't restore this backup: use an older one, and make a new one now"
    } else {
        "Stop the server, keep a copy of the whole folder as it is, and restore the latest backup that can be verified"
    };
    let faults: Vec<_> = faults.iter().map(|fault| format!("  - {fault}")).collect();
    bail!("{looked_at}\nThis is not as it was written:\n{}\n{advice}.", faults.join("\n"))
}

/// Looks at what a server keeps, whether or not it is running.
async fn verify_data(data: &Path) -> Result<Findings> {
    let mut database = DatabaseFile::of_server(data).await.context("the data folder can't be opened")?;
    let Examined { counts, files, mut faults, .. } =
        database.examine().await.context("the database can't be read")?;
    faults.extend(contents::find_damaged(&files, data));
    Ok(Findings { told: format!("Looked at the data folder {}.", data.display()), counts, faults })
}

/// Looks at a backup: its files by the manifest's sums, the database in it for itself, and both against each other. Files that are
/// `known` to be what they should be were read a moment ago.
pub(super) async fn verify_backup(folder: &Path, known: &BTreeSet<String>) -> Result<Findings> {
    let Found { manifest, is_unaltered } = Manifest::read(folder)?;
    let mut faults = Vec::new();
    if !is_unaltered {
        faults.push(Fault::new(
            manifest::FILE,
            "it was altered: what stands in it is not what its sum was made of",
        ));
    }
    faults.extend(compare_files(&manifest, folder, known));
    let examined = examine_copy(&manifest, folder).await;
    let counts = examined.as_ref().map(|examined| examined.counts).unwrap_or_default();
    match examined {
        Ok(examined) => {
            faults.extend(compare_ends(&manifest, &examined));
            faults.extend(contents::find_unnamed(&examined.files, &manifest.files));
            faults.extend(examined.faults);
        }
        // With a sum that is wrong, no wonder; that has been said.
        Err(_) if !faults.is_empty() => {}
        Err(error) => return Err(error),
    }
    let told = format!(
        "Looked at the backup {}, made on {} by Fieldloop {}: {}.",
        folder.display(),
        spoken(manifest.made_at),
        manifest.product,
        spoken_bytes(manifest.bytes())
    );
    Ok(Findings { told, counts, faults })
}

async fn examine_copy(manifest: &Manifest, folder: &Path) -> Result<Examined> {
    let opened = DatabaseFile::of_backup(folder.join(store::FILE)).await;
    let mut database = match opened {
        Err(StoreError::OtherVersion) => bail!(
            "the backup was made by another version of Fieldloop ({}, this is {}): verify it with that one. `fieldloop \
             restore` takes backups of earlier versions, and verifies them first",
            manifest.product,
            env!("CARGO_PKG_VERSION")
        ),
        opened => opened.context("the backup's database can't be opened; use another backup")?,
    };
    database.examine().await.context("the backup's database can't be read; use another backup")
}

/// The first file that is not what the manifest says.
fn compare_files(manifest: &Manifest, folder: &Path, known: &BTreeSet<String>) -> Option<Fault> {
    if !manifest.files.iter().any(|entry| entry.path == store::FILE) {
        return Some(Fault::new(manifest::FILE, "it does not name the database"));
    }
    manifest.files.iter().filter(|entry| !known.contains(&entry.path)).find_map(|entry| {
        let Some(path) = entry.below(folder) else {
            return Some(Fault::new(&entry.path, "its path leads out of the backup"));
        };
        let problem = match disk::sum(&path) {
            Err(error) => format!("it can't be read: {error}"),
            Ok(sum) if sum.bytes != entry.bytes => {
                format!("it has {} bytes, and the manifest says {}", sum.bytes, entry.bytes)
            }
            Ok(sum) if !entry.is(&sum) => "its SHA-256 is not the one in the manifest".to_owned(),
            Ok(_) => return None,
        };
        Some(Fault::new(&entry.path, problem))
    })
}

/// Whether the database ends where the manifest says that it does.
pub(super) fn compare_ends(manifest: &Manifest, examined: &Examined) -> Vec<Fault> {
    let head = examined.head;
    let wrong = [
        ("epoch", examined.epoch.as_deref() != Some(&*manifest.epoch)),
        ("seq", head.map(|head| head.seq) != Some(manifest.seq)),
        ("arrived", head.map(|head| head.arrived) != Some(manifest.arrived)),
        ("hash", head.map(|head| disk::hex(&head.hash)).as_deref() != Some(&*manifest.hash)),
    ];
    let faults = wrong.into_iter().filter(|(_, is_wrong)| *is_wrong);
    faults
        .map(|(field, _)| Fault::new(manifest::FILE, format!("its {field} is not the database's")))
        .collect()
}

/// How much there was to look at, in words.
pub(super) fn count(counts: Counts) -> String {
    let Counts { changes, tickets, devices, people, departments, policies, files, files_awaited } = counts;
    let mut told = format!(
        "In it: {changes} changes of {tickets} tickets by {devices} devices; {people} people in {departments} departments; \
         {policies} versions of the policy; {files} files."
    );
    if files_awaited > 0 {
        told.push_str(&format!(" {files_awaited} more have not come yet: they are still on the tablets."));
    }
    told
}
