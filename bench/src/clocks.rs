//! All clocks of all open tickets, on one core.

use std::time::{Duration, Instant};

use clock_bench::OpenTickets;

use crate::figure::{Figure, quantile};

/// What a large company has open; the browser reckons as many (`end2end/bench/clocks.bench.ts`).
const TICKETS: u32 = 10_000;
const ROUNDS: usize = 25;

pub(crate) fn measure() -> Vec<Figure> {
    let tickets = OpenTickets::new(TICKETS);
    let mut found = 0;
    let mut waits: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            found = tickets.reckon();
            begun.elapsed()
        })
        .collect();
    vec![
        Figure::millis("all clocks of 10,000 open tickets, here", quantile(&mut waits, 0.5)),
        Figure::new("clocks that these tickets have", f64::from(found), ""),
    ]
}
