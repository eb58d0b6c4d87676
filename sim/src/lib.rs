//! A deterministic simulation: many devices with the real replica and planner, the real server on its real database, and a bad
//! world between them. Everything follows from one number, the seed; whatever is lost is found out, and the seed shows it again.
//!
//! [`Stage::play`] plays a seed. A seed draws its own people, lines, clocks and faults, lets them work for minutes or months of
//! simulated time, then lets the world become well, and demands that every [`Law`] holds. What is deliberately absent: the wall
//! clock, threads that race, and any copy of the rules: what devices must hold in the end is folded by `domain` from the
//! server's record.

mod attack;
mod canary;
mod checks;
mod company;
mod deeds;
mod device;
mod dice;
mod events;
mod exchange;
mod faults;
mod hurt;
mod journal;
mod law;
mod plant;
mod record;
mod run;
mod store;
mod tally;
mod trace;
mod troubles;
mod work;
mod world;

pub use law::{Broken, Law};
pub use plant::Plant;
pub use run::{Failure, Outcome, Played, Run, Stage};
pub use tally::{Mark, Tally};
