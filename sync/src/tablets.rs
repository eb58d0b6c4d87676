//! What waits on each device, as the server was last told: when a device is lost, wiped by its browser or replaced, somebody hears of it.
//!
//! | message | where |
//! |---|---|
//! | [`Standing`] → [`Heard`] | `POST /api/sync/standing` |
//! | [`TabletsPage`] | `GET /api/tablets` |
//! | [`LookedInto`] | `POST /api/tablets/looked-into` |
//!
//! A device tells what has come to wait on it, not what has left it: of its changes and files the server knows by itself which it
//! has. So a device that was switched off in the midst of sending is not believed to hold what has arrived, and what a rescue file has
//! brought is not missed. Deliberately absent: anything of the tickets that the work is about.

use std::collections::BTreeSet;

use domain::ticket::FileHash;
use domain::{DeviceId, PersonId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::files::OnlyHere;
use crate::messages::PROTOCOL;
use crate::pause::Pause;
use crate::planner::Planner;
use crate::replica::Replica;

/// Most files that a device names. Those beyond are named when others have gone.
pub const STANDING_MAX_FILES: usize = 500;
/// So long must something wait before it is told of, in milliseconds: on most lines it has arrived by then.
const PATIENCE_MS: i64 = 10_000;

/// How a device stands with its person's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// [`PROTOCOL`] of the sender.
    pub protocol: u32,
    /// Which device.
    pub device: DeviceId,
    /// Whose it is. Somebody else may have signed in on the same browser meanwhile, and it is not theirs.
    pub person: PersonId,
    /// The number of the newest change made on it; 0 if there is none. Of those that wait, the server has what it has judged
    /// up to here.
    pub made: u64,
    /// Changes that wait to be sent: always the newest.
    pub waiting: u64,
    /// Changes that were refused and that nobody has dealt with.
    pub refused: u64,
    /// Contents that lie there and not on the server, [`STANDING_MAX_FILES`] at most.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub files: BTreeSet<FileHash>,
    /// Whether it can't be seen at the moment which contents lie there: those that it named before still count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub files_unseen: bool,
}

impl Standing {
    /// How a device stands that holds these changes and files. Nothing is said of files that can't be seen.
    pub fn of(replica: &Replica, files: Option<OnlyHere>) -> Self {
        let unsent = replica.unsent();
        let meta = replica.meta();
        let files_unseen = files.is_none();
        // What is lost there can't be had from it any more.
        let OnlyHere { to_send, set_aside, unreadable, lost: _ } = files.unwrap_or_default();
        let files: BTreeSet<_> = to_send.into_iter().chain(set_aside).chain(unreadable).collect();
        Self {
            protocol: PROTOCOL,
            device: meta.identity.device,
            person: meta.identity.person.id,
            made: meta.next_seq.saturating_sub(1),
            waiting: unsent.waiting as u64,
            refused: unsent.refused as u64,
            files: files.into_iter().take(STANDING_MAX_FILES).collect(),
            files_unseen,
        }
    }

    /// Whether the device could be lost without a loss.
    pub fn is_empty(&self) -> bool {
        self.waiting == 0 && self.refused == 0 && self.files.is_empty() && !self.files_unseen
    }

    /// Whether there is more to it than the server can know from what it was told.
    fn adds_to(&self, told: &Self) -> bool {
        let waits_for_more = self.waiting > told.waiting || self.made > told.made;
        self.device != told.device
            || self.waiting > 0 && waits_for_more
            || self.refused != told.refused
            || self.files_unseen != told.files_unseen
            || !self.files.is_subset(&told.files)
    }
}

/// The answer to a [`Standing`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Heard {
    /// Other devices of the same person that are overdue.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_behind: Vec<Tablet>,
}

/// A device that may still hold work.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tablet {
    /// Which device.
    pub device: DeviceId,
    /// Whose it is.
    pub person: PersonId,
    /// When it was first heard of.
    pub first_heard: Timestamp,
    /// When it last told how it stood.
    pub last_heard: Timestamp,
    /// Changes that waited there then, and have not come since.
    pub waiting: u64,
    /// Changes that had been refused, and were not dealt with.
    pub refused: u64,
    /// Photos and files that lay there then, and have not come since.
    pub files: u64,
    /// Whether it is missed: its person has gone on with another device, or has not been heard of for long. It may be lost, wiped or put
    /// aside.
    pub overdue: bool,
}

/// The devices that may still hold work of those whom the person who asks looks after.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TabletsPage {
    /// The overdue ones first, then those silent longest.
    pub tablets: Vec<Tablet>,
    /// How many are overdue, those that are not on the page included.
    pub overdue: u64,
}

