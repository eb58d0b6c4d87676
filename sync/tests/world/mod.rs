//! A small world to test in: a company, a server that judges and folds with the code of `domain`, and devices.
#![allow(dead_code, unused_imports, reason = "each test file uses its own part of the world")]

mod device;
mod server;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use domain::people::{Department, DepartmentFunction, Directory, Person, Role};
use domain::ticket::{
    Action, Assignment, Channel, Comment, Customer, Difficulty, Intake, IntakeTimes, Kind, NewUrgency,
    Product, Progress, ProgressKind, Reason, Site, Urgency, Verification,
};
use domain::{DepartmentId, PersonId, TicketId, Timestamp};
use uuid::Uuid;

pub(crate) use self::device::Device;
pub(crate) use self::server::Server;

/// Runs a future that never waits for anything outside.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

pub(crate) const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_790_000_000_000 + millis)
}

pub(crate) const fn ticket_id(number: u128) -> TicketId {
    TicketId::from_uuid(Uuid::from_u128(number))
}

pub(crate) const NORTH: DepartmentId = DepartmentId::from_uuid(Uuid::from_u128(0xa));
pub(crate) const SOUTH: DepartmentId = DepartmentId::from_uuid(Uuid::from_u128(0xb));

const fn person_id(number: u128) -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(number))
}

fn person(number: u128, name: &str, role: Role, department: DepartmentId) -> Person {
    Person {
        id: person_id(number),
        name: name.to_owned(),
        role,
        department,
        skills: Vec::new(),
        active: true,
    }
}

/// At the desk of the north; sees what the north holds or has registered.
pub(crate) fn agent() -> Person {
    person(1, "Fang", Role::Agent, NORTH)
}

/// Repairs for the north; sees what the north holds.
pub(crate) fn engineer() -> Person {
    person(2, "Wang", Role::Engineer, NORTH)
}

/// Repairs for the south.
pub(crate) fn engineer_of_the_south() -> Person {
    person(3, "Chen", Role::Engineer, SOUTH)
}

/// Sees everything.
pub(crate) fn admin() -> Person {
    person(4, "Zhou", Role::Admin, NORTH)
}

pub(crate) fn directory() -> Directory {
    let department = |id, name: &str| Department {
        id,
        name: name.to_owned(),
        parent: None,
        function: DepartmentFunction::RegionalTeam,
        regions: Vec::new(),
    };
    Directory {
        revision: 1,
        people: vec![agent(), engineer(), engineer_of_the_south(), admin()],
        departments: vec![department(NORTH, "North"), department(SOUTH, "South")],
        ..Directory::default()
    }
}

pub(crate) fn register(words: &str) -> Action {
    Action::Register(Box::new(Intake {
        kind: Kind::Fault,
        urgency: Urgency::Normal,
        difficulty: Difficulty::Simple,
        flags: [].into(),
        nature: None,
        channel: Channel::Phone,
        customer: Customer { name: "Ms Li".to_owned(), phone: "1".to_owned(), ..Customer::default() },
        existing_customer: false,
        site: Site::default(),
        product: Product::default(),
        verification: Verification::Verified,
        words: words.to_owned(),
        summary: String::new(),
        times: IntakeTimes::default(),
        registered_in: NORTH,
    }))
}

pub(crate) fn assign(person: &Person) -> Action {
    Action::Assign(Assignment { person: person.id, department: person.department })
}

pub(crate) fn comment(text: &str) -> Action {
    Action::Comment(Comment { text: text.to_owned() })
}

pub(crate) fn urgency(urgency: Urgency) -> Action {
    Action::SetUrgency(NewUrgency { urgency, reason: String::new() })
}

pub(crate) fn arrived() -> Action {
    Action::LogProgress(Progress { kind: ProgressKind::Arrived, note: String::new(), promised: None })
}

pub(crate) fn cancel() -> Action {
    Action::Cancel(Reason { reason: "by mistake".to_owned() })
}

pub(crate) fn reopen() -> Action {
    Action::Reopen(Reason { reason: "not by mistake".to_owned() })
}
