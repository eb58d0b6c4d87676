//! What was promised: targets for each clock, whose calendar counts, what pauses, who is told when time runs out.
//!
//! A policy is data that an administrator edits. It is published as a numbered version with the time from which it holds,
//! and is never changed afterwards. [`Policy::shipped`] is the version that a new company starts with.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::ClockName;
use super::calendar::{Calendar, CalendarProblem, HolidaySet, Workdays};
use super::ringing::{QuietHours, Step};
use crate::ticket::{Difficulty, Urgency, Waiting, hex};
use crate::{DepartmentId, PersonId, Timestamp};

/// How much time a clock has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "in", rename_all = "snake_case")]
pub enum Target {
    /// Every minute of every day counts.
    Calendar {
        /// How many minutes.
        minutes: u32,
    },
    /// Minutes of the calendar's open time.
    Open {
        /// How many minutes.
        minutes: u32,
    },
    /// The same wall time so many working days later, or the next opening if that day is closed then.
    Workdays {
        /// How many days.
        days: u32,
    },
}

impl Target {
    /// So many hours, every hour counting.
    pub const fn hours(hours: u32) -> Self {
        Self::Calendar { minutes: hours * 60 }
    }

    /// Whether it is counted in a calendar's open time.
    pub const fn counts_open_time(self) -> bool {
        !matches!(self, Self::Calendar { .. })
    }
}

/// The targets of one clock. Where there is none, the clock runs without a due time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Targets {
    /// The same for every ticket.
    All {
        /// The target.
        target: Option<Target>,
    },
    /// By the ticket's urgency.
    Urgency {
        /// Of urgent tickets.
        urgent: Option<Target>,
        /// Of normal ones.
        normal: Option<Target>,
        /// Of low ones.
        low: Option<Target>,
    },
    /// By the ticket's difficulty.
    Difficulty {
        /// Of simple tickets.
        simple: Option<Target>,
        /// Of complex ones.
        complex: Option<Target>,
        /// Of hard ones.
        hard: Option<Target>,
    },
    /// So many minutes before the arranged visit.
    BeforeVisit {
        /// How many minutes of calendar time.
        minutes: u32,
    },
    /// By the instant that was set in the ticket: by the plan, the inspector, the milestone.
    Set,
}

impl Targets {
    /// The target for a ticket, if these targets name one.
    pub const fn target(&self, urgency: Urgency, difficulty: Difficulty) -> Option<Target> {
        match (self, urgency, difficulty) {
            (Self::All { target }, _, _) => *target,
            (Self::Urgency { urgent, .. }, Urgency::Urgent, _) => *urgent,
            (Self::Urgency { normal, .. }, Urgency::Normal, _) => *normal,
            (Self::Urgency { low, .. }, Urgency::Low, _) => *low,
            (Self::Difficulty { simple, .. }, _, Difficulty::Simple) => *simple,
            (Self::Difficulty { complex, .. }, _, Difficulty::Complex) => *complex,
            (Self::Difficulty { hard, .. }, _, Difficulty::Hard) => *hard,
            (Self::BeforeVisit { .. } | Self::Set, _, _) => None,
        }
    }

    /// Every target named.
    pub fn named(&self) -> Vec<Target> {
        let targets = match *self {
            Self::All { target } => [target, None, None],
            Self::Urgency { urgent, normal, low } => [urgent, normal, low],
            Self::Difficulty { simple, complex, hard } => [simple, complex, hard],
            Self::BeforeVisit { .. } | Self::Set => [None; 3],
        };
        targets.into_iter().flatten().collect()
    }
}

/// How one clock is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// How much time there is.
    pub targets: Targets,
    /// What the work may wait for without the clock running on.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub pauses: BTreeSet<Waiting>,
}

/// The rules of the clocks. A clock without a rule runs without a due time.
pub type Rules = BTreeMap<ClockName, Rule>;

/// What was agreed with particular customers. Wins over what holds for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Short and permanent.
    pub id: String,
    /// What people call it. Empty where it is [veiled](Self::veiled).
    pub name: String,
    /// The companies it was made with, as their tickets name them. Case and space at the ends don't matter. Where it is
    /// [veiled](Self::veiled), marks by which a company that is known anyway is recognised.
    pub customers: Vec<String>,
    /// The calendar that counts for them; that of the department if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// Rules in place of the general ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: Rules,
}

impl Contract {
    /// Whether it was made with this company.
    pub fn covers(&self, company: &str) -> bool {
        Company::named(company).is_some_and(|company| self.is_with(&company))
    }

    fn is_with(&self, company: &Company) -> bool {
        self.customers.iter().any(|customer| company.is(customer))
    }

    /// The contract for somebody who may not know with whom it was made: it still counts for the tickets of its customers, which
    /// say themselves whose they are, and names nobody.
    #[must_use]
    pub fn veiled(&self) -> Self {
        let mark = |customer: &String| Company::named(customer).map(|company| company.mark().to_owned());
        Self {
            name: String::new(),
            customers: self.customers.iter().filter_map(mark).collect(),
            ..self.clone()
        }
    }
}

