//! Adding a department, and changing what it is there for.

use domain::DepartmentId;
use domain::people::{Department, DepartmentFunction};
use leptos::prelude::*;

use super::accounts::{DepartmentForm, split_list};
use super::form::{EditDialog, Form};
use crate::device::api;
use crate::i18n::use_lang;
use crate::t;
use crate::ui::{FieldMark, SelectField, TextField, TextKind, use_toasts};
use crate::workspace::use_workspace;

const FUNCTIONS: [DepartmentFunction; 7] = [
    DepartmentFunction::AfterSales,
    DepartmentFunction::RegionalTeam,
    DepartmentFunction::CustomerService,
    DepartmentFunction::Product,
    DepartmentFunction::Marketing,
    DepartmentFunction::Quality,
    DepartmentFunction::Other,
];

/// Which department the dialog is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// A new one.
    New,
    /// One that is there.
    Known(Department),
}

/// The fields of a department.
#[component]
pub(super) fn DepartmentDialog(
    /// Which it is about, while it is open.
    subject: RwSignal<Option<Subject>>,
) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let directory = use_workspace().directory();
    let form = Form::new();
    let open = RwSignal::new(false);
    let (name, regions) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let function = RwSignal::new(DepartmentFunction::RegionalTeam);
    let parent = RwSignal::new(None::<DepartmentId>);
    // The fields edit a copy of their own, taken when the dialog opens.
    Effect::new(move |_| {
        let Some(subject) = subject.get() else { return };
        form.forget();
        let known = match subject {
            Subject::New => None,
            Subject::Known(department) => Some(department),
        };
        name.set(known.as_ref().map(|known| known.name.clone()).unwrap_or_default());
        regions.set(known.as_ref().map(|known| known.regions.join(", ")).unwrap_or_default());
        function.set(known.as_ref().map_or(DepartmentFunction::RegionalTeam, |known| known.function));
        parent.set(known.and_then(|known| known.parent));
        open.set(true);
    });
    let save = move || {
        let department = DepartmentForm {
            name: name.read_untracked().trim().to_owned(),
            function: function.get_untracked(),
            parent: parent.get_untracked(),
            regions: split_list(&regions.read_untracked()),
        };
        let known = match subject.get_untracked() {
            Some(Subject::Known(department)) => Some(department.id),
            _ => None,
        };
        let call = async move {
            match known {
                Some(id) => api::patch_empty(&format!("/api/departments/{id}"), &department).await,
                None => api::post_empty("/api/departments", &department).await,
            }
        };
        form.send(call, move |()| {
            open.set(false);
            toasts.say(t!(lang, people_saved));
        });
    };
    let title = move || {
        let words = lang.words();
        let known = matches!(&*subject.read(), Some(Subject::Known(_)));
        if known { words.department_edit_title() } else { words.department_add_title() }
    };
    let parents = Signal::derive(move || {
        let own = match &*subject.read() {
            Some(Subject::Known(department)) => directory.read().subtree(department.id),
            _ => Default::default(),
        };
        let all = directory.read();
        all.departments
            .iter()
            .map(|department| department.id)
            .filter(|id| !own.contains(id))
            .collect::<Vec<_>>()
    });
    let department_name = move |id: DepartmentId| {
        directory.read().department(id).map(|department| department.name.clone()).unwrap_or_default()
    };
    view! {
        <EditDialog form subject open title shown=&["name", "parent", "function", "regions"] on_save=move |()| save()>
            <TextField
                label=t!(lang, department_name)
                value=name
                kind=TextKind::Name
                error=form.at(lang, "name")
                autofocus=true
            />
            <SelectField
                label=t!(lang, department_function)
                options=FUNCTIONS.to_vec()
                value=Signal::derive(move || Some(function.get()))
                word=move |function| lang.words().function(function)
                on_choose=move |chosen| function.set(chosen.unwrap_or(DepartmentFunction::Other))
                error=form.at(lang, "function")
            />
            <SelectField
                label=t!(lang, department_parent)
                options=parents
                value=parent
                word=department_name
                on_choose=move |chosen| parent.set(chosen)
                nothing=t!(lang, department_parent_none)
                error=form.at(lang, "parent")
            />
            <TextField
                label=t!(lang, department_regions)
                value=regions
                kind=TextKind::Name
                mark=FieldMark::Optional
                hint=t!(lang, department_regions_hint)
                error=form.at(lang, "regions")
            />
        </EditDialog>
    }
}
