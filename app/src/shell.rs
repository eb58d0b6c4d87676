//! What stands around every screen: where I am, whether my work is on the server, who I am.

mod field_shell;
mod office_shell;
mod person_menu;
mod sign_out;
mod sync_pill;
mod update_offer;

pub use field_shell::FieldShell;
pub use office_shell::OfficeShell;
pub use person_menu::{LanguageChoice, PersonMenu};
pub use sign_out::SignOut;
pub use sync_pill::{StatusLine, SyncPill};
pub use update_offer::offer_updates;
