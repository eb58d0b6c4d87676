//! Under construction.

use leptos::prelude::*;

/// Under construction.
#[component]
pub fn LivePage() -> impl IntoView {}
