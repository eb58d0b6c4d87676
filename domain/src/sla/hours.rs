//! Arithmetic on open time: how much of it lies between two instants, and when a given amount of it has passed.
//!
//! Everything rests on one function, the open time *before* an instant, and its two inverses. Ordinary weeks are reckoned
//! by division. What is not ordinary (special days, and the days around a change of the zone's offset) is worked out once,
//! as [`Block`]s; between two of them the ordinary week holds without exception. No question walks through days.

use std::collections::BTreeMap;
use std::ops::Range;

use super::calendar::Interval;
use super::date::{DAY, Date, weekday_of};
use super::zone::Zone;
use crate::Timestamp;

/// Instants and amounts beyond this (some 12,000 years either way) are not reckoned with.
const HORIZON: i64 = 4_400_000 * DAY;

/// The open time of a calendar.
#[derive(Debug, Clone)]
pub struct Hours {
    zone: Zone,
    week: OrdinaryWeek,
    special: BTreeMap<Date, Vec<Interval>>,
    blocks: Vec<Block>,
}

/// The ordinary week, with running totals.
#[derive(Debug, Clone)]
struct OrdinaryWeek {
    days: [Vec<Interval>; 7],
    /// Open milliseconds of the week before each day, and of the whole week.
    open_before: [i64; 8],
    /// Days of the week with open time before each day, and of the whole week.
    workdays_before: [i64; 8],
}

/// Days on end that are not all ordinary.
#[derive(Debug, Clone)]
struct Block {
    /// Days since 1970-01-01.
    days: Range<i64>,
    /// The instants at which the first day begins and the last one ends.
    from: i64,
    until: i64,
    /// Open stretches within, in order, apart from each other.
    open: Vec<Range<i64>>,
    /// Those of `days` that have open time.
    workdays: Vec<i64>,
    /// Totals before the block, and how the ordinary week's totals must be shifted after it.
    open_before: i64,
    workdays_before: i64,
    after: Shift,
}

/// What to add to the ordinary week's totals in a stretch of ordinary days, and the zone's offset there.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Shift {
    open: i64,
    workdays: i64,
    offset: i64,
}

impl OrdinaryWeek {
    fn new(days: [Vec<Interval>; 7]) -> Self {
        let (mut open_before, mut workdays_before) = ([0; 8], [0; 8]);
        for (weekday, hours) in days.iter().enumerate() {
            let open: i64 = hours.iter().map(|hours| hours.until.millis() - hours.from.millis()).sum();
            open_before[weekday + 1] = open_before[weekday] + open;
            workdays_before[weekday + 1] = workdays_before[weekday] + i64::from(open > 0);
        }
        Self { days, open_before, workdays_before }
    }

    const fn open(&self) -> i64 {
        self.open_before[7]
    }

    /// Open time before a wall time, since Monday 1969-12-29 if every week were ordinary.
    fn open_before(&self, wall: i64) -> i64 {
        let (day, time) = (wall.div_euclid(DAY), wall.rem_euclid(DAY));
        let weekday = weekday_of(day);
        let today: i64 = self.days[weekday]
            .iter()
            .map(|hours| time.clamp(hours.from.millis(), hours.until.millis()) - hours.from.millis())
            .sum();
        // Monday 1969-12-29 is day -3.
        (day + 3).div_euclid(7) * self.open() + self.open_before[weekday] + today
    }

    /// The first wall time before which `open` has passed. The week must have open time.
    fn first_with(&self, open: i64) -> i64 {
        // Between 1 and the whole week's, so that what a closing time completes is found there, not at the next opening.
        let week = (open - 1).div_euclid(self.open());
        let rest = open - week * self.open();
        let weekday = self.open_before[1..].partition_point(|before| *before < rest);
        let mut left = rest - self.open_before[weekday];
        let midnight = (week * 7 - 3 + weekday as i64) * DAY;
        for hours in &self.days[weekday] {
            let length = hours.until.millis() - hours.from.millis();
            if left <= length {
                return midnight + hours.from.millis() + left;
            }
            left -= length;
        }
        midnight + DAY
    }

