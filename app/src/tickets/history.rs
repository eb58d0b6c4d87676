//! A ticket's record as its readers go through it: newest first, by day, with what became of each change.

use std::collections::{BTreeMap, BTreeSet};

use domain::sla::{self, Correction, PolicyBook};
use domain::ticket::{Action, Admission, Change, ConflictKind, Document, Doubt, Outcome, Stage, Ticket};
use domain::{ChangeId, Timestamp};

use crate::workspace::ChangeMark;

/// Arrival is worth telling when it comes later than this after the event, in milliseconds.
const LATE_MS: i64 = 5 * Timestamp::MINUTE_MS;

/// One change, with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The change as it was made.
    pub change: Change,
    /// When it happened.
    pub happened: Timestamp,
    /// When it reached the server, if that was so much later that it is worth telling.
    pub arrived_late: Option<Timestamp>,
    /// How far it has come.
    pub mark: ChangeMark,
    /// What it refers to, where only the rest of the record can say: the title of a milestone.
    pub about: Option<String>,
    /// What else a reader should know.
    pub remarks: Vec<Remark>,
}

/// What a reader should know about a change beyond its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// It could not follow from this stage.
    Impossible(Stage),
    /// Made by a newer version.
    NotUnderstood,
    /// A later value won, and nobody has looked at it yet.
    Overruled,
    /// The customer had answered before.
    SignedTwice,
    /// Added after the customer's signature.
    Amended,
    /// A person has looked at its conflict.
    Settled,
    /// The device's clock could not be relied on.
    Doubtful(Doubt),
    /// Its author had lost the right to it, and somebody at the office let it in.
    Admitted(Admission),
    /// A clock had been shown as late until this arrived.
    TookBack(Correction),
}

/// The changes of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// An instant of that day.
    pub at: Timestamp,
    /// Its changes, latest first.
    pub lines: Vec<Line>,
}

/// Everything in the record and what is beside it (refused or parked), latest first.
pub fn lines<'c>(
    ticket: &Ticket,
    document: &Document,
    marks: &BTreeMap<ChangeId, ChangeMark>,
    beside: impl IntoIterator<Item = (&'c Change, ChangeMark)>,
    book: &PolicyBook,
) -> Vec<Line> {
    let remarks = Remarks::of(ticket, document, book);
    let recorded = document.log().iter().map(|recorded| {
        let id = recorded.change.id;
        let arrived_late =
            recorded.received().filter(|arrived| arrived.millis_since(recorded.happened) > LATE_MS);
        let unknown = if recorded.arrived.is_some() { ChangeMark::OnServer } else { ChangeMark::OnTablet };
        Line {
            change: recorded.change.clone(),
            happened: recorded.happened,
            arrived_late,
            mark: marks.get(&id).copied().unwrap_or(unknown),
            about: about(ticket, &recorded.change.action),
            remarks: remarks.about(id),
        }
    });
    let beside = beside.into_iter().map(|(change, mark)| Line {
        change: change.clone(),
        happened: change.claim.corrected(),
        arrived_late: None,
        mark,
        about: about(ticket, &change.action),
        remarks: Vec::new(),
    });
    let mut lines: Vec<_> = recorded.chain(beside).collect();
    lines.sort_by_key(|line| std::cmp::Reverse((line.happened, line.change.id)));
    lines
}

fn about(ticket: &Ticket, action: &Action) -> Option<String> {
    let Action::ReachMilestone(reached) = action else { return None };
    let plan = ticket.plans.iter().find(|plan| plan.by == reached.plan)?;
    Some(plan.fact.milestones.get(usize::from(reached.number))?.title.clone())
}

/// Puts lines that are in order of time under their days. `day_of` tells which day an instant falls on for the reader.
pub fn by_day(lines: Vec<Line>, day_of: impl Fn(Timestamp) -> i64) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for line in lines {
        match days.last_mut() {
            Some(day) if day_of(day.at) == day_of(line.happened) => day.lines.push(line),
            _ => days.push(Day { at: line.happened, lines: vec![line] }),
        }
    }
    days
}

struct Remarks {
    remarks: BTreeMap<ChangeId, Vec<Remark>>,
}

