//! The server's examination of a change that arrives, perhaps long after it was made.

use std::collections::BTreeMap;

use domain::access::Objection::{Parked, Refused};
use domain::access::{Objection, admissible, judge, may, may_decide};
use domain::people::Person;
use domain::ticket::{
    Action, ActionKind, Admission, Answer, Document, Doubt, Flag, Recorded, SignOff, Stage, Ticket, Urgency,
};
use domain::{ChangeId, DeviceId, Field, PersonId, Problem, Refusal};
use uuid::Uuid;

use crate::support::{
    AMY, BO, CAI, DAN, FAY, GUS, HAN, IDA, PIA, PRODUCT, Record, SOUTH, TICKET, ZED, company, device_of,
    member, minute, samples,
};

/// What becomes of a change that `who` makes at minute 100 having seen `seen`.
fn judged(record: &mut Record, who: PersonId, seen: &[ChangeId], action: Action) -> Result<(), Objection> {
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

/// A ticket on which Bo has worked, and which the northern team has now.
fn gone_north() -> Record {
    let (mut record, _) = taken_from_bo();
    record.act(GUS, 30, samples::assign(DAN));
    record
}

#[test]
fn a_change_in_somebody_elses_name_is_refused() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    let change = record.change(BO, 5, &seen, samples::comment("我不是 Bo"));
    assert_eq!(
        judge(&change, &member(GUS), &company(), &record.document),
        Err(Refused(Refusal::WrongAuthor))
    );
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
fn the_same_facts_are_for_the_office_to_decide_once_the_loss_was_seen() {
    let refusals = [
        (ActionKind::CheckOut, Refusal::NotAccountable),
        (ActionKind::ReplacePart, Refusal::NotAccountable),
        (ActionKind::Complete, Refusal::NotAccountable),
        (ActionKind::LogProgress, Refusal::RoleMayNot),
    ];
    for (kind, refusal) in refusals {
        let (mut record, _) = taken_from_bo();
        let seen = record.ids();
        assert_eq!(judged(&mut record, BO, &seen, samples::minimal(kind)), Err(Parked(refusal)), "{kind:?}");
    }
}

#[test]
fn a_photo_taken_before_its_author_knew_that_the_ticket_was_closed_belongs_to_it() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 10, samples::complete());
    record.act(BO, 20, samples::sign_off("更换轴承"));
    let seen = record.ids();
    record.act(AMY, 30, samples::close());
    assert_eq!(judged(&mut record, BO, &seen, samples::attach('a')), Ok(()));
    let seen = record.ids();
    let closed = Refusal::StageForbids { stage: Stage::Closed };
    assert_eq!(judged(&mut record, BO, &seen, samples::attach('a')), Err(Refused(closed)));
}

#[test]
fn what_is_no_fact_must_be_allowed_as_the_ticket_stands_or_by_the_office() {
    for kind in [ActionKind::SetUrgency, ActionKind::Reclassify, ActionKind::EditContact] {
        let (mut record, seen) = taken_from_bo();
        let refusal = judged(&mut record, BO, &seen, samples::minimal(kind));
        assert_eq!(refusal, Err(Parked(Refusal::RoleMayNot)), "{kind:?}");
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
fn giving_a_ticket_to_somebody_else_must_be_allowed_as_the_ticket_stands_or_by_the_office() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    assert_eq!(judged(&mut record, BO, &seen, samples::assign(CAI)), Err(Parked(Refusal::RoleMayNot)));
}

#[test]
fn work_done_before_an_unseen_cancellation_came_in_stands() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    record.act(GUS, 10, samples::cancel());
    assert_eq!(judged(&mut record, BO, &seen, samples::complete()), Ok(()));
    let seen = record.ids();
    let forbids = Refusal::StageForbids { stage: Stage::Cancelled };
    assert_eq!(judged(&mut record, BO, &seen, samples::complete()), Err(Refused(forbids)));
}

