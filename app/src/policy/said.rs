//! Policies in words: targets, hours, days, problems, differences, files.

use domain::people::Directory;
use domain::sla::holiday_file::FileProblem;
use domain::sla::{
    CalendarProblem, ClockName, Date, Interval, Means, Moment, Name, Policy, PolicyProblem, QuietHours,
    Recipient, SpecialDay, Step, Target, Targets, Weekday, Where, ZoneProblem,
};
use domain::ticket::{Difficulty, Urgency, Waiting};

use super::amount::Unit;
use super::difference::{About, DaysChanged, Difference, For, Value};
use super::edit::{Kind, cells};
use super::year::Look;
use crate::i18n::Words;
use crate::tickets::ledger;

impl Words {
    /// A name in the language of these words.
    pub fn named(self, name: &Name) -> String {
        match name.in_language(self.0.tag()).trim() {
            "" => self.policy_unnamed().to_owned(),
            name => name.to_owned(),
        }
    }

    /// A unit of time.
    pub fn unit(self, unit: Unit) -> &'static str {
        match unit {
            Unit::Minutes => self.unit_minutes(),
            Unit::Hours => self.unit_hours(),
            Unit::WorkingMinutes => self.unit_working_minutes(),
            Unit::WorkingHours => self.unit_working_hours(),
            Unit::WorkingDays => self.unit_working_days(),
        }
    }

    /// How targets are told apart.
    pub fn target_kind(self, kind: Kind) -> &'static str {
        match kind {
            Kind::All => self.targets_all(),
            Kind::Urgency => self.targets_urgency(),
            Kind::Difficulty => self.targets_difficulty(),
            Kind::BeforeVisit => self.targets_before_visit(),
            Kind::Set => self.targets_set(),
        }
    }

    /// A target, or that there is none.
    pub fn target_or_none(self, target: Option<Target>) -> String {
        target.map_or_else(|| self.target_none().to_owned(), |target| ledger::target(target, self))
    }

    /// All targets of a clock, in one line.
    pub fn all_targets(self, targets: &Targets) -> String {
        let three = |names: [&str; 3]| {
            let pairs = names.into_iter().zip(cells(targets));
            let said = pairs.map(|(name, target)| self.target_of(name, self.target_or_none(target)));
            said.collect::<Vec<_>>().join(self.list_separator())
        };
        match targets {
            Targets::All { target } => self.target_or_none(*target),
            Targets::Urgency { .. } => three(Urgency::ALL.map(|urgency| self.urgency(urgency))),
            Targets::Difficulty { .. } => {
                three(Difficulty::ALL.map(|difficulty| self.difficulty(difficulty)))
            }
            Targets::BeforeVisit { minutes } => self.target_before_visit(ledger::minutes(*minutes, self)),
            Targets::Set => self.target_set().to_owned(),
        }
    }

    /// A day of the week.
    pub fn weekday(self, day: Weekday) -> &'static str {
        match day {
            Weekday::Mon => self.weekday_mon(),
            Weekday::Tue => self.weekday_tue(),
            Weekday::Wed => self.weekday_wed(),
            Weekday::Thu => self.weekday_thu(),
            Weekday::Fri => self.weekday_fri(),
            Weekday::Sat => self.weekday_sat(),
            Weekday::Sun => self.weekday_sun(),
        }
    }

    /// A day of the week in a letter or a sign.
    pub fn weekday_short(self, day: Weekday) -> &'static str {
        match day {
            Weekday::Mon => self.weekday_short_mon(),
            Weekday::Tue => self.weekday_short_tue(),
            Weekday::Wed => self.weekday_short_wed(),
            Weekday::Thu => self.weekday_short_thu(),
            Weekday::Fri => self.weekday_short_fri(),
            Weekday::Sat => self.weekday_short_sat(),
            Weekday::Sun => self.weekday_short_sun(),
        }
    }

    /// From when until when a clock runs.
    pub fn clock_from_to(self, clock: ClockName) -> &'static str {
        match clock {
            ClockName::Acknowledge => self.clock_about_acknowledge(),
            ClockName::Register => self.clock_about_register(),
            ClockName::FirstResponse => self.clock_about_first_response(),
            ClockName::Reply => self.clock_about_reply(),
            ClockName::Resolution => self.clock_about_resolution(),
            ClockName::VisitNotice => self.clock_about_visit_notice(),
            ClockName::ResultNotice => self.clock_about_result_notice(),
            ClockName::Callback => self.clock_about_callback(),
            ClockName::Recovery => self.clock_about_recovery(),
            ClockName::Rectification => self.clock_about_rectification(),
            ClockName::Milestone => self.clock_about_milestone(),
        }
    }

    /// A stretch of a day.
    pub fn interval(self, interval: &Interval) -> String {
        self.hours_from_until(interval.from, interval.until)
    }

    /// The hours of a day.
    pub fn hours_of_day(self, hours: &[Interval]) -> String {
        if hours.is_empty() {
            return self.hours_closed().to_owned();
        }
        hours.iter().map(|interval| self.interval(interval)).collect::<Vec<_>>().join(self.list_separator())
    }

    /// What a day in a year is.
    pub fn day_look(self, look: Look) -> &'static str {
        match look {
            Look::Open => self.day_open(),
            Look::Closed => self.day_closed(),
            Look::Holiday => self.day_holiday(),
            Look::MakeUp => self.day_make_up(),
            Look::Hours => self.day_hours(),
        }
    }

    /// A special day, with its name and hours.
    pub fn special_day(self, day: &SpecialDay) -> String {
        let name = day.name().in_language(self.0.tag()).trim();
        let what = match day {
            SpecialDay::Holiday { .. } => self.day_holiday().to_owned(),
            SpecialDay::MakeUp { .. } => self.day_make_up().to_owned(),
            SpecialDay::Hours { hours, .. } => self.hours_of_day(hours),
        };
        if name.is_empty() { what } else { self.day_named(name, what) }
    }

    /// Who is told.
    pub fn recipient(self, recipient: Recipient) -> &'static str {
        match recipient {
            Recipient::Accountable => self.recipient_accountable(),
            Recipient::Supervisor => self.recipient_supervisor(),
            Recipient::Manager => self.recipient_manager(),
            Recipient::Admin => self.recipient_admin(),
        }
    }

    /// How they are told.
    pub fn means(self, means: Means) -> &'static str {
        match means {
            Means::InApp => self.means_in_app(),
            Means::Email => self.means_email(),
            Means::Webhook => self.means_webhook(),
        }
    }

    /// When a step is taken.
    pub fn moment(self, moment: Moment) -> String {
        match moment {
            Moment::AtOnce => self.moment_at_once().to_owned(),
            Moment::Used { percent } => self.moment_used(percent),
            Moment::Overdue { minutes: 0 } => self.moment_overdue().to_owned(),
            Moment::Overdue { minutes } => self.moment_overdue_by(ledger::minutes(minutes, self)),
        }
    }

    /// A step in one line.
    pub fn step(self, step: &Step) -> String {
        let list = |words: Vec<&str>| words.join(self.list_separator());
        let to = list(step.to.iter().map(|to| self.recipient(*to)).collect());
        let by = list(step.by.iter().map(|by| self.means(*by)).collect());
        let clocks = step.clocks.iter().map(|clock| self.clock(*clock));
        let only =
            clocks.chain(step.urgencies.iter().map(|urgency| self.urgency(*urgency))).collect::<Vec<_>>();
        let said = self.step_says(self.moment(step.moment), to, by);
        if only.is_empty() { said } else { self.step_only(said, list(only)) }
    }

    /// Quiet hours.
    pub fn quiet(self, quiet: QuietHours) -> String {
        self.hours_from_until(quiet.from, quiet.until)
    }

    /// What a clock stands still for.
    pub fn waits(self, waits: &std::collections::BTreeSet<Waiting>) -> String {
        match (waits.contains(&Waiting::Customer), waits.contains(&Waiting::Parts)) {
            (false, false) => self.pauses_none().to_owned(),
            (true, false) => self.pauses_customer().to_owned(),
            (false, true) => self.pauses_parts().to_owned(),
            (true, true) => [self.pauses_customer(), self.pauses_parts()].join(self.list_separator()),
        }
    }

    /// Where in a calendar a problem is.
    pub fn place_in_calendar(self, place: Where) -> String {
        match place {
            Where::Weekday(day) => self.weekday(day).to_owned(),
            Where::MakeUp => self.calendar_make_up_hours().to_owned(),
            Where::Date(date) => date.to_string(),
        }
    }

    /// Why a calendar can't be used, and what would mend it.
    pub fn calendar_problem(self, problem: &CalendarProblem) -> String {
        match problem {
            CalendarProblem::NeverOpens => self.problem_never_opens().to_owned(),
            CalendarProblem::Reversed { place, interval } => {
                self.problem_reversed(self.place_in_calendar(*place), interval.from, interval.until)
            }
            CalendarProblem::Overlapping { place, first, second } => self.problem_overlapping(
                self.place_in_calendar(*place),
                self.interval(first),
                self.interval(second),
            ),
            CalendarProblem::Zone { zone } => match zone {
                ZoneProblem::Unnamed => self.problem_zone_unnamed(),
                ZoneProblem::OffsetTooLarge => self.problem_zone_offset(),
                ZoneProblem::Disorder => self.problem_zone_disorder(),
            }
            .to_owned(),
            CalendarProblem::UnknownHolidays { id } => self.problem_unknown_holidays(id),
        }
    }

    /// Why a policy can't be published, and what would mend it.
    pub fn policy_problem(self, problem: &PolicyProblem, policy: &Policy) -> String {
        match problem {
            PolicyProblem::Calendar { calendar, problem } => {
                let known = policy.calendars.iter().find(|known| known.id == *calendar);
                let name = known.map_or_else(|| calendar.clone(), |known| self.named(&known.name));
                self.problem_in_calendar(name, self.calendar_problem(problem))
            }
            PolicyProblem::Twice { id } => self.problem_twice(id),
            PolicyProblem::UnknownCalendar { id } => self.problem_unknown_calendar(id),
            PolicyProblem::TargetOutOfRange { name } => self.problem_target_range(self.clock(*name)),
            PolicyProblem::UnfitTargets { name } => self.problem_target_unfit(self.clock(*name)),
            PolicyProblem::RecoveryOutOfRange => self.problem_recovery().to_owned(),
            PolicyProblem::TwoContracts { company } => self.problem_two_contracts(company),
            PolicyProblem::AlwaysQuiet { calendar } => {
                let known = policy.calendars.iter().find(|known| known.id == *calendar);
                self.problem_always_quiet(
                    known.map_or_else(|| calendar.clone(), |known| self.named(&known.name)),
                )
            }
            PolicyProblem::IdleStep { id } => {
                let place = policy.steps.iter().position(|step| step.id == *id).map_or(0, |place| place + 1);
                self.problem_idle_step(place)
            }
        }
    }

    /// Why a file is not a list of holidays.
    pub fn file_problem(self, problem: &FileProblem) -> String {
        match problem {
            FileProblem::NotJson { line } => self.file_not_json(line),
            FileProblem::Missing { field } => self.file_missing(field),
            FileProblem::NotADate { text } => self.file_not_a_date(text),
            FileProblem::NotADay { date } => self.file_not_a_day(date),
            FileProblem::Empty => self.file_empty().to_owned(),
            FileProblem::EndsEarly { until, last } => self.file_ends_early(until, last),
        }
    }

    /// What a difference is about.
    pub fn about(self, about: &About, directory: &Directory) -> String {
        let of_calendar = |calendar: &Name, what: &str| self.about_part(self.named(calendar), what);
        let clock_title = |contract: &Option<String>, clock: ClockName| {
            let clock = self.clock_numbered(clock);
            contract.as_ref().map_or_else(|| clock.clone(), |contract| self.about_part(contract, &clock))
        };
        match about {
            About::Target { contract, clock, tickets } => {
                let clock = clock_title(contract, *clock);
                match tickets {
                    For::All => clock,
                    For::Urgency(urgency) => self.about_part(clock, self.urgency(*urgency)),
                    For::Difficulty(difficulty) => self.about_part(clock, self.difficulty(*difficulty)),
                }
            }
            About::Pauses { contract, clock } => {
                self.about_part(clock_title(contract, *clock), self.targets_pauses())
            }
            About::Recovery => self.targets_recovery().to_owned(),
            About::Calendar { calendar } => self.about_part(self.about_calendar(), self.named(calendar)),
            About::CalendarName { calendar } => of_calendar(calendar, self.policy_name()),
            About::Zone { calendar } => of_calendar(calendar, self.calendar_zone()),
            About::Weekday { calendar, day } => of_calendar(calendar, self.weekday(*day)),
            About::MakeUpHours { calendar } => of_calendar(calendar, self.calendar_make_up_hours()),
            About::Follows { calendar } => of_calendar(calendar, self.calendar_follows()),
            About::Day { calendar, date } => of_calendar(calendar, &date.to_string()),
            About::DefaultCalendar => self.departments_default().to_owned(),
            About::Department { department } => {
                let known = directory.department(*department);
                let name =
                    known.map_or_else(|| self.department_unknown().to_owned(), |known| known.name.clone());
                self.about_part(self.policy_departments(), &name)
            }
            About::Holidays { name } => self.about_part(self.policy_holidays(), self.named(name)),
            About::HolidaysUntil { name } => self.about_part(self.named(name), self.holidays_until()),
            About::Contract { name } => self.about_part(self.about_contract(), name),
            About::ContractName { name } => self.about_part(name, self.policy_name()),
            About::Customers { contract } => self.about_part(contract, self.contract_customers()),
            About::ContractCalendar { contract } => self.about_part(contract, self.about_calendar()),
            About::Step { place } => self.step_number(place + 1),
            About::Quiet => self.reminders_quiet().to_owned(),
        }
    }

    /// How something is or was.
    pub fn value(self, value: &Value) -> String {
        match value {
            Value::Nothing => self.value_nothing().to_owned(),
            Value::There => self.value_there().to_owned(),
            Value::AsForEverybody => self.value_as_for_everybody().to_owned(),
            Value::Target(target) => self.target_or_none(*target),
            Value::Set => self.target_set().to_owned(),
            Value::BeforeVisit(minutes) => self.target_before_visit(ledger::minutes(*minutes, self)),
            Value::Targets(targets) => self.all_targets(targets),
            Value::Waits(waits) => self.waits(waits),
            Value::Hours(hours) => self.hours_of_day(hours),
            Value::Name(name) => self.named(name),
            Value::Names(names) if names.is_empty() => self.value_nothing().to_owned(),
            Value::Names(names) => {
                names.iter().map(|name| self.named(name)).collect::<Vec<_>>().join(self.list_separator())
            }
            Value::Words(words) if words.trim().is_empty() => self.value_nothing().to_owned(),
            Value::Words(words) => words.clone(),
            Value::Mark(0) => self.recovery_never().to_owned(),
            Value::Mark(mark) => self.recovery_up_to(mark),
            Value::Date(date) => date.to_string(),
            Value::Day(day) => self.special_day(day),
            Value::Days(DaysChanged { added, changed, removed }) => {
                self.days_changed(added, changed, removed)
            }
            Value::Step(step) => self.step(step),
            Value::Quiet(quiet) => self.quiet(*quiet),
        }
    }

    /// A difference in one line.
    pub fn difference(self, difference: &Difference, directory: &Directory) -> String {
        let Difference { about, before, after } = difference;
        let about = self.about(about, directory);
        match (before, after) {
            (Value::Nothing, Value::Days(_)) => self.difference_is(about, self.value(after)),
            (Value::Nothing, Value::There) => self.difference_new(about),
            (Value::There, Value::Nothing) => self.difference_gone(about),
            _ => self.difference_was(about, self.value(before), self.value(after)),
        }
    }

    /// A clock with its number, as rules and contracts name it.
    pub fn clock_numbered(self, clock: ClockName) -> String {
        format!("C{} {}", clock.number(), self.clock(clock))
    }

    /// A date and what it is, for somebody who listens.
    pub fn day_said(self, date: Date, look: Look, name: &Name, hours: &[Interval]) -> String {
        let name = name.in_language(self.0.tag()).trim();
        let look = match look {
            Look::Holiday | Look::Closed => self.day_look(look).to_owned(),
            _ => self.day_named(self.day_look(look), self.hours_of_day(hours)),
        };
        if name.is_empty() {
            self.day_named(date, look)
        } else {
            self.day_named(date, self.day_named(name, look))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;
    use crate::policy::difference::differences;

    const EN: Words = Words(Locale::En);

    fn time(text: &str) -> domain::sla::TimeOfDay {
        text.parse().unwrap()
    }

    #[test]
    fn every_problem_is_a_sentence_in_every_language() {
        let policy = Policy::shipped();
        let interval = Interval { from: time("18:00"), until: time("09:00") };
        let in_calendar = |problem| PolicyProblem::Calendar { calendar: "office".into(), problem };
        let place = Where::Weekday(Weekday::Sat);
        let mut problems: Vec<_> = [
            CalendarProblem::NeverOpens,
            CalendarProblem::Reversed { place, interval },
            CalendarProblem::Overlapping { place: Where::MakeUp, first: interval, second: interval },
            CalendarProblem::UnknownHolidays { id: "cn".into() },
        ]
        .map(in_calendar)
        .into();
        for zone in [ZoneProblem::Unnamed, ZoneProblem::OffsetTooLarge, ZoneProblem::Disorder] {
            problems.push(in_calendar(CalendarProblem::Zone { zone }));
        }
        problems.extend([
            PolicyProblem::Twice { id: "x".into() },
            PolicyProblem::UnknownCalendar { id: "x".into() },
            PolicyProblem::TargetOutOfRange { name: ClockName::Reply },
            PolicyProblem::UnfitTargets { name: ClockName::Reply },
            PolicyProblem::RecoveryOutOfRange,
            PolicyProblem::TwoContracts { company: "x".into() },
            PolicyProblem::AlwaysQuiet { calendar: "office".into() },
            PolicyProblem::IdleStep { id: "reminder".into() },
        ]);
        for locale in Locale::ALL {
            let words = Words(locale);
            let said: std::collections::BTreeSet<_> =
                problems.iter().map(|problem| words.policy_problem(problem, &policy)).collect();
            assert_eq!(said.len(), problems.len());
            for said in said {
                assert!(said.ends_with(['.', '。']), "{said}");
            }
        }
        assert_eq!(
            EN.policy_problem(&problems[1], &policy),
            "Calendar “Office hours”: Saturday: 18:00–09:00 ends before it begins. Swap the two times, or remove the line."
        );
    }

    #[test]
    fn a_difference_reads_as_one_line() {
        let before = Policy::shipped();
        let mut after = before.clone();
        let rule = after.rules.get_mut(&ClockName::Resolution).unwrap();
        crate::policy::edit::set_cell(&mut rule.targets, 0, Some(Target::hours(12)));
        after.calendars[0].week.remove(&Weekday::Fri);
        let said: Vec<_> = differences(&before, &after)
            .iter()
            .map(|difference| EN.difference(difference, &Directory::default()))
            .collect();
        assert_eq!(
            said,
            [
                "C5 Resolution · Urgent: 24 h → 12 h",
                "Office hours · Friday: 09:00–12:00, 13:00–18:00 → closed",
            ]
        );
    }
}
