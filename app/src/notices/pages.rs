//! The pages of a list that grows at its head, laid together.

use sync::notices::NoticesPage;

/// What is shown after the newest page has been fetched again: the earlier ones that were fetched before stay.
pub(super) fn renewed(known: NoticesPage, newest: NoticesPage) -> NoticesPage {
    let NoticesPage { mut notices, unread, more } = newest;
    let oldest = notices.last().map(|told| told.id);
    let joins = more && oldest.is_some_and(|oldest| known.notices.iter().any(|told| told.id >= oldest));
    if !joins {
        // Nothing is older, or so much is new that there may be some between them.
        return NoticesPage { notices, unread, more };
    }
    let earlier = known.notices.into_iter().filter(|told| oldest.is_some_and(|oldest| told.id < oldest));
    let before = notices.len();
    notices.extend(earlier);
    if unread == 0 {
        // They were read elsewhere.
        notices.iter_mut().for_each(|told| told.read = true);
    }
    let more = if notices.len() > before { known.more } else { more };
    NoticesPage { notices, unread, more }
}

/// What is shown with a page of earlier ones under it.
pub(super) fn extended(known: NoticesPage, earlier: NoticesPage) -> NoticesPage {
    let NoticesPage { mut notices, .. } = known;
    let oldest = notices.last().map(|told| told.id);
    notices.extend(earlier.notices.into_iter().filter(|told| oldest.is_none_or(|oldest| told.id < oldest)));
    NoticesPage { notices, unread: earlier.unread, more: earlier.more }
}

/// The newest `count`, for the device to keep.
pub(super) fn head(page: &NoticesPage, count: usize) -> NoticesPage {
    let NoticesPage { notices, unread, more } = page;
    NoticesPage {
        notices: notices.iter().take(count).cloned().collect(),
        unread: *unread,
        more: *more || notices.len() > count,
    }
}

#[cfg(test)]
mod tests {
    use domain::{TicketId, Timestamp};
    use sync::notices::{Notice, NoticeKind, Told};
    use uuid::Uuid;

    use super::*;

    fn told(id: u64) -> Told {
        let notice = Notice {
            kind: NoticeKind::Urgent,
            taken_back: None,
            ticket: TicketId::from_uuid(Uuid::from_u128(1)),
            number: None,
            clock: None,
            step: "urgent".into(),
            at: Timestamp::from_millis(0),
            due: None,
            urgent: true,
        };
        Told { id, told_at: Timestamp::from_millis(0), read: false, notice }
    }

    fn page(ids: &[u64], more: bool) -> NoticesPage {
        NoticesPage { notices: ids.iter().map(|id| told(*id)).collect(), unread: 9, more }
    }

    #[test]
    fn earlier_notices_stand_under_the_newest_once() {
        assert_eq!(extended(page(&[9, 8, 7], true), page(&[7, 5], false)), page(&[9, 8, 7, 5], false));
        assert_eq!(extended(page(&[], false), page(&[5], true)), page(&[5], true));
    }

    #[test]
    fn earlier_notices_stay_when_the_newest_page_is_fetched_again() {
        let known = page(&[9, 8, 7, 5], false);
        assert_eq!(renewed(known.clone(), page(&[10, 9, 8], true)), page(&[10, 9, 8, 7, 5], false));
        assert_eq!(renewed(page(&[9, 8, 7], true), page(&[9, 8, 7], true)), page(&[9, 8, 7], true));
        let all_read = NoticesPage { unread: 0, ..page(&[10, 9, 8], true) };
        assert!(renewed(known, all_read).notices.iter().all(|told| told.read));
    }

    #[test]
    fn what_may_have_a_gap_or_is_gone_on_the_server_is_not_laid_together() {
        assert_eq!(renewed(page(&[9, 8], false), page(&[22, 21], true)), page(&[22, 21], true));
        assert_eq!(renewed(page(&[9, 8, 3], false), page(&[9, 8], false)), page(&[9, 8], false));
    }

    #[test]
    fn the_device_keeps_the_newest_and_knows_that_there_are_more() {
        assert_eq!(head(&page(&[9, 8, 7], false), 2), page(&[9, 8], true));
        assert_eq!(head(&page(&[9, 8], false), 2), page(&[9, 8], false));
    }
}
