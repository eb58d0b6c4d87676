//! Who may do what, as a table to read and to argue about.
//!
//! Each situation lists every kind of action once. The columns are the roles; a cell says `yes` or why not. The ticket is
//! held by the southern team unless the situation says otherwise; agent, specialist, inspector, supervisor and manager
//! belong to after-sales, of which the team is part; the engineer belongs to the team.

use std::collections::BTreeSet;

use domain::access::{Scope, may};
use domain::people::{Department, DepartmentFunction, Person, Role};
use domain::ticket::{Action, ActionKind, Assignment, ScopeKeys, Ticket};
use domain::{DepartmentId, PersonId, Refusal};
use uuid::Uuid;

use crate::support::{
    AFTER_SALES, AMY, BO, CAI, DAN, EVE, FAY, GUS, HAN, IDA, NORTH, PIA, PRODUCT, Record, SERVICE, SOUTH,
    ZED, company, device_of, member, samples,
};

const COLUMNS: [PersonId; 7] = [AMY, BO, EVE, FAY, GUS, HAN, IDA];

const NOT_REGISTERED: &str = "
                                        agent engineer specialist inspector supervisor manager admin
register                              | yes   yes      yes        role      yes        yes     yes
assign set_urgency reclassify edit_contact log_progress check_in check_out replace_part complete sign_off tell_result \
record_callback close cancel reopen comment agree_plan reach_milestone recover inspect rectify settle attach unknown \
                                      | none  none     none       none      none       none    none";

/// Nobody is accountable; `assign` makes the actor accountable, in their own department.
const UNASSIGNED: &str = "
                                        agent engineer specialist inspector supervisor manager admin
register                              | again again    again      again     again      again   again
assign                                | yes   yes      role       role      yes        yes     yes
set_urgency reclassify edit_contact   | yes   role     role       role      yes        yes     yes
log_progress                          | yes   role     role       role      yes        yes     yes
tell_result                           | stage role     role       role      stage      stage   stage
check_in check_out replace_part       | owner owner    owner      owner     owner      owner   owner
complete sign_off                     | owner owner    owner      owner     owner      owner   owner
record_callback                       | stage role     role       role      stage      stage   stage
close                                 | stage role     role       role      stage      stage   stage
cancel                                | yes   role     role       role      yes        yes     yes
reopen                                | stage role     role       stage     stage      stage   stage
comment                               | yes   yes      yes        yes       yes        yes     yes
settle                                | yes   role     role       role      yes        yes     yes
agree_plan                            | yes   role     role       role      yes        yes     yes
reach_milestone rectify               | nothing role   role       role      nothing    nothing nothing
recover                               | role  role     role       role      stage      stage   stage
inspect                               | role  role     role       stage     stage      stage   stage
attach                                | yes   yes      yes        yes       yes        yes     yes
unknown                               | newer newer    newer      newer     newer      newer   newer";

/// A colleague of the engineer is accountable and at work; `assign` gives the ticket to the actor.
const A_COLLEAGUES: &str = "
                                        agent engineer specialist inspector supervisor manager admin
register                              | again again    again      again     again      again   again
assign                                | yes   role     role       role      yes        yes     yes
set_urgency reclassify edit_contact   | yes   role     role       role      yes        yes     yes
log_progress                          | yes   role     role       role      yes        yes     yes
tell_result                           | stage role     role       role      stage      stage   stage
check_in check_out replace_part       | owner owner    owner      owner     owner      owner   owner
complete sign_off                     | owner owner    owner      owner     owner      owner   owner
record_callback                       | stage role     role       role      stage      stage   stage
close                                 | stage role     role       role      stage      stage   stage
cancel                                | yes   role     role       role      yes        yes     yes
reopen                                | stage role     role       stage     stage      stage   stage
comment                               | yes   yes      yes        yes       yes        yes     yes
settle                                | yes   role     role       role      yes        yes     yes
agree_plan                            | yes   role     role       role      yes        yes     yes
reach_milestone rectify               | nothing role   role       role      nothing    nothing nothing
recover                               | role  role     role       role      stage      stage   stage
inspect                               | role  role     role       stage     stage      stage   stage
attach                                | yes   yes      yes        yes       yes        yes     yes
unknown                               | newer newer    newer      newer     newer      newer   newer";

