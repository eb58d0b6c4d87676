//! A worker that is asked things, one answer for each.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use gloo_events::EventListener;
use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::MessageEvent;

use super::clock;

/// Why a worker has not done what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum WorkerError {
    /// It can't be started.
    #[error("no worker can be started: {0}")]
    NotStarted(String),
    /// It does not answer, and will not any more.
    #[error("{0}")]
    Dead(String),
    /// It has tried, and failed.
    #[error("{name}: {message}")]
    Failed {
        /// The name of the error, as browsers give it.
        name: String,
        /// What it says.
        message: String,
    },
}

type Answer = Result<JsValue, WorkerError>;
type Asked = Rc<RefCell<BTreeMap<u32, oneshot::Sender<Answer>>>>;

/// A worker that runs until it is dropped.
#[derive(Debug)]
pub(super) struct Worker {
    worker: web_sys::Worker,
    asked: Asked,
    next: Cell<u32>,
    failed: Rc<Cell<bool>>,
    _listeners: [EventListener; 2],
}

impl Worker {
    /// Starts the worker with this address.
    pub(super) fn start(script: &str) -> Result<Self, WorkerError> {
        let worker = web_sys::Worker::new(script).map_err(|error| WorkerError::NotStarted(text(&error)))?;
        let asked = Asked::default();
        let failed = Rc::new(Cell::new(false));
        let answers = {
            let asked = Rc::clone(&asked);
            EventListener::new(&worker, "message", move |event| {
                if let Some((id, answer)) =
                    event.dyn_ref::<MessageEvent>().and_then(|event| read(&event.data()))
                    && let Some(asker) = asked.borrow_mut().remove(&id)
                {
                    // Nobody waits any more for what took too long.
                    let _ = asker.send(answer);
                }
            })
        };
        let end = {
            let (asked, failed) = (Rc::clone(&asked), Rc::clone(&failed));
            EventListener::new(&worker, "error", move |_| {
                failed.set(true);
                // Whoever waits hears at once that there won't be an answer.
                asked.borrow_mut().clear();
            })
        };
        Ok(Self { worker, asked, next: Cell::new(0), failed, _listeners: [answers, end] })
    }

    /// Asks, and waits so many milliseconds for the answer.
    pub(super) async fn ask(&self, message: &Object, patience_ms: u32) -> Answer {
        let id = self.next.get();
        self.next.set(id.wrapping_add(1));
        set(message, "id", &id.into());
        let (asker, answer) = oneshot::channel();
        self.asked.borrow_mut().insert(id, asker);
        if let Err(error) = self.worker.post_message(message) {
            return self.fail(text(&error));
        }
        match select(answer, Box::pin(clock::sleep(patience_ms))).await {
            Either::Left((Ok(answer), _)) => answer,
            Either::Left((Err(_), _)) => self.fail("its worker has died".to_owned()),
            Either::Right(_) => self.fail("its worker does not answer".to_owned()),
        }
    }

    /// Whether it is no use any more.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.get()
    }

    fn fail(&self, why: String) -> Answer {
        self.failed.set(true);
        Err(WorkerError::Dead(why))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

fn read(message: &JsValue) -> Option<(u32, Answer)> {
    let id = get(message, "id")?.as_f64()? as u32;
    let answer = match get(message, "error") {
        Some(error) => Err(read_error(&error)),
        None => Ok(get(message, "result").unwrap_or_default()),
    };
    Some((id, answer))
}

fn read_error(error: &JsValue) -> WorkerError {
    let field = |name| get(error, name).and_then(|value| value.as_string()).unwrap_or_default();
    WorkerError::Failed { name: field("name"), message: field("message") }
}

/// Where the page says that a worker is: in the `meta` of this name.
pub(super) fn script(name: &str) -> Option<String> {
    let page = web_sys::window()?.document()?;
    page.query_selector(&format!("meta[name={name}]")).ok()??.get_attribute("content")
}

/// Sets a property of a plain object.
pub(super) fn set(object: &Object, name: &str, value: &JsValue) {
    // That can't fail.
    let _ = Reflect::set(object, &name.into(), value);
}

/// A property that is there.
pub(super) fn get(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into()).ok().filter(|value| !value.is_undefined())
}

fn text(error: &JsValue) -> String {
    error
        .dyn_ref::<js_sys::Error>()
        .map_or_else(|| format!("{error:?}"), |error| String::from(error.message()))
}
