//! `/api/people`: listing, adding and changing people, and links to choose a password.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::people::{Directory, Person, Role};
use domain::{DepartmentId, PersonId, Timestamp};
use serde::{Deserialize, Serialize};

use super::edit::{EditRefusal, PersonEdit, require_department};
use super::input::InputProblem;
use super::{Invalid, Label, UserName, new_person_id};
use crate::auth::password::{NewPassword, TooBusy};
use crate::auth::password_link::{self, PasswordLink};
use crate::http::error::answers;
use crate::http::{Answer, JsonBody, Surprise};
use crate::state::AppState;
use crate::store::accounts::{AccountOverview, Added, DirectoryEdit, NewAccount};

/// Why people and departments are as they were.
#[derive(Debug)]
pub(crate) enum PeopleError {
    Invalid(Invalid),
    UnknownPerson,
    UnknownDepartment,
    UserNameTaken,
    LastAdmin,
    PartOfItself,
    NotActive,
    TooBusy(TooBusy),
    Surprise(Surprise),
}

impl PeopleError {
    fn answer(self) -> Answer {
        match self {
            Self::Invalid(invalid) => invalid.into(),
            Self::UnknownPerson => Answer::new(StatusCode::NOT_FOUND, "unknown_person"),
            Self::UnknownDepartment => Answer::new(StatusCode::NOT_FOUND, "unknown_department"),
            Self::UserNameTaken => Answer::new(StatusCode::CONFLICT, "user_name_taken").about("user"),
            Self::LastAdmin => Answer::new(StatusCode::CONFLICT, "last_admin"),
            Self::PartOfItself => Answer::new(StatusCode::CONFLICT, "part_of_itself").about("parent"),
            Self::NotActive => Answer::new(StatusCode::CONFLICT, "not_active"),
            Self::TooBusy(TooBusy) => crate::auth::sign_in::busy(),
            Self::Surprise(surprise) => surprise.into(),
        }
    }
}

answers!(PeopleError);

impl From<Invalid> for PeopleError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<EditRefusal> for PeopleError {
    fn from(refusal: EditRefusal) -> Self {
        match refusal {
            EditRefusal::UnknownPerson => Self::UnknownPerson,
            EditRefusal::UnknownDepartment => Self::UnknownDepartment,
            EditRefusal::UnknownParent => Invalid::new("parent", InputProblem::Unacceptable).into(),
            EditRefusal::PartOfItself => Self::PartOfItself,
            EditRefusal::LastAdmin => Self::LastAdmin,
        }
    }
}

/// A person as an admin sees them.
#[derive(Serialize)]
pub(crate) struct AdminPerson {
    #[serde(flatten)]
    person: Person,
    user: String,
    has_password: bool,
    last_sign_in: Option<Timestamp>,
}

/// Everybody with an account.
#[derive(Serialize)]
pub(crate) struct PeopleAnswer {
    people: Vec<AdminPerson>,
}

/// A link that lets somebody choose a password.
#[derive(Serialize)]
pub(crate) struct LinkAnswer {
    url: String,
    expires_at: Timestamp,
}

impl From<PasswordLink> for LinkAnswer {
    fn from(PasswordLink { url, expires_at }: PasswordLink) -> Self {
        Self { url, expires_at }
    }
}

/// A person who has been added or changed, and the link to hand to them if they have no password yet.
#[derive(Serialize)]
pub(crate) struct PersonAnswer {
    person: Person,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<LinkAnswer>,
}

/// A person to add.
#[derive(Deserialize)]
pub(crate) struct NewPerson {
    name: String,
    user: String,
    role: String,
    department: String,
    #[serde(default)]
    skills: Vec<String>,
    #[serde(default)]
    password: Option<String>,
}

/// What is to be different about a person.
#[derive(Deserialize)]
pub(crate) struct ChangedPerson {
    name: Option<String>,
    role: Option<String>,
    department: Option<String>,
    skills: Option<Vec<String>>,
    active: Option<bool>,
}

/// Lists everybody, also those who have left.
pub(crate) async fn list_people(State(state): State<AppState>) -> Result<Json<PeopleAnswer>, PeopleError> {
    let accounts = state.store.list_accounts().await?;
    let mut accounts: HashMap<PersonId, AccountOverview> =
        accounts.into_iter().map(|account| (account.person, account)).collect();
    let directory = state.directory.current();
    let people = directory.people.iter().filter_map(|person| {
        let account = accounts.remove(&person.id)?;
        Some(AdminPerson {
            person: person.clone(),
            user: account.user_name,
            has_password: account.has_password,
            last_sign_in: account.last_sign_in,
        })
    });
    Ok(Json(PeopleAnswer { people: people.collect() }))
}

