//! How far the customer has come, and everything they have entered: kept so that a reload loses nothing.

use domain::ticket::{Answer, Satisfaction, Signature, Stroke};
use serde::{Deserialize, Serialize};

use super::sheet::ShownSheet;
use crate::i18n::Locale;

/// The steps of a sign-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Step {
    /// Reading what was done.
    #[default]
    Read,
    /// Saying how content they are.
    Rate,
    /// Signing, or refusing to.
    Sign,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 3] = [Self::Read, Self::Rate, Self::Sign];

    /// The step before; nothing before the first.
    pub const fn before(self) -> Option<Self> {
        match self {
            Self::Read => None,
            Self::Rate => Some(Self::Read),
            Self::Sign => Some(Self::Rate),
        }
    }
}

/// How the customer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Manner {
    /// By drawing their signature.
    #[default]
    Drawn,
    /// By typing their name.
    Typed,
    /// By refusing, with a reason.
    Refused,
}

impl Manner {
    /// Every manner, in order.
    pub const ALL: [Self; 3] = [Self::Drawn, Self::Typed, Self::Refused];
}

/// Common reasons for not signing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefusalReason {
    /// The problem is still there.
    NotSolved,
    /// The sheet says something else than what happened.
    NotCorrect,
    /// Somebody else has to sign.
    NotAuthorised,
    /// Another reason, in words.
    Other,
}

impl RefusalReason {
    /// Every reason, in order.
    pub const ALL: [Self; 4] = [Self::NotSolved, Self::NotCorrect, Self::NotAuthorised, Self::Other];
}

/// Everything entered so far.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Entered {
    /// How content they are, if they said.
    pub satisfaction: Option<Satisfaction>,
    /// What they wanted to add.
    pub remark: String,
    /// How they answer.
    pub manner: Manner,
    /// Their name in letters.
    pub name: String,
    /// Their drawing.
    pub strokes: Vec<Stroke>,
    /// The pad's height, in ten-thousandths of its width.
    pub height: i32,
    /// Why they won't sign.
    pub reason: Option<RefusalReason>,
    /// The same in their words.
    pub reason_words: String,
}

impl Entered {
    /// The answer as it would be recorded now, complete or not. `reason` says a common reason in the customer's language.
    pub fn answer(&self, reason: impl Fn(RefusalReason) -> &'static str) -> Answer {
        let name = self.name.trim().to_owned();
        let signature = match self.manner {
            Manner::Refused => return Answer::Refused { reason: self.refusal(reason) },
            Manner::Typed => Signature::Typed { name: name.clone() },
            Manner::Drawn => Signature::Drawn { strokes: self.strokes.clone(), height: self.height },
        };
        Answer::Signed {
            name,
            signature,
            satisfaction: self.satisfaction,
            remark: self.remark.trim().to_owned(),
        }
    }

    /// "Other" says nothing without words.
    fn refusal(&self, reason: impl Fn(RefusalReason) -> &'static str) -> String {
        let words = self.reason_words.trim();
        match self.reason {
            None | Some(RefusalReason::Other) => words.to_owned(),
            Some(common) if words.is_empty() => reason(common).to_owned(),
            Some(common) => format!("{} · {words}", reason(common)),
        }
    }
}

/// A sign-off under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The language it is shown in, as a tag.
    pub language: String,
    /// What was put before the customer.
    pub shown: ShownSheet,
    /// Where they are.
    pub step: Step,
    /// What they have entered.
    pub entered: Entered,
}

impl Progress {
    /// The language it is shown in.
    pub fn locale(&self) -> Locale {
        Locale::from_tag(&self.language).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(reason: RefusalReason) -> &'static str {
        match reason {
            RefusalReason::NotSolved => "not solved",
            _ => "?",
        }
    }

    fn refused(reason: Option<RefusalReason>, words: &str) -> Answer {
        let entered =
            Entered { manner: Manner::Refused, reason, reason_words: words.into(), ..Entered::default() };
        entered.answer(say)
    }

    #[test]
    fn a_refusal_carries_the_common_reason_and_the_words() {
        let because = |reason: &str| Answer::Refused { reason: reason.into() };
        assert_eq!(refused(Some(RefusalReason::NotSolved), " "), because("not solved"));
        assert_eq!(refused(Some(RefusalReason::NotSolved), "漏油"), because("not solved · 漏油"));
        assert_eq!(refused(Some(RefusalReason::Other), "…"), because("…"));
        assert_eq!(refused(Some(RefusalReason::Other), ""), because(""));
        assert_eq!(refused(None, ""), because(""));
    }

    #[test]
    fn a_typed_name_is_name_and_signature() {
        let entered = Entered { manner: Manner::Typed, name: " 王丽 ".into(), ..Entered::default() };
        let Answer::Signed { name, signature, .. } = entered.answer(say) else { panic!("signed") };
        assert_eq!(name, "王丽");
        assert_eq!(signature, Signature::Typed { name: "王丽".into() });
    }
}
