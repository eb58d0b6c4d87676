//! The laws of merging, over many histories: whatever the network does, everybody comes to the same ticket.

use std::collections::{BTreeMap, BTreeSet};

use domain::ticket::{
    Action, Conflict, ConflictKind, Document, Outcome, Recorded, SingleField, Ticket, Urgency,
};
use domain::{ChangeId, Claim, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::merging_seeds;
use crate::support::history::{History, Script, document_of, number};
use crate::support::scripts::{laws, scripts, scripts_without_offline_stretches};
use crate::support::{AMY, BO, CAI, GUS, Record, TICKET, json, minute, samples};

/// Everything that anybody could tell two documents apart by.
fn everything(document: &Document) -> (String, String) {
    (json(document), format!("{:?}", Ticket::of(document)))
}

/// Arbitrary keys to shuffle and to cut by.
fn keys() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 64)
}

fn shuffled<'r>(changes: &'r [Recorded], keys: &[u8]) -> Vec<&'r Recorded> {
    let mut keyed: Vec<_> =
        changes.iter().enumerate().map(|(index, recorded)| (keys[index % keys.len()], recorded)).collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, recorded)| recorded).collect()
}

fn merged(one: &Document, other: &Document) -> Document {
    let mut merged = one.clone();
    merged.merge(other.clone());
    merged
}

