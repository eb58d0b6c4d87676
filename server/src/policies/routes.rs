//! `/api/policies`: all versions, publishing one, withdrawing one that has not taken effect.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use sync::policies::{NewPolicy, Standing, Version, Versions};

use super::error::PolicyError;
use super::{Wanted, prepare};
use crate::auth::SignedIn;
use crate::http::JsonBody;
use crate::state::AppState;
use crate::store::policies::{Published, Withdrawal};

/// Largest policy that is taken: a few hundred special days and several zones are some hundred kilobytes.
pub(crate) const BODY_BYTES: usize = 4 * 1024 * 1024;

/// Lists all versions, those that are scheduled with them.
pub(crate) async fn list_policies(State(state): State<AppState>) -> Result<Json<Versions>, PolicyError> {
    let published = state.store.policies().await?;
    let holds = published.iter().rposition(|published| published.in_force);
    let answer = |(index, published): (usize, Published)| Version {
        standing: match published.in_force {
            false => Standing::Scheduled,
            true if Some(index) == holds => Standing::InForce,
            true => Standing::Past,
        },
        published_at: published.published_at,
        policy: published.policy,
    };
    let policies = published.into_iter().enumerate().map(answer).collect();
    Ok(Json(Versions { policies, server_time: state.clock.now() }))
}

/// Publishes a version.
pub(crate) async fn publish_policy(
    State(state): State<AppState>,
    signed_in: SignedIn,
    JsonBody(body): JsonBody<NewPolicy>,
) -> Result<(StatusCode, Json<Version>), PolicyError> {
    let NewPolicy { base, effective, policy } = body;
    let wanted = Wanted { policy, base, effective, by: Some(signed_in.person.id) };
    let now = state.clock.now();
    let published = state.store.publish_policy(now, |versions| prepare(wanted, versions, now)).await?;
    let published = published.map_err(PolicyError::Refused)?;
    state.directory.refresh(&state.store).await?;
    let standing = if published.in_force { Standing::InForce } else { Standing::Scheduled };
    let Published { policy, published_at, .. } = published;
    Ok((StatusCode::CREATED, Json(Version { standing, published_at, policy })))
}

