//! Small facts of a ticket: urgency, stage, flags, number, person.

use std::collections::BTreeSet;

use domain::ticket::{Answered, Flag, Stage, TicketNumber, Urgency, Waiting, provisional_number};
use domain::{PersonId, TicketId};
use leptos::prelude::*;

use super::glyph::{self, StageLook};
use crate::i18n::use_lang;
use crate::ui::Icon;
use crate::workspace::use_workspace;

/// How soon a ticket must be dealt with.
#[component]
pub fn UrgencyBadge(
    /// The urgency.
    #[prop(into)]
    urgency: Signal<Urgency>,
    /// Only the icon is to be seen, for rows.
    #[prop(optional)]
    compact: bool,
) -> impl IntoView {
    let lang = use_lang();
    let word = move || lang.words().urgency(urgency.get());
    let style = move || glyph::urgency_style(urgency.get());
    if compact {
        let icon = Signal::derive(move || glyph::of_urgency_alone(urgency.get()));
        view! {
            <span class="urgency" data-compact data-urgency=style title=word>
                <Icon name=icon />
                <span class="visually-hidden">{word}</span>
            </span>
        }
        .into_any()
    } else {
        let icon = Signal::derive(move || glyph::of_urgency(urgency.get()));
        view! { <span class="urgency" data-urgency=style><Icon name=icon />{word}</span> }.into_any()
    }
}

/// How far a ticket has come.
#[component]
pub fn StageBadge(
    /// The stage.
    #[prop(into)]
    stage: Signal<Stage>,
    /// What the work waits for.
    #[prop(optional, into)]
    waiting: Signal<Option<Waiting>>,
    /// How the customer has answered, if they have.
    #[prop(optional, into)]
    answered: Signal<Option<Answered>>,
    /// The cycle, from 1: a later one is rework.
    #[prop(default = Signal::stored(1), into)]
    cycle: Signal<u32>,
) -> impl IntoView {
    let lang = use_lang();
    let look = move || StageLook::of(stage.get(), waiting.get(), answered.get(), cycle.get());
    let icon = Signal::derive(move || look().icon());
    view! {
        <span class="stage" data-stage=move || look().style()>
            <Icon name=icon />
            <span class="stage__word">{move || look().word(lang.words())}</span>
        </span>
    }
}

/// What makes a ticket more than ordinary.
#[component]
pub fn Flags(
    /// The flags.
    #[prop(into)]
    flags: Signal<BTreeSet<Flag>>,
) -> impl IntoView {
    let lang = use_lang();
    move || {
        let flags = flags.get();
        (!flags.is_empty()).then(|| {
            let flags = flags.into_iter().map(|flag| {
                view! {
                    // Where there is no room, the icon stands alone.
                    <span class="flag" data-flag=glyph::flag_style(flag) title=move || lang.words().flag(flag)>
                        <Icon name=glyph::of_flag(flag) />
                        {move || lang.words().flag(flag)}
                    </span>
                }
            });
            view! { <span class="flags">{flags.collect_view()}</span> }
        })
    }
}

/// What people call a ticket: its final number, or the provisional one with a mark that the server will give another.
#[component]
pub fn NumberText(
    /// The ticket.
    #[prop(into)]
    ticket: Signal<TicketId>,
    /// The final number, once there is one.
    #[prop(into)]
    number: Signal<Option<TicketNumber>>,
) -> impl IntoView {
    let lang = use_lang();
    move || match number.get() {
        Some(number) => view! { <span class="number">{number.as_str().to_owned()}</span> }.into_any(),
        None => {
            let provisional = provisional_number(ticket.get());
            let words = lang.words();
            let explanation = words.number_provisional(&provisional);
            view! {
                <span class="number nowrap" data-provisional title=explanation>
                    <span aria-hidden="true">{words.number_new(&provisional)} " " <Icon name="cloud-off" /></span>
                    <span class="visually-hidden">{explanation.clone()}</span>
                </span>
            }
            .into_any()
        }
    }
}

/// Who it is, by name.
#[component]
pub fn PersonName(
    /// The person; nobody is told as such.
    #[prop(into)]
    person: Signal<Option<PersonId>>,
) -> impl IntoView {
    let lang = use_lang();
    let directory = use_workspace().directory();
    let name = move || {
        let words = lang.words();
        match person.get() {
            None => words.person_nobody().to_owned(),
            Some(id) => directory
                .with(|directory| directory.person(id).map(|person| person.name.clone()))
                .unwrap_or_else(|| words.person_unknown().to_owned()),
        }
    };
    let mark = move || {
        person
            .get()
            .map(|_| view! { <span class="person__mark" aria-hidden="true">{initial(&name())}</span> })
    };
    view! {
        <span class="person" data-unassigned=move || person.get().is_none().then_some("")>
            {mark}
            <span class="person__name">{name}</span>
        </span>
    }
}

/// The character that stands for a name.
pub fn initial(name: &str) -> String {
    name.trim().chars().next().map(|first| first.to_uppercase().to_string()).unwrap_or_default()
}
