//! What a file holds: in the system's memory, where everybody reads it, and on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::dice::Dice;

/// What a disk writes at once.
const SECTOR: usize = 512;
/// What the system brings to the disk at once.
const PAGE: usize = 4_096;

/// Something that was done to a file and may not be on the disk yet.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Write { at: usize, bytes: Vec<u8> },
    Resize(usize),
}

impl Operation {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => {
                let end = at + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*at..end].copy_from_slice(bytes);
            }
            Self::Resize(size) => content.resize(*size, 0),
        }
    }
}

/// A file, whatever it is called.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inode {
    /// What is certain to be on the disk.
    durable: Vec<u8>,
    /// What the system shows.
    cached: Vec<u8>,
    /// What leads from the one to the other, as far as the system remembers that it has yet to be brought to the disk.
    pending: Vec<Operation>,
    /// Pages that a failed flush was to bring to the disk: the system believes that they are there.
    adrift: BTreeSet<usize>,
}

impl Inode {
    /// A file that has lain on the disk for long.
    pub(crate) fn on_disk(content: Vec<u8>) -> Self {
        Self { durable: content.clone(), cached: content, ..Self::default() }
    }

    /// What the system shows.
    pub(crate) fn cached(&self) -> &[u8] {
        &self.cached
    }

    /// Takes note of something that was done.
    pub(crate) fn note(&mut self, operation: Operation) {
        operation.apply(&mut self.cached);
        let pages = match &operation {
            Operation::Write { at, bytes } => pages(*at, bytes.len()),
            Operation::Resize(_) => 0..0,
        };
        self.pending.push(operation);
        for page in pages {
            // Whoever writes to a page has all of it brought to the disk, what went adrift included.
            if self.adrift.remove(&page) {
                let at = page * PAGE;
                let end = self.cached.len().min(at + PAGE);
                self.pending.push(Operation::Write { at, bytes: self.cached[at..end].to_vec() });
            }
        }
    }

    /// Writes everything once more.
    pub(crate) fn write_again(&mut self) {
        let bytes = self.cached.clone();
        self.note(Operation::Write { at: 0, bytes });
    }

    /// Brings everything to the disk that the system remembers.
    pub(crate) fn flush(&mut self) {
        for operation in self.pending.drain(..) {
            operation.apply(&mut self.durable);
        }
    }

    /// Fails to flush: some of it arrives, and the system forgets the rest.
    pub(crate) fn fail_to_flush(&mut self, dice: &mut Dice) {
        self.durable = self.found(dice);
        for operation in self.pending.drain(..) {
            if let Operation::Write { at, bytes } = operation {
                self.adrift.extend(pages(at, bytes.len()));
            }
        }
    }

    /// What could be found on the disk if the power went now.
    pub(crate) fn found(&self, dice: &mut Dice) -> Vec<u8> {
        match dice.below(6) {
            0 => self.durable.clone(),
            1 | 2 => self.found_in_order(dice),
            _ => self.found_scattered(dice),
        }
    }

    /// The disk was brought everything in order, up to the middle of some operation.
    fn found_in_order(&self, dice: &mut Dice) -> Vec<u8> {
        let mut content = self.durable.clone();
        let arrived = dice.below(self.pending.len() + 1);
        for operation in &self.pending[..arrived] {
            operation.apply(&mut content);
        }
        if let Some(Operation::Write { at, bytes }) = self.pending.get(arrived) {
            let torn = at + dice.below(bytes.len() + 1);
            let end = (torn / SECTOR * SECTOR).max(*at);
            Operation::Write { at: *at, bytes: bytes[..end - at].to_vec() }.apply(&mut content);
        }
        content
    }

    /// The disk was brought sectors in no order: each holds what it held at some time since the last flush.
    ///
    /// Only cutting off is done in order: how long a file is stands in one place, and what is written to it later is given other
    /// room on the disk than what was cut off.
    fn found_scattered(&self, dice: &mut Dice) -> Vec<u8> {
        let (arrived, last_cut) = self.up_to_some_cut(dice);
        let sizes = self.sizes();
        let largest = sizes[..=arrived].iter().copied().max().unwrap_or_default();
        let mut content = self.durable.clone();
        content.resize(largest, 0);
        if dice.coin() {
            // Where the file has grown, the disk may never have been written.
            dice.fill(&mut content[self.durable.len()..]);
        }
        let operations = &self.pending[..arrived];
        let mut versions: BTreeMap<usize, usize> = BTreeMap::new();
        for sector in operations.iter().flat_map(Operation::sectors) {
            *versions.entry(sector).or_default() += 1;
        }
        versions.values_mut().for_each(|count| *count = dice.below(*count + 1));
        for operation in operations {
            for sector in operation.sectors() {
                let left = versions.entry(sector).or_default();
                if *left > 0 {
                    *left -= 1;
                    operation.apply_within(sector, &mut content);
                }
            }
            if let Operation::Resize(size) = operation {
                content[largest.min(*size)..].fill(0);
            }
        }
        content.truncate(*dice.pick(&sizes[last_cut..=arrived]));
        content
    }

