//! Choosing who becomes accountable, with what each has on the table.

use domain::PersonId;
use domain::routing::Proposal;
use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::assignment::{Candidate, because_words, candidates, load_words};
use super::loads::Loads;
use crate::i18n::use_lang;
use crate::t;
use crate::tickets::initial;
use crate::ui::{Icon, TextField, TextKind, fresh_id};
use crate::workspace::use_workspace;

/// A search field over the people who could take a ticket.
#[component]
pub fn PersonChoice(
    /// What is asked for.
    #[prop(into)]
    label: TextProp,
    /// Who is chosen.
    #[prop(into)]
    chosen: Signal<Option<PersonId>>,
    /// Called with who was chosen.
    #[prop(into)]
    on_choose: Callback<PersonId>,
    /// What the rules propose.
    #[prop(into)]
    proposal: Signal<Option<Proposal>>,
    /// What everybody has on the table.
    #[prop(into)]
    loads: Signal<Loads>,
    /// Who is accountable now.
    #[prop(optional, into)]
    current: Signal<Option<PersonId>>,
) -> impl IntoView {
    let lang = use_lang();
    let directory = use_workspace().directory();
    let query = RwSignal::new(String::new());
    let found = Memo::new(move |_| {
        directory
            .with(|directory| candidates(directory, &loads.read(), proposal.read().as_ref(), &query.read()))
    });
    let name = StoredValue::new(fresh_id("person"));
    let option = move |candidate: Candidate| {
        let Candidate { person, department, load, proposed } = candidate;
        let id = person.id;
        let more = move || {
            let words = lang.words();
            crate::tickets::deed::join([
                words.role(person.role).to_owned(),
                department.clone(),
                load_words(load, words),
            ])
        };
        let badge = move || {
            if current.get() == Some(id) {
                Some(view! { <span class="badge push">{t!(lang, assign_current)}</span> }.into_any())
            } else if proposed {
                Some(
                    view! { <span class="badge push" data-tone="accent">{t!(lang, assign_proposed)}</span> }
                        .into_any(),
                )
            } else {
                None
            }
        };
        view! {
            <label class="check">
                <input
                    type="radio"
                    name=name.get_value()
                    value=id.to_string()
                    prop:checked=move || chosen.get() == Some(id)
                    on:change=move |_| on_choose.run(id)
                />
                <span>{person.name.clone()}<small>{more}</small></span>
                {badge}
            </label>
        }
    };
    view! {
        <TextField label=t!(lang, assign_search) value=query kind=TextKind::Search icon="search" />
        <fieldset class="field">
            <legend class="field__label">{move || label.get()}</legend>
            <div class="check-list" role="radiogroup">
                {move || {
                    let found = found.get();
                    if found.is_empty() {
                        view! { <p class="secondary">{t!(lang, assign_nobody)}</p> }.into_any()
                    } else {
                        found.into_iter().map(option).collect_view().into_any()
                    }
                }}
            </div>
        </fieldset>
    }
}

/// Whom the rules propose, and why.
#[component]
pub fn ProposalCard(
    /// What they propose.
    #[prop(into)]
    proposal: Signal<Option<Proposal>>,
    /// What everybody has on the table.
    #[prop(into)]
    loads: Signal<Loads>,
) -> impl IntoView {
    let lang = use_lang();
    let directory = use_workspace().directory();
    move || {
        let Some(Proposal { department, person, because }) = proposal.get() else {
            return view! { <p class="secondary">{t!(lang, proposal_none)}</p> }.into_any();
        };
        let directory = directory.get();
        let department =
            directory.department(department).map(|department| department.name.clone()).unwrap_or_default();
        let who = match person.and_then(|id| directory.person(id)) {
            Some(person) => {
                let load = loads.read().get(person.id);
                let more =
                    move || crate::tickets::deed::join([department.clone(), load_words(load, lang.words())]);
                view! {
                    <p class="proposal__who">
                        <span class="person__mark" aria-hidden="true">{initial(&person.name)}</span>
                        <span>{person.name.clone()}<small>{more}</small></span>
                    </p>
                }
                .into_any()
            }
            None => view! { <p>{move || lang.words().proposal_no_person(&department)}</p> }.into_any(),
        };
        let reasons = because
            .into_iter()
            .map(|because| view! { <li><Icon name="check" />{move || because_words(&because, lang.words())}</li> })
            .collect_view();
        view! {
            {who}
            <ul class="proposal__why">{reasons}</ul>
        }
        .into_any()
    }
}
