//! `POST /api/first-admin`: whoever holds the link from the server's log founds the company's account.
//!
//! Nobody has an account on a new server, and nobody is let in without one. The way out is a link that only those see who
//! can read the server's log. It works once, for a day; every start makes a new one as long as there is no account.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::Timestamp;
use domain::people::{Department, DepartmentFunction, Person, Role};
use serde::Deserialize;

use super::password::{NewPassword, TooBusy};
use super::sign_in::{begin_session, busy};
use super::token::{Token, TokenHash};
use crate::http::error::answers;
use crate::http::{Answer, JsonBody, Surprise};
use crate::people::{Invalid, Label, UserName, new_department_id, new_person_id};
use crate::state::AppState;
use crate::store::StoreError;
use crate::store::accounts::{Founding, NewAccount};

/// How long the link works.
pub(crate) const LINK_LIFE_MS: i64 = Timestamp::DAY_MS;

/// The departments every company starts with. The first one is the first admin's.
const DEPARTMENTS: [(DepartmentFunction, &str); 5] = [
    (DepartmentFunction::AfterSales, "售后技术部"),
    (DepartmentFunction::CustomerService, "客服中心"),
    (DepartmentFunction::Product, "产品部"),
    (DepartmentFunction::Marketing, "市场部"),
    (DepartmentFunction::Quality, "质量部"),
];

/// Who the first admin is to be.
#[derive(Deserialize)]
pub(crate) struct FirstAdmin {
    token: String,
    #[serde(default)]
    company: Option<String>,
    name: String,
    user: String,
    password: String,
}

/// Why there is no first admin now.
#[derive(Debug)]
pub(crate) enum FirstAdminError {
    Invalid(Invalid),
    LinkInvalid,
    TooBusy(TooBusy),
    Surprise(Surprise),
}

impl FirstAdminError {
    fn answer(self) -> Answer {
        match self {
            Self::Invalid(invalid) => invalid.into(),
            Self::LinkInvalid => Answer::new(StatusCode::GONE, "link_invalid"),
            Self::TooBusy(TooBusy) => busy(),
            Self::Surprise(surprise) => surprise.into(),
        }
    }
}

answers!(FirstAdminError);

impl From<Invalid> for FirstAdminError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// Makes the link, in place of any earlier one. Nothing, if somebody has an account already.
pub(crate) async fn issue_link(state: &AppState) -> Result<Option<String>, StoreError> {
    if state.store.has_accounts().await? {
        return Ok(None);
    }
    let token = Token::random();
    let expires_at = state.clock.now().plus_millis(LINK_LIFE_MS);
    state.store.issue_link(None, &token.hash(), expires_at).await?;
    Ok(Some(format!("{}/welcome#{}", state.config.base_url(), token.reveal())))
}

/// Creates the first admin and the company's first departments, and signs the admin in.
pub(crate) async fn create_first_admin(
    State(state): State<AppState>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<FirstAdmin>,
) -> Result<Response, FirstAdminError> {
    let link = TokenHash::of(&body.token);
    if !state.store.is_first_admin_link(&link, state.clock.now()).await? {
        return Err(FirstAdminError::LinkInvalid);
    }
    let company = match body.company.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(company) => Some(Label::parse(company).map_err(|problem| Invalid::new("company", problem))?),
    };
    let name = Label::parse(&body.name).map_err(|problem| Invalid::new("name", problem))?;
    let user_name = UserName::parse(&body.user).map_err(|problem| Invalid::new("user", problem))?;
    let password = NewPassword::parse(body.password).map_err(Invalid::password)?;

    let departments = DEPARTMENTS.map(|(function, name)| Department {
        id: new_department_id(state.clock.now()),
        name: name.to_owned(),
        parent: None,
        function,
        regions: Vec::new(),
    });
    let person = Person {
        id: new_person_id(state.clock.now()),
        name: name.into_string(),
        role: Role::Admin,
        department: departments[0].id,
        skills: Vec::new(),
        active: true,
    };
    let id = person.id;
    let password = state.passwords.hash(password).await.map_err(FirstAdminError::TooBusy)?;
    let founding = Founding {
        link,
        company: company.map(Label::into_string),
        departments: departments.to_vec(),
        admin: NewAccount { person, user_name, password: Some(password) },
    };
    if !state.store.found_company(&founding, state.clock.now()).await? {
        return Err(FirstAdminError::LinkInvalid);
    }
    state.directory.refresh(&state.store).await?;
    begin_session(&state, id, &headers).await?.ok_or(FirstAdminError::LinkInvalid)
}
