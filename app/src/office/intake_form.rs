//! What is typed while a customer talks, and the intake it makes.

use std::collections::BTreeSet;

use domain::routing::propose_urgency;
use domain::ticket::{
    Card, Channel, ComplaintNature, Customer, Difficulty, Flag, Intake, IntakeTimes, Kind, Product, Site,
    Urgency, Verification,
};
use domain::{DepartmentId, Field, Problem, Refusal, Timestamp};
use serde::{Deserialize, Serialize};

use crate::device::local_time::from_field;
use crate::tickets::digits;

/// A time this much ahead of the server's clock may still be now, by the watch of whoever typed it.
const AHEAD_MS: i64 = 2 * Timestamp::MINUTE_MS;

/// A field of the form, as far as something can be wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// One that the domain checks.
    Field(Field),
    /// When their message came in.
    Arrived,
    /// When a person answered it.
    Answered,
    /// When their call was over.
    CallEnded,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// The domain would refuse it.
    Refused(Problem),
    /// It has not happened yet.
    Ahead,
}

/// The field of the customer in which somebody looks for one that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookedIn {
    /// The number to call.
    Phone,
    /// The person to talk to.
    Name,
    /// The company.
    Company,
}

/// Everything on the form, as typed. Kept as a draft, so every field may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each field is the intake's of the same name")]
pub struct Typed {
    pub channel: Option<Channel>,
    pub kind: Kind,
    /// The urgency a person has chosen; nothing, to follow the proposal.
    pub urgency: Option<Urgency>,
    pub difficulty: Difficulty,
    pub flags: BTreeSet<Flag>,
    pub nature: Option<ComplaintNature>,
    pub name: String,
    pub company: String,
    pub phone: String,
    pub email: String,
    pub existing_customer: bool,
    pub region: String,
    pub address: String,
    pub model: String,
    pub serial: String,
    pub order_number: String,
    pub batch: String,
    pub purchased_on: String,
    pub purchase_channel: String,
    pub verified: bool,
    pub not_verified_reason: String,
    pub words: String,
    pub summary: String,
    /// When their message came in, as a field holds it.
    pub arrived: String,
    /// When a person answered it.
    pub answered: String,
    /// When their call was over.
    pub call_ended: String,
}

impl Default for Typed {
    fn default() -> Self {
        Self {
            channel: None,
            kind: Kind::Fault,
            urgency: None,
            difficulty: Difficulty::Simple,
            flags: BTreeSet::new(),
            nature: None,
            name: String::new(),
            company: String::new(),
            phone: String::new(),
            email: String::new(),
            existing_customer: false,
            region: String::new(),
            address: String::new(),
            model: String::new(),
            serial: String::new(),
            order_number: String::new(),
            batch: String::new(),
            purchased_on: String::new(),
            purchase_channel: String::new(),
            verified: false,
            not_verified_reason: String::new(),
            words: String::new(),
            summary: String::new(),
            arrived: String::new(),
            answered: String::new(),
            call_ended: String::new(),
        }
    }
}

impl Typed {
    /// Whether nothing has been typed or chosen.
    pub fn is_blank(&self) -> bool {
        *self == Self::default()
    }

    /// The urgency that kind and flags call for.
    pub fn proposed_urgency(&self) -> Urgency {
        propose_urgency(self.kind, &self.flags)
    }

    /// Whether a flag leaves no choice of urgency.
    pub fn green_channel(&self) -> bool {
        self.flags.iter().any(|flag| flag.opens_green_channel())
    }

    /// The urgency that will be recorded: the proposal, unless a person has chosen another one and is free to.
    pub fn urgency_in_force(&self) -> Urgency {
        match self.urgency {
            Some(urgency) if !self.green_channel() => urgency,
            _ => self.proposed_urgency(),
        }
    }

    /// Takes over what is known of a customer: into the field in which they were looked for, and into what is empty or still
    /// holds what was taken over `before`. What somebody has typed stays.
    pub fn take_customer(
        &mut self,
        known: &KnownCustomer,
        looked_in: LookedIn,
        before: Option<&KnownCustomer>,
    ) {
        let free = |now: &str, taken: fn(&KnownCustomer) -> &String| {
            now.trim().is_empty() || before.is_some_and(|before| taken(before) == now)
        };
        if looked_in == LookedIn::Name || free(&self.name, |known| &known.name) {
            known.name.clone_into(&mut self.name);
        }
        if looked_in == LookedIn::Company || free(&self.company, |known| &known.company) {
            known.company.clone_into(&mut self.company);
        }
        if looked_in == LookedIn::Phone || free(&self.phone, |known| &known.phone) {
            known.phone.clone_into(&mut self.phone);
        }
        // Half of one place and half of another would be none.
        if free(&self.region, |known| &known.region) && free(&self.address, |known| &known.address) {
            known.region.clone_into(&mut self.region);
            known.address.clone_into(&mut self.address);
        }
        self.existing_customer = true;
    }

