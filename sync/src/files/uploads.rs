//! What to do next for the files that wait: begin an upload, ask how far it has come, send a piece, or rest. Knows nothing of
//! sockets or timers.

use std::collections::BTreeMap;

use domain::Timestamp;

use super::{
    CHUNK_BYTES, FileBatch, FileKey, FileState, KeptFile, Shelf, UploadFailure, UploadProgress, UploadRefusal,
};
use crate::pause::{LONGEST_ASKED_MS, Pause};
use crate::planner::Planner;
use crate::replica::Replica;

/// How often pieces may become smaller, each time to a quarter: to 64 KiB, which a line of 20 kbit/s carries within the half
/// minute that answers are waited for.
const NARROWEST: u32 = 2;
/// So many pieces in a row, and larger ones are tried again.
const PIECES_TO_WIDEN: u32 = 4;

/// The next thing to do for the files that wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadStep {
    /// Announce the file.
    Begin(KeptFile),
    /// Ask how far the upload with this address has come.
    Ask(KeptFile, String),
    /// Send a piece.
    Send(Piece),
    /// Nothing can be sent before this instant of the device's clock.
    Wait(Timestamp),
    /// There is nothing to send, or other things come first.
    Rest,
}

/// A piece of a file, within one chunk of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Of which file.
    pub file: KeptFile,
    /// The address of its upload.
    pub upload: String,
    /// Where in the file it begins.
    pub offset: u64,
    /// How long it is.
    pub length: u32,
}

/// Plans the uploads of a device, one file at a time.
#[derive(Debug, Default)]
pub struct Uploads {
    /// The file that is being sent, with the address of its upload, which may be noted nowhere else, and how far the server says that it has
    /// come. What was sent before the app was last started, or before the line was cut, is asked for.
    under_way: Option<(KeptFile, Option<u64>)>,
    failures: u32,
    pause: Option<Pause>,
    /// Files that the server won't have for now: they must not hold up the others.
    aside: BTreeMap<FileKey, Pause>,
    narrowed: u32,
    pieces: u32,
}

impl Uploads {
    /// What to do at `clock`. Nothing is sent before every change has been pushed: what can be read in a hundred bytes is worth more
    /// than what is to be seen in a million. A change that the server can't judge holds nothing up.
    pub fn next(&self, shelf: &Shelf, replica: &Replica, planner: &Planner, clock: Timestamp) -> UploadStep {
        if !planner.is_in_step() || !planner.has_pushed(replica) {
            return UploadStep::Rest;
        }
        let ready = shelf.ready(replica);
        if ready.is_empty() {
            return UploadStep::Rest;
        }
        if let Some(pause) = self.pause.filter(|pause| pause.lasts(clock)) {
            return UploadStep::Wait(pause.until);
        }
        let is_aside = |key| self.aside.get(&key).filter(|pause| pause.lasts(clock));
        let begun = self.under_way.as_ref().map(|(file, _)| file.key);
        let going_on = ready.iter().find(|file| Some(file.key) == begun && is_aside(file.key).is_none());
        match going_on.or_else(|| ready.iter().find(|file| is_aside(file.key).is_none())) {
            Some(file) => self.step(file),
            None => {
                let pauses = ready.iter().filter_map(|file| is_aside(file.key));
                pauses.map(|pause| pause.until).min().map_or(UploadStep::Rest, UploadStep::Wait)
            }
        }
    }

    fn step(&self, file: &KeptFile) -> UploadStep {
        // On a full device it may be here alone that an upload has been begun, and where.
        let (file, offset) = match &self.under_way {
            Some((begun, offset)) if begun.key == file.key => (begun, *offset),
            _ => (file, None),
        };
        let FileState::Waiting { upload: Some(upload) } = &file.state else {
            return UploadStep::Begin(file.clone());
        };
        match offset {
            Some(offset) if offset < file.bytes => {
                let length = self.piece_bytes(offset).min(file.bytes - offset);
                let length = u32::try_from(length).unwrap_or(CHUNK_BYTES);
                UploadStep::Send(Piece { file: file.clone(), upload: upload.clone(), offset, length })
            }
            _ => UploadStep::Ask(file.clone(), upload.clone()),
        }
    }

