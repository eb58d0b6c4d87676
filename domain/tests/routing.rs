//! Proposals for department, person and urgency.

use domain::people::{DepartmentFunction, Directory};
use domain::routing::{Because, Proposal, propose, propose_urgency};
use domain::ticket::{Flag, Intake, Kind, Urgency};
use domain::{DepartmentId, Field, PersonId, Problem, Refusal};
use uuid::Uuid;

use crate::support::{AFTER_SALES, BO, CAI, DAN, NORTH, PIA, PRODUCT, SERVICE, SOUTH, company, samples};

fn intake(kind: Kind, region: &str, model: &str) -> Intake {
    let mut intake = samples::minimal_intake();
    intake.kind = kind;
    intake.site.region = region.into();
    intake.product.model = model.into();
    intake
}

/// A proposal while nobody has open tickets.
fn proposed(intake: &Intake, directory: &Directory) -> Option<Proposal> {
    propose(intake, directory, |_| 0)
}

fn with_skills(skills: &[(PersonId, &str)]) -> Directory {
    let mut directory = company();
    for (id, skill) in skills {
        let person = directory.people.iter_mut().find(|person| person.id == *id);
        person.expect("the company has them").skills.push((*skill).to_owned());
    }
    directory
}

#[test]
fn the_kind_decides_the_department() {
    let rows = [
        (Kind::Fault, AFTER_SALES, DepartmentFunction::AfterSales),
        (Kind::Complaint, AFTER_SALES, DepartmentFunction::AfterSales),
        (Kind::Inquiry, SERVICE, DepartmentFunction::CustomerService),
        (Kind::Suggestion, PRODUCT, DepartmentFunction::Product),
    ];
    for (kind, department, function) in rows {
        let proposal = proposed(&intake(kind, "", ""), &company()).unwrap();
        assert_eq!(proposal.department, department, "{kind:?}");
        assert_eq!(proposal.because[0], Because::KindGoesTo { kind, function });
    }
}

#[test]
fn the_region_decides_the_team_for_faults_and_complaints_only() {
    let rows = [
        (Kind::Fault, "广东省深圳市", SOUTH),
        (Kind::Complaint, "shenzhen, GUANGDONG", SOUTH),
        (Kind::Fault, "北京市", NORTH),
        (Kind::Fault, "上海市", AFTER_SALES),
        (Kind::Inquiry, "广东省", SERVICE),
    ];
    for (kind, region, department) in rows {
        let proposal = proposed(&intake(kind, region, ""), &company()).unwrap();
        assert_eq!(proposal.department, department, "{kind:?} in {region}");
    }
}

#[test]
fn the_address_helps_where_the_region_says_nothing() {
    let mut intake = intake(Kind::Fault, "", "");
    intake.site.address = "北京市海淀区 1 号".into();
    assert_eq!(proposed(&intake, &company()).unwrap().department, NORTH);
}

#[test]
fn the_most_precise_region_wins() {
    let mut directory = company();
    let north = directory.departments.iter_mut().find(|department| department.id == NORTH).unwrap();
    north.regions.push(" 广东省深圳 ".into());
    let proposal = proposed(&intake(Kind::Fault, "广东省深圳市", ""), &directory).unwrap();
    assert_eq!(proposal.department, NORTH);
    assert_eq!(proposal.because[1], Because::ServesRegion { region: "广东省深圳".into() });
}

#[test]
fn an_empty_region_serves_nobody() {
    let mut directory = company();
    let north = directory.departments.iter_mut().find(|department| department.id == NORTH).unwrap();
    north.regions = vec!["  ".into(), String::new()];
    assert_eq!(proposed(&intake(Kind::Fault, "上海", ""), &directory).unwrap().department, AFTER_SALES);
}

#[test]
fn training_comes_before_load_and_load_before_the_name() {
    let nobody: &[(PersonId, &str)] = &[];
    let cai_trained = &[(CAI, "fl-2")][..];
    let both_trained = &[(CAI, "FL-2"), (BO, "FL")][..];
    let rows = [
        ("nobody is trained, equal load: the name decides", nobody, (0, 0), BO),
        ("nobody is trained: the load decides", nobody, (2, 1), CAI),
        ("the trained one in spite of the load", cai_trained, (0, 9), CAI),
        ("two are trained: the load decides", both_trained, (3, 4), BO),
        ("two are trained: the load decides the other way", both_trained, (4, 3), CAI),
    ];
    for (case, skills, (bo, cai), expected) in rows {
        let open = |person| if person == BO { bo } else { cai };
        let intake = intake(Kind::Fault, "广东", "FL-200");
        let proposal = propose(&intake, &with_skills(skills), open).unwrap();
        assert_eq!(proposal.person, Some(expected), "{case}");
        let load = if expected == BO { bo } else { cai };
        assert_eq!(proposal.because.last(), Some(&Because::FewestOpen { open: load }), "{case}");
    }
}

