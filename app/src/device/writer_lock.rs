//! One window at a time works with a person's database.
//!
//! The browser's lock says which. Where there are no locks, every window believes that it is the one, and the local store
//! finds out: only the window that opened it last can still write.

use std::cell::Cell;
use std::rc::Rc;

use futures_channel::oneshot;
use gloo_events::EventListener;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{BroadcastChannel, MessageEvent};

use super::{clock, network};

/// How often a window that waits asks whether the one that writes is still there, in milliseconds.
const ASK_EVERY_MS: u32 = 2_000;
/// So many questions in a row without an answer, and it is not: the browser has frozen it, or it hangs.
const UNANSWERED: u32 = 4;
const QUESTION: &str = "still there?";
const ANSWER: &str = "still here";

/// Answers other windows that ask whether this one is still there. Until it is dropped, or the browser freezes the page.
#[derive(Debug)]
pub struct Presence {
    _listener: Option<EventListener>,
}

impl Presence {
    /// Answers for the lock with this name.
    pub fn of(name: &str) -> Self {
        let listener = BroadcastChannel::new(name).ok().map(|channel| {
            let answering = channel.clone();
            // Of several windows that have waited in vain, those that would be next need not take over as well.
            let _ = channel.post_message(&ANSWER.into());
            EventListener::new(&channel, "message", move |event| {
                if says(event, QUESTION) {
                    // Whoever has gone meanwhile needs no answer.
                    let _ = answering.post_message(&ANSWER.into());
                }
            })
        });
        Self { _listener: listener }
    }
}

/// Waits until whoever holds the lock with this name has not answered for a while, as long as this window is in sight.
pub async fn silence(name: &str) {
    let Ok(channel) = BroadcastChannel::new(name) else { return std::future::pending().await };
    let unanswered = Rc::new(Cell::new(0));
    let heard = Rc::clone(&unanswered);
    let _listener = EventListener::new(&channel, "message", move |event| {
        if says(event, ANSWER) {
            heard.set(0);
        }
    });
    while unanswered.get() < UNANSWERED {
        if network::is_visible() && channel.post_message(&QUESTION.into()).is_ok() {
            unanswered.set(unanswered.get() + 1);
        }
        clock::sleep(ASK_EVERY_MS).await;
    }
    channel.close();
}

fn says(event: &web_sys::Event, words: &str) -> bool {
    event
        .dyn_ref::<MessageEvent>()
        .and_then(|event| event.data().as_string())
        .is_some_and(|said| said == words)
}

/// How a lock is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Only if it is free now.
    IfFree,
    /// As soon as it is free.
    WhenFree,
    /// Now, away from whoever holds it.
    Steal,
}

/// A lock that is held. Let go when dropped.
#[derive(Debug)]
pub struct WriterLock {
    release: Option<oneshot::Sender<()>>,
    lost: Option<oneshot::Receiver<()>>,
}

impl WriterLock {
    /// Asks for the lock with this name. Nothing, if it is not free and that was the condition.
    pub async fn claim(name: &str, claim: Claim) -> Option<Self> {
        let Some(locks) = manager() else { return Some(Self { release: None, lost: None }) };
        let (granted, is_granted) = oneshot::channel();
        let (release, is_released) = oneshot::channel::<()>();
        let (lose, lost) = oneshot::channel();
        let hold = Closure::once(move |lock: JsValue| -> JsValue {
            let is_held = !lock.is_null();
            // The asker may have given up waiting; then the lock is let go at once.
            if granted.send(is_held).is_err() || !is_held {
                return JsValue::UNDEFINED;
            }
            wasm_bindgen_futures::future_to_promise(async move {
                // Ends also when the sender is dropped.
                let _ = is_released.await;
                Ok(JsValue::UNDEFINED)
            })
            .into()
        });
        let held = request(&locks, name, claim, hold.as_ref().unchecked_ref())?;
        hold.forget();
        wasm_bindgen_futures::spawn_local(async move {
            // Ends well when we let go, and with an error when another window has taken the lock away.
            if JsFuture::from(held).await.is_err() {
                // Nobody listens if the lock was let go meanwhile.
                let _ = lose.send(());
            }
        });
        let is_held = is_granted.await.unwrap_or(false);
        is_held.then_some(Self { release: Some(release), lost: Some(lost) })
    }

    /// Waits until another window takes the lock away; for ever, if none does.
    pub async fn lost(&mut self) {
        if let Some(lost) = &mut self.lost
            && lost.await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            // Nobody listens if the lock was taken away.
            let _ = release.send(());
        }
    }
}

// web-sys has no stable binding for locks.
fn manager() -> Option<JsValue> {
    let navigator: JsValue = web_sys::window()?.navigator().into();
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    locks.is_object().then_some(locks)
}

fn request(locks: &JsValue, name: &str, claim: Claim, then: &Function) -> Option<Promise> {
    let options = Object::new();
    let option = match claim {
        Claim::IfFree => Some("ifAvailable"),
        Claim::WhenFree => None,
        Claim::Steal => Some("steal"),
    };
    if let Some(option) = option {
        Reflect::set(&options, &option.into(), &JsValue::TRUE).ok()?;
    }
    let request: Function = Reflect::get(locks, &"request".into()).ok()?.dyn_into().ok()?;
    request.call3(locks, &name.into(), &options, then).ok()?.dyn_into().ok()
}
