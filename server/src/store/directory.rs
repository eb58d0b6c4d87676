//! People and departments: the part of the company that every device may know.

use domain::Timestamp;
use domain::people::{Department, DepartmentFunction, Directory, Person, Role};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::accounts::{Added, NewAccount, any_accounts, insert_account};
use super::links::withdraw_links;
use super::rows::{commit, read, read_json, to_json, unreadable};
use super::sessions::end_sessions;
use super::{Store, StoreError, accounts, policies, rings};
use crate::auth::token::TokenHash;
use crate::people::ContactEdit;

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

/// A row to write into the directory.
#[derive(Debug, Clone)]
pub(crate) enum DirectoryEdit {
    /// A new person with an account.
    AddAccount(NewAccount),
    /// A person who exists, and how they are reached, if that is to be different.
    ChangePerson(Person, Option<ContactEdit>),
    /// A new department.
    AddDepartment(Department),
    /// A department that exists.
    ChangeDepartment(Department),
}

impl Store {
    /// Everybody, every department, and the policies that have taken effect.
    pub(crate) async fn directory(&self) -> Result<Directory, StoreError> {
        let mut tx =
            self.reader().begin().await.map_err(StoreError::because("begin reading the directory"))?;
        read_directory(&mut tx).await
    }

    /// Which directory [`Self::directory`] would give.
    pub(crate) async fn directory_revision(&self) -> Result<u64, StoreError> {
        let revision: i64 = sqlx::query_scalar("SELECT revision FROM directory")
            .fetch_one(self.reader())
            .await
            .map_err(StoreError::because("read the directory's revision"))?;
        Ok(revision.unsigned_abs())
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
            DirectoryEdit::ChangePerson(person, contact) => {
                update_person(&mut tx, person).await?;
                if let Some(edit) = contact {
                    accounts::change_contact(&mut tx, person.id, edit).await?;
                }
                Added::Done
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

/// Reads everything that belongs to the directory.
pub(super) async fn read_directory(connection: &mut SqliteConnection) -> Result<Directory, StoreError> {
    let rest = sqlx::query("SELECT revision FROM directory")
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
    let policies = policies::in_force(connection).await?;
    Ok(Directory {
        revision: rest.get::<i64, _>("revision").unsigned_abs(),
        people: people.iter().map(read_person).collect::<Result<_, _>>()?,
        departments: departments.iter().map(read_department).collect::<Result<_, _>>()?,
        policies,
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
        withdraw_links(connection, Some(person.id)).await?;
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

/// Makes the directory a newer one: devices will be given it again.
pub(super) async fn raise_revision(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query("UPDATE directory SET revision = revision + 1")
        .execute(&mut *connection)
        .await
        .map_err(StoreError::because("raise the directory's revision"))?;
    // Other people, or another policy: other rings.
    rings::mark_all(connection).await
}

fn function_name(function: DepartmentFunction) -> String {
    match serde_json::to_value(function) {
        Ok(serde_json::Value::String(name)) => name,
        _ => unreachable!("a department's function is written as its name"),
    }
}
