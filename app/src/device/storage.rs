//! What the browser keeps for us: small texts, and the promise not to clear the rest.

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::StorageEstimate;

/// Reads a small text. Nothing if there is none, or the browser keeps nothing for us.
pub(super) fn text(key: &str) -> Option<String> {
    local_storage()?.get_item(key).ok()?
}

/// Keeps a small text. Returns false if the browser doesn't: it is full, or keeps nothing for us.
pub(super) fn set_text(key: &str, text: &str) -> bool {
    local_storage().is_some_and(|storage| storage.set_item(key, text).is_ok())
}

/// Forgets a small text.
pub(super) fn remove(key: &str) {
    if let Some(storage) = local_storage() {
        // Removing fails only where there is nothing to remove.
        let _ = storage.remove_item(key);
    }
}

/// The names of all small texts that begin in this way.
pub(super) fn keys(prefix: &str) -> Vec<String> {
    let Some(storage) = local_storage() else { return Vec::new() };
    let count = storage.length().unwrap_or_default();
    let keys = (0..count).filter_map(|place| storage.key(place).ok().flatten());
    keys.filter(|key| key.starts_with(prefix)).collect()
}

/// Reads a small value. Nothing also if it was written by a version whose form this one can't read.
pub(super) fn value<T: DeserializeOwned>(key: &str) -> Option<T> {
    serde_json::from_str(&text(key)?).ok()
}

/// Keeps a small value. Returns false if it could not be kept.
pub(super) fn set_value(key: &str, value: &impl Serialize) -> bool {
    serde_json::to_string(value).is_ok_and(|written| set_text(key, &written))
}

fn local_storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// Asks the browser not to clear our data when it runs out of room. Says whether it promises.
pub async fn protect() -> bool {
    let Some(window) = web_sys::window() else { return false };
    if !window.is_secure_context() {
        return false;
    }
    let storage = window.navigator().storage();
    let Ok(promise) = storage.persist() else { return false };
    JsFuture::from(promise).await.is_ok_and(|answer| answer.is_truthy())
}

/// How many more bytes the browser lets us keep, by its own estimate. Nothing, if it has none.
pub async fn room() -> Option<u64> {
    let window = web_sys::window().filter(web_sys::Window::is_secure_context)?;
    let estimate = JsFuture::from(window.navigator().storage().estimate().ok()?).await.ok()?;
    let estimate: StorageEstimate = estimate.unchecked_into();
    let (quota, usage) = (estimate.get_quota()?, estimate.get_usage()?);
    Some((quota - usage).max(0.0) as u64)
}
