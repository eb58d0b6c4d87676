//! The dense list of tickets: sections under headings, of which only the rows in sight are drawn.

use std::sync::Arc;

use domain::TicketId;
use domain::ticket::Card;
use leptos::html;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::filter::{Filter, Section};
use super::window::{Drawn, Layout, Sizes, View};
use crate::device::{keyboard, scroll};
use crate::i18n::{Words, use_lang};
use crate::t;
use crate::tickets::{Flags, NextClock, NumberText, PersonName, StageBadge, UrgencyBadge};
use crate::ui::Empty;
use crate::workspace::use_workspace;

/// Before anything has been measured: near enough for the first frame.
const ASSUMED: Sizes = Sizes { row: 63.0, heading: 27.0 };

/// What the filter finds: places in a list of cards.
#[derive(Debug, Clone, PartialEq)]
struct Found {
    cards: Arc<Vec<Card>>,
    sections: Vec<(Section, Vec<usize>)>,
}

impl Found {
    fn order(&self) -> impl Iterator<Item = TicketId> {
        self.sections.iter().flat_map(|(_, places)| places.iter().map(|place| self.cards[*place].ticket))
    }

    /// The ticket before or after another one; the first one, if that is not there.
    fn neighbour(&self, of: Option<TicketId>, step: Step) -> Option<(usize, TicketId)> {
        let order: Vec<_> = self.order().collect();
        let place = order.iter().position(|ticket| Some(*ticket) == of);
        let next = match (place, step) {
            (None, _) => 0,
            (Some(place), Step::Up) => place.checked_sub(1)?,
            (Some(place), Step::Down) => place + 1,
        };
        order.get(next).map(|ticket| (next, *ticket))
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Up,
    Down,
}

/// One section as it is drawn.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    section: Section,
    count: usize,
    drawn: Drawn,
    rows: Vec<Card>,
}

/// The list, with its keys: J, K and the arrows move, Enter opens.
#[component]
pub fn TicketList(
    /// What to show.
    #[prop(into)]
    filter: Signal<Filter>,
    /// The ticket that is open beside the list.
    #[prop(into)]
    chosen: Signal<Option<TicketId>>,
    /// Called when the reader wants to see everything again.
    #[prop(into)]
    on_clear: Callback<()>,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (cards, now) = (workspace.cards(), workspace.now());
    let minute = Memo::new(move |_| now.get().as_millis() / domain::Timestamp::MINUTE_MS);
    let found = Memo::new(move |_| {
        minute.track();
        let cards = cards.get();
        let sections = filter.read().apply(&cards, now.get_untracked());
        Found { cards, sections }
    });
    let scrolled = NodeRef::<html::Div>::new();
    let view = RwSignal::new(View { top: 0.0, height: 1_200.0 });
    let sizes = RwSignal::new(ASSUMED);
    let measure = move || {
        if let Some(scroll::InSight { top, height }) = scroll::in_sight(scrolled) {
            view.set(View { top, height });
        }
        let row = scroll::height_within(scrolled, ".ticket-row");
        let heading = scroll::height_within(scrolled, ".ticket-list__heading");
        let measured = Sizes { row: row.unwrap_or(ASSUMED.row), heading: heading.unwrap_or(ASSUMED.heading) };
        if row.is_some() && measured != sizes.get_untracked() {
            sizes.set(measured);
        }
    };
    scroll::on_resize(scrolled, measure);
    let layout = Memo::new(move |_| {
        Layout::new(found.read().sections.iter().map(|(_, places)| places.len()).collect(), sizes.get())
    });
    let parts = Memo::new(move |_| {
        let found = found.read();
        let drawn = layout.read().drawn(view.get());
        let part = |((section, places), drawn): (&(Section, Vec<usize>), Drawn)| Part {
            section: *section,
            count: places.len(),
            rows: places[drawn.rows.clone()].iter().map(|place| found.cards[*place].clone()).collect(),
            drawn,
        };
        found.sections.iter().zip(drawn).map(part).collect::<Vec<_>>()
    });

    let cursor = RwSignal::new(None::<TicketId>);
    let go = move |step| {
        let from = cursor.get_untracked().or_else(|| chosen.get_untracked());
        let Some((row, ticket)) = found.read_untracked().neighbour(from, step) else { return true };
        cursor.set(Some(ticket));
        if let Some(top) = layout.read_untracked().reveal(row, view.get_untracked()) {
            scroll::scroll_to(scrolled, top);
            measure();
        }
        // The row may only now be drawn.
        request_animation_frame(move || {
            scroll::focus_within(scrolled, &format!("[data-ticket=\"{ticket}\"]"));
        });
        true
    };
    let navigate = use_navigate();
    keyboard::on_key(move |key| match key {
        "j" | "J" | "ArrowDown" => go(Step::Down),
        "k" | "K" | "ArrowUp" => go(Step::Up),
        "n" | "N" => {
            navigate("/tickets/new", NavigateOptions::default());
            true
        }
        "/" => {
            keyboard::focus("#ticket-search");
            true
        }
        _ => false,
    });

    let sections = move || parts.read().iter().map(|part| part.section).collect::<Vec<_>>();
    let nothing_here = Memo::new(move |_| found.read().sections.is_empty());
    let nothing_at_all = Memo::new(move |_| nothing_here.get() && !filter.read().is_set());
    view! {
        <div class="scroll" node_ref=scrolled on:scroll=move |_| measure()>
            <Show when=move || nothing_at_all.get()>
                <Empty icon="inbox" title=t!(lang, tickets_none_title) text=t!(lang, tickets_none_text) />
            </Show>
            <Show when=move || nothing_here.get() && !nothing_at_all.get()>
                <Empty icon="search" title=t!(lang, tickets_nothing_title) text=t!(lang, tickets_nothing_text)>
                    <button class="button" type="button" on:click=move |_| on_clear.run(())>
                        {t!(lang, filter_clear)}
                    </button>
                </Empty>
            </Show>
            <ol class="ticket-list">
                <For
                    each=sections
                    key=|section| *section
                    let:section
                >
                    <SectionRows section parts chosen cursor />
                </For>
            </ol>
        </div>
    }
}

