//! What is to be told, what was told, and what is on its way.

use std::collections::BTreeSet;

use domain::sla::Means;
use domain::ticket::Document;
use domain::{PersonId, TicketId, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use sync::notices::{Notice, Told};

use super::rows::{commit, read, unreadable};
use super::{Store, StoreError, bulk, tickets};
use crate::ringing::plan::{Line, Plan, Row, State, Telling};

/// A ticket whose rings are to be planned, with everything that the store knows of it.
#[derive(Debug)]
pub(crate) struct Due {
    /// The ticket's record.
    pub(crate) document: Document,
    /// What was planned and told.
    pub(crate) rows: Vec<Row>,
    /// The mark that it was noted with, if it was.
    mark: Option<i64>,
}

/// Something on its way out of the house.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) id: i64,
    pub(crate) key: String,
    /// A person; none for the company's own system.
    pub(crate) recipient: Option<PersonId>,
    pub(crate) notice: Notice,
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

/// Notes tickets whose rings are to be planned again.
pub(crate) async fn mark(connection: &mut SqliteConnection, tickets: &[TicketId]) -> Result<(), StoreError> {
    const CLOSING: &str = " ON CONFLICT (ticket) DO UPDATE SET mark = mark + 1";
    let rows: Vec<_> = tickets.iter().map(ToString::to_string).collect();
    bulk::insert(connection, "INSERT INTO replans (ticket, mark) ", CLOSING, rows, |tuple, ticket| {
        tuple.push_bind(ticket).push_bind(1);
    })
    .await
    .map_err(StoreError::because("note tickets to plan rings for"))
}

/// Notes every ticket that can still make something ring.
pub(super) async fn mark_all(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO replans (ticket, mark) SELECT id, 1 FROM tickets WHERE rings = 1 \
         ON CONFLICT (ticket) DO UPDATE SET mark = mark + 1",
    )
    .execute(connection)
    .await
    .map_err(StoreError::because("note all tickets to plan rings for"))?;
    Ok(())
}

impl Store {
    /// The tickets whose rings are to be planned, or told by `now`: at most so many.
    pub(crate) async fn due_tickets(&self, now: Timestamp, limit: u32) -> Result<Vec<Due>, StoreError> {
        let failed = || StoreError::because("find tickets to plan rings for");
        let mut tx = self.reader().begin().await.map_err(failed())?;
        let due: Vec<(String, Option<i64>)> = sqlx::query_as(
            "SELECT ticket, max(mark) FROM (SELECT * FROM (SELECT ticket, mark FROM replans LIMIT ?2) UNION ALL \
             SELECT * FROM (SELECT ticket, NULL FROM rings WHERE state IN ('planned', 'correcting') AND tell_at <= ?1 \
             ORDER BY tell_at LIMIT ?2)) GROUP BY ticket LIMIT ?2",
        )
        .bind(now.as_millis())
        .bind(limit)
        .fetch_all(&mut *tx)
        .await
        .map_err(failed())?;
        let ids: Vec<TicketId> = due.iter().filter_map(|(ticket, _)| ticket.parse().ok()).collect();
        let mut found = Vec::with_capacity(ids.len());
        for (document, _) in tickets::find(&mut tx, &ids).await? {
            let name = document.ticket.to_string();
            let mark = due.iter().find(|(ticket, _)| *ticket == name).and_then(|(_, mark)| *mark);
            let rows = sqlx::query("SELECT * FROM rings WHERE ticket = ? ORDER BY id")
                .bind(&name)
                .fetch_all(&mut *tx)
                .await
                .map_err(failed())?;
            let rows = rows.iter().map(read_row).collect::<Result<_, _>>()?;
            found.push(Due { document, rows, mark });
        }
        Ok(found)
    }

