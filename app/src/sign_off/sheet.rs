//! What the customer is shown and signs: built from the ticket in one place, shown as it is built, frozen once shown.
//!
//! Only what has been recorded stands on it. The short facts come first; how many they are is only for laying them out.

use domain::Timestamp;
use domain::ticket::{PartReplacement, Seen, Sheet, SheetRow, Ticket, Visit};
use serde::{Deserialize, Serialize};

use crate::field::place;
use crate::i18n::end_beside;
use crate::tickets::deed::{Speaker, join};
use crate::tickets::number_of;

/// A sheet, and how it lies on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownSheet {
    /// Exactly what is signed.
    pub sheet: Sheet,
    /// How many of its first rows are short facts.
    pub facts: usize,
    /// What was known of the ticket when it was written: that, and nothing that came in later, is what the signature is under.
    pub seen: Seen,
}

impl ShownSheet {
    /// The short facts.
    pub fn facts(&self) -> &[SheetRow] {
        &self.sheet.rows[..self.facts.min(self.sheet.rows.len())]
    }

    /// What was found and done.
    pub fn work(&self) -> &[SheetRow] {
        &self.sheet.rows[self.facts.min(self.sheet.rows.len())..]
    }

    /// Whether `newer` says something else, apart from when it was shown.
    pub fn is_overtaken_by(&self, newer: &Self) -> bool {
        let (old, new) = (&self.sheet, &newer.sheet);
        (old.ticket, &old.language, &old.rows, &old.statement)
            != (new.ticket, &new.language, &new.rows, &new.statement)
    }
}

/// Writes the sheet of the ticket's present cycle, in the speaker's language. `shown_at` is now.
pub fn sheet(ticket: &Ticket, speaker: &Speaker<'_>, shown_at: Timestamp) -> ShownSheet {
    let words = speaker.words;
    let number = number_of(ticket.id, ticket.number.as_ref(), words);
    let mut facts = Rows::default();
    let contact = &ticket.contact.value;
    facts.add(words.sheet_customer(), join(filled([&contact.company, &contact.name])));
    facts.add(words.sheet_number(), number.clone());
    let product = &ticket.intake.product;
    facts.add(words.sheet_product(), join(filled([&product.model, &product.serial])));
    facts.add(words.sheet_site(), place(&ticket.intake.site.region, &ticket.intake.site.address));
    for visit in visits(ticket) {
        facts.add(words.sheet_visit(), visit_words(visit, speaker));
    }
    let mut work = Rows::default();
    work.add(words.sheet_reported(), reported(ticket));
    if let Some(completion) = ticket.completion() {
        let completion = &completion.fact;
        work.add(words.sheet_found(), completion.found.clone());
        work.add(words.sheet_done(), completion.done.clone());
        work.add(words.sheet_cause(), completion.cause.clone());
    }
    for part in ticket.parts.iter().filter(|part| part.cycle == ticket.cycle) {
        work.add(words.sheet_part(), part_words(&part.fact, speaker));
    }
    if let Some(completion) = ticket.completion() {
        work.add(words.sheet_remaining(), completion.fact.remaining.clone());
    }
    let count = facts.0.len();
    let rows = facts.0.into_iter().chain(work.0).collect();
    let language = words.0.tag().to_owned();
    let statement = words.sheet_statement().to_owned();
    let sheet = Sheet::new(ticket.id, number, language, shown_at, rows, statement);
    ShownSheet { sheet, facts: count, seen: ticket.seen.clone() }
}

#[derive(Default)]
struct Rows(Vec<SheetRow>);

impl Rows {
    /// Adds a row, unless nothing was recorded for it.
    fn add(&mut self, label: &str, text: String) {
        if !text.trim().is_empty() {
            self.0.push(SheetRow { label: label.to_owned(), text });
        }
    }
}

fn filled<const N: usize>(facts: [&String; N]) -> impl Iterator<Item = &String> {
    facts.into_iter().filter(|fact| !fact.trim().is_empty())
}

fn reported(ticket: &Ticket) -> String {
    ticket.intake.words.trim().to_owned()
}

/// The visits since the ticket was last reopened.
fn visits(ticket: &Ticket) -> impl Iterator<Item = &Visit> {
    let since = ticket.reopenings.last().map(|reopening| reopening.happened);
    ticket.visits.iter().filter(move |visit| since.is_none_or(|since| visit.checked_in > since))
}

fn visit_words(visit: &Visit, speaker: &Speaker<'_>) -> String {
    let words = speaker.words;
    let from = (speaker.instant)(visit.checked_in);
    let span = match visit.checked_out {
        Some(left) => {
            let until = (speaker.instant)(left);
            words.sheet_visit_from_to(&from, end_beside(&from, &until))
        }
        None => words.sheet_visit_since(from),
    };
    join([span, speaker.name(visit.engineer)])
}

