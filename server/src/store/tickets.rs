//! Tickets as they are stored: the record of each as it is sent, beside what decides who is sent it.

use std::str::FromStr;

use domain::ticket::{Document, ScopeKeys, Stage, TicketNumber};
use domain::{DepartmentId, IdError, PersonId, TicketId};
use sqlx::SqliteConnection;

use super::{Store, StoreError, bulk};

/// A ticket on its way into the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TicketRow {
    pub(crate) id: TicketId,
    pub(crate) revision: u64,
    pub(crate) keys: ScopeKeys,
    pub(crate) stage: Stage,
    pub(crate) number: Option<TicketNumber>,
    pub(crate) document: String,
}

/// The keys that a ticket left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScopeMove {
    /// The change that gave it others.
    pub(crate) revision: u64,
    /// Which ticket.
    pub(crate) ticket: TicketId,
    /// The keys it had before.
    pub(crate) old: ScopeKeys,
}

#[derive(sqlx::FromRow)]
struct Found {
    id: String,
    department: String,
    accountable: Option<String>,
    registered_in: String,
    document: String,
}

impl Found {
    fn read(self) -> Result<(Document, ScopeKeys), StoreError> {
        let keys = ScopeKeys {
            department: id::<DepartmentId>(&self.id, "department", &self.department)?,
            accountable: match &self.accountable {
                Some(person) => Some(id::<PersonId>(&self.id, "accountable", person)?),
                None => None,
            },
            registered_in: id::<DepartmentId>(&self.id, "registered_in", &self.registered_in)?,
        };
        let document = serde_json::from_str(&self.document)
            .map_err(|error| unreadable(&self.id, "document", error.to_string()))?;
        Ok((document, keys))
    }
}

fn id<T: FromStr<Err = IdError>>(row: &str, column: &'static str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error: IdError| unreadable(row, column, error.to_string()))
}

fn unreadable(row: &str, column: &'static str, problem: String) -> StoreError {
    StoreError::Unreadable { table: "tickets", column, row: row.to_owned(), problem }
}

/// Those of the given tickets that there are.
pub(crate) async fn find(
    connection: &mut SqliteConnection,
    ids: &[TicketId],
) -> Result<Vec<(Document, ScopeKeys)>, StoreError> {
    let rows: Vec<Found> = sqlx::query_as(
        "SELECT id, department, accountable, registered_in, document FROM tickets \
         WHERE id IN (SELECT value FROM json_each(?))",
    )
    .bind(bulk::json_array(ids))
    .fetch_all(connection)
    .await
    .map_err(StoreError::because("read tickets"))?;
    rows.into_iter().map(Found::read).collect()
}

/// Those of the given numbers that tickets have.
pub(crate) async fn find_numbers(
    connection: &mut SqliteConnection,
    numbers: impl Iterator<Item = &TicketNumber>,
) -> Result<Vec<TicketNumber>, StoreError> {
    let found: Vec<String> =
        sqlx::query_scalar("SELECT number FROM tickets WHERE number IN (SELECT value FROM json_each(?))")
            .bind(bulk::json_array(numbers))
            .fetch_all(connection)
            .await
            .map_err(StoreError::because("read tickets' numbers"))?;
    Ok(found.into_iter().map(TicketNumber::from_stored).collect())
}

impl Store {
    /// A ticket's record.
    pub(crate) async fn document(&self, ticket: TicketId) -> Result<Option<Document>, StoreError> {
        let mut connection = self.reader().acquire().await.map_err(StoreError::because("read a ticket"))?;
        Ok(find(&mut connection, &[ticket]).await?.pop().map(|(document, _)| document))
    }
}

/// Keeps tickets as they are now, in place of what was kept of them.
pub(crate) async fn keep(connection: &mut SqliteConnection, rows: Vec<TicketRow>) -> Result<(), StoreError> {
    const OPENING: &str = "INSERT OR FAIL INTO tickets (id, revision, department, accountable, registered_in, stage, number, \
                           document) ";
    const CLOSING: &str = " ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, \
                           department = excluded.department, accountable = excluded.accountable, \
                           registered_in = excluded.registered_in, stage = excluded.stage, \
                           number = excluded.number, document = excluded.document";
    bulk::insert(connection, OPENING, CLOSING, rows, |tuple, row| {
        tuple
            .push_bind(row.id.to_string())
            .push_bind(row.revision.cast_signed())
            .push_bind(row.keys.department.to_string())
            .push_bind(row.keys.accountable.map(|person| person.to_string()))
            .push_bind(row.keys.registered_in.to_string())
            .push_bind(stage_name(row.stage))
            .push_bind(row.number.map(|number| number.to_string()))
            .push_bind(row.document);
    })
    .await
    .map_err(StoreError::because("keep tickets"))
}

/// Keeps what tickets moved away from. The tickets must be kept already.
pub(crate) async fn keep_moves(
    connection: &mut SqliteConnection,
    moves: Vec<ScopeMove>,
) -> Result<(), StoreError> {
    const OPENING: &str =
        "INSERT OR FAIL INTO scope_moves (revision, ticket, department, accountable, registered_in) ";
    bulk::insert(connection, OPENING, "", moves, |tuple, moved| {
        tuple
            .push_bind(moved.revision.cast_signed())
            .push_bind(moved.ticket.to_string())
            .push_bind(moved.old.department.to_string())
            .push_bind(moved.old.accountable.map(|person| person.to_string()))
            .push_bind(moved.old.registered_in.to_string());
    })
    .await
    .map_err(StoreError::because("keep what tickets moved away from"))
}

/// A stage as it is stored.
pub(super) const fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::New => "new",
        Stage::Assigned => "assigned",
        Stage::Working => "working",
        Stage::Done => "done",
        Stage::Closed => "closed",
        Stage::Cancelled => "cancelled",
    }
}
