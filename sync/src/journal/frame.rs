//! How batches lie in a file, so that a torn, altered or missing one is noticed.
//!
//! A frame is `FLJ1`, the length of its body (four bytes, little end first), the first sixteen bytes of the body's SHA-256, and
//! the body: JSON. Whatever is damaged, reading goes on with the next frame that is whole.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::outbox::OutboxEntry;
use crate::store::Identity;
use domain::ChangeId;

const MAGIC: &[u8; 4] = b"FLJ1";
const CHECK_BYTES: usize = 16;
const HEAD_BYTES: usize = MAGIC.len() + size_of::<u32>() + CHECK_BYTES;

/// What one batch did to the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The number of the batch.
    pub batch: u64,
    /// Whether this is all there is, and not what was added to it.
    #[serde(default)]
    pub whole: bool,
    /// Whose outbox it is; said with whole frames, and where it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// The number of the next change.
    pub next_seq: u64,
    /// Entries in place of those with the same number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outbox: Vec<OutboxEntry>,
    /// Entries to let go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<ChangeId>,
}

impl Frame {
    /// The frame as it lies in the file.
    pub fn write(&self) -> Vec<u8> {
        let body = serde_json::to_vec(self).expect("entries hold only texts, numbers and lists of them");
        let length = u32::try_from(body.len()).expect("a batch is far below 4 GiB");
        let mut written = Vec::with_capacity(HEAD_BYTES + body.len());
        written.extend_from_slice(MAGIC);
        written.extend_from_slice(&length.to_le_bytes());
        written.extend_from_slice(&check(&body));
        written.extend_from_slice(&body);
        written
    }
}

/// What a file was found to hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// The frames that are whole, in the file's order.
    pub frames: Vec<Frame>,
    /// Whether something that is no frame lies before, between or behind them. A frame that was being written when the power
    /// went doesn't count: nobody was told that it is there.
    pub damaged: bool,
}

impl Reading {
    /// Reads a file.
    pub fn of(file: &[u8]) -> Self {
        let mut reading = Self::default();
        let mut rest = file;
        let mut effort = file.len().saturating_mul(MOST_PASSES);
        while !rest.is_empty() {
            match read(rest, &mut effort) {
                Found::Frame(frame, length) => {
                    reading.frames.push(*frame);
                    rest = &rest[length..];
                }
                Found::Torn if next(rest).is_none() => break,
                Found::Torn | Found::Nothing => {
                    reading.damaged = true;
                    rest = next(rest).unwrap_or_default();
                }
            }
        }
        reading
    }
}

/// So many times over may be read what turns out to be no frame. Damage takes a pass or two; more is made on purpose, and what
/// follows is then taken for damaged, too.
const MOST_PASSES: usize = 16;

enum Found {
    /// A frame, and how many bytes it takes.
    Frame(Box<Frame>, usize),
    /// The beginning of a frame.
    Torn,
    /// No frame.
    Nothing,
}

fn read(bytes: &[u8], effort: &mut usize) -> Found {
    let Some(after) = bytes.strip_prefix(MAGIC) else {
        return if MAGIC.starts_with(bytes) { Found::Torn } else { Found::Nothing };
    };
    let Some((length, after)) = after.split_first_chunk() else { return Found::Torn };
    let Some((expected, after)) = after.split_first_chunk::<CHECK_BYTES>() else { return Found::Torn };
    let length = u32::from_le_bytes(*length) as usize;
    let Some(body) = after.get(..length) else { return Found::Torn };
    if *effort < body.len() {
        return Found::Nothing;
    }
    if check(body) != *expected {
        *effort -= body.len();
        return Found::Nothing;
    }
    match serde_json::from_slice(body) {
        Ok(frame) => Found::Frame(Box::new(frame), HEAD_BYTES + length),
        Err(_) => Found::Nothing,
    }
}

/// From the next place on, after the first byte, where a frame seems to begin.
fn next(bytes: &[u8]) -> Option<&[u8]> {
    let at = bytes.windows(MAGIC.len()).skip(1).position(|window| window == MAGIC)?;
    bytes.get(at + 1..)
}

fn check(body: &[u8]) -> [u8; CHECK_BYTES] {
    let digest: [u8; 32] = Sha256::digest(body).into();
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&digest[..CHECK_BYTES]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(batch: u64) -> Frame {
        Frame {
            batch,
            whole: batch == 1,
            identity: None,
            next_seq: batch,
            outbox: Vec::new(),
            settled: Vec::new(),
        }
    }

    fn file(batches: impl IntoIterator<Item = u64>) -> Vec<u8> {
        batches.into_iter().flat_map(|batch| frame(batch).write()).collect()
    }

    fn batches(reading: &Reading) -> Vec<u64> {
        reading.frames.iter().map(|frame| frame.batch).collect()
    }

    #[test]
    fn what_was_written_is_read() {
        let reading = Reading::of(&file(1..=3));
        assert_eq!(reading, Reading { frames: (1..=3).map(frame).collect(), damaged: false });
        assert_eq!(Reading::of(&[]), Reading::default());
    }

    #[test]
    fn wherever_a_file_is_cut_the_frames_before_are_whole_and_nothing_is_called_damaged() {
        let (two, three) = (file(1..=2), file(1..=3));
        for length in two.len()..three.len() {
            let reading = Reading::of(&three[..length]);
            assert_eq!((batches(&reading), reading.damaged), (vec![1, 2], false), "cut at {length}");
        }
    }

    #[test]
    fn whichever_byte_is_altered_its_frame_is_missed_and_the_others_are_read() {
        let (first, whole) = (file([1]).len(), file(1..=3));
        let second = first..file(1..=2).len();
        for at in second {
            let mut altered = whole.clone();
            altered[at] ^= 0x20;
            let reading = Reading::of(&altered);
            assert_eq!((batches(&reading), reading.damaged), (vec![1, 3], true), "altered at {at}");
        }
    }

    #[test]
    fn heads_of_frames_that_are_none_cost_no_more_than_a_few_passes() {
        let head = [&MAGIC[..], &900_000_u32.to_le_bytes(), &[0; CHECK_BYTES]].concat();
        let file = head.repeat(80_000);
        let mut effort = file.len() * MOST_PASSES;
        for at in (0..file.len() - head.len()).step_by(head.len()) {
            read(&file[at..], &mut effort);
        }
        assert!(effort < 900_000, "all of it was spent, and no more: {effort}");
        assert_eq!(Reading::of(&file), Reading { frames: Vec::new(), damaged: true });
    }

    #[test]
    fn zeros_and_rubbish_are_passed_over() {
        for rubbish in [vec![0; 5_000], b"FLJ1FLJ1FLJ1".to_vec(), b"x".to_vec()] {
            let spoilt = [rubbish.clone(), file([1]), rubbish, file([2])].concat();
            let reading = Reading::of(&spoilt);
            assert_eq!((batches(&reading), reading.damaged), (vec![1, 2], true));
        }
    }
}
