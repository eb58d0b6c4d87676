//! The memory store passes the suite of all local stores.
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod world;

use std::rc::Rc;

use sync::{Batch, Loaded, LocalStore, MemoryLocalStore, StoreError};

use self::world::block_on;

/// Survives being opened again, as long as one handle is kept.
struct Shared(Rc<MemoryLocalStore>);

impl LocalStore for Shared {
    async fn load(&self) -> Result<Loaded, StoreError> {
        self.0.load().await
    }

    async fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        self.0.apply(batch).await
    }

    async fn documents(
        &self,
        tickets: &[domain::TicketId],
    ) -> Result<Vec<domain::ticket::Document>, StoreError> {
        self.0.documents(tickets).await
    }
}

macro_rules! tests {
    ($($case:ident)*) => {$(
        #[test]
        fn $case() {
            let store = Rc::new(MemoryLocalStore::default());
            block_on(sync::conformance::$case(async || Shared(Rc::clone(&store))));
        }
    )*};
}

sync::for_each_local_store_case!(tests);