/// A colleague of the engineer has done the work.
const A_COLLEAGUES_DONE: &str = "
                                        agent engineer specialist inspector supervisor manager admin
register                              | again again    again      again     again      again   again
assign                                | yes   role     role       role      yes        yes     yes
set_urgency reclassify edit_contact   | yes   role     role       role      yes        yes     yes
log_progress tell_result              | yes   role     role       role      yes        yes     yes
check_in check_out replace_part       | owner owner    owner      owner     owner      owner   owner
complete sign_off                     | owner owner    owner      owner     owner      owner   owner
record_callback                       | yes   role     role       role      yes        yes     yes
close                                 | ask   role     role       role      ask        ask     ask
cancel                                | stage role     role       role      stage      stage   stage
reopen                                | yes   role     role       yes       yes        yes     yes
comment                               | yes   yes      yes        yes       yes        yes     yes
settle                                | yes   role     role       role      yes        yes     yes
agree_plan                            | stage role     role       role      stage      stage   stage
reach_milestone rectify               | nothing role   role       role      nothing    nothing nothing
recover                               | role  role     role       role      nothing    nothing nothing
inspect                               | role  role     role       yes       yes        yes     yes
attach                                | yes   yes      yes        yes       yes        yes     yes
unknown                               | newer newer    newer      newer     newer      newer   newer";

/// The actor is accountable and not at the site.
const OWN: &str = "
                                        agent engineer specialist inspector supervisor manager admin
register                              | again again    again      again     again      again   again
assign                                | yes   role     role       role      yes        yes     yes
set_urgency reclassify edit_contact   | yes   yes      yes        yes       yes        yes     yes
log_progress check_in replace_part    | yes   yes      yes        yes       yes        yes     yes
complete comment                      | yes   yes      yes        yes       yes        yes     yes
check_out                             | visit visit    visit      visit     visit      visit   visit
sign_off tell_result                  | stage stage    stage      stage     stage      stage   stage
record_callback                       | role  role     role       role      role       role    role
close                                 | stage role     role       role      stage      stage   stage
cancel settle                         | yes   role     role       role      yes        yes     yes
reopen                                | stage role     role       stage     stage      stage   stage
agree_plan                            | yes   yes      yes        yes       yes        yes     yes
reach_milestone rectify               | nothing nothing nothing    nothing   nothing    nothing nothing
recover                               | role  role     role       role      stage      stage   stage
inspect                               | role  role     role       role      role       role    role
attach                                | yes   yes      yes        yes       yes        yes     yes
unknown                               | newer newer    newer      newer     newer      newer   newer";

/// The actor is accountable and at the site.
const OWN_AT_THE_SITE: &str = "
                                        agent engineer specialist inspector supervisor manager admin
register                              | again again    again      again     again      again   again
assign                                | yes   role     role       role      yes        yes     yes
set_urgency reclassify edit_contact   | yes   yes      yes        yes       yes        yes     yes
log_progress check_out replace_part   | yes   yes      yes        yes       yes        yes     yes
complete comment                      | yes   yes      yes        yes       yes        yes     yes
check_in                              | visit visit    visit      visit     visit      visit   visit
sign_off tell_result                  | stage stage    stage      stage     stage      stage   stage
record_callback                       | role  role     role       role      role       role    role
close                                 | stage role     role       role      stage      stage   stage
cancel settle                         | yes   role     role       role      yes        yes     yes
reopen                                | stage role     role       stage     stage      stage   stage
agree_plan                            | yes   yes      yes        yes       yes        yes     yes
reach_milestone rectify               | nothing nothing nothing    nothing   nothing    nothing nothing
recover                               | role  role     role       role      stage      stage   stage
inspect                               | role  role     role       role      role       role    role
attach                                | yes   yes      yes        yes       yes        yes     yes
unknown                               | newer newer    newer      newer     newer      newer   newer";

