//! What `domain` promises, seen from outside.
//!
//! One file per subject. `merging` holds the laws that everything else leans on, over histories made by
//! `support::history`; `access` is the table of who may do what; `golden` pins every stored form.

mod access;
mod cards;
mod clocks;
mod documents;
mod golden;
mod hostile;
mod judging;
mod ledgers;
mod merging;
mod merging_seeds;
mod orders;
mod policies;
mod ringing;
mod routing;
mod signing;
mod sla_cases;
mod sla_oracle;
mod sla_seeds;
mod stages;
mod support;
