//! A small company on a server of its own, for tests: everything from the socket to the disk is the real thing.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::people::{Department, DepartmentFunction, Directory, Person, Role};
use domain::ticket::{
    Action, Assignment, Attachment, AttachmentKind, Change, Channel, Comment, Customer, Difficulty, FileHash,
    Intake, IntakeTimes, Kind, Product, Seen, Site, Urgency, Verification,
};
use domain::{ChangeId, Claim, DepartmentId, DeviceId, PersonId, TicketId, Timestamp};
use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sync::messages::{Event, PROTOCOL, PullRequest, PullResponse, PushRequest, PushResponse};
use uuid::Uuid;

use crate::auth::SessionId;
use crate::auth::token::Token;
use crate::http::csrf;
use crate::people::{Contact, UserName};
use crate::state::AppState;
use crate::store::accounts::NewAccount;
use crate::store::directory::DirectoryEdit;
use crate::store::sessions::NewSession;
use crate::testing::TestServer;

/// The parts of the company.
pub(crate) const DESK: DepartmentId = department_id(1);
pub(crate) const SERVICE: DepartmentId = department_id(2);
pub(crate) const EAST: DepartmentId = department_id(3);
pub(crate) const SOUTH: DepartmentId = department_id(4);

const fn department_id(number: u128) -> DepartmentId {
    DepartmentId::from_uuid(Uuid::from_u128(0xd000 + number))
}

/// A company with a service desk and two regional teams.
pub(crate) struct Company {
    pub(crate) state: AppState,
    pub(crate) agent: Person,
    pub(crate) supervisor: Person,
    pub(crate) east_engineer: Person,
    pub(crate) south_engineer: Person,
    pub(crate) server: TestServer,
}

impl Company {
    /// Founds the company and opens its server.
    pub(crate) async fn open() -> Self {
        Self::open_on(TestServer::empty().await).await
    }

    /// Founds the company on a server on which there is none.
    pub(crate) async fn open_on(server: TestServer) -> Self {
        let departments = [
            department(DESK, "客服中心", DepartmentFunction::CustomerService, None),
            department(SERVICE, "售后技术部", DepartmentFunction::AfterSales, None),
            department(EAST, "华东服务队", DepartmentFunction::RegionalTeam, Some(SERVICE)),
            department(SOUTH, "华南服务队", DepartmentFunction::RegionalTeam, Some(SERVICE)),
        ];
        server.state.store.add_departments(&departments).await.unwrap();
        let company = Self::found_on(server);
        let people = [&company.agent, &company.supervisor, &company.east_engineer, &company.south_engineer];
        let account = |(index, person): (usize, &&Person)| NewAccount {
            person: Person::clone(person),
            user_name: UserName::parse(&format!("user{index}")).unwrap(),
            password: None,
            contact: Contact::default(),
        };
        let accounts: Vec<_> = people.iter().enumerate().map(account).collect();
        company.state.store.add_accounts(&accounts).await.unwrap();
        company.state.directory.refresh(&company.state.store).await.unwrap();
        company
    }

    /// The company on a server that knows it already.
    pub(crate) fn found_on(server: TestServer) -> Self {
        Self {
            agent: person(1, "周敏", Role::Agent, DESK),
            supervisor: person(2, "陈国强", Role::Supervisor, SERVICE),
            east_engineer: person(3, "王磊", Role::Engineer, EAST),
            south_engineer: person(4, "李娜", Role::Engineer, SOUTH),
            state: server.state.clone(),
            server,
        }
    }

    /// Somebody new joins, and signs in on a fresh tablet.
    pub(crate) async fn hire(&self, person: &Person) -> Tablet {
        let account = NewAccount {
            person: person.clone(),
            user_name: UserName::parse(&person.id.to_string()).unwrap(),
            password: None,
            contact: Contact::default(),
        };
        self.state.store.add_accounts(&[account]).await.unwrap();
        self.state.directory.refresh(&self.state.store).await.unwrap();
        self.tablet(person).await
    }

    /// Somebody belongs to another department from now on.
    pub(crate) async fn move_to(&self, person: &Person, department: DepartmentId) {
        let moved = Person { department, ..person.clone() };
        let edit = |_: &Directory| Ok::<_, Infallible>(DirectoryEdit::ChangePerson(moved, None));
        assert!(self.state.store.change_directory(edit).await.unwrap().is_ok());
        self.state.directory.refresh(&self.state.store).await.unwrap();
    }

    /// A fresh tablet on which this person has signed in.
    pub(crate) async fn tablet(&self, person: &Person) -> Tablet {
        let (session, cookie, http) = self.sign_in(person).await;
        Tablet {
            http,
            cookie,
            address: self.server.url("/api/sync"),
            session,
            person: person.clone(),
            device: DeviceId::from_uuid(random_uuid()),
            made: 0,
            clock: self.state.clock.now(),
            seen: BTreeMap::new(),
            pull: PullRequest {
                protocol: PROTOCOL,
                cursor: None,
                scope: None,
                directory: None,
                room_bytes: None,
            },
        }
    }

