//! Devices that may still hold work: those who steer see whose they are, and say what became of one that is gone.
//!
//! [`Tablets`] keeps the list in step with the server. A device's own word is [`sync::tablets::Standing`], told by the workspace.

mod keeper;
mod page;
pub mod said;

pub use keeper::{Tablets, provide_tablets, use_tablets};
pub use page::TabletsPage;
