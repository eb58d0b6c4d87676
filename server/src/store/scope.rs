//! A person's scope as a condition: what [`Scope::contains`] says of a ticket, said of a row.

use domain::access::Scope;
use sqlx::Arguments;
use sqlx::sqlite::SqliteArguments;

use super::bulk;

/// The condition that a row with the columns `accountable`, `department` and `registered_in` is within the scope bound by
/// [`bind`]: parameters 1 to 4.
macro_rules! in_scope {
    () => {
        "(?1 OR accountable = ?2 OR department IN (SELECT value FROM json_each(?3)) \
         OR registered_in IN (SELECT value FROM json_each(?4)))"
    };
}
pub(super) use in_scope;

/// The arguments of a query that uses [`in_scope!`]; more may follow, from 5 on.
pub(super) fn bind(scope: &Scope) -> Result<SqliteArguments, sqlx::Error> {
    let mut arguments = SqliteArguments::default();
    let add = |added: Result<(), sqlx::error::BoxDynError>| added.map_err(sqlx::Error::Encode);
    add(arguments.add(scope.everything))?;
    add(arguments.add(scope.accountable.to_string()))?;
    add(arguments.add(bulk::json_array(&scope.held_by)))?;
    add(arguments.add(bulk::json_array(&scope.registered_in)))?;
    Ok(arguments)
}