/// The actor has done the work and is still at the site.
const OWN_DONE: &str = "
                                        agent engineer specialist inspector supervisor manager admin
register                              | again again    again      again     again      again   again
assign                                | yes   role     role       role      yes        yes     yes
set_urgency reclassify edit_contact   | yes   yes      yes        yes       yes        yes     yes
log_progress check_out comment        | yes   yes      yes        yes       yes        yes     yes
sign_off tell_result                  | yes   yes      yes        yes       yes        yes     yes
check_in replace_part complete        | stage stage    stage      stage     stage      stage   stage
record_callback                       | role  role     role       role      role       role    role
close                                 | ask   role     role       role      ask        ask     ask
cancel                                | stage role     role       role      stage      stage   stage
reopen                                | yes   role     role       yes       yes        yes     yes
settle                                | yes   role     role       role      yes        yes     yes
agree_plan                            | stage stage    stage      stage     stage      stage   stage
reach_milestone rectify               | nothing nothing nothing    nothing   nothing    nothing nothing
recover                               | role  role     role       role      nothing    nothing nothing
inspect                               | role  role     role       role      role       role    role
attach                                | yes   yes      yes        yes       yes        yes     yes
unknown                               | newer newer    newer      newer     newer      newer   newer";

/// The customer has signed for the actor's work.
const OWN_SIGNED: &str = "
                                        agent engineer specialist inspector supervisor manager admin
register                              | again again    again      again     again      again   again
assign                                | yes   role     role       role      yes        yes     yes
set_urgency reclassify edit_contact   | yes   yes      yes        yes       yes        yes     yes
log_progress check_out tell_result    | yes   yes      yes        yes       yes        yes     yes
comment                               | yes   yes      yes        yes       yes        yes     yes
sign_off                              | twice twice    twice      twice     twice      twice   twice
check_in replace_part complete        | stage stage    stage      stage     stage      stage   stage
record_callback                       | role  role     role       role      role       role    role
close settle                          | yes   role     role       role      yes        yes     yes
cancel                                | stage role     role       role      stage      stage   stage
reopen                                | yes   role     role       yes       yes        yes     yes
agree_plan                            | stage stage    stage      stage     stage      stage   stage
reach_milestone rectify               | nothing nothing nothing    nothing   nothing    nothing nothing
recover                               | role  role     role       role      nothing    nothing nothing
inspect                               | role  role     role       role      role       role    role
attach                                | yes   yes      yes        yes       yes        yes     yes
unknown                               | newer newer    newer      newer     newer      newer   newer";

/// Signed and closed; the actor checked out before.
const OWN_CLOSED: &str = "
                                        agent engineer specialist inspector supervisor manager admin
register                              | again again    again      again     again      again   again
assign                                | stage role     role       role      stage      stage   stage
set_urgency reclassify edit_contact   | stage stage    stage      stage     stage      stage   stage
log_progress tell_result check_in     | stage stage    stage      stage     stage      stage   stage
replace_part complete                 | stage stage    stage      stage     stage      stage   stage
sign_off                              | twice twice    twice      twice     twice      twice   twice
check_out                             | visit visit    visit      visit     visit      visit   visit
record_callback                       | role  role     role       role      role       role    role
close cancel                          | stage role     role       role      stage      stage   stage
reopen                                | yes   role     role       yes       yes        yes     yes
comment                               | yes   yes      yes        yes       yes        yes     yes
settle                                | yes   role     role       role      yes        yes     yes
agree_plan                            | stage stage    stage      stage     stage      stage   stage
reach_milestone rectify               | nothing nothing nothing    nothing   nothing    nothing nothing
recover                               | role  role     role       role      nothing    nothing nothing
inspect                               | role  role     role       role      role       role    role
attach                                | stage stage    stage      stage     stage      stage   stage
unknown                               | newer newer    newer      newer     newer      newer   newer";

/// Cancelled while the actor was at the site.
const OWN_CANCELLED: &str = "
                                        agent engineer specialist inspector supervisor manager admin
