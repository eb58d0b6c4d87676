//! When a draft is sent to the server while it is edited: one request after the other, each building on the one before.
//!
//! ```text
//!            edited              pause over, or now           answered
//!   kept ───────────▶ waiting ───────────────────▶ sending ───────────▶ kept, or waiting if it was edited meanwhile
//!                                                    │
//!                                                    ├──▶ failed    sent again with the next edit, or when asked
//!                                                    └──▶ conflict  nothing is sent until the person has decided
//!   any ──▶ closed    once the request under way is answered, the draft is thrown away; nothing is ever sent after
//! ```
//!
//! It has no timer and no network: it says what to do next, and is told what came of it. So it goes on when the page that
//! began it is gone.

use domain::Timestamp;

use super::calls::Failure;

/// How the draft on the server stands to the one on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeping {
    /// They are the same, since this time.
    Kept(Timestamp),
    /// It will be sent, or is on its way.
    Sending,
    /// It is not there, and why.
    Failed(Failure),
    /// There is none any more, as the person wanted.
    Gone,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step<B> {
    /// Send this.
    Put {
        /// What was edited.
        body: B,
        /// The change that it builds on; nothing, if it is to hold whatever anybody has done.
        seen: Option<Timestamp>,
    },
    /// Throw the draft away.
    Drop,
}

/// Why a draft is thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// It was published. If it can't be thrown away it lies about, and that is all.
    Published,
    /// The person wants it gone. If it can't be thrown away they go on with it.
    Dropped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    Open,
    /// To be thrown away as soon as nothing is under way.
    Closing(Close),
    /// Thrown away.
    Gone,
    /// Nothing on the screen is to be kept.
    Abandoned,
}

/// One draft, from being opened until everything is kept.
#[derive(Debug, Clone)]
pub struct Keeper<B> {
    newest: B,
    /// Moves with each edit.
    edition: u64,
    /// Whether `newest` is more than what was sent last.
    is_dirty: bool,
    is_sending: bool,
    /// The last change on the server that is known here.
    seen: Timestamp,
    /// The person has said that theirs is to hold.
    is_unchecked: bool,
    failure: Option<Failure>,
    course: Course,
}

impl<B: Clone + PartialEq> Keeper<B> {
    /// A draft as it came from the server.
    pub const fn new(newest: B, seen: Timestamp) -> Self {
        Self {
            newest,
            edition: 0,
            is_dirty: false,
            is_sending: false,
            seen,
            is_unchecked: false,
            failure: None,
            course: Course::Open,
        }
    }

    /// How the draft on the server stands to the one on the screen.
    pub fn keeping(&self) -> Keeping {
        match (&self.failure, self.course) {
            (_, Course::Gone) => Keeping::Gone,
            (Some(failure), Course::Open) => Keeping::Failed(failure.clone()),
            (None, Course::Open) if !self.is_dirty && !self.is_sending => Keeping::Kept(self.seen),
            _ => Keeping::Sending,
        }
    }

    /// It was edited. Returns what to call [`Self::due`] with after a pause.
    pub fn edited(&mut self, newest: B) -> u64 {
        self.take(newest);
        // What failed for want of a network is tried again with this edit; a conflict waits for the person.
        if !self.is_in_conflict() {
            self.failure = None;
        }
        self.edition
    }

    /// The pause after an edit is over.
    pub fn due(&mut self, edition: u64) -> Option<Step<B>> {
        if edition == self.edition { self.next() } else { None }
    }

    /// Keeps it without a pause, if there is anything to keep.
    pub fn now(&mut self) -> Option<Step<B>> {
        let step = self.next();
        if step.is_some() {
            self.failure = None;
        }
        step
    }

    /// Keeps it whatever somebody else has made of it.
    pub fn overwrite(&mut self) -> Option<Step<B>> {
        self.failure = None;
        self.is_unchecked = true;
        self.is_dirty = true;
        self.next()
    }

    /// The page is left, with this on it.
    pub fn left(&mut self, newest: B) -> Option<Step<B>> {
        self.take(newest);
        self.now()
    }

    /// The draft is to go. Nothing is sent any more; what is under way comes first, lest it arrive after.
    pub fn close(&mut self, why: Close) -> Option<Step<B>> {
        self.course = Course::Closing(why);
        (!self.is_sending).then_some(Step::Drop)
    }

