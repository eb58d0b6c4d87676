//! The server's events, as they come in.
//!
//! Read from a `fetch` rather than an `EventSource`: that one hides the status of a refusal and the server's sign of life,
//! so that a session that has ended looks like a bad network, and a dead line like a quiet one.

mod parser;

use futures_util::future::{Either, select};
use gloo_net::http::Method;
use js_sys::{Reflect, Uint8Array};
use sync::messages::Event;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStreamDefaultReader};

use self::parser::EventParser;
use super::api::{self, ApiError};
use super::clock;

/// Longest silence on a live line, in milliseconds: the server gives a sign of life more often than that.
const LONGEST_SILENCE_MS: u32 = 60_000;

/// An open stream of events. Closed when dropped.
#[derive(Debug)]
pub struct EventStream {
    reader: ReadableStreamDefaultReader,
    request: AbortController,
    parser: EventParser,
    /// The read that is under way. Kept when a caller gives up waiting, or what it brings would be lost.
    reading: Option<JsFuture>,
}

impl EventStream {
    /// Opens a stream.
    pub(super) async fn open(path: &str) -> Result<Self, ApiError> {
        let request = AbortController::new().map_err(|_| ApiError::Unreachable)?;
        let signal = request.signal();
        let opening = Box::pin(api::open_stream(Method::GET, path, &signal));
        let response = match select(opening, Box::pin(clock::sleep(LONGEST_SILENCE_MS))).await {
            Either::Left((response, _)) => response?,
            Either::Right(_) => {
                request.abort();
                return Err(ApiError::Unreachable);
            }
        };
        let body = response.body().ok_or(ApiError::Unreachable)?;
        let reader = ReadableStreamDefaultReader::new(&body).map_err(|_| ApiError::Unreachable)?;
        Ok(Self { reader, request, parser: EventParser::default(), reading: None })
    }

    /// Waits for the next event. Nothing, once the line is cut or has gone silent.
    ///
    /// A call that is given up loses no event. An event that can't be read counts as [`Event::Behind`]: a pull brings what it meant.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.arrived() {
                return Some(event);
            }
            let bytes = self.read().await?;
            self.parser.feed(&bytes);
        }
    }

    /// The next event, if it has come with an earlier one.
    pub fn arrived(&mut self) -> Option<Event> {
        while let Some((name, data)) = self.parser.next() {
            match Event::read(&name, &data) {
                Ok(Some(event)) => return Some(event),
                Ok(None) => {}
                Err(_) => return Some(Event::Behind),
            }
        }
        None
    }

    async fn read(&mut self) -> Option<Vec<u8>> {
        let reading = self.reading.get_or_insert_with(|| JsFuture::from(self.reader.read()));
        let chunk = match select(reading, Box::pin(clock::sleep(LONGEST_SILENCE_MS))).await {
            Either::Left((chunk, _)) => chunk,
            Either::Right(_) => return None,
        };
        self.reading = None;
        let chunk = chunk.ok()?;
        let bytes = Reflect::get(&chunk, &"value".into()).ok()?;
        // At the end of the stream there is no value.
        Some(bytes.dyn_into::<Uint8Array>().ok()?.to_vec())
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.request.abort();
    }
}
