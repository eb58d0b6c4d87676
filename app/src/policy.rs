//! Service levels: what is in force, the drafts of what will be, and what would be if.
//!
//! What is decided here is decided in plain functions: [`amount`] and [`edit`] are what typing does to a policy,
//! [`draft_keeping`] says when a draft is sent to the server, [`difference`] what is different between two, [`replay`] the time
//! machine, [`what_if`] a ticket that never was, [`year`] the days of a calendar, [`said`] the words for all of it. The pages
//! show that.
//!
//! Policies and drafts live on the server; only [`what_if`] and the time machine work without it, with the versions and
//! the tickets that this device holds.

pub mod amount;
mod calendars;
pub mod calls;
mod contracts;
mod departments;
pub mod difference;
mod differences;
pub mod draft_keeping;
mod draft_page;
pub mod edit;
mod editor;
mod holidays;
mod machine;
mod policy_page;
mod publish;
mod reminders;
pub mod replay;
pub mod said;
mod sections;
mod targets;
pub mod what_if;
mod what_if_page;
pub mod year;
mod year_view;

pub use draft_page::DraftPage;
pub use policy_page::{PolicyPage, VersionPage};
pub use what_if_page::WhatIfPage;
