//! A disk that is full, and one that fails: what devices and people are told, and what is true afterwards.

use std::sync::Arc;

use domain::people::Role;
use domain::ticket::Change;
use powercut::{Dice, Fault};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteSynchronous;
use sync::messages::{PROTOCOL, PushRequest, PushResponse};
use tempfile::TempDir;

use super::devices::Remembered;
use super::{audit, on};
use crate::serve;
use crate::store::Store;
use crate::sync::testing::{Company, Tablet};
use crate::testing::{PASSWORD, Reply, TestServer};

/// A server whose disk is in the hands of a test.
async fn start() -> (powercut::Disk, TestServer) {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let disk = powercut::Disk::over(folder.path()).unwrap();
    let server = TestServer::builder().on(folder, on(&disk, SqliteSynchronous::Full)).start().await;
    (disk, server)
}

/// Pushes, and says whether it was confirmed. If not, the device is told to come back.
async fn push(tablet: &Tablet, changes: &[Change], devices: &mut Remembered) -> bool {
    devices.sent.extend(changes.iter().map(|change| (change.id, change.clone())));
    let request = PushRequest::of(tablet.device, changes.to_vec());
    let response = tablet.post("push", &request).await;
    if response.status() == 200 {
        let PushResponse { verdicts, .. } = response.json().await.unwrap();
        verdicts.into_iter().for_each(|judged| devices.take_in(judged));
        return true;
    }
    assert_not_written(&Reply::read(response).await);
    false
}

fn assert_not_written(reply: &Reply) {
    assert_eq!(reply.refusal(), (503, "not_written".to_owned()), "{reply:?}");
    assert_eq!(reply.header("retry-after"), "5");
}

/// A ticket, and what was said about it.
fn make(tablet: &mut Tablet) -> Vec<Change> {
    let registered = tablet.register();
    let ticket = registered.ticket;
    vec![registered, tablet.comment(ticket, "问过了。"), tablet.comment(ticket, "下午去看。")]
}

