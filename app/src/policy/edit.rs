//! Small steps of editing a policy, as plain functions.

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::sla::{
    Calendar, ClockName, Contract, Interval, Means, Moment, Name, Policy, PolicyProblem, Recipient, Rule,
    Step, Target, Targets, TimeOfDay, Week, Weekday, Zone,
};

/// How the targets of a clock are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// One for all.
    All,
    /// By urgency.
    Urgency,
    /// By difficulty.
    Difficulty,
    /// Before the visit.
    BeforeVisit,
    /// Set in the ticket.
    Set,
}

impl Kind {
    /// How these targets are told apart.
    pub const fn of(targets: &Targets) -> Self {
        match targets {
            Targets::All { .. } => Self::All,
            Targets::Urgency { .. } => Self::Urgency,
            Targets::Difficulty { .. } => Self::Difficulty,
            Targets::BeforeVisit { .. } => Self::BeforeVisit,
            Targets::Set => Self::Set,
        }
    }

    /// The kinds that a clock can have.
    pub const fn fitting(name: ClockName) -> &'static [Self] {
        match name {
            ClockName::VisitNotice => &[Self::BeforeVisit],
            ClockName::Rectification | ClockName::Milestone => &[Self::Set],
            ClockName::Resolution => &[Self::All, Self::Urgency, Self::Difficulty, Self::Set],
            _ => &[Self::All, Self::Urgency, Self::Difficulty],
        }
    }

    /// The same targets told apart in this way, as far as that can be.
    pub fn convert(self, targets: &Targets) -> Targets {
        let [first, second, third] = cells(targets);
        // What was one for all is the same for each; what was different for each begins with the middle one for all.
        match self {
            Self::All => Targets::All { target: second },
            Self::Urgency => Targets::Urgency { urgent: first, normal: second, low: third },
            Self::Difficulty => Targets::Difficulty { simple: first, complex: second, hard: third },
            Self::BeforeVisit => match targets {
                Targets::BeforeVisit { .. } => *targets,
                _ => Targets::BeforeVisit { minutes: 120 },
            },
            Self::Set => Targets::Set,
        }
    }
}

/// The three targets of a row of the table.
pub const fn cells(targets: &Targets) -> [Option<Target>; 3] {
    match *targets {
        Targets::All { target } => [target; 3],
        Targets::Urgency { urgent, normal, low } => [urgent, normal, low],
        Targets::Difficulty { simple, complex, hard } => [simple, complex, hard],
        Targets::BeforeVisit { .. } | Targets::Set => [None; 3],
    }
}

/// Puts a target into one of the three cells.
pub const fn set_cell(targets: &mut Targets, cell: usize, wanted: Option<Target>) {
    match (targets, cell) {
        (Targets::All { target }, _) => *target = wanted,
        (Targets::Urgency { urgent: target, .. } | Targets::Difficulty { simple: target, .. }, 0)
        | (Targets::Urgency { normal: target, .. } | Targets::Difficulty { complex: target, .. }, 1)
        | (Targets::Urgency { low: target, .. } | Targets::Difficulty { hard: target, .. }, _) => {
            *target = wanted;
        }
        (Targets::BeforeVisit { .. } | Targets::Set, _) => {}
    }
}

/// A rule for a clock that has none.
pub fn fresh_rule(name: ClockName) -> Rule {
    let targets = match name {
        ClockName::VisitNotice => Targets::BeforeVisit { minutes: 120 },
        ClockName::Rectification | ClockName::Milestone => Targets::Set,
        _ => Targets::All { target: None },
    };
    Rule { targets, pauses: Default::default() }
}

/// Whether a target is neither nothing nor longer than anybody promises.
pub fn fits(target: Target) -> bool {
    let targets = Targets::All { target: Some(target) };
    rule_problems(ClockName::Callback, Rule { targets, pauses: Default::default() }).is_empty()
}

/// What is wrong with a single rule.
pub fn rule_problems(name: ClockName, rule: Rule) -> Vec<PolicyProblem> {
    let policy = Policy {
        version: 0,
        effective: Timestamp::from_millis(0),
        published_by: None,
        note: String::new(),
        holidays: Vec::new(),
        calendars: Vec::new(),
        default_calendar: String::new(),
        department_calendars: BTreeMap::new(),
        rules: BTreeMap::from([(name, rule)]),
        contracts: Vec::new(),
        recovery_up_to: 0,
        steps: Vec::new(),
        quiet: None,
    };
    let mut problems = policy.problems();
    problems.retain(|problem| !matches!(problem, PolicyProblem::UnknownCalendar { .. }));
    problems
}