#[component]
fn SectionRows(
    section: Section,
    parts: Memo<Vec<Part>>,
    chosen: Signal<Option<TicketId>>,
    cursor: RwSignal<Option<TicketId>>,
) -> impl IntoView {
    let lang = use_lang();
    let part = move || parts.read().iter().find(|part| part.section == section).cloned();
    let room = move |room: fn(&Drawn) -> f64| {
        Memo::new(move |_| part().map_or_else(|| "0".to_owned(), |part| format!("{}px", room(&part.drawn))))
    };
    let (before, after) = (room(|drawn| drawn.before), room(|drawn| drawn.after));
    let count = Memo::new(move |_| part().map_or(0, |part| part.count));
    let rows = move || part().map(|part| part.rows).unwrap_or_default();
    let tone = (section == Section::Overdue).then_some("danger");
    view! {
        <li class="ticket-list__heading">
            {move || section_words(section, lang.words())} " " <span class="count" data-tone=tone>{count}</span>
        </li>
        <li aria-hidden="true" style:block-size=before></li>
        <For each=rows key=|card| card.ticket let:first>
            <TicketRow first parts chosen cursor />
        </For>
        <li aria-hidden="true" style:block-size=after></li>
    }
}

fn section_words(section: Section, words: Words) -> &'static str {
    match section {
        Section::Overdue => words.section_overdue(),
        Section::Running => words.section_running(),
        Section::Ended => words.section_ended(),
    }
}

/// One ticket. `first` is its card when the row is made; later ones come from `parts`.
#[component]
fn TicketRow(
    first: Card,
    parts: Memo<Vec<Part>>,
    chosen: Signal<Option<TicketId>>,
    cursor: RwSignal<Option<TicketId>>,
) -> impl IntoView {
    let lang = use_lang();
    let ticket = first.ticket;
    let card = Memo::new(move |last: Option<&Card>| {
        let parts = parts.read();
        let current = parts.iter().flat_map(|part| &part.rows).find(|card| card.ticket == ticket);
        // Out of the list, it is about to go: what it last showed will do until then.
        current.or(last).unwrap_or(&first).clone()
    });
    let customer = move || {
        let card = card.read();
        if card.company.is_empty() { card.customer.clone() } else { card.company.clone() }
    };
    let conflicts = move || {
        let count = card.read().conflicts;
        (count > 0).then(|| {
            view! { <span class="badge" data-tone="warn">{lang.words().ticket_conflicts(count)}</span> }
        })
    };
    view! {
        <li>
            <a
                class="ticket-row"
                href=format!("/tickets/{ticket}")
                data-ticket=ticket.to_string()
                aria-current=move || (chosen.get() == Some(ticket)).then_some("true")
                on:focus=move |_| cursor.set(Some(ticket))
            >
                <span class="ticket-row__mark">
                    <UrgencyBadge urgency=Signal::derive(move || card.read().urgency) compact=true />
                </span>
                <span class="ticket-row__title">{move || card.read().summary.clone()}</span>
                <span class="ticket-row__clock"><NextClock card /></span>
                <span class="ticket-row__meta">
                    <StageBadge
                        stage=Signal::derive(move || card.read().stage)
                        waiting=Signal::derive(move || card.read().waiting)
                        answered=Signal::derive(move || card.read().answered)
                        cycle=Signal::derive(move || card.read().cycle)
                    />
                    <NumberText ticket number=Signal::derive(move || card.read().number.clone()) />
                    <span class="ticket-row__customer">{customer}</span>
                    <Flags flags=Signal::derive(move || card.read().flags.clone()) />
                    {conflicts}
                    <span class="ticket-row__person">
                        <PersonName person=Signal::derive(move || card.read().scope.accountable) />
                    </span>
                </span>
            </a>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::sample::card;

    #[test]
    fn moving_through_the_list_crosses_sections_and_stops_at_its_ends() {
        let found = Found {
            cards: Arc::new(vec![card(1), card(2), card(3)]),
            sections: vec![(Section::Overdue, vec![2]), (Section::Running, vec![0, 1])],
        };
        let ticket = |id| Some(card(id).ticket);
        let next =
            |of, step| found.neighbour(of, step).map(|(row, ticket)| (row, ticket.as_uuid().as_u128()));
        assert_eq!(next(None, Step::Down), Some((0, 3)));
        assert_eq!(next(ticket(3), Step::Down), Some((1, 1)));
        assert_eq!(next(ticket(2), Step::Down), None);
        assert_eq!(next(ticket(3), Step::Up), None);
    }
}
