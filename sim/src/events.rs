//! The text of an event stream, cut into events.

use anyhow::{Context as _, Result};
use sync::messages::Event;

/// One event as it stands in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) text: String,
    /// Its place in the history, if it has one.
    pub(crate) place: Option<u64>,
    pub(crate) event: Event,
}

/// Cuts what has come into events. Comments and what the stream says of itself are none.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Frame>> {
    let text = std::str::from_utf8(bytes).context("a stream of events is text")?;
    let mut frames = Vec::new();
    for block in text.split("\n\n") {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
        let (Some(name), Some(data)) = (field("event: "), field("data: ")) else { continue };
        if let Some(event) = Event::read(name, data)? {
            let place = field("id: ").and_then(|id| id.parse().ok());
            frames.push(Frame { text: block.to_owned(), place, event });
        }
    }
    Ok(frames)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_from_signs_of_life() {
        let text =
            b"retry: 1000\n: listening\n\n: alive\n\nevent: behind\ndata: {}\n\nevent: later\ndata: {}\n\n";
        let events: Vec<_> = read(text).expect("it is text").into_iter().map(|frame| frame.event).collect();
        assert_eq!(events, [Event::Behind]);
    }
}
