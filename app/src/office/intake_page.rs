//! Under construction.

use leptos::prelude::*;

/// Under construction.
#[component]
pub fn IntakePage() -> impl IntoView {}
