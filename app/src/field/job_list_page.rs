//! The first screen of an engineer: today's jobs.

use domain::Timestamp;
use leptos::prelude::*;
use leptos_router::components::A;
use sync::Link;

use super::agenda::{Group, Section, agenda};
use super::job_card::JobCard;
use crate::device::intl;
use crate::i18n::{Words, use_lang};
use crate::shell::FieldShell;
use crate::t;
use crate::tickets::deed::join;
use crate::ui::{Empty, Icon, Skeleton, fresh_id};
use crate::workspace::use_workspace;

/// The engineer's day.
#[component]
pub fn JobListPage() -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (person, directory) = (workspace.person(), workspace.directory());
    let query = RwSignal::new(String::new());
    let tomorrow = Memo::new(move |_| start_of_tomorrow(workspace.now().get()));
    let sections = Memo::new(move |_| {
        workspace.cards().with(|cards| agenda(cards, &person.read(), tomorrow.get(), &query.read()))
    });
    // Before the server has answered for the first time, an empty list means nothing.
    let is_first_time = Memo::new(move |_| {
        workspace.status().with(|status| status.last_contact.is_none() && status.link == Link::Connecting)
    });
    let sub = move || {
        let (person, directory) = (person.get(), directory.get());
        let department = directory.department(person.department).map(|department| department.name.clone());
        join([person.name].into_iter().chain(department))
    };
    // Sections stay as long as their group has jobs: only rows that changed are drawn again.
    let groups = Memo::new(move |_| sections.read().iter().map(|section| section.group).collect::<Vec<_>>());
    let list = move || {
        let groups = groups.get();
        if !groups.is_empty() {
            return groups
                .into_iter()
                .map(|group| view! { <JobSection group sections /> })
                .collect_view()
                .into_any();
        }
        if is_first_time.get() {
            return view! { <Loading /> }.into_any();
        }
        if query.read().trim().is_empty() {
            view! {
                <Empty icon="jobs" title=t!(lang, jobs_none) text=t!(lang, jobs_none_more)>
                    <A href="/tickets/new" attr:class="button"><Icon name="plus" />{t!(lang, jobs_register)}</A>
                </Empty>
            }
            .into_any()
        } else {
            view! { <Empty icon="search" title=t!(lang, jobs_none_found) text=t!(lang, jobs_none_found_more) /> }
                .into_any()
        }
    };
    view! {
        <FieldShell title=t!(lang, jobs_title) sub=sub>
            <div class="row job-list__tools">
                <label class="search">
                    <Icon name="search" />
                    <input class="input" type="search" aria-label=t!(lang, jobs_search) placeholder=t!(lang, jobs_search) bind:value=query />
                </label>
                <A href="/tickets/new" attr:class="button push"><Icon name="plus" />{t!(lang, jobs_register)}</A>
            </div>
            {list}
        </FieldShell>
    }
}

#[component]
fn JobSection(group: Group, sections: Memo<Vec<Section>>) -> impl IntoView {
    let lang = use_lang();
    let heading = fresh_id("jobs");
    let labelled_by = heading.clone();
    let jobs = Memo::new(move |_| {
        let sections = sections.read();
        sections
            .iter()
            .find(|section| section.group == group)
            .map(|section| section.jobs.clone())
            .unwrap_or_default()
    });
    view! {
        <h2 class="job-list__heading" id=heading>
            {move || group_words(group, lang.words())} " " <small>{move || jobs.read().len()}</small>
        </h2>
        <ul class="job-list" aria-labelledby=labelled_by>
            <For each=move || jobs.get() key=|card| card.ticket let:card>
                <JobCard card group />
            </For>
        </ul>
    }
}

#[component]
fn Loading() -> impl IntoView {
    let lang = use_lang();
    let cards = (0..3).map(|_| view! { <li class="job-card"><Skeleton /></li> });
    view! { <ul class="job-list" aria-busy="true" aria-label=t!(lang, jobs_loading)>{cards.collect_view()}</ul> }
}

fn group_words(group: Group, words: Words) -> &'static str {
    match group {
        Group::UnderWay => words.jobs_under_way(),
        Group::ToSign => words.jobs_to_sign(),
        Group::Today => words.jobs_today(),
        Group::Later => words.jobs_later(),
        Group::Waiting => words.jobs_waiting(),
        Group::Free => words.jobs_free(),
        Group::Answered => words.jobs_answered(),
        Group::Ended => words.jobs_ended(),
    }
}

/// Where tomorrow begins, in the device's time zone; also on days of 23 or 25 hours.
pub(super) fn start_of_tomorrow(now: Timestamp) -> Timestamp {
    let noon = intl::start_of_day(now).plus_millis(Timestamp::DAY_MS / 2);
    intl::start_of_day(noon.plus_millis(Timestamp::DAY_MS))
}
