//! A ticket for tests, grown change by change. Times are minutes.

use std::collections::BTreeSet;

use domain::ticket::{
    Action, Change, Channel, Customer, Difficulty, Document, Intake, IntakeTimes, Kind, Product, Recorded,
    Seen, Site, Ticket, Urgency, Verification,
};
use domain::{ChangeId, Claim, DepartmentId, DeviceId, PersonId, TicketId, Timestamp};
use uuid::Uuid;

pub(crate) struct Sample {
    pub(crate) document: Document,
    next_seq: u64,
}

pub(crate) fn person(number: u128) -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn department(number: u128) -> DepartmentId {
    DepartmentId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn minute(minute: i64) -> Timestamp {
    Timestamp::from_millis(minute * Timestamp::MINUTE_MS)
}

pub(crate) fn intake() -> Intake {
    Intake {
        kind: Kind::Fault,
        urgency: Urgency::Normal,
        difficulty: Difficulty::Simple,
        flags: BTreeSet::new(),
        nature: None,
        channel: Channel::Phone,
        customer: Customer { name: "王丽".into(), phone: "13800005521".into(), ..Customer::default() },
        existing_customer: false,
        site: Site::default(),
        product: Product::default(),
        verification: Verification::Verified,
        words: "机器一开就报 E07".into(),
        summary: String::new(),
        times: IntakeTimes::default(),
        registered_in: department(1),
    }
}

impl Sample {
    pub(crate) fn blank(ticket: u128) -> Self {
        Self { document: Document::new(TicketId::from_uuid(Uuid::from_u128(ticket))), next_seq: 1 }
    }

    pub(crate) fn registered(minute: i64) -> Self {
        let mut sample = Self::blank(9);
        sample.add(minute, Action::Register(Box::new(intake())));
        sample
    }

    pub(crate) fn ticket(&self) -> Ticket {
        Ticket::of(&self.document).expect("it is registered first")
    }

    pub(crate) fn add(&mut self, minute: i64, action: Action) -> ChangeId {
        self.add_arriving(minute, minute, action)
    }

    pub(crate) fn add_arriving(&mut self, minute: i64, arrived: i64, action: Action) -> ChangeId {
        let change = self.unrecorded(minute, action);
        self.insert(change, minute, arrived)
    }

    /// Adds a change of another device that has seen the registration and nothing else.
    pub(crate) fn add_apart(&mut self, minute: i64, device: u128, action: Action) -> ChangeId {
        let mut change = self.unrecorded(minute, action);
        change.id = ChangeId { device: DeviceId::from_uuid(Uuid::from_u128(device)), seq: 1 };
        change.seen = self.document.log().iter().take(1).map(|recorded| recorded.change.id).collect();
        self.insert(change, minute, minute)
    }

    /// A change that has not been put into the record.
    pub(crate) fn unrecorded(&mut self, minute: i64, action: Action) -> Change {
        let seq = self.next_seq;
        self.next_seq += 1;
        Change {
            id: ChangeId { device: DeviceId::from_uuid(Uuid::from_u128(1)), seq },
            ticket: self.document.ticket,
            actor: person(1),
            claim: Claim { clock: self::minute(minute), offset_ms: None, heard: None },
            seen: self.document.log().iter().map(|recorded| recorded.change.id).collect::<Seen>(),
            action,
        }
    }

    fn insert(&mut self, change: Change, minute: i64, arrived: i64) -> ChangeId {
        let id = change.id;
        self.document.insert(Recorded {
            change,
            happened: self::minute(minute),
            arrived: Some(self::minute(arrived)),
            admitted: None,
            brought_back: false,
        });
        id
    }
}

/// A registered ticket's card.
pub(crate) fn card(id: u128) -> domain::ticket::Card {
    let mut sample = Sample::blank(id);
    sample.add(0, Action::Register(Box::new(intake())));
    domain::ticket::Card::of(&sample.ticket(), &domain::sla::PolicyBook::shipped())
}
