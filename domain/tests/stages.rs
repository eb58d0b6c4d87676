//! The moves of a ticket's stage, and what becomes of a change that can't follow any more.

use domain::ticket::{Action, ActionKind, Conflict, ConflictKind, Outcome, ProgressKind, Stage, Ticket};
use proptest::prelude::*;

use crate::support::scripts::{laws, scripts};
use crate::support::{AFTER_SALES, AMY, BO, CAI, GUS, Record, minute, samples};

use Stage::{Assigned, Cancelled, Closed, Done, New, Working};

/// Where `action` leads from `stage`, as a table to compare the code with; nothing if it can't follow.
fn expected(stage: Stage, action: &Action) -> Option<Stage> {
    let moves: &[(Stage, Stage)] = match action.kind() {
        ActionKind::Register => &[],
        ActionKind::Assign => &[(New, Assigned), (Assigned, Assigned), (Working, Working), (Done, Done)],
        ActionKind::Complete => &[(New, Done), (Assigned, Done), (Working, Done)],
        ActionKind::Close => &[(Done, Closed)],
        ActionKind::Cancel => &[(New, Cancelled), (Assigned, Cancelled), (Working, Cancelled)],
        ActionKind::Reopen => &[(Done, Assigned), (Closed, Assigned), (Cancelled, Assigned)],
        ActionKind::CheckIn | ActionKind::ReplacePart => return Some(work_begins(stage)),
        ActionKind::LogProgress => match action {
            Action::LogProgress(progress) => match progress.kind {
                ProgressKind::OnTheWay | ProgressKind::Arrived => return Some(work_begins(stage)),
                _ => return Some(stage),
            },
            _ => unreachable!("the kind says that it is progress"),
        },
        ActionKind::SetUrgency
        | ActionKind::Reclassify
        | ActionKind::EditContact
        | ActionKind::CheckOut
        | ActionKind::SignOff
        | ActionKind::TellResult
        | ActionKind::RecordCallback
        | ActionKind::Comment
        | ActionKind::AgreePlan
        | ActionKind::ReachMilestone
        | ActionKind::Recover
        | ActionKind::Inspect
        | ActionKind::Rectify
        | ActionKind::Settle
        | ActionKind::Attach
        | ActionKind::Unknown => return Some(stage),
    };
    moves.iter().find(|(from, _)| *from == stage).map(|(_, to)| *to)
}

fn work_begins(stage: Stage) -> Stage {
    match stage {
        New | Assigned => Working,
        other => other,
    }
}

#[test]
fn every_kind_moves_every_stage_as_the_table_says() {
    let progress = ProgressKind::ALL.map(samples::log_progress);
    for action in samples::all_kinds().into_iter().map(samples::minimal).chain(progress) {
        for stage in Stage::ALL {
            assert_eq!(stage.after(&action), expected(stage, &action), "{:?} in {stage:?}", action.kind());
        }
    }
}

proptest! {
    #![proptest_config(laws())]

    #[test]
    fn the_stage_moves_along_valid_transitions_and_what_can_not_follow_is_a_conflict(script in scripts()) {
        let history = script.play();
        let log = history.server.log();
        let ticket = Ticket::of(&history.server).expect("every script begins with a registration");
        let is_registration = |action: &Action| action.kind() == ActionKind::Register;
        let first = log.iter().find(|recorded| is_registration(&recorded.change.action)).map(|first| first.change.id);
        let mut stage = New;
        let mut owned = false;
        let mut impossible = Vec::new();
        for (recorded, (id, outcome)) in log.iter().zip(&ticket.outcomes) {
            prop_assert_eq!(recorded.change.id, *id);
            if Some(*id) == first {
                continue;
            }
            match expected(stage, &recorded.change.action) {
                Some(next) => {
                    owned |= recorded.change.action.kind() == ActionKind::Assign;
                    let reopened = recorded.change.action.kind() == ActionKind::Reopen;
                    stage = if reopened && !owned { New } else { next };
                    prop_assert!(!matches!(outcome, Outcome::Impossible(_)));
                }
                None => {
                    prop_assert_eq!(*outcome, Outcome::Impossible(stage));
                    impossible.push(Conflict { change: *id, kind: ConflictKind::Impossible { stage } });
                }
            }
        }
        prop_assert_eq!(ticket.stage, stage);
        let settled: Vec<_> = log
            .iter()
            .filter_map(|recorded| match &recorded.change.action {
                Action::Settle(settlement) => Some(settlement.change),
                _ => None,
            })
            .collect();
        let found = ticket.conflicts().into_iter();
        let found: Vec<_> =
            found.filter(|conflict| matches!(conflict.kind, ConflictKind::Impossible { .. })).collect();
        impossible.retain(|conflict| !settled.contains(&conflict.change));
        prop_assert_eq!(found, impossible);
    }
}

