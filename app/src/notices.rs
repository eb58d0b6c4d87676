//! The bell: what the person was told, each leading to its ticket. Without a network, what was known last.
//!
//! [`said`] puts a notice into words; [`Notices`] keeps the list in step with the server, page upon page; [`Bell`] shows it in every shell.

mod bell;
mod keeper;
mod pages;
mod said;

pub use bell::Bell;
pub use keeper::{Notices, provide_notices, use_notices};
pub use said::{Said, said};
