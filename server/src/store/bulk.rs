//! Writing many rows with few statements.

use sqlx::query_builder::Separated;
use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, Sqlite};

/// How many rows one statement writes: the largest that fits, then what is left. Few sizes, so that each statement is
/// compiled once and found again.
const SIZES: [usize; 3] = [64, 8, 1];

/// One row of values on its way into a statement.
pub(super) type Tuple<'q> = Separated<'q, Sqlite, &'static str>;

/// Writes all rows: `opening VALUES (…), (…) closing`.
///
/// An opening may say `INSERT OR FAIL`: a statement that fails leaves the rows before the one at fault, and SQLite need not keep
/// a copy of every page to take them back. Who calls must therefore give the whole transaction up on an error.
pub(super) async fn insert<T>(
    connection: &mut SqliteConnection,
    opening: &'static str,
    closing: &'static str,
    rows: Vec<T>,
    bind: impl Fn(&mut Tuple<'_>, T),
) -> Result<(), sqlx::Error> {
    let mut rows = rows.into_iter();
    while let Some(size) = SIZES.into_iter().find(|size| *size <= rows.len()) {
        let mut query = QueryBuilder::new(opening);
        query.push_values(rows.by_ref().take(size), |mut tuple, row| bind(&mut tuple, row));
        query.push(closing).build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// The ids as a JSON array: one parameter for `IN (SELECT value FROM json_each(?))`, however many there are.
pub(super) fn json_array<T: ToString>(ids: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<_> = ids.into_iter().map(|id| id.to_string()).collect();
    serde_json::to_string(&texts).expect("a list of strings always serialises")
}
