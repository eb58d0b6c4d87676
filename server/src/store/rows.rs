//! What the tables of people and accounts have in common: reading values out of rows, and closing a transaction.

use std::fmt::Display;
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{StoreError, WriteTransaction};

/// Makes everything in the transaction last.
pub(super) async fn commit(tx: WriteTransaction<'_>) -> Result<(), StoreError> {
    tx.commit("commit a change of accounts").await
}

/// Writes a list as it is stored.
pub(super) fn to_json<T: Serialize>(list: &[T]) -> String {
    serde_json::to_string(list).expect("a list of texts always serialises")
}

/// Reads an id out of a row; the row is named by what stands there.
pub(super) fn read<T: FromStr<Err: Display>>(
    row: &SqliteRow,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    let text: String = row.get(column);
    text.parse().map_err(|error| unreadable(table, column, text, error))
}

/// Reads a list out of a row that has an `id`.
pub(super) fn read_json<T: DeserializeOwned>(
    row: &SqliteRow,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_str(row.get(column))
        .map_err(|error| unreadable(table, column, row.get::<String, _>("id"), error))
}

/// Passes over what can't be read any more, so that it hides nothing else; the log names it.
pub(super) fn readable<T>(read: Result<T, StoreError>) -> Option<T> {
    read.inspect_err(|error| {
        let error: &(dyn std::error::Error + 'static) = error;
        tracing::error!(error, "what is stored can't be read, and is passed over");
    })
    .ok()
}

/// Says what can't be read any more, and where it stands.
pub(super) fn unreadable(
    table: &'static str,
    column: &'static str,
    row: impl Into<String>,
    problem: impl Display,
) -> StoreError {
    StoreError::Unreadable { table, column, row: row.into(), problem: problem.to_string() }
}
