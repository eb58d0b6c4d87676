//! All running clocks at once, with the load of each person. Follows time and the server by itself.

use domain::sla::Clock;
use domain::ticket::Card;
use leptos::prelude::*;

use super::live::{Tally, Wall};
use super::loads::Loads;
use super::panel::Panel;
use crate::i18n::{Words, use_lang};
use crate::t;
use crate::tickets::{ClockChip, Flags, NumberText, PersonName, StageBadge, UrgencyBadge, initial, use_when};
use crate::ui::{Empty, Icon};
use crate::workspace::use_workspace;

/// So many rows at first, and so many more at each wish: the head of the list is what matters.
const ROWS: usize = 60;

/// The supervisor's wall.
#[component]
pub fn LivePage() -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (cards, directory, now) = (workspace.cards(), workspace.directory(), workspace.now());
    let minute = Memo::new(move |_| now.get().as_millis() / domain::Timestamp::MINUTE_MS);
    let wall = Memo::new(move |_| {
        minute.track();
        let policy = directory.read().policy;
        Wall::of(cards.get(), &policy, now.get_untracked())
    });
    let chosen = RwSignal::new(None::<Tally>);
    let shown = RwSignal::new(ROWS);
    let rows = Memo::new(move |_| {
        let wall = wall.read();
        let rows = wall.shown(chosen.get()).into_iter().take(shown.get());
        rows.map(|running| (wall.card(running).clone(), running.clock)).collect::<Vec<_>>()
    });
    let left = Memo::new(move |_| wall.read().shown(chosen.get()).len().saturating_sub(shown.get()));
    let nothing = Memo::new(move |_| rows.read().is_empty());
    view! {
        <header class="office-bar">
            <h1 class="office-bar__title">{t!(lang, live_title)}</h1>
        </header>
        <div class="scroll">
            <div class="page" data-width="full">
                <div class="tallies" role="group" aria-label=t!(lang, tallies_label)>
                    {Tally::ALL.into_iter().map(|tally| view! { <TallyButton tally wall chosen /> }).collect_view()}
                </div>
                <div class="beside">
                    <div class="beside__main">
                        <Show
                            when=move || !nothing.get()
                            fallback=move || {
                                view! { <Empty icon="clock" title=t!(lang, live_none_title) text=t!(lang, live_none_text) /> }
                            }
                        >
                            <div class="table-wrap">
                                <table class="table" data-stack aria-label=t!(lang, live_clocks)>
                                    <thead>
                                        <tr>
                                            <th scope="col" data-fit>{t!(lang, live_clock)}</th>
                                            <th scope="col">{t!(lang, live_ticket)}</th>
                                            <th scope="col" data-fit>{t!(lang, live_stage)}</th>
                                            <th scope="col" data-fit>{t!(lang, live_person)}</th>
                                            <th scope="col" data-fit>{t!(lang, live_due)}</th>
                                        </tr>
                                    </thead>
                                    <tbody>
                                        <For
                                            each=move || rows.get()
                                            key=|(card, clock)| (card.ticket, clock.name, clock.due, card.updated)
                                            let((card, clock))
                                        >
                                            <LiveRow card clock />
                                        </For>
                                    </tbody>
                                </table>
                            </div>
                            <Show when=move || { left.get() > 0 }>
                                <button
                                    class="button"
                                    type="button"
                                    data-wide
                                    on:click=move |_| shown.update(|shown| *shown += ROWS)
                                >
                                    {move || lang.words().live_more(left.get().min(ROWS))}
                                </button>
                            </Show>
                        </Show>
                    </div>
                    <div class="beside__aside"><LoadPanel minute /></div>
                </div>
            </div>
        </div>
    }
}

#[component]
fn TallyButton(tally: Tally, wall: Memo<Wall>, chosen: RwSignal<Option<Tally>>) -> impl IntoView {
    let lang = use_lang();
    let count = Memo::new(move |_| wall.read().count(tally));
    let tone = move || tally_tone(tally).filter(|_| count.get() > 0);
    view! {
        <button
            class="tally"
            type="button"
            data-tone=tone
            aria-pressed=move || if chosen.get() == Some(tally) { "true" } else { "false" }
            on:click=move |_| {
                chosen.update(|chosen| *chosen = if *chosen == Some(tally) { None } else { Some(tally) });
            }
        >
            <span class="tally__figure">{count}</span>
            <span class="tally__word">
                <Icon name=tally_icon(tally) />
                {move || tally_word(tally, lang.words())}
            </span>
        </button>
    }
}

