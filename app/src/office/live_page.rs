//! All running clocks at once, with the load of each person. Follows time and the server by itself.

use std::time::Duration;

use domain::TicketId;
use domain::people::Role;
use domain::ticket::{Card, CardClock};
use leptos::prelude::*;

use super::assignment::load_words;
use super::live::{Tally, Wall};
use super::loads::{Load, Loads};
use super::panel::Panel;
use super::reassign::{Giving, ReassignDialog};
use crate::device::keyboard;
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
    let asked_at = StoredValue::new(None::<Asked>);
    Effect::new(move |before: Option<bool>| {
        let asking = giving.read().is_some();
        if before == Some(true) && !asking {
            return_focus(rows, asked_at.get_value());
        }
        asking
    });
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
                                <table class="table" data-stack data-wall aria-label=t!(lang, live_clocks)>
                                    <thead>
                                        <tr>
                                            <th scope="col" data-fit>{t!(lang, live_clock)}</th>
                                            <th scope="col">{t!(lang, live_ticket)}</th>
                                            <th scope="col" data-fit>{t!(lang, live_stage)}</th>
                                            <th scope="col" data-fit>{t!(lang, live_person)}</th>
                                        </tr>
                                    </thead>
                                    <tbody>
                                        <For
                                            each=move || rows.get()
                                            key=|(card, nth, _)| (card.ticket, *nth)
                                            let:first
                                        >
                                            <LiveRow first rows giving asked_at may_assign />
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

/// One row: a ticket, which of its clocks, and that clock.
type Row = (Card, usize, CardClock);

/// Which row's person somebody asked to change, and where it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asked {
    ticket: TicketId,
    nth: usize,
    place: usize,
}

/// The row to go on from: the same one, wherever it stands now, else the ticket's other clock, else what has moved up into
/// its place. Only open tickets have somebody to change.
fn row_after(rows: &[Row], asked: Asked) -> Option<usize> {
    let of_ticket = |(card, ..): &Row| card.ticket == asked.ticket;
    let same = rows.iter().position(|row| of_ticket(row) && row.1 == asked.nth);
    let from = same.or_else(|| rows.iter().position(of_ticket)).unwrap_or(asked.place).min(rows.len());
    let is_open = |place: &usize| rows[*place].0.stage.is_open();
    (from..rows.len()).find(is_open).or_else(|| (0..from).rev().find(is_open))
}

/// Gives the focus back to the wall once the dialog has gone: at once, and again when the rows have found their new order.
fn return_focus(rows: Memo<Vec<Row>>, asked: Option<Asked>) {
    let Some(asked) = asked else { return };
    let turn = move || {
        let place = rows.try_with_untracked(|rows| row_after(rows, asked)).flatten();
        if let Some(place) = place {
            keyboard::focus_if_nowhere(&format!(
                "[data-wall] tbody tr:nth-child({}) .person-button",
                place + 1
            ));
        }
    };
    request_animation_frame(turn);
    for wait in [250, 1_000] {
        set_timeout(turn, Duration::from_millis(wait));
    }
}

