//! The page behind the sync pill.

use std::sync::Arc;

use domain::people::Role;
use domain::{ChangeId, Refusal, TicketId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use sync::tablets::Tablet;
use sync::{Link, OutboxEntry, OutboxState, StoreError};

use super::copying::{CopyButton, Copying, NotCopied};
use super::rescue::RescuePanel;
use super::reset::ResetPanel;
use crate::i18n::use_lang;
use crate::shell::{FieldShell, OfficeShell};
use crate::t;
use crate::tablets::said::held;
use crate::tickets::deed::{Deed, Speaker, join};
use crate::tickets::{SyncMark, iso, number_of, ticket_path, use_when};
use crate::ui::{Confirm, Empty, Icon, Notice, Tone};
use crate::workspace::{ChangeMark, StorageState, use_workspace};

/// What has not reached the server.
#[component]
pub fn OutboxPage() -> impl IntoView {
    let lang = use_lang();
    let person = use_workspace().person();
    if matches!(person.read_untracked().role, Role::Engineer | Role::Specialist) {
        view! {
            <FieldShell title=t!(lang, outbox_title) back="/">
                <Outbox />
            </FieldShell>
        }
        .into_any()
    } else {
        view! {
            <OfficeShell>
                <header class="office-bar"><h1 class="office-bar__title">{t!(lang, outbox_title)}</h1></header>
                <div class="scroll"><div class="page" data-width="narrow"><Outbox /></div></div>
            </OfficeShell>
        }
        .into_any()
    }
}

#[component]
fn Outbox() -> impl IntoView {
    let workspace = use_workspace();
    let outbox = workspace.outbox();
    let some = |wanted: fn(&OutboxEntry) -> bool| {
        Memo::new(move |_| outbox.read().iter().filter(|entry| wanted(entry)).cloned().collect::<Vec<_>>())
    };
    let refused = some(OutboxEntry::is_refused);
    let parked = some(OutboxEntry::is_parked);
    let waiting = some(|entry| !entry.is_refused() && !entry.is_parked());
    let status = workspace.status();
    let files = Memo::new(move |_| status.read().unsent.files);
    let files_unseen = Memo::new(move |_| status.read().files_unseen);
    let unjudged = Memo::new(move |_| status.read().unjudged);
    let is_empty = move || {
        let no_changes = refused.read().is_empty() && parked.read().is_empty() && waiting.read().is_empty();
        no_changes && files.get() == 0 && !files_unseen.get() && status.read().not_added == 0
    };
    let lang = use_lang();
    view! {
        <div class="stack">
            <Show when=is_empty>
                <Empty icon="cloud-check" title=t!(lang, outbox_empty) text=t!(lang, outbox_empty_more) />
            </Show>
            <Show when=move || !refused.read().is_empty()>
                <section>
                    <h2 class="job-list__heading">
                        {t!(lang, outbox_refused)} " " <small>{move || refused.read().len()}</small>
                    </h2>
                    <ol class="panel">
                        <For each=move || refused.get() key=|entry| entry.change.id let:entry>
                            <ChangeLine entry />
                        </For>
                    </ol>
                </section>
            </Show>
            <Show when=move || !parked.read().is_empty()>
                <section>
                    <h2 class="job-list__heading">
                        {t!(lang, outbox_parked)} " " <small>{move || parked.read().len()}</small>
                    </h2>
                    <p class="secondary">{t!(lang, outbox_parked_more)}</p>
                    <ol class="panel">
                        <For each=move || parked.get() key=|entry| entry.change.id let:entry>
                            <ChangeLine entry />
                        </For>
                    </ol>
                </section>
            </Show>
            <Show when=move || !waiting.read().is_empty()>
                <section>
                    <h2 class="job-list__heading">
                        {t!(lang, outbox_waiting)} " " <small>{move || waiting.read().len()}</small>
                    </h2>
                    <Show when=move || { unjudged.get() > 0 }>
                        <p class="secondary">{t!(lang, status_unjudged, unjudged.get())}</p>
                    </Show>
                    <ol class="panel">
                        <For each=move || waiting.get() key=|entry| (entry.change.id, entry.is_waiting()) let:entry>
                            <ChangeLine entry />
                        </For>
                    </ol>
                </section>
            </Show>
            <NotAdded />
            <Show when=move || files_unseen.get()>
                <Notice
                    tone=Tone::Danger
                    title=t!(lang, outbox_files_unseen)
                    text=t!(lang, outbox_files_unseen_more)
                />
            </Show>
            <Show when=move || { files.get() > 0 }>
                <section>
                    <h2 class="job-list__heading">{t!(lang, photos_outbox_title)} " " <small>{files}</small></h2>
                    <p class="secondary">{t!(lang, photos_outbox, files.get())}</p>
                </section>
            </Show>
            <LeftBehind />
            <Standing />
            <RescuePanel />
            <ResetPanel />
        </div>
    }
}

/// Files that could not be added to their tickets, and where to try again.
#[component]
fn NotAdded() -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let role = workspace.person().read_untracked().role;
    let not_added = workspace.not_added();
    let number = move |ticket| {
        workspace.cards().with(|cards| {
            let card = cards.iter().find(|card| card.ticket == ticket);
            number_of(ticket, card.and_then(|card| card.number.as_ref()), lang.words())
        })
    };
    view! {
        <For each=move || not_added.get() key=|of| *of let((ticket, count))>
            <Notice
                tone=Tone::Danger
                title=move || lang.words().outbox_not_added(count, number(ticket))
                text=t!(lang, outbox_not_added_more)
                answers=true
            />
            <div class="row">
                <button class="button" type="button" on:click=move |_| workspace.add_again(ticket)>
                    {t!(lang, photos_add_again)}
                </button>
                <A href=ticket_path(role, ticket) attr:class="button">{t!(lang, outbox_not_added_show)}</A>
                // The ticket may be out of sight by now.
                <button
                    class="button"
                    type="button"
                    data-kind="danger"
                    on:click=move |_| workspace.forget_not_added(ticket)
                >
                    {t!(lang, outbox_not_added_drop)}
                </button>
            </div>
        </For>
    }
}