    /// The last wall time before which no more than `open` has passed. The week must have open time.
    fn last_with(&self, open: i64) -> i64 {
        let week = open.div_euclid(self.open());
        let rest = open - week * self.open();
        let weekday = self.open_before[1..].partition_point(|before| *before <= rest);
        let mut left = rest - self.open_before[weekday];
        let midnight = (week * 7 - 3 + weekday as i64) * DAY;
        for hours in &self.days[weekday] {
            let length = hours.until.millis() - hours.from.millis();
            if left < length {
                return midnight + hours.from.millis() + left;
            }
            left -= length;
        }
        midnight + DAY
    }

    fn workdays_before(&self, day: i64) -> i64 {
        (day + 3).div_euclid(7) * self.workdays_before[7] + self.workdays_before[weekday_of(day)]
    }

    /// The day that is the `count`th with open time. The week must have such days.
    fn workday(&self, count: i64) -> i64 {
        let in_week = self.workdays_before[7];
        let week = (count - 1).div_euclid(in_week);
        let rest = count - week * in_week;
        let weekday = self.workdays_before[1..].partition_point(|before| *before < rest);
        week * 7 - 3 + weekday as i64
    }
}

impl Block {
    fn new(days: Range<i64>, zone: &Zone, hours_of: impl Fn(i64) -> Vec<Range<i64>>) -> Self {
        let mut open = Vec::new();
        let mut workdays = Vec::new();
        for day in days.clone() {
            let hours = hours_of(day);
            if !hours.is_empty() {
                workdays.push(day);
            }
            open.extend(hours);
        }
        Self {
            from: zone.instant(days.start * DAY),
            until: zone.instant(days.end * DAY),
            open: apart(open),
            workdays,
            days,
            open_before: 0,
            workdays_before: 0,
            after: Shift { open: 0, workdays: 0, offset: 0 },
        }
    }

    fn total(&self) -> i64 {
        self.open.iter().map(|open| open.end - open.start).sum()
    }

    fn open_before(&self, at: i64) -> i64 {
        let passed = |open: &Range<i64>| at.clamp(open.start, open.end) - open.start;
        self.open_before + self.open.iter().map(passed).sum::<i64>()
    }

    /// The first instant before which `open` has passed, if it lies in an open stretch of this block.
    fn first_with(&self, open: i64) -> Option<i64> {
        let mut left = open - self.open_before;
        self.open.iter().find_map(|stretch| {
            let length = stretch.end - stretch.start;
            if left <= length {
                return Some(stretch.start + left);
            }
            left -= length;
            None
        })
    }

    /// The last instant before which no more than `open` has passed, if it lies in an open stretch of this block.
    fn last_with(&self, open: i64) -> Option<i64> {
        let mut left = open - self.open_before;
        self.open.iter().find_map(|stretch| {
            let length = stretch.end - stretch.start;
            if left < length {
                return Some(stretch.start + left);
            }
            left -= length;
            None
        })
    }
}

/// Stretches in order, joined where they touch or overlap.
fn apart(mut stretches: Vec<Range<i64>>) -> Vec<Range<i64>> {
    stretches.sort_unstable_by_key(|stretch| (stretch.start, stretch.end));
    let mut joined: Vec<Range<i64>> = Vec::with_capacity(stretches.len());
    for stretch in stretches {
        match joined.last_mut() {
            Some(last) if stretch.start <= last.end => last.end = last.end.max(stretch.end),
            _ => joined.push(stretch),
        }
    }
    joined
}

impl Hours {
    /// Works a calendar out. Intervals of one day must be in order and apart.
    pub(super) fn new(zone: Zone, week: [Vec<Interval>; 7], special: BTreeMap<Date, Vec<Interval>>) -> Self {
        let mut hours = Self { zone, week: OrdinaryWeek::new(week), special, blocks: Vec::new() };
        let mut blocks: Vec<Block> = hours
            .extraordinary()
            .into_iter()
            .map(|days| Block::new(days, &hours.zone, |day| hours.day(day)))
            .collect();
        let mut shift = hours.shift_before_all();
        for block in &mut blocks {
            block.open_before = shift.open + hours.week.open_before(block.days.start * DAY);
            block.workdays_before = shift.workdays + hours.week.workdays_before(block.days.start);
            let workdays = i64::try_from(block.workdays.len()).unwrap_or(i64::MAX);
            shift = Shift {
                open: block.open_before + block.total() - hours.week.open_before(block.days.end * DAY),
                workdays: block.workdays_before + workdays - hours.week.workdays_before(block.days.end),
                offset: block.days.end * DAY - block.until,
            };
            block.after = shift;
        }
        hours.blocks = blocks;
        hours
    }