register                              | again again    again      again     again      again   again
assign                                | stage role     role       role      stage      stage   stage
set_urgency reclassify edit_contact   | stage stage    stage      stage     stage      stage   stage
log_progress tell_result check_in     | stage stage    stage      stage     stage      stage   stage
replace_part complete sign_off        | stage stage    stage      stage     stage      stage   stage
check_out comment                     | yes   yes      yes        yes       yes        yes     yes
record_callback                       | role  role     role       role      role       role    role
close cancel                          | stage role     role       role      stage      stage   stage
reopen                                | yes   role     role       yes       yes        yes     yes
settle                                | yes   role     role       role      yes        yes     yes
agree_plan                            | stage stage    stage      stage     stage      stage   stage
reach_milestone rectify               | nothing nothing nothing    nothing   nothing    nothing nothing
recover                               | role  role     role       role      stage      stage   stage
inspect                               | role  role     role       role      role       role    role
attach                                | stage stage    stage      stage     stage      stage   stage
unknown                               | newer newer    newer      newer     newer      newer   newer";

/// A colleague's, with a plan, a milestone, a callback with a poor answer and a failed inspection; closed since. What is
/// owed to the customer can still be done; what would change the ticket can't.
const A_COLLEAGUES_CLOSED: &str = "
                                        agent engineer specialist inspector supervisor manager admin
register                              | again again    again      again     again      again   again
assign set_urgency reclassify         | stage role     role       role      stage      stage   stage
edit_contact log_progress tell_result | stage role     role       role      stage      stage   stage
check_in check_out replace_part       | owner owner    owner      owner     owner      owner   owner
complete sign_off                     | owner owner    owner      owner     owner      owner   owner
record_callback rectify               | yes   role     role       role      yes        yes     yes
close cancel                          | stage role     role       role      stage      stage   stage
agree_plan reach_milestone            | stage role     role       role      stage      stage   stage
recover                               | role  role     role       role      yes        yes     yes
inspect                               | role  role     role       yes       yes        yes     yes
reopen                                | yes   role     role       yes       yes        yes     yes
comment                               | yes   yes      yes        yes       yes        yes     yes
settle                                | yes   role     role       role      yes        yes     yes
attach                                | stage stage    stage      stage     stage      stage   stage
unknown                               | newer newer    newer      newer     newer      newer   newer";

/// A colleague's with a plan, before the work is done.
const A_COLLEAGUES_PLANNED: &str = "
                                        agent engineer specialist inspector supervisor manager admin
register                              | again again    again      again     again      again   again
assign set_urgency reclassify         | yes   role     role       role      yes        yes     yes
edit_contact log_progress             | yes   role     role       role      yes        yes     yes
tell_result record_callback           | stage role     role       role      stage      stage   stage
check_in check_out replace_part       | owner owner    owner      owner     owner      owner   owner
complete sign_off                     | owner owner    owner      owner     owner      owner   owner
agree_plan reach_milestone            | yes   role     role       role      yes        yes     yes
rectify                               | nothing role   role       role      nothing    nothing nothing
recover                               | role  role     role       role      stage      stage   stage
inspect                               | role  role     role       stage     stage      stage   stage
close                                 | stage role     role       role      stage      stage   stage
cancel                                | yes   role     role       role      yes        yes     yes
reopen                                | stage role     role       stage     stage      stage   stage
comment                               | yes   yes      yes        yes       yes        yes     yes
settle                                | yes   role     role       role      yes        yes     yes
attach                                | yes   yes      yes        yes       yes        yes     yes
unknown                               | newer newer    newer      newer     newer      newer   newer";

/// Held by the northern team, an engineer of which is accountable.
const ANOTHER_TEAMS: &str = "
                                        agent engineer specialist inspector supervisor manager admin
