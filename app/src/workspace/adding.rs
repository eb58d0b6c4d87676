//! Files that were chosen for tickets, on their way onto this device: each is prepared, kept and attached, one after the other.
//!
//! This goes on when the page is left on which they were chosen, and the gate waits for it: what somebody has photographed counts as
//! theirs from that moment. What could not be added stays in hand until they have tried again or let it go.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use domain::TicketId;
use leptos::task::spawn_local;

use super::RecordError;
use super::core::Core;
use crate::device::clock;
use crate::device::file::Picked;
use crate::device::pictures::{PictureError, Pictures};

/// Pause before it is looked again whether this window works with the database, in milliseconds.
const ASK_AGAIN_MS: u32 = 1_000;

/// The adding of files to one ticket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Adding {
    /// How many are still to be kept, the one under way included.
    pub left: usize,
    /// How many have been kept since the last time that there were none left.
    pub added: usize,
    /// Those that were not, by their names, and why not. Until somebody says that they have seen it.
    pub not_added: Vec<(String, NotAdded)>,
}

/// Why a file is not part of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAdded {
    /// It can't be taken.
    Picture(PictureError),
    /// It could not be kept, or may not be attached.
    Record(RecordError),
}

impl NotAdded {
    /// Whether the same file may be added a moment later: room can be made, and an app comes back to its senses.
    pub const fn is_worth_another_try(&self) -> bool {
        matches!(self, Self::Record(_) | Self::Picture(PictureError::NotPrepared(_)))
    }
}

/// What was chosen and is still to be kept.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: RefCell<VecDeque<(TicketId, Picked)>>,
    /// Whether one has been taken out and is not kept yet.
    has_one_in_hand: Cell<bool>,
    /// What could not be added, and nobody has let go of.
    failed: RefCell<Vec<(TicketId, Picked)>>,
}

impl Queue {
    fn take_failed(&self, ticket: TicketId) -> Vec<Picked> {
        self.failed.borrow_mut().extract_if(.., |(of, _)| *of == ticket).map(|(_, file)| file).collect()
    }
}

impl Core {
    /// Takes files that were chosen for a ticket.
    pub(super) fn add_files(self: Rc<Self>, ticket: TicketId, picked: Vec<Picked>) {
        if picked.is_empty() {
            return;
        }
        self.tell_adding(ticket, |adding| {
            if adding.left == 0 {
                adding.added = 0;
            }
            adding.left += picked.len();
        });
        let is_idle = self.files_to_keep() == 0;
        self.adding().waiting.borrow_mut().extend(picked.into_iter().map(|file| (ticket, file)));
        if is_idle {
            spawn_local(async move { self.add_all().await });
        }
    }

    /// Files that were chosen and are neither kept nor let go: nothing but this page has them.
    pub(super) fn files_to_add(&self) -> usize {
        self.files_to_keep() + self.files_not_added()
    }

    /// Those of them that will be kept as soon as it is their turn.
    pub(super) fn files_to_keep(&self) -> usize {
        let queue = self.adding();
        queue.waiting.borrow().len() + usize::from(queue.has_one_in_hand.get())
    }

    /// Those of them that could not be added.
    pub(super) fn files_not_added(&self) -> usize {
        self.adding().failed.borrow().len()
    }

    /// Lets go of what was not added to a ticket: the person has seen it.
    pub(super) fn forget_not_added(&self, ticket: TicketId) {
        drop(self.adding().take_failed(ticket));
        self.tell_adding(ticket, |adding| adding.not_added.clear());
    }

    /// Tries again to add what was not added to a ticket.
    pub(super) fn add_again(self: Rc<Self>, ticket: TicketId) {
        let failed = self.adding().take_failed(ticket);
        self.tell_adding(ticket, |adding| adding.not_added.clear());
        self.add_files(ticket, failed);
    }

    async fn add_all(&self) {
        let queue = self.adding();
        let pictures = Pictures::default();
        while let Some((ticket, file)) = { queue.waiting.borrow_mut().pop_front() } {
            queue.has_one_in_hand.set(true);
            let added = self.add(&pictures, ticket, &file).await;
            let not_added = added.err().map(|why| (file.name.clone(), why));
            if not_added.is_some() {
                queue.failed.borrow_mut().push((ticket, file));
            }
            queue.has_one_in_hand.set(false);
            self.tell_adding(ticket, |adding| {
                adding.left = adding.left.saturating_sub(1);
                adding.added += usize::from(not_added.is_none());
                adding.not_added.extend(not_added);
            });
        }
    }

    async fn add(&self, pictures: &Pictures, ticket: TicketId, file: &Picked) -> Result<(), NotAdded> {
        let prepared = pictures.prepare(file).await.map_err(NotAdded::Picture)?;
        loop {
            match self.attach(ticket, prepared.attachment.clone(), &prepared.content).await {
                // A photo may be nowhere else: it waits until this window has its turn again.
                Err(RecordError::Elsewhere) => clock::sleep(ASK_AGAIN_MS).await,
                attached => return attached.map(drop).map_err(NotAdded::Record),
            }
        }
    }
}
