//! All running clocks at once, for the person who steers.

use std::sync::Arc;

use domain::Timestamp;
use domain::ticket::{Card, CardClock, CardLeft};

use super::filter::is_unassigned;
use crate::tickets::face::{Dial, Face, FaceState};

/// One clock that runs or stands still.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Running {
    /// The place of its ticket among the cards: thousands of clocks are sorted, few are drawn.
    place: usize,
    /// Which of its clocks, by its place on the card.
    pub nth: usize,
    /// The clock.
    pub clock: CardClock,
    /// How it stands.
    pub state: FaceState,
}

/// What a figure of the live view counts; chosen, it shows only those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tally {
    /// Clocks past their due time.
    Overdue,
    /// Clocks with most of their time used.
    Soon,
    /// Clocks that stand still.
    Paused,
    /// Tickets nobody is accountable for.
    Unassigned,
    /// Tickets in the green channel.
    GreenChannel,
    /// Open tickets.
    Open,
}

impl Tally {
    /// Every figure, in the order in which they stand.
    pub const ALL: [Self; 6] =
        [Self::Overdue, Self::Soon, Self::Paused, Self::Unassigned, Self::GreenChannel, Self::Open];
}

/// Everything the live view shows at one instant.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Wall {
    cards: Arc<Vec<Card>>,
    /// Every running clock, the longest overdue first.
    running: Vec<Running>,
    open: usize,
    unassigned: usize,
    green_channel: usize,
}

impl Wall {
    /// Reckons it at `now`.
    pub fn of(cards: Arc<Vec<Card>>, now: Timestamp) -> Self {
        let mut wall = Self { cards: Arc::clone(&cards), ..Self::default() };
        for (place, card) in cards.iter().enumerate() {
            let open = card.stage.is_open();
            wall.open += usize::from(open);
            wall.unassigned += usize::from(is_unassigned(card));
            wall.green_channel += usize::from(open && card.green_channel());
            // A closed ticket has clocks, too: what is still owed to the customer.
            wall.running.extend(card.clocks.iter().enumerate().map(|(nth, clock)| Running {
                place,
                nth,
                clock: *clock,
                state: Face::of(&Dial::from(clock), now).state,
            }));
        }
        wall.running.sort_by_cached_key(|Running { place, clock, .. }| {
            let card = &cards[*place];
            (order(clock), card.urgency, card.ticket, clock.name)
        });
        wall
    }

    /// The ticket of a clock.
    pub fn card(&self, running: &Running) -> &Card {
        &self.cards[running.place]
    }

    /// A figure.
    pub fn count(&self, tally: Tally) -> usize {
        let in_state = |state| self.running.iter().filter(|running| running.state == state).count();
        match tally {
            Tally::Overdue => in_state(FaceState::Overdue),
            Tally::Soon => in_state(FaceState::Soon),
            Tally::Paused => in_state(FaceState::Paused),
            Tally::Unassigned => self.unassigned,
            Tally::GreenChannel => self.green_channel,
            Tally::Open => self.open,
        }
    }

    /// The clocks behind a figure; all of them without one.
    pub fn shown(&self, tally: Option<Tally>) -> Vec<&Running> {
        let belongs = |running: &&Running| match tally {
            None | Some(Tally::Open) => true,
            Some(Tally::Overdue) => running.state == FaceState::Overdue,
            Some(Tally::Soon) => running.state == FaceState::Soon,
            Some(Tally::Paused) => running.state == FaceState::Paused,
            Some(Tally::Unassigned) => is_unassigned(self.card(running)),
            Some(Tally::GreenChannel) => self.card(running).green_channel(),
        };
        self.running.iter().filter(belongs).collect()
    }
}

/// What runs comes by its due time, so that the longest overdue is on top; what stands still after it, by what is left.
const fn order(clock: &CardClock) -> (bool, i64) {
    match clock.left {
        CardLeft::Due(due) => (false, due.as_millis()),
        CardLeft::Paused { left_ms, .. } => (true, left_ms),
    }
}

#[cfg(test)]
mod tests {
    use domain::sla::ClockName;
    use domain::ticket::{Flag, Stage};

    use super::*;
    use crate::tickets::sample::{card, minute};

    fn clock(name: ClockName, started: i64, due: i64) -> CardClock {
        CardClock { name, started: minute(started), left: CardLeft::Due(minute(due)) }
    }

    fn paused(left_ms: i64) -> CardClock {
        CardClock {
            name: ClockName::Resolution,
            started: minute(0),
            left: CardLeft::Paused { left_ms, of_ms: 100_000 },
        }
    }

    fn wall() -> Wall {
        let mut cards = vec![card(1), card(2), card(3), card(4)];
        cards[0].clocks = vec![clock(ClockName::FirstResponse, 0, 1_440), paused(90_000)];
        cards[1].clocks =
            vec![clock(ClockName::ResultNotice, 1_230, 1_290), clock(ClockName::Callback, 1_230, 9_000)];
        cards[1].flags.insert(Flag::ProductionStop);
        cards[2].stage = Stage::Closed;
        cards[2].clocks = vec![clock(ClockName::Recovery, 1_200, 1_260)];
        cards[3].stage = Stage::Closed;
        cards[3].clocks = vec![paused(5_000)];
        Wall::of(Arc::new(cards), minute(1_300))
    }

    #[test]
    fn every_clock_is_a_row_the_longest_overdue_on_top_and_those_that_stand_still_at_the_end() {
        let rows: Vec<_> =
            wall().running.iter().map(|running| (running.place, running.clock.name, running.state)).collect();
        assert_eq!(
            rows,
            [
                // Closed, and the supervisor still owes the customer a call.
                (2, ClockName::Recovery, FaceState::Overdue),
                (1, ClockName::ResultNotice, FaceState::Overdue),
                (0, ClockName::FirstResponse, FaceState::Soon),
                (1, ClockName::Callback, FaceState::Running),
                (3, ClockName::Resolution, FaceState::Paused),
                (0, ClockName::Resolution, FaceState::Paused),
            ]
        );
    }

    #[test]
    fn figures_count_clocks_and_tickets_and_choosing_one_shows_its_clocks() {
        let wall = wall();
        let counts = Tally::ALL.map(|tally| wall.count(tally));
        assert_eq!(counts, [2, 1, 2, 2, 1, 2]);
        assert_eq!(wall.shown(Some(Tally::Paused)).len(), 2);
        assert_eq!(wall.shown(Some(Tally::GreenChannel)).len(), 2);
        assert_eq!(wall.shown(None).len(), 6);
    }
}
