//! The list of devices that may still hold work, kept in step with the server.

use domain::Timestamp;
use leptos::prelude::*;
use leptos::task::spawn_local;
use sync::Link;
use sync::tablets::{LookedInto, Tablet, TabletsPage};

use crate::device::api::{self, ApiError};
use crate::workspace::use_workspace;

/// How often the list is fetched anew, in milliseconds: nobody is told when a device falls silent.
const FETCH_EVERY_MS: i64 = 5 * Timestamp::MINUTE_MS;

/// The devices of those whom the person looks after.
#[derive(Debug, Clone, Copy)]
pub struct Tablets {
    /// As last told; nothing before the first answer.
    page: RwSignal<Option<TabletsPage>>,
    /// Why it could not be fetched, if the last attempt failed.
    failure: RwSignal<Option<ApiError>>,
    /// Counts the questions, so that an answer that was overtaken is not shown.
    asked: StoredValue<u64>,
}

/// Keeps the list for everything below this place: fetched when the server can be reached, when the company has changed, and every few
/// minutes while the page is visible.
pub fn provide_tablets() {
    let workspace = use_workspace();
    let tablets =
        Tablets { page: RwSignal::new(None), failure: RwSignal::new(None), asked: StoredValue::new(0) };
    provide_context(tablets);
    let live = Memo::new(move |_| workspace.status().with(|status| status.link == Link::Live));
    let steers = Memo::new(move |_| workspace.person().with(|person| person.role.steers()));
    let revision = Memo::new(move |_| workspace.directory().with(|directory| directory.revision));
    let turn = Memo::new(move |_| workspace.now().get().as_millis() / FETCH_EVERY_MS);
    Effect::new(move |_| {
        revision.track();
        turn.track();
        if live.get() && steers.get() {
            tablets.fetch();
        }
    });
}

/// The list of this place.
pub fn use_tablets() -> Tablets {
    expect_context()
}

impl Tablets {
    /// The devices that may still hold work, the overdue ones first; nothing before the first answer.
    pub fn page(self) -> Signal<Option<TabletsPage>> {
        self.page.into()
    }

    /// How many are overdue.
    pub fn overdue(self) -> Signal<usize> {
        let page = self.page;
        Signal::derive(move || {
            let overdue = page.with(|page| page.as_ref().map_or(0, |page| page.overdue));
            usize::try_from(overdue).unwrap_or(usize::MAX)
        })
    }

    /// Why the list could not be fetched, if the last attempt failed.
    pub fn failure(self) -> Signal<Option<ApiError>> {
        self.failure.into()
    }

    /// Asks for the list.
    pub fn fetch(self) {
        let Some(number) = self.asked.try_update_value(|asked| {
            *asked += 1;
            *asked
        }) else {
            return;
        };
        spawn_local(async move {
            let answer: Result<TabletsPage, ApiError> = api::get("/api/tablets").await;
            if self.asked.try_get_value() != Some(number) {
                return;
            }
            match answer {
                Ok(page) => {
                    self.page.try_set(Some(page));
                    self.failure.try_set(None);
                }
                // What was known last stays on the screen.
                Err(error) => drop(self.failure.try_set(Some(error))),
            }
        });
    }

    /// Says what became of a device, and asks for the list as it is then.
    ///
    /// # Errors
    /// Why it is not known to be noted.
    pub async fn look_into(self, tablet: &Tablet, why: String) -> Result<(), ApiError> {
        let found = LookedInto { device: tablet.device, last_heard: tablet.last_heard, why };
        let answer = api::post_empty("/api/tablets/looked-into", &found).await;
        self.fetch();
        answer
    }
}
