//! Accounts and departments, for administrators. The only screens that need the server: accounts live nowhere else.
//!
//! [`accounts`] has what is sent and answered, and what a refusal says at which field; the pages show that.

pub mod accounts;
mod department_dialog;
mod form;
mod link_dialog;
mod people_page;
mod person_dialog;

pub use people_page::PeoplePage;
