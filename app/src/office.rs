//! The desk: every ticket in sight, one of them in full, what is due now, and taking new ones in.
//!
//! Rules live in plain structs and are tested without a browser; pages put them on
//! screen.

mod intake_page;
mod live_page;
mod tickets_page;

pub use intake_page::IntakePage;
pub use live_page::LivePage;
pub use tickets_page::TicketsPage;
