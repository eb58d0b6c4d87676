//! Where each ticket's document lies, and which parts are worth merging.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::TicketId;
use sync::Held;

use super::parts::{BuiltPart, Part};

/// Parts with fewer bytes of documents than this are small.
const SMALL_BYTES: u32 = 64 * 1024;
/// As many small parts may lie around before they are merged.
const MANY_SMALL: usize = 24;
/// No merge takes in more than this at a time.
const MERGE_BYTES: u32 = 1024 * 1024;

/// Where a document lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) part: u32,
    pub(super) start: u32,
    pub(super) length: u32,
}

/// What is known of a part without reading it.
#[derive(Debug, Clone, Copy, Default)]
struct PartSize {
    /// Bytes of all its documents.
    bytes: u32,
    /// Bytes of those that count.
    live_bytes: u32,
    /// Whether its cards are of an older form.
    stale: bool,
}

/// Parts to be merged.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Merge {
    pub(super) parts: Vec<u32>,
    /// Whether older parts may still name tickets that these let go.
    pub(super) keeps_graves: bool,
}

/// Where each ticket's document lies. Always equal to what a fresh start would find.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    places: HashMap<TicketId, Place>,
    /// Tickets that a part read so far lets go, while an index is being read.
    released: HashSet<TicketId>,
    parts: BTreeMap<u32, PartSize>,
}

impl Index {
    pub(super) fn find(&self, ticket: TicketId) -> Option<Place> {
        self.places.get(&ticket).copied()
    }

    /// The number of the next part.
    pub(super) fn next_part(&self) -> u32 {
        self.parts.last_key_value().map_or(1, |(number, _)| number + 1)
    }

    /// Takes in a part while opening, newest part first; adds the tickets that count to `held`.
    pub(super) fn read_part(&mut self, number: u32, part: Part, stale: bool, held: &mut Vec<Held>) {
        self.released.extend(part.released);
        let mut size = PartSize { stale, ..PartSize::default() };
        for entry in part.entries.into_iter().rev() {
            size.bytes += entry.length;
            let ticket = entry.held.card.ticket;
            if self.released.contains(&ticket) || self.places.contains_key(&ticket) {
                continue;
            }
            size.live_bytes += entry.length;
            self.places.insert(ticket, Place { part: number, start: entry.start, length: entry.length });
            held.push(entry.held);
        }
        self.parts.insert(number, size);
    }

    /// Takes in a part that has just been made, the newest of all.
    pub(super) fn add_part(&mut self, number: u32, built: &BuiltPart) {
        self.parts.insert(number, PartSize::default());
        for (ticket, start, length) in &built.held {
            self.bury(*ticket);
            let place = Place { part: number, start: *start, length: *length };
            self.places.insert(*ticket, place);
            if let Some(size) = self.parts.get_mut(&number) {
                size.bytes += length;
                size.live_bytes += length;
            }
        }
        for ticket in &built.released {
            self.bury(*ticket);
        }
    }

    fn bury(&mut self, ticket: TicketId) {
        if let Some(place) = self.places.remove(&ticket)
            && let Some(size) = self.parts.get_mut(&place.part)
        {
            size.live_bytes -= place.length;
        }
    }

    /// Leaves a part out that is about to be removed. Its tickets must be added again with another part.
    pub(super) fn forget_part(&mut self, number: u32) {
        self.parts.remove(&number);
        self.places.retain(|_, place| place.part != number);
    }

    /// Chooses the parts to merge: those with cards of an older form, those that are mostly garbage, and small ones once
    /// there are many.
    pub(super) fn plan_merge(&self) -> Option<Merge> {
        let is_small = |size: &PartSize| size.bytes < SMALL_BYTES;
        let is_garbage = |size: &PartSize| size.stale || size.live_bytes * 2 < size.bytes;
        let many_small = self.parts.values().filter(|size| is_small(size)).count() > MANY_SMALL;
        let wanted = self.parts.iter().filter(|(_, size)| {
            (is_garbage(size) && !is_small(size)) || size.stale || (many_small && is_small(size))
        });
        let mut parts = Vec::new();
        let mut bytes = 0;
        for (number, size) in wanted {
            if !parts.is_empty() && bytes + size.bytes > MERGE_BYTES {
                break;
            }
            bytes += size.bytes;
            parts.push(*number);
        }
        let keeps_graves = parts.len() < self.parts.len();
        (!parts.is_empty()).then_some(Merge { parts, keeps_graves })
    }
}
