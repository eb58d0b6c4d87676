//! The first screen: who are you. And the same question again when a session has ended under somebody's work.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use sync::messages::SessionInfo;

use super::Session;
use crate::device::api::{self, SignInError};
use crate::device::session as remembered;
use crate::i18n::{Locale, use_lang};
use crate::t;
use crate::ui::{Dialog, DialogSize, Icon, TextField, TextKind};
use crate::workspace::use_workspace;

/// Why the answer line says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Incomplete,
    OtherPerson,
    SignIn(SignInError),
}

/// A sign-in form's state. Nothing is sent twice while an answer is out.
#[derive(Clone, Copy)]
struct SignInForm {
    user: RwSignal<String>,
    password: RwSignal<String>,
    trouble: RwSignal<Option<Trouble>>,
    busy: RwSignal<bool>,
}

impl SignInForm {
    /// A form for somebody who signs in with this name, if that is known.
    fn of(user: String) -> Self {
        Self {
            user: RwSignal::new(user),
            password: RwSignal::default(),
            trouble: RwSignal::default(),
            busy: RwSignal::default(),
        }
    }

    fn submit(self, accept: impl Fn(SessionInfo) -> Result<(), Trouble> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        let (user, password) = (self.user.get_untracked(), self.password.get_untracked());
        if user.trim().is_empty() || password.is_empty() {
            self.trouble.set(Some(Trouble::Incomplete));
            return;
        }
        self.busy.set(true);
        self.trouble.set(None);
        spawn_local(async move {
            let outcome = match api::sign_in(user.trim(), &password).await {
                Ok(info) => accept(info).inspect(|()| remembered::remember_user(user.trim())),
                Err(error) => Err(Trouble::SignIn(error)),
            };
            self.busy.set(false);
            if let Err(trouble) = outcome {
                self.password.set(String::new());
                self.trouble.set(Some(trouble));
            }
        });
    }
}

/// Asks who somebody is, when nobody works on this device yet.
#[component]
pub fn SignInPage() -> impl IntoView {
    let lang = use_lang();
    let session = Session::expect();
    let form = SignInForm::of(String::new());
    let accept = move |info| {
        session.begin(info);
        Ok(())
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        form.submit(accept);
    };
    view! {
        <SignInFrame submit=submit>
                    <h1 class="signin__title">{t!(lang, sign_in_title)}</h1>
                    <Questions form=form />
        </SignInFrame>
    }
}

/// The page around a form for somebody who is not signed in yet: what Fieldloop is beside it, the languages above.
#[component]
pub(super) fn SignInFrame(
    /// Called when the form is sent.
    submit: impl Fn(SubmitEvent) + 'static,
    /// The form's title, fields, answer line and button.
    children: Children,
) -> impl IntoView {
    let lang = use_lang();
    view! {
        <div class="signin">
            <div class="signin__side">
                <svg class="signin__loop icon" aria-hidden="true"><use href="/icons.svg#icon-loop" /></svg>
                <p class="signin__claim">{t!(lang, sign_in_claim)}</p>
                <p class="signin__more">{t!(lang, sign_in_more)}</p>
            </div>
            <main class="signin__main">
                <div class="signin__top"><LanguageRow /></div>
                <form class="signin__form" novalidate on:submit=submit>
                    <p class="signin__brand">
                        <svg class="mark icon" aria-hidden="true"><use href="/icons.svg#icon-loop" /></svg>
                        {t!(lang, product_name)}
                    </p>
                    {children()}
                </form>
                <p class="signin__foot">{t!(lang, sign_in_foot)}</p>
            </main>
        </div>
    }
}

/// The fields, the answer line and the button.
#[component]
fn Questions(form: SignInForm) -> impl IntoView {
    let lang = use_lang();
    let knows_user = !form.user.read_untracked().is_empty();
    let answer = move || {
        let words = lang.words();
        form.trouble.get().map(|trouble| match trouble {
            Trouble::Incomplete | Trouble::SignIn(SignInError::Wrong) => words.sign_in_wrong().to_owned(),
            Trouble::OtherPerson => {
                let name = Session::expect().person_untracked().map(|person| person.name);
                words.sign_in_other_person(name.unwrap_or_default())
            }
            Trouble::SignIn(SignInError::TooMany { retry_after_seconds }) => {
                words.sign_in_too_many(retry_after_seconds)
            }
            Trouble::SignIn(SignInError::Unreachable) => words.sign_in_unreachable().to_owned(),
            Trouble::SignIn(SignInError::Failed) => words.sign_in_failed().to_owned(),
        })
    };
    view! {
        <TextField label=t!(lang, sign_in_user) value=form.user kind=TextKind::Username autofocus=!knows_user />
        <TextField label=t!(lang, sign_in_password) value=form.password kind=TextKind::Password autofocus=knows_user />
        <p class="signin__answer" role="alert">
            {move || answer().map(|text| view! { <Icon name="alert" /> {text} })}
        </p>
        <button
            class="button"
            type="submit"
            data-kind="primary"
            data-size="l"
            data-wide
            data-busy=move || form.busy.get().then_some("")
            aria-disabled=move || form.busy.get().to_string()
        >
            {t!(lang, sign_in_button)}
        </button>
    }
}

/// The languages, side by side.
#[component]
fn LanguageRow() -> impl IntoView {
    let lang = use_lang();
    let choice = move |locale: Locale| {
        view! {
            <button
                class="button"
                type="button"
                data-kind="quiet"
                data-size="s"
                lang=locale.tag()
                aria-pressed=move || (lang.locale() == locale).to_string()
                on:click=move |_| lang.choose(locale)
            >
                {locale.own_name()}
            </button>
        }
    };
    view! {
        <div class="row" role="group" aria-label=t!(lang, menu_language)>
            {Locale::ALL.map(choice).collect_view()}
        </div>
    }
}

/// Asks again when the session has ended under somebody's work. What they have saved stays where it is.
#[component]
pub fn SignInAgain(
    /// Whether it is shown.
    open: RwSignal<bool>,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let form = SignInForm::of(remembered::user().unwrap_or_default());
    let accept = move |info: SessionInfo| {
        super::learn(&info);
        if info.person.id != workspace.person().with_untracked(|person| person.id) {
            // The server now takes this browser for somebody else's; nothing of the former person may be sent so.
            spawn_local(api::sign_out_quietly());
            return Err(Trouble::OtherPerson);
        }
        open.set(false);
        workspace.signed_in_again();
        Ok(())
    };
    let name = move || workspace.person().with(|person| person.name.clone());
    let footer = move || {
        view! {
            <button class="button" type="button" data-kind="quiet" on:click=move |_| open.set(false)>
                {t!(lang, sign_in_again_later)}
            </button>
        }
    };
    view! {
        <Dialog
            open
            title=t!(lang, sign_in_again_title)
            size=DialogSize::Question
            on_submit=move |()| form.submit(accept)
            footer
        >
            <div class="stack">
                <p>{move || lang.words().sign_in_again_lead(name())}</p>
                <Questions form=form />
            </div>
        </Dialog>
    }
}
