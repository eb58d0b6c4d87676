//! The open tickets of a large company, and the reckoning of all their clocks: the same work natively and as wasm in a
//! browser, so that the one can be measured beside the other.

use domain::sla::{Event, Happening, PolicyBook, Timeline, clocks};
use domain::ticket::{Difficulty, Urgency, Waiting};
use domain::{ChangeId, DepartmentId, DeviceId, PersonId, Timestamp};
use uuid::Uuid;
use wasm_bindgen::prelude::wasm_bindgen;

/// Monday 2025-01-06, nine o'clock in Shanghai. Tickets are registered from here on, over a year.
const FIRST: Timestamp = Timestamp::from_millis(1_736_125_200_000);
/// Between one registration and the next, in minutes: a year holds some 10,000.
const APART: i64 = 53;
const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// Tickets that have not come to their end.
#[wasm_bindgen]
#[derive(Debug)]
pub struct OpenTickets {
    timelines: Vec<Timeline>,
    book: PolicyBook,
}

#[wasm_bindgen]
impl OpenTickets {
    /// So many of them, the same ones each time, under the shipped policy.
    #[wasm_bindgen(constructor)]
    pub fn new(count: u32) -> Self {
        Self { timelines: (0..count).map(timeline).collect(), book: PolicyBook::shipped() }
    }

    /// Reckons all clocks of all of them. Returns how many there are: both sides have to agree on that.
    pub fn reckon(&self) -> u32 {
        self.timelines.iter().map(|timeline| clocks(timeline, &self.book).len() as u32).sum()
    }
}

/// What has happened to the ticket of this number: nine stories by three urgencies, from just registered to reopened.
fn timeline(number: u32) -> Timeline {
    let urgency = [Urgency::Normal, Urgency::Urgent, Urgency::Low][number as usize % 3];
    let difficulty = if number.is_multiple_of(2) { Difficulty::Simple } else { Difficulty::Complex };
    let mut story = Story {
        number,
        at: FIRST.plus_millis(i64::from(number) * APART * Timestamp::MINUTE_MS),
        events: vec![],
    };
    story.after(0, Happening::MessageArrived).after(4, Happening::MessageAnswered);
    story
        .after(9, Happening::CallEnded)
        .after(3, Happening::Created { urgency, difficulty, department: department() });
    for chapter in 0..number / 3 % 9 {
        story.tell(chapter);
    }
    Timeline { company: String::new(), events: story.events }
}

struct Story {
    number: u32,
    at: Timestamp,
    events: Vec<Event>,
}

impl Story {
    fn tell(&mut self, chapter: u32) {
        match chapter {
            0 => self.after(20, Happening::Assigned { department: department() }),
            1 => self.after(35, Happening::Contacted { promised: true }),
            2 => {
                let deadline = Some(self.in_minutes(30 * DAY));
                let (first, second) = (self.in_minutes(7 * DAY), self.in_minutes(21 * DAY));
                self.after(2 * HOUR, Happening::PlanAgreed { deadline })
                    .after(0, Happening::MilestoneAgreed { number: 0, due: first })
                    .after(0, Happening::MilestoneAgreed { number: 1, due: second })
            }
            3 => self
                .after(HOUR, Happening::WaitingChanged { waiting: Some(Waiting::Customer) })
                .after(2 * DAY, Happening::WaitingChanged { waiting: None }),
            4 => {
                let visit = self.in_minutes(DAY);
                self.after(HOUR, Happening::VisitArranged { visit })
                    .after(12 * HOUR, Happening::Contacted { promised: false })
                    .after(12 * HOUR, Happening::SiteReached)
            }
            5 => self
                .after(HOUR, Happening::WaitingChanged { waiting: Some(Waiting::Parts) })
                .after(3 * DAY, Happening::UrgencyChanged { urgency: Urgency::Urgent })
                .after(2 * DAY, Happening::WaitingChanged { waiting: None }),
            6 => self.after(5 * HOUR, Happening::WorkDone).after(50, Happening::ResultTold),
            _ => self
                .after(DAY, Happening::CalledBack { satisfaction: Some(2) })
                .after(HOUR, Happening::Recovered)
                .after(DAY, Happening::Reopened),
        };
    }

    fn after(&mut self, minutes: i64, what: Happening) -> &mut Self {
        self.at = self.in_minutes(minutes);
        let device = DeviceId::from_uuid(Uuid::from_u128(u128::from(self.number)));
        let by = ChangeId { device, seq: self.events.len() as u64 + 1 };
        self.events.push(Event { at: self.at, by, actor: PersonId::from_uuid(Uuid::nil()), what });
        self
    }

    const fn in_minutes(&self, minutes: i64) -> Timestamp {
        self.at.plus_millis(minutes * Timestamp::MINUTE_MS)
    }
}

fn department() -> DepartmentId {
    DepartmentId::from_uuid(Uuid::nil())
}
