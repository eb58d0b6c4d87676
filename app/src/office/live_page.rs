//! All running clocks at once, with the load of each person. Follows time and the server by itself.

use domain::people::Role;
use domain::ticket::{Card, CardClock};
use leptos::prelude::*;

use super::assignment::load_words;
use super::live::{Tally, Wall};
use super::loads::{Load, Loads};
use super::panel::Panel;
use super::reassign::{Giving, ReassignDialog};
use crate::i18n::{Words, use_lang};
use crate::t;
use crate::tickets::face::Dial;
use crate::tickets::{
    ClockChip, Flags, NumberText, PersonName, StageBadge, UrgencyBadge, WhyOf, initial, use_when,
};
use crate::ui::{Empty, Icon};
use crate::workspace::use_workspace;

/// So many rows at first, and so many more at each wish: the head of the list is what matters.
const ROWS: usize = 60;

/// The supervisor's wall.
#[component]
pub fn LivePage() -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (cards, now) = (workspace.cards(), workspace.now());
    let minute = Memo::new(move |_| now.get().as_millis() / domain::Timestamp::MINUTE_MS);
    let wall = Memo::new(move |_| {
        minute.track();
        Wall::of(cards.get(), now.get_untracked())
    });
    let chosen = RwSignal::new(None::<Tally>);
    let shown = RwSignal::new(ROWS);
    let rows = Memo::new(move |_| {
        let wall = wall.read();
        let rows = wall.shown(chosen.get()).into_iter().take(shown.get());
        rows.map(|running| (wall.card(running).clone(), running.nth, running.clock)).collect::<Vec<_>>()
    });
    let left = Memo::new(move |_| wall.read().shown(chosen.get()).len().saturating_sub(shown.get()));
    let nothing = Memo::new(move |_| rows.read().is_empty());
    let loads = Memo::new(move |_| {
        minute.track();
        cards.with(|cards| Loads::of(cards, now.get_untracked()))
    });
    let person = workspace.person();
    let may_assign = Memo::new(move |_| {
        let role = person.read().role;
        role == Role::Agent || role.steers()
    });
    let giving: Giving = RwSignal::new(None);
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
                                            key=|(card, nth, clock)| (card.ticket, *nth, clock.name, clock.started, clock.due(), card.updated)
                                            let((card, _nth, clock))
                                        >
                                            <LiveRow card clock giving may_assign=may_assign.get_untracked() />
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
                    <ReassignDialog giving loads />
                    <div class="beside__aside"><LoadPanel loads /></div>
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
        Tally::Paused | Tally::Open => None,
    }
}

const fn tally_icon(tally: Tally) -> &'static str {
    match tally {
        Tally::Overdue => "clock-overdue",
        Tally::Soon => "clock",
        Tally::Paused => "pause",
        Tally::Unassigned => "person",
        Tally::GreenChannel => "hazard",
        Tally::Open => "inbox",
    }
}

fn tally_word(tally: Tally, words: Words) -> &'static str {
    match tally {
        Tally::Overdue => words.tally_overdue(),
        Tally::Soon => words.tally_soon(),
        Tally::Paused => words.tally_paused(),
        Tally::Unassigned => words.tally_unassigned(),
        Tally::GreenChannel => words.tally_green(),
        Tally::Open => words.tally_open(),
    }
}

#[component]
fn LiveRow(card: Card, clock: CardClock, giving: Giving, may_assign: bool) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let due = clock.due();
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
    let may_assign = may_assign && stage.is_open();
    let person = if may_assign {
        let named = number.as_ref().map_or_else(|| summary.clone(), |number| number.as_str().to_owned());
        view! {
            <button
                class="person-button"
                type="button"
                aria-haspopup="dialog"
                title=t!(lang, reassign_title)
                on:click=move |_| giving.set(Some(ticket))
            >
                <PersonName person=Signal::stored(scope.accountable) />
                <Icon name="chevron-down" />
                <span class="visually-hidden">{move || lang.words().reassign_named(&named)}</span>
            </button>
        }
        .into_any()
    } else {
        view! { <PersonName person=Signal::stored(scope.accountable) /> }.into_any()
    };
    let customer = if company.is_empty() { customer } else { company };
    view! {
        <tr>
            <td data-fit data-label=t!(lang, live_clock)><ClockChip dial=Dial::from(&clock) named=true why=Some(Signal::stored(WhyOf::card(ticket, &clock))) /></td>
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
                {person}
            </td>
            <td data-fit data-label=t!(lang, live_due)>
                <span class="number">{move || due.map(|due| when.instant(due))}</span>
            </td>
        </tr>
    }
}

fn load_more(load: Load, words: Words) -> String {
    match (load.overdue, load.soon) {
        (0, soon) => words.live_load_soon(soon),
        (overdue, 0) => words.live_load_overdue(overdue),
        (overdue, soon) => words.live_load_overdue_soon(overdue, soon),
    }
}

/// How much is on whose table.
#[component]
fn LoadPanel(loads: Memo<Loads>) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let directory = workspace.directory();
    let lines = move || {
        let directory = directory.get();
        let loads = loads.get();
        let most = loads.most().max(1);
        let lines = loads.by_weight(&directory).into_iter().map(|(person, load)| {
            let name = person.name.clone();
            let label = move || lang.words().live_load_label(&name, load_words(load, lang.words()));
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
                        <span class="number">{load.open}</span>
                        {(load.overdue + load.soon > 0).then(|| view! {
                            <small class="load__more" data-tone={if load.overdue > 0 { "danger" } else { "warn" }}>
                                {move || load_more(load, lang.words())}
                            </small>
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
