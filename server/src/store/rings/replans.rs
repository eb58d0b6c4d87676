//! Which tickets are to be planned again.

use domain::ticket::Document;
use domain::{TicketId, Timestamp};
use sqlx::SqliteConnection;

use super::super::rows::{commit, unreadable};
use super::super::{Store, StoreError, bulk, tickets};
use super::row::{self, Row};

/// A ticket whose rings are to be planned.
#[derive(Debug)]
pub(crate) struct Due {
    pub(super) ticket: String,
    /// The mark that it was noted with, if it was.
    pub(super) mark: Option<i64>,
    /// What the store knows of it; nothing, if that can't be read any more.
    pub(crate) known: Option<Known>,
}

/// Everything that the store knows of a ticket to be planned.
#[derive(Debug)]
pub(crate) struct Known {
    /// The ticket's record.
    pub(crate) document: Document,
    /// What was planned and told.
    pub(crate) rows: Vec<Row>,
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
pub(crate) async fn mark_all(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO replans (ticket, mark) SELECT id, 1 FROM tickets WHERE rings = 1 \
         ON CONFLICT (ticket) DO UPDATE SET mark = mark + 1",
    )
    .execute(connection)
    .await
    .map_err(StoreError::because("note all tickets to plan rings for"))?;
    Ok(())
}

/// Takes a ticket's note away, unless it was noted again meanwhile.
pub(super) async fn unmark(connection: &mut SqliteConnection, due: &Due) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM replans WHERE ticket = ? AND mark = ?")
        .bind(&due.ticket)
        .bind(due.mark)
        .execute(connection)
        .await
        .map_err(StoreError::because("note that rings are planned"))?;
    Ok(())
}

impl Store {
    /// Notes every ticket that can still make something ring.
    pub(crate) async fn plan_all_again(&self) -> Result<(), StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        mark_all(&mut tx).await?;
        commit(tx).await
    }

    /// The tickets whose rings are to be planned, or told by `now`: at most so many. One that can't be read is among them
    /// without what is known of it, and the log says why: it must not hold the others up.
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
        let mut found = Vec::with_capacity(due.len());
        for (ticket, mark) in due {
            let known = match know(&mut tx, &ticket).await {
                Ok(known) => Some(known),
                Err(error @ StoreError::Unreadable { .. }) => {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::error!(
                        error,
                        ticket,
                        "what is known of a ticket can't be read; nothing rings for it"
                    );
                    None
                }
                Err(error) => return Err(error),
            };
            found.push(Due { ticket, mark, known });
        }
        Ok(found)
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
}

async fn know(connection: &mut SqliteConnection, ticket: &str) -> Result<Known, StoreError> {
    let id = ticket.parse().map_err(|error| unreadable("replans", "ticket", ticket, error))?;
    // One after the other: read together, one that can't be read would take the others with it.
    let Some((document, _)) = tickets::find(connection, &[id]).await?.pop() else {
        return Err(unreadable("tickets", "id", ticket, "no such ticket"));
    };
    let rows = row::of_ticket(connection, ticket).await?;
    Ok(Known { document, rows })
}
