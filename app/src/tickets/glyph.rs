//! The picture that stands for each of the domain's values, as a name in the icon sheet.

use domain::ticket::{Action, Answered, Channel, Flag, Kind, ProgressKind, Stage, Urgency, Waiting};

/// The icon of an urgency, beside its word.
pub const fn of_urgency(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Urgent => "urgent",
        Urgency::Normal => "urgency-normal",
        Urgency::Low => "urgency-low",
    }
}

/// The icon of an urgency that stands alone.
pub const fn of_urgency_alone(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Urgent => "urgency-urgent",
        Urgency::Normal => "urgency-normal",
        Urgency::Low => "urgency-low",
    }
}

/// The name of an urgency in the style sheets.
pub const fn urgency_style(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Urgent => "urgent",
        Urgency::Normal => "normal",
        Urgency::Low => "low",
    }
}

/// The icon of a flag.
pub const fn of_flag(flag: Flag) -> &'static str {
    match flag {
        Flag::SafetyHazard => "hazard",
        Flag::ProductionStop => "factory",
        Flag::BatchDefect => "layers",
        Flag::StrongDissatisfaction => "face-1",
        Flag::RepeatFault => "repeat",
    }
}

/// The name of a flag in the style sheets.
pub const fn flag_style(flag: Flag) -> &'static str {
    match flag {
        Flag::SafetyHazard => "safety-hazard",
        Flag::ProductionStop => "production-stop",
        Flag::BatchDefect => "batch-defect",
        Flag::StrongDissatisfaction => "strong-dissatisfaction",
        Flag::RepeatFault => "repeat-fault",
    }
}

/// The tone of a flag's chip in a form.
pub const fn flag_tone(flag: Flag) -> Option<&'static str> {
    match flag {
        Flag::SafetyHazard | Flag::ProductionStop | Flag::BatchDefect => Some("hazard"),
        Flag::StrongDissatisfaction => Some("danger"),
        Flag::RepeatFault => None,
    }
}

/// The icon of a kind of message.
pub const fn of_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Fault => "wrench",
        Kind::Complaint => "message",
        Kind::Inquiry => "question",
        Kind::Suggestion => "idea",
    }
}

/// The icon of a channel.
pub const fn of_channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Phone => "phone",
        Channel::OnlineChat | Channel::WechatAccount => "message",
        Channel::Email => "mail",
        Channel::WebForm => "link",
        Channel::StoreForm => "building",
        Channel::EngineerOnSite => "map-pin",
    }
}

/// The icon of a kind of progress entry.
pub const fn of_progress(kind: ProgressKind) -> &'static str {
    match kind {
        ProgressKind::ContactedCustomer => "phone",
        ProgressKind::VisitArranged => "calendar",
        ProgressKind::OnTheWay => "car",
        ProgressKind::Arrived => "door",
        ProgressKind::WaitingForParts => "part",
        ProgressKind::WaitingForCustomer => "hourglass",
        ProgressKind::WorkResumed => "play",
        ProgressKind::Answered => "message",
        ProgressKind::Note => "note",
    }
}

/// The icon of what a person did.
pub const fn of_action(action: &Action) -> &'static str {
    match action {
        Action::Register(_) => "ticket",
        Action::Assign(_) => "person",
        Action::SetUrgency(_) => "urgent",
        Action::Reclassify(_) => "flag",
        Action::EditContact(_) => "edit",
        Action::LogProgress(progress) => of_progress(progress.kind),
        Action::CheckIn(_) => "door",
        Action::CheckOut(_) => "check-out",
        Action::ReplacePart(_) => "part-swap",
        Action::Complete(_) => "check",
        Action::SignOff(_) => "signature",
        Action::TellResult(_) => "phone",
        Action::RecordCallback(_) => "star",
        Action::Close(_) => "stage-closed",
        Action::Cancel(_) => "stage-cancelled",
        Action::Reopen(_) => "stage-rework",
        Action::Comment(_) => "message",
        Action::AgreePlan(_) => "calendar",
        Action::ReachMilestone(_) => "flag",
        Action::Recover(_) => "phone",
        Action::Inspect(_) => "eye",
        Action::Rectify(_) => "wrench",
        Action::Settle(_) => "check-circle",
        Action::Attach(_) => "camera",
        Action::Unknown(_) => "question",
    }
}

