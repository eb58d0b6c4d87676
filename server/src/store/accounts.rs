//! People, departments, accounts, sessions, and links that work once.

use std::fmt::Display;
use std::str::FromStr;

use domain::people::{Department, DepartmentFunction, Directory, Person, Role};
use domain::{PersonId, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, SqliteConnection, Transaction};
use uuid::Uuid;

use super::{Store, StoreError};
use crate::auth::SessionId;
use crate::auth::password::PasswordHash;
use crate::auth::session::{ABSOLUTE_LIFE_MS, StoredSession};
use crate::auth::token::TokenHash;
use crate::people::UserName;

/// Somebody who is to have an account.
#[derive(Debug, Clone)]
pub(crate) struct NewAccount {
    /// As everybody knows them.
    pub(crate) person: Person,
    /// What they sign in with.
    pub(crate) user_name: UserName,
    /// Absent for somebody who is still to choose one.
    pub(crate) password: Option<PasswordHash>,
}

/// What became of an account that was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is there.
    Done,
    /// Somebody else has that user name.
    UserNameTaken,
}

/// A company on its first day.
#[derive(Debug, Clone)]
pub(crate) struct Founding {
    /// The link that allows it.
    pub(crate) link: TokenHash,
    /// The company's name.
    pub(crate) company: Option<String>,
    /// Its departments.
    pub(crate) departments: Vec<Department>,
    /// Its first admin.
    pub(crate) admin: NewAccount,
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
}

/// A session that begins.
#[derive(Debug, Clone)]
pub(crate) struct NewSession {
    /// What opens it.
    pub(crate) token: TokenHash,
    /// Its name.
    pub(crate) id: SessionId,
    /// Whose it is.
    pub(crate) person: PersonId,
    /// When it begins.
    pub(crate) now: Timestamp,
}

/// A row to write into the directory.
#[derive(Debug, Clone)]
pub(crate) enum DirectoryEdit {
    /// A new person with an account.
    AddAccount(NewAccount),
    /// A person who exists.
    ChangePerson(Person),
    /// A new department.
    AddDepartment(Department),
    /// A department that exists.
    ChangeDepartment(Department),
}

/// The directory.
impl Store {
    /// Everybody and every department.
    pub(crate) async fn directory(&self) -> Result<Directory, StoreError> {
        let mut tx =
            self.reader().begin().await.map_err(StoreError::because("begin reading the directory"))?;
        read_directory(&mut tx).await
    }

    /// Lets `decide` look at the directory and writes what it says, in one transaction. Gives back what was written.
    ///
    /// A person who is not active any more loses all sessions and links in the same transaction.
    pub(crate) async fn change_directory<E>(
        &self,
        decide: impl FnOnce(&Directory) -> Result<DirectoryEdit, E>,
    ) -> Result<Result<(DirectoryEdit, Added), E>, StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        let edit = match decide(&read_directory(&mut tx).await?) {
            Ok(edit) => edit,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let added = match &edit {
            DirectoryEdit::AddAccount(account) => insert_account(&mut tx, account).await?,
            DirectoryEdit::ChangePerson(person) => {
                update_person(&mut tx, person).await.map(|()| Added::Done)?
            }
            DirectoryEdit::AddDepartment(department) => {
                insert_department(&mut tx, department).await.map(|()| Added::Done)?
            }
            DirectoryEdit::ChangeDepartment(department) => {
                update_department(&mut tx, department).await.map(|()| Added::Done)?
            }
        };
        if added == Added::Done {
            raise_revision(&mut tx).await?;
            commit(tx).await?;
        }
        Ok(Ok((edit, added)))
    }

