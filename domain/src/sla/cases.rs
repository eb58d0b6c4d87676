//! Questions about deadlines as lines of JSON, and their answers: what the product is checked by, and what anybody can ask
//! it on the command line.
//!
//! The format is described in the project's document on deadlines, under “Asking what would be due”.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, FixedOffset, SecondsFormat};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::calendar::{Calendar, Interval, Name, SpecialDay, Workdays};
use super::course::{Course, Due, Standstill};
use super::date::{Date, Weekday};
use super::hours::Hours;
use super::zone::Zone;
use crate::Timestamp;

/// Answers one question: a line with `id` and `result`, or with `id` and `error`.
///
/// `zone` finds a zone's offsets by its IANA name.
pub fn answer(line: &str, zone: &dyn Fn(&str) -> Option<Zone>) -> String {
    let question: Value = match serde_json::from_str(line) {
        Ok(question) => question,
        Err(error) => {
            return json!({ "id": null, "error": format!("not a line of JSON: {error}") }).to_string();
        }
    };
    let id = question.get("id").cloned().unwrap_or_default();
    match serde_json::from_value(question)
        .map_err(|error| error.to_string())
        .and_then(|case: Case| case.result(zone))
    {
        Ok(result) => json!({ "id": id, "result": result }).to_string(),
        Err(error) => json!({ "id": id, "error": error }).to_string(),
    }
}

/// Minutes of open time by the target's name; null for none.
type CaseTargets = BTreeMap<String, Option<f64>>;

#[derive(Deserialize)]
struct Case {
    calendar: CaseCalendar,
    op: String,
    start: Option<String>,
    end: Option<String>,
    at: Option<String>,
    seconds: Option<f64>,
    minutes: Option<f64>,
    targets: Option<CaseTargets>,
    pauses: Option<BTreeSet<String>>,
    events: Option<Vec<CaseEvent>>,
    evaluate_at: Option<String>,
}

#[derive(Deserialize)]
struct CaseCalendar {
    tz: String,
    week: Option<BTreeMap<Weekday, Option<Vec<Interval>>>>,
    holidays: Option<BTreeSet<Date>>,
    extra_workdays: Option<BTreeMap<Date, Option<Vec<Interval>>>>,
}

#[derive(Deserialize)]
struct CaseEvent {
    at: String,
    kind: String,
    targets: Option<CaseTargets>,
}

impl CaseCalendar {
    fn workdays(self, zone: &dyn Fn(&str) -> Option<Zone>) -> Result<Workdays, String> {
        let zone = zone(&self.tz).ok_or_else(|| format!("there is no time zone “{}”", self.tz))?;
        let name = Name::default;
        let hours = self.extra_workdays.into_iter().flatten();
        let mut days: BTreeMap<_, _> = hours
            .map(|(date, hours)| (date, SpecialDay::Hours { name: name(), hours: hours.unwrap_or_default() }))
            .collect();
        let holidays = self.holidays.into_iter().flatten();
        days.extend(holidays.map(|date| (date, SpecialDay::Holiday { name: name() })));
        let week = self.week.into_iter().flatten();
        let calendar = Calendar {
            id: "case".to_owned(),
            name: name(),
            zone,
            week: week.map(|(day, hours)| (day, hours.unwrap_or_default())).collect(),
            make_up_hours: Vec::new(),
            holidays: Vec::new(),
            days,
        };
        Workdays::new(&calendar, &[]).map_err(|problem| problem.to_string())
    }
}

