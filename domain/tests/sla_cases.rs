//! The worked cases: business-time arithmetic and service-level life cycles, collected as facts from other systems' tests.

use domain::sla::{Zone, cases};
use serde_json::Value;

const CASES: &str = include_str!("sla/cases.jsonl");
const ZONES: &str = include_str!("sla/zones.json");

fn zone(name: &str) -> Option<Zone> {
    let zones: Vec<Zone> = serde_json::from_str(ZONES).expect("the zones lie beside this test");
    zones.into_iter().find(|zone| zone.name == name)
}

/// Whether a result says what is expected: instants may be written with any offset.
fn agrees(expected: &Value, result: &Value) -> bool {
    match (expected, result) {
        (Value::Object(expected), Value::Object(result)) => {
            expected.iter().all(|(field, value)| result.get(field).is_some_and(|found| agrees(value, found)))
        }
        (Value::String(expected), Value::String(result)) => {
            let instant = |text: &str| chrono::DateTime::parse_from_rfc3339(text).expect("an instant");
            instant(expected) == instant(result)
        }
        (Value::Number(expected), Value::Number(result)) => expected.as_f64() == result.as_f64(),
        _ => expected == result,
    }
}

#[test]
fn every_worked_case_comes_out_as_its_source_says() {
    let mut wrong = Vec::new();
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let answer: Value = serde_json::from_str(&cases::answer(line, &zone)).unwrap();
        assert_eq!(answer["id"], case["id"]);
        let expected = if case["op"] == "between" { &case["expected_seconds"] } else { &case["expected"] };
        if !agrees(expected, &answer["result"]) {
            wrong.push(format!("{}: expected {expected}, got {answer}", case["id"]));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
