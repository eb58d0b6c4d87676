//! The bytes of a part: some tickets' cards, and the same tickets' documents.
//!
//! ```text
//!   cards      form │ tickets let go │ row │ row │ …                       (postcard; a row knows where its document lies)
//!   documents  length of the list │ list (JSON) │ document │ document │ …  (JSON; the list says which and how long)
//! ```
//!
//! The documents explain themselves, so that cards of a form that can't be read are made anew from them.

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
    pub(super) start: u32,
    pub(super) length: u32,
}

/// What stands in front of the documents.
#[derive(Debug, Default, Serialize, Deserialize)]
struct List {
    /// Generation and length in bytes of each document, in order.
    held: Vec<(TicketId, u64, u32)>,
    released: Vec<TicketId>,
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
    pub(super) held: Vec<(TicketId, u32, u32)>,
    pub(super) released: Vec<TicketId>,
}

impl PartBuilder {
    /// Adds a ticket with its document's JSON.
    pub(super) fn hold(&mut self, held: &Held, document: &[u8]) {
        self.list.held.push((held.card.ticket, held.generation, to_u32(document.len())));
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

    pub(super) fn finish(self) -> BuiltPart {
        let list = serde_json::to_vec(&self.list).expect("ids and numbers always serialise");
        let mut documents = to_u32(list.len()).to_le_bytes().to_vec();
        documents.extend(list);
        let mut cards = vec![FORM];
        cards = postcard::to_extend(&self.list.released, cards).expect("ids always serialise");
        let mut start = to_u32(documents.len());
        let mut held = Vec::with_capacity(self.held.len());
        for (known, (ticket, _, length)) in self.held.iter().zip(&self.list.held) {
            let row = CardRow::of(known, start, *length);
            cards = postcard::to_extend(&row, cards).expect("a card holds only texts and numbers");
            held.push((*ticket, start, *length));
            start += length;
        }
        documents.extend(self.documents);
        BuiltPart { cards, documents, held, released: self.list.released }
    }
}

impl Part {
    /// Reads the cards of a part.
    pub(super) fn read(cards: &[u8]) -> Result<Self, String> {
        let Some((&FORM, rest)) = cards.split_first() else { return Err("cards of another form".to_owned()) };
        let (released, mut rest) = postcard::take_from_bytes(rest).map_err(|error| error.to_string())?;
        let mut entries = Vec::new();
        while !rest.is_empty() {
            let (row, after) =
                postcard::take_from_bytes::<CardRow<'_>>(rest).map_err(|error| error.to_string())?;
            let (start, length) = row.place();
            entries.push(Entry { held: row.into_held(), start, length });
            rest = after;
        }
        Ok(Self { entries, released })
    }

    /// Makes the cards of a part anew from its documents.
    pub(super) fn rebuild(bytes: &[u8], book: &PolicyBook) -> Result<Self, String> {
        let cut_short = || "cut short".to_owned();
        let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>().ok_or_else(cut_short)?;
        let list_bytes = u32::from_le_bytes(*length);
        let list = rest.get(..list_bytes as usize).ok_or_else(cut_short)?;
        let list: List = serde_json::from_slice(list).map_err(|error| error.to_string())?;
        let mut start = to_u32(LENGTH_BYTES) + list_bytes;
        let mut entries = Vec::with_capacity(list.held.len());
        for (_, generation, length) in list.held {
            let document = bytes.get(start as usize..).and_then(|rest| rest.get(..length as usize));
            let document: Document =
                serde_json::from_slice(document.ok_or_else(cut_short)?).map_err(|error| error.to_string())?;
            // Only documents that make a ticket are ever held.
            if let Some(ticket) = Ticket::of(&document) {
                let held = Held { card: Card::of(&ticket, book), revision: document.revision, generation };
                entries.push(Entry { held, start, length });
            }
            start += length;
        }
        Ok(Self { entries, released: list.released })
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
            let bytes = &built.documents[entry.start as usize..][..entry.length as usize];
            let document: Document = serde_json::from_slice(bytes).unwrap();
            assert_eq!(document.ticket, entry.held.card.ticket);
        }
    }

    #[test]
    fn cards_made_anew_are_the_same_cards() {
        let built = build(&[3, 1, 2]).0.finish();
        assert_eq!(Part::rebuild(&built.documents, &PolicyBook::shipped()), Part::read(&built.cards));
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
    fn documents_cut_anywhere_are_refused_and_never_misread() {
        let documents = build(&[1, 2]).0.finish().documents;
        for end in 0..documents.len() {
            assert!(Part::rebuild(&documents[..end], &PolicyBook::shipped()).is_err(), "cut at {end}");
        }
    }
}
