//! What need not be kept for ever. That something was told is: the rows of a ticket stay, for it may be planned again at any
//! time, and only they know what must not be told a second time.

use domain::Timestamp;

use super::Ringing;
use super::deliver::TRIED_FOR_MS;
use crate::store::StoreError;

/// How long notices and what was delivered are kept.
const KEPT_FOR_MS: i64 = 180 * Timestamp::DAY_MS;
/// How many notices are kept for one person.
const NOTICES_KEPT: u32 = 1_000;

impl Ringing {
    /// Deletes what is old enough.
    pub(super) async fn forget(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let before = now.plus_millis(-KEPT_FOR_MS);
        // What waits for a means that was switched off is looked for by nobody.
        self.store.give_up_deliveries(now.plus_millis(-TRIED_FOR_MS), now).await?;
        while self.store.forget_notices(before, NOTICES_KEPT).await? {}
        while self.store.forget_deliveries(before).await? {}
        Ok(())
    }
}
