//! What to do next: push, pull, listen, or wait. Knows nothing of sockets or timers.

use domain::Timestamp;

use crate::messages::{Cursor, PUSH_MAX_BYTES, PullRequest, PushRequest};
use crate::pause::Pause;
use crate::replica::Replica;

/// A page on a line that has failed; each further failure makes it a quarter of the one before.
const NARROW_PULL_BYTES: u32 = 1024 * 1024;
/// How often a page may become smaller: to 64 KiB, which a line of 4 kbit/s carries compressed within the half minute that
/// answers are waited for.
const NARROWEST: u32 = 3;
/// So many answers in a row, and more is tried again.
const ANSWERS_TO_WIDEN: u32 = 4;

/// The next thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send these changes.
    Push(PushRequest),
    /// Ask for this page.
    Pull(PullRequest),
    /// Everything is delivered: listen to the server's events from here on, until one comes or something waits to be sent.
    Listen(Cursor),
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
    /// The server answered a push without judging anything; pushing again at once would go on for ever.
    push_stalled: bool,
    /// How many changes the last push held that was answered and came to nothing.
    unjudged: usize,
    room: Room,
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
        self.push_stalled || replica.unsent().waiting == 0
    }

    /// How many changes the server was last told of and has not judged. A newer server may.
    pub const fn unjudged(&self) -> usize {
        self.unjudged
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
        if !self.push_stalled
            && let Some(request) = replica.push_request(self.room.push_bytes(), clock)
        {
            return Step::Push(request);
        }
        match &replica.meta().cursor {
            Some(cursor) if self.caught_up => Step::Listen(cursor.clone()),
            _ => Step::Pull(replica.pull_request(self.room.pull_bytes())),
        }
    }

    /// A push was answered at `clock`, and `replica` has committed the answer.
    pub fn pushed(&mut self, replica: &Replica, request: &PushRequest, clock: Timestamp) {
        self.reached();
        self.room.answered();
        let nothing_came_of_it = request.changes.iter().all(|change| replica.is_due(change.id, clock));
        self.push_stalled = nothing_came_of_it && !request.changes.is_empty();
        self.unjudged = if self.push_stalled { request.changes.len() } else { 0 };
        if replica.is_owed_a_page() {
            self.behind();
        }
    }

    /// Something new waits to be sent: whatever stood in the way of the former changes need not stand in its way.
    pub fn recorded(&mut self) {
        self.push_stalled = false;
        self.unjudged = 0;
    }

    /// A page was committed.
    pub fn pulled(&mut self, more: bool) {
        self.reached();
        self.room.answered();
        self.caught_up = !more;
        if self.caught_up {
            self.push_stalled = false;
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
        self.push_stalled = false;
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
        self.push_stalled = false;
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
