//! 客户签字确认: the customer's answer to exactly what they were shown.
//!
//! The sheet that the customer reads is a value: rows of label and text, in the customer's language, as they stand on the
//! screen. Its canonical form is its JSON with the fields in the order below and no white space; the SHA-256 of that is what
//! the signature is under. The sheet travels inside the change, so the evidence needs nothing else to be checked, and no
//! later change can move under it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Ticket;
use super::intake::{line, required_line, text};
use crate::refusal::{Field, Problem, Refusal};
use crate::{TicketId, Timestamp};

/// The form of sheet that this version writes.
const FORM: &str = "service-sign-off/1";
/// Most rows a sheet may have: beyond this it is no longer something that a customer reads.
const MAX_ROWS: usize = 500;
/// Most characters on a sheet altogether.
const MAX_SHEET_CHARS: usize = 100_000;
/// Farthest place of a pen from the pad's corner, and greatest height of a pad, in ten-thousandths of its width: beyond the
/// edge, but within the screen.
const FARTHEST: i32 = 100_000;
/// Shortest line that counts as a signature, in ten-thousandths of the pad's width.
const MIN_INK: f64 = 800.0;

/// What the customer was shown, word for word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// Form and version of the sheet, `service-sign-off/1`.
    pub form: String,
    /// The ticket it is about.
    pub ticket: TicketId,
    /// The ticket's number as shown: final, or provisional if the device was offline.
    pub number: String,
    /// The language it was shown in, as a BCP 47 tag.
    pub language: String,
    /// When it was put before the customer, by the device's corrected clock.
    pub shown_at: Timestamp,
    /// Every line, from top to bottom.
    pub rows: Vec<SheetRow>,
    /// The sentence the customer agrees to.
    pub statement: String,
}

/// One line of the sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetRow {
    /// What the line is about.
    pub label: String,
    /// What it says.
    pub text: String,
}

impl Sheet {
    /// A sheet of the current form.
    pub fn new(
        ticket: TicketId,
        number: String,
        language: String,
        shown_at: Timestamp,
        rows: Vec<SheetRow>,
        statement: String,
    ) -> Self {
        Self { form: FORM.to_owned(), ticket, number, language, shown_at, rows, statement }
    }

    /// The canonical text that is hashed: JSON, fields in declared order, no white space.
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).expect("a sheet holds only texts and numbers, which always serialise")
    }

    /// SHA-256 of the canonical text, as 64 lower-case hexadecimal digits.
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.canonical().as_bytes()))
    }

    /// Checks that it says something to sign for, of a length that a customer can read and every device can carry.
    fn check(&self) -> Result<(), Refusal> {
        if self.rows.is_empty() || self.statement.trim().is_empty() {
            return Err(Refusal::Invalid { field: Field::Sheet, problem: Problem::Missing });
        }
        for short in [&self.form, &self.number, &self.language] {
            line(Field::Sheet, short)?;
        }
        text(Field::Sheet, &self.statement)?;
        for row in &self.rows {
            line(Field::Sheet, &row.label)?;
            text(Field::Sheet, &row.text)?;
        }
        let chars: usize =
            self.rows.iter().map(|row| row.label.chars().count() + row.text.chars().count()).sum();
        if self.rows.len() > MAX_ROWS || chars > MAX_SHEET_CHARS {
            return Err(Refusal::Invalid { field: Field::Sheet, problem: Problem::TooLong });
        }
        Ok(())
    }
}

/// Lower-case hexadecimal digits of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string can't fail");
        text
    })
}

/// How content the customer is: 1 (very dissatisfied) to 5 (very satisfied).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Satisfaction(u8);

impl Satisfaction {
    /// Takes a score from 1 to 5.
    pub const fn new(score: u8) -> Option<Self> {
        if 1 <= score && score <= 5 { Some(Self(score)) } else { None }
    }

