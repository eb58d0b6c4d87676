//! The page's address.

/// What stands behind the `#`, without it; empty if there is nothing.
pub fn fragment() -> String {
    let hash = web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    hash.trim_start_matches('#').to_owned()
}

/// Loads the page anew.
pub fn reload() {
    if let Some(window) = web_sys::window() {
        // Fails only in pages that are being torn down.
        let _ = window.location().reload();
    }
}

/// Goes to the first page and forgets everything that is in memory.
pub fn start_over() {
    if let Some(window) = web_sys::window() {
        // As above.
        let _ = window.location().replace("/");
    }
}
