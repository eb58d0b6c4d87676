//! The policy that a new company starts with.

use std::collections::{BTreeMap, BTreeSet};

use super::ClockName;
use super::calendar::{Calendar, HolidaySet, Interval, Name};
use super::date::{TimeOfDay, Weekday};
use super::policy::{Policy, Rule, Rules, Target, Targets};
use super::ringing::{Means, Moment, QuietHours, Recipient, Step};
use super::zone::Zone;
use crate::Timestamp;
use crate::ticket::Waiting;

/// Public holidays and make-up workdays of mainland China by the State Council's notices for 2023 to 2026.
const HOLIDAYS_CN: &str = include_str!("../../data/holidays-cn.json");

/// The id of the shipped calendar.
const OFFICE: &str = "office";

pub(super) fn policy() -> Policy {
    Policy {
        version: 1,
        effective: Timestamp::from_millis(0),
        published_by: None,
        note: String::new(),
        holidays: vec![holidays_cn()],
        calendars: vec![office()],
        default_calendar: OFFICE.to_owned(),
        department_calendars: BTreeMap::new(),
        rules: rules(),
        contracts: Vec::new(),
        recovery_up_to: 3,
        steps: steps(),
        quiet: Some(QuietHours { from: time(21), until: time(8) }),
    }
}

fn holidays_cn() -> HolidaySet {
    serde_json::from_str(HOLIDAYS_CN).expect("the shipped holidays are read by a test")
}

/// Monday to Friday from 9 to 18 in Shanghai, with lunch from 12 to 13.
fn office() -> Calendar {
    let weekdays = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
    let hours =
        vec![Interval { from: time(9), until: time(12) }, Interval { from: time(13), until: time(18) }];
    Calendar {
        id: OFFICE.to_owned(),
        name: name("Office hours", "办公时间", "辦公時間"),
        // China has kept one offset since 1991.
        zone: Zone::fixed("Asia/Shanghai", 8 * 60 * 60),
        week: weekdays.into_iter().map(|weekday| (weekday, hours.clone())).collect(),
        make_up_hours: Vec::new(),
        holidays: vec!["cn".to_owned()],
        days: BTreeMap::new(),
    }
}

fn rules() -> Rules {
    let all = |target| Targets::All { target: Some(target) };
    let minutes = |minutes| Target::Calendar { minutes };
    let hours = |hours| Some(Target::hours(hours));
    let for_customer = BTreeSet::from([Waiting::Customer]);
    let rules = [
        (ClockName::Acknowledge, all(minutes(10)), false),
        (ClockName::Register, all(minutes(5)), false),
        (
            ClockName::FirstResponse,
            Targets::Urgency { urgent: hours(2), normal: hours(24), low: Some(Target::Workdays { days: 3 }) },
            false,
        ),
        (
            ClockName::Reply,
            Targets::Difficulty { simple: hours(24), complex: hours(48), hard: hours(48) },
            true,
        ),
        // Low: the plan's own deadline.
        (ClockName::Resolution, Targets::Urgency { urgent: hours(24), normal: hours(72), low: None }, true),
        (ClockName::VisitNotice, Targets::BeforeVisit { minutes: 120 }, false),
        (ClockName::ResultNotice, all(minutes(60)), false),
        (ClockName::Callback, all(Target::hours(24)), false),
        (ClockName::Recovery, all(minutes(60)), false),
        (ClockName::Rectification, Targets::Set, false),
        (ClockName::Milestone, Targets::Set, false),
    ];
    let rule = |(name, targets, waits): (ClockName, Targets, bool)| {
        let pauses = if waits { for_customer.clone() } else { BTreeSet::new() };
        (name, Rule { targets, pauses })
    };
    rules.into_iter().map(rule).collect()
}

/// A reminder with a quarter of the time left, a warning when it is over, the manager an hour later; urgent tickets at once.
fn steps() -> Vec<Step> {
    let step = |id: &str, moment, to: &[Recipient], by: &[Means]| Step {
        id: id.to_owned(),
        moment,
        clocks: BTreeSet::new(),
        urgencies: BTreeSet::new(),
        to: to.iter().copied().collect(),
        by: by.iter().copied().collect(),
    };
    use Means::{Email, InApp, Webhook};
    use Recipient::{Accountable, Manager, Supervisor};
    vec![
        step("green-channel", Moment::AtOnce, &[Accountable, Supervisor], &[InApp, Email, Webhook]),
        step("reminder", Moment::Used { percent: 75 }, &[Accountable, Supervisor], &[InApp]),
        step("overdue", Moment::Overdue { minutes: 0 }, &[Accountable, Supervisor], &[InApp, Email, Webhook]),
        step("escalation", Moment::Overdue { minutes: 60 }, &[Manager], &[InApp, Email, Webhook]),
    ]
}

fn name(en: &str, zh_cn: &str, zh_tw: &str) -> Name {
    Name(
        [("en", en), ("zh-CN", zh_cn), ("zh-TW", zh_tw)]
            .map(|(tag, name)| (tag.to_owned(), name.to_owned()))
            .into(),
    )
}

fn time(hour: u16) -> TimeOfDay {
    TimeOfDay::from_minutes(hour * 60).expect("an hour of the day")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sla::SpecialDay;

    #[test]
    fn the_shipped_policy_can_be_published_as_it_is() {
        assert_eq!(policy().problems(), []);
    }

    #[test]
    fn the_shipped_holidays_have_116_days_off_and_26_made_up() {
        let days = holidays_cn().days;
        let holidays = days.values().filter(|day| matches!(day, SpecialDay::Holiday { .. })).count();
        assert_eq!((holidays, days.len() - holidays), (116, 26));
    }
}
