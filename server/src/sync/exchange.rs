//! What a device can ask of the server, once it is known who asks: to push, to pull, to listen.
//!
//! The handlers beside it are thin around this: they know HTTP and sessions, and this knows neither. The simulator asks in the
//! same way, so that what is simulated is what runs.

use super::{Hub, Presence, Writer};
use crate::clock::Clock;
use crate::people::DirectoryCache;
use crate::store::Store;

/// The server's side of the exchange. Cheap to clone; all clones are of one server.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) store: Store,
    pub(crate) directory: DirectoryCache,
    pub(crate) writer: Writer,
    pub(crate) hub: Hub,
    /// Which devices listen.
    pub(crate) presence: Presence,
    pub(crate) clock: Clock,
}

impl Exchange {
    /// The exchange of a server that is made of these parts.
    pub(crate) fn new(
        store: Store,
        directory: DirectoryCache,
        writer: Writer,
        hub: Hub,
        clock: Clock,
    ) -> Self {
        let presence = Presence::new(clock.clone());
        Self { store, directory, writer, hub, presence, clock }
    }
}