    /// Every hour of every day.
    pub fn always() -> Self {
        let all_day = vec![Interval { from: super::TimeOfDay::MIDNIGHT, until: super::TimeOfDay::END }];
        Self::new(Zone::utc(), std::array::from_fn(|_| all_day.clone()), BTreeMap::new())
    }

    fn shift_before_all(&self) -> Shift {
        Shift { open: 0, workdays: 0, offset: i64::from(self.zone.offset) * 1_000 }
    }

    /// The days that are not ordinary, joined where they touch.
    fn extraordinary(&self) -> Vec<Range<i64>> {
        let special = self.special.keys().map(|date| i64::from(date.days())..i64::from(date.days()) + 1);
        // A jump of the wall clock can carry hours of one day into its neighbours.
        let jumps = self.zone.jumps().map(|(before, after)| {
            before.min(after).div_euclid(DAY) - 1..before.max(after).div_euclid(DAY) + 2
        });
        apart(special.chain(jumps).collect())
    }

    /// The open stretches of one day. A date that the zone skips altogether has none.
    fn day(&self, day: i64) -> Vec<Range<i64>> {
        let midnight = day * DAY;
        if self.zone.instant(midnight) >= self.zone.instant(midnight + DAY) {
            return Vec::new();
        }
        let date = i32::try_from(day).ok().map(Date::from_days);
        let special = date.and_then(|date| self.special.get(&date));
        let hours = special.unwrap_or(&self.week.days[weekday_of(day)]);
        let stretches = hours.iter().map(|hours| {
            self.zone.instant(midnight + hours.from.millis())
                ..self.zone.instant(midnight + hours.until.millis())
        });
        stretches.filter(|stretch| !stretch.is_empty()).collect()
    }

