//! The gate: the one way by which somebody leaves work behind on a device, or has it removed.
//!
//! Most of what happens to a device takes nothing from it and passes no gate. When a session expires, or somebody else signs in, the
//! person's work stays in their own database. A ticket that leaves their sight leaves its unsent changes here. A device that runs
//! full keeps less, and says so each time. That leaves two ways out: signing out, after which nobody sees what waits until the
//! same person comes back, and resetting, after which it is gone.
//!
//! Either needs a [`Cleared`], and only the gate makes one: when the server has everything, or when the person has confirmed that
//! they have a rescue file ([`Rescued`]) with all that it has not. With it, the desk is shut: nothing can be recorded any more
//! that the gate has not seen.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use domain::ChangeId;
use domain::ticket::FileHash;
use sync::OutboxEntry;
use sync::files::OnlyHere;

use crate::device::rescue::Written;

/// What a device holds of a person's work.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holding {
    waiting: BTreeSet<ChangeId>,
    refused: BTreeSet<ChangeId>,
    parked: usize,
    files: BTreeSet<FileHash>,
    files_set_aside: BTreeSet<FileHash>,
    files_to_add: usize,
    drafts: BTreeMap<String, String>,
}

impl Holding {
    /// What an outbox, the files that the server lacks, and the drafts beside them amount to.
    pub fn of<'e>(
        outbox: impl IntoIterator<Item = &'e OutboxEntry>,
        files: OnlyHere,
        drafts: BTreeMap<String, String>,
    ) -> Self {
        // What is lost holds nobody back: staying would not bring it back.
        let OnlyHere { to_send: mut files, set_aside: files_set_aside, unreadable, lost: _ } = files;
        files.extend(unreadable);
        let mut holding = Self { files, files_set_aside, drafts, ..Self::default() };
        for entry in outbox {
            if entry.is_waiting() {
                holding.waiting.insert(entry.change.id);
            } else if entry.is_refused() {
                holding.refused.insert(entry.change.id);
            } else if entry.is_parked() {
                holding.parked += 1;
            }
        }
        holding
    }

    /// The same, and so many files that were chosen and have not been kept yet.
    pub(super) const fn and_to_add(mut self, files: usize) -> Self {
        self.files_to_add = files;
        self
    }

    /// Changes that the server has not been told of.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Changes that the server refused and nobody has dealt with.
    pub fn refused(&self) -> usize {
        self.refused.len()
    }

    /// Changes about which the office has yet to decide. The server has them, so they hold nobody back.
    pub const fn parked(&self) -> usize {
        self.parked
    }

    /// Files that are only here, also those whose change the office has yet to decide on.
    pub fn files(&self) -> usize {
        self.files.union(&self.files_set_aside).count()
    }

    /// Files that were chosen and are not kept yet, or could not be: no rescue file has them.
    pub const fn files_to_add(&self) -> usize {
        self.files_to_add
    }

    /// Texts that were typed and not recorded.
    pub fn drafts(&self) -> usize {
        self.drafts.len()
    }

    /// Changes that are only here.
    pub fn changes(&self) -> usize {
        self.waiting() + self.refused()
    }
}

/// A way out.
pub trait WayOut {
    /// What of a device's holding would be out of reach afterwards, beside what is on its way to the server.
    fn more_at_stake(holding: &Holding) -> usize;
}

/// The person leaves, and all that is here stays for when they come back.
#[derive(Debug)]
pub enum SigningOut {}

/// All that is here of the person is removed.
#[derive(Debug)]
pub enum Resetting {}

impl WayOut for SigningOut {
    fn more_at_stake(_: &Holding) -> usize {
        0
    }
}

impl WayOut for Resetting {
    fn more_at_stake(holding: &Holding) -> usize {
        // A file whose change the office has yet to decide on is nowhere else.
        holding.drafts() + holding.files_set_aside.len()
    }
}

/// Says that the gate has opened for this way out. Nobody else can say so.
#[derive(Debug)]
#[must_use]
pub struct Cleared<W> {
    way: PhantomData<W>,
}

/// Says that the person has gone through the gate and nobody works here any more.
#[derive(Debug)]
#[must_use]
pub struct SignedOut {
    _cleared: Cleared<SigningOut>,
}

impl SignedOut {
    pub(super) const fn after(cleared: Cleared<SigningOut>) -> Self {
        Self { _cleared: cleared }
    }
}

/// Why the gate stays shut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeldBack {
    /// What this device holds is seen in another window, and can be dealt with there.
    #[error("another window is in use")]
    Elsewhere,
    /// What this device holds can't be read. A rescue file takes along what can be.
    #[error("what this device holds can't be read")]
    Unseen,
    /// All this is only here.
    #[error("{} changes, {} files and {} unrecorded texts are only on this device", .0.changes(), .0.files(), .0.drafts())]
    Holding(Box<Holding>),
}

