//! What a decision on a parked change came to.

use domain::Refusal;
use domain::ticket::{Action, Change};
use sync::messages::Verdict;

use crate::device::api::ApiError;
use crate::i18n::Words;

/// What somebody decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// It counts.
    Admit,
    /// It does not, for this reason.
    Decline(String),
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is decided, by this person or by somebody who came before.
    Decided(&'static str),
    /// It still waits: the ticket stands in its way, or the answer was no.
    Waits(String, Option<String>),
}

/// What the server's answer means to whoever decided.
pub fn outcome(ruling: &Ruling, answer: &Result<Verdict, ApiError>, words: Words) -> Outcome {
    match (answer, ruling) {
        (Ok(Verdict::Applied { .. }), _) => Outcome::Decided(words.late_admitted()),
        (Ok(Verdict::Duplicate { .. }), _) => Outcome::Decided(words.late_was_admitted()),
        (Ok(Verdict::Refused { because: Refusal::Declined { why, .. } }), Ruling::Decline(given))
            if why == given.trim() =>
        {
            Outcome::Decided(words.late_declined())
        }
        (Ok(Verdict::Refused { .. }), _) => Outcome::Decided(words.late_was_declined()),
        (Ok(Verdict::Parked { because }), _) => {
            Outcome::Waits(words.late_not_now().to_owned(), Some(words.refusal(because).0))
        }
        (Ok(Verdict::Unknown), _) => Outcome::Waits(words.api_too_old().to_owned(), None),
        (Err(error), _) => Outcome::Waits(failure(error, words), None),
    }
}

/// Why the server did not do what it was asked to.
pub fn failure(error: &ApiError, words: Words) -> String {
    match error {
        ApiError::Unreachable => words.api_unreachable().to_owned(),
        ApiError::SignedOut => words.people_signed_out().to_owned(),
        ApiError::Busy { retry_after_seconds } => words.api_busy(*retry_after_seconds),
        ApiError::Unreadable | ApiError::TooOld => words.api_too_old().to_owned(),
        ApiError::Refused { code, problem, .. } => match (code.as_str(), problem.as_deref()) {
            ("unknown_parked", _) => words.late_gone().to_owned(),
            ("role_may_not", _) => words.late_not_for_title().to_owned(),
            (_, Some("missing")) => words.api_missing().to_owned(),
            (_, Some("too_long")) => words.api_too_long().to_owned(),
            (code, _) => words.api_refused(code),
        },
    }
}

/// Why a change did not count by itself, to those who decide on it.
pub fn because(refusal: &Refusal, change: &Change, words: Words) -> String {
    let said = match (refusal, &change.action) {
        (Refusal::RoleMayNot, _) => words.late_because_role(),
        (Refusal::OutOfScope, Action::Register(_)) => words.late_because_department(),
        (Refusal::OutOfScope, _) => words.late_because_scope(),
        (Refusal::NotAccountable, _) => words.late_because_accountable(),
        (other, _) => return words.refusal(other).0,
    };
    said.to_owned()
}

#[cfg(test)]
mod tests {
    use domain::PersonId;
    use domain::ticket::Stage;
    use uuid::Uuid;

    use super::*;
    use crate::i18n::Locale;

    const WORDS: Words = Words(Locale::En);

    fn declined(why: &str) -> Result<Verdict, ApiError> {
        let by = PersonId::from_uuid(Uuid::from_u128(1));
        Ok(Verdict::Refused { because: Refusal::Declined { by, why: why.to_owned() } })
    }

    #[test]
    fn whoever_comes_second_is_told_what_the_first_has_decided() {
        let decline = Ruling::Decline(" nobody was there ".to_owned());
        let decided = |ruling, answer| outcome(ruling, &answer, WORDS);
        assert_eq!(
            decided(&Ruling::Admit, Ok(Verdict::Applied { revision: 1 })),
            Outcome::Decided(WORDS.late_admitted())
        );
        let was_admitted = Outcome::Decided(WORDS.late_was_admitted());
        assert_eq!(decided(&decline, Ok(Verdict::Duplicate { revision: 1 })), was_admitted);
        assert_eq!(decided(&decline, declined("nobody was there")), Outcome::Decided(WORDS.late_declined()));
        let was_declined = Outcome::Decided(WORDS.late_was_declined());
        assert_eq!(decided(&decline, declined("twice")), was_declined);
        assert_eq!(decided(&Ruling::Admit, declined("twice")), was_declined);
    }

    #[test]
    fn what_still_waits_says_why() {
        let because = Refusal::StageForbids { stage: Stage::Cancelled };
        let why = WORDS.refusal(&because).0;
        let answer = Ok(Verdict::Parked { because });
        let waits = Outcome::Waits(WORDS.late_not_now().to_owned(), Some(why));
        assert_eq!(outcome(&Ruling::Admit, &answer, WORDS), waits);
        let unreachable = Outcome::Waits(WORDS.api_unreachable().to_owned(), None);
        assert_eq!(outcome(&Ruling::Admit, &Err(ApiError::Unreachable), WORDS), unreachable);
    }
}
