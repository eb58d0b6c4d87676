//! A policy in the hands of somebody who edits or reads it, and the small fields that its sections are made of.

use std::collections::BTreeSet;

use domain::sla::{Calendar, Contract, Interval, Name, Policy, PolicyProblem, Step, Target, TimeOfDay};
use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::amount::{Amount, Unit, read_amount, read_time};
use super::edit::rename;
use crate::i18n::{Locale, Words, use_lang};
use crate::t;
use crate::tickets::ledger;
use crate::ui::{Icon, fresh_id};

/// A policy that is being edited or read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Editor {
    policy: RwSignal<Policy>,
    problems: Memo<Vec<PolicyProblem>>,
    /// Fields whose text can't be read; the policy still holds what could be read last.
    unread: RwSignal<BTreeSet<String>>,
    readonly: bool,
}

impl Editor {
    pub(super) fn new(policy: Policy, readonly: bool) -> Self {
        let policy = RwSignal::new(policy);
        Self {
            policy,
            problems: Memo::new(move |_| policy.with(Policy::problems)),
            unread: RwSignal::default(),
            readonly,
        }
    }

    pub(super) const fn is_readonly(self) -> bool {
        self.readonly
    }

    pub(super) const fn policy(self) -> RwSignal<Policy> {
        self.policy
    }

    pub(super) const fn problems(self) -> Memo<Vec<PolicyProblem>> {
        self.problems
    }

    /// How many fields can't be read.
    pub(super) fn unread(self) -> usize {
        self.unread.read().len()
    }

    /// Whether it could be published as far as it is well formed.
    pub(super) fn is_sound(self) -> bool {
        self.problems.read().is_empty() && self.unread() == 0
    }

    pub(super) fn with<T>(self, read: impl FnOnce(&Policy) -> T) -> T {
        self.policy.with(read)
    }

    pub(super) fn update(self, change: impl FnOnce(&mut Policy)) {
        if !self.readonly {
            self.policy.update(change);
        }
    }

    pub(super) fn calendar<T>(self, id: &str, read: impl FnOnce(&Calendar) -> T) -> Option<T> {
        self.with(|policy| policy.calendars.iter().find(|calendar| calendar.id == id).map(read))
    }

    pub(super) fn update_calendar(self, id: &str, change: impl FnOnce(&mut Calendar)) {
        self.update(|policy| {
            if let Some(calendar) = policy.calendars.iter_mut().find(|calendar| calendar.id == id) {
                change(calendar);
            }
        });
    }

    pub(super) fn contract<T>(self, id: &str, read: impl FnOnce(&Contract) -> T) -> Option<T> {
        self.with(|policy| policy.contracts.iter().find(|contract| contract.id == id).map(read))
    }

    pub(super) fn update_contract(self, id: &str, change: impl FnOnce(&mut Contract)) {
        self.update(|policy| {
            if let Some(contract) = policy.contracts.iter_mut().find(|contract| contract.id == id) {
                change(contract);
            }
        });
    }

    pub(super) fn step<T>(self, id: &str, read: impl FnOnce(&Step) -> T) -> Option<T> {
        self.with(|policy| policy.steps.iter().find(|step| step.id == id).map(read))
    }

    pub(super) fn update_step(self, id: &str, change: impl FnOnce(&mut Step)) {
        self.update(|policy| {
            if let Some(step) = policy.steps.iter_mut().find(|step| step.id == id) {
                change(step);
            }
        });
    }

    fn mark_unread(self, field: &str, is_unread: bool) {
        if self.unread.read_untracked().contains(field) != is_unread {
            self.unread.update(|unread| {
                if is_unread {
                    unread.insert(field.to_owned())
                } else {
                    unread.remove(field)
                };
            });
        }
    }
}

pub(super) fn use_editor() -> Editor {
    expect_context()
}