/// Somebody has looked into what became of a device, and it need not be listed any more until it is heard of again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LookedInto {
    /// Which device.
    pub device: DeviceId,
    /// When it was last heard of, as far as they knew.
    pub last_heard: Timestamp,
    /// What became of it.
    pub why: String,
}

/// Why the server was not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportFailure {
    /// There was no answer, or it was that somebody else is signed in.
    Unanswered,
    /// The server will have none of it: it is an older one.
    Unwanted,
}

/// What to do next for the server to know how the device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportStep {
    /// Tell it.
    Tell,
    /// Wait until this instant of the device's clock: what has come to wait may be on its way.
    Wait(Timestamp),
    /// There is nothing new to tell, or nobody to tell it to.
    Rest,
}

/// Plans when the server is told how the device stands: at each start, when something has waited for a while, and as soon as nothing does.
#[derive(Debug, Default)]
pub struct Reporter {
    told: Option<Standing>,
    /// The time in which what has come to wait may still arrive by itself.
    patience: Option<Pause>,
    again: bool,
    failure: Option<ReportFailure>,
}

impl Reporter {
    /// What to do at `clock`, as the device stands.
    pub fn next(&mut self, planner: &Planner, standing: &Standing, clock: Timestamp) -> ReportStep {
        if !planner.is_in_step() {
            self.line_was_cut();
            return ReportStep::Rest;
        }
        if self.failure.is_some() {
            return ReportStep::Rest;
        }
        let step = match &self.told {
            Some(told) if !self.again => self.step(told, standing, clock),
            _ => ReportStep::Tell,
        };
        match step {
            ReportStep::Wait(_) => {
                self.patience.get_or_insert_with(|| patience(clock));
            }
            ReportStep::Tell | ReportStep::Rest => self.patience = None,
        }
        self.again &= step != ReportStep::Tell;
        step
    }

    fn step(&self, told: &Standing, standing: &Standing, clock: Timestamp) -> ReportStep {
        if standing.is_empty() {
            return if told.is_empty() { ReportStep::Rest } else { ReportStep::Tell };
        }
        if !standing.adds_to(told) {
            return ReportStep::Rest;
        }
        let patience = self.patience.unwrap_or_else(|| patience(clock));
        if patience.lasts(clock) { ReportStep::Wait(patience.until) } else { ReportStep::Tell }
    }

    /// The server was told this.
    pub fn told(&mut self, standing: Standing) {
        self.told = Some(standing);
    }

    /// The server was not told. It is not tried again before there is another line; where it is unwanted, not before the next start.
    pub const fn failed(&mut self, failure: ReportFailure) {
        self.failure = Some(failure);
    }

    /// Tells it again, to hear what has become of other devices.
    pub const fn again(&mut self) {
        self.again = true;
    }

    /// A device that holds something says so on each new line, so that it is not taken for lost. Of the others, a thousand may come
    /// back at the same time.
    fn line_was_cut(&mut self) {
        self.told.take_if(|told| !told.is_empty());
        self.patience = None;
        self.failure.take_if(|failure| *failure == ReportFailure::Unanswered);
    }
}