    /// Adds departments without asking anybody, parents before their parts. For a company that is being set up.
    pub(crate) async fn add_departments(&self, departments: &[Department]) -> Result<(), StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        for department in departments {
            insert_department(&mut tx, department).await?;
        }
        raise_revision(&mut tx).await?;
        commit(tx).await
    }

    /// Adds people with accounts, all or none. For a company that is being set up.
    pub(crate) async fn add_accounts(&self, accounts: &[NewAccount]) -> Result<Added, StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        for account in accounts {
            if insert_account(&mut tx, account).await? == Added::UserNameTaken {
                return Ok(Added::UserNameTaken);
            }
        }
        raise_revision(&mut tx).await?;
        commit(tx).await?;
        Ok(Added::Done)
    }

    /// Sets the company up: departments and the first admin. Says no if the link doesn't work or somebody was faster.
    pub(crate) async fn found_company(
        &self,
        founding: &Founding,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        let links = sqlx::query(
            "DELETE FROM one_time_links WHERE token_hash = ? AND person IS NULL AND expires_at > ?",
        )
        .bind(founding.link.as_str())
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await
        .map_err(StoreError::because("use the first admin's link"))?;
        if links.rows_affected() != 1 || any_accounts(&mut tx).await? {
            return Ok(false);
        }
        sqlx::query("UPDATE directory SET company = ?")
            .bind(founding.company.as_deref().unwrap_or_default())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("name the company"))?;
        for department in &founding.departments {
            insert_department(&mut tx, department).await?;
        }
        if insert_account(&mut tx, &founding.admin).await? != Added::Done {
            return Ok(false);
        }
        raise_revision(&mut tx).await?;
        commit(tx).await?;
        Ok(true)
    }
}

/// Accounts and passwords.
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
            "SELECT person, user_name, password_hash IS NOT NULL AS has_password, last_sign_in FROM accounts",
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
                })
            })
            .collect()
    }
}

/// Links that work once.
impl Store {
    /// Keeps a link, in place of any earlier one for the same person; for nobody yet, the first admin's.
    pub(crate) async fn issue_link(
        &self,
        person: Option<PersonId>,
        token: &TokenHash,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let person = person.map(|person| person.to_string());
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        sqlx::query("DELETE FROM one_time_links WHERE person IS ?")
            .bind(&person)
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("withdraw earlier links"))?;
        sqlx::query("INSERT INTO one_time_links (token_hash, person, expires_at) VALUES (?, ?, ?)")
            .bind(token.as_str())
            .bind(&person)
            .bind(expires_at.as_millis())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("keep a link"))?;
        commit(tx).await
    }

    /// Whether the link makes the first admin.
    pub(crate) async fn is_first_admin_link(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM one_time_links
                   WHERE token_hash = ? AND expires_at > ? AND person IS NULL)";
        self.exists_link(sql, token, now).await
    }

    /// Whether the link sets somebody's password.
    pub(crate) async fn is_password_link(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM one_time_links
                   WHERE token_hash = ? AND expires_at > ? AND person IS NOT NULL)";
        self.exists_link(sql, token, now).await
    }

    async fn exists_link(
        &self,
        sql: &'static str,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        sqlx::query_scalar(sql)
            .bind(token.as_str())
            .bind(now.as_millis())
            .fetch_one(self.reader())
            .await
            .map_err(StoreError::because("look for a link"))
    }

    /// Uses a link up: sets the password of the person it is for, and ends all of that person's sessions.
    pub(crate) async fn use_password_link(
        &self,
        token: &TokenHash,
        password: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<PersonId>, StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        let row = sqlx::query(
            "DELETE FROM one_time_links WHERE token_hash = ? AND expires_at > ? AND person IS NOT NULL
             RETURNING person",
        )
        .bind(token.as_str())
        .bind(now.as_millis())
        .fetch_optional(&mut *tx)
        .await
        .map_err(StoreError::because("use a link"))?;
        let Some(row) = row else {
            return Ok(None);
        };
        let person: PersonId = read(&row, "one_time_links", "person")?;
        sqlx::query("UPDATE accounts SET password_hash = ? WHERE person = ?")
            .bind(password.as_str())
            .bind(person.to_string())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("set a password"))?;
        end_sessions(&mut tx, person).await?;
        commit(tx).await?;
        Ok(Some(person))
    }
}

