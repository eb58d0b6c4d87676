//! What need not be kept: uploads that nobody goes on with, and what power cuts have left.

use std::time::Duration;

use domain::ticket::FileHash;

use super::error::FileError;
use super::receive::go_on;
use super::{Files, UploadId};
use crate::shutdown::Shutdown;
use crate::store::files::Upload;

/// How often it is swept.
const INTERVAL: Duration = Duration::from_secs(60 * 60);
/// How long something is left alone that nothing is known of.
const REST: Duration = Duration::from_secs(24 * 60 * 60);

impl Files {
    /// Sweeps now and then, until the server is about to stop.
    pub(crate) async fn keep_tidy(self, shutdown: Shutdown) {
        loop {
            if let Err(error) = self.sweep(REST).await {
                tracing::warn!(?error, "files could not be swept");
            }
            tokio::select! {
                () = shutdown.requested() => return,
                () = tokio::time::sleep(INTERVAL) => {}
            }
        }
    }

    /// Finishes what has come, and removes what has expired and what has rested for so long without anything being known of it. What can't
    /// be finished or removed keeps nothing else from being.
    pub(super) async fn sweep(&self, rest: Duration) -> Result<(), FileError> {
        for upload in self.0.store.uploads_to_finish().await? {
            pass_over("finish an upload", self.finish_what_has_come(upload).await);
        }
        for id in self.0.store.expired_uploads(self.0.clock.now()).await? {
            if let Some(_claim) = self.claim(id) {
                pass_over("forget an upload", self.forget(id).await);
            }
        }
        let list = "list what is coming in";
        for id in self.blocking(list, move |vault| vault.resting_uploads(rest)).await? {
            pass_over("remove an upload", self.remove_unknown_upload(id).await);
        }
        for hash in self.blocking("list files", move |vault| vault.resting_content(rest)).await? {
            pass_over("remove a file", self.remove_unknown_content(hash).await);
        }
        Ok(())
    }

    /// Stores what had come when the server was killed.
    async fn finish_what_has_come(&self, upload: Upload) -> Result<(), FileError> {
        let Some(_claim) = self.claim(upload.id) else { return Ok(()) };
        match self.finish(upload, &go_on).await {
            Ok(_) => Ok(()),
            Err(FileError::ContentMismatch) => {
                tracing::warn!("what came of a file is not what was announced");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn remove_unknown_upload(&self, id: UploadId) -> Result<(), FileError> {
        let Some(_claim) = self.claim(id) else { return Ok(()) };
        if self.0.store.has_upload(id).await? {
            return Ok(());
        }
        self.blocking("remove an upload", move |vault| vault.remove(id)).await
    }

    async fn remove_unknown_content(&self, hash: FileHash) -> Result<(), FileError> {
        let _placing = self.0.placing.lock().await;
        if self.0.store.has_file(hash).await? {
            return Ok(());
        }
        self.blocking("remove a file", move |vault| vault.remove_content(hash)).await
    }
}

/// Leaves to the next sweep what this one could not do.
fn pass_over(trying: &'static str, swept: Result<(), FileError>) {
    if let Err(error) = swept {
        tracing::warn!(trying, ?error, "something could not be swept, and is left to the next sweep");
    }
}