impl Remarks {
    fn of(ticket: &Ticket, document: &Document, book: &PolicyBook) -> Self {
        let settled: BTreeSet<ChangeId> = document
            .log()
            .iter()
            .filter_map(|recorded| match &recorded.change.action {
                Action::Settle(settlement) => Some(settlement.change),
                _ => None,
            })
            .collect();
        let outcomes = ticket.outcomes.iter().filter_map(|(id, outcome)| match outcome {
            Outcome::Applied => None,
            Outcome::Impossible(stage) => Some((*id, Remark::Impossible(*stage))),
            Outcome::NotUnderstood => Some((*id, Remark::NotUnderstood)),
        });
        let conflicts = ticket.conflicts().into_iter().filter_map(|conflict| match conflict.kind {
            ConflictKind::Overruled { .. } => Some((conflict.change, Remark::Overruled)),
            ConflictKind::SignedTwice => Some((conflict.change, Remark::SignedTwice)),
            ConflictKind::AmendedAfterSignature { .. } => Some((conflict.change, Remark::Amended)),
            // Its outcome says so already, settled or not.
            ConflictKind::Impossible { .. } => None,
        });
        let settled = settled.into_iter().map(|id| (id, Remark::Settled));
        let doubtful = document
            .log()
            .iter()
            .filter_map(|recorded| Some((recorded.change.id, Remark::Doubtful(recorded.doubt()?))));
        let admitted = document
            .log()
            .iter()
            .filter_map(|recorded| Some((recorded.change.id, Remark::Admitted(recorded.admitted?))));
        let corrections = sla::corrections(ticket.id, document.log(), book);
        let corrections =
            corrections.into_iter().map(|correction| (correction.by, Remark::TookBack(correction)));
        let mut remarks: BTreeMap<ChangeId, Vec<Remark>> = BTreeMap::new();
        let all = outcomes.chain(conflicts).chain(settled).chain(doubtful).chain(admitted).chain(corrections);
        for (id, remark) in all {
            remarks.entry(id).or_default().push(remark);
        }
        Self { remarks }
    }

    fn about(&self, change: ChangeId) -> Vec<Remark> {
        self.remarks.get(&change).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::sample::Sample;
    use domain::ticket::{CloseResult, Closing, Comment, NewUrgency, Reason, Urgency};

    fn comment(text: &str) -> Action {
        Action::Comment(Comment { text: text.into() })
    }

    fn shown(sample: &Sample) -> Vec<Line> {
        lines(&sample.ticket(), &sample.document, &BTreeMap::new(), [], &PolicyBook::shipped())
    }

    #[test]
    fn the_latest_change_comes_first_and_days_keep_their_own() {
        let mut sample = Sample::registered(0);
        sample.add(30, comment("same day"));
        sample.add(1_500, comment("next day"));
        let days = by_day(shown(&sample), |instant| instant.as_millis() / Timestamp::DAY_MS);
        let sizes: Vec<_> = days.iter().map(|day| day.lines.len()).collect();
        assert_eq!(sizes, [1, 2]);
        assert_eq!(days[1].lines[1].change.action.kind().name(), "register");
    }

    #[test]
    fn arrival_is_told_only_when_it_was_late() {
        let mut sample = Sample::registered(0);
        sample.add_arriving(10, 14, comment("soon"));
        sample.add_arriving(20, 300, comment("after the tunnel"));
        let late: Vec<_> = shown(&sample).iter().map(|line| line.arrived_late.is_some()).collect();
        assert_eq!(late, [true, false, false]);
    }

    #[test]
    fn a_change_that_could_not_follow_says_from_which_stage() {
        let mut sample = Sample::registered(0);
        sample.add(10, Action::Cancel(Reason { reason: "double".into() }));
        sample
            .add(20, Action::Close(Closing { result: CloseResult::ResolvedSatisfied, note: String::new() }));
        assert_eq!(shown(&sample)[0].remarks, [Remark::Impossible(Stage::Cancelled)]);
    }

    #[test]
    fn a_value_that_lost_unseen_says_so_until_somebody_settles_it() {
        let mut sample = Sample::registered(0);
        let urgency = |urgency| Action::SetUrgency(NewUrgency { urgency, reason: String::new() });
        let loser = sample.add_apart(10, 2, urgency(Urgency::Urgent));
        sample.add_apart(20, 3, urgency(Urgency::Low));
        let find =
            |sample: &Sample| shown(sample).into_iter().find(|line| line.change.id == loser).unwrap().remarks;
        assert_eq!(find(&sample), [Remark::Overruled]);
        sample.add(30, Action::Settle(domain::ticket::Settlement { change: loser }));
        assert_eq!(find(&sample), [Remark::Settled]);
    }

    #[test]
    fn a_refused_change_stands_in_the_history_though_it_is_not_in_the_record() {
        let mut sample = Sample::registered(0);
        let refused = sample.unrecorded(15, comment("not accepted"));
        let lines = lines(
            &sample.ticket(),
            &sample.document,
            &BTreeMap::new(),
            [(&refused, ChangeMark::Refused)],
            &PolicyBook::shipped(),
        );
        assert_eq!(lines[0].mark, ChangeMark::Refused);
        assert_eq!(lines.len(), 2);
    }
}
