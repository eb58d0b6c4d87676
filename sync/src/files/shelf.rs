//! Which files are kept here, how far each has come, and how long it stays.

use std::collections::{BTreeMap, BTreeSet};

use domain::ticket::{Action, FileHash};

use super::{FileBatch, FileKey, FileRows, FileState, KeptFile, OnlyHere, Receipt};
use crate::outbox::{OutboxEntry, OutboxState};
use crate::replica::Replica;
use crate::store::Meta;

/// The files of a device in memory: always equal to what its store holds.
#[derive(Debug, Default)]
pub struct Shelf {
    files: BTreeMap<FileKey, KeptFile>,
    /// Files whose rows can't be read. Their contents are nobody's to let go.
    unreadable: BTreeSet<FileKey>,
    /// Contents that have a row and are not whole: the browser has lost some of their chunks.
    damaged: BTreeSet<FileHash>,
}

/// Where a file is, as far as this device has had a hand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilePlace {
    /// On this device only.
    OnDevice,
    /// On the server.
    OnServer,
    /// On the server and in a backup of it.
    InBackup,
}

/// What the changes of this device say of a file, the furthest one counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    /// By a change that the server refused.
    Refused,
    /// By a change on which the office has yet to decide. The server takes no such file.
    Parked,
    /// By a change that is still to be pushed.
    Waiting,
    /// By a change that the server has.
    Sent,
}

impl Shelf {
    /// Takes what a store holds: its rows, and how many chunks it has of which content. Returns what has to be done before it
    /// is as it should be: a crash may have come between chunks, row and change.
    pub fn open(rows: FileRows, contents: &BTreeMap<FileHash, u64>, replica: &Replica) -> (Self, FileBatch) {
        let named = named(replica);
        let mut batch = FileBatch::default();
        let FileRows { files, unreadable } = rows;
        let mut shelf = Self { unreadable, ..Self::default() };
        for file in files {
            match file.state {
                FileState::Prepared if named.contains_key(&file.key) => {
                    batch.keep.push(file.now(FileState::Waiting { upload: None }));
                }
                FileState::Prepared => batch.forget.push(file.key),
                _ => {}
            }
            shelf.files.insert(file.key, file);
        }
        // Their rows are made anew from what the changes say. Whether the server has them is found out by asking.
        let nameless: Vec<_> = attached(replica)
            .filter(|(key, _)| !shelf.files.contains_key(key))
            .filter_map(|(key, entry)| {
                let Action::Attach(attachment) = &entry.change.action else { return None };
                KeptFile::of(key.ticket, attachment, entry.change.claim.clock, FileState::Prepared)
            })
            .collect();
        for file in nameless {
            batch.keep.push(file.now(FileState::Waiting { upload: None }));
            shelf.unreadable.remove(&file.key);
            shelf.files.insert(file.key, file);
        }
        // Nothing of them is here that could be lost.
        batch.forget.extend(shelf.unreadable.iter().filter(|key| !contents.contains_key(&key.hash)));
        let is_whole = |file: &KeptFile| contents.get(&file.key.hash) == Some(&file.chunks());
        let damaged: Vec<_> =
            shelf.files.values().filter(|file| file.holds_content() && !is_whole(file)).collect();
        shelf.damaged = damaged.iter().map(|file| file.key.hash).collect();
        // The server is asked once more whether it has what is lost here.
        let begun =
            damaged.iter().filter(|file| matches!(file.state, FileState::Waiting { upload: Some(_) }));
        batch.keep.extend(begun.map(|file| file.now(FileState::Waiting { upload: None })));
        let after = shelf.after(&batch);
        let strays = contents.keys().filter(|hash| !after.contains(hash));
        batch.release.extend(strays);
        (shelf, batch)
    }

    /// Takes over what has become durable.
    pub fn commit(&mut self, batch: FileBatch) {
        for key in batch.forget {
            self.files.remove(&key);
            self.unreadable.remove(&key);
        }
        for file in batch.keep {
            self.unreadable.remove(&file.key);
            self.files.insert(file.key, file);
        }
        for hash in batch.release {
            self.damaged.remove(&hash);
        }
    }

    /// All chunks of a content have been made durable once more.
    pub(super) fn is_whole_again(&mut self, hash: FileHash) {
        self.damaged.remove(&hash);
    }

    /// A file that is kept.
    pub fn file(&self, key: FileKey) -> Option<&KeptFile> {
        self.files.get(&key)
    }

