//! Why a clock stands as it does, in sentences. The domain says what is so ([`domain::sla::explain`]); here it is put into words.

use domain::sla::{
    ClockId, ClockName, Correction, Date, Ledger, Line, Name, PolicyBook, Target, Targets, Zone,
};
use domain::ticket::{Action, Document, Recorded, Ticket};
use domain::{ChangeId, Timestamp};

use super::deed::Speaker;
use crate::i18n::Words;

/// Writes instants and dates. All of one ledger are in one time zone.
#[derive(Clone, Copy)]
pub struct Writer<'w> {
    /// Day and time.
    pub moment: &'w dyn Fn(Timestamp) -> String,
    /// The time of day.
    pub time: &'w dyn Fn(Timestamp) -> String,
    /// The day.
    pub date: &'w dyn Fn(Date) -> String,
}

/// What of a ledger a sentence belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What started it, and what changed since.
    Start,
    /// How much time it has.
    Rule,
    /// What counted and what didn't.
    Time,
    /// When it is due, and how it ended.
    End,
}

impl Part {
    /// Every part, in the order of reading.
    pub const ALL: [Self; 4] = [Self::Start, Self::Rule, Self::Time, Self::End];
}

/// One sentence or two, about one line of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// What it belongs to.
    pub part: Part,
    /// The day it is about, if it is about one: its heading.
    pub day: Option<Date>,
    /// The icon.
    pub glyph: &'static str,
    /// The tone, where it means something.
    pub tone: Option<&'static str>,
    /// The words.
    pub text: String,
    /// What was written down by whoever caused it.
    pub evidence: Vec<String>,
}

/// Puts a ledger into words.
#[derive(Clone, Copy)]
pub struct Teller<'t> {
    /// Says what people did.
    pub speaker: Speaker<'t>,
    /// Writes instants.
    pub writer: Writer<'t>,
    /// The ticket.
    pub ticket: &'t Ticket,
    /// Its record.
    pub document: &'t Document,
    /// The service levels.
    pub book: &'t PolicyBook,
    /// Now.
    pub now: Timestamp,
    /// Whether the ticket never was: then nobody did what its record holds, and only the times count.
    pub is_supposed: bool,
}

/// How much time a clock has, as people say it.
pub fn target(target: Target, words: Words) -> String {
    match target {
        Target::Calendar { minutes: amount } => minutes(amount, words),
        Target::Open { minutes: amount } => words.target_open(exact(millis(amount), false, words)),
        Target::Workdays { days } => words.target_workdays(days as usize),
    }
}

/// So many minutes of calendar time, as people say it: targets are agreed in hours, `24 h` and not `1 d`.
pub fn minutes(amount: u32, words: Words) -> String {
    exact(millis(amount), amount > 72 * 60, words)
}

fn millis(minutes: u32) -> i64 {
    i64::from(minutes) * Timestamp::MINUTE_MS
}

/// A length of time to the second, without parts that are zero. Open time is not put into days: a day of it could mean two things.
pub fn exact(millis: i64, in_days: bool, words: Words) -> String {
    let seconds = millis.unsigned_abs() / 1_000;
    let (days, hours) =
        if in_days { (seconds / 86_400, seconds % 86_400 / 3_600) } else { (0, seconds / 3_600) };
    let (minutes, rest) = (seconds % 3_600 / 60, seconds % 60);
    let parts = [
        (days, words.span_days(days)),
        (hours, words.span_hours(hours)),
        (minutes, words.span_minutes(minutes)),
        (rest, words.span_seconds(rest)),
    ];
    let said: Vec<String> =
        parts.into_iter().filter(|(amount, _)| *amount > 0).map(|(_, said)| said).collect();
    if said.is_empty() { words.span_minutes(0) } else { said.join(" ") }
}

/// Whether the time of a clock depends on the urgency, by this version of the service levels.
pub fn by_urgency(book: &PolicyBook, version: u32, name: ClockName) -> bool {
    let rule = book.version(version).and_then(|policy| policy.rules.get(&name));
    rule.is_some_and(|rule| matches!(rule.targets, Targets::Urgency { .. }))
}

