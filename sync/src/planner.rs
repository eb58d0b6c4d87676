//! What to do next: push, pull, listen, or wait. Knows nothing of sockets or timers.

use domain::Timestamp;

use crate::messages::{Cursor, Event, PUSH_MAX_BYTES, PullRequest, PushRequest};
use crate::outbox::ASK_AGAIN_MS;
use crate::pause::Pause;
use crate::replica::Replica;

/// A page on a line that has failed; each further failure makes it a quarter of the one before.
const NARROW_PULL_BYTES: u32 = 1024 * 1024;
/// How often a page may become smaller: to 64 KiB, which a line of 4 kbit/s carries compressed within the half minute that
/// answers are waited for.
const NARROWEST: u32 = 3;
/// So many answers in a row, and more is tried again.
const ANSWERS_TO_WIDEN: u32 = 4;
/// How long changes are put off that the server could not judge, in milliseconds; each time twice as long.
const FIRST_PUT_OFF_MS: i64 = 10_000;

/// The next thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send these changes.
    Push(PushRequest),
    /// Ask for this page.
    Pull(PullRequest),
    /// Everything is delivered: listen to the server's events, until one comes or something waits to be sent.
    Listen {
        /// From here on.
        after: Cursor,
        /// Not beyond this instant of the device's clock: then the server is told again what it could not judge.
        until: Option<Timestamp>,
    },
    /// Nothing can be done before this instant of the device's clock, unless the network comes back earlier.
    Wait(Timestamp),
    /// Nothing can be done before the person has signed in again.
    SignIn,
    /// Nothing can be done before the app has been updated.
    Update,
}

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No answer.
    Unreachable,
    /// An answer that could not be read.
    NotUnderstood,
    /// An answer came, and this device could not keep what it says.
    NotKept,
    /// The server asked to come back later, in so many milliseconds.
    Busy {
        /// The pause asked for.
        retry_after_ms: i64,
    },
    /// The session has ended.
    SignedOut,
    /// The server no longer speaks this version's protocol.
    TooOld,
}

/// How the device stands with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Link {
    /// Not tried yet, or trying.
    #[default]
    Connecting,
    /// Everything known to the server within the scope is here, and its events arrive.
    Live,
    /// The server can't be reached.
    Offline,
    /// The server answers, and what it says can't be kept on this device.
    NotKept,
    /// The server answers, and this version can't read what it says; or something else answers in its place.
    NotUnderstood,
    /// The person has to sign in again.
    SignedOut,
    /// The app has to be updated.
    TooOld,
}

/// Plans a device's exchange with the server.
#[derive(Debug, Default)]
pub struct Planner {
    link: Link,
    caught_up: bool,
    failures: u32,
    pause: Option<Pause>,
    put_off: PutOff,
    room: Room,
}

/// Changes that the server was told of without judging them. Told again at once, that would go on for ever; and whatever comes
/// after them must not wait for them.
#[derive(Debug, Default)]
struct PutOff {
    /// How many they are.
    changes: usize,
    /// The number of the last of them.
    through: u64,
    /// How often they have been put off since there was a reason to hope.
    times: u32,
    /// As long as nothing comes that the server may have waited for.
    pause: Option<Pause>,
}

impl PutOff {
    /// The number beyond which there is something to push at `clock`.
    fn beyond(&self, clock: Timestamp) -> u64 {
        self.pause.filter(|pause| pause.lasts(clock)).map_or(0, |_| self.through)
    }

    /// A push was answered, and so many of its changes were not judged.
    fn answered(&mut self, request: &PushRequest, unjudged: usize, clock: Timestamp) {
        let goes_on = self.beyond(clock) > 0;
        let comes_to_nothing = unjudged == request.changes.len();
        self.changes = match (goes_on, comes_to_nothing) {
            (false, _) => unjudged,
            (true, true) => self.changes + unjudged,
            (true, false) => self.changes,
        };
        // As long as anything is judged, the same is sent once more: it may have been what the rest has waited for.
        if let Some(last) = request.changes.last().filter(|_| comes_to_nothing) {
            self.through = last.id.seq.max(self.beyond(clock));
            if !goes_on {
                self.pause = Some(Pause::between(FIRST_PUT_OFF_MS, self.times, ASK_AGAIN_MS, clock));
                self.times += 1;
            }
        } else if !goes_on {
            self.times = 0;
        }
    }

    /// They are sent again at the next opportunity.
    fn try_again(&mut self) {
        self.pause = None;
    }

    /// There is a reason to hope: they are sent again, and if that comes to nothing, put off for no longer than the first time.
    fn hope(&mut self) {
        self.try_again();
        self.times = 0;
    }
}

/// How much is put on the line at a time. What is too much for it never arrives, however often it is tried.
#[derive(Debug, Default)]
struct Room {
    narrowed: u32,
    answers: u32,
}

impl Room {
    fn failed(&mut self) {
        *self = Self { narrowed: (self.narrowed + 1).min(NARROWEST), answers: 0 };
    }

    fn answered(&mut self) {
        self.answers += 1;
        if self.answers >= ANSWERS_TO_WIDEN {
            *self = Self { narrowed: self.narrowed.saturating_sub(1), answers: 0 };
        }
    }

