//! The tablet in the customer's hands: a locked view, in their language, of exactly what they sign.
//!
//! [`sheet`] builds what is shown; it is frozen when it is shown, and those very rows are what the signature is under. A ticket
//! that changes meanwhile is shown again. Everything entered survives a reload, strokes included.

mod entry;
mod ink;
mod pad;
mod page;
mod progress;
mod sheet;
mod signature_ink;
mod steps;

pub use page::SignOffPage;
pub use signature_ink::SignatureInk;