    /// Lets go of what is on the screen, in favour of what is on the server.
    pub const fn abandon(&mut self) {
        self.course = Course::Abandoned;
    }

    /// What became of [`Step::Put`]: when it was kept.
    pub fn answered(&mut self, answer: Result<Timestamp, Failure>) -> Option<Step<B>> {
        self.is_sending = false;
        match answer {
            Ok(at) => {
                self.seen = at;
                // From here on it builds on what this page has written itself.
                self.is_unchecked = false;
                self.failure = None;
            }
            Err(failure) => {
                self.is_dirty = true;
                self.failure = Some(failure);
            }
        }
        match (&self.failure, self.course) {
            (_, Course::Closing(_)) => Some(Step::Drop),
            (None, _) => self.next(),
            (Some(_), _) => None,
        }
    }

    /// What became of [`Step::Drop`].
    pub fn dropped(&mut self, answer: Result<(), Failure>) {
        let may_stay = self.course == Course::Closing(Close::Dropped);
        match answer {
            // Gone already is gone.
            Err(failure) if may_stay && failure != Failure::DraftGone => {
                self.course = Course::Open;
                self.is_dirty = true;
                self.failure = Some(failure);
            }
            Ok(()) | Err(_) => self.course = Course::Gone,
        }
    }

    fn take(&mut self, newest: B) {
        if newest != self.newest {
            self.newest = newest;
            self.edition += 1;
            self.is_dirty = true;
        }
    }

    fn next(&mut self) -> Option<Step<B>> {
        let may_send = self.course == Course::Open && !self.is_sending && !self.is_in_conflict();
        if !may_send || !self.is_dirty {
            return None;
        }
        self.is_sending = true;
        self.is_dirty = false;
        let seen = (!self.is_unchecked).then_some(self.seen);
        Some(Step::Put { body: self.newest.clone(), seen })
    }

