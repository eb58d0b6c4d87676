//! The text of an event stream, cut into events.
//!
//! As the HTML standard has it, as far as our server uses it: fields `event` and `data`, comments, any kind of line end,
//! and chunks that may end anywhere, in the middle of a character too.

use std::collections::VecDeque;

/// Cuts bytes into events as they come.
#[derive(Debug, Default)]
pub(super) struct EventParser {
    /// The beginning of a line whose end has not come yet.
    rest: Vec<u8>,
    name: String,
    data: Vec<String>,
    ready: VecDeque<(String, String)>,
}

impl EventParser {
    /// Takes what has come.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let mut line: Vec<u8> = self.rest.drain(..=end).collect();
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            self.take_line(&String::from_utf8_lossy(&line));
        }
    }

    /// The next event, name and data, if one is complete.
    pub(super) fn next(&mut self) -> Option<(String, String)> {
        self.ready.pop_front()
    }

    fn take_line(&mut self, line: &str) {
        if line.is_empty() {
            self.end_event();
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => self.data.push(value.to_owned()),
            // Comments (an empty field name) keep the line alive; other fields are not used here.
            _ => {}
        }
    }

    fn end_event(&mut self) {
        let name = std::mem::take(&mut self.name);
        let data = std::mem::take(&mut self.data);
        // Events without a body still have a `data` line: without one, the standard has nothing happen.
        if !data.is_empty() {
            self.ready.push_back((name, data.join("\n")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(chunks: &[&[u8]]) -> Vec<(String, String)> {
        let mut parser = EventParser::default();
        let mut events = Vec::new();
        for chunk in chunks {
            parser.feed(chunk);
            events.extend(std::iter::from_fn(|| parser.next()));
        }
        events
    }

    fn event(name: &str, data: &str) -> (String, String) {
        (name.to_owned(), data.to_owned())
    }

    #[test]
    fn an_event_is_its_name_and_its_data() {
        assert_eq!(parse(&[b"event: gone\ndata: {}\n\n"]), [event("gone", "{}")]);
    }

    #[test]
    fn a_chunk_may_end_anywhere_even_within_a_character() {
        let text = "event: changed\r\ndata: {\"name\":\"王\"}\r\n\r\n".as_bytes();
        let bytewise: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(parse(&bytewise), [event("changed", "{\"name\":\"王\"}")]);
    }

    #[test]
    fn a_sign_of_life_is_no_event() {
        assert_eq!(parse(&[b":\n\n: alive\n\nevent: behind\ndata:\n\n"]), [event("behind", "")]);
    }

    #[test]
    fn data_of_several_lines_is_one() {
        assert_eq!(parse(&[b"data: a\ndata: b\n\n"]), [event("", "a\nb")]);
    }
}
