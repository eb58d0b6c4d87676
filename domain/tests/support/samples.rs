//! Samples of every action: the least it can hold, and everything it can hold.

use std::collections::BTreeSet;

use domain::ticket::{
    Action, ActionKind, Answer, Assignment, Attachment, AttachmentKind, Callback, Channel, Classification,
    CloseResult, Closing, Comment, ComplaintNature, Completion, Customer, Difficulty, Flag, ImageSize,
    Inspection, Intake, IntakeTimes, Kind, Milestone, MilestoneReached, NewUrgency, Nothing, PartReplacement,
    Place, Plan, Point, Product, Progress, ProgressKind, Reason, ResponsibleParty, Satisfaction, Settlement,
    Sheet, SheetRow, SignOff, Signature, Site, UnknownAction, Urgency, Verification,
};
use domain::{ChangeId, PersonId};

use super::{AFTER_SALES, AMY, BO, GUS, SOUTH, TICKET, device_of, member, minute};

/// Every kind, the unknown one too.
pub(crate) fn all_kinds() -> Vec<ActionKind> {
    ActionKind::ALL.iter().copied().chain([ActionKind::Unknown]).collect()
}

pub(crate) fn minimal_intake() -> Intake {
    Intake {
        kind: Kind::Fault,
        urgency: Urgency::Normal,
        difficulty: Difficulty::Simple,
        flags: BTreeSet::new(),
        nature: None,
        channel: Channel::Phone,
        customer: Customer { name: "李四".into(), phone: "13900000000".into(), ..Customer::default() },
        existing_customer: false,
        site: Site::default(),
        product: Product::default(),
        verification: Verification::Verified,
        words: "不转了".into(),
        summary: String::new(),
        times: IntakeTimes::default(),
        registered_in: AFTER_SALES,
    }
}

pub(crate) fn full_intake() -> Intake {
    Intake {
        kind: Kind::Complaint,
        urgency: Urgency::Urgent,
        difficulty: Difficulty::Hard,
        flags: BTreeSet::from(Flag::ALL),
        nature: Some(ComplaintNature::RepeatFault),
        channel: Channel::EngineerOnSite,
        customer: full_customer(),
        existing_customer: true,
        site: Site {
            region: "广东省深圳市".into(), address: "南山区科技园 1 号 \"B\" 座".into()
        },
        product: Product {
            model: "FL-200".into(),
            serial: "SN-0042".into(),
            order_number: "SO-7".into(),
            batch: "2026-W40".into(),
            purchased_on: "2026-10".into(),
            purchase_channel: "经销商".into(),
        },
        verification: Verification::NotVerified { reason: "铭牌看不清".into() },
        words: "又坏了!\n第三次 <b>\u{1F525}</b>".into(),
        summary: "主轴异响".into(),
        // Its sample is older than they are: `timed_intake` has them.
        times: IntakeTimes::default(),
        registered_in: SOUTH,
    }
}

/// An intake that says when the customer was in touch.
pub(crate) fn timed_intake() -> Intake {
    let times =
        IntakeTimes { arrived: Some(minute(-30)), answered: Some(minute(-25)), call_ended: Some(minute(-3)) };
    Intake { times, ..minimal_intake() }
}

fn full_customer() -> Customer {
    Customer {
        name: "王芳".into(),
        company: "南方机械".into(),
        phone: "+86 138 0013 8000".into(),
        email: "wang@example.com".into(),
        language: "zh-CN".into(),
    }
}

pub(crate) fn register() -> Action {
    Action::Register(Box::new(minimal_intake()))
}

/// Makes `person` accountable, in the department they belong to.
pub(crate) fn assign(person: PersonId) -> Action {
    Action::Assign(Assignment { person, department: member(person).department })
}

pub(crate) fn set_urgency(urgency: Urgency) -> Action {
    Action::SetUrgency(NewUrgency { urgency, reason: String::new() })
}

pub(crate) fn reclassify(flags: impl IntoIterator<Item = Flag>) -> Action {
    let flags = flags.into_iter().collect();
    Action::Reclassify(Classification { kind: Kind::Fault, difficulty: Difficulty::Complex, flags })
}

pub(crate) fn edit_contact(name: &str) -> Action {
    Action::EditContact(Customer { name: name.into(), phone: "1".into(), ..Customer::default() })
}

pub(crate) fn log_progress(kind: ProgressKind) -> Action {
    Action::LogProgress(Progress { kind, note: "记录".into(), promised: None })
}

pub(crate) fn replace_part(name: &str) -> Action {
    Action::ReplacePart(PartReplacement {
        name: name.into(),
        part_number: String::new(),
        old_serial: String::new(),
        new_serial: String::new(),
        quantity: 1,
        note: String::new(),
    })
}

