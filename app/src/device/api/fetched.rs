//! What the server is asked for now and then, as it was last told.

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::DeserializeOwned;

use super::ApiError;

/// The answer of the server at one address. Belongs to the place at which it was made.
#[derive(Debug)]
pub struct Fetched<T: 'static> {
    path: &'static str,
    /// As last told; nothing before the first answer.
    latest: RwSignal<Option<T>>,
    /// Why it could not be fetched, if the last attempt failed.
    failure: RwSignal<Option<ApiError>>,
    /// Counts the questions, so that an answer that was overtaken is not shown.
    asked: StoredValue<u64>,
}

impl<T> Clone for Fetched<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Fetched<T> {}

impl<T: DeserializeOwned + Send + Sync + 'static> Fetched<T> {
    /// What stands at this address. Nothing has been asked yet.
    pub fn from(path: &'static str) -> Self {
        Self { path, latest: RwSignal::new(None), failure: RwSignal::new(None), asked: StoredValue::new(0) }
    }

    /// As last told; nothing before the first answer.
    pub fn latest(self) -> Signal<Option<T>> {
        self.latest.into()
    }

    /// A number out of what was last told; 0 before the first answer.
    pub fn count(self, count: fn(&T) -> u64) -> Signal<usize> {
        Signal::derive(move || {
            let count = self.latest.with(|latest| latest.as_ref().map_or(0, count));
            usize::try_from(count).unwrap_or(usize::MAX)
        })
    }

    /// Why it could not be fetched, if the last attempt failed.
    pub fn failure(self) -> Signal<Option<ApiError>> {
        self.failure.into()
    }

    /// Asks for it.
    pub fn fetch(self) {
        let Some(number) = self.asked.try_update_value(|asked| {
            *asked += 1;
            *asked
        }) else {
            return;
        };
        spawn_local(async move {
            let answer: Result<T, ApiError> = super::get(self.path).await;
            if self.asked.try_get_value() != Some(number) {
                return;
            }
            match answer {
                Ok(latest) => {
                    self.latest.try_set(Some(latest));
                    self.failure.try_set(None);
                }
                // What was known last stays on the screen.
                Err(error) => drop(self.failure.try_set(Some(error))),
            }
        });
    }
}