impl Case {
    fn result(self, zone: &dyn Fn(&str) -> Option<Zone>) -> Result<Value, String> {
        let Self { calendar, op, start, end, at, seconds, minutes, targets, pauses, events, evaluate_at } =
            self;
        let workdays = calendar.workdays(zone)?;
        let hours = workdays.hours();
        let start = || instant("start", start.as_deref());
        let millis = || match (seconds, minutes) {
            (Some(seconds), _) => whole("seconds", seconds * 1_000.0),
            (None, Some(minutes)) => whole("minutes", minutes * 60_000.0),
            (None, None) => Err("“seconds” is missing".to_owned()),
        };
        let written = |found: Option<Timestamp>, zulu| {
            let found = found.ok_or("the calendar is never open for that long")?;
            write(hours, found, zulu).map(Value::String)
        };
        match op.as_str() {
            "add" => written(hours.add(start()?.at, millis()?), start()?.zulu),
            "sub" => written(hours.sub(start()?.at, millis()?), start()?.zulu),
            "next_open" => written(hours.next_open(start()?.at), start()?.zulu),
            "is_open" => Ok(json!(hours.is_open(instant("at", at.as_deref())?.at))),
            "between" => Ok(number(hours.between(start()?.at, instant("end", end.as_deref())?.at), 1_000)),
            "sla" => Life::read(
                events.unwrap_or_default(),
                targets.unwrap_or_default(),
                pauses.unwrap_or_default(),
                evaluate_at,
            )?
            .judge(hours),
            other => Err(format!("there is no operation “{other}”")),
        }
    }
}

/// One of the clocks that a case speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Watch {
    FirstResponse,
    Resolution,
}

impl Watch {
    const fn name(self) -> &'static str {
        match self {
            Self::FirstResponse => "first_response",
            Self::Resolution => "resolution",
        }
    }
}

/// The kinds of events there are.
const KINDS: [&str; 9] = [
    "created",
    "first_response",
    "pause",
    "resume",
    "priority_change",
    "policy_change",
    "calendar_change",
    "resolved",
    "closed",
];

/// A ticket's life as a case tells it.
struct Life {
    created: Timestamp,
    /// The creation was told in UTC.
    zulu: bool,
    events: Vec<(Timestamp, String, Option<CaseTargets>)>,
    targets: CaseTargets,
    pauses: BTreeSet<String>,
    now: Timestamp,
}

impl Life {
    fn read(
        events: Vec<CaseEvent>,
        targets: CaseTargets,
        pauses: BTreeSet<String>,
        evaluate_at: Option<String>,
    ) -> Result<Self, String> {
        let mut told = Vec::with_capacity(events.len());
        for event in events {
            if !KINDS.contains(&event.kind.as_str()) {
                return Err(format!("there is no kind of event “{}”", event.kind));
            }
            told.push((instant("at", Some(&event.at))?, event.kind, event.targets));
        }
        told.sort_by_key(|(at, _, _)| at.at);
        let created = told.iter().find(|(_, kind, _)| kind == "created").map(|(at, _, _)| *at);
        let Instant { at: created, zulu } = created.ok_or("no event says when it was created")?;
        let mut told: Vec<_> = told.into_iter().map(|(at, kind, targets)| (at.at, kind, targets)).collect();
        let last = told.last().map_or(created, |(at, _, _)| *at);
        let now = match evaluate_at {
            Some(at) => instant("evaluate_at", Some(&at))?.at,
            None => last,
        };
        told.retain(|(at, _, _)| *at <= now);
        Ok(Self { created, zulu, events: told, targets, pauses, now })
    }

    fn judge(&self, hours: &Hours) -> Result<Value, String> {
        let mut result = Map::new();
        for watch in [Watch::FirstResponse, Watch::Resolution] {
            if let Some(judged) = self.judge_one(watch, hours)? {
                result.extend(
                    judged.into_iter().map(|(field, value)| (format!("{}_{field}", watch.name()), value)),
                );
            }
        }
        Ok(Value::Object(result))
    }

