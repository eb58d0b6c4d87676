//! Tells the server how this device stands, so that somebody hears of it should it be lost: whatever the reporter says, one step at a
//! time. Nobody waits for it, and nothing is lost where it fails.

use std::rc::Rc;

use sync::tablets::ReportStep;

use super::core::Core;
use super::desk::Desk;
use super::line::Line;
use crate::device::clock;

/// Reports until it is dropped, or until another window takes over.
pub(super) async fn run<L: Line>(core: Rc<Core>, desk: Rc<Desk>, line: Rc<L>) {
    while !desk.is_fenced_off() {
        let standing = desk.standing();
        let step = core.reporter_mut().next(&core.planner(), &standing, clock::now());
        match step {
            ReportStep::Tell => match line.report(&standing).await {
                Ok(heard) => {
                    core.reporter_mut().told(standing);
                    core.tell_left_behind(heard.left_behind);
                }
                Err(failure) => core.reporter_mut().failed(failure),
            },
            ReportStep::Wait(until) => core.report_bell().heard_before(until).await,
            ReportStep::Rest => core.report_bell().heard().await,
        }
    }
}
