//! What a person did, in words: one line that names it and the lines of its content.

use std::iter;

use domain::people::Directory;
use domain::ticket::{
    Action, Answer, Callback, Completion, Customer, Intake, PartReplacement, Plan, Progress, ProgressKind,
    Satisfaction,
};
use domain::{PersonId, Refusal, Timestamp};

use super::glyph;
use crate::i18n::Words;

/// An action as a reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// The icon.
    pub glyph: &'static str,
    /// The tone, where it means something.
    pub tone: Option<&'static str>,
    /// What was done, in one line.
    pub what: String,
    /// Its content, line by line.
    pub text: Vec<String>,
}

impl Deed {
    /// All of it, for use elsewhere.
    pub fn written(&self) -> String {
        let lines: Vec<_> = iter::once(&self.what).chain(&self.text).map(String::as_str).collect();
        lines.join("\n")
    }
}

/// What is needed to say things: the words, the names of people, and how instants are written.
#[derive(Clone, Copy)]
pub struct Speaker<'s> {
    /// The catalogue.
    pub words: Words,
    /// Who is who.
    pub directory: &'s Directory,
    /// Writes an instant.
    pub instant: &'s dyn Fn(Timestamp) -> String,
}

impl Speaker<'_> {
    /// Says what somebody did.
    pub fn deed(&self, action: &Action) -> Deed {
        Deed {
            glyph: glyph::of_action(action),
            tone: tone(action),
            what: self.what(action),
            text: self.text(action),
        }
    }

    /// Says what somebody did, with everything that they have written: what is not taken stands nowhere else.
    pub fn deed_in_full(&self, action: &Action) -> Deed {
        let mut deed = self.deed(action);
        if let Action::Register(intake) = action {
            let Intake { customer, site, product, words, .. } = &**intake;
            let about = [&site.region, &site.address, &product.model, &product.serial];
            let about = join(about.into_iter().filter(|fact| !fact.trim().is_empty()));
            let rest = [contact_line(customer), about, words.clone()];
            deed.text.extend(rest.into_iter().filter(|line| !line.trim().is_empty()));
        }
        deed
    }

    /// A person's name; a sentence in its place if the directory doesn't know them.
    pub fn name(&self, person: PersonId) -> String {
        let known = self.directory.person(person).map(|person| person.name.clone());
        known.unwrap_or_else(|| self.words.person_unknown().to_owned())
    }

    /// What a refusal says, and what its reader can do next; with the name of whoever decided, if somebody has.
    pub fn refusal(&self, refusal: &Refusal) -> (String, String) {
        let (what, next) = self.words.refusal(refusal);
        match refusal {
            Refusal::Declined { by, .. } => (self.words.refusal_declined_by(self.name(*by)), next),
            _ => (what, next),
        }
    }

    fn what(&self, action: &Action) -> String {
        let words = self.words;
        match action {
            Action::Register(_) => words.deed_register().to_owned(),
            Action::Assign(assignment) => words.deed_assign(self.name(assignment.person)),
            Action::SetUrgency(new) => words.deed_urgency(words.urgency(new.urgency)),
            Action::Reclassify(new) => {
                words.deed_reclassify(words.kind(new.kind), words.difficulty(new.difficulty))
            }
            Action::EditContact(_) => words.deed_contact().to_owned(),
            Action::LogProgress(progress) => words.progress(progress.kind).to_owned(),
            Action::CheckIn(_) => words.deed_check_in().to_owned(),
            Action::CheckOut(_) => words.deed_check_out().to_owned(),
            Action::ReplacePart(part) => words.deed_part(&part.name, part.quantity),
            Action::Complete(_) => words.deed_complete().to_owned(),
            Action::SignOff(sign_off) => match &sign_off.answer {
                Answer::Signed { name, .. } => words.deed_signed(name),
                Answer::Refused { .. } => words.deed_sign_refused().to_owned(),
            },
            Action::TellResult(_) => words.deed_told().to_owned(),
            Action::RecordCallback(_) => words.deed_callback().to_owned(),
            Action::Close(closing) => words.deed_close(words.close_result(closing.result)),
            Action::Cancel(_) => words.deed_cancel().to_owned(),
            Action::Reopen(_) => words.deed_reopen().to_owned(),
            Action::Comment(_) => words.deed_comment().to_owned(),
            Action::AgreePlan(_) => words.deed_plan().to_owned(),
            Action::ReachMilestone(_) => words.deed_milestone().to_owned(),
            Action::Recover(_) => words.deed_recover().to_owned(),
            Action::Inspect(inspection) if inspection.failed() => words.deed_inspect_failed(inspection.score),
            Action::Inspect(inspection) => words.deed_inspect_passed(inspection.score),
            Action::Rectify(_) => words.deed_rectify().to_owned(),
            Action::Settle(_) => words.deed_settle().to_owned(),
            Action::Attach(attachment) => words.attached(attachment.kind).to_owned(),
            Action::Unknown(unknown) => words.deed_unknown(&unknown.kind),
        }
    }

    fn text(&self, action: &Action) -> Vec<String> {
        let lines = match action {
            Action::Register(intake) => self.intake(intake),
            Action::Assign(assignment) => {
                let department = self.directory.department(assignment.department);
                vec![department.map(|department| department.name.clone()).unwrap_or_default()]
            }
            Action::SetUrgency(new) => vec![new.reason.clone()],
            Action::Reclassify(new) => {
                vec![join(new.flags.iter().map(|flag| self.words.flag(*flag)))]
            }
            Action::EditContact(customer) => vec![contact_line(customer)],
            Action::LogProgress(progress) => self.progress(progress),
            Action::ReplacePart(part) => self.part(part),
            Action::Complete(completion) => self.completion(completion),
            Action::SignOff(sign_off) => match &sign_off.answer {
                Answer::Signed { satisfaction, remark, .. } => {
                    vec![
                        satisfaction.map(|score| self.satisfaction(score)).unwrap_or_default(),
                        remark.clone(),
                    ]
                }
                Answer::Refused { reason } => vec![reason.clone()],
            },
            Action::TellResult(comment)
            | Action::Comment(comment)
            | Action::Recover(comment)
            | Action::Rectify(comment) => vec![comment.text.clone()],
            Action::AgreePlan(plan) => self.plan(plan),
            Action::Inspect(inspection) => {
                let by = inspection.rectify_by.map(|by| self.words.deed_rectify_by((self.instant)(by)));
                vec![inspection.note.clone(), by.unwrap_or_default()]
            }
            Action::RecordCallback(callback) => self.callback(callback),
            Action::Close(closing) => vec![closing.note.clone()],
            Action::Attach(attachment) => vec![attachment.name.clone()],
            Action::Cancel(reason) | Action::Reopen(reason) => vec![reason.reason.clone()],
            // Which milestone it is, only its plan can say.
            Action::ReachMilestone(_)
            | Action::CheckIn(_)
            | Action::CheckOut(_)
            | Action::Settle(_)
            | Action::Unknown(_) => Vec::new(),
        };
        lines.into_iter().filter(|line| !line.trim().is_empty()).collect()
    }

    fn intake(&self, intake: &Intake) -> Vec<String> {
        let words = self.words;
        let facts = [words.channel(intake.channel), words.kind(intake.kind), words.urgency(intake.urgency)];
        vec![join(facts), intake.summary.clone()]
    }

    fn progress(&self, progress: &Progress) -> Vec<String> {
        let promised = progress.promised.map(|instant| match progress.kind {
            ProgressKind::VisitArranged => self.words.deed_visit_at((self.instant)(instant)),
            _ => self.words.deed_promised((self.instant)(instant)),
        });
        vec![progress.note.clone(), promised.unwrap_or_default()]
    }

    fn plan(&self, plan: &Plan) -> Vec<String> {
        let words = self.words;
        let with = plan.agreed_with.trim();
        let agreed = if with.is_empty() { String::new() } else { words.deed_plan_with(with) };
        let deadline = plan.deadline.map(|at| words.deed_plan_until((self.instant)(at))).unwrap_or_default();
        let milestones = plan
            .milestones
            .iter()
            .map(|milestone| words.deed_plan_milestone(&milestone.title, (self.instant)(milestone.due)));
        [plan.measures.clone(), agreed, deadline].into_iter().chain(milestones).collect()
    }

    fn part(&self, part: &PartReplacement) -> Vec<String> {
        let PartReplacement { part_number, old_serial, new_serial, note, .. } = part;
        let or_none =
            |text: &str| if text.is_empty() { self.words.deed_none().to_owned() } else { text.to_owned() };
        let number =
            if part_number.is_empty() { String::new() } else { self.words.deed_part_number(part_number) };
        let serials = if old_serial.is_empty() && new_serial.is_empty() {
            String::new()
        } else {
            self.words.deed_part_serials(or_none(old_serial), or_none(new_serial))
        };
        vec![number, serials, note.clone()]
    }

    fn completion(&self, completion: &Completion) -> Vec<String> {
        let Completion { found, done, cause, responsible, remaining } = completion;
        let words = self.words;
        let party = words.responsible(*responsible);
        let cause =
            if cause.trim().is_empty() { words.deed_party(party) } else { words.deed_cause(cause, party) };
        let remaining =
            if remaining.trim().is_empty() { String::new() } else { words.deed_remaining(remaining) };
        vec![words.deed_found(found), words.deed_done(done), cause, remaining]
    }

    fn callback(&self, callback: &Callback) -> Vec<String> {
        let score = callback.satisfaction.map(|score| self.satisfaction(score));
        vec![score.unwrap_or_else(|| self.words.deed_satisfaction_unsaid().to_owned()), callback.note.clone()]
    }

    /// How content the customer is: number and word.
    pub fn satisfaction(&self, score: Satisfaction) -> String {
        self.words.deed_satisfaction(score.score(), self.words.satisfaction(score))
    }
}

