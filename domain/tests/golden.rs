//! Every stored form, pinned by samples that were written once and must open for ever. See `golden/README.md`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use domain::ticket::{
    Action, ActionKind, Admission, Change, Conflict, ConflictKind, Document, Flag, Outcome, ProgressKind,
    Recorded, Ticket, Urgency,
};
use domain::{ChangeId, Claim, Timestamp};

use crate::support::history::number;
use crate::support::{AMY, BO, CAI, FAY, GUS, Record, TICKET, device_of, json, minute, samples};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1").join(name)
}

/// The samples in a folder: name and text, without the line's end.
fn samples_in(name: &str, ending: &str) -> BTreeMap<String, String> {
    let files = std::fs::read_dir(folder(name)).expect("the golden samples lie beside this test");
    let paths = files.map(|file| file.expect("the folder can be listed").path());
    paths
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.strip_suffix(ending)?.to_owned();
            let text = std::fs::read_to_string(&path).expect("a sample is a text");
            Some((name, text.strip_suffix('\n').expect("a sample ends its line").to_owned()))
        })
        .collect()
}

/// Makes sure that a sample exists. With `UPDATE_GOLDEN=1` a missing one is written; one that exists is never touched.
fn sample_exists(path: &Path, text: &str) {
    if path.exists() {
        return;
    }
    let asked = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1");
    assert!(asked, "{} is missing; UPDATE_GOLDEN=1 writes it", path.display());
    std::fs::write(path, format!("{text}\n")).expect("the sample can be written");
}

fn sample_change(seq: u64, action: Action, full: bool) -> Change {
    let seen = if full { vec![(AMY, 3), (BO, 7)] } else { vec![] };
    Change {
        id: ChangeId { device: device_of(BO), seq },
        ticket: TICKET,
        actor: BO,
        claim: Claim {
            clock: Timestamp::from_millis(1_795_000_000_123),
            offset_ms: full.then_some(-4_567),
            heard: None,
        },
        seen: seen.into_iter().map(|(who, seq)| ChangeId { device: device_of(who), seq }).collect(),
        action,
    }
}

/// Forms that came to a kind after its first samples were written.
fn later_forms() -> [(&'static str, Action); 2] {
    [
        ("register.times", Action::Register(Box::new(samples::timed_intake()))),
        ("log_progress.answered", samples::log_progress(ProgressKind::Answered)),
    ]
}

fn every_kind_has_its_changes() {
    for (kind, seq) in samples::all_kinds().into_iter().zip(8..) {
        for (form, action, full) in
            [("full", samples::full(kind), true), ("minimal", samples::minimal(kind), false)]
        {
            let path = folder("changes").join(format!("{}.{form}.json", kind.name()));
            sample_exists(&path, &json(&sample_change(seq, action, full)));
        }
    }
    let mut heard = sample_change(99, samples::minimal(ActionKind::Comment), false);
    heard.claim.heard = Some(Timestamp::from_millis(1_794_999_000_456));
    sample_exists(&folder("changes").join("comment.heard.json"), &json(&heard));
    for ((name, action), seq) in later_forms().into_iter().zip(100..) {
        let path = folder("changes").join(format!("{name}.json"));
        sample_exists(&path, &json(&sample_change(seq, action, false)));
    }
}

#[test]
fn every_kind_of_action_has_golden_changes_that_open_and_are_written_back_byte_for_byte() {
    every_kind_has_its_changes();
    let all = samples_in("changes", ".json");
    for (name, text) in &all {
        let change: Change = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let kind = name.split('.').next().expect("a name begins with its kind");
        assert_eq!(change.action.kind().name(), kind);
        assert_eq!(json(&change), *text, "{name}");
        let checked = change.action.check(change.ticket);
        assert_eq!(checked.is_ok(), change.action.kind() != ActionKind::Unknown, "{name}: {checked:?}");
    }
    assert!(all.len() >= 2 * (ActionKind::ALL.len() + 1));
}

/// A repair from the first call to the end, with rework.
fn a_repair_with_rework() -> Document {
    let mut record = Record::empty();
    record.act(AMY, 0, Action::Register(Box::new(samples::full_intake())));
    record.act(GUS, 5, samples::assign(BO));
    record.act(BO, 10, samples::log_progress(ProgressKind::ContactedCustomer));
    record.act(BO, 40, samples::minimal(ActionKind::CheckIn));
    record.act(BO, 60, samples::full(ActionKind::ReplacePart));
    record.act(BO, 90, samples::full(ActionKind::Complete));
    record.act(BO, 95, samples::full(ActionKind::SignOff));
    record.act(BO, 99, samples::minimal(ActionKind::CheckOut));
    record.act(AMY, 500, samples::full(ActionKind::RecordCallback));
    record.act(GUS, 510, samples::reopen());
    record.act(BO, 900, samples::complete());
    record.act(BO, 910, samples::sign_off("重新调整"));
    record.act(GUS, 2_000, samples::full(ActionKind::Close));
    numbered(record, 42)
}

/// What happens when people work on one ticket apart.
fn work_apart() -> Document {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    record.act_having_seen(GUS, 10, &seen, samples::assign(CAI));
    record.act_having_seen(GUS, 20, &seen, samples::set_urgency(Urgency::Low));
    let mut bo = seen.clone();
    bo.push(record.act_having_seen(BO, 15, &bo, samples::set_urgency(Urgency::Urgent)));
    bo.push(record.act_having_seen(BO, 30, &bo, samples::complete()));
    bo.push(record.act_having_seen(BO, 40, &bo, samples::sign_off("更换轴承")));
    record.act_having_seen(CAI, 35, &seen, samples::replace_part("密封圈"));
    record.act_having_seen(CAI, 50, &bo, samples::sign_off("更换轴承"));
    record.act_having_seen(AMY, 60, &seen, samples::cancel());
    numbered(record, 7)
}

/// A record that a newer version has written to.
fn from_a_newer_version() -> Document {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 10, samples::minimal(ActionKind::Unknown));
    record.act(GUS, 20, samples::reclassify([Flag::SafetyHazard]));
    numbered(record, 3)
}