/// A short field whose text means something; what it means goes into the policy while it is typed.
#[component]
pub(super) fn Read<T>(
    /// What it is, for somebody who listens.
    #[prop(into)]
    label: TextProp,
    /// What is in the policy.
    #[prop(into)]
    value: Signal<T>,
    /// Writes it.
    write: fn(&T) -> String,
    /// Reads it.
    read: fn(&str) -> Option<T>,
    /// Says why a text can't be read.
    unreadable: fn(Words) -> &'static str,
    /// Called with what has been read.
    #[prop(into)]
    on_change: Callback<T>,
    /// What is wrong with what it means.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// How wide it is: `time`, `number`.
    #[prop(default = "time")]
    size: &'static str,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let lang = use_lang();
    let editor = use_editor();
    let id = fresh_id("read");
    let error_id = format!("{id}-error");
    let text = RwSignal::new(write(&value.get_untracked()));
    let unreadable_now = RwSignal::new(false);
    let mark = {
        let id = id.clone();
        move |is_unread| {
            unreadable_now.set(is_unread);
            editor.mark_unread(&id, is_unread);
        }
    };
    // What changes elsewhere is shown, unless it is what stands there in other figures.
    Effect::new({
        let mark = mark.clone();
        move |_| {
            let value = value.get();
            if read(&text.read_untracked()).as_ref() != Some(&value) && !unreadable_now.get_untracked() {
                text.set(write(&value));
                mark(false);
            }
        }
    });
    on_cleanup({
        let id = id.clone();
        move || editor.mark_unread(&id, false)
    });
    let input = move |typed: String| {
        let meaning = read(&typed);
        text.set(typed);
        mark(meaning.is_none());
        if let Some(meaning) = meaning
            && value.with_untracked(|value| *value != meaning)
        {
            on_change.run(meaning);
        }
    };
    let tidy = move |_| {
        if !unreadable_now.get_untracked() {
            text.set(write(&value.get_untracked()));
        }
    };
    let failed =
        Memo::new(
            move |_| {
                if unreadable_now.get() { Some(unreadable(lang.words()).to_owned()) } else { error.get() }
            },
        );
    let described = error_id.clone();
    view! {
        <span class="read" data-size=size>
            <input
                class="input"
                type="text"
                inputmode=if size == "number" { "decimal" } else { "text" }
                autocomplete="off"
                spellcheck="false"
                readonly=editor.is_readonly()
                aria-label=move || label.get()
                aria-invalid=move || failed.read().is_some().then_some("true")
                aria-describedby=move || failed.read().is_some().then(|| described.clone())
                prop:value=text
                on:input=move |event| input(event_target_value(&event))
                on:change=tidy
            />
            {move || {
                let error_id = error_id.clone();
                failed.get().map(|error| view! { <span class="field__error" id=error_id><Icon name="alert" />{error}</span> })
            }}
        </span>
    }
}

/// A time of day.
#[component]
pub(super) fn TimeInput(
    #[prop(into)] label: TextProp,
    #[prop(into)] value: Signal<TimeOfDay>,
    #[prop(into)] on_change: Callback<TimeOfDay>,
) -> impl IntoView {
    view! {
        <Read
            label
            value
            write=|time: &TimeOfDay| time.to_string()
            read=read_time
            unreadable=Words::time_unreadable
            on_change
        />
    }
}

/// An amount of time, or none.
#[component]
pub(super) fn AmountInput(
    /// What it is for, for somebody who listens.
    #[prop(into)]
    label: TextProp,
    /// What is in the policy.
    #[prop(into)]
    value: Signal<Option<Target>>,
    /// Called with what has been chosen.
    #[prop(into)]
    on_change: Callback<Option<Target>>,
    /// The units on offer; all of them if left out.
    #[prop(optional)]
    units: Option<&'static [Unit]>,
    /// Whether there may be none.
    #[prop(default = true)]
    may_be_none: bool,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    let lang = use_lang();
    let editor = use_context::<Editor>();
    if editor.is_some_and(Editor::is_readonly) {
        return view! { <span class="number">{move || lang.words().target_or_none(value.get())}</span> }
            .into_any();
    }
    let units = units.unwrap_or(&Unit::ALL);
    let id = fresh_id("amount");
    let error_id = format!("{id}-error");
    let first = value.get_untracked().map(Amount::of);
    let text = RwSignal::new(first.map(|amount| amount.number.to_string()).unwrap_or_default());
    let unit = RwSignal::new(first.map(|amount| amount.unit));
    let meaning = move || match unit.get_untracked() {
        None => Ok(None),
        Some(unit) => read_amount(&text.read_untracked(), unit).map(Some),
    };
    let bad = RwSignal::new(false);
    let mark = {
        let id = id.clone();
        move |is_bad| {
            bad.set(is_bad);
            if let Some(editor) = editor {
                editor.mark_unread(&id, is_bad);
            }
        }
    };
    Effect::new({
        let mark = mark.clone();
        move |_| {
            let value = value.get();
            if meaning() != Ok(value) && !bad.get_untracked() {
                let amount = value.map(Amount::of);
                unit.set(amount.map(|amount| amount.unit));
                if let Some(amount) = amount {
                    text.set(amount.number.to_string());
                }
                mark(false);
            }
        }
    });
    on_cleanup({
        let id = id.clone();
        move || {
            if let Some(editor) = editor {
                editor.mark_unread(&id, false);
            }
        }
    });
    let tell = move || match meaning() {
        Ok(wanted) => {
            mark(false);
            if value.get_untracked() != wanted {
                on_change.run(wanted);
            }
        }
        Err(_) => mark(true),
    };
    let tell_again = tell.clone();
    let choose = move |index: String| {
        let chosen = index.parse::<usize>().ok().and_then(|index| units.get(index).copied());
        unit.set(chosen);
        if chosen.is_some() && text.read_untracked().trim().is_empty() {
            text.set("1".to_owned());
        }
        tell_again();
    };
    let failed =
        Memo::new(
            move |_| {
                if bad.get() { Some(lang.words().amount_unreadable().to_owned()) } else { error.get() }
            },
        );
    let options = units.iter().enumerate().map(|(index, option)| {
        let option = *option;
        view! {
            <option value=index.to_string() prop:selected=move || unit.get() == Some(option)>
                {move || lang.words().unit(option)}
            </option>
        }
    });
    let (label_of_unit, described) = (label.clone(), error_id.clone());
    view! {
        <span class="amount" data-none=move || unit.read().is_none().then_some("")>
            <span class="amount__pair">
                <input
                    class="input"
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    aria-label=move || label.get()
                    aria-invalid=move || failed.read().is_some().then_some("true")
                    aria-describedby=move || failed.read().is_some().then(|| described.clone())
                    disabled=move || unit.read().is_none()
                    prop:value=move || if unit.read().is_none() { String::new() } else { text.get() }
                    on:input=move |event| {
                        text.set(event_target_value(&event));
                        tell();
                    }
                />
                <select
                    class="select"
                    aria-label=move || lang.words().amount_unit(label_of_unit.get())
                    on:change=move |event| choose(event_target_value(&event))
                >
                    {may_be_none.then(|| view! {
                        <option value="" prop:selected=move || unit.read().is_none()>{t!(lang, target_none)}</option>
                    })}
                    {options.collect_view()}
                </select>
            </span>
            {move || {
                let error_id = error_id.clone();
                failed.get().map(|error| view! { <span class="field__error" id=error_id><Icon name="alert" />{error}</span> })
            }}
        </span>
    }
    .into_any()
}

