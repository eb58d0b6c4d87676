//! Who is told when time runs out, and when nobody is.

use std::collections::BTreeSet;

use domain::sla::{ClockName, Means, Moment, QuietHours, Recipient, Step, TimeOfDay};
use domain::ticket::Urgency;
use leptos::prelude::*;

use super::amount::read_whole;
use super::edit::fresh_step;
use super::editor::{Read, TimeInput, Toggles, use_editor};
use super::targets::MinutesInput;
use crate::i18n::{Words, use_lang};
use crate::t;
use crate::ui::Icon;

/// The steps and the quiet hours.
#[component]
pub(super) fn RemindersSection() -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let ids = Memo::new(move |_| {
        editor.with(|policy| policy.steps.iter().map(|step| step.id.clone()).collect::<Vec<_>>())
    });
    let add = move |_| {
        editor.update(|policy| {
            let step = fresh_step(policy);
            policy.steps.push(step);
        });
    };
    let steps = move || {
        (1..)
            .zip(ids.get())
            .map(|(number, id): (usize, String)| view! { <StepForm id number /> })
            .collect_view()
    };
    view! {
        <div class="stack">
            <p class="policy-lead">{t!(lang, reminders_lead)}</p>
            <ol class="steps-list" aria-label=t!(lang, policy_reminders)>{steps}</ol>
            {(!editor.is_readonly())
                .then(|| {
                    view! {
                        <div class="row">
                            <button class="button" type="button" on:click=add>
                                <Icon name="plus" />
                                {t!(lang, reminders_add)}
                            </button>
                        </div>
                    }
                })}
            <Quiet />
        </div>
    }
}

/// The kinds of moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    AtOnce,
    Used,
    Overdue,
}

impl When {
    const ALL: [Self; 3] = [Self::AtOnce, Self::Used, Self::Overdue];

    const fn of(moment: Moment) -> Self {
        match moment {
            Moment::AtOnce => Self::AtOnce,
            Moment::Used { .. } => Self::Used,
            Moment::Overdue { .. } => Self::Overdue,
        }
    }

    const fn moment(self) -> Moment {
        match self {
            Self::AtOnce => Moment::AtOnce,
            Self::Used => Moment::Used { percent: 75 },
            Self::Overdue => Moment::Overdue { minutes: 0 },
        }
    }

    fn said(self, words: Words) -> &'static str {
        match self {
            Self::AtOnce => words.when_at_once(),
            Self::Used => words.when_used(),
            Self::Overdue => words.when_overdue(),
        }
    }
}

fn toggled<T: Ord + Copy>(set: &mut BTreeSet<T>, value: T) {
    if !set.remove(&value) {
        set.insert(value);
    }
}

