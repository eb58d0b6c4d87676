//! The browser's own things: network, storage, clock, pen. Nothing outside this room knows that there is a browser: what
//! goes in and out are plain values, signals and Leptos' own node references.

pub mod api;
pub mod clipboard;
pub mod clock;
pub mod crash;
pub mod database;
pub mod dialog;
pub mod drafts;
pub mod events;
pub mod file;
pub mod focus;
pub mod id;
pub mod intl;
pub mod journal;
pub mod keyboard;
pub mod kiosk;
pub mod local_store;
pub mod local_time;
pub mod location;
pub mod network;
pub mod notices;
pub mod pen;
pub mod pictures;
pub mod prefs;
pub mod rescue;
pub mod scroll;
pub mod session;
pub mod storage;
pub mod update;
mod worker;
pub mod writer_lock;