pub(crate) fn complete() -> Action {
    Action::Complete(Completion {
        found: "轴承磨损".into(),
        done: "更换轴承".into(),
        cause: String::new(),
        responsible: ResponsibleParty::Unknown,
        remaining: String::new(),
    })
}

pub(crate) fn tell_result() -> Action {
    Action::TellResult(Comment { text: String::new() })
}

/// A plan with its own deadline and milestones, all at these minutes.
pub(crate) fn agree_plan(deadline: Option<i64>, milestones: &[i64]) -> Action {
    let milestone = |due: &i64| Milestone { title: "配件到货".into(), due: minute(*due) };
    Action::AgreePlan(Box::new(Plan {
        measures: "更换主板".into(),
        agreed_with: String::new(),
        deadline: deadline.map(minute),
        milestones: milestones.iter().map(milestone).collect(),
    }))
}

pub(crate) fn reach_milestone(plan: ChangeId, number: u16) -> Action {
    Action::ReachMilestone(MilestoneReached { plan, number })
}

/// An inspection that the work did not pass, to be put right by this minute.
pub(crate) fn inspection_failed(rectify_by: i64) -> Action {
    Action::Inspect(Inspection {
        score: 60, note: "接线松动".into(), rectify_by: Some(minute(rectify_by))
    })
}

pub(crate) fn recover() -> Action {
    Action::Recover(Comment { text: "已致歉".into() })
}

pub(crate) fn rectify() -> Action {
    Action::Rectify(Comment { text: "已重新接线".into() })
}

pub(crate) fn comment(text: &str) -> Action {
    Action::Comment(Comment { text: text.into() })
}

/// A photo whose content is told apart by one digit.
pub(crate) fn attach(digit: char) -> Action {
    Action::Attach(Box::new(Attachment {
        sha256: digit.to_string().repeat(64),
        bytes: 482_113,
        media_type: "image/jpeg".into(),
        kind: AttachmentKind::Photo,
        name: String::new(),
        size: None,
        taken_at: None,
        place: None,
    }))
}

pub(crate) fn settle(change: ChangeId) -> Action {
    Action::Settle(Settlement { change })
}

pub(crate) fn reopen() -> Action {
    Action::Reopen(Reason { reason: "又响了".into() })
}

pub(crate) fn cancel() -> Action {
    Action::Cancel(Reason { reason: "重复".into() })
}

pub(crate) fn close() -> Action {
    Action::Close(Closing { result: CloseResult::ResolvedSatisfied, note: String::new() })
}

pub(crate) fn callback() -> Action {
    Action::RecordCallback(Callback { satisfaction: None, note: String::new() })
}

/// The customer says how content they are, from 1 to 5.
pub(crate) fn callback_with(satisfaction: u8) -> Action {
    let satisfaction = Some(Satisfaction::new(satisfaction).expect("from 1 to 5"));
    Action::RecordCallback(Callback { satisfaction, note: String::new() })
}

pub(crate) fn sheet(text: &str) -> Sheet {
    let rows = vec![SheetRow { label: "已完成".into(), text: text.into() }];
    Sheet::new(TICKET, "FB202611001".into(), "zh-CN".into(), minute(61), rows, "以上内容属实".into())
}

/// The customer refuses to sign a sheet that says `text`.
pub(crate) fn sign_off(text: &str) -> Action {
    let answer = Answer::Refused { reason: "还有异响".into() };
    Action::SignOff(Box::new(SignOff::new(sheet(text), answer)))
}

fn signed() -> Action {
    let point = |x, at_ms| Point { x, y: x / 3, at_ms, pressure: 128 };
    let strokes = vec![vec![point(0, 0), point(2_000, 40)], vec![point(9_000, 300), point(3_000, 355)]];
    let answer = Answer::Signed {
        name: "王芳".into(),
        signature: Signature::Drawn { strokes, height: 3_300 },
        satisfaction: Satisfaction::new(5),
        remark: "谢谢".into(),
    };
    Action::SignOff(Box::new(SignOff::new(sheet("更换轴承"), answer)))
}

