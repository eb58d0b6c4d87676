//! Files that a person chooses.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, HtmlInputElement};

/// A file that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// The file that a file field was given, and empties the field, so that the same file can be chosen again. Nothing if
/// none was, or it can't be read.
pub async fn chosen(event: Event) -> Option<Chosen> {
    let field: HtmlInputElement = event.target()?.dyn_into().ok()?;
    // By name: the bindings of files are not part of this build.
    let files = Reflect::get(&field, &"files".into()).ok()?;
    let file = Reflect::get_u32(&files, 0).ok().filter(|file| !file.is_undefined())?;
    let name = Reflect::get(&file, &"name".into()).ok()?.as_string()?;
    let read: Function = Reflect::get(&file, &JsValue::from("text")).ok()?.dyn_into().ok()?;
    let promise: Promise = read.call0(&file).ok()?.dyn_into().ok()?;
    let text = JsFuture::from(promise).await.ok()?.as_string()?;
    field.set_value("");
    Some(Chosen { name, text })
}