/// A rescue file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RescueFile {
    /// What it is called.
    pub name: String,
    /// What could not be read, in words for whoever looks into it.
    pub unread: Vec<String>,
    contents: Holding,
}

impl RescueFile {
    /// The file that was written while a device held this. `by_journal`: the second journal is where the device's database is.
    pub(super) fn new(written: Written, mut held: Holding, by_journal: bool) -> Self {
        let Written { name, changes, journal_is_whole, files, unread } = written;
        let is_in_it = |change: &ChangeId| changes.contains(&change.seq) || (by_journal && journal_is_whole);
        held.waiting.retain(&is_in_it);
        held.refused.retain(&is_in_it);
        held.files.retain(|hash| files.contains(hash));
        held.files_set_aside.retain(|hash| files.contains(hash));
        Self { name, unread, contents: held }
    }

    /// The person says that they have it: not only that it was written, but that it is where they can find it.
    pub fn confirmed(self) -> Rescued {
        Rescued { contents: self.contents }
    }
}

/// Work that the person has in a rescue file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rescued {
    contents: Holding,
}

impl Rescued {
    /// Whether nothing has been done since that is not in the file.
    fn has_all_of(&self, holding: &Holding) -> bool {
        let Self { contents } = self;
        let has = |change| contents.waiting.contains(change) || contents.refused.contains(change);
        let has_file = |hash| contents.files.contains(hash) || contents.files_set_aside.contains(hash);
        let drafts = &contents.drafts;
        holding.files_to_add == 0
            && holding.waiting.iter().all(has)
            && holding.refused.iter().all(has)
            && holding.files.iter().chain(&holding.files_set_aside).all(has_file)
            && holding.drafts.iter().all(|(key, text)| drafts.get(key) == Some(text))
    }
}

/// The gate itself. Whoever opens it must make sure that nothing is recorded from then on.
pub(super) fn judge<W: WayOut>(holding: Holding, rescued: Option<&Rescued>) -> Result<Cleared<W>, HeldBack> {
    let at_stake =
        holding.changes() + holding.files.len() + holding.files_to_add + W::more_at_stake(&holding);
    if at_stake == 0 || rescued.is_some_and(|rescued| rescued.has_all_of(&holding)) {
        Ok(Cleared { way: PhantomData })
    } else {
        Err(HeldBack::Holding(Box::new(holding)))
    }
}

/// The gate where nothing can be seen of what is kept. Nobody is locked in for ever: whoever has a rescue file has what can be read.
pub(super) fn judge_unseen<W: WayOut>(rescued: Option<&Rescued>) -> Result<Cleared<W>, HeldBack> {
    rescued.map(|_| Cleared { way: PhantomData }).ok_or(HeldBack::Unseen)
}

#[cfg(test)]
mod tests {
    use domain::{Refusal, Timestamp};
    use sync::OutboxState;
    use sync::conformance::entry;

    use super::*;

    fn refused() -> OutboxState {
        OutboxState::Refused { because: Refusal::UnknownTicket, at: Timestamp::from_millis(0) }
    }

    fn parked() -> OutboxState {
        OutboxState::Parked { because: Refusal::NotAccountable, at: Timestamp::from_millis(0) }
    }

    fn holding(entries: &[OutboxEntry], drafts: &[(&str, &str)]) -> Holding {
        Holding::of(
            entries,
            OnlyHere::default(),
            drafts.iter().map(|(key, text)| ((*key).into(), (*text).into())).collect(),
        )
    }

    fn written(changes: &[u64], journal_is_whole: bool) -> Written {
        Written {
            name: "a file".to_owned(),
            changes: changes.iter().copied().collect(),
            journal_is_whole,
            files: BTreeSet::new(),
            unread: Vec::new(),
        }
    }

    fn is_open<W: WayOut>(holding: Holding, rescued: Option<&Rescued>) -> bool {
        judge::<W>(holding, rescued).is_ok()
    }

    #[test]
    fn what_is_only_here_holds_back() {
        for state in [OutboxState::Waiting, refused()] {
            let held = || holding(&[entry(1, state.clone())], &[]);
            assert!(!is_open::<SigningOut>(held(), None) && !is_open::<Resetting>(held(), None), "{state:?}");
        }
    }

    #[test]
    fn what_the_server_has_holds_nobody_back() {
        let at = Timestamp::from_millis(0);
        let kept = OutboxState::Kept { revision: 7, since: at, since_here: at };
        for state in [OutboxState::Accepted { revision: 7 }, kept, parked()] {
            let held = || holding(&[entry(1, state.clone())], &[]);
            assert!(is_open::<SigningOut>(held(), None) && is_open::<Resetting>(held(), None), "{state:?}");
        }
    }

    #[test]
    fn a_typed_text_stays_when_its_author_leaves_and_holds_back_a_reset() {
        let held = || holding(&[], &[("note", "half a sentence")]);
        assert!(is_open::<SigningOut>(held(), None));
        assert!(!is_open::<Resetting>(held(), None));
    }

