//! What is different between two policies, as a list that can be read.

use std::collections::{BTreeMap, BTreeSet};

use domain::DepartmentId;
use domain::sla::{
    Calendar, ClockName, Contract, Date, HolidaySet, Interval, Name, Policy, QuietHours, Rule, Rules,
    SpecialDay, Step, Target, Targets, Weekday,
};
use domain::ticket::{Difficulty, Urgency, Waiting};

use super::edit::cells;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is about.
    pub about: About,
    /// As it was.
    pub before: Value,
    /// As it is.
    pub after: Value,
}

/// Which tickets a target is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// All of them.
    All,
    /// Those of an urgency.
    Urgency(Urgency),
    /// Those of a difficulty.
    Difficulty(Difficulty),
}

/// What a difference is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say what their fields are")]
pub enum About {
    /// A clock's target, in general or under a contract.
    Target { contract: Option<String>, clock: ClockName, tickets: For },
    /// What a clock stands still for.
    Pauses { contract: Option<String>, clock: ClockName },
    /// From which mark on a supervisor must contact the customer.
    Recovery,
    /// A calendar as a whole.
    Calendar { calendar: Name },
    /// What a calendar is called.
    CalendarName { calendar: Name },
    /// A calendar's time zone.
    Zone { calendar: Name },
    /// Its hours on a day of the week.
    Weekday { calendar: Name, day: Weekday },
    /// Its hours on make-up workdays.
    MakeUpHours { calendar: Name },
    /// The holiday lists it follows.
    Follows { calendar: Name },
    /// A special day of its own.
    Day { calendar: Name, date: Date },
    /// The calendar of departments without one of their own.
    DefaultCalendar,
    /// The calendar of a department.
    Department { department: DepartmentId },
    /// A list of holidays.
    Holidays { name: Name },
    /// Until when a list of holidays is complete.
    HolidaysUntil { name: Name },
    /// A contract as a whole.
    Contract { name: String },
    /// What a contract is called.
    ContractName { name: String },
    /// With whom a contract was made.
    Customers { contract: String },
    /// The calendar of a contract.
    ContractCalendar { contract: String },
    /// A reminder, by its place in the later policy, or in the earlier one if it is gone.
    Step { place: usize },
    /// The quiet hours.
    Quiet,
}

/// How something is or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Not there.
    Nothing,
    /// There.
    There,
    /// As for everybody.
    AsForEverybody,
    /// A target; nothing, if the clock has none.
    Target(Option<Target>),
    /// Set in the ticket.
    Set,
    /// So many minutes before the visit.
    BeforeVisit(u32),
    /// Targets by urgency or difficulty.
    Targets(Targets),
    /// What it may wait for.
    Waits(BTreeSet<Waiting>),
    /// Hours of a day.
    Hours(Vec<Interval>),
    /// A name.
    Name(Name),
    /// Names.
    Names(Vec<Name>),
    /// Words as they are.
    Words(String),
    /// A mark.
    Mark(u8),
    /// A date.
    Date(Date),
    /// A special day.
    Day(SpecialDay),
    /// So many days of a list, and how many of them are new, different or gone.
    Days(DaysChanged),
    /// A reminder.
    Step(Step),
    /// Quiet hours.
    Quiet(QuietHours),
}

/// How a list of days differs from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DaysChanged {
    /// Days that only the later one has.
    pub added: usize,
    /// Days that are something else in the later one.
    pub changed: usize,
    /// Days that only the earlier one has.
    pub removed: usize,
}

/// What is different in `after`, in the order of the editor's sections.
pub fn differences(before: &Policy, after: &Policy) -> Vec<Difference> {
    let mut list = List { before, after, found: Vec::new() };
    list.rules(None, &before.rules, &after.rules);
    list.note(About::Recovery, Value::Mark(before.recovery_up_to), Value::Mark(after.recovery_up_to));
    list.calendars();
    list.holidays();
    list.departments();
    list.contracts();
    list.reminders();
    list.found
}

struct List<'p> {
    before: &'p Policy,
    after: &'p Policy,
    found: Vec<Difference>,
}

