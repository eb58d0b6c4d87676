//! How a clock looks at an instant: its state, its figures, how much of its time is used. Reckoned without a browser.

use domain::Timestamp;
use domain::sla::{Clock, ClockName, ClockState, Policy, Targets};
use domain::ticket::{Card, CardClock, Urgency};

use crate::i18n::Words;

/// The share of its time, in per cent, from which a running clock asks for attention.
const SOON_PERCENT: u8 = 75;

/// A length of time in whole minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    minutes: u64,
}

impl Span {
    /// The length of so many milliseconds, backwards or forwards; a minute that has only begun doesn't count.
    pub const fn of_millis(millis: i64) -> Self {
        Self { minutes: millis.unsigned_abs() / Timestamp::MINUTE_MS.unsigned_abs() }
    }

    /// Whole days, the hours left over, and the minutes left over from those.
    pub const fn split(self) -> (u64, u64, u64) {
        (self.minutes / 1_440, self.minutes % 1_440 / 60, self.minutes % 60)
    }

    /// As short as a chip needs it: `2:41`, from a day on `2 天 4 小时`.
    pub fn figure(self, words: Words) -> String {
        match self.split() {
            (0, hours, minutes) => format!("{hours}:{minutes:02}"),
            (days, 0, _) => words.span_days(days),
            (days, hours, _) => words.span_days_short(days, hours),
        }
    }

    /// As it is said: `2 小时 41 分`.
    pub fn said(self, words: Words) -> String {
        match self.split() {
            (0, 0, minutes) => words.span_minutes(minutes),
            (0, hours, 0) => words.span_hours(hours),
            (0, hours, minutes) => words.span_hours_minutes(hours, minutes),
            (days, 0, _) => words.span_days(days),
            (days, hours, _) => words.span_days_hours(days, hours),
        }
    }

    /// For `<time datetime>`.
    pub fn iso(self) -> String {
        let (days, hours, minutes) = self.split();
        format!("P{days}DT{hours}H{minutes}M")
    }
}

/// How a clock stands, as far as a reader tells the states apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaceState {
    /// Running, past its due time.
    Overdue,
    /// Running, most of its time used.
    Soon,
    /// Running.
    Running,
    /// Running without a deadline.
    Open,
    /// Stopped too late.
    Missed,
    /// Stopped in time.
    Met,
    /// No longer counts.
    Withdrawn,
}

impl FaceState {
    /// The state's name in the style sheets.
    pub const fn style(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Soon => "soon",
            Self::Running => "running",
            Self::Missed => "missed",
            Self::Met => "met",
            Self::Open | Self::Withdrawn => "idle",
        }
    }

    /// The icon in the ring's place; nothing where the ring itself is shown.
    pub const fn glyph(self) -> Option<&'static str> {
        match self {
            Self::Overdue => Some("clock-overdue"),
            Self::Missed => Some("close"),
            Self::Met => Some("check"),
            Self::Running | Self::Soon | Self::Open | Self::Withdrawn => None,
        }
    }
}

/// The face of one clock at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Face {
    /// How it stands.
    pub state: FaceState,
    /// What is left, or by how much it is late; nothing without a deadline or when it no longer counts.
    pub span: Option<Span>,
    /// The share of its time that is used, in per cent.
    pub used_percent: u8,
}

impl Face {
    /// The face of `clock` at `now`.
    pub fn of(clock: &Clock, now: Timestamp) -> Self {
        let state = clock.state(now);
        let Some(due) = clock.due.filter(|_| state != ClockState::Withdrawn) else {
            let state = match state {
                ClockState::Met | ClockState::Missed => FaceState::Met,
                ClockState::Withdrawn => FaceState::Withdrawn,
                ClockState::Running | ClockState::Overdue => FaceState::Open,
            };
            return Self { state, span: None, used_percent: 0 };
        };
        let until = clock.stopped.unwrap_or(now);
        let used_percent = used_percent(clock.started, due, until);
        let state = match state {
            ClockState::Overdue => FaceState::Overdue,
            ClockState::Missed => FaceState::Missed,
            ClockState::Met => FaceState::Met,
            _ if used_percent >= SOON_PERCENT => FaceState::Soon,
            _ => FaceState::Running,
        };
        Self { state, span: Some(Span::of_millis(due.millis_since(until))), used_percent }
    }

    /// What the chip shows.
    pub fn figure(&self, words: Words) -> String {
        match (self.state, self.span) {
            (FaceState::Overdue, Some(span)) => words.clock_over(span.figure(words)),
            (FaceState::Missed, Some(span)) => words.clock_missed_by(span.figure(words)),
            (FaceState::Met, _) => words.clock_met().to_owned(),
            (FaceState::Running | FaceState::Soon, Some(span)) => span.figure(words),
            _ => words.clock_none().to_owned(),
        }
    }

    /// The whole sentence about the clock. `due` is the due time as it is written.
    pub fn sentence(&self, name: &str, due: &str, words: Words) -> String {
        match (self.state, self.span) {
            (FaceState::Overdue, Some(span)) => words.clock_says_overdue(name, span.said(words), due),
            (FaceState::Missed, Some(span)) => words.clock_says_missed(name, span.said(words), due),
            (FaceState::Met, _) => words.clock_says_met(name),
            (FaceState::Running | FaceState::Soon, Some(span)) => {
                words.clock_says_left(name, span.said(words), due)
            }
            (FaceState::Withdrawn, _) => words.clock_says_withdrawn(name),
            _ => words.clock_says_open(name),
        }
    }
}