register                              | again again    again      again     again      again   again
assign                                | yes   scope    role       role      yes        yes     yes
set_urgency reclassify edit_contact   | yes   scope    role       role      yes        yes     yes
log_progress                          | yes   scope    role       role      yes        yes     yes
tell_result                           | stage scope    role       role      stage      stage   stage
check_in check_out replace_part       | owner scope    owner      owner     owner      owner   owner
complete sign_off                     | owner scope    owner      owner     owner      owner   owner
record_callback                       | stage scope    role       role      stage      stage   stage
close                                 | stage scope    role       role      stage      stage   stage
cancel                                | yes   scope    role       role      yes        yes     yes
reopen                                | stage scope    role       stage     stage      stage   stage
comment                               | yes   scope    yes        yes       yes        yes     yes
settle                                | yes   scope    role       role      yes        yes     yes
agree_plan                            | yes   scope    role       role      yes        yes     yes
reach_milestone rectify               | nothing scope  role       role      nothing    nothing nothing
recover                               | role  scope    role       role      stage      stage   stage
inspect                               | role  scope    role       stage     stage      stage   stage
attach                                | yes   scope    yes        yes       yes        yes     yes
unknown                               | newer scope    newer      newer     newer      newer   newer";

/// Registered and held outside after-sales.
const ANOTHER_DEPARTMENTS: &str = "
                                        agent engineer specialist inspector supervisor manager admin
register                              | again again    again      again     again      again   again
assign set_urgency reclassify         | scope scope    scope      scope     scope      scope   yes
edit_contact log_progress cancel      | scope scope    scope      scope     scope      scope   yes
comment settle                        | scope scope    scope      scope     scope      scope   yes
tell_result record_callback           | scope scope    scope      scope     scope      scope   stage
close reopen                          | scope scope    scope      scope     scope      scope   stage
check_in check_out replace_part       | scope scope    scope      scope     scope      scope   owner
complete sign_off                     | scope scope    scope      scope     scope      scope   owner
agree_plan                            | scope scope    scope      scope     scope      scope   yes
reach_milestone rectify               | scope scope    scope      scope     scope      scope   nothing
recover                               | scope scope    scope      scope     scope      scope   stage
inspect                               | scope scope    scope      scope     scope      scope   stage
attach                                | scope scope    scope      scope     scope      scope   yes
unknown                               | scope scope    scope      scope     scope      scope   newer";

/// The word that stands for an answer in the tables.
fn word(answer: Result<(), Refusal>) -> &'static str {
    match answer {
        Ok(()) => "yes",
        Err(Refusal::RoleMayNot) => "role",
        Err(Refusal::OutOfScope) => "scope",
        Err(Refusal::NotAccountable) => "owner",
        Err(Refusal::StageForbids { .. }) => "stage",
        Err(Refusal::AlreadySigned) => "twice",
        Err(Refusal::VisitOutOfTurn) => "visit",
        Err(Refusal::NotConfirmed) => "ask",
        Err(Refusal::NothingToFollow) => "nothing",
        Err(Refusal::UnknownTicket) => "none",
        Err(Refusal::AlreadyRegistered) => "again",
        Err(Refusal::UnsupportedAction) => "newer",
        Err(other) => panic!("the tables have no word for {other:?}"),
    }
}

/// Checks a table cell by cell. `ticket` gives the ticket that the actor finds, if any.
fn holds(table: &str, ticket: impl Fn(PersonId) -> Option<Ticket>) {
    let mut listed = Vec::new();
    let rows = table.lines().filter_map(|line| line.split_once('|'));
    for (names, cells) in rows {
        let cells: Vec<_> = cells.split_whitespace().collect();
        assert_eq!(cells.len(), COLUMNS.len(), "one cell for each role: {names}");
        for name in names.split_whitespace() {
            let kinds = samples::all_kinds();
            let kind = kinds.into_iter().find(|kind| kind.name() == name);
            let kind = kind.unwrap_or_else(|| panic!("no kind of action is called {name}"));
            listed.push(kind);
            for (actor, cell) in COLUMNS.into_iter().zip(&cells) {
                let ticket = ticket(actor);
                let action = action_of(kind, actor, ticket.as_ref());
                let answer = word(may(&member(actor), &company(), ticket.as_ref(), &action));
                assert_eq!(answer, *cell, "{name} by {:?}", member(actor).role);
            }
        }
    }
    let distinct: BTreeSet<_> = listed.iter().copied().collect();
    assert_eq!(distinct.len(), listed.len(), "no kind has two rows");
    assert_eq!(distinct, samples::all_kinds().into_iter().collect(), "every kind has its row");
}

