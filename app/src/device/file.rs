//! Files that a person chooses.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Event, HtmlInputElement};

/// A file that was chosen, with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// A file that was chosen, as it lies on the disk: however large it is, nothing of it is in memory.
#[derive(Debug, Clone)]
pub struct Picked {
    /// What it is called.
    pub name: String,
    content: JsValue,
}

impl Picked {
    /// What a request takes as its body.
    pub(super) const fn content(&self) -> &JsValue {
        &self.content
    }
}

/// The file that a file field was given, and empties the field, so that the same file can be chosen again. Nothing if
/// none was.
pub fn picked(event: &Event) -> Option<Picked> {
    let field: HtmlInputElement = event.target()?.dyn_into().ok()?;
    // By name: the bindings of files are not part of this build.
    let files = Reflect::get(&field, &"files".into()).ok()?;
    let content = Reflect::get_u32(&files, 0).ok().filter(|file| !file.is_undefined())?;
    let name = Reflect::get(&content, &"name".into()).ok()?.as_string()?;
    field.set_value("");
    Some(Picked { name, content })
}

/// The same with its text. Nothing also if it can't be read.
pub async fn chosen(event: Event) -> Option<Chosen> {
    let Picked { name, content } = picked(&event)?;
    let read: Function = Reflect::get(&content, &JsValue::from("text")).ok()?.dyn_into().ok()?;
    let promise: Promise = read.call0(&content).ok()?.dyn_into().ok()?;
    let text = JsFuture::from(promise).await.ok()?.as_string()?;
    Some(Chosen { name, text })
}