/// How a ticket stands, as its badge tells it: its stage, finer where a reader must tell the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageLook {
    stage: Stage,
    waiting: Option<Waiting>,
    answered: Option<Answered>,
    reopened: bool,
}

impl StageLook {
    /// The look of a ticket in this stage. `cycle` counts from 1.
    pub const fn of(stage: Stage, waiting: Option<Waiting>, answered: Option<Answered>, cycle: u32) -> Self {
        let waiting = if stage.awaits_work() { waiting } else { None };
        let answered = if matches!(stage, Stage::Done) { answered } else { None };
        let reopened = cycle > 1 && matches!(stage, Stage::New | Stage::Assigned);
        Self { stage, waiting, answered, reopened }
    }

    /// The name in the style sheets.
    pub const fn style(self) -> &'static str {
        match self {
            Self { waiting: Some(_), .. } => "waiting",
            Self { answered: Some(Answered::Signed), .. } => "signed",
            Self { answered: Some(Answered::Refused), .. } => "refused",
            Self { reopened: true, .. } => "rework",
            Self { stage: Stage::New, .. } => "registered",
            Self { stage: Stage::Assigned, .. } => "assigned",
            Self { stage: Stage::Working, .. } => "in-progress",
            Self { stage: Stage::Done, .. } => "completed",
            Self { stage: Stage::Closed, .. } => "closed",
            Self { stage: Stage::Cancelled, .. } => "cancelled",
        }
    }

    /// The icon.
    pub fn icon(self) -> &'static str {
        match self.style() {
            "waiting" => "stage-waiting",
            "signed" => "stage-signed",
            "refused" => "stage-refused",
            "rework" => "stage-rework",
            "registered" => "stage-registered",
            "assigned" => "stage-assigned",
            "in-progress" => "stage-in-progress",
            "completed" => "stage-completed",
            "closed" => "stage-closed",
            _ => "stage-cancelled",
        }
    }

    /// The word.
    pub fn word(self, words: crate::i18n::Words) -> &'static str {
        match self {
            Self { waiting: Some(waiting), .. } => words.waiting(waiting),
            Self { answered: Some(Answered::Signed), .. } => words.stage_signed(),
            Self { answered: Some(Answered::Refused), .. } => words.stage_refused(),
            Self { reopened: true, .. } => words.stage_rework(),
            Self { stage, .. } => words.stage(stage),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::{Locale, Words};

    #[test]
    fn work_that_waits_is_shown_as_waiting_and_done_work_never_is() {
        let look = StageLook::of(Stage::Working, Some(Waiting::Parts), None, 1);
        assert_eq!((look.style(), look.word(Words(Locale::ZhCn))), ("waiting", "等待配件"));
        assert_eq!(StageLook::of(Stage::Done, Some(Waiting::Parts), None, 1).style(), "completed");
    }

    #[test]
    fn a_signature_shows_until_the_ticket_is_closed() {
        let look = |stage, answered| StageLook::of(stage, None, Some(answered), 1).style();
        assert_eq!(look(Stage::Done, Answered::Signed), "signed");
        assert_eq!(look(Stage::Closed, Answered::Signed), "closed");
        assert_eq!(look(Stage::Done, Answered::Refused), "refused", "it is an answer, and no signature");
    }

    #[test]
    fn a_reopened_ticket_is_rework_until_work_begins_again() {
        assert_eq!(StageLook::of(Stage::Assigned, None, None, 2).style(), "rework");
        assert_eq!(StageLook::of(Stage::Working, None, None, 2).style(), "in-progress");
    }
}