    /// A file with this content, all of which is here.
    pub fn whole(&self, hash: FileHash) -> Option<&KeptFile> {
        let mut holding = self.files.values().filter(|file| file.key.hash == hash && file.holds_content());
        holding.next().filter(|_| !self.damaged.contains(&hash))
    }

    /// Whether nothing is to be done for a file to arrive: its content is here and waits, or is where it belongs.
    pub(super) fn vouches_for(&self, key: FileKey) -> bool {
        self.files.get(&key).is_some_and(|file| !file.holds_content() || !self.damaged.contains(&key.hash))
    }

    /// Where each file is that this device has had a hand in.
    pub fn places(&self) -> BTreeMap<FileKey, FilePlace> {
        let place = |file: &KeptFile| {
            let place = match file.state {
                FileState::Prepared => return None,
                FileState::Waiting { .. } => FilePlace::OnDevice,
                FileState::Stored { .. } => FilePlace::OnServer,
                FileState::BackedUp { .. } => FilePlace::InBackup,
            };
            Some((file.key, place))
        };
        self.files.values().filter_map(place).collect()
    }

    /// What is only on this device.
    pub fn only_here(&self, replica: &Replica) -> OnlyHere {
        let named = named(replica);
        let mut only_here = OnlyHere::default();
        for file in self.files.values() {
            let waits = match file.state {
                FileState::Waiting { .. } => true,
                // Recorded, and the app ended before that could be noted.
                FileState::Prepared => named.contains_key(&file.key),
                FileState::Stored { .. } | FileState::BackedUp { .. } => false,
            };
            if !waits {
                continue;
            }
            let contents = match named.get(&file.key) {
                // Whatever becomes of the change, nobody brings it any more.
                _ if self.damaged.contains(&file.key.hash) => &mut only_here.lost,
                Some(Named::Refused | Named::Parked) => &mut only_here.set_aside,
                _ => &mut only_here.to_send,
            };
            contents.insert(file.key.hash);
        }
        only_here.unreadable = self.unreadable.iter().map(|key| key.hash).collect();
        only_here
    }

    /// How many files are only on this device. Those of refused and parked changes are left out: whoever deals with the change deals
    /// with them.
    pub fn unsent(&self, replica: &Replica) -> usize {
        let OnlyHere { to_send, lost, unreadable, set_aside: _ } = self.only_here(replica);
        to_send.len() + lost.len() + unreadable.len()
    }

    /// The files that can be sent: those whose change the server has, the small ones first and then the old ones. A file must not hold
    /// up what is read at once. Those that are lost here come last, until the server has been asked whether it has them.
    pub(super) fn ready(&self, replica: &Replica) -> Vec<&KeptFile> {
        let named = named(replica);
        let is_ready = |file: &&KeptFile| {
            // A change that nothing is known of has been let go: the server has it, and so does a backup.
            let is_sent = matches!(named.get(&file.key), None | Some(Named::Sent));
            let is_waiting = match file.state {
                FileState::Waiting { upload: None } => true,
                FileState::Waiting { upload: Some(_) } => !self.damaged.contains(&file.key.hash),
                _ => false,
            };
            is_sent && is_waiting
        };
        let mut ready: Vec<_> = self.files.values().filter(is_ready).collect();
        let is_lost = |file: &KeptFile| self.damaged.contains(&file.key.hash);
        ready.sort_by_key(|file| (is_lost(file), file.bytes, file.since, file.key));
        ready
    }

    /// What follows from the changes made here and from what is known of the server: a file that a change names waits to be sent;
    /// files wait again in another history, and are let go once a backup has them or after thirty days by the server's clock and this device's.
    pub fn settle(&self, replica: &Replica) -> FileBatch {
        let meta = replica.meta();
        let named = named(replica);
        let mut batch = FileBatch::default();
        for file in self.files.values() {
            match &file.state {
                FileState::Prepared if named.contains_key(&file.key) => {
                    batch.keep.push(file.now(FileState::Waiting { upload: None }));
                }
                // Nobody brings it any more.
                FileState::Waiting { .. } if self.damaged.contains(&file.key.hash) => {
                    if !named.contains_key(&file.key) && meta.is_long_since(file.since, file.since) {
                        batch.forget.push(file.key);
                    }
                }
                FileState::Prepared | FileState::Waiting { .. } => {}
                FileState::Stored { receipt } => {
                    if is_of_another_history(receipt, meta) {
                        batch.keep.push(file.now(FileState::Waiting { upload: None }));
                    } else if holds(receipt, meta) {
                        let receipt = receipt.clone();
                        batch.keep.push(file.now(FileState::BackedUp { receipt }));
                    } else if is_old(file, receipt, meta) {
                        batch.forget.push(file.key);
                    }
                }
                // Kept so that it can be said where the file is. That says nothing of another history.
                FileState::BackedUp { receipt } => {
                    if is_of_another_history(receipt, meta) || is_old(file, receipt, meta) {
                        batch.forget.push(file.key);
                    }
                }
            }
        }
        self.release_what_is_left(batch)
    }