    fn push_bytes(&self) -> usize {
        PUSH_MAX_BYTES >> (2 * self.narrowed)
    }

    fn pull_bytes(&self) -> Option<u32> {
        self.narrowed.checked_sub(1).map(|further| NARROW_PULL_BYTES >> (2 * further))
    }
}

impl Planner {
    /// How the device stands with the server.
    pub const fn link(&self) -> Link {
        self.link
    }

    /// Whether the server has answered, and everything that it had to tell is here. Its events need not come through for that: some
    /// networks hold streams back.
    pub const fn is_in_step(&self) -> bool {
        self.caught_up && matches!(self.link, Link::Connecting | Link::Live)
    }

    /// Whether there is nothing to push at the moment: nothing waits, or only what the server has just not judged.
    pub fn has_pushed(&self, replica: &Replica) -> bool {
        !replica.waits_beyond(self.put_off.pause.map_or(0, |_| self.put_off.through))
    }

    /// How many changes the server was last told of and has not judged: a newer one may, or one that has heard more.
    pub const fn unjudged(&self) -> usize {
        self.put_off.changes
    }

    /// Whether nothing will be tried for now: the last attempt has failed, or the person has something to do first.
    pub fn rests(&self, clock: Timestamp) -> bool {
        match self.link {
            Link::SignedOut | Link::TooOld => true,
            Link::Connecting | Link::Live => false,
            Link::Offline | Link::NotKept | Link::NotUnderstood => {
                self.pause.is_some_and(|pause| pause.lasts(clock))
            }
        }
    }

    /// What to do at `clock`.
    pub fn next(&self, replica: &Replica, clock: Timestamp) -> Step {
        match self.link {
            Link::SignedOut => return Step::SignIn,
            Link::TooOld => return Step::Update,
            Link::Connecting | Link::Live | Link::Offline | Link::NotKept | Link::NotUnderstood => {}
        }
        if let Some(pause) = self.pause.filter(|pause| pause.lasts(clock)) {
            return Step::Wait(pause.until);
        }
        let beyond = self.put_off.beyond(clock);
        if let Some(request) = replica.push_request(beyond, self.room.push_bytes(), clock) {
            return Step::Push(request);
        }
        match &replica.meta().cursor {
            Some(cursor) if self.caught_up => {
                let pause = self.put_off.pause.filter(|pause| pause.lasts(clock));
                let until = pause.filter(|_| replica.waits_beyond(0)).map(|pause| pause.until);
                Step::Listen { after: cursor.clone(), until }
            }
            _ => Step::Pull(replica.pull_request(self.room.pull_bytes())),
        }
    }

    /// A push was answered at `clock`, and `replica` has committed the answer.
    pub fn pushed(&mut self, replica: &Replica, request: &PushRequest, clock: Timestamp) {
        self.reached();
        self.room.answered();
        let unjudged = request.changes.iter().filter(|change| replica.is_due(change.id, clock)).count();
        self.put_off.answered(request, unjudged, clock);
        if replica.is_owed_a_page() {
            self.behind();
        }
    }

    /// Events were taken in. What the server could not judge may have waited for just that.
    pub fn heard(&mut self, replica: &Replica, events: &[Event]) {
        if replica.waits_for_any(events) {
            self.put_off.hope();
        }
    }

    /// A page was committed.
    pub fn pulled(&mut self, more: bool) {
        self.reached();
        self.room.answered();
        self.caught_up = !more;
        if self.caught_up {
            self.put_off.try_again();
        }
    }

    /// The event stream is open.
    pub fn listening(&mut self) {
        self.reached();
        self.link = Link::Live;
    }

    /// Something was missed: pull before listening again.
    pub fn behind(&mut self) {
        self.caught_up = false;
    }

    /// An attempt failed at `clock`. `jitter` from 0 to 1 spreads many devices over time.
    pub fn failed(&mut self, failure: Failure, clock: Timestamp, jitter: f64) {
        self.caught_up = false;
        match failure {
            Failure::SignedOut => self.link = Link::SignedOut,
            Failure::TooOld => self.link = Link::TooOld,
            Failure::Unreachable => self.pause_longer(Link::Offline, clock, jitter),
            Failure::NotKept => self.pause_longer(Link::NotKept, clock, jitter),
            Failure::NotUnderstood => self.pause_longer(Link::NotUnderstood, clock, jitter),
            Failure::Busy { retry_after_ms } => {
                self.pause = Some(Pause::asked_for(retry_after_ms, clock, jitter));
            }
        }
    }

    /// The network is said to be back, or the person wants it now.
    pub fn try_now(&mut self) {
        self.pause = None;
        self.put_off.hope();
    }

    /// The person has signed in again.
    pub fn signed_in(&mut self) {
        *self = Self::default();
    }

    fn pause_longer(&mut self, link: Link, clock: Timestamp, jitter: f64) {
        self.link = link;
        // A smaller page may come through, or find room, where a larger one did not.
        self.room.failed();
        self.pause = Some(Pause::after(self.failures, clock, jitter));
        self.failures += 1;
    }

    fn reached(&mut self) {
        self.failures = 0;
        self.pause = None;
        if matches!(self.link, Link::Offline | Link::NotKept | Link::NotUnderstood) {
            self.link = Link::Connecting;
        }
    }
}
