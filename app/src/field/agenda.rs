//! The engineer's day: which jobs there are, in which order they want attention.

use domain::Timestamp;
use domain::people::Person;
use domain::ticket::{Card, Stage};

/// Where a job stands in the engineer's day. In the order in which the groups are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Being worked on.
    UnderWay,
    /// Done; the customer has yet to sign.
    ToSign,
    /// Overdue, due today, or on the green channel.
    Today,
    /// Due later, or without a deadline.
    Later,
    /// Waiting for parts or for the customer.
    Waiting,
    /// Nobody's yet, and the team's: may be taken.
    Free,
    /// Done, and the customer has answered: the office's turn.
    Answered,
    /// Ended. Only found by searching.
    Ended,
}

/// The jobs of one group, in the order of [`Card::job_order`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Which group.
    pub group: Group,
    /// Its jobs.
    pub jobs: Vec<Card>,
}

/// Puts the cards that concern `person` into groups. `end_of_today` is where tomorrow begins for them.
///
/// With a query, only what matches it, but then also jobs that have ended.
pub fn agenda(cards: &[Card], person: &Person, end_of_today: Timestamp, query: &str) -> Vec<Section> {
    let searching = !query.trim().is_empty();
    let mut jobs: Vec<(Group, &Card)> = cards
        .iter()
        .filter(|card| !searching || card.matches(query))
        .filter_map(|card| Some((group(card, person, end_of_today)?, card)))
        .filter(|(group, _)| searching || *group != Group::Ended)
        .collect();
    jobs.sort_by_cached_key(|(group, card)| (*group, card.job_order()));
    let mut sections: Vec<Section> = Vec::new();
    for (group, card) in jobs {
        match sections.last_mut() {
            Some(section) if section.group == group => section.jobs.push(card.clone()),
            _ => sections.push(Section { group, jobs: vec![card.clone()] }),
        }
    }
    sections
}

fn group(card: &Card, person: &Person, end_of_today: Timestamp) -> Option<Group> {
    if card.scope.accountable != Some(person.id) {
        let free = card.scope.accountable.is_none()
            && card.scope.department == person.department
            && card.stage.awaits_work();
        return free.then_some(Group::Free);
    }
    Some(match card.stage {
        Stage::Closed | Stage::Cancelled => Group::Ended,
        Stage::Done if card.answered.is_some() => Group::Answered,
        Stage::Done => Group::ToSign,
        Stage::New | Stage::Assigned | Stage::Working if card.waiting.is_some() => Group::Waiting,
        Stage::Working => Group::UnderWay,
        Stage::New | Stage::Assigned => {
            let due_today = card.next_due().is_some_and(|due| due < end_of_today);
            if due_today || card.green_channel() { Group::Today } else { Group::Later }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::people::Role;
    use domain::sla::ClockName;
    use domain::ticket::{Answered, CardClock, CardLeft, Flag, Kind, ScopeKeys, Urgency, Waiting};
    use domain::{DepartmentId, PersonId, TicketId};
    use uuid::Uuid;

    use super::*;

    const TOMORROW: Timestamp = Timestamp::from_millis(1_000);

    fn department(number: u128) -> DepartmentId {
        DepartmentId::from_uuid(Uuid::from_u128(number))
    }

    fn me() -> Person {
        Person {
            id: PersonId::from_uuid(Uuid::from_u128(7)),
            name: "周建国".into(),
            role: Role::Engineer,
            department: department(1),
            skills: Vec::new(),
            active: true,
        }
    }

    fn card(id: u128, stage: Stage, due: Option<i64>) -> Card {
        let clock = |due| CardClock {
            name: ClockName::Resolution,
            started: Timestamp::from_millis(0),
            left: CardLeft::Due(Timestamp::from_millis(due)),
        };
        Card {
            ticket: TicketId::from_uuid(Uuid::from_u128(id)),
            number: None,
            stage,
            waiting: None,
            kind: Kind::Fault,
            urgency: Urgency::Normal,
            flags: BTreeSet::new(),
            scope: ScopeKeys {
                department: department(1),
                accountable: Some(me().id),
                registered_in: department(2),
            },
            customer: String::new(),
            company: format!("customer {id}"),
            phone: String::new(),
            region: String::new(),
            address: String::new(),
            model: String::new(),
            serial: String::new(),
            summary: String::new(),
            created: Timestamp::from_millis(0),
            updated: Timestamp::from_millis(0),
            cycle: 1,
            answered: None,
            conflicts: 0,
            clocks: due.into_iter().map(clock).collect(),
        }
    }

    fn shown(cards: &[Card], query: &str) -> Vec<(Group, Vec<u128>)> {
        let ids = |jobs: &[Card]| jobs.iter().map(|card| card.ticket.as_uuid().as_u128()).collect();
        agenda(cards, &me(), TOMORROW, query)
            .iter()
            .map(|section| (section.group, ids(&section.jobs)))
            .collect()
    }

    #[test]
    fn what_is_under_way_comes_first_and_what_waits_for_the_office_last() {
        let signed = Card { answered: Some(Answered::Signed), ..card(4, Stage::Done, None) };
        let cards = [
            signed,
            card(3, Stage::Assigned, Some(5_000)),
            card(2, Stage::Done, Some(1)),
            card(1, Stage::Working, Some(9_000)),
        ];
        assert_eq!(
            shown(&cards, ""),
            [
                (Group::UnderWay, vec![1]),
                (Group::ToSign, vec![2]),
                (Group::Later, vec![3]),
                (Group::Answered, vec![4])
            ]
        );
    }

    #[test]
    fn overdue_due_today_and_green_channel_are_for_today() {
        let mut hazard = card(3, Stage::Assigned, None);
        hazard.flags.insert(Flag::SafetyHazard);
        let cards = [
            card(1, Stage::Assigned, Some(999)),
            card(2, Stage::Assigned, Some(-9)),
            hazard,
            card(4, Stage::Assigned, Some(1_000)),
            card(5, Stage::Assigned, None),
        ];
        assert_eq!(shown(&cards, ""), [(Group::Today, vec![3, 2, 1]), (Group::Later, vec![4, 5])]);
    }

    #[test]
    fn work_that_waits_is_not_under_way() {
        let mut waiting = card(1, Stage::Working, Some(1));
        waiting.waiting = Some(Waiting::Parts);
        assert_eq!(shown(&[waiting], ""), [(Group::Waiting, vec![1])]);
    }

    #[test]
    fn only_what_is_nobodys_and_the_teams_may_be_taken() {
        let free = |id, team| {
            let mut card = card(id, Stage::New, None);
            card.scope.accountable = None;
            card.scope.department = department(team);
            card
        };
        let mut colleagues = card(3, Stage::Assigned, None);
        colleagues.scope.accountable = Some(PersonId::from_uuid(Uuid::from_u128(8)));
        assert_eq!(shown(&[free(1, 1), free(2, 9), colleagues], ""), [(Group::Free, vec![1])]);
    }

    #[test]
    fn ended_jobs_are_only_found_by_searching() {
        let cards = [card(11, Stage::Closed, None), card(12, Stage::Assigned, None)];
        assert_eq!(shown(&cards, ""), [(Group::Later, vec![12])]);
        assert_eq!(shown(&cards, "customer 1"), [(Group::Later, vec![12]), (Group::Ended, vec![11])]);
        assert_eq!(shown(&cards, "customer 11"), [(Group::Ended, vec![11])]);
    }
}