/// An action as the actor would do it: registering at their own desk; taking a ticket, or passing their own to Cai.
fn action_of(kind: ActionKind, actor: PersonId, ticket: Option<&Ticket>) -> Action {
    match kind {
        ActionKind::Register => {
            let mut intake = samples::minimal_intake();
            intake.registered_in = member(actor).department;
            Action::Register(Box::new(intake))
        }
        ActionKind::Assign if ticket.is_some_and(|ticket| ticket.accountable.value.person == Some(actor)) => {
            samples::assign(CAI)
        }
        ActionKind::Assign => samples::assign(actor),
        ActionKind::ReachMilestone => match ticket.and_then(Ticket::plan) {
            Some(plan) => samples::reach_milestone(plan.by, 0),
            None => samples::minimal(kind),
        },
        _ => samples::minimal(kind),
    }
}

/// The ticket after `actions` of the accountable person, every ten minutes.
fn worked_on_by(person: PersonId, kinds: &[ActionKind]) -> Record {
    let mut record = Record::assigned_to(person);
    for (kind, at) in kinds.iter().zip((10..).step_by(10)) {
        record.act(person, at, samples::minimal(*kind));
    }
    record
}

#[test]
fn a_ticket_that_is_not_registered() {
    holds(NOT_REGISTERED, |_| None);
}

#[test]
fn a_ticket_that_nobody_is_accountable_for() {
    holds(UNASSIGNED, |_| Some(Record::registered_in(SOUTH).ticket()));
}

#[test]
fn a_ticket_that_a_colleague_is_accountable_for() {
    holds(A_COLLEAGUES, |_| Some(worked_on_by(CAI, &[ActionKind::CheckIn]).ticket()));
}

#[test]
fn a_ticket_that_a_colleague_has_done() {
    holds(A_COLLEAGUES_DONE, |_| Some(worked_on_by(CAI, &[ActionKind::Complete]).ticket()));
}

#[test]
fn a_ticket_with_a_plan_that_a_colleague_is_accountable_for() {
    holds(A_COLLEAGUES_PLANNED, |_| {
        let mut record = Record::assigned_to(CAI);
        record.act(CAI, 10, samples::agree_plan(None, &[500]));
        Some(record.ticket())
    });
}

#[test]
fn a_ticket_of_a_colleague_that_is_closed_with_debts() {
    holds(A_COLLEAGUES_CLOSED, |_| {
        let mut record = Record::assigned_to(CAI);
        record.act(CAI, 10, samples::agree_plan(None, &[500]));
        record.act(CAI, 60, samples::complete());
        record.act(AMY, 70, samples::callback_with(2));
        record.act(FAY, 80, samples::inspection_failed(900));
        record.act(AMY, 90, samples::close());
        Some(record.ticket())
    });
}

#[test]
fn a_milestone_of_another_plan_or_beyond_the_last_can_not_be_reached() {
    let mut record = Record::assigned_to(BO);
    let plan = record.act(BO, 10, samples::agree_plan(None, &[500]));
    let assignment = record.ids()[1];
    for (plan, number, answer) in [
        (plan, 0, Ok(())),
        (plan, 1, Err(Refusal::NothingToFollow)),
        (assignment, 0, Err(Refusal::NothingToFollow)),
    ] {
        let action = samples::reach_milestone(plan, number);
        assert_eq!(may(&member(BO), &company(), Some(&record.ticket()), &action), answer);
    }
}

#[test]
fn an_own_ticket() {
    holds(OWN, |actor| Some(worked_on_by(actor, &[]).ticket()));
}

#[test]
fn an_own_ticket_at_the_site() {
    holds(OWN_AT_THE_SITE, |actor| Some(worked_on_by(actor, &[ActionKind::CheckIn]).ticket()));
}

#[test]
fn an_own_ticket_that_is_done() {
    let kinds = [ActionKind::CheckIn, ActionKind::Complete];
    holds(OWN_DONE, |actor| Some(worked_on_by(actor, &kinds).ticket()));
}

