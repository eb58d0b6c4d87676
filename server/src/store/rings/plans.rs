//! What was decided for a ticket, written down and told in one transaction.

use domain::sla::Means;
use domain::{PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::SqliteConnection;
use sync::notices::Notice;

use super::super::rows::commit;
use super::super::{Store, StoreError};
use super::replans::{Due, Known, unmark};
use super::row::{self, Row};
use super::{deliveries, notices};

/// How long a ticket is left alone that could not be read or planned.
const PUT_OFF_MS: i64 = Timestamp::HOUR_MS;

/// What is to be written down, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    /// Rows that are new or different.
    pub(crate) rows: Vec<Row>,
    /// What is told thereby.
    pub(crate) tellings: Vec<Telling>,
    /// Whether the ticket can make anything ring without being changed.
    pub(crate) goes_on: bool,
}

/// Something to tell now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Telling {
    /// The same for the same telling, however often it is tried.
    pub(crate) key: String,
    /// The same for all that one is told about one ring.
    pub(crate) line: String,
    /// The key of what it corrects.
    pub(crate) corrects: Option<String>,
    /// Who is told; none for the company's own system.
    pub(crate) recipient: Option<PersonId>,
    /// How.
    pub(crate) means: Means,
    /// What.
    pub(crate) notice: Notice,
    /// Who else is told, for the company's own system.
    pub(crate) people: Vec<Named>,
}

/// A person with the name that they had when something was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Named {
    /// The person.
    pub(crate) id: PersonId,
    /// Their name.
    pub(crate) name: String,
}

impl Store {
    /// Writes plans down and tells what is to be told by them, all in one transaction. Those whose ticket has changed
    /// meanwhile are left out: they are still noted. What has no plan, because it can't be read or planned, is put off.
    /// Gives back whom there is a new notice for; nothing, if none was written because the directory has changed.
    pub(crate) async fn keep_plans(
        &self,
        plans: &[(Due, Option<Plan>)],
        directory: u64,
        now: Timestamp,
    ) -> Result<Option<Vec<(PersonId, u64)>>, StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        let revision: i64 = sqlx::query_scalar("SELECT revision FROM directory")
            .fetch_one(&mut *tx)
            .await
            .map_err(StoreError::because("read the directory's revision"))?;
        if revision.unsigned_abs() != directory {
            return Ok(None);
        }
        let mut noticed = Vec::new();
        for (due, plan) in plans {
            match (&due.known, plan) {
                (Some(known), Some(plan)) => {
                    if !keep_plan(&mut tx, &due.ticket, known, plan).await? {
                        continue;
                    }
                    for telling in &plan.tellings {
                        noticed.extend(tell(&mut tx, telling, now).await?);
                    }
                }
                _ => put_off(&mut tx, &due.ticket, now).await?,
            }
            unmark(&mut tx, due).await?;
        }
        commit(tx).await?;
        Ok(Some(noticed))
    }
}

/// Keeps a plan's rows, unless the ticket has changed since it was made.
async fn keep_plan(
    connection: &mut SqliteConnection,
    ticket: &str,
    known: &Known,
    plan: &Plan,
) -> Result<bool, StoreError> {
    let unchanged = sqlx::query("UPDATE tickets SET rings = ? WHERE id = ? AND revision = ?")
        .bind(plan.goes_on)
        .bind(ticket)
        .bind(known.document.revision.cast_signed())
        .execute(&mut *connection)
        .await
        .map_err(StoreError::because("keep a plan of rings"))?;
    if unchanged.rows_affected() == 0 {
        return Ok(false);
    }
    for row in &plan.rows {
        row::keep(connection, ticket, row).await?;
    }
    Ok(true)
}

/// Leaves a ticket alone for a while. It still counts among those that ring: the next start, another policy and other
/// people give it another turn, and so does what was planned of it.
async fn put_off(connection: &mut SqliteConnection, ticket: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE rings SET tell_at = ?1 WHERE ticket = ?2 AND state IN ('planned', 'correcting') AND tell_at < ?1",
    )
    .bind(now.plus_millis(PUT_OFF_MS).as_millis())
    .bind(ticket)
    .execute(connection)
    .await
    .map_err(StoreError::because("put a ticket off that can't be planned"))?;
    Ok(())
}

/// Puts a notice into somebody's list, or something on its way out.
async fn tell(
    connection: &mut SqliteConnection,
    telling: &Telling,
    now: Timestamp,
) -> Result<Option<(PersonId, u64)>, StoreError> {
    match (telling.means, telling.recipient) {
        (Means::InApp, Some(person)) => {
            let notice = notices::tell(connection, telling, person, now).await?;
            Ok(notice.map(|notice| (person, notice)))
        }
        _ => {
            deliveries::send(connection, telling, now).await?;
            Ok(None)
        }
    }
}
