//! An example company for `serve --demo`: people, and some weeks of their work.
//!
//! The work is told as [`stories`]: tables of who did what, how long after the customer's call. [`script`] turns them into
//! ordinary changes, made by ordinary devices, and pushes them the way tablets do, with the times they would have had. So
//! whatever the product can show of a ticket is there, and nothing that it could not have come to by itself.
//!
//! The stories are the same every time, counted back from now; only the ids are new, because devices remember them.

mod company;
mod ink;
mod script;
mod sheet;
mod stories;

use anyhow::{Context as _, Result, bail};
use domain::Timestamp;
use domain::sla::Policy;
use sync::messages::Verdict;

use crate::auth::password::NewPassword;
use crate::state::AppState;
use crate::store::StoreError;
use crate::store::accounts::Added;
use crate::store::policies::Published;
use company::Company;
#[cfg(test)]
use {
    crate::sync::Push,
    domain::people::{Department, Person},
};

/// Everybody's password in the example company.
pub(crate) const PASSWORD: &str = "fieldloop-demo";

/// Founds the example company, if nobody has an account yet. Returns the user names to sign in with.
///
/// # Errors
/// When something could not be stored.
pub(crate) async fn found(state: &AppState) -> Result<Option<Vec<&'static str>>> {
    if state.store.has_accounts().await.context("the database can't be read")? {
        return Ok(None);
    }
    let now = state.clock.now();
    let company = Company::imagine(now);
    let Ok(password) = NewPassword::parse(PASSWORD.to_owned()) else {
        bail!("the example password is too short")
    };
    let password = state.passwords.hash(password).await.context("the example password can't be hashed")?;
    state.store.add_departments(&company.departments()).await.context("the departments can't be added")?;
    let added =
        state.store.add_accounts(&company.accounts(&password)).await.context("the people can't be added")?;
    if added == Added::UserNameTaken {
        bail!("two people of the example company have the same user name");
    }
    publish_policy(state, &company, now).await.context("the policy can't be published")?;
    state.directory.refresh(&state.store).await.context("the directory can't be read")?;
    perform(state, &company, now).await?;
    Ok(Some(company.user_names()))
}

/// Publishes what the company promised half a year ago: more to two customers, and a hotline that never closes.
async fn publish_policy(state: &AppState, company: &Company, now: Timestamp) -> Result<(), StoreError> {
    let since = now.plus_millis(-182 * Timestamp::DAY_MS);
    let publish = |versions: &[Published]| -> Result<Policy, std::convert::Infallible> {
        let shipped = versions.last().map_or_else(Policy::shipped, |published| published.policy.clone());
        Ok(Policy { effective: since, ..company.policy(shipped) })
    };
    match state.store.publish_policy(since, publish).await? {
        Ok(_) => Ok(()),
        Err(impossible) => match impossible {},
    }
}

/// The company at work until `now`, for whoever records what its devices send.
#[cfg(test)]
pub(crate) fn devices_at_work(now: Timestamp) -> (Vec<Department>, Vec<Person>, Vec<Push>) {
    let company = Company::imagine(now);
    let nobodys = crate::auth::password::PasswordHash::from_stored(String::new());
    let people = company.accounts(&nobodys).into_iter().map(|account| account.person).collect();
    let pushes = script::perform(&stories::recent(), &company, now, 480);
    (company.departments(), people, pushes)
}

