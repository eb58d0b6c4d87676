//! How bad the world of a seed is. Each seed has its own subset of faults, each at a rate of its own: where everything goes wrong
//! at once, nothing comes far enough to go wrong in an interesting way.

use domain::Timestamp;

use crate::dice::Dice;

/// So many times in a million.
type Rate = u32;

/// The faults of one seed.
#[derive(Debug, Clone)]
pub(crate) struct Faults {
    /// A request never reaches the server.
    pub(crate) lose_request: Rate,
    /// An answer never reaches the device.
    pub(crate) lose_answer: Rate,
    /// A request reaches the server twice.
    pub(crate) repeat: Rate,
    /// A request reaches the server again hours later.
    pub(crate) repeat_late: Rate,
    /// A request takes up to half an hour: the device has given up by then.
    pub(crate) dawdle: Rate,
    /// A push waits at the server for others and is judged with them.
    pub(crate) gather: Rate,
    /// An event is lost, and the next one of its ticket is not.
    pub(crate) lose_event: Rate,
    /// How long a message is under way.
    pub(crate) latency_ms: (i64, i64),
    /// The app ends without warning while it keeps something.
    pub(crate) crash_in_keeping: Rate,
    /// A device's store refuses.
    pub(crate) store_fails: Rate,
    /// The server is killed over a push.
    pub(crate) server_dies: Rate,
    /// The server's disk is full when a push comes.
    pub(crate) server_full: Rate,
    /// How often each of these comes about in the whole story.
    pub(crate) partitions: u64,
    pub(crate) crashes: u64,
    pub(crate) clock_jumps: u64,
    pub(crate) stream_cuts: u64,
    pub(crate) server_restarts: u64,
    pub(crate) people_changes: u64,
    /// Not a fault: the office looks at what is parked.
    pub(crate) decisions: u64,
    pub(crate) backups: u64,
    pub(crate) restores: u64,
    pub(crate) copies: u64,
    pub(crate) attacks: u64,
    pub(crate) database_hurts: u64,
    pub(crate) journal_hurts: u64,
    /// Whether devices' clocks are wrong by years.
    pub(crate) wild_clocks: bool,
    /// Whether some lines carry only small pages.
    pub(crate) narrow_lines: bool,
}

impl Faults {
    /// Draws what goes wrong.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let slow = dice.percent(20);
        let backups = count(dice, 4);
        Self {
            lose_request: rate(dice, 300_000),
            lose_answer: rate(dice, 500_000),
            repeat: rate(dice, 300_000),
            repeat_late: rate(dice, 200_000),
            dawdle: rate(dice, 200_000),
            gather: rate(dice, 500_000),
            lose_event: rate(dice, 200_000),
            latency_ms: if slow { (500, 12_000) } else { (5, 400) },
            crash_in_keeping: rate(dice, 60_000),
            store_fails: rate(dice, 60_000),
            server_dies: rate(dice, 60_000),
            server_full: rate(dice, 100_000),
            partitions: count(dice, 8),
            crashes: count(dice, 8),
            clock_jumps: count(dice, 6),
            stream_cuts: count(dice, 8),
            server_restarts: count(dice, 4),
            people_changes: count(dice, 6),
            decisions: count(dice, 12),
            backups,
            restores: if backups > 0 && dice.percent(20) { 1 + dice.below(2) } else { 0 },
            copies: u64::from(dice.percent(10)),
            attacks: if dice.percent(4) { 1 + dice.below(6) } else { 0 },
            database_hurts: count(dice, 6),
            journal_hurts: count(dice, 6),
            wild_clocks: dice.percent(30),
            narrow_lines: dice.percent(30),
        }
    }

    /// A world in which everything is well, from now on.
    pub(crate) fn end(&mut self) {
        *self = Self {
            lose_request: 0,
            lose_answer: 0,
            repeat: 0,
            repeat_late: 0,
            dawdle: 0,
            gather: 0,
            lose_event: 0,
            latency_ms: (5, 400),
            crash_in_keeping: 0,
            store_fails: 0,
            server_dies: 0,
            server_full: 0,
            ..*self
        };
    }

    /// How wrong a device's clock is.
    pub(crate) fn clock_error_ms(&self, dice: &mut Dice) -> i64 {
        const TEN_YEARS_MS: i64 = 3_650 * Timestamp::DAY_MS;
        let worst = if self.wild_clocks { TEN_YEARS_MS } else { Timestamp::HOUR_MS };
        let error = dice.spread(1_000, worst);
        if dice.percent(50) { error } else { -error }
    }
}

fn rate(dice: &mut Dice, worst: Rate) -> Rate {
    if dice.percent(50) {
        return 0;
    }
    u32::try_from(dice.spread(1_000, worst.into())).expect("what is below a rate is a rate")
}

fn count(dice: &mut Dice, most: u64) -> u64 {
    if dice.percent(50) { 0 } else { 1 + dice.below(most) }
}
