//! What is to be told, what was told, and what is on its way.
//!
//! ```text
//!   replans      which tickets are to be planned again
//!   plans        what was decided for a ticket: its rows, and what is told by them, in one transaction
//!   row          a row, and how it is written
//!   notices      what people are told in the product
//!   deliveries   what leaves the house
//! ```
//!
//! The types of a plan are defined here, where they are kept; [`crate::ringing`] makes them and knows why.

mod deliveries;
mod notices;
mod plans;
mod replans;
mod row;

use domain::PersonId;
use domain::sla::Means;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

pub(crate) use deliveries::{Delivery, Outcome};
pub(crate) use plans::{Named, Plan, Telling};
pub(super) use replans::mark_all;
pub(crate) use replans::{Due, Known, mark};
pub(crate) use row::{Cause, Line, Row, State};

use super::StoreError;
use super::rows::{read, unreadable};

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

/// The same for a column that may be empty.
fn json_if_any<T: DeserializeOwned>(
    row: &SqliteRow,
    table: &'static str,
    column: &'static str,
) -> Result<Option<T>, StoreError> {
    match row.get::<Option<&str>, _>(column) {
        None => Ok(None),
        Some(_) => json(row, table, column).map(Some),
    }
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
