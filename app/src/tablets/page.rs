//! The page of those who look after people whose devices may still hold work.

use domain::Field;
use domain::ticket::Reason;
use leptos::prelude::*;
use leptos::task::spawn_local;
use sync::tablets::Tablet;

use super::keeper::{Tablets, use_tablets};
use super::said::{failure, held};
use crate::device::api::ApiError;
use crate::device::focus;
use crate::i18n::use_lang;
use crate::t;
use crate::tickets::deed::Speaker;
use crate::tickets::{iso, use_when};
use crate::ui::{Dialog, Empty, FormErrors, Icon, Notice, SaveButtons, Skeleton, TextArea, Tone, use_toasts};
use crate::workspace::use_workspace;

/// Where the keyboard goes when the line it was in has been dealt with.
const HEADING: &str = "tablets";

/// Devices that may still hold work.
#[component]
pub fn TabletsPage() -> impl IntoView {
    let lang = use_lang();
    let person = use_workspace().person();
    let steers = Memo::new(move |_| person.with(|person| person.role.steers()));
    let not_for = move || {
        view! { <Empty icon="shield" title=t!(lang, tablets_not_for_title) text=t!(lang, tablets_not_for_text) /> }
    };
    view! {
        <header class="office-bar">
            <h1 class="office-bar__title" id=HEADING tabindex="-1">{t!(lang, tablets_title)}</h1>
        </header>
        <div class="scroll">
            <div class="page" data-width="narrow">
                <Show when=move || steers.get() fallback=not_for>
                    <List />
                </Show>
            </div>
        </div>
    }
}

#[component]
fn List() -> impl IntoView {
    let lang = use_lang();
    let tablets = use_tablets();
    // Nobody tells that there is something new.
    tablets.fetch();
    let (page, trouble) = (tablets.page(), tablets.failure());
    let is_known = Memo::new(move |_| page.with(Option::is_some));
    let shown = Memo::new(move |_| {
        page.with(|page| page.as_ref().map_or_else(Vec::new, |page| page.tablets.clone()))
    });
    let nothing_yet = move || match trouble.get() {
        Some(error) => view! { <ReadFailure tablets error /> }.into_any(),
        None => view! { <div aria-busy="true"><Skeleton bars=5 /></div> }.into_any(),
    };
    view! {
        <Show when=move || is_known.get() fallback=nothing_yet>
            <Show
                when=move || !shown.read().is_empty()
                fallback=move || {
                    view! { <Empty icon="tablet-check" title=t!(lang, tablets_empty) text=t!(lang, tablets_empty_more) /> }
                }
            >
                <div class="stack">
                    <p class="secondary">{t!(lang, tablets_intro)}</p>
                    <ol class="panel" aria-label=t!(lang, tablets_list)>
                        <For each=move || shown.get() key=|tablet| tablet.device let:tablet>
                            <Line first=tablet shown />
                        </For>
                    </ol>
                </div>
            </Show>
        </Show>
    }
}

#[component]
fn ReadFailure(tablets: Tablets, error: ApiError) -> impl IntoView {
    let lang = use_lang();
    let offline = error == ApiError::Unreachable;
    let title = move || {
        let words = lang.words();
        if offline { words.tablets_offline_title() } else { words.tablets_failed_title() }
    };
    let text = move || {
        let words = lang.words();
        if offline { words.tablets_offline_text().to_owned() } else { failure(&error, words) }
    };
    let (tone, icon) = if offline { (Tone::Plain, "cloud-off") } else { (Tone::Danger, "alert") };
    view! {
        <Empty icon title text tone>
            <button class="button" type="button" on:click=move |_| tablets.fetch()>
                <Icon name="sync" />
                {t!(lang, try_again)}
            </button>
        </Empty>
    }
}