/// A company as contracts and tickets name it.
struct Company {
    name: String,
    /// Reckoned once, and only where a contract is veiled.
    mark: OnceCell<String>,
}

impl Company {
    /// Marks begin with this, so that no name is taken for one.
    const MARK: &str = "sha256:";

    /// Nothing, if that is no name.
    fn named(company: &str) -> Option<Self> {
        let name = company.trim().to_lowercase();
        (!name.is_empty()).then(|| Self { name, mark: OnceCell::new() })
    }

    fn mark(&self) -> &str {
        self.mark.get_or_init(|| {
            let digest = Sha256::new_with_prefix(b"a customer of a contract: ").chain_update(&self.name);
            format!("{}{}", Self::MARK, hex(&digest.finalize()))
        })
    }

    /// Whether a contract means this company by that.
    fn is(&self, customer: &str) -> bool {
        if customer.starts_with(Self::MARK) {
            return self.mark() == customer;
        }
        customer.trim().to_lowercase() == self.name
    }
}

/// One version of what was promised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// 1 for the first; one more for each that is published.
    pub version: u32,
    /// From when on it holds. Clocks that ended before keep the version that held then.
    pub effective: Timestamp,
    /// Who published it; nobody for the shipped one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_by: Option<PersonId>,
    /// What changed, in the words of whoever published it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Public holidays and make-up workdays that calendars may follow.
    pub holidays: Vec<HolidaySet>,
    /// When somebody works.
    pub calendars: Vec<Calendar>,
    /// The calendar of departments that have none of their own.
    pub default_calendar: String,
    /// The calendars of departments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub department_calendars: BTreeMap<DepartmentId, String>,
    /// The general rules.
    pub rules: Rules,
    /// What was agreed with particular customers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contracts: Vec<Contract>,
    /// The highest satisfaction (1 to 5) after which a supervisor must contact the customer.
    pub recovery_up_to: u8,
    /// Who is told when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// When nobody is told, unless it is urgent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietHours>,
}

/// Why a policy can't be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PolicyProblem {
    /// A calendar can't be used.
    #[error("calendar “{calendar}”: {problem}")]
    Calendar {
        /// The calendar's id.
        calendar: String,
        /// Why not.
        problem: CalendarProblem,
    },
    /// Two calendars, holiday sets, contracts or steps have the same id.
    #[error("“{id}” occurs twice")]
    Twice {
        /// The id.
        id: String,
    },
    /// A calendar is named that does not exist.
    #[error("there is no calendar “{id}”")]
    UnknownCalendar {
        /// The id.
        id: String,
    },
    /// A target of nothing, or of more than ten years.
    #[error("a target of {name:?} is zero or longer than ten years")]
    TargetOutOfRange {
        /// The clock.
        name: ClockName,
    },
    /// Targets of a kind that this clock can't have.
    #[error("targets of this kind don't fit {name:?}")]
    UnfitTargets {
        /// The clock.
        name: ClockName,
    },
    /// The satisfaction that calls for a supervisor is not between 0 and 5.
    #[error("the satisfaction that calls for a supervisor must be between 0 (never) and 5 (always)")]
    RecoveryOutOfRange,
    /// All hours of a calendar's week are quiet: nobody could be told anything in their working hours.
    #[error("the quiet hours leave calendar “{calendar}” no hour in which anybody may be told anything")]
    AlwaysQuiet {
        /// The calendar's id.
        calendar: String,
    },
    /// Two contracts were made with the same company.
    #[error("“{company}” has two contracts")]
    TwoContracts {
        /// The company.
        company: String,
    },
    /// A step tells nobody, or at no possible moment.
    #[error("step “{id}” tells nobody, or at no possible moment")]
    IdleStep {
        /// The step's id.
        id: String,
    },
}

/// Longest target accepted, in minutes.
const TEN_YEARS: u32 = 10 * 366 * 24 * 60;

impl Policy {
    /// The policy that a new company starts with: the product's default service levels in calendar time, weekdays from 9 to 18
    /// with a lunch break for what is counted in working days, mainland China's public holidays.
    pub fn shipped() -> Self {
        super::shipped::policy()
    }

    /// The same version for somebody who may not know with whom contracts were made.
    #[must_use]
    pub fn veiled(&self) -> Self {
        Self {
            note: String::new(),
            contracts: self.contracts.iter().map(Contract::veiled).collect(),
            ..self.clone()
        }
    }

    /// The contract that covers a company's tickets.
    pub fn contract(&self, company: &str) -> Option<&Contract> {
        let company = Company::named(company)?;
        self.contracts.iter().find(|contract| contract.is_with(&company))
    }

    /// How a clock is kept for tickets under a contract, or under none.
    pub fn rule<'p>(&'p self, contract: Option<&'p Contract>, name: ClockName) -> Option<&'p Rule> {
        contract.and_then(|contract| contract.rules.get(&name)).or_else(|| self.rules.get(&name))
    }

