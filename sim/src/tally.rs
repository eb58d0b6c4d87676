//! Counts what happened, so that a run can say that it has been everywhere.

use std::collections::BTreeMap;

macro_rules! marks {
    ($($name:ident = $words:literal, $per_thousand:literal;)*) => {
        /// Something that is to be reached now and then: a fault, or a rare state.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mark {
            $(#[doc = $words] $name,)*
        }

        impl Mark {
            /// Every mark.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What it is called.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)* }
            }

            /// How often a thousand seeds must reach it: well below what they do.
            const fn least(self) -> u64 {
                match self { $(Self::$name => $per_thousand,)* }
            }
        }
    };
}

marks! {
    RequestLost = "request lost", 500;
    AnswerLost = "answer lost", 500;
    AnswerLostAfterCommit = "answer lost after the commit", 200;
    RequestRepeated = "request repeated", 200;
    RequestRepeatedLate = "request repeated hours later", 100;
    RequestOvertaken = "push overtaken by a later one", 20;
    PartitionOneWay = "partition, one way", 100;
    PartitionBothWays = "partition, both ways", 100;
    PartitionOfDays = "partition of more than a day", 50;
    StreamCut = "event stream cut", 200;
    DeviceCrashed = "device crashed", 300;
    DeviceCrashedBeforeKeeping = "device crashed before keeping an answer or a deed", 20;
    DeviceCrashedAfterKeeping = "device crashed between keeping and showing", 20;
    DeviceFull = "device's store full", 20;
    DeviceStoreLost = "device's store lost, nothing kept", 20;
    DeviceStoreLostThoughKept = "device's store lost, but kept", 20;
    ClockJumped = "device's clock jumped", 100;
    ServerRestarted = "server restarted", 100;
    ServerKilledBeforeWriting = "server killed before writing", 20;
    ServerKilledBeforeAnswering = "server killed between writing and answering", 20;
    ServerFull = "server's disk full", 20;
    ServerBackedUp = "server backed up", 300;
    ServerRestored = "server restored from a backup", 15;
    PushesTogether = "pushes judged as one group", 15;
    PersonMoved = "person moved or given another role", 100;
    PersonLeft = "person deactivated", 30;
    PersonBack = "person reactivated", 5;
    Attack = "attack", 30;
    DeviceCopied = "device copied", 30;
    DeviceCrashedBetween = "device crashed between database and journal", 20;
    DatabaseWiped = "device's database wiped", 50;
    DatabaseRolledBack = "device's database as it was earlier", 20;
    DatabaseEntryLost = "entry lost from a device's database", 20;
    DatabaseUnreadable = "device's database unreadable", 30;
    JournalAltered = "byte altered in a device's journal", 30;
    JournalCutShort = "device's journal cut short", 30;
    JournalGone = "device's journal gone", 30;
    JournalFailed = "device's journal failing for a while", 30;
    JournalUnseen = "device's journal not to be seen while its database lacks something", 10;

    Applied = "change applied", 10_000;
    Duplicate = "duplicate recognised", 300;
    Refused = "change refused", 300;
    RefusedDoneAgain = "refused change done once more", 20;
    TakenAfterAll = "change taken that was refused before", 0;
    Parked = "change parked", 20;
    ParkedAdmitted = "parked change let in by the office", 2;
    ParkedDeclined = "parked change declined by the office", 2;
    RefusedDropped = "refused change dropped", 8;
    SettledByEvent = "own change came home by an event", 300;
    SettledByPull = "own change came home by a pull", 300;
    EventTakenIn = "event taken in", 1_000;
    EventLost = "event lost before another one of its ticket", 30;
    EventMisfit = "event that did not fit", 20;
    Behind = "stream that said `behind`", 100;
    ScopeCompared = "device compared with its person's scope after a sync", 5_000;
    GoneByEvent = "ticket gone by an event", 20;
    GoneByPull = "ticket gone by a pull", 20;
    Kept = "change kept for the next backup", 1_000;
    LetGoWithBackup = "change let go because a backup has it", 300;
    LetGoAfterLong = "change let go after thirty days", 30;
    SentAgain = "change sent again to a restored server", 30;
    HeldBack = "change waits for what a restored server lacks", 5;
    NumberGivenBack = "ticket given back its number after a restore", 5;
    CameAfterAll = "change taken after it had to wait", 5;
    DatabaseMended = "database mended from the journal", 30;
    EntriesRecovered = "database given back entries of its outbox", 20;
    JournalMended = "journal mended from the database", 30;
    PartedFromCopy = "device parted from its copy", 5;
    Reset = "new beginning", 200;
    Rebuilt = "new beginning of several pages", 20;
    PageWithMore = "page with more to come", 100;
    EpochChanged = "device met another history", 15;
    SignedOut = "device signed out", 50;
    Busy = "server asked to come back later", 20;
    Conflict = "ticket with a conflict", 100;
}

/// How often each mark was reached, and how much was done.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    marks: BTreeMap<Mark, u64>,
    /// Seeds played.
    pub seeds: u64,
    /// Things people did.
    pub deeds: u64,
    /// Questions the server answered.
    pub questions: u64,
    /// Simulated milliseconds.
    pub simulated_ms: u64,
    /// The longest that anything waited after its world had become well, in simulated milliseconds.
    pub slowest_delivery_ms: u64,
    /// Saved changes that are gone because database and journal were hurt at once, which their device has said.
    pub lost_with_both: u64,
    /// Changes that count beside what their author has done once more for them, because their push came in late in between.
    pub counted_twice: u64,
    /// Changes that a restored server had confirmed, and that nobody kept: what the backup's age costs.
    pub gone_with_restores: u64,
}

impl Tally {
    pub(crate) fn of_one_seed() -> Self {
        Self { seeds: 1, ..Self::default() }
    }

    pub(crate) fn reach(&mut self, mark: Mark) {
        *self.marks.entry(mark).or_default() += 1;
    }

    pub(crate) fn note_delivery(&mut self, took_ms: u64) {
        self.slowest_delivery_ms = self.slowest_delivery_ms.max(took_ms);
    }

    /// How often a mark was reached.
    pub fn count(&self, mark: Mark) -> u64 {
        self.marks.get(&mark).copied().unwrap_or_default()
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Self) {
        for (mark, count) in &other.marks {
            *self.marks.entry(*mark).or_default() += count;
        }
        self.seeds += other.seeds;
        self.deeds += other.deeds;
        self.questions += other.questions;
        self.simulated_ms += other.simulated_ms;
        self.gone_with_restores += other.gone_with_restores;
        self.slowest_delivery_ms = self.slowest_delivery_ms.max(other.slowest_delivery_ms);
        self.counted_twice += other.counted_twice;
        self.lost_with_both += other.lost_with_both;
    }

    /// The marks that were reached less often than so many seeds must reach them. Nothing, for so few seeds that chance decides.
    pub fn missed(&self) -> Vec<Mark> {
        if self.seeds < 500 {
            return Vec::new();
        }
        let enough = |mark: &Mark| self.count(*mark) * 1_000 >= mark.least() * self.seeds;
        Mark::ALL.iter().copied().filter(|mark| !enough(mark)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_never_reached_something_says_so() {
        let mut tally = Tally { seeds: 1_000, ..Tally::default() };
        for mark in Mark::ALL {
            for _ in 0..mark.least() {
                tally.reach(*mark);
            }
        }
        assert_eq!(tally.missed(), []);
        tally.seeds += 100;
        assert!(tally.missed().contains(&Mark::Duplicate));
        tally.seeds = 100;
        assert_eq!(tally.missed(), [], "few seeds prove nothing");
    }
}
