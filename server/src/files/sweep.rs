//! What need not be kept: uploads that nobody goes on with, and what power cuts have left.

use std::time::Duration;

use super::Files;
use super::error::FileError;
use super::receive::go_on;
use crate::shutdown::Shutdown;

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

    /// Finishes what has come, and removes what has expired and what has rested for so long without anything being known of it.
    pub(super) async fn sweep(&self, rest: Duration) -> Result<(), FileError> {
        self.finish_what_has_come().await?;
        for id in self.0.store.expired_uploads(self.0.clock.now()).await? {
            if let Some(_claim) = self.claim(id) {
                self.forget(id).await?;
            }
        }
        let list = "list what is coming in";
        for id in self.blocking(list, move |vault| vault.resting_uploads(rest)).await? {
            let Some(_claim) = self.claim(id) else { continue };
            if !self.0.store.has_upload(id).await? {
                self.blocking("remove an upload", move |vault| vault.remove(id)).await?;
            }
        }
        for hash in self.blocking("list files", move |vault| vault.resting_content(rest)).await? {
            let _placing = self.0.placing.lock().await;
            if !self.0.store.has_file(hash).await? {
                self.blocking("remove a file", move |vault| vault.remove_content(hash)).await?;
            }
        }
        Ok(())
    }

    /// Stores what had come when the server was killed.
    async fn finish_what_has_come(&self) -> Result<(), FileError> {
        for upload in self.0.store.uploads_to_finish().await? {
            let id = upload.id;
            let Some(_claim) = self.claim(id) else { continue };
            match self.finish(upload, &go_on).await {
                Ok(_) => {}
                Err(FileError::ContentMismatch) => {
                    tracing::warn!("what came of a file is not what was announced");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