/// Whom to talk to, in one line.
pub fn contact_line(customer: &Customer) -> String {
    let facts = [&customer.name, &customer.company, &customer.phone, &customer.email];
    join(facts.into_iter().filter(|fact| !fact.trim().is_empty()))
}

/// Several facts in one line.
pub fn join<T: AsRef<str>>(facts: impl IntoIterator<Item = T>) -> String {
    facts.into_iter().fold(String::new(), |mut line, fact| {
        if !line.is_empty() {
            line.push_str(" · ");
        }
        line.push_str(fact.as_ref());
        line
    })
}

fn tone(action: &Action) -> Option<&'static str> {
    match action {
        Action::SignOff(sign_off) if matches!(sign_off.answer, Answer::Refused { .. }) => Some("danger"),
        Action::Inspect(inspection) if inspection.failed() => Some("danger"),
        Action::SignOff(_) | Action::Complete(_) | Action::Inspect(_) => Some("ok"),
        Action::ReplacePart(_) | Action::Assign(_) => Some("accent"),
        Action::Reopen(_) => Some("warn"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::ticket::{Attachment, AttachmentKind, Comment, ResponsibleParty};

    use super::*;
    use crate::i18n::Locale;

    fn said(action: &Action) -> Deed {
        let directory = Directory::default();
        let instant = |instant: Timestamp| format!("@{}", instant.as_millis());
        Speaker { words: Words(Locale::ZhCn), directory: &directory, instant: &instant }.deed(action)
    }

    #[test]
    fn a_replaced_part_says_what_came_out_and_what_went_in() {
        let part = PartReplacement {
            name: "主板".into(),
            part_number: "ZK-7".into(),
            old_serial: String::new(),
            new_serial: "N2".into(),
            quantity: 1,
            note: String::new(),
        };
        let deed = said(&Action::ReplacePart(part));
        assert_eq!(deed.what, "更换配件：主板 × 1");
        assert_eq!(deed.text, ["配件号 ZK-7", "旧件 无 → 新件 N2"]);
    }

    #[test]
    fn of_what_is_not_taken_everything_that_was_written_can_be_copied() {
        let intake = serde_json::json!({
            "kind": "fault", "urgency": "normal", "difficulty": "simple", "channel": "phone", "verification": { "state": "verified" }, "existing_customer": false,
            "customer": { "name": "王芳", "phone": "13800138000" }, "site": { "address": "星湖街 328 号" },
            "product": { "serial": "N2" }, "words": "启动不了", "summary": "空压机",
            "registered_in": "018fa2c4-0000-7000-8000-000000000001",
        });
        let action = Action::Register(Box::new(serde_json::from_value(intake).unwrap()));
        let directory = Directory::default();
        let instant = |instant: Timestamp| format!("@{}", instant.as_millis());
        let speaker = Speaker { words: Words(Locale::ZhCn), directory: &directory, instant: &instant };
        let in_full = speaker.deed_in_full(&action);
        let in_short = speaker.deed(&action);
        let lines: Vec<_> = iter::once(in_short.what).chain(in_short.text).collect();
        let rest = "王芳 · 13800138000\n星湖街 328 号 · N2\n启动不了";
        assert_eq!(in_full.written(), format!("{}\n{rest}", lines.join("\n")));
        let comment = Action::Comment(Comment { text: "等备件".into() });
        assert_eq!(speaker.deed_in_full(&comment), speaker.deed(&comment));
    }

    #[test]
    fn a_completion_without_a_cause_still_says_who_bears_it() {
        let completion = Completion {
            found: "漏油".into(),
            done: "换油封".into(),
            cause: String::new(),
            responsible: ResponsibleParty::CustomerUse,
            remaining: String::new(),
        };
        assert_eq!(
            said(&Action::Complete(completion)).text,
            ["发现：漏油", "处理：换油封", "责任方：客户使用"]
        );
    }

    #[test]
    fn a_photo_is_named_by_what_is_to_be_seen() {
        let photo = Attachment {
            sha256: "a".repeat(64),
            bytes: 1,
            media_type: "image/jpeg".into(),
            kind: AttachmentKind::Photo,
            name: "铭牌".into(),
            size: None,
            taken_at: None,
            place: None,
        };
        let deed = said(&Action::Attach(Box::new(photo)));
        assert_eq!(
            (deed.glyph, deed.what.as_str(), deed.text),
            ("camera", "添加照片", vec!["铭牌".to_owned()])
        );
    }

    #[test]
    fn empty_lines_are_left_out() {
        assert_eq!(said(&Action::TellResult(Comment { text: " ".into() })).text, Vec::<String>::new());
    }
}
