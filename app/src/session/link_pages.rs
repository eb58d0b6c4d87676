//! Pages that a one-time link opens: the first administrator, and setting a password.
//!
//! The token stands behind the `#` of the address, so it reaches neither a server's log nor a referrer.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::text_prop::TextProp;
use leptos_router::components::A;
use serde::Serialize;
use sync::messages::SessionInfo;

use super::Session;
use super::sign_in_page::SignInFrame;
use crate::device::api::{self, ApiError};
use crate::device::location;
use crate::i18n::{Words, use_lang};
use crate::t;
use crate::ui::{Icon, TextField, TextKind};

#[derive(Serialize)]
struct FirstAdmin {
    token: String,
    name: String,
    user: String,
    password: String,
}

#[derive(Serialize)]
struct NewPassword {
    token: String,
    password: String,
}

/// How far a form has come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Progress {
    #[default]
    Typing,
    Busy,
    Failed(ApiError),
    Done,
}

fn trouble(words: Words, error: &ApiError) -> &'static str {
    let ApiError::Refused { code, field, .. } = error else {
        return match error {
            ApiError::Unreachable => words.sign_in_unreachable(),
            _ => words.sign_in_failed(),
        };
    };
    match (code.as_str(), field.as_deref()) {
        ("link_spent", _) => words.link_spent(),
        ("user_taken", _) => words.user_taken(),
        ("invalid", Some("password")) => words.password_weak(),
        ("invalid", _) => words.required_field(),
        _ => words.sign_in_failed(),
    }
}

/// Creates the first administrator.
#[component]
pub fn WelcomePage() -> impl IntoView {
    let lang = use_lang();
    let progress = RwSignal::new(Progress::Typing);
    let (name, user, password) = (RwSignal::default(), RwSignal::default(), RwSignal::default());
    let submit = move |token: String| {
        let body = FirstAdmin { token, name: name.get(), user: user.get(), password: password.get() };
        send(progress, "/api/first-admin", body);
    };
    view! {
        <LinkForm
            progress=progress
            title=t!(lang, welcome_title)
            lead=t!(lang, welcome_lead)
            button=t!(lang, welcome_create)
            submit=submit
        >
            <TextField label=t!(lang, welcome_name) value=name kind=TextKind::Name />
            <TextField label=t!(lang, sign_in_user) value=user kind=TextKind::Username />
            <NewPasswordField value=password />
        </LinkForm>
    }
}

/// Sets a password.
#[component]
pub fn PasswordPage() -> impl IntoView {
    let lang = use_lang();
    let progress = RwSignal::new(Progress::Typing);
    let password = RwSignal::default();
    let submit = move |token: String| {
        send(progress, "/api/password", NewPassword { token, password: password.get() });
    };
    view! {
        <LinkForm
            progress=progress
            title=t!(lang, password_title)
            button=t!(lang, password_set)
            submit=submit
        >
            <NewPasswordField value=password />
        </LinkForm>
    }
}

/// Sends the form. The answer signs the person in, so their work can begin.
fn send(progress: RwSignal<Progress>, path: &'static str, body: impl Serialize + 'static) {
    let session = Session::expect();
    progress.set(Progress::Busy);
    spawn_local(async move {
        progress.set(match api::post::<SessionInfo>(path, &body).await {
            Ok(info) => {
                session.begin(info);
                Progress::Done
            }
            Err(error) => Progress::Failed(error),
        });
    });
}

#[component]
fn NewPasswordField(value: RwSignal<String>) -> impl IntoView {
    let lang = use_lang();
    view! {
        <TextField
            label=t!(lang, password_new)
            hint=t!(lang, password_hint)
            value=value
            kind=TextKind::NewPassword
        />
    }
}

#[component]
fn LinkForm(
    progress: RwSignal<Progress>,
    #[prop(into)] title: TextProp,
    #[prop(optional, into)] lead: Option<TextProp>,
    #[prop(into)] button: TextProp,
    submit: impl Fn(String) + Copy + 'static,
    children: ChildrenFn,
) -> impl IntoView {
    let lang = use_lang();
    let token = StoredValue::new(location::fragment());
    let has_token = !token.with_value(String::is_empty);
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if has_token && progress.get_untracked() != Progress::Busy {
            submit(token.get_value());
        }
    };
    let answer = move || match progress.get() {
        _ if !has_token => Some(lang.words().link_missing()),
        Progress::Failed(error) => Some(trouble(lang.words(), &error)),
        _ => None,
    };
    view! {
        <SignInFrame submit=on_submit>
                    <h1 class="signin__title">{move || title.get()}</h1>
                    <Show
                        when=move || progress.get() != Progress::Done
                        fallback=move || {
                            view! {
                                <p role="status">{t!(lang, password_done)}</p>
                                <A href="/" attr:class="button" attr:data-kind="primary" attr:data-size="l">
                                    {t!(lang, to_sign_in)}
                                </A>
                            }
                        }
                    >
                        {lead.clone().map(|lead| view! { <p class="secondary">{move || lead.get()}</p> })}
                        {children()}
                        <p class="signin__answer" role="alert">
                            {move || answer().map(|text| view! { <Icon name="alert" /> {text} })}
                        </p>
                        <button
                            class="button"
                            type="submit"
                            data-kind="primary"
                            data-size="l"
                            data-wide
                            aria-disabled=move || (progress.get() == Progress::Busy).to_string()
                        >
                            {let button = button.clone(); move || button.get()}
                        </button>
                    </Show>
        </SignInFrame>
    }
}
