//! Under construction.

use leptos::prelude::*;

/// Under construction.
#[component]
pub fn PeoplePage() -> impl IntoView {}
