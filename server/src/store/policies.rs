//! Published policies, for ever, and the drafts of coming ones.

use domain::sla::Policy;
use domain::{PersonId, Timestamp};
use serde_json::value::RawValue;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

use super::directory::raise_revision;
use super::rows::{commit, read, unreadable};
use super::{Store, StoreError};

/// A version as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Published {
    /// The version.
    pub(crate) policy: Policy,
    /// When it was published; absent for the one that the product came with.
    pub(crate) published_at: Option<Timestamp>,
    /// Whether it has taken effect.
    pub(crate) in_force: bool,
}

/// What became of a wish to withdraw a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Withdrawal {
    /// It will not take effect.
    Done,
    /// There is no such version.
    Unknown,
    /// It has taken effect already.
    InForce,
}

/// A policy that is being worked on.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// The version it started from.
    pub(crate) base: u32,
    /// As it stands in the editor.
    pub(crate) document: Box<RawValue>,
    pub(crate) updated_at: Timestamp,
    pub(crate) updated_by: PersonId,
}

/// What became of a wish to keep a draft.
#[derive(Debug)]
pub(crate) enum Keeping {
    /// It is kept, like this.
    Kept(Draft),
    /// Somebody has changed it since its author saw it.
    Changed,
    /// Somebody has thrown it away since.
    Gone,
}

impl Store {
    /// All versions that have taken effect or will, in the order of their numbers.
    pub(crate) async fn policies(&self) -> Result<Vec<Published>, StoreError> {
        let mut connection = self.reader().acquire().await.map_err(StoreError::because("read policies"))?;
        published(&mut connection).await
    }

    /// Lets `decide` look at all versions and publishes the one that it makes, as of `now`. Its number is filled in here.
    pub(crate) async fn publish_policy<E>(
        &self,
        now: Timestamp,
        decide: impl FnOnce(&[Published]) -> Result<Policy, E>,
    ) -> Result<Result<Published, E>, StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        let mut policy = match decide(&published(&mut tx).await?) {
            Ok(policy) => policy,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let last: u32 = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM policies")
            .fetch_one(&mut *tx)
            .await
            .map_err(StoreError::because("find the last version"))?;
        policy.version = last + 1;
        let published = Published { in_force: policy.effective <= now, published_at: Some(now), policy };
        insert(&mut tx, &published).await?;
        if published.in_force {
            raise_revision(&mut tx).await?;
        }
        commit(tx).await?;
        Ok(Ok(published))
    }

