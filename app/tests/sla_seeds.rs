//! The engine comes to the same instants in the browser as natively.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

#[path = "../../domain/tests/sla_seeds.rs"]
#[expect(dead_code, reason = "the oracle needs more of it")]
mod sla_seeds;

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
