//! One ticket in full: what it is, how far it has come, what can be done, and everything that happened.

use std::sync::Arc;

use domain::TicketId;
use leptos::prelude::*;
use leptos_router::components::A;

use super::acts::{Act, Choices};
use super::conflict_panel::ConflictPanel;
use super::dialogs::{DialogSwitches, Dialogs};
use super::follow_up::{PlanPanel, QualityPanel};
use super::steps::{Progress, strip};
use super::ticket_panels::{
    CallbackPanel, ClockPanel, CommentPanel, CompletionPanel, CustomerPanel, EarlierPanel, HistoryPanel,
    OwnerPanel, PartsPanel, ProductPanel, SignOffPanel, VisitPanel, WordsPanel,
};
use crate::field::gate;
use crate::i18n::use_lang;
use crate::photos::PhotosPanel;
use crate::t;
use crate::tickets::{
    ExplainedClock, Flags, NumberText, StageBadge, UrgencyBadge, iso, running, title_of, use_when,
};
use crate::ui::{Empty, Icon, Menu, Skeleton};
use crate::workspace::{TicketView, use_workspace};

/// One ticket, as the office sees it.
#[component]
pub fn TicketDetail(
    /// Which.
    ticket: TicketId,
) -> impl IntoView {
    let lang = use_lang();
    gate(
        Some(ticket),
        || view! { <div class="ticket" aria-busy="true"><Skeleton bars=6 /></div> },
        move || {
            view! {
                <Empty icon="shield" title=t!(lang, ticket_missing_title) text=t!(lang, ticket_missing_text)>
                    <A href="/tickets" attr:class="button">{t!(lang, ticket_back)}</A>
                </Empty>
            }
        },
        |_, view| view! { <TicketArticle view /> },
    )
}

#[component]
fn TicketArticle(view: Signal<Arc<TicketView>>) -> impl IntoView {
    let switches = DialogSwitches::new();
    view! {
        <article class="ticket">
            <TicketHead view switches />
            <div class="stack"><ConflictPanel view />
            <div class="ticket__body">
                <div class="ticket__main">
                    <WordsPanel view />
                    <PhotosPanel view />
                    <PlanPanel view />
                    <CompletionPanel view />
                    <PartsPanel view />
                    <VisitPanel view />
                    <SignOffPanel view />
                    <CallbackPanel view />
                    <QualityPanel view />
                    <CommentPanel view />
                    <HistoryPanel view />
                </div>
                <div class="ticket__side">
                    <ClockPanel view />
                    <OwnerPanel view switches />
                    <CustomerPanel view switches />
                    <ProductPanel view />
                    <EarlierPanel view />
                </div>
            </div></div>
            <Dialogs view switches />
        </article>
    }
}

#[component]
fn TicketHead(view: Signal<Arc<TicketView>>, switches: DialogSwitches) -> impl IntoView {
    let lang = use_lang();
    let clocks = Memo::new(move |_| running(&view.read()));
    let ticket = Memo::new(move |_| view.read().ticket.id);
    let title = move || title_of(&view.read().ticket);
    view! {
        <header class="ticket__head">
            <div class="ticket__line">
                <A
                    href="/tickets"
                    attr:class="icon-button only-one-pane"
                    attr:aria-label=move || lang.words().ticket_back()
                >
                    <Icon name="back" />
                </A>
                <NumberText ticket number=Signal::derive(move || view.read().ticket.number.clone()) />
                <StageBadge
                    stage=Signal::derive(move || view.read().ticket.stage)
                    waiting=Signal::derive(move || view.read().ticket.waiting)
                    answered=Signal::derive(move || view.read().ticket.answered())
                    cycle=Signal::derive(move || view.read().ticket.cycle)
                />
                <UrgencyBadge urgency=Signal::derive(move || view.read().ticket.urgency.value) />
                <Flags flags=Signal::derive(move || view.read().ticket.flags().clone()) />
                <TicketActions view switches />
            </div>
            <h2 class="ticket__title">{title}</h2>
            <div class="ticket__clocks">
                <For each=move || clocks.get() key=|clock| (clock.id, clock.due, clock.paused.is_some()) let:clock>
                    <ExplainedClock ticket=ticket.get_untracked() clock named=true />
                </For>
            </div>
            <StageStrip view />
        </header>
    }
}

#[component]
fn TicketActions(view: Signal<Arc<TicketView>>, switches: DialogSwitches) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let person = workspace.person();
    let choices = Memo::new(move |_| {
        let view = view.read();
        let person = person.read();
        Choices::of(&view.ticket, &view.clocks, |act| {
            workspace.may(view.ticket.id, &act.sample(&person, &view.ticket))
        })
    });
    let word = move |act: Act| act.word(&view.read().ticket, lang.words());
    let next = move || {
        choices.read().next.map(|act| {
            view! {
                <button class="button" type="button" data-kind="primary" on:click=move |_| switches.open(act)>
                    <Icon name=act.glyph() />
                    {move || word(act)}
                </button>
            }
        })
    };
    let quick = move || {
        let others = choices.read().others.clone();
        let wanted = [Act::Assign, Act::LogProgress];
        let buttons = wanted.into_iter().filter(move |act| others.contains(act)).map(move |act| {
            view! {
                <button class="button" type="button" on:click=move |_| switches.open(act)>
                    <Icon name=act.glyph() />
                    {move || word(act)}
                </button>
            }
        });
        buttons.collect_view()
    };
    let menu = move || {
        let Choices { others, blocked, .. } = choices.get();
        let rest: Vec<_> =
            others.into_iter().filter(|act| !matches!(act, Act::Assign | Act::LogProgress)).collect();
        (!rest.is_empty() || !blocked.is_empty()).then(|| {
            let items = rest.into_iter().map(move |act| {
                view! {
                    <button
                        class="menu__item"
                        type="button"
                        data-tone=(act == Act::Cancel).then_some("danger")
                        on:click=move |_| switches.open(act)
                    >
                        <Icon name=act.glyph() />
                        {move || word(act)}
                    </button>
                }
            });
            let blocked = blocked.into_iter().map(move |(act, refusal)| {
                let reason = move || lang.words().refusal(&refusal);
                let why = reason.clone();
                view! {
                    <button class="menu__item" type="button" aria-disabled="true" title=move || why().1>
                        <Icon name=act.glyph() />
                        {move || word(act)}
                    </button>
                    <p class="menu__note">{move || reason().0}</p>
                }
            });
            view! {
                <Menu label=t!(lang, ticket_more) edge=true button=|| view! { <Icon name="more" /> }>
                    {items.collect_view()}
                    {blocked.collect_view()}
                </Menu>
            }
        })
    };
    view! { <div class="ticket__actions push">{quick} {next} {menu}</div> }
}

#[component]
fn StageStrip(view: Signal<Arc<TicketView>>) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let stops = Memo::new(move |_| strip(&view.read().ticket, &view.read().document));
    move || {
        let stops = stops.get();
        (!stops.is_empty()).then(|| {
            let stops = stops.into_iter().map(move |stop| {
                let done = (stop.progress == Progress::Done).then_some("");
                let current = (stop.progress == Progress::Current).then_some("step");
                let time = stop.reached.map(|at| {
                    view! { <time datetime=iso(at)>{move || when.instant(at)}</time> }
                });
                view! {
                    <li class="stages__step" data-done=done aria-current=current>
                        {move || stop.step.word(lang.words())}
                        {time}
                    </li>
                }
            });
            view! { <ol class="stages" aria-label=t!(lang, steps_label)>{stops.collect_view()}</ol> }
        })
    }
}
