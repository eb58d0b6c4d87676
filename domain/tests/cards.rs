//! Cards: the order of lists, search, and the beginning of the customer's words.

use domain::sla::{ClockName, PolicyBook};
use domain::ticket::{
    Action, Answer, Answered, Card, CardClock, CardLeft, Document, Flag, ProgressKind, Recorded, Signature,
    Ticket, TicketNumber, Urgency,
};
use domain::{TicketId, Timestamp};
use uuid::Uuid;

use crate::support::{AFTER_SALES, AMY, BO, GUS, IDA, Record, company, minute, samples};

fn card(record: &Record) -> Card {
    Card::of(&record.ticket(), &PolicyBook::shipped())
}

fn with_words(words: &str) -> Card {
    let mut record = Record::empty();
    let mut intake = samples::minimal_intake();
    intake.words = words.into();
    record.act(AMY, 0, Action::Register(Box::new(intake)));
    card(&record)
}

/// Registered at a minute with an urgency and flags; assigned to Bo a minute later, so that it has a resolution due.
fn job(number: u128, at: i64, urgency: Urgency, flags: &[Flag]) -> Card {
    let mut record = Record::empty();
    let mut intake = samples::minimal_intake();
    intake.urgency = urgency;
    intake.flags = flags.iter().copied().collect();
    record.act(AMY, at, Action::Register(Box::new(intake)));
    record.act(AMY, at + 1, samples::assign(BO));
    Card { ticket: TicketId::from_uuid(Uuid::from_u128(number)), ..card(&record) }
}

fn done(mut card: Card) -> Card {
    card.stage = domain::ticket::Stage::Closed;
    card
}

fn numbers(cards: &[Card]) -> Vec<u128> {
    cards.iter().map(|card| card.ticket.as_uuid().as_u128()).collect()
}

fn some_jobs() -> Vec<Card> {
    vec![
        job(1, 0, Urgency::Low, &[]),
        job(2, 100, Urgency::Normal, &[]),
        job(3, 50, Urgency::Normal, &[Flag::RepeatFault]),
        job(4, 200, Urgency::Urgent, &[]),
        job(5, 300, Urgency::Urgent, &[Flag::SafetyHazard]),
        done(job(6, 0, Urgency::Urgent, &[Flag::SafetyHazard])),
        job(8, 100, Urgency::Normal, &[]),
    ]
}

#[test]
fn a_card_tells_a_signature_from_a_refusal_and_rework_has_neither() {
    let mut record = Record::completed();
    assert_eq!(card(&record).answered, None);
    record.act(BO, 70, samples::sign_off("更换轴承"));
    assert_eq!(card(&record).answered, Some(Answered::Refused));
    record.act(GUS, 80, samples::reopen());
    assert_eq!(card(&record).answered, None);

    let mut record = Record::completed();
    let Action::SignOff(mut sign_off) = samples::sign_off("更换轴承") else { unreachable!("it is one") };
    let signature = Signature::Typed { name: "王丽".into() };
    sign_off.answer =
        Answer::Signed { name: "王丽".into(), signature, satisfaction: None, remark: String::new() };
    record.act(BO, 70, Action::SignOff(sign_off));
    assert_eq!(card(&record).answered, Some(Answered::Signed));
}

#[test]
fn jobs_come_open_first_then_green_channel_urgency_and_due_time() {
    let mut jobs = some_jobs();
    jobs.sort_by_key(Card::job_order);
    assert_eq!(numbers(&jobs), [5, 4, 3, 2, 8, 1, 6]);
}

#[test]
fn deadlines_come_open_first_then_by_what_is_due_next() {
    let mut jobs = some_jobs();
    jobs.sort_by_key(Card::deadline_order);
    // First responses are due 2 h, 24 h, three working days after registration.
    assert_eq!(numbers(&jobs), [4, 5, 3, 2, 8, 1, 6]);
}

#[test]
fn a_card_lists_running_clocks_with_the_next_due_first() {
    let mut record = Record::assigned_to(BO);
    let due = |record: &Record| card(record).clocks.iter().filter_map(CardClock::due).collect::<Vec<_>>();
    assert_eq!(due(&record), [minute(24 * 60), minute(1 + 72 * 60)]);
    assert_eq!(card(&record).next_due(), Some(minute(24 * 60)));
    record.act(GUS, 10, samples::cancel());
    assert_eq!(due(&record), []);
    assert_eq!(card(&record).next_due(), None);
}

