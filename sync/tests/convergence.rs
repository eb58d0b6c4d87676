//! Whatever happens in whatever order: in the end every device shows what the server holds, and nothing is lost.
//!
//! Several devices with clocks of their own tap, deliver (and lose the answer), fetch, listen and restart at random. Then the
//! network heals, and all must agree.
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod world;

use std::collections::BTreeSet;

use domain::ChangeId;
use domain::ticket::{Completion, ResponsibleParty, Ticket, Urgency};
use proptest::prelude::*;
use proptest::sample::select;
use sync::OutboxState;
use sync::messages::Backup;

use self::world::{
    Device, Server, admin, agent, arrived, assign, at, comment, engineer, engineer_of_the_south, register,
    ticket_id, urgency,
};

#[derive(Debug, Clone, Copy)]
enum Happening {
    /// A person does something to a ticket, if they may.
    Tap { device: usize, ticket: u128, deed: Deed },
    /// A device delivers; the answer may be lost.
    Push { device: usize, answer_is_lost: bool },
    /// A device fetches a page.
    Pull { device: usize },
    /// A device hears some of the events since it was last up to date. The line may be cut, but leaves nothing out.
    Hear { device: usize, heard: usize },
    /// The app restarts.
    Restart { device: usize },
    /// A backup is made.
    BackUp,
    /// The server is restored to what it held so many changes ago, but not to before the last backup.
    Restore { back: u64 },
}

#[derive(Debug, Clone, Copy)]
enum Deed {
    Register,
    Comment,
    Arrive,
    Complete,
    MakeUrgent,
    MakeLow,
    GiveToNorth,
    GiveToSouth,
}

impl Deed {
    const ALL: [Self; 8] = [
        Self::Register,
        Self::Comment,
        Self::Arrive,
        Self::Complete,
        Self::MakeUrgent,
        Self::MakeLow,
        Self::GiveToNorth,
        Self::GiveToSouth,
    ];

    fn action(self) -> domain::ticket::Action {
        match self {
            Self::Register => register("it smokes"),
            Self::Comment => comment("seen"),
            Self::Arrive => arrived(),
            Self::Complete => domain::ticket::Action::Complete(Completion {
                found: "a loose belt".to_owned(),
                done: "tightened".to_owned(),
                cause: String::new(),
                responsible: ResponsibleParty::Unknown,
                remaining: String::new(),
            }),
            Self::MakeUrgent => urgency(Urgency::Urgent),
            Self::MakeLow => urgency(Urgency::Low),
            Self::GiveToNorth => assign(&engineer()),
            Self::GiveToSouth => assign(&engineer_of_the_south()),
        }
    }
}

const DEVICES: usize = 5;
const TICKETS: u128 = 4;

fn happening() -> impl Strategy<Value = Happening> {
    let device = 0..DEVICES;
    prop_oneof![
        8 => (device.clone(), 1..=TICKETS, select(&Deed::ALL[..]))
            .prop_map(|(device, ticket, deed)| Happening::Tap { device, ticket, deed }),
        4 => (device.clone(), any::<bool>())
            .prop_map(|(device, answer_is_lost)| Happening::Push { device, answer_is_lost }),
        4 => device.clone().prop_map(|device| Happening::Pull { device }),
        4 => (device.clone(), 0_usize..4).prop_map(|(device, heard)| Happening::Hear { device, heard }),
        2 => device.prop_map(|device| Happening::Restart { device }),
        1 => Just(Happening::BackUp),
        1 => (0_u64..6).prop_map(|back| Happening::Restore { back }),
    ]
}

struct World {
    server: Server,
    devices: Vec<Device>,
    now: i64,
    /// What the last backup holds.
    backed_up: u64,
    /// Everything that anybody was told is saved.
    saved: BTreeSet<ChangeId>,
}

impl World {
    /// Two devices of one agent, two engineers and an admin, with clocks up to an hour apart.
    fn new() -> Self {
        let people = [agent(), agent(), engineer(), engineer_of_the_south(), admin()];
        let mut devices: Vec<_> =
            (100..).zip(people).map(|(number, person)| Device::of(person, number)).collect();
        for (device, behind_ms) in devices.iter_mut().zip([0, 3_600_000, -1_800_000, 7, -90_000]) {
            device.behind_ms = behind_ms;
        }
        Self { server: Server::new(), devices, now: 0, backed_up: 0, saved: BTreeSet::new() }
    }

    fn happen(&mut self, happening: Happening) {
        self.now += 1_000;
        let now = at(self.now);
        match happening {
            Happening::Tap { device, ticket, deed } => {
                // What they may not do, the app doesn't let them.
                self.saved.extend(self.devices[device].tap(ticket_id(ticket), deed.action(), now));
            }
            Happening::Push { device, answer_is_lost } => {
                self.devices[device].push(&mut self.server, now, answer_is_lost);
            }
            Happening::Pull { device } => {
                self.devices[device].pull(&self.server, now);
            }
            Happening::Hear { device, heard } => {
                let device = &mut self.devices[device];
                let Some(cursor) = device.replica.meta().cursor.clone() else { return };
                if cursor.epoch != self.server.epoch {
                    return;
                }
                let events = self.server.events(&device.person, cursor.seq);
                // Events that don't follow end the listening: a pull must come first.
                let _ = device.hear(&events[..heard.min(events.len())]);
            }
            Happening::Restart { device } => self.devices[device].restart(),
            Happening::BackUp => {
                self.backed_up = self.server.seq();
                self.server.backup = Some(Backup { seq: self.backed_up, arrived: now });
            }
            Happening::Restore { back } => {
                self.server.restore(self.server.seq().saturating_sub(back).max(self.backed_up));
            }
        }
    }

    fn heal(&mut self) {
        for _ in 0..3 {
            for device in &mut self.devices {
                self.now += 1_000;
                device.sync(&mut self.server, at(self.now));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn in_the_end_every_device_shows_what_the_server_holds(happenings in prop::collection::vec(happening(), 0..120)) {
        let mut world = World::new();
        for happening in happenings {
            world.happen(happening);
        }
        world.heal();
        let World { server, devices, saved, .. } = &mut world;
        for device in devices.iter_mut() {
            prop_assert_eq!(device.replica.unsent().waiting, 0);
            let in_sight = server.in_sight(&device.person);
            let shown: BTreeSet<_> = device.replica.cards().map(|card| card.ticket).collect();
            prop_assert_eq!(&shown, &in_sight);
            for ticket in in_sight {
                let expected = server.document(ticket).and_then(Ticket::of);
                prop_assert_eq!(device.see(ticket), expected);
            }
        }
        for change in saved.iter() {
            let author = devices.iter().find(|device| device.replica.meta().identity.device == change.device);
            let state = author.unwrap().state(*change);
            let kept_by_author = state.is_some_and(|state| !matches!(state, OutboxState::Kept { .. }));
            let recorded = (1..=TICKETS).any(|number| {
                server.document(ticket_id(number)).is_some_and(|document| document.find(*change).is_some())
            });
            prop_assert!(recorded != kept_by_author, "{change}: recorded {recorded}, kept {kept_by_author}");
        }
    }
}