fn used_percent(started: Timestamp, due: Timestamp, until: Timestamp) -> u8 {
    let (total, used) = (due.millis_since(started).max(1), until.millis_since(started));
    u8::try_from((i128::from(used) * 100 / i128::from(total)).clamp(0, 100)).unwrap_or(100)
}

/// The target that the policy sets, in minutes.
pub fn target_minutes(policy: &Policy, name: ClockName, urgency: Urgency) -> Option<u32> {
    let Targets { urgent_minutes, normal_minutes, low_minutes } = match name {
        ClockName::FirstResponse => policy.first_response,
        ClockName::Resolution => policy.resolution,
        ClockName::ResultNotice => policy.result_notice,
        ClockName::Callback => policy.callback,
    };
    match urgency {
        Urgency::Urgent => urgent_minutes,
        Urgency::Normal => normal_minutes,
        Urgency::Low => low_minutes,
    }
}

/// A running clock of a card, with the start that its target implies: a card carries only what is due.
pub fn clock_of_card(card: &Card, running: &CardClock, policy: &Policy) -> Clock {
    let minutes = target_minutes(policy, running.name, card.urgency).unwrap_or_default();
    Clock {
        name: running.name,
        cycle: card.cycle,
        started: running.due.plus_millis(-i64::from(minutes) * Timestamp::MINUTE_MS),
        due: Some(running.due),
        stopped: None,
        withdrawn: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    const ZH: Words = Words(Locale::ZhCn);

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(minute * Timestamp::MINUTE_MS)
    }

    fn clock(due: Option<i64>, stopped: Option<i64>) -> Clock {
        Clock {
            name: ClockName::Resolution,
            cycle: 1,
            started: at(0),
            due: due.map(at),
            stopped: stopped.map(at),
            withdrawn: None,
        }
    }

    #[test]
    fn a_span_under_a_day_reads_like_a_clock_and_a_longer_one_in_days_and_hours() {
        assert_eq!(Span::of_millis(161 * Timestamp::MINUTE_MS).figure(ZH), "2:41");
        assert_eq!(Span::of_millis(5 * Timestamp::MINUTE_MS).figure(ZH), "0:05");
        assert_eq!(Span::of_millis(1_439 * Timestamp::MINUTE_MS).figure(ZH), "23:59");
        assert_eq!(
            Span::of_millis((2 * 1_440 + 4 * 60 + 59) * Timestamp::MINUTE_MS).figure(ZH),
            "2 天 4 小时"
        );
        assert_eq!(Span::of_millis(2 * 1_440 * Timestamp::MINUTE_MS).figure(ZH), "2 天");
    }

    #[test]
    fn a_span_is_said_without_parts_that_are_zero() {
        assert_eq!(Span::of_millis(120 * Timestamp::MINUTE_MS).said(ZH), "2 小时");
        assert_eq!(Span::of_millis(161 * Timestamp::MINUTE_MS).said(ZH), "2 小时 41 分钟");
        assert_eq!(Span::of_millis(1_441 * Timestamp::MINUTE_MS).said(ZH), "1 天");
        assert_eq!(Span::of_millis(-90_000).said(ZH), "1 分钟");
    }

    #[test]
    fn a_clock_asks_for_attention_from_three_quarters_on_and_is_overdue_after_its_due_minute() {
        let clock = clock(Some(100), None);
        assert_eq!(Face::of(&clock, at(74)).state, FaceState::Running);
        assert_eq!(Face::of(&clock, at(75)).state, FaceState::Soon);
        assert_eq!(Face::of(&clock, at(100)).state, FaceState::Soon);
        let late = Face::of(&clock, at(180));
        assert_eq!((late.state, late.used_percent), (FaceState::Overdue, 100));
        assert_eq!(late.figure(ZH), "+1:20");
    }

    #[test]
    fn a_clock_that_stopped_late_says_by_how_much_however_late_it_is_looked_at() {
        let face = Face::of(&clock(Some(100), Some(135)), at(9_000));
        assert_eq!(face.state, FaceState::Missed);
        assert_eq!(face.figure(ZH), "超 0:35");
    }

    #[test]
    fn a_clock_without_a_deadline_shows_no_figure() {
        let face = Face::of(&clock(None, None), at(9_000));
        assert_eq!((face.state, face.figure(ZH)), (FaceState::Open, "—".to_owned()));
        assert_eq!(Face::of(&clock(None, Some(5)), at(9_000)).state, FaceState::Met);
    }

    #[test]
    fn the_whole_sentence_names_clock_rest_and_due_time() {
        let face = Face::of(&clock(Some(161), None), at(0));
        assert_eq!(face.sentence("解决", "周二 09:40", ZH), "解决时限：还剩 2 小时 41 分钟，周二 09:40 到期");
    }

    #[test]
    fn a_cards_clock_starts_as_long_before_its_due_time_as_the_policy_gives() {
        let minutes = target_minutes(&Policy::default(), ClockName::FirstResponse, Urgency::Urgent);
        assert_eq!(minutes, Some(120));
        assert_eq!(target_minutes(&Policy::default(), ClockName::Resolution, Urgency::Low), None);
    }
}
