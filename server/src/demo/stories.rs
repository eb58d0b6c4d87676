//! The stories, by how far they have come.

mod done;
mod field;
mod finished;
mod history;
mod people;
mod waiting;

use domain::DepartmentId;
use domain::ticket::{
    Channel, ComplaintNature, Customer, Difficulty, Flag, Intake, IntakeTimes, Kind, Product, Site, Urgency,
    Verification,
};

pub(super) use self::history::Past;
use super::company::Who;
use super::script::Step;

/// One ticket, from the customer's call on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Story<'s> {
    /// How many minutes ago it began.
    pub(super) ago: u32,
    /// Who registered it.
    pub(super) by: Who,
    /// What happened then.
    pub(super) steps: &'s [Step],
    client: &'static Client,
    machine: Machine,
    matter: Matter,
    summary: &'static str,
    words: &'static str,
}

/// A customer and where their machines stand.
#[derive(Debug)]
struct Client {
    name: &'static str,
    company: &'static str,
    phone: &'static str,
    email: &'static str,
    language: &'static str,
    region: &'static str,
    address: &'static str,
}

/// A machine in the customer's hands.
#[derive(Debug, Clone, Copy)]
struct Machine {
    model: &'static str,
    serial: &'static str,
    batch: &'static str,
    order: &'static str,
    bought: &'static str,
}

/// What a message is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matter {
    pub(super) kind: Kind,
    pub(super) difficulty: Difficulty,
    pub(super) flags: &'static [Flag],
    urgency: Urgency,
    nature: Option<ComplaintNature>,
    channel: Channel,
    /// Why order and serial could not be verified, if so.
    unverified: Option<&'static str>,
}

const FAULT: Matter = Matter {
    kind: Kind::Fault,
    difficulty: Difficulty::Simple,
    flags: &[],
    urgency: Urgency::Normal,
    nature: None,
    channel: Channel::Phone,
    unverified: None,
};
const COMPLEX_FAULT: Matter = Matter { difficulty: Difficulty::Complex, ..FAULT };
const PRODUCTION_STOP: Matter = Matter {
    difficulty: Difficulty::Complex,
    flags: &[Flag::ProductionStop],
    urgency: Urgency::Urgent,
    ..FAULT
};
const SAFETY_HAZARD: Matter = Matter { flags: &[Flag::SafetyHazard], urgency: Urgency::Urgent, ..FAULT };
const COMPLAINT: Matter =
    Matter { kind: Kind::Complaint, nature: Some(ComplaintNature::ProductQuality), ..FAULT };
const INQUIRY: Matter = Matter { kind: Kind::Inquiry, channel: Channel::OnlineChat, ..FAULT };
const SUGGESTION: Matter =
    Matter { kind: Kind::Suggestion, urgency: Urgency::Low, channel: Channel::WebForm, ..FAULT };

/// Minutes of so many hours.
const fn hours(hours: u32) -> u32 {
    hours * 60
}

/// Minutes of so many days.
const fn days(days: u32) -> u32 {
    days * 24 * 60
}

/// The stories that are told one by one: what is under way, and what ended lately.
pub(super) fn recent() -> Vec<Story<'static>> {
    [waiting::STORIES, field::STORIES, done::STORIES, finished::STORIES].concat()
}

impl Story<'_> {
    /// What was taken in.
    pub(super) fn intake(&self, registered_in: DepartmentId) -> Intake {
        let Self { client, machine, matter, .. } = self;
        Intake {
            kind: matter.kind,
            urgency: matter.urgency,
            difficulty: matter.difficulty,
            flags: matter.flags.iter().copied().collect(),
            nature: matter.nature,
            channel: matter.channel,
            customer: Customer {
                name: client.name.into(),
                company: client.company.into(),
                phone: client.phone.into(),
                email: client.email.into(),
                language: client.language.into(),
            },
            existing_customer: matter.unverified.is_none(),
            site: Site { region: client.region.into(), address: client.address.into() },
            product: Product {
                model: machine.model.into(),
                serial: machine.serial.into(),
                order_number: machine.order.into(),
                batch: machine.batch.into(),
                purchased_on: machine.bought.into(),
                purchase_channel: String::new(),
            },
            verification: match matter.unverified {
                None => Verification::Verified,
                Some(reason) => Verification::NotVerified { reason: reason.into() },
            },
            words: self.words.into(),
            summary: self.summary.into(),
            times: IntakeTimes::default(),
            registered_in,
        }
    }
}
