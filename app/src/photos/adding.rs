//! Adding photos and files: what was chosen is prepared and kept one after the other, whatever else is done meanwhile.

use domain::TicketId;
use leptos::ev::Event;
use leptos::prelude::*;

use crate::device::file;
use crate::device::pictures::PictureError;
use crate::i18n::{Words, use_lang};
use crate::t;
use crate::ui::{FileButton, Notice, Tone, use_toasts};
use crate::workspace::{NotAdded, RecordError, use_workspace};

/// The two buttons.
#[component]
pub(super) fn AddButtons(ticket: TicketId) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let toasts = use_toasts();
    let adding = workspace.adding(ticket);
    Effect::new(move |before: Option<usize>| {
        let (left, added) = adding.with(|adding| (adding.left, adding.added));
        if left == 0 && added > 0 && before.is_some_and(|before| before > 0) {
            toasts.say(move || lang.words().photos_added(added));
        }
        left
    });
    let add = move |event: Event| workspace.add_files(ticket, file::picked(&event));
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
pub(super) fn AddingNotes(ticket: TicketId) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let adding = workspace.adding(ticket);
    let left = Memo::new(move |_| adding.read().left);
    let not_added = Memo::new(move |_| adding.read().not_added.clone());
    let is_worth_another_try =
        Memo::new(move |_| not_added.read().iter().any(|(_, why)| why.is_worth_another_try()));
    let under_way = move || (left.get() > 0).then(|| lang.words().photos_preparing(left.get()));
    let notices = move || {
        let not_added = not_added.get().into_iter().map(|(name, why)| {
            let (what, next) = words_for(&why, lang.words());
            let title = if name.is_empty() { what } else { lang.words().photos_not_added(name, what) };
            view! { <Notice tone=Tone::Danger title text=next answers=true /> }
        });
        not_added.collect_view()
    };
    view! {
        <p class="photos__note secondary" role="status">{under_way}</p>
        {notices}
        <Show when=move || !not_added.read().is_empty()>
            <div class="row">
                <Show when=move || is_worth_another_try.get()>
                    <button
                        class="button"
                        type="button"
                        data-kind="primary"
                        on:click=move |_| workspace.add_again(ticket)
                    >
                        {t!(lang, photos_add_again)}
                    </button>
                </Show>
                <button class="button" type="button" on:click=move |_| workspace.forget_not_added(ticket)>
                    {t!(lang, photos_not_added_seen)}
                </button>
            </div>
        </Show>
    }
}

/// What is so, and what to do next.
fn words_for(why: &NotAdded, words: Words) -> (String, String) {
    let (what, next) = match why {
        NotAdded::Picture(PictureError::TooManyPixels) => {
            (words.photos_too_many_pixels(), words.photos_too_many_pixels_next())
        }
        NotAdded::Picture(PictureError::TooLarge) => {
            (words.photos_too_large(), words.photos_too_large_next())
        }
        NotAdded::Picture(PictureError::NotAccepted) => {
            (words.photos_not_accepted(), words.photos_not_accepted_next())
        }
        NotAdded::Picture(PictureError::Unreadable) => {
            (words.photos_unreadable(), words.photos_unreadable_next())
        }
        NotAdded::Picture(PictureError::NotPrepared(_)) => {
            (words.photos_not_prepared(), words.photos_not_prepared_next())
        }
        NotAdded::Record(RecordError::Store(sync::StoreError::Full)) => {
            (words.photos_full(), words.photos_full_next())
        }
        NotAdded::Record(error) => return words.record_error(error),
    };
    (what.to_owned(), next.to_owned())
}
