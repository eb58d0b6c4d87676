//! How much time each clock has: the table of the eleven, in general and for a contract.

use domain::sla::{ClockName, Policy, Rule, Rules, Target, Targets};
use domain::ticket::{Difficulty, Urgency, Waiting};
use leptos::prelude::*;

use super::amount::Unit;
use super::edit::{Kind, cells, fits, fresh_rule, set_cell};
use super::editor::{AmountInput, Read, Toggles, minutes_said, use_editor};
use crate::i18n::{Words, use_lang};
use crate::t;
use crate::ui::Icon;

/// The general rules, and what calls for a supervisor.
#[component]
pub(super) fn TargetsSection() -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let recovery = Memo::new(move |_| editor.with(|policy| policy.recovery_up_to));
    let marks = (0_u8..=5).map(|mark| {
        view! {
            <option value=mark.to_string() prop:selected=move || recovery.get() == mark>
                {move || {
                    let words = lang.words();
                    if mark == 0 { words.recovery_never().to_owned() } else { words.recovery_up_to(mark) }
                }}
            </option>
        }
    });
    let choose = move |mark: String| {
        if let Ok(mark) = mark.parse() {
            editor.update(|policy| policy.recovery_up_to = mark);
        }
    };
    view! {
        <div class="stack">
            <p class="policy-lead">{t!(lang, targets_lead)}</p>
            <RulesTable contract=None />
            <section class="panel">
                <div class="panel__body policy-recovery">
                    <label class="field__label" for="recovery">{t!(lang, targets_recovery)}</label>
                    <select
                        class="select"
                        id="recovery"
                        disabled=editor.is_readonly()
                        on:change=move |event| choose(event_target_value(&event))
                    >
                        {marks.collect_view()}
                    </select>
                    <p class="field__hint">{t!(lang, targets_recovery_hint)}</p>
                </div>
            </section>
        </div>
    }
}

/// The rules of all clocks; under a contract, of those that differ.
#[component]
pub(super) fn RulesTable(
    /// The contract's id; the general rules without.
    contract: Option<String>,
) -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let contract = StoredValue::new(contract);
    let is_contract = contract.with_value(Option::is_some);
    let shown = Memo::new(move |_| match contract.get_value() {
        None => ClockName::ALL.to_vec(),
        Some(id) => {
            editor.contract(&id, |contract| contract.rules.keys().copied().collect()).unwrap_or_default()
        }
    });
    let missing = move || {
        let shown = shown.get();
        ClockName::ALL.into_iter().filter(|clock| !shown.contains(clock)).collect::<Vec<_>>()
    };
    let add = move |number: String| {
        let clock = ClockName::ALL.into_iter().find(|clock| clock.number().to_string() == number);
        let (Some(clock), Some(id)) = (clock, contract.get_value()) else { return };
        let general = editor.with(|policy| policy.rules.get(&clock).cloned());
        let rule = general.unwrap_or_else(|| fresh_rule(clock));
        editor.update_contract(&id, |contract| {
            contract.rules.insert(clock, rule);
        });
    };
    let rows =
        move || shown.get().into_iter().map(|clock| view! { <RuleRow clock contract /> }).collect_view();
    view! {
        <div class="table-wrap rules" data-bare=is_contract.then_some("")>
            <Show when=move || !is_contract || !shown.read().is_empty()>
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{t!(lang, targets_clock)}</th>
                            <th scope="col">{t!(lang, targets_by)}</th>
                            <th scope="col">{t!(lang, targets_time)}</th>
                            <th scope="col">{t!(lang, targets_pauses)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </Show>
        </div>
        <Show when=move || is_contract && !editor.is_readonly() && !missing().is_empty()>
            <div class="row">
                <select
                    class="select policy-add-rule"
                    aria-label=t!(lang, contract_rule_add)
                    prop:value=""
                    on:change=move |event| add(event_target_value(&event))
                >
                    <option value="">{t!(lang, contract_rule_add)}</option>
                    {move || {
                        missing()
                            .into_iter()
                            .map(|clock| {
                                view! {
                                    <option value=clock.number().to_string()>
                                        {move || lang.words().clock_numbered(clock)}
                                    </option>
                                }
                            })
                            .collect_view()
                    }}
                </select>
            </div>
        </Show>
    }
}

