//! The list of what waits for a decision, kept in step with the server.

use domain::access::may_decide;
use leptos::prelude::*;
use sync::Link;
use sync::messages::Verdict;
use sync::parked::{Admit, Decline, ParkedChange, ParkedPage};

use super::ruling::Ruling;
use crate::device::api::{self, ApiError, Fetched};
use crate::workspace::{Workspace, use_workspace};

/// What the person may decide on.
#[derive(Debug, Clone, Copy)]
pub struct LateArrivals {
    page: Fetched<ParkedPage>,
    workspace: Workspace,
}

/// Keeps the list for everything below this place: fetched when the server can be reached, when it says that something was parked or
/// decided, and when the company has changed.
pub fn provide_late_arrivals() {
    let workspace = use_workspace();
    let late = LateArrivals { page: Fetched::from("/api/parked"), workspace };
    provide_context(late);
    let live = Memo::new(move |_| workspace.status().with(|status| status.link == Link::Live));
    let steers = Memo::new(move |_| workspace.person().with(|person| person.role.steers()));
    let revision = Memo::new(move |_| workspace.directory().with(|directory| directory.revision));
    Effect::new(move |_| {
        workspace.parked().track();
        revision.track();
        if live.get() && steers.get() {
            late.fetch();
        }
    });
}

/// The list of this place.
pub fn use_late_arrivals() -> LateArrivals {
    expect_context()
}

impl LateArrivals {
    /// Those that the person may decide on as the company is known here, longest waiting first; nothing before the first answer.
    pub fn parked(self) -> Signal<Option<Vec<ParkedChange>>> {
        let Self { page, workspace } = self;
        let page = page.latest();
        Signal::derive(move || {
            let (person, directory) = (workspace.person().get(), workspace.directory().get());
            let mut parked = page.with(|page| page.as_ref().map(|page| page.parked.clone()))?;
            parked.retain(|parked| may_decide(&person, &directory, &parked.about));
            Some(parked)
        })
    }

    /// How many wait in all.
    pub fn count(self) -> Signal<usize> {
        self.page.count(|page| page.waiting)
    }

    /// How many more wait that the server can't read.
    pub fn unread(self) -> Signal<usize> {
        self.page.count(|page| page.unread)
    }

    /// Why the list could not be fetched, if the last attempt failed.
    pub fn failure(self) -> Signal<Option<ApiError>> {
        self.page.failure()
    }

    /// Asks for the list.
    pub fn fetch(self) {
        self.page.fetch();
    }

    /// Decides on a change, and asks for what waits then.
    ///
    /// # Errors
    /// Why it is not known to be decided. It can be decided again: what was decided stays decided.
    pub async fn decide(self, parked: &ParkedChange, ruling: &Ruling) -> Result<Verdict, ApiError> {
        let change = parked.change.id;
        let answer = match ruling {
            Ruling::Admit => api::post("/api/parked/admit", &Admit { change }).await,
            Ruling::Decline(why) => {
                api::post("/api/parked/decline", &Decline { change, why: why.clone() }).await
            }
        };
        self.fetch();
        answer
    }
}