/// One change: what it is, about which ticket, how far it has come, and what its author can do.
#[component]
fn ChangeLine(entry: OutboxEntry) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let when = use_when();
    let entry = Arc::new(entry);
    let (id, ticket) = (entry.change.id, entry.change.ticket);
    let made = entry.change.claim.corrected();
    let deed = {
        let entry = entry.clone();
        Memo::new(move |_| {
            let directory = workspace.directory().get();
            let instant = |instant| when.instant(instant);
            Speaker { words: lang.words(), directory: &directory, instant: &instant }
                .deed_in_full(&entry.change.action)
        })
    };
    let card = Memo::new(move |_| {
        workspace.cards().with(|cards| cards.iter().find(|card| card.ticket == ticket).cloned())
    });
    let about = move || {
        // Gone from this person's sight, and its number with it.
        let Some(card) = card.get() else { return lang.words().outbox_ticket_gone().to_owned() };
        let number = number_of(ticket, card.number.as_ref(), lang.words());
        let whose = if card.company.is_empty() { card.customer } else { card.company };
        join([number, whose].into_iter().filter(|part| !part.is_empty()))
    };
    let state = match &entry.state {
        OutboxState::Refused { because, .. } => {
            view! { <Refused id ticket because=because.clone() deed in_sight=Memo::new(move |_| card.read().is_some()) /> }.into_any()
        }
        OutboxState::Waiting => view! { <SyncMark mark=ChangeMark::OnTablet /> }.into_any(),
        OutboxState::Accepted { .. } | OutboxState::Kept { .. } => {
            view! { <SyncMark mark=ChangeMark::OnServer /> }.into_any()
        }
        OutboxState::Parked { .. } => view! { <SyncMark mark=ChangeMark::Parked /> }.into_any(),
    };
    let path = ticket_path(workspace.person().read_untracked().role, ticket);
    view! {
        <li class="change">
            <span class="entry__glyph" aria-hidden="true"><Icon name=Signal::derive(move || deed.read().glyph) /></span>
            <span class="change__what">{move || deed.read().what.clone()}</span>
            <time class="change__when" datetime=iso(made)>{move || when.instant(made)}</time>
            {move || {
                let path = path.clone();
                if card.read().is_some() {
                    view! { <A href=path attr:class="change__ticket">{about}</A> }.into_any()
                } else {
                    view! { <span class="change__ticket">{about}</span> }.into_any()
                }
            }}
            {state}
        </li>
    }
}