    /// Whether only the person can say what is to hold.
    fn is_in_conflict(&self) -> bool {
        self.failure
            .as_ref()
            .is_some_and(|failure| matches!(failure, Failure::DraftChanged | Failure::DraftGone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn opened() -> Keeper<&'static str> {
        Keeper::new("as opened", at(1))
    }

    fn put(body: &'static str, seen: i64) -> Option<Step<&'static str>> {
        Some(Step::Put { body, seen: Some(at(seen)) })
    }

    fn unchecked(body: &'static str) -> Option<Step<&'static str>> {
        Some(Step::Put { body, seen: None })
    }

    /// A draft with an edit under way.
    fn sending() -> Keeper<&'static str> {
        let mut keeper = opened();
        keeper.edited("one");
        assert_eq!(keeper.now(), put("one", 1));
        keeper
    }

    fn in_conflict() -> Keeper<&'static str> {
        let mut keeper = sending();
        assert_eq!(keeper.answered(Err(Failure::DraftChanged)), None);
        keeper
    }

    #[test]
    fn an_edit_is_sent_after_the_pause_and_only_the_last_of_several() {
        let mut keeper = opened();
        assert_eq!(keeper.keeping(), Keeping::Kept(at(1)));
        let first = keeper.edited("one");
        let second = keeper.edited("two");
        assert_eq!(keeper.keeping(), Keeping::Sending);
        assert_eq!(keeper.due(first), None);
        assert_eq!(keeper.due(second), put("two", 1));
        assert_eq!(keeper.answered(Ok(at(5))), None);
        assert_eq!(keeper.keeping(), Keeping::Kept(at(5)));
        assert_eq!(keeper.now(), None, "nothing is left to keep");
    }

    #[test]
    fn what_was_edited_while_it_was_sent_follows_and_builds_on_the_answer() {
        let mut keeper = sending();
        let edition = keeper.edited("two");
        assert_eq!(keeper.due(edition), None, "one after the other");
        assert_eq!(keeper.answered(Ok(at(5))), put("two", 5));
        assert_eq!(keeper.keeping(), Keeping::Sending);
        assert_eq!(keeper.answered(Ok(at(9))), None);
        assert_eq!(keeper.keeping(), Keeping::Kept(at(9)));
    }

    #[test]
    fn what_was_edited_while_it_overwrote_is_not_shown_as_kept_before_it_is() {
        let mut keeper = in_conflict();
        assert_eq!(keeper.overwrite(), unchecked("one"));
        keeper.edited("two");
        assert_eq!(keeper.answered(Ok(at(7))), put("two", 7));
        assert_eq!(keeper.keeping(), Keeping::Sending);
        keeper.answered(Ok(at(8)));
        assert_eq!(keeper.keeping(), Keeping::Kept(at(8)));
    }

    #[test]
    fn an_overwriting_that_found_no_network_still_overwrites_when_it_is_tried_again() {
        let mut keeper = in_conflict();
        keeper.overwrite();
        assert_eq!(keeper.answered(Err(Failure::Unreachable)), None);
        assert_eq!(keeper.keeping(), Keeping::Failed(Failure::Unreachable));
        assert_eq!(keeper.now(), unchecked("one"));
    }

    #[test]
    fn a_page_left_while_something_is_sent_sends_its_last_edit_behind_it() {
        let mut keeper = sending();
        assert_eq!(keeper.left("the last word"), None);
        assert_eq!(keeper.answered(Ok(at(5))), put("the last word", 5));
        assert_eq!(keeper.answered(Ok(at(6))), None);
    }

    #[test]
    fn a_page_left_within_the_pause_sends_at_once_and_one_without_edits_nothing() {
        let mut keeper = opened();
        let edition = keeper.edited("one");
        assert_eq!(keeper.left("one, and a letter"), put("one, and a letter", 1));
        assert_eq!(keeper.due(edition), None);
        assert_eq!(opened().left("as opened"), None);
    }

    #[test]
    fn after_a_conflict_nothing_is_sent_until_the_person_has_decided() {
        for failure in [Failure::DraftChanged, Failure::DraftGone] {
            let mut keeper = sending();
            assert_eq!(keeper.answered(Err(failure.clone())), None);
            let edition = keeper.edited("two");
            assert_eq!(keeper.due(edition), None);
            assert_eq!(keeper.now(), None);
            assert_eq!(keeper.keeping(), Keeping::Failed(failure));
            assert_eq!(keeper.clone().left("three"), None);
            assert_eq!(keeper.overwrite(), unchecked("two"));
        }
    }

    #[test]
    fn without_a_network_it_is_tried_again_when_it_is_back_or_with_the_next_edit() {
        let mut keeper = sending();
        keeper.answered(Err(Failure::Unreachable));
        assert_eq!(keeper.clone().now(), put("one", 1));
        let edition = keeper.edited("two");
        assert_eq!(keeper.keeping(), Keeping::Sending);
        assert_eq!(keeper.due(edition), put("two", 1));
    }

    #[test]
    fn a_published_draft_is_thrown_away_after_what_is_under_way_and_nothing_is_sent_after() {
        let mut keeper = sending();
        let edition = keeper.edited("two");
        assert_eq!(keeper.close(Close::Published), None, "lest it arrive after");
        assert_eq!(keeper.answered(Ok(at(5))), Some(Step::Drop));
        assert_eq!(keeper.due(edition), None);
        assert_eq!(keeper.now(), None);
        keeper.dropped(Err(Failure::Unreachable));
        assert_eq!(keeper.keeping(), Keeping::Gone, "it lies about, and that is all");
        assert_eq!(keeper.left("three"), None);
    }

    #[test]
    fn a_draft_thrown_away_within_the_pause_is_not_sent_by_its_timer() {
        let mut keeper = opened();
        let edition = keeper.edited("one");
        assert_eq!(keeper.close(Close::Dropped), Some(Step::Drop));
        assert_eq!(keeper.due(edition), None);
        keeper.dropped(Err(Failure::DraftGone));
        assert_eq!(keeper.keeping(), Keeping::Gone, "somebody else was quicker");
        assert_eq!(keeper.left("two"), None);
    }

    #[test]
    fn a_draft_that_could_not_be_thrown_away_is_gone_on_with() {
        let mut keeper = opened();
        keeper.close(Close::Dropped);
        keeper.dropped(Err(Failure::Unreachable));
        assert_eq!(keeper.keeping(), Keeping::Failed(Failure::Unreachable));
        assert_eq!(keeper.now(), put("as opened", 1));
    }

    #[test]
    fn whoever_takes_what_is_on_the_server_sends_nothing_of_their_own() {
        let mut keeper = in_conflict();
        keeper.abandon();
        assert_eq!(keeper.left("two"), None);
    }
}