proptest! {
    #![proptest_config(laws())]

    #[test]
    fn any_order_any_batching_and_any_repetition_give_the_same_ticket(
        script in scripts(),
        order in keys(),
        cuts in keys(),
    ) {
        let history = script.play();
        let expected = everything(&history.server);
        let shuffled = shuffled(&history.arrivals, &order);

        let one_by_one = document_of(shuffled.iter().copied());
        prop_assert_eq!(everything(&one_by_one), expected.clone());

        let repeated = document_of(shuffled.iter().copied().chain(history.arrivals.iter().rev()));
        prop_assert_eq!(everything(&repeated), expected.clone());

        let mut batches: BTreeMap<u8, Vec<&Recorded>> = BTreeMap::new();
        for (index, recorded) in shuffled.iter().copied().enumerate() {
            let cut = cuts[index % cuts.len()];
            batches.entry(cut % 5).or_default().push(recorded);
            if cut > 200 {
                batches.entry(cut % 3).or_default().push(recorded);
            }
        }
        let mut batched = Document::new(TICKET);
        for batch in batches.into_values() {
            batched.merge(document_of(batch));
        }
        prop_assert_eq!(everything(&batched), expected);
    }

    #[test]
    fn folding_on_is_folding_all_of_it(script in scripts()) {
        let log = script.play().server.log().to_vec();
        let begins = log.iter().position(|recorded| matches!(recorded.change.action, Action::Register(_)));
        if let Some(begins) = begins {
            let (begun, rest) = log.split_at(begins + 1);
            let mut ticket = Ticket::fold(TICKET, None, begun).expect("the registration is among them");
            for recorded in rest {
                ticket.fold_on(recorded);
            }
            prop_assert_eq!(Some(ticket), Ticket::fold(TICKET, None, &log));
        }
    }

    #[test]
    fn merging_is_commutative_associative_and_idempotent(
        script in scripts(),
        membership in keys(),
        revisions in prop::array::uniform3(0..4_u64),
    ) {
        let history = script.play();
        let part = |bit: u8, view: usize| {
            let known = history.arrivals.iter().enumerate();
            let mut part = document_of(
                known.filter(|(index, _)| membership[index % 64] & bit != 0).map(|(_, recorded)| recorded),
            );
            part.merge(history.views[view].clone());
            part.revision = revisions[view];
            part.number = (part.revision > 1).then(number);
            part
        };
        let (a, b, c) = (part(1, 0), part(2, 1), part(4, 2));
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
        prop_assert_eq!(merged(&a, &a), a.clone());
        prop_assert_eq!(merged(&merged(&a, &b), &b), merged(&a, &b));
    }

    #[test]
    fn what_the_server_recorded_leaves_no_trace_of_a_provisional_copy(script in scripts()) {
        let history = script.play();
        for view in &history.views {
            prop_assert_eq!(merged(view, &history.server), history.server.clone());
            prop_assert_eq!(merged(&history.server, view), history.server.clone());
        }
    }

    #[test]
    fn cause_precedes_effect_whatever_the_clocks_say(script in scripts()) {
        let history = script.play();
        for (index, recorded) in history.server.log().iter().enumerate() {
            for later in &history.server.log()[index + 1..] {
                prop_assert!(!recorded.change.seen.contains(later.change.id), "{recorded:?}\n{later:?}");
            }
            for earlier in &history.server.log()[..index] {
                if recorded.change.seen.contains(earlier.change.id) {
                    prop_assert!(earlier.happened < recorded.happened);
                }
            }
        }
        // On a device, an end of the range may hold several instants together; the order must stand all the same.
        for view in &history.views {
            for (index, recorded) in view.log().iter().enumerate() {
                for later in &view.log()[index + 1..] {
                    prop_assert!(!recorded.change.seen.contains(later.change.id), "{recorded:?}\n{later:?}");
                }
            }
        }
    }

    #[test]
    fn a_recorded_change_happened_within_its_bounds(script in scripts()) {
        let history = script.play();
        let mut log = Document::new(TICKET);
        for recorded in &history.arrivals {
            let arrived = recorded.arrived.expect("the server notes when it received a change");
            let seen = log.log().iter().filter(|earlier| recorded.change.seen.contains(earlier.change.id));
            let seen_until = seen.map(|earlier| earlier.happened.max(earlier.arrived.unwrap_or_default())).max();
            let latest = seen_until.map_or(arrived, |seen_until| arrived.max(seen_until.plus_millis(1)));
            prop_assert!(recorded.happened <= latest);
            log.insert(recorded.clone());
        }
    }

    #[test]
    fn facts_are_in_the_ticket_exactly_once(script in scripts()) {
        let history = script.play();
        let ticket = Ticket::of(&history.server).expect("every script begins with a registration");
        for recorded in history.server.log() {
            let by = recorded.change.id;
            prop_assert_eq!(ticket.outcomes.iter().filter(|(id, _)| *id == by).count(), 1);
            prop_assert!(ticket.seen.contains(by));
            macro_rules! once {
                ($facts:expr, $fact:expr) => {{
                    let found: Vec<_> = $facts.iter().filter(|entry| entry.by == by).collect();
                    prop_assert_eq!(found.len(), 1);
                    prop_assert_eq!(&found[0].fact, $fact);
                    prop_assert_eq!(found[0].happened, recorded.happened);
                    prop_assert_eq!(found[0].actor, recorded.change.actor);
                }};
            }
            match &recorded.change.action {
                Action::LogProgress(progress) => once!(ticket.progress, progress),
                Action::ReplacePart(part) => once!(ticket.parts, part),
                Action::Complete(completion) => once!(ticket.completions, completion),
                Action::SignOff(sign_off) => once!(ticket.sign_offs, sign_off.as_ref()),
                Action::TellResult(comment) => once!(ticket.results_told, &comment.text),
                Action::RecordCallback(callback) => once!(ticket.callbacks, callback),
                Action::Comment(comment) => once!(ticket.comments, &comment.text),
                Action::CheckIn(_) => {
                    prop_assert_eq!(ticket.visits.iter().filter(|visit| visit.by == by).count(), 1);
                }
                _ => {}
            }
        }
        let facts = history.server.log().iter().filter(|recorded| recorded.change.action.is_fact()).count();
        let kept = ticket.progress.len()
            + ticket.parts.len()
            + ticket.completions.len()
            + ticket.sign_offs.len()
            + ticket.results_told.len()
            + ticket.callbacks.len()
            + ticket.comments.len()
            + ticket.visits.len();
        prop_assert!(kept <= facts);
    }

    /// Against the definition, written out: a value is overruled as long as nobody after it saw it or meant the same.
    #[test]
    fn the_latest_contact_wins_and_unseen_other_values_stay_beside_it(script in scripts()) {
        let history = script.play();
        let ticket = Ticket::of(&history.server).expect("every script begins with a registration");
        let is_registration = |recorded: &&Recorded| matches!(recorded.change.action, Action::Register(_));
        let first = history.server.log().iter().find(is_registration).expect("it begins with one").change.id;
        let registered = history.server.find(first).into_iter();
        let later = history.server.log().iter().filter(|recorded| recorded.change.id != first);
        let writes: Vec<_> = registered
            .chain(later)
            .filter_map(|recorded| match &recorded.change.action {
                Action::Register(intake) if recorded.change.id == first => Some((recorded, &intake.customer)),
                Action::EditContact(customer) => Some((recorded, customer)),
                _ => None,
            })
            .collect();
        let (winner, value) = writes.last().expect("the registration is a write");
        prop_assert_eq!(&ticket.contact.value, *value);
        prop_assert_eq!(ticket.contact.set_by, winner.change.id);
        let overruled: Vec<_> = writes
            .iter()
            .enumerate()
            .filter(|(index, (lost, value))| {
                index + 1 < writes.len()
                    && writes[index + 1..]
                        .iter()
                        .all(|(after, newer)| !after.change.seen.contains(lost.change.id) && newer != value)
            })
            .map(|(_, (lost, _))| lost.change.id)
            .collect();
        let found: Vec<_> = ticket.contact.overruled.iter().map(|lost| lost.set_by).collect();
        prop_assert_eq!(found, overruled);
    }

    #[test]
    fn who_always_sees_everything_never_conflicts(script in scripts_without_offline_stretches()) {
        let history = script.play();
        let ticket = Ticket::of(&history.server).expect("every script begins with a registration");
        prop_assert_eq!(ticket.conflicts(), vec![]);
        prop_assert!(ticket.outcomes.iter().all(|(_, outcome)| *outcome == Outcome::Applied));
        let arrived: Vec<_> = history.arrivals.iter().map(|recorded| recorded.change.id).collect();
        let ordered: Vec<_> = history.server.log().iter().map(|recorded| recorded.change.id).collect();
        prop_assert_eq!(arrived, ordered);
    }

    #[test]
    fn no_claim_goes_beyond_its_bounds(
        clock in instants(),
        offset_ms in prop::option::of(instants()),
        seen_until in prop::option::of(instants()),
        arrival in prop::option::of(instants()),
    ) {
        let at = Timestamp::from_millis;
        let claim = Claim { clock: at(clock), offset_ms, heard: None };
        let happened = claim.bounded(seen_until.map(at), arrival.map(at));
        let after_seen = seen_until.map(|seen_until| at(seen_until).plus_millis(1));
        if let Some(after_seen) = after_seen {
            prop_assert!(happened >= after_seen);
        }
        if let Some(arrival) = arrival {
            prop_assert!(happened <= after_seen.map_or(at(arrival), |after_seen| after_seen.max(at(arrival))));
        }
        if happened != claim.corrected() {
            prop_assert!(Some(happened) == after_seen || Some(happened) == arrival.map(at));
        }
    }
}

