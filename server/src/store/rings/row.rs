//! One thing to be told to one by one means, and how far it has come.

use std::collections::BTreeSet;

use domain::sla::{Means, Recipient, RingId};
use domain::{PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use sync::notices::TakenBack;

use super::super::StoreError;
use super::super::rows::unreadable;
use super::{json, json_if_any, means_name, person, recipient_name, to_json};

/// Who is told what, by which means: what makes a row the same row, but for its round.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    /// The ring.
    pub(crate) ring: RingId,
    /// The person; none for the company's own system.
    pub(crate) recipient: Option<PersonId>,
    /// How.
    pub(crate) means: Means,
}

/// How far a row has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// To be told.
    Planned,
    /// Told.
    Told,
    /// Told in error; the correction is to be told.
    Correcting,
    /// Told in error, and that was told too.
    Corrected,
    /// Never told, because the cause went.
    Cancelled,
}

/// Why something is not told, or was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub(crate) enum Cause {
    /// There is no cause by what is known now.
    TakenBack(TakenBack),
    /// The clock, or the ticket, has ended.
    Ended,
    /// Somebody else is to be told.
    Recipient,
    /// It tells that time is running out, and it has run out.
    Superseded,
}

/// Something to be told, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its place in the store; none for a new one.
    pub(crate) id: Option<i64>,
    /// What and to whom.
    pub(crate) line: Line,
    /// 1, and one more each time it is told again after it was taken back.
    pub(crate) round: u32,
    /// How far it has come.
    pub(crate) state: State,
    /// As what the person is told; empty for the company's own system, and unknown for rows from before it was kept.
    pub(crate) kinds: Option<BTreeSet<Recipient>>,
    /// When there is cause for it.
    pub(crate) rings_at: Timestamp,
    /// When it, or its correction, is told.
    pub(crate) tell_at: Timestamp,
    /// By when the clock is due.
    pub(crate) due: Option<Timestamp>,
    /// Whether it tells of lateness.
    pub(crate) late: bool,
    /// Whether it breaks through quiet hours.
    pub(crate) urgent: bool,
    /// When it was told.
    pub(crate) told_at: Option<Timestamp>,
    /// Why it is cancelled or taken back.
    pub(crate) cause: Option<Cause>,
}

impl Row {
    /// Whether it, or its correction, is still to be told.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, State::Planned | State::Correcting)
    }

    /// Whether it was told and not taken back.
    pub(crate) const fn is_told(&self) -> bool {
        matches!(self.state, State::Told | State::Correcting)
    }
}

/// All rows of a ticket, the oldest first.
pub(super) async fn of_ticket(
    connection: &mut SqliteConnection,
    ticket: &str,
) -> Result<Vec<Row>, StoreError> {
    let rows = sqlx::query("SELECT * FROM rings WHERE ticket = ? ORDER BY id")
        .bind(ticket)
        .fetch_all(connection)
        .await
        .map_err(StoreError::because("read what rings for a ticket"))?;
    rows.iter().map(read).collect()
}

/// Keeps a row, in place of what was kept of it.
pub(super) async fn keep(
    connection: &mut SqliteConnection,
    ticket: &str,
    row: &Row,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO rings (ticket, ring, recipient, means, round, state, kinds, rings_at, tell_at, due, late, urgent, \
         told_at, cause) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (ticket, ring, recipient, means, round) DO UPDATE SET state = excluded.state, \
         kinds = excluded.kinds, rings_at = excluded.rings_at, tell_at = excluded.tell_at, due = excluded.due, \
         late = excluded.late, urgent = excluded.urgent, told_at = excluded.told_at, cause = excluded.cause",
    )
    .bind(ticket)
    .bind(to_json(&row.line.ring))
    .bind(recipient_name(row.line.recipient))
    .bind(means_name(row.line.means))
    .bind(row.round)
    .bind(state_name(row.state))
    .bind(row.kinds.as_ref().map(to_json))
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

fn read(row: &SqliteRow) -> Result<Row, StoreError> {
    let state: String = row.get("state");
    let means: String = row.get("means");
    let id: i64 = row.get("id");
    let wrong = |column: &'static str| unreadable("rings", column, id.to_string(), "no such value");
    let instant = |column: &str| Timestamp::from_millis(row.get(column));
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
        round: row.try_get("round").map_err(|_| wrong("round"))?,
        state: STATES.into_iter().find(|one| state_name(*one) == state).ok_or_else(|| wrong("state"))?,
        kinds: json_if_any(row, "rings", "kinds")?,
        rings_at: instant("rings_at"),
        tell_at: instant("tell_at"),
        due: row.get::<Option<i64>, _>("due").map(Timestamp::from_millis),
        late: row.get("late"),
        urgent: row.get("urgent"),
        told_at: row.get::<Option<i64>, _>("told_at").map(Timestamp::from_millis),
        cause: json_if_any(row, "rings", "cause")?,
    })
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
impl super::super::Store {
    /// All rows of all tickets, for tests.
    pub(crate) async fn all_rings(&self) -> Vec<Row> {
        let rows = sqlx::query("SELECT * FROM rings ORDER BY id").fetch_all(self.reader()).await.unwrap();
        rows.iter().map(|row| read(row).unwrap()).collect()
    }
}
