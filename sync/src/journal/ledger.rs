//! What the frames of a journal add up to.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::{Frame, Reading, Witness};
use crate::outbox::{OutboxEntry, OutboxState};
use crate::store::{Batch, Identity, Loaded};
use domain::ChangeId;

/// The outbox, with what must be known to go on with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    identity: Option<Identity>,
    next_seq: u64,
    entries: BTreeMap<u64, OutboxEntry>,
    witness: Witness,
}

impl Ledger {
    /// What a database holds.
    pub fn of(loaded: &Loaded) -> Self {
        let mut ledger = Self::default();
        if let Some(meta) = &loaded.meta {
            ledger.identity = Some(meta.identity.clone());
            ledger.next_seq = meta.next_seq;
        }
        ledger.witness.batch = loaded.witness.map_or(0, |witness| witness.batch);
        loaded.outbox.iter().for_each(|entry| ledger.put(entry.clone()));
        ledger
    }

    /// What files add up to, and whether anything in them was damaged or is missing.
    pub fn read(files: &[(u64, Vec<u8>)]) -> (Self, bool) {
        let mut ledger = Self::default();
        let mut damaged = false;
        for (_, file) in files {
            let Reading { frames, damaged: altered } = Reading::of(file);
            // A file begins with what those before add up to, so that nothing in them matters any more.
            let begins_whole =
                frames.first().is_some_and(|first| first.whole && first.batch >= ledger.witness.batch);
            damaged = altered || (damaged && !begins_whole) || frames.is_empty();
            for frame in frames {
                if frame.whole && frame.batch >= ledger.witness.batch {
                    ledger.follow(frame);
                } else if frame.batch > ledger.witness.batch {
                    damaged |= frame.batch != ledger.witness.batch + 1;
                    ledger.follow(frame);
                }
            }
        }
        (ledger, damaged)
    }

    /// Whose outbox it is; nothing, if there is none.
    pub const fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// The number of the next change.
    pub const fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// What it holds, in a few numbers.
    pub const fn witness(&self) -> Witness {
        self.witness
    }

    /// The entries, in the order of their numbers.
    pub fn entries(&self) -> impl Iterator<Item = &OutboxEntry> {
        self.entries.values()
    }

    /// The entry of a change.
    pub fn entry(&self, change: ChangeId) -> Option<&OutboxEntry> {
        self.entries.get(&change.seq).filter(|entry| entry.change.id == change)
    }

    /// What a batch means for the outbox, as the next frame; nothing, if it doesn't touch it.
    pub fn frame(&self, batch: &Batch) -> Option<Frame> {
        let meta = batch.meta.as_ref();
        let identity = meta.map(|meta| &meta.identity).filter(|identity| self.differs(identity)).cloned();
        let next_seq = meta.map_or(self.next_seq, |meta| meta.next_seq);
        let touches = !batch.outbox.is_empty()
            || !batch.settled.is_empty()
            || identity.is_some()
            || next_seq != self.next_seq;
        touches.then(|| Frame {
            batch: self.witness.batch + 1,
            whole: false,
            identity,
            next_seq,
            outbox: batch.outbox.clone(),
            settled: batch.settled.clone(),
        })
    }

    /// What a person is called doesn't matter here; who they are does.
    fn differs(&self, identity: &Identity) -> bool {
        self.identity
            .as_ref()
            .is_none_or(|known| (known.device, known.person.id) != (identity.device, identity.person.id))
    }

    /// What it will hold with this frame.
    pub fn witness_with(&self, frame: &Frame) -> Witness {
        let mut next = Self { witness: self.witness, ..Self::default() };
        let touched = frame.settled.iter().copied().chain(frame.outbox.iter().map(|entry| entry.change.id));
        for seq in touched.map(|change| change.seq) {
            if let Some(entry) = self.entries.get(&seq) {
                next.entries.insert(seq, entry.clone());
            }
        }
        let untouched = self.entries.len() - next.entries.len();
        next.follow(frame.clone());
        Witness { entries: untouched + next.entries.len(), ..next.witness }
    }

    /// Everything, as the first frame of a file.
    pub fn whole(&self) -> Frame {
        Frame {
            batch: self.witness.batch,
            whole: true,
            identity: self.identity.clone(),
            next_seq: self.next_seq,
            outbox: self.entries.values().cloned().collect(),
            settled: Vec::new(),
        }
    }

    /// Takes a frame in.
    pub fn follow(&mut self, frame: Frame) {
        if frame.whole {
            *self = Self { identity: self.identity.take(), ..Self::default() };
        }
        self.identity = frame.identity.or(self.identity.take());
        self.next_seq = frame.next_seq;
        frame.settled.iter().for_each(|change| self.let_go(*change));
        frame.outbox.into_iter().for_each(|entry| self.put(entry));
        self.witness.batch = frame.batch;
    }

    /// Adds what another ledger has besides, and goes on after both.
    pub fn join(&mut self, other: &Self) {
        for (seq, entry) in &other.entries {
            if !self.entries.contains_key(seq) {
                self.put(entry.clone());
            }
        }
        let last = self.entries.keys().next_back().copied().unwrap_or_default();
        self.next_seq = self.next_seq.max(other.next_seq).max(last + 1);
        self.identity = self.identity.take().or_else(|| other.identity.clone());
        self.witness.batch = self.witness.batch.max(other.witness.batch);
    }

    /// Has everything that the server once had told to it again.
    pub fn tell_again(&mut self) {
        let told = self.entries.values().filter(|entry| !entry.is_waiting() && !entry.is_refused());
        let again: Vec<_> = told.map(|entry| entry.now(OutboxState::Waiting)).collect();
        again.into_iter().for_each(|entry| self.put(entry));
    }

    /// Goes on after a batch of which nothing is left.
    pub fn go_on_after(&mut self, batch: u64) {
        self.witness.batch = self.witness.batch.max(batch);
    }

    fn put(&mut self, entry: OutboxEntry) {
        self.witness.sum = self.witness.sum.wrapping_add(fingerprint(&entry));
        if let Some(old) = self.entries.insert(entry.change.id.seq, entry) {
            self.witness.sum = self.witness.sum.wrapping_sub(fingerprint(&old));
        }
        self.witness.entries = self.entries.len();
    }

    fn let_go(&mut self, change: ChangeId) {
        if let Some(old) = self.entries.remove(&change.seq) {
            self.witness.sum = self.witness.sum.wrapping_sub(fingerprint(&old));
        }
        self.witness.entries = self.entries.len();
    }
}

fn fingerprint(entry: &OutboxEntry) -> u64 {
    let written = serde_json::to_vec(entry).expect("entries hold only texts, numbers and lists of them");
    let digest: [u8; 32] = Sha256::digest(written).into();
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_le_bytes(first)
}