    /// Lets the person of a tablet sign in here, with everything that is on it.
    pub(crate) async fn welcome(&self, tablet: &mut Tablet) {
        (tablet.session, tablet.cookie, tablet.http) = self.sign_in(&tablet.person.clone()).await;
        tablet.address = self.server.url("/api/sync");
    }

    async fn sign_in(&self, person: &Person) -> (SessionId, String, reqwest::Client) {
        let token = Token::random();
        let session = NewSession {
            token: token.hash(),
            id: SessionId::random(),
            person: person.id,
            password: None,
            now: self.state.clock.now(),
        };
        assert!(self.state.store.start_session(&session, None).await.unwrap());
        let mut headers = HeaderMap::new();
        let cookie = format!("fieldloop={}", token.reveal());
        headers.insert("cookie", HeaderValue::try_from(&cookie).unwrap());
        headers.insert(csrf::HEADER, HeaderValue::from_static("1"));
        (session.id, cookie, reqwest::Client::builder().default_headers(headers).build().unwrap())
    }
}

fn department(
    id: DepartmentId,
    name: &str,
    function: DepartmentFunction,
    parent: Option<DepartmentId>,
) -> Department {
    Department { id, name: name.to_owned(), parent, function, regions: Vec::new() }
}

/// A person of the company.
pub(crate) fn person(number: u128, name: &str, role: Role, department: DepartmentId) -> Person {
    let id = PersonId::from_uuid(Uuid::from_u128(0xe000 + number));
    Person { id, name: name.to_owned(), role, department, skills: Vec::new(), active: true }
}

fn random_uuid() -> Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}

/// A device in somebody's hands.
pub(crate) struct Tablet {
    pub(crate) person: Person,
    pub(crate) device: DeviceId,
    pub(crate) session: SessionId,
    /// What its clock shows.
    pub(crate) clock: Timestamp,
    /// Where its next pull begins.
    pub(crate) pull: PullRequest,
    made: u64,
    seen: BTreeMap<TicketId, Seen>,
    http: reqwest::Client,
    /// What its session is opened with, for requests written by hand.
    pub(crate) cookie: String,
    address: String,
}

impl Tablet {
    /// Makes a change, now, by somebody who has seen what this tablet has seen of the ticket.
    pub(crate) fn make(&mut self, ticket: TicketId, action: Action) -> Change {
        self.made += 1;
        self.clock = self.clock.plus_millis(1);
        let id = ChangeId { device: self.device, seq: self.made };
        let claim = Claim { clock: self.clock, offset_ms: Some(0), heard: None };
        let seen = self.seen.entry(ticket).or_default();
        let change = Change { id, ticket, actor: self.person.id, claim, seen: seen.clone(), action };
        seen.insert(id);
        change
    }

    /// Registers a new ticket.
    pub(crate) fn register(&mut self) -> Change {
        let intake = intake(self.person.department);
        self.make(TicketId::from_uuid(random_uuid()), Action::Register(Box::new(intake)))
    }

    /// Makes somebody accountable, in their own department.
    pub(crate) fn assign(&mut self, ticket: TicketId, to: &Person) -> Change {
        self.make(ticket, Action::Assign(Assignment { person: to.id, department: to.department }))
    }

    /// Adds words to a ticket.
    pub(crate) fn comment(&mut self, ticket: TicketId, text: &str) -> Change {
        self.make(ticket, comment(text))
    }

    /// Says that a photo belongs to a ticket.
    pub(crate) fn attach(&mut self, ticket: TicketId, content: &[u8]) -> Change {
        let attachment = Attachment {
            sha256: hash_of(content).to_string(),
            bytes: content.len() as u64,
            media_type: "image/jpeg".to_owned(),
            kind: AttachmentKind::Photo,
            name: String::new(),
            size: None,
            taken_at: None,
            place: None,
        };
        self.make(ticket, Action::Attach(Box::new(attachment)))
    }

    /// Begins to upload a file; what it is said to be is chosen by whoever calls.
    pub(crate) fn announce(&self, ticket: TicketId, media: &str, content: &[u8]) -> RequestBuilder {
        let value = |text: &str| STANDARD.encode(text);
        let metadata = format!(
            "sha256 {},ticket {},mediatype {}",
            value(&hash_of(content).to_string()),
            value(&ticket.to_string()),
            value(media)
        );
        self.request(Method::POST, "/api/files")
            .header("tus-resumable", "1.0.0")
            .header("upload-length", content.len())
            .header("upload-metadata", metadata)
    }

