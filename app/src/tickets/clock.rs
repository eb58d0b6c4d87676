//! Clocks on screen: a chip that counts down, and the list that explains every one.

use std::sync::Arc;

use domain::TicketId;
use domain::sla::{Clock, ClockName, Deadline, PolicyBook};
use domain::ticket::{Card, Urgency};
use leptos::prelude::*;
use sync::Link;

use super::face::{Dial, Face, Span};
use super::ledger;
use super::when::{When, use_when};
use super::why::{WhyOf, use_why};
use crate::i18n::{Words, use_lang};
use crate::ui::Icon;
use crate::workspace::{TicketView, use_workspace};

/// One clock: what is left, or by how much it is late. With `why`, a button that opens the explanation.
#[component]
pub fn ClockChip(
    /// The clock.
    #[prop(into)]
    dial: Signal<Dial>,
    /// Whether its name stands in it.
    #[prop(optional)]
    named: bool,
    /// Whether it is large, for the field.
    #[prop(optional)]
    large: bool,
    /// What to explain when it is pressed.
    #[prop(optional_no_strip)]
    why: Option<Signal<WhyOf>>,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (now, status) = (workspace.now(), workspace.status());
    let when = use_when();
    let face = Memo::new(move |_| Face::of(&dial.read(), now.get()));
    let provisional = Memo::new(move |_| status.with(|status| status.link != Link::Live));
    let name = move || lang.words().clock(dial.read().name);
    let sentence = move || {
        let words = lang.words();
        let due = dial.read().due().map(|due| when.instant(due)).unwrap_or_default();
        let sentence = face.read().sentence(name(), &due, words);
        if provisional.get() { words.clock_provisional(sentence) } else { sentence }
    };
    let glyph = move || match face.read().state.glyph() {
        Some(glyph) => view! { <Icon name=glyph /> }.into_any(),
        None => view! { <Ring used_percent=face.read().used_percent /> }.into_any(),
    };
    let inside = move || {
        view! {
            {glyph}
            {named.then(|| view! { <span class="clock__name">{name}</span> })}
            <time class="clock__left" datetime=move || face.read().span.map(Span::iso)>
                {move || face.read().figure(lang.words())}
            </time>
        }
    };
    let style = move || face.read().state.style();
    let size = large.then_some("l");
    let unsure = move || provisional.get().then_some("");
    match why {
        None => view! {
            <span
                class="clock"
                role="img"
                data-state=style
                data-size=size
                data-provisional=unsure
                title=sentence
                aria-label=sentence
            >
                {inside()}
            </span>
        }
        .into_any(),
        Some(why) => {
            let asked = use_why();
            view! {
                <button
                    class="clock"
                    type="button"
                    aria-haspopup="dialog"
                    data-state=style
                    data-size=size
                    data-provisional=unsure
                    title=move || lang.words().why_hint(sentence())
                    on:click=move |_| asked.ask(why.get_untracked())
                >
                    {inside()}
                    // After what is seen, so that it can be called by that, too.
                    <span class="visually-hidden">" " {move || lang.words().why_hint(sentence())}</span>
                    <Icon name="question" />
                </button>
            }
            .into_any()
        }
    }
}

#[component]
fn Ring(used_percent: u8) -> impl IntoView {
    view! {
        <svg class="clock__ring" viewBox="0 0 20 20" aria-hidden="true">
            <circle class="clock__track" cx="10" cy="10" r="8" />
            <circle
                class="clock__used"
                cx="10"
                cy="10"
                r="8"
                pathLength="100"
                stroke-dasharray=format!("{used_percent} 100")
            />
        </svg>
    }
}

/// The clock of a card that is due next; nothing, if none is running.
#[component]
pub fn NextClock(
    /// The card.
    #[prop(into)]
    card: Signal<Card>,
    /// Whether its name stands in it.
    #[prop(optional)]
    named: bool,
    /// Whether it is large, for the field.
    #[prop(optional)]
    large: bool,
    /// Whether it opens its explanation. Not inside of a link.
    #[prop(optional)]
    explained: bool,
) -> impl IntoView {
    // After the end of the work, the time alone doesn't say what is still owed to the customer.
    let next = Memo::new(move |_| {
        card.with(|card| card.clocks.first().map(|clock| (card.ticket, *clock, named_in(card, named))))
    });
    move || {
        next.get().map(|(ticket, clock, named)| {
            let why = explained.then(|| Signal::stored(WhyOf::card(ticket, &clock)));
            view! { <ClockChip dial=Dial::from(&clock) named large why /> }
        })
    }
}

/// Whether a card's clock is called by its name.
const fn named_in(card: &Card, named: bool) -> bool {
    named || !card.stage.is_open()
}

