//! What is made of histories that come from a seed: every record, every ticket, and what devices and server come to when they
//! merge, as one number.
//!
//! Compared with the numbers in `merging/answers.txt` by a test here, and by one in the browser: native and wasm place, merge and
//! fold alike.

use domain::ticket::{Document, Ticket};

use crate::support::fingerprint::Fingerprint;
use crate::support::history::{Script, document_of};
use crate::support::{TICKET, json};

/// How many seeds have an answer beside this file.
pub(crate) const SEEDS: u64 = 512;

/// Everything that merging makes of the history of a seed, as one number.
pub(crate) fn answers(seed: u64) -> u64 {
    let mut fingerprint = Fingerprint::new();
    let mut say = |document: &Document| {
        fingerprint.say(format!("{}{:?}", json(document), Ticket::of(document)).as_bytes());
    };
    let history = Script::from_seed(seed).play();
    say(&history.server);
    say(&document_of(history.arrivals.iter().rev()));
    let mut together = Document::new(TICKET);
    for view in &history.views {
        say(view);
        together.merge(view.clone());
        say(&together);
    }
    fingerprint.number()
}