#[test]
fn a_proposal_says_which_training_it_rests_on() {
    let directory = with_skills(&[(CAI, "FL"), (CAI, "FL-200"), (CAI, " ")]);
    let proposal = proposed(&intake(Kind::Fault, "广东", "fl-200X"), &directory).unwrap();
    assert!(proposal.because.contains(&Because::TrainedOn { model: "FL-200".into() }));
}

#[test]
fn people_who_have_left_and_people_of_other_roles_are_not_proposed() {
    let mut directory = company();
    directory.people.retain(|person| person.department != SOUTH || !person.active);
    let proposal = proposed(&intake(Kind::Fault, "广东", ""), &directory).unwrap();
    assert_eq!((proposal.department, proposal.person), (SOUTH, None));
}

#[test]
fn the_team_alone_is_asked_for_its_own_region() {
    let directory = with_skills(&[(BO, "FL")]);
    let proposal = proposed(&intake(Kind::Fault, "北京", "FL-1"), &directory).unwrap();
    assert_eq!((proposal.department, proposal.person), (NORTH, Some(DAN)));
}

#[test]
fn a_suggestion_goes_to_marketing_where_there_is_no_product_department() {
    let mut directory = company();
    let product = directory.departments.iter_mut().find(|department| department.id == PRODUCT).unwrap();
    product.function = DepartmentFunction::Marketing;
    let proposal = proposed(&intake(Kind::Suggestion, "", ""), &directory).unwrap();
    assert_eq!((proposal.department, proposal.person), (PRODUCT, Some(PIA)));
}

#[test]
fn without_a_fitting_department_there_is_no_proposal() {
    let mut directory = company();
    directory.departments.retain(|department| department.id == PRODUCT);
    assert_eq!(proposed(&intake(Kind::Fault, "广东", ""), &directory), None);
    assert_eq!(proposed(&intake(Kind::Fault, "", ""), &Directory::default()), None);
    let unlisted = DepartmentId::from_uuid(Uuid::from_u128(9));
    assert_eq!(directory.department(unlisted), None);
}

#[test]
fn flags_and_kind_propose_the_urgency() {
    use Flag::{BatchDefect, ProductionStop, RepeatFault, SafetyHazard, StrongDissatisfaction};
    let rows: &[(Kind, &[Flag], Urgency)] = &[
        (Kind::Fault, &[], Urgency::Normal),
        (Kind::Complaint, &[], Urgency::Normal),
        (Kind::Inquiry, &[], Urgency::Normal),
        (Kind::Suggestion, &[], Urgency::Low),
        (Kind::Suggestion, &[StrongDissatisfaction], Urgency::Normal),
        (Kind::Fault, &[RepeatFault], Urgency::Normal),
        (Kind::Fault, &[SafetyHazard], Urgency::Urgent),
        (Kind::Inquiry, &[RepeatFault, ProductionStop], Urgency::Urgent),
        (Kind::Suggestion, &[BatchDefect], Urgency::Urgent),
    ];
    for (kind, flags, urgency) in rows {
        assert_eq!(propose_urgency(*kind, *flags), *urgency, "{kind:?} {flags:?}");
    }
}

#[test]
fn a_green_channel_ticket_is_registered_as_urgent_or_not_at_all() {
    for flag in Flag::ALL {
        for urgency in Urgency::ALL {
            let mut intake = samples::minimal_intake();
            intake.flags.insert(flag);
            intake.urgency = urgency;
            let expected = match (flag.opens_green_channel(), urgency) {
                (true, Urgency::Normal | Urgency::Low) => {
                    Err(Refusal::Invalid { field: Field::Urgency, problem: Problem::MustBeUrgent })
                }
                _ => Ok(()),
            };
            assert_eq!(intake.check(), expected, "{flag:?} {urgency:?}");
        }
    }
}
