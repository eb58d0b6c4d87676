//! Brings files to the server, beside the driver and after it: whatever the planner of uploads says, one step at a time.

use std::rc::Rc;

use sync::Failure;
use sync::files::{FileBatch, KeptFile, Piece, UploadFailure, UploadProgress, UploadStep};

use super::core::Core;
use super::desk::Desk;
use super::line::Line;
use crate::device::clock;

/// Uploads until it is dropped, or until another window takes over.
pub(super) async fn run<L: Line>(core: Rc<Core>, desk: Rc<Desk>, line: Rc<L>) {
    let uploader = Uploader { core, desk, line };
    while !uploader.desk.is_fenced_off() {
        // Backups may have been told of, or another history.
        uploader.settle().await;
        match uploader.next() {
            UploadStep::Begin(file) => uploader.begin(&file).await,
            UploadStep::Ask(file, upload) => {
                let answer = uploader.line.ask_upload(&upload).await;
                uploader.heard(&file, answer).await;
            }
            UploadStep::Send(piece) => uploader.send(piece).await,
            UploadStep::Wait(until) => uploader.core.upload_bell().heard_before(until).await,
            UploadStep::Rest => uploader.core.upload_bell().heard().await,
        }
    }
}

struct Uploader<L> {
    core: Rc<Core>,
    desk: Rc<Desk>,
    line: Rc<L>,
}

impl<L: Line> Uploader<L> {
    fn next(&self) -> UploadStep {
        let (planner, uploads) = (self.core.planner(), self.core.uploads());
        let replica = self.desk.replica();
        let step = self.desk.files().shelf(|shelf| uploads.next(shelf, &replica, &planner, clock::now()));
        step.unwrap_or(UploadStep::Rest)
    }

    async fn begin(&self, file: &KeptFile) {
        match self.line.begin_upload(file).await {
            Ok((upload, progress)) => {
                let batch = {
                    let mut uploads = self.core.uploads_mut();
                    uploads.begun(file, upload, progress, &self.desk.replica(), clock::now())
                };
                self.keep(batch).await;
            }
            Err(failure) => self.failed(file, failure).await,
        }
    }

    async fn send(&self, piece: Piece) {
        let bytes = match self.desk.files().piece(&piece).await {
            Ok(Some(bytes)) => bytes,
            unreadable => {
                leptos::logging::warn!("a piece of a file can't be read: {unreadable:?}");
                let mut uploads = self.core.uploads_mut();
                return uploads.unreadable(&piece.file, clock::now(), clock::jitter());
            }
        };
        let answer = self.line.send_piece(&piece.upload, piece.offset, &bytes).await;
        self.heard(&piece.file, answer).await;
    }

    async fn heard(&self, file: &KeptFile, answer: Result<UploadProgress, UploadFailure>) {
        match answer {
            Ok(progress) => {
                let batch = {
                    let mut uploads = self.core.uploads_mut();
                    uploads.progressed(file, progress, &self.desk.replica(), clock::now())
                };
                self.keep(batch).await;
            }
            Err(failure) => self.failed(file, failure).await,
        }
    }

    async fn failed(&self, file: &KeptFile, failure: UploadFailure) {
        let batch = self.core.uploads_mut().failed(file, failure, clock::now(), clock::jitter());
        self.keep(batch).await;
        if failure == UploadFailure::SignedOut {
            self.core.planner_mut().failed(Failure::SignedOut, clock::now(), clock::jitter());
            self.core.bell().ring();
        }
    }

    /// What can't be noted now is found out again: the server is asked how far an upload has come, and a receipt is given as often
    /// as it is asked for.
    async fn keep(&self, batch: FileBatch) {
        if batch.is_empty() {
            return;
        }
        if let Err(error) = self.desk.files().note(batch).await {
            leptos::logging::warn!("what has become of a file could not be noted: {error}");
            self.core.uploads_mut().stop(clock::now(), clock::jitter());
        }
        self.core.tell_status();
    }

    async fn settle(&self) {
        match self.desk.files().settle(|| self.desk.replica()).await {
            Ok(true) => self.core.tell_status(),
            Ok(false) => {}
            Err(error) => {
                leptos::logging::warn!("the files kept on this device could not be settled: {error}");
                self.core.uploads_mut().stop(clock::now(), clock::jitter());
            }
        }
    }
}