/// Adds a person: with a first password, or with a link to choose one.
pub(crate) async fn create_person(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<NewPerson>,
) -> Result<(StatusCode, Json<PersonAnswer>), PeopleError> {
    let person = Person {
        id: new_person_id(state.clock.now()),
        name: parse_name(&body.name)?,
        role: parse_role(&body.role)?,
        department: parse_department(&body.department)?,
        skills: parse_skills(&body.skills)?,
        active: true,
    };
    let user_name = UserName::parse(&body.user).map_err(|problem| Invalid::new("user", problem))?;
    let password = body.password.map(NewPassword::parse).transpose().map_err(Invalid::password)?;
    let password = match password {
        None => None,
        Some(password) => Some(state.passwords.hash(password).await.map_err(PeopleError::TooBusy)?),
    };
    let needs_link = password.is_none();
    let account = NewAccount { person: person.clone(), user_name, password };
    change(&state, |directory| {
        require_department(account.person.department, directory)
            .map_err(|_| Invalid::new("department", InputProblem::Unacceptable))?;
        Ok(DirectoryEdit::AddAccount(account))
    })
    .await?;
    let link = if needs_link { Some(make_link(&state, person.id).await?) } else { None };
    Ok((StatusCode::CREATED, Json(PersonAnswer { person, link })))
}

/// Changes a person. Whoever is not active any more is signed out everywhere at once.
pub(crate) async fn change_person(
    State(state): State<AppState>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<ChangedPerson>,
) -> Result<Json<PersonAnswer>, PeopleError> {
    let id = parse_id(&id)?;
    let edit = PersonEdit {
        name: optional(body.name.as_deref(), parse_name)?,
        role: optional(body.role.as_deref(), parse_role)?,
        department: optional(body.department.as_deref(), parse_department)?,
        skills: optional(body.skills.as_deref(), parse_skills)?,
        active: body.active,
    };
    let edited = change(&state, |directory| {
        let person = edit.apply(id, directory).map_err(|refusal| match refusal {
            EditRefusal::UnknownDepartment => Invalid::new("department", InputProblem::Unacceptable).into(),
            refusal => PeopleError::from(refusal),
        })?;
        Ok(DirectoryEdit::ChangePerson(person))
    })
    .await?;
    match edited {
        DirectoryEdit::ChangePerson(person) => Ok(Json(PersonAnswer { person, link: None })),
        _ => unreachable!("a change of a person was asked for"),
    }
}

/// Makes a link that lets a person choose a password. Earlier links stop working; the present password does not.
pub(crate) async fn create_password_link(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<LinkAnswer>), PeopleError> {
    let id = parse_id(&id)?;
    match state.directory.current().person(id) {
        None => Err(PeopleError::UnknownPerson),
        Some(person) if !person.active => Err(PeopleError::NotActive),
        Some(_) => Ok((StatusCode::CREATED, Json(make_link(&state, id).await?))),
    }
}

async fn make_link(state: &AppState, person: PersonId) -> Result<LinkAnswer, PeopleError> {
    Ok(password_link::issue_link(&state.store, &state.config.base_url(), person, state.clock.now())
        .await?
        .into())
}

/// Writes what `decide` says and lets everybody know of it.
pub(super) async fn change(
    state: &AppState,
    decide: impl FnOnce(&Directory) -> Result<DirectoryEdit, PeopleError>,
) -> Result<DirectoryEdit, PeopleError> {
    let mut edit = None;
    let added = state
        .store
        .change_directory(|directory| {
            let decided = decide(directory)?;
            edit = Some(decided.clone());
            Ok::<_, PeopleError>(decided)
        })
        .await??;
    if added == Added::UserNameTaken {
        return Err(PeopleError::UserNameTaken);
    }
    state.directory.refresh(&state.store).await?;
    state.sessions.announce_endings();
    Ok(edit.expect("what was written was decided before"))
}

/// Parses a field if it is there.
pub(super) fn optional<F: ?Sized, T>(
    field: Option<&F>,
    parse: impl FnOnce(&F) -> Result<T, Invalid>,
) -> Result<Option<T>, Invalid> {
    field.map(parse).transpose()
}

fn parse_id(id: &str) -> Result<PersonId, PeopleError> {
    id.parse().map_err(|_| PeopleError::UnknownPerson)
}

fn parse_name(name: &str) -> Result<String, Invalid> {
    Label::parse(name).map(Label::into_string).map_err(|problem| Invalid::new("name", problem))
}

fn parse_role(role: &str) -> Result<Role, Invalid> {
    Role::from_name(role).ok_or(Invalid::new("role", InputProblem::Unacceptable))
}

fn parse_department(department: &str) -> Result<DepartmentId, Invalid> {
    department.parse().map_err(|_| Invalid::new("department", InputProblem::Unacceptable))
}

fn parse_skills(skills: &[String]) -> Result<Vec<String>, Invalid> {
    Label::parse_list(skills).map_err(|problem| Invalid::new("skills", problem))
}