    /// Brings versions into force whose time has come, and says whether there were any.
    pub(crate) async fn bring_policies_into_force(&self, now: Timestamp) -> Result<bool, StoreError> {
        const DUE: &str = "in_force = 0 AND withdrawn_at IS NULL AND effective <= ?";
        let waiting: bool = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "SELECT EXISTS (SELECT 1 FROM policies WHERE {DUE})"
        )))
        .bind(now.as_millis())
        .fetch_one(self.reader())
        .await
        .map_err(StoreError::because("look for policies to bring into force"))?;
        if !waiting {
            return Ok(false);
        }
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        let brought =
            sqlx::query(sqlx::AssertSqlSafe(format!("UPDATE policies SET in_force = 1 WHERE {DUE}")))
                .bind(now.as_millis())
                .execute(&mut *tx)
                .await
                .map_err(StoreError::because("bring policies into force"))?;
        if brought.rows_affected() > 0 {
            raise_revision(&mut tx).await?;
        }
        commit(tx).await?;
        Ok(brought.rows_affected() > 0)
    }

    /// When the next version takes effect.
    pub(crate) async fn next_policy(&self) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = sqlx::query_scalar(
            "SELECT min(effective) FROM policies WHERE in_force = 0 AND withdrawn_at IS NULL",
        )
        .fetch_one(self.reader())
        .await
        .map_err(StoreError::because("find the next policy"))?;
        Ok(next.map(Timestamp::from_millis))
    }

    /// Withdraws a version that has not taken effect.
    pub(crate) async fn withdraw_policy(
        &self,
        version: u32,
        now: Timestamp,
    ) -> Result<Withdrawal, StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        let found: Option<(bool, i64)> = sqlx::query_as(
            "SELECT in_force, effective FROM policies WHERE version = ? AND withdrawn_at IS NULL",
        )
        .bind(version)
        .fetch_optional(&mut *tx)
        .await
        .map_err(StoreError::because("find a policy"))?;
        match found {
            None => return Ok(Withdrawal::Unknown),
            Some((in_force, effective)) if in_force || effective <= now.as_millis() => {
                return Ok(Withdrawal::InForce);
            }
            Some(_) => {}
        }
        sqlx::query("UPDATE policies SET withdrawn_at = ? WHERE version = ?")
            .bind(now.as_millis())
            .bind(version)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("withdraw a policy"))?;
        commit(tx).await?;
        Ok(Withdrawal::Done)
    }

    /// All drafts, the one changed last first, without what stands in them: documents are large, and a list shows none.
    pub(crate) async fn drafts(&self) -> Result<Vec<Draft>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, name, base, 'null' AS document, updated_at, updated_by FROM policy_drafts \
             ORDER BY updated_at DESC, id",
        )
        .fetch_all(self.reader())
        .await
        .map_err(StoreError::because("list drafts"))?;
        rows.iter().map(read_draft).collect()
    }

    /// A draft.
    pub(crate) async fn draft(&self, id: Uuid) -> Result<Option<Draft>, StoreError> {
        let row = sqlx::query(
            "SELECT id, name, base, document, updated_at, updated_by FROM policy_drafts WHERE id = ?",
        )
        .bind(id.to_string())
        .fetch_optional(self.reader())
        .await
        .map_err(StoreError::because("find a draft"))?;
        row.as_ref().map(read_draft).transpose()
    }

    /// Keeps a draft in place of what was kept of it, unless that is not what `seen` says: the time of the last change that
    /// its author had before them. Without `seen` it is not asked, and a new draft begins.
    pub(crate) async fn keep_draft(
        &self,
        draft: &Draft,
        seen: Option<Timestamp>,
    ) -> Result<Keeping, StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        let row = sqlx::query(
            "INSERT INTO policy_drafts (id, name, base, document, updated_at, updated_by) SELECT ?1, ?2, ?3, ?4, ?5, ?6 \
             WHERE ?7 IS NULL OR EXISTS (SELECT 1 FROM policy_drafts WHERE id = ?1) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, base = excluded.base, document = excluded.document, \
             updated_at = max(excluded.updated_at, updated_at + 1), updated_by = excluded.updated_by \
             WHERE ?7 IS NULL OR updated_at = ?7 \
             RETURNING id, name, base, document, updated_at, updated_by",
        )
        .bind(draft.id.to_string())
        .bind(&draft.name)
        .bind(draft.base)
        .bind(draft.document.get())
        .bind(draft.updated_at.as_millis())
        .bind(draft.updated_by.to_string())
        .bind(seen.map(Timestamp::as_millis))
        .fetch_optional(&mut *tx)
        .await
        .map_err(StoreError::because("keep a draft"))?;
        let Some(row) = row else {
            let is_there: bool =
                sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM policy_drafts WHERE id = ?)")
                    .bind(draft.id.to_string())
                    .fetch_one(&mut *tx)
                    .await
                    .map_err(StoreError::because("look for a draft"))?;
            return Ok(if is_there { Keeping::Changed } else { Keeping::Gone });
        };
        let kept = read_draft(&row)?;
        commit(tx).await?;
        Ok(Keeping::Kept(kept))
    }

    /// Throws a draft away. Says whether there was one.
    pub(crate) async fn drop_draft(&self, id: Uuid) -> Result<bool, StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        let dropped = sqlx::query("DELETE FROM policy_drafts WHERE id = ?")
            .bind(id.to_string())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("throw a draft away"))?;
        commit(tx).await?;
        Ok(dropped.rows_affected() == 1)
    }
}

