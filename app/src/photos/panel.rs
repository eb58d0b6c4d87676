//! All photos and files of a ticket.

use std::sync::Arc;

use domain::ticket::{Action, Attachment, AttachmentKind, MediaType};
use leptos::prelude::*;

use super::adding::{AddButtons, AddingNotes};
use super::tile::Tile;
use crate::i18n::use_lang;
use crate::t;
use crate::workspace::{TicketView, use_workspace};

/// The photos and files of a ticket, and the buttons that add some, for whoever may.
#[component]
pub fn PhotosPanel(
    /// The ticket.
    #[prop(into)]
    view: Signal<Arc<TicketView>>,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let ticket = view.read_untracked().ticket.id;
    let may_add = Memo::new(move |_| workspace.may(ticket, &some_photo()).is_ok());
    let attached = Memo::new(move |_| {
        let view = view.read();
        let attached = view.ticket.attachments.iter();
        attached.map(|entry| (entry.by, entry.fact.clone())).collect::<Vec<_>>()
    });
    let is_empty = Memo::new(move |_| attached.read().is_empty());
    view! {
        <section class="panel" aria-label=t!(lang, photos_title)>
            <header class="panel__head">
                <h2 class="panel__title">{t!(lang, photos_title)}</h2>
                <div class="panel__end photos__buttons">
                    <Show when=move || may_add.get()>
                        <AddButtons ticket />
                    </Show>
                </div>
            </header>
            <div class="panel__body stack">
                <AddingNotes ticket />
                <Show when=move || is_empty.get()>
                    <p class="secondary">{t!(lang, photos_none)}</p>
                </Show>
                <ul class="photos">
                    <For each=move || attached.get() key=|(change, _)| *change let:attached>
                        <li><Tile ticket attachment=attached.1 /></li>
                    </For>
                </ul>
            </div>
        </section>
    }
}

/// A photo whose content is in order, to ask whether one may be attached.
fn some_photo() -> Action {
    Action::Attach(Box::new(Attachment {
        sha256: "0".repeat(64),
        bytes: 1,
        media_type: MediaType::Jpeg.name().to_owned(),
        kind: AttachmentKind::Photo,
        name: String::new(),
        size: None,
        taken_at: None,
        place: None,
    }))
}
