//! One job in a list.

use domain::TicketId;
use domain::ticket::{Action, Assignment, Card};
use leptos::prelude::*;
use leptos_router::components::A;

use super::agenda::Group;
use super::links;
use super::recorder::use_recorder;
use crate::i18n::use_lang;
use crate::t;
use crate::tickets::glyph::urgency_style;
use crate::tickets::{Flags, NextClock, NumberText, StageBadge, SyncMark, UrgencyBadge, use_when};
use crate::ui::{Icon, use_toasts};
use crate::workspace::{ChangeMark, use_workspace};

/// One job: what, where, by when, and the two things one wants without opening it.
#[component]
pub(super) fn JobCard(
    /// The job, as it stood when the list was made; followed from then on.
    card: Card,
    /// Where it stands in the day.
    group: Group,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let ticket = card.ticket;
    let cards = workspace.cards();
    let card = Memo::new(move |former: Option<&Card>| {
        let now = cards.with(|cards| cards.iter().find(|other| other.ticket == ticket).cloned());
        // Gone from sight: stays as it was until the list has taken it away.
        now.or_else(|| former.cloned()).unwrap_or_else(|| card.clone())
    });
    let mark = use_unsent_mark(ticket);
    let when = use_when();
    // What the office still has to do by then is not the engineer's clock.
    let is_mine = !matches!(group, Group::Answered | Group::Ended);
    let due = move || {
        let due = card.read().next_due().filter(|_| is_mine);
        due.map(|due| lang.words().job_due(when.instant(due)))
    };
    let company = move || {
        let card = card.read();
        if card.company.is_empty() { card.customer.clone() } else { card.company.clone() }
    };
    let place = move || {
        let card = card.read();
        let place = if card.address.is_empty() { &card.region } else { &card.address };
        (!place.is_empty()).then(|| view! { <Icon name="map-pin" /><span>{place.clone()}</span> })
    };
    let call = move || {
        let card = card.read();
        links::call(&card.phone).map(|href| {
            let name = card.customer.clone();
            view! {
                <a class="icon-button" data-edge href=href aria-label=move || lang.words().job_call(&name)>
                    <Icon name="phone" />
                </a>
            }
        })
    };
    let navigate = move || {
        let card = card.read();
        links::navigate(&card.region, &card.address).map(|href| {
            view! {
                <a class="icon-button" data-edge href=href aria-label=t!(lang, job_navigate)>
                    <Icon name="navigate" />
                </a>
            }
        })
    };
    view! {
        <li
            class="job-card"
            data-urgency=move || urgency_style(card.read().urgency)
            data-current=(group == Group::UnderWay).then_some("")
        >
            <A href=format!("/jobs/{ticket}") attr:class="job-card__link">
                <span class="job-card__top">
                    {move || due().map(|due| view! { <span class="job-card__when">{due}</span> })}
                    <UrgencyBadge urgency=Signal::derive(move || card.read().urgency) />
                    <Flags flags=Signal::derive(move || card.read().flags.clone()) />
                </span>
                <span class="job-card__title">{move || card.read().summary.clone()}</span>
                <span class="job-card__place"><Icon name="building" /><span>{company}</span>{place}</span>
                <span class="job-card__foot">
                    <StageBadge
                        stage=Signal::derive(move || card.read().stage)
                        waiting=Signal::derive(move || card.read().waiting)
                        answered=Signal::derive(move || card.read().answered)
                        cycle=Signal::derive(move || card.read().cycle)
                    />
                    <NumberText ticket number=Signal::derive(move || card.read().number.clone()) />
                    {move || mark.get().map(|mark| view! { <SyncMark mark /> })}
                </span>
            </A>
            <div class="job-card__end">
                {is_mine.then(|| view! { <NextClock card large=true explained=true /> })}
                <span class="job-card__quick">{call}{navigate}</span>
                {(group == Group::Free).then(|| view! { <span class="job-card__quick"><TakeButton ticket /></span> })}
            </div>
        </li>
    }
}

/// Whether the ticket has changes of this device that the server does not have, or has refused.
fn use_unsent_mark(ticket: TicketId) -> Memo<Option<ChangeMark>> {
    let outbox = use_workspace().outbox();
    Memo::new(move |_| {
        let outbox = outbox.read();
        let entries = outbox.iter().filter(|entry| entry.change.ticket == ticket);
        entries
            .filter_map(|entry| match entry {
                entry if entry.is_refused() => Some(ChangeMark::Refused),
                entry if entry.is_waiting() => Some(ChangeMark::OnTablet),
                _ => None,
            })
            .max()
    })
}

/// Takes a job of the team that is nobody's.
#[component]
fn TakeButton(ticket: TicketId) -> impl IntoView {
    let lang = use_lang();
    let person = use_workspace().person();
    let recorder = use_recorder();
    let toasts = use_toasts();
    let take = move |_| {
        let me = person.read_untracked();
        let action = Action::Assign(Assignment { person: me.id, department: me.department });
        recorder.record(ticket, action, move || toasts.say(t!(lang, job_taken)));
    };
    let problem = move || {
        recorder.problem().get().map(|problem| {
            let (what, next) = lang.words().record_error(&problem);
            view! { <p class="field__error" role="alert"><Icon name="alert" />{what} " " {next}</p> }
        })
    };
    view! {
        <button
            class="button"
            type="button"
            data-kind="accent"
            data-busy=recorder.is_busy()
            aria-disabled=move || recorder.is_busy().get().then_some("true")
            on:click=take
        >
            <Icon name="person" />
            {t!(lang, job_take)}
        </button>
        {problem}
    }
}
