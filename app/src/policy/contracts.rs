//! What was agreed with particular customers.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::departments::CalendarSelect;
use super::edit::fresh_contract;
use super::editor::use_editor;
use super::targets::RulesTable;
use crate::i18n::use_lang;
use crate::t;
use crate::ui::{Combobox, Confirm, Empty, Icon, Suggestion, fresh_id};
use crate::workspace::use_workspace;

/// The contracts, and the one that was chosen.
#[component]
pub(super) fn ContractsSection() -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let ids = Memo::new(move |_| {
        editor.with(|policy| policy.contracts.iter().map(|contract| contract.id.clone()).collect::<Vec<_>>())
    });
    let chosen = RwSignal::new(None::<String>);
    let current = Memo::new(move |_| {
        let ids = ids.read();
        chosen.get().filter(|id| ids.contains(id)).or_else(|| ids.first().cloned())
    });
    let add = move |_| {
        let name = lang.words().contract_new_name().to_owned();
        let contract = editor.policy().with_untracked(|policy| fresh_contract(policy, name));
        chosen.set(Some(contract.id.clone()));
        editor.update(|policy| policy.contracts.push(contract));
    };
    let items = move || {
        let item = |id: String| {
            let id = StoredValue::new(id);
            let name = move || {
                id.with_value(|id| editor.contract(id, |contract| contract.name.clone())).unwrap_or_default()
            };
            let about = move || {
                let (customers, rules) = id
                    .with_value(|id| {
                        editor.contract(id, |contract| (contract.customers.len(), contract.rules.len()))
                    })
                    .unwrap_or_default();
                lang.words().contract_about(customers, rules)
            };
            view! {
                <li>
                    <button
                        class="policy-item"
                        type="button"
                        aria-current=move || (current.get() == Some(id.get_value())).then_some("true")
                        on:click=move |_| chosen.set(Some(id.get_value()))
                    >
                        <span class="policy-item__title">{name}</span>
                        <span class="policy-item__more">{about}</span>
                    </button>
                </li>
            }
        };
        ids.get().into_iter().map(item).collect_view()
    };
    view! {
        <div class="policy-pair">
            <div class="policy-pair__list">
                <ul class="policy-list" aria-label=t!(lang, policy_contracts)>{items}</ul>
                {(!editor.is_readonly())
                    .then(|| {
                        view! {
                            <button class="button" type="button" on:click=add>
                                <Icon name="plus" />
                                {t!(lang, contract_add)}
                            </button>
                        }
                    })}
            </div>
            <div class="policy-pair__detail">
                {move || match current.get() {
                    Some(id) => view! { <ContractForm id /> }.into_any(),
                    None => {
                        view! { <Empty icon="building" title=t!(lang, contract_none) text=t!(lang, contract_none_text) /> }
                            .into_any()
                    }
                }}
            </div>
        </div>
    }
}