fn part_words(part: &PartReplacement, speaker: &Speaker<'_>) -> String {
    let words = speaker.words;
    let name = words.sheet_part_count(join(filled([&part.name, &part.part_number])), part.quantity);
    let old = (!part.old_serial.is_empty()).then(|| words.sheet_part_old(&part.old_serial));
    let new = (!part.new_serial.is_empty()).then(|| words.sheet_part_new(&part.new_serial));
    join([Some(name), old, new].into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use domain::people::{Directory, Person, Role};
    use domain::ticket::{Action, Comment, Completion, Nothing, Reason, ResponsibleParty};

    use super::*;
    use crate::i18n::{Locale, Words};
    use crate::tickets::sample::{Sample, department, person};

    fn shown(sample: &Sample, locale: Locale) -> ShownSheet {
        let engineer = Person {
            id: person(1),
            name: "周建国".into(),
            role: Role::Engineer,
            department: department(1),
            skills: Vec::new(),
            active: true,
        };
        let directory = Directory { people: vec![engineer], ..Directory::default() };
        let instant = |instant: Timestamp| format!("{}′", instant.as_millis() / Timestamp::MINUTE_MS);
        let speaker = Speaker { words: Words(locale), directory: &directory, instant: &instant };
        sheet(&sample.ticket(), &speaker, Timestamp::from_millis(5))
    }

    fn lines(rows: &[SheetRow]) -> Vec<String> {
        rows.iter().map(|row| format!("{}: {}", row.label, row.text)).collect()
    }

    fn part(name: &str, old: &str, new: &str) -> Action {
        Action::ReplacePart(PartReplacement {
            name: name.into(),
            part_number: "ZK-7".into(),
            old_serial: old.into(),
            new_serial: new.into(),
            quantity: 1,
            note: "for us only".into(),
        })
    }

    fn completion(remaining: &str) -> Action {
        Action::Complete(Completion {
            found: "E07".into(),
            done: "换主板".into(),
            cause: String::new(),
            responsible: ResponsibleParty::CustomerUse,
            remaining: remaining.into(),
        })
    }

    fn finished() -> Sample {
        let mut sample = Sample::registered(0);
        sample.add(10, Action::CheckIn(Nothing {}));
        sample.add(20, part("主板", "A1", "B2"));
        sample.add(30, completion(""));
        sample
    }

    #[test]
    fn a_sheet_says_what_was_recorded_and_nothing_else() {
        let shown = shown(&finished(), Locale::ZhCn);
        let number = &shown.sheet.number;
        assert_eq!(
            lines(shown.facts()),
            ["客户: 王丽".to_owned(), format!("工单号: {number}"), "上门服务: 10′ 起 · 周建国".to_owned()]
        );
        assert_eq!(
            lines(shown.work()),
            [
                "您反映的问题: 机器一开就报 E07",
                "检查发现: E07",
                "已完成的工作: 换主板",
                "更换配件: 主板 · ZK-7 × 1 · 旧件 A1 · 新件 B2"
            ]
        );
    }

    #[test]
    fn nothing_internal_stands_on_it() {
        let mut sample = finished();
        sample.add(40, Action::Comment(Comment { text: "difficult customer".into() }));
        let written = shown(&sample, Locale::En).sheet.canonical();
        assert!(!written.contains("difficult") && !written.contains("for us only"), "{written}");
    }

    #[test]
    fn it_is_written_in_the_customers_language() {
        let sheet = shown(&finished(), Locale::En).sheet;
        assert_eq!(sheet.language, "en");
        assert_eq!(lines(&sheet.rows)[2], "Visit: since 10′ · 周建国");
    }

    #[test]
    fn it_is_overtaken_only_by_what_the_customer_would_read() {
        let before = shown(&finished(), Locale::En);
        let mut commented = finished();
        commented.add(40, Action::Comment(Comment { text: "…".into() }));
        assert!(!before.is_overtaken_by(&shown(&commented, Locale::En)));
        let mut left = finished();
        left.add(40, Action::CheckOut(Nothing {}));
        assert!(before.is_overtaken_by(&shown(&left, Locale::En)));
    }

    #[test]
    fn it_remembers_what_it_was_written_from() {
        let sample = finished();
        let before = shown(&sample, Locale::En).seen;
        let mut later = finished();
        later.add(40, Action::Comment(Comment { text: "…".into() }));
        assert_eq!(before, sample.ticket().seen);
        assert_ne!(before, shown(&later, Locale::En).seen);
    }

    #[test]
    fn after_reopening_only_the_new_work_is_signed() {
        let mut sample = finished();
        sample.add(50, Action::Reopen(Reason { reason: "又坏了".into() }));
        sample.add(60, part("电源", "", ""));
        sample.add(70, completion("下周复查"));
        let work = lines(shown(&sample, Locale::ZhCn).work());
        assert_eq!(work.last().map(String::as_str), Some("遗留事项: 下周复查"));
        assert!(work.contains(&"更换配件: 电源 · ZK-7 × 1".to_owned()) && work.len() == 5, "{work:?}");
        assert_eq!(shown(&sample, Locale::ZhCn).facts().len(), 2, "the visit was before");
    }
}
