//! Which of the two has lost something, and what both together hold.

use super::{Damage, Recovery};
use crate::journal::{Ledger, Witness};

/// One of the two, as it was found.
pub(super) struct Side {
    pub(super) ledger: Ledger,
    /// Whether it is not what it should be by its own account.
    pub(super) damaged: bool,
}

/// What to go on with.
pub(super) struct Outcome {
    pub(super) ledger: Ledger,
    pub(super) mend_store: bool,
    pub(super) mend_journal: bool,
    pub(super) recovery: Option<Recovery>,
}

/// Compares what the store holds with the journal, if there is one, and with what was noted outside of both.
pub(super) fn compare(store: &Side, journal: Option<&Side>, noted: Option<Witness>) -> Outcome {
    let damage = damage_of_store(store, journal, noted);
    let mut ledger = match (damage, journal) {
        (Some(_), Some(journal)) => recovered(store, journal),
        _ => store.ledger.clone(),
    };
    let told = noted.map(|noted| noted.batch);
    let noted = told.unwrap_or_default();
    let complete = noted <= ledger.witness().batch && (damage.is_none() || is_whole(store, journal, told));
    let recovered = ledger.entries().filter(|entry| store.ledger.entry(entry.change.id).is_none()).count();
    let journal_damaged = journal.is_some_and(|journal| is_behind(journal, store));
    // Whatever is found at a start is called saved from then on: the journal must have it, too, whoever is to blame for the gap.
    let catch_up = journal.is_some_and(|journal| is_newer(store, journal));
    ledger.go_on_after(noted);
    Outcome {
        mend_store: damage.is_some(),
        mend_journal: damage.is_some() || journal_damaged || catch_up,
        recovery: damage.or(journal_damaged.then_some(Damage::Journal)).map(|damage| Recovery {
            damage,
            recovered,
            complete,
        }),
        ledger,
    }
}

/// What has happened to the store; nothing, if it holds what it should.
fn damage_of_store(store: &Side, journal: Option<&Side>, noted: Option<Witness>) -> Option<Damage> {
    let written = journal.map_or(0, |journal| journal.ledger.witness().batch);
    let known = written.max(noted.map_or(0, |noted| noted.batch));
    if store.damaged {
        Some(Damage::Spoilt)
    } else if store.ledger.witness().batch >= known {
        None
    } else if store.ledger.identity().is_none() {
        Some(Damage::Wiped)
    } else {
        Some(Damage::CutShort)
    }
}

/// What both add up to, if the store has lost something.
fn recovered(store: &Side, journal: &Side) -> Ledger {
    let mut ledger = journal.ledger.clone();
    if journal.damaged || is_newer(store, journal) || ledger.identity().is_none() {
        // Better a change too many, which the server knows already, than one too few.
        ledger.join(&store.ledger);
    }
    ledger
}

/// Whether the journal makes up for everything that a damaged store may lack. Of the batch after the journal's last one nobody has
/// been told, if that is the last one that was noted.
fn is_whole(store: &Side, journal: Option<&Side>, told: Option<u64>) -> bool {
    journal.is_some_and(|journal| {
        let was_under_way = !is_behind(journal, store) && told == Some(journal.ledger.witness().batch);
        !journal.damaged && (was_under_way || !is_newer(store, journal))
    })
}

fn is_newer(store: &Side, journal: &Side) -> bool {
    store.ledger.witness().batch > journal.ledger.witness().batch
}

/// Whether the journal lacks more than the batch that may have been under way.
fn is_behind(journal: &Side, store: &Side) -> bool {
    journal.damaged || store.ledger.witness().batch > journal.ledger.witness().batch + 1
}
