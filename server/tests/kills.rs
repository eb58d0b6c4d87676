//! The real server, killed again and again while devices push to it: nothing that it confirmed is lost, and nothing is there
//! twice.
//!
//! A kill is no power cut: what a killed program has written, the system still brings to the disk. What this shows beside the model of
//! a disk in the server's own tests is that the program as it is started, with its threads and its HTTP, picks up where it was, at any
//! moment. `FIELDLOOP_KILLS=1000 cargo test -p server --test kills` kills more often, `FIELDLOOP_SEED=7` at other moments.
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::people::{DepartmentFunction, Person};
use domain::ticket::{
    Action, Change, Channel, Comment, Customer, Difficulty, Intake, IntakeTimes, Kind, Product, Recorded,
    Seen, Site, Urgency, Verification,
};
use domain::{ChangeId, Claim, DeviceId, TicketId, Timestamp};
use powercut::Dice;
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Client, Response};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sync::messages::{PROTOCOL, PullRequest, PullResponse, PushRequest, PushResponse, SessionInfo, Verdict};
use tokio::sync::watch;
use uuid::Uuid;

/// Kills in an ordinary run.
const KILLS: u64 = 20;
const DEVICES: usize = 4;
const PASSWORD: &str = "killed in the act";

/// A running server, on a folder that outlives it.
struct Server {
    root: String,
    /// The link that makes the first admin, as long as there is none.
    link: Option<String>,
    process: Child,
}

impl Server {
    fn start(data: &Path) -> Self {
        // Somebody else may be given the port in between: then the server ends at once, and another one is tried.
        (0..10).find_map(|_| Self::try_to_start(data)).expect("the server starts")
    }

