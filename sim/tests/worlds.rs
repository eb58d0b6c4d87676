//! Worlds in which nothing is lost, and worlds with a loss built in: the simulator tells one from the other.
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use std::time::Duration;

use sim::{Outcome, Plant, Run, Stage};

fn play(seeds: u64, plant: Option<Plant>) -> Outcome {
    let run = Run { from: 0, seeds, lasts: Duration::MAX, plant, most_failures: 1 };
    Stage::build().unwrap().play_many(run).unwrap()
}

#[test]
fn in_worlds_without_a_defect_all_laws_hold() {
    let outcome = play(20, None);
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
}

#[test]
fn a_seed_is_the_same_each_time() {
    let stage = Stage::build().unwrap();
    let play = |seed| stage.play(seed, None, true).unwrap().trace;
    for seed in [7, 11] {
        let first = play(seed);
        assert!(first.len() > 20);
        assert_eq!(first, play(seed));
    }
    assert_ne!(play(7), play(8));
}

#[test]
fn what_is_lost_with_both_database_and_journal_is_said_to_be_lost() {
    let outcome = play(60, Some(Plant::HurtBothAtOnce));
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    assert!(outcome.tally.lost_with_both > 0, "nothing was lost");
}

macro_rules! is_found {
    ($($name:ident: $plant:ident,)*) => {$(
        #[test]
        fn $name() {
            let outcome = play(300, Some(Plant::$plant));
            let found = outcome.failures.first().expect("300 worlds with this defect, and nobody noticed");
            let without = Stage::build().unwrap().play(found.seed, None, false).unwrap();
            assert_eq!(without.broken, None, "the same world without the defect");
        }
    )*};
}

is_found! {
    a_server_that_acknowledges_without_writing_is_found: AcknowledgeWithoutWriting,
    a_device_that_forgets_an_entry_of_its_outbox_is_found: ForgetAnOutboxEntry,
    a_page_that_leaves_a_ticket_out_is_found: SkipADocument,
    a_page_with_a_ticket_outside_the_scope_is_found: SendADocumentOutsideTheScope,
    a_push_that_is_taken_twice_is_found: ApplyADuplicateTwice,
    a_device_that_never_tries_again_is_found: NeverTryAgain,
    a_device_that_lets_go_too_early_is_found: LetGoTooEarly,
    an_event_that_is_lost_is_found: LoseAnEvent,
    a_device_without_a_second_journal_is_found: BypassTheJournal,
}