#[component]
fn ContractForm(id: String) -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let cards = use_workspace().cards();
    let id = StoredValue::new(id);
    let name =
        move || id.with_value(|id| editor.contract(id, |contract| contract.name.clone())).unwrap_or_default();
    let customers = Memo::new(move |_| {
        id.with_value(|id| editor.contract(id, |contract| contract.customers.clone())).unwrap_or_default()
    });
    let calendar = Memo::new(move |_| {
        id.with_value(|id| editor.contract(id, |contract| contract.calendar.clone())).flatten()
    });
    let typed = RwSignal::new(String::new());
    let add = move |company: String| {
        let company = company.trim().to_owned();
        if company.is_empty() {
            return;
        }
        typed.set(String::new());
        id.with_value(|id| {
            editor.update_contract(id, |contract| {
                if !contract.covers(&company) {
                    contract.customers.push(company);
                }
            });
        });
    };
    let suggestions = Signal::derive(move || {
        let wanted = typed.read().trim().to_lowercase();
        let known = customers.read();
        let cards = cards.read();
        let companies: BTreeSet<&str> =
            cards.iter().map(|card| card.company.trim()).filter(|name| !name.is_empty()).collect();
        companies
            .into_iter()
            .filter(|name| name.to_lowercase().contains(&wanted) && !known.iter().any(|known| known == name))
            .take(12)
            .map(|name| Suggestion { key: name.to_owned(), title: name.to_owned(), ..Suggestion::default() })
            .collect::<Vec<_>>()
    });
    let chips = move || {
        let chip = |customer: String| {
            let (label, key) = (customer.clone(), customer.clone());
            let remove = move |_| {
                id.with_value(|id| {
                    editor.update_contract(id, |contract| contract.customers.retain(|known| *known != key));
                });
            };
            view! {
                <li class="customer">
                    <span>{customer}</span>
                    {(!editor.is_readonly())
                        .then(|| {
                            view! {
                                <button
                                    class="icon-button"
                                    type="button"
                                    aria-label=move || lang.words().contract_customer_remove(&label)
                                    on:click=remove
                                >
                                    <Icon name="close" />
                                </button>
                            }
                        })}
                </li>
            }
        };
        customers.get().into_iter().map(chip).collect_view()
    };
    // Another contract that names the same company comes first: this one would never be looked at.
    let shadowed = move || {
        let first = editor.with(|policy| {
            let before =
                policy.contracts.iter().take_while(|contract| id.with_value(|id| contract.id != *id));
            let mut pairs = before.flat_map(|contract| {
                let covered = customers.get().into_iter().filter(|customer| contract.covers(customer));
                covered.map(|customer| (customer, contract.name.clone())).collect::<Vec<_>>()
            });
            pairs.next()
        });
        first.map(|(customer, contract)| lang.words().contract_shadowed(customer, contract))
    };
    let choose_calendar = move |calendar: Option<String>| {
        id.with_value(|id| editor.update_contract(id, |contract| contract.calendar = calendar));
    };
    let asking = RwSignal::new(false);
    let name_id = fresh_id("contract");
    let removal = (!editor.is_readonly()).then(|| {
        view! {
            <div class="row">
                <button class="button" type="button" data-kind="danger" on:click=move |_| asking.set(true)>
                    <Icon name="trash" />
                    {t!(lang, contract_remove)}
                </button>
            </div>
            <Confirm
                open=asking
                title=move || lang.words().contract_remove_ask(name())
                text=t!(lang, contract_remove_text)
                action=t!(lang, contract_remove)
                destroys=true
                on_confirm=move |()| {
                    let id = id.get_value();
                    editor.update(|policy| policy.contracts.retain(|contract| contract.id != id));
                }
            />
        }
    });
    view! {
        <div class="stack">
            <section class="panel">
                <div class="panel__body stack">
                    <div class="form__grid">
                        <div class="field">
                            <label class="field__label" for=name_id.clone()>{t!(lang, policy_name)}</label>
                            <input
                                class="input"
                                id=name_id
                                type="text"
                                autocomplete="off"
                                readonly=editor.is_readonly()
                                prop:value=name
                                on:input=move |event| {
                                    let name = event_target_value(&event);
                                    id.with_value(|id| editor.update_contract(id, |contract| contract.name = name));
                                }
                            />
                        </div>
                        <div class="field">
                            <span class="field__label">{t!(lang, about_calendar)}</span>
                            <CalendarSelect
                                label=t!(lang, about_calendar)
                                value=calendar
                                nothing=t!(lang, contract_calendar_none)
                                on_choose=choose_calendar
                            />
                        </div>
                    </div>
                    <div class="field">
                        <span class="field__label">{t!(lang, contract_customers)}</span>
                        <ul class="customers" aria-label=t!(lang, contract_customers)>{chips}</ul>
                        <p class="field__hint">{t!(lang, contract_customers_hint)}</p>
                        {move || shadowed().map(|said| view! { <p class="field__error"><Icon name="alert" />{said}</p> })}
                    </div>
                    {(!editor.is_readonly())
                        .then(|| {
                            view! {
                                <div class="policy-add">
                                    <Combobox
                                        label=t!(lang, contract_customer_add)
                                        value=typed
                                        suggestions
                                        on_pick=move |suggestion: Suggestion| add(suggestion.key)
                                    />
                                    <button class="button" type="button" on:click=move |_| add(typed.get_untracked())>
                                        <Icon name="plus" />
                                        {t!(lang, policy_add)}
                                    </button>
                                </div>
                            }
                        })}
                </div>
            </section>
            <section class="panel" aria-label=t!(lang, contract_rules)>
                <header class="panel__head">
                    <h3 class="panel__title">{t!(lang, contract_rules)}</h3>
                </header>
                <div class="panel__body stack">
                    <p class="secondary">{t!(lang, contract_rules_text)}</p>
                    <RulesTable contract=Some(id.get_value()) />
                </div>
            </section>
            {removal}
        </div>
    }
}