    /// The score, 1 to 5.
    pub const fn score(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Satisfaction {
    type Error = &'static str;

    fn try_from(score: u8) -> Result<Self, Self::Error> {
        Self::new(score).ok_or("satisfaction goes from 1 to 5")
    }
}

impl From<Satisfaction> for u8 {
    fn from(satisfaction: Satisfaction) -> Self {
        satisfaction.0
    }
}

/// One place of the pen. Written as `[x, y, milliseconds, pressure]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(i32, i32, u32, u8)", into = "(i32, i32, u32, u8)")]
pub struct Point {
    /// From the pad's left edge, in ten-thousandths of its width.
    pub x: i32,
    /// From the pad's top edge, in ten-thousandths of its *width*, so that proportions survive any screen.
    pub y: i32,
    /// Milliseconds since the first point of the signature.
    pub at_ms: u32,
    /// Pressure from 0 to 255; 128 where the device can't tell.
    pub pressure: u8,
}

impl From<(i32, i32, u32, u8)> for Point {
    fn from((x, y, at_ms, pressure): (i32, i32, u32, u8)) -> Self {
        Self { x, y, at_ms, pressure }
    }
}

impl From<Point> for (i32, i32, u32, u8) {
    fn from(point: Point) -> Self {
        (point.x, point.y, point.at_ms, point.pressure)
    }
}

/// One line drawn without lifting the pen.
pub type Stroke = Vec<Point>;

/// The mark the customer made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Signature {
    /// Drawn with finger, pen or mouse.
    Drawn {
        /// The lines, in the order they were drawn.
        strokes: Vec<Stroke>,
        /// The pad's height, in ten-thousandths of its width.
        height: i32,
    },
    /// The name typed by someone who can't or won't draw, as their signature.
    Typed {
        /// The name as they typed it.
        name: String,
    },
}

impl Signature {
    /// Most points that a drawn signature may have, all strokes together.
    pub const MAX_POINTS: usize = 8_000;
    /// Most strokes that a drawn signature may have.
    pub const MAX_STROKES: usize = 500;

    /// Checks that this is a signature and not a slip of the hand.
    ///
    /// # Errors
    /// [`Problem::Missing`] for nothing at all, [`Problem::TooLittleInk`] for dots and ticks, [`Problem::TooLong`] for
    /// more points or strokes than any hand draws, [`Problem::OutOfRange`] for places that are on no pad.
    pub fn check(&self) -> Result<(), Refusal> {
        let wrong = |problem| Err(Refusal::Invalid { field: Field::Signature, problem });
        match self {
            Self::Typed { name } => required_line(Field::Signature, name),
            Self::Drawn { strokes, height } => {
                let points: usize = strokes.iter().map(Vec::len).sum();
                let on_pad = |point: &Point| {
                    point.x.unsigned_abs() <= FARTHEST.unsigned_abs()
                        && point.y.unsigned_abs() <= FARTHEST.unsigned_abs()
                };
                if points == 0 {
                    wrong(Problem::Missing)
                } else if points > Self::MAX_POINTS || strokes.len() > Self::MAX_STROKES {
                    wrong(Problem::TooLong)
                } else if !(0..=FARTHEST).contains(height) || !strokes.iter().flatten().all(on_pad) {
                    wrong(Problem::OutOfRange)
                } else if strokes.iter().map(|stroke| ink(stroke)).sum::<f64>() < MIN_INK {
                    wrong(Problem::TooLittleInk)
                } else {
                    Ok(())
                }
            }
        }
    }
}

/// Length of a stroke, in ten-thousandths of the pad's width. Only compared with a bound, never stored or merged.
fn ink(stroke: &[Point]) -> f64 {
    stroke
        .windows(2)
        .map(|pair| {
            f64::hypot(
                f64::from(pair[1].x) - f64::from(pair[0].x),
                f64::from(pair[1].y) - f64::from(pair[0].y),
            )
        })
        .sum()
}

/// What the customer answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// They signed.
    Signed {
        /// The signer's name in letters.
        name: String,
        /// Their mark.
        signature: Signature,
        /// How content they are, if they said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        satisfaction: Option<Satisfaction>,
        /// What they wanted to add.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        remark: String,
    },
    /// They would not sign.
    Refused {
        /// Why, in their words.
        reason: String,
    },
}