impl List<'_> {
    fn note(&mut self, about: About, before: Value, after: Value) {
        if before != after {
            self.found.push(Difference { about, before, after });
        }
    }

    fn rules(&mut self, contract: Option<&str>, before: &Rules, after: &Rules) {
        let contract = contract.map(str::to_owned);
        for clock in ClockName::ALL {
            let about = |tickets| About::Target { contract: contract.clone(), clock, tickets };
            let (before, after) = (before.get(&clock), after.get(&clock));
            match (before, after) {
                (Some(before), Some(after)) => self.targets(about, &before.targets, &after.targets),
                _ => {
                    let missing = contract.is_some();
                    self.note(about(For::All), whole(before, missing), whole(after, missing));
                }
            }
            let pauses =
                |rule: Option<&Rule>| Value::Waits(rule.map(|rule| rule.pauses.clone()).unwrap_or_default());
            let about = About::Pauses { contract: contract.clone(), clock };
            self.note(about, pauses(before), pauses(after));
        }
    }

    fn targets(&mut self, about: impl Fn(For) -> About, before: &Targets, after: &Targets) {
        use Targets::{All, Difficulty as ByDifficulty, Urgency as ByUrgency};
        let tickets = match (before, after) {
            (All { .. }, All { .. }) => return self.note(about(For::All), value(before), value(after)),
            (ByUrgency { .. }, ByUrgency { .. } | All { .. }) | (All { .. }, ByUrgency { .. }) => {
                Urgency::ALL.map(For::Urgency)
            }
            (ByDifficulty { .. }, ByDifficulty { .. } | All { .. }) | (All { .. }, ByDifficulty { .. }) => {
                Difficulty::ALL.map(For::Difficulty)
            }
            _ => return self.note(about(For::All), value(before), value(after)),
        };
        let pairs = cells(before).into_iter().zip(cells(after));
        for (tickets, (before, after)) in tickets.into_iter().zip(pairs) {
            self.note(about(tickets), Value::Target(before), Value::Target(after));
        }
    }

    fn calendars(&mut self) {
        let (before, after) = (&self.before.calendars, &self.after.calendars);
        for (before, after) in paired(before, after, |calendar| &calendar.id) {
            let there = |calendar: Option<&Calendar>| calendar.map_or(Value::Nothing, |_| Value::There);
            let Some((old, new)) = before.zip(after) else {
                let name = before.or(after).map(|calendar| calendar.name.clone()).unwrap_or_default();
                self.note(About::Calendar { calendar: name }, there(before), there(after));
                continue;
            };
            let calendar = || new.name.clone();
            let name = |calendar: &Calendar| Value::Name(calendar.name.clone());
            self.note(About::CalendarName { calendar: old.name.clone() }, name(old), name(new));
            let zone = |calendar: &Calendar| Value::Words(calendar.zone.name.clone());
            self.note(About::Zone { calendar: calendar() }, zone(old), zone(new));
            for day in Weekday::ALL {
                let hours =
                    |calendar: &Calendar| Value::Hours(calendar.week.get(&day).cloned().unwrap_or_default());
                self.note(About::Weekday { calendar: calendar(), day }, hours(old), hours(new));
            }
            let make_up = |calendar: &Calendar| Value::Hours(calendar.make_up_hours.clone());
            self.note(About::MakeUpHours { calendar: calendar() }, make_up(old), make_up(new));
            let (before, after) = (follows(self.before, old), follows(self.after, new));
            self.note(About::Follows { calendar: calendar() }, before, after);
            for date in old.days.keys().chain(new.days.keys()).collect::<BTreeSet<_>>() {
                let day =
                    |calendar: &Calendar| calendar.days.get(date).cloned().map_or(Value::Nothing, Value::Day);
                self.note(About::Day { calendar: calendar(), date: *date }, day(old), day(new));
            }
        }
    }

    fn holidays(&mut self) {
        for (before, after) in paired(&self.before.holidays, &self.after.holidays, |set| &set.id) {
            let there = |set: Option<&HolidaySet>| set.map_or(Value::Nothing, |_| Value::There);
            let name = || before.or(after).map(|set| set.name.clone()).unwrap_or_default();
            let Some((old, new)) = before.zip(after) else {
                self.note(About::Holidays { name: name() }, there(before), there(after));
                continue;
            };
            let (until, was_until) = (Value::Date(new.until), Value::Date(old.until));
            self.note(About::HolidaysUntil { name: name() }, was_until, until);
            let days = days_changed(&old.days, &new.days);
            if days != DaysChanged::default() {
                self.note(About::Holidays { name: name() }, Value::Nothing, Value::Days(days));
            }
        }
    }

    fn departments(&mut self) {
        let (before, after) = (self.before, self.after);
        let default = |policy: &Policy| Value::Name(calendar_name(policy, &policy.default_calendar));
        self.note(About::DefaultCalendar, default(before), default(after));
        let departments = before.department_calendars.keys().chain(after.department_calendars.keys());
        for department in departments.collect::<BTreeSet<_>>() {
            let own = |policy: &Policy| {
                let calendar = policy.department_calendars.get(department);
                calendar
                    .map_or(Value::AsForEverybody, |calendar| Value::Name(calendar_name(policy, calendar)))
            };
            self.note(About::Department { department: *department }, own(before), own(after));
        }
    }

    fn contracts(&mut self) {
        let (before, after) = (&self.before.contracts, &self.after.contracts);
        for (before, after) in paired(before, after, |contract| &contract.id) {
            let there = |contract: Option<&Contract>| contract.map_or(Value::Nothing, |_| Value::There);
            let Some((old, new)) = before.zip(after) else {
                let name = before.or(after).map(|contract| contract.name.clone()).unwrap_or_default();
                self.note(About::Contract { name }, there(before), there(after));
                continue;
            };
            let contract = || new.name.clone();
            let name = |contract: &Contract| Value::Words(contract.name.clone());
            self.note(About::ContractName { name: old.name.clone() }, name(old), name(new));
            let customers = |contract: &Contract| Value::Words(contract.customers.join(", "));
            self.note(About::Customers { contract: contract() }, customers(old), customers(new));
            let calendar = |policy: &Policy, contract: &Contract| match &contract.calendar {
                Some(calendar) => Value::Name(calendar_name(policy, calendar)),
                None => Value::AsForEverybody,
            };
            let (was, is) = (calendar(self.before, old), calendar(self.after, new));
            self.note(About::ContractCalendar { contract: contract() }, was, is);
            self.rules(Some(&new.name), &old.rules, &new.rules);
        }
    }

    fn reminders(&mut self) {
        let (before, after) = (&self.before.steps, &self.after.steps);
        for (old, new) in paired(before, after, |step| &step.id) {
            let place = |steps: &[Step], step: &Step| steps.iter().position(|other| other.id == step.id);
            let place =
                new.and_then(|step| place(after, step)).or_else(|| old.and_then(|step| place(before, step)));
            let step = |step: Option<&Step>| step.cloned().map_or(Value::Nothing, Value::Step);
            self.note(About::Step { place: place.unwrap_or_default() }, step(old), step(new));
        }
        let quiet = |policy: &Policy| policy.quiet.map_or(Value::Nothing, Value::Quiet);
        self.note(About::Quiet, quiet(self.before), quiet(self.after));
    }
}