/// An id that none of `taken` is: the stem, or the stem and a number.
pub fn fresh_id<'i>(stem: &str, taken: impl Iterator<Item = &'i str> + Clone) -> String {
    let is_taken = |id: &str| taken.clone().any(|taken| taken == id);
    std::iter::once(stem.to_owned())
        .chain((2_u32..).map(|number| format!("{stem}-{number}")))
        .find(|id| !is_taken(id))
        .unwrap_or_default()
}

/// The hours that are added to a day: after those it has, or an ordinary working day.
pub fn next_interval(hours: &[Interval]) -> Interval {
    let time = |minutes| TimeOfDay::from_minutes(minutes).unwrap_or(TimeOfDay::END);
    match hours.iter().map(|interval| interval.until.minutes()).max() {
        None => Interval { from: time(9 * 60), until: time(18 * 60) },
        Some(last) => {
            let from = (last + 60).min(23 * 60);
            Interval { from: time(from), until: time((from + 4 * 60).min(24 * 60)) }
        }
    }
}

/// Cuts an hour at noon out of hours that have no break there. Nothing if there is nothing to cut.
pub fn with_lunch(hours: &[Interval]) -> Option<Vec<Interval>> {
    let (noon, one) = (TimeOfDay::from_minutes(12 * 60)?, TimeOfDay::from_minutes(13 * 60)?);
    let long = hours.iter().position(|interval| interval.from < noon && interval.until > one)?;
    let mut cut = hours.to_vec();
    let Interval { from, until } = cut[long];
    cut.splice(long..=long, [Interval { from, until: noon }, Interval { from: one, until }]);
    Some(cut)
}

/// The breaks between the hours of a day, as far as those are in order.
pub fn breaks(hours: &[Interval]) -> Vec<Interval> {
    let mut hours = hours.to_vec();
    hours.sort_unstable();
    let gaps = hours.windows(2).map(|pair| Interval { from: pair[0].until, until: pair[1].from });
    gaps.filter(|gap| gap.from < gap.until).collect()
}

/// Minutes of work in a day; nothing where hours are reversed.
pub fn open_minutes(hours: &[Interval]) -> u32 {
    hours
        .iter()
        .map(|interval| u32::from(interval.until.minutes().saturating_sub(interval.from.minutes())))
        .sum()
}

/// Gives other days the hours of one. A day without hours is left out of a week.
pub fn copy_day(week: &mut Week, from: Weekday, to: &[Weekday]) {
    let hours = week.get(&from).cloned().unwrap_or_default();
    for day in to.iter().filter(|day| **day != from) {
        set_day(week, *day, hours.clone());
    }
}

/// Gives a day its hours.
pub fn set_day(week: &mut Week, day: Weekday, hours: Vec<Interval>) {
    if hours.is_empty() {
        week.remove(&day);
    } else {
        week.insert(day, hours);
    }
}

/// A name in the given languages.
pub fn name(words: [(&str, &str); 3]) -> Name {
    Name(words.map(|(tag, word)| (tag.to_owned(), word.to_owned())).into())
}

/// Writes a name in one language; an empty one is left out.
pub fn rename(name: &mut Name, tag: &str, text: &str) {
    if text.trim().is_empty() {
        name.0.remove(tag);
    } else {
        name.0.insert(tag.to_owned(), text.to_owned());
    }
}

/// A new calendar: the ordinary week, zone and holidays of the one that most departments have.
pub fn fresh_calendar(policy: &Policy, name: Name) -> Calendar {
    let id = fresh_id("calendar", policy.calendars.iter().map(|calendar| calendar.id.as_str()));
    let model = policy.calendars.iter().find(|calendar| calendar.id == policy.default_calendar);
    match model {
        Some(model) => Calendar { id, name, days: BTreeMap::new(), ..model.clone() },
        None => Calendar {
            id,
            name,
            zone: Zone::utc(),
            week: Week::new(),
            make_up_hours: Vec::new(),
            holidays: Vec::new(),
            days: BTreeMap::new(),
        },
    }
}

/// A contract with nobody.
pub fn fresh_contract(policy: &Policy, name: String) -> Contract {
    let id = fresh_id("contract", policy.contracts.iter().map(|contract| contract.id.as_str()));
    Contract { id, name, customers: Vec::new(), calendar: None, rules: BTreeMap::new() }
}

/// A step that tells the accountable person in the product when half of the time is used.
pub fn fresh_step(policy: &Policy) -> Step {
    Step {
        id: fresh_id("step", policy.steps.iter().map(|step| step.id.as_str())),
        moment: Moment::Used { percent: 50 },
        clocks: Default::default(),
        urgencies: Default::default(),
        to: [Recipient::Accountable].into(),
        by: [Means::InApp].into(),
    }
}