/// Guards the generator: laws over histories in which nothing happens would hold for nothing.
#[test]
fn the_histories_hold_what_the_laws_are_about() {
    let mut runner = TestRunner::new(laws());
    let mut found = BTreeSet::new();
    for _ in 0..256 {
        let script = scripts().new_tree(&mut runner).expect("a script can always be made").current();
        let history = script.play();
        let ticket = Ticket::of(&history.server).expect("every script begins with a registration");
        found.extend(ticket.conflicts().iter().map(|conflict| match conflict.kind {
            ConflictKind::Overruled { .. } => "overruled",
            ConflictKind::Impossible { .. } => "impossible",
            ConflictKind::SignedTwice => "signed twice",
            ConflictKind::AmendedAfterSignature { .. } => "amended",
        }));
        let arrived = history.arrivals.iter().map(|recorded| recorded.change.id);
        let happened = history.server.log().iter().map(|recorded| recorded.change.id);
        let provisional = |view: &Document| view.log().iter().any(|recorded| recorded.arrived.is_none());
        let late = |recorded: &Recorded| {
            recorded
                .arrived
                .is_some_and(|arrived| arrived.millis_since(recorded.happened) > Timestamp::DAY_MS)
        };
        let holds = [
            ("another order than that of arrival", !arrived.eq(happened)),
            ("provisional changes", history.views.iter().any(provisional)),
            ("a day offline", history.server.log().iter().any(late)),
            ("twenty changes", history.server.log().len() >= 20),
            ("rework", ticket.cycle > 1),
            ("refusals", history.refused > 0),
        ];
        found.extend(holds.into_iter().filter(|(_, holds)| *holds).map(|(name, _)| name));
    }
    assert_eq!(found.len(), 10, "{found:?}");
}

