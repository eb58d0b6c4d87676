//! Every order in which six changes can come in, for every kind of change.
//!
//! Six changes come in 720 orders, and more if they come in batches, again, or provisionally first. All of them are paths through
//! few states: what of each change is known. If from each state each arrival leads where it should, then so do all paths. That
//! is what is checked, and it is more than the orders.

use domain::ticket::{ActionKind, Document, Recorded, Ticket, Urgency};

use crate::support::{AMY, BO, CAI, GUS, Record, TICKET, minute, samples};

/// What a document knows of one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Nothing,
    /// A device has made it, and the server has not recorded it yet.
    Provisionally,
    /// As the server has recorded it.
    Finally,
}

/// Six changes, and how much may be known of each.
struct Six {
    finally: Vec<Recorded>,
    provisionally: Vec<Recorded>,
    levels: Vec<&'static [Known]>,
}

const COMES_ONCE: &[Known] = &[Known::Nothing, Known::Finally];
const COMES_TWICE: &[Known] = &[Known::Nothing, Known::Provisionally, Known::Finally];

impl Six {
    /// The changes of a record; those from `first_provisional` on may be known provisionally before the server has them.
    fn of(record: &Record, first_provisional: usize) -> Self {
        let mut finally = record.document.log().to_vec();
        assert_eq!(finally.len(), 6);
        finally.sort_by_key(|recorded| recorded.arrived);
        let provisionally = finally
            .iter()
            .map(|recorded| Recorded::place(recorded.change.clone(), record.document.log(), None))
            .collect();
        let levels = (0..finally.len())
            .map(|index| if index < first_provisional { COMES_ONCE } else { COMES_TWICE })
            .collect();
        Self { finally, provisionally, levels }
    }

    fn copy(&self, index: usize, known: Known) -> Option<&Recorded> {
        match known {
            Known::Nothing => None,
            Known::Provisionally => Some(&self.provisionally[index]),
            Known::Finally => Some(&self.finally[index]),
        }
    }

    /// Every state, and the document in it, put together by sorting and nothing else.
    fn states(&self) -> Vec<(Vec<Known>, Document)> {
        let mut states = vec![Vec::new()];
        for levels in &self.levels {
            states = states
                .iter()
                .flat_map(|state| levels.iter().map(|known| [state.as_slice(), &[*known]].concat()))
                .collect();
        }
        states
            .into_iter()
            .map(|state| {
                let mut log: Vec<_> =
                    state.iter().enumerate().filter_map(|(index, known)| self.copy(index, *known)).collect();
                log.sort_by_key(|recorded| recorded.order());
                let mut document = Document::new(TICKET);
                log.into_iter().for_each(|recorded| assert!(document.insert(recorded.clone())));
                (state, document)
            })
            .collect()
    }

    /// Checks that whatever comes in leads from each state to the state that knows it as well.
    fn every_arrival_leads_where_it_should(&self, about: &str) {
        let states = self.states();
        for (state, document) in &states {
            for (index, levels) in self.levels.iter().enumerate() {
                for known in *levels {
                    let Some(recorded) = self.copy(index, *known) else { continue };
                    let mut next = state.clone();
                    next[index] = next[index].max(*known);
                    let mut moved = document.clone();
                    assert_eq!(
                        moved.insert(recorded.clone()),
                        next != *state,
                        "{about}: {state:?} and {recorded:?}"
                    );
                    assert!(moved == *at(&states, &next), "{about}: from {state:?} to {next:?}");
                }
            }
        }
    }

    /// Checks that two documents merged know of each change what the one knows that knows more of it.
    fn every_two_documents_merge_to_what_both_know(&self, about: &str) {
        let states = self.states();
        for (one, document) in &states {
            for (other, others) in &states {
                let both: Vec<_> = one.iter().zip(other).map(|(one, other)| *one.max(other)).collect();
                let mut merged = document.clone();
                merged.merge(others.clone());
                assert!(merged == *at(&states, &both), "{about}: {one:?} and {other:?}");
            }
        }
    }

    /// Checks that a ticket can be made of whatever is known, as soon as its registration is.
    fn every_state_is_a_ticket(&self) {
        for (state, document) in self.states() {
            let registered = state[0] != Known::Nothing;
            let ticket = Ticket::of(&document);
            assert!(ticket.is_some() || !registered, "{state:?}");
            let Some(ticket) = ticket else { continue };
            assert_eq!(ticket.outcomes.len(), document.log().len(), "{state:?}");
        }
    }
}

