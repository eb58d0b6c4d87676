//! What no honest peer sends: it may be refused or look odd, but it never brings anything down.

use std::panic::catch_unwind;

use domain::access::judge;
use domain::sla::{ClockState, PolicyBook, clocks, corrections, explain, rings};
use domain::ticket::{
    Action, Card, Change, Document, Intake, Month, Recorded, SheetRow, SignOff, Signature, Stage, Ticket,
    TicketNumber, provisional_number,
};
use domain::{ChangeId, Claim, Field, Problem, Refusal, TicketId, Timestamp};
use proptest::prelude::*;

use crate::support::scripts::{laws, scripts};
use crate::support::{AMY, BO, Record, TICKET, company, device_of, json, member, minute, samples};

/// Everything that anybody does with a document that came from elsewhere.
fn use_it(document: &Document) {
    let mut copy = document.clone();
    copy.merge(document.clone());
    assert_eq!(copy, *document);
    let arrival = Some(Timestamp::from_millis(i64::MAX));
    for recorded in document.log() {
        let change = recorded.change.clone();
        let _ = judge(&change, &member(BO), &company(), document);
        let _ = Recorded::place(change.clone(), document.log(), None);
        let _ = Recorded::place(change, document.log(), arrival);
    }
    if let Some(ticket) = Ticket::of(document) {
        let book = PolicyBook::shipped();
        let _ = format!("{ticket:?} {:?}", ticket.conflicts());
        let card = Card::of(&ticket, &book);
        let _ = (card.matches("x 王"), card.next_due());
        for clock in clocks(&ticket.timeline, &book) {
            for now in [i64::MIN, 0, i64::MAX].map(Timestamp::from_millis) {
                let ledger =
                    explain(&ticket.timeline, &book, clock.id, now).expect("it is one of its clocks");
                assert!(matches!(
                    (clock.state(now), ledger.clock.ended()),
                    (ClockState::Met | ClockState::Missed | ClockState::Withdrawn, Some(_))
                        | (ClockState::Running | ClockState::Paused | ClockState::Overdue, None)
                ));
            }
        }
        let _ = rings(&ticket.timeline, &book);
        let _ = corrections(ticket.id, document.log(), &book);
    }
    let _ = provisional_number(document.ticket);
}

/// A change of Bo's with these numbers in it, as JSON.
fn written(seq: &str, clock: &str, offset: &str, seen: &str, action: &str) -> String {
    let device = device_of(BO);
    format!(
        r#"{{"id":"{device}/{seq}","ticket":"{TICKET}","actor":"{BO}","claim":{{"clock":{clock},"offset_ms":{offset}}},"seen":{{"{device}":{seen}}},"action":{action}}}"#
    )
}

