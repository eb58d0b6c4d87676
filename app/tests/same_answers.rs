//! The engines come to the same answers in the browser as natively: deadlines to the same instants, merging to the same tickets.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

#[path = "../../domain/tests/merging_seeds.rs"]
mod merging_seeds;
#[path = "../../domain/tests/sla_seeds.rs"]
#[expect(dead_code, reason = "the oracle needs more of it")]
mod sla_seeds;
#[path = "../../domain/tests/support/mod.rs"]
#[expect(dead_code, reason = "the tests of `domain` need more of it")]
mod support;

use domain::sla::Zone;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn deadlines_are_the_same_as_natively_on_the_same_seeds() {
    let zones: Vec<Zone> = serde_json::from_str(include_str!("../../domain/tests/sla/zones.json")).unwrap();
    let pinned = include_str!("../../domain/tests/sla/answers.txt").lines();
    for (seed, line) in (0..).zip(pinned) {
        assert_eq!(format!("{seed} {:016x}", sla_seeds::answers(seed, &zones)), line);
    }
}

#[wasm_bindgen_test]
fn merging_makes_the_same_of_the_same_histories_as_natively() {
    let pinned: Vec<_> = include_str!("../../domain/tests/merging/answers.txt").lines().collect();
    for seed in 0..merging_seeds::SEEDS {
        let answer = format!("{seed} {:016x}", merging_seeds::answers(seed));
        assert_eq!(pinned.get(seed as usize), Some(&answer.as_str()));
    }
}
