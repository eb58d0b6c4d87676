//! What was agreed with the customer and what quality found: panels that office and field share.

use std::sync::Arc;

use domain::ticket::{Action, Comment, Entry, Inspection, Milestone, MilestoneReached, Plan};
use domain::{ChangeId, Timestamp};
use leptos::prelude::*;

use super::dialogs::{PlanDialog, RectifyDialog};
use super::panel::Panel;
use crate::field::use_recorder;
use crate::i18n::use_lang;
use crate::t;
use crate::tickets::{PersonName, iso, use_when};
use crate::ui::{Icon, Notice, Tone, use_toasts};
use crate::workspace::{TicketView, use_workspace};

/// The plan that counts, with its milestones; with a button to agree one, for whoever may.
#[component]
pub fn PlanPanel(
    /// The ticket.
    view: Signal<Arc<TicketView>>,
) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let workspace = use_workspace();
    let agreeing = RwSignal::new(false);
    let plan = Memo::new(move |_| {
        let ticket = &view.read().ticket;
        ticket.plans.iter().rfind(|plan| plan.cycle == ticket.cycle).cloned()
    });
    let may_agree =
        Memo::new(move |_| workspace.may(view.read().ticket.id, &Action::AgreePlan(some_plan())).is_ok());
    let end = move || {
        (may_agree.get() && plan.read().is_some()).then(|| {
            view! {
                <button
                    class="icon-button"
                    type="button"
                    aria-label=t!(lang, plan_again)
                    title=t!(lang, plan_again)
                    on:click=move |_| agreeing.set(true)
                >
                    <Icon name="edit" />
                </button>
            }
        })
    };
    let facts = move |Entry { by, actor, happened, fact, .. }: Entry<Plan>| {
        let Plan { measures, agreed_with, deadline, milestones } = fact;
        let deadline = deadline.map(|at| {
            view! { <dt>{t!(lang, plan_deadline)}</dt><dd><time class="number" datetime=iso(at)>{move || when.instant(at)}</time></dd> }
        });
        let agreed = (!agreed_with.trim().is_empty())
            .then(|| view! { <dt>{t!(lang, field_agreed_with)}</dt><dd>{agreed_with}</dd> });
        let milestones = milestones.into_iter().zip(0..).map(move |(milestone, number)| {
            view! { <MilestoneLine view plan=by number milestone /> }
        });
        view! {
            <div class="stack">
                <p class="plan__measures">{measures}</p>
                <dl class="facts">{agreed} {deadline}</dl>
                <ol class="milestones">{milestones.collect_view()}</ol>
                <p class="secondary"><PersonName person=Some(actor) /> " " {move || when.instant(happened)}</p>
            </div>
        }
    };
    move || {
        let plan = plan.get();
        (plan.is_some() || may_agree.get()).then(|| {
            let content = match plan {
                Some(plan) => facts(plan).into_any(),
                None => view! {
                    <div class="stack">
                        <p class="secondary">{t!(lang, plan_none)}</p>
                        <div class="button-row">
                            <button class="button" type="button" on:click=move |_| agreeing.set(true)>
                                <Icon name="calendar" />
                                {t!(lang, act_plan)}
                            </button>
                        </div>
                    </div>
                }
                .into_any(),
            };
            view! {
                <Panel title=t!(lang, panel_plan) end=end>{content}</Panel>
                <PlanDialog view open=agreeing />
            }
        })
    }
}

