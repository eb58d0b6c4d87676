//! The bytes of a part: some tickets' cards, and the same tickets' documents.
//!
//! ```text
//!   cards      form │ checksum │ tickets let go │ row │ row │ …            (postcard; a row knows where its document lies)
//!   documents  length of the list │ list (JSON) │ document │ document │ …  (JSON; the list says which, how long, and its checksum)
//! ```
//!
//! The documents explain themselves, so that cards that can't be read are made anew from them. What a disk has altered is
//! noticed by its checksum (CRC-32), though it may still be JSON; parts of releases before it had any are read without.

use domain::TicketId;
use domain::sla::PolicyBook;
use domain::ticket::{Card, Document, Ticket};
use serde::{Deserialize, Serialize};
use sync::Held;

use super::card_row::{CardRow, FORM};

/// A part that holds more bytes of documents than this is full. Small enough to be read for the sake of one document, large
/// enough that there are not too many.
const FULL_BYTES: usize = 128 * 1024;

/// Bytes of the number in front of the documents' list.
const LENGTH_BYTES: usize = size_of::<u32>();

/// What a part says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// Tickets held, in the order in which they were added; of several entries of one ticket the last one counts.
    pub(super) entries: Vec<Entry>,
    /// Tickets let go, whatever the entries and older parts say.
    pub(super) released: Vec<TicketId>,
}

/// A held ticket, and where its document lies among the documents' bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) held: Held,
    pub(super) span: Span,
}

/// Where a document lies among the documents' bytes of a part, and what they add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) length: u32,
    /// Absent where it was written without one.
    pub(super) checksum: Option<u32>,
}

impl Span {
    /// The document's bytes, out of all of a part; nothing, if they are not what was put there.
    pub(super) fn of(self, documents: &[u8]) -> Option<&[u8]> {
        let bytes = documents.get(self.start as usize..)?.get(..self.length as usize)?;
        self.fits(bytes).then_some(bytes)
    }

    /// Whether these bytes are what was put there.
    pub(super) fn fits(self, bytes: &[u8]) -> bool {
        let adds_up = self.checksum.is_none_or(|checksum| checksum == crc32fast::hash(bytes));
        bytes.len() == self.length as usize && adds_up
    }
}

/// What stands in front of the documents.
#[derive(Debug, Default, Serialize, Deserialize)]
struct List {
    /// Generation and length in bytes of each document, in order.
    held: Vec<(TicketId, u64, u32)>,
    /// The checksum of each document, in the same order.
    #[serde(default)]
    checksums: Vec<u32>,
    released: Vec<TicketId>,
    /// The checksum of all that.
    #[serde(default)]
    checksum: Option<u32>,
}

impl List {
    fn sum(&self) -> u32 {
        let said = serde_json::to_vec(&(&self.held, &self.checksums, &self.released));
        crc32fast::hash(&said.expect("ids and numbers always serialise"))
    }
}

/// Cards that were made anew.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rebuilt {
    pub(super) part: Part,
    /// Whether that is all that was put there. What is spoilt is left out, and keeps nobody from the rest.
    pub(super) is_whole: bool,
}

/// Makes a part.
#[derive(Debug, Default)]
pub(super) struct PartBuilder {
    held: Vec<Held>,
    list: List,
    documents: Vec<u8>,
}

/// A part, ready to be written.
#[derive(Debug)]
pub(super) struct BuiltPart {
    pub(super) cards: Vec<u8>,
    pub(super) documents: Vec<u8>,
    /// Ticket, and where its document lies.
    pub(super) held: Vec<(TicketId, Span)>,
    pub(super) released: Vec<TicketId>,
}

impl PartBuilder {
    /// Adds a ticket with its document's JSON.
    pub(super) fn hold(&mut self, held: &Held, document: &[u8]) {
        self.list.held.push((held.card.ticket, held.generation, to_u32(document.len())));
        self.list.checksums.push(crc32fast::hash(document));
        self.held.push(held.clone());
        self.documents.extend_from_slice(document);
    }

    /// Lets a ticket go.
    pub(super) fn release(&mut self, ticket: TicketId) {
        self.list.released.push(ticket);
    }

    pub(super) fn is_full(&self) -> bool {
        self.documents.len() >= FULL_BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.list.released.is_empty()
    }

