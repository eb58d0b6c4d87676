//! The line to the server, as the driver needs it. Tests put a server of their own behind it.

use domain::DeviceId;
use sync::Failure;
use sync::files::{KeptFile, UploadFailure, UploadProgress};
use sync::messages::{Event, PullRequest, PullResponse, PushRequest, PushResponse};
use sync::tablets::{Heard, ReportFailure, Standing};

use crate::device::api::{files, sync as server};
use crate::device::events::EventStream;

/// The calls that synchronisation makes.
#[expect(async_fn_in_trait, reason = "a page has one thread")]
pub trait Line {
    /// An open stream of events.
    type Events: Events;

    /// Delivers changes.
    async fn push(&self, request: &PushRequest) -> Result<PushResponse, Failure>;

    /// Fetches a page.
    async fn pull(&self, request: &PullRequest) -> Result<PullResponse, Failure>;

    /// Opens the stream of what happens after what this device has, told in the way it would ask for a page.
    async fn listen(&self, device: DeviceId, has: &PullRequest) -> Result<Self::Events, Failure>;

    /// Announces a file. Returns the address of its upload, and how far that has come.
    async fn begin_upload(&self, file: &KeptFile) -> Result<(String, UploadProgress), UploadFailure>;

    /// Asks how far an upload has come.
    async fn ask_upload(&self, upload: &str) -> Result<UploadProgress, UploadFailure>;

    /// Sends a piece of a file.
    async fn send_piece(
        &self,
        upload: &str,
        offset: u64,
        piece: &[u8],
    ) -> Result<UploadProgress, UploadFailure>;

    /// Tells how the device stands.
    async fn report(&self, standing: &Standing) -> Result<Heard, ReportFailure>;
}

/// An open stream of events.
#[expect(async_fn_in_trait, reason = "a page has one thread")]
pub trait Events {
    /// Waits for the next event; nothing, once the line is cut. A call that is given up loses no event.
    async fn next(&mut self) -> Option<Event>;

    /// The next event, if it is here already. Waits for nothing.
    fn arrived(&mut self) -> Option<Event>;
}

/// The line to the server that the page came from.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServerLine;

impl Line for ServerLine {
    type Events = EventStream;

    async fn push(&self, request: &PushRequest) -> Result<PushResponse, Failure> {
        server::push(request).await
    }

    async fn pull(&self, request: &PullRequest) -> Result<PullResponse, Failure> {
        server::pull(request).await
    }

    async fn listen(&self, device: DeviceId, has: &PullRequest) -> Result<EventStream, Failure> {
        server::listen(device, has).await
    }

    async fn begin_upload(&self, file: &KeptFile) -> Result<(String, UploadProgress), UploadFailure> {
        files::begin(file).await
    }

    async fn ask_upload(&self, upload: &str) -> Result<UploadProgress, UploadFailure> {
        files::ask(upload).await
    }

    async fn send_piece(
        &self,
        upload: &str,
        offset: u64,
        piece: &[u8],
    ) -> Result<UploadProgress, UploadFailure> {
        files::send(upload, offset, piece).await
    }

    async fn report(&self, standing: &Standing) -> Result<Heard, ReportFailure> {
        server::report(standing).await
    }
}

impl Events for EventStream {
    async fn next(&mut self) -> Option<Event> {
        Self::next(self).await
    }

    fn arrived(&mut self) -> Option<Event> {
        Self::arrived(self)
    }
}
