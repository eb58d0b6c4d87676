//! Reading an archive: a row of parts, each with its name and its content, however it is cut into pieces on its way.
//!
//! Nothing in here believes a length: what is said to be long is handed on as it comes, and only names are held. There is no archive
//! that can't be read; there is only one that ends too early.

/// How long the lengths are in front of a name and of a content.
const NAME_LENGTH_BYTES: usize = size_of::<u16>();
const CONTENT_LENGTH_BYTES: usize = size_of::<u64>();

/// What comes next in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event<'b> {
    /// A part begins.
    Begins {
        /// Its name, as far as it is text.
        name: String,
        /// How long its content is said to be.
        bytes: u64,
    },
    /// More of its content.
    Content(&'b [u8]),
    /// All of its content has come.
    Ends,
}

/// Reads an archive.
#[derive(Debug, Default)]
pub(super) struct Unpacker {
    state: State,
    /// The lengths and the name of a part that is about to begin, as far as they have come.
    head: Vec<u8>,
}

#[derive(Debug, Default)]
enum State {
    /// Between parts, or within the head of one.
    #[default]
    Head,
    /// So much of a content is still to come.
    Content(u64),
}

impl Unpacker {
    /// Reads on in `bytes`, and takes off what has been read. Nothing, once more has to come.
    pub(super) fn next<'b>(&mut self, bytes: &mut &'b [u8]) -> Option<Event<'b>> {
        match self.state {
            State::Head => self.begin(bytes),
            State::Content(0) => {
                self.state = State::Head;
                Some(Event::Ends)
            }
            State::Content(_) if bytes.is_empty() => None,
            State::Content(missing) => {
                let length = usize::try_from(missing).unwrap_or(usize::MAX).min(bytes.len());
                let (content, rest) = bytes.split_at(length);
                *bytes = rest;
                self.state = State::Content(missing - length as u64);
                Some(Event::Content(content))
            }
        }
    }

    /// Whether what has come ends where a part does.
    pub(super) fn is_between_parts(&self) -> bool {
        matches!(self.state, State::Head | State::Content(0)) && self.head.is_empty()
    }

    fn begin<'b>(&mut self, bytes: &mut &'b [u8]) -> Option<Event<'b>> {
        self.fill(bytes, NAME_LENGTH_BYTES)?;
        let name_length = usize::from(u16::from_le_bytes(*self.head.first_chunk()?));
        self.fill(bytes, NAME_LENGTH_BYTES + name_length + CONTENT_LENGTH_BYTES)?;
        let (name, length) = self.head[NAME_LENGTH_BYTES..].split_at(name_length);
        let name = String::from_utf8_lossy(name).into_owned();
        let bytes = u64::from_le_bytes(*length.first_chunk()?);
        self.head.clear();
        self.state = State::Content(bytes);
        Some(Event::Begins { name, bytes })
    }

    /// Fills the head up to so many bytes; nothing, if that needs more to come.
    fn fill(&mut self, bytes: &mut &[u8], length: usize) -> Option<()> {
        let missing = length.saturating_sub(self.head.len());
        let (taken, rest) = bytes.split_at(missing.min(bytes.len()));
        self.head.extend_from_slice(taken);
        *bytes = rest;
        (self.head.len() >= length).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rescue::testing::archive;

    type Part = (String, Vec<u8>);

    /// What is read if it comes in pieces of these lengths, again and again; and whether it ends where a part does.
    fn read(archive: &[u8], lengths: &[usize]) -> (Vec<Part>, bool) {
        let (mut unpacker, mut parts, mut complete) = (Unpacker::default(), Vec::<Part>::new(), 0);
        let (mut rest, mut lengths) = (archive, lengths.iter().cycle());
        while !rest.is_empty() {
            let (mut piece, following) = rest.split_at((*lengths.next().unwrap()).clamp(1, rest.len()));
            rest = following;
            while let Some(event) = unpacker.next(&mut piece) {
                match event {
                    Event::Begins { name, .. } => parts.push((name, Vec::new())),
                    Event::Content(bytes) => parts.last_mut().unwrap().1.extend(bytes),
                    Event::Ends => complete += 1,
                }
            }
            assert!(piece.is_empty());
        }
        let ended = unpacker.is_between_parts();
        parts.truncate(complete);
        (parts, ended)
    }

    proptest! {
        #[test]
        fn what_was_packed_is_read_however_it_is_cut(
            parts in prop::collection::vec((".{0,40}", prop::collection::vec(any::<u8>(), 0..200)), 0..8),
            lengths in prop::collection::vec(1_usize..50, 1..10),
        ) {
            prop_assert_eq!(read(&archive(&parts), &lengths), (parts, true));
        }

        #[test]
        fn of_one_that_ends_early_every_part_before_is_read(
            parts in prop::collection::vec(("[a-z/]{0,9}", prop::collection::vec(any::<u8>(), 0..50)), 1..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let whole = archive(&parts);
            let length = cut.index(whole.len());
            let (read, ended) = read(&whole[..length], &[7]);
            prop_assert_eq!(&read[..], &parts[..read.len()]);
            prop_assert_eq!(ended, archive(&read).len() == length);
        }

        #[test]
        fn whatever_comes_is_read_to_its_end(
            rubbish in prop::collection::vec(any::<u8>(), 0..400),
            lengths in prop::collection::vec(1_usize..50, 1..10),
        ) {
            read(&rubbish, &lengths);
        }
    }
}