    /// Whether the customer called: then it is the call's end that counts, and else the message's arrival.
    pub fn is_call(&self, default_channel: Channel) -> bool {
        self.channel.unwrap_or(default_channel) == Channel::Phone
    }

    fn times(&self, default_channel: Channel) -> IntakeTimes {
        if self.is_call(default_channel) {
            return IntakeTimes { call_ended: from_field(&self.call_ended), ..IntakeTimes::default() };
        }
        let arrived = from_field(&self.arrived);
        // Nobody answers what has not come in.
        let answered = from_field(&self.answered).filter(|_| arrived.is_some());
        IntakeTimes { arrived, answered, call_ended: None }
    }

    /// The intake as it will be recorded: trimmed, except for the customer's own words.
    pub fn intake(&self, registered_in: DepartmentId, default_channel: Channel) -> Intake {
        let trimmed = |text: &str| text.trim().to_owned();
        Intake {
            kind: self.kind,
            urgency: self.urgency_in_force(),
            difficulty: self.difficulty,
            flags: self.flags.clone(),
            nature: self.nature.filter(|_| self.kind == Kind::Complaint),
            channel: self.channel.unwrap_or(default_channel),
            customer: Customer {
                name: trimmed(&self.name),
                company: trimmed(&self.company),
                phone: trimmed(&self.phone),
                email: trimmed(&self.email),
                language: String::new(),
            },
            existing_customer: self.existing_customer,
            site: Site { region: trimmed(&self.region), address: trimmed(&self.address) },
            product: Product {
                model: trimmed(&self.model),
                serial: trimmed(&self.serial),
                order_number: trimmed(&self.order_number),
                batch: trimmed(&self.batch),
                purchased_on: trimmed(&self.purchased_on),
                purchase_channel: trimmed(&self.purchase_channel),
            },
            verification: if self.verified {
                Verification::Verified
            } else {
                Verification::NotVerified { reason: trimmed(&self.not_verified_reason) }
            },
            words: self.words.clone(),
            summary: trimmed(&self.summary),
            times: self.times(default_channel),
            registered_in,
        }
    }
}

/// Everything that is wrong with an intake, in the order in which the domain looks.
fn refused(mut intake: Intake) -> Vec<(Field, Problem)> {
    let mut found: Vec<(Field, Problem)> = Vec::new();
    // The domain stops at the first thing wrong: that is put right in a copy, and the domain asked for the next one.
    while let Err(Refusal::Invalid { field, problem }) = intake.check() {
        let again = found.iter().any(|(known, _)| *known == field);
        found.push((field, problem));
        if again || !put_right(&mut intake, field) {
            break;
        }
    }
    found.dedup();
    found
}

/// Puts something into a field that nobody objects to. Says whether the form has such a field.
fn put_right(intake: &mut Intake, field: Field) -> bool {
    let text = match field {
        Field::CustomerName => &mut intake.customer.name,
        Field::Company => &mut intake.customer.company,
        Field::Phone => &mut intake.customer.phone,
        Field::Email => &mut intake.customer.email,
        Field::Words => &mut intake.words,
        Field::Summary => &mut intake.summary,
        Field::Region => &mut intake.site.region,
        Field::Address => &mut intake.site.address,
        Field::Model => &mut intake.product.model,
        Field::Serial => &mut intake.product.serial,
        Field::OrderNumber => &mut intake.product.order_number,
        Field::Batch => &mut intake.product.batch,
        Field::PurchaseChannel => &mut intake.product.purchase_channel,
        Field::Verification => {
            intake.verification = Verification::Verified;
            return true;
        }
        Field::Urgency => {
            intake.urgency = Urgency::Urgent;
            return true;
        }
        _ => return false,
    };
    "—".clone_into(text);
    true
}

/// Everything that is wrong with an intake, so that one look at the form shows all of it. `now` is the server's.
pub fn problems(intake: &Intake, now: Timestamp) -> Vec<(Place, Wrong)> {
    let IntakeTimes { arrived, answered, call_ended } = intake.times;
    let latest = now.plus_millis(AHEAD_MS);
    let times = [(Place::Arrived, arrived), (Place::Answered, answered), (Place::CallEnded, call_ended)];
    let ahead = times
        .into_iter()
        .filter(|(_, time)| time.is_some_and(|time| time > latest))
        .map(|(place, _)| (place, Wrong::Ahead));
    let refused = refused(intake.clone()).into_iter();
    refused.map(|(field, problem)| (Place::Field(field), Wrong::Refused(problem))).chain(ahead).collect()
}

