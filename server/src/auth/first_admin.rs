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
use crate::people::{Contact, Invalid, Label, UserName, new_department_id, new_person_id};
use crate::state::AppState;
use crate::store::StoreError;
use crate::store::accounts::NewAccount;
use crate::store::directory::Founding;

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
    LinkSpent,
    TooBusy(TooBusy),
    Surprise(Surprise),
}

impl FirstAdminError {
    fn answer(self) -> Answer {
        match self {
            Self::Invalid(invalid) => invalid.into(),
            Self::LinkSpent => Answer::new(StatusCode::GONE, "link_spent"),
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
        return Err(FirstAdminError::LinkSpent);
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
        admin: NewAccount { person, user_name, password: Some(password), contact: Contact::default() },
    };
    if !state.store.found_company(&founding, state.clock.now()).await? {
        return Err(FirstAdminError::LinkSpent);
    }
    state.directory.refresh(&state.store).await?;
    begin_session(&state, id, None, &headers).await?.ok_or(FirstAdminError::LinkSpent)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{PASSWORD, TestServer};

    async fn token(server: &TestServer) -> String {
        let link = issue_link(&server.state).await.unwrap().expect("nobody has an account");
        assert!(link.starts_with(&server.url("/welcome#")), "{link}");
        link.split_once('#').unwrap().1.to_owned()
    }

    fn body(token: &str) -> Value {
        json!({ "token": token, "company": "示例公司", "name": "王磊", "user": "wang.lei", "password": PASSWORD })
    }

    #[tokio::test]
    async fn the_link_makes_the_first_admin_and_the_first_departments() {
        let server = TestServer::empty().await;
        let browser = server.browser();
        let reply = browser.post("/api/first-admin", &body(&token(&server).await)).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.json()["person"]["name"], "王磊");
        assert_eq!(reply.json()["person"]["role"], "admin");
        assert_eq!(browser.get("/api/session").await.status, 200, "they are signed in at once");

        let directory = server.state.directory.current();
        let functions: Vec<_> = directory.departments.iter().map(|department| department.function).collect();
        for (function, _) in DEPARTMENTS {
            assert!(functions.contains(&function), "{function:?}");
        }
        assert_eq!(server.browser().sign_in("wang.lei", PASSWORD).await.status, 200);
    }

    #[tokio::test]
    async fn the_link_works_once() {
        let server = TestServer::empty().await;
        let token = token(&server).await;
        assert_eq!(server.browser().post("/api/first-admin", &body(&token)).await.status, 200);
        let second = json!({ "token": token, "name": "Eve", "user": "eve", "password": PASSWORD });
        let reply = server.browser().post("/api/first-admin", &second).await;
        assert_eq!(reply.refusal(), (410, "link_spent".to_owned()));
        assert_eq!(issue_link(&server.state).await.unwrap(), None, "there is no second first admin");
    }

    #[tokio::test]
    async fn of_two_who_use_the_link_at_once_one_wins() {
        let server = TestServer::empty().await;
        let token = token(&server).await;
        let mut second = body(&token);
        second["user"] = "zhang".into();
        let (one, other) = (server.browser(), server.browser());
        let first = body(&token);
        let (one, other) =
            tokio::join!(one.post("/api/first-admin", &first), other.post("/api/first-admin", &second));
        let mut statuses = [one.status.as_u16(), other.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 410]);
        assert_eq!(server.state.directory.current().people.len(), 1);
    }

    #[tokio::test]
    async fn a_newer_link_replaces_the_older_one() {
        let server = TestServer::empty().await;
        let (older, newer) = (token(&server).await, token(&server).await);
        assert_eq!(server.browser().post("/api/first-admin", &body(&older)).await.status, 410);
        assert_eq!(server.browser().post("/api/first-admin", &body(&newer)).await.status, 200);
    }

    #[tokio::test]
    async fn the_link_works_for_a_day() {
        let server = TestServer::empty().await;
        let token = token(&server).await;
        server.clock().advance_millis(LINK_LIFE_MS);
        assert_eq!(server.browser().post("/api/first-admin", &body(&token)).await.status, 410);
    }

    #[tokio::test]
    async fn a_slip_of_the_pen_does_not_use_the_link_up() {
        let server = TestServer::empty().await;
        let token = token(&server).await;
        let cases = [
            ("name", json!(" "), "missing"),
            ("user", json!("wang lei"), "unacceptable"),
            ("password", json!("123456789"), "too_short"),
            ("company", json!("长".repeat(101)), "too_long"),
        ];
        for (field, value, problem) in cases {
            let mut body = body(&token);
            body[field] = value;
            let reply = server.browser().post("/api/first-admin", &body).await;
            assert_eq!(reply.status, 422, "{field}");
            assert_eq!(reply.json(), json!({ "error": "invalid", "field": field, "problem": problem }));
        }
        assert_eq!(server.browser().post("/api/first-admin", &body(&token)).await.status, 200);
    }
}