/// Sessions.
impl Store {
    /// Begins a session and ends the one it replaces. Says no if the person is not active.
    pub(crate) async fn start_session(
        &self,
        session: &NewSession,
        replaced: Option<&TokenHash>,
    ) -> Result<bool, StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        // Whoever signs in sweeps up: sessions past their last day open nothing any more.
        sqlx::query("DELETE FROM sessions WHERE token_hash = ? OR created_at <= ?")
            .bind(replaced.map(TokenHash::as_str))
            .bind(session.now.plus_millis(-ABSOLUTE_LIFE_MS).as_millis())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("end old sessions"))?;
        let begun = sqlx::query(
            "INSERT INTO sessions (token_hash, id, person, created_at, seen_at)
             SELECT ?1, ?2, id, ?4, ?4 FROM people WHERE id = ?3 AND active = 1",
        )
        .bind(session.token.as_str())
        .bind(session.id.as_uuid().to_string())
        .bind(session.person.to_string())
        .bind(session.now.as_millis())
        .execute(&mut *tx)
        .await
        .map_err(StoreError::because("begin a session"))?;
        if begun.rows_affected() != 1 {
            return Ok(false);
        }
        sqlx::query("UPDATE accounts SET last_sign_in = ? WHERE person = ?")
            .bind(session.now.as_millis())
            .bind(session.person.to_string())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("note a sign-in"))?;
        commit(tx).await?;
        Ok(true)
    }

    /// The session that a token opens. Its age is for the caller to judge.
    pub(crate) async fn session(&self, token: &TokenHash) -> Result<Option<StoredSession>, StoreError> {
        let row = sqlx::query("SELECT id, person, created_at, seen_at FROM sessions WHERE token_hash = ?")
            .bind(token.as_str())
            .fetch_optional(self.reader())
            .await
            .map_err(StoreError::because("find a session"))?;
        row.map(|row| {
            Ok(StoredSession {
                id: SessionId::from_uuid(read::<Uuid>(&row, "sessions", "id")?),
                person: read(&row, "sessions", "person")?,
                created_at: Timestamp::from_millis(row.get("created_at")),
                seen_at: Timestamp::from_millis(row.get("seen_at")),
            })
        })
        .transpose()
    }

    /// Whether the session is still there.
    pub(crate) async fn session_exists(&self, session: SessionId) -> Result<bool, StoreError> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sessions WHERE id = ?)")
            .bind(session.as_uuid().to_string())
            .fetch_one(self.reader())
            .await
            .map_err(StoreError::because("find a session"))
    }

    /// Notes that a session is in use.
    pub(crate) async fn mark_session_seen(
        &self,
        token: &TokenHash,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        sqlx::query("UPDATE sessions SET seen_at = ? WHERE token_hash = ?")
            .bind(now.as_millis())
            .bind(token.as_str())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("note the use of a session"))?;
        commit(tx).await
    }

    /// Ends one session.
    pub(crate) async fn end_session(&self, session: SessionId) -> Result<(), StoreError> {
        let mut guard = self.writer().await;
        let mut tx = guard.begin().await?;
        sqlx::query("DELETE FROM sessions WHERE id = ?")
            .bind(session.as_uuid().to_string())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("end a session"))?;
        commit(tx).await
    }
}

async fn read_directory(connection: &mut SqliteConnection) -> Result<Directory, StoreError> {
    let rest = sqlx::query("SELECT revision, policy FROM directory")
        .fetch_one(&mut *connection)
        .await
        .map_err(StoreError::because("read the directory"))?;
    let people = sqlx::query("SELECT id, name, role, department, skills, active FROM people ORDER BY id")
        .fetch_all(&mut *connection)
        .await
        .map_err(StoreError::because("read people"))?;
    let departments = sqlx::query("SELECT id, name, parent, function, regions FROM departments ORDER BY id")
        .fetch_all(&mut *connection)
        .await
        .map_err(StoreError::because("read departments"))?;
    let policy: Option<String> = rest.get("policy");
    Ok(Directory {
        revision: rest.get::<i64, _>("revision").unsigned_abs(),
        people: people.iter().map(read_person).collect::<Result<_, _>>()?,
        departments: departments.iter().map(read_department).collect::<Result<_, _>>()?,
        policy: match policy {
            None => domain::sla::Policy::default(),
            Some(policy) => serde_json::from_str(&policy)
                .map_err(|error| unreadable("directory", "policy", "1", error))?,
        },
    })
}

fn read_person(row: &SqliteRow) -> Result<Person, StoreError> {
    let role: String = row.get("role");
    Ok(Person {
        id: read(row, "people", "id")?,
        name: row.get("name"),
        role: Role::from_name(&role)
            .ok_or_else(|| unreadable("people", "role", row.get::<String, _>("id"), "no such role"))?,
        department: read(row, "people", "department")?,
        skills: read_json(row, "people", "skills")?,
        active: row.get("active"),
    })
}