/// A customer of earlier tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCustomer {
    /// The person to talk to.
    pub name: String,
    /// The company.
    pub company: String,
    /// The number to call.
    pub phone: String,
    /// Where the product stood, the last time.
    pub region: String,
    /// Its address.
    pub address: String,
    /// How many tickets.
    pub tickets: usize,
}

/// As many are offered.
const OFFERED: usize = 6;
/// Fewer characters than this say nothing yet.
const SHORTEST: usize = 2;

/// Customers of earlier tickets whose name, company or phone number holds what was typed; the latest first.
pub fn known_customers(cards: &[Card], typed: &str) -> Vec<KnownCustomer> {
    let typed = typed.trim().to_lowercase();
    // One Chinese character already tells much.
    let long_enough = typed.chars().count() >= SHORTEST || !typed.is_ascii();
    if !long_enough {
        return Vec::new();
    }
    let number = digits(&typed);
    let is_number = number.len() >= 3 && number.len() * 2 >= typed.len();
    let mut found: Vec<&Card> = cards
        .iter()
        .filter(|card| {
            card.customer.to_lowercase().contains(&typed)
                || card.company.to_lowercase().contains(&typed)
                || (is_number && digits(&card.phone).contains(&number))
        })
        .collect();
    found.sort_by_key(|card| std::cmp::Reverse(card.created));
    let mut known: Vec<KnownCustomer> = Vec::new();
    for card in found {
        let same = |other: &&mut KnownCustomer| {
            other.name == card.customer
                && other.company == card.company
                && digits(&other.phone) == digits(&card.phone)
        };
        match known.iter_mut().find(same) {
            Some(other) => other.tickets += 1,
            None => known.push(KnownCustomer {
                name: card.customer.clone(),
                company: card.company.clone(),
                phone: card.phone.clone(),
                region: card.region.clone(),
                address: card.address.clone(),
                tickets: 1,
            }),
        }
    }
    known.truncate(OFFERED);
    known
}

