//! What has changed within a person's scope since a certain place in the history.

use std::ops::RangeInclusive;

use domain::TicketId;
use domain::access::Scope;
use futures_util::TryStreamExt;
use serde_json::value::RawValue;
use sqlx::SqliteConnection;

use super::scope::{self, in_scope};
use super::{Store, StoreError, ledger};

/// How much one page may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageBounds {
    /// At most so many tickets.
    pub(crate) tickets: usize,
    /// No further ticket once there are so many bytes. The first one always fits.
    pub(crate) bytes: usize,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageStart {
    /// With the first ticket, for a device that holds nothing that counts.
    Anew,
    /// After this place, for a device that holds everything up to it.
    After(u64),
}

/// A page of what has changed.
#[derive(Debug)]
pub(crate) struct Page {
    /// Whether it begins anew, asked for or not: a place beyond the end of the history is no place.
    pub(crate) reset: bool,
    /// The tickets, in the order of their revisions, as they are stored.
    pub(crate) documents: Vec<Box<RawValue>>,
    /// Tickets that have left the scope.
    pub(crate) gone: Vec<TicketId>,
    /// Where the page ends.
    pub(crate) end: u64,
    /// Whether there is more after it.
    pub(crate) more: bool,
}

impl Store {
    /// Reads a page. Everything in it is of one moment.
    ///
    /// # Errors
    /// When the database can't be read.
    pub(crate) async fn page(
        &self,
        scope: &Scope,
        start: PageStart,
        bounds: PageBounds,
    ) -> Result<Page, StoreError> {
        let mut snapshot = self.reader().begin().await.map_err(StoreError::because("begin to read a page"))?;
        let head = ledger::head(&mut snapshot).await?.seq;
        let after = match start {
            PageStart::After(seq) if seq <= head => Some(seq),
            PageStart::Anew | PageStart::After(_) => None,
        };
        let from = after.unwrap_or_default();
        let found = documents(&mut snapshot, scope, from, bounds).await?;
        let end = if found.more { found.last } else { head };
        let gone = match after {
            Some(after) => gone(&mut snapshot, scope, after + 1..=end).await?,
            None => Vec::new(),
        };
        Ok(Page { reset: after.is_none(), documents: found.documents, gone, end, more: found.more })
    }

    /// Whether anything within the scope has changed, or has left it, after this place.
    ///
    /// # Errors
    /// When the database can't be read.
    pub(crate) async fn has_news(&self, scope: &Scope, after: u64) -> Result<bool, StoreError> {
        let trying = "look for news";
        let arguments = scope::bind(scope).map_err(StoreError::because(trying))?;
        sqlx::query_scalar_with(
            concat!(
                "SELECT (SELECT value FROM counters WHERE name = 'seq') < ?5 ",
                "OR EXISTS (SELECT 1 FROM tickets WHERE revision > ?5 AND ",
                in_scope!(),
                ") OR EXISTS (SELECT 1 FROM scope_moves WHERE revision > ?5 AND ",
                in_scope!(),
                ")"
            ),
            arguments,
        )
        .bind(after.cast_signed())
        .fetch_one(self.reader())
        .await
        .map_err(StoreError::because(trying))
    }
}

struct Documents {
    documents: Vec<Box<RawValue>>,
    last: u64,
    more: bool,
}

async fn documents(
    snapshot: &mut SqliteConnection,
    scope: &Scope,
    after: u64,
    bounds: PageBounds,
) -> Result<Documents, StoreError> {
    let trying = "read a page of tickets";
    let arguments = scope::bind(scope).map_err(StoreError::because(trying))?;
    let mut rows = sqlx::query_as_with::<_, (i64, String), _>(
        concat!(
            "SELECT revision, document FROM tickets WHERE revision > ?5 AND ",
            in_scope!(),
            " ORDER BY revision LIMIT ?6"
        ),
        arguments,
    )
    .bind(after.cast_signed())
    .bind(i64::try_from(bounds.tickets).unwrap_or(i64::MAX - 1) + 1)
    .fetch(snapshot);
    let mut page = Documents { documents: Vec::new(), last: after, more: false };
    let mut bytes = 0;
    while let Some((revision, document)) = rows.try_next().await.map_err(StoreError::because(trying))? {
        bytes += document.len();
        let full = page.documents.len() == bounds.tickets || bytes > bounds.bytes;
        if full && !page.documents.is_empty() {
            page.more = true;
            break;
        }
        page.last = revision.cast_unsigned();
        page.documents.push(RawValue::from_string(document).map_err(|error| StoreError::Unreadable {
            table: "tickets",
            column: "document",
            row: format!("revision {revision}"),
            problem: error.to_string(),
        })?);
    }
    Ok(page)
}

/// Tickets that left the scope at one of these places and have not come back.
async fn gone(
    snapshot: &mut SqliteConnection,
    scope: &Scope,
    places: RangeInclusive<u64>,
) -> Result<Vec<TicketId>, StoreError> {
    let trying = "read what has left the scope";
    let arguments = scope::bind(scope).map_err(StoreError::because(trying))?;
    let ids: Vec<String> = sqlx::query_scalar_with(
        concat!(
            "SELECT DISTINCT ticket FROM scope_moves WHERE revision BETWEEN ?5 AND ?6 AND ",
            in_scope!(),
            " AND NOT EXISTS (SELECT 1 FROM tickets WHERE id = scope_moves.ticket AND ",
            in_scope!(),
            ") ORDER BY ticket"
        ),
        arguments,
    )
    .bind(places.start().cast_signed())
    .bind(places.end().cast_signed())
    .fetch_all(snapshot)
    .await
    .map_err(StoreError::because(trying))?;
    ids.into_iter()
        .map(|id| {
            id.parse().map_err(|error: domain::IdError| StoreError::Unreadable {
                table: "scope_moves",
                column: "ticket",
                row: id.clone(),
                problem: error.to_string(),
            })
        })
        .collect()
}
