//! A small company, samples of everything people do, and a record to do it in.

pub(crate) mod chance;
pub(crate) mod fingerprint;
pub(crate) mod history;
pub(crate) mod samples;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod scripts;

use std::collections::BTreeMap;

use domain::people::{Department, DepartmentFunction, Directory, Person, Role};
use domain::ticket::{Action, Change, Document, Recorded, Seen, Ticket};
use domain::{ChangeId, Claim, DepartmentId, DeviceId, PersonId, TicketId, Timestamp};
use uuid::Uuid;

const fn department(number: u128) -> DepartmentId {
    DepartmentId::from_uuid(Uuid::from_u128(0xd0_00 + number))
}

const fn person(number: u128) -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(0xa0_00 + number))
}

pub(crate) const AFTER_SALES: DepartmentId = department(1);
pub(crate) const SOUTH: DepartmentId = department(2);
pub(crate) const NORTH: DepartmentId = department(3);
pub(crate) const SERVICE: DepartmentId = department(4);
pub(crate) const PRODUCT: DepartmentId = department(5);

/// An agent of after-sales.
pub(crate) const AMY: PersonId = person(1);
/// An engineer of the southern team.
pub(crate) const BO: PersonId = person(2);
/// Another engineer of the southern team.
pub(crate) const CAI: PersonId = person(3);
/// An engineer of the northern team.
pub(crate) const DAN: PersonId = person(4);
/// A specialist of after-sales.
pub(crate) const EVE: PersonId = person(5);
/// An inspector of after-sales.
pub(crate) const FAY: PersonId = person(6);
/// The supervisor of after-sales.
pub(crate) const GUS: PersonId = person(7);
/// The head of after-sales.
pub(crate) const HAN: PersonId = person(8);
/// The admin, who belongs to customer service.
pub(crate) const IDA: PersonId = person(9);
/// An engineer of the southern team who has left.
pub(crate) const ZED: PersonId = person(10);
/// A specialist of the product department.
pub(crate) const PIA: PersonId = person(11);

pub(crate) const TICKET: TicketId = TicketId::from_uuid(Uuid::from_u128(0x71c));

/// The company: after-sales with a southern and a northern team, customer service, and product.
pub(crate) fn company() -> Directory {
    let department = |id, name: &str, parent, function, regions: &[&str]| Department {
        id,
        name: name.to_owned(),
        parent,
        function,
        regions: regions.iter().map(|region| (*region).to_owned()).collect(),
    };
    let person = |id, name: &str, role, department| Person {
        id,
        name: name.to_owned(),
        role,
        department,
        skills: Vec::new(),
        active: id != ZED,
    };
    Directory {
        revision: 1,
        departments: vec![
            department(AFTER_SALES, "售后技术部", None, DepartmentFunction::AfterSales, &[]),
            department(
                SOUTH,
                "华南",
                Some(AFTER_SALES),
                DepartmentFunction::RegionalTeam,
                &["广东", "Guangdong"],
            ),
            department(NORTH, "华北", Some(AFTER_SALES), DepartmentFunction::RegionalTeam, &["北京"]),
            department(SERVICE, "客服中心", None, DepartmentFunction::CustomerService, &[]),
            department(PRODUCT, "产品部", None, DepartmentFunction::Product, &[]),
        ],
        people: vec![
            person(AMY, "Amy", Role::Agent, AFTER_SALES),
            person(BO, "Bo", Role::Engineer, SOUTH),
            person(CAI, "Cai", Role::Engineer, SOUTH),
            person(DAN, "Dan", Role::Engineer, NORTH),
            person(EVE, "Eve", Role::Specialist, AFTER_SALES),
            person(FAY, "Fay", Role::Inspector, AFTER_SALES),
            person(GUS, "Gus", Role::Supervisor, AFTER_SALES),
            person(HAN, "Han", Role::Manager, AFTER_SALES),
            person(IDA, "Ida", Role::Admin, SERVICE),
            person(ZED, "Zed", Role::Engineer, SOUTH),
            person(PIA, "Pia", Role::Specialist, PRODUCT),
        ],
        ..Directory::default()
    }
}

/// One person of the company.
pub(crate) fn member(id: PersonId) -> Person {
    company().person(id).expect("the company has everybody that the tests name").clone()
}

/// The device that a person works on.
pub(crate) fn device_of(person: PersonId) -> DeviceId {
    DeviceId::from_uuid(*person.as_uuid())
}

pub(crate) const fn minute(minute: i64) -> Timestamp {
    Timestamp::from_millis(minute * Timestamp::MINUTE_MS)
}

/// The JSON as stored and sent.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("everything that domain stores can be written")
}

/// The record of one ticket as the server keeps it, with a short way to say who did what when. All clocks are right.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) document: Document,
    seqs: BTreeMap<DeviceId, u64>,
    now: Timestamp,
}

impl Record {
    pub(crate) fn empty() -> Self {
        Self { document: Document::new(TICKET), seqs: BTreeMap::new(), now: Timestamp::from_millis(i64::MIN) }
    }

    /// A ticket that Amy registered in `department` at minute 0.
    pub(crate) fn registered_in(department: DepartmentId) -> Self {
        let mut record = Self::empty();
        let mut intake = samples::minimal_intake();
        intake.registered_in = department;
        record.act(AMY, 0, Action::Register(Box::new(intake)));
        record
    }

    /// A ticket that Amy registered in after-sales and gave to `person` at minute 1.
    pub(crate) fn assigned_to(person: PersonId) -> Self {
        let mut record = Self::registered_in(AFTER_SALES);
        record.act(AMY, 1, samples::assign(person));
        record
    }

    /// A ticket that Bo has completed at minute 60.
    pub(crate) fn completed() -> Self {
        let mut record = Self::assigned_to(BO);
        record.act(BO, 60, samples::complete());
        record
    }

    /// Somebody who sees all that is recorded does something, and it arrives at once.
    pub(crate) fn act(&mut self, who: PersonId, at_minute: i64, action: Action) -> ChangeId {
        let seen: Vec<_> = self.document.log().iter().map(|recorded| recorded.change.id).collect();
        self.act_having_seen(who, at_minute, &seen, action)
    }

    /// Somebody who has seen only `seen` does something. It arrives after everything recorded so far.
    pub(crate) fn act_having_seen(
        &mut self,
        who: PersonId,
        at_minute: i64,
        seen: &[ChangeId],
        action: Action,
    ) -> ChangeId {
        let change = self.change(who, at_minute, seen, action);
        let id = change.id;
        self.now = self.now.max(minute(at_minute));
        self.document.insert(Recorded::place(change, self.document.log(), Some(self.now)));
        id
    }

    /// A change that somebody who has seen only `seen` makes, not recorded yet.
    pub(crate) fn change(
        &mut self,
        who: PersonId,
        at_minute: i64,
        seen: &[ChangeId],
        action: Action,
    ) -> Change {
        let device = device_of(who);
        let seq = self.seqs.entry(device).or_default();
        *seq += 1;
        Change {
            id: ChangeId { device, seq: *seq },
            ticket: TICKET,
            actor: who,
            claim: Claim { clock: minute(at_minute), offset_ms: None, heard: None },
            seen: Seen::from_iter(seen.iter().copied()),
            action,
        }
    }

    /// All changes so far, for people who have seen everything.
    pub(crate) fn ids(&self) -> Vec<ChangeId> {
        self.document.log().iter().map(|recorded| recorded.change.id).collect()
    }

    pub(crate) fn ticket(&self) -> Ticket {
        Ticket::of(&self.document).expect("the record begins with a registration")
    }
}
