//! What people did to a ticket while apart, laid side by side for the person who decides.

use domain::ticket::{Action, Conflict, ConflictKind, Document, NewUrgency, Recorded, SingleField, Ticket};
use domain::{ChangeId, PersonId, Timestamp};

/// One conflict with everything needed to decide it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// The change that lost or could not follow: what a settlement names.
    pub change: ChangeId,
    /// What happened to it.
    pub kind: ConflictKind,
    /// Its side.
    pub lost: Side,
    /// The side that won, where one did.
    pub won: Option<Side>,
    /// What brings the losing side back: a new change by whoever decides so.
    pub restore: Option<Action>,
}

/// What one person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Who.
    pub actor: PersonId,
    /// When.
    pub happened: Timestamp,
    /// What.
    pub action: Action,
}

impl Side {
    fn of(recorded: &Recorded) -> Self {
        Self {
            actor: recorded.change.actor,
            happened: recorded.happened,
            action: recorded.change.action.clone(),
        }
    }
}

/// Every conflict that nobody has settled yet.
pub fn disputes(ticket: &Ticket, document: &Document) -> Vec<Dispute> {
    ticket.conflicts().into_iter().filter_map(|conflict| dispute(conflict, document)).collect()
}

fn dispute(Conflict { change, kind }: Conflict, document: &Document) -> Option<Dispute> {
    let lost = document.find(change)?;
    let (won, restore) = match kind {
        ConflictKind::Overruled { field, winner } => {
            (document.find(winner), again(field, &lost.change.action))
        }
        ConflictKind::AmendedAfterSignature { signature } => (document.find(signature), None),
        // What couldn't follow may be possible again once the ticket has moved; whether it is, is asked when it is drawn.
        ConflictKind::Impossible { .. } if !lost.change.action.is_fact() => {
            (None, Some(lost.change.action.clone()))
        }
        ConflictKind::Impossible { .. } | ConflictKind::SignedTwice => (None, None),
    };
    Some(Dispute { change, kind, lost: Side::of(lost), won: won.map(Side::of), restore })
}

/// The action that sets one value again. A registration sets several at once, so only its part is taken.
fn again(field: SingleField, action: &Action) -> Option<Action> {
    match (field, action) {
        (SingleField::Urgency, Action::Register(intake)) => {
            Some(Action::SetUrgency(NewUrgency { urgency: intake.urgency, reason: String::new() }))
        }
        (SingleField::Contact, Action::Register(intake)) => {
            Some(Action::EditContact(intake.customer.clone()))
        }
        (_, Action::Register(_)) => None,
        (_, action) => Some(action.clone()),
    }
}

#[cfg(test)]
mod tests {
    use domain::ticket::{CloseResult, Closing, Reason, Settlement, Urgency};

    use super::*;
    use crate::tickets::sample::Sample;

    fn urgency(urgency: Urgency) -> Action {
        Action::SetUrgency(NewUrgency { urgency, reason: String::new() })
    }

    fn disputed() -> (Sample, ChangeId) {
        let mut sample = Sample::registered(0);
        let loser = sample.add_apart(10, 2, urgency(Urgency::Urgent));
        sample.add_apart(20, 3, urgency(Urgency::Low));
        (sample, loser)
    }

    fn open(sample: &Sample) -> Vec<Dispute> {
        disputes(&sample.ticket(), &sample.document)
    }

    #[test]
    fn both_sides_are_shown_and_the_losing_one_can_come_back() {
        let (mut sample, loser) = disputed();
        let dispute = open(&sample).remove(0);
        assert_eq!((dispute.change, dispute.lost.action.clone()), (loser, urgency(Urgency::Urgent)));
        assert_eq!(dispute.won.unwrap().action, urgency(Urgency::Low));
        sample.add(30, dispute.restore.unwrap());
        assert_eq!(sample.ticket().urgency.value, Urgency::Urgent);
        assert_eq!(open(&sample), []);
    }

    #[test]
    fn a_settled_conflict_is_gone_and_the_winner_stays() {
        let (mut sample, loser) = disputed();
        sample.add(30, Action::Settle(Settlement { change: loser }));
        assert_eq!(open(&sample), []);
        assert_eq!(sample.ticket().urgency.value, Urgency::Low);
    }

    #[test]
    fn what_could_not_follow_names_the_stage_and_offers_itself_again() {
        let mut sample = Sample::registered(0);
        sample.add(10, Action::Cancel(Reason { reason: "double".into() }));
        let close = Action::Close(Closing { result: CloseResult::ResolvedSatisfied, note: String::new() });
        sample.add(20, close.clone());
        let dispute = open(&sample).remove(0);
        assert!(matches!(dispute.kind, ConflictKind::Impossible { .. }));
        assert_eq!((dispute.won, dispute.restore), (None, Some(close)));
    }
}
