//! Telling everything that runs for long that the server is about to stop.

use std::sync::Arc;

use tokio::sync::watch;

/// Knows whether the server is to stop. Cheap to clone; all clones learn of it.
#[derive(Debug, Clone)]
pub(crate) struct Shutdown {
    requested: Arc<watch::Sender<bool>>,
}

impl Shutdown {
    /// Not requested yet.
    pub(crate) fn new() -> Self {
        Self { requested: Arc::new(watch::Sender::new(false)) }
    }

    /// Asks everything to come to its end.
    pub(crate) fn request(&self) {
        self.requested.send_replace(true);
    }

    /// Waits until the server is to stop. An endless answer, such as an event stream, ends then.
    pub(crate) async fn requested(&self) {
        // The sender lives as long as `self`, so waiting can't fail.
        let _ = self.requested.subscribe().wait_for(|requested| *requested).await;
    }
}
