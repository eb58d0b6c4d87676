//! `/api/people`: listing, adding and changing people, and links to choose a password.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::people::{Directory, Person, Role};
use domain::{DepartmentId, PersonId, Timestamp};
use serde::{Deserialize, Serialize};

use super::departments::present;
use super::edit::{EditRefusal, PersonEdit, require_department};
use super::input::InputProblem;
use super::{Contact, ContactEdit, EmailAddress, Invalid, Label, Language, UserName, new_person_id};
use crate::auth::password::{NewPassword, TooBusy};
use crate::auth::password_link::{self, PasswordLink};
use crate::http::error::answers;
use crate::http::{Answer, JsonBody, Surprise};
use crate::state::AppState;
use crate::store::accounts::{AccountOverview, Added, NewAccount};
use crate::store::directory::DirectoryEdit;

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
            Self::UserNameTaken => Answer::new(StatusCode::CONFLICT, "user_taken").about("user"),
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
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'static str>,
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
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    language: Option<String>,
}

/// What is to be different about a person.
#[derive(Deserialize)]
pub(crate) struct ChangedPerson {
    name: Option<String>,
    role: Option<String>,
    department: Option<String>,
    skills: Option<Vec<String>>,
    active: Option<bool>,
    /// `null` takes it away; absent, it stays.
    #[serde(default, deserialize_with = "present")]
    email: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    language: Option<Option<String>>,
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
            email: account.contact.email.map(EmailAddress::into_string),
            language: account.contact.language.map(Language::tag),
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
    let contact = Contact {
        email: optional(body.email.as_deref(), parse_email)?,
        language: optional(body.language.as_deref(), parse_language)?,
    };
    let account = NewAccount { person: person.clone(), user_name, password, contact };
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
    let contact = ContactEdit {
        email: body.email.map(|email| optional(email.as_deref(), parse_email)).transpose()?,
        language: body.language.map(|language| optional(language.as_deref(), parse_language)).transpose()?,
    };
    let edited = change(&state, |directory| {
        let person = edit.apply(id, directory).map_err(|refusal| match refusal {
            EditRefusal::UnknownDepartment => Invalid::new("department", InputProblem::Unacceptable).into(),
            refusal => PeopleError::from(refusal),
        })?;
        Ok(DirectoryEdit::ChangePerson(person, Some(contact)))
    })
    .await?;
    match edited {
        DirectoryEdit::ChangePerson(person, _) => Ok(Json(PersonAnswer { person, link: None })),
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

/// Writes what `decide` says, lets everybody know of it, and gives it back.
pub(super) async fn change(
    state: &AppState,
    decide: impl FnOnce(&Directory) -> Result<DirectoryEdit, PeopleError>,
) -> Result<DirectoryEdit, PeopleError> {
    let (edit, added) = state.store.change_directory(decide).await??;
    if added == Added::UserNameTaken {
        return Err(PeopleError::UserNameTaken);
    }
    state.directory.refresh(&state.store).await?;
    if matches!(&edit, DirectoryEdit::ChangePerson(person, _) if !person.active) {
        state.sessions.announce_endings();
    }
    Ok(edit)
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

fn parse_email(email: &str) -> Result<EmailAddress, Invalid> {
    EmailAddress::parse(email).map_err(|problem| Invalid::new("email", problem))
}

fn parse_language(tag: &str) -> Result<Language, Invalid> {
    Language::from_tag(tag).ok_or(Invalid::new("language", InputProblem::Unacceptable))
}

#[cfg(test)]
mod tests {
    use domain::people::DepartmentFunction;
    use serde_json::json;

    use super::*;
    use crate::testing::{PASSWORD, TestServer};

    #[tokio::test]
    async fn a_person_added_with_a_password_can_sign_in() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let department = server.department("service");
        let body = json!({
            "name": " 李娜 ", "user": "Li.Na", "role": "agent", "department": department,
            "skills": ["X1", "X1"], "password": PASSWORD,
        });
        let reply = admin.post("/api/people", &body).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        let person = &reply.json()["person"];
        assert_eq!(person["name"], "李娜");
        assert_eq!(person["skills"], json!(["X1"]));
        assert_eq!(reply.json().get("link"), None);
        assert_eq!(server.browser().sign_in("li.na", PASSWORD).await.json()["person"], *person);
    }

    #[tokio::test]
    async fn a_person_added_without_a_password_gets_a_link_to_choose_one() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let department = server.department("service");
        let body = json!({ "name": "李娜", "user": "li", "role": "agent", "department": department });
        let link = admin.post("/api/people", &body).await.json()["link"]["url"].as_str().unwrap().to_owned();
        let chosen = json!({ "token": link.split_once('#').unwrap().1, "password": PASSWORD });
        assert_eq!(server.browser().post("/api/password", &chosen).await.status, 200);
        assert_eq!(server.browser().sign_in("li", PASSWORD).await.status, 200);
    }

    #[tokio::test]
    async fn an_admin_sees_who_signs_in_how_and_when() {
        let server = TestServer::with_company().await;
        let li = server.add_person("li", Role::Engineer, "after-sales").await;
        let admin = server.sign_in("admin").await;
        let people = admin.get("/api/people").await.json();
        let find = |user: &str| {
            let people = people["people"].as_array().unwrap();
            people.iter().find(|person| person["user"] == user).unwrap().clone()
        };
        assert_eq!(find("admin")["last_sign_in"], server.clock().now().as_millis());
        assert_eq!(find("li")["last_sign_in"], json!(null));
        assert_eq!(find("li")["has_password"], true);
        assert_eq!(find("li")["id"], json!(li.id));
        assert!(!people.to_string().contains("argon2"), "hashes stay at home");
    }

    #[tokio::test]
    async fn an_address_and_a_language_are_for_admins_eyes_only() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let body = json!({
            "name": "Li", "user": "li", "role": "agent", "department": server.department("service"),
            "password": PASSWORD, "email": "li@example.com", "language": "zh-TW",
        });
        let id = admin.post("/api/people", &body).await.json()["person"]["id"].as_str().unwrap().to_owned();
        let listed = || async {
            let people = admin.get("/api/people").await.json();
            let found = people["people"].as_array().unwrap().iter().find(|person| person["user"] == "li");
            found.unwrap().clone()
        };
        assert_eq!(
            (&listed().await["email"], &listed().await["language"]),
            (&json!("li@example.com"), &json!("zh-TW"))
        );
        let directory = serde_json::to_string(&*server.state.directory.current()).unwrap();
        assert!(!directory.contains("li@example.com"));

        let path = format!("/api/people/{id}");
        admin.patch(&path, &json!({ "name": "Li Na" })).await;
        assert_eq!(listed().await["email"], "li@example.com", "what is not mentioned stays");
        admin.patch(&path, &json!({ "email": null, "language": "en" })).await;
        assert_eq!(listed().await.get("email"), None);
        assert_eq!(listed().await["language"], "en");
        for (field, value) in [("email", "nowhere"), ("language", "fr")] {
            let reply = admin.patch(&path, &json!({ field: value })).await;
            assert_eq!(
                reply.json(),
                json!({ "error": "invalid", "field": field, "problem": "unacceptable" })
            );
        }
    }

