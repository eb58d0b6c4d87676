//! The notices that were known last, for when there is no network. They name tickets and times, and nothing of a customer.

use domain::PersonId;
use sync::notices::NoticesPage;

use super::storage;

/// What was kept; nothing, if nothing was, or not in a form that this version reads.
pub fn load(person: PersonId) -> NoticesPage {
    storage::value(&key(person)).unwrap_or_else(|| NoticesPage {
        notices: Vec::new(),
        unread: 0,
        more: false,
    })
}

/// Keeps what is known.
pub fn keep(person: PersonId, page: &NoticesPage) {
    storage::set_value(&key(person), page);
}

fn key(person: PersonId) -> String {
    format!("fieldloop-notices-{person}")
}