/// Which of the two answers the customer gave: what a list needs to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// They signed.
    Signed,
    /// They would not sign.
    Refused,
}

impl Answer {
    /// Which of the two it is.
    pub const fn kind(&self) -> Answered {
        match self {
            Self::Signed { .. } => Answered::Signed,
            Self::Refused { .. } => Answered::Refused,
        }
    }
}

impl Ticket {
    /// How the customer has answered the present work, if they have.
    pub fn answered(&self) -> Option<Answered> {
        self.sign_off().map(|sign_off| sign_off.fact.answer.kind())
    }
}

/// The customer's answer, bound to what they were shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOff {
    /// What they were shown.
    pub sheet: Sheet,
    /// SHA-256 of the sheet's canonical form, as computed on the device at that moment.
    pub sha256: String,
    /// What they answered.
    pub answer: Answer,
}

impl SignOff {
    /// Binds an answer to a sheet.
    pub fn new(sheet: Sheet, answer: Answer) -> Self {
        let sha256 = sheet.hash();
        Self { sheet, sha256, answer }
    }

    /// Checks the binding and the answer.
    ///
    /// # Errors
    /// [`Refusal::ContentMismatch`] if the sheet is not the one that was hashed, or is about another ticket; otherwise the
    /// field that is wrong.
    pub(crate) fn check(&self, ticket: TicketId) -> Result<(), Refusal> {
        if self.sheet.ticket != ticket || self.sheet.hash() != self.sha256 {
            return Err(Refusal::ContentMismatch);
        }
        self.sheet.check()?;
        match &self.answer {
            Answer::Signed { name, signature, remark, .. } => {
                required_line(Field::SignerName, name)?;
                signature.check()?;
                text(Field::Note, remark)
            }
            Answer::Refused { reason } => super::intake::required_text(Field::Reason, reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn sheet() -> Sheet {
        let rows = vec![SheetRow { label: "已完成".into(), text: "更换主板".into() }];
        let ticket = TicketId::from_uuid(Uuid::from_u128(1));
        Sheet::new(
            ticket,
            "FB202611001".into(),
            "zh-CN".into(),
            Timestamp::from_millis(5),
            rows,
            "确认".into(),
        )
    }

    fn drawn(strokes: Vec<Stroke>) -> Signature {
        Signature::Drawn { strokes, height: 3_000 }
    }

    fn point(x: i32, y: i32) -> Point {
        Point { x, y, at_ms: 0, pressure: 128 }
    }

    #[test]
    fn the_canonical_form_never_changes() {
        assert_eq!(
            sheet().canonical(),
            r#"{"form":"service-sign-off/1","ticket":"00000000-0000-0000-0000-000000000001","number":"FB202611001","language":"zh-CN","shown_at":5,"rows":[{"label":"已完成","text":"更换主板"}],"statement":"确认"}"#
        );
        assert_eq!(sheet().hash(), "4775bbd4370938dcee6c57699790d08331879b3c2fc428f0530b57c4a498cfbb");
    }

    #[test]
    fn one_changed_word_breaks_the_binding() {
        let mut sign_off = SignOff::new(sheet(), Answer::Refused { reason: "没修好".into() });
        assert_eq!(sign_off.check(sign_off.sheet.ticket), Ok(()));
        sign_off.sheet.rows[0].text = "未更换".into();
        assert_eq!(sign_off.check(sign_off.sheet.ticket), Err(Refusal::ContentMismatch));
    }

    #[test]
    fn nobody_signs_for_a_sheet_that_says_nothing() {
        let sheets = [Sheet { rows: Vec::new(), ..sheet() }, Sheet { statement: "  ".into(), ..sheet() }];
        for sheet in sheets {
            let sign_off = SignOff::new(sheet, Answer::Refused { reason: "没修好".into() });
            let nothing = Refusal::Invalid { field: Field::Sheet, problem: Problem::Missing };
            assert_eq!(sign_off.check(sign_off.sheet.ticket), Err(nothing));
        }
    }

    #[test]
    fn a_signature_can_not_be_carried_to_another_ticket() {
        let sign_off = SignOff::new(sheet(), Answer::Refused { reason: "没修好".into() });
        assert_eq!(sign_off.check(TicketId::from_uuid(Uuid::from_u128(2))), Err(Refusal::ContentMismatch));
    }

    #[test]
    fn an_empty_pad_a_dot_and_a_tick_are_no_signatures() {
        let problem = |signature: Signature| match signature.check() {
            Err(Refusal::Invalid { field: Field::Signature, problem }) => Some(problem),
            _ => None,
        };
        assert_eq!(problem(drawn(vec![])), Some(Problem::Missing));
        assert_eq!(problem(drawn(vec![vec![]])), Some(Problem::Missing));
        assert_eq!(problem(drawn(vec![vec![point(10, 10)]])), Some(Problem::TooLittleInk));
        assert_eq!(problem(drawn(vec![vec![point(10, 10), point(80, 90)]])), Some(Problem::TooLittleInk));
        assert_eq!(problem(Signature::Typed { name: "  ".into() }), Some(Problem::Missing));
    }

    #[test]
    fn a_drawn_or_typed_name_is_a_signature() {
        assert_eq!(drawn(vec![vec![point(0, 0), point(900, 0)]]).check(), Ok(()));
        assert_eq!(Signature::Typed { name: "王芳".into() }.check(), Ok(()));
    }

    #[test]
    fn no_hand_draws_without_end_or_beyond_the_screen() {
        let problem = |signature: Signature| match signature.check() {
            Err(Refusal::Invalid { field: Field::Signature, problem }) => Some(problem),
            _ => None,
        };
        let line = vec![point(0, 0), point(900, 0)];
        let many_points = vec![vec![point(0, 0), point(900, 0)]; Signature::MAX_POINTS / 2 + 1];
        assert_eq!(problem(drawn(many_points)), Some(Problem::TooLong));
        let mut many_strokes = vec![vec![]; Signature::MAX_STROKES];
        many_strokes.push(line.clone());
        assert_eq!(problem(drawn(many_strokes)), Some(Problem::TooLong), "empty ones count as well");
        assert_eq!(problem(drawn(vec![line.clone(), vec![point(i32::MIN, 0)]])), Some(Problem::OutOfRange));
        let tower = Signature::Drawn { strokes: vec![line], height: i32::MAX };
        assert_eq!(problem(tower), Some(Problem::OutOfRange));
    }

    #[test]
    fn a_sheet_that_nobody_could_read_is_refused() {
        let too_long = Err(Refusal::Invalid { field: Field::Sheet, problem: Problem::TooLong });
        let check = |rows: Vec<SheetRow>| {
            let sheet = Sheet { rows, ..sheet() };
            let sign_off = SignOff::new(sheet, Answer::Refused { reason: "没修好".into() });
            sign_off.check(sign_off.sheet.ticket)
        };
        let row = |text: String| SheetRow { label: "配件".into(), text };
        assert_eq!(check(vec![row("轴承".into()); MAX_ROWS]), Ok(()));
        assert_eq!(check(vec![row("轴承".into()); MAX_ROWS + 1]), too_long);
        assert_eq!(check(vec![row("长".repeat(8_000)); 12]), Ok(()));
        assert_eq!(check(vec![row("长".repeat(8_000)); 13]), too_long);
        assert_eq!(check(vec![row("长".repeat(8_001))]), too_long);
    }

    #[test]
    fn satisfaction_outside_one_to_five_does_not_parse() {
        assert!(serde_json::from_str::<Satisfaction>("0").is_err());
        assert!(serde_json::from_str::<Satisfaction>("6").is_err());
        assert_eq!(serde_json::from_str::<Satisfaction>("5").unwrap().score(), 5);
    }
}
