//! A newer build that has been downloaded whole and waits to be taken.
//!
//! The boot script registers the service worker; the worker downloads and checks a new build and then waits. Nothing changes
//! under a running page: only when the person says so is the worker told to take over, and the page loads anew.

use gloo_events::EventListener;
use js_sys::{Object, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState};

use super::{clock, location};

/// Pause between two looks for a newer build, in milliseconds. By themselves browsers look when a page is loaded, and the app of a tablet is
/// never closed.
const LOOK_EVERY_MS: u32 = 60 * 60 * 1_000;

/// Whether a newer build waits. Lives as long as the caller's owner.
pub fn update_ready() -> Signal<bool> {
    let ready = RwSignal::new(false);
    spawn_local(async move {
        let Some(registration) = registration().await else { return };
        watch(&registration, ready);
        while !ready.is_disposed() {
            clock::sleep(LOOK_EVERY_MS).await;
            look_for_newer(&registration).await;
        }
    });
    ready.into()
}

/// Takes the newer build: the page loads anew. The caller has made sure that nothing unsaved is on the screen, or that the
/// person wants it all the same.
pub fn take_update() {
    spawn_local(async {
        let waiting = match registration().await {
            Some(registration) => registration.waiting(),
            None => None,
        };
        match waiting {
            Some(worker) => take_over(&worker),
            None => location::reload(),
        }
    });
}

/// Has the browser ask the server for a newer build. Without a network, the next time will do.
async fn look_for_newer(registration: &ServiceWorkerRegistration) {
    if let Ok(looking) = registration.update() {
        // Fails also when what is there can't be installed: the present build stays.
        let _ = JsFuture::from(looking).await;
    }
}

fn take_over(worker: &ServiceWorker) {
    if let Some(container) = container() {
        EventListener::once(&container, "controllerchange", |_| location::reload()).forget();
    }
    let message = Object::new();
    // Setting a property of a plain object and sending it to a live worker can't fail.
    let _ = Reflect::set(&message, &"type".into(), &"take-over".into());
    let _ = worker.post_message(&message);
}

fn watch(registration: &ServiceWorkerRegistration, ready: RwSignal<bool>) {
    // A first installation waits for nobody: only with a build in charge is a waiting one an update.
    let look = {
        let registration = registration.clone();
        move || {
            let in_charge = container().is_some_and(|container| container.controller().is_some());
            // The owner may be gone by now.
            ready.try_set(in_charge && registration.waiting().is_some());
        }
    };
    look();
    let found = {
        let registration = registration.clone();
        move |_: &web_sys::Event| {
            let Some(worker) = registration.installing() else { return };
            let (look, installing) = (look.clone(), worker.clone());
            EventListener::new(&worker, "statechange", move |_| {
                if installing.state() != ServiceWorkerState::Installing {
                    look();
                }
            })
            .forget();
        }
    };
    // One for each page: the registration outlives all screens.
    EventListener::new(registration, "updatefound", found).forget();
}

async fn registration() -> Option<ServiceWorkerRegistration> {
    let found = JsFuture::from(container()?.get_registration()).await.ok()?;
    found.dyn_into().ok()
}

/// Absent on addresses without TLS and in some private windows.
fn container() -> Option<ServiceWorkerContainer> {
    let navigator: JsValue = web_sys::window()?.navigator().into();
    Reflect::get(&navigator, &"serviceWorker".into()).ok()?.dyn_into().ok()
}