    pub(super) fn finish(mut self) -> BuiltPart {
        self.list.checksum = Some(self.list.sum());
        let list = serde_json::to_vec(&self.list).expect("ids and numbers always serialise");
        let mut documents = to_u32(list.len()).to_le_bytes().to_vec();
        documents.extend(list);
        let mut rows = postcard::to_allocvec(&self.list.released).expect("ids always serialise");
        let mut start = to_u32(documents.len());
        let mut held = Vec::with_capacity(self.held.len());
        let listed = self.list.held.iter().zip(&self.list.checksums);
        for (known, ((ticket, _, length), checksum)) in self.held.iter().zip(listed) {
            let span = Span { start, length: *length, checksum: Some(*checksum) };
            let row = CardRow::of(known, span);
            rows = postcard::to_extend(&row, rows).expect("a card holds only texts and numbers");
            held.push((*ticket, span));
            start += length;
        }
        let mut cards = vec![FORM];
        cards.extend(crc32fast::hash(&rows).to_le_bytes());
        cards.extend(rows);
        documents.extend(self.documents);
        BuiltPart { cards, documents, held, released: self.list.released }
    }
}

impl Part {
    /// Reads the cards of a part.
    pub(super) fn read(cards: &[u8]) -> Result<Self, String> {
        let Some((&FORM, rest)) = cards.split_first() else { return Err("cards of another form".to_owned()) };
        let (checksum, rest) = rest.split_first_chunk().ok_or_else(|| "cut short".to_owned())?;
        if crc32fast::hash(rest) != u32::from_le_bytes(*checksum) {
            return Err("not what was put there".to_owned());
        }
        let (released, mut rest) = postcard::take_from_bytes(rest).map_err(|error| error.to_string())?;
        let mut entries = Vec::new();
        while !rest.is_empty() {
            let (row, after) =
                postcard::take_from_bytes::<CardRow<'_>>(rest).map_err(|error| error.to_string())?;
            let span = row.span();
            entries.push(Entry { held: row.into_held(), span });
            rest = after;
        }
        Ok(Self { entries, released })
    }

    /// Makes the cards of a part anew from its documents.
    pub(super) fn rebuild(bytes: &[u8], book: &PolicyBook) -> Result<Rebuilt, String> {
        let cut_short = || "cut short".to_owned();
        let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>().ok_or_else(cut_short)?;
        let list_bytes = u32::from_le_bytes(*length);
        let list = rest.get(..list_bytes as usize).ok_or_else(cut_short)?;
        let list: List = serde_json::from_slice(list).map_err(|error| error.to_string())?;
        if list.checksum.is_some_and(|checksum| checksum != list.sum()) {
            return Err("not what was put there".to_owned());
        }
        let mut start = to_u32(LENGTH_BYTES) + list_bytes;
        let mut part = Self { entries: Vec::with_capacity(list.held.len()), released: list.released };
        let mut is_whole = true;
        let checksums = list.checksums.into_iter().map(Some).chain(std::iter::repeat(None));
        for ((_, generation, length), checksum) in list.held.into_iter().zip(checksums) {
            let span = Span { start, length, checksum };
            start = start.saturating_add(length);
            let document = span.of(bytes).and_then(|document| serde_json::from_slice(document).ok());
            let Some(document): Option<Document> = document else {
                is_whole = false;
                continue;
            };
            // Only documents that make a ticket are ever held.
            if let Some(ticket) = Ticket::of(&document) {
                let held = Held { card: Card::of(&ticket, book), revision: document.revision, generation };
                part.entries.push(Entry { held, span });
            }
        }
        Ok(Rebuilt { part, is_whole })
    }
}

fn to_u32(length: usize) -> u32 {
    u32::try_from(length).expect("a part is far smaller than 4 GiB")
}

#[cfg(test)]
mod tests {
    use sync::conformance::held;

    use super::*;

    fn build(numbers: &[u128]) -> (PartBuilder, Vec<Held>) {
        let mut builder = PartBuilder::default();
        let mut expected = Vec::new();
        for number in numbers {
            let (held, document) = held(*number, 41, "it smokes");
            builder.hold(&held, &serde_json::to_vec(&document).unwrap());
            expected.push(held);
        }
        builder.release(held(99, 1, "").0.card.ticket);
        (builder, expected)
    }

