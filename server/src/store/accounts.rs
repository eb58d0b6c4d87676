//! Accounts: how people sign in. No device ever gets to see any of it.

use domain::people::Person;
use domain::{PersonId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::rows::{read, to_json};
use super::{Store, StoreError};
use crate::auth::password::PasswordHash;
use crate::people::{Contact, ContactEdit, EmailAddress, Language, UserName};

/// Somebody who is to have an account.
#[derive(Debug, Clone)]
pub(crate) struct NewAccount {
    /// As everybody knows them.
    pub(crate) person: Person,
    /// What they sign in with.
    pub(crate) user_name: UserName,
    /// Absent for somebody who is still to choose one.
    pub(crate) password: Option<PasswordHash>,
    /// How they are reached outside of the product.
    pub(crate) contact: Contact,
}

/// What became of an account that was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is there.
    Done,
    /// Somebody else has that user name.
    UserNameTaken,
}

/// What is needed to check a sign-in.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// Whose it is.
    pub(crate) person: PersonId,
    /// Absent for somebody who has not chosen one yet.
    pub(crate) password: Option<PasswordHash>,
}

/// An account as an admin sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccountOverview {
    /// Whose it is.
    pub(crate) person: PersonId,
    /// What they sign in with.
    pub(crate) user_name: String,
    /// Whether they have chosen a password.
    pub(crate) has_password: bool,
    /// When they last signed in.
    pub(crate) last_sign_in: Option<Timestamp>,
    /// How they are reached outside of the product.
    pub(crate) contact: Contact,
}

impl Store {
    /// Whether anybody has an account.
    pub(crate) async fn has_accounts(&self) -> Result<bool, StoreError> {
        let mut connection =
            self.reader().acquire().await.map_err(StoreError::because("look for accounts"))?;
        any_accounts(&mut connection).await
    }

    /// The account with this user name, also of somebody who has left.
    pub(crate) async fn account(&self, user_name: &UserName) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query("SELECT person, password_hash FROM accounts WHERE user_name = ?")
            .bind(user_name.as_str())
            .fetch_optional(self.reader())
            .await
            .map_err(StoreError::because("find an account"))?;
        row.map(|row| {
            Ok(Account {
                person: read(&row, "accounts", "person")?,
                password: row.get::<Option<String>, _>("password_hash").map(PasswordHash::from_stored),
            })
        })
        .transpose()
    }

    /// All accounts.
    pub(crate) async fn list_accounts(&self) -> Result<Vec<AccountOverview>, StoreError> {
        let rows = sqlx::query(
            "SELECT person, user_name, password_hash IS NOT NULL AS has_password, last_sign_in, email, language \
             FROM accounts",
        )
        .fetch_all(self.reader())
        .await
        .map_err(StoreError::because("list accounts"))?;
        rows.iter()
            .map(|row| {
                Ok(AccountOverview {
                    person: read(row, "accounts", "person")?,
                    user_name: row.get("user_name"),
                    has_password: row.get("has_password"),
                    last_sign_in: row.get::<Option<i64>, _>("last_sign_in").map(Timestamp::from_millis),
                    contact: read_contact(row),
                })
            })
            .collect()
    }
}

impl Store {
    /// How somebody with an account is reached.
    pub(crate) async fn contact(&self, person: PersonId) -> Result<Option<Contact>, StoreError> {
        let row = sqlx::query("SELECT email, language FROM accounts WHERE person = ?")
            .bind(person.to_string())
            .fetch_optional(self.reader())
            .await
            .map_err(StoreError::because("find how somebody is reached"))?;
        Ok(row.as_ref().map(read_contact))
    }
}

fn read_contact(row: &SqliteRow) -> Contact {
    let email: Option<String> = row.get("email");
    let language: Option<String> = row.get("language");
    Contact {
        email: email.and_then(|email| EmailAddress::parse(&email).ok()),
        language: language.and_then(|language| Language::from_tag(&language)),
    }
}

/// Keeps how somebody is reached.
pub(super) async fn update_contact(
    connection: &mut SqliteConnection,
    person: PersonId,
    contact: &Contact,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE accounts SET email = ?, language = ? WHERE person = ?")
        .bind(contact.email.as_ref().map(EmailAddress::as_str))
        .bind(contact.language.map(Language::tag))
        .bind(person.to_string())
        .execute(connection)
        .await
        .map_err(StoreError::because("keep how somebody is reached"))?;
    Ok(())
}

/// Changes how somebody is reached.
pub(super) async fn change_contact(
    connection: &mut SqliteConnection,
    person: PersonId,
    edit: &ContactEdit,
) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT email, language FROM accounts WHERE person = ?")
        .bind(person.to_string())
        .fetch_optional(&mut *connection)
        .await
        .map_err(StoreError::because("find how somebody is reached"))?;
    let before = row.as_ref().map(read_contact).unwrap_or_default();
    let ContactEdit { email, language } = edit.clone();
    let after =
        Contact { email: email.unwrap_or(before.email), language: language.unwrap_or(before.language) };
    update_contact(connection, person, &after).await
}

/// Adds a person with an account, unless the user name is taken.
pub(super) async fn insert_account(
    connection: &mut SqliteConnection,
    account: &NewAccount,
) -> Result<Added, StoreError> {
    let is_taken: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM accounts WHERE user_name = ?)")
        .bind(account.user_name.as_str())
        .fetch_one(&mut *connection)
        .await
        .map_err(StoreError::because("look for a user name"))?;
    if is_taken {
        return Ok(Added::UserNameTaken);
    }
    let person = &account.person;
    sqlx::query("INSERT INTO people (id, name, role, department, skills, active) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(person.id.to_string())
        .bind(&person.name)
        .bind(person.role.name())
        .bind(person.department.to_string())
        .bind(to_json(&person.skills))
        .bind(person.active)
        .execute(&mut *connection)
        .await
        .map_err(StoreError::because("add a person"))?;
    sqlx::query("INSERT INTO accounts (person, user_name, password_hash) VALUES (?, ?, ?)")
        .bind(person.id.to_string())
        .bind(account.user_name.as_str())
        .bind(account.password.as_ref().map(PasswordHash::as_str))
        .execute(&mut *connection)
        .await
        .map_err(StoreError::because("add an account"))?;
    update_contact(connection, person.id, &account.contact).await?;
    Ok(Added::Done)
}

/// Whether anybody has an account.
pub(super) async fn any_accounts(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM accounts)")
        .fetch_one(connection)
        .await
        .map_err(StoreError::because("look for accounts"))
}
