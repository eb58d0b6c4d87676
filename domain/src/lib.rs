//! What service work is: tickets, the changes people make to them, who may make them, and the clocks that run meanwhile.
//!
//! Everything here is a pure function of its arguments. Time, ids and chance come in from outside; nothing waits, reads a
//! file or opens a connection. The same code decides on a tablet without a network and on the server, which is why both
//! come to the same answer. What is deliberately absent: storage, transport, wording for the screen.
//!
//! A way in: [`ticket::Change`] is what a person did; [`ticket::Ticket::fold`] turns a log of changes into the ticket that
//! everyone sees; [`access::may`] says whether a person may do it; [`sla::clocks`] says by when.

pub mod access;
mod id;
pub mod people;
mod refusal;
pub mod routing;
pub mod sla;
pub mod ticket;
mod time;

pub use id::{ChangeId, DepartmentId, DeviceId, IdError, PersonId, TicketId};
pub use refusal::{Field, Problem, Refusal};
pub use time::{Claim, Timestamp};