/// So many minutes, shown with what they come to.
pub(super) fn minutes_said(minutes: u32, words: Words) -> String {
    ledger::minutes(minutes, words)
}

/// Several of a few known values, as chips that can be pressed.
#[component]
pub(super) fn Toggles<T, W>(
    /// What is chosen.
    #[prop(into)]
    label: TextProp,
    /// The values.
    options: Vec<T>,
    /// Which are chosen.
    #[prop(into)]
    value: Signal<BTreeSet<T>>,
    /// The words of a value.
    word: W,
    /// Called with the value that was pressed.
    #[prop(into)]
    on_toggle: Callback<T>,
    /// Whether the label is only read out.
    #[prop(optional)]
    hide_label: bool,
) -> impl IntoView
where
    T: Copy + Ord + Send + Sync + 'static,
    W: Fn(T) -> String + Copy + Send + Sync + 'static,
{
    let options = options.into_iter().map(|option| {
        view! {
            <label class="chip">
                <input
                    type="checkbox"
                    prop:checked=move || value.read().contains(&option)
                    on:change=move |_| on_toggle.run(option)
                />
                {move || word(option)}
            </label>
        }
    });
    view! {
        <fieldset class="field">
            <legend class="field__label" class:visually-hidden=hide_label>{move || label.get()}</legend>
            <div class="chips" data-dense>{options.collect_view()}</div>
        </fieldset>
    }
}

/// A name in the three languages, side by side.
#[component]
pub(super) fn NameFields(
    /// The name.
    #[prop(into)]
    value: Signal<Name>,
    /// Called with what it is to be.
    #[prop(into)]
    on_change: Callback<Name>,
) -> impl IntoView {
    let lang = use_lang();
    let fields = Locale::ALL.map(|locale| {
        let id = fresh_id("name");
        let shown = move || value.read().0.get(locale.tag()).cloned().unwrap_or_default();
        let typed = move |text: String| {
            let mut name = value.get_untracked();
            rename(&mut name, locale.tag(), &text);
            on_change.run(name);
        };
        view! {
            <div class="field">
                <label class="field__label" for=id.clone()>
                    {move || lang.words().policy_name_in(locale.own_name())}
                </label>
                <input
                    class="input"
                    id=id
                    type="text"
                    lang=locale.tag()
                    autocomplete="off"
                    prop:value=shown
                    on:input=move |event| typed(event_target_value(&event))
                />
            </div>
        }
    });
    view! { <div class="form__grid policy-names">{fields.into_iter().collect_view()}</div> }
}

