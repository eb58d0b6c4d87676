//! What a notice says.

use domain::Timestamp;
use sync::notices::{Notice, NoticeKind, TakenBack};

use crate::i18n::Words;

/// A notice in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The icon.
    pub glyph: &'static str,
    /// The tone, where it means something.
    pub tone: Option<&'static str>,
    /// What it is, in one line.
    pub what: String,
    /// Why it is taken back, if it is.
    pub more: Option<String>,
}

/// Puts a notice into words. `instant` writes an instant.
pub fn said(notice: &Notice, words: Words, instant: impl Fn(Timestamp) -> String) -> Said {
    let clock = notice.clock.map(|clock| words.clock(clock.name));
    let due = notice.due.map(&instant);
    let what = match (notice.kind, clock, due) {
        (NoticeKind::Urgent, _, _) => words.notice_urgent().to_owned(),
        (NoticeKind::Reminder, Some(clock), Some(due)) => words.notice_reminder(clock, due),
        (NoticeKind::Reminder, Some(clock), None) => words.notice_reminder_undated(clock),
        (NoticeKind::Overdue, Some(clock), Some(due)) => words.notice_overdue(clock, due),
        (NoticeKind::Overdue, Some(clock), None) => words.notice_overdue_undated(clock),
        (NoticeKind::Reminder | NoticeKind::Overdue | NoticeKind::Unknown, _, _) => {
            words.notice_other().to_owned()
        }
    };
    let Some(taken_back) = notice.taken_back else {
        let (glyph, tone) = match notice.kind {
            NoticeKind::Urgent => ("urgent", Some("danger")),
            NoticeKind::Overdue => ("clock-overdue", Some("danger")),
            NoticeKind::Reminder => ("clock", Some("warn")),
            NoticeKind::Unknown => ("info", None),
        };
        return Said { glyph, tone, what, more: None };
    };
    let more = match taken_back {
        TakenBack::Stopped { at } => words.taken_back_stopped(instant(at)),
        TakenBack::Paused => words.taken_back_paused().to_owned(),
        TakenBack::Moved { due: Some(due) } => words.taken_back_moved(instant(due)),
        TakenBack::Moved { due: None } => words.taken_back_undated().to_owned(),
        TakenBack::NotUrgent => words.taken_back_not_urgent().to_owned(),
        TakenBack::Gone => words.taken_back_gone().to_owned(),
        TakenBack::Unknown => words.taken_back_other().to_owned(),
    };
    Said { glyph: "undo", tone: Some("ok"), what: words.notice_taken_back(what), more: Some(more) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::TicketId;
    use domain::sla::{ClockId, ClockName};
    use uuid::Uuid;

    use super::*;
    use crate::i18n::Locale;

    fn notice(kind: NoticeKind, taken_back: Option<TakenBack>) -> Notice {
        Notice {
            kind,
            taken_back,
            ticket: TicketId::from_uuid(Uuid::from_u128(1)),
            number: None,
            clock: Some(ClockId { name: ClockName::Resolution, cycle: 1, origin: None }),
            step: "overdue".into(),
            at: Timestamp::from_millis(0),
            due: Some(Timestamp::from_millis(60_000)),
            urgent: false,
        }
    }

    fn at(at: Timestamp) -> String {
        format!("@{}", at.as_millis() / 60_000)
    }

    #[test]
    fn an_overdue_clock_is_named_with_its_due_time_and_a_correction_says_why() {
        let words = Words(Locale::ZhCn);
        assert_eq!(said(&notice(NoticeKind::Overdue, None), words, at).what, "“解决”已超时，应在 @1 前完成");
        let stopped = TakenBack::Stopped { at: Timestamp::from_millis(30_000) };
        let said = said(&notice(NoticeKind::Overdue, Some(stopped)), words, at);
        assert_eq!(said.what, "撤回：“解决”已超时，应在 @1 前完成");
        assert_eq!(said.more.as_deref(), Some("实际已于 @0 完成，记录晚到。"));
    }

    #[test]
    fn every_kind_and_every_reason_has_words_of_its_own() {
        let due = Some(Timestamp::from_millis(9));
        let reasons = [
            TakenBack::Stopped { at: Timestamp::from_millis(0) },
            TakenBack::Paused,
            TakenBack::Moved { due },
            TakenBack::Moved { due: None },
            TakenBack::NotUrgent,
            TakenBack::Gone,
            TakenBack::Unknown,
        ];
        for locale in Locale::ALL {
            let kinds = [NoticeKind::Urgent, NoticeKind::Reminder, NoticeKind::Overdue, NoticeKind::Unknown];
            let whats: BTreeSet<_> =
                kinds.into_iter().map(|kind| said(&notice(kind, None), Words(locale), at).what).collect();
            assert_eq!(whats.len(), kinds.len());
            let why = |reason| said(&notice(NoticeKind::Overdue, Some(reason)), Words(locale), at).more;
            let whys: BTreeSet<_> = reasons.into_iter().filter_map(why).collect();
            assert_eq!(whys.len(), reasons.len());
        }
    }
}