async fn look_through(company: &Company, devices: &Remembered) {
    audit::find_fault(&company.state.store, devices).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn at_whichever_call_of_a_push_the_disk_is_full_or_fails_nothing_is_confirmed_that_is_not_there() {
    let (disk, server) = start().await;
    let company = Company::open_on(server).await;
    let mut devices = Remembered::default();
    let (mut faults, mut refused) = (0, 0);
    for fault in [Fault::Full, Fault::Write] {
        for spares in 0.. {
            let mut tablet = company.tablet(&company.agent).await;
            let changes = make(&mut tablet);
            let struck = disk.struck();
            disk.fail_from(fault, spares);
            let confirmed = push(&tablet, &changes, &mut devices).await;
            look_through(&company, &devices).await;
            disk.mend();
            if disk.struck() == struck {
                assert!(confirmed);
                break;
            }
            faults += 1;
            refused += u32::from(!confirmed);
            assert!(push(&tablet, &changes, &mut devices).await, "there is room again: {fault:?} {spares}");
        }
    }
    look_through(&company, &devices).await;
    println!(
        "{faults} faults at as many calls, {refused} pushes refused, {} changes confirmed",
        devices.confirmed.len()
    );
    assert!(refused > 40, "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_that_passes_is_not_even_noticed_by_the_device() {
    let (disk, server) = start().await;
    let company = Company::open_on(server).await;
    let mut devices = Remembered::default();
    for fault in [Fault::Full, Fault::Write] {
        let mut tablet = company.tablet(&company.agent).await;
        let struck = disk.struck();
        disk.fail_once(fault, 5);
        let changes = make(&mut tablet);
        assert!(push(&tablet, &changes, &mut devices).await);
        assert_eq!(disk.struck(), struck + 1);
    }
    look_through(&company, &devices).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failed_flush_nothing_is_confirmed_until_the_server_was_started_anew() {
    let (mut failures, mut lost_trust) = (0, 0);
    for seed in 0..8 {
        let (disk, server) = start().await;
        let company = Company::open_on(server).await;
        let mut devices = Remembered::default();
        let mut tablet = company.tablet(&company.agent).await;
        let earlier = make(&mut tablet);
        assert!(push(&tablet, &earlier, &mut devices).await);

        disk.set_dice(Dice::new(seed));
        disk.fail_once(Fault::Flush, seed % 4);
        let changes = make(&mut tablet);
        let mut confirmed = push(&tablet, &changes, &mut devices).await;
        failures += disk.struck();
        let is_trusted = company.state.store.trust().require().is_ok();
        if !confirmed {
            lost_trust += 1;
            assert!(!is_trusted);
            let health = Reply::read(reqwest::get(company.server.url("/healthz")).await.unwrap()).await;
            assert_eq!((health.status.as_u16(), &health.json()["database"]), (503, &json!("failing")));
            // The disk works again, or so it says.
            confirmed = push(&tablet, &changes, &mut devices).await;
            assert!(!confirmed);
            assert_eq!(tablet.post_to("/api/notices/read", &json!({ "up_to": 1 })).await, 503);
        }

        let next = Arc::new(tempfile::tempdir().unwrap());
        let disk = disk.outlive(next.path()).unwrap();
        let store = Store::open_on(next.path(), on(&disk, SqliteSynchronous::Full)).await.unwrap();
        audit::find_fault(&store, &devices).await.unwrap();
        let after = TempDir::new().unwrap();
        disk.find(&mut Dice::new(seed), after.path()).unwrap();
        let found = powercut::Disk::over(after.path()).unwrap();
        let store = Store::open_on(after.path(), on(&found, SqliteSynchronous::Full)).await.unwrap();
        audit::find_fault(&store, &devices).await.unwrap();
    }
    println!("{failures} failed flushes, {lost_trust} servers that ended");
    assert!(lost_trust >= 2, "{lost_trust}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_disk_has_failed_to_flush_ends_itself() {
    let (disk, server) = start().await;
    let company = Company::open_on(server).await;
    let handle = axum_server::Handle::new();
    let trust = company.state.store.trust().clone();
    let ending =
        tokio::spawn(serve::stop_without_trust(trust.clone(), handle, company.state.shutdown.clone()));
    let mut tablet = company.tablet(&company.agent).await;
    disk.fail_once(Fault::Flush, 0);
    let changes = make(&mut tablet);
    assert!(!push(&tablet, &changes, &mut Remembered::default()).await);
    ending.await.unwrap();
    company.state.shutdown.requested().await;
    let message = trust.require().unwrap_err().to_string();
    assert!(message.starts_with("a flush of the disk has failed"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_whatever_writes_says_so_and_whatever_reads_goes_on() {
    let (disk, server) = start().await;
    server.found_company().await;
    let engineer = server.add_person("engineer", Role::Engineer, "after-sales").await;
    let (service, after_sales) = (server.department("service"), server.department("after-sales"));
    let admin = server.sign_in("admin").await;
    let newcomer = json!({
        "name": "李娜", "user": "li.na", "role": "engineer", "department": after_sales, "password": PASSWORD,
    });
    let team =
        json!({ "name": "华东服务队", "function": "regional_team", "parent": after_sales, "regions": [] });
    let writing = [
        (Method::POST, "/api/session".to_owned(), json!({ "user": "engineer", "password": PASSWORD })),
        (Method::POST, "/api/people".to_owned(), newcomer),
        (Method::PATCH, format!("/api/people/{}", engineer.id), json!({ "name": "王大磊" })),
        (Method::POST, format!("/api/people/{}/password-link", engineer.id), json!({})),
        (Method::POST, "/api/departments".to_owned(), team),
        (Method::PATCH, format!("/api/departments/{service}"), json!({ "name": "客服中心" })),
        (Method::DELETE, "/api/session".to_owned(), Value::Null),
    ];
    let ask = async |method: &Method, path: &str, body: &Value| {
        // Signing in takes a browser of its own, or it would be signing out as well.
        let asking =
            if path == "/api/session" && method == Method::POST { server.browser() } else { admin.clone() };
        Reply::read(asking.request(method.clone(), path).json(body).send().await.unwrap()).await
    };
    disk.fail_from(Fault::Full, 0);
    for (method, path, body) in &writing {
        let reply = ask(method, path, body).await;
        assert_not_written(&reply);
    }
    // Whose use of the session would be noted now.
    server.clock().advance_millis(2 * 60 * 60 * 1_000);
    for path in ["/api/people", "/api/session", "/api/notices", "/healthz"] {
        assert_eq!(admin.get(path).await.status, 200, "{path}");
    }
    let pulled = admin.post("/api/sync/pull", &json!({ "protocol": PROTOCOL })).await;
    assert_eq!(pulled.status, 200);
    disk.mend();
    for (method, path, body) in &writing {
        let reply = ask(method, path, body).await;
        assert!(reply.status.is_success(), "{method} {path}: {reply:?}");
    }
}
