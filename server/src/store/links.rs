//! Links that work once: the first admin's, and those by which a person chooses a password.

use domain::{PersonId, Timestamp};
use sqlx::SqliteConnection;

use super::rows::{commit, read};
use super::sessions::end_sessions;
use super::{Store, StoreError};
use crate::auth::password::PasswordHash;
use crate::auth::token::TokenHash;

impl Store {
    /// Keeps a link, in place of any earlier one for the same person; for nobody yet, the first admin's.
    pub(crate) async fn issue_link(
        &self,
        person: Option<PersonId>,
        token: &TokenHash,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        withdraw_links(&mut tx, person).await?;
        sqlx::query("INSERT INTO one_time_links (token_hash, person, expires_at) VALUES (?, ?, ?)")
            .bind(token.as_str())
            .bind(person.map(|person| person.to_string()))
            .bind(expires_at.as_millis())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("keep a link"))?;
        commit(tx).await
    }

    /// Whether the link makes the first admin.
    pub(crate) async fn is_first_admin_link(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM one_time_links
                   WHERE token_hash = ? AND expires_at > ? AND person IS NULL)";
        self.exists_link(sql, token, now).await
    }

    /// Whether the link sets somebody's password.
    pub(crate) async fn is_password_link(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM one_time_links
                   WHERE token_hash = ? AND expires_at > ? AND person IS NOT NULL)";
        self.exists_link(sql, token, now).await
    }

    async fn exists_link(
        &self,
        sql: &'static str,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        sqlx::query_scalar(sql)
            .bind(token.as_str())
            .bind(now.as_millis())
            .fetch_one(self.reader())
            .await
            .map_err(StoreError::because("look for a link"))
    }

    /// Uses a link up: sets the password of the person it is for, and ends all of that person's sessions.
    pub(crate) async fn use_password_link(
        &self,
        token: &TokenHash,
        password: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<PersonId>, StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        let row = sqlx::query(
            "DELETE FROM one_time_links WHERE token_hash = ? AND expires_at > ? AND person IS NOT NULL
             RETURNING person",
        )
        .bind(token.as_str())
        .bind(now.as_millis())
        .fetch_optional(&mut *tx)
        .await
        .map_err(StoreError::because("use a link"))?;
        let Some(row) = row else {
            return Ok(None);
        };
        let person: PersonId = read(&row, "one_time_links", "person")?;
        sqlx::query("UPDATE accounts SET password_hash = ? WHERE person = ?")
            .bind(password.as_str())
            .bind(person.to_string())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("set a password"))?;
        end_sessions(&mut tx, person).await?;
        commit(tx).await?;
        Ok(Some(person))
    }
}

/// Makes all links for a person useless; for nobody yet, the first admin's.
pub(super) async fn withdraw_links(
    connection: &mut SqliteConnection,
    person: Option<PersonId>,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM one_time_links WHERE person IS ?")
        .bind(person.map(|person| person.to_string()))
        .execute(connection)
        .await
        .map_err(StoreError::because("withdraw links"))?;
    Ok(())
}
