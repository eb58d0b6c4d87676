//! Fresh ids.

use domain::{DeviceId, TicketId};
use uuid::Uuid;

/// An id for a ticket. Grows with time, so that tickets registered together lie together in stores.
pub fn new_ticket() -> TicketId {
    TicketId::from_uuid(Uuid::now_v7())
}

/// An id for a database of this browser.
pub fn new_device() -> DeviceId {
    DeviceId::from_uuid(Uuid::now_v7())
}

/// An id for a draft.
pub fn new_draft() -> String {
    Uuid::now_v7().to_string()
}
