//! Carries out what the planner says: one step at a time, for as long as the desk is open.
//!
//! ```text
//!        ┌──────────── plan ◀───────────────────────────────┐
//!        ▼                                                  │
//!   push · pull ──▶ answer ──▶ batch, durable ──▶ told ─────┤
//!   listen ──▶ event ──▶ batch, durable ──▶ told ───────────┤
//!   wait ──▶ time, a tap, the network or the person says go ┘
//! ```

use std::rc::Rc;

use domain::Timestamp;
use futures_util::future::{Either, select};
use sync::messages::{Event, PullRequest, PushRequest};
use sync::{Absorbed, Batch, Failure, Replica, Step, StoreError};

use super::core::Core;
use super::desk::Desk;
use super::line::{Events, Line};
use crate::device::{clock, id, network};

/// Pause before what lies about in the store is merged, in milliseconds.
const TIDY_EVERY_MS: u32 = 30_000;
/// Most events that are kept together with the one that was waited for.
const MAX_BURST: usize = 200;

/// Exchanges with the server until it is dropped, or until another window takes over.
pub(super) async fn run<L: Line>(core: Rc<Core>, desk: Rc<Desk>, line: Rc<L>) {
    let driver = Driver { core, desk, line };
    let mut stream = None;
    // The app may have ended just after the server had said so.
    driver.go_on_if_copied().await;
    while !driver.desk.is_fenced_off() {
        let step = driver.core.planner().next(&driver.desk.replica(), clock::now());
        match step {
            Step::Push(request) => driver.push(request).await,
            Step::Pull(request) => {
                // What the stream brings after this would begin in the middle.
                stream = None;
                driver.pull(request).await;
            }
            Step::Listen { until, .. } => stream = driver.listen(stream, until).await,
            Step::Wait(until) => driver.core.bell().heard_before(until).await,
            Step::SignIn | Step::Update => driver.core.bell().heard().await,
        }
        driver.core.tell_status();
    }
}

/// Merges what lies about in the store, now and then. What turns out to be spoilt there is pulled anew, which takes its place; once, because
/// a ticket that the server can't give again would have everything pulled again and again.
pub(super) async fn tidy(core: Rc<Core>, desk: Rc<Desk>) {
    let mut is_pulled = false;
    loop {
        clock::sleep(TIDY_EVERY_MS).await;
        let Err(error) = desk.tidy().await else { continue };
        leptos::logging::warn!("the local database could not be tidied: {error}");
        if !is_pulled && matches!(error, StoreError::Unreadable { .. }) && desk.pull_anew().await.is_ok() {
            is_pulled = true;
            core.bell().ring();
        }
    }
}

struct Driver<L> {
    core: Rc<Core>,
    desk: Rc<Desk>,
    line: Rc<L>,
}

impl<L: Line> Driver<L> {
    async fn push(&self, request: PushRequest) {
        let sent = clock::now();
        let response = match self.line.push(&request).await {
            Ok(response) => response,
            Err(failure) => return self.failed(failure),
        };
        if response.is_for_somebody_else() {
            return self.failed(Failure::SignedOut);
        }
        let received = clock::now();
        if self.keep(|replica| replica.on_push(&response, sent, received)).await {
            self.go_on_if_copied().await;
            self.core.planner_mut().pushed(&self.desk.replica(), &request, received);
        }
    }

    /// Goes on as another device, if the server has met another copy of this one.
    async fn go_on_if_copied(&self) {
        if self.desk.replica().is_copied() {
            self.keep(|replica| replica.under_another_name(id::new_device())).await;
        }
    }

    async fn pull(&self, request: PullRequest) {
        let sent = clock::now();
        let response = match self.line.pull(&request).await {
            Ok(response) => response,
            Err(failure) => return self.failed(failure),
        };
        if response.person.id != self.desk.replica().person().id {
            // Somebody else has signed in on this browser meanwhile. Their tickets must not get in here.
            return self.failed(Failure::SignedOut);
        }
        let (received, more) = (clock::now(), response.more);
        if self.keep(|replica| replica.on_pull(response, sent, received)).await {
            self.core.planner_mut().pulled(more);
        }
    }

    /// Listens until something else has to be done, and not beyond an instant of the device's clock. Returns the stream if it can be
    /// listened to again.
    async fn listen(&self, stream: Option<L::Events>, until: Option<Timestamp>) -> Option<L::Events> {
        let (device, has) = {
            let replica = self.desk.replica();
            (replica.meta().identity.device, replica.pull_request(None))
        };
        let mut stream = match stream {
            Some(stream) => stream,
            None => match self.line.listen(device, &has).await {
                Ok(stream) => {
                    // A notice may have been told while nobody listened, or something parked.
                    self.core.ring();
                    self.core.tell_of_parked();
                    stream
                }
                Err(failure) => {
                    self.failed(failure);
                    return None;
                }
            },
        };
        self.core.planner_mut().listening();
        self.core.tell_status();
        let event = {
            let next = Box::pin(stream.next());
            let woken = async {
                match until {
                    Some(until) => self.core.bell().heard_before(until).await,
                    None => self.core.bell().heard().await,
                }
            };
            match select(next, Box::pin(woken)).await {
                Either::Left((event, _)) => Some(event),
                Either::Right(_) => None,
            }
        };
        match event {
            // Woken: something waits to be sent, the server is to be told again, or the browser says that the network is gone.
            None if network::is_online() => return Some(stream),
            None | Some(None) => self.failed(Failure::Unreachable),
            Some(Some(event)) => {
                // A burst is kept as one: each batch costs the device a write to its disk.
                let more = std::iter::from_fn(|| stream.arrived());
                let events: Vec<_> = std::iter::once(event).chain(more.take(MAX_BURST)).collect();
                if events.contains(&Event::SignedOut) {
                    self.failed(Failure::SignedOut);
                } else if self.take_in(&events).await {
                    return Some(stream);
                }
            }
        }
        None
    }

    /// Takes events in. Returns false if they don't fit, so that a pull is needed.
    async fn take_in(&self, events: &[Event]) -> bool {
        if events.iter().any(|event| matches!(event, Event::Notice(_))) {
            self.core.ring();
        }
        if events.contains(&Event::Parked) {
            self.core.tell_of_parked();
        }
        for event in events {
            if let Event::Changed(changed) = event
                && let Err(error) = self.desk.know(changed.ticket).await
            {
                self.store_failed(&error);
                return false;
            }
        }
        let mut fits = true;
        let kept = self
            .keep(|replica| match replica.on_events(events) {
                Absorbed::Batch(batch) => *batch,
                Absorbed::Behind => {
                    fits = false;
                    Batch::default()
                }
            })
            .await;
        if !fits {
            self.core.planner_mut().behind();
        } else if kept {
            self.core.planner_mut().heard(&self.desk.replica(), events);
        }
        kept && fits
    }

    async fn keep(&self, plan: impl FnOnce(&Replica) -> Batch) -> bool {
        match self.desk.take(plan).await {
            Ok(news) => {
                self.core.tell(&self.desk, &news);
                true
            }
            Err(error) => {
                self.store_failed(&error);
                false
            }
        }
    }

    /// What came could not be kept. Nothing is lost: it comes again with the next attempt.
    fn store_failed(&self, error: &StoreError) {
        leptos::logging::warn!("what the server sent could not be kept: {error}");
        self.failed(Failure::NotKept);
    }

    fn failed(&self, failure: Failure) {
        self.core.planner_mut().failed(failure, clock::now(), clock::jitter());
    }
}
