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
        let mut snapshot =
            self.reader().begin().await.map_err(StoreError::because("begin to read a page"))?;
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::ticket::{Document, ScopeKeys, Stage};
    use domain::{DepartmentId, PersonId};
    use uuid::Uuid;

    use super::*;
    use crate::store::ledger::{Head, advance};
    use crate::store::tickets::{self, ScopeMove, TicketRow};

    const MANY: PageBounds = PageBounds { tickets: usize::MAX, bytes: usize::MAX };

    fn ticket(number: u64) -> TicketId {
        TicketId::from_uuid(Uuid::from_u128(number.into()))
    }

    fn department(number: usize) -> DepartmentId {
        DepartmentId::from_uuid(Uuid::from_u128(number as u128))
    }

    fn person(number: usize) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(number as u128))
    }

    /// Every combination of few departments and people: more telling than chance, and the same every time.
    fn all_keys() -> Vec<ScopeKeys> {
        let mut keys = Vec::new();
        for held in 0..3 {
            for registered in 0..3 {
                for accountable in [None, Some(person(0)), Some(person(1))] {
                    let (department, registered_in) = (department(held), department(registered));
                    keys.push(ScopeKeys { department, accountable, registered_in });
                }
            }
        }
        keys
    }

    fn all_scopes() -> Vec<Scope> {
        let sets: Vec<BTreeSet<_>> = [vec![], vec![0], vec![1, 2]]
            .into_iter()
            .map(|set| set.into_iter().map(department).collect())
            .collect();
        let mut scopes = Vec::new();
        for held_by in &sets {
            for registered_in in &sets {
                for everything in [false, true] {
                    let (held_by, registered_in) = (held_by.clone(), registered_in.clone());
                    scopes.push(Scope { everything, accountable: person(0), held_by, registered_in });
                }
            }
        }
        scopes
    }

    /// A store with one ticket for each of these keys, at revisions from 1, each having come from other keys.
    async fn store_with(
        all: &[ScopeKeys],
        moved_from: impl Fn(usize) -> Option<ScopeKeys>,
    ) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let mut turn = store.writer().await;
        let mut transaction = turn.begin().await.unwrap();
        let (mut rows, mut moves) = (Vec::new(), Vec::new());
        for (index, keys) in all.iter().enumerate() {
            let revision = index as u64 + 1;
            let id = ticket(revision);
            let mut document = Document::new(id);
            document.revision = revision;
            let document = serde_json::to_string(&document).unwrap();
            rows.push(TicketRow { id, revision, keys: *keys, stage: Stage::New, number: None, document });
            moves.extend(moved_from(index).map(|old| ScopeMove { revision, ticket: id, old }));
        }
        tickets::keep(&mut transaction, rows).await.unwrap();
        tickets::keep_moves(&mut transaction, moves).await.unwrap();
        let head = Head { seq: all.len() as u64, hash: [1; 32], ..Head::default() };
        advance(&mut transaction, Head::default(), head).await.unwrap();
        transaction.commit("commit a ticket").await.unwrap();
        drop(turn);
        (folder, store)
    }

    fn ids(page: &Page) -> Vec<TicketId> {
        let documents =
            page.documents.iter().map(|document| serde_json::from_str::<Document>(document.get()));
        documents.map(|document| document.unwrap().ticket).collect()
    }

    #[tokio::test]
    async fn the_query_and_the_rule_agree_on_every_ticket_and_scope() {
        let keys = all_keys();
        let (_folder, store) = store_with(&keys, |_| None).await;
        for scope in all_scopes() {
            let page = store.page(&scope, PageStart::Anew, MANY).await.unwrap();
            let within: Vec<_> = (1..)
                .zip(&keys)
                .filter(|(_, keys)| scope.contains(keys))
                .map(|(number, _)| ticket(number))
                .collect();
            assert_eq!(ids(&page), within, "{scope:?}");
        }
    }

    #[tokio::test]
    async fn gone_is_what_was_in_the_scope_and_is_not_any_more() {
        let keys = all_keys();
        let old = |index: usize| Some(keys[(index * 7 + 5) % keys.len()]);
        let (_folder, store) = store_with(&keys, old).await;
        for scope in all_scopes() {
            let page = store.page(&scope, PageStart::After(3), MANY).await.unwrap();
            let left = |index: &usize| {
                old(*index).is_some_and(|old| scope.contains(&old)) && !scope.contains(&keys[*index])
            };
            let gone: Vec<_> = (3..keys.len()).filter(left).map(|index| ticket(index as u64 + 1)).collect();
            assert_eq!(page.gone, gone, "{scope:?}");
            let has_news = !page.documents.is_empty() || !gone.is_empty();
            assert_eq!(store.has_news(&scope, 3).await.unwrap(), has_news, "{scope:?}");
        }
    }

    #[tokio::test]
    async fn pages_follow_one_another_without_gap_or_overlap() {
        let keys = all_keys();
        let (_folder, store) = store_with(&keys, |_| None).await;
        let scope = Scope { everything: true, ..all_scopes().remove(0) };
        for bounds in [PageBounds { tickets: 4, ..MANY }, PageBounds { bytes: 200, ..MANY }] {
            let mut start = PageStart::Anew;
            let mut seen = Vec::new();
            loop {
                let page = store.page(&scope, start, bounds).await.unwrap();
                assert_eq!(page.reset, start == PageStart::Anew);
                assert!((1..=4).contains(&page.documents.len()));
                seen.extend(ids(&page));
                start = PageStart::After(page.end);
                if !page.more {
                    assert_eq!(page.end, keys.len() as u64);
                    break;
                }
            }
            assert_eq!(seen, (1..=keys.len() as u64).map(ticket).collect::<Vec<_>>());
        }
    }

    #[tokio::test]
    async fn a_ticket_larger_than_a_page_has_a_page_of_its_own() {
        let (_folder, store) = store_with(&all_keys(), |_| None).await;
        let scope = Scope { everything: true, ..all_scopes().remove(0) };
        let page = store.page(&scope, PageStart::Anew, PageBounds { bytes: 1, ..MANY }).await.unwrap();
        assert_eq!((page.documents.len(), page.more, page.end), (1, true, 1));
    }
}
