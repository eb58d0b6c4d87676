//! "What if": when would it be due? With the versions that this device holds, so also without a network.

use std::sync::Arc;

use domain::people::Role;
use domain::sla::{ClockName, Policy, PolicyBook, Target, Workdays};
use domain::ticket::{Difficulty, Urgency, Waiting};
use domain::{DepartmentId, Timestamp};
use leptos::prelude::*;
use sync::policies::DraftHead;
use uuid::Uuid;

use super::calls;
use super::editor::AmountInput;
use super::what_if::{Answer, Asked, CLOCKS, Question, Wait, answer, policy};
use crate::device::local_time;
use crate::i18n::use_lang;
use crate::t;
use crate::tickets::{LedgerView, iso, ledger, use_when};
use crate::ui::{Empty, Icon, Segmented, SelectField, TextField, TextKind};
use crate::workspace::use_workspace;

/// Which service levels are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    InForce,
    Version(u32),
    Draft(Uuid),
}

/// A wait as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TypedWait {
    number: u32,
    from: RwSignal<String>,
    until: RwSignal<String>,
    waiting: RwSignal<Waiting>,
}

/// The page.
#[component]
pub fn WhatIfPage() -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (directory, person, now, book) =
        (workspace.directory(), workspace.person(), workspace.now(), workspace.book());
    let source = RwSignal::new(Source::InForce);
    let drafts = RwSignal::new(Vec::<DraftHead>::new());
    let draft = RwSignal::new(None::<Policy>);
    // Drafts are the administrators', and on the server; without either there are none to choose.
    if person.with_untracked(|person| person.role == Role::Admin) {
        leptos::task::spawn_local(async move {
            if let Ok(found) = calls::drafts().await {
                drafts.try_set(found.drafts);
            }
        });
    }
    Effect::new(move |_| {
        let Source::Draft(id) = source.get() else { return };
        draft.set(None);
        leptos::task::spawn_local(async move {
            if let Ok(found) = calls::draft(&id.to_string()).await {
                draft.try_set(serde_json::from_value(found.document).ok());
            }
        });
    });
    let chosen = Memo::new(move |_| match source.get() {
        Source::InForce => Some(book.with(|book| book.policy().clone())),
        Source::Version(number) => book.with(|book| book.version(number).cloned()),
        Source::Draft(_) => draft.get(),
    });
    let clock = RwSignal::new(Some(ClockName::Resolution));
    let target = RwSignal::new(Some(Target::Open { minutes: 8 * 60 }));
    let urgency = RwSignal::new(Urgency::Normal);
    let difficulty = RwSignal::new(Difficulty::Simple);
    let department = RwSignal::new(person.with_untracked(|person| person.department));
    let contract = RwSignal::new(None::<String>);
    let calendar = RwSignal::new(None::<String>);
    let start = RwSignal::new(local_time::to_field(now.get_untracked()));
    let waits = RwSignal::new(Vec::<TypedWait>::new());
    let question = Memo::new(move |_| {
        let policy = chosen.get()?;
        let asked = match clock.get() {
            Some(clock) => Asked::Clock(clock),
            None => Asked::Target(target.get()?),
        };
        let contract = contract.get();
        let company = contract.and_then(|id| {
            let contract = policy.contracts.iter().find(|contract| contract.id == id)?;
            contract.customers.first().cloned()
        });
        let read = |wait: &TypedWait| {
            let from = local_time::from_field(&wait.from.read())?;
            let until = local_time::from_field(&wait.until.read());
            Some(Wait { from, until: until.filter(|until| *until > from), waiting: wait.waiting.get() })
        };
        let waits = waits.read().iter().filter_map(read).collect();
        Some(Question {
            asked,
            urgency: urgency.get(),
            difficulty: difficulty.get(),
            department: department.get(),
            company: company.unwrap_or_default(),
            calendar: calendar.get().filter(|id| policy.calendars.iter().any(|known| known.id == *id)),
            start: local_time::from_field(&start.read())?,
            waits,
            person: person.with(|person| person.id),
            policy,
        })
    });
    let answered = Memo::new(move |_| {
        let question = question.get()?;
        let book = PolicyBook::only(policy(&question));
        let answer = answer(&question, &book)?;
        Some(Found { answer, book: Shared(book) })
    });
    let result = move || match (question.read().is_some(), answered.get()) {
        (false, _) => view! { <p class="secondary">{t!(lang, what_if_incomplete)}</p> }.into_any(),
        (true, None) => view! { <Empty icon="question" title=t!(lang, what_if_none) /> }.into_any(),
        (true, Some(found)) => view! { <Result found /> }.into_any(),
    };
    let sources = Signal::derive(move || {
        let mut sources = vec![Source::InForce];
        let held = book.with(|book| {
            (book.policy().version, book.effective().map(|(number, _)| number).collect::<Vec<_>>())
        });
        sources.extend(held.1.into_iter().rev().filter(|number| *number != held.0).map(Source::Version));
        sources.extend(drafts.read().iter().map(|draft| Source::Draft(draft.id)));
        sources
    });
    let source_word = move |source: Source| {
        let words = lang.words();
        match source {
            Source::InForce => words.what_if_in_force(book.with(|book| book.policy().version)),
            Source::Version(number) => words.policy_version(number),
            Source::Draft(id) => {
                let drafts = drafts.read();
                let name = drafts.iter().find(|draft| draft.id == id).map(|draft| draft.name.clone());
                words.what_if_draft(name.unwrap_or_default())
            }
        }
    };
    let contracts = Signal::derive(move || {
        let chosen = chosen.read();
        let contracts = chosen.as_ref().map(|policy| policy.contracts.clone()).unwrap_or_default();
        contracts
            .into_iter()
            .filter(|contract| !contract.customers.is_empty())
            .map(|contract| contract.id)
            .collect::<Vec<_>>()
    });
    let contract_name = move |id: String| {
        let chosen = chosen.read();
        let contract =
            chosen.as_ref().and_then(|policy| policy.contracts.iter().find(|known| known.id == id));
        contract.map(|contract| contract.name.clone()).unwrap_or_default()
    };
    let calendars = Signal::derive(move || {
        let chosen = chosen.read();
        chosen
            .as_ref()
            .map(|policy| policy.calendars.iter().map(|calendar| calendar.id.clone()).collect::<Vec<_>>())
            .unwrap_or_default()
    });
    let calendar_name = move |id: String| {
        let chosen = chosen.read();
        let calendar =
            chosen.as_ref().and_then(|policy| policy.calendars.iter().find(|known| known.id == id));
        calendar.map(|calendar| lang.words().named(&calendar.name)).unwrap_or_default()
    };
    let departments = Signal::derive(move || {
        directory.read().departments.iter().map(|department| department.id).collect::<Vec<_>>()
    });
    let department_name = move |id: DepartmentId| {
        directory.read().department(id).map(|department| department.name.clone()).unwrap_or_default()
    };
    let is_free = Memo::new(move |_| clock.read().is_none());
    let start_label = move || {
        let words = lang.words();
        if clock.get() == Some(ClockName::VisitNotice) {
            words.what_if_visit()
        } else {
            words.what_if_start()
        }
    };
    let add_wait = move |_| {
        let number = waits.read_untracked().iter().map(|wait| wait.number).max().map_or(1, |last| last + 1);
        let from = local_time::from_field(&start.read_untracked()).unwrap_or_else(|| now.get_untracked());
        let at =
            |hours: i64| RwSignal::new(local_time::to_field(from.plus_millis(hours * Timestamp::HOUR_MS)));
        let wait = TypedWait { number, from: at(1), until: at(3), waiting: RwSignal::new(Waiting::Customer) };
        waits.update(|waits| waits.push(wait));
    };
    let wait_rows = move |wait: TypedWait| {
        view! {
            <li class="what-if__wait">
                <TextField label=t!(lang, what_if_wait_from) value=wait.from kind=TextKind::Moment />
                <TextField label=t!(lang, what_if_wait_until) value=wait.until kind=TextKind::Moment />
                <Segmented
                    label=t!(lang, what_if_wait_for)
                    options=vec![Waiting::Customer, Waiting::Parts]
                    value=Signal::derive(move || Some(wait.waiting.get()))
                    word=move |waiting| lang.words().waiting(waiting)
                    on_choose=move |chosen| wait.waiting.set(chosen)
                />
                <button
                    class="icon-button"
                    type="button"
                    aria-label=t!(lang, what_if_wait_remove)
                    on:click=move |_| waits.update(|waits| waits.retain(|known| known.number != wait.number))
                >
                    <Icon name="close" />
                </button>
            </li>
        }
    };
    let choose_source = move |chosen: Option<Source>| {
        if let Some(chosen) = chosen {
            source.set(chosen);
        }
    };
    let choose_department = move |chosen: Option<DepartmentId>| {
        if let Some(chosen) = chosen {
            department.set(chosen);
        }
    };
    let choose_target = move |chosen: Option<Target>| target.set(chosen);
    view! {
        <header class="office-bar"><h1 class="office-bar__title">{t!(lang, what_if_title)}</h1></header>
        <div class="scroll">
            <div class="page policy" data-width="full">
                <p class="policy-lead">{t!(lang, what_if_lead)}</p>
                <div class="what-if">
                    <form class="form what-if__form" on:submit=move |event| event.prevent_default()>
                        <SelectField
                            label=t!(lang, what_if_policy)
                            options=sources
                            value=Signal::derive(move || Some(source.get()))
                            word=source_word
                            on_choose=choose_source
                        />
                        <SelectField
                            label=t!(lang, what_if_clock)
                            options=Signal::stored(CLOCKS.to_vec())
                            value=clock
                            word=move |clock| lang.words().clock_numbered(clock)
                            nothing=t!(lang, what_if_free)
                            on_choose=move |chosen| clock.set(chosen)
                        />
                        <Show when=move || is_free.get()>
                            <div class="field">
                                <span class="field__label">{t!(lang, what_if_target)}</span>
                                <AmountInput
                                    label=t!(lang, what_if_target)
                                    value=target
                                    may_be_none=false
                                    on_change=choose_target
                                />
                            </div>
                        </Show>
                        <TextField label=start_label value=start kind=TextKind::Moment />
                        <Show when=move || !is_free.get()>
                            <Segmented
                                label=t!(lang, what_if_urgency)
                                options=Urgency::ALL.to_vec()
                                value=Signal::derive(move || Some(urgency.get()))
                                word=move |urgency| lang.words().urgency(urgency)
                                on_choose=move |chosen| urgency.set(chosen)
                            />
                            <Segmented
                                label=t!(lang, what_if_difficulty)
                                options=Difficulty::ALL.to_vec()
                                value=Signal::derive(move || Some(difficulty.get()))
                                word=move |difficulty| lang.words().difficulty(difficulty)
                                on_choose=move |chosen| difficulty.set(chosen)
                            />
                        </Show>
                        <SelectField
                            label=t!(lang, department_label)
                            options=departments
                            value=Signal::derive(move || Some(department.get()))
                            word=department_name
                            on_choose=choose_department
                        />
                        <Show when=move || !contracts.read().is_empty()>
                            <SelectField
                                label=t!(lang, about_contract)
                                options=contracts
                                value=contract
                                word=contract_name
                                nothing=t!(lang, what_if_contract_none)
                                on_choose=move |chosen| contract.set(chosen)
                            />
                        </Show>
                        <SelectField
                            label=t!(lang, about_calendar)
                            options=calendars
                            value=calendar
                            word=calendar_name
                            nothing=t!(lang, what_if_calendar_none)
                            on_choose=move |chosen| calendar.set(chosen)
                        />
                        <fieldset class="field">
                            <legend class="field__label">{t!(lang, what_if_waits)}</legend>
                            <ul class="what-if__waits">
                                <For each=move || waits.get() key=|wait| wait.number children=wait_rows />
                            </ul>
                            <button class="button" type="button" data-size="s" on:click=add_wait>
                                <Icon name="plus" />
                                {t!(lang, what_if_wait_add)}
                            </button>
                        </fieldset>
                    </form>
                    <div class="what-if__answer">
                        <section class="panel" aria-label=t!(lang, what_if_answer)>
                            <div class="panel__body" aria-live="polite">{result}</div>
                        </section>
                        <OpenTime chosen calendar department start />
                    </div>
                </div>
            </div>
        </div>
    }
}

