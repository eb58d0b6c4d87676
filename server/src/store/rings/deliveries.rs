//! What leaves the house: tried until the other side has it.

use std::collections::BTreeSet;

use domain::sla::Means;
use domain::{PersonId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use sync::notices::Notice;

use super::super::rows::{self, commit};
use super::super::{Store, StoreError};
use super::plans::{Named, Telling};
use super::{json, json_if_any, means_name, person, recipient_name, to_json};

/// How much is deleted in one transaction: others want to write, too.
const AT_A_TIME: u32 = 500;
/// What is to be tried by such means, but for what waits until something earlier on the same line is out of the way.
const WAITING: &str = "means = ?1 AND delivered_at IS NULL AND given_up_at IS NULL AND NOT EXISTS \
                       (SELECT 1 FROM deliveries AS earlier WHERE earlier.line = deliveries.line \
                       AND earlier.id < deliveries.id AND earlier.delivered_at IS NULL AND earlier.given_up_at IS NULL)";

/// Something on its way out of the house.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) id: i64,
    pub(crate) key: String,
    /// A person; none for the company's own system.
    pub(crate) recipient: Option<PersonId>,
    pub(crate) notice: Notice,
    /// Who was told; unknown for what was told before it was kept.
    pub(crate) people: Option<Vec<Named>>,
    pub(crate) made_at: Timestamp,
    /// How often it was tried in vain.
    pub(crate) attempts: u32,
}

/// What became of a try to deliver something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The other side has it.
    Delivered,
    /// Not yet; to be tried again then.
    Again { error: String, next_try: Timestamp },
    /// It will not be tried again.
    GivenUp { error: String },
}

/// Puts something on its way out. What was sent under the same key is not sent again, and what nobody has heard is not
/// corrected.
pub(super) async fn send(
    connection: &mut SqliteConnection,
    telling: &Telling,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut people = to_json(&telling.people);
    if let Some(original) = &telling.corrects {
        match take_back(connection, original, now).await? {
            Original::Unheard => return Ok(()),
            Original::Heard { by: Some(them) } => people = them,
            Original::Heard { by: None } => {}
        }
    }
    sqlx::query(
        "INSERT INTO deliveries (key, line, means, recipient, body, people, made_at, next_try) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
    )
    .bind(&telling.key)
    .bind(&telling.line)
    .bind(means_name(telling.means))
    .bind(recipient_name(telling.recipient))
    .bind(to_json(&telling.notice))
    .bind(people)
    .bind(now.as_millis())
    .bind(now.as_millis())
    .execute(connection)
    .await
    .map_err(StoreError::because("put something on its way out"))?;
    Ok(())
}

/// What became of something that is to be corrected.
enum Original {
    /// It never left the house, and never will.
    Unheard,
    /// The other side has it, or may have it.
    Heard {
        /// Who was told, as JSON.
        by: Option<String>,
    },
}

/// Gives up what is to be corrected, if the other side can't have it yet.
async fn take_back(
    connection: &mut SqliteConnection,
    original: &str,
    now: Timestamp,
) -> Result<Original, StoreError> {
    let failed = || StoreError::because("take back what was not sent yet");
    sqlx::query(
        "UPDATE deliveries SET given_up_at = ?, error = 'taken back before it was delivered' WHERE key = ? \
         AND delivered_at IS NULL AND given_up_at IS NULL AND trying_since IS NULL",
    )
    .bind(now.as_millis())
    .bind(original)
    .execute(&mut *connection)
    .await
    .map_err(failed())?;
    let found: Option<(bool, Option<String>)> = sqlx::query_as(
        "SELECT delivered_at IS NULL AND given_up_at IS NOT NULL AND trying_since IS NULL, people FROM deliveries \
         WHERE key = ?",
    )
    .bind(original)
    .fetch_optional(connection)
    .await
    .map_err(failed())?;
    Ok(match found {
        Some((true, _)) => Original::Unheard,
        Some((false, by)) => Original::Heard { by },
        None => Original::Heard { by: None },
    })
}

impl Store {
    /// People who have an e-mail address.
    pub(crate) async fn people_with_email(&self) -> Result<BTreeSet<PersonId>, StoreError> {
        let found = sqlx::query("SELECT person FROM accounts WHERE email IS NOT NULL")
            .fetch_all(self.reader())
            .await
            .map_err(StoreError::because("find people with e-mail"))?;
        found.iter().map(|row| rows::read(row, "accounts", "person")).collect()
    }

