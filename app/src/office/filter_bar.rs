//! The quick filters above the list.

use domain::DepartmentId;
use leptos::prelude::*;

use super::filter::{Counts, Filter, Stages};
use crate::i18n::{Words, use_lang};
use crate::t;
use crate::workspace::use_workspace;

/// The filters a reader reaches for, with how many tickets each would show.
#[component]
pub fn FilterBar(
    /// What is shown.
    filter: RwSignal<Filter>,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (cards, person, now, directory) =
        (workspace.cards(), workspace.person(), workspace.now(), workspace.directory());
    let minute = Memo::new(move |_| now.get().as_millis() / domain::Timestamp::MINUTE_MS);
    let counts = Memo::new(move |_| {
        minute.track();
        cards.with(|cards| Counts::of(cards, person.read().id, now.get_untracked()))
    });
    let toggle_mine = move || {
        let me = person.read_untracked().id;
        filter.update(|filter| filter.mine = if filter.mine.is_some() { None } else { Some(me) });
    };
    view! {
        <div class="filter-bar" role="group" aria-label=t!(lang, tickets_filters)>
            <FilterChip
                word=Signal::derive(move || lang.words().filter_mine())
                count=Signal::derive(move || counts.read().mine)
                pressed=Signal::derive(move || filter.read().mine.is_some())
                on_toggle=move |()| toggle_mine()
            />
            <FilterChip
                word=Signal::derive(move || lang.words().filter_overdue())
                count=Signal::derive(move || counts.read().overdue)
                tone="danger"
                pressed=Signal::derive(move || filter.read().overdue)
                on_toggle=move |()| filter.update(|filter| filter.overdue = !filter.overdue)
            />
            <FilterChip
                word=Signal::derive(move || lang.words().filter_unassigned())
                count=Signal::derive(move || counts.read().unassigned)
                tone="warn"
                pressed=Signal::derive(move || filter.read().unassigned)
                on_toggle=move |()| filter.update(|filter| filter.unassigned = !filter.unassigned)
            />
            <FilterChip
                word=Signal::derive(move || lang.words().filter_urgent())
                count=Signal::derive(move || counts.read().urgent)
                pressed=Signal::derive(move || filter.read().urgent)
                on_toggle=move |()| filter.update(|filter| filter.urgent = !filter.urgent)
            />
            <select
                class="select"
                aria-label=t!(lang, filter_stage)
                on:change=move |event| {
                    let chosen = event_target_value(&event).parse().ok().and_then(|index: usize| Stages::ALL.get(index));
                    filter.update(|filter| filter.stages = chosen.copied().unwrap_or_default());
                }
            >
                {Stages::ALL
                    .into_iter()
                    .enumerate()
                    .map(|(index, stages)| {
                        view! {
                            <option value=index.to_string() prop:selected=move || filter.read().stages == stages>
                                {move || stages_words(stages, lang.words())}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
            <select
                class="select"
                aria-label=t!(lang, filter_department)
                on:change=move |event| {
                    let chosen = event_target_value(&event).parse::<DepartmentId>().ok();
                    filter.update(|filter| filter.department = chosen);
                }
            >
                <option value="" prop:selected=move || filter.read().department.is_none()>
                    {t!(lang, filter_all_departments)}
                </option>
                {move || {
                    let directory = directory.get();
                    directory
                        .departments
                        .iter()
                        .map(|department| {
                            let id = department.id;
                            view! {
                                <option
                                    value=id.to_string()
                                    prop:selected=move || filter.read().department == Some(id)
                                >
                                    {department.name.clone()}
                                </option>
                            }
                        })
                        .collect_view()
                }}
            </select>
        </div>
    }
}

fn stages_words(stages: Stages, words: Words) -> &'static str {
    match stages {
        Stages::Open => words.filter_open(),
        Stages::All => words.filter_all(),
        Stages::One(stage) => words.stage(stage),
    }
}

#[component]
fn FilterChip(
    #[prop(into)] word: Signal<&'static str>,
    #[prop(into)] count: Signal<usize>,
    #[prop(optional)] tone: Option<&'static str>,
    #[prop(into)] pressed: Signal<bool>,
    #[prop(into)] on_toggle: Callback<()>,
) -> impl IntoView {
    let tone = move || tone.filter(|_| count.get() > 0);
    view! {
        <button
            class="chip"
            type="button"
            aria-pressed=move || if pressed.get() { "true" } else { "false" }
            on:click=move |_| on_toggle.run(())
        >
            {word}
            " "
            <span class="count" data-tone=tone>{count}</span>
        </button>
    }
}
