//! Where each ticket's document lies, and which parts are worth merging.

use std::collections::{BTreeMap, HashMap, HashSet, hash_map};

use domain::TicketId;
use sync::Held;

use super::parts::{self, BuiltPart, Part, Span};

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
    pub(super) span: Span,
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

    /// How many documents of a part count.
    pub(super) fn count(&self, part: u32) -> usize {
        self.places.values().filter(|place| place.part == part).count()
    }

    /// The number of the next part.
    pub(super) fn next_part(&self) -> u32 {
        self.parts.last_key_value().map_or(1, |(number, _)| number + 1)
    }

    /// Takes in a part while opening, newest part first; adds the tickets that count to `held`.
    pub(super) fn read_part(&mut self, number: u32, part: Part, stale: bool, held: &mut Vec<Held>) {
        self.released.extend(part.released);
        let mut size = PartSize { stale, ..PartSize::default() };
        held.reserve(part.entries.len());
        for parts::Entry { held: newest, span } in part.entries.into_iter().rev() {
            size.bytes += span.length;
            let ticket = newest.card.ticket;
            if self.released.contains(&ticket) {
                continue;
            }
            if let hash_map::Entry::Vacant(place) = self.places.entry(ticket) {
                size.live_bytes += span.length;
                place.insert(Place { part: number, span });
                held.push(newest);
            }
        }
        self.parts.insert(number, size);
    }

    /// Takes in a part that has just been made, the newest of all.
    pub(super) fn add_part(&mut self, number: u32, built: &BuiltPart) {
        self.parts.insert(number, PartSize::default());
        for (ticket, span) in &built.held {
            self.bury(*ticket);
            self.places.insert(*ticket, Place { part: number, span: *span });
            if let Some(size) = self.parts.get_mut(&number) {
                size.bytes += span.length;
                size.live_bytes += span.length;
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
            size.live_bytes -= place.span.length;
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

#[cfg(test)]
mod tests {
    use sync::conformance::held;

    use super::super::parts::PartBuilder;
    use super::*;

    fn ticket(number: u128) -> TicketId {
        held(number, 1, "").0.card.ticket
    }

    fn part(numbers: &[u128], document_bytes: usize, released: &[u128]) -> BuiltPart {
        let mut builder = PartBuilder::default();
        for number in numbers {
            builder.hold(&held(*number, 1, "").0, &vec![b' '; document_bytes]);
        }
        released.iter().for_each(|number| builder.release(ticket(*number)));
        builder.finish()
    }

    /// What a fresh start would make of the parts.
    fn read(parts: &[(u32, BuiltPart)]) -> Index {
        let mut index = Index::default();
        let mut held = Vec::new();
        for (number, built) in parts.iter().rev() {
            index.read_part(*number, Part::read(&built.cards).unwrap(), false, &mut held);
        }
        index
    }

    #[test]
    fn an_index_kept_up_to_date_equals_one_that_is_read_anew() {
        let parts =
            [(1, part(&[1, 2, 3], 10, &[])), (2, part(&[2], 10, &[3])), (3, part(&[3, 4], 10, &[1, 4]))];
        let mut kept = Index::default();
        for (number, built) in &parts {
            assert_eq!(kept.next_part(), *number);
            kept.add_part(*number, built);
        }
        let read = read(&parts);
        for number in 1..=5 {
            assert_eq!(kept.find(ticket(number)), read.find(ticket(number)), "ticket {number}");
        }
        assert_eq!(kept.find(ticket(2)).map(|place| place.part), Some(2));
        assert_eq!(kept.find(ticket(1)), None);
        let live = |index: &Index| index.parts.values().map(|size| size.live_bytes).collect::<Vec<_>>();
        assert_eq!(live(&kept), live(&read));
    }

    #[test]
    fn a_few_small_parts_are_left_alone_and_many_are_merged() {
        let mut index = Index::default();
        for number in 1..=MANY_SMALL as u32 {
            index.add_part(number, &part(&[u128::from(number)], 10, &[]));
        }
        assert_eq!(index.plan_merge(), None);
        index.add_part(100, &part(&[100], 10, &[]));
        let merge = index.plan_merge().unwrap();
        assert_eq!((merge.parts.len(), merge.keeps_graves), (MANY_SMALL + 1, false));
    }

    #[test]
    fn a_large_part_is_rewritten_once_it_is_mostly_garbage() {
        let mut index = Index::default();
        let large: Vec<u128> = (0..10).collect();
        index.add_part(1, &part(&large, SMALL_BYTES as usize / 5, &[]));
        index.add_part(2, &part(&large[..5], 10, &[]));
        assert_eq!(index.plan_merge(), None, "half of it still counts");
        index.add_part(3, &part(&[], 0, &[9]));
        assert_eq!(index.plan_merge(), Some(Merge { parts: vec![1], keeps_graves: true }));
    }
}