/// The title of the milestone that a clock is about.
pub fn milestone_title(ticket: &Ticket, clock: ClockId) -> Option<String> {
    let (plan, number) = clock.origin.filter(|_| clock.name == ClockName::Milestone)?;
    let plan = ticket.plans.iter().find(|known| known.by == plan)?;
    Some(plan.fact.milestones.get(usize::from(number))?.title.clone())
}

/// What a clock is called, with the milestone or the cycle it belongs to.
pub fn clock_title(ticket: &Ticket, clock: ClockId, words: Words) -> String {
    let name = match milestone_title(ticket, clock) {
        Some(title) => words.clock_milestone_named(title),
        None => words.clock(clock.name).to_owned(),
    };
    if clock.cycle > 1 { format!("{name} · {}", words.clock_cycle(clock.cycle)) } else { name }
}

impl Teller<'_> {
    /// The whole ledger, in the order in which to read it.
    pub fn sentences(&self, ledger: &Ledger) -> Vec<Sentence> {
        let mut sentences = Vec::with_capacity(ledger.lines.len());
        let mut lines = ledger.lines.iter().peekable();
        while let Some(line) = lines.next() {
            // Several days of one holiday are one sentence.
            if let Line::Holiday { date, name } = line {
                let mut last = *date;
                while let Some(Line::Holiday { date, name: next }) = lines.peek() {
                    if next != name || *date != last.plus(1) {
                        break;
                    }
                    last = *date;
                    lines.next();
                }
                sentences.push(self.holiday(*date, last, name));
                continue;
            }
            sentences.push(self.sentence(line, ledger));
        }
        sentences
    }

    /// How much of its time a clock has used, in whole minutes: this figure moves on by itself.
    pub fn total(&self, ledger: &Ledger) -> String {
        let words = self.speaker.words;
        let longest = ledger.target_ms.unwrap_or(ledger.used_ms);
        let in_days = ledger.zone.is_none() && longest > 72 * Timestamp::HOUR_MS;
        let said = |millis: i64| exact(millis - millis % Timestamp::MINUTE_MS, in_days, words);
        match ledger.target_ms {
            Some(total) if ledger.used_ms > total => {
                words.ledger_total_over(said(ledger.used_ms), said(total), said(ledger.used_ms - total))
            }
            Some(total) => words.ledger_total(said(ledger.used_ms), said(total)),
            None => words.ledger_total_open(said(ledger.used_ms)),
        }
    }

    /// A lateness that was seen and taken back.
    pub fn correction(&self, correction: &Correction) -> Sentence {
        let (what, who, evidence) = self.deed(correction.by);
        let moment = self.writer.moment;
        let text = self.speaker.words.ledger_correction(
            moment(correction.seen_from),
            moment(correction.until),
            what,
            who,
            moment(correction.happened),
        );
        Sentence { part: Part::End, day: None, glyph: "undo", tone: Some("ok"), text, evidence }
    }

    fn sentence(&self, line: &Line, ledger: &Ledger) -> Sentence {
        let words = self.speaker.words;
        let Writer { moment, time, date } = self.writer;
        let zone = ledger.zone.as_ref();
        // What reaches the day's end ends at 24:00, not at the next day's beginning.
        let at_midnight = |at| zone.is_some_and(|zone| day(at, zone) != day(at.plus_millis(-1), zone));
        let end_of = |at| if at_midnight(at) { "24:00".to_owned() } else { time(at) };
        let said = |part, glyph, text: String| Sentence {
            part,
            day: None,
            glyph,
            tone: None,
            text,
            evidence: Vec::new(),
        };
        match line {
            Line::Started { at, .. } if self.is_supposed => {
                said(Part::Start, "play", words.ledger_started_if(moment(*at)))
            }
            Line::Started { at, by } => {
                let (what, who, evidence) = self.deed(*by);
                let text = match ledger.clock.name() {
                    ClockName::Acknowledge => words.ledger_started_message(moment(*at)),
                    ClockName::Register => words.ledger_started_call(moment(*at)),
                    _ => words.ledger_started(moment(*at), what, who),
                };
                Sentence { evidence, ..said(Part::Start, "play", text) }
            }
            Line::UrgencyChanged { at, by, urgency } => {
                let (_, who, evidence) = self.deed(*by);
                let text = words.ledger_urgency(moment(*at), who, words.urgency(*urgency));
                Sentence { evidence, ..said(Part::Start, "urgent", text) }
            }
            Line::DifficultyChanged { at, by, difficulty } => {
                let text =
                    words.ledger_difficulty(moment(*at), self.deed(*by).1, words.difficulty(*difficulty));
                said(Part::Start, "flag", text)
            }
            Line::DepartmentChanged { at, by, department } => {
                let known = self.speaker.directory.department(*department);
                let name =
                    known.map_or_else(|| words.department_unknown().to_owned(), |known| known.name.clone());
                {
                    let (at, who) = (moment(*at), self.deed(*by).1);
                    // Where every hour counts, another calendar changes nothing.
                    let text = match zone {
                        Some(_) => words.ledger_department(at, who, name),
                        None => words.ledger_department_plain(at, who, name),
                    };
                    said(Part::Start, "people", text)
                }
            }
            Line::PlanAgreed { at, by, deadline } => {
                let who = self.deed(*by).1;
                let text = match deadline {
                    Some(deadline) => words.ledger_plan(moment(*at), who, moment(*deadline)),
                    None => words.ledger_plan_open(moment(*at), who),
                };
                said(Part::Start, "calendar", text)
            }
            Line::PolicyChanged { at, version } => {
                let note = self.book.version(*version).map(|policy| policy.note.clone());
                let evidence = note.into_iter().filter(|note| !note.trim().is_empty()).collect();
                Sentence {
                    evidence,
                    ..said(Part::Start, "settings", words.ledger_policy(moment(*at), version))
                }
            }
            Line::Target { .. } => said(Part::Rule, "hourglass", self.rule(line, ledger)),
            Line::Set { due, policy } => {
                let text = match ledger.clock.name() {
                    ClockName::Rectification => words.ledger_set_inspection(policy, moment(*due)),
                    ClockName::Milestone => words.ledger_set_milestone(policy, moment(*due)),
                    _ => words.ledger_set_plan(policy, moment(*due)),
                };
                said(Part::Rule, "hourglass", text)
            }
            Line::BeforeVisit { visit, minutes: before, policy } => {
                let text = words.ledger_before_visit(policy, minutes(*before, words), moment(*visit));
                said(Part::Rule, "hourglass", text)
            }
            Line::Open { policy } => said(Part::Rule, "hourglass", words.ledger_open(policy)),
            Line::Opened { at, .. } => said(Part::Time, "door", words.ledger_opened(moment(*at))),
            Line::Closed { from, until } if from == until => {
                said(Part::Time, "minus", words.ledger_closed_day(date(*from)))
            }
            Line::Closed { from, until } => {
                said(Part::Time, "minus", words.ledger_closed(date(*from), date(*until)))
            }
            Line::Holiday { date, name } => self.holiday(*date, *date, name),
            Line::MakeUp { date, name } => {
                let text = match self.name(name) {
                    "" => words.ledger_make_up_unnamed().to_owned(),
                    name => words.ledger_make_up(name),
                };
                Sentence { day: Some(*date), ..said(Part::Time, "calendar", text) }
            }
            Line::SpecialHours { date, name } => {
                let text = match self.name(name) {
                    "" => words.ledger_special_unnamed().to_owned(),
                    name => words.ledger_special(name),
                };
                Sentence { day: Some(*date), ..said(Part::Time, "calendar", text) }
            }
            Line::Counted { from, until, .. } => {
                let length = whole_seconds(*from, *until);
                match zone.map(|zone| day(*from, zone)) {
                    Some(day) => {
                        let text =
                            words.ledger_counted(time(*from), end_of(*until), exact(length, false, words));
                        Sentence { day: Some(day), ..said(Part::Time, "clock", text) }
                    }
                    None => {
                        let length = exact(length, length > 72 * Timestamp::HOUR_MS, words);
                        said(
                            Part::Time,
                            "clock",
                            words.ledger_counted_through(moment(*from), moment(*until), length),
                        )
                    }
                }
            }
            Line::Break { from, until } => {
                let text = words.ledger_break(time(*from), end_of(*until));
                Sentence { day: zone.map(|zone| day(*from, zone)), ..said(Part::Time, "pause", text) }
            }
            Line::Days { from, until, open, millis } => {
                let length = exact(*millis, false, words);
                said(
                    Part::Time,
                    "layers",
                    words.ledger_days(*open as usize, date(*from), date(*until), length),
                )
            }
            Line::Paused { from, until, waiting, by, millis } => {
                let (_, who, evidence) = self.deed(*by);
                let what = words.waiting(*waiting);
                let length = exact(*millis, zone.is_none() && *millis > 72 * Timestamp::HOUR_MS, words);
                let text = match until {
                    Some(until) if self.is_supposed => {
                        words.ledger_paused_if(moment(*from), moment(*until), what, length)
                    }
                    Some(until) => words.ledger_paused(moment(*from), moment(*until), what, who, length),
                    None if self.is_supposed => words.ledger_pausing_if(moment(*from), what, length),
                    None => words.ledger_pausing(moment(*from), what, who, length),
                };
                let evidence = if self.is_supposed { Vec::new() } else { evidence };
                let day = zone.map(|zone| day(*from, zone));
                Sentence { day, evidence, tone: Some("hold"), ..said(Part::Time, "pause-circle", text) }
            }
            Line::HolidaysUnknownAfter { date: last } => Sentence {
                tone: Some("warn"),
                ..said(Part::End, "question", words.ledger_unknown(date(*last)))
            },
            Line::Due { at } if ledger.clock.is_running() && *at >= self.now => {
                said(Part::End, "flag", words.ledger_due(moment(*at)))
            }
            Line::Due { at } => said(Part::End, "flag", words.ledger_was_due(moment(*at))),
            Line::Stopped { at, by, late_ms } => {
                let (what, who, evidence) = self.deed(*by);
                let (tone, text) = match late_ms {
                    Some(late) if *late > 0 => {
                        let late = exact(*late, *late > 72 * Timestamp::HOUR_MS, words);
                        ("danger", words.ledger_stopped_late(moment(*at), what, who, late))
                    }
                    Some(_) => ("ok", words.ledger_stopped_in_time(moment(*at), what, who)),
                    None => ("ok", words.ledger_stopped(moment(*at), what, who)),
                };
                Sentence { tone: Some(tone), evidence, ..said(Part::End, "check", text) }
            }
            Line::Withdrawn { at, by } => {
                let (what, who, evidence) = self.deed(*by);
                Sentence {
                    evidence,
                    ..said(Part::End, "close", words.ledger_withdrawn(moment(*at), what, who))
                }
            }
        }
    }

    /// By which line of the service levels it has how much time, and which hours count.
    fn rule(&self, line: &Line, ledger: &Ledger) -> String {
        let words = self.speaker.words;
        let Line::Target { target: amount, urgency, difficulty, policy, contract, calendar } = line else {
            return String::new();
        };
        let name = ledger.clock.name();
        let known = self.book.version(*policy);
        let contract = known
            .zip(contract.as_ref())
            .and_then(|(known, id)| known.contracts.iter().find(|contract| contract.id == *id));
        let targets = known.and_then(|known| known.rule(contract, name)).map(|rule| rule.targets);
        let (clock, said) = (words.clock(name), target(*amount, words));
        let rule = match targets {
            Some(Targets::Urgency { .. }) => {
                words.ledger_target_urgency(policy, words.urgency(*urgency), said, clock)
            }
            Some(Targets::Difficulty { .. }) => {
                words.ledger_target_difficulty(policy, words.difficulty(*difficulty), said, clock)
            }
            _ => words.ledger_target_all(policy, said, clock),
        };
        let contract =
            contract.map(|contract| match (&self.ticket.timeline.company, contract.name.as_str()) {
                (company, "") => words.ledger_contract_theirs(company),
                (company, name) => words.ledger_contract(company, name),
            });
        let zone = ledger.zone.as_ref().map_or("", |zone| zone.name.as_str());
        let hours = match (amount, calendar) {
            (Target::Calendar { .. }, _) | (_, None) => words.ledger_hours_all().to_owned(),
            (Target::Open { .. }, Some(calendar)) => words.ledger_hours_open(self.name(calendar), zone),
            (Target::Workdays { .. }, Some(calendar)) => words.ledger_hours_days(self.name(calendar), zone),
        };
        let space = words.sentence_space();
        [Some(rule), contract, Some(hours)].into_iter().flatten().collect::<Vec<_>>().join(space)
    }

    fn holiday(&self, first: Date, last: Date, name: &Name) -> Sentence {
        let words = self.speaker.words;
        let date = self.writer.date;
        let text = match (self.name(name), first == last) {
            ("", true) => words.ledger_holiday_unnamed().to_owned(),
            (name, true) => words.ledger_holiday(name),
            ("", false) => words.ledger_holidays_unnamed(date(first), date(last)),
            (name, false) => words.ledger_holidays(date(first), date(last), name),
        };
        let day = (first == last).then_some(first);
        Sentence { part: Part::Time, day, glyph: "star", tone: None, text, evidence: Vec::new() }
    }

    fn name<'n>(&self, name: &'n Name) -> &'n str {
        name.in_language(self.speaker.words.0.tag()).trim()
    }

    /// What somebody did, who that was, and what they wrote down with it.
    fn deed(&self, change: ChangeId) -> (String, String, Vec<String>) {
        match self.recorded(change) {
            Some(Recorded { change, .. }) => {
                let deed = self.speaker.deed(&change.action);
                // A registration repeats half the ticket.
                let evidence =
                    if matches!(change.action, Action::Register(_)) { Vec::new() } else { deed.text };
                (deed.what, self.speaker.name(change.actor), evidence)
            }
            None => {
                let words = self.speaker.words;
                (words.ledger_change_unknown().to_owned(), words.person_unknown().to_owned(), Vec::new())
            }
        }
    }

    fn recorded(&self, change: ChangeId) -> Option<&Recorded> {
        self.document.log().iter().find(|recorded| recorded.change.id == change)
    }
}