/// Withdraws a version that is scheduled.
pub(crate) async fn withdraw_policy(
    State(state): State<AppState>,
    Path(version): Path<String>,
) -> Result<StatusCode, PolicyError> {
    let version = version.parse().map_err(|_| PolicyError::UnknownPolicy)?;
    match state.store.withdraw_policy(version, state.clock.now()).await? {
        Withdrawal::Done => Ok(StatusCode::NO_CONTENT),
        Withdrawal::Unknown => Err(PolicyError::UnknownPolicy),
        Withdrawal::InForce => Err(PolicyError::InForce),
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use domain::people::{Directory, Role};
    use domain::sla::{Contract, Policy};
    use serde_json::{Value, json};

    use crate::testing::TestServer;

    fn draft(base: u32, change: impl FnOnce(&mut Policy)) -> Value {
        let mut policy = Policy::shipped();
        change(&mut policy);
        json!({ "base": base, "policy": policy })
    }

    #[tokio::test]
    async fn a_company_begins_with_the_shipped_policy_and_keeps_it() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let policies = admin.get("/api/policies").await.json();
        assert_eq!(policies["policies"].as_array().unwrap().len(), 1);
        assert_eq!(policies["policies"][0]["standing"], "in_force");
        assert_eq!(server.state.directory.current().policies, [Policy::shipped()]);
        let again = TestServer::builder().in_folder_of(&server).start().await;
        assert_eq!(again.state.store.policies().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_is_published_holds_from_now_on_and_reaches_devices() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let before = server.state.directory.current().revision;
        let reply = admin.post("/api/policies", &draft(1, |policy| policy.recovery_up_to = 2)).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        let policy = &reply.json()["policy"];
        assert_eq!((&policy["version"], &policy["recovery_up_to"]), (&json!(2), &json!(2)));
        assert_eq!(policy["effective"], server.clock().now().as_millis());
        let directory = server.state.directory.current();
        assert!(directory.revision > before);
        assert_eq!(directory.book().policy().version, 2);
        let standings = admin.get("/api/policies").await.json();
        assert_eq!(standings["policies"][0]["standing"], "past");
        assert_eq!(standings["policies"][1]["standing"], "in_force");
    }

    /// Planted where only those who deal with all customers may come upon them.
    #[tokio::test]
    async fn with_whom_contracts_were_made_is_sent_to_nobody_who_sees_only_some_tickets() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let draft = draft(1, |policy| {
            policy.note = "canary-note".into();
            policy.contracts.push(Contract {
                id: "contract".into(),
                name: "canary-contract".into(),
                customers: vec!["canary-customer".into()],
                calendar: None,
                rules: Default::default(),
            });
        });
        assert_eq!(admin.post("/api/policies", &draft).await.status, 201);
        for (number, role) in Role::ALL.into_iter().enumerate() {
            let user = format!("person{number}");
            server.add_person(&user, role, "service").await;
            let page = server.sign_in(&user).await.post("/api/sync/pull", &json!({ "protocol": 1 })).await;
            assert_eq!(page.status, 200, "{page:?}");
            let knows = matches!(role, Role::Agent | Role::Supervisor | Role::Manager | Role::Admin);
            for canary in ["canary-note", "canary-contract", "canary-customer"] {
                assert_eq!(page.text.contains(canary), knows, "{role:?}, {canary}");
            }
            let directory: Directory = serde_json::from_value(page.json()["directory"].clone()).unwrap();
            let book = directory.book();
            let contract = book.policy().contract(" Canary-Customer");
            assert_eq!(contract.map(|contract| contract.id.as_str()), Some("contract"), "{role:?}");
        }
    }

    #[tokio::test]
    async fn of_two_who_publish_on_the_same_version_one_is_told() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        assert_eq!(admin.post("/api/policies", &draft(1, |_| {})).await.status, 201);
        let late = admin.post("/api/policies", &draft(1, |_| {})).await;
        assert_eq!(
            (late.status.as_u16(), late.json()),
            (409, json!({ "error": "policy_changed", "latest": 2 }))
        );
    }

    #[tokio::test]
    async fn a_policy_with_mistakes_is_refused_with_all_of_them() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let wrong = draft(1, |policy| {
            policy.calendars[0].week.clear();
            policy.calendars[0].holidays.clear();
            policy.recovery_up_to = 9;
        });
        let reply = admin.post("/api/policies", &wrong).await;
        assert_eq!(reply.refusal(), (422, "policy_problems".to_owned()));
        assert_eq!(reply.json()["problems"].as_array().unwrap().len(), 2, "{reply:?}");
        assert!(reply.json()["sentences"][0].as_str().unwrap().contains("never opens"));
        let mut past = draft(1, |_| {});
        past["effective"] = json!(server.clock().now().as_millis() - 3_600_000);
        let reply = admin.post("/api/policies", &past).await;
        assert_eq!(reply.json(), json!({ "error": "invalid", "field": "effective", "problem": "past" }));
        assert_eq!(server.state.store.policies().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_scheduled_version_takes_effect_in_time_also_after_a_restart() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let mut tomorrow = draft(1, |policy| policy.recovery_up_to = 2);
        tomorrow["effective"] = json!(server.clock().now().plus_millis(Timestamp::DAY_MS).as_millis());
        let reply = admin.post("/api/policies", &tomorrow).await.json();
        assert_eq!(reply["standing"], "scheduled");
        let before = server.state.directory.current();
        assert_eq!(before.policies.len(), 1, "devices don't get it yet");

        server.clock().advance_millis(Timestamp::DAY_MS - 1);
        server.state.ringing.work().await.unwrap();
        assert_eq!(server.state.directory.current().revision, before.revision);
        let again = TestServer::builder().in_folder_of(&server).start().await;
        again.clock().advance_millis(1);
        again.state.ringing.work().await.unwrap();
        let after = again.state.directory.current();
        assert!(after.revision > before.revision);
        assert_eq!(after.policies.len(), 2);
        again.state.ringing.work().await.unwrap();
        assert_eq!(again.state.directory.current().revision, after.revision, "only once");
    }

    #[tokio::test]
    async fn only_what_has_not_taken_effect_can_be_withdrawn_and_its_number_is_spent() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let mut tomorrow = draft(1, |_| {});
        tomorrow["effective"] = json!(server.clock().now().plus_millis(Timestamp::DAY_MS).as_millis());
        admin.post("/api/policies", &tomorrow).await;
        let before = admin.post("/api/policies", &draft(2, |_| {})).await;
        assert_eq!(before.json(), json!({ "error": "scheduled_later", "version": 2 }));
        assert_eq!(admin.delete("/api/policies/2").await.status, 204);
        assert_eq!(admin.delete("/api/policies/2").await.refusal(), (404, "unknown_policy".to_owned()));
        assert_eq!(admin.delete("/api/policies/1").await.refusal(), (409, "policy_in_force".to_owned()));
        assert_eq!(admin.post("/api/policies", &draft(1, |_| {})).await.json()["policy"]["version"], 3);
        server.clock().advance_millis(2 * Timestamp::DAY_MS);
        server.state.ringing.work().await.unwrap();
        assert_eq!(server.state.directory.current().policies.len(), 2);
    }

    #[tokio::test]
    async fn those_who_steer_read_policies_and_only_admins_publish() {
        let server = TestServer::with_company().await;
        for role in [Role::Supervisor, Role::Manager] {
            server.add_person(role.name(), role, "service").await;
            let browser = server.sign_in(role.name()).await;
            assert_eq!(browser.get("/api/policies").await.status, 200);
            let refused = browser.post("/api/policies", &draft(1, |_| {})).await;
            assert_eq!(refused.refusal(), (403, "role_may_not".to_owned()));
        }
    }
}