fn patience(clock: Timestamp) -> Pause {
    Pause::new(clock, PATIENCE_MS, 0.0)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const CLOCK: Timestamp = Timestamp::from_millis(1_795_248_000_000);

    fn live() -> Planner {
        let mut planner = Planner::default();
        planner.pulled(false);
        planner
    }

    fn offline() -> Planner {
        Planner::default()
    }

    fn standing(made: u64, waiting: u64) -> Standing {
        let (device, person) = (DeviceId::from_uuid(Uuid::from_u128(1)), PersonId::from_uuid(Uuid::nil()));
        Standing {
            protocol: PROTOCOL,
            device,
            person,
            made,
            waiting,
            refused: 0,
            files: BTreeSet::new(),
            files_unseen: false,
        }
    }

    fn with_files(standing: Standing, files: &[u8]) -> Standing {
        Standing { files: files.iter().map(|byte| FileHash::from_digest([*byte; 32])).collect(), ..standing }
    }

    /// A reporter that has told this on a live line.
    fn having_told(told: Standing) -> Reporter {
        let mut reporter = Reporter::default();
        assert_eq!(reporter.next(&live(), &told, CLOCK), ReportStep::Tell);
        reporter.told(told);
        reporter
    }

    #[test]
    fn a_device_is_heard_of_at_each_start_though_it_holds_nothing() {
        let empty = standing(0, 0);
        let mut reporter = Reporter::default();
        assert_eq!(reporter.next(&offline(), &empty, CLOCK), ReportStep::Rest);
        assert_eq!(reporter.next(&live(), &empty, CLOCK), ReportStep::Tell);
        reporter.told(empty.clone());
        assert_eq!(reporter.next(&live(), &empty, CLOCK), ReportStep::Rest);
        assert_eq!(reporter.next(&offline(), &empty, CLOCK), ReportStep::Rest);
        assert_eq!(
            reporter.next(&live(), &empty, CLOCK),
            ReportStep::Rest,
            "a thousand may come back at once"
        );
    }

    #[test]
    fn what_arrives_within_seconds_is_not_told_of() {
        let mut reporter = having_told(standing(4, 0));
        let until = CLOCK.plus_millis(PATIENCE_MS);
        assert_eq!(reporter.next(&live(), &standing(5, 1), CLOCK), ReportStep::Wait(until));
        assert_eq!(
            reporter.next(&live(), &standing(6, 2), CLOCK.plus_millis(9_000)),
            ReportStep::Wait(until)
        );
        assert_eq!(reporter.next(&live(), &standing(6, 0), CLOCK.plus_millis(9_500)), ReportStep::Rest);
        let later = CLOCK.plus_millis(20_000);
        let begins_anew = ReportStep::Wait(later.plus_millis(PATIENCE_MS));
        assert_eq!(reporter.next(&live(), &standing(7, 1), later), begins_anew);
    }

    #[test]
    fn what_waits_longer_is_told_of_and_that_nothing_waits_any_more_at_once() {
        let mut reporter = having_told(standing(4, 0));
        reporter.next(&live(), &standing(5, 1), CLOCK);
        let later = CLOCK.plus_millis(PATIENCE_MS);
        assert_eq!(reporter.next(&live(), &standing(5, 1), later), ReportStep::Tell);
        reporter.told(standing(5, 1));
        assert_eq!(reporter.next(&live(), &standing(5, 1), later), ReportStep::Rest);
        assert_eq!(reporter.next(&live(), &standing(5, 0), later), ReportStep::Tell);
    }

    #[test]
    fn only_what_the_server_can_not_know_is_told() {
        let told = with_files(standing(5, 3), &[1, 2]);
        let arriving = [standing(5, 1), with_files(standing(5, 0), &[2])];
        let more = [
            with_files(standing(6, 3), &[1, 2]),
            with_files(standing(5, 4), &[1, 2]),
            with_files(standing(5, 3), &[1, 3]),
            Standing { refused: 1, ..told.clone() },
            Standing { files: BTreeSet::new(), files_unseen: true, ..told.clone() },
            Standing { device: DeviceId::from_uuid(Uuid::from_u128(2)), ..told.clone() },
        ];
        let told = || having_told(told.clone());
        for arriving in arriving {
            assert_eq!(told().next(&live(), &arriving, CLOCK), ReportStep::Rest, "{arriving:?}");
        }
        for more in more {
            assert!(matches!(told().next(&live(), &more, CLOCK), ReportStep::Wait(_)), "{more:?}");
        }
    }

    #[test]
    fn a_device_that_holds_something_says_so_on_each_new_line() {
        let mut reporter = having_told(standing(5, 1));
        reporter.next(&offline(), &standing(5, 1), CLOCK);
        assert_eq!(reporter.next(&live(), &standing(5, 1), CLOCK), ReportStep::Tell);
    }

    #[test]
    fn a_server_that_does_not_answer_is_told_on_the_next_line_and_one_that_will_have_none_of_it_never() {
        let standing = standing(5, 1);
        for (failure, then) in
            [(ReportFailure::Unanswered, ReportStep::Tell), (ReportFailure::Unwanted, ReportStep::Rest)]
        {
            let mut reporter = Reporter::default();
            reporter.next(&live(), &standing, CLOCK);
            reporter.failed(failure);
            assert_eq!(reporter.next(&live(), &standing, CLOCK), ReportStep::Rest, "{failure:?}");
            reporter.next(&offline(), &standing, CLOCK);
            assert_eq!(reporter.next(&live(), &standing, CLOCK), then, "{failure:?}");
        }
    }

    #[test]
    fn whoever_asks_anew_is_answered_anew() {
        let mut reporter = having_told(standing(5, 0));
        reporter.again();
        assert_eq!(reporter.next(&live(), &standing(5, 0), CLOCK), ReportStep::Tell);
        reporter.again();
        reporter.told(standing(5, 0));
        assert_eq!(reporter.next(&live(), &standing(5, 0), CLOCK), ReportStep::Tell, "asked meanwhile");
        reporter.told(standing(5, 0));
        assert_eq!(reporter.next(&live(), &standing(5, 0), CLOCK), ReportStep::Rest);
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nothing_up() {
        let mut reporter = having_told(standing(4, 0));
        reporter.next(&live(), &standing(5, 1), CLOCK);
        let back = CLOCK.plus_millis(-Timestamp::DAY_MS);
        assert_eq!(reporter.next(&live(), &standing(5, 1), back), ReportStep::Tell);
    }
}