/// Publishes the policy that the product comes with, if nothing was published yet.
pub(super) async fn publish_shipped(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let published: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM policies)")
        .fetch_one(&mut *connection)
        .await
        .map_err(StoreError::because("look for policies"))?;
    if published {
        return Ok(());
    }
    insert(connection, &Published { policy: Policy::shipped(), published_at: None, in_force: true }).await
}

/// The versions that have taken effect.
pub(super) async fn in_force(connection: &mut SqliteConnection) -> Result<Vec<Policy>, StoreError> {
    let all = published(connection).await?;
    Ok(all.into_iter().filter(|published| published.in_force).map(|published| published.policy).collect())
}

async fn published(connection: &mut SqliteConnection) -> Result<Vec<Published>, StoreError> {
    let rows = sqlx::query(
        "SELECT version, published_at, in_force, document FROM policies WHERE withdrawn_at IS NULL ORDER BY version",
    )
    .fetch_all(connection)
    .await
    .map_err(StoreError::because("read policies"))?;
    rows.iter()
        .map(|row| {
            let version: i64 = row.get("version");
            let policy = serde_json::from_str(row.get("document"))
                .map_err(|error| unreadable("policies", "document", version.to_string(), error))?;
            let published_at = row.get::<Option<i64>, _>("published_at").map(Timestamp::from_millis);
            Ok(Published { policy, published_at, in_force: row.get("in_force") })
        })
        .collect()
}

async fn insert(connection: &mut SqliteConnection, published: &Published) -> Result<(), StoreError> {
    let Published { policy, published_at, in_force } = published;
    sqlx::query(
        "INSERT INTO policies (version, effective, published_at, in_force, document) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(policy.version)
    .bind(policy.effective.as_millis())
    .bind(published_at.map(Timestamp::as_millis))
    .bind(in_force)
    .bind(serde_json::to_string(policy).expect("a policy always serialises"))
    .execute(connection)
    .await
    .map_err(StoreError::because("publish a policy"))?;
    Ok(())
}

fn read_draft(row: &SqliteRow) -> Result<Draft, StoreError> {
    let document: String = row.get("document");
    Ok(Draft {
        id: read(row, "policy_drafts", "id")?,
        name: row.get("name"),
        base: row.get("base"),
        document: RawValue::from_string(document)
            .map_err(|error| unreadable("policy_drafts", "document", row.get::<String, _>("id"), error))?,
        updated_at: Timestamp::from_millis(row.get("updated_at")),
        updated_by: read(row, "policy_drafts", "updated_by")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_published_is_ever_altered_or_removed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let statements = [
            "UPDATE policies SET document = '{}'",
            "UPDATE policies SET effective = 5",
            "UPDATE policies SET in_force = 0",
            "UPDATE policies SET withdrawn_at = 5",
            "DELETE FROM policies",
        ];
        for statement in statements {
            let mut turn = store.writer().await;
            let mut transaction = turn.begin().await.unwrap();
            assert!(sqlx::raw_sql(statement).execute(&mut *transaction).await.is_err(), "{statement}");
        }
        assert_eq!(store.policies().await.unwrap()[0].policy, Policy::shipped());
    }

    #[tokio::test]
    async fn a_list_of_drafts_reads_no_documents() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        store
            .run_sql(
                "INSERT INTO policy_drafts (id, name, base, document, updated_at, updated_by) VALUES \
                 ('018fa2c4-0000-7000-8000-000000000000', 'Winter', 1, '{', 0, '018fa2c4-0000-7000-8000-000000000001')",
            )
            .await;
        let drafts = store.drafts().await.unwrap();
        assert_eq!(drafts.len(), 1);
        assert!(store.draft(drafts[0].id).await.is_err(), "it can't be read, if somebody tries");
    }
}
