//! Who reaches what: every route, asked by everybody for everything, and the answers in one table (`reach.txt`).
//!
//! Two teams have a ticket each, with a photo, an upload under way, work that came in too late and a tablet that may have been lost.
//! Whatever can be asked about one of them is asked about all of them, and about what does not exist, by each role of the eastern
//! team, by the other team, by the office above both, and by those who have no business there. A new route, role or answer changes
//! the table; somebody has to look at what has changed and say so: `UPDATE_REACH=1` writes it anew.
//!
//! Beyond the table, for whatever is not theirs: the answer is the one for what does not exist, and nothing in it comes from there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use axum::http::Method;
use domain::access::Scope;
use domain::people::{Person, Role};
use domain::ticket::{Action, Change, Customer, Intake, NewUrgency, Site, Ticket, Urgency};
use domain::{ChangeId, DeviceId, TicketId, Timestamp};
use serde_json::{Value, json};
use sync::messages::{PROTOCOL, PushRequest};
use uuid::Uuid;

use super::{Route, routes};
use crate::store::directory::DirectoryEdit;
use crate::sync::testing::{Company, DESK, EAST, SERVICE, Tablet, hash_of, intake, person};
use crate::testing::{Browser, Reply};

/// Who has not signed in, and who is not with the company any more.
const NOBODY: &str = "nobody";
const LEFT: &str = "left the east";

/// What can be asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Whose {
    East,
    South,
    /// Of a ticket, a device, a person that there is not.
    Nobodys,
}

const ALL: [Whose; 3] = [Whose::East, Whose::South, Whose::Nobodys];

impl Whose {
    const fn name(self) -> &'static str {
        match self {
            Self::East => "the east's",
            Self::South => "the south's",
            Self::Nobodys => "nobody's",
        }
    }

    /// A word that stands in everything of theirs and nowhere else.
    const fn canary(self) -> &'static str {
        match self {
            Self::East => "kingfisher",
            Self::South => "nightjar",
            Self::Nobodys => "dodo",
        }
    }
}

/// What one team has.
struct Possessions {
    ticket: TicketId,
    /// The id of a registration: the ticket's; of nobody's, one that is not asked about afterwards.
    registered: TicketId,
    number: String,
    /// The engineer's, and when it was last heard of.
    device: DeviceId,
    heard: Timestamp,
    engineer: Person,
    /// Two changes that wait for a decision.
    parked: [ChangeId; 2],
    photo: String,
    /// Where an upload of the engineer's goes on.
    upload: String,
}

impl Possessions {
    fn of_nobody() -> Self {
        let id = Uuid::from_u128(0xd0d0);
        let change = |seq| ChangeId { device: DeviceId::from_uuid(id), seq };
        Self {
            ticket: TicketId::from_uuid(id),
            registered: TicketId::from_uuid(Uuid::from_u128(0xd0d1)),
            number: "FB209901001".to_owned(),
            device: DeviceId::from_uuid(id),
            heard: Timestamp::from_millis(0),
            engineer: person(0xd0d0, "dodo", Role::Engineer, EAST),
            parked: [change(1), change(2)],
            photo: hash_of(b"dodo").to_string(),
            upload: format!("/api/files/uploads/{id}"),
        }
    }

    /// Takes out of an answer what was asked about, and by which change: what is left must not depend on it.
    fn taken_out_of(&self, text: &str, asker: DeviceId) -> String {
        let parked = self.parked.map(|change| change.device.to_string());
        let ids = [self.ticket.to_string(), self.device.to_string(), self.engineer.id.to_string()];
        let upload = self.upload.rsplit('/').next().unwrap_or_default().to_owned();
        let mut text = text.to_owned();
        for change in (1..=ALL.len() as u64).map(|seq| ChangeId { device: asker, seq }) {
            text = text.replace(&format!("\"{change}\""), "*");
        }
        for word in ids.into_iter().chain(parked).chain([self.photo.clone(), upload]) {
            text = text.replace(&word, "*");
        }
        text
    }
}

/// A company whose two teams have a ticket each.
struct World {
    company: Company,
    possessions: BTreeMap<Whose, Possessions>,
}

