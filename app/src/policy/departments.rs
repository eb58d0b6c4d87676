//! Which calendar counts for which department.

use domain::DepartmentId;
use leptos::prelude::*;

use super::editor::{Editor, use_editor};
use crate::i18n::use_lang;
use crate::t;
use crate::ui::{Icon, fresh_id};
use crate::workspace::use_workspace;

/// The calendar of everybody, and of departments that have one of their own.
#[component]
pub(super) fn DepartmentsSection() -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let directory = use_workspace().directory();
    let default = Memo::new(move |_| editor.with(|policy| Some(policy.default_calendar.clone())));
    let departments = move || {
        let mut departments = directory.get().departments.clone();
        departments.sort_by(|left, right| (left.function, &left.name).cmp(&(right.function, &right.name)));
        departments
    };
    let rows = move || {
        departments()
            .into_iter()
            .map(|department| {
                let id = department.id;
                let own =
                    Memo::new(move |_| editor.with(|policy| policy.department_calendars.get(&id).cloned()));
                let choose = move |calendar: Option<String>| set(editor, id, calendar);
                let (name, label) = (department.name.clone(), department.name);
                view! {
                    <tr>
                        <th scope="row">{name}</th>
                        <td data-label=t!(lang, about_calendar)>
                            <CalendarSelect
                                label=move || lang.words().departments_calendar_of(&label)
                                value=own
                                nothing=t!(lang, departments_as_default)
                                on_choose=choose
                            />
                        </td>
                    </tr>
                }
            })
            .collect_view()
    };
    let choose_default = move |calendar: Option<String>| {
        if let Some(calendar) = calendar {
            editor.update(|policy| policy.default_calendar = calendar);
        }
    };
    let id = fresh_id("default");
    view! {
        <div class="stack">
            <p class="policy-lead">{t!(lang, departments_lead)}</p>
            <section class="panel">
                <div class="panel__body policy-recovery">
                    <span class="field__label" id=id.clone()>{t!(lang, departments_default)}</span>
                    <CalendarSelect
                        label=t!(lang, departments_default)
                        value=default
                        on_choose=choose_default
                    />
                </div>
            </section>
            <div class="table-wrap">
                <table class="table" data-stack aria-label=t!(lang, policy_departments)>
                    <thead>
                        <tr>
                            <th scope="col">{t!(lang, department_name)}</th>
                            <th scope="col">{t!(lang, about_calendar)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </div>
    }
}

fn set(editor: Editor, department: DepartmentId, calendar: Option<String>) {
    editor.update(|policy| match calendar {
        Some(calendar) => {
            policy.department_calendars.insert(department, calendar);
        }
        None => {
            policy.department_calendars.remove(&department);
        }
    });
}

/// One of the policy's calendars.
#[component]
pub(super) fn CalendarSelect(
    /// What it is for, for somebody who listens.
    #[prop(into)]
    label: leptos::text_prop::TextProp,
    /// The calendar's id.
    #[prop(into)]
    value: Signal<Option<String>>,
    /// The words of "none"; without them, one must be chosen.
    #[prop(optional, into)]
    nothing: Option<leptos::text_prop::TextProp>,
    /// Called with what was chosen.
    #[prop(into)]
    on_choose: Callback<Option<String>>,
) -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let calendars = Memo::new(move |_| {
        editor.with(|policy| {
            policy
                .calendars
                .iter()
                .map(|calendar| (calendar.id.clone(), calendar.name.clone()))
                .collect::<Vec<_>>()
        })
    });
    let unknown =
        Memo::new(move |_| value.get().filter(|id| calendars.read().iter().all(|(known, _)| known != id)));
    let options = move || {
        let option = |(id, name): (String, domain::sla::Name)| {
            let own = id.clone();
            view! {
                <option value=id prop:selected=move || value.read().as_ref() == Some(&own)>
                    {move || lang.words().named(&name)}
                </option>
            }
        };
        let lost = unknown.get().map(|id| {
            let shown = id.clone();
            view! { <option value=id prop:selected=true>{shown}</option> }
        });
        (calendars.get().into_iter().map(option).collect_view(), lost)
    };
    view! {
        <select
            class="select"
            aria-label=move || label.get()
            aria-invalid=move || unknown.read().is_some().then_some("true")
            disabled=editor.is_readonly()
            on:change=move |event| {
                let chosen = event_target_value(&event);
                on_choose.run((!chosen.is_empty()).then_some(chosen));
            }
        >
            {nothing
                .map(|nothing| {
                    view! {
                        <option value="" prop:selected=move || value.read().is_none()>{move || nothing.get()}</option>
                    }
                })}
            {options}
        </select>
        {move || {
            unknown.get().map(|id| {
                view! {
                    <p class="field__error"><Icon name="alert" />{lang.words().problem_unknown_calendar(id)}</p>
                }
            })
        }}
    }
}