    /// How many operations could have arrived, if one of those that cut the file off was the last of its kind to arrive; and how many came
    /// up to that one.
    fn up_to_some_cut(&self, dice: &mut Dice) -> (usize, usize) {
        let sizes = self.sizes();
        let mut cuts = vec![0];
        cuts.extend((1..sizes.len()).filter(|index| sizes[*index] < sizes[*index - 1]));
        let last = dice.below(cuts.len());
        let arrived = cuts.get(last + 1).map_or(self.pending.len(), |next| next - 1);
        (arrived, cuts[last])
    }

    /// How long the file was after each operation since the last flush, and before the first.
    fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![self.durable.len()];
        for operation in &self.pending {
            let last = sizes.last().copied().unwrap_or_default();
            sizes.push(match operation {
                Operation::Write { at, bytes } => last.max(at + bytes.len()),
                Operation::Resize(size) => *size,
            });
        }
        sizes
    }
}

impl Operation {
    /// The sectors that it writes to.
    fn sectors(&self) -> Range<usize> {
        match self {
            Self::Write { at, bytes } if !bytes.is_empty() => {
                at / SECTOR..(at + bytes.len()).div_ceil(SECTOR)
            }
            Self::Write { .. } | Self::Resize(_) => 0..0,
        }
    }

    fn apply_within(&self, sector: usize, content: &mut [u8]) {
        if let Self::Write { at, bytes } = self {
            let (start, end) = ((sector * SECTOR).max(*at), ((sector + 1) * SECTOR).min(at + bytes.len()));
            content[start..end].copy_from_slice(&bytes[start - at..end - at]);
        }
    }
}

fn pages(at: usize, length: usize) -> Range<usize> {
    if length == 0 { 0..0 } else { at / PAGE..(at + length).div_ceil(PAGE) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn write(at: usize, byte: u8, length: usize) -> Operation {
        Operation::Write { at, bytes: vec![byte; length] }
    }

    #[test]
    fn what_was_flushed_is_found_whatever_falls() {
        let mut file = Inode::default();
        file.note(write(0, 1, 3 * SECTOR));
        file.flush();
        for seed in 0..100 {
            assert_eq!(file.found(&mut Dice::new(seed)), vec![1; 3 * SECTOR]);
        }
    }

    #[test]
    fn of_what_was_not_flushed_any_sectors_are_found() {
        let mut file = Inode::on_disk(vec![0; 2 * SECTOR]);
        file.note(write(0, 1, 2 * SECTOR));
        file.note(write(SECTOR, 2, SECTOR));
        let found: BTreeSet<_> = (0..200)
            .map(|seed| file.found(&mut Dice::new(seed)))
            .inspect(|found| assert_eq!(found.len(), 2 * SECTOR))
            .inspect(|found| assert!(found.chunks(SECTOR).all(|sector| sector == [sector[0]; SECTOR])))
            .map(|found| (found[0], found[SECTOR]))
            .collect();
        assert_eq!(found, BTreeSet::from([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]));
    }

    #[test]
    fn a_file_that_was_cut_off_is_found_at_either_length() {
        let mut file = Inode::on_disk(vec![1; 4 * SECTOR]);
        file.note(Operation::Resize(SECTOR));
        let lengths: BTreeSet<_> = (0..100)
            .map(|seed| file.found(&mut Dice::new(seed)))
            .inspect(|found| assert!(found.iter().all(|byte| *byte == 1)))
            .map(|found| found.len())
            .collect();
        assert_eq!(lengths, BTreeSet::from([SECTOR, 4 * SECTOR]));
    }

    #[test]
    fn after_a_failed_flush_another_one_brings_nothing_unless_it_is_written_again() {
        let seeds_that_lose = (0..50).filter(|seed| {
            let mut file = Inode::on_disk(vec![0; PAGE]);
            file.note(write(0, 1, PAGE));
            file.fail_to_flush(&mut Dice::new(*seed));
            file.flush();
            let lost = file.found(&mut Dice::new(*seed)) != vec![1; PAGE];
            assert_eq!(file.cached(), vec![1; PAGE], "it is shown all the same");
            file.write_again();
            file.flush();
            assert_eq!(file.found(&mut Dice::new(*seed)), vec![1; PAGE]);
            lost
        });
        assert!(seeds_that_lose.count() > 10);
    }

    #[test]
    fn who_writes_a_part_of_a_page_has_all_of_it_brought_to_the_disk() {
        let mut file = Inode::on_disk(vec![0; 2 * PAGE]);
        file.note(write(0, 1, 2 * PAGE));
        file.fail_to_flush(&mut Dice::new(1));
        file.durable.fill(0);
        file.note(write(10, 2, 1));
        file.flush();
        let found = file.found(&mut Dice::new(1));
        assert_eq!((found[9], found[10], found[11], found[PAGE]), (1, 2, 1, 0));
    }
}