#[component]
fn MilestoneLine(
    view: Signal<Arc<TicketView>>,
    plan: ChangeId,
    number: u16,
    milestone: Milestone,
) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let workspace = use_workspace();
    let (recorder, toasts) = (use_recorder(), use_toasts());
    let this = MilestoneReached { plan, number };
    let reached = Memo::new(move |_| {
        let ticket = &view.read().ticket;
        ticket.milestones.iter().find(|entry| entry.fact == this).map(|entry| entry.happened)
    });
    let may = Memo::new(move |_| {
        reached.get().is_none() && workspace.may(view.read().ticket.id, &Action::ReachMilestone(this)).is_ok()
    });
    let Milestone { title, due } = milestone;
    let label = title.clone();
    let reach = move |_| {
        let ticket = view.read_untracked().ticket.id;
        recorder.record(ticket, Action::ReachMilestone(this), move || toasts.say(t!(lang, saved_here)));
    };
    let late = move |at: Timestamp| at > due;
    let mark = move || match reached.get() {
        Some(at) if late(at) => ("clock-overdue", Some("danger")),
        Some(_) => ("check-circle", Some("ok")),
        None => ("flag", None),
    };
    let more = move || match reached.get() {
        Some(at) => lang.words().plan_milestone_reached(when.instant(at), when.instant(due)),
        None => lang.words().plan_milestone_by(when.instant(due)),
    };
    let button = move || {
        let label = label.clone();
        may.get().then(|| {
            view! {
                <button
                    class="button"
                    type="button"
                    data-size="s"
                    data-busy=recorder.is_busy()
                    aria-label=move || lang.words().plan_milestone_reach_named(&label)
                    on:click=reach
                >
                    <Icon name="check" />
                    {t!(lang, plan_milestone_reach)}
                </button>
            }
        })
    };
    let problem = move || {
        recorder.problem().get().map(|problem| {
            let (title, text) = lang.words().record_error(&problem);
            view! { <Notice tone=Tone::Danger title text answers=true /> }
        })
    };
    view! {
        <li class="milestone" data-tone=move || mark().1>
            {move || view! { <Icon name=mark().0 /> }}
            <span class="milestone__text">{title}<small class="number">{more}</small></span>
            {button}
            {problem}
        </li>
    }
}

/// Every inspection, and how what it found was put right. Nothing, while there is none.
#[component]
pub fn QualityPanel(
    /// The ticket.
    view: Signal<Arc<TicketView>>,
) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let workspace = use_workspace();
    let rectifying = RwSignal::new(false);
    let inspections = Memo::new(move |_| view.read().ticket.inspections.clone());
    let rectified = Memo::new(move |_| view.read().ticket.rectifications.clone());
    let open = Memo::new(move |_| {
        let last = rectified.read().last().map(|entry| entry.happened);
        let failed =
            |entry: &Entry<Inspection>| entry.fact.failed() && last.is_none_or(|last| last < entry.happened);
        inspections.read().iter().any(failed)
    });
    let may = Memo::new(move |_| {
        let rectify = Action::Rectify(Comment { text: "-".to_owned() });
        open.get() && workspace.may(view.read().ticket.id, &rectify).is_ok()
    });
    let one = move |Entry { actor, happened, fact, .. }: Entry<Inspection>| {
        let (score, failed, by) = (fact.score, fact.failed(), fact.rectify_by);
        let result = move || {
            let words = lang.words();
            if failed { words.deed_inspect_failed(score) } else { words.deed_inspect_passed(score) }
        };
        view! {
            <li class="stack">
                <p><span class="badge" data-tone=if failed { "danger" } else { "ok" }>{result}</span></p>
                <p class="pre-line">{fact.note}</p>
                {by.map(|by| view! { <p>{move || lang.words().deed_rectify_by(when.instant(by))}</p> })}
                <p class="secondary"><PersonName person=Some(actor) /> " " {move || when.instant(happened)}</p>
            </li>
        }
    };
    let put_right = move |Entry { actor, happened, fact, .. }: Entry<String>| {
        view! {
            <li class="stack">
                <p><span class="badge" data-tone="ok">{t!(lang, deed_rectify)}</span></p>
                <p class="pre-line">{fact}</p>
                <p class="secondary"><PersonName person=Some(actor) /> " " {move || when.instant(happened)}</p>
            </li>
        }
    };
    move || {
        let (inspections, rectified) = (inspections.get(), rectified.get());
        (!inspections.is_empty()).then(|| {
            view! {
                <Panel title=t!(lang, panel_quality)>
                    <ul class="stack">
                        {rectified.into_iter().rev().map(put_right).collect_view()}
                        {inspections.into_iter().rev().map(one).collect_view()}
                    </ul>
                    <Show when=move || may.get()>
                        <div class="button-row">
                            <button class="button" type="button" data-kind="accent" on:click=move |_| rectifying.set(true)>
                                <Icon name="wrench" />
                                {t!(lang, act_rectify)}
                            </button>
                        </div>
                    </Show>
                </Panel>
                <RectifyDialog view open=rectifying />
            }
        })
    }
}

/// A plan whose content is in order, to ask whether one may be agreed at all.
pub(super) fn some_plan() -> Box<Plan> {
    Box::new(Plan {
        measures: "-".to_owned(),
        agreed_with: String::new(),
        deadline: None,
        milestones: Vec::new(),
    })
}
