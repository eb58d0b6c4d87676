//! What lists, searches and scopes need to know of a ticket: small, and derived from it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Answered, Flag, Intake, Kind, Stage, Ticket, TicketNumber, Urgency, Waiting};
use crate::people::Directory;
use crate::sla::{self, Clock, ClockName, Deadline, PolicyBook};
use crate::{DepartmentId, PersonId, TicketId, Timestamp};

/// What decides who may see a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ScopeKeys {
    /// The department or team that holds it.
    pub department: DepartmentId,
    /// The accountable person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accountable: Option<PersonId>,
    /// The department whose person registered it.
    pub registered_in: DepartmentId,
}

/// One clock, as far as a list needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardClock {
    /// Which clock.
    pub name: ClockName,
    /// When it started.
    pub started: Timestamp,
    /// By when, or what is left while it stands still.
    pub left: CardLeft,
}

/// What is left of a clock's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CardLeft {
    /// It runs, and is due then.
    Due(Timestamp),
    /// It stands still, with so many milliseconds left of so many.
    Paused {
        /// Milliseconds left.
        left_ms: i64,
        /// Milliseconds it had.
        of_ms: i64,
    },
}

impl CardClock {
    /// A clock that runs with a due time, or stands still with time left; nothing for any other.
    pub fn of(clock: &Clock) -> Option<Self> {
        let left = match (clock.due, clock.paused.and_then(|paused| paused.left_ms), clock.deadline) {
            _ if !clock.is_running() => return None,
            (Some(due), _, _) => CardLeft::Due(due),
            (None, Some(left_ms), Deadline::Target { millis, .. }) => {
                CardLeft::Paused { left_ms, of_ms: millis }
            }
            _ => return None,
        };
        Some(Self { name: clock.name(), started: clock.started, left })
    }

    /// By when, while it runs.
    pub const fn due(&self) -> Option<Timestamp> {
        match self.left {
            CardLeft::Due(due) => Some(due),
            CardLeft::Paused { .. } => None,
        }
    }
}

/// One ticket in a list. A cache of [`Ticket::fold`]: can be thrown away and made again at any time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the ticket's of the same name")]
pub struct Card {
    pub ticket: TicketId,
    pub number: Option<TicketNumber>,
    pub stage: Stage,
    pub waiting: Option<Waiting>,
    pub kind: Kind,
    pub urgency: Urgency,
    pub flags: BTreeSet<Flag>,
    pub scope: ScopeKeys,
    pub customer: String,
    pub company: String,
    pub phone: String,
    pub region: String,
    pub address: String,
    pub model: String,
    pub serial: String,
    pub summary: String,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub cycle: u32,
    /// How the customer has answered the present work, if they have.
    #[serde(default)]
    pub answered: Option<Answered>,
    pub conflicts: usize,
    /// The clocks that are running, next due first; those that stand still after them.
    pub clocks: Vec<CardClock>,
}

/// Longest beginning of the customer's words that stands for a missing summary, in characters.
const EXCERPT_CHARS: usize = 80;

impl Card {
    /// Makes the card of a ticket.
    pub fn of(ticket: &Ticket, book: &PolicyBook) -> Self {
        let clocks = sla::clocks(&ticket.timeline, book);
        let mut clocks: Vec<_> = clocks.iter().filter_map(CardClock::of).collect();
        clocks.sort_by_key(|clock| (clock.due().is_none(), clock.due(), clock.name));
        let summary = match ticket.intake.summary.trim() {
            "" => excerpt(&ticket.intake.words),
            summary => summary.to_owned(),
        };
        let contact = &ticket.contact.value;
        Self {
            ticket: ticket.id,
            number: ticket.number.clone(),
            stage: ticket.stage,
            waiting: ticket.waiting,
            kind: ticket.kind(),
            urgency: ticket.urgency.value,
            flags: ticket.flags().clone(),
            scope: ticket.scope_keys(),
            customer: contact.name.clone(),
            company: contact.company.clone(),
            phone: contact.phone.clone(),
            region: ticket.intake.site.region.clone(),
            address: ticket.intake.site.address.clone(),
            model: ticket.intake.product.model.clone(),
            serial: ticket.intake.product.serial.clone(),
            summary,
            created: ticket.created,
            updated: ticket.updated,
            cycle: ticket.cycle,
            answered: ticket.answered(),
            conflicts: ticket.conflicts().len(),
            clocks,
        }
    }

    /// Whether a flag opens the green channel.
    pub fn green_channel(&self) -> bool {
        self.flags.iter().any(|flag| flag.opens_green_channel())
    }

    /// The next instant at which something is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.clocks.first().and_then(CardClock::due)
    }

    /// The order of an engineer's jobs: open ones first, green channel on top, then urgency, then what is due next.
    pub fn job_order(&self) -> impl Ord + use<> {
        let due = self.next_due().map_or(i64::MAX, Timestamp::as_millis);
        (!self.stage.is_open(), !self.green_channel(), self.urgency, due, self.created, self.ticket)
    }

    /// The order of a supervisor's list: open ones first, what is due (or overdue) longest on top.
    pub fn deadline_order(&self) -> impl Ord + use<> {
        let due = self.next_due().map_or(i64::MAX, Timestamp::as_millis);
        (!self.stage.is_open(), due, self.urgency, self.created, self.ticket)
    }

    /// Whether every word of `query` occurs in what the card shows: number, customer, company, phone, product, summary.
    pub fn matches(&self, query: &str) -> bool {
        let fields = [
            self.number.as_ref().map_or("", TicketNumber::as_str),
            &self.customer,
            &self.company,
            &self.phone,
            &self.model,
            &self.serial,
            &self.summary,
            &self.address,
        ];
        query.split_whitespace().all(|word| {
            let word = word.to_lowercase();
            fields.iter().any(|field| field.to_lowercase().contains(&word))
        })
    }

    /// The name of the accountable person, if there is one and the directory knows them.
    pub fn accountable_name<'d>(&self, directory: &'d Directory) -> Option<&'d str> {
        Some(directory.person(self.scope.accountable?)?.name.as_str())
    }
}

impl Intake {
    /// What decides who may see the ticket once it is registered, as long as nobody is accountable.
    pub const fn scope_keys(&self) -> ScopeKeys {
        ScopeKeys { department: self.registered_in, accountable: None, registered_in: self.registered_in }
    }
}

impl Ticket {
    /// What decides who may see the ticket.
    pub fn scope_keys(&self) -> ScopeKeys {
        ScopeKeys {
            department: self.accountable.value.department,
            accountable: self.accountable.value.person,
            registered_in: self.intake.registered_in,
        }
    }
}

fn excerpt(words: &str) -> String {
    let line = words.trim().lines().next().unwrap_or_default();
    match line.char_indices().nth(EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}
