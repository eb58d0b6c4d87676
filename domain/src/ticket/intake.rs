//! What is taken in when a ticket is registered: who, what, and the customer's own words.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::refusal::{Field, Problem, Refusal};

/// Longest accepted text of one line, in characters.
pub(crate) const LINE_CHARS: usize = 200;
/// Longest accepted text of several lines, in characters.
pub(crate) const TEXT_CHARS: usize = 8_000;

/// What the customer's message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the vocabulary's own")]
pub enum Kind {
    Fault,
    Complaint,
    Inquiry,
    Suggestion,
}

impl Kind {
    /// Every kind, in the order a form lists them.
    pub const ALL: [Self; 4] = [Self::Fault, Self::Complaint, Self::Inquiry, Self::Suggestion];
}

/// How soon it must be dealt with. Sorts with the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the vocabulary's own")]
pub enum Urgency {
    Urgent,
    Normal,
    Low,
}

impl Urgency {
    /// Every urgency, most urgent first.
    pub const ALL: [Self; 3] = [Self::Urgent, Self::Normal, Self::Low];
}

/// How hard it is to deal with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the vocabulary's own")]
pub enum Difficulty {
    Simple,
    Complex,
    Hard,
}

impl Difficulty {
    /// Every difficulty, easiest first.
    pub const ALL: [Self; 3] = [Self::Simple, Self::Complex, Self::Hard];
}

/// What makes a ticket more than ordinary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the vocabulary's own")]
pub enum Flag {
    SafetyHazard,
    ProductionStop,
    BatchDefect,
    StrongDissatisfaction,
    RepeatFault,
}

impl Flag {
    /// Every flag, in the order a form lists them.
    pub const ALL: [Self; 5] = [
        Self::SafetyHazard,
        Self::ProductionStop,
        Self::BatchDefect,
        Self::StrongDissatisfaction,
        Self::RepeatFault,
    ];

    /// Whether the flag opens the green channel 绿色通道: always urgent, shown on top everywhere.
    pub const fn opens_green_channel(self) -> bool {
        matches!(self, Self::SafetyHazard | Self::ProductionStop | Self::BatchDefect)
    }
}

/// What a complaint is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the vocabulary's own")]
pub enum ComplaintNature {
    ProductQuality,
    ServiceAttitude,
    Delivery,
    RepeatFault,
    Other,
}

impl ComplaintNature {
    /// Every nature, in the order a form lists them.
    pub const ALL: [Self; 5] =
        [Self::ProductQuality, Self::ServiceAttitude, Self::Delivery, Self::RepeatFault, Self::Other];
}

/// How the message came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the vocabulary's own")]
pub enum Channel {
    Phone,
    OnlineChat,
    WechatAccount,
    Email,
    WebForm,
    StoreForm,
    EngineerOnSite,
}

impl Channel {
    /// Every channel, in the order a form lists them.
    pub const ALL: [Self; 7] = [
        Self::Phone,
        Self::OnlineChat,
        Self::WechatAccount,
        Self::Email,
        Self::WebForm,
        Self::StoreForm,
        Self::EngineerOnSite,
    ];
}

/// The customer, and whom to talk to there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Customer {
    /// The person to talk to.
    pub name: String,
    /// The company, if it is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub company: String,
    /// The number to call.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// An address for e-mail.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// The language to speak, as a BCP 47 tag (`zh-CN`, `zh-TW`, `en`); empty if unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub language: String,
}

impl Customer {
    /// Checks what was typed.
    ///
    /// # Errors
    /// Names the first field that is missing or too long. Either a phone number or an e-mail address must be there.
    pub fn check(&self) -> Result<(), Refusal> {
        required_line(Field::CustomerName, &self.name)?;
        line(Field::Company, &self.company)?;
        line(Field::Email, &self.email)?;
        line(Field::Other, &self.language)?;
        if self.email.trim().is_empty() {
            required_line(Field::Phone, &self.phone)?;
        }
        line(Field::Phone, &self.phone)
    }
}

/// Where the product stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Site {
    /// Province, state or city that decides which team goes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// Street address, as an engineer needs it to find the place.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
}

/// The product the message is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Product {
    /// The model.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// The serial number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub serial: String,
    /// The order it was sold with.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub order_number: String,
    /// The production batch.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub batch: String,
    /// When it was bought, as `YYYY-MM-DD` or as precisely as is known; empty if unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purchased_on: String,
    /// Where it was bought.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purchase_channel: String,
}