/// What a device holds before it has delivered anything.
fn not_delivered_yet() -> Document {
    let mut record = Record::empty();
    record.act(AMY, 0, samples::register());
    record.act(AMY, 1, samples::comment("离线登记"));
    let mut document = Document::new(TICKET);
    for recorded in record.document.log() {
        let place = Recorded::place(recorded.change.clone(), document.log(), None);
        document.insert(place);
    }
    document
}

/// A plan, a customer who is not content, and an inspection that the work does not pass.
fn what_is_owed_afterwards() -> Document {
    let mut record = Record::empty();
    record.act(AMY, 0, Action::Register(Box::new(samples::timed_intake())));
    record.act(GUS, 5, samples::assign(BO));
    let plan = record.act(BO, 10, samples::full(ActionKind::AgreePlan));
    record.act(BO, 15, samples::log_progress(ProgressKind::Answered));
    record.act(BO, 3_000, samples::reach_milestone(plan, 0));
    record.act(BO, 5_000, samples::complete());
    record.act(AMY, 5_100, samples::callback_with(2));
    record.act(GUS, 5_110, samples::recover());
    record.act(FAY, 5_200, samples::full(ActionKind::Inspect));
    record.act(AMY, 5_210, samples::close());
    record.act(BO, 6_000, samples::rectify());
    numbered(record, 11)
}

/// What its author had lost the right to, and the office let in.
fn let_in_by_the_office() -> Document {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    record.act(GUS, 10, samples::assign(CAI));
    let late = record.change(BO, 8, &seen, samples::set_urgency(Urgency::Urgent));
    let admission = Admission { by: GUS, received: minute(30) };
    record.document.insert(Recorded::admit(late, record.document.log(), admission, minute(90)));
    numbered(record, 5)
}

/// Evidence from the first minute on, twice the same, and once after the end.
fn evidence() -> Document {
    let mut record = Record::empty();
    record.act(AMY, 0, samples::register());
    record.act(AMY, 1, samples::attach('b'));
    record.act(GUS, 5, samples::assign(BO));
    record.act(BO, 40, samples::full(ActionKind::Attach));
    record.act(CAI, 45, samples::attach('b'));
    record.act(AMY, 50, samples::cancel());
    record.act_having_seen(BO, 60, &[], samples::attach('c'));
    numbered(record, 7)
}

fn numbered(record: Record, revision: u64) -> Document {
    let mut document = record.document;
    document.number = Some(number());
    document.revision = revision;
    document
}

#[test]
fn every_golden_document_opens_is_written_back_byte_for_byte_and_folds_to_its_facts() {
    let samples = [
        ("a_repair_with_rework", a_repair_with_rework()),
        ("work_apart", work_apart()),
        ("from_a_newer_version", from_a_newer_version()),
        ("not_delivered_yet", not_delivered_yet()),
        ("what_is_owed_afterwards", what_is_owed_afterwards()),
        ("let_in_by_the_office", let_in_by_the_office()),
        ("evidence", evidence()),
    ];
    for (name, document) in samples {
        sample_exists(&folder("documents").join(format!("{name}.json")), &json(&document));
    }
    let all = samples_in("documents", ".json");
    for (name, text) in &all {
        let document: Document = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(json(&document), *text, "{name}");
        sample_exists(&folder("documents").join(format!("{name}.facts")), facts(&document).trim_end());
    }
    for (name, expected) in samples_in("documents", ".facts") {
        let document = serde_json::from_str(&all[&name]).expect("it was read a moment ago");
        assert_eq!(facts(&document).trim_end(), expected, "{name}");
    }
}

