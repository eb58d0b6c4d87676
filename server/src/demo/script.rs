//! From stories to changes: each made by a device of its author, with what was on the author's screen, at its time.

use std::collections::{BTreeMap, HashMap};

use domain::people::Person;
use domain::ticket::{
    Action, Answer, Assignment, Callback, Change, Classification, CloseResult, Closing, Comment, Completion,
    Document, Month, NewUrgency, Nothing, PartReplacement, Progress, ProgressKind, Reason, Recorded,
    Satisfaction, SignOff, Ticket, TicketNumber, Urgency,
};
use domain::{ChangeId, Claim, DeviceId, TicketId, Timestamp};

use super::company::{Company, Who};
use super::stories::Story;
use super::{ink, sheet};
use crate::sync::{Incoming, Push};

/// Something somebody does, so many minutes after the story began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    at: u32,
    who: Who,
    deed: Deed,
    /// Without a network since then, and until then: nothing is seen meanwhile, and nothing arrives.
    offline: Option<(u32, u32)>,
}

/// What somebody does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deed {
    /// Makes somebody accountable.
    Assign(Who),
    /// Adds a progress entry.
    Log(ProgressKind, &'static str),
    CheckIn,
    CheckOut,
    Replace(Part),
    Complete(Work),
    /// The customer signs with this hand, this content, and with these words.
    Sign(usize, u8, &'static str),
    /// The customer does not sign, for this reason.
    Decline(&'static str),
    Tell(&'static str),
    /// Calls the customer back, who gives this score and says this.
    CallBack(Option<u8>, &'static str),
    /// A supervisor speaks to a customer who is not content.
    Recover(&'static str),
    Close(CloseResult, &'static str),
    Cancel(&'static str),
    Reopen(&'static str),
    SetUrgency(Urgency, &'static str),
    Reclassify(super::stories::Matter),
    Comment(&'static str),
}

/// A part that was replaced: its name and number, the old and the new one's serial, how many.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part(
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) u32,
);

/// How work ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work {
    pub(super) found: &'static str,
    pub(super) done: &'static str,
    pub(super) cause: &'static str,
    pub(super) responsible: domain::ticket::ResponsibleParty,
    pub(super) remaining: &'static str,
}

/// A step at so many minutes.
pub(super) const fn at(minutes: u32, who: Who, deed: Deed) -> Step {
    Step { at: minutes, who, deed, offline: None }
}

impl Step {
    /// Done without a network, between these minutes.
    pub(super) const fn offline(mut self, since: u32, until: u32) -> Self {
        self.offline = Some((since, until));
        self
    }
}

/// One step in its place among those of all stories.
struct Cue<'s> {
    story: usize,
    step: Option<&'s Step>,
    who: Who,
    happens: Timestamp,
    /// The author has seen what had arrived until then.
    sees: Timestamp,
    arrives: Timestamp,
}

/// Lets the stories happen, as they would have been pushed. What would only happen after `now` is left out.
pub(super) fn perform(
    stories: &[Story<'_>],
    company: &Company,
    now: Timestamp,
    utc_offset_minutes: i32,
) -> Vec<Push> {
    let mut cues: Vec<_> = stories
        .iter()
        .enumerate()
        .flat_map(|(index, story)| cues(index, story, now))
        .filter(|cue| cue.arrives <= now)
        .collect();
    cues.sort_by_key(|cue| (cue.arrives, cue.happens));
    let mut stage = Stage {
        company,
        utc_offset_minutes,
        devices: BTreeMap::new(),
        documents: HashMap::new(),
        numbers: BTreeMap::new(),
    };
    cues.iter().map(|cue| stage.perform(&stories[cue.story], cue)).collect()
}

fn cues<'s>(index: usize, story: &'s Story<'_>, now: Timestamp) -> impl Iterator<Item = Cue<'s>> {
    let minute =
        move |minute: u32| now.plus_millis((i64::from(minute) - i64::from(story.ago)) * Timestamp::MINUTE_MS);
    let registered = Cue {
        story: index,
        step: None,
        who: story.by,
        happens: minute(0),
        sees: minute(0),
        arrives: minute(0),
    };
    let steps = story.steps.iter().map(move |step| {
        let (since, until) = step.offline.unwrap_or((step.at, step.at));
        Cue {
            story: index,
            step: Some(step),
            who: step.who,
            happens: minute(step.at),
            sees: minute(since),
            arrives: minute(until),
        }
    });
    std::iter::once(registered).chain(steps)
}

/// What has happened so far.
struct Stage<'c> {
    company: &'c Company,
    utc_offset_minutes: i32,
    devices: BTreeMap<Who, (DeviceId, u64)>,
    documents: HashMap<usize, Document>,
    numbers: BTreeMap<Month, u32>,
}

impl Stage<'_> {
    fn perform(&mut self, story: &Story<'_>, cue: &Cue<'_>) -> Push {
        let person = self.company.person(cue.who);
        let id = self.next_id(cue.who);
        let document = self
            .documents
            .remove(&cue.story)
            .unwrap_or_else(|| Document::new(TicketId::from_uuid(random_uuid())));
        let action = match cue.step {
            None => Action::Register(Box::new(story.intake(person.department))),
            Some(step) => self.action(&step.deed, &document, cue.happens),
        };
        let seen = document
            .log()
            .iter()
            .filter(|known| {
                known.change.id.device == id.device || known.arrived.is_some_and(|at| at <= cue.sees)
            })
            .map(|known| known.change.id)
            .collect();
        let claim = Claim { clock: cue.happens, offset_ms: Some(0), heard: None };
        let change = Change { id, ticket: document.ticket, actor: person.id, claim, seen, action };
        let document = self.record(document, change.clone(), cue.arrives);
        self.documents.insert(cue.story, document);
        let changes = vec![Incoming::Readable(Box::new(change))];
        Push {
            person,
            device: id.device,
            arrival: cue.arrives,
            complete: true,
            ended_before: None,
            known_as: BTreeMap::new(),
            changes,
        }
    }

    fn next_id(&mut self, who: Who) -> ChangeId {
        let (device, made) =
            self.devices.entry(who).or_insert_with(|| (DeviceId::from_uuid(random_uuid()), 0));
        *made += 1;
        ChangeId { device: *device, seq: *made }
    }

    /// Keeps the record as the server will: later steps need to know how the ticket stands.
    fn record(&mut self, mut document: Document, change: Change, arrives: Timestamp) -> Document {
        let recorded = Recorded::place(change, document.log(), Some(arrives));
        document.insert(recorded);
        if document.number.is_none() {
            let month = Month::of(arrives, self.utc_offset_minutes);
            let running = self.numbers.entry(month).or_default();
            *running += 1;
            document.number = Some(TicketNumber::new(month, *running));
        }
        document
    }

    fn action(&self, deed: &Deed, document: &Document, now: Timestamp) -> Action {
        match *deed {
            Deed::Assign(who) => {
                let Person { id, department, .. } = self.company.person(who);
                Action::Assign(Assignment { person: id, department })
            }
            Deed::Log(kind, note) => {
                Action::LogProgress(Progress { kind, note: note.into(), promised: None })
            }
            Deed::CheckIn => Action::CheckIn(Nothing {}),
            Deed::CheckOut => Action::CheckOut(Nothing {}),
            Deed::Replace(part) => Action::ReplacePart(part.into()),
            Deed::Complete(work) => Action::Complete(work.into()),
            Deed::Sign(hand, score, remark) => {
                let name = ticket(document).contact.value.name;
                let signature = ink::signature(hand);
                let remark = remark.into();
                answer(
                    document,
                    now,
                    Answer::Signed { name, signature, satisfaction: Satisfaction::new(score), remark },
                )
            }
            Deed::Decline(reason) => answer(document, now, Answer::Refused { reason: reason.into() }),
            Deed::Tell(text) => Action::TellResult(Comment { text: text.into() }),
            Deed::CallBack(score, note) => {
                let satisfaction = score.and_then(Satisfaction::new);
                Action::RecordCallback(Callback { satisfaction, note: note.into() })
            }
            Deed::Recover(text) => Action::Recover(Comment { text: text.into() }),
            Deed::Close(result, note) => Action::Close(Closing { result, note: note.into() }),
            Deed::Cancel(reason) => Action::Cancel(Reason { reason: reason.into() }),
            Deed::Reopen(reason) => Action::Reopen(Reason { reason: reason.into() }),
            Deed::SetUrgency(urgency, reason) => {
                Action::SetUrgency(NewUrgency { urgency, reason: reason.into() })
            }
            Deed::Reclassify(matter) => Action::Reclassify(Classification {
                kind: matter.kind,
                difficulty: matter.difficulty,
                flags: matter.flags.iter().copied().collect(),
            }),
            Deed::Comment(text) => Action::Comment(Comment { text: text.into() }),
        }
    }
}

fn answer(document: &Document, now: Timestamp, answer: Answer) -> Action {
    Action::SignOff(Box::new(SignOff::new(sheet::of(&ticket(document), now), answer)))
}

fn ticket(document: &Document) -> Ticket {
    Ticket::of(document).expect("a story begins with its registration")
}

fn random_uuid() -> uuid::Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}

impl From<Part> for PartReplacement {
    fn from(Part(name, number, old, new, quantity): Part) -> Self {
        Self {
            name: name.into(),
            part_number: number.into(),
            old_serial: old.into(),
            new_serial: new.into(),
            quantity,
            note: String::new(),
        }
    }
}

impl From<Work> for Completion {
    fn from(work: Work) -> Self {
        Self {
            found: work.found.into(),
            done: work.done.into(),
            cause: work.cause.into(),
            responsible: work.responsible,
            remaining: work.remaining.into(),
        }
    }
}