    /// The calendar that counts for a department's tickets under a contract, or under none.
    pub fn calendar_id<'p>(&'p self, contract: Option<&'p Contract>, department: DepartmentId) -> &'p str {
        contract
            .and_then(|contract| contract.calendar.as_deref())
            .or_else(|| self.department_calendars.get(&department).map(String::as_str))
            .unwrap_or(&self.default_calendar)
    }

    /// Everything that stands in the way of publishing it.
    pub fn problems(&self) -> Vec<PolicyProblem> {
        let mut problems = Vec::new();
        let sets = self.holidays.iter().map(|set| &set.id);
        let steps = self.steps.iter().map(|step| &step.id);
        let contracts = self.contracts.iter().map(|contract| &contract.id);
        let calendars = self.calendars.iter().map(|calendar| &calendar.id);
        for ids in [sets.collect::<Vec<_>>(), steps.collect(), contracts.collect(), calendars.collect()] {
            let mut seen = BTreeSet::new();
            let twice = ids.into_iter().filter(|id| !seen.insert(*id));
            problems.extend(twice.map(|id| PolicyProblem::Twice { id: id.clone() }));
        }
        for calendar in &self.calendars {
            if let Err(problem) = Workdays::new(calendar, &self.holidays) {
                problems.push(PolicyProblem::Calendar { calendar: calendar.id.clone(), problem });
            }
        }
        problems.extend(self.quiet.into_iter().flat_map(|quiet| self.always_quiet(quiet)));
        let of_contracts = self.contracts.iter().filter_map(|contract| contract.calendar.as_ref());
        let named = self.department_calendars.values().chain(of_contracts);
        for id in std::iter::once(&self.default_calendar).chain(named) {
            if self.calendars.iter().all(|calendar| calendar.id != *id) {
                problems.push(PolicyProblem::UnknownCalendar { id: id.clone() });
            }
        }
        let of_contracts = self.contracts.iter().flat_map(|contract| &contract.rules);
        for (name, rule) in self.rules.iter().chain(of_contracts) {
            problems.extend(rule_problem(*name, rule));
        }
        if self.recovery_up_to > 5 {
            problems.push(PolicyProblem::RecoveryOutOfRange);
        }
        let idle = self.steps.iter().filter(|step| !step.is_effective());
        problems.extend(idle.map(|step| PolicyProblem::IdleStep { id: step.id.clone() }));
        problems.extend(
            self.companies_with_two_contracts().map(|company| PolicyProblem::TwoContracts { company }),
        );
        problems
    }

    fn always_quiet(&self, quiet: QuietHours) -> impl Iterator<Item = PolicyProblem> {
        let is_quiet = move |calendar: &&Calendar| {
            let mut hours = calendar.week.values().flatten().peekable();
            hours.peek().is_some() && !hours.any(|hours| quiet.leave(hours))
        };
        let calendars = self.calendars.iter().filter(is_quiet);
        calendars.map(|calendar| PolicyProblem::AlwaysQuiet { calendar: calendar.id.clone() })
    }

    /// A company's tickets fall under the first contract that names it: another one would never count.
    fn companies_with_two_contracts(&self) -> impl Iterator<Item = String> {
        let contracts = &self.contracts;
        contracts.iter().enumerate().flat_map(|(place, contract)| {
            let earlier = &contracts[..place];
            let is_covered = |customer: &&String| earlier.iter().any(|earlier| earlier.covers(customer));
            contract.customers.iter().filter(is_covered).cloned()
        })
    }
}

fn rule_problem(name: ClockName, rule: &Rule) -> Option<PolicyProblem> {
    let fits = match rule.targets {
        Targets::BeforeVisit { .. } => name == ClockName::VisitNotice,
        Targets::Set => {
            matches!(name, ClockName::Rectification | ClockName::Milestone | ClockName::Resolution)
        }
        _ => !matches!(name, ClockName::VisitNotice | ClockName::Rectification | ClockName::Milestone),
    };
    if !fits {
        return Some(PolicyProblem::UnfitTargets { name });
    }
    let sensible = |target: &Target| match target {
        Target::Calendar { minutes } | Target::Open { minutes } => (1..=TEN_YEARS).contains(minutes),
        Target::Workdays { days } => (1..=3_660).contains(days),
    };
    let sensible = rule.targets.named().iter().all(sensible)
        && !matches!(rule.targets, Targets::BeforeVisit { minutes } if minutes > TEN_YEARS);
    (!sensible).then_some(PolicyProblem::TargetOutOfRange { name })
}

/// A policy with its calendars worked out.
#[derive(Debug, Clone)]
pub(super) struct Compiled {
    pub(super) policy: Policy,
    calendars: BTreeMap<String, Workdays>,
}

impl Compiled {
    /// Calendars that can't be used are left out; what would have counted in them counts every hour.
    pub(super) fn new(policy: Policy) -> Self {
        let calendars = policy.calendars.iter().filter_map(|calendar| {
            Some((calendar.id.clone(), Workdays::new(calendar, &policy.holidays).ok()?))
        });
        let calendars = calendars.collect();
        Self { policy, calendars }
    }

    pub(super) fn workdays(&self, id: &str) -> Option<&Workdays> {
        self.calendars.get(id)
    }
}