/// A book that is what it is: two are equal only if they are the same.
#[derive(Debug, Clone)]
struct Shared(PolicyBook);

#[derive(Debug, Clone)]
struct Found {
    answer: Answer,
    book: Shared,
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        self.answer == other.answer && self.book.0.policy() == other.book.0.policy()
    }
}

#[component]
fn Result(found: Found) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let Found { answer: Answer { view, clock, due }, book: Shared(book) } = found;
    let headline = move || match due {
        Some(due) => view! {
            <p class="what-if__due">
                <span class="secondary">{t!(lang, what_if_due)}</span>
                <time class="what-if__time" datetime=iso(due)>{when.instant(due)}</time>
            </p>
        }
        .into_any(),
        None => view! { <p class="what-if__due">{t!(lang, what_if_no_due)}</p> }.into_any(),
    };
    // As it would look when it starts, whenever that is or was.
    let as_of = view.clocks.iter().find(|known| known.id == clock).map(|clock| clock.started);
    let view = Arc::new(view);
    let shown = Memo::new(move |_| Some(Arc::clone(&view)));
    view! {
        {headline}
        <LedgerView view=shown clock book=Some(Signal::stored(book)) as_of />
    }
}

/// Whether a calendar is open at an instant, and how much of its time lies between two.
#[component]
fn OpenTime(
    chosen: Memo<Option<Policy>>,
    calendar: RwSignal<Option<String>>,
    department: RwSignal<DepartmentId>,
    start: RwSignal<String>,
) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let at = RwSignal::new(start.get_untracked());
    let until = RwSignal::new(
        local_time::from_field(&start.get_untracked())
            .map(|start| local_time::to_field(start.plus_millis(3 * Timestamp::DAY_MS)))
            .unwrap_or_default(),
    );
    let workdays = Memo::new_with_compare(
        move |_| {
            let chosen = chosen.read();
            let policy = chosen.as_ref()?;
            let id = calendar.get().unwrap_or_else(|| policy.calendar_id(None, department.get()).to_owned());
            let calendar = policy.calendars.iter().find(|calendar| calendar.id == id)?;
            Workdays::new(calendar, &policy.holidays).ok()
        },
        |_, _| true,
    );
    let name = move || {
        workdays
            .with(|workdays| workdays.as_ref().map(|workdays| lang.words().named(&workdays.calendar().name)))
    };
    let opens = move || {
        let words = lang.words();
        let at = local_time::from_field(&at.read())?;
        workdays.with(|workdays| {
            let hours = workdays.as_ref()?.hours();
            Some(if hours.is_open(at) {
                let day = hours.on(hours.date(at));
                let closes = day.iter().find(|open| open.contains(&at)).map(|open| when.instant(open.end));
                words.open_now(closes.unwrap_or_default())
            } else {
                match hours.next_open(at) {
                    Some(next) => words.open_next(when.instant(next)),
                    None => words.open_never().to_owned(),
                }
            })
        })
    };
    let between =
        move || {
            let words = lang.words();
            let (from, until) = (local_time::from_field(&at.read())?, local_time::from_field(&until.read())?);
            workdays.with(|workdays| {
                let hours = workdays.as_ref()?.hours();
                let days = hours.workdays(hours.date(from), hours.date(until).plus(1));
                Some(words.open_between(
                    ledger::exact(hours.between(from, until), false, words),
                    days.max(0) as usize,
                ))
            })
        };
    view! {
        <section class="panel" aria-label=t!(lang, open_title)>
            <header class="panel__head">
                <h2 class="panel__title">{t!(lang, open_title)}</h2>
                <div class="panel__end">{name}</div>
            </header>
            <div class="panel__body stack">
                <div class="form__grid">
                    <TextField label=t!(lang, open_at) value=at kind=TextKind::Moment />
                    <TextField label=t!(lang, open_until) value=until kind=TextKind::Moment />
                </div>
                <ul class="what-if__facts" aria-live="polite">
                    <li><Icon name="door" /><span>{opens}</span></li>
                    <li><Icon name="clock" /><span>{between}</span></li>
                </ul>
            </div>
        </section>
    }
}
