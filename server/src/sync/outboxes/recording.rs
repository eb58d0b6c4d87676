//! Records what devices of this release send: the example company's work, and a ticket with everything that does not happen in it.

use std::fmt::Write as _;
use std::path::Path;

use domain::people::{Person, Role};
use domain::ticket::{Action, Change, Seen};
use domain::{ChangeId, Claim, DeviceId, TicketId, Timestamp};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sync::messages::PushRequest;
use uuid::Uuid;

use super::{Company, Sent};
use crate::demo;
use crate::sync::{Incoming, Push};

/// When the recorded work of the company ends.
const END: Timestamp = Timestamp::from_millis(1_795_000_000_000);

/// Writes a release's files into a folder that is not there yet.
pub(super) fn record(folder: &Path) {
    let (departments, people, pushes) = demo::devices_at_work(END);
    let company = Company { departments, people };
    let mut sent = in_one_go(pushes);
    sent.extend(the_rest(&company));
    let mut lines = String::new();
    for sent in &sent {
        writeln!(lines, "{}", super::json(sent)).unwrap();
    }
    std::fs::create_dir(folder).unwrap();
    std::fs::write(folder.join("company.json"), super::json(&company) + "\n").unwrap();
    std::fs::write(folder.join("pushes.jsonl"), lines).unwrap();
}

fn sent(at: Timestamp, person: &Person, device: DeviceId, changes: Vec<Change>) -> Sent {
    let request = PushRequest { complete: true, ..PushRequest::of(device, changes) };
    Sent { at, person: person.id, push: RawValue::from_string(super::json(&request)).unwrap() }
}

/// What one device sends at one time is one push.
fn in_one_go(pushes: Vec<Push>) -> Vec<Sent> {
    let goes = pushes.chunk_by(|one, next| (one.device, one.arrival) == (next.device, next.arrival));
    goes.map(|go| {
        let changes = go.iter().flat_map(|push| &push.changes).map(|incoming| match incoming {
            Incoming::Readable(change) => Change::clone(change),
            Incoming::Unreadable(id) => panic!("{id}"),
        });
        sent(go[0].arrival, &go[0].person, go[0].device, changes.collect())
    })
    .collect()
}

/// Somebody at their device.
struct Hand<'c> {
    person: &'c Person,
    device: DeviceId,
    made: u64,
    /// What has not been sent.
    waiting: Vec<Change>,
}

/// One ticket, and what everybody has on their screens of it.
struct Scene {
    ticket: TicketId,
    now: Timestamp,
    seen: Seen,
}

impl<'c> Hand<'c> {
    fn of(company: &'c Company, role: Role) -> Self {
        let person = company.people.iter().find(|person| person.role == role).unwrap();
        Self { person, device: DeviceId::from_uuid(random_uuid()), made: 0, waiting: Vec::new() }
    }

    /// Does something with `seen` on the screen.
    fn act(&mut self, scene: &mut Scene, seen: &Seen, action: Value) -> ChangeId {
        self.made += 1;
        scene.now = scene.now.plus_millis(7 * Timestamp::MINUTE_MS);
        let id = ChangeId { device: self.device, seq: self.made };
        let claim = Claim {
            clock: scene.now.plus_millis(90_000),
            offset_ms: Some(-90_000),
            heard: Some(scene.now.plus_millis(-Timestamp::HOUR_MS)),
        };
        let action: Action = serde_json::from_value(action).unwrap();
        let (ticket, actor) = (scene.ticket, self.person.id);
        self.waiting.push(Change { id, ticket, actor, claim, seen: seen.clone(), action });
        id
    }

    /// Does something with everything on the screen that there is.
    fn go_on(&mut self, scene: &mut Scene, action: Value) -> ChangeId {
        let id = self.act(scene, &scene.seen.clone(), action);
        scene.seen.insert(id);
        id
    }

    fn send(&mut self, scene: &Scene) -> Sent {
        sent(scene.now, self.person, self.device, std::mem::take(&mut self.waiting))
    }
}

/// A ticket with everything that the example company leaves out.
fn the_rest(company: &Company) -> Vec<Sent> {
    let mut scene = Scene {
        ticket: TicketId::from_uuid(random_uuid()),
        now: END.plus_millis(Timestamp::HOUR_MS),
        seen: Seen::default(),
    };
    let [mut agent, mut supervisor, mut engineer] =
        [Role::Agent, Role::Supervisor, Role::Engineer].map(|role| Hand::of(company, role));
    let mut sent = Vec::new();

    let mut registered = sample("register.times");
    registered["body"]["registered_in"] = json!(agent.person.department);
    agent.go_on(&mut scene, registered);
    agent.go_on(&mut scene, sample("edit_contact.full"));
    sent.push(agent.send(&scene));
    let to = json!({ "person": engineer.person.id, "department": engineer.person.department });
    supervisor.go_on(&mut scene, json!({ "kind": "assign", "body": to }));
    sent.push(supervisor.send(&scene));

    // Offline, and sent in one go.
    let plan = engineer.go_on(&mut scene, sample("agree_plan.full"));
    engineer.go_on(&mut scene, json!({ "kind": "reach_milestone", "body": { "plan": plan, "number": 1 } }));
    engineer.go_on(&mut scene, sample("attach.full"));
    engineer.go_on(&mut scene, sample("attach.minimal"));
    engineer.go_on(&mut scene, sample("comment.full"));
    engineer.go_on(&mut scene, sample("log_progress.answered"));
    engineer.go_on(&mut scene, sample("check_in.minimal"));
    engineer.go_on(&mut scene, sample("complete.full"));
    sent.push(engineer.send(&scene));

    supervisor.go_on(&mut scene, sample("inspect.full"));
    sent.push(supervisor.send(&scene));
    engineer.go_on(&mut scene, sample("rectify.full"));
    sent.push(engineer.send(&scene));

    agent.go_on(&mut scene, sample("record_callback.full"));
    sent.push(agent.send(&scene));
    supervisor.go_on(&mut scene, sample("recover.full"));
    sent.push(supervisor.send(&scene));

    // Two who don't see each other, and one who settles it.
    let apart = scene.seen.clone();
    let first = agent.act(&mut scene, &apart, sample("edit_contact.minimal"));
    supervisor.act(&mut scene, &apart, sample("edit_contact.full"));
    sent.push(agent.send(&scene));
    sent.push(supervisor.send(&scene));
    scene.seen.insert(first);
    scene.seen.insert(ChangeId { device: supervisor.device, seq: supervisor.made });
    supervisor.go_on(&mut scene, json!({ "kind": "settle", "body": { "change": first } }));
    sent.push(supervisor.send(&scene));
    sent
}

/// The action of one of the samples that every version must be able to read.
fn sample(name: &str) -> Value {
    let path = format!("{}/../domain/tests/golden/v1/changes/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let change: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    change["action"].clone()
}

fn random_uuid() -> Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}
