//! Adding somebody, and changing what they are.

use domain::DepartmentId;
use domain::people::Role;
use leptos::prelude::*;

use super::accounts::{Account, ChangedPerson, NewPerson, PasswordLink, PersonAdded, split_list};
use super::form::{EditDialog, Form};
use crate::device::{api, focus};
use crate::i18n::{Locale, use_lang};
use crate::t;
use crate::ui::{FieldMark, SelectField, TextField, TextKind, use_toasts};
use crate::workspace::use_workspace;

/// Whom the dialog is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// Somebody new.
    New,
    /// Somebody there.
    Known(Account),
}

/// The fields of a person.
#[component]
pub(super) fn PersonDialog(
    /// Whom it is about, while it is open.
    subject: RwSignal<Option<Subject>>,
    /// Called when something has changed.
    #[prop(into)]
    on_changed: Callback<()>,
    /// Called with the link of somebody new.
    #[prop(into)]
    on_link: Callback<(String, PasswordLink)>,
) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let directory = use_workspace().directory();
    let form = Form::new();
    let open = RwSignal::new(false);
    let text = || RwSignal::new(String::new());
    let (name, user, skills, email) = (text(), text(), text(), text());
    let language = RwSignal::new(None::<Locale>);
    let role = RwSignal::new(None::<Role>);
    let department = RwSignal::new(None::<DepartmentId>);
    let missing = RwSignal::new(false);
    // The fields edit a copy of their own, taken when the dialog opens.
    Effect::new(move |_| {
        let Some(subject) = subject.get() else { return };
        form.forget();
        missing.set(false);
        match subject {
            Subject::New => {
                for field in [name, user, skills, email] {
                    field.set(String::new());
                }
                role.set(None);
                department.set(None);
                language.set(None);
            }
            Subject::Known(Account { person, user: known, email: mail, language: spoken, .. }) => {
                email.set(mail.unwrap_or_default());
                language.set(spoken.as_deref().and_then(Locale::from_tag));
                name.set(person.name);
                user.set(known);
                skills.set(person.skills.join(", "));
                role.set(Some(person.role));
                department.set(Some(person.department));
            }
        }
        open.set(true);
    });
    let is_new = Memo::new(move |_| matches!(&*subject.read(), None | Some(Subject::New)));
    let is_blank = |text: RwSignal<String>| text.read_untracked().trim().is_empty();
    let save = move || {
        // All that is missing at once, rather than one field after another.
        let typed_name = name.read_untracked().trim().to_owned();
        let nameless = typed_name.is_empty() || (is_new.get_untracked() && is_blank(user));
        let (Some(role), Some(department), false) =
            (role.get_untracked(), department.get_untracked(), nameless)
        else {
            missing.set(true);
            focus::first_invalid();
            return;
        };
        missing.set(false);
        let skills = split_list(&skills.read_untracked());
        let email = Some(email.read_untracked().trim().to_owned()).filter(|email| !email.is_empty());
        let language = language.get_untracked().map(|language| language.tag().to_owned());
        let done = move || {
            open.set(false);
            on_changed.run(());
            toasts.say(t!(lang, people_saved));
        };
        match subject.get_untracked() {
            Some(Subject::Known(account)) => {
                let change = ChangedPerson {
                    name: Some(typed_name),
                    role: Some(role),
                    department: Some(department),
                    skills: Some(skills),
                    active: None,
                    email: Some(email),
                    language: Some(language),
                };
                let path = format!("/api/people/{}", account.person.id);
                form.send(async move { api::patch_empty(&path, &change).await }, move |()| done());
            }
            _ => {
                let user = user.read_untracked().trim().to_owned();
                let person = NewPerson { name: typed_name, user, role, department, skills, email, language };
                form.send(
                    async move { api::post::<PersonAdded>("/api/people", &person).await },
                    move |added| {
                        done();
                        if let Some(link) = added.link {
                            on_link.run((added.person.name, link));
                        }
                    },
                );
            }
        }
    };
    let title = move || {
        let words = lang.words();
        if is_new.get() { words.people_add_title() } else { words.people_edit_title() }
    };
    let departments = Signal::derive(move || {
        directory.read().departments.iter().map(|department| department.id).collect::<Vec<_>>()
    });
    let department_name = move |id: DepartmentId| {
        directory.read().department(id).map(|department| department.name.clone()).unwrap_or_default()
    };
    let missing_here = move |is_missing: Signal<bool>, is_choice: bool, said: Signal<Option<String>>| {
        Signal::derive(move || {
            let words = lang.words();
            let ask = if is_choice { words.api_not_chosen() } else { words.api_missing() };
            let empty = (missing.get() && is_missing.get()).then(|| ask.to_owned());
            empty.or_else(|| said.get())
        })
    };
    let blank = |text: RwSignal<String>| Signal::derive(move || text.read().trim().is_empty());
    let name_error = missing_here(blank(name), false, form.at(lang, "name"));
    let user_error = missing_here(blank(user), false, form.at(lang, "user"));
    let role_error = missing_here(Signal::derive(move || role.get().is_none()), true, form.at(lang, "role"));
    let department_error =
        missing_here(Signal::derive(move || department.get().is_none()), true, form.at(lang, "department"));
    view! {
        <EditDialog form subject open title shown=&["name", "user", "role", "department", "email", "language", "skills"] on_save=move |()| save()>
            <TextField
                label=t!(lang, people_name)
                value=name
                kind=TextKind::Name
                error=name_error
                autofocus=true
            />
            <Show when=move || is_new.get()>
                <TextField
                    label=t!(lang, people_user)
                    value=user
                    kind=TextKind::Code
                    hint=t!(lang, people_user_hint)
                    error=user_error
                />
            </Show>
            <SelectField
                label=t!(lang, people_role)
                options=Role::ALL.to_vec()
                value=role
                word=move |role| lang.words().role(role)
                on_choose=move |chosen| role.set(chosen)
                error=role_error
            />
            <SelectField
                label=t!(lang, people_department)
                options=departments
                value=department
                word=department_name
                on_choose=move |chosen| department.set(chosen)
                error=department_error
            />
            <TextField
                label=t!(lang, people_email)
                value=email
                kind=TextKind::Email
                mark=FieldMark::Optional
                hint=t!(lang, people_email_hint)
                error=form.at(lang, "email")
            />
            <SelectField
                label=t!(lang, people_language)
                options=Locale::ALL.to_vec()
                value=language
                word=Locale::own_name
                on_choose=move |chosen| language.set(chosen)
                nothing=t!(lang, people_language_default)
                error=form.at(lang, "language")
            />
            <TextField
                label=t!(lang, people_skills)
                value=skills
                kind=TextKind::Code
                mark=FieldMark::Optional
                hint=t!(lang, people_skills_hint)
                error=form.at(lang, "skills")
                wide=true
            />
        </EditDialog>
    }
}
