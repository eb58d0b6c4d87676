//! What came in after its author had lost the right to it: those who steer decide on each change, once.
//!
//! [`LateArrivals`] keeps the list in step with the server; what an answer means is decided in [`ruling`].

mod keeper;
mod page;
pub mod ruling;

pub use keeper::{LateArrivals, provide_late_arrivals, use_late_arrivals};
pub use page::LateArrivalsPage;