    /// Lets a file go that no change names: it was never recorded, or its author has dropped the change. Nothing, if one does.
    pub fn abandon(&self, key: FileKey, replica: &Replica) -> FileBatch {
        let is_abandoned = self.files.get(&key).is_some_and(|file| {
            matches!(file.state, FileState::Prepared | FileState::Waiting { .. })
                && !named(replica).contains_key(&key)
        });
        let forget = if is_abandoned { vec![key] } else { Vec::new() };
        self.release_what_is_left(FileBatch { forget, ..FileBatch::default() })
    }

    /// Lets a content go that was begun and has no row.
    pub(super) fn release_if_nameless(&self, hash: FileHash) -> FileBatch {
        let is_named = self.after(&FileBatch::default()).contains(&hash);
        FileBatch { release: if is_named { Vec::new() } else { vec![hash] }, ..FileBatch::default() }
    }

    /// Adds the contents that no row needs any more after a batch.
    fn release_what_is_left(&self, mut batch: FileBatch) -> FileBatch {
        let after = self.after(&batch);
        let before = self.files.values().filter(|file| file.holds_content());
        let left: BTreeSet<_> =
            before.map(|file| file.key.hash).filter(|hash| !after.contains(hash)).collect();
        batch.release.extend(left);
        batch
    }

    /// The contents that are needed after a batch.
    fn after(&self, batch: &FileBatch) -> BTreeSet<FileHash> {
        let altered: BTreeSet<_> =
            batch.keep.iter().map(|file| file.key).chain(batch.forget.iter().copied()).collect();
        let unaltered = self.files.values().filter(|file| !altered.contains(&file.key));
        let needed = unaltered.chain(&batch.keep).filter(|file| file.holds_content());
        let unreadable = self.unreadable.iter().filter(|key| !altered.contains(key));
        needed.map(|file| file.key.hash).chain(unreadable.map(|key| key.hash)).collect()
    }
}

impl KeptFile {
    const fn holds_content(&self) -> bool {
        !matches!(self.state, FileState::BackedUp { .. })
    }
}

/// The changes of this device that attach files, whatever has become of them.
fn attached(replica: &Replica) -> impl Iterator<Item = (FileKey, &OutboxEntry)> {
    replica.entries().filter_map(|entry| {
        let Action::Attach(attachment) = &entry.change.action else { return None };
        Some((FileKey { hash: attachment.hash()?, ticket: entry.change.ticket }, entry))
    })
}

fn named(replica: &Replica) -> BTreeMap<FileKey, Named> {
    let mut named = BTreeMap::new();
    for (key, entry) in attached(replica) {
        let by_this = match entry.state {
            OutboxState::Waiting => Named::Waiting,
            OutboxState::Accepted { .. } | OutboxState::Kept { .. } => Named::Sent,
            OutboxState::Parked { .. } => Named::Parked,
            OutboxState::Refused { .. } => Named::Refused,
        };
        let furthest = named.entry(key).or_insert(by_this);
        *furthest = by_this.max(*furthest);
    }
    named
}

fn is_of_another_history(receipt: &Receipt, meta: &Meta) -> bool {
    meta.epoch.as_ref().is_some_and(|epoch| *epoch != receipt.epoch)
}

/// Whether a backup of the receipt's own history has the file.
fn holds(receipt: &Receipt, meta: &Meta) -> bool {
    meta.epoch.as_ref() == Some(&receipt.epoch)
        && meta.backup.is_some_and(|backup| backup.arrived > receipt.stored_at)
}

fn is_old(file: &KeptFile, receipt: &Receipt, meta: &Meta) -> bool {
    meta.epoch.as_ref() == Some(&receipt.epoch) && meta.is_long_since(receipt.stored_at, file.since)
}