/// Different values of one field of earlier tickets that begin with (or hold) what was typed, most frequent first.
pub fn known_values(cards: &[Card], typed: &str, field: impl Fn(&Card) -> &str) -> Vec<String> {
    let typed = typed.trim().to_lowercase();
    let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for value in cards.iter().map(field).filter(|value| !value.is_empty()) {
        *counts.entry(value).or_default() += 1;
    }
    let mut found: Vec<_> = counts
        .into_iter()
        .filter(|(value, _)| {
            !typed.is_empty() && value.to_lowercase().contains(&typed) && value.to_lowercase() != typed
        })
        .collect();
    found
        .sort_by_key(|(value, count)| (!value.to_lowercase().starts_with(&typed), std::cmp::Reverse(*count)));
    found.into_iter().take(OFFERED).map(|(value, _)| value.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::sample::{card, department, minute};

    fn filled() -> Typed {
        Typed {
            name: " 王丽 ".into(),
            phone: "13800005521".into(),
            words: " 机器一开就报 E07 ".into(),
            verified: true,
            ..Typed::default()
        }
    }

    #[test]
    fn what_was_typed_is_trimmed_but_the_customers_words_stay_as_they_are() {
        let intake = filled().intake(department(1), Channel::Phone);
        assert_eq!(intake.customer.name, "王丽");
        assert_eq!(intake.words, " 机器一开就报 E07 ");
        assert_eq!(intake.check(), Ok(()));
    }

    #[test]
    fn not_verified_needs_a_reason() {
        let typed = Typed { verified: false, ..filled() };
        let refusal = Refusal::Invalid { field: Field::Verification, problem: Problem::Missing };
        assert_eq!(typed.intake(department(1), Channel::Phone).check(), Err(refusal));
    }

    #[test]
    fn a_green_channel_flag_leaves_no_choice_of_urgency_and_taking_it_back_gives_the_choice_back() {
        let mut typed = Typed { urgency: Some(Urgency::Low), ..filled() };
        assert_eq!(typed.urgency_in_force(), Urgency::Low);
        typed.flags.insert(Flag::SafetyHazard);
        assert_eq!(typed.urgency_in_force(), Urgency::Urgent);
        typed.flags.clear();
        assert_eq!(typed.urgency_in_force(), Urgency::Low);
    }

    #[test]
    fn the_nature_of_a_complaint_goes_away_with_the_complaint() {
        let typed = Typed { kind: Kind::Fault, nature: Some(ComplaintNature::Delivery), ..filled() };
        assert_eq!(typed.intake(department(1), Channel::Phone).nature, None);
    }

    #[test]
    fn a_customer_is_offered_once_with_the_number_of_tickets_and_the_latest_address() {
        let mut cards = vec![card(1), card(2), card(3)];
        cards[0].company = "苏州恒力".into();
        cards[1].company = "苏州恒力".into();
        cards[1].created = minute(9);
        cards[1].address = "星湖街 328 号".into();
        cards[2].customer = "李强".into();
        let known = known_customers(&cards, "恒力");
        assert_eq!(known.len(), 1);
        assert_eq!((known[0].tickets, known[0].address.as_str()), (2, "星湖街 328 号"));
    }

    #[test]
    fn a_phone_number_finds_its_customer_however_it_is_typed() {
        assert_eq!(known_customers(&[card(1)], "138 0000")[0].name, "王丽");
        assert_eq!(known_customers(&[card(1)], "7"), []);
    }

    #[test]
    fn a_known_customer_does_not_overwrite_a_site_that_was_typed() {
        let mut typed = Typed { address: "新厂".into(), ..Typed::default() };
        let mut known = known_customers(&[card(1)], "王").remove(0);
        known.address = "旧厂".into();
        typed.take_customer(&known, LookedIn::Name, None);
        assert_eq!((typed.address.as_str(), typed.existing_customer), ("新厂", true));
    }

    #[test]
    fn a_known_company_leaves_the_contact_and_number_that_were_typed_and_fills_what_is_empty() {
        let mut known = known_customers(&[card(1)], "王").remove(0);
        known.company = "苏州恒力".into();
        let mut typed = Typed { phone: "13900001111".into(), company: "恒".into(), ..Typed::default() };
        typed.take_customer(&known, LookedIn::Company, None);
        let taken = (typed.company.as_str(), typed.phone.as_str(), typed.name.as_str());
        assert_eq!(taken, ("苏州恒力", "13900001111", "王丽"));
    }

    #[test]
    fn another_customer_replaces_what_was_taken_over_and_nothing_that_was_typed() {
        let first = known_customers(&[card(1)], "王").remove(0);
        let second = KnownCustomer { name: "李强".into(), phone: "021 5555".into(), ..first.clone() };
        let mut typed = Typed::default();
        typed.take_customer(&first, LookedIn::Phone, None);
        typed.phone = "13900001111".into();
        typed.take_customer(&second, LookedIn::Company, Some(&first));
        assert_eq!((typed.name.as_str(), typed.phone.as_str()), ("李强", "13900001111"));
    }

    #[test]
    fn everything_that_is_missing_or_wrong_is_found_at_once() {
        let typed = Typed { summary: "很长".repeat(1_000), ..Typed::default() };
        let found = problems(&typed.intake(department(1), Channel::Phone), minute(0));
        let refused = |field, problem| (Place::Field(field), Wrong::Refused(problem));
        assert_eq!(
            found,
            [
                refused(Field::CustomerName, Problem::Missing),
                refused(Field::Phone, Problem::Missing),
                refused(Field::Words, Problem::Missing),
                refused(Field::Summary, Problem::TooLong),
                refused(Field::Verification, Problem::Missing),
            ]
        );
    }

    #[test]
    fn a_time_that_is_still_to_come_is_wrong_but_not_by_a_watch_that_is_a_little_fast() {
        let at = |arrived, call_ended| {
            let mut intake = filled().intake(department(1), Channel::Phone);
            intake.times = IntakeTimes { arrived, call_ended, ..IntakeTimes::default() };
            problems(&intake, minute(10))
        };
        assert_eq!(at(Some(minute(12)), Some(minute(9))), []);
        assert_eq!(
            at(Some(minute(13)), Some(minute(500))),
            [(Place::Arrived, Wrong::Ahead), (Place::CallEnded, Wrong::Ahead)]
        );
    }

    #[test]
    fn values_that_begin_with_what_was_typed_come_first() {
        let mut cards = vec![card(1), card(2), card(3)];
        cards[0].model = "XK-200".into();
        cards[1].model = "K-100".into();
        cards[2].model = "K-100".into();
        assert_eq!(known_values(&cards, "k-", |card| &card.model), ["K-100", "XK-200"]);
    }
}
