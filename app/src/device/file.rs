//! Files that a person chooses.

use js_sys::{Array, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Event, HtmlInputElement};

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
    pub(super) content: Blob,
}

/// The files that a file field was given; empties the field, so that the same file can be chosen again.
pub fn picked(event: &Event) -> Vec<Picked> {
    let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else {
        return Vec::new();
    };
    // By name: the bindings of files are not part of this build.
    let files = Reflect::get(&field, &"files".into()).unwrap_or_default();
    let picked = Array::from(&files).into_iter().filter_map(|file| {
        let name = Reflect::get(&file, &"name".into()).ok().and_then(|name| name.as_string());
        Some(Picked { name: name.unwrap_or_default(), content: file.dyn_into().ok()? })
    });
    let picked = picked.collect();
    field.set_value("");
    picked
}

/// The first of them with its text. Nothing if there is none, or it can't be read.
pub async fn chosen(event: Event) -> Option<Chosen> {
    let Picked { name, content } = picked(&event).into_iter().next()?;
    let text = JsFuture::from(content.text()).await.ok()?.as_string()?;
    Some(Chosen { name, text })
}