    /// Uploads a photo in one go.
    pub(crate) async fn upload(&self, ticket: TicketId, content: &[u8]) -> reqwest::Response {
        let request = self.announce(ticket, "image/jpeg", content);
        let request = request.header("content-type", "application/offset+octet-stream");
        request.body(content.to_vec()).send().await.unwrap()
    }

    /// A request to be completed by the test.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.address.replace("/api/sync", path))
    }

    /// Pushes changes.
    pub(crate) async fn push(&self, changes: &[Change]) -> PushResponse {
        self.push_all(changes, false).await
    }

    /// Pushes all that is left of what was made here, after which nothing is missing.
    pub(crate) async fn push_complete(&self, changes: &[Change]) -> PushResponse {
        self.push_all(changes, true).await
    }

    async fn push_all(&self, changes: &[Change], complete: bool) -> PushResponse {
        let changes = changes.to_vec();
        let request = PushRequest { complete, ..PushRequest::of(self.device, changes) };
        let response = self.post("push", &request).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// Pulls one page and moves on to the next.
    pub(crate) async fn pull(&mut self) -> PullResponse {
        let response = self.post("pull", &self.pull).await;
        assert_eq!(response.status(), 200);
        let page: PullResponse = response.json().await.unwrap();
        self.pull.cursor = Some(page.cursor.clone());
        self.pull.scope = Some(page.scope.clone());
        if let Some(directory) = &page.directory {
            self.pull.directory = Some(directory.revision);
        }
        for document in &page.documents {
            let seen = document.log().iter().map(|recorded| recorded.change.id).collect();
            self.seen.insert(document.ticket, seen);
        }
        page
    }

    /// Sends anything to one of the questions a device can ask.
    pub(crate) async fn post(&self, question: &str, body: &impl Serialize) -> reqwest::Response {
        let address = format!("{}/{question}", self.address);
        let body = serde_json::to_vec(body).unwrap();
        self.http.post(address).header("content-type", "application/json").body(body).send().await.unwrap()
    }

    /// Asks for something beyond the tickets.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let address = self.address.replace("/api/sync", path);
        let response = self.http.get(address).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// Does something beyond the tickets.
    pub(crate) async fn post_to(&self, path: &str, body: &Value) -> u16 {
        let address = self.address.replace("/api/sync", path);
        self.http.post(address).json(body).send().await.unwrap().status().as_u16()
    }

    /// Asks for something that is answered in JSON whatever the answer is.
    pub(crate) async fn ask(&self, path: &str, body: &impl Serialize) -> (u16, Value) {
        let address = self.address.replace("/api/sync", path);
        let response = self.http.post(address).json(body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Listens from where the last pull ended, until the server has said hello.
    pub(crate) async fn listen(&self) -> Listener {
        let cursor = self.pull.cursor.clone().unwrap();
        let at = format!("epoch={}&seq={}&device={}", cursor.epoch, cursor.seq, self.device);
        let address = format!("{}/events?{at}", self.address);
        let response = self.http.get(address).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Listener { response, received: String::new() }
    }
}

/// An open stream of events.
pub(crate) struct Listener {
    response: reqwest::Response,
    received: String,
}

impl Listener {
    /// Waits for the next event; nothing, at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.received.split_once("\n\n") {
                let event = read_event(block);
                self.received = rest.to_owned();
                if event.is_some() {
                    return event;
                }
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.received.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

fn read_event(block: &str) -> Option<Event> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
    Event::read(field("event: ")?, field("data: ")?).unwrap()
}

/// Words for colleagues.
pub(crate) fn comment(text: &str) -> Action {
    Action::Comment(Comment { text: text.to_owned() })
}

/// A customer's problem, registered in a department.
pub(crate) fn intake(registered_in: DepartmentId) -> Intake {
    Intake {
        kind: Kind::Fault,
        urgency: Urgency::Normal,
        difficulty: Difficulty::Simple,
        flags: BTreeSet::new(),
        nature: None,
        channel: Channel::Phone,
        customer: Customer { name: "王芳".into(), phone: "13800138000".into(), ..Customer::default() },
        existing_customer: false,
        site: Site::default(),
        product: Product::default(),
        verification: Verification::Verified,
        words: "空压机启动不了,车间停了一半。".into(),
        summary: String::new(),
        times: IntakeTimes::default(),
        registered_in,
    }
}

/// What content is called.
pub(crate) fn hash_of(content: &[u8]) -> FileHash {
    FileHash::from_digest(Sha256::digest(content).into())
}

/// Reads the error code of an answer.
pub(crate) async fn error_code(response: reqwest::Response) -> String {
    let body: Value = response.json().await.unwrap();
    body["error"].as_str().unwrap().to_owned()
}
