//! What people did while apart, for the person who decides.

use std::sync::Arc;

use domain::Refusal;
use domain::ticket::{Action, ConflictKind, Settlement, SingleField};
use leptos::prelude::*;

use super::conflicts::{Dispute, Side, disputes};
use super::panel::Panel;
use crate::field::{Recorder, use_recorder};
use crate::i18n::{Words, use_lang};
use crate::t;
use crate::tickets::deed::{Speaker, join};
use crate::tickets::use_when;
use crate::ui::{Icon, Notice, Tone, use_toasts};
use crate::workspace::{TicketView, use_workspace};

/// Every unsettled conflict with both sides, and what can be done about it.
#[component]
pub fn ConflictPanel(view: Signal<Arc<TicketView>>) -> impl IntoView {
    let lang = use_lang();
    let recorder = use_recorder();
    let open = Memo::new(move |_| disputes(&view.read().ticket, &view.read().document));
    let problem = move || {
        recorder.problem().read().as_ref().map(|problem| {
            let (title, text) = lang.words().record_error(problem);
            view! { <Notice tone=Tone::Danger title=title text=text answers=true /> }
        })
    };
    view! {
        <Show when=move || !open.read().is_empty()>
                <Panel title=t!(lang, panel_conflicts)>
                    <div class="stack">
                        <For each=move || open.get() key=|dispute| dispute.change let:dispute>
                            <DisputeCard view dispute recorder />
                        </For>
                        {problem}
                    </div>
                </Panel>
        </Show>
    }
}

#[component]
fn DisputeCard(view: Signal<Arc<TicketView>>, dispute: Dispute, recorder: Recorder) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let toasts = use_toasts();
    let Dispute { change, kind, lost, won, restore } = dispute;
    let ticket = view.read_untracked().ticket.id;
    let record =
        move |action: Action| recorder.record(ticket, action, move || toasts.say(t!(lang, saved_here)));
    let allowed = |action: Action| {
        Memo::new(move |_| {
            view.track();
            workspace.may(ticket, &action) as Result<(), Refusal>
        })
    };
    let settle = Action::Settle(Settlement { change });
    let may_settle = allowed(settle.clone());
    let restore = restore.map(|action| {
        let may = allowed(action.clone());
        move || {
            let action = action.clone();
            may.read().is_ok().then(|| {
                view! {
                    <button
                        class="button"
                        type="button"
                        data-kind="accent"
                        on:click=move |_| record(action.clone())
                    >
                        <Icon name="undo" />
                        {t!(lang, conflict_restore)}
                    </button>
                }
            })
        }
    });
    let settle_button = move || {
        let settle = settle.clone();
        may_settle.read().is_ok().then(|| {
            view! {
                <button class="button" type="button" on:click=move |_| record(settle.clone())>
                    <Icon name="check" />
                    {t!(lang, conflict_settle)}
                </button>
            }
        })
    };
    view! {
        <div class="notice" data-tone="warn">
            <Icon name="alert" />
            <div class="notice__text">
                <p class="notice__title">{move || what_words(kind, lang.words())}</p>
                {won.map(|side| view! { <SideLine side tone="ok" mark=won_mark(kind) /> })}
                <SideLine side=lost tone="warn" mark=Words::conflict_not_in_force />
                {why_words(kind).map(|why| view! { <p class="notice__more">{move || why(lang.words())}</p> })}
            </div>
            <div class="notice__actions">{restore} {settle_button}</div>
        </div>
    }
}

const fn won_mark(kind: ConflictKind) -> fn(Words) -> &'static str {
    match kind {
        ConflictKind::AmendedAfterSignature { .. } => Words::conflict_signed,
        _ => Words::conflict_in_force,
    }
}

#[component]
fn SideLine(side: Side, tone: &'static str, mark: fn(Words) -> &'static str) -> impl IntoView {
    let lang = use_lang();
    let directory = use_workspace().directory();
    let when = use_when();
    let said = move || {
        let directory = directory.get();
        let instant = |instant| when.instant(instant);
        let speaker = Speaker { words: lang.words(), directory: &directory, instant: &instant };
        let deed = speaker.deed(&side.action);
        let who = lang.words().conflict_who(speaker.name(side.actor), when.instant(side.happened));
        (join(std::iter::once(deed.what).chain(deed.text)), who)
    };
    let said = Memo::new(move |_| said());
    view! {
        <p class="notice__more">
            <span class="badge" data-tone=tone>{move || mark(lang.words())}</span>
            " "
            <strong>{move || said.read().0.clone()}</strong>
            " "
            <span class="secondary">{move || said.read().1.clone()}</span>
        </p>
    }
}

/// Why it came out as it did.
const fn why_words(kind: ConflictKind) -> Option<fn(Words) -> &'static str> {
    match kind {
        ConflictKind::Overruled { .. } => Some(Words::conflict_why_overruled),
        ConflictKind::Impossible { .. } => Some(Words::conflict_why_impossible),
        ConflictKind::AmendedAfterSignature { .. } => Some(Words::conflict_why_amended),
        ConflictKind::SignedTwice => None,
    }
}

fn what_words(kind: ConflictKind, words: Words) -> String {
    match kind {
        ConflictKind::Overruled { field, .. } => words.conflict_overruled(match field {
            SingleField::Accountable => words.single_accountable(),
            SingleField::Urgency => words.single_urgency(),
            SingleField::Classification => words.single_classification(),
            SingleField::Contact => words.single_contact(),
        }),
        ConflictKind::Impossible { stage } => words.conflict_impossible(words.stage(stage)),
        ConflictKind::SignedTwice => words.conflict_signed_twice().to_owned(),
        ConflictKind::AmendedAfterSignature { .. } => words.conflict_amended().to_owned(),
    }
}
