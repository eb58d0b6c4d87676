//! Copying words for use elsewhere.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Copies a text. Says whether the browser did.
pub async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else { return false };
    match write(&window.navigator(), text) {
        Ok(promise) => JsFuture::from(promise).await.is_ok(),
        // There is no clipboard outside a secure context.
        Err(_) => false,
    }
}

fn write(navigator: &JsValue, text: &str) -> Result<Promise, JsValue> {
    let clipboard = Reflect::get(navigator, &"clipboard".into())?;
    let write_text: Function = Reflect::get(&clipboard, &"writeText".into())?.dyn_into()?;
    write_text.call1(&clipboard, &text.into())?.dyn_into()
}
