//! The server's examination of a change that arrives, perhaps long after it was made.

use std::collections::BTreeMap;

use domain::access::judge;
use domain::people::Person;
use domain::ticket::{Action, ActionKind, Answer, Flag, SignOff, Stage, Urgency};
use domain::{ChangeId, DeviceId, Field, PersonId, Problem, Refusal};
use uuid::Uuid;

use crate::support::{AMY, BO, CAI, GUS, Record, SOUTH, ZED, company, member, samples};

/// What becomes of a change that `who` makes at minute 100 having seen `seen`.
fn judged(record: &mut Record, who: PersonId, seen: &[ChangeId], action: Action) -> Result<(), Refusal> {
    let change = record.change(who, 100, seen, action);
    judge(&change, &member(who), &company(), &record.document)
}

/// A ticket that Bo saw as his own, checked in to, and that has gone to Cai since; and what Bo saw.
fn taken_from_bo() -> (Record, Vec<ChangeId>) {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 10, samples::minimal(ActionKind::CheckIn));
    let seen = record.ids();
    record.act(GUS, 20, samples::assign(CAI));
    (record, seen)
}

#[test]
fn a_change_in_somebody_elses_name_is_refused() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    let change = record.change(BO, 5, &seen, samples::comment("我不是 Bo"));
    assert_eq!(judge(&change, &member(GUS), &company(), &record.document), Err(Refusal::WrongAuthor));
}

#[test]
fn facts_in_good_faith_stand_after_the_ticket_went_to_somebody_else() {
    for kind in [ActionKind::CheckOut, ActionKind::ReplacePart, ActionKind::Complete, ActionKind::LogProgress]
    {
        let (mut record, seen) = taken_from_bo();
        assert_eq!(judged(&mut record, BO, &seen, samples::minimal(kind)), Ok(()), "{kind:?}");
    }
}

#[test]
fn the_same_facts_are_refused_once_the_loss_was_seen() {
    let refusals = [
        (ActionKind::CheckOut, Refusal::NotAccountable),
        (ActionKind::ReplacePart, Refusal::NotAccountable),
        (ActionKind::Complete, Refusal::NotAccountable),
        (ActionKind::LogProgress, Refusal::RoleMayNot),
    ];
    for (kind, refusal) in refusals {
        let (mut record, _) = taken_from_bo();
        let seen = record.ids();
        assert_eq!(judged(&mut record, BO, &seen, samples::minimal(kind)), Err(refusal), "{kind:?}");
    }
}

#[test]
fn what_is_no_fact_must_be_allowed_as_the_ticket_stands() {
    for kind in [ActionKind::SetUrgency, ActionKind::Reclassify, ActionKind::EditContact] {
        let (mut record, seen) = taken_from_bo();
        let refusal = judged(&mut record, BO, &seen, samples::minimal(kind));
        assert_eq!(refusal, Err(Refusal::RoleMayNot), "{kind:?}");
    }
}

#[test]
fn taking_a_free_ticket_of_ones_team_unaware_that_it_was_given_away_stands_and_so_does_the_work_that_follows()
{
    let mut record = Record::registered_in(SOUTH);
    let mut seen = record.ids();
    record.act(GUS, 20, samples::assign(CAI));
    assert_eq!(judged(&mut record, BO, &seen, samples::assign(BO)), Ok(()));
    seen.push(record.act_having_seen(BO, 101, &seen.clone(), samples::assign(BO)));
    record.act(GUS, 102, samples::assign(CAI));
    assert_eq!(judged(&mut record, BO, &seen, samples::complete()), Ok(()));
}

#[test]
fn giving_a_ticket_to_somebody_else_must_be_allowed_as_the_ticket_stands() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    assert_eq!(judged(&mut record, BO, &seen, samples::assign(CAI)), Err(Refusal::RoleMayNot));
}

#[test]
fn work_done_before_an_unseen_cancellation_came_in_stands() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    record.act(GUS, 10, samples::cancel());
    assert_eq!(judged(&mut record, BO, &seen, samples::complete()), Ok(()));
    let seen = record.ids();
    let forbids = Refusal::StageForbids { stage: Stage::Cancelled };
    assert_eq!(judged(&mut record, BO, &seen, samples::complete()), Err(forbids));
}

#[test]
fn a_fact_by_somebody_who_never_was_accountable_is_refused_whatever_they_saw() {
    let mut record = Record::assigned_to(BO);
    for seen in [vec![], record.ids()] {
        let refusal = judged(&mut record, CAI, &seen, samples::complete());
        assert_eq!(refusal, Err(Refusal::NotAccountable));
    }
}

#[test]
fn a_second_signature_is_refused_to_whoever_saw_the_first_and_kept_from_who_did_not() {
    let mut record = Record::completed();
    let before = record.ids();
    record.act(BO, 70, samples::sign_off("更换轴承"));
    let after = record.ids();
    let again = || samples::sign_off("更换轴承");
    assert_eq!(judged(&mut record, BO, &after, again()), Err(Refusal::AlreadySigned));
    assert_eq!(judged(&mut record, BO, &before, again()), Ok(()));
}

