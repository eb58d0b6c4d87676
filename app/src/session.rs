//! Who works on this device: signing in, the first administrator, and a password by one-time link.
//!
//! A person who has signed in once stays known to the device, so that a cold start without a network opens straight into
//! their work. Whether the server still accepts the session shows when it is next reached.

mod link_pages;
mod sign_in_page;

use domain::PersonId;
use domain::people::Person;
use leptos::prelude::*;
use leptos::task::spawn_local;
use sync::messages::SessionInfo;

pub use link_pages::{PasswordPage, WelcomePage};
pub use sign_in_page::{SignInAgain, SignInPage};

use crate::device::{api, rescue, session as remembered};
use crate::workspace::SignedOut;

/// Who works on this device.
#[derive(Debug, Clone, Copy)]
pub struct Session {
    person: RwSignal<Option<Person>>,
    starting: RwSignal<bool>,
}

/// Finds out who works here: whom the device remembers, or else whom the server's session names.
pub fn provide_session() -> Session {
    let person = remembered::person();
    let starting = person.is_none();
    let session = Session { person: RwSignal::new(person), starting: RwSignal::new(starting) };
    provide_context(session);
    if starting {
        spawn_local(async move {
            if let Ok(Some(info)) = api::session().await {
                session.begin(info);
            }
            session.starting.set(false);
        });
    }
    session
}

impl Session {
    /// The session. Only below [`provide_session`].
    pub fn expect() -> Self {
        expect_context()
    }

    /// Whether it is still being found out who works here.
    pub fn is_starting(self) -> bool {
        self.starting.get()
    }

    /// Who works here; a reader follows it.
    pub fn person_id(self) -> Option<PersonId> {
        self.person.with(|person| person.as_ref().map(|person| person.id))
    }

    /// Who works here, as known when they signed in. The workspace knows better once it is open.
    pub fn person_untracked(self) -> Option<Person> {
        self.person.get_untracked()
    }

    /// From now on this person works here.
    pub fn begin(self, info: SessionInfo) {
        learn(&info);
        remembered::remember(&info.person);
        self.person.set(Some(info.person));
    }

    /// Nobody works here any more.
    pub fn end(self, _: SignedOut) {
        remembered::forget();
        self.person.set(None);
    }
}

/// Keeps what the server tells at each signing in.
fn learn(info: &SessionInfo) {
    if let Some(key) = &info.rescue_key {
        rescue::remember_key(key);
    }
}
