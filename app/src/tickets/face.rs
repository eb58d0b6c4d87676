//! How a clock looks at an instant: its state, its figures, how much of its time is used. Reckoned without a browser.

use domain::Timestamp;
use domain::sla::{Clock, ClockName, Deadline};
use domain::ticket::{CardClock, CardLeft};

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
    /// Standing still, while the work waits.
    Paused,
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
            Self::Paused => "paused",
            Self::Open | Self::Withdrawn => "idle",
        }
    }

    /// The icon in the ring's place; nothing where the ring itself is shown.
    pub const fn glyph(self) -> Option<&'static str> {
        match self {
            Self::Overdue => Some("clock-overdue"),
            Self::Missed => Some("close"),
            Self::Met => Some("check"),
            Self::Paused => Some("pause"),
            Self::Running | Self::Soon | Self::Open | Self::Withdrawn => None,
        }
    }
}

/// What is needed to draw a clock at any instant: of a ticket's clock or of a card's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dial {
    /// What it measures.
    pub name: ClockName,
    /// When it started.
    pub started: Timestamp,
    /// How far it has come.
    pub hand: Hand,
}

/// How far a clock has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// It runs, and is due then; if ever.
    Runs(Option<Timestamp>),
    /// It stands still, with so many milliseconds left of so many; if it has any.
    StandsStill(Option<(i64, i64)>),
    /// It stopped then, and was due then; if ever.
    Stopped(Timestamp, Option<Timestamp>),
    /// It no longer counts.
    Withdrawn,
}

impl From<&Clock> for Dial {
    fn from(clock: &Clock) -> Self {
        let hand = match (clock.stopped, clock.withdrawn, clock.paused) {
            (Some(stopped), _, _) => Hand::Stopped(stopped, clock.due),
            (None, Some(_), _) => Hand::Withdrawn,
            // Past its due time it runs on, whatever the work waits for.
            (None, None, Some(paused)) if clock.due.is_none() => Hand::StandsStill(match clock.deadline {
                Deadline::Target { millis, .. } => paused.left_ms.map(|left| (left, millis)),
                _ => None,
            }),
            (None, None, _) => Hand::Runs(clock.due),
        };
        Self { name: clock.name(), started: clock.started, hand }
    }
}

impl From<&CardClock> for Dial {
    fn from(clock: &CardClock) -> Self {
        let hand = match clock.left {
            CardLeft::Due(due) => Hand::Runs(Some(due)),
            CardLeft::Paused { left_ms, of_ms } => Hand::StandsStill(Some((left_ms, of_ms))),
        };
        Self { name: clock.name, started: clock.started, hand }
    }
}