/// The length of a stretch as it follows from its ends as they are written, to the second.
fn whole_seconds(from: Timestamp, until: Timestamp) -> i64 {
    (until.as_millis().div_euclid(1_000) - from.as_millis().div_euclid(1_000)) * 1_000
}

/// The day an instant falls on in a zone.
fn day(at: Timestamp, zone: &Zone) -> Date {
    let wall = at.plus_millis(zone.offset_at(at));
    Date::from_days(i32::try_from(wall.as_millis().div_euclid(Timestamp::DAY_MS)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use domain::people::Directory;
    use domain::sla::{Clock, Deadline, Policy, explain};
    use domain::ticket::{
        Assignment, Completion, Difficulty, NewUrgency, Progress, ProgressKind, ResponsibleParty, Urgency,
        Waiting,
    };

    use super::*;
    use crate::i18n::Locale;
    use crate::tickets::sample::{Sample, department, person};

    /// Minutes of the sample, seen from Shanghai: 1970-01-01 08:00 was a Thursday.
    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(minute * Timestamp::MINUTE_MS)
    }

    fn wall(at: Timestamp) -> String {
        let wall = chrono::DateTime::from_timestamp_millis(at.as_millis() + 8 * Timestamp::HOUR_MS).unwrap();
        wall.format("%d %H:%M").to_string()
    }

    fn with_teller<R>(
        sample: &Sample,
        book: &PolicyBook,
        locale: Locale,
        now: i64,
        ask: impl FnOnce(&Teller<'_>) -> R,
    ) -> R {
        let ticket = sample.ticket();
        let directory = Directory::default();
        let time = |at: Timestamp| wall(at)[3..].to_owned();
        let date = |date: Date| date.to_string()[8..].to_owned();
        let teller = Teller {
            speaker: Speaker { words: Words(locale), directory: &directory, instant: &wall },
            writer: Writer { moment: &wall, time: &time, date: &date },
            ticket: &ticket,
            document: &sample.document,
            book,
            now: at(now),
            is_supposed: false,
        };
        ask(&teller)
    }

    fn said(
        sample: &Sample,
        book: &PolicyBook,
        locale: Locale,
        name: ClockName,
        now: i64,
    ) -> (Vec<String>, String) {
        with_teller(sample, book, locale, now, |teller| {
            let clocks = domain::sla::clocks(&teller.ticket.timeline, book);
            let clock = clocks.iter().find(|clock| clock.name() == name).expect("it has started");
            let ledger = explain(&teller.ticket.timeline, book, clock.id, teller.now).expect("it is there");
            let told = teller.sentences(&ledger).into_iter();
            let told = told.flat_map(|sentence| [vec![sentence.text], sentence.evidence].concat());
            (told.collect(), teller.total(&ledger))
        })
    }

    fn progress(kind: ProgressKind, note: &str) -> Action {
        Action::LogProgress(Progress { kind, note: note.into(), promised: None })
    }

    fn done() -> Action {
        Action::Complete(Completion {
            found: "漏油".into(),
            done: "换油封".into(),
            cause: String::new(),
            responsible: ResponsibleParty::Unknown,
            remaining: String::new(),
        })
    }

    /// Normal resolutions have six hours of office time and wait for the customer.
    fn office_time() -> PolicyBook {
        let mut policy = Policy::shipped();
        let rule = policy.rules.get_mut(&ClockName::Resolution).unwrap();
        rule.targets = Targets::All { target: Some(Target::Open { minutes: 6 * 60 }) };
        PolicyBook::only(policy)
    }

    /// Assigned Thursday 10:00 (minute 120), waits for the customer from 11:00 until 14:00.
    fn waited() -> Sample {
        let mut sample = Sample::registered(60);
        sample.add(120, Action::Assign(Assignment { person: person(1), department: department(1) }));
        sample.add(180, progress(ProgressKind::WaitingForCustomer, "客户下午才能停机"));
        sample.add(360, progress(ProgressKind::WorkResumed, ""));
        sample
    }

    #[test]
    fn a_day_with_lunch_and_a_wait_is_told_stretch_by_stretch() {
        let (told, total) = said(&waited(), &office_time(), Locale::ZhCn, ClockName::Resolution, 400);
        assert_eq!(
            told,
            [
                "01 10:00 因“分派给 名单外的人员”（名单外的人员）开始计时。",
                "服务时限第 1 版：所有工单的“解决”时限为 6 小时工作时间。只计入日历“办公时间”（Asia/Shanghai）的工作时间。",
                "10:00 至 11:00 计入 1 小时。",
                "01 11:00 至 01 14:00 暂停计时：“等待客户”（名单外的人员），扣除 2 小时。",
                "客户下午才能停机",
                "12:00 至 13:00 休息，不计入。",
                "14:00 至 18:00 计入 4 小时。",
                "09:00 至 10:00 计入 1 小时。",
                "因此 02 10:00 到期。",
            ]
        );
        assert_eq!(total, "已用 1 小时 40 分钟，时限 6 小时");
    }

    #[test]
    fn of_a_ticket_that_never_was_the_times_are_told_and_nobody_is_named() {
        let (sample, book) = (waited(), office_time());
        let told = with_teller(&sample, &book, Locale::ZhCn, 400, |teller| {
            let clocks = domain::sla::clocks(&teller.ticket.timeline, &book);
            let clock = clocks.iter().find(|clock| clock.name() == ClockName::Resolution).unwrap();
            let ledger = explain(&teller.ticket.timeline, &book, clock.id, teller.now).unwrap();
            let teller = Teller { is_supposed: true, ..*teller };
            let told = teller.sentences(&ledger);
            told.into_iter()
                .flat_map(|said| std::iter::once(said.text).chain(said.evidence))
                .collect::<Vec<_>>()
        });
        assert_eq!(told[0], "假设从 01 10:00 开始计时。");
        assert!(told.contains(&"假设 01 11:00 至 01 14:00 暂停计时：“等待客户”，扣除 2 小时。".to_owned()));
        assert!(!told.iter().any(|said| said.contains("名单外的人员") || said.contains("下午")), "{told:?}");
    }

    #[test]
    fn every_hour_counts_by_the_shipped_levels_and_a_late_end_says_by_how_much() {
        let mut sample = Sample::registered(0);
        sample.add(0, Action::Assign(Assignment { person: person(1), department: department(1) }));
        sample.add(100, Action::SetUrgency(NewUrgency { urgency: Urgency::Urgent, reason: "停机".into() }));
        sample.add(25 * 60 + 5, done());
        let (told, total) = said(&sample, &PolicyBook::shipped(), Locale::En, ClockName::Resolution, 9_000);
        assert_eq!(
            told,
            [
                "Started 01 08:00 with “Assigned to Somebody not listed here”, recorded by Somebody not listed here.",
                "01 09:40: Somebody not listed here changed the urgency to “Urgent”. The time was reckoned again from the same start.",
                "停机",
                "Service levels, version 1: tickets of urgency “Urgent” have 24 h for “Resolution”. Every hour counts, nights, weekends and holidays included.",
                "From 01 08:00 to 02 08:00 it counted without a break: 24 h.",
                "So it was due 02 08:00.",
                "Stopped 02 09:05 with “Work completed”, recorded by Somebody not listed here: 1 h 5 min late.",
                "Found: 漏油",
                "Done: 换油封",
                "Responsible: Unknown",
            ]
        );
        assert_eq!(total, "25 h 5 min used of 24 h: 1 h 5 min too much");
    }

    #[test]
    fn what_counts_to_the_days_end_ends_at_24_00() {
        // The zone of these is UTC, and they are written as in Shanghai.
        let stretch = |from, until| Line::Counted { from: at(from), until: at(until), millis: 0 };
        let told = tell(&waited(), vec![stretch(960, 1_440), stretch(1_440, 1_500)], Locale::ZhCn);
        assert_eq!(told, ["00:00 至 24:00 计入 8 小时。", "08:00 至 09:00 计入 1 小时。"]);
    }

    #[test]
    fn days_off_in_a_row_are_one_sentence() {
        let sample = waited();
        let days = |first: i32, last: i32| (first..=last).map(Date::from_days);
        let name = |name: &str| Name(BTreeMap::from([("zh-CN".to_owned(), name.to_owned())]));
        let lines = days(1, 3).map(|date| Line::Holiday { date, name: name("春节") });
        let lines =
            lines.chain(days(4, 4).map(|date| Line::Holiday { date, name: name("元宵节") })).collect();
        let told = tell(&sample, lines, Locale::ZhCn);
        assert_eq!(told, ["02至04 春节放假，不计入。", "元宵节放假，不计入。"]);
    }

    fn tell(sample: &Sample, lines: Vec<Line>, locale: Locale) -> Vec<String> {
        let book = office_time();
        with_teller(sample, &book, locale, 400, |teller| {
            let clocks = domain::sla::clocks(&teller.ticket.timeline, &book);
            let clock: Clock = *clocks.iter().find(|clock| clock.name() == ClockName::Resolution).unwrap();
            let ledger =
                Ledger { clock, lines, used_ms: 0, target_ms: None, zone: Some(Zone::fixed("Z", 0)) };
            teller.sentences(&ledger).into_iter().map(|sentence| sentence.text).collect()
        })
    }

    fn every_line(by: ChangeId) -> Vec<Line> {
        let date = Date::from_days(1);
        let name = || Name(BTreeMap::from([("en".to_owned(), "Spring Festival".to_owned())]));
        let rule = |target| Line::Target {
            target,
            urgency: Urgency::Low,
            difficulty: Difficulty::Hard,
            policy: 1,
            contract: None,
            calendar: Some(name()),
        };
        let paused = |until| Line::Paused { from: at(1), until, waiting: Waiting::Parts, by, millis: 60_000 };
        let stopped = |late_ms| Line::Stopped { at: at(9), by, late_ms };
        vec![
            Line::Started { at: at(0), by },
            Line::UrgencyChanged { at: at(1), by, urgency: Urgency::Low },
            Line::DifficultyChanged { at: at(1), by, difficulty: Difficulty::Hard },
            Line::DepartmentChanged { at: at(1), by, department: department(1) },
            Line::PlanAgreed { at: at(1), by, deadline: Some(at(5)) },
            Line::PlanAgreed { at: at(1), by, deadline: None },
            Line::PolicyChanged { at: at(1), version: 2 },
            rule(Target::Calendar { minutes: 90 }),
            rule(Target::Open { minutes: 90 }),
            rule(Target::Workdays { days: 3 }),
            Line::Set { due: at(5), policy: 1 },
            Line::BeforeVisit { visit: at(5), minutes: 120, policy: 1 },
            Line::Open { policy: 1 },
            Line::Opened { from: at(0), at: at(1) },
            Line::Closed { from: date, until: date },
            Line::Closed { from: date, until: date.plus(1) },
            Line::Holiday { date, name: Name::default() },
            Line::Holiday { date: date.plus(7), name: name() },
            Line::MakeUp { date, name: name() },
            Line::MakeUp { date, name: Name::default() },
            Line::SpecialHours { date, name: name() },
            Line::SpecialHours { date, name: Name::default() },
            Line::Counted { from: at(0), until: at(60), millis: 3_600_000 },
            Line::Break { from: at(0), until: at(60) },
            Line::Days { from: date, until: date.plus(9), open: 7, millis: 60_000 },
            paused(None),
            paused(Some(at(3))),
            Line::HolidaysUnknownAfter { date },
            Line::Due { at: at(3) },
            Line::Due { at: at(9_000) },
            stopped(None),
            stopped(Some(-1)),
            stopped(Some(60_000)),
            Line::Withdrawn { at: at(9), by },
        ]
    }

    #[test]
    fn every_line_has_a_sentence_of_its_own_in_every_language() {
        let sample = waited();
        let by = sample.document.log()[1].change.id;
        let mut all = Vec::new();
        for locale in Locale::ALL {
            let told = tell(&sample, every_line(by), locale);
            assert_eq!(told.len(), every_line(by).len());
            assert!(told.iter().all(|text| !text.trim().is_empty() && !text.contains('{')), "{told:?}");
            all.extend(told);
        }
        // Some short ones are the same in both kinds of Chinese characters; none may repeat within a language.
        for told in all.chunks(every_line(by).len()) {
            let distinct: std::collections::BTreeSet<_> = told.iter().collect();
            assert_eq!(distinct.len(), told.len(), "{told:?}");
        }
    }

    #[test]
    fn what_is_taken_back_says_what_was_seen_what_happened_and_when_it_arrived() {
        let mut sample = Sample::registered(0);
        sample.add(0, Action::Assign(Assignment { person: person(1), department: department(1) }));
        sample.add(80 * 60, Action::Comment(domain::ticket::Comment { text: "超时了吗？".into() }));
        sample.add_arriving(70 * 60, 90 * 60, done());
        let ticket = sample.ticket();
        let book = PolicyBook::shipped();
        let found = domain::sla::corrections(ticket.id, sample.document.log(), &book);
        let of_resolution: Vec<_> =
            found.iter().filter(|correction| correction.clock.name == ClockName::Resolution).collect();
        assert_eq!(of_resolution.len(), 1);
        let told = with_teller(&sample, &book, Locale::ZhCn, 100 * 60, |teller| {
            teller.correction(of_resolution[0]).text
        });
        assert_eq!(
            told,
            "从 04 16:00 到 05 02:00 曾显示为超时，现已撤回：“完工”（名单外的人员）发生于 04 06:00，05 02:00 才送达服务器。"
        );
    }

    #[test]
    fn lengths_are_told_to_the_second_and_open_time_never_in_days() {
        let zh = Words(Locale::ZhCn);
        assert_eq!(exact(0, true, zh), "0 分钟");
        assert_eq!(exact(13_000, true, zh), "13 秒");
        assert_eq!(exact(Timestamp::DAY_MS + Timestamp::MINUTE_MS, true, zh), "1 天 1 分钟");
        assert_eq!(exact(Timestamp::DAY_MS + Timestamp::MINUTE_MS, false, zh), "24 小时 1 分钟");
        assert_eq!(minutes(72 * 60, zh), "72 小时");
        assert_eq!(target(Target::Workdays { days: 1 }, Words(Locale::En)), "1 working day");
    }

    #[test]
    fn a_milestone_is_called_by_its_title() {
        let mut sample = waited();
        let plan = sample.add(
            400,
            Action::AgreePlan(Box::new(domain::ticket::Plan {
                measures: "换".into(),
                agreed_with: "王丽".into(),
                deadline: None,
                milestones: vec![domain::ticket::Milestone { title: "到货".into(), due: at(900) }],
            })),
        );
        let clock = ClockId { name: ClockName::Milestone, cycle: 1, origin: Some((plan, 0)) };
        assert_eq!(clock_title(&sample.ticket(), clock, Words(Locale::ZhCn)), "节点“到货”");
        let (told, _) = said(&sample, &PolicyBook::shipped(), Locale::ZhCn, ClockName::Milestone, 450);
        assert!(
            told.contains(&"按服务时限第 1 版，节点时间由方案确定：承诺 01 23:00 前达成。".to_owned()),
            "{told:?}"
        );
        let run = domain::sla::clocks(&sample.ticket().timeline, &PolicyBook::shipped());
        assert!(run.iter().any(|clock| matches!(clock.deadline, Deadline::Set { .. })));
    }
}