/// The hours of one day: a line for each stretch, the breaks between them, and what can be done with them.
#[component]
pub(super) fn HoursRows(
    /// What day it is, for somebody who listens.
    #[prop(into)]
    day: TextProp,
    /// The hours.
    #[prop(into)]
    value: Signal<Vec<Interval>>,
    /// Called with what they are to be.
    #[prop(into)]
    on_change: Callback<Vec<Interval>>,
    /// What is wrong with them.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// What stands where there are none.
    #[prop(optional, into)]
    none: Option<TextProp>,
) -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let none = none.unwrap_or_else(|| t!(lang, hours_closed).into());
    if editor.is_readonly() {
        let said = move || match value.get() {
            hours if hours.is_empty() => none.get().to_string(),
            hours => lang.words().hours_of_day(&hours),
        };
        return view! { <span class="number">{said}</span> }.into_any();
    }
    let count = Memo::new(move |_| value.read().len());
    let day_of_rows = day.clone();
    let rows = move || {
        let count = count.get();
        if count == 0 {
            let none = none.clone();
            return view! { <span class="hours__none">{move || none.get()}</span> }.into_any();
        }
        let row = |index: usize| {
            let at = move || value.read().get(index).copied();
            let from = Memo::new(move |_| at().map_or(TimeOfDay::MIDNIGHT, |interval| interval.from));
            let until = Memo::new(move |_| at().map_or(TimeOfDay::END, |interval| interval.until));
            let change = move |change: &dyn Fn(&mut Interval)| {
                let mut hours = value.get_untracked();
                if let Some(interval) = hours.get_mut(index) {
                    change(interval);
                }
                on_change.run(hours);
            };
            let remove = move |_| {
                let mut hours = value.get_untracked();
                if index < hours.len() {
                    hours.remove(index);
                }
                on_change.run(hours);
            };
            let gap = Memo::new(move |_| {
                let hours = value.read();
                let (this, next) = (hours.get(index)?, hours.get(index + 1)?);
                (this.until < next.from).then_some(Interval { from: this.until, until: next.from })
            });
            let (from_day, until_day, remove_day) =
                (day_of_rows.clone(), day_of_rows.clone(), day_of_rows.clone());
            view! {
                <span class="hours__pair">
                    <TimeInput
                        label=move || lang.words().hours_from(from_day.get(), index + 1)
                        value=from
                        on_change=move |time| change(&|interval| interval.from = time)
                    />
                    <span aria-hidden="true">"–"</span>
                    <TimeInput
                        label=move || lang.words().hours_until(until_day.get(), index + 1)
                        value=until
                        on_change=move |time| change(&|interval| interval.until = time)
                    />
                    <button
                        class="icon-button"
                        type="button"
                        aria-label=move || lang.words().hours_remove(remove_day.get(), index + 1)
                        title=t!(lang, hours_remove_short)
                        on:click=remove
                    >
                        <Icon name="close" />
                    </button>
                </span>
                {move || {
                    gap.get().map(|gap| {
                        view! {
                            <span class="hours__break">
                                <Icon name="pause" />
                                {move || lang.words().hours_break(lang.words().interval(&gap))}
                            </span>
                        }
                    })
                }}
            }
        };
        (0..count).map(row).collect_view().into_any()
    };
    let add = move |_| {
        let mut hours = value.get_untracked();
        hours.push(super::edit::next_interval(&hours));
        on_change.run(hours);
    };
    let can_lunch = Memo::new(move |_| value.with(|hours| super::edit::with_lunch(hours).is_some()));
    let lunch = move |_| {
        if let Some(hours) = super::edit::with_lunch(&value.read_untracked()) {
            on_change.run(hours);
        }
    };
    let (add_day, lunch_day) = (day.clone(), day);
    view! {
        <div class="hours">
            <div class="hours__rows">
                {rows}
                <button
                    class="button"
                    type="button"
                    data-kind="quiet"
                    data-size="s"
                    aria-label=move || lang.words().hours_add(add_day.get())
                    on:click=add
                >
                    <Icon name="plus" />
                    {t!(lang, hours_add_short)}
                </button>
                <Show when=move || can_lunch.get()>
                    <button
                        class="button"
                        type="button"
                        data-kind="quiet"
                        data-size="s"
                        aria-label={
                            let day = lunch_day.clone();
                            move || lang.words().hours_lunch(day.get())
                        }
                        on:click=lunch
                    >
                        <Icon name="pause" />
                        {t!(lang, hours_lunch_short)}
                    </button>
                </Show>
            </div>
            {move || error.get().map(|error| view! { <p class="field__error" role="status"><Icon name="alert" />{error}</p> })}
        </div>
    }
    .into_any()
}
