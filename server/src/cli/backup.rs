//! The options of `backup`, `verify` and `restore`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::open_store;
use crate::backup;
use crate::clock::Clock;
use crate::serve;

pub(super) const BACKUP_EXAMPLES: &str = "\
Examples:
  Every night, keeping two weeks:
      fieldloop backup /backup/fieldloop --data /var/lib/fieldloop --keep 14

  Once, before an upgrade:
      fieldloop backup /backup/before-upgrades --data /var/lib/fieldloop

A backup is a folder of its own, fieldloop-2026-11-22T010000Z, with the database
and a manifest. It has that name only once it is complete, verified and on disk.
The running server is told, and tells the tablets what they need not keep for it
any more. Run it as the user that the server runs as.

The exit code is 0 when there is a new backup and older ones are removed as told.";

pub(super) const VERIFY_EXAMPLES: &str = "\
Examples:
  A data folder, also while its server is running:
      fieldloop verify /var/lib/fieldloop

  A backup, on any machine:
      fieldloop verify /backup/fieldloop/fieldloop-2026-11-22T010000Z

The exit code is 0 when everything is as it was written, and 1 when it is not or
can't be looked at; the first fault of each kind is named, with what to do.";

pub(super) const RESTORE_EXAMPLES: &str = "\
Examples:
  On a new machine, or after the disk was lost:
      fieldloop restore /backup/fieldloop/fieldloop-2026-11-22T010000Z \\
          --data /var/lib/fieldloop

  In place of what is there, which is moved into replaced-2026-11-22T073000Z:
      systemctl stop fieldloop
      fieldloop restore /backup/fieldloop/fieldloop-2026-11-22T010000Z \\
          --data /var/lib/fieldloop --replace
      systemctl start fieldloop

The backup is verified first. If the command is interrupted, give it once more.
Run it as the user that the server runs as.";

#[derive(Debug, Args)]
pub(super) struct BackupOptions {
    /// Folder that the backup's own folder is made in; must exist, best on another disk
    folder: PathBuf,
    /// Folder that holds everything the server keeps
    #[arg(long, env = "FIELDLOOP_DATA", value_name = "FOLDER", default_value = "data")]
    data: PathBuf,
    /// Removes older backups in the folder, so that so many are left with the new one
    ///
    /// Only complete backups are counted and removed, and nothing else in the folder is touched. Let each server have a
    /// folder of its own.
    #[arg(long, env = "FIELDLOOP_KEEP_BACKUPS", value_name = "NUMBER")]
    keep: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
pub(super) struct VerifyOptions {
    /// A server's data folder, or a backup's own folder
    #[arg(env = "FIELDLOOP_DATA", default_value = "data")]
    path: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct RestoreOptions {
    /// The backup's own folder
    backup: PathBuf,
    /// Folder that holds everything the server keeps; made if it does not exist
    #[arg(long, env = "FIELDLOOP_DATA", value_name = "FOLDER", default_value = "data")]
    data: PathBuf,
    /// Moves a database that is there already into a folder beside it
    #[arg(long)]
    replace: bool,
}

impl BackupOptions {
    /// Makes the backup, and says what was done.
    pub(super) async fn carry_out(&self, clock: &Clock) -> Result<String> {
        let store = open_store(&self.data).await?;
        backup::make(&store, &self.data, &self.folder, self.keep, clock.now()).await
    }
}

impl VerifyOptions {
    /// Looks at everything, and says what was looked at.
    pub(super) async fn carry_out(&self) -> Result<String> {
        backup::verify(&self.path).await
    }
}

impl RestoreOptions {
    /// Restores the backup, and says what to do now.
    pub(super) async fn carry_out(&self, clock: &Clock) -> Result<String> {
        let _lock = serve::lock(&self.data)?;
        backup::restore(&self.backup, &self.data, self.replace, clock.now()).await
    }
}