#[test]
fn a_fact_by_somebody_who_never_was_accountable_does_not_count_by_itself_whatever_they_saw() {
    let mut record = Record::assigned_to(BO);
    let refusal = judged(&mut record, CAI, &[], samples::complete());
    assert_eq!(refusal, Err(Refused(Refusal::NotAccountable)));
    let seen = record.ids();
    let refusal = judged(&mut record, CAI, &seen, samples::complete());
    assert_eq!(refusal, Err(Parked(Refusal::NotAccountable)), "they had it before them");
}

#[test]
fn a_second_signature_is_refused_to_whoever_saw_the_first_and_kept_from_who_did_not() {
    let mut record = Record::completed();
    let before = record.ids();
    record.act(BO, 70, samples::sign_off("更换轴承"));
    let after = record.ids();
    let again = || samples::sign_off("更换轴承");
    assert_eq!(judged(&mut record, BO, &after, again()), Err(Refused(Refusal::AlreadySigned)));
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
    assert_eq!(judged(&mut record, BO, &seen, tampered), Err(Refused(Refusal::ContentMismatch)));
}

#[test]
fn an_action_of_a_newer_version_is_refused_as_unsupported_and_worth_retrying() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    let refusal = judged(&mut record, BO, &seen, samples::minimal(ActionKind::Unknown));
    assert_eq!(refusal, Err(Refused(Refusal::UnsupportedAction)));
    assert!(Refusal::UnsupportedAction.worth_retrying());
}

#[test]
fn somebody_who_has_left_does_nothing_any_more() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    for action in [samples::comment("再见"), samples::complete(), samples::register()] {
        assert_eq!(judged(&mut record, ZED, &seen, action), Err(Refused(Refusal::UnknownPerson)));
    }
}

#[test]
fn somebody_who_left_while_offline_is_refused_even_in_good_faith() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    let change = record.change(BO, 100, &seen, samples::complete());
    let gone = Person { active: false, ..member(BO) };
    assert_eq!(judge(&change, &gone, &company(), &record.document), Err(Refused(Refusal::UnknownPerson)));
}

#[test]
fn nothing_happens_to_a_ticket_that_is_not_registered() {
    let mut record = Record::empty();
    for kind in samples::all_kinds() {
        let expected = match kind {
            ActionKind::Register => Ok(()),
            ActionKind::Unknown => Err(Refused(Refusal::UnsupportedAction)),
            _ => Err(Refused(Refusal::UnknownTicket)),
        };
        assert_eq!(judged(&mut record, AMY, &[], samples::minimal(kind)), expected, "{kind:?}");
    }
}

#[test]
fn content_is_checked_before_rights() {
    let mut record = Record::assigned_to(BO);
    let refusal = Refusal::Invalid { field: Field::Note, problem: Problem::Missing };
    assert_eq!(judged(&mut record, CAI, &[], samples::comment(" \n")), Err(Refused(refusal)));
}

