//! The engineer's day: which jobs, where, by when, and what comes next in each. All of it works without a network.
//!
//! [`agenda`] and [`next_step`] decide; the pages show that and record what the engineer does. Nothing is said to be saved
//! before it is.

mod agenda;
mod completion_page;
mod form_draft;
mod job_card;
mod job_list_page;
mod job_page;
mod job_panels;
mod links;
mod next_step;
mod recorder;
mod sheets;
mod ticket_gate;

pub use completion_page::CompletionPage;
pub use form_draft::FormDraft;
pub use job_list_page::JobListPage;
pub use job_page::JobPage;
pub(crate) use links::place;
pub use recorder::{Recorder, Recording, use_recorder, use_recorder_in};
pub(crate) use sheets::takes_promise;
pub(crate) use ticket_gate::{gate, use_addressed_ticket};