/// A rule's targets as one value.
fn whole(rule: Option<&Rule>, under_contract: bool) -> Value {
    match rule {
        Some(rule) => value(&rule.targets),
        None if under_contract => Value::AsForEverybody,
        None => Value::Target(None),
    }
}

const fn value(targets: &Targets) -> Value {
    match *targets {
        Targets::All { target } => Value::Target(target),
        Targets::BeforeVisit { minutes } => Value::BeforeVisit(minutes),
        Targets::Set => Value::Set,
        targets => Value::Targets(targets),
    }
}

/// What of both lists belongs together by id: those of the later list in its order, then those that are gone.
fn paired<'l, T>(
    before: &'l [T],
    after: &'l [T],
    id: impl Fn(&T) -> &String,
) -> Vec<(Option<&'l T>, Option<&'l T>)> {
    let in_list = |list: &'l [T], wanted: &T| list.iter().find(|item| id(item) == id(wanted));
    let kept = after.iter().map(|new| (in_list(before, new), Some(new)));
    let gone = before.iter().filter(|old| in_list(after, old).is_none()).map(|old| (Some(old), None));
    kept.chain(gone).collect()
}

fn calendar_name(policy: &Policy, id: &str) -> Name {
    let calendar = policy.calendars.iter().find(|calendar| calendar.id == id);
    calendar.map_or_else(
        || Name(BTreeMap::from([(String::new(), id.to_owned())])),
        |calendar| calendar.name.clone(),
    )
}

fn follows(policy: &Policy, calendar: &Calendar) -> Value {
    let name = |id: &String| {
        let set = policy.holidays.iter().find(|set| set.id == *id);
        set.map_or_else(|| Name(BTreeMap::from([(String::new(), id.clone())])), |set| set.name.clone())
    };
    Value::Names(calendar.holidays.iter().map(name).collect())
}

