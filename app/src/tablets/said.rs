//! Words about devices that may still hold work.

use sync::tablets::Tablet;

use crate::device::api::ApiError;
use crate::i18n::Words;
use crate::late::ruling;
use crate::tickets::deed::join;

/// What a device holds, in a few words.
pub fn held(tablet: &Tablet, words: Words) -> String {
    let parts = [
        (tablet.waiting, Words::tablets_waiting as fn(Words, usize) -> String),
        (tablet.files, Words::tablets_files),
        (tablet.refused, Words::tablets_refused),
    ];
    let said = parts.into_iter().filter(|(count, _)| *count > 0);
    join(said.map(|(count, say)| say(words, usize::try_from(count).unwrap_or(usize::MAX))))
}

/// Why the server did not take what somebody has found out.
pub fn failure(error: &ApiError, words: Words) -> String {
    match error {
        ApiError::Refused { code, .. } if code == "unknown_tablet" => words.tablets_gone().to_owned(),
        error => ruling::failure(error, words),
    }
}

#[cfg(test)]
mod tests {
    use domain::{DeviceId, PersonId, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn of_a_device_what_it_holds_is_said_and_nothing_else() {
        let at = Timestamp::from_millis(0);
        let (device, person) = (DeviceId::from_uuid(Uuid::nil()), PersonId::from_uuid(Uuid::nil()));
        let tablet = Tablet {
            device,
            person,
            first_heard: at,
            last_heard: at,
            waiting: 3,
            refused: 0,
            files: 1,
            overdue: true,
        };
        let words = Words(Locale::En);
        assert_eq!(held(&tablet, words), "3 entries · 1 photo or file");
        let refused = Tablet { waiting: 0, refused: 1, files: 0, ..tablet };
        assert_eq!(held(&refused, words), words.tablets_refused(1));
    }
}