/// Whether the order number or serial was found to be genuine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Verification {
    /// Found and matching.
    Verified,
    /// Not found or not looked for.
    NotVerified {
        /// Why not.
        reason: String,
    },
}

/// When the customer was in touch, before the ticket was registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IntakeTimes {
    /// When their message came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived: Option<Timestamp>,
    /// When a person answered it; with the registration, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Timestamp>,
    /// When their call was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_ended: Option<Timestamp>,
}

impl IntakeTimes {
    /// Whether none is known.
    pub const fn is_unknown(&self) -> bool {
        self.arrived.is_none() && self.answered.is_none() && self.call_ended.is_none()
    }
}

/// Everything taken in at registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intake {
    /// What the message is, as confirmed by a person.
    pub kind: Kind,
    /// How soon it must be dealt with, as confirmed by a person.
    pub urgency: Urgency,
    /// How hard it is expected to be.
    pub difficulty: Difficulty,
    /// What makes it more than ordinary.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flags: BTreeSet<Flag>,
    /// What a complaint is about; for complaints only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nature: Option<ComplaintNature>,
    /// How it came in.
    pub channel: Channel,
    /// Whose problem it is.
    pub customer: Customer,
    /// Whether they were a customer before.
    #[serde(default)]
    pub existing_customer: bool,
    /// Where the product stands.
    #[serde(default)]
    pub site: Site,
    /// What it is about.
    #[serde(default)]
    pub product: Product,
    /// Whether order or serial were found to be genuine.
    pub verification: Verification,
    /// The customer's own words, verbatim. Never edited afterwards.
    pub words: String,
    /// One line that says what it is about; empty to show the beginning of the words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// When the customer was in touch.
    #[serde(default, skip_serializing_if = "IntakeTimes::is_unknown")]
    pub times: IntakeTimes,
    /// The department whose person registered it: it keeps seeing the ticket.
    pub registered_in: crate::DepartmentId,
}

impl Intake {
    /// Whether a flag opens the green channel.
    pub fn green_channel(&self) -> bool {
        self.flags.iter().any(|flag| flag.opens_green_channel())
    }

    /// Checks what was typed.
    ///
    /// # Errors
    /// Names the first field that is missing, too long or at odds with the others.
    pub fn check(&self) -> Result<(), Refusal> {
        self.customer.check()?;
        required_text(Field::Words, &self.words)?;
        line(Field::Summary, &self.summary)?;
        line(Field::Region, &self.site.region)?;
        text(Field::Address, &self.site.address)?;
        line(Field::Model, &self.product.model)?;
        line(Field::Serial, &self.product.serial)?;
        line(Field::OrderNumber, &self.product.order_number)?;
        line(Field::Batch, &self.product.batch)?;
        line(Field::Other, &self.product.purchased_on)?;
        line(Field::PurchaseChannel, &self.product.purchase_channel)?;
        if let Verification::NotVerified { reason } = &self.verification {
            required_line(Field::Verification, reason)?;
        }
        if self.green_channel() && self.urgency != Urgency::Urgent {
            return Err(Refusal::Invalid { field: Field::Urgency, problem: Problem::MustBeUrgent });
        }
        Ok(())
    }
}

pub(crate) fn line(field: Field, text: &str) -> Result<(), Refusal> {
    at_most(field, text, LINE_CHARS)
}

pub(crate) fn text(field: Field, text: &str) -> Result<(), Refusal> {
    at_most(field, text, TEXT_CHARS)
}

pub(crate) fn required_line(field: Field, text: &str) -> Result<(), Refusal> {
    present(field, text)?;
    line(field, text)
}

pub(crate) fn required_text(field: Field, words: &str) -> Result<(), Refusal> {
    present(field, words)?;
    text(field, words)
}

fn present(field: Field, text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::Invalid { field, problem: Problem::Missing });
    }
    Ok(())
}

fn at_most(field: Field, text: &str, chars: usize) -> Result<(), Refusal> {
    // Bytes bound characters from above, so most texts need no counting.
    if text.len() > chars && text.chars().count() > chars {
        return Err(Refusal::Invalid { field, problem: Problem::TooLong });
    }
    Ok(())
}
