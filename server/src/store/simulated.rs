//! What a simulation does to a database: opens it without waiting for the disk, makes it another history, and takes the room
//! away from whoever writes.

use std::path::Path;

use domain::Timestamp;

use super::{Disk, Store, StoreError, Writer, backups, writing};

impl Store {
    /// Opens the database in `data_dir`, which has been made before, so that a commit outlives the process and not a power cut.
    ///
    /// # Errors
    /// When it can't be opened.
    pub(crate) async fn open_unflushed(data_dir: &Path) -> Result<Self, StoreError> {
        let writer = Writer::connect(writing(data_dir, &Disk::Unflushed)).await?;
        Self::around(data_dir, writer, &Disk::Unflushed).await
    }

    /// Says that from the next opening on this is another history, restored at `now` from a backup that was `made_at` then.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) async fn begin_history(
        &self,
        epoch: &str,
        made_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        backups::begin_history(&mut self.writer.lock().await.connection, epoch, made_at, now).await
    }

    /// Lets nothing be written any more, as on a full disk, or lets it again.
    ///
    /// # Errors
    /// When even that can't be done.
    pub(crate) async fn set_full(&self, full: bool) -> Result<(), StoreError> {
        let pragma = if full { "PRAGMA query_only = on" } else { "PRAGMA query_only = off" };
        sqlx::query(pragma)
            .execute(&mut self.writer.lock().await.connection)
            .await
            .map_err(StoreError::because("take the room away"))?;
        Ok(())
    }

    /// The changes after this place of the record, each with its place, word for word.
    ///
    /// # Errors
    /// When the record can't be read.
    pub(crate) async fn changes_after(&self, seq: u64) -> Result<Vec<(u64, String)>, StoreError> {
        let rows: Vec<(i64, String)> =
            sqlx::query_as("SELECT seq, body FROM changes WHERE seq > ? ORDER BY seq")
                .bind(seq.cast_signed())
                .fetch_all(self.reader())
                .await
                .map_err(StoreError::because("read the record"))?;
        Ok(rows.into_iter().map(|(seq, body)| (seq.cast_unsigned(), body)).collect())
    }
}