impl Dial {
    /// By when it is or was due.
    pub const fn due(&self) -> Option<Timestamp> {
        match self.hand {
            Hand::Runs(due) | Hand::Stopped(_, due) => due,
            Hand::StandsStill(_) | Hand::Withdrawn => None,
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
    /// The face of a clock at `now`.
    pub fn of(dial: &Dial, now: Timestamp) -> Self {
        let without = |state| Self { state, span: None, used_percent: 0 };
        match dial.hand {
            Hand::Withdrawn => without(FaceState::Withdrawn),
            Hand::Runs(None) => without(FaceState::Open),
            Hand::StandsStill(None) => without(FaceState::Paused),
            Hand::Stopped(_, None) => without(FaceState::Met),
            Hand::StandsStill(Some((left_ms, of_ms))) => Self {
                state: FaceState::Paused,
                span: Some(Span::of_millis(left_ms)),
                used_percent: percent(of_ms.saturating_sub(left_ms), of_ms),
            },
            Hand::Runs(Some(due)) => {
                let face = Self::between(dial.started, due, now);
                let state = match face.used_percent {
                    _ if now > due => FaceState::Overdue,
                    SOON_PERCENT.. => FaceState::Soon,
                    _ => FaceState::Running,
                };
                Self { state, ..face }
            }
            Hand::Stopped(stopped, Some(due)) => {
                let state = if stopped > due { FaceState::Missed } else { FaceState::Met };
                Self { state, ..Self::between(dial.started, due, stopped) }
            }
        }
    }

    fn between(started: Timestamp, due: Timestamp, until: Timestamp) -> Self {
        Self {
            state: FaceState::Running,
            span: Some(Span::of_millis(due.millis_since(until))),
            used_percent: percent(until.millis_since(started), due.millis_since(started)),
        }
    }

    /// What the chip shows.
    pub fn figure(&self, words: Words) -> String {
        match (self.state, self.span) {
            (FaceState::Overdue, Some(span)) => words.clock_over(span.figure(words)),
            (FaceState::Missed, Some(span)) => words.clock_missed_by(span.figure(words)),
            (FaceState::Met, _) => words.clock_met().to_owned(),
            (FaceState::Running | FaceState::Soon | FaceState::Paused, Some(span)) => span.figure(words),
            (FaceState::Paused, None) => words.clock_paused().to_owned(),
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
            (FaceState::Paused, Some(span)) => words.clock_says_paused(name, span.said(words)),
            (FaceState::Paused, None) => words.clock_says_paused_open(name),
            _ => words.clock_says_open(name),
        }
    }
}

fn percent(used: i64, total: i64) -> u8 {
    u8::try_from((i128::from(used) * 100 / i128::from(total.max(1))).clamp(0, 100)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    const ZH: Words = Words(Locale::ZhCn);

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(minute * Timestamp::MINUTE_MS)
    }

    fn dial(hand: Hand) -> Dial {
        Dial { name: ClockName::Resolution, started: at(0), hand }
    }

    fn runs(due: i64) -> Dial {
        dial(Hand::Runs(Some(at(due))))
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
        let clock = runs(100);
        assert_eq!(Face::of(&clock, at(74)).state, FaceState::Running);
        assert_eq!(Face::of(&clock, at(75)).state, FaceState::Soon);
        assert_eq!(Face::of(&clock, at(100)).state, FaceState::Soon);
        let late = Face::of(&clock, at(180));
        assert_eq!((late.state, late.used_percent), (FaceState::Overdue, 100));
        assert_eq!(late.figure(ZH), "+1:20");
    }

    #[test]
    fn a_clock_that_stopped_late_says_by_how_much_however_late_it_is_looked_at() {
        let face = Face::of(&dial(Hand::Stopped(at(135), Some(at(100)))), at(9_000));
        assert_eq!(face.state, FaceState::Missed);
        assert_eq!(face.figure(ZH), "超 0:35");
    }

    #[test]
    fn a_clock_without_a_deadline_shows_no_figure() {
        let face = Face::of(&dial(Hand::Runs(None)), at(9_000));
        assert_eq!((face.state, face.figure(ZH)), (FaceState::Open, "—".to_owned()));
        assert_eq!(Face::of(&dial(Hand::Stopped(at(5), None)), at(9_000)).state, FaceState::Met);
    }

    #[test]
    fn the_whole_sentence_names_clock_rest_and_due_time() {
        let face = Face::of(&runs(161), at(0));
        assert_eq!(face.sentence("解决", "周二 09:40", ZH), "解决时限：还剩 2 小时 41 分钟，周二 09:40 到期");
    }

    #[test]
    fn what_is_left_of_a_paused_clock_stands_still() {
        let minutes = |minutes| minutes * Timestamp::MINUTE_MS;
        let clock = dial(Hand::StandsStill(Some((minutes(161), minutes(240)))));
        let (early, late) = (Face::of(&clock, at(1)), Face::of(&clock, at(9_000)));
        assert_eq!(early, late);
        assert_eq!(
            (late.state, late.used_percent, late.figure(ZH)),
            (FaceState::Paused, 32, "2:41".to_owned())
        );
        assert_eq!(late.sentence("解决", "", ZH), "解决时限：暂停计时，还剩 2 小时 41 分钟");
        assert_eq!(Face::of(&dial(Hand::StandsStill(None)), at(5)).figure(ZH), "暂停");
    }

    #[test]
    fn a_ticket_and_its_card_draw_the_same_clock() {
        use crate::tickets::sample::Sample;
        use domain::sla::{PolicyBook, clocks};
        let sample = Sample::registered(0);
        let ticket = sample.ticket();
        let book = PolicyBook::shipped();
        let clocks: Vec<_> = clocks(&ticket.timeline, &book).iter().map(Dial::from).collect();
        let card = domain::ticket::Card::of(&ticket, &book);
        assert_eq!(card.clocks.iter().map(Dial::from).collect::<Vec<_>>(), clocks);
        assert_eq!(clocks.len(), 1);
    }
}