/// One clock of the wall. `first` is what its row shows when it is made; later it follows `rows`, so that whoever is in it with
/// finger or keyboard stays in it.
#[component]
fn LiveRow(
    first: Row,
    rows: Memo<Vec<Row>>,
    giving: Giving,
    asked_at: StoredValue<Option<Asked>>,
    may_assign: Memo<bool>,
) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let (ticket, nth) = (first.0.ticket, first.1);
    let is_this = move |(card, of, _): &Row| card.ticket == ticket && *of == nth;
    let row = Memo::new(move |last: Option<&Row>| {
        let rows = rows.read();
        // Out of the wall, it is about to go: what it last showed will do until then.
        rows.iter().find(|row| is_this(row)).or(last).unwrap_or(&first).clone()
    });
    let clock = Memo::new(move |_| row.read().2);
    let due = move || clock.get().due();
    let may_assign = Memo::new(move |_| may_assign.get() && row.read().0.stage.is_open());
    let accountable = Signal::derive(move || row.read().0.scope.accountable);
    let named = move || {
        let row = row.read();
        row.0.number.as_ref().map_or_else(|| row.0.summary.clone(), |number| number.as_str().to_owned())
    };
    let ask = move |_| {
        let place = rows.read_untracked().iter().position(is_this).unwrap_or_default();
        asked_at.set_value(Some(Asked { ticket, nth, place }));
        giving.set(Some(ticket));
    };
    let person = move || {
        if may_assign.get() {
            view! {
                <button
                    class="person-button"
                    type="button"
                    aria-haspopup="dialog"
                    title=t!(lang, reassign_title)
                    on:click=ask
                >
                    <PersonName person=accountable />
                    <Icon name="chevron-down" />
                    <span class="visually-hidden">{move || lang.words().reassign_named(named())}</span>
                </button>
            }
            .into_any()
        } else {
            view! { <PersonName person=accountable /> }.into_any()
        }
    };
    let customer = move || {
        let row = row.read();
        if row.0.company.is_empty() { row.0.customer.clone() } else { row.0.company.clone() }
    };
    view! {
        <tr>
            <td data-fit data-label=t!(lang, live_clock)>
                <div class="wall-clock">
                    <ClockChip
                        dial=Signal::derive(move || Dial::from(&clock.get()))
                        named=true
                        why=Some(Signal::derive(move || WhyOf::card(ticket, &clock.get())))
                    />
                    {move || due().map(|due| view! {
                        <span class="wall-clock__due">
                            {t!(lang, live_due)} " " <span class="number">{move || when.instant(due)}</span>
                        </span>
                    })}
                </div>
            </td>
            <th scope="row">
                <a class="table__link" href=format!("/tickets/{ticket}")>
                    <UrgencyBadge urgency=Signal::derive(move || row.read().0.urgency) compact=true />
                    " "
                    {move || row.read().0.summary.clone()}
                </a>
                <small>
                    <NumberText ticket number=Signal::derive(move || row.read().0.number.clone()) />
                    " · "
                    {customer}
                    " "
                    <Flags flags=Signal::derive(move || row.read().0.flags.clone()) />
                </small>
            </th>
            <td data-fit data-label=t!(lang, live_stage)>
                <StageBadge
                    stage=Signal::derive(move || row.read().0.stage)
                    waiting=Signal::derive(move || row.read().0.waiting)
                    answered=Signal::derive(move || row.read().0.answered)
                    cycle=Signal::derive(move || row.read().0.cycle)
                />
            </td>
            <td data-fit data-label=t!(lang, live_person)>
                {person}
            </td>
        </tr>
    }
}

/// What of a load is overdue or will soon be, each in its own colour; nothing for what there is none of.
#[component]
pub(super) fn LoadParts(
    /// The load.
    load: Load,
    /// Whether something stands before it.
    #[prop(optional)]
    continued: bool,
) -> impl IntoView {
    let lang = use_lang();
    let Load { overdue, soon, .. } = load;
    view! {
        {(overdue > 0).then(|| view! {
            {continued.then_some(" · ")}
            <span class="load-part" data-tone="danger">{move || lang.words().live_load_overdue(overdue)}</span>
        })}
        {(soon > 0).then(|| view! {
            {(continued || overdue > 0).then_some(" · ")}
            <span class="load-part" data-tone="warn">{move || lang.words().live_load_soon(soon)}</span>
        })}
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
                            <small class="load__more"><LoadParts load /></small>
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

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use domain::sla::ClockName;
    use domain::ticket::{CardLeft, Stage};

    use super::*;
    use crate::tickets::sample::card;

    fn row(id: u128, nth: usize) -> Row {
        let at = Timestamp::from_millis(0);
        (card(id), nth, CardClock { name: ClockName::Resolution, started: at, left: CardLeft::Due(at) })
    }

    #[test]
    fn after_a_reassignment_one_goes_on_where_one_was() {
        let asked = Asked { ticket: card(2).ticket, nth: 1, place: 1 };
        assert_eq!(row_after(&[row(1, 0), row(3, 0), row(2, 1)], asked), Some(2));
        assert_eq!(row_after(&[row(2, 0), row(3, 0)], asked), Some(0));
        assert_eq!(row_after(&[row(1, 0), row(3, 0)], asked), Some(1));
        assert_eq!(row_after(&[row(1, 0)], asked), Some(0));
        assert_eq!(row_after(&[], asked), None);
        let mut closed = row(3, 0);
        closed.0.stage = Stage::Closed;
        assert_eq!(row_after(&[row(1, 0), closed], asked), Some(0));
    }
}
