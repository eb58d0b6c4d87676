//! Wakes one task that waits.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

use domain::Timestamp;
use futures_util::future::select;

use crate::device::clock;

/// A bell for one waiting task. Rung while nobody waits, it is remembered.
#[derive(Debug, Default)]
pub(super) struct Wake {
    rung: Cell<bool>,
    waiting: RefCell<Option<Waker>>,
}

impl Wake {
    /// Wakes the task.
    pub(super) fn ring(&self) {
        self.rung.set(true);
        if let Some(waker) = self.waiting.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Waits to be woken.
    pub(super) async fn heard(&self) {
        poll_fn(|context| {
            if self.rung.replace(false) {
                return Poll::Ready(());
            }
            *self.waiting.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Waits to be woken, but not beyond an instant of the device's clock.
    pub(super) async fn heard_before(&self, until: Timestamp) {
        let pause = until.millis_since(clock::now()).max(0);
        let pause = clock::sleep(u32::try_from(pause).unwrap_or(u32::MAX));
        select(Box::pin(pause), Box::pin(self.heard())).await;
    }
}