    /// How much is sent at a time from an offset, not past the end of its chunk.
    fn piece_bytes(&self, offset: u64) -> u64 {
        let chunk = u64::from(CHUNK_BYTES);
        (chunk >> (2 * self.narrowed)).min(chunk - offset % chunk)
    }

    /// An upload was begun, and has this address.
    pub fn begun(
        &mut self,
        file: &KeptFile,
        upload: String,
        progress: UploadProgress,
        replica: &Replica,
        clock: Timestamp,
    ) -> FileBatch {
        let file = file.now(FileState::Waiting { upload: Some(upload) });
        let mut batch = self.progressed(&file, progress, replica, clock);
        if batch.is_empty() {
            batch.keep.push(file);
        }
        batch
    }

    /// The server has said, at `clock`, how far an upload has come.
    pub fn progressed(
        &mut self,
        file: &KeptFile,
        progress: UploadProgress,
        replica: &Replica,
        clock: Timestamp,
    ) -> FileBatch {
        let UploadProgress { offset, receipt } = progress;
        self.pause = None;
        self.failures = 0;
        self.aside.remove(&file.key);
        self.pieces += 1;
        if self.pieces >= PIECES_TO_WIDEN {
            (self.narrowed, self.pieces) = (self.narrowed.saturating_sub(1), 0);
        }
        match receipt {
            Some(receipt) if replica.meta().epoch.as_ref() == Some(&receipt.epoch) => {
                self.under_way = None;
                let stored = KeptFile { since: clock, ..file.now(FileState::Stored { receipt }) };
                FileBatch { keep: vec![stored], ..FileBatch::default() }
            }
            None if offset < file.bytes => {
                self.under_way = Some((file.clone(), Some(offset)));
                FileBatch::default()
            }
            // Another history has begun, which the next pull finds out; before, its receipt can't be judged. And all of a file without
            // a receipt is no file.
            Some(_) | None => self.failed(file, UploadFailure::Refused(UploadRefusal::Gone), clock, 0.0),
        }
    }

    /// A step failed at `clock`. `jitter` from 0 to 1 spreads many devices over time.
    pub fn failed(
        &mut self,
        file: &KeptFile,
        failure: UploadFailure,
        clock: Timestamp,
        jitter: f64,
    ) -> FileBatch {
        // Whatever has failed, only the server knows how far it has come.
        if let Some((_, offset)) = &mut self.under_way {
            *offset = None;
        }
        let mut batch = FileBatch::default();
        match failure {
            UploadFailure::Unreachable => {
                (self.narrowed, self.pieces) = ((self.narrowed + 1).min(NARROWEST), 0);
                self.pause_longer(clock, jitter);
            }
            UploadFailure::SignedOut | UploadFailure::Refused(UploadRefusal::Elsewhere) => {
                self.pause_longer(clock, jitter);
            }
            UploadFailure::Busy { retry_after_ms } => {
                self.pause = Some(Pause::asked_for(retry_after_ms, clock, jitter));
            }
            UploadFailure::Refused(UploadRefusal::Gone) => {
                self.under_way = None;
                batch.keep.push(file.now(FileState::Waiting { upload: None }));
                self.pause_longer(clock, jitter);
            }
            UploadFailure::Refused(UploadRefusal::File) => {
                self.aside.insert(file.key, Pause::new(clock, LONGEST_ASKED_MS, jitter));
            }
        }
        batch
    }

    /// The content of a file can't be read here at the moment: others go first.
    pub fn unreadable(&mut self, file: &KeptFile, clock: Timestamp, jitter: f64) {
        self.under_way = None;
        self.aside.insert(file.key, Pause::new(clock, LONGEST_ASKED_MS, jitter));
    }

    /// What was to be noted could not be: nothing is tried for a while. An upload that has been begun goes on then.
    pub fn stop(&mut self, clock: Timestamp, jitter: f64) {
        self.pause_longer(clock, jitter);
    }

    /// The network is said to be back, or the person wants it now.
    pub fn try_now(&mut self) {
        self.pause = None;
        self.aside.clear();
    }

    fn pause_longer(&mut self, clock: Timestamp, jitter: f64) {
        self.pause = Some(Pause::after(self.failures, clock, jitter));
        self.failures += 1;
    }
}