async fn perform(state: &AppState, company: &Company, now: Timestamp) -> Result<()> {
    let offset = state.config.utc_offset_minutes;
    let past = stories::Past::imagine(now, offset);
    let stories: Vec<_> = past.stories().chain(stories::recent()).collect();
    let pushes = script::perform(&stories, company, now, offset);
    let mut submitted = Vec::with_capacity(pushes.len());
    for push in pushes {
        submitted.push(state.writer.submit(push).await.context("the stories can't be written")?);
    }
    for push in submitted {
        for judged in push.verdicts().await.context("the stories can't be written")? {
            if !matches!(judged.verdict, Verdict::Applied { .. }) {
                tracing::warn!(change = %judged.id, verdict = ?judged.verdict, "a story does not follow the rules");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use domain::people::Role;
    use domain::ticket::{Answer, Card, Document, Stage, Ticket};

    use super::*;
    use crate::store::{PageBounds, PageStart};
    use crate::testing::TestServer;

    async fn tickets(server: &TestServer) -> Vec<Ticket> {
        let directory = server.state.directory.current();
        let admin = directory.people.iter().find(|person| person.role == Role::Admin).unwrap();
        let scope = domain::access::Scope::of(admin, &directory);
        let bounds = PageBounds { tickets: usize::MAX, bytes: usize::MAX };
        let page = server.state.store.page(&scope, PageStart::Anew, bounds).await.unwrap();
        let documents =
            page.documents.iter().map(|document| serde_json::from_str::<Document>(document.get()).unwrap());
        documents.map(|document| Ticket::of(&document).unwrap()).collect()
    }

    #[tokio::test]
    async fn every_change_of_every_story_follows_the_rules() {
        let server = TestServer::empty().await;
        let now = server.state.clock.now();
        let company = Company::imagine(now);
        server.state.store.add_departments(&company.departments()).await.unwrap();
        let password = crate::auth::password::PasswordHash::from_stored(String::new());
        server.state.store.add_accounts(&company.accounts(&password)).await.unwrap();
        server.state.directory.refresh(&server.state.store).await.unwrap();
        let past = stories::Past::imagine(now, 480);
        let stories: Vec<_> = past.stories().step_by(10).chain(stories::recent()).collect();
        for push in script::perform(&stories, &company, now, 480) {
            let changes = format!("{:?}", push.changes);
            let verdicts = server.state.writer.push(push).await.unwrap();
            assert!(
                verdicts.iter().all(|judged| matches!(judged.verdict, Verdict::Applied { .. })),
                "{verdicts:?}: {changes}"
            );
        }
    }

    #[tokio::test]
    async fn the_example_company_shows_everything_the_product_can_do() {
        let server = TestServer::empty().await;
        assert!(found(&server.state).await.unwrap().unwrap().contains(&"engineer"));
        let now = server.state.clock.now();
        let tickets = tickets(&server).await;
        assert!(tickets.len() >= 40, "{}", tickets.len());

        let stages: BTreeSet<_> = tickets.iter().map(|ticket| ticket.stage).collect();
        assert_eq!(stages, BTreeSet::from(Stage::ALL));
        let count = |holds: &dyn Fn(&Ticket) -> bool| tickets.iter().filter(|ticket| holds(ticket)).count();
        let book = server.state.directory.current().book();
        let is_overdue = |ticket: &Ticket| Card::of(ticket, &book).next_due().is_some_and(|due| due < now);
        let is_drawn = |ticket: &Ticket| {
            ticket.sign_off().is_some_and(|answer| matches!(answer.fact.answer, Answer::Signed { .. }))
        };
        assert!(count(&is_overdue) >= 3);
        assert!(count(&|ticket| ticket.stage.is_open() && !is_overdue(ticket)) >= 8);
        assert!(count(&is_drawn) >= 6);
        assert!(count(&|ticket| !ticket.parts.is_empty()) >= 5);
        assert!(count(&|ticket| !ticket.visits.is_empty()) >= 8);
        assert!(count(&|ticket| !ticket.callbacks.is_empty()) >= 4);
        assert!(count(&|ticket| ticket.cycle > 1) >= 1);
        assert!(count(&|ticket| !ticket.conflicts().is_empty()) >= 2);
        let mut serials = BTreeMap::<_, usize>::new();
        for ticket in tickets.iter().filter(|ticket| !ticket.intake.product.serial.is_empty()) {
            *serials.entry(ticket.intake.product.serial.clone()).or_default() += 1;
        }
        assert!(serials.values().any(|times| *times >= 3), "one machine fails again and again");
    }

    #[tokio::test]
    async fn there_is_a_year_to_look_back_on_with_what_was_late_in_it_and_nothing_left_open() {
        let server = TestServer::empty().await;
        found(&server.state).await.unwrap();
        let now = server.state.clock.now();
        let book = server.state.directory.current().book();
        let old = |ticket: &Ticket| now.millis_since(ticket.created) > 40 * Timestamp::DAY_MS;
        let past: Vec<_> = tickets(&server).await.into_iter().filter(old).collect();
        assert!(past.len() >= 600, "{}", past.len());
        let months: BTreeSet<_> =
            past.iter().map(|ticket| now.millis_since(ticket.created) / (30 * Timestamp::DAY_MS)).collect();
        assert!(months.len() >= 12, "{months:?}");
        let clocks: Vec<_> =
            past.iter().flat_map(|ticket| domain::sla::clocks(&ticket.timeline, &book)).collect();
        assert!(clocks.iter().all(|clock| !clock.is_running()), "nothing is left to ring");
        let of = |policy: u32| clocks.iter().filter(|clock| clock.policy == policy).count();
        assert!(of(1) > 500 && of(2) > 500, "{} {}", of(1), of(2));
        let late = clocks.iter().filter(|clock| clock.state(now) == domain::sla::ClockState::Missed).count();
        assert!((clocks.len() / 50..clocks.len() / 4).contains(&late), "{late} of {}", clocks.len());
        let contract = &book.policy().contracts[0];
        assert!(past.iter().filter(|ticket| contract.covers(&ticket.timeline.company)).count() > 20);
        assert_eq!(contract.customers.len(), 2);
        assert!(past.iter().any(|ticket| ticket.intake.customer.language == "en"));
        assert_eq!(book.policy().problems(), []);
    }

    #[tokio::test]
    async fn a_company_that_exists_is_left_alone() {
        let server = TestServer::with_company().await;
        assert_eq!(found(&server.state).await.unwrap(), None);
        assert!(tickets(&server).await.is_empty());
    }
}