/// How the days of a list differ.
pub fn days_changed(before: &BTreeMap<Date, SpecialDay>, after: &BTreeMap<Date, SpecialDay>) -> DaysChanged {
    DaysChanged {
        added: after.keys().filter(|date| !before.contains_key(date)).count(),
        removed: before.keys().filter(|date| !after.contains_key(date)).count(),
        changed: after
            .iter()
            .filter(|(date, day)| before.get(date).is_some_and(|before| before != *day))
            .count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::edit::{fresh_calendar, fresh_contract, fresh_step, with_lunch};

    fn changed(change: impl FnOnce(&mut Policy)) -> Vec<Difference> {
        let before = Policy::shipped();
        let mut after = before.clone();
        change(&mut after);
        differences(&before, &after)
    }

    fn one(change: impl FnOnce(&mut Policy)) -> Difference {
        let mut found = changed(change);
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    #[test]
    fn version_note_and_author_are_no_difference() {
        assert_eq!(changed(|policy| (policy.version, policy.note) = (7, "x".into())), []);
    }

    #[test]
    fn one_changed_cell_is_one_difference() {
        let found = one(|policy| {
            let rule = policy.rules.get_mut(&ClockName::Resolution).unwrap();
            super::super::edit::set_cell(&mut rule.targets, 0, Some(Target::hours(12)));
        });
        let about = About::Target {
            contract: None,
            clock: ClockName::Resolution,
            tickets: For::Urgency(Urgency::Urgent),
        };
        assert_eq!(found.about, about);
        assert_eq!(found.before, Value::Target(Some(Target::hours(24))));
        assert_eq!(found.after, Value::Target(Some(Target::hours(12))));
    }

    #[test]
    fn what_was_by_urgency_and_is_by_difficulty_is_told_as_a_whole() {
        let found = one(|policy| {
            let rule = policy.rules.get_mut(&ClockName::FirstResponse).unwrap();
            rule.targets = Targets::Difficulty { simple: None, complex: None, hard: None };
        });
        assert!(matches!(found.before, Value::Targets(Targets::Urgency { .. })));
    }

    #[test]
    fn a_calendar_is_told_day_by_day() {
        let found = changed(|policy| {
            let calendar = &mut policy.calendars[0];
            calendar
                .week
                .insert(Weekday::Sat, with_lunch(&[crate::policy::edit::next_interval(&[])]).unwrap());
            calendar
                .days
                .insert("2026-05-06".parse().unwrap(), SpecialDay::Holiday { name: Name::default() });
            calendar.zone.name = "Asia/Taipei".into();
        });
        let calendar = Policy::shipped().calendars[0].name.clone();
        let abouts: Vec<_> = found.into_iter().map(|difference| difference.about).collect();
        assert_eq!(
            abouts,
            [
                About::Zone { calendar: calendar.clone() },
                About::Weekday { calendar: calendar.clone(), day: Weekday::Sat },
                About::Day { calendar, date: "2026-05-06".parse().unwrap() },
            ]
        );
    }

    #[test]
    fn what_is_new_or_gone_is_told_once() {
        let found = changed(|policy| {
            policy.calendars.push(fresh_calendar(policy, Name::default()));
            policy.contracts.push(fresh_contract(policy, "Gold".into()));
            policy.steps.push(fresh_step(policy));
            policy.steps.remove(0);
            policy.quiet = None;
        });
        let told: Vec<_> = found.iter().map(|difference| (&difference.before, &difference.after)).collect();
        assert!(matches!(
            &told[..],
            [
                (Value::Nothing, Value::There),
                (Value::Nothing, Value::There),
                (Value::Nothing, Value::Step(_)),
                (Value::Step(_), Value::Nothing),
                (Value::Quiet(_), Value::Nothing),
            ]
        ));
    }

    #[test]
    fn a_contracts_rule_that_is_gone_holds_as_for_everybody_again() {
        let mut before = Policy::shipped();
        let mut contract = fresh_contract(&before, "Gold".into());
        contract.rules.insert(ClockName::Callback, before.rules[&ClockName::Callback].clone());
        before.contracts.push(contract);
        let mut after = before.clone();
        after.contracts[0].rules.clear();
        let found = differences(&before, &after);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (&found[0].before, &found[0].after),
            (&Value::Target(Some(Target::hours(24))), &Value::AsForEverybody)
        );
    }

    #[test]
    fn days_of_a_list_are_counted() {
        let found = one(|policy| {
            let days = &mut policy.holidays[0].days;
            days.pop_first();
            days.insert("2027-01-01".parse().unwrap(), SpecialDay::Holiday { name: Name::default() });
            days.insert("2026-10-01".parse().unwrap(), SpecialDay::MakeUp { name: Name::default() });
        });
        assert_eq!(found.after, Value::Days(DaysChanged { added: 1, changed: 1, removed: 1 }));
    }
}