fn rules<'p>(policy: &'p Policy, contract: Option<&str>) -> Option<&'p Rules> {
    match contract {
        None => Some(&policy.rules),
        Some(id) => policy.contracts.iter().find(|known| known.id == id).map(|known| &known.rules),
    }
}

#[component]
fn RuleRow(clock: ClockName, contract: StoredValue<Option<String>>) -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let rule = Memo::new(move |_| {
        contract.with_value(|contract| {
            let found = editor.with(|policy| {
                rules(policy, contract.as_deref()).and_then(|rules| rules.get(&clock)).cloned()
            });
            found.unwrap_or_else(|| fresh_rule(clock))
        })
    });
    let change = move |change: &dyn Fn(&mut Rule)| {
        let mut rule = rule.get_untracked();
        change(&mut rule);
        contract.with_value(|contract| match contract {
            None => editor.update(|policy| {
                policy.rules.insert(clock, rule);
            }),
            Some(id) => editor.update_contract(id, |contract| {
                contract.rules.insert(clock, rule);
            }),
        });
    };
    let kind = Memo::new(move |_| Kind::of(&rule.read().targets));
    let kinds = Kind::fitting(clock);
    let by = if kinds.len() == 1 || editor.is_readonly() {
        view! { <span class="secondary">{move || lang.words().target_kind(kind.get())}</span> }.into_any()
    } else {
        let options = kinds.iter().enumerate().map(|(index, option)| {
            view! {
                <option value=index.to_string() prop:selected=move || kind.get() == *option>
                    {move || lang.words().target_kind(*option)}
                </option>
            }
        });
        let choose = move |index: String| {
            if let Some(kind) = index.parse::<usize>().ok().and_then(|index| kinds.get(index)) {
                change(&|rule| rule.targets = kind.convert(&rule.targets));
            }
        };
        view! {
            <select
                class="select"
                aria-label=move || lang.words().targets_by_of(lang.words().clock(clock))
                on:change=move |event| choose(event_target_value(&event))
            >
                {options.collect_view()}
            </select>
        }
        .into_any()
    };
    let cell = move |index: usize, of: Option<fn(Words, usize) -> &'static str>| {
        let value = Memo::new(move |_| cells(&rule.read().targets).get(index).copied().flatten());
        let error = Signal::derive(move || {
            let unfit = value.get().is_some_and(|target| !fits(target));
            unfit.then(|| lang.words().problem_target_short().to_owned())
        });
        let label = move || {
            let words = lang.words();
            match of {
                Some(of) => words.about_part(words.clock(clock), of(words, index)),
                None => words.clock(clock).to_owned(),
            }
        };
        let set = move |target: Option<Target>| change(&|rule| set_cell(&mut rule.targets, index, target));
        view! {
            <div class="rules__cell">
                {of.map(|of| view! { <span class="rules__of">{move || of(lang.words(), index)}</span> })}
                <AmountInput
                    label
                    value
                    error
                    on_change=set
                />
            </div>
        }
    };
    let urgency: fn(Words, usize) -> &'static str = |words, index| words.urgency(Urgency::ALL[index.min(2)]);
    let difficulty: fn(Words, usize) -> &'static str =
        |words, index| words.difficulty(Difficulty::ALL[index.min(2)]);
    let time = move || match kind.get() {
        Kind::All => cell(0, None).into_any(),
        Kind::Urgency => (0..3).map(|index| cell(index, Some(urgency))).collect_view().into_any(),
        Kind::Difficulty => (0..3).map(|index| cell(index, Some(difficulty))).collect_view().into_any(),
        Kind::BeforeVisit => {
            let minutes = Memo::new(move |_| match rule.read().targets {
                Targets::BeforeVisit { minutes } => Some(Target::Calendar { minutes }),
                _ => None,
            });
            let set = move |target: Option<Target>| {
                if let Some(Target::Calendar { minutes }) = target {
                    change(&|rule| rule.targets = Targets::BeforeVisit { minutes });
                }
            };
            const UNITS: &[Unit] = &[Unit::Minutes, Unit::Hours];
            view! {
                <div class="rules__cell">
                    <span class="rules__of">{t!(lang, targets_before_visit_short)}</span>
                    <AmountInput
                        label=move || lang.words().clock(clock)
                        value=minutes
                        units=UNITS
                        may_be_none=false
                        on_change=set
                    />
                </div>
            }
            .into_any()
        }
        Kind::Set => view! { <span class="secondary">{t!(lang, target_set)}</span> }.into_any(),
    };
    let pauses = Signal::derive(move || rule.read().pauses.clone());
    let toggle = move |waiting: Waiting| {
        change(&|rule| {
            if !rule.pauses.remove(&waiting) {
                rule.pauses.insert(waiting);
            }
        });
    };
    let pausing = move || match kind.get() {
        // What is set in the ticket is an instant: nothing counts towards it that could stand still.
        Kind::BeforeVisit => view! { <span class="tertiary">"—"</span> }.into_any(),
        Kind::Set if clock != ClockName::Resolution => view! { <span class="tertiary">"—"</span> }.into_any(),
        _ if editor.is_readonly() => {
            view! { <span>{move || lang.words().waits(&pauses.read())}</span> }.into_any()
        }
        _ => view! {
            <Toggles
                label=move || lang.words().targets_pauses_of(lang.words().clock(clock))
                hide_label=true
                options=vec![Waiting::Customer, Waiting::Parts]
                value=pauses
                word=move |waiting| {
                    let words = lang.words();
                    match waiting {
                        Waiting::Customer => words.pauses_customer().to_owned(),
                        Waiting::Parts => words.pauses_parts().to_owned(),
                    }
                }
                on_toggle=toggle
            />
        }
        .into_any(),
    };
    let is_contract = contract.with_value(Option::is_some);
    let remove = move |_| {
        if let Some(id) = contract.get_value() {
            editor.update_contract(&id, |contract| {
                contract.rules.remove(&clock);
            });
        }
    };
    view! {
        <tr>
            <th scope="row">
                <span class="rules__number">{format!("C{}", clock.number())}</span>
                {move || lang.words().clock(clock)}
                <small>{move || lang.words().clock_from_to(clock)}</small>
            </th>
            <td>{by}</td>
            <td><div class="rules__cells">{time}</div></td>
            <td>
                <div class="rules__pauses">
                    {pausing}
                    {(is_contract && !editor.is_readonly())
                        .then(|| {
                            view! {
                                <button
                                    class="icon-button"
                                    type="button"
                                    aria-label=move || lang.words().contract_rule_remove(lang.words().clock(clock))
                                    title=t!(lang, contract_rule_remove_short)
                                    on:click=remove
                                >
                                    <Icon name="close" />
                                </button>
                            }
                        })}
                </div>
            </td>
        </tr>
    }
}

/// A number of minutes with what it comes to.
#[component]
pub(super) fn MinutesInput(
    #[prop(into)] label: leptos::text_prop::TextProp,
    #[prop(into)] value: Signal<u32>,
    #[prop(into)] on_change: Callback<u32>,
) -> impl IntoView {
    let lang = use_lang();
    view! {
        <Read
            label
            value
            write=|minutes: &u32| minutes.to_string()
            read=|text| super::amount::read_whole(text).ok()
            unreadable=Words::amount_unreadable
            on_change
            size="number"
        />
        <span class="secondary">{move || minutes_said(value.get(), lang.words())}</span>
    }
}
