//! Recording, once, and what became of it.

use std::future::Future;

use domain::ticket::{Action, Seen};
use domain::{ChangeId, TicketId};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::workspace::{RecordError, Workspace, use_workspace};

/// Records one thing at a time. While it is being saved, further taps do nothing, so a double tap can't record twice.
#[derive(Debug, Clone, Copy)]
pub struct Recorder {
    workspace: Workspace,
    busy: RwSignal<bool>,
    problem: RwSignal<Option<RecordError>>,
}

/// A recorder for one form or one row of buttons.
pub fn use_recorder() -> Recorder {
    Recorder { workspace: use_workspace(), busy: RwSignal::new(false), problem: RwSignal::new(None) }
}

impl Recorder {
    /// Records an action; `saved` is called once it is saved on this device, and not otherwise.
    pub fn record(self, ticket: TicketId, action: Action, saved: impl FnOnce() + 'static) {
        self.keep(async move { self.workspace.record(ticket, action).await }, saved);
    }

    /// Records an action that rests on what was seen earlier, and not on what is known by now.
    pub fn record_by(self, ticket: TicketId, action: Action, seen: Seen, saved: impl FnOnce() + 'static) {
        self.keep(async move { self.workspace.record_by(ticket, action, seen).await }, saved);
    }

    fn keep(
        self,
        recording: impl Future<Output = Result<ChangeId, RecordError>> + 'static,
        saved: impl FnOnce() + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        spawn_local(async move {
            let outcome = recording.await;
            // Whoever leaves the page meanwhile takes its signals along; what was recorded stays recorded.
            if self.busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(_) => saved(),
                Err(problem) => self.problem.set(Some(problem)),
            }
        });
    }

    /// Whether something is being saved.
    pub fn is_busy(self) -> Signal<bool> {
        self.busy.into()
    }

    /// Why the last thing was not saved. Nothing of it was kept.
    pub fn problem(self) -> Signal<Option<RecordError>> {
        self.problem.into()
    }

    /// Forgets the problem: it has been read, or it is tried again.
    pub fn clear(self) {
        self.problem.set(None);
    }
}
