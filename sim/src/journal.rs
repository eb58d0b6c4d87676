//! A device's second journal, beside its database: files whose power can be cut while they are written, and that can be hurt.

use std::cell::Cell;

use sync::MemoryJournalFiles;
use sync::journal::{JournalError, JournalFiles, Ledger, Witness};

/// Where the power goes while a batch is kept that is in the database already.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    /// While the journal is written: so many thousandths of it are there.
    Writing {
        /// How many.
        thousandths: usize,
    },
    /// Between the journal and the note.
    Noting,
}

/// A device's journal.
#[derive(Debug, Default)]
pub(crate) struct Files {
    kept: MemoryJournalFiles,
    cut: Cell<Option<Cut>>,
    /// The power is gone: what is written now is not.
    is_off: Cell<bool>,
    /// It can't be read the next time.
    is_unseen: Cell<bool>,
    /// It could not be read the last time.
    was_unseen: Cell<bool>,
    /// Nothing is ever written: a defect to be found.
    is_bypassed: bool,
}

impl Files {
    /// A journal that is never written.
    pub(crate) fn bypassed() -> Self {
        Self { is_bypassed: true, ..Self::default() }
    }

    /// Another journal with the same in it.
    pub(crate) fn copy(&self) -> Self {
        Self { kept: self.kept.clone(), is_bypassed: self.is_bypassed, ..Self::default() }
    }

    /// The power goes when this is reached.
    pub(crate) fn cut_at(&self, cut: Cut) {
        self.cut.set(Some(cut));
    }

    /// The power is back.
    pub(crate) fn power_is_back(&self) {
        self.cut.set(None);
        self.is_off.set(false);
    }

    /// One byte is another one. `place` chooses it.
    pub(crate) fn alter(&self, place: usize) {
        for file in self.kept.files.borrow_mut().values_mut().filter(|file| !file.is_empty()) {
            let place = place % file.len();
            file[place] ^= 0x20;
        }
    }

    /// Only the beginning is there. `place` chooses where it ends.
    pub(crate) fn cut_short(&self, place: usize) {
        for file in self.kept.files.borrow_mut().values_mut() {
            let length = place % (file.len() + 1);
            file.truncate(length);
        }
    }

    /// All files are gone.
    pub(crate) fn lose_all(&self) {
        self.kept.files.borrow_mut().clear();
    }

    /// Nothing works until [`Self::works_again`].
    pub(crate) fn fail(&self) {
        *self.kept.broken.borrow_mut() = Some(JournalError::Failed("the worker is gone".to_owned()));
    }

    pub(crate) fn works_again(&self) {
        *self.kept.broken.borrow_mut() = None;
    }

    /// It can't be read the next time.
    pub(crate) fn hide_once(&self) {
        self.is_unseen.set(true);
    }

    /// Whether it could not be read the last time.
    pub(crate) fn was_unseen(&self) -> bool {
        self.was_unseen.get()
    }

    /// What is written, and whether something in it is damaged.
    pub(crate) fn written(&self) -> (Ledger, bool) {
        let files: Vec<_> =
            self.kept.files.borrow().iter().map(|(number, file)| (*number, file.clone())).collect();
        Ledger::read(&files)
    }

    /// What of it reaches the files; nothing, if the power is gone.
    fn reaching<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        if self.is_off.get() || self.is_bypassed {
            return None;
        }
        let Some(Cut::Writing { thousandths }) = self.cut.get() else { return Some(bytes) };
        self.is_off.set(true);
        bytes.get(..bytes.len() * thousandths / 1_000)
    }
}

impl JournalFiles for Files {
    async fn read(&self) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
        let read = if self.is_unseen.take() {
            Err(JournalError::Failed("the worker does not answer".to_owned()))
        } else {
            self.kept.read().await
        };
        self.was_unseen.set(read.is_err());
        read
    }

    async fn begin(&self, number: u64, content: &[u8]) -> Result<(), JournalError> {
        match self.reaching(content) {
            Some(content) => self.kept.begin(number, content).await,
            None => Ok(()),
        }
    }

    async fn append(&self, bytes: &[u8]) -> Result<(), JournalError> {
        match self.reaching(bytes) {
            Some(bytes) => self.kept.append(bytes).await,
            None => Ok(()),
        }
    }

    async fn remove_below(&self, number: u64) -> Result<(), JournalError> {
        if self.reaching(&[]).is_some() { self.kept.remove_below(number).await } else { Ok(()) }
    }

    async fn make_room(&self) -> bool {
        false
    }

    fn note(&self, witness: &Witness) {
        if !self.is_off.get() && !self.is_bypassed && self.cut.get().is_none() {
            self.kept.note(witness);
        }
    }

    fn noted(&self) -> Option<Witness> {
        self.kept.noted()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn of_what_is_written_when_the_power_goes_a_part_is_there_and_of_what_follows_nothing() {
        let files = Files::default();
        let witness = Witness { batch: 2, ..Witness::default() };
        block_on(async {
            files.begin(1, b"first").await.unwrap();
            files.cut_at(Cut::Writing { thousandths: 500 });
            files.append(b"half").await.unwrap();
            files.append(b"none").await.unwrap();
            files.note(&witness);
            files.power_is_back();
            assert_eq!(files.read().await.unwrap(), [(1, b"firstha".to_vec())]);
            assert_eq!(files.noted(), None);
            files.append(b"all").await.unwrap();
            assert_eq!(files.read().await.unwrap(), [(1, b"firsthaall".to_vec())]);
        });
    }
}