#[test]
fn an_own_ticket_that_is_signed() {
    let kinds = [ActionKind::CheckIn, ActionKind::Complete, ActionKind::SignOff];
    holds(OWN_SIGNED, |actor| Some(worked_on_by(actor, &kinds).ticket()));
}

#[test]
fn an_own_ticket_that_is_closed() {
    let kinds = [
        ActionKind::CheckIn,
        ActionKind::CheckOut,
        ActionKind::Complete,
        ActionKind::SignOff,
        ActionKind::Close,
    ];
    holds(OWN_CLOSED, |actor| Some(worked_on_by(actor, &kinds).ticket()));
}

#[test]
fn an_own_ticket_that_is_cancelled() {
    let kinds = [ActionKind::CheckIn, ActionKind::Cancel];
    holds(OWN_CANCELLED, |actor| Some(worked_on_by(actor, &kinds).ticket()));
}

#[test]
fn a_ticket_of_another_team() {
    holds(ANOTHER_TEAMS, |_| {
        let mut record = Record::registered_in(NORTH);
        record.act(GUS, 5, samples::assign(DAN));
        Some(record.ticket())
    });
}

#[test]
fn a_ticket_of_another_department() {
    holds(ANOTHER_DEPARTMENTS, |_| {
        let mut record = Record::registered_in(PRODUCT);
        record.act(IDA, 5, samples::assign(PIA));
        Some(record.ticket())
    });
}

#[test]
fn a_callback_or_a_signature_opens_the_way_to_closing() {
    let mut called = worked_on_by(CAI, &[ActionKind::Complete]);
    called.act(AMY, 70, samples::callback());
    let signed = worked_on_by(CAI, &[ActionKind::Complete, ActionKind::SignOff]);
    for record in [called, signed] {
        assert_eq!(may(&member(AMY), &company(), Some(&record.ticket()), &samples::close()), Ok(()));
    }
}

#[test]
fn an_engineer_takes_a_free_ticket_of_the_own_team_only_for_themselves_and_only_there() {
    let free = Record::registered_in(SOUTH).ticket();
    let elsewhere = Action::Assign(Assignment { person: BO, department: NORTH });
    for action in [samples::assign(CAI), elsewhere] {
        assert_eq!(may(&member(BO), &company(), Some(&free), &action), Err(Refusal::RoleMayNot));
    }
}

#[test]
fn a_ticket_goes_only_to_people_and_departments_that_exist() {
    let ticket = Record::registered_in(AFTER_SALES).ticket();
    let nobody = PersonId::from_uuid(Uuid::from_u128(404));
    let nowhere = DepartmentId::from_uuid(Uuid::from_u128(404));
    for (person, department, refusal) in [
        (nobody, SOUTH, Refusal::UnknownPerson),
        (ZED, SOUTH, Refusal::UnknownPerson),
        (BO, nowhere, Refusal::UnknownDepartment),
    ] {
        let action = Action::Assign(Assignment { person, department });
        assert_eq!(may(&member(GUS), &company(), Some(&ticket), &action), Err(refusal));
    }
}

#[test]
fn a_ticket_is_registered_at_ones_own_desk_except_by_an_admin() {
    let at = |department| {
        let mut intake = samples::minimal_intake();
        intake.registered_in = department;
        Action::Register(Box::new(intake))
    };
    let nowhere = DepartmentId::from_uuid(Uuid::from_u128(404));
    assert_eq!(may(&member(AMY), &company(), None, &at(SERVICE)), Err(Refusal::OutOfScope));
    assert_eq!(may(&member(IDA), &company(), None, &at(SOUTH)), Ok(()));
    assert_eq!(may(&member(IDA), &company(), None, &at(nowhere)), Err(Refusal::UnknownDepartment));
}

fn keys(department: DepartmentId, accountable: Option<PersonId>, registered_in: DepartmentId) -> ScopeKeys {
    ScopeKeys { department, accountable, registered_in }
}