fn at<'s>(states: &'s [(Vec<Known>, Document)], state: &[Known]) -> &'s Document {
    let place = states.binary_search_by(|(known, _)| known.as_slice().cmp(state));
    &states[place.expect("every state is among them")].1
}

/// A ticket that Bo was given, and changes that nobody who made one has seen the others of.
fn made_apart(kinds: [ActionKind; 3]) -> Record {
    let [one, other, third] = kinds;
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    record.act_having_seen(BO, 20, &seen, samples::minimal(one));
    record.act_having_seen(GUS, 10, &seen, samples::full(other));
    record.act_having_seen(CAI, 15, &seen, samples::minimal(third));
    record.act(AMY, 30, samples::set_urgency(Urgency::Normal));
    record
}

#[test]
fn every_three_kinds_of_change_come_in_in_any_order() {
    let kinds = samples::all_kinds();
    let mut checked = 0;
    for (first, one) in kinds.iter().enumerate() {
        for (second, other) in kinds.iter().enumerate().skip(first) {
            for third in &kinds[second..] {
                let about = format!("{one:?}, {other:?}, {third:?}");
                Six::of(&made_apart([*one, *other, *third]), 6).every_arrival_leads_where_it_should(&about);
                checked += 1;
            }
        }
    }
    let count = kinds.len();
    assert_eq!(checked, count * (count + 1) * (count + 2) / 6);
}

#[test]
fn every_two_kinds_come_in_provisionally_and_finally_in_any_order() {
    let kinds = samples::all_kinds();
    for (first, one) in kinds.iter().enumerate() {
        for other in &kinds[first..] {
            let six = Six::of(&made_apart([*one, *other, ActionKind::Comment]), 3);
            six.every_arrival_leads_where_it_should(&format!("{one:?}, {other:?}"));
            six.every_state_is_a_ticket();
        }
    }
}

#[test]
fn documents_of_every_kind_of_change_merge_whatever_each_of_them_knows() {
    for kind in samples::all_kinds() {
        let six = Six::of(&made_apart([kind, ActionKind::Comment, kind]), 5);
        six.every_two_documents_merge_to_what_both_know(&format!("{kind:?}"));
    }
}

/// Two changes on each of three devices that don't see one another, in all 90 orders in which they can come in.
#[test]
fn with_right_clocks_the_network_decides_nothing_for_any_two_kinds() {
    let orders = arrivals_of_three_devices();
    assert_eq!(orders.len(), 90);
    let kinds = samples::all_kinds();
    for (first, one) in kinds.iter().enumerate() {
        for other in &kinds[first..] {
            let mut record = Record::assigned_to(BO);
            let seen = record.ids();
            let devices = [
                [(BO, 10, samples::minimal(*one)), (BO, 40, samples::full(*other))],
                [(GUS, 20, samples::full(*other)), (GUS, 50, samples::full(*one))],
                [(CAI, 30, samples::minimal(*other)), (CAI, 60, samples::minimal(*one))],
            ]
            .map(|pair| {
                let mut seen = seen.clone();
                pair.map(|(who, at, action)| {
                    let change = record.change(who, at, &seen, action);
                    seen.push(change.id);
                    change
                })
            });
            let mut expected = None;
            for order in &orders {
                let mut document = record.document.clone();
                let mut next = [0; 3];
                for (arrival, device) in (100..).zip(order) {
                    let change = devices[*device][next[*device]].clone();
                    next[*device] += 1;
                    document.insert(Recorded::place(change, document.log(), Some(minute(arrival))));
                }
                let ticket = Ticket::of(&document);
                assert!(
                    ticket == *expected.get_or_insert_with(|| ticket.clone()),
                    "{one:?} and {other:?} in the order {order:?}"
                );
            }
        }
    }
}

/// In which order three devices can be heard twice each.
fn arrivals_of_three_devices() -> Vec<Vec<usize>> {
    let mut orders = vec![Vec::new()];
    for _ in 0..6 {
        orders = orders
            .iter()
            .flat_map(|order: &Vec<usize>| {
                let heard = |device| order.iter().filter(|heard| **heard == device).count();
                (0..3)
                    .filter(|device| heard(*device) < 2)
                    .map(|device| [order.as_slice(), &[device]].concat())
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    orders
}
