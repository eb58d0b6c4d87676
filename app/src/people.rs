//! Accounts and departments, for administrators.

mod people_page;

pub use people_page::PeoplePage;
