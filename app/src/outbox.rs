//! What has not reached the server: refused changes first, with what to do about each, then those on their way.

mod outbox_page;

pub use outbox_page::OutboxPage;
