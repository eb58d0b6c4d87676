//! What people are told in the product.

use domain::{PersonId, Timestamp};
use sqlx::{Row as _, SqliteConnection};
use sync::notices::Told;

use super::super::rows::commit;
use super::super::{Store, StoreError, bulk};
use super::plans::Telling;
use super::{json, to_json};

/// How much is deleted in one transaction: others want to write, too.
const AT_A_TIME: u32 = 500;

/// Puts a notice into somebody's list. What was told under the same key is not told again.
pub(super) async fn tell(
    connection: &mut SqliteConnection,
    telling: &Telling,
    person: PersonId,
    now: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let id: Option<i64> = sqlx::query_scalar(
        "INSERT INTO notices (key, person, told_at, body) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING RETURNING id",
    )
    .bind(&telling.key)
    .bind(person.to_string())
    .bind(now.as_millis())
    .bind(to_json(&telling.notice))
    .fetch_optional(connection)
    .await
    .map_err(StoreError::because("tell somebody"))?;
    Ok(id.map(i64::cast_unsigned))
}

impl Store {
    /// A page of a person's notices, newest first, before the one given; one more than `limit`, if there are more.
    pub(crate) async fn notices(
        &self,
        person: PersonId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<(Vec<Told>, u64), StoreError> {
        let failed = || StoreError::because("list notices");
        let mut tx = self.reader().begin().await.map_err(failed())?;
        let unread: i64 =
            sqlx::query_scalar("SELECT count(*) FROM notices WHERE person = ? AND read_at IS NULL")
                .bind(person.to_string())
                .fetch_one(&mut *tx)
                .await
                .map_err(failed())?;
        let rows = sqlx::query(
            "SELECT id, told_at, read_at, body FROM notices WHERE person = ? AND (?2 IS NULL OR id < ?2) \
             ORDER BY id DESC LIMIT ?3",
        )
        .bind(person.to_string())
        .bind(before.map(u64::cast_signed))
        .bind(i64::from(limit) + 1)
        .fetch_all(&mut *tx)
        .await
        .map_err(failed())?;
        let told = rows.iter().map(|row| {
            Ok(Told {
                id: row.get::<i64, _>("id").cast_unsigned(),
                told_at: Timestamp::from_millis(row.get("told_at")),
                read: row.get::<Option<i64>, _>("read_at").is_some(),
                notice: json(row, "notices", "body")?,
            })
        });
        Ok((told.collect::<Result<_, StoreError>>()?, unread.cast_unsigned()))
    }

    /// Marks a person's notices as read: all up to one, and some by name.
    pub(crate) async fn mark_notices_read(
        &self,
        person: PersonId,
        up_to: Option<u64>,
        ids: &[u64],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        sqlx::query(
            "UPDATE notices SET read_at = ?1 WHERE person = ?2 AND read_at IS NULL \
             AND (id <= ?3 OR id IN (SELECT CAST(value AS INTEGER) FROM json_each(?4)))",
        )
        .bind(now.as_millis())
        .bind(person.to_string())
        .bind(up_to.unwrap_or_default().cast_signed())
        .bind(bulk::json_array(ids))
        .execute(&mut *tx)
        .await
        .map_err(StoreError::because("mark notices as read"))?;
        commit(tx).await
    }

    /// Deletes some of the notices that were told before an instant, or that are not among somebody's newest `most`. Says
    /// whether there may be more. That they are not told again is kept with the rows of their tickets.
    pub(crate) async fn forget_notices(&self, before: Timestamp, most: u32) -> Result<bool, StoreError> {
        let failed = || StoreError::because("delete old notices");
        let old: Vec<i64> = sqlx::query_scalar(
            "SELECT id FROM (SELECT id, told_at, row_number() OVER (PARTITION BY person ORDER BY id DESC) AS place \
             FROM notices) WHERE told_at < ? OR place > ? LIMIT ?",
        )
        .bind(before.as_millis())
        .bind(most)
        .bind(AT_A_TIME)
        .fetch_all(self.reader())
        .await
        .map_err(failed())?;
        if old.is_empty() {
            return Ok(false);
        }
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        sqlx::query("DELETE FROM notices WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))")
            .bind(bulk::json_array(&old))
            .execute(&mut *tx)
            .await
            .map_err(failed())?;
        commit(tx).await?;
        Ok(true)
    }
}
