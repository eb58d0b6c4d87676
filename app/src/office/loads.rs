//! How much is on whose table.

use std::collections::BTreeMap;

use domain::people::{Directory, Person};
use domain::ticket::Card;
use domain::{PersonId, Timestamp};

use super::filter::is_overdue;
use crate::tickets::face::{Dial, Face, FaceState};

/// One person's open tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// How many are open.
    pub open: usize,
    /// How many of those are overdue.
    pub overdue: usize,
    /// How many of the others will soon be.
    pub soon: usize,
}

/// Whether a clock of the ticket has most of its time used.
fn is_soon(card: &Card, now: Timestamp) -> bool {
    card.clocks.iter().any(|clock| Face::of(&Dial::from(clock), now).state == FaceState::Soon)
}

/// Open tickets by accountable person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loads {
    loads: BTreeMap<PersonId, Load>,
}

impl Loads {
    /// Counts over everything in sight.
    pub fn of(cards: &[Card], now: Timestamp) -> Self {
        let mut loads: BTreeMap<PersonId, Load> = BTreeMap::new();
        for card in cards.iter().filter(|card| card.stage.is_open()) {
            if let Some(person) = card.scope.accountable {
                let load = loads.entry(person).or_default();
                load.open += 1;
                let overdue = is_overdue(card, now);
                load.overdue += usize::from(overdue);
                load.soon += usize::from(!overdue && is_soon(card, now));
            }
        }
        Self { loads }
    }

    /// One person's load.
    pub fn get(&self, person: PersonId) -> Load {
        self.loads.get(&person).copied().unwrap_or_default()
    }

    /// The heaviest load.
    pub fn most(&self) -> usize {
        self.loads.values().map(|load| load.open).max().unwrap_or_default()
    }

    /// Everybody with open tickets, and every active person who carries work out; the heaviest load first.
    pub fn by_weight<'d>(&self, directory: &'d Directory) -> Vec<(&'d Person, Load)> {
        let mut people: Vec<_> = directory
            .people
            .iter()
            .filter(|person| {
                person.active && person.role.carries_out_work() || self.loads.contains_key(&person.id)
            })
            .map(|person| (person, self.get(person.id)))
            .collect();
        people.sort_by(|(left, left_load), (right, right_load)| {
            (right_load.open, right_load.overdue)
                .cmp(&(left_load.open, left_load.overdue))
                .then_with(|| (&left.name, left.id).cmp(&(&right.name, right.id)))
        });
        people
    }
}

#[cfg(test)]
mod tests {
    use domain::people::Role;
    use domain::ticket::Stage;

    use super::*;
    use crate::tickets::sample::{card, department, minute, person};

    fn somebody(id: u128, role: Role, active: bool) -> Person {
        Person {
            id: person(id),
            name: format!("P{id}"),
            role,
            department: department(1),
            skills: Vec::new(),
            active,
        }
    }

    #[test]
    fn only_open_tickets_weigh() {
        let mut cards = vec![card(1), card(2), card(3)];
        for card in &mut cards {
            card.scope.accountable = Some(person(1));
        }
        cards[2].stage = Stage::Closed;
        assert_eq!(Loads::of(&cards, minute(0)).get(person(1)).open, 2);
        assert_eq!(Loads::of(&cards, minute(0)).get(person(2)), Load::default());
    }

    #[test]
    fn what_is_overdue_is_not_soon_as_well() {
        use domain::sla::ClockName;
        use domain::ticket::{CardClock, CardLeft};
        let clock = |due| CardClock {
            name: ClockName::Resolution,
            started: minute(0),
            left: CardLeft::Due(minute(due)),
        };
        let mut cards = vec![card(1), card(2), card(3)];
        for (card, clocks) in
            cards.iter_mut().zip([vec![clock(90), clock(120)], vec![clock(110)], vec![clock(900)]])
        {
            card.scope.accountable = Some(person(1));
            card.clocks = clocks;
        }
        assert_eq!(Loads::of(&cards, minute(100)).get(person(1)), Load { open: 3, overdue: 1, soon: 1 });
    }

    #[test]
    fn idle_engineers_are_listed_and_idle_agents_are_not() {
        let mut busy = card(1);
        busy.scope.accountable = Some(person(3));
        let directory = Directory {
            people: vec![
                somebody(1, Role::Engineer, true),
                somebody(2, Role::Agent, true),
                somebody(3, Role::Agent, true),
                somebody(4, Role::Engineer, false),
            ],
            ..Directory::default()
        };
        let loads = Loads::of(&[busy], minute(0));
        let names: Vec<_> =
            loads.by_weight(&directory).iter().map(|(person, _)| person.name.as_str()).collect();
        assert_eq!(names, ["P3", "P1"]);
    }
}
