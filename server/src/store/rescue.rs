//! The secret half of the key that rescue files are sealed for.

use sqlx::SqliteConnection;

use super::{Store, StoreError};

/// How long a secret is, in bytes.
pub(crate) const SECRET_BYTES: usize = 32;

/// Keeps a key for a database that has none yet.
pub(super) async fn keep_first(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO rescue_key (only_row, secret) VALUES (1, ?) ON CONFLICT DO NOTHING")
        .bind(crate::rescue::draw_secret().as_slice())
        .execute(connection)
        .await
        .map_err(StoreError::because("draw a key for rescue files"))?;
    Ok(())
}

impl Store {
    /// The secret half of the key.
    pub(crate) async fn rescue_secret(&self) -> Result<[u8; SECRET_BYTES], StoreError> {
        let secret: Vec<u8> = sqlx::query_scalar("SELECT secret FROM rescue_key")
            .fetch_one(self.reader())
            .await
            .map_err(StoreError::because("read the key for rescue files"))?;
        secret.try_into().map_err(|_| unreadable("not 32 bytes"))
    }
}

/// The error of a stored key that is none.
pub(crate) fn unreadable(problem: &str) -> StoreError {
    StoreError::Unreadable {
        table: "rescue_key",
        column: "secret",
        row: "the only one".to_owned(),
        problem: problem.to_owned(),
    }
}
