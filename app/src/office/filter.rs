//! Which tickets the list shows, in which order, under which headings.

use domain::ticket::{Card, Stage, Urgency};
use domain::{DepartmentId, PersonId, Timestamp};

/// What the reader wants to see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only tickets this person is accountable for.
    pub mine: Option<PersonId>,
    /// Only overdue ones.
    pub overdue: bool,
    /// Only those nobody is accountable for.
    pub unassigned: bool,
    /// Only urgent ones.
    pub urgent: bool,
    /// Which stages.
    pub stages: Stages,
    /// Only those held by this department.
    pub department: Option<DepartmentId>,
    /// Words that must all occur.
    pub query: String,
}

/// Which stages the list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stages {
    /// What still needs somebody; with words to look for, everything.
    #[default]
    Open,
    /// Everything, ended ones too.
    All,
    /// One stage.
    One(Stage),
}

impl Stages {
    /// Every choice, in the order a form lists them.
    pub const ALL: [Self; 8] = [
        Self::Open,
        Self::All,
        Self::One(Stage::New),
        Self::One(Stage::Assigned),
        Self::One(Stage::Working),
        Self::One(Stage::Done),
        Self::One(Stage::Closed),
        Self::One(Stage::Cancelled),
    ];
}

impl Filter {
    /// Whether anything is left out beyond what is always left out.
    pub fn is_set(&self) -> bool {
        *self != Self::default()
    }

    fn passes(&self, card: &Card, now: Timestamp) -> bool {
        let stage = match self.stages {
            Stages::Open => needs_somebody(card) || !self.query.trim().is_empty(),
            Stages::All => true,
            Stages::One(stage) => card.stage == stage,
        };
        stage
            && self.mine.is_none_or(|person| card.scope.accountable == Some(person))
            && (!self.overdue || is_overdue(card, now))
            && (!self.unassigned || is_unassigned(card))
            && (!self.urgent || card.urgency == Urgency::Urgent)
            && self.department.is_none_or(|department| card.scope.department == department)
            && card.matches(&self.query)
    }

    /// The tickets to show, as places in `cards`, in order, by section. Sections without tickets are left out.
    ///
    /// Overdue ones come first, longest overdue on top; then what runs, by due time; then what has ended, latest first.
    pub fn apply(&self, cards: &[Card], now: Timestamp) -> Vec<(Section, Vec<usize>)> {
        let mut found: Vec<_> = (0..cards.len()).filter(|place| self.passes(&cards[*place], now)).collect();
        found.sort_by_cached_key(|place| cards[*place].deadline_order());
        let (open, mut ended): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|place| needs_somebody(&cards[*place]));
        let (overdue, running) = open.into_iter().partition(|place| is_overdue(&cards[*place], now));
        ended.sort_by_key(|place| std::cmp::Reverse((cards[*place].updated, cards[*place].ticket)));
        [(Section::Overdue, overdue), (Section::Running, running), (Section::Ended, ended)]
            .into_iter()
            .filter(|(_, cards)| !cards.is_empty())
            .collect()
    }
}

/// A part of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// Something is overdue.
    Overdue,
    /// Needs somebody.
    Running,
    /// Closed or cancelled.
    Ended,
}

/// Whether a clock of the ticket is past its due time.
pub fn is_overdue(card: &Card, now: Timestamp) -> bool {
    card.next_due().is_some_and(|due| due < now)
}

/// Whether there is something to do: it is open, or something is still owed to the customer after its end.
pub fn needs_somebody(card: &Card) -> bool {
    card.stage.is_open() || !card.clocks.is_empty()
}

/// Whether somebody still has to be found for it.
pub fn is_unassigned(card: &Card) -> bool {
    card.scope.accountable.is_none() && card.stage.is_open()
}

/// How many tickets the quick filters would show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Overdue.
    pub overdue: usize,
    /// Nobody accountable.
    pub unassigned: usize,
    /// Open and urgent.
    pub urgent: usize,
    /// Open and this person's own.
    pub mine: usize,
}

impl Counts {
    /// Counts over everything in sight.
    pub fn of(cards: &[Card], person: PersonId, now: Timestamp) -> Self {
        cards.iter().filter(|card| needs_somebody(card)).fold(Self::default(), |mut counts, card| {
            counts.overdue += usize::from(is_overdue(card, now));
            counts.unassigned += usize::from(is_unassigned(card));
            counts.urgent += usize::from(card.urgency == Urgency::Urgent);
            counts.mine += usize::from(card.scope.accountable == Some(person));
            counts
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::sla::ClockName;
    use domain::ticket::{CardClock, CardLeft};

    use super::*;
    use crate::tickets::sample::{card, minute, person};

    fn due(mut card: Card, at: i64) -> Card {
        card.clocks = vec![CardClock {
            name: ClockName::Resolution,
            started: minute(0),
            left: CardLeft::Due(minute(at)),
        }];
        card
    }

    fn ended(mut card: Card, updated: i64) -> Card {
        card.stage = Stage::Closed;
        card.updated = minute(updated);
        card.clocks.clear();
        card
    }

    fn shown(filter: &Filter, cards: &[Card]) -> Vec<(Section, Vec<u128>)> {
        let sections = filter.apply(cards, minute(100));
        sections
            .into_iter()
            .map(|(section, found)| {
                (section, found.iter().map(|place| cards[*place].ticket.as_uuid().as_u128()).collect())
            })
            .collect()
    }

    fn some_cards() -> Vec<Card> {
        vec![due(card(1), 500), due(card(2), 90), due(card(3), 10), ended(card(4), 50), ended(card(5), 60)]
    }

    #[test]
    fn the_longest_overdue_stand_on_top_and_ended_ones_are_left_out() {
        let sections = shown(&Filter::default(), &some_cards());
        assert_eq!(sections, [(Section::Overdue, vec![3, 2]), (Section::Running, vec![1])]);
    }

    #[test]
    fn looking_for_words_finds_ended_tickets_too_latest_first() {
        let filter = Filter { query: "王丽".into(), ..Filter::default() };
        assert_eq!(shown(&filter, &some_cards()).pop(), Some((Section::Ended, vec![5, 4])));
    }

    #[test]
    fn one_stage_leaves_the_others_out() {
        let filter = Filter { stages: Stages::One(Stage::Closed), ..Filter::default() };
        assert_eq!(shown(&filter, &some_cards()), [(Section::Ended, vec![5, 4])]);
    }

    #[test]
    fn filters_narrow_each_other_down() {
        let mut cards = some_cards();
        cards[1].scope.accountable = Some(person(7));
        cards[0].scope.accountable = Some(person(7));
        let mine = Filter { mine: Some(person(7)), ..Filter::default() };
        assert_eq!(shown(&mine, &cards), [(Section::Overdue, vec![2]), (Section::Running, vec![1])]);
        let overdue = Filter { overdue: true, ..mine };
        assert_eq!(shown(&overdue, &cards), [(Section::Overdue, vec![2])]);
    }

    #[test]
    fn an_ended_ticket_counts_nowhere() {
        let mut cards = some_cards();
        cards[3].urgency = Urgency::Urgent;
        let counts = Counts::of(&cards, person(7), minute(100));
        assert_eq!(counts, Counts { overdue: 2, unassigned: 3, urgent: 0, mine: 0 });
    }
}
