//! A page of one ticket: not yet read, not there, or there.

use std::sync::Arc;

use domain::TicketId;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::workspace::{TicketState, TicketView, use_workspace};

/// The ticket that the address names by its `:id`. Nothing, if that is no id.
pub(crate) fn use_addressed_ticket() -> Memo<Option<TicketId>> {
    let params = use_params_map();
    Memo::new(move |_| params.read().get("id")?.parse().ok())
}

/// How much is known of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Loading,
    Missing,
    Ready,
}

/// Shows `loading` or `missing`, or makes `ready` once, with a signal that follows the ticket.
pub(crate) fn gate<L, M, R>(
    ticket: Option<TicketId>,
    loading: impl Fn() -> L + Send + 'static,
    missing: impl Fn() -> M + Send + 'static,
    ready: impl Fn(TicketId, Signal<Arc<TicketView>>) -> R + Send + 'static,
) -> impl IntoView
where
    L: IntoView + 'static,
    M: IntoView + 'static,
    R: IntoView + 'static,
{
    let Some(ticket) = ticket else { return missing().into_any() };
    let state = use_workspace().ticket(ticket);
    let phase = Memo::new(move |_| match *state.read() {
        TicketState::Loading => Phase::Loading,
        TicketState::Missing => Phase::Missing,
        TicketState::Ready(_) => Phase::Ready,
    });
    // Keeps the last one while the page that shows it is being taken away.
    let latest = Memo::new(move |former: Option<&Option<Arc<TicketView>>>| match &*state.read() {
        TicketState::Ready(view) => Some(view.clone()),
        TicketState::Loading | TicketState::Missing => former.cloned().flatten(),
    });
    (move || match phase.get() {
        Phase::Loading => loading().into_any(),
        Phase::Missing => missing().into_any(),
        Phase::Ready => {
            let view = Signal::derive(move || latest.get().expect("it was ready before it is shown"));
            ready(ticket, view).into_any()
        }
    })
    .into_any()
}
