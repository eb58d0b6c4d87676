//! The page of those who decide on what came in too late.

use std::sync::Arc;

use domain::Field;
use domain::ticket::{Action, Reason};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;
use sync::parked::ParkedChange;

use super::keeper::{LateArrivals, use_late_arrivals};
use super::ruling::{Outcome, Ruling, because, failure, outcome};
use crate::device::api::ApiError;
use crate::device::drafts::Draft;
use crate::device::focus;
use crate::field::FormDraft;
use crate::i18n::use_lang;
use crate::t;
use crate::tickets::deed::{Deed, Speaker};
use crate::tickets::{iso, number_of, ticket_path, use_when};
use crate::ui::{Dialog, Empty, FormErrors, Icon, Notice, SaveButtons, Skeleton, TextArea, Tone, use_toasts};
use crate::workspace::use_workspace;

/// Where the keyboard goes when the line it was in has been decided on.
const HEADING: &str = "late-arrivals";

/// What came in too late to count by itself.
#[component]
pub fn LateArrivalsPage() -> impl IntoView {
    let lang = use_lang();
    let person = use_workspace().person();
    let steers = Memo::new(move |_| person.with(|person| person.role.steers()));
    let not_for = move || {
        view! { <Empty icon="shield" title=t!(lang, late_not_for_title) text=t!(lang, late_not_for_text) /> }
    };
    view! {
        <header class="office-bar">
            <h1 class="office-bar__title" id=HEADING tabindex="-1">{t!(lang, late_title)}</h1>
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
    let late = use_late_arrivals();
    let (parked, count, unread, trouble) = (late.parked(), late.count(), late.unread(), late.failure());
    let is_known = Memo::new(move |_| parked.with(Option::is_some));
    let is_empty = Memo::new(move |_| parked.with(|parked| parked.as_ref().is_some_and(Vec::is_empty)));
    let shown = move || parked.get().unwrap_or_default();
    let more = Memo::new(move |_| {
        count.get().saturating_sub(parked.with(|parked| parked.as_ref().map_or(0, Vec::len)))
    });
    let nothing_yet = move || match trouble.get() {
        Some(error) => view! { <ReadFailure late error /> }.into_any(),
        None => view! { <div aria-busy="true"><Skeleton bars=5 /></div> }.into_any(),
    };
    view! {
        <Show when=move || is_known.get() fallback=nothing_yet>
            <Show when=move || unread.get() != 0>
                <Notice tone=Tone::Danger title=move || lang.words().late_unread(unread.get()) />
            </Show>
            <Show
                when=move || !is_empty.get()
                fallback=move || {
                    view! { <Empty icon="check-circle" title=t!(lang, late_empty) text=t!(lang, late_empty_more) /> }
                }
            >
                <div class="stack">
                    <p class="secondary">{t!(lang, late_intro)}</p>
                    <ol class="panel" aria-label=t!(lang, late_list)>
                        <For each=shown key=|parked| parked.change.id let:parked>
                            <Line parked />
                        </For>
                    </ol>
                    <Show when=move || more.get() != 0>
                        <p class="secondary">{move || lang.words().late_more(more.get())}</p>
                    </Show>
                </div>
            </Show>
        </Show>
    }
}

#[component]
fn ReadFailure(late: LateArrivals, error: ApiError) -> impl IntoView {
    let lang = use_lang();
    let offline = error == ApiError::Unreachable;
    let title = move || {
        let words = lang.words();
        if offline { words.late_offline_title() } else { words.late_failed_title() }
    };
    let text = move || {
        let words = lang.words();
        if offline { words.late_offline_text().to_owned() } else { failure(&error, words) }
    };
    let tone = if offline { Tone::Plain } else { Tone::Danger };
    let icon = if offline { "cloud-off" } else { "alert" };
    view! {
        <Empty icon title text tone>
            <button class="button" type="button" on:click=move |_| late.fetch()>
                <Icon name="sync" />
                {t!(lang, try_again)}
            </button>
        </Empty>
    }
}

/// One change: what it is, by whom, about which ticket, why it did not count, and the two ways to decide.
#[component]
fn Line(parked: ParkedChange) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let late = use_late_arrivals();
    let toasts = use_toasts();
    let when = use_when();
    let parked = Arc::new(parked);
    let said = {
        let parked = Arc::clone(&parked);
        Memo::new(move |_| {
            let directory = workspace.directory().get();
            let instant = |instant| when.instant(instant);
            let speaker = Speaker { words: lang.words(), directory: &directory, instant: &instant };
            (speaker.deed(&parked.change.action), speaker.name(parked.change.actor))
        })
    };
    let made = parked.change.claim.corrected();
    let received = parked.received;
    let times = move || lang.words().late_times(&said.read().1, when.instant(made), when.instant(received));
    let why = {
        let parked = Arc::clone(&parked);
        move || because(&parked.because, &parked.change, lang.words())
    };
    let brought = parked.brought_by.map(|person| {
        let name = Memo::new(move |_| {
            let directory = workspace.directory().get();
            let instant = |instant| when.instant(instant);
            Speaker { words: lang.words(), directory: &directory, instant: &instant }.name(person)
        });
        let said = move || lang.words().late_brought_by(name.read());
        view! { <p class="change__text secondary">{said}</p> }
    });
    let waits = RwSignal::new(None::<(String, Option<String>)>);
    let (busy, declining) = (RwSignal::new(false), RwSignal::new(false));
    let reason = Draft::of(workspace.person().read_untracked().id, "decline", parked.change.id);
    let decide = {
        let (parked, reason) = (Arc::clone(&parked), reason.clone());
        Callback::new(move |ruling: Ruling| {
            if busy.get_untracked() {
                return;
            }
            busy.set(true);
            waits.set(None);
            let (parked, reason) = (Arc::clone(&parked), reason.clone());
            spawn_local(async move {
                let answer = late.decide(&parked, &ruling).await;
                busy.try_set(false);
                match outcome(&ruling, &answer, lang.words()) {
                    Outcome::Decided(words) => {
                        reason.clear();
                        declining.try_set(false);
                        toasts.say(words);
                        focus::on(HEADING.to_owned());
                    }
                    Outcome::Waits(what, why) => drop(waits.try_set(Some((what, why)))),
                }
            });
        })
    };
    // Said in the dialog while it is open, and in the line otherwise.
    let trouble = move |in_dialog: bool| {
        let told = waits.get().filter(|_| declining.get() == in_dialog);
        told.map(|(title, text)| match text {
            Some(text) => view! { <Notice tone=Tone::Danger title text answers=true /> }.into_any(),
            None => view! { <Notice tone=Tone::Danger title answers=true /> }.into_any(),
        })
    };
    let about = parked.clone();
    view! {
        <li class="change">
            <span class="entry__glyph" aria-hidden="true"><Icon name=Signal::derive(move || said.read().0.glyph) /></span>
            <span class="change__what">{move || said.read().0.what.clone()}</span>
            <time class="change__when" datetime=iso(made)>{move || when.instant(made)}</time>
            <About parked=about />
            <p class="change__text secondary">{times}</p>
            {brought}
            {move || {
                let Deed { text, .. } = said.read().0.clone();
                (!text.is_empty()).then(|| view! { <p class="change__text">{text.join("\n")}</p> })
            }}
            <div class="change__reason" data-tone="hold"><strong>{why}</strong></div>
            {move || trouble(false)}
            <div class="change__actions">
                <button
                    class="button"
                    type="button"
                    data-kind="accent"
                    data-busy=busy
                    on:click=move |_| decide.run(Ruling::Admit)
                >
                    <Icon name="check" />
                    {t!(lang, late_admit)}
                </button>
                <button class="button" type="button" on:click=move |_| declining.set(true)>
                    <Icon name="close" />
                    {t!(lang, late_decline)}
                </button>
            </div>
            <DeclineDialog
                open=declining
                reason
                what=Signal::derive(move || said.read().0.what.clone())
                name=Signal::derive(move || said.read().1.clone())
                busy
                trouble=move || trouble(true).into_any()
                on_decline=move |why| decide.run(Ruling::Decline(why))
            />
        </li>
    }
}