fn read_department(row: &SqliteRow) -> Result<Department, StoreError> {
    let parent: Option<String> = row.get("parent");
    let function: String = row.get("function");
    Ok(Department {
        id: read(row, "departments", "id")?,
        name: row.get("name"),
        parent: match parent {
            None => None,
            Some(_) => Some(read(row, "departments", "parent")?),
        },
        function: serde_json::from_value::<DepartmentFunction>(function.into())
            .map_err(|error| unreadable("departments", "function", row.get::<String, _>("id"), error))?,
        regions: read_json(row, "departments", "regions")?,
    })
}

async fn insert_account(
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
    Ok(Added::Done)
}

async fn update_person(connection: &mut SqliteConnection, person: &Person) -> Result<(), StoreError> {
    sqlx::query("UPDATE people SET name = ?, role = ?, department = ?, skills = ?, active = ? WHERE id = ?")
        .bind(&person.name)
        .bind(person.role.name())
        .bind(person.department.to_string())
        .bind(to_json(&person.skills))
        .bind(person.active)
        .bind(person.id.to_string())
        .execute(&mut *connection)
        .await
        .map_err(StoreError::because("change a person"))?;
    if !person.active {
        end_sessions(connection, person.id).await?;
        sqlx::query("DELETE FROM one_time_links WHERE person = ?")
            .bind(person.id.to_string())
            .execute(&mut *connection)
            .await
            .map_err(StoreError::because("withdraw links"))?;
    }
    Ok(())
}

async fn insert_department(
    connection: &mut SqliteConnection,
    department: &Department,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO departments (id, name, parent, function, regions) VALUES (?, ?, ?, ?, ?)")
        .bind(department.id.to_string())
        .bind(&department.name)
        .bind(department.parent.map(|parent| parent.to_string()))
        .bind(function_name(department.function))
        .bind(to_json(&department.regions))
        .execute(&mut *connection)
        .await
        .map_err(StoreError::because("add a department"))?;
    Ok(())
}

async fn update_department(
    connection: &mut SqliteConnection,
    department: &Department,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE departments SET name = ?, parent = ?, function = ?, regions = ? WHERE id = ?")
        .bind(&department.name)
        .bind(department.parent.map(|parent| parent.to_string()))
        .bind(function_name(department.function))
        .bind(to_json(&department.regions))
        .bind(department.id.to_string())
        .execute(&mut *connection)
        .await
        .map_err(StoreError::because("change a department"))?;
    Ok(())
}

async fn end_sessions(connection: &mut SqliteConnection, person: PersonId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE person = ?")
        .bind(person.to_string())
        .execute(connection)
        .await
        .map_err(StoreError::because("end a person's sessions"))?;
    Ok(())
}

async fn any_accounts(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM accounts)")
        .fetch_one(connection)
        .await
        .map_err(StoreError::because("look for accounts"))
}

async fn raise_revision(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query("UPDATE directory SET revision = revision + 1")
        .execute(connection)
        .await
        .map_err(StoreError::because("raise the directory's revision"))?;
    Ok(())
}

async fn commit(tx: Transaction<'_, Sqlite>) -> Result<(), StoreError> {
    tx.commit().await.map_err(StoreError::because("commit a change of accounts"))
}

fn function_name(function: DepartmentFunction) -> String {
    match serde_json::to_value(function) {
        Ok(serde_json::Value::String(name)) => name,
        _ => unreachable!("a department's function is written as its name"),
    }
}

fn to_json<T: Serialize>(list: &[T]) -> String {
    serde_json::to_string(list).expect("a list of texts always serialises")
}

/// Reads an id out of a row; the row is named by what stands there.
fn read<T: FromStr<Err: Display>>(
    row: &SqliteRow,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    let text: String = row.get(column);
    text.parse().map_err(|error| unreadable(table, column, text, error))
}

fn read_json<T: DeserializeOwned>(
    row: &SqliteRow,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_str(row.get(column))
        .map_err(|error| unreadable(table, column, row.get::<String, _>("id"), error))
}

fn unreadable(
    table: &'static str,
    column: &'static str,
    row: impl Into<String>,
    problem: impl Display,
) -> StoreError {
    StoreError::Unreadable { table, column, row: row.into(), problem: problem.to_string() }
}