#[test]
fn work_completed_after_an_unseen_cancellation_is_kept_and_raised() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    record.act_having_seen(GUS, 10, &seen, samples::cancel());
    let done = record.act_having_seen(BO, 20, &seen, samples::complete());
    let ticket = record.ticket();
    assert_eq!(ticket.stage, Cancelled);
    assert_eq!(ticket.completions.iter().map(|entry| entry.by).collect::<Vec<_>>(), [done]);
    let kind = ConflictKind::Impossible { stage: Cancelled };
    assert_eq!(ticket.conflicts(), [Conflict { change: done, kind }]);
}

#[test]
fn a_cancellation_that_happened_after_the_unseen_end_of_the_work_can_not_follow() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    let cancelled = record.act_having_seen(GUS, 20, &seen, samples::cancel());
    assert_eq!(record.ticket().stage, Cancelled);
    record.act_having_seen(BO, 10, &seen, samples::complete());
    let ticket = record.ticket();
    assert_eq!(ticket.stage, Done);
    assert_eq!(ticket.cancellation, None);
    let kind = ConflictKind::Impossible { stage: Done };
    assert_eq!(ticket.conflicts(), [Conflict { change: cancelled, kind }]);
}

#[test]
fn of_two_registrations_the_earlier_makes_the_ticket() {
    let mut record = Record::registered_in(AFTER_SALES);
    let second = record.act_having_seen(GUS, 5, &[], samples::register());
    let ticket = record.ticket();
    assert_eq!((ticket.registered_by, ticket.created), (AMY, minute(0)));
    let kind = ConflictKind::Impossible { stage: New };
    assert_eq!(ticket.conflicts(), [Conflict { change: second, kind }]);
}

#[test]
fn a_change_from_before_the_registration_is_folded_after_it() {
    let mut record = Record::registered_in(AFTER_SALES);
    let words = record.act_having_seen(GUS, -5, &[], samples::comment("早于登记"));
    let ticket = record.ticket();
    assert_eq!(ticket.comments.iter().map(|entry| entry.by).collect::<Vec<_>>(), [words]);
    assert_eq!(ticket.outcomes[0].0, words, "outcomes stand in the record's order");
}

#[test]
fn a_record_without_registration_is_no_ticket() {
    let mut record = Record::empty();
    record.act(BO, 1, samples::comment("?"));
    assert_eq!(Ticket::of(&record.document), None);
}

#[test]
fn waiting_ends_with_the_work() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 10, samples::log_progress(ProgressKind::WaitingForParts));
    assert!(record.ticket().waiting.is_some());
    record.act(BO, 20, samples::complete());
    assert_eq!(record.ticket().waiting, None);
}

#[test]
fn a_visit_ends_with_the_check_out_of_the_same_engineer() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 10, samples::minimal(ActionKind::CheckIn));
    record.act(CAI, 15, samples::minimal(ActionKind::CheckIn));
    record.act(BO, 20, samples::minimal(ActionKind::CheckOut));
    let ticket = record.ticket();
    let visits: Vec<_> = ticket.visits.iter().map(|visit| (visit.engineer, visit.checked_out)).collect();
    assert_eq!(visits, [(BO, Some(minute(20))), (CAI, None)]);
    assert!(ticket.open_visit(BO).is_none());
}

#[test]
fn a_reopened_ticket_is_not_closed_any_more_and_remembers_why_it_was_reopened() {
    let mut record = Record::completed();
    record.act(BO, 70, samples::sign_off("更换轴承"));
    record.act(GUS, 80, samples::close());
    assert!(record.ticket().closing.is_some());
    record.act(GUS, 90, samples::reopen());
    let ticket = record.ticket();
    assert_eq!((ticket.stage, ticket.cycle, ticket.closing), (Assigned, 2, None));
    assert_eq!(ticket.reopenings.iter().map(|entry| entry.cycle).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_cancelled_ticket_can_be_taken_up_again() {
    let mut record = Record::assigned_to(BO);
    record.act(GUS, 20, samples::cancel());
    record.act(GUS, 30, samples::reopen());
    let ticket = record.ticket();
    assert_eq!((ticket.stage, ticket.cycle, ticket.cancellation), (Assigned, 2, None));
}

#[test]
fn taken_up_again_without_anybody_accountable_it_waits_to_be_assigned() {
    let mut record = Record::registered_in(AFTER_SALES);
    record.act(GUS, 20, samples::cancel());
    record.act(GUS, 30, samples::reopen());
    let ticket = record.ticket();
    assert_eq!(ticket.stage, New);
    let assigned = |event: &domain::sla::Event| matches!(event.what, domain::sla::Happening::Assigned { .. });
    assert!(!ticket.timeline.events.iter().any(assigned));
}
