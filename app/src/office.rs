//! The desk: every ticket in sight, one of them in full, what is due now, and taking new ones in.
//!
//! What is shown, in which order, and what can be done next is decided in plain functions and structs ([`filter`], [`window`],
//! [`loads`], [`assignment`], [`acts`], [`conflicts`], [`steps`], [`live`], [`intake_form`]), tested without a browser. Pages
//! and panels put that on screen and record what the desk does.

pub mod acts;
pub mod assignment;
mod conflict_panel;
pub mod conflicts;
mod dialogs;
pub mod filter;
mod filter_bar;
mod follow_up;
mod intake_fields;
pub mod intake_form;
mod intake_page;
pub mod live;
mod live_page;
pub mod loads;
mod panel;
mod person_choice;
mod reassign;
pub mod steps;
mod ticket_detail;
mod ticket_list;
mod ticket_panels;
mod tickets_page;
pub mod window;

pub use follow_up::{PlanPanel, QualityPanel};
pub use intake_page::IntakePage;
pub use live_page::LivePage;
pub use tickets_page::TicketsPage;
