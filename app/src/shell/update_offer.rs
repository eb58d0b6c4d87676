//! A new version is offered; it is taken when the person says so, never under their hands.

use leptos::prelude::*;

use crate::device::update;
use crate::i18n::use_lang;
use crate::t;
use crate::ui::use_toasts;

/// Offers a version, once it has been downloaded whole and waits.
pub fn offer_updates() {
    let lang = use_lang();
    let ready = update::update_ready();
    let toasts = use_toasts();
    Effect::new(move |_| {
        if ready.get() {
            let take = Callback::new(move |()| {
                // Mostly over before it can be read. Browsers let the build before end what it has begun, though.
                toasts.keep_saying("download", t!(lang, update_taking));
                update::take_update();
            });
            toasts.offer("download", t!(lang, update_ready), t!(lang, update_take), take);
        }
    });
}
