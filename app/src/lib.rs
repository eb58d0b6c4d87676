//! The Fieldloop client: screens over a [`workspace`] that keeps tickets on this device and in step with the server.
//!
//! Rooms are subjects: `field` is the engineer's day, `office` the desk, `sign_off` the tablet in the customer's hands, `outbox`
//! what has not reached the server, `photos` the pictures and files of a ticket, `late` what reached it too late to count by itself,
//! `tablets` which devices may still hold work. `tickets` holds what both show of a ticket, `ui` widgets that know no ticket. Only `device`
//! touches the browser.

pub mod app;
pub mod device;
pub mod field;
pub mod i18n;
pub mod late;
pub mod notices;
pub mod office;
pub mod outbox;
pub mod people;
pub mod photos;
pub mod policy;
pub mod session;
pub mod shell;
pub mod sign_off;
pub mod tablets;
pub mod tickets;
pub mod ui;
pub mod workspace;

/// Starts the app in the page.
pub fn start() {
    device::crash::watch();
    leptos::mount::mount_to_body(app::App);
}
