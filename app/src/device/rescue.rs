//! Rescue files (docs/rescue.md). The script that writes them (`app/rescue-mode.js`) works without the app, too; the app asks it for
//! what is wanted, by name: it is part of the page, not of this program.

use std::collections::BTreeSet;

use domain::people::Person;
use domain::ticket::FileHash;
use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::storage;

/// Where the server's public key is kept, for the script to find.
const KEY: &str = "fieldloop-rescue-key";
/// What the page calls the script.
const SCRIPT: &str = "fieldloopRescue";

/// Why somebody wants a rescue file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// They asked for it.
    Asked,
    /// They want to leave this device, or to reset it.
    SigningOut,
}

impl Because {
    const fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::SigningOut => "signing_out",
        }
    }
}

/// A rescue file that was written and offered as a download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What it is called.
    pub name: String,
    /// The numbers of the outbox's changes that are in it.
    pub changes: BTreeSet<u64>,
    /// Whether all of the second journal is in it.
    pub journal_is_whole: bool,
    /// The contents of files that are in it, whole.
    pub files: BTreeSet<FileHash>,
    /// What could not be read, in words for whoever looks into it.
    pub unread: Vec<String>,
}

/// Why there is no rescue file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RescueError {
    /// The server's public key has never been learnt on this device.
    #[error("the server's public key is not known here")]
    NoKey,
    /// It could not be written.
    #[error("it could not be written: {0}")]
    Failed(String),
}

/// Remembers the public key that the server tells.
pub fn remember_key(key: &str) {
    storage::set_text(KEY, key);
}

/// Writes everything that this device holds of a person, and offers it as a download.
///
/// # Errors
/// Why there is no file.
pub async fn write(because: Because, person: &Person) -> Result<Written, RescueError> {
    let script = script().ok_or_else(|| RescueError::Failed("the page has no script for it".to_owned()))?;
    let whose = Object::new();
    for (name, value) in [("id", person.id.to_string()), ("name", person.name.clone())] {
        // Setting a property of a plain object can't fail.
        let _ = Reflect::set(&whose, &name.into(), &value.into());
    }
    let asked = script.ask("write", &[because.name().into(), whose.into()]).await;
    let written = asked.map_err(|error| read_error(&error))?;
    read_written(&written).ok_or_else(|| RescueError::Failed("the script's answer can't be read".to_owned()))
}

/// Removes the app itself from this device, as far as it can be loaded again.
pub async fn forget_app() {
    let Some(script) = script() else { return };
    if let Err(error) = script.ask("forgetApp", &[]).await {
        leptos::logging::warn!("the app stays on this device: {error:?}");
    }
}

/// The script in the page.
pub(super) struct Script(Object);

/// The script, if the page has it.
pub(super) fn script() -> Option<Script> {
    let script = Reflect::get(web_sys::window()?.as_ref(), &SCRIPT.into()).ok()?;
    script.dyn_into().ok().map(Script)
}

impl Script {
    pub(super) fn call(&self, name: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
        let function: Function = Reflect::get(&self.0, &name.into())?.dyn_into()?;
        Reflect::apply(&function, &self.0, &arguments.iter().collect::<Array>())
    }

    async fn ask(&self, name: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
        JsFuture::from(Promise::resolve(&self.call(name, arguments)?)).await
    }
}

fn read_written(written: &JsValue) -> Option<Written> {
    let field = |name: &str| Reflect::get(written, &name.into()).ok();
    let list = |name: &str| field(name).map(|list| Array::from(&list));
    Some(Written {
        name: field("name")?.as_string()?,
        // Change numbers count one person's taps: they stay below 2^53.
        changes: list("outbox")?.iter().filter_map(|seq| seq.as_f64()).map(|seq| seq as u64).collect(),
        journal_is_whole: field("journalIsWhole")?.is_truthy(),
        files: list("files")?.iter().filter_map(|hash| FileHash::parse(&hash.as_string()?)).collect(),
        unread: list("unread")?.iter().filter_map(|line| line.as_string()).collect(),
    })
}

fn read_error(error: &JsValue) -> RescueError {
    let field = |name: &str| Reflect::get(error, &name.into()).ok().and_then(|text| text.as_string());
    match field("name").as_deref() {
        Some("NoKeyError") => RescueError::NoKey,
        _ => RescueError::Failed(field("message").unwrap_or_else(|| format!("{error:?}"))),
    }
}
