//! Recording, once, and what became of it.

use domain::ticket::{Action, Seen};
use domain::{ChangeId, TicketId};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::device::drafts::Draft;
use crate::i18n::Words;
use crate::tickets::number_of;
use crate::ui::{ToastBoard, use_toasts};
use crate::workspace::{RecordError, Workspace, use_workspace};

/// Something to record.
#[derive(Debug)]
pub struct Recording {
    ticket: TicketId,
    action: Action,
    seen: Option<Seen>,
    draft: Option<Draft>,
}

impl Recording {
    /// An action that rests on what is known by now.
    pub fn of(ticket: TicketId, action: Action) -> Self {
        Self { ticket, action, seen: None, draft: None }
    }

    /// The same, resting on what was seen earlier.
    pub fn by(self, seen: Seen) -> Self {
        Self { seen: Some(seen), ..self }
    }

    /// The draft that it was typed in, which goes once it is recorded: also when nobody is on the page any more.
    pub fn typed_in(self, draft: Option<Draft>) -> Self {
        Self { draft, ..self }
    }

    async fn keep(self, workspace: Workspace) -> Result<ChangeId, RecordError> {
        let draft = self.draft.map(Draft::send);
        let recorded = match self.seen {
            Some(seen) => workspace.record_by(self.ticket, self.action, seen).await,
            None => workspace.record(self.ticket, self.action).await,
        };
        if let (Ok(_), Some(draft)) = (&recorded, draft) {
            draft.recorded();
        }
        recorded
    }
}

/// Records one thing at a time. While it is being saved, further taps do nothing, so a double tap can't record twice.
///
/// Whoever leaves the page meanwhile takes its signals along. What belongs to the record is done all the same, and what was
/// not saved is told wherever they are.
#[derive(Debug, Clone, Copy)]
pub struct Recorder {
    workspace: Workspace,
    toasts: ToastBoard,
    busy: RwSignal<bool>,
    problem: RwSignal<Option<RecordError>>,
    /// Whether the place that shows the problem is open, where it opens and closes.
    open: Option<RwSignal<bool>>,
}

/// A recorder for one form or one row of buttons.
pub fn use_recorder() -> Recorder {
    Recorder {
        workspace: use_workspace(),
        toasts: use_toasts(),
        busy: RwSignal::new(false),
        problem: RwSignal::new(None),
        open: None,
    }
}

/// A recorder for a form that opens and closes. What was wrong before is forgotten when it opens.
pub fn use_recorder_in(open: RwSignal<bool>) -> Recorder {
    let recorder = Recorder { open: Some(open), ..use_recorder() };
    Effect::new(move |_| {
        if open.get() {
            recorder.clear();
        }
    });
    recorder
}

impl Recorder {
    /// Records an action; `saved` is called once it is saved on this device, and not otherwise.
    pub fn record(self, ticket: TicketId, action: Action, saved: impl FnOnce() + 'static) {
        self.keep(Recording::of(ticket, action), saved);
    }

    /// Records something; `saved` is called once it is saved on this device, and not otherwise, nor when the page has been
    /// left: it is for what the page shows.
    pub fn keep(self, recording: Recording, saved: impl FnOnce() + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        spawn_local(async move {
            let ticket = recording.ticket;
            let outcome = recording.keep(self.workspace).await;
            let is_left = self.busy.try_set(false).is_some();
            match outcome {
                Ok(_) if is_left => {}
                Ok(_) => saved(),
                Err(problem) if is_left || self.is_closed() => self.tell(ticket, problem),
                Err(problem) => self.problem.set(Some(problem)),
            }
        });
    }

    fn is_closed(self) -> bool {
        self.open.is_some_and(|open| !open.try_get_untracked().unwrap_or_default())
    }

    /// Tells what was not saved where no place is left that would show it.
    fn tell(self, ticket: TicketId, problem: RecordError) {
        let cards = self.workspace.cards();
        let number = cards.try_with_untracked(|cards| {
            cards.iter().find(|card| card.ticket == ticket).and_then(|card| card.number.clone())
        });
        let number = number.flatten();
        self.toasts.fail(move |words: Words| {
            words.not_kept_behind(number_of(ticket, number.as_ref(), words), words.record_error(&problem).0)
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
