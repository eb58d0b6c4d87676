//! The record of changes, its counter, and the running numbers of tickets.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ticket::Month;
use domain::{ChangeId, PersonId, TicketId, Timestamp};
use sqlx::SqliteConnection;

use super::chain::Hash;
use super::{StoreError, bulk};

/// Where the record ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Head {
    /// The counter: the place of the last change.
    pub(crate) seq: u64,
    /// The last link of the chain.
    pub(crate) hash: Hash,
    /// When the last change arrived; 1970 as long as there is none. Nothing arrives before it any more, so that what arrived
    /// earlier than some change also stands before it.
    pub(crate) arrived: Timestamp,
}

/// A change on its way into the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChangeRow {
    pub(crate) seq: u64,
    pub(crate) id: ChangeId,
    pub(crate) ticket: TicketId,
    pub(crate) actor: PersonId,
    pub(crate) kind: &'static str,
    pub(crate) happened: Timestamp,
    pub(crate) arrived: Timestamp,
    pub(crate) previous_hash: Hash,
    pub(crate) hash: Hash,
    pub(crate) body: Arc<str>,
}

/// Reads where the record ends. In a transaction that may write, it stays so until its end.
pub(crate) async fn head(connection: &mut SqliteConnection) -> Result<Head, StoreError> {
    let (seq, hash, arrived): (i64, Vec<u8>, Option<i64>) = sqlx::query_as(
        "SELECT value, hash, (SELECT arrived FROM changes WHERE seq = value) FROM counters WHERE name = 'seq'",
    )
    .fetch_one(connection)
    .await
    .map_err(StoreError::because("read the counter"))?;
    let hash = Hash::try_from(hash).map_err(|_| StoreError::Unreadable {
        table: "counters",
        column: "hash",
        row: "seq".to_owned(),
        problem: "not 32 bytes".to_owned(),
    })?;
    Ok(Head { seq: seq.cast_unsigned(), hash, arrived: Timestamp::from_millis(arrived.unwrap_or_default()) })
}

/// Moves the end of the record on from `old` to `new`.
///
/// # Errors
/// Also when the record did not end at `old`.
pub(crate) async fn advance(
    connection: &mut SqliteConnection,
    old: Head,
    new: Head,
) -> Result<(), StoreError> {
    sqlx::query_scalar::<_, i64>(
        "UPDATE counters SET value = ?, hash = ? WHERE name = 'seq' AND value = ? RETURNING value",
    )
    .bind(new.seq.cast_signed())
    .bind(new.hash.as_slice())
    .bind(old.seq.cast_signed())
    .fetch_one(connection)
    .await
    .map_err(StoreError::because("move the counter"))?;
    Ok(())
}

/// Adds changes to the record.
pub(crate) async fn append(
    connection: &mut SqliteConnection,
    rows: Vec<ChangeRow>,
) -> Result<(), StoreError> {
    const OPENING: &str = "INSERT OR FAIL INTO changes (seq, device, device_seq, ticket, actor, kind, happened, arrived, \
                           previous_hash, hash, body) ";
    bulk::insert(connection, OPENING, "", rows, |tuple, row| {
        tuple
            .push_bind(row.seq.cast_signed())
            .push_bind(row.id.device.to_string())
            .push_bind(row.id.seq.cast_signed())
            .push_bind(row.ticket.to_string())
            .push_bind(row.actor.to_string())
            .push_bind(row.kind)
            .push_bind(row.happened.as_millis())
            .push_bind(row.arrived.as_millis())
            .push_bind(row.previous_hash.to_vec())
            .push_bind(row.hash.to_vec())
            .push_bind(row.body);
    })
    .await
    .map_err(StoreError::because("append changes"))
}

/// Those of the given changes that are in the record, with their places.
pub(crate) async fn find(
    connection: &mut SqliteConnection,
    ids: &[ChangeId],
) -> Result<Vec<(ChangeId, u64)>, StoreError> {
    // A pair can't be looked for in a list of pairs, so the list is joined: one look into the unique index for each.
    let pairs: Vec<_> = ids.iter().map(|id| (id.device, id.seq)).collect();
    let pairs = serde_json::to_string(&pairs).expect("a list of ids and numbers always serialises");
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT wanted.key, changes.seq FROM json_each(?) AS wanted CROSS JOIN changes \
         ON changes.device = wanted.value ->> 0 AND changes.device_seq = wanted.value ->> 1",
    )
    .bind(pairs)
    .fetch_all(connection)
    .await
    .map_err(StoreError::because("look for recorded changes"))?;
    let found = rows.into_iter().filter_map(|(index, seq)| {
        let id = ids.get(usize::try_from(index).ok()?)?;
        Some((*id, seq.cast_unsigned()))
    });
    Ok(found.collect())
}

#[cfg(test)]
impl super::Store {
    /// Every change of the record with its place.
    pub(crate) async fn places(&self) -> Result<Vec<(ChangeId, u64)>, StoreError> {
        let rows: Vec<(String, i64, i64)> = sqlx::query_as("SELECT device, device_seq, seq FROM changes")
            .fetch_all(self.reader())
            .await
            .map_err(StoreError::because("list the record"))?;
        let read = |(device, device_seq, seq): (String, i64, i64)| {
            let device = device.parse().expect("the record holds ids");
            (ChangeId { device, seq: device_seq.cast_unsigned() }, seq.cast_unsigned())
        };
        Ok(rows.into_iter().map(read).collect())
    }
}

/// The last running number of a month; 0 if none was given.
pub(crate) async fn last_number(connection: &mut SqliteConnection, month: Month) -> Result<u32, StoreError> {
    let last: Option<u32> = sqlx::query_scalar("SELECT last FROM numbers WHERE month = ?")
        .bind(stored_month(month))
        .fetch_optional(connection)
        .await
        .map_err(StoreError::because("read the last ticket number"))?;
    Ok(last.unwrap_or_default())
}

/// Keeps the last running numbers of some months.
pub(crate) async fn keep_numbers(
    connection: &mut SqliteConnection,
    numbers: BTreeMap<Month, u32>,
) -> Result<(), StoreError> {
    const CLOSING: &str = " ON CONFLICT (month) DO UPDATE SET last = excluded.last";
    let rows: Vec<_> = numbers.into_iter().collect();
    bulk::insert(
        connection,
        "INSERT OR FAIL INTO numbers (month, last) ",
        CLOSING,
        rows,
        |tuple, (month, last)| {
            tuple.push_bind(stored_month(month)).push_bind(last);
        },
    )
    .await
    .map_err(StoreError::because("keep the last ticket number"))
}

/// A month as it is stored.
pub(super) fn stored_month(month: Month) -> i64 {
    i64::from(month.year) * 100 + i64::from(month.month)
}