/// Instants of every sort: within ten years of now, and the ends of the range.
fn instants() -> impl Strategy<Value = i64> {
    let now = 1_790_000_000_000_i64;
    let ten_years = 3_650 * Timestamp::DAY_MS;
    prop_oneof![
        3 => now - ten_years..now + ten_years,
        1 => any::<i64>(),
        1 => prop::sample::select(vec![i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX]),
    ]
}

/// All orders of `0..count`.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![vec![]];
    }
    permutations(count - 1)
        .into_iter()
        .flat_map(|shorter| {
            (0..count).map(move |place| {
                let mut longer = shorter.clone();
                longer.insert(place, count - 1);
                longer
            })
        })
        .collect()
}

#[test]
fn every_two_kinds_of_change_made_apart_merge_the_same_in_every_order() {
    let orders = permutations(5);
    assert_eq!(orders.len(), 120);
    let kinds = samples::all_kinds();
    for (index, one) in kinds.iter().enumerate() {
        for other in &kinds[index..] {
            let mut record = Record::assigned_to(BO);
            let seen = record.ids();
            record.act_having_seen(BO, 20, &seen, samples::minimal(*one));
            record.act_having_seen(GUS, 10, &seen, samples::full(*other));
            record.act(AMY, 30, samples::set_urgency(Urgency::Normal));
            let log = record.document.log();
            for order in &orders {
                let document = document_of(order.iter().map(|index| &log[*index]));
                assert!(document == record.document, "{one:?} and {other:?} in the order {order:?}");
            }
        }
    }
}

/// Two changes on each of three devices that don't see one another: whichever way they come in, the ticket is the same.
/// Only the times of arrival differ.
#[test]
fn with_right_clocks_the_network_decides_nothing() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    let changes: Vec<_> = [
        [(BO, 10, samples::complete()), (BO, 40, samples::sign_off("更换轴承"))],
        [(GUS, 20, samples::assign(CAI)), (GUS, 50, samples::set_urgency(Urgency::Urgent))],
        [(AMY, 30, samples::cancel()), (AMY, 60, samples::set_urgency(Urgency::Low))],
    ]
    .into_iter()
    .map(|pair| {
        let mut seen = seen.clone();
        pair.map(|(who, at, action)| {
            let change = record.change(who, at, &seen, action);
            seen.push(change.id);
            change
        })
    })
    .collect();
    let mut tickets = Vec::new();
    for order in permutations(6) {
        let place = |which: usize| order.iter().position(|index| *index == which);
        if (0..3).any(|device| place(2 * device) > place(2 * device + 1)) {
            continue;
        }
        let mut document = record.document.clone();
        for (arrival, index) in order.iter().enumerate() {
            let change = changes[index / 2][index % 2].clone();
            let arrived = minute(100 + i64::try_from(arrival).expect("six is small"));
            document.insert(Recorded::place(change, document.log(), Some(arrived)));
        }
        tickets.push(Ticket::of(&document).expect("it is registered"));
    }
    assert_eq!(tickets.len(), 90);
    assert!(tickets.windows(2).all(|pair| pair[0] == pair[1]));
}

fn overruled(ticket: &Ticket) -> Vec<(ChangeId, ChangeId)> {
    let pair = |conflict: Conflict| match conflict.kind {
        ConflictKind::Overruled { field: SingleField::Urgency, winner } => Some((conflict.change, winner)),
        _ => None,
    };
    ticket.conflicts().into_iter().filter_map(pair).collect()
}

#[test]
fn of_two_urgencies_set_apart_the_later_wins_and_the_other_is_shown() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    let late = record.act_having_seen(GUS, 20, &seen, samples::set_urgency(Urgency::Urgent));
    let early = record.act_having_seen(BO, 10, &seen, samples::set_urgency(Urgency::Low));
    let ticket = record.ticket();
    assert_eq!((ticket.urgency.value, ticket.urgency.set_by), (Urgency::Urgent, late));
    assert_eq!(ticket.urgency.overruled.iter().map(|lost| lost.value).collect::<Vec<_>>(), [Urgency::Low]);
    assert_eq!(overruled(&ticket), [(early, late)]);
}