/// The facts that a fold must go on finding, in words that don't follow a renaming in the code. Times in minutes.
///
/// Without the clocks: those follow the policy, which changes with the company.
fn facts(document: &Document) -> String {
    let ticket = Ticket::of(document).expect("every golden document is registered");
    let mut facts = String::new();
    let mut fact = |name: &str, value: String| {
        writeln!(facts, "{name}: {value}").expect("writing to a string can't fail");
    };
    let whole_minutes = |instant: Timestamp| instant.millis_since(minute(0)) / Timestamp::MINUTE_MS;
    let place = |id: ChangeId| {
        let index = document.log().iter().position(|recorded| recorded.change.id == id);
        index.map_or_else(|| "nowhere".to_owned(), |index| format!("#{}", index + 1))
    };
    fact("number", json(&ticket.number));
    fact("revision", document.revision.to_string());
    fact("stage", json(&ticket.stage));
    fact("waiting", json(&ticket.waiting));
    fact("cycle", ticket.cycle.to_string());
    fact("created", whole_minutes(ticket.created).to_string());
    fact("updated", whole_minutes(ticket.updated).to_string());
    let accountable = ticket.accountable.value;
    fact("accountable", format!("{} in {}", json(&accountable.person), accountable.department));
    fact("urgency", json(&ticket.urgency.value));
    fact("kind", json(&ticket.kind()));
    fact("difficulty", json(&ticket.difficulty()));
    fact("flags", json(ticket.flags()));
    fact("contact", json(&ticket.contact.value));
    fact("progress", ticket.progress.len().to_string());
    fact("parts", ticket.parts.len().to_string());
    fact("completions", ticket.completions.len().to_string());
    fact("results told", ticket.results_told.len().to_string());
    fact("callbacks", ticket.callbacks.len().to_string());
    fact("comments", ticket.comments.len().to_string());
    for plan in &ticket.plans {
        let due: Vec<_> = plan.fact.milestones.iter().map(|milestone| whole_minutes(milestone.due)).collect();
        let deadline = plan.fact.deadline.map(whole_minutes);
        fact("plan", format!("{} until {deadline:?}, milestones {due:?}", place(plan.by)));
    }
    for reached in &ticket.milestones {
        fact("milestone", format!("{} of {}", reached.fact.number, place(reached.fact.plan)));
    }
    for inspection in &ticket.inspections {
        let rectify_by = inspection.fact.rectify_by.map(whole_minutes);
        fact("inspection", format!("{} points, {rectify_by:?}", inspection.fact.score));
    }
    for follow_up in ticket.recoveries.iter().chain(&ticket.rectifications) {
        fact("follow-up", format!("{} {}", place(follow_up.by), json(&follow_up.fact)));
    }
    for attachment in &ticket.attachments {
        let (by, sha256) = (place(attachment.by), &attachment.fact.sha256);
        fact("attachment", format!("{by} {} {sha256}", json(&attachment.fact.kind)));
    }
    for visit in &ticket.visits {
        let left = visit.checked_out.map(whole_minutes);
        fact("visit", format!("from {} to {left:?}", whole_minutes(visit.checked_in)));
    }
    for signed in &ticket.sign_offs {
        let (cycle, sha256) = (signed.cycle, &signed.fact.sha256);
        fact("sign-off", format!("{} of cycle {cycle}, {sha256}", place(signed.by)));
    }
    for (id, outcome) in &ticket.outcomes {
        let found = document.find(*id).map(|recorded| recorded.change.action.kind().name());
        let outcome = match outcome {
            Outcome::Applied => "applied".to_owned(),
            Outcome::Impossible(stage) => format!("impossible from {}", json(stage)),
            Outcome::NotUnderstood => "not understood".to_owned(),
        };
        fact(&place(*id), format!("{} {outcome}", found.unwrap_or("missing")));
    }
    for Conflict { change, kind } in ticket.conflicts() {
        let what = match kind {
            ConflictKind::Overruled { field, winner } => {
                format!("{} overruled by {}", json(&field), place(winner))
            }
            ConflictKind::Impossible { stage } => format!("impossible from {}", json(&stage)),
            ConflictKind::SignedTwice => "signed twice".to_owned(),
            ConflictKind::AmendedAfterSignature { signature } => {
                format!("not covered by {}", place(signature))
            }
        };
        fact("conflict", format!("{} {what}", place(change)));
    }
    facts
}