/// A clock that stands still has no due time; what is left of it is on the card, after those that run.
#[test]
fn a_card_says_what_is_left_of_a_clock_that_stands_still() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 61, samples::log_progress(ProgressKind::WaitingForCustomer));
    let hour_ms = Timestamp::HOUR_MS;
    let clocks = card(&record).clocks;
    let found: Vec<_> = clocks.iter().map(|clock| (clock.name, clock.left)).collect();
    assert_eq!(
        found,
        [
            (ClockName::FirstResponse, CardLeft::Due(minute(24 * 60))),
            (ClockName::Resolution, CardLeft::Paused { left_ms: 71 * hour_ms, of_ms: 72 * hour_ms }),
        ]
    );
    assert_eq!(card(&record).next_due(), Some(minute(24 * 60)));
    record.act(BO, 100, samples::log_progress(ProgressKind::ContactedCustomer));
    let only_standing = card(&record);
    assert_eq!((only_standing.clocks.len(), only_standing.next_due()), (1, None));
}

#[test]
fn search_finds_every_word_anywhere_in_what_is_shown() {
    let mut record = Record::empty();
    let mut intake = samples::full_intake();
    intake.registered_in = AFTER_SALES;
    record.act(AMY, 0, Action::Register(Box::new(intake)));
    record.document.number = Some(TicketNumber::from_stored("FB202611001".into()));
    let card = card(&record);
    for query in [
        "",
        "  ",
        "fb202611001",
        "11001",
        "王芳",
        "南方 异响",
        "fl-200 sn-0042",
        "138 0013",
        "南山区",
        "主轴\u{3000}王",
    ] {
        assert!(card.matches(query), "{query:?}");
    }
    for query in ["王芳 李四", "FL-300", "wang@example.com", "王 芳芳"] {
        assert!(!card.matches(query), "{query:?}");
    }
}

#[test]
fn search_follows_the_corrected_contact() {
    let mut record = Record::registered_in(AFTER_SALES);
    record.act(AMY, 5, samples::edit_contact("赵六"));
    let card = card(&record);
    assert!(card.matches("赵六") && !card.matches("李四"));
}

#[test]
fn the_summary_stands_for_itself_and_the_words_for_a_missing_one() {
    let long = "门".repeat(81);
    let cut = format!("{}…", "门".repeat(80));
    let rows = [
        ("  主轴异响  \n第二行", "主轴异响  "),
        ("门", "门"),
        (&long[3..], &long[3..]),
        (&long, &cut),
        ("\r\n\r\nstopped\r\nagain", "stopped"),
        ("", ""),
    ];
    for (words, summary) in rows {
        assert_eq!(with_words(words).summary, summary, "{words:?}");
    }
}

#[test]
fn an_excerpt_never_cuts_a_character_in_two() {
    for words in ["a".repeat(79) + "深圳", "🔥".repeat(100), "é".repeat(200)] {
        let summary = with_words(&words).summary;
        assert_eq!(summary.chars().count(), 81);
        assert!(words.starts_with(summary.trim_end_matches('…')));
    }
}

#[test]
fn a_card_names_the_accountable_person() {
    let free = card(&Record::registered_in(AFTER_SALES));
    assert_eq!(free.accountable_name(&company()), None);
    assert_eq!(card(&Record::assigned_to(BO)).accountable_name(&company()), Some("Bo"));
}

#[test]
fn a_card_is_the_same_from_the_same_record_and_reads_back_what_it_wrote() {
    let mut record = Record::completed();
    record.act(BO, 70, samples::sign_off("更换轴承"));
    record.act(BO, 80, samples::replace_part("密封圈"));
    let made = card(&record);
    assert!(made.answered.is_some());
    assert_eq!(made.conflicts, 1);
    let written = serde_json::to_string(&made).unwrap();
    assert_eq!(serde_json::from_str::<Card>(&written).unwrap(), made);
}

#[test]
fn the_updated_time_is_that_of_the_latest_change_also_when_an_earlier_one_arrives_late() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    record.act(IDA, 90, samples::comment("后"));
    record.act_having_seen(BO, 30, &seen, samples::comment("先"));
    assert_eq!(card(&record).updated, minute(90));
}

#[test]
fn a_provisional_ticket_has_a_card_too() {
    let mut record = Record::empty();
    let change = record.change(AMY, 5, &[], samples::register());
    let mut document = Document::new(change.ticket);
    document.insert(Recorded::place(change, &[], None));
    let ticket = Ticket::of(&document).unwrap();
    let card = Card::of(&ticket, &PolicyBook::shipped());
    assert_eq!((card.number, card.created), (None, Timestamp::from_millis(300_000)));
}
