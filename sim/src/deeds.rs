//! What people do: every kind of action, made up as the ticket at hand suggests.

use domain::people::{Directory, Person};
use domain::ticket::{
    Action, ActionKind, Answer, Assignment, Attachment, AttachmentKind, Callback, Channel, Classification,
    CloseResult, Closing, Comment, ComplaintNature, Completion, Customer, Difficulty, Flag, Inspection,
    Intake, IntakeTimes, Kind, Milestone, MilestoneReached, NewUrgency, Nothing, PartReplacement, Plan,
    Point, Product, Progress, ProgressKind, Reason, ResponsibleParty, Satisfaction, Settlement, Sheet,
    SheetRow, SignOff, Signature, Site, Ticket, Urgency, Verification,
};
use domain::{ChangeId, DeviceId, TicketId, Timestamp};

use crate::dice::Dice;

/// The kinds of action that follow a registration, the common ones more often.
const KINDS: [ActionKind; 35] = [
    ActionKind::Assign,
    ActionKind::Assign,
    ActionKind::Assign,
    ActionKind::Assign,
    ActionKind::SetUrgency,
    ActionKind::SetUrgency,
    ActionKind::Reclassify,
    ActionKind::EditContact,
    ActionKind::EditContact,
    ActionKind::LogProgress,
    ActionKind::LogProgress,
    ActionKind::LogProgress,
    ActionKind::CheckIn,
    ActionKind::CheckOut,
    ActionKind::ReplacePart,
    ActionKind::Complete,
    ActionKind::Complete,
    ActionKind::SignOff,
    ActionKind::SignOff,
    ActionKind::TellResult,
    ActionKind::RecordCallback,
    ActionKind::Close,
    ActionKind::Close,
    ActionKind::Cancel,
    ActionKind::Reopen,
    ActionKind::Comment,
    ActionKind::Comment,
    ActionKind::Comment,
    ActionKind::AgreePlan,
    ActionKind::ReachMilestone,
    ActionKind::Recover,
    ActionKind::Inspect,
    ActionKind::Rectify,
    ActionKind::Settle,
    ActionKind::Attach,
];

/// Makes actions up.
#[derive(Debug)]
pub(crate) struct Deeds<'d> {
    pub(crate) dice: &'d mut Dice,
    pub(crate) directory: &'d Directory,
    pub(crate) person: &'d Person,
    pub(crate) now: Timestamp,
    /// The word that stands in every text.
    pub(crate) canary: &'d str,
}