/// One device: whose it is, what it held, when it was heard of, and the way to say what became of it.
#[component]
fn Line(
    /// The device as it was when it came onto the list.
    first: Tablet,
    /// The list as it is now.
    shown: Memo<Vec<Tablet>>,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let when = use_when();
    let (device, person) = (first.device, first.person);
    // The line stays while the device is listed: somebody may be writing what became of it.
    let tablet = Memo::new(move |before: Option<&Tablet>| {
        let shown = shown.read();
        let now = shown.iter().find(|tablet| tablet.device == device);
        now.or(before).unwrap_or(&first).clone()
    });
    let last_heard = move || tablet.read().last_heard;
    let name = Memo::new(move |_| {
        let directory = workspace.directory().get();
        let instant = |instant| when.instant(instant);
        Speaker { words: lang.words(), directory: &directory, instant: &instant }.name(person)
    });
    let asking = RwSignal::new(false);
    let holds = move || held(&tablet.read(), lang.words());
    let times = move || {
        let first_heard = tablet.read().first_heard;
        lang.words().tablets_times(when.instant(last_heard()), when.instant(first_heard))
    };
    let overdue = Memo::new(move |_| tablet.read().overdue);
    let state = move || {
        if overdue.get() {
            let text = move || lang.words().tablets_overdue(name.read());
            view! { <div class="change__reason" data-tone="hold"><strong>{text}</strong></div> }.into_any()
        } else {
            view! { <p class="change__text secondary">{t!(lang, tablets_in_use)}</p> }.into_any()
        }
    };
    view! {
        <li class="change">
            <span class="entry__glyph" aria-hidden="true"><Icon name=Signal::derive(move || if overdue.get() { "alert" } else { "tablet" }) /></span>
            <span class="change__what">{name}</span>
            <time class="change__when" datetime=move || iso(last_heard())>{move || when.instant(last_heard())}</time>
            <span class="change__ticket">{holds}</span>
            <p class="change__text secondary">{times}</p>
            {state}
            <div class="change__actions">
                <button class="button" type="button" on:click=move |_| asking.set(true)>
                    <Icon name="note" />
                    {t!(lang, tablets_look)}
                </button>
            </div>
            <LookDialog open=asking tablet name />
        </li>
    }
}

/// Asks what became of a device.
#[component]
fn LookDialog(
    open: RwSignal<bool>,
    tablet: Memo<Tablet>,
    /// Whose it is.
    name: Memo<String>,
) -> impl IntoView {
    let lang = use_lang();
    let tablets = use_tablets();
    let toasts = use_toasts();
    let errors = FormErrors::new();
    let (why, busy) = (RwSignal::new(String::new()), RwSignal::new(false));
    let trouble = RwSignal::new(None::<ApiError>);
    let note = move || {
        let reason = Reason { reason: why.get_untracked() };
        if busy.get_untracked() || !errors.take(reason.check()) {
            return;
        }
        busy.set(true);
        trouble.set(None);
        let tablet = tablet.get_untracked();
        spawn_local(async move {
            let answer = tablets.look_into(&tablet, reason.reason).await;
            busy.try_set(false);
            match answer {
                Ok(()) => {
                    open.try_set(false);
                    toasts.say(t!(lang, tablets_looked));
                    focus::on(HEADING.to_owned());
                }
                Err(error) => drop(trouble.try_set(Some(error))),
            }
        });
    };
    let footer = move || {
        view! { <SaveButtons busy on_cancel=move |()| open.set(false) save=t!(lang, tablets_look_note) /> }
    };
    let told = move || {
        trouble.get().map(|error| {
            let text = move || failure(&error, lang.words());
            view! { <Notice tone=Tone::Danger title=t!(lang, tablets_not_noted) text answers=true /> }
        })
    };
    view! {
        <Dialog open title=t!(lang, tablets_look_title) sub=move || name.get() on_submit=move |()| note() footer>
            <div class="form" on:input=move |_| errors.clear()>
                <p class="secondary">{t!(lang, tablets_look_text)}</p>
                <TextArea
                    label=t!(lang, tablets_look_why)
                    value=why
                    error=errors.at(lang, Field::Reason)
                    autofocus=true
                />
                {told}
            </div>
        </Dialog>
    }
}
