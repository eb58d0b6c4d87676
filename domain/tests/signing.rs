//! What a customer's signature covers, and what is raised when it doesn't.

use domain::Refusal;
use domain::access::may;
use domain::ticket::{ActionKind, Conflict, ConflictKind, Outcome, Stage};

use crate::support::{AMY, BO, CAI, GUS, Record, company, member, samples};

#[test]
fn a_part_recorded_after_the_signature_is_an_amendment() {
    let mut record = Record::completed();
    let signature = record.act(BO, 70, samples::sign_off("更换轴承"));
    let part = record.act(BO, 80, samples::replace_part("密封圈"));
    let ticket = record.ticket();
    assert_eq!(ticket.parts.len(), 1);
    let kind = ConflictKind::AmendedAfterSignature { signature };
    assert_eq!(ticket.conflicts(), [Conflict { change: part, kind }]);
    assert_eq!(ticket.sign_off().map(|sign_off| sign_off.by), Some(signature));
}

#[test]
fn a_part_that_the_signers_engineer_had_not_seen_is_an_amendment_though_it_happened_before() {
    let mut record = Record::assigned_to(BO);
    let seen_by_bo = record.ids();
    record.act(GUS, 5, samples::assign(CAI));
    record.act(CAI, 60, samples::complete());
    let signature = record.act(CAI, 70, samples::sign_off("更换轴承"));
    assert_eq!(record.ticket().conflicts(), []);
    let part = record.act_having_seen(BO, 40, &seen_by_bo, samples::replace_part("密封圈"));
    let kind = ConflictKind::AmendedAfterSignature { signature };
    assert_eq!(record.ticket().conflicts(), [Conflict { change: part, kind }]);
}

#[test]
fn a_second_completion_unseen_by_the_signer_is_asked_about_once() {
    let mut record = Record::assigned_to(BO);
    let seen_by_bo = record.ids();
    record.act(GUS, 5, samples::assign(CAI));
    record.act(CAI, 50, samples::complete());
    record.act(CAI, 70, samples::sign_off("更换轴承"));
    let second = record.act_having_seen(BO, 60, &seen_by_bo, samples::complete());
    let kind = ConflictKind::Impossible { stage: Stage::Done };
    assert_eq!(record.ticket().conflicts(), [Conflict { change: second, kind }]);
}

#[test]
fn work_of_the_next_cycle_does_not_amend_the_old_signature() {
    let mut record = Record::completed();
    record.act(BO, 70, samples::sign_off("更换轴承"));
    record.act(GUS, 80, samples::reopen());
    record.act(BO, 90, samples::replace_part("密封圈"));
    record.act(BO, 95, samples::complete());
    assert_eq!(record.ticket().conflicts(), []);
}

#[test]
fn a_reopened_ticket_is_signed_again() {
    let mut record = Record::completed();
    let first = record.act(BO, 70, samples::sign_off("更换轴承"));
    record.act(GUS, 80, samples::reopen());
    assert_eq!(record.ticket().sign_off(), None);
    record.act(BO, 90, samples::complete());
    let again = samples::sign_off("重新调整");
    assert_eq!(may(&member(BO), &company(), Some(&record.ticket()), &again), Ok(()));
    let second = record.act(BO, 95, again);
    let ticket = record.ticket();
    assert_eq!(ticket.conflicts(), []);
    assert_eq!(ticket.sign_off().map(|sign_off| sign_off.by), Some(second));
    let cycles: Vec<_> = ticket.sign_offs.iter().map(|sign_off| (sign_off.by, sign_off.cycle)).collect();
    assert_eq!(cycles, [(first, 1), (second, 2)]);
}

#[test]
fn a_signature_taken_while_the_ticket_was_reopened_elsewhere_stays_with_the_work_it_is_about() {
    let mut record = Record::completed();
    let seen_by_bo = record.ids();
    record.act(GUS, 65, samples::reopen());
    record.act_having_seen(BO, 70, &seen_by_bo, samples::sign_off("更换轴承"));
    let ticket = record.ticket();
    assert_eq!((ticket.cycle, ticket.sign_offs[0].cycle), (2, 1));
    assert_eq!(ticket.sign_off(), None, "nobody has signed for what is done from now on");

    record.act(BO, 90, samples::complete());
    let ticket = record.ticket();
    assert_eq!(may(&member(GUS), &company(), Some(&ticket), &samples::close()), Err(Refusal::NotConfirmed));
    assert_eq!(may(&member(BO), &company(), Some(&ticket), &samples::sign_off("重新调整")), Ok(()));
}

#[test]
fn a_callback_made_while_the_ticket_was_reopened_elsewhere_does_not_confirm_the_rework() {
    let mut record = Record::completed();
    let seen_by_amy = record.ids();
    record.act(GUS, 65, samples::reopen());
    record.act_having_seen(AMY, 70, &seen_by_amy, samples::callback());
    record.act(BO, 90, samples::complete());
    let ticket = record.ticket();
    assert_eq!(ticket.callbacks.len(), 1);
    assert_eq!(ticket.callback(), None);
    assert_eq!(may(&member(GUS), &company(), Some(&ticket), &samples::close()), Err(Refusal::NotConfirmed));
}

#[test]
fn two_signatures_taken_apart_are_both_kept_and_the_first_counts() {
    let mut record = Record::completed();
    let seen = record.ids();
    let late = record.act_having_seen(CAI, 80, &seen, samples::sign_off("更换轴承"));
    let early = record.act_having_seen(BO, 70, &seen, samples::sign_off("更换轴承"));
    let ticket = record.ticket();
    assert_eq!(ticket.sign_offs.len(), 2);
    assert_eq!(ticket.sign_off().map(|sign_off| sign_off.by), Some(early));
    assert_eq!(ticket.conflicts(), [Conflict { change: late, kind: ConflictKind::SignedTwice }]);
    assert!(ticket.outcomes.contains(&(late, Outcome::Applied)));
}

#[test]
fn a_settled_amendment_is_not_asked_about_again() {
    let mut record = Record::completed();
    record.act(BO, 70, samples::sign_off("更换轴承"));
    let part = record.act(BO, 80, samples::replace_part("密封圈"));
    record.act(GUS, 90, samples::settle(part));
    assert_eq!(record.ticket().conflicts(), []);
}

#[test]
fn other_facts_do_not_amend_a_signature() {
    let mut record = Record::completed();
    record.act(BO, 70, samples::sign_off("更换轴承"));
    for (at, kind) in (80..).zip([ActionKind::Comment, ActionKind::TellResult, ActionKind::LogProgress]) {
        record.act(BO, at, samples::full(kind));
    }
    record.act(AMY, 90, samples::callback());
    assert_eq!(record.ticket().conflicts(), []);
}