#[test]
fn somebody_who_saw_both_values_and_sets_one_ends_the_conflict() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    record.act_having_seen(GUS, 20, &seen, samples::set_urgency(Urgency::Urgent));
    record.act_having_seen(BO, 10, &seen, samples::set_urgency(Urgency::Low));
    record.act(AMY, 30, samples::set_urgency(Urgency::Low));
    assert_eq!(record.ticket().urgency.value, Urgency::Low);
    assert_eq!(record.ticket().conflicts(), []);
}

#[test]
fn somebody_who_saw_only_the_winner_leaves_the_conflict_open() {
    let mut record = Record::assigned_to(BO);
    let mut seen = record.ids();
    let early = record.act_having_seen(BO, 10, &seen, samples::set_urgency(Urgency::Low));
    let late = record.act_having_seen(GUS, 20, &seen, samples::set_urgency(Urgency::Urgent));
    seen.push(late);
    let latest = record.act_having_seen(AMY, 30, &seen, samples::set_urgency(Urgency::Normal));
    assert_eq!(overruled(&record.ticket()), [(early, latest)]);
}

#[test]
fn settling_a_conflict_keeps_the_value_and_takes_the_flag_away() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    record.act_having_seen(GUS, 20, &seen, samples::set_urgency(Urgency::Urgent));
    let early = record.act_having_seen(BO, 10, &seen, samples::set_urgency(Urgency::Low));
    record.act(GUS, 30, samples::settle(early));
    let ticket = record.ticket();
    assert_eq!(ticket.conflicts(), []);
    assert_eq!(ticket.urgency.value, Urgency::Urgent);
    assert_eq!(ticket.urgency.overruled.len(), 1, "the value can still be restored");
}

#[test]
fn the_same_value_set_apart_is_no_conflict() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    record.act_having_seen(GUS, 20, &seen, samples::set_urgency(Urgency::Low));
    record.act_having_seen(BO, 10, &seen, samples::set_urgency(Urgency::Low));
    assert_eq!(record.ticket().conflicts(), []);
}

#[test]
fn two_assignments_made_apart_name_the_overruled_one() {
    let mut record = Record::registered_in(crate::support::AFTER_SALES);
    let seen = record.ids();
    let late = record.act_having_seen(GUS, 20, &seen, samples::assign(CAI));
    let early = record.act_having_seen(AMY, 10, &seen, samples::assign(BO));
    let ticket = record.ticket();
    assert_eq!(ticket.accountable.value.person, Some(CAI));
    let kind = ConflictKind::Overruled { field: SingleField::Accountable, winner: late };
    assert_eq!(ticket.conflicts(), [Conflict { change: early, kind }]);
}

#[test]
fn changes_of_one_instant_are_ordered_by_their_ids_and_conflict_like_any_others() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    let one = record.act_having_seen(GUS, 10, &seen, samples::set_urgency(Urgency::Low));
    let other = record.act_having_seen(BO, 10, &seen, samples::set_urgency(Urgency::Urgent));
    assert_eq!(overruled(&record.ticket()), [(one.min(other), one.max(other))]);
}

/// What the browser must answer, too: one line for each seed.
#[test]
fn the_answers_are_those_that_every_machine_gives() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/merging/answers.txt");
    let answers: String = (0..merging_seeds::SEEDS)
        .map(|seed| format!("{seed} {:016x}\n", merging_seeds::answers(seed)))
        .collect();
    if std::env::var_os("UPDATE_ANSWERS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &answers).expect("the answers can be written");
    }
    let pinned = std::fs::read_to_string(&path).expect("the answers lie beside this test");
    assert_eq!(answers, pinned, "UPDATE_ANSWERS=1 writes them anew, where a change of the rules is meant");
}

/// The histories that are compared between machines hold what merging is about.
#[test]
fn histories_from_seeds_conflict_are_refused_and_are_seen_apart() {
    let histories: Vec<_> = (0..merging_seeds::SEEDS).map(|seed| Script::from_seed(seed).play()).collect();
    let with = |holds: &dyn Fn(&History) -> bool| histories.iter().filter(|history| holds(history)).count();
    let conflicts =
        |history: &History| Ticket::of(&history.server).is_some_and(|ticket| !ticket.conflicts().is_empty());
    let refused = with(&|history| history.refused > 0);
    let apart = with(&|history| history.views.iter().any(|view| *view != history.server));
    let conflicting = with(&conflicts);
    assert!(refused > 10 && apart > 300 && conflicting > 100, "{refused}, {apart}, {conflicting}");
}