    #[test]
    fn a_rescue_file_opens_the_gate_for_what_is_in_it() {
        let held = holding(&[entry(1, OutboxState::Waiting), entry(2, refused())], &[("note", "typed")]);
        let file = RescueFile::new(written(&[1, 2], false), held.clone(), false).confirmed();
        assert!(is_open::<SigningOut>(held.clone(), Some(&file)));
        assert!(is_open::<Resetting>(held, Some(&file)));
    }

    #[test]
    fn a_rescue_file_without_one_of_the_changes_opens_nothing() {
        let held = holding(&[entry(1, OutboxState::Waiting), entry(2, refused())], &[]);
        let file = RescueFile::new(written(&[1], true), held.clone(), false).confirmed();
        assert!(!is_open::<SigningOut>(held, Some(&file)));
    }

    #[test]
    fn where_there_is_no_database_the_whole_journal_will_do() {
        let held = holding(&[entry(1, OutboxState::Waiting)], &[]);
        let file = |whole| RescueFile::new(written(&[], whole), held.clone(), true).confirmed();
        assert!(is_open::<SigningOut>(held.clone(), Some(&file(true))));
        assert!(!is_open::<SigningOut>(held.clone(), Some(&file(false))));
    }

    #[test]
    fn what_was_done_after_the_file_was_written_holds_back_again() {
        let before = holding(&[entry(1, OutboxState::Waiting)], &[("note", "typed")]);
        let file = RescueFile::new(written(&[1, 2], true), before, false).confirmed();
        let one_more = [entry(1, OutboxState::Waiting), entry(2, OutboxState::Waiting)];
        assert!(!is_open::<SigningOut>(holding(&one_more, &[]), Some(&file)));
        assert!(!is_open::<Resetting>(holding(&one_more[..1], &[("note", "typed on")]), Some(&file)));
    }

    #[test]
    fn a_change_that_was_refused_meanwhile_is_in_the_file_all_the_same() {
        let before = holding(&[entry(1, OutboxState::Waiting)], &[]);
        let file = RescueFile::new(written(&[1], true), before, false).confirmed();
        assert!(is_open::<SigningOut>(holding(&[entry(1, refused())], &[]), Some(&file)));
    }

    #[test]
    fn a_file_on_its_way_holds_back_until_a_rescue_file_has_it() {
        let hash = |number| FileHash::from_digest([number; 32]);
        let files = OnlyHere {
            to_send: [hash(1)].into(),
            set_aside: [hash(2)].into(),
            lost: [hash(3)].into(),
            ..OnlyHere::default()
        };
        let held = || Holding::of([], files.clone(), BTreeMap::new());
        assert!(!is_open::<SigningOut>(held(), None));
        let with = |files: &[FileHash]| {
            let written = Written { files: files.iter().copied().collect(), ..written(&[], true) };
            RescueFile::new(written, held(), false).confirmed()
        };
        assert!(is_open::<Resetting>(held(), Some(&with(&[hash(1), hash(2)]))));
        assert!(!is_open::<Resetting>(held(), Some(&with(&[hash(1)]))));
    }

    #[test]
    fn a_file_that_can_not_be_read_holds_back_like_one_on_its_way() {
        let files = OnlyHere { unreadable: [FileHash::from_digest([4; 32])].into(), ..OnlyHere::default() };
        let held = || Holding::of([], files.clone(), BTreeMap::new());
        assert!(!is_open::<SigningOut>(held(), None) && !is_open::<Resetting>(held(), None));
    }

    #[test]
    fn a_photo_that_is_still_being_prepared_holds_back_whatever_file_there_is() {
        let held = || holding(&[], &[]).and_to_add(1);
        assert_eq!((held().files(), held().files_to_add()), (0, 1));
        let file = RescueFile::new(written(&[], true), held(), false).confirmed();
        assert!(!is_open::<SigningOut>(held(), None) && !is_open::<SigningOut>(held(), Some(&file)));
    }

    #[test]
    fn where_nothing_can_be_read_a_rescue_file_is_the_way_out() {
        assert_eq!(judge_unseen::<Resetting>(None).unwrap_err(), HeldBack::Unseen);
        let file = RescueFile::new(written(&[], false), Holding::default(), false).confirmed();
        assert!(judge_unseen::<Resetting>(Some(&file)).is_ok());
    }

    #[test]
    fn a_file_that_waits_for_the_office_holds_back_a_reset_alone() {
        let files = OnlyHere { set_aside: [FileHash::from_digest([2; 32])].into(), ..OnlyHere::default() };
        let held = || Holding::of([], files.clone(), BTreeMap::new());
        assert!(is_open::<SigningOut>(held(), None));
        assert!(!is_open::<Resetting>(held(), None));
    }
}