    #[test]
    fn a_part_reads_back_what_was_put_in_and_finds_each_document() {
        let (builder, expected) = build(&[3, 1, 2]);
        let built = builder.finish();
        let part = Part::read(&built.cards).unwrap();
        assert_eq!(part.entries.iter().map(|entry| entry.held.clone()).collect::<Vec<_>>(), expected);
        assert_eq!(part.released, [held(99, 1, "").0.card.ticket]);
        for entry in &part.entries {
            let bytes = entry.span.of(&built.documents).unwrap();
            let document: Document = serde_json::from_slice(bytes).unwrap();
            assert_eq!(document.ticket, entry.held.card.ticket);
        }
    }

    #[test]
    fn cards_made_anew_are_the_same_cards() {
        let built = build(&[3, 1, 2]).0.finish();
        let rebuilt = Part::rebuild(&built.documents, &PolicyBook::shipped()).unwrap();
        assert_eq!((Ok(rebuilt.part), rebuilt.is_whole), (Part::read(&built.cards), true));
    }

    #[test]
    fn cards_of_another_form_or_cut_short_are_not_read() {
        let mut cards = build(&[1]).0.finish().cards;
        assert!(Part::read(&cards[..cards.len() - 1]).is_err());
        cards[0] = FORM + 1;
        assert!(Part::read(&cards).is_err());
        assert!(Part::read(&[]).is_err());
    }

    #[test]
    fn whatever_bit_of_a_part_is_turned_it_is_not_taken_for_what_was_put_there() {
        let (builder, _) = build(&[3, 1, 2]);
        let built = builder.finish();
        let turned = |bytes: &[u8], at: usize| {
            let mut turned = bytes.to_vec();
            turned[at] ^= 1 << (at % 8);
            turned
        };
        for at in 0..built.cards.len() {
            assert!(Part::read(&turned(&built.cards, at)).is_err(), "byte {at} of the cards");
        }
        let whole = Part::read(&built.cards).unwrap();
        for at in 0..built.documents.len() {
            let turned = turned(&built.documents, at);
            let spoilt = whole.entries.iter().position(|Entry { span, .. }| span.of(&turned).is_none());
            let rebuilt = Part::rebuild(&turned, &PolicyBook::shipped());
            let Some(spoilt) = spoilt else {
                // In front of the documents; a letter of an id may be large or small.
                let as_it_was = |rebuilt: Rebuilt| rebuilt.is_whole && rebuilt.part == whole;
                assert!(rebuilt.ok().is_none_or(as_it_was), "byte {at}");
                continue;
            };
            let Rebuilt { part, is_whole } = rebuilt.unwrap();
            let left = |part: &Part| part.entries.iter().map(|entry| entry.held.clone()).collect::<Vec<_>>();
            let mut expected = left(&whole);
            expected.remove(spoilt);
            assert_eq!((left(&part), is_whole), (expected, false), "byte {at}");
        }
    }

    #[test]
    fn documents_of_a_release_without_checksums_are_read() {
        let (held, document) = held(7, 41, "it smokes");
        let document = serde_json::to_vec(&document).unwrap();
        let ticket = held.card.ticket;
        let list =
            format!(r#"{{"held":[["{ticket}",{},{}]],"released":[]}}"#, held.generation, document.len());
        let mut bytes = to_u32(list.len()).to_le_bytes().to_vec();
        bytes.extend(list.into_bytes());
        bytes.extend(document);
        let Rebuilt { part, is_whole } = Part::rebuild(&bytes, &PolicyBook::shipped()).unwrap();
        assert!(is_whole);
        assert_eq!(part.entries.iter().map(|entry| &entry.held).collect::<Vec<_>>(), [&held]);
        assert!(part.entries[0].span.of(&bytes).is_some());
    }

    #[test]
    fn documents_cut_anywhere_are_never_misread_nor_taken_for_all() {
        let built = build(&[1, 2]).0.finish();
        let whole = Part::read(&built.cards).unwrap();
        for end in 0..built.documents.len() {
            let rebuilt = Part::rebuild(&built.documents[..end], &PolicyBook::shipped());
            let left =
                whole.entries.iter().filter(|entry| (entry.span.start + entry.span.length) as usize <= end);
            match rebuilt {
                Ok(Rebuilt { part, is_whole }) => {
                    assert!(!is_whole && part.entries.iter().eq(left), "cut at {end}");
                }
                Err(_) => assert_eq!(left.count(), 0, "cut at {end}"),
            }
        }
    }
}