    /// Writes plans down and tells what is to be told by them, all in one transaction. Those whose ticket has changed
    /// meanwhile are left out: they are still noted. Gives back whom there is a new notice for; nothing, if none was written
    /// because the directory has changed.
    pub(crate) async fn keep_plans(
        &self,
        plans: &[(Due, Plan)],
        directory: u64,
        now: Timestamp,
    ) -> Result<Option<Vec<(PersonId, u64)>>, StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        let failed = || StoreError::because("keep plans of rings");
        let revision: i64 = sqlx::query_scalar("SELECT revision FROM directory")
            .fetch_one(&mut *tx)
            .await
            .map_err(failed())?;
        if revision.unsigned_abs() != directory {
            return Ok(None);
        }
        let mut noticed = Vec::new();
        for (due, plan) in plans {
            let ticket = due.document.ticket.to_string();
            let unchanged = sqlx::query("UPDATE tickets SET rings = ? WHERE id = ? AND revision = ?")
                .bind(plan.goes_on)
                .bind(&ticket)
                .bind(due.document.revision.cast_signed())
                .execute(&mut *tx)
                .await
                .map_err(failed())?;
            if unchanged.rows_affected() == 0 {
                continue;
            }
            for row in &plan.rows {
                keep_row(&mut tx, &ticket, row).await?;
            }
            for telling in &plan.tellings {
                noticed.extend(tell(&mut tx, telling, now).await?);
            }
            sqlx::query("DELETE FROM replans WHERE ticket = ? AND mark = ?")
                .bind(&ticket)
                .bind(due.mark)
                .execute(&mut *tx)
                .await
                .map_err(failed())?;
        }
        commit(tx).await?;
        Ok(Some(noticed))
    }

    /// When there is next something to tell; at once, if rings are to be planned.
    pub(crate) async fn next_ring(&self) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = sqlx::query_scalar(
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM replans) THEN 0 ELSE \
             (SELECT min(tell_at) FROM rings WHERE state IN ('planned', 'correcting')) END",
        )
        .fetch_one(self.reader())
        .await
        .map_err(StoreError::because("find the next ring"))?;
        Ok(next.map(Timestamp::from_millis))
    }

    /// People who have an e-mail address.
    pub(crate) async fn people_with_email(&self) -> Result<BTreeSet<PersonId>, StoreError> {
        let rows = sqlx::query("SELECT person FROM accounts WHERE email IS NOT NULL")
            .fetch_all(self.reader())
            .await
            .map_err(StoreError::because("find people with e-mail"))?;
        rows.iter().map(|row| read(row, "accounts", "person")).collect()
    }

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

    /// What is to be delivered by such means by now, the oldest first.
    pub(crate) async fn due_deliveries(
        &self,
        means: Means,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, key, recipient, body, made_at, attempts FROM deliveries WHERE means = ? AND next_try <= ? \
             AND delivered_at IS NULL AND given_up_at IS NULL ORDER BY next_try, id LIMIT ?",
        )
        .bind(means_name(means))
        .bind(now.as_millis())
        .bind(limit)
        .fetch_all(self.reader())
        .await
        .map_err(StoreError::because("find what is to be delivered"))?;
        rows.iter()
            .map(|row| {
                Ok(Delivery {
                    id: row.get("id"),
                    key: row.get("key"),
                    recipient: person(row, "deliveries")?,
                    notice: json(row, "deliveries", "body")?,
                    made_at: Timestamp::from_millis(row.get("made_at")),
                    attempts: row.get("attempts"),
                })
            })
            .collect()
    }

    /// When there is next something to deliver.
    pub(crate) async fn next_delivery(&self) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = sqlx::query_scalar(
            "SELECT min(next_try) FROM deliveries WHERE delivered_at IS NULL AND given_up_at IS NULL",
        )
        .fetch_one(self.reader())
        .await
        .map_err(StoreError::because("find the next delivery"))?;
        Ok(next.map(Timestamp::from_millis))
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
            Outcome::Delivered => {
                sqlx::query("UPDATE deliveries SET delivered_at = ?, error = NULL WHERE id = ?")
                    .bind(now.as_millis())
            }
            Outcome::Again { error, next_try } => sqlx::query(
                "UPDATE deliveries SET attempts = attempts + 1, next_try = ?, error = ? WHERE id = ?",
            )
            .bind(next_try.as_millis())
            .bind(error),
            Outcome::GivenUp { error } => sqlx::query(
                "UPDATE deliveries SET attempts = attempts + 1, given_up_at = ?, error = ? WHERE id = ?",
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
}

async fn keep_row(connection: &mut SqliteConnection, ticket: &str, row: &Row) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO rings (ticket, ring, recipient, means, round, state, rings_at, tell_at, due, late, urgent, told_at, \
         cause) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (ticket, ring, recipient, means, round) DO \
         UPDATE SET state = excluded.state, rings_at = excluded.rings_at, tell_at = excluded.tell_at, \
         due = excluded.due, late = excluded.late, urgent = excluded.urgent, told_at = excluded.told_at, \
         cause = excluded.cause",
    )
    .bind(ticket)
    .bind(to_json(&row.line.ring))
    .bind(recipient_name(row.line.recipient))
    .bind(means_name(row.line.means))
    .bind(row.round)
    .bind(state_name(row.state))
    .bind(row.rings_at.as_millis())
    .bind(row.tell_at.as_millis())
    .bind(row.due.map(Timestamp::as_millis))
    .bind(row.late)
    .bind(row.urgent)
    .bind(row.told_at.map(Timestamp::as_millis))
    .bind(row.cause.as_ref().map(to_json))
    .execute(connection)
    .await
    .map_err(StoreError::because("keep a ring"))?;
    Ok(())
}

