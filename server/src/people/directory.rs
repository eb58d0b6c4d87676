//! The directory in memory: read by nearly every request, changed a few times a week.

use std::sync::Arc;

use domain::people::Directory;
use tokio::sync::watch;

use crate::store::{Store, StoreError};

/// The directory as last published. Cheap to clone; all clones see the same one.
#[derive(Debug, Clone)]
pub(crate) struct DirectoryCache {
    published: Arc<watch::Sender<Arc<Directory>>>,
}

impl DirectoryCache {
    /// Starts with what is stored.
    pub(crate) async fn load(store: &Store) -> Result<Self, StoreError> {
        let directory = store.directory().await?;
        Ok(Self { published: Arc::new(watch::Sender::new(Arc::new(directory))) })
    }

    /// The directory as it is now.
    pub(crate) fn current(&self) -> Arc<Directory> {
        self.published.borrow().clone()
    }

    /// Wakes its holder whenever a newer directory is published.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Arc<Directory>> {
        self.published.subscribe()
    }

    /// Publishes what is stored, if it is newer. To be called after every change of people, departments or policy.
    pub(crate) async fn refresh(&self, store: &Store) -> Result<(), StoreError> {
        if store.directory_revision().await? <= self.current().revision {
            return Ok(());
        }
        let stored = store.directory().await?;
        self.published.send_if_modified(|current| {
            let is_newer = stored.revision > current.revision;
            if is_newer {
                *current = Arc::new(stored);
            }
            is_newer
        });
        Ok(())
    }
}
