//! `fieldloop sla eval`, as anybody would run it.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

const CASES: &str = include_str!("../../domain/tests/sla/cases.jsonl");

fn ask(questions: &str) -> Vec<Value> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_fieldloop"))
        .args(["sla", "eval"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = program.stdin.take().unwrap();
    let questions = questions.to_owned();
    let writing = std::thread::spawn(move || input.write_all(questions.as_bytes()).unwrap());
    let output = program.wait_with_output().unwrap();
    writing.join().unwrap();
    assert!(output.status.success(), "{output:?}");
    let answers = String::from_utf8(output.stdout).unwrap();
    answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Whether a result says what is expected: all of its fields, instants with any offset.
fn agrees(expected: &Value, result: &Value) -> bool {
    match (expected, result) {
        (Value::Object(expected), Value::Object(result)) => {
            expected.iter().all(|(field, value)| result.get(field).is_some_and(|found| agrees(value, found)))
        }
        (Value::String(expected), Value::String(result)) => {
            let instant = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
            instant(expected) == instant(result)
        }
        (Value::Number(expected), Value::Number(result)) => expected.as_f64() == result.as_f64(),
        _ => expected == result,
    }
}

#[test]
fn every_worked_case_is_answered_right() {
    let answers = ask(CASES);
    let cases: Vec<Value> = CASES.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(answers) {
        let expected = if case["op"] == "between" { &case["expected_seconds"] } else { &case["expected"] };
        assert_eq!(answer["id"], case["id"]);
        assert!(agrees(expected, &answer["result"]), "{case}\n{answer}");
    }
}

#[test]
fn refused_lines_do_not_make_it_fail() {
    let answers = ask("{\"id\":1}\n\nnot json\n");
    assert_eq!(answers.len(), 2);
    assert!(answers.iter().all(|answer| answer["error"].is_string()), "{answers:?}");
}

#[test]
fn questions_that_can_not_be_read_are_an_error() {
    let folder = std::fs::File::open(env!("CARGO_MANIFEST_DIR")).unwrap();
    let output =
        Command::new(env!("CARGO_BIN_EXE_fieldloop")).args(["sla", "eval"]).stdin(folder).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("the standard input can't be read"));
}
