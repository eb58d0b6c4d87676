//! The bell on screen.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use sync::Link;
use sync::notices::Told;

use super::keeper::use_notices;
use super::said::said;
use crate::device::keyboard;
use crate::i18n::use_lang;
use crate::t;
use crate::tickets::{iso, number_of, ticket_path, use_when};
use crate::ui::{Dialog, Empty, Icon, use_toasts};
use crate::workspace::use_workspace;

/// Most that the bell counts out.
const COUNTED: u64 = 99;

/// The bell with the number of unread notices; opens the list.
#[component]
pub fn Bell() -> impl IntoView {
    let lang = use_lang();
    let notices = use_notices();
    let page = notices.page();
    let unread = Memo::new(move |_| page.with(|page| page.unread));
    let open = RwSignal::new(false);
    let label = move || match unread.get() {
        0 => lang.words().bell_label().to_owned(),
        count => lang.words().bell_label_unread(usize::try_from(count).unwrap_or(usize::MAX)),
    };
    let count = move || {
        let count = unread.get();
        (count > 0).then(|| {
            let figure = if count > COUNTED { format!("{COUNTED}+") } else { count.to_string() };
            view! { <span class="count bell__count" data-tone="danger" aria-hidden="true">{figure}</span> }
        })
    };
    view! {
        <button
            class="icon-button bell"
            type="button"
            aria-haspopup="dialog"
            aria-label=label
            title=label
            on:click=move |_| open.set(true)
        >
            <Icon name="bell" />
            {count}
        </button>
        <NoticeList open />
    }
}

#[component]
fn NoticeList(open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let notices = use_notices();
    let page = notices.page();
    let online = Memo::new(move |_| workspace.status().with(|status| status.link == Link::Live));
    let any_unread = Memo::new(move |_| page.with(|page| page.unread > 0));
    let footer = move || {
        view! {
            <Show when=move || !online.get()>
                <p class="dialog__foot-note">{t!(lang, bell_offline)}</p>
            </Show>
            <Show when=move || any_unread.get()>
                <button class="button" type="button" on:click=move |_| notices.read_all()>
                    <Icon name="check" />
                    {t!(lang, bell_read_all)}
                </button>
            </Show>
            <button class="button" type="button" data-kind="primary" on:click=move |_| open.set(false)>
                {t!(lang, ui_close)}
            </button>
        }
    };
    let told = move || page.with(|page| page.notices.clone());
    let none = Memo::new(move |_| page.with(|page| page.notices.is_empty()));
    view! {
        <Dialog open title=t!(lang, bell_title) footer>
            <Show
                when=move || !none.get()
                fallback=move || view! { <Empty icon="bell" title=t!(lang, bell_none) text=t!(lang, bell_none_more) /> }
            >
                <ol class="notice-list">
                    <For each=told key=|told| (told.id, told.read) let:told>
                        <NoticeLine told open />
                    </For>
                </ol>
                <Earlier online />
            </Show>
        </Dialog>
    }
}

/// Shows what was told before, as long as there is something.
#[component]
fn Earlier(online: Memo<bool>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let notices = use_notices();
    let page = notices.page();
    let more = Memo::new(move |_| page.with(|page| page.more));
    let busy = RwSignal::new(false);
    let show_earlier = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let shown = page.with_untracked(|page| page.notices.len());
        spawn_local(async move {
            let answer = notices.earlier().await;
            busy.try_set(false);
            match answer {
                // Reading goes on with the first of them; the button may be gone.
                Ok(()) => request_animation_frame(move || {
                    keyboard::focus(&format!("dialog[open] .notice-list > li:nth-child({}) > a", shown + 1));
                }),
                Err(error) => {
                    leptos::logging::warn!("earlier notices could not be fetched: {error}");
                    toasts.say(move || lang.words().bell_earlier_failed().to_owned());
                }
            }
        });
    };
    view! {
        <Show when=move || more.get() && online.get()>
            <button
                class="button notice-list__more"
                type="button"
                aria-disabled=move || busy.get().then_some("true")
                data-busy=move || busy.get().then_some("")
                on:click=show_earlier
            >
                {t!(lang, bell_earlier)}
            </button>
        </Show>
    }
}

#[component]
fn NoticeLine(told: Told, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let workspace = use_workspace();
    let notices = use_notices();
    let navigate = use_navigate();
    let Told { id, told_at, read, notice } = told;
    let ticket = notice.ticket;
    // What it is about, as far as the ticket is on this device.
    let about = Memo::new(move |_| {
        workspace.cards().with(|cards| {
            let card = cards.iter().find(|card| card.ticket == ticket)?;
            Some(card.summary.clone())
        })
    });
    let number = {
        let number = notice.number.clone();
        move || number_of(ticket, number.as_ref(), lang.words())
    };
    let words = Memo::new(move |_| said(&notice, lang.words(), |at| when.instant(at)));
    let path = move || ticket_path(workspace.person().with(|person| person.role), ticket);
    let go = move |event: leptos::ev::MouseEvent| {
        notices.read(id);
        open.set(false);
        // A click with a modifier opens the browser's way.
        if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
            event.prevent_default();
            navigate(&untrack(path), NavigateOptions::default());
        }
    };
    view! {
        <li>
            <a class="notice-line" href=path data-unread=(!read).then_some("") data-tone=move || words.read().tone on:click=go>
                {move || view! { <Icon name=words.read().glyph /> }}
                <span class="notice-line__text">
                    <span class="notice-line__what">{move || words.read().what.clone()}</span>
                    {move || words.read().more.clone().map(|more| view! { <span class="notice-line__more">{more}</span> })}
                    <span class="notice-line__about">
                        <span class="number">{number}</span> " " {move || about.get()}
                    </span>
                </span>
                <time class="notice-line__time" datetime=iso(told_at)>{move || when.instant(told_at)}</time>
                {(!read).then(|| view! { <span class="visually-hidden">{t!(lang, bell_unread)}</span> })}
            </a>
        </li>
    }
}
