//! Under construction.

use leptos::prelude::*;

/// Under construction.
#[component]
pub fn TicketsPage() -> impl IntoView {}
