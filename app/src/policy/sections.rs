//! The parts of a policy under tabs.

use domain::sla::PolicyProblem;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::calendars::CalendarsSection;
use super::contracts::ContractsSection;
use super::departments::DepartmentsSection;
use super::editor::use_editor;
use super::holidays::HolidaysSection;
use super::reminders::RemindersSection;
use super::targets::TargetsSection;
use crate::device::focus;
use crate::i18n::{Words, use_lang};
use crate::t;

/// A part of a policy, or of what is known about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    Differences,
    Targets,
    Calendars,
    Holidays,
    Departments,
    Contracts,
    Reminders,
    Machine,
}

impl Section {
    fn said(self, words: Words) -> &'static str {
        match self {
            Self::Differences => words.policy_differences(),
            Self::Targets => words.policy_targets(),
            Self::Calendars => words.policy_calendars(),
            Self::Holidays => words.policy_holidays(),
            Self::Departments => words.policy_departments(),
            Self::Contracts => words.policy_contracts(),
            Self::Reminders => words.policy_reminders(),
            Self::Machine => words.machine_title(),
        }
    }

    /// Where a problem can be mended.
    pub(super) const fn of(problem: &PolicyProblem) -> Self {
        match problem {
            PolicyProblem::Calendar { .. } => Self::Calendars,
            PolicyProblem::UnknownCalendar { .. } => Self::Departments,
            PolicyProblem::TwoContracts { .. } => Self::Contracts,
            PolicyProblem::IdleStep { .. } | PolicyProblem::AlwaysQuiet { .. } => Self::Reminders,
            PolicyProblem::TargetOutOfRange { .. }
            | PolicyProblem::UnfitTargets { .. }
            | PolicyProblem::RecoveryOutOfRange
            | PolicyProblem::Twice { .. } => Self::Targets,
        }
    }
}

/// The tabs, and what is under the one that was chosen.
#[component]
pub(super) fn Sections(
    /// Which there are, in order.
    sections: Vec<Section>,
    /// The one that is shown.
    shown: RwSignal<Section>,
    /// What stands under those that are not parts of a policy.
    #[prop(into)]
    other: Callback<Section, AnyView>,
) -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let all = StoredValue::new(sections.clone());
    let press = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowRight" => 1,
            "ArrowLeft" => -1,
            _ => return,
        };
        event.prevent_default();
        all.with_value(|all| {
            let count = all.len() as isize;
            let place =
                all.iter().position(|section| *section == shown.get_untracked()).unwrap_or_default() as isize;
            let next = all[(place + step).rem_euclid(count) as usize];
            shown.set(next);
            focus::on(tab_id(next));
        });
    };
    let tabs = sections.into_iter().map(|section| {
        let problems = move || editor.problems().read().iter().filter(|problem| Section::of(problem) == section).count();
        view! {
            <button
                class="tab"
                type="button"
                role="tab"
                id=tab_id(section)
                aria-selected=move || if shown.get() == section { "true" } else { "false" }
                aria-controls="policy-section"
                tabindex=move || if shown.get() == section { "0" } else { "-1" }
                on:click=move |_| shown.set(section)
            >
                {move || section.said(lang.words())}
                <Show when=move || problems() != 0>
                    <span class="count" data-tone="danger" aria-label=move || lang.words().policy_problems(problems())>
                        {problems}
                    </span>
                </Show>
            </button>
        }
    });
    let content = move || match shown.get() {
        Section::Targets => view! { <TargetsSection /> }.into_any(),
        Section::Calendars => view! { <CalendarsSection /> }.into_any(),
        Section::Holidays => view! { <HolidaysSection /> }.into_any(),
        Section::Departments => view! { <DepartmentsSection /> }.into_any(),
        Section::Contracts => view! { <ContractsSection /> }.into_any(),
        Section::Reminders => view! { <RemindersSection /> }.into_any(),
        section => other.run(section),
    };
    view! {
        <div class="tabs policy-tabs" role="tablist" aria-label=t!(lang, policy_sections) on:keydown=press>
            {tabs.collect_view()}
        </div>
        <div class="policy-section" id="policy-section" role="tabpanel" aria-labelledby=move || tab_id(shown.get())>
            {content}
        </div>
    }
}

fn tab_id(section: Section) -> String {
    format!("tab-{section:?}")
}
