//! Choosing files and keeping them, one after the other.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use domain::TicketId;
use leptos::ev::Event;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::device::file::{self, Picked};
use crate::device::pictures::{PictureError, Pictures};
use crate::i18n::{Lang, Words, use_lang};
use crate::t;
use crate::ui::{FileButton, Notice, Tone, use_toasts};
use crate::workspace::{RecordError, Workspace, use_workspace};

/// Why a file is not part of the ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
enum NotAdded {
    /// It can't be taken.
    Picture(PictureError),
    /// It could not be kept, or may not be attached.
    Record(RecordError),
}

/// The adding of files to one ticket.
#[derive(Clone, Copy)]
pub(super) struct Adding {
    ticket: TicketId,
    workspace: Workspace,
    lang: Lang,
    /// What is still to be kept. Shared with the task that keeps it, which outlives the page.
    queue: StoredValue<Rc<RefCell<VecDeque<Picked>>>, LocalStorage>,
    /// How many that are, the one under way included.
    left: RwSignal<usize>,
    not_added: RwSignal<Vec<(String, NotAdded)>>,
}

pub(super) fn use_adding(ticket: TicketId) -> Adding {
    Adding {
        ticket,
        workspace: use_workspace(),
        lang: use_lang(),
        queue: StoredValue::new_local(Rc::default()),
        left: RwSignal::new(0),
        not_added: RwSignal::default(),
    }
}

impl Adding {
    /// Keeps what was chosen, one after the other and after what was chosen before; `kept` is told how many were, once all have been
    /// tried.
    fn add(self, event: &Event, kept: impl Fn(usize) + 'static) {
        let picked = file::picked(event);
        let is_under_way = self.left.get_untracked() > 0;
        let queue = self.queue.get_value();
        self.left.update(|left| *left += picked.len());
        queue.borrow_mut().extend(picked);
        if is_under_way {
            return;
        }
        self.not_added.set(Vec::new());
        spawn_local(async move {
            let pictures = Pictures::default();
            let mut count = 0;
            while let Some(file) = { queue.borrow_mut().pop_front() } {
                match self.keep(&pictures, &file).await {
                    Ok(()) => count += 1,
                    Err(why) => {
                        self.not_added.try_update(|not_added| not_added.push((file.name.clone(), why)));
                    }
                }
                // Whoever leaves the page meanwhile takes its signals along; what was chosen is kept all the same.
                self.left.try_update(|left| *left -= 1);
            }
            if count > 0 && !self.left.is_disposed() {
                kept(count);
            }
        });
    }

    async fn keep(self, pictures: &Pictures, file: &Picked) -> Result<(), NotAdded> {
        let prepared = pictures.prepare(file).await.map_err(NotAdded::Picture)?;
        let kept = self.workspace.attach(self.ticket, prepared).await;
        kept.map(drop).map_err(NotAdded::Record)
    }
}

/// The two buttons.
#[component]
pub(super) fn AddButtons(adding: Adding) -> impl IntoView {
    let lang = adding.lang;
    let toasts = use_toasts();
    let add = move |event: Event| {
        adding.add(&event, move |count| toasts.say(move || lang.words().photos_added(count)));
    };
    view! {
        <FileButton icon="camera" label=t!(lang, photos_add) accept="image/*" camera=true multiple=true on_choose=add />
        <FileButton
            icon="upload"
            label=t!(lang, photos_add_file)
            accept="image/*,application/pdf,text/plain"
            multiple=true
            on_choose=add
        />
    }
}

/// How far adding has come, and what was not added and why.
#[component]
pub(super) fn AddingNotes(adding: Adding) -> impl IntoView {
    let lang = adding.lang;
    let under_way = move || {
        let left = adding.left.get();
        (left > 0).then(|| lang.words().photos_preparing(left))
    };
    let not_added = move || {
        let not_added = adding.not_added.get().into_iter().map(|(name, why)| {
            let (what, next) = why.words(lang.words());
            let title = if name.is_empty() { what } else { lang.words().photos_not_added(name, what) };
            view! { <Notice tone=Tone::Danger title text=next answers=true /> }
        });
        not_added.collect_view()
    };
    view! {
        <p class="photos__note secondary" role="status">{under_way}</p>
        {not_added}
    }
}

impl NotAdded {
    /// What is so, and what to do next.
    fn words(&self, words: Words) -> (String, String) {
        let (what, next) = match self {
            Self::Picture(PictureError::TooManyPixels) => {
                (words.photos_too_many_pixels(), words.photos_too_many_pixels_next())
            }
            Self::Picture(PictureError::TooLarge) => {
                (words.photos_too_large(), words.photos_too_large_next())
            }
            Self::Picture(PictureError::NotAccepted) => {
                (words.photos_not_accepted(), words.photos_not_accepted_next())
            }
            Self::Picture(PictureError::Unreadable) => {
                (words.photos_unreadable(), words.photos_unreadable_next())
            }
            Self::Picture(PictureError::NotPrepared(_)) => {
                (words.photos_not_prepared(), words.photos_not_prepared_next())
            }
            Self::Record(RecordError::Store(sync::StoreError::Full)) => {
                (words.photos_full(), words.photos_full_next())
            }
            Self::Record(error) => return words.record_error(error),
        };
        (what.to_owned(), next.to_owned())
    }
}