    /// What is to be delivered by such means by now, the oldest first, and nothing before what was told earlier on the same
    /// line.
    pub(crate) async fn due_deliveries(
        &self,
        means: Means,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "SELECT id, key, recipient, body, people, made_at, attempts FROM deliveries WHERE {WAITING} AND next_try <= ?2 \
             ORDER BY next_try, id LIMIT ?3"
        )))
        .bind(means_name(means))
        .bind(now.as_millis())
        .bind(limit)
        .fetch_all(self.reader())
        .await
        .map_err(StoreError::because("find what is to be delivered"))?;
        rows.iter().map(read).collect()
    }

    /// When there is next something to deliver by such means.
    pub(crate) async fn next_delivery(&self, means: Means) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "SELECT min(next_try) FROM deliveries WHERE {WAITING}"
        )))
        .bind(means_name(means))
        .fetch_one(self.reader())
        .await
        .map_err(StoreError::because("find the next delivery"))?;
        Ok(next.map(Timestamp::from_millis))
    }

    /// Notes that a try begins: from then on the other side may have it. Says whether there is still something to try.
    pub(crate) async fn begin_delivery(&self, id: i64, now: Timestamp) -> Result<bool, StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        let begun = sqlx::query(
            "UPDATE deliveries SET trying_since = ? WHERE id = ? AND delivered_at IS NULL AND given_up_at IS NULL",
        )
        .bind(now.as_millis())
        .bind(id)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::because("begin to deliver"))?;
        commit(tx).await?;
        Ok(begun.rows_affected() == 1)
    }

    /// Keeps what became of a try.
    pub(crate) async fn record_delivery(
        &self,
        id: i64,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        let query = match outcome {
            Outcome::Delivered => sqlx::query(
                "UPDATE deliveries SET delivered_at = ?, error = NULL, trying_since = NULL WHERE id = ?",
            )
            .bind(now.as_millis()),
            Outcome::Again { error, next_try } => sqlx::query(
                "UPDATE deliveries SET attempts = attempts + 1, next_try = ?, error = ?, trying_since = NULL WHERE id = ?",
            )
            .bind(next_try.as_millis())
            .bind(error),
            Outcome::GivenUp { error } => sqlx::query(
                "UPDATE deliveries SET given_up_at = ?, error = ?, trying_since = NULL WHERE id = ?",
            )
            .bind(now.as_millis())
            .bind(error),
        };
        query
            .bind(id)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("keep what became of a delivery"))?;
        commit(tx).await
    }

    /// Gives up everything that was put on its way before an instant, also by means that nobody looks after any more.
    pub(crate) async fn give_up_deliveries(
        &self,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        sqlx::query(
            "UPDATE deliveries SET given_up_at = ?, error = 'too old' WHERE made_at <= ? AND delivered_at IS NULL \
             AND given_up_at IS NULL",
        )
        .bind(now.as_millis())
        .bind(before.as_millis())
        .execute(&mut *tx)
        .await
        .map_err(StoreError::because("give old deliveries up"))?;
        commit(tx).await
    }

    /// Deletes some of what was put on its way before an instant and waits no more. Says whether there may be more. That it
    /// is not sent again is kept with the rows of the tickets.
    pub(crate) async fn forget_deliveries(&self, before: Timestamp) -> Result<bool, StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        let deleted = sqlx::query(
            "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE made_at < ? \
             AND (delivered_at IS NOT NULL OR given_up_at IS NOT NULL) LIMIT ?)",
        )
        .bind(before.as_millis())
        .bind(AT_A_TIME)
        .execute(&mut *tx)
        .await
        .map_err(StoreError::because("delete old deliveries"))?;
        commit(tx).await?;
        Ok(deleted.rows_affected() > 0)
    }
}

fn read(row: &SqliteRow) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        id: row.get("id"),
        key: row.get("key"),
        recipient: person(row, "deliveries")?,
        notice: json(row, "deliveries", "body")?,
        people: json_if_any(row, "deliveries", "people")?,
        made_at: Timestamp::from_millis(row.get("made_at")),
        attempts: row.get("attempts"),
    })
}

#[cfg(test)]
impl Store {
    /// How much is kept of what was put on its way, for tests.
    pub(crate) async fn deliveries_kept(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM deliveries").fetch_one(self.reader()).await.unwrap()
    }
}
