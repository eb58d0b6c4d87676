//! All running clocks at once, for the person who steers.

use std::sync::Arc;

use domain::Timestamp;
use domain::sla::Policy;
use domain::ticket::Card;

use super::filter::is_unassigned;
use crate::tickets::face::{Face, FaceState, clock_of_card};

/// One running clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    /// The place of its ticket among the cards: thousands of clocks are sorted, few are drawn.
    place: usize,
    /// Which of its clocks.
    pub clock: domain::sla::Clock,
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
    /// Tickets nobody is accountable for.
    Unassigned,
    /// Tickets in the green channel.
    GreenChannel,
    /// Open tickets.
    Open,
}

impl Tally {
    /// Every figure, in the order in which they stand.
    pub const ALL: [Self; 5] = [Self::Overdue, Self::Soon, Self::Unassigned, Self::GreenChannel, Self::Open];
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
    pub fn of(cards: Arc<Vec<Card>>, policy: &Policy, now: Timestamp) -> Self {
        let mut wall = Self { cards: Arc::clone(&cards), ..Self::default() };
        for (place, card) in cards.iter().enumerate().filter(|(_, card)| card.stage.is_open()) {
            wall.open += 1;
            wall.unassigned += usize::from(is_unassigned(card));
            wall.green_channel += usize::from(card.green_channel());
            wall.running.extend(card.clocks.iter().map(|running| {
                let clock = clock_of_card(card, running, policy);
                Running { place, clock, state: Face::of(&clock, now).state }
            }));
        }
        wall.running.sort_by_key(|Running { place, clock, .. }| {
            let card = &cards[*place];
            (clock.due, card.urgency, card.ticket, clock.name)
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
            Some(Tally::Unassigned) => is_unassigned(self.card(running)),
            Some(Tally::GreenChannel) => self.card(running).green_channel(),
        };
        self.running.iter().filter(belongs).collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::sla::ClockName;
    use domain::ticket::{CardClock, Flag, Stage};

    use super::*;
    use crate::tickets::sample::{card, minute};

    fn wall() -> Wall {
        let mut cards = vec![card(1), card(2), card(3)];
        // A normal first response has 1440 minutes.
        cards[0].clocks = vec![CardClock { name: ClockName::FirstResponse, due: minute(1_440) }];
        cards[1].clocks = vec![
            CardClock { name: ClockName::ResultNotice, due: minute(1_290) },
            CardClock { name: ClockName::Callback, due: minute(9_000) },
        ];
        cards[1].flags.insert(Flag::ProductionStop);
        cards[2].stage = Stage::Closed;
        Wall::of(Arc::new(cards), &Policy::default(), minute(1_300))
    }

    #[test]
    fn every_running_clock_is_a_row_and_the_overdue_stand_on_top() {
        let names: Vec<_> =
            wall().running.iter().map(|running| (running.clock.name, running.state)).collect();
        assert_eq!(
            names,
            [
                (ClockName::ResultNotice, FaceState::Overdue),
                (ClockName::FirstResponse, FaceState::Soon),
                (ClockName::Callback, FaceState::Running),
            ]
        );
    }

    #[test]
    fn figures_count_clocks_and_tickets_and_choosing_one_shows_its_clocks() {
        let wall = wall();
        let counts = Tally::ALL.map(|tally| wall.count(tally));
        assert_eq!(counts, [1, 1, 2, 1, 2]);
        assert_eq!(wall.shown(Some(Tally::GreenChannel)).len(), 2);
        assert_eq!(wall.shown(None).len(), 3);
    }
}