/// Puts a notice into somebody's list, or something on its way out. What was told under the same key is not told again.
async fn tell(
    connection: &mut SqliteConnection,
    telling: &Telling,
    now: Timestamp,
) -> Result<Option<(PersonId, u64)>, StoreError> {
    let Telling { key, recipient, means, notice } = telling;
    let failed = || StoreError::because("tell");
    if let (Means::InApp, Some(person)) = (means, recipient) {
        let id: Option<i64> = sqlx::query_scalar(
            "INSERT INTO notices (key, person, told_at, body) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING RETURNING id",
        )
        .bind(key)
        .bind(person.to_string())
        .bind(now.as_millis())
        .bind(to_json(notice))
        .fetch_optional(connection)
        .await
        .map_err(failed())?;
        return Ok(id.map(|id| (*person, id.cast_unsigned())));
    }
    sqlx::query(
        "INSERT INTO deliveries (key, means, recipient, body, made_at, next_try) VALUES (?, ?, ?, ?, ?, ?) \
         ON CONFLICT (key) DO NOTHING",
    )
    .bind(key)
    .bind(means_name(*means))
    .bind(recipient_name(*recipient))
    .bind(to_json(notice))
    .bind(now.as_millis())
    .bind(now.as_millis())
    .execute(connection)
    .await
    .map_err(failed())?;
    Ok(None)
}

fn read_row(row: &SqliteRow) -> Result<Row, StoreError> {
    let state: String = row.get("state");
    let means: String = row.get("means");
    let id: i64 = row.get("id");
    let wrong = |column: &'static str| unreadable("rings", column, id.to_string(), "no such value");
    let instant = |column: &str| Timestamp::from_millis(row.get(column));
    let cause: Option<String> = row.get("cause");
    Ok(Row {
        id: Some(id),
        line: Line {
            ring: json(row, "rings", "ring")?,
            recipient: person(row, "rings")?,
            means: Means::ALL
                .into_iter()
                .find(|one| means_name(*one) == means)
                .ok_or_else(|| wrong("means"))?,
        },
        round: row.get("round"),
        state: STATES.into_iter().find(|one| state_name(*one) == state).ok_or_else(|| wrong("state"))?,
        rings_at: instant("rings_at"),
        tell_at: instant("tell_at"),
        due: row.get::<Option<i64>, _>("due").map(Timestamp::from_millis),
        late: row.get("late"),
        urgent: row.get("urgent"),
        told_at: row.get::<Option<i64>, _>("told_at").map(Timestamp::from_millis),
        cause: match cause {
            None => None,
            Some(_) => Some(json(row, "rings", "cause")?),
        },
    })
}

fn person(row: &SqliteRow, table: &'static str) -> Result<Option<PersonId>, StoreError> {
    match row.get::<&str, _>("recipient") {
        "" => Ok(None),
        _ => read(row, table, "recipient").map(Some),
    }
}

fn json<T: DeserializeOwned>(
    row: &SqliteRow,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_str(row.get(column))
        .map_err(|error| unreadable(table, column, row.get::<i64, _>("id").to_string(), error))
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("ids, numbers and texts always serialise")
}

fn recipient_name(recipient: Option<PersonId>) -> String {
    recipient.map(|person| person.to_string()).unwrap_or_default()
}

const fn means_name(means: Means) -> &'static str {
    match means {
        Means::InApp => "in_app",
        Means::Email => "email",
        Means::Webhook => "webhook",
    }
}

const STATES: [State; 5] =
    [State::Planned, State::Told, State::Correcting, State::Corrected, State::Cancelled];

const fn state_name(state: State) -> &'static str {
    match state {
        State::Planned => "planned",
        State::Told => "told",
        State::Correcting => "correcting",
        State::Corrected => "corrected",
        State::Cancelled => "cancelled",
    }
}

#[cfg(test)]
impl Store {
    /// All rows of all tickets, for tests.
    pub(crate) async fn all_rings(&self) -> Vec<Row> {
        let rows = sqlx::query("SELECT * FROM rings ORDER BY id").fetch_all(self.reader()).await.unwrap();
        rows.iter().map(|row| read_row(row).unwrap()).collect()
    }
}
