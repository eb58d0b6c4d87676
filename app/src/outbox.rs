//! What has not reached the server: refused changes first, with what to do about each, then those on their way.

mod copying;
mod outbox_page;
mod rescue;
mod reset;
mod way_out;

pub use outbox_page::OutboxPage;
pub use rescue::{WriteButton, Writing, WrittenNotice};
pub use reset::ResetPanel;
pub use way_out::{HeldBackDialog, Leaving};
