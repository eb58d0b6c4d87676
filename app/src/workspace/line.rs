//! The line to the server, as the driver needs it. Tests put a server of their own behind it.

use sync::Failure;
use sync::messages::{Event, PullRequest, PullResponse, PushRequest, PushResponse};

use crate::device::api::sync as server;
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

    /// Opens the stream of what happens after what the device has, told in the way it would ask for a page.
    async fn listen(&self, has: &PullRequest) -> Result<Self::Events, Failure>;
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

    async fn listen(&self, has: &PullRequest) -> Result<EventStream, Failure> {
        server::listen(has).await
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
