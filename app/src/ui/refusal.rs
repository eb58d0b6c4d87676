//! The domain's closed list of reasons, and the device's own, in words: what is so, and what to do next.

use domain::{Field, Problem, Refusal};
use sync::StoreError;

use crate::i18n::Words;
use crate::workspace::RecordError;

impl Words {
    /// What a refusal says, and what its reader can do next.
    pub fn refusal(self, refusal: &Refusal) -> (String, String) {
        let (what, next) = match refusal {
            Refusal::WrongAuthor => (self.refusal_wrong_author(), self.refusal_wrong_author_next()),
            Refusal::RoleMayNot => (self.refusal_role_may_not(), self.refusal_role_may_not_next()),
            Refusal::OutOfScope => (self.refusal_out_of_scope(), self.refusal_out_of_scope_next()),
            Refusal::NotAccountable => (self.refusal_not_accountable(), self.refusal_not_accountable_next()),
            Refusal::StageForbids { stage } => {
                let what = self.refusal_stage_forbids(self.stage(*stage));
                return (what, self.refusal_stage_forbids_next().to_owned());
            }
            Refusal::AlreadySigned => (self.refusal_already_signed(), self.refusal_already_signed_next()),
            Refusal::ContentMismatch => {
                (self.refusal_content_mismatch(), self.refusal_content_mismatch_next())
            }
            Refusal::VisitOutOfTurn => {
                (self.refusal_visit_out_of_turn(), self.refusal_visit_out_of_turn_next())
            }
            Refusal::NotConfirmed => (self.refusal_not_confirmed(), self.refusal_not_confirmed_next()),
            Refusal::NothingToFollow => {
                (self.refusal_nothing_to_follow(), self.refusal_nothing_to_follow_next())
            }
            Refusal::UnknownTicket => (self.refusal_unknown_ticket(), self.refusal_unknown_ticket_next()),
            Refusal::AlreadyRegistered => {
                (self.refusal_already_registered(), self.refusal_already_registered_next())
            }
            Refusal::UnknownPerson => (self.refusal_unknown_person(), self.refusal_unknown_person_next()),
            Refusal::UnknownDepartment => {
                (self.refusal_unknown_department(), self.refusal_unknown_department_next())
            }
            Refusal::Invalid { field, problem } => {
                let what = self.refusal_invalid(self.field(*field), self.problem_at(*field, *problem));
                return (what, self.refusal_invalid_next().to_owned());
            }
            Refusal::UnsupportedAction => {
                (self.refusal_unsupported_action(), self.refusal_unsupported_action_next())
            }
            Refusal::OutOfOrder => (self.refusal_out_of_order(), self.refusal_out_of_order_next()),
            Refusal::IdReused => (self.refusal_id_reused(), self.refusal_id_reused_next()),
            Refusal::Declined { why, .. } => {
                return (self.refusal_declined().to_owned(), self.refusal_declined_next(why));
            }
            Refusal::Unknown => (self.refusal_unknown(), self.refusal_unknown_next()),
        };
        (what.to_owned(), next.to_owned())
    }

    /// Why this device could not keep something, and what to do next. Nothing was lost that was there before.
    pub fn store_error(self, error: &StoreError) -> (String, String) {
        let (what, next) = match error {
            StoreError::Full => (self.not_kept_full(), self.not_kept_full_next()),
            StoreError::Unavailable(_) => (self.not_kept_unavailable(), self.not_kept_unavailable_next()),
            StoreError::Lost(_) => (self.not_kept_lost(), self.not_kept_lost_next()),
            StoreError::Unreadable { .. } => (self.not_kept_unreadable(), self.not_kept_unreadable_next()),
            StoreError::Blocked | StoreError::TakenOver => {
                (self.not_kept_elsewhere(), self.not_kept_elsewhere_next())
            }
            StoreError::Newer => (self.not_kept_newer(), self.not_kept_newer_next()),
        };
        (what.to_owned(), next.to_owned())
    }

    /// Why something was not recorded, and what to do next. Nothing of it was kept.
    pub fn record_error(self, error: &RecordError) -> (String, String) {
        match error {
            RecordError::Refused(refusal) => self.refusal(refusal),
            RecordError::Store(error) => self.store_error(error),
            RecordError::Elsewhere => {
                (self.not_kept_elsewhere().to_owned(), self.not_kept_elsewhere_next().to_owned())
            }
        }
    }

    /// What is wrong with a field, to stand under it.
    pub fn problem_at(self, field: Field, problem: Problem) -> &'static str {
        match (field, problem) {
            (Field::Signature, Problem::Missing) => self.problem_signature_missing(),
            (Field::Phone, Problem::Missing) => self.problem_phone_missing(),
            (_, Problem::Missing) => self.problem_missing(),
            (_, Problem::TooLong) => self.problem_too_long(),
            (_, Problem::OutOfRange) => self.problem_out_of_range(),
            (_, Problem::Malformed) => self.problem_malformed(),
            (_, Problem::NotAccepted) => self.problem_not_accepted(),
            (_, Problem::MustBeUrgent) => self.problem_must_be_urgent(),
            (_, Problem::TooLittleInk) => self.problem_too_little_ink(),
            (_, Problem::Other) => self.problem_other(),
        }
    }

    /// The name of a field.
    pub fn field(self, field: Field) -> &'static str {
        match field {
            Field::Words => self.field_words(),
            Field::Summary => self.field_summary(),
            Field::CustomerName => self.field_customer_name(),
            Field::Company => self.field_company(),
            Field::Phone => self.field_phone(),
            Field::Email => self.field_email(),
            Field::Address => self.field_address(),
            Field::Region => self.field_region(),
            Field::Model => self.field_model(),
            Field::Serial => self.field_serial(),
            Field::OrderNumber => self.field_order_number(),
            Field::Batch => self.field_batch(),
            Field::PurchaseChannel => self.field_purchase_channel(),
            Field::Verification => self.field_verification(),
            Field::Urgency => self.field_urgency(),
            Field::Note => self.field_note(),
            Field::PartName => self.field_part_name(),
            Field::PartNumber => self.field_part_number(),
            Field::OldSerial => self.field_old_serial(),
            Field::NewSerial => self.field_new_serial(),
            Field::Quantity => self.field_quantity(),
            Field::Found => self.field_found(),
            Field::Done => self.field_done(),
            Field::Cause => self.field_cause(),
            Field::Remaining => self.field_remaining(),
            Field::SignerName => self.field_signer_name(),
            Field::Sheet => self.field_sheet(),
            Field::Signature => self.field_signature(),
            Field::Satisfaction => self.field_satisfaction(),
            Field::Reason => self.field_reason(),
            Field::Measures => self.field_measures(),
            Field::AgreedWith => self.field_agreed_with(),
            Field::Milestone => self.field_milestone(),
            Field::Score => self.field_score(),
            Field::RectifyBy => self.field_rectify_by(),
            Field::FileHash => self.field_file_hash(),
            Field::FileSize => self.field_file_size(),
            Field::MediaType => self.field_media_type(),
            Field::FileName => self.field_file_name(),
            Field::ImageSize => self.field_image_size(),
            Field::Place => self.field_place(),
            Field::Other => self.field_other(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn a_refusal_says_what_is_so_and_what_to_do() {
        let refusal = Refusal::Invalid { field: Field::Found, problem: Problem::Missing };
        let (what, next) = Words(Locale::En).refusal(&refusal);
        assert_eq!(what, "What was found: please fill this in");
        assert!(!next.is_empty());
    }
}