/// Why a change was refused, and what can be done.
#[component]
fn Refused(
    id: ChangeId,
    ticket: TicketId,
    because: Refusal,
    deed: Memo<Deed>,
    /// Whether the ticket can still be looked at.
    in_sight: Memo<bool>,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let worth_retrying = because.worth_retrying();
    let declined = matches!(because, Refusal::Declined { .. });
    let when = use_when();
    let said = Memo::new(move |_| {
        let directory = workspace.directory().get();
        let instant = |instant| when.instant(instant);
        Speaker { words: lang.words(), directory: &directory, instant: &instant }.refusal(&because)
    });
    let asking = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<StoreError>);
    let retry = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            failed.try_set(workspace.retry(id).await.err());
            busy.try_set(false);
        });
    };
    let copying = Copying::of(deed);
    let discard_text = move || {
        let (words, deed) = (lang.words(), deed.read());
        if declined {
            words.outbox_discard_declined(&deed.what)
        } else {
            words.outbox_discard_text(&deed.what)
        }
    };
    let discard = move |()| {
        spawn_local(async move {
            failed.try_set(workspace.discard(id).await.err());
        });
    };
    let path = ticket_path(workspace.person().read_untracked().role, ticket);
    view! {
        <div class="change__reason">
            <strong>{move || said.read().0.clone()}</strong>
            <span>{move || said.read().1.clone()}</span>
        </div>
        {move || {
            let lines = deed.read().text.clone();
            (!lines.is_empty()).then(|| view! { <p class="change__text secondary">{lines.join("\n")}</p> })
        }}
        <div class="change__actions">
            // The office has looked at it: to send it again would only ask again.
            {(!declined).then(|| view! {
                <button
                    class="button"
                    type="button"
                    data-size="s"
                    data-kind=worth_retrying.then_some("accent")
                    data-busy=busy
                    on:click=retry
                >
                    <Icon name="sync" />
                    {t!(lang, outbox_retry)}
                </button>
            })}
            {move || in_sight.get().then(|| {
                let path = path.clone();
                view! {
                    <A href=path attr:class="button" attr:data-size="s"><Icon name="ticket" />{t!(lang, outbox_open)}</A>
                }
            })}
            <CopyButton copying />
            <button class="button" type="button" data-size="s" data-kind="danger" on:click=move |_| asking.set(true)>
                <Icon name="trash" />
                {t!(lang, outbox_discard)}
            </button>
        </div>
        {move || failed.get().map(|error| {
            let (title, text) = lang.words().store_error(&error);
            view! { <Notice tone=Tone::Danger title text answers=true /> }
        })}
        <NotCopied copying />
        <Confirm
            open=asking
            title=t!(lang, outbox_discard_title)
            text=discard_text
            action=t!(lang, outbox_discard)
            destroys=true
            on_confirm=discard
        />
    }
}

/// What the person's other devices may still hold.
#[component]
fn LeftBehind() -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let left_behind = use_workspace().left_behind();
    let each = move || left_behind.get().iter().cloned().collect::<Vec<Tablet>>();
    let notice = move |tablet: Tablet| {
        let text = move || {
            let words = lang.words();
            words.left_behind_more(when.instant(tablet.last_heard), held(&tablet, words))
        };
        view! { <Notice tone=Tone::Warn icon="tablet" title=t!(lang, left_behind_title) text /> }
    };
    view! { <For each key=Tablet::clone let:tablet>{notice(tablet)}</For> }
}

/// How things stand with the server and this device's storage.
#[component]
fn Standing() -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let status = workspace.status();
    let when = use_when();
    let line = move || {
        let words = lang.words();
        match status.read().link {
            Link::Connecting => words.outbox_link_connecting(),
            Link::Live => words.outbox_link_live(),
            Link::Offline => words.outbox_link_offline(),
            Link::NotKept => words.outbox_link_not_kept(),
            Link::NotUnderstood => words.outbox_link_not_understood(),
            Link::SignedOut => words.outbox_link_signed_out(),
            Link::TooOld => words.outbox_link_too_old(),
        }
    };
    let contact = move || {
        let contact = status.read().last_contact;
        contact.map_or_else(|| lang.words().outbox_never().to_owned(), |contact| when.instant(contact))
    };
    let storage = move || {
        let words = lang.words();
        match &status.read().storage {
            StorageState::Opening => words.outbox_storage_opening().to_owned(),
            StorageState::Open { twice: false, .. } => words.outbox_storage_once().to_owned(),
            StorageState::Open { tight: true, .. } => words.outbox_storage_tight().to_owned(),
            StorageState::Open { protected: true, .. } => words.outbox_storage_protected().to_owned(),
            StorageState::Open { protected: false, .. } => words.outbox_storage_open().to_owned(),
            StorageState::Failed(problem) => words.store_error(problem).0,
        }
    };
    let tight = move || matches!(status.read().storage, StorageState::Open { tight: true, .. });
    let unprotected = move || matches!(status.read().storage, StorageState::Open { protected: false, .. });
    view! {
        <section class="panel">
            <header class="panel__head">
                <h2 class="panel__title">{t!(lang, outbox_standing)}</h2>
                <div class="panel__end">
                    <button class="button" type="button" data-size="s" on:click=move |_| workspace.sync_now()>
                        <Icon name="sync" />
                        {t!(lang, outbox_sync_now)}
                    </button>
                </div>
            </header>
            <div class="panel__body stack">
                <dl class="facts">
                    <dt>{t!(lang, outbox_link)}</dt><dd>{line}</dd>
                    <dt>{t!(lang, outbox_contact)}</dt><dd>{contact}</dd>
                    <dt>{t!(lang, outbox_storage)}</dt><dd>{storage}</dd>
                </dl>
                <Show when=tight>
                    <Notice tone=Tone::Warn title=t!(lang, outbox_tight) text=t!(lang, outbox_tight_more) />
                </Show>
                <Show when=unprotected>
                    <Notice tone=Tone::Plain title=t!(lang, outbox_unprotected) text=t!(lang, outbox_unprotected_more) />
                </Show>
            </div>
        </section>
    }
}