    #[tokio::test]
    async fn two_people_can_not_have_one_user_name() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let department = server.department("service");
        let body = json!({ "name": "Eve", "user": "ADMIN", "role": "agent", "department": department });
        let reply = admin.post("/api/people", &body).await;
        assert_eq!(reply.status, 409);
        assert_eq!(reply.json(), json!({ "error": "user_taken", "field": "user" }));
        assert_eq!(server.state.directory.current().people.len(), 1);
    }

    #[tokio::test]
    async fn a_field_that_can_not_be_taken_is_named() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let good = json!({
            "name": "Li", "user": "li", "role": "agent", "department": server.department("service"),
            "password": PASSWORD,
        });
        let nowhere = new_person_id(server.clock().now()).to_string();
        let cases = [
            ("name", json!(""), "missing"),
            ("user", json!("li na"), "unacceptable"),
            ("role", json!("emperor"), "unacceptable"),
            ("department", json!("service"), "unacceptable"),
            ("department", json!(nowhere), "unacceptable"),
            ("skills", json!(["x".repeat(101)]), "too_long"),
            ("password", json!("too short"), "too_short"),
        ];
        for (field, value, problem) in cases {
            let mut body = good.clone();
            body[field] = value;
            let reply = admin.post("/api/people", &body).await;
            assert_eq!(reply.status, 422, "{field}: {reply:?}");
            assert_eq!(reply.json(), json!({ "error": "invalid", "field": field, "problem": problem }));
        }
        assert_eq!(server.state.directory.current().people.len(), 1);
    }

    #[tokio::test]
    async fn who_is_deactivated_is_signed_out_at_once_and_stays_listed() {
        let server = TestServer::with_company().await;
        let li = server.add_person("li", Role::Engineer, "after-sales").await;
        let (admin, tablet) = (server.sign_in("admin").await, server.sign_in("li").await);
        assert_eq!(tablet.get("/api/session").await.status, 200);
        let path = format!("/api/people/{}", li.id);
        let reply = admin.patch(&path, &json!({ "active": false })).await;
        assert_eq!(reply.json()["person"]["active"], false, "{reply:?}");
        assert_eq!(tablet.get("/api/session").await.status, 204);
        assert_eq!(server.browser().sign_in("li", PASSWORD).await.status, 401);
        assert!(server.state.directory.current().person(li.id).is_some());

        admin.patch(&path, &json!({ "active": true })).await;
        assert_eq!(tablet.get("/api/session").await.status, 204, "the old session stays dead");
        assert_eq!(server.browser().sign_in("li", PASSWORD).await.status, 200);
    }

    #[tokio::test]
    async fn a_change_of_role_counts_from_the_next_request() {
        let server = TestServer::with_company().await;
        let li = server.add_person("li", Role::Admin, "service").await;
        let (admin, other) = (server.sign_in("admin").await, server.sign_in("li").await);
        assert_eq!(other.get("/api/people").await.status, 200);
        admin.patch(&format!("/api/people/{}", li.id), &json!({ "role": "agent" })).await;
        assert_eq!(other.get("/api/people").await.refusal(), (403, "role_may_not".to_owned()));
        assert_eq!(other.get("/api/session").await.json()["person"]["role"], "agent");
    }

    #[tokio::test]
    async fn the_last_admin_can_be_neither_deactivated_nor_demoted() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let id = server.state.directory.current().people[0].id;
        for change in [json!({ "active": false }), json!({ "role": "manager" })] {
            let reply = admin.patch(&format!("/api/people/{id}"), &change).await;
            assert_eq!(reply.refusal(), (409, "last_admin".to_owned()), "{change}");
        }
    }

    #[tokio::test]
    async fn of_two_admins_who_dismiss_each_other_at_once_one_remains() {
        let server = TestServer::with_company().await;
        let second = server.add_person("second", Role::Admin, "service").await;
        let first =
            server.state.directory.current().people.iter().find(|person| person.name == "admin").unwrap().id;
        let (one, other) = (server.sign_in("admin").await, server.sign_in("second").await);
        let (second, first) = (format!("/api/people/{}", second.id), format!("/api/people/{first}"));
        let gone = json!({ "active": false });
        tokio::join!(one.patch(&second, &gone), other.patch(&first, &gone));
        let directory = server.state.directory.current();
        assert_eq!(directory.people.iter().filter(|person| person.active).count(), 1);
    }

    #[tokio::test]
    async fn every_change_gives_devices_a_newer_directory() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let mut news = server.state.directory.subscribe();
        let before = news.borrow_and_update().revision;
        let body = json!({ "name": "华南", "function": "regional_team", "regions": ["广东"],
            "parent": server.department("after-sales") });
        let reply = admin.post("/api/departments", &body).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        assert!(news.has_changed().unwrap());
        let directory = news.borrow_and_update().clone();
        assert!(directory.revision > before);
        let team = directory.departments.iter().find(|department| department.name == "华南").unwrap();
        assert_eq!(team.function, DepartmentFunction::RegionalTeam);
        assert_eq!(team.parent, Some(server.department("after-sales")));
        assert_eq!(reply.json()["department"]["id"], json!(team.id));
    }

    #[tokio::test]
    async fn a_department_can_be_moved_and_made_to_stand_alone() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let (service, after_sales) = (server.department("service"), server.department("after-sales"));
        let path = format!("/api/departments/{service}");
        let reply = admin.patch(&path, &json!({ "parent": after_sales, "name": "客服中心" })).await;
        assert_eq!(reply.json()["department"]["parent"], json!(after_sales), "{reply:?}");

        let circle =
            admin.patch(&format!("/api/departments/{after_sales}"), &json!({ "parent": service })).await;
        assert_eq!(circle.refusal(), (409, "part_of_itself".to_owned()));

        let reply = admin.patch(&path, &json!({ "parent": null })).await;
        assert_eq!(reply.json()["department"].get("parent"), None, "{reply:?}");
        assert_eq!(reply.json()["department"]["name"], "客服中心", "what is not mentioned stays");
    }

    #[tokio::test]
    async fn what_does_not_exist_is_not_found() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let nobody = new_person_id(server.clock().now());
        for id in [nobody.to_string(), "42".to_owned(), "%00".to_owned()] {
            let reply = admin.patch(&format!("/api/people/{id}"), &json!({ "name": "Eve" })).await;
            assert_eq!(reply.refusal(), (404, "unknown_person".to_owned()), "{id}");
            let reply = admin.post(&format!("/api/people/{id}/password-link"), &json!({})).await;
            assert_eq!(reply.refusal(), (404, "unknown_person".to_owned()), "{id}");
            let reply = admin.patch(&format!("/api/departments/{id}"), &json!({ "name": "Eve" })).await;
            assert_eq!(reply.refusal(), (404, "unknown_department".to_owned()), "{id}");
        }
    }
}