#[test]
fn each_role_sees_what_it_needs() {
    let team = keys(SOUTH, Some(CAI), SERVICE);
    let own = keys(PRODUCT, Some(BO), PRODUCT);
    let registered = keys(PRODUCT, Some(PIA), AFTER_SALES);
    let registered_in_team = keys(PRODUCT, Some(PIA), SOUTH);
    let foreign = keys(PRODUCT, Some(PIA), SERVICE);
    let sees = |who: PersonId| {
        let scope = Scope::of(&member(who), &company());
        [team, own, registered, registered_in_team, foreign].map(|keys| scope.contains(&keys))
    };
    //                     team   own    registered  in the team  foreign
    assert_eq!(sees(BO), [true, true, false, false, false], "an engineer: the team's and their own");
    assert_eq!(sees(DAN), [false, false, false, false, false], "nothing of another team");
    for office in [AMY, EVE, FAY, GUS, HAN] {
        assert_eq!(sees(office), [true, false, true, true, false], "{:?}", member(office).role);
    }
    assert_eq!(sees(IDA), [true; 5], "an admin: everything");
    assert_eq!(sees(ZED), [false; 5], "somebody who has left: nothing of the team");
    let gone = Person { active: false, ..member(IDA) };
    assert!(!Scope::of(&gone, &company()).contains(&team), "nor an admin who has left");
}

#[test]
fn those_who_steer_after_sales_see_what_the_service_desk_has_given_nobody_yet() {
    let waiting = keys(SERVICE, None, SERVICE);
    let sees = |who: PersonId| Scope::of(&member(who), &company()).contains(&waiting);
    assert_eq!([GUS, HAN, IDA].map(sees), [true; 3]);
    assert_eq!([AMY, BO, EVE, FAY, PIA].map(sees), [false; 5]);
}

#[test]
fn every_role_has_somebody_in_these_tests() {
    let roles: BTreeSet<_> = COLUMNS.into_iter().map(|person| member(person).role).collect();
    assert_eq!(roles, Role::ALL.into_iter().collect());
    assert_ne!(device_of(AMY), device_of(BO));
}

#[test]
fn fingerprints_differ_with_the_scope_and_only_with_it() {
    let directory = company();
    let fingerprint = |who| Scope::of(&member(who), &directory).fingerprint();
    let all: BTreeSet<_> = COLUMNS.into_iter().map(fingerprint).collect();
    assert_eq!(all.len(), COLUMNS.len());
    assert_eq!(fingerprint(AMY), fingerprint(AMY));
    let mut grown = company();
    let id = DepartmentId::from_uuid(Uuid::from_u128(77));
    let function = DepartmentFunction::RegionalTeam;
    grown.departments.push(Department {
        id,
        name: "西南".into(),
        parent: Some(NORTH),
        function,
        regions: vec![],
    });
    assert_ne!(Scope::of(&member(AMY), &grown).fingerprint(), fingerprint(AMY));
    assert_eq!(Scope::of(&member(BO), &grown).fingerprint(), fingerprint(BO));
}

#[test]
fn departments_that_are_part_of_each_other_end_the_search_all_the_same() {
    let mut directory = company();
    for department in &mut directory.departments {
        match department.id {
            AFTER_SALES => department.parent = Some(SOUTH),
            PRODUCT => department.parent = Some(PRODUCT),
            _ => {}
        }
    }
    assert_eq!(directory.subtree(SOUTH), BTreeSet::from([AFTER_SALES, SOUTH, NORTH]));
    assert_eq!(directory.subtree(PRODUCT), BTreeSet::from([PRODUCT]));
}

#[test]
fn a_department_holds_what_its_parts_hold_however_deep_and_however_listed() {
    let mut directory = company();
    for department in &mut directory.departments {
        match department.id {
            NORTH => department.parent = Some(PRODUCT),
            PRODUCT => department.parent = Some(SERVICE),
            _ => {}
        }
    }
    let expected = BTreeSet::from([SERVICE, PRODUCT, NORTH]);
    assert_eq!(directory.subtree(SERVICE), expected);
    directory.departments.reverse();
    assert_eq!(directory.subtree(SERVICE), expected);
}
