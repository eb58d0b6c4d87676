//! Clocks on screen: a chip that counts down, and the list that explains every one.

use std::sync::Arc;

use domain::sla::{Clock, ClockName, Policy};
use domain::ticket::{Card, Urgency};
use leptos::prelude::*;
use sync::Link;

use super::face::{Face, Span, clock_of_card, target_minutes};
use super::when::{When, use_when};
use crate::i18n::{Words, use_lang};
use crate::ui::Icon;
use crate::workspace::{TicketView, use_workspace};

/// One clock: what is left, or by how much it is late.
#[component]
pub fn ClockChip(
    /// The clock.
    #[prop(into)]
    clock: Signal<Clock>,
    /// Whether its name stands in it.
    #[prop(optional)]
    named: bool,
    /// Whether it is large, for the field.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (now, status) = (workspace.now(), workspace.status());
    let when = use_when();
    let face = Memo::new(move |_| Face::of(&clock.read(), now.get()));
    let provisional = Memo::new(move |_| status.with(|status| status.link != Link::Live));
    let name = move || lang.words().clock(clock.read().name);
    let sentence = move || {
        let words = lang.words();
        let due = clock.read().due.map(|due| when.instant(due)).unwrap_or_default();
        let sentence = face.read().sentence(name(), &due, words);
        if provisional.get() { words.clock_provisional(sentence) } else { sentence }
    };
    let glyph = move || match face.read().state.glyph() {
        Some(glyph) => view! { <Icon name=glyph /> }.into_any(),
        None => view! { <Ring used_percent=face.read().used_percent /> }.into_any(),
    };
    view! {
        <span
            class="clock"
            role="img"
            data-state=move || face.read().state.style()
            data-size=large.then_some("l")
            data-provisional=move || provisional.get().then_some("")
            title=sentence
            aria-label=sentence
        >
            {glyph}
            {named.then(|| view! { <span class="clock__name">{name}</span> })}
            <time class="clock__left" datetime=move || face.read().span.map(Span::iso)>
                {move || face.read().figure(lang.words())}
            </time>
        </span>
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
) -> impl IntoView {
    let directory = use_workspace().directory();
    let next = Memo::new(move |_| {
        let card = card.read();
        let running = card.clocks.first()?;
        Some(directory.with(|directory| clock_of_card(&card, running, &directory.policy)))
    });
    move || next.get().map(|clock| view! { <ClockChip clock named large /> })
}

/// All clocks of a ticket, latest first, each with the sentence that explains it.
#[component]
pub fn ClockList(
    /// The ticket.
    #[prop(into)]
    view: Signal<Arc<TicketView>>,
) -> impl IntoView {
    let lang = use_lang();
    let directory = use_workspace().directory();
    let when = use_when();
    move || {
        let view = view.get();
        if view.clocks.is_empty() {
            return view! { <p class="secondary">{move || lang.words().clock_list_empty()}</p> }.into_any();
        }
        let policy = directory.read().policy;
        let urgency = view.ticket.urgency.value;
        let lines = view.clocks.iter().rev().map(|clock| {
            let clock = *clock;
            let name = move || {
                let words = lang.words();
                let name = words.clock(clock.name);
                if clock.cycle > 1 { format!("{name} · {}", words.clock_cycle(clock.cycle)) } else { name.to_owned() }
            };
            view! {
                <li class="clock-line">
                    <span class="clock-line__name">{name}</span>
                    <span class="clock-line__why">{move || why(&clock, urgency, &policy, lang.words(), when)}</span>
                    <ClockChip clock />
                </li>
            }
        });
        view! { <ul class="clock-list">{lines.collect_view()}</ul> }.into_any()
    }
}

/// Why a clock stands as it does, in one sentence.
fn why(clock: &Clock, urgency: Urgency, policy: &Policy, words: Words, when: When) -> String {
    if let Some(withdrawn) = clock.withdrawn {
        return words.clock_why_withdrawn(when.instant(withdrawn));
    }
    match (clock.stopped, clock.due) {
        (Some(stopped), Some(due)) => words.clock_why_met(when.instant(stopped), when.instant(due)),
        (Some(stopped), None) => words.clock_why_met_open(when.instant(stopped)),
        (None, None) => words.clock_why_open().to_owned(),
        (None, Some(due)) => {
            let (due, start) = (when.instant(due), when.instant(clock.started));
            let cause = cause(clock, words);
            match target_minutes(policy, clock.name, urgency) {
                Some(minutes) => {
                    words.clock_why_due(due, words.urgency(urgency), target(minutes, words), cause, start)
                }
                None => words.clock_why_due_bare(due, cause, start),
            }
        }
    }
}

fn target(minutes: u32, words: Words) -> String {
    match minutes {
        // Targets are agreed in hours: "24 h" is what people say, not "1 d".
        minutes if minutes % 60 == 0 && minutes <= 72 * 60 => words.span_hours(minutes / 60),
        minutes => Span::of_millis(i64::from(minutes) * domain::Timestamp::MINUTE_MS).said(words),
    }
}

fn cause(clock: &Clock, words: Words) -> &'static str {
    match clock.name {
        ClockName::FirstResponse => words.cause_created(),
        ClockName::Resolution if clock.cycle > 1 => words.cause_reopened(),
        ClockName::Resolution => words.cause_assigned(),
        ClockName::ResultNotice | ClockName::Callback => words.cause_done(),
    }
}

/// The clocks of a ticket that still run, next due first; those without a deadline last.
pub fn running(view: &TicketView) -> Vec<Clock> {
    let mut clocks: Vec<_> = view.clocks.iter().filter(|clock| clock.is_running()).copied().collect();
    clocks.sort_by_key(|clock| (clock.due.is_none(), clock.due));
    clocks
}
