//! What is made of histories that come from a seed: every record, every ticket, and what devices and server come to when they
//! merge, as one number.
//!
//! Compared with the numbers in `merging/answers.txt` by a test here, and by one in the browser: native and wasm place, merge and
//! fold alike.

use domain::ticket::{Document, Ticket};

use crate::support::history::{Script, document_of};
use crate::support::{TICKET, json};

/// How many seeds have an answer beside this file.
pub(crate) const SEEDS: u64 = 512;

/// Everything that merging makes of the history of a seed (FNV-1a).
pub(crate) fn answers(seed: u64) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut say = |document: &Document| {
        for byte in format!("{}{:?}", json(document), Ticket::of(document)).bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
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
    hash
}
