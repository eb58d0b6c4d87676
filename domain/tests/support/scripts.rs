//! Scripts of histories for proptest to make up and to shrink, and how many of them each law is tried on.

use domain::Timestamp;
use domain::ticket::ActionKind;
use proptest::prelude::*;
use proptest::sample::select;

use super::history::{Clock, Deed, ENTANGLED, PEOPLE, Script, Step, TEN_YEARS};
use super::samples;

fn clocks() -> impl Strategy<Value = Clock> {
    let ahead_ms = prop_oneof![
        4 => Just(0),
        4 => -90_000..90_000_i64,
        2 => -3 * Timestamp::DAY_MS..3 * Timestamp::DAY_MS,
        1 => select(vec![-TEN_YEARS, TEN_YEARS, i64::MIN, i64::MAX]),
    ];
    let error_ms =
        prop_oneof![3 => Just(Some(0)), 2 => Just(None), 1 => any::<i16>().prop_map(|ms| Some(ms.into()))];
    (ahead_ms, error_ms).prop_map(|(ahead_ms, error_ms)| Clock {
        ahead_ms,
        offset_ms: error_ms.map(|error_ms: i64| error_ms.saturating_sub(ahead_ms)),
    })
}

fn kinds() -> impl Strategy<Value = ActionKind> {
    prop_oneof![
        1 => select(samples::all_kinds()),
        2 => select(ENTANGLED.to_vec()),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let deed = prop_oneof![
        5 => (kinds(), 0..64_usize).prop_map(|(kind, pick)| Deed::Act { kind, pick }),
        2 => prop_oneof![Just(1), Just(usize::MAX)].prop_map(|most| Deed::Push { most }),
        3 => Just(Deed::Pull),
    ];
    let after_ms = prop_oneof![2 => 0..3_i64, 3 => 0..4 * Timestamp::HOUR_MS];
    (after_ms, 0..PEOPLE.len(), deed).prop_map(|(after_ms, device, deed)| Step { after_ms, device, deed })
}

/// Scripts of every sort.
pub(crate) fn scripts() -> impl Strategy<Value = Script> {
    (any::<bool>(), prop::collection::vec(clocks(), PEOPLE.len()), prop::collection::vec(steps(), 1..48))
        .prop_map(|(lawful, clocks, steps)| Script { lawful, clocks, steps })
}

/// Lawful scripts in which everybody always sees everything.
pub(crate) fn scripts_without_offline_stretches() -> impl Strategy<Value = Script> {
    let acts = prop::collection::vec((kinds(), 0..64_usize, 0..PEOPLE.len()), 1..32);
    (prop::collection::vec(clocks(), PEOPLE.len()), acts).prop_map(|(clocks, acts)| {
        let steps = acts.into_iter().flat_map(|(kind, pick, device)| {
            [Deed::Pull, Deed::Act { kind, pick }, Deed::Push { most: usize::MAX }].map(|deed| Step {
                after_ms: 700,
                device,
                deed,
            })
        });
        Script { lawful: true, clocks, steps: steps.collect() }
    })
}

/// How many cases of each law are tried, and from which seed: the same on every machine, unless `PROPTEST_CASES` and
/// `PROPTEST_RNG_SEED` say otherwise.
pub(crate) fn laws() -> ProptestConfig {
    let chosen = ProptestConfig::default();
    let seed = std::env::var_os("PROPTEST_RNG_SEED").is_some();
    let cases = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig {
        cases: if cases { chosen.cases } else { 128 },
        rng_seed: if seed { chosen.rng_seed } else { proptest::test_runner::RngSeed::Fixed(20_261_121) },
        failure_persistence: None,
        ..chosen
    }
}