    /// The zone whose wall clock the hours are read from.
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The date that the wall clock shows at an instant.
    pub fn date(&self, at: Timestamp) -> Date {
        let day = self.zone.wall(at).div_euclid(DAY);
        Date::from_days(i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX }))
    }

    /// The open stretches between the beginning of a date and that of the next, as instants, in order and apart.
    pub fn on(&self, date: Date) -> Vec<Range<Timestamp>> {
        let day = i64::from(date.days());
        let (begins, ends) = (self.zone.instant(day * DAY), self.zone.instant((day + 1) * DAY));
        // A jump of the wall clock can carry hours of one day into its neighbours.
        let around = (day - 1..=day + 1).flat_map(|day| self.day(day)).collect();
        let within = apart(around).into_iter().map(|open| open.start.max(begins)..open.end.min(ends));
        let instants = within.filter(|open| !open.is_empty());
        instants.map(|open| Timestamp::from_millis(open.start)..Timestamp::from_millis(open.end)).collect()
    }

    /// How many dates from `from` until before `until` have open time.
    pub fn workdays(&self, from: Date, until: Date) -> i64 {
        let before = |date: Date| self.workdays_before(i64::from(date.days()));
        (before(until) - before(from)).max(0)
    }

    /// The instant at which a date begins.
    pub fn midnight(&self, date: Date) -> Timestamp {
        Timestamp::from_millis(self.zone.instant(i64::from(date.days()) * DAY))
    }

    /// Open time before an instant, from a fixed beginning.
    fn open_before(&self, at: i64) -> i64 {
        let at = at.clamp(-HORIZON, HORIZON);
        let passed = self.blocks.partition_point(|block| block.from <= at);
        let shift = match passed.checked_sub(1).map(|last| &self.blocks[last]) {
            Some(block) if at < block.until => return block.open_before(at),
            Some(block) => block.after,
            None => self.shift_before_all(),
        };
        shift.open + self.week.open_before(at.saturating_add(shift.offset))
    }

    /// The first instant before which `open` has passed; nothing if the calendar has never been open that long.
    fn first_with(&self, open: i64) -> Option<i64> {
        let passed = self.blocks.partition_point(|block| block.open_before < open);
        let last = passed.checked_sub(1).map(|last| &self.blocks[last]);
        if let Some(instant) = last.and_then(|block| block.first_with(open)) {
            return Some(instant);
        }
        let shift = last.map_or(self.shift_before_all(), |block| block.after);
        (self.week.open() > 0).then(|| self.week.first_with(open - shift.open) - shift.offset)
    }

    /// The last instant before which no more than `open` has passed; nothing if the calendar never opens again.
    fn last_with(&self, open: i64) -> Option<i64> {
        let passed = self.blocks.partition_point(|block| block.open_before <= open);
        let last = passed.checked_sub(1).map(|last| &self.blocks[last]);
        if let Some(instant) = last.and_then(|block| block.last_with(open)) {
            return Some(instant);
        }
        let shift = last.map_or(self.shift_before_all(), |block| block.after);
        (self.week.open() > 0).then(|| self.week.last_with(open - shift.open) - shift.offset)
    }

    /// Whether it is open at an instant. A closing time is closed.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.next_open(at) == Some(at)
    }

    /// The instant itself if it is open then, else the next opening; nothing if it never opens again.
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        self.last_with(self.open_before(at.as_millis())).map(Timestamp::from_millis)
    }

    /// Milliseconds of open time from `start` to `end`; 0 if `end` is not after `start`.
    pub fn between(&self, start: Timestamp, end: Timestamp) -> i64 {
        (self.open_before(end.as_millis()) - self.open_before(start.as_millis())).max(0)
    }

    /// The instant at which `millis` of open time have passed since `start`.
    ///
    /// What is complete at a closing time stays there. Nothing at all, outside hours, lasts until the next opening. A
    /// negative amount goes back. Nothing if the calendar is never open that long.
    pub fn add(&self, start: Timestamp, millis: i64) -> Option<Timestamp> {
        if !(-HORIZON..=HORIZON).contains(&millis) {
            return None;
        }
        let before = self.open_before(start.as_millis());
        let instant = match millis {
            0 => self.last_with(before),
            1.. => self.first_with(before + millis),
            _ => self.last_with(before + millis),
        };
        instant.filter(|instant| (-HORIZON..=HORIZON).contains(instant)).map(Timestamp::from_millis)
    }

    /// The instant from which `millis` of open time pass until `end`: [`add`](Self::add) mirrored. Nothing at all, outside
    /// hours, goes back to the last closing time.
    pub fn sub(&self, end: Timestamp, millis: i64) -> Option<Timestamp> {
        if millis == 0 && !self.is_open(end) {
            return self.first_with(self.open_before(end.as_millis())).map(Timestamp::from_millis);
        }
        self.add(end, millis.checked_neg()?)
    }

    /// The same wall time on the `days`th day with open time after `start`, or the next opening if that day is closed then.
    /// `start` is first moved to the next opening.
    pub fn add_workdays(&self, start: Timestamp, days: u32) -> Option<Timestamp> {
        let start = self.next_open(start)?;
        let wall = self.zone.wall(start);
        let (day, time) = (wall.div_euclid(DAY), wall.rem_euclid(DAY));
        let target = self.workday(self.workdays_before(day + 1) + i64::from(days))?;
        // Nothing to count and the day at hand has no hours (they run over from the day before): it stays where it is.
        let target = if days == 0 { day } else { target };
        self.next_open(Timestamp::from_millis(self.zone.instant(target * DAY + time)))
    }

    /// How many days with open time there are before a day, from a fixed beginning.
    fn workdays_before(&self, day: i64) -> i64 {
        let passed = self.blocks.partition_point(|block| block.days.start < day);
        match passed.checked_sub(1).map(|last| &self.blocks[last]) {
            Some(block) if day < block.days.end => {
                let within = block.workdays.partition_point(|workday| *workday < day);
                block.workdays_before + i64::try_from(within).unwrap_or(i64::MAX)
            }
            Some(block) => block.after.workdays + self.week.workdays_before(day),
            None => self.week.workdays_before(day),
        }
    }

    /// The `count`th day with open time, from the same beginning.
    fn workday(&self, count: i64) -> Option<i64> {
        let passed = self.blocks.partition_point(|block| block.workdays_before < count);
        let last = passed.checked_sub(1).map(|last| &self.blocks[last]);
        if let Some(block) = last {
            let within = usize::try_from(count - block.workdays_before - 1).ok()?;
            if let Some(day) = block.workdays.get(within) {
                return Some(*day);
            }
        }
        let shift = last.map_or(0, |block| block.after.workdays);
        (self.week.workdays_before[7] > 0).then(|| self.week.workday(count - shift))
    }
}
