//! The list of notices, kept in step with the server, and kept on this device for when there is none.

use domain::PersonId;
use leptos::prelude::*;
use leptos::task::spawn_local;
use sync::Link;
use sync::notices::{NoticesPage, NoticesRead};

use super::pages::{extended, head, renewed};
use crate::device::api::{self, ApiError};
use crate::device::notices as kept;
use crate::workspace::{Workspace, use_workspace};

/// As many notices are kept on the device.
const KEPT: usize = 50;

/// What the person was told.
#[derive(Debug, Clone, Copy)]
pub struct Notices {
    page: RwSignal<NoticesPage>,
    workspace: Workspace,
}

/// Keeps the list for everything below this place: fetched when the server can be reached and when it says that there is news.
pub fn provide_notices() {
    let workspace = use_workspace();
    let person = workspace.person().with_untracked(|person| person.id);
    let notices = Notices { page: RwSignal::new(kept::load(person)), workspace };
    provide_context(notices);
    let live = Memo::new(move |_| workspace.status().with(|status| status.link == Link::Live));
    let rung = workspace.rung();
    Effect::new(move |_| {
        rung.track();
        if live.get() {
            notices.fetch(person);
        }
    });
}

/// The list of this place.
pub fn use_notices() -> Notices {
    expect_context()
}

impl Notices {
    /// The newest page, as known last, with the earlier ones that were asked for.
    pub fn page(self) -> Signal<NoticesPage> {
        self.page.into()
    }

    /// Marks one as read.
    pub fn read(self, id: u64) {
        self.mark(NoticesRead { up_to: None, ids: vec![id] }, move |told| told == id);
    }

    /// Marks all as read.
    pub fn read_all(self) {
        let newest = self.page.with_untracked(|page| page.notices.iter().map(|told| told.id).max());
        if let Some(newest) = newest {
            self.mark(NoticesRead { up_to: Some(newest), ids: Vec::new() }, |_| true);
        }
    }

    /// Fetches the page of those before the oldest that is shown.
    ///
    /// # Errors
    /// Why they can't be shown.
    pub async fn earlier(self) -> Result<(), ApiError> {
        let oldest = self.page.with_untracked(|page| page.notices.last().map(|told| told.id));
        let Some(oldest) = oldest else { return Ok(()) };
        let earlier: NoticesPage = api::get(&format!("/api/notices?before={oldest}")).await?;
        // The list may have begun anew meanwhile.
        self.page.try_update(|page| {
            if page.notices.last().is_some_and(|told| told.id == oldest) {
                *page = extended(page.clone(), earlier);
            }
        });
        Ok(())
    }

    /// Tells the server, and shows it at once: nothing is lost if the server doesn't hear of it.
    fn mark(self, read: NoticesRead, concerns: impl Fn(u64) -> bool) {
        let all = read.up_to.is_some();
        self.page.update(|page| {
            let mut marked = 0;
            for told in page.notices.iter_mut().filter(|told| !told.read && concerns(told.id)) {
                told.read = true;
                marked += 1;
            }
            page.unread = if all { 0 } else { page.unread.saturating_sub(marked) };
        });
        self.keep();
        spawn_local(async move {
            if let Err(error) = api::post_empty("/api/notices/read", &read).await {
                leptos::logging::warn!("notices could not be marked as read: {error}");
            }
        });
    }

    fn keep(self) {
        let person = self.workspace.person().with_untracked(|person| person.id);
        self.page.with_untracked(|page| kept::keep(person, &head(page, KEPT)));
    }

    fn fetch(self, person: PersonId) {
        spawn_local(async move {
            let fetched: Result<NoticesPage, ApiError> = api::get("/api/notices").await;
            match fetched {
                Ok(newest) => {
                    kept::keep(person, &newest);
                    self.page.try_update(|page| *page = renewed(page.clone(), newest));
                }
                // What was known last stays on the screen; the next news or the next connection brings the rest.
                Err(error) => leptos::logging::warn!("notices could not be fetched: {error}"),
            }
        });
    }
}