#[test]
fn a_signature_under_other_content_is_refused() {
    let mut record = Record::completed();
    let seen = record.ids();
    let mut sheet = samples::sheet("更换轴承");
    let sha256 = sheet.hash();
    sheet.rows[0].text = "未更换".into();
    let answer = Answer::Refused { reason: "还有异响".into() };
    let tampered = Action::SignOff(Box::new(SignOff { sheet, sha256, answer }));
    assert_eq!(judged(&mut record, BO, &seen, tampered), Err(Refusal::ContentMismatch));
}

#[test]
fn an_action_of_a_newer_version_is_refused_as_unsupported_and_worth_retrying() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    let refusal = judged(&mut record, BO, &seen, samples::minimal(ActionKind::Unknown)).unwrap_err();
    assert_eq!(refusal, Refusal::UnsupportedAction);
    assert!(refusal.worth_retrying());
}

#[test]
fn somebody_who_has_left_does_nothing_any_more() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    for action in [samples::comment("再见"), samples::complete(), samples::register()] {
        assert_eq!(judged(&mut record, ZED, &seen, action), Err(Refusal::UnknownPerson));
    }
}

#[test]
fn somebody_who_left_while_offline_is_refused_even_in_good_faith() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    let change = record.change(BO, 100, &seen, samples::complete());
    let gone = Person { active: false, ..member(BO) };
    assert_eq!(judge(&change, &gone, &company(), &record.document), Err(Refusal::UnknownPerson));
}

#[test]
fn nothing_happens_to_a_ticket_that_is_not_registered() {
    let mut record = Record::empty();
    for kind in samples::all_kinds() {
        let expected = match kind {
            ActionKind::Register => Ok(()),
            ActionKind::Unknown => Err(Refusal::UnsupportedAction),
            _ => Err(Refusal::UnknownTicket),
        };
        assert_eq!(judged(&mut record, AMY, &[], samples::minimal(kind)), expected, "{kind:?}");
    }
}

#[test]
fn content_is_checked_before_rights() {
    let mut record = Record::assigned_to(BO);
    let refusal = Refusal::Invalid { field: Field::Note, problem: Problem::Missing };
    assert_eq!(judged(&mut record, CAI, &[], samples::comment(" \n")), Err(refusal));
}

#[test]
fn a_green_channel_ticket_stays_urgent() {
    let mut record = Record::assigned_to(BO);
    record.act(GUS, 10, samples::reclassify([Flag::SafetyHazard]));
    assert_eq!(record.ticket().urgency.value, Urgency::Urgent, "the flag alone makes it urgent");
    let seen = record.ids();
    let must = Refusal::Invalid { field: Field::Urgency, problem: Problem::MustBeUrgent };
    let lower = samples::set_urgency(Urgency::Normal);
    assert_eq!(judged(&mut record, GUS, &seen, lower.clone()), Err(must));
    assert_eq!(judged(&mut record, GUS, &seen, samples::set_urgency(Urgency::Urgent)), Ok(()));
    record.act(GUS, 20, samples::reclassify([Flag::RepeatFault]));
    let seen = record.ids();
    assert_eq!(judged(&mut record, GUS, &seen, lower), Ok(()), "without the flag it is a choice again");
}

#[test]
fn an_urgency_lowered_without_seeing_the_green_channel_is_raised_as_a_conflict() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    let flagged = record.act(GUS, 10, samples::reclassify([Flag::ProductionStop]));
    record.act_having_seen(AMY, 20, &seen, samples::set_urgency(Urgency::Low));
    let conflicts = record.ticket().conflicts();
    assert_eq!(conflicts.iter().map(|conflict| conflict.change).collect::<Vec<_>>(), [flagged]);
}

#[test]
fn a_renamed_change_keeps_what_it_says_and_what_its_author_had_seen() {
    let mut record = Record::assigned_to(BO);
    let first = record.act(BO, 10, samples::agree_plan(None, &[20]));
    let second = record.act(BO, 11, samples::reach_milestone(first, 0));
    let changes: Vec<_> = record.document.log().iter().map(|recorded| recorded.change.clone()).collect();
    let new = |seq| ChangeId { device: DeviceId::from_uuid(Uuid::from_u128(77)), seq };
    let names = BTreeMap::from([(first, new(8)), (second, new(9))]);
    let renamed: Vec<_> = changes.iter().map(|change| change.renamed(&names)).collect();
    assert_eq!(renamed[..2], changes[..2], "what is not renamed and had seen nothing of it");
    assert_eq!((renamed[2].id, renamed[3].id), (new(8), new(9)));
    assert_eq!(renamed[3].action, samples::reach_milestone(new(8), 0), "it refers to the same plan");
    assert!(renamed[3].seen.contains(new(8)) && !renamed[3].seen.contains(first));
    assert!(renamed[3].seen.contains(changes[1].id), "others are seen as before");
    assert_eq!((renamed[3].claim, renamed[3].actor), (changes[3].claim, changes[3].actor));
}