#[component]
fn StepForm(id: String, number: usize) -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let id = StoredValue::new(id);
    let step = Memo::new(move |_| {
        id.with_value(|id| editor.step(id, Step::clone)).unwrap_or_else(|| Step {
            id: String::new(),
            moment: Moment::AtOnce,
            clocks: BTreeSet::new(),
            urgencies: BTreeSet::new(),
            to: BTreeSet::new(),
            by: BTreeSet::new(),
        })
    });
    let said = move || lang.words().step(&step.read());
    let idle = move || {
        let step = step.read();
        (!step.is_effective()).then(|| lang.words().problem_idle_step(number))
    };
    if editor.is_readonly() {
        return view! { <li class="step-form"><p><strong class="number">{number} "."</strong> " " {said}</p></li> }.into_any();
    }
    let change = move |change: &dyn Fn(&mut Step)| id.with_value(|id| editor.update_step(id, change));
    let kind = Memo::new(move |_| When::of(step.read().moment));
    let kinds = When::ALL.map(|option| {
        view! {
            <option value=format!("{option:?}") prop:selected=move || kind.get() == option>
                {move || option.said(lang.words())}
            </option>
        }
    });
    let choose = move |chosen: String| {
        if let Some(when) = When::ALL.into_iter().find(|when| format!("{when:?}") == chosen) {
            change(&|step| step.moment = when.moment());
        }
    };
    let percent = Memo::new(move |_| match step.read().moment {
        Moment::Used { percent } => u32::from(percent),
        _ => 75,
    });
    let minutes = Memo::new(move |_| match step.read().moment {
        Moment::Overdue { minutes } => minutes,
        _ => 0,
    });
    let amount = move || {
        match kind.get() {
        When::AtOnce => ().into_any(),
        When::Used => view! {
            <Read
                label=t!(lang, step_percent)
                value=percent
                write=|percent: &u32| percent.to_string()
                read=|text| read_whole(text).ok().filter(|percent| *percent <= 1_000)
                unreadable=Words::amount_unreadable
                on_change=move |percent: u32| {
                    change(&|step| step.moment = Moment::Used { percent: u16::try_from(percent).unwrap_or(u16::MAX) });
                }
                size="number"
            />
            <span class="secondary">{t!(lang, step_percent_of)}</span>
        }
        .into_any(),
        When::Overdue => view! {
            <MinutesInput
                label=t!(lang, step_minutes)
                value=minutes
                on_change=move |minutes: u32| change(&|step| step.moment = Moment::Overdue { minutes })
            />
        }
        .into_any(),
    }
    };
    let remove = move |_| {
        let id = id.get_value();
        editor.update(|policy| policy.steps.retain(|step| step.id != id));
    };
    let is_for_ticket = move || kind.get() == When::AtOnce;
    view! {
        <li class="step-form" aria-label=move || lang.words().step_number(number)>
            <div class="step-form__head">
                <strong class="step-form__number number" aria-hidden="true">{number}</strong>
                <select
                    class="select"
                    aria-label=move || lang.words().step_when(number)
                    on:change=move |event| choose(event_target_value(&event))
                >
                    {kinds.into_iter().collect_view()}
                </select>
                <span class="step-form__amount">{amount}</span>
                <button
                    class="icon-button push"
                    type="button"
                    aria-label=move || lang.words().step_remove(number)
                    title=t!(lang, step_remove_short)
                    on:click=remove
                >
                    <Icon name="trash" />
                </button>
            </div>
            <div class="step-form__grid">
                <Toggles
                    label=t!(lang, step_to)
                    options=Recipient::ALL.to_vec()
                    value=Signal::derive(move || step.read().to.clone())
                    word=move |to| lang.words().recipient(to).to_owned()
                    on_toggle=move |to: Recipient| change(&|step| toggled(&mut step.to, to))
                />
                <Toggles
                    label=t!(lang, step_by)
                    options=Means::ALL.to_vec()
                    value=Signal::derive(move || step.read().by.clone())
                    word=move |by| lang.words().means(by).to_owned()
                    on_toggle=move |by: Means| change(&|step| toggled(&mut step.by, by))
                />
            </div>
            <Show when=move || !is_for_ticket()>
                <details class="disclosure">
                    <summary>
                        {t!(lang, step_for)} ": "
                        {move || {
                            let words = lang.words();
                            let step = step.read();
                            let clocks = step.clocks.iter().map(|clock| words.clock(*clock));
                            let only: Vec<_> =
                                clocks.chain(step.urgencies.iter().map(|urgency| words.urgency(*urgency))).collect();
                            if only.is_empty() { words.step_for_all().to_owned() } else { only.join(words.list_separator()) }
                        }}
                        <Icon name="chevron-down" />
                    </summary>
                    <div class="step-form__grid">
                        <Toggles
                            label=t!(lang, step_clocks)
                            options=ClockName::ALL.to_vec()
                            value=Signal::derive(move || step.read().clocks.clone())
                            word=move |clock| lang.words().clock(clock).to_owned()
                            on_toggle=move |clock: ClockName| change(&|step| toggled(&mut step.clocks, clock))
                        />
                        <Toggles
                            label=t!(lang, step_urgencies)
                            options=Urgency::ALL.to_vec()
                            value=Signal::derive(move || step.read().urgencies.clone())
                            word=move |urgency| lang.words().urgency(urgency).to_owned()
                            on_toggle=move |urgency: Urgency| change(&|step| toggled(&mut step.urgencies, urgency))
                        />
                    </div>
                </details>
            </Show>
            <p class="step-form__said">{said}</p>
            {move || idle().map(|said| view! { <p class="field__error" role="status"><Icon name="alert" />{said}</p> })}
        </li>
    }
    .into_any()
}

#[component]
fn Quiet() -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let quiet = Memo::new(move |_| editor.with(|policy| policy.quiet));
    let has = Memo::new(move |_| quiet.read().is_some());
    let time = |hour: u16| TimeOfDay::from_minutes(hour * 60).unwrap_or(TimeOfDay::MIDNIGHT);
    let toggle = move |_| {
        editor.update(|policy| {
            policy.quiet = match policy.quiet {
                Some(_) => None,
                None => Some(QuietHours { from: time(21), until: time(8) }),
            };
        });
    };
    let from = Memo::new(move |_| quiet.get().map_or(TimeOfDay::MIDNIGHT, |quiet| quiet.from));
    let until = Memo::new(move |_| quiet.get().map_or(TimeOfDay::MIDNIGHT, |quiet| quiet.until));
    let change = move |change: &dyn Fn(&mut QuietHours)| {
        editor.update(|policy| {
            if let Some(quiet) = &mut policy.quiet {
                change(quiet);
            }
        });
    };
    view! {
        <section class="panel" aria-label=t!(lang, reminders_quiet)>
            <header class="panel__head"><h3 class="panel__title">{t!(lang, reminders_quiet)}</h3></header>
            <div class="panel__body stack">
                <label class="check">
                    <input type="checkbox" prop:checked=has disabled=editor.is_readonly() on:change=toggle />
                    <span>{t!(lang, quiet_has)}<small>{t!(lang, quiet_hint)}</small></span>
                </label>
                <Show when=move || has.get()>
                    <span class="hours__pair">
                        <TimeInput
                            label=t!(lang, quiet_from)
                            value=from
                            on_change=move |time| change(&|quiet| quiet.from = time)
                        />
                        <span aria-hidden="true">"–"</span>
                        <TimeInput
                            label=t!(lang, quiet_until)
                            value=until
                            on_change=move |time| change(&|quiet| quiet.until = time)
                        />
                        <Show when=move || { until.get() <= from.get() }>
                            <span class="secondary">{t!(lang, quiet_next_day)}</span>
                        </Show>
                    </span>
                </Show>
            </div>
        </section>
    }
}