    fn try_to_start(data: &Path) -> Option<Self> {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_fieldloop"))
            .args(["serve", "--listen", &address.to_string(), "--data"])
            .arg(data)
            .env("FIELDLOOP_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let runs = lines.any(|line| line.contains("Fieldloop is running on"));
        let is_first = runs && !data.join("founded").exists();
        let link = if is_first { lines.find(|line| line.contains("/welcome#")) } else { None };
        let server = Self { root: format!("http://{address}"), link, process };
        runs.then_some(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // As `kill -9` does. A server that has ended already is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Somebody who is signed in.
#[derive(Clone)]
struct Agent {
    person: Person,
    cookie: String,
    http: Client,
}

impl Agent {
    /// Founds a company, and signs in as who takes its calls.
    async fn hired_by(server: &Server) -> Self {
        // reqwest wants to know how TLS is done even where it isn't.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().no_proxy().build().unwrap();
        let token = server.link.as_ref().unwrap().split_once('#').unwrap().1;
        let first = json!({ "token": token, "name": "管理员", "user": "admin", "password": PASSWORD });
        let admin =
            Self::from(post(&http, server, "", "/api/first-admin", &first).await.unwrap(), &http).await;
        let page = admin.pull(server, &first_pull()).await;
        let departments = page.directory.unwrap().departments;
        let desk =
            departments.iter().find(|department| department.function == DepartmentFunction::CustomerService);
        let person = json!({
            "name": "周敏", "user": "agent", "role": "agent", "department": desk.unwrap().id, "password": PASSWORD,
        });
        assert!(admin.post(server, "/api/people", &person).await.unwrap().status().is_success());
        let credentials = json!({ "user": "agent", "password": PASSWORD });
        Self::from(post(&http, server, "", "/api/session", &credentials).await.unwrap(), &http).await
    }

    async fn from(signed_in: Response, http: &Client) -> Self {
        let cookie = signed_in.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let SessionInfo { person, .. } = signed_in.json().await.unwrap();
        Self { person, cookie, http: http.clone() }
    }

    async fn post(&self, server: &Server, path: &str, body: &impl Serialize) -> reqwest::Result<Response> {
        post(&self.http, server, &self.cookie, path, body).await
    }

    async fn pull(&self, server: &Server, request: &PullRequest) -> PullResponse {
        let response = self.post(server, "/api/sync/pull", request).await.unwrap();
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }
}

async fn post(
    http: &Client,
    server: &Server,
    cookie: &str,
    path: &str,
    body: &impl Serialize,
) -> reqwest::Result<Response> {
    let request =
        http.post(format!("{}{path}", server.root)).header("x-fieldloop", "1").header(COOKIE, cookie);
    request.header("content-type", "application/json").body(serde_json::to_vec(body).unwrap()).send().await
}

/// What a fresh device asks for.
fn first_pull() -> PullRequest {
    serde_json::from_value(json!({ "protocol": PROTOCOL })).unwrap()
}

/// What the devices remember together.
struct Remembered {
    sent: Mutex<BTreeMap<ChangeId, Change>>,
    confirmed: Mutex<BTreeMap<ChangeId, u64>>,
    /// How many are confirmed, for whoever waits for more.
    count: watch::Sender<usize>,
}

struct Device {
    id: DeviceId,
    agent: Agent,
    dice: Dice,
    clock: Timestamp,
    made: u64,
    tickets: Vec<(TicketId, Seen)>,
    outbox: Vec<Change>,
    /// How many changes were in the record already when they were sent again.
    repeated: usize,
    remembered: Arc<Remembered>,
}

impl Device {
    fn of(agent: &Agent, mut dice: Dice, remembered: &Arc<Remembered>) -> Self {
        Self {
            id: DeviceId::from_uuid(uuid(&mut dice)),
            agent: agent.clone(),
            dice,
            clock: Timestamp::from_millis(1_716_512_400_000),
            made: 0,
            tickets: Vec::new(),
            outbox: Vec::new(),
            repeated: 0,
            remembered: Arc::clone(remembered),
        }
    }

    fn make(&mut self) {
        self.clock = self.clock.plus_millis(1);
        self.made += 1;
        let action = if self.tickets.is_empty() || self.dice.below(6) == 0 {
            self.tickets.push((TicketId::from_uuid(uuid(&mut self.dice)), Seen::default()));
            Action::Register(Box::new(intake(&self.agent.person)))
        } else {
            Action::Comment(Comment { text: "还在等配件。".repeat(1 + self.dice.below(20)) })
        };
        let place = match action {
            Action::Register(_) => self.tickets.len() - 1,
            _ => self.dice.below(self.tickets.len()),
        };
        let (ticket, seen) = &mut self.tickets[place];
        let id = ChangeId { device: self.id, seq: self.made };
        let claim = Claim { clock: self.clock, offset_ms: Some(0), heard: None };
        let change =
            Change { id, ticket: *ticket, actor: self.agent.person.id, claim, seen: seen.clone(), action };
        seen.insert(id);
        self.remembered.sent.lock().unwrap().insert(id, change.clone());
        self.outbox.push(change);
    }

    /// Pushes what was not confirmed yet. Says whether the server has answered.
    async fn push(&mut self, server: &Server) -> bool {
        let request = PushRequest::of(self.id, self.outbox.clone());
        let Ok(response) = self.agent.post(server, "/api/sync/push", &request).await else { return false };
        assert_eq!(response.status(), 200);
        // It may be killed in the middle of its answer.
        let Ok(PushResponse { verdicts, .. }) = response.json().await else { return false };
        let mut confirmed = self.remembered.confirmed.lock().unwrap();
        for judged in verdicts {
            match judged.verdict {
                Verdict::Applied { revision } | Verdict::Duplicate { revision } => {
                    self.repeated += usize::from(matches!(judged.verdict, Verdict::Duplicate { .. }));
                    let before = confirmed.insert(judged.id, revision);
                    assert!(before.is_none_or(|before| before == revision), "{} has moved", judged.id);
                }
                other => panic!("{} was expected to be taken: {other:?}", judged.id),
            }
        }
        self.outbox.clear();
        self.remembered.count.send_replace(confirmed.len());
        true
    }

    /// Pushes until nobody answers any more.
    async fn work(mut self, server: Arc<Server>) -> Self {
        loop {
            for _ in 0..=self.dice.below(5) {
                self.make();
            }
            if !self.push(&server).await {
                return self;
            }
        }
    }
}

fn intake(agent: &Person) -> Intake {
    Intake {
        kind: Kind::Fault,
        urgency: Urgency::Normal,
        difficulty: Difficulty::Simple,
        flags: Default::default(),
        nature: None,
        channel: Channel::Phone,
        customer: Customer { name: "王芳".into(), phone: "13800138000".into(), ..Customer::default() },
        existing_customer: false,
        site: Site::default(),
        product: Product::default(),
        verification: Verification::Verified,
        words: "空压机启动不了。".into(),
        summary: String::new(),
        times: IntakeTimes::default(),
        registered_in: agent.department,
    }
}

fn uuid(dice: &mut Dice) -> Uuid {
    Uuid::from_u64_pair(dice.number(), dice.number())
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_at_any_moment_loses_nothing_that_it_has_confirmed() {
    let kills = number("FIELDLOOP_KILLS").unwrap_or(KILLS);
    let done = kill_again_and_again(kills, number("FIELDLOOP_SEED").unwrap_or(1), Plant::Nothing).await;
    println!("{done}");
}

/// A control: what is planted must be found, or the other test shows nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_confirmed_and_is_not_in_the_record_is_found() {
    let found = tokio::spawn(kill_again_and_again(1, 1, Plant::ALoss)).await.unwrap_err().into_panic();
    let found = found.downcast::<String>().unwrap();
    assert!(found.contains("changes were given of"), "{found}");
}

/// What is wrong from the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plant {
    Nothing,
    /// A change counts as confirmed that the server was never sent.
    ALoss,
}

/// Says what was done, once it has been found to be in order.
async fn kill_again_and_again(kills: u64, seed: u64, plant: Plant) -> String {
    let mut dice = Dice::new(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut server = Arc::new(Server::start(folder.path()));
    let agent = Agent::hired_by(&server).await;
    std::fs::write(folder.path().join("founded"), "").unwrap();
    let remembered = Arc::new(Remembered {
        sent: Mutex::default(),
        confirmed: Mutex::default(),
        count: watch::Sender::new(0),
    });
    let mut devices: Vec<_> =
        (0..DEVICES).map(|_| Device::of(&agent, Dice::new(dice.number()), &remembered)).collect();

    for _ in 0..kills {
        let enough = *remembered.count.borrow() + 1 + dice.below(60);
        let working: Vec<_> =
            devices.drain(..).map(|device| tokio::spawn(device.work(Arc::clone(&server)))).collect();
        remembered.count.subscribe().wait_for(|count| *count >= enough).await.unwrap();
        // Not to wait for anything, but for the moment to be any.
        tokio::time::sleep(Duration::from_micros(dice.below(5_000) as u64)).await;
        let id = i32::try_from(server.process.id()).unwrap();
        assert!(Command::new("kill").args(["-9", &id.to_string()]).status().unwrap().success());
        for device in working {
            devices.push(device.await.unwrap());
        }
        server = Arc::new({
            drop(server);
            Server::start(folder.path())
        });
    }
    for device in &mut devices {
        assert!(device.push(&server).await, "the server goes on");
    }
    if plant == Plant::ALoss {
        devices[0].make();
        let lost = devices[0].outbox.remove(0);
        let mut confirmed = remembered.confirmed.lock().unwrap();
        let place = confirmed.len() as u64 + 1;
        confirmed.insert(lost.id, place);
    }
    let sent = std::mem::take(&mut *remembered.sent.lock().unwrap());
    let confirmed = std::mem::take(&mut *remembered.confirmed.lock().unwrap());
    assert_eq!(confirmed.len(), sent.len());
    assert_devices_are_given(&agent, &server, &sent).await;
    drop(server);
    assert_record_holds(folder.path(), &sent, &confirmed);
    let repeated: usize = devices.iter().map(|device| device.repeated).sum();
    format!(
        "{kills} kills, {} changes confirmed, {repeated} of them after an answer was lost, 0 lost",
        confirmed.len()
    )
}

/// A fresh device is given everything, once, and nothing else.
async fn assert_devices_are_given(agent: &Agent, server: &Server, sent: &BTreeMap<ChangeId, Change>) {
    let mut request = first_pull();
    let mut given = BTreeMap::new();
    loop {
        let page = agent.pull(server, &request).await;
        for document in &page.documents {
            for Recorded { change, .. } in document.log() {
                assert!(given.insert(change.id, change.clone()).is_none(), "{} is there twice", change.id);
            }
        }
        if !page.more {
            break;
        }
        (request.cursor, request.scope) = (Some(page.cursor), Some(page.scope));
    }
    assert!(given == *sent, "{} changes were given of {}", given.len(), sent.len());
}

/// The record on the disk holds everything at the place that was told, and its chain of hashes is whole.
fn assert_record_holds(data: &Path, sent: &BTreeMap<ChangeId, Change>, confirmed: &BTreeMap<ChangeId, u64>) {
    let database = rusqlite::Connection::open(data.join("fieldloop.sqlite")).unwrap();
    let checked: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(checked, "ok");
    let mut statement =
        database.prepare("SELECT seq, previous_hash, hash, body FROM changes ORDER BY seq").unwrap();
    let mut rows = statement.query([]).unwrap();
    let (mut last, mut count) = ([0_u8; 32], 0);
    while let Some(row) = rows.next().unwrap() {
        count += 1;
        let body: String = row.get("body").unwrap();
        assert_eq!(row.get::<_, i64>("seq").unwrap().cast_unsigned(), count);
        assert_eq!(row.get::<_, [u8; 32]>("previous_hash").unwrap(), last);
        last = Sha256::new().chain_update(last).chain_update(&body).finalize().into();
        assert_eq!(row.get::<_, [u8; 32]>("hash").unwrap(), last);
        let Recorded { change, .. } = serde_json::from_str(&body).unwrap();
        assert_eq!(sent.get(&change.id), Some(&change));
        assert_eq!(confirmed.get(&change.id), Some(&count));
    }
    assert_eq!(count, sent.len() as u64);
    let counted: (i64, [u8; 32]) = database
        .query_row("SELECT value, hash FROM counters WHERE name = 'seq'", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(counted, (count.cast_signed(), last));
}