fn unknown() -> Action {
    Action::Unknown(UnknownAction { kind: "weld".into(), body: r#"{"amps":12.50,"tag":"ü"}"#.into() })
}

/// The least that an action of this kind can hold and still pass its own check.
pub(crate) fn minimal(kind: ActionKind) -> Action {
    match kind {
        ActionKind::Register => register(),
        ActionKind::Assign => assign(BO),
        ActionKind::SetUrgency => set_urgency(Urgency::Low),
        ActionKind::Reclassify => reclassify([]),
        ActionKind::EditContact => edit_contact("赵六"),
        ActionKind::LogProgress => Action::LogProgress(Progress {
            kind: ProgressKind::ContactedCustomer,
            note: String::new(),
            promised: None,
        }),
        ActionKind::CheckIn => Action::CheckIn(Nothing {}),
        ActionKind::CheckOut => Action::CheckOut(Nothing {}),
        ActionKind::ReplacePart => replace_part("轴承"),
        ActionKind::Complete => complete(),
        ActionKind::SignOff => sign_off("更换轴承"),
        ActionKind::TellResult => tell_result(),
        ActionKind::RecordCallback => callback(),
        ActionKind::Close => close(),
        ActionKind::Cancel => cancel(),
        ActionKind::Reopen => reopen(),
        ActionKind::Comment => comment("见照片"),
        ActionKind::AgreePlan => agree_plan(None, &[]),
        ActionKind::ReachMilestone => reach_milestone(ChangeId { device: device_of(AMY), seq: 1 }, 0),
        ActionKind::Recover => recover(),
        ActionKind::Inspect => {
            Action::Inspect(Inspection { score: Inspection::PASS, note: String::new(), rectify_by: None })
        }
        ActionKind::Rectify => rectify(),
        ActionKind::Attach => attach('a'),
        ActionKind::Settle => settle(ChangeId { device: device_of(AMY), seq: 1 }),
        ActionKind::Unknown => unknown(),
    }
}

/// An action of this kind with every optional field filled.
pub(crate) fn full(kind: ActionKind) -> Action {
    match kind {
        ActionKind::Register => Action::Register(Box::new(full_intake())),
        ActionKind::SetUrgency => {
            Action::SetUrgency(NewUrgency { urgency: Urgency::Urgent, reason: "停产".into() })
        }
        ActionKind::Reclassify => Action::Reclassify(Classification {
            kind: Kind::Complaint,
            difficulty: Difficulty::Hard,
            flags: BTreeSet::from(Flag::ALL),
        }),
        ActionKind::EditContact => Action::EditContact(full_customer()),
        ActionKind::LogProgress => Action::LogProgress(Progress {
            kind: ProgressKind::WaitingForParts,
            note: "等主板,周三到".into(),
            promised: Some(minute(4_000)),
        }),
        ActionKind::ReplacePart => Action::ReplacePart(PartReplacement {
            name: "主板".into(),
            part_number: "PCB-7".into(),
            old_serial: "OLD-1".into(),
            new_serial: "NEW-1".into(),
            quantity: 2,
            note: "旧件已回收".into(),
        }),
        ActionKind::Complete => Action::Complete(Completion {
            found: "主板烧毁".into(),
            done: "更换主板".into(),
            cause: "进水".into(),
            responsible: ResponsibleParty::CustomerUse,
            remaining: "下周复检".into(),
        }),
        ActionKind::SignOff => signed(),
        ActionKind::TellResult => Action::TellResult(Comment { text: "已电话告知".into() }),
        ActionKind::RecordCallback => {
            Action::RecordCallback(Callback { satisfaction: Satisfaction::new(3), note: "速度慢".into() })
        }
        ActionKind::Close => {
            Action::Close(Closing { result: CloseResult::ResolvedNotSatisfied, note: "客户接受".into() })
        }
        ActionKind::AgreePlan => Action::AgreePlan(Box::new(Plan {
            measures: "先换主板,再复检".into(),
            agreed_with: "王芳".into(),
            deadline: Some(minute(9_000)),
            milestones: vec![
                Milestone { title: "主板到货".into(), due: minute(4_000) },
                Milestone { title: "复检".into(), due: minute(8_000) },
            ],
        })),
        ActionKind::ReachMilestone => reach_milestone(ChangeId { device: device_of(GUS), seq: 41 }, u16::MAX),
        ActionKind::Inspect => {
            Action::Inspect(Inspection {
                score: 0, note: "未接地".into(), rectify_by: Some(minute(7_000))
            })
        }
        ActionKind::Attach => Action::Attach(Box::new(Attachment {
            sha256: "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea".into(),
            bytes: 104_857_600,
            media_type: "video/mp4".into(),
            kind: AttachmentKind::Video,
            name: "异响 \"B\" 座.mp4".into(),
            size: Some(ImageSize { width: 1_920, height: 1_080 }),
            taken_at: Some(minute(-12)),
            place: Some(Place {
                latitude_microdegrees: 22_543_096,
                longitude_microdegrees: -114_057_865,
                accuracy_m: 12,
            }),
        })),
        ActionKind::Assign
        | ActionKind::Recover
        | ActionKind::Rectify
        | ActionKind::CheckIn
        | ActionKind::CheckOut
        | ActionKind::Cancel
        | ActionKind::Reopen
        | ActionKind::Comment
        | ActionKind::Settle
        | ActionKind::Unknown => minimal(kind),
    }
}
