//! The list of devices that may still hold work, kept in step with the server.

use domain::Timestamp;
use leptos::prelude::*;
use sync::Link;
use sync::tablets::{LookedInto, Tablet, TabletsPage};

use crate::device::api::{self, ApiError, Fetched};
use crate::workspace::use_workspace;

/// How often the list is fetched anew, in milliseconds: nobody is told when a device falls silent.
const FETCH_EVERY_MS: i64 = 5 * Timestamp::MINUTE_MS;

/// The devices of those whom the person looks after.
#[derive(Debug, Clone, Copy)]
pub struct Tablets(Fetched<TabletsPage>);

/// Keeps the list for everything below this place: fetched when the server can be reached, when the company has changed, and every few
/// minutes while the page is visible.
pub fn provide_tablets() {
    let workspace = use_workspace();
    let tablets = Tablets(Fetched::from("/api/tablets"));
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
        self.0.latest()
    }

    /// How many are overdue.
    pub fn overdue(self) -> Signal<usize> {
        self.0.count(|page| page.overdue)
    }

    /// Why the list could not be fetched, if the last attempt failed.
    pub fn failure(self) -> Signal<Option<ApiError>> {
        self.0.failure()
    }

    /// Asks for the list.
    pub fn fetch(self) {
        self.0.fetch();
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