impl World {
    async fn begin() -> Self {
        let company = Company::open().await;
        let mut desk = company.tablet(&company.agent).await;
        let mut possessions = BTreeMap::from([(Whose::Nobodys, Possessions::of_nobody())]);
        let (east, south) = (company.east_engineer.clone(), company.south_engineer.clone());
        for (whose, engineer, number) in [(Whose::East, east, 50), (Whose::South, south, 60)] {
            let had = Self::equip(&company, &mut desk, whose, &engineer, number).await;
            possessions.insert(whose, had);
        }
        Self { company, possessions }
    }

    /// Gives a team what can be asked about.
    async fn equip(
        company: &Company,
        desk: &mut Tablet,
        whose: Whose,
        engineer: &Person,
        number: u128,
    ) -> Possessions {
        let word = whose.canary();
        let told = Intake {
            customer: Customer {
                name: format!("{word} & Sons"),
                phone: format!("{word} 1"),
                ..Customer::default()
            },
            site: Site { region: word.to_owned(), address: format!("{word} road") },
            words: format!("The {word} sings no more."),
            summary: word.to_owned(),
            ..intake(DESK)
        };
        let registered =
            desk.make(TicketId::from_uuid(Uuid::from_u128(number)), Action::Register(Box::new(told)));
        let ticket = registered.ticket;

        // Somebody had the ticket and worked on it offline, while they were moved and it became somebody else's.
        let late = person(number, "late", Role::Engineer, engineer.department);
        let mut tablet_of_late = company.hire(&late).await;
        let given = desk.assign(ticket, &late);
        applied(desk, &[registered, given]).await;
        tablet_of_late.pull().await;
        let done: Vec<_> = (0..2).map(|_| tablet_of_late.make(ticket, urgent(word))).collect();
        company.state.clock.advance_millis(Timestamp::HOUR_MS);
        company.move_to(&late, DESK).await;
        let assigned = desk.assign(ticket, engineer);
        applied(desk, &[assigned]).await;
        company.state.clock.advance_millis(Timestamp::HOUR_MS);
        let answer = serde_json::to_value(tablet_of_late.push(&done).await).unwrap();
        assert!(answer.to_string().contains("parked"), "{answer}");

        let mut tablet = company.tablet(engineer).await;
        tablet.pull().await;
        let photo = [b"\xff\xd8\xff\xe0", word.as_bytes()].concat();
        let attached = tablet.attach(ticket, &photo);
        applied(&tablet, &[attached]).await;
        assert_eq!(tablet.upload(ticket, &photo).await.status(), 201);
        let begun =
            tablet.announce(ticket, "image/jpeg", &[&photo[..], b" again"].concat()).send().await.unwrap();
        let upload = begun.headers()["location"].to_str().unwrap().to_owned();
        let waits = json!({
            "protocol": PROTOCOL, "device": tablet.device, "person": engineer.id, "made": 9, "waiting": 3, "refused": 0, "files": [],
        });
        assert_eq!(tablet.post_to("/api/sync/standing", &waits).await, 200);

        let document = company.state.store.document(ticket).await.unwrap().unwrap();
        Possessions {
            ticket,
            registered: ticket,
            number: document.number.unwrap().to_string(),
            device: tablet.device,
            heard: company.state.clock.now(),
            engineer: engineer.clone(),
            parked: [done[0].id, done[1].id],
            photo: hash_of(&photo).to_string(),
            upload,
        }
    }

    /// Whether somebody sees a team's ticket, by the rule.
    async fn shows(&self, whose: Whose, person: Option<&Person>) -> bool {
        let Some(person) = person else { return false };
        let Some(document) =
            self.company.state.store.document(self.possessions[&whose].ticket).await.unwrap()
        else {
            return false;
        };
        let ticket = Ticket::of(&document).unwrap();
        Scope::of(person, &self.company.state.directory.current()).contains(&ticket.scope_keys())
    }
}

fn urgent(reason: &str) -> Action {
    Action::SetUrgency(NewUrgency { urgency: Urgency::Urgent, reason: reason.to_owned() })
}

async fn applied(tablet: &Tablet, changes: &[Change]) {
    let answer = serde_json::to_value(tablet.push(changes).await).unwrap();
    assert!(!answer.to_string().contains("refused") && !answer.to_string().contains("parked"), "{answer}");
}

