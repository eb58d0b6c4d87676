//! Giving a ticket to somebody else in two clicks: open, choose. The proposal of the rules stands first.

use domain::TicketId;
use domain::ticket::{Action, Card};
use leptos::prelude::*;

use super::assignment::{Candidate, assign_to, candidates, propose_for};
use super::live_page::LoadParts;
use super::loads::Loads;
use crate::device::keyboard;
use crate::field::use_recorder;
use crate::i18n::use_lang;
use crate::t;
use crate::tickets::{initial, number_words};
use crate::ui::{Dialog, DialogSize, Notice, TextField, TextKind, Tone, use_toasts};
use crate::workspace::{TicketState, use_workspace};

/// The ticket that is being given to somebody else, if any.
pub type Giving = RwSignal<Option<TicketId>>;

/// Whom to give the ticket to. Stands once on the page.
#[component]
pub fn ReassignDialog(
    /// Which ticket; nothing while nobody asks.
    giving: Giving,
    /// What everybody has on the table. The list goes by what it is when the dialog opens.
    loads: Memo<Loads>,
) -> impl IntoView {
    move || giving.get().map(|ticket| view! { <Reassign ticket giving loads /> })
}

#[component]
fn Reassign(ticket: TicketId, giving: Giving, loads: Memo<Loads>) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (directory, cards) = (workspace.directory(), workspace.cards());
    // As they are now: what others do meanwhile must not move the list under somebody's finger.
    let loads = StoredValue::new(loads.get_untracked());
    let (recorder, toasts) = (use_recorder(), use_toasts());
    let state = workspace.ticket(ticket);
    let open = RwSignal::new(true);
    let query = RwSignal::new(String::new());
    Effect::new(move |_| {
        if !open.get() {
            giving.set(None);
        }
    });
    let card = Memo::new(move |_| {
        cards.with(|cards| cards.iter().find(|card: &&Card| card.ticket == ticket).cloned())
    });
    let proposal = Memo::new(move |_| match state.get() {
        TicketState::Ready(view) => {
            directory.with(|directory| loads.with_value(|loads| propose_for(&view.ticket, directory, loads)))
        }
        TicketState::Loading | TicketState::Missing => None,
    });
    let current = Memo::new(move |_| card.read().as_ref().and_then(|card| card.scope.accountable));
    let found = Memo::new(move |_| {
        let found = directory.with(|directory| {
            loads.with_value(|loads| candidates(directory, loads, proposal.read().as_ref(), &query.read()))
        });
        // Giving it to whoever has it changes nothing.
        found.into_iter().filter(|candidate| Some(candidate.person.id) != current.get()).collect::<Vec<_>>()
    });
    let is_ready = Memo::new(move |_| matches!(state.get(), TicketState::Ready(_)));
    // Enter takes the first one as soon as it is known.
    Effect::new(move |_| {
        if is_ready.get() {
            request_animation_frame(|| keyboard::focus("dialog[open] .person-option"));
        }
    });
    let assign = move |candidate: &Candidate| {
        let Some(assignment) = directory.with_untracked(|all| assign_to(candidate.person.id, all)) else {
            return;
        };
        let name = candidate.person.name.clone();
        recorder.record(ticket, Action::Assign(assignment), move || {
            open.set(false);
            toasts.say(move || lang.words().reassign_done(&name));
        });
    };
    let option = move |candidate: Candidate| {
        let (department, load) = (candidate.department.clone(), candidate.load);
        let more =
            move || crate::tickets::deed::join([department.clone(), lang.words().assign_load(load.open)]);
        let (name, proposed) = (candidate.person.name.clone(), candidate.proposed);
        view! {
            <li>
                <button class="person-option" type="button" on:click=move |_| assign(&candidate)>
                    <span class="person__mark" aria-hidden="true">{initial(&name)}</span>
                    <span class="person-option__text">
                        {name.clone()}
                        <small>{more} <LoadParts load continued=true /></small>
                    </span>
                    {proposed.then(|| view! { <span class="badge push" data-tone="accent">{t!(lang, assign_proposed)}</span> })}
                </button>
            </li>
        }
    };
    let sub = move || {
        card.read()
            .as_ref()
            .map(|card| format!("{} · {}", number_words(card, lang.words()), card.summary))
            .unwrap_or_default()
    };
    let problem = move || {
        recorder.problem().get().map(|problem| {
            let (title, text) = lang.words().record_error(&problem);
            view! { <Notice tone=Tone::Danger title text answers=true /> }
        })
    };
    let footer = move || {
        view! {
            <p class="dialog__foot-note">{t!(lang, reassign_hint)}</p>
            <button class="button" type="button" on:click=move |_| open.set(false)>{t!(lang, ui_cancel)}</button>
        }
    };
    // Enter in the search takes the first one found, once it is known who is to stand first.
    let take_first = move |()| {
        if !is_ready.get_untracked() {
            return;
        }
        if let Some(first) = found.read_untracked().first() {
            assign(first);
        }
    };
    view! {
        <Dialog open title=t!(lang, reassign_title) sub size=DialogSize::Form on_submit=take_first footer>
            <div class="stack">
                {problem}
                <TextField label=t!(lang, assign_search) value=query kind=TextKind::Search icon="search" />
                <ul class="person-options" on:keydown=move |event| {
                    match event.key().as_str() {
                        "ArrowDown" => keyboard::focus_neighbour(".person-option", 1),
                        "ArrowUp" => keyboard::focus_neighbour(".person-option", -1),
                        _ => return,
                    }
                    event.prevent_default();
                }>
                    {move || found.get().into_iter().map(option).collect_view()}
                </ul>
            </div>
        </Dialog>
    }
}