/// Removes a calendar; what named it counts in the default one from then on. The default one stays.
pub fn remove_calendar(policy: &mut Policy, id: &str) {
    if policy.default_calendar == id {
        return;
    }
    policy.calendars.retain(|calendar| calendar.id != id);
    policy.department_calendars.retain(|_, calendar| calendar != id);
    for contract in &mut policy.contracts {
        contract.calendar.take_if(|calendar| calendar == id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(text: &str) -> Vec<Interval> {
        let time = |text: &str| text.parse().unwrap();
        let interval = |pair: &str| {
            let (from, until) = pair.split_once('-').unwrap();
            Interval { from: time(from), until: time(until) }
        };
        text.split_whitespace().map(interval).collect()
    }

    #[test]
    fn a_lunch_break_is_cut_where_there_is_none() {
        assert_eq!(with_lunch(&hours("09:00-18:00")), Some(hours("09:00-12:00 13:00-18:00")));
        assert_eq!(with_lunch(&hours("09:00-12:00 13:00-18:00")), None);
        assert_eq!(with_lunch(&hours("13:00-18:00")), None);
        assert_eq!(breaks(&hours("13:00-18:00 09:00-12:00")), hours("12:00-13:00"));
    }

    #[test]
    fn hours_are_added_after_those_there_are() {
        assert_eq!(next_interval(&[]), hours("09:00-18:00")[0]);
        assert_eq!(next_interval(&hours("09:00-12:00")), hours("13:00-17:00")[0]);
        assert_eq!(next_interval(&hours("09:00-24:00")), hours("23:00-24:00")[0]);
    }

    #[test]
    fn a_copied_day_replaces_others_and_an_empty_one_closes_them() {
        let mut week =
            Week::from([(Weekday::Mon, hours("09:00-18:00")), (Weekday::Sat, hours("09:00-12:00"))]);
        copy_day(&mut week, Weekday::Mon, &[Weekday::Tue, Weekday::Sat]);
        assert_eq!(week[&Weekday::Sat], hours("09:00-18:00"));
        copy_day(&mut week, Weekday::Sun, &[Weekday::Sat]);
        assert!(!week.contains_key(&Weekday::Sat));
    }

    #[test]
    fn targets_told_apart_in_another_way_and_back_are_the_same_where_they_were_one() {
        let all = Targets::All { target: Some(Target::hours(4)) };
        let apart = Kind::Urgency.convert(&all);
        assert_eq!(cells(&apart), [Some(Target::hours(4)); 3]);
        assert_eq!(Kind::All.convert(&apart), all);
        let mut apart = apart;
        set_cell(&mut apart, 0, None);
        assert_eq!(
            cells(&Kind::Difficulty.convert(&apart)),
            [None, Some(Target::hours(4)), Some(Target::hours(4))]
        );
    }

    #[test]
    fn every_kind_of_targets_on_offer_can_be_published() {
        for name in ClockName::ALL {
            for kind in Kind::fitting(name) {
                let targets = kind.convert(&Targets::All { target: Some(Target::hours(1)) });
                let mut policy = Policy::shipped();
                policy.rules.insert(name, Rule { targets, pauses: Default::default() });
                assert_eq!(policy.problems(), [], "{name:?} {kind:?}");
            }
        }
    }

    #[test]
    fn what_counted_in_a_removed_calendar_counts_in_the_default_one() {
        let mut policy = Policy::shipped();
        let calendar = fresh_calendar(&policy, Name::default());
        let mut contract = fresh_contract(&policy, String::new());
        contract.calendar = Some(calendar.id.clone());
        policy.calendars.push(calendar);
        policy.contracts.push(contract);
        assert_eq!(policy.problems(), []);
        remove_calendar(&mut policy, "calendar");
        remove_calendar(&mut policy, "office");
        assert_eq!(policy.problems(), []);
        assert_eq!(policy.calendars.len(), 1);
    }

    #[test]
    fn only_amounts_that_can_be_promised_fit() {
        assert!(fits(Target::hours(24)) && fits(Target::Workdays { days: 1 }));
        assert!(
            !fits(Target::hours(0)) && !fits(Target::Workdays { days: 0 }) && !fits(Target::hours(1_000_000))
        );
    }

    #[test]
    fn an_id_is_never_given_twice() {
        assert_eq!(fresh_id("step", ["a"].into_iter()), "step");
        assert_eq!(fresh_id("step", ["step", "step-2"].into_iter()), "step-3");
    }
}