/// Everybody who asks: what they are called in the table, and who they are.
fn askers(company: &Company) -> Vec<(String, Option<Person>)> {
    let mut askers = vec![(NOBODY.to_owned(), None)];
    askers.push((LEFT.to_owned(), Some(person(70, "left", Role::Engineer, EAST))));
    askers.push(("east's own engineer".to_owned(), Some(company.east_engineer.clone())));
    for (number, role) in (80..).zip(Role::ALL) {
        if role != Role::Admin {
            askers.push((
                format!("{} of the east", role.name()),
                Some(person(number, role.name(), role, EAST)),
            ));
        }
    }
    askers.push(("south's own engineer".to_owned(), Some(company.south_engineer.clone())));
    askers.push(("agent who registered both".to_owned(), Some(company.agent.clone())));
    askers.push(("supervisor of both".to_owned(), Some(company.supervisor.clone())));
    askers.push(("admin".to_owned(), Some(person(90, "admin", Role::Admin, SERVICE))));
    askers
}

/// Who got which answer, for each route by its place in the list, for what was asked and what it was about.
type Table = BTreeMap<(usize, &'static str, Option<Whose>), BTreeMap<String, Vec<String>>>;

/// Something that can be asked of a route.
struct Question {
    /// Which of several things that can be asked of this route; empty where there is one.
    what: &'static str,
    /// What it is about; nothing where it is about nothing in particular.
    about: Option<Whose>,
    /// Whether the answer may tell that there is such a thing.
    may_tell: bool,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Question {
    fn new(path: &str, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        let (what, about, may_tell) = ("", None, false);
        Self { what, about, may_tell, path: path.to_owned(), headers, body: body.to_string().into_bytes() }
    }

    fn about(self, about: Whose) -> Self {
        Self { about: Some(about), ..self }
    }

    fn that(self, what: &'static str) -> Self {
        Self { what, ..self }
    }

    fn that_may_tell(self, what: &'static str) -> Self {
        Self { what, may_tell: true, ..self }
    }

    fn tus(self, more: &[(&'static str, String)]) -> Self {
        let mut headers = vec![("tus-resumable", "1.0.0".to_owned())];
        headers.extend_from_slice(more);
        Self { headers, body: Vec::new(), ..self }
    }
}

/// All that is asked of a route by the person with this tablet.
fn questions(route: &Route, world: &World, tablet: &mut Tablet) -> Vec<Question> {
    let each = |ask: &mut dyn FnMut(&Possessions) -> Question| -> Vec<Question> {
        ALL.map(|whose| ask(&world.possessions[&whose]).about(whose)).into()
    };
    let change = |change: ChangeId| json!({ "change": change, "why": "It is about another machine." });
    match (route.method.as_str(), route.path) {
        ("POST", "/api/sync/push") => {
            let push = |change: Change| {
                let request = PushRequest::of(change.id.device, vec![change]);
                Question::new(route.path, &serde_json::to_value(request).unwrap())
            };
            let mut all = each(&mut |had| push(tablet.comment(had.ticket, "May I?")).that("a comment"));
            // Who knows an id can ask whether it is taken; ids are not to be guessed.
            all.extend(each(&mut |had| {
                let told = Action::Register(Box::new(intake(tablet.person.department)));
                push(tablet.make(had.registered, told)).that_may_tell("a registration")
            }));
            all
        }
        ("POST", "/api/sync/pull") => {
            vec![Question::new(route.path, &serde_json::to_value(&tablet.pull).unwrap())]
        }
        ("GET", "/api/sync/events") => {
            vec![Question::new(&format!("{}?epoch=1&seq=0&device={}", route.path, tablet.device), &json!({}))]
        }
        ("POST", "/api/sync/standing") => each(&mut |had| {
            let standing = json!({
                "protocol": PROTOCOL, "device": had.device, "person": had.engineer.id, "made": 0, "waiting": 0, "refused": 0, "files": [],
            });
            Question::new(route.path, &standing)
        }),
        ("POST", "/api/tablets/looked-into") => each(&mut |had| {
            let found = json!({ "device": had.device, "last_heard": had.heard, "why": "Found." });
            Question::new(route.path, &found)
        }),
        ("POST", "/api/parked/admit") => each(&mut |had| Question::new(route.path, &change(had.parked[0]))),
        ("POST", "/api/parked/decline") => each(&mut |had| Question::new(route.path, &change(had.parked[1]))),
        (_, "/api/people/{id}" | "/api/people/{id}/password-link") => each(&mut |had| {
            Question::new(&route.path.replace("{id}", &had.engineer.id.to_string()), &json!({}))
        }),
        ("POST", "/api/files") => each(&mut |had| {
            let content = b"\xff\xd8\xff\xe0 a new one";
            let announced = tablet.announce(had.ticket, "image/jpeg", content).build().unwrap();
            let headers = ["upload-length", "upload-metadata"]
                .map(|name| (name, announced.headers()[name].to_str().unwrap().to_owned()));
            Question::new(route.path, &json!({})).tus(&headers)
        }),
        ("HEAD" | "DELETE", "/api/files/uploads/{id}") => {
            each(&mut |had| Question::new(&had.upload, &json!({})).tus(&[]))
        }
        ("PATCH", "/api/files/uploads/{id}") => each(&mut |had| {
            let piece = [
                ("upload-offset", "0".to_owned()),
                ("content-type", "application/offset+octet-stream".to_owned()),
            ];
            Question::new(&had.upload, &json!({})).tus(&piece)
        }),
        ("GET", "/api/files/{sha256}") => {
            each(&mut |had| Question::new(&format!("/api/files/{}", had.photo), &json!({})))
        }
        _ => vec![Question::new(&super::tests::address(route), &json!({}))],
    }
}

/// How an answer is called in the table: its status and code, the verdict in it, and of whom it tells.
fn called(reply: &Reply, world: &World) -> String {
    let mut called = reply.status.as_u16().to_string();
    let Ok(body) = serde_json::from_str::<Value>(&reply.text) else { return called };
    if let Some(error) = body["error"].as_str() {
        let _ = write!(called, " {error}");
    }
    let judged = &body["verdicts"][0]["verdict"];
    let words = [&judged["verdict"], &judged["because"]["reason"], &body["verdict"]];
    for word in words.into_iter().filter_map(Value::as_str) {
        let _ = write!(called, " {word}");
    }
    for whose in [Whose::East, Whose::South] {
        let device = world.possessions[&whose].device.to_string();
        if reply.text.contains(whose.canary()) || reply.text.contains(&device) {
            let _ = write!(called, ", {}", whose.name());
        }
    }
    called
}

/// Somebody who asks.
struct Asker {
    name: String,
    tablet: Tablet,
    /// What their browser keeps of their signing in, if they have.
    cookie: Option<String>,
    browser: Browser,
    /// Whose tickets they see, by the rule.
    sees: BTreeSet<Whose>,
}

impl Asker {
    async fn come(world: &World, name: String, person: Option<Person>) -> Self {
        let company = &world.company;
        let tablet = match &person {
            None => company.tablet(&company.agent).await,
            Some(known) if company.state.directory.current().person(known.id).is_some() => {
                company.tablet(known).await
            }
            Some(new) => company.hire(new).await,
        };
        let cookie = person.as_ref().map(|_| tablet.cookie.clone());
        let here = person.filter(|_| name != LEFT);
        if name == LEFT {
            leave(company, &tablet.person).await;
        }
        let mut sees = BTreeSet::new();
        for whose in [Whose::East, Whose::South] {
            if world.shows(whose, here.as_ref()).await {
                sees.insert(whose);
            }
        }
        Self { name, tablet, cookie, browser: company.server.browser(), sees }
    }

    async fn ask(&self, route: &Route, question: &Question) -> Reply {
        let mut request = self.browser.request(route.method.clone(), &question.path);
        for (name, value) in &question.headers {
            request = request.header(*name, value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let mut response = request.body(question.body.clone()).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let lasts = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = if lasts {
            // What it begins with: it says hello at once, and would go on for ever.
            response.chunk().await.unwrap().unwrap_or_default()
        } else {
            response.bytes().await.unwrap()
        };
        Reply { status, headers, text: String::from_utf8_lossy(&body).into_owned() }
    }

    /// Nothing of a team whose ticket they don't see is in an answer. Of what they have named themselves, the ids may be.
    fn assert_tells_nothing_hidden(&self, world: &World, about: Option<Whose>, reply: &Reply, asked: &str) {
        let told = format!("{:?}{}", reply.headers, reply.text);
        for whose in [Whose::East, Whose::South].into_iter().filter(|whose| !self.sees.contains(whose)) {
            let theirs = &world.possessions[&whose];
            let mut words = vec![whose.canary().to_owned(), theirs.number.clone()];
            if about != Some(whose) && theirs.device != self.tablet.device {
                words.extend([theirs.ticket.to_string(), theirs.device.to_string(), theirs.photo.clone()]);
            }
            for word in words {
                assert!(!told.contains(&word), "{asked} tells {word}: {told}");
            }
        }
    }

    /// What is hidden from them is answered for like what does not exist.
    fn assert_hidden_is_like_nothing(
        &self,
        world: &World,
        replies: &BTreeMap<(&'static str, Whose), Reply>,
        asked: &str,
    ) {
        let told = |whose: Whose, reply: &Reply| {
            let mut headers = reply.headers.clone();
            for differs in ["date", "x-request-id"] {
                headers.remove(differs);
            }
            let text = format!("{headers:?} {}", reply.text);
            (reply.status, world.possessions[&whose].taken_out_of(&text, self.tablet.device))
        };
        for ((what, whose), reply) in replies {
            if !self.sees.contains(whose) {
                let nothing = &replies[&(*what, Whose::Nobodys)];
                let of = format!("{asked} {what} tells that {} is there", whose.name());
                assert_eq!(told(*whose, reply), told(Whose::Nobodys, nothing), "{of}");
            }
        }
    }
}

#[tokio::test]
async fn every_route_answers_everybody_as_the_table_says() {
    // Signing out comes last: there would be nothing to ask after it.
    let mut routes = routes();
    routes.sort_by_key(|route| route.method == Method::DELETE && route.path == "/api/session");
    let mut table = Table::new();

    let names: Vec<_> = askers(&Company::open().await).into_iter().map(|(name, _)| name).collect();
    for index in 0..names.len() {
        let world = World::begin().await;
        let (name, person) = askers(&world.company).swap_remove(index);
        let mut asker = Asker::come(&world, name, person).await;
        for (place, route) in routes.iter().enumerate() {
            let asked = format!("{}: {} {}", asker.name, route.method, route.path);
            let mut replies = BTreeMap::new();
            for question in questions(route, &world, &mut asker.tablet) {
                let reply = asker.ask(route, &question).await;
                asker.assert_tells_nothing_hidden(&world, question.about, &reply, &asked);
                let answers = table.entry((place, question.what, question.about)).or_default();
                answers.entry(called(&reply, &world)).or_default().push(asker.name.clone());
                if let (Some(about), false) = (question.about, question.may_tell) {
                    replies.insert((question.what, about), reply);
                }
            }
            asker.assert_hidden_is_like_nothing(&world, &replies, &asked);
        }
    }
    compare(&written(&routes, &names, &table));
}

async fn leave(company: &Company, person: &Person) {
    let gone = Person { active: false, ..person.clone() };
    let edit = |_: &domain::people::Directory| {
        Ok::<_, std::convert::Infallible>(DirectoryEdit::ChangePerson(gone, None))
    };
    assert!(company.state.store.change_directory(edit).await.unwrap().is_ok());
    company.state.directory.refresh(&company.state.store).await.unwrap();
}

fn written(routes: &[Route], names: &[String], table: &Table) -> String {
    let mut text = String::new();
    for ((place, what, about), answers) in table {
        let route = &routes[*place];
        let what = if what.is_empty() { String::new() } else { format!("  {what}") };
        let about = about.map_or_else(String::new, |whose| format!("  about {}", whose.name()));
        let _ = writeln!(text, "{} {}{what}{about}", route.method, route.path);
        for (answer, askers) in answers {
            let askers = match names.iter().filter(|name| !askers.contains(name)).collect::<Vec<_>>()[..] {
                [] => "everybody".to_owned(),
                [nobody, left] if nobody == NOBODY && left == LEFT => "everybody with an account".to_owned(),
                _ => askers.join(" | "),
            };
            let _ = writeln!(text, "    {answer}: {askers}");
        }
    }
    text
}

fn compare(table: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/router/reach.txt");
    if std::env::var_os("UPDATE_REACH").is_some_and(|value| value == "1") {
        std::fs::write(&path, table).unwrap();
    }
    let pinned = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(table, pinned, "UPDATE_REACH=1 writes it anew, where a change of who reaches what is meant");
}