const fn tally_tone(tally: Tally) -> Option<&'static str> {
    match tally {
        Tally::Overdue => Some("danger"),
        Tally::Soon | Tally::Unassigned => Some("warn"),
        Tally::GreenChannel => Some("hazard"),
        Tally::Open => None,
    }
}

const fn tally_icon(tally: Tally) -> &'static str {
    match tally {
        Tally::Overdue => "clock-overdue",
        Tally::Soon => "clock",
        Tally::Unassigned => "person",
        Tally::GreenChannel => "hazard",
        Tally::Open => "inbox",
    }
}

fn tally_word(tally: Tally, words: Words) -> &'static str {
    match tally {
        Tally::Overdue => words.tally_overdue(),
        Tally::Soon => words.tally_soon(),
        Tally::Unassigned => words.tally_unassigned(),
        Tally::GreenChannel => words.tally_green(),
        Tally::Open => words.tally_open(),
    }
}

#[component]
fn LiveRow(card: Card, clock: Clock) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let due = clock.due;
    let Card {
        ticket,
        number,
        stage,
        waiting,
        answered,
        cycle,
        urgency,
        flags,
        summary,
        customer,
        company,
        scope,
        ..
    } = card;
    let customer = if company.is_empty() { customer } else { company };
    view! {
        <tr>
            <td data-fit data-label=t!(lang, live_clock)><ClockChip clock named=true /></td>
            <th scope="row">
                <a class="table__link" href=format!("/tickets/{ticket}")>
                    <UrgencyBadge urgency compact=true />
                    " "
                    {summary}
                </a>
                <small>
                    <NumberText ticket number=Signal::stored(number) />
                    " · "
                    {customer}
                    " "
                    <Flags flags=Signal::stored(flags) />
                </small>
            </th>
            <td data-fit data-label=t!(lang, live_stage)>
                <StageBadge stage waiting=Signal::stored(waiting) answered=Signal::stored(answered) cycle />
            </td>
            <td data-fit data-label=t!(lang, live_person)>
                <PersonName person=Signal::stored(scope.accountable) />
            </td>
            <td data-fit data-label=t!(lang, live_due)>
                <span class="number">{move || due.map(|due| when.instant(due))}</span>
            </td>
        </tr>
    }
}

/// How much is on whose table.
#[component]
fn LoadPanel(minute: Memo<i64>) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (cards, directory, now) = (workspace.cards(), workspace.directory(), workspace.now());
    let loads = Memo::new(move |_| {
        minute.track();
        cards.with(|cards| Loads::of(cards, now.get_untracked()))
    });
    let lines = move || {
        let directory = directory.get();
        let loads = loads.get();
        let most = loads.most().max(1);
        let lines = loads.by_weight(&directory).into_iter().map(|(person, load)| {
            let name = person.name.clone();
            let label = move || lang.words().live_load_label(&name, load.open, load.overdue);
            view! {
                <li>
                    <div class="load">
                        <span class="person">
                            <span class="person__mark" aria-hidden="true">{initial(&person.name)}</span>
                            <span class="person__name">{person.name.clone()}</span>
                        </span>
                        <progress
                            class="meter"
                            max=most.to_string()
                            value=load.open.to_string()
                            aria-label=label
                        />
                        <span class="number" aria-hidden="true">{load.open}</span>
                        {(load.overdue > 0).then(|| view! {
                            <span class="count" data-tone="danger" aria-hidden="true" title=move || lang.words().live_load_overdue(load.overdue)>
                                {load.overdue}
                            </span>
                        })}
                    </div>
                </li>
            }
        });
        lines.collect_view()
    };
    view! {
        <Panel title=t!(lang, live_load) flush=true>
            <ul>{lines}</ul>
        </Panel>
    }
}
