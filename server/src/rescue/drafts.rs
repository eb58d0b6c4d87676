//! Texts that were being written: given back to whoever has typed them, and to nobody else.
//!
//! A draft is no part of any record: its author has not said it yet, and may never have meant to. So a file that somebody else brings shows
//! them none, not even where they may see the ticket; it says how many there are, so that the author knows to bring the file, too.

use domain::PersonId;
use sync::rescue::{RescueReport, RescuedDraft};

use super::gather::Unread;

/// What the names of the parts begin with.
const PART: &str = "drafts/";
/// What the browser's keys begin with, in front of the author, the form and what it is about.
const KEY: &str = "fieldloop-draft/";
/// Most bytes of texts in one answer; what is beyond that is in the file still.
const MOST_BYTES: usize = 1024 * 1024;

/// Puts the texts that `person` has typed into the report, and counts the others.
pub(super) fn give_back(
    person: PersonId,
    drafts: Vec<(String, String)>,
    report: &mut RescueReport,
    unread: &mut Unread,
) {
    let mut room = MOST_BYTES;
    for (part, text) in drafts {
        let Some((form, about)) = typed_by(person, &part) else {
            report.drafts_withheld += 1;
            continue;
        };
        match room.checked_sub(text.len()) {
            Some(left) => {
                room = left;
                let (form, about) = (form.to_owned(), about.to_owned());
                report.drafts.push(RescuedDraft { form, about, text });
            }
            None => unread.note(&part, "too much text for one answer"),
        }
    }
}

/// The form and what it is about, if this is a draft of that person.
fn typed_by(person: PersonId, part: &str) -> Option<(&str, &str)> {
    let (author, draft) = part.strip_prefix(PART)?.strip_prefix(KEY)?.split_once('/')?;
    let is_theirs = author.parse().is_ok_and(|author: PersonId| author == person);
    is_theirs.then(|| draft.split_once('/').unwrap_or((draft, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHOR: &str = "0197c39f-1111-7222-8333-444455556666";

    fn give(drafts: &[(&str, &str)]) -> (RescueReport, Vec<String>) {
        let (mut report, mut unread) = (RescueReport::default(), Unread::default());
        let drafts = drafts.iter().map(|(part, text)| ((*part).to_owned(), (*text).to_owned())).collect();
        give_back(AUTHOR.parse().unwrap(), drafts, &mut report, &mut unread);
        (report, unread.into_lines())
    }

    #[test]
    fn an_author_gets_their_own_texts_and_the_number_of_the_others() {
        let own = format!("drafts/fieldloop-draft/{AUTHOR}/completion/some/ticket");
        let bare = format!("drafts/fieldloop-draft/{AUTHOR}/intake");
        let others = "drafts/fieldloop-draft/0197c39f-1111-7222-8333-444455557777/completion/some/ticket";
        let (report, unread) =
            give(&[(&own, "done"), (&bare, "begun"), (others, "secret"), ("drafts/?", "??")]);
        let draft = |form: &str, about: &str, text: &str| RescuedDraft {
            form: form.to_owned(),
            about: about.to_owned(),
            text: text.to_owned(),
        };
        assert_eq!(report.drafts, [draft("completion", "some/ticket", "done"), draft("intake", "", "begun")]);
        assert_eq!((report.drafts_withheld, unread.len()), (2, 0));
    }

    #[test]
    fn what_is_too_much_for_an_answer_is_named() {
        let part = format!("drafts/fieldloop-draft/{AUTHOR}/comment/1");
        let long = "x".repeat(MOST_BYTES);
        let (report, unread) = give(&[(&part, "short"), (&part, &long), (&part, "another")]);
        assert_eq!((report.drafts.len(), report.drafts_withheld), (2, 0));
        assert_eq!(unread, [format!("{part}: too much text for one answer")]);
    }
}