    fn judge_one(&self, watch: Watch, hours: &Hours) -> Result<Option<Vec<(&'static str, Value)>>, String> {
        let field = format!("{}_min", watch.name());
        let mut minutes = self.targets.get(&field).copied().flatten();
        let mut stood: Vec<Standstill> = Vec::new();
        let mut stopped = None;
        for (at, kind, targets) in &self.events {
            let paused = stood.last().is_some_and(|pause| pause.until.is_none());
            match kind.as_str() {
                "first_response" if watch == Watch::FirstResponse => stopped = Some(*at),
                "resolved" | "closed" => stopped = Some(*at),
                "pause" if self.pauses.contains(watch.name()) && !paused => {
                    stood.push(Standstill { from: (*at).max(self.created), until: None });
                }
                "resume" => {
                    if let Some(pause) = stood.last_mut().filter(|_| paused) {
                        pause.until = Some((*at).max(pause.from));
                    }
                }
                "priority_change" | "policy_change" => {
                    // A target that isn't named stays; one that is null is lifted.
                    if let Some(changed) = targets.as_ref().and_then(|targets| targets.get(&field)) {
                        minutes = *changed;
                    }
                }
                // A calendar that has changed is the one that the case gives.
                _ => {}
            }
            if stopped.is_some() {
                break;
            }
        }
        let Some(minutes) = minutes else { return Ok(None) };
        let millis = whole(&field, minutes * 60_000.0)?;
        let course = Course { hours, start: self.created, pauses: &stood };
        let until = stopped.unwrap_or(self.now);
        let due = match course.due_after(millis) {
            Due::At(due) => Some(due),
            // Standing still: due as if it ran on from here.
            Due::Left(left) => hours.add(stood.last().map_or(until, |pause| pause.from.max(until)), left),
            Due::Never => None,
        };
        let used = course.elapsed(until);
        let mut judged = vec![
            ("used_min", number(used, 60_000)),
            ("diff_min", number(millis - used, 60_000)),
            ("breached", json!(due.is_some_and(|due| until > due))),
        ];
        // The calendar may not be open for that long before its days end.
        if let Some(due) = due {
            judged.push(("due", write(hours, due, self.zulu)?.into()));
        }
        Ok(Some(judged))
    }
}

/// An instant, and whether it was told in UTC: the answer will be as well.
#[derive(Debug, Clone, Copy)]
struct Instant {
    at: Timestamp,
    zulu: bool,
}

fn instant(field: &str, text: Option<&str>) -> Result<Instant, String> {
    let text = text.ok_or_else(|| format!("“{field}” is missing"))?;
    DateTime::parse_from_rfc3339(text)
        .map(|instant| Instant {
            at: Timestamp::from_millis(instant.timestamp_millis()),
            zulu: text.ends_with(['Z', 'z']),
        })
        .map_err(|error| format!("“{field}”: “{text}” is not an instant as in RFC 3339: {error}"))
}

fn whole(field: &str, millis: f64) -> Result<i64, String> {
    const LIMIT: f64 = 9e15;
    if millis.is_finite() && millis.abs() <= LIMIT {
        Ok(millis.round() as i64)
    } else {
        Err(format!("“{field}” is out of range"))
    }
}

/// An amount in a larger unit: whole if it is, else to a millionth.
fn number(millis: i64, unit: i64) -> Value {
    const MILLIONTHS: f64 = 1e6;
    if millis % unit == 0 {
        return json!(millis / unit);
    }
    json!((millis as f64 / unit as f64 * MILLIONTHS).round() / MILLIONTHS)
}

/// An instant by the calendar's clock, or in UTC if the question was, or if that clock is not whole minutes off: RFC 3339 can't
/// say that.
fn write(hours: &Hours, at: Timestamp, zulu: bool) -> Result<String, String> {
    let seconds = hours.zone().offset_at(at) / 1_000;
    let seconds = if zulu || seconds % 60 != 0 { 0 } else { seconds };
    let offset = i32::try_from(seconds).ok().and_then(FixedOffset::east_opt);
    DateTime::from_timestamp_millis(at.as_millis())
        .zip(offset)
        .map(|(utc, offset)| utc.with_timezone(&offset))
        .filter(|local| (0..=9_999).contains(&local.year()))
        .map(|local| local.to_rfc3339_opts(SecondsFormat::AutoSi, true))
        .ok_or_else(|| "the answer lies outside of the years 0 to 9999".to_owned())
}