impl Deeds<'_> {
    /// A new ticket, where this person may register one.
    pub(crate) fn register(&mut self) -> Action {
        let flags = if self.dice.percent(10) { vec![self.dice.one_of(&Flag::ALL)] } else { Vec::new() };
        let green = flags.iter().any(|flag| flag.opens_green_channel());
        let urgency = if green { Urgency::Urgent } else { self.dice.one_of(&Urgency::ALL) };
        Action::Register(Box::new(Intake {
            kind: self.dice.one_of(&Kind::ALL),
            urgency,
            difficulty: self.dice.one_of(&Difficulty::ALL),
            flags: flags.into_iter().collect(),
            nature: self.dice.percent(20).then(|| self.dice.one_of(&ComplaintNature::ALL)),
            channel: self.dice.one_of(&Channel::ALL),
            customer: self.customer(),
            existing_customer: self.dice.percent(50),
            site: Site { region: String::new(), address: self.words() },
            product: Product { serial: self.words(), ..Product::default() },
            verification: Verification::NotVerified { reason: self.words() },
            words: self.words(),
            summary: self.words(),
            times: IntakeTimes::default(),
            registered_in: self.person.department,
        }))
    }

    /// Something that somebody may think of doing to a ticket. Whether they may is another question.
    pub(crate) fn think_of(&mut self, ticket: &Ticket) -> Action {
        match self.dice.one_of(&KINDS) {
            ActionKind::Assign => self.assign(),
            ActionKind::SetUrgency => {
                let urgency = self.dice.one_of(&Urgency::ALL);
                Action::SetUrgency(NewUrgency { urgency, reason: self.words() })
            }
            ActionKind::Reclassify => Action::Reclassify(Classification {
                kind: self.dice.one_of(&Kind::ALL),
                difficulty: self.dice.one_of(&Difficulty::ALL),
                flags: [self.dice.one_of(&Flag::ALL)].into(),
            }),
            ActionKind::EditContact => Action::EditContact(self.customer()),
            ActionKind::LogProgress => self.progress(),
            ActionKind::CheckIn => Action::CheckIn(Nothing {}),
            ActionKind::CheckOut => Action::CheckOut(Nothing {}),
            ActionKind::ReplacePart => self.part(),
            ActionKind::Complete => self.complete(),
            ActionKind::SignOff => self.sign_off(ticket.id),
            ActionKind::TellResult => Action::TellResult(self.comment()),
            ActionKind::RecordCallback => {
                let satisfaction = Satisfaction::new(self.dice.one_of(&[0, 1, 3, 5]));
                Action::RecordCallback(Callback { satisfaction, note: self.words() })
            }
            ActionKind::Close => {
                let result = self.dice.one_of(&CloseResult::ALL);
                Action::Close(Closing { result, note: self.words() })
            }
            ActionKind::Cancel => Action::Cancel(self.reason()),
            ActionKind::Reopen => Action::Reopen(self.reason()),
            ActionKind::AgreePlan => self.plan(),
            ActionKind::ReachMilestone => {
                let plan = ticket.plan().map_or(self.no_change(), |plan| plan.by);
                Action::ReachMilestone(MilestoneReached { plan, number: self.dice.one_of(&[0, 1]) })
            }
            ActionKind::Recover => Action::Recover(self.comment()),
            ActionKind::Inspect => self.inspect(),
            ActionKind::Rectify => Action::Rectify(self.comment()),
            ActionKind::Settle => {
                let conflict = self.dice.pick(&ticket.conflicts()).map(|conflict| conflict.change);
                Action::Settle(Settlement { change: conflict.unwrap_or(self.no_change()) })
            }
            ActionKind::Attach => self.attach(),
            ActionKind::Comment | ActionKind::Register | ActionKind::Unknown => {
                Action::Comment(self.comment())
            }
        }
    }

    fn words(&mut self) -> String {
        format!("{} {}", self.canary, self.dice.below(1_000))
    }

    fn attach(&mut self) -> Action {
        Action::Attach(Box::new(Attachment {
            sha256: self.dice.one_of(&["a", "b", "c"]).repeat(64),
            bytes: 1,
            media_type: "image/jpeg".to_owned(),
            kind: AttachmentKind::Photo,
            name: self.words(),
            size: None,
            taken_at: None,
            place: None,
        }))
    }

    fn comment(&mut self) -> Comment {
        Comment { text: self.words() }
    }

    fn reason(&mut self) -> Reason {
        Reason { reason: self.words() }
    }

    fn customer(&mut self) -> Customer {
        Customer { name: self.words(), phone: self.words(), ..Customer::default() }
    }

    fn assign(&mut self) -> Action {
        let person = self.dice.pick(&self.directory.people).unwrap_or(self.person);
        let (person, department) = (person.id, person.department);
        Action::Assign(Assignment { person, department })
    }

    fn progress(&mut self) -> Action {
        let promised = self.dice.percent(20).then(|| self.soon());
        let kind = self.dice.one_of(&ProgressKind::ALL);
        Action::LogProgress(Progress { kind, note: self.words(), promised })
    }

    fn part(&mut self) -> Action {
        Action::ReplacePart(PartReplacement {
            name: self.words(),
            part_number: String::new(),
            old_serial: self.words(),
            new_serial: self.words(),
            quantity: self.dice.one_of(&[1, 2, 9_999]),
            note: String::new(),
        })
    }

    fn complete(&mut self) -> Action {
        Action::Complete(Completion {
            found: self.words(),
            done: self.words(),
            cause: String::new(),
            responsible: self.dice.one_of(&ResponsibleParty::ALL),
            remaining: String::new(),
        })
    }

    fn sign_off(&mut self, ticket: TicketId) -> Action {
        let rows = vec![SheetRow { label: "Done".to_owned(), text: self.words() }];
        let (number, language) = ("provisional".to_owned(), "en".to_owned());
        let sheet = Sheet::new(ticket, number, language, self.now, rows, self.words());
        let point = |x, at_ms| Point { x, y: x / 3, at_ms, pressure: 128 };
        let answer = match self.dice.below(3) {
            0 => Answer::Refused { reason: self.words() },
            1 => Answer::Signed {
                name: self.words(),
                signature: Signature::Typed { name: self.words() },
                satisfaction: Satisfaction::new(5),
                remark: self.words(),
            },
            _ => Answer::Signed {
                name: self.words(),
                signature: Signature::Drawn {
                    strokes: vec![vec![point(0, 0), point(9_000, 300), point(3_000, 355)]],
                    height: 3_300,
                },
                satisfaction: None,
                remark: String::new(),
            },
        };
        Action::SignOff(Box::new(SignOff::new(sheet, answer)))
    }

    fn plan(&mut self) -> Action {
        let milestones =
            (0..self.dice.below(3)).map(|_| Milestone { title: self.words(), due: self.soon() }).collect();
        let deadline = self.dice.percent(50).then(|| self.soon());
        Action::AgreePlan(Box::new(Plan {
            measures: self.words(),
            agreed_with: self.words(),
            deadline,
            milestones,
        }))
    }

    fn inspect(&mut self) -> Action {
        let score = self.dice.one_of(&[0, 69, 70, 100]);
        let rectify_by = (score < Inspection::PASS).then(|| self.soon());
        Action::Inspect(Inspection { score, note: self.words(), rectify_by })
    }

    fn soon(&mut self) -> Timestamp {
        self.now.plus_millis(self.dice.spread(Timestamp::MINUTE_MS, 30 * Timestamp::DAY_MS))
    }

    const fn no_change(&self) -> ChangeId {
        ChangeId { device: DeviceId::from_uuid(*self.person.id.as_uuid()), seq: 1 }
    }
}