#[test]
fn a_green_channel_ticket_stays_urgent() {
    let mut record = Record::assigned_to(BO);
    record.act(GUS, 10, samples::reclassify([Flag::SafetyHazard]));
    assert_eq!(record.ticket().urgency.value, Urgency::Urgent, "the flag alone makes it urgent");
    let seen = record.ids();
    let must = Refusal::Invalid { field: Field::Urgency, problem: Problem::MustBeUrgent };
    let lower = samples::set_urgency(Urgency::Normal);
    assert_eq!(judged(&mut record, GUS, &seen, lower.clone()), Err(Refused(must)));
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

/// What the office must decide on, said once more: the right is missing, and the author names what somebody else did to it.
fn is_for_the_office(refusal: &Refusal, action: &Action, seen: &[ChangeId], author: PersonId) -> bool {
    let knows_of_others = seen.iter().any(|id| id.device != device_of(author));
    let is_access = [Refusal::RoleMayNot, Refusal::OutOfScope, Refusal::NotAccountable].contains(refusal);
    is_access && (action.kind() == ActionKind::Register || knows_of_others)
}

#[test]
fn the_office_decides_where_only_the_right_is_missing_and_nothing_else_is_judged_otherwise() {
    let own = |record: &Record, who| -> Vec<_> {
        record.ids().into_iter().filter(|id| id.device == device_of(who)).collect()
    };
    let mut parked = 0;
    let beginnings =
        [Record::empty(), Record::assigned_to(BO), Record::completed(), taken_from_bo().0, gone_north()];
    let mut knew = 0;
    for beginning in beginnings {
        for who in [AMY, BO, CAI, DAN, FAY, GUS, IDA, PIA] {
            for kind in samples::all_kinds() {
                for seen in [vec![], own(&beginning, who), beginning.ids()] {
                    let mut record = beginning.clone();
                    let change = record.change(who, 100, &seen, samples::minimal(kind));
                    let ticket = Ticket::of(&record.document);
                    let right = |()| may(&member(who), &company(), ticket.as_ref(), &change.action);
                    let allowed = change.action.check(TICKET).and_then(right);
                    let judged = judge(&change, &member(who), &company(), &record.document);
                    match (allowed, judged) {
                        (Ok(()), judged) => assert_eq!(judged, Ok(()), "{kind:?} by {who}"),
                        (Err(_), Ok(())) => assert!(change.action.is_fact() || kind == ActionKind::Assign),
                        (Err(refusal), Err(objection)) => {
                            let expected = if is_for_the_office(&refusal, &change.action, &seen, who) {
                                parked += 1;
                                Parked(refusal)
                            } else if refusal == Refusal::OutOfScope && seen.is_empty() {
                                Refused(Refusal::UnknownTicket)
                            } else {
                                knew += usize::from(refusal == Refusal::OutOfScope);
                                Refused(refusal)
                            };
                            assert_eq!(objection, expected, "{kind:?} by {who} having seen {seen:?}");
                        }
                    }
                }
            }
        }
    }
    assert!(parked > 100 && knew > 10, "{parked}, {knew}");
}

#[test]
fn nobody_fills_the_queue_with_guesses_about_tickets_they_never_saw() {
    let mut record = Record::assigned_to(BO);
    let change = record.change(DAN, 100, &[], samples::complete());
    let not_there = Document::new(TICKET);
    assert_eq!(judge(&change, &member(DAN), &company(), &not_there), Err(Refused(Refusal::UnknownTicket)));
    let refusal = judged(&mut record, DAN, &[], samples::complete());
    assert_eq!(refusal, Err(Refused(Refusal::UnknownTicket)), "nor learns that there is one");
    let made_up = ChangeId { device: DeviceId::from_uuid(Uuid::from_u128(0xf00d)), seq: u64::MAX };
    let refusal = judged(&mut record, DAN, &[made_up], samples::complete());
    assert_eq!(refusal, Err(Refused(Refusal::UnknownTicket)), "a device that never touched the ticket");
}

#[test]
fn a_registration_refused_for_role_or_department_waits_for_the_office() {
    let mut record = Record::empty();
    let register = || Action::Register(Box::new(samples::minimal_intake()));
    assert_eq!(judged(&mut record, FAY, &[], register()), Err(Parked(Refusal::RoleMayNot)));
    assert_eq!(judged(&mut record, BO, &[], register()), Err(Parked(Refusal::OutOfScope)));
    let mut nowhere = samples::minimal_intake();
    nowhere.registered_in = domain::DepartmentId::from_uuid(Uuid::from_u128(0xf00d));
    let nowhere = Action::Register(Box::new(nowhere));
    assert_eq!(judged(&mut record, BO, &[], nowhere), Err(Refused(Refusal::UnknownDepartment)));
}

/// Whether the office could let a change in that `who` makes at minute 100 having seen `seen`.
fn admissible_by(
    record: &mut Record,
    who: PersonId,
    seen: &[ChangeId],
    action: Action,
) -> Result<(), Refusal> {
    let change = record.change(who, 100, seen, action);
    admissible(&change, &company(), &record.document, Ticket::of(&record.document).as_ref())
}

#[test]
fn what_the_office_lets_in_must_still_be_valid_by_content_and_stage() {
    let (mut record, seen) = taken_from_bo();
    assert_eq!(admissible_by(&mut record, BO, &seen, samples::edit_contact("乙")), Ok(()));
    let blank = Refusal::Invalid { field: Field::Note, problem: Problem::Missing };
    assert_eq!(admissible_by(&mut record, BO, &seen, samples::comment(" ")), Err(blank));
    let left = admissible_by(&mut record, BO, &seen, samples::assign(ZED));
    assert_eq!(left, Err(Refusal::UnknownPerson), "who has left is given nothing");
    record.act(GUS, 110, samples::cancel());
    let forbids = Refusal::StageForbids { stage: Stage::Cancelled };
    assert_eq!(admissible_by(&mut record, BO, &seen, samples::edit_contact("乙")), Err(forbids));
    assert_eq!(
        admissible_by(&mut record, BO, &seen, samples::complete()),
        Ok(()),
        "done before that was seen"
    );
    let unknown = samples::minimal(ActionKind::Unknown);
    assert_eq!(admissible_by(&mut record, BO, &seen, unknown), Err(Refusal::UnsupportedAction));
    let again = samples::register();
    assert_eq!(admissible_by(&mut record, BO, &seen, again), Err(Refusal::AlreadyRegistered));
    let mut nothing = Record::empty();
    assert_eq!(admissible_by(&mut nothing, FAY, &[], samples::register()), Ok(()));
    assert_eq!(admissible_by(&mut nothing, BO, &[], samples::complete()), Err(Refusal::UnknownTicket));
}

#[test]
fn those_decide_who_steer_and_have_the_ticket_in_their_sight() {
    let decide = |record: &Record| -> Vec<PersonId> {
        let keys = record.ticket().scope_keys();
        let decides = |person: &&Person| may_decide(person, &company(), &keys);
        company().people.iter().filter(decides).map(|person| person.id).collect()
    };
    assert_eq!(decide(&Record::assigned_to(BO)), [GUS, HAN, IDA]);
    assert_eq!(decide(&Record::registered_in(PRODUCT)), [IDA], "of another department");
    let gone = Person { active: false, ..member(GUS) };
    assert!(!may_decide(&gone, &company(), &Record::assigned_to(BO).ticket().scope_keys()));
}

#[test]
fn an_admitted_change_happens_when_it_was_made_and_arrives_when_it_was_let_in() {
    let (mut record, seen) = taken_from_bo();
    let change = record.change(BO, 15, &seen, samples::edit_contact("乙"));
    let admission = Admission { by: GUS, received: minute(30) };
    let admitted = Recorded::admit(change.clone(), record.document.log(), admission, minute(90));
    assert_eq!((admitted.happened, admitted.arrived), (minute(15), Some(minute(90))));
    assert_eq!((admitted.admitted, admitted.doubt()), (Some(admission), Some(Doubt::Unmeasured)));

    let mut ahead = change;
    ahead.claim.clock = minute(60);
    let admitted = Recorded::admit(ahead, record.document.log(), admission, minute(90));
    assert_eq!(admitted.happened, minute(30), "not after it had come in, however late it was let in");
    assert!(matches!(admitted.doubt(), Some(Doubt::Ahead { .. })));
}

#[test]
fn who_had_seen_a_later_change_of_a_device_is_not_placed_after_the_admission_of_an_earlier_one() {
    let (mut record, seen) = taken_from_bo();
    let parked = record.change(BO, 15, &seen, samples::edit_contact("乙"));
    let later = record.act(BO, 31, samples::comment("电话已改"));
    let admission = Admission { by: GUS, received: minute(30) };
    let admitted = Recorded::admit(parked, record.document.log(), admission, minute(500));
    record.document.insert(admitted);
    let offline = record.change(CAI, 40, &[later], samples::comment("没有网络"));
    let placed = Recorded::place(offline, record.document.log(), Some(minute(600)));
    assert_eq!(placed.happened, minute(40));
}