/// A clock of a ticket that explains itself.
#[component]
pub fn ExplainedClock(
    /// The ticket.
    ticket: TicketId,
    /// The clock.
    clock: Clock,
    /// Whether its name stands in it.
    #[prop(optional)]
    named: bool,
    /// Whether it is large, for the field.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    let why = Signal::stored(WhyOf::clock(ticket, clock.id));
    view! { <ClockChip dial=Dial::from(&clock) named large why=Some(why) /> }
}

/// All clocks of a ticket, latest first, each with the sentence that explains it.
#[component]
pub fn ClockList(
    /// The ticket.
    #[prop(into)]
    view: Signal<Arc<TicketView>>,
) -> impl IntoView {
    let lang = use_lang();
    let book = use_workspace().book();
    let when = use_when();
    move || {
        let view = view.get();
        if view.clocks.is_empty() {
            return view! { <p class="secondary">{move || lang.words().clock_list_empty()}</p> }.into_any();
        }
        let (ticket, urgency) = (view.ticket.id, view.ticket.urgency.value);
        let lines = view.clocks.iter().rev().map(|clock| {
            let clock = *clock;
            let title = ledger::milestone_title(&view.ticket, clock.id);
            let name = move || {
                let words = lang.words();
                let name = match &title {
                    Some(title) => words.clock_milestone_named(title),
                    None => words.clock(clock.name()).to_owned(),
                };
                if clock.id.cycle > 1 {
                    format!("{name} · {}", words.clock_cycle(clock.id.cycle))
                } else {
                    name
                }
            };
            let why = move || book.with(|book| why(&clock, urgency, book, lang.words(), when));
            view! {
                <li class="clock-line">
                    <span class="clock-line__name">{name}</span>
                    <span class="clock-line__why">{why}</span>
                    <ExplainedClock ticket clock />
                </li>
            }
        });
        view! { <ul class="clock-list">{lines.collect_view()}</ul> }.into_any()
    }
}

/// Why a clock stands as it does, in one sentence.
fn why(clock: &Clock, urgency: Urgency, book: &PolicyBook, words: Words, when: When) -> String {
    if let Some(withdrawn) = clock.withdrawn {
        return words.clock_why_withdrawn(when.instant(withdrawn));
    }
    if let Some(paused) = clock.paused.filter(|_| clock.is_running() && clock.due.is_none()) {
        return words.clock_why_paused(when.instant(paused.since), words.waiting(paused.waiting));
    }
    match (clock.stopped, clock.due) {
        (Some(stopped), Some(due)) => words.clock_why_met(when.instant(stopped), when.instant(due)),
        (Some(stopped), None) => words.clock_why_met_open(when.instant(stopped)),
        (None, None) => words.clock_why_open().to_owned(),
        (None, Some(due)) => {
            let (due, start) = (when.instant(due), when.instant(clock.started));
            let cause = cause(clock, words);
            match clock.deadline {
                Deadline::Target { target, .. } => {
                    let target = ledger::target(target, words);
                    if ledger::by_urgency(book, clock.policy, clock.name()) {
                        words.clock_why_due(due, words.urgency(urgency), target, cause, start)
                    } else {
                        words.clock_why_due_all(due, target, cause, start)
                    }
                }
                Deadline::BeforeVisit { visit, minutes } => {
                    words.clock_why_visit(due, ledger::minutes(minutes, words), when.instant(visit))
                }
                Deadline::Set { .. } | Deadline::Open => words.clock_why_set(due, cause, start),
            }
        }
    }
}

fn cause(clock: &Clock, words: Words) -> &'static str {
    match clock.name() {
        ClockName::Acknowledge => words.cause_message(),
        ClockName::Register => words.cause_call(),
        ClockName::FirstResponse => words.cause_created(),
        ClockName::Reply => words.cause_promise(),
        ClockName::Resolution if clock.id.cycle > 1 => words.cause_reopened(),
        ClockName::Resolution => words.cause_assigned(),
        ClockName::VisitNotice => words.cause_visit(),
        ClockName::ResultNotice | ClockName::Callback => words.cause_done(),
        ClockName::Recovery => words.cause_callback(),
        ClockName::Rectification => words.cause_inspection(),
        ClockName::Milestone => words.cause_plan(),
    }
}

/// The clocks of a ticket that still run, next due first; those that stand still and those without a deadline last.
pub fn running(view: &TicketView) -> Vec<Clock> {
    let mut clocks: Vec<_> = view.clocks.iter().filter(|clock| clock.is_running()).copied().collect();
    clocks.sort_by_key(|clock| (clock.due.is_none(), clock.due, clock.paused.is_none()));
    clocks
}

#[cfg(test)]
mod tests {
    use domain::ticket::Stage;

    use super::*;
    use crate::tickets::sample::card;

    #[test]
    fn what_is_owed_after_a_ticket_is_closed_is_called_by_its_name() {
        let mut card = card(1);
        assert!(!named_in(&card, false));
        card.stage = Stage::Closed;
        assert!(named_in(&card, false));
    }
}
