//! Documents beyond the laws of merging: numbers and revisions, and what is read from a store.

use domain::ChangeId;
use domain::ticket::{Document, Recorded, Seen, TicketNumber};

use crate::support::history::{document_of, number};
use crate::support::{BO, GUS, Record, TICKET, device_of, json, minute, samples};

fn numbered(revision: u64, number: Option<TicketNumber>) -> Document {
    let mut document = Document::new(TICKET);
    document.revision = revision;
    document.number = number;
    document
}

/// Merging both ways gives one document; which one, the rows say.
#[test]
fn the_newer_revision_wins_and_a_number_once_given_stays() {
    let rows = [
        (numbered(0, None), numbered(0, None), numbered(0, None)),
        (numbered(1, Some(number())), numbered(0, None), numbered(1, Some(number()))),
        (numbered(5, None), numbered(3, Some(number())), numbered(5, Some(number()))),
        (numbered(2, None), numbered(2, Some(number())), numbered(2, Some(number()))),
    ];
    for (one, other, expected) in rows {
        let mut there = one.clone();
        there.merge(other.clone());
        let mut back = other;
        back.merge(one);
        assert_eq!(there, expected);
        assert_eq!(back, expected);
    }
}

#[test]
fn a_provisional_copy_gives_way_to_the_recorded_one_and_not_the_other_way_round() {
    let mut record = Record::assigned_to(BO);
    let change = record.change(GUS, 500, &[], samples::comment("离线写的"));
    let provisional = Recorded::place(change.clone(), record.document.log(), None);
    let recorded = Recorded::place(change.clone(), record.document.log(), Some(minute(400)));
    assert_ne!(provisional.happened, recorded.happened);
    let mut document = record.document.clone();
    assert!(document.insert(provisional.clone()));
    assert!(!document.insert(provisional.clone()));
    assert!(document.insert(recorded.clone()));
    assert!(!document.insert(recorded.clone()));
    assert!(!document.insert(provisional));
    assert_eq!(document.find(change.id), Some(&recorded));
    assert_eq!(document.log().len(), 3);
}

#[test]
fn a_log_written_out_of_order_or_twice_is_read_in_order_and_once() {
    let mut record = Record::completed();
    let mut log = record.document.log().to_vec();
    let change = record.change(GUS, 500, &[], samples::comment("离线写的"));
    let provisional = Recorded::place(change.clone(), &[], None);
    let recorded = Recorded::place(change, &[], Some(minute(400)));
    log.extend([provisional, recorded]);
    log.reverse();
    log.push(log[1].clone());
    let expected = document_of(&log);
    let written = format!(r#"{{"ticket":"{TICKET}","revision":0,"log":{}}}"#, json(&log));
    assert_eq!(serde_json::from_str::<Document>(&written).unwrap(), expected);
}

/// Gus's words happened at minute 10 and arrived at minute 100. Whoever has read them did so after minute 100.
#[test]
fn what_others_did_counts_from_when_it_arrived_and_what_one_did_oneself_from_when_it_happened() {
    let mut record = Record::assigned_to(BO);
    let mut seen = record.ids();
    let words = record.change(GUS, 10, &seen, samples::comment("离线写的"));
    seen.push(words.id);
    record.document.insert(Recorded::place(words, record.document.log(), Some(minute(100))));
    let placed = |who| {
        let answer = record.clone().change(who, 50, &seen, samples::comment("收到"));
        Recorded::place(answer, record.document.log(), Some(minute(200))).happened
    };
    assert_eq!(placed(BO), minute(100).plus_millis(1));
    assert_eq!(placed(GUS), minute(50));
}

#[test]
fn what_was_seen_is_known_by_the_highest_number_of_each_device_in_whichever_order_it_is_noted() {
    let of_bo = |seq| ChangeId { device: device_of(BO), seq };
    for order in [[1, 3, 2], [3, 2, 1], [1, 2, 3]] {
        let seen: Seen = order.map(of_bo).into_iter().collect();
        let known = [0, 1, 2, 3, 4].map(|seq| seen.contains(of_bo(seq)));
        assert_eq!(known, [true, true, true, true, false]);
        assert!(!seen.contains(ChangeId { device: device_of(GUS), seq: 1 }));
        assert_eq!(seen.devices(), 1);
    }
}
