//! Sessions, by the hash of the token that opens them.

use domain::{PersonId, Timestamp};
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

use super::rows::{commit, read};
use super::{Store, StoreError};
use crate::auth::SessionId;
use crate::auth::password::PasswordHash;
use crate::auth::session::{ABSOLUTE_LIFE_MS, StoredSession};
use crate::auth::token::TokenHash;

/// A session that begins.
#[derive(Debug, Clone)]
pub(crate) struct NewSession {
    /// What opens it.
    pub(crate) token: TokenHash,
    /// Its name.
    pub(crate) id: SessionId,
    /// Whose it is.
    pub(crate) person: PersonId,
    /// The password that proved it, if one did: it must still be theirs when the session begins.
    pub(crate) password: Option<PasswordHash>,
    /// When it begins.
    pub(crate) now: Timestamp,
}

impl Store {
    /// Begins a session and ends the one it replaces. Says no if the person is not active, or
    /// has got another password meanwhile.
    pub(crate) async fn start_session(
        &self,
        session: &NewSession,
        replaced: Option<&TokenHash>,
    ) -> Result<bool, StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        // Whoever signs in sweeps up: sessions past their last day open nothing any more.
        sqlx::query("DELETE FROM sessions WHERE token_hash = ? OR created_at <= ?")
            .bind(replaced.map(TokenHash::as_str))
            .bind(session.now.plus_millis(-ABSOLUTE_LIFE_MS).as_millis())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("end old sessions"))?;
        let begun = sqlx::query(
            "INSERT INTO sessions (token_hash, id, person, created_at, seen_at)
             SELECT ?1, ?2, id, ?4, ?4 FROM people WHERE id = ?3 AND active = 1 AND (?5 IS NULL OR EXISTS
                 (SELECT 1 FROM accounts WHERE person = ?3 AND password_hash = ?5))",
        )
        .bind(session.token.as_str())
        .bind(session.id.as_uuid().to_string())
        .bind(session.person.to_string())
        .bind(session.now.as_millis())
        .bind(session.password.as_ref().map(PasswordHash::as_str))
        .execute(&mut *tx)
        .await
        .map_err(StoreError::because("begin a session"))?;
        if begun.rows_affected() != 1 {
            return Ok(false);
        }
        sqlx::query("UPDATE accounts SET last_sign_in = ? WHERE person = ?")
            .bind(session.now.as_millis())
            .bind(session.person.to_string())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("note a sign-in"))?;
        commit(tx).await?;
        Ok(true)
    }

    /// The session that a token opens. Its age is for the caller to judge.
    pub(crate) async fn session(&self, token: &TokenHash) -> Result<Option<StoredSession>, StoreError> {
        let row = sqlx::query("SELECT id, person, created_at, seen_at FROM sessions WHERE token_hash = ?")
            .bind(token.as_str())
            .fetch_optional(self.reader())
            .await
            .map_err(StoreError::because("find a session"))?;
        row.map(|row| {
            Ok(StoredSession {
                id: SessionId::from_uuid(read::<Uuid>(&row, "sessions", "id")?),
                person: read(&row, "sessions", "person")?,
                created_at: Timestamp::from_millis(row.get("created_at")),
                seen_at: Timestamp::from_millis(row.get("seen_at")),
            })
        })
        .transpose()
    }

    /// Whether the session is still there.
    pub(crate) async fn session_exists(&self, session: SessionId) -> Result<bool, StoreError> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sessions WHERE id = ?)")
            .bind(session.as_uuid().to_string())
            .fetch_one(self.reader())
            .await
            .map_err(StoreError::because("find a session"))
    }

    /// Notes that a session is in use.
    pub(crate) async fn mark_session_seen(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        sqlx::query("UPDATE sessions SET seen_at = ? WHERE token_hash = ?")
            .bind(now.as_millis())
            .bind(token.as_str())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("note the use of a session"))?;
        commit(tx).await
    }

    /// Ends one session.
    pub(crate) async fn end_session(&self, session: SessionId) -> Result<(), StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        sqlx::query("DELETE FROM sessions WHERE id = ?")
            .bind(session.as_uuid().to_string())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("end a session"))?;
        commit(tx).await
    }
}

/// Ends all sessions of a person.
pub(super) async fn end_sessions(
    connection: &mut SqliteConnection,
    person: PersonId,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE person = ?")
        .bind(person.to_string())
        .execute(connection)
        .await
        .map_err(StoreError::because("end a person's sessions"))?;
    Ok(())
}