/// The ticket that a change is about, or the customer whose ticket it would be.
#[component]
fn About(parked: Arc<ParkedChange>) -> impl IntoView {
    let lang = use_lang();
    let role = use_workspace().person().read_untracked().role;
    let ticket = parked.change.ticket;
    match &parked.change.action {
        Action::Register(intake) => {
            let customer = intake.customer.clone();
            let customer = if customer.company.is_empty() { customer.name } else { customer.company };
            view! { <span class="change__ticket">{move || lang.words().late_new_ticket(&customer)}</span> }
                .into_any()
        }
        _ => {
            let number = move || number_of(ticket, parked.number.as_ref(), lang.words());
            view! { <A href=ticket_path(role, ticket) attr:class="change__ticket">{number}</A> }.into_any()
        }
    }
}

/// Asks why a change is not to count.
#[component]
fn DeclineDialog(
    open: RwSignal<bool>,
    /// Where the reason is kept while it is being typed.
    reason: Draft,
    /// What it is.
    #[prop(into)]
    what: Signal<String>,
    /// Whose it is.
    #[prop(into)]
    name: Signal<String>,
    #[prop(into)] busy: Signal<bool>,
    /// What stands in the way.
    #[prop(into)]
    trouble: ViewFn,
    #[prop(into)] on_decline: Callback<String>,
) -> impl IntoView {
    let lang = use_lang();
    let errors = FormErrors::new();
    let why = RwSignal::new(String::new());
    let draft = FormDraft::new(open);
    draft.keep_typed(
        move || reason.clone(),
        String::new,
        |_, _| true,
        move |typed| why.set(typed),
        move || why.get(),
    );
    let cancel = move || {
        draft.discard();
        open.set(false);
    };
    let decline = move || {
        let reason = Reason { reason: why.get_untracked() };
        if errors.take(reason.check()) {
            on_decline.run(reason.reason);
        }
    };
    let footer = move || {
        view! {
            <SaveButtons
                busy
                on_cancel=move |()| cancel()
                save=t!(lang, late_decline)
                destroys=true
            />
        }
    };
    view! {
        <Dialog
            open
            title=t!(lang, late_decline_title)
            sub=move || what.get()
            on_submit=move |()| decline()
            footer
        >
            <div class="form" on:input=move |_| errors.clear()>
                <p class="secondary">{move || lang.words().late_decline_text(name.read())}</p>
                <TextArea
                    label=t!(lang, late_decline_why)
                    value=why
                    error=errors.at(lang, Field::Reason)
                    autofocus=true
                />
                {trouble.run()}
            </div>
        </Dialog>
    }
}
