//! `fieldloop sla eval`: questions about deadlines in, answers out, a line each.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};

use anyhow::{Context as _, Result};
use domain::sla::{Zone, cases};
use serde_json::json;

use crate::zones;

/// What some editors put before the first line.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Answers every line of `questions` with a line, in order, and each before it waits for the next. Empty lines are skipped.
///
/// # Errors
/// When the questions can't be read or the answers not be written. A question that makes no sense is answered with the reason.
pub(crate) fn answer_all(questions: impl Read, mut answers: impl Write) -> Result<()> {
    let zones = RefCell::new(HashMap::<String, Option<Zone>>::new());
    let zone = |name: &str| {
        let mut zones = zones.borrow_mut();
        zones.entry(name.to_owned()).or_insert_with(|| zones::for_questions(name)).clone()
    };
    let mut questions = BufReader::new(questions);
    let mut line = Vec::new();
    loop {
        // Whoever asks one question at a time waits for its answer.
        if questions.buffer().is_empty()
            && let Err(error) = answers.flush()
        {
            return done(Err(error));
        }
        line.clear();
        if questions.read_until(b'\n', &mut line).context("the standard input can't be read")? == 0 {
            return done(answers.flush());
        }
        let answer = match std::str::from_utf8(&line) {
            Ok(text) => match text.trim_start_matches(BYTE_ORDER_MARK).trim() {
                "" => continue,
                question => cases::answer(question, &zone),
            },
            Err(_) => json!({ "id": null, "error": "not a line of JSON: not UTF-8" }).to_string(),
        };
        let written = writeln!(answers, "{answer}");
        if written.is_err() {
            return done(written);
        }
    }
}

/// Whoever stops reading has read enough.
fn done(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("the answers can't be written"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(questions: &[u8]) -> Vec<serde_json::Value> {
        let mut written = Vec::new();
        answer_all(questions, &mut written).unwrap();
        let written = String::from_utf8(written).unwrap();
        written.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn each_line_is_answered_and_empty_ones_are_skipped() {
        let good = r#"{"id":"a","calendar":{"tz":"asia/shanghai","week":{"mon":[["09:00","18:00"]]}},"op":"is_open","at":"2024-05-27T09:00:00+08:00"}"#;
        let questions = format!("\u{feff}\n\u{feff}{good}\r\n   \n{{\"id\":7}}\nnonsense\n{good}");
        let answers = answers(questions.as_bytes());
        assert_eq!(answers.len(), 4);
        assert_eq!(answers[0], json!({ "id": "a", "result": true }));
        assert_eq!(answers[1]["id"], 7);
        assert!(answers[1]["error"].is_string() && answers[2]["error"].is_string());
        assert_eq!(answers[3], answers[0]);
    }

    #[test]
    fn what_is_not_text_is_refused_and_the_next_line_answered() {
        let answers = answers(b"\xff\xfe\n{\"id\":1}");
        assert_eq!(answers[0]["error"], "not a line of JSON: not UTF-8");
        assert_eq!(answers[1]["id"], 1);
    }

    #[test]
    fn a_zone_that_does_not_exist_is_named() {
        let answers = answers(br#"{"id":1,"calendar":{"tz":"Mars/Olympus","week":{}},"op":"is_open","at":"2024-05-27T09:00:00Z"}"#);
        assert!(answers[0]["error"].as_str().unwrap().contains("Mars/Olympus"), "{answers:?}");
    }

    #[test]
    fn questions_that_can_not_be_read_are_an_error_with_a_sentence() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("gone"))
            }
        }
        let error = answer_all(Broken, Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "the standard input can't be read");
    }
}