fn document_of_json(changes: &[(String, i64)]) -> Option<Document> {
    let log: Vec<_> = changes
        .iter()
        .map(|(change, happened)| format!(r#"{{"change":{change},"happened":{happened}}}"#))
        .collect();
    serde_json::from_str(&format!(
        r#"{{"ticket":"{TICKET}","revision":18446744073709551615,"log":[{}]}}"#,
        log.join(",")
    ))
    .ok()
}

#[test]
fn numbers_at_the_ends_of_their_ranges_are_borne() {
    let register = json(&samples::register());
    let comment = json(&samples::comment("x"));
    let complete = json(&samples::complete());
    let (least, most) = (i64::MIN.to_string(), i64::MAX.to_string());
    let mut used = 0;
    for seq in ["0", "1", "18446744073709551615"] {
        for (clock, offset) in [(&least, &least), (&most, &most), (&least, &most), (&most, &least)] {
            for seen in ["0", "1", "18446744073709551615"] {
                for happened in [i64::MIN, -1, i64::MAX] {
                    let changes = [
                        (written("7", "0", "null", "0", &register), happened),
                        (written(seq, clock, offset, seen, &comment), happened),
                        (written("8", clock, offset, seen, &complete), i64::MAX),
                    ];
                    use_it(&document_of_json(&changes).expect("it is well formed"));
                    used += 1;
                }
            }
        }
    }
    assert_eq!(used, 108);
}

#[test]
fn numbers_beyond_their_ranges_do_not_decode() {
    let comment = json(&samples::comment("x"));
    for (seq, clock, seen) in [
        ("18446744073709551616", "0", "0"),
        ("-1", "0", "0"),
        ("", "0", "0"),
        ("1", "9223372036854775808", "0"),
        ("1", "1e400", "0"),
        ("1", "0.5", "0"),
        ("1", "0", "-1"),
        ("1", "0", "\"1\""),
    ] {
        assert!(serde_json::from_str::<Change>(&written(seq, clock, "null", seen, &comment)).is_err());
    }
}

#[test]
fn one_id_with_two_contents_is_kept_once() {
    let register = written("1", "0", "null", "0", &json(&samples::register()));
    let one = written("2", "5", "null", "0", &json(&samples::comment("一")));
    let other = written("2", "5", "null", "0", &json(&samples::comment("二")));
    let document = document_of_json(&[(register, 0), (one, 5), (other, 4)]).expect("it is well formed");
    assert_eq!(document.log().len(), 2);
    assert_eq!(Ticket::of(&document).expect("it is registered").comments.len(), 1);
    use_it(&document);
}

#[test]
fn empty_and_unregistered_records_are_no_tickets() {
    let empty = document_of_json(&[]).expect("it is well formed");
    let comment = written("1", "0", "null", "0", &json(&samples::comment("x")));
    let unregistered = document_of_json(&[(comment, 0)]).expect("it is well formed");
    for document in [empty, unregistered] {
        assert_eq!(Ticket::of(&document), None);
        use_it(&document);
    }
}

#[test]
fn what_is_not_json_of_ours_does_not_decode_and_brings_nothing_down() {
    let deep = "[".repeat(200_000);
    let nested = format!(r#"{{"kind":"weld","body":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for text in
        ["", "{}", "[]", "null", "{\"log\":null}", "\u{0}", &deep, &deep[..90], "{\"kind\":\"comment\"}"]
    {
        assert!(serde_json::from_str::<Document>(text).is_err());
        assert!(serde_json::from_str::<Change>(text).is_err());
        assert!(serde_json::from_str::<Action>(text).is_err());
    }
    // An unknown action may be nested as deeply as it likes: it is not looked into.
    if let Ok(action) = serde_json::from_str::<Action>(&nested) {
        assert_eq!(json(&action), nested);
    }
}

#[test]
fn an_id_is_read_exactly_or_not_at_all() {
    let device = device_of(BO);
    for text in
        ["", "/", "1", "/1", "x/1", &format!("{device}"), &format!("{device}/"), &format!("{device}/1/2")]
    {
        assert!(text.parse::<ChangeId>().is_err(), "{text}");
    }
    assert_eq!(format!("{device}/18446744073709551615").parse(), Ok(ChangeId { device, seq: u64::MAX }));
}

/// Every text that somebody types, made too long one at a time.
#[test]
fn texts_that_are_too_long_are_refused_by_name() {
    const LONG: usize = 100_000;
    fn intake(change: impl Fn(&mut Intake, String)) -> Action {
        let mut intake = samples::full_intake();
        change(&mut intake, "长".repeat(LONG));
        Action::Register(Box::new(intake))
    }
    let rows = [
        (Field::CustomerName, intake(|intake, long| intake.customer.name = long)),
        (Field::Company, intake(|intake, long| intake.customer.company = long)),
        (Field::Phone, intake(|intake, long| intake.customer.phone = long)),
        (Field::Email, intake(|intake, long| intake.customer.email = long)),
        (Field::Other, intake(|intake, long| intake.customer.language = long)),
        (Field::Words, intake(|intake, long| intake.words = long)),
        (Field::Summary, intake(|intake, long| intake.summary = long)),
        (Field::Region, intake(|intake, long| intake.site.region = long)),
        (Field::Address, intake(|intake, long| intake.site.address = long)),
        (Field::Model, intake(|intake, long| intake.product.model = long)),
        (Field::Serial, intake(|intake, long| intake.product.serial = long)),
        (Field::OrderNumber, intake(|intake, long| intake.product.order_number = long)),
        (Field::Batch, intake(|intake, long| intake.product.batch = long)),
        (Field::Other, intake(|intake, long| intake.product.purchased_on = long)),
        (Field::PurchaseChannel, intake(|intake, long| intake.product.purchase_channel = long)),
        (Field::Note, samples::comment(&"长".repeat(LONG))),
        (Field::PartName, samples::replace_part(&"长".repeat(LONG))),
    ];
    for (field, action) in rows {
        let refusal = Err(Refusal::Invalid { field, problem: Problem::TooLong });
        assert_eq!(action.check(TICKET), refusal, "{field:?}");
    }
}

#[test]
fn every_sample_passes_its_own_check_and_the_least_and_most_lengths_hold() {
    for kind in samples::all_kinds() {
        for action in [samples::minimal(kind), samples::full(kind)] {
            let expected = match action {
                Action::Unknown(_) => Err(Refusal::UnsupportedAction),
                _ => Ok(()),
            };
            assert_eq!(action.check(TICKET), expected, "{kind:?}");
        }
    }
    assert_eq!(samples::comment(&"长".repeat(8_000)).check(TICKET), Ok(()));
    assert!(samples::comment(&"长".repeat(8_001)).check(TICKET).is_err());
    for (quantity, fine) in [(0, false), (1, true), (9_999, true), (10_000, false), (u32::MAX, false)] {
        let Action::ReplacePart(mut part) = samples::replace_part("轴承") else {
            unreachable!("it is a part")
        };
        part.quantity = quantity;
        assert_eq!(Action::ReplacePart(part).check(TICKET).is_ok(), fine, "{quantity}");
    }
}

#[test]
fn a_signature_of_a_million_strokes_or_of_endless_lines_is_judged_and_not_believed() {
    let strokes = vec![vec![]; 1_000_000];
    assert!(Signature::Drawn { strokes, height: i32::MIN }.check().is_err());
    let point = |x, y| domain::ticket::Point { x, y, at_ms: u32::MAX, pressure: 255 };
    let across = vec![vec![point(i32::MIN, i32::MAX), point(i32::MAX, i32::MIN)]];
    let nowhere = Refusal::Invalid { field: Field::Signature, problem: Problem::OutOfRange };
    assert_eq!(Signature::Drawn { strokes: across, height: 0 }.check(), Err(nowhere));
    let scribble = vec![vec![point(0, 0); 8_001]];
    let long = Refusal::Invalid { field: Field::Signature, problem: Problem::TooLong };
    assert_eq!(Signature::Drawn { strokes: scribble, height: 0 }.check(), Err(long));
}

#[test]
fn a_sheet_may_hold_any_text_and_keeps_its_hash() {
    let mut sheet = samples::sheet("\u{0}\u{7f}\"\\/\u{2028}𝄞");
    sheet.rows.push(SheetRow { label: String::new(), text: "\r\n".into() });
    let answer = domain::ticket::Answer::Refused { reason: "不".into() };
    let sign_off = SignOff::new(sheet, answer);
    let read: SignOff = serde_json::from_str(&json(&sign_off)).unwrap();
    assert_eq!(read.sheet.hash(), sign_off.sha256);
}

#[test]
fn a_month_is_found_for_any_instant_and_any_zone() {
    let ends = [i64::MIN, -8_334_601_228_800_000, -1, 0, 8_210_266_876_799_999, i64::MAX];
    for millis in ends {
        for offset in [i32::MIN, -1_440, -1_439, -60, 0, 480, 1_439, 1_440, i32::MAX] {
            let month = Month::of(Timestamp::from_millis(millis), offset);
            assert!((1..=12).contains(&month.month));
            assert!(!TicketNumber::new(month, u32::MAX).as_str().is_empty());
        }
    }
}

#[test]
fn a_place_in_time_is_found_after_the_last_instant_there_is() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    let mut last = record.change(AMY, 5, &[], samples::comment("末"));
    last.claim = Claim { clock: Timestamp::from_millis(i64::MAX), offset_ms: Some(i64::MAX), heard: None };
    let last = Recorded::place(last, record.document.log(), None);
    let mut seen = seen;
    seen.push(last.change.id);
    let mut log = record.document.log().to_vec();
    log.push(last);
    let after = record.change(BO, 6, &seen, samples::comment("又"));
    assert_eq!(Recorded::place(after, &log, Some(minute(7))).happened, Timestamp::from_millis(i64::MAX));
}

#[test]
fn on_a_device_whose_clock_stands_at_the_last_instant_its_own_changes_keep_their_order() {
    let mut record = Record::assigned_to(BO);
    let mut made = Vec::new();
    for text in ["一", "二", "三"] {
        let seen = record.ids();
        let mut change = record.change(BO, 5, &seen, samples::comment(text));
        change.claim.clock = Timestamp::from_millis(i64::MAX);
        made.push(change.id);
        record.document.insert(Recorded::place(change, record.document.log(), None));
    }
    assert_eq!(record.ids()[2..], made);
}

#[test]
fn stages_and_ids_of_another_form_do_not_decode() {
    assert!(serde_json::from_str::<Stage>("\"melted\"").is_err());
    assert!(serde_json::from_str::<TicketId>("\"not-an-id\"").is_err());
    assert_eq!(serde_json::from_str::<Refusal>(r#"{"reason":"full_moon"}"#).unwrap(), Refusal::Unknown);
}

proptest! {
    #![proptest_config(laws())]

    /// A stored document with a piece cut out, doubled or overwritten decodes to something usable or not at all.
    #[test]
    fn a_damaged_document_is_used_or_refused(
        script in scripts(),
        at in any::<prop::sample::Index>(),
        length in 1..40_usize,
        instead in "[0-9a-z{}\\[\\]\",:/-]{0,24}",
    ) {
        let mut bytes = json(&script.play().server).into_bytes();
        let start = at.index(bytes.len());
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, instead.into_bytes());
        if let Ok(document) = serde_json::from_slice::<Document>(&bytes) {
            let survived = catch_unwind(|| use_it(&document));
            prop_assert!(survived.is_ok());
        }
    }
}
