//! What happened, line by line, for whoever replays a seed.

use domain::Timestamp;

/// Notes what happens, if anybody wants to read it.
#[derive(Debug)]
pub(crate) struct Trace {
    begun: Timestamp,
    lines: Option<Vec<String>>,
}

impl Trace {
    pub(crate) fn new(begun: Timestamp, wanted: bool) -> Self {
        Self { begun, lines: wanted.then(Vec::new) }
    }

    /// Notes a line; the words are made up only if somebody wants them.
    pub(crate) fn note(&mut self, now: Timestamp, words: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{} {}", spell(now.millis_since(self.begun)), words()));
        }
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines.unwrap_or_default()
    }
}

/// A time since the beginning: days, and the time of day.
fn spell(millis: i64) -> String {
    let (seconds, millis) = (millis / 1_000, millis % 1_000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    format!("{:>2}d {:02}:{minutes:02}:{seconds:02}.{millis:03}", hours / 24, hours % 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spelled_from_the_beginning() {
        assert_eq!(spell(90_061_007), " 1d 01:01:01.007");
    }
}
