//! What goes wrong, beside what messages and disks suffer.

use anyhow::Result;
use domain::{DeviceId, Timestamp};
use sync::messages::Verdict;

use crate::company;
use crate::device::Doing;
use crate::law::{Law, demand};
use crate::plant::Plant;
use crate::tally::Mark;
use crate::world::{Happening, Trouble, World};

/// Longest time without a line.
const LONGEST_PARTITION_MS: i64 = 30 * Timestamp::DAY_MS;

impl World {
    pub(crate) async fn trouble(&mut self, trouble: Trouble) -> Result<()> {
        match trouble {
            Trouble::LineFails { device } => {
                self.line_fails(device);
                Ok(())
            }
            Trouble::DeviceCrashes { device } => {
                if self.devices[device].app.is_some() {
                    self.note(|| format!("device {device} crashes"));
                    self.crash(device);
                }
                Ok(())
            }
            Trouble::ClockJumps { device } => {
                self.reach(Mark::ClockJumped);
                let ahead_ms = self.faults.clock_error_ms(&mut self.dice);
                self.devices[device].ahead_ms = ahead_ms;
                self.note(|| format!("device {device}'s clock is {ahead_ms} ms ahead now"));
                Ok(())
            }
            Trouble::StreamIsCut { device } => {
                self.cut_streams(device);
                Ok(())
            }
            Trouble::SomebodyElseSignsIn { device } => {
                let people = company::people();
                self.devices[device].session = people[self.dice.index(people.len())].id;
                self.note(|| format!("somebody else signs in on device {device}"));
                Ok(())
            }
            Trouble::ServerRestarts => {
                self.reach(Mark::ServerRestarted);
                self.note(|| "the server restarts".to_owned());
                self.server.restart().await?;
                self.server_was_restarted();
                self.look_at_server().await
            }
            Trouble::ServerIsBackedUp => self.back_up().await,
            Trouble::DeviceIsCopied { device } => {
                self.copy_device(device);
                Ok(())
            }
            Trouble::DatabaseIsHurt { device } => self.hurt_database(device).await,
            Trouble::JournalIsHurt { device } => {
                self.hurt_journal(device);
                Ok(())
            }
            Trouble::ServerIsRestored => self.restore().await,
            Trouble::PeopleChange => self.people_change().await,
            Trouble::OfficeDecides => self.office_decides().await,
            Trouble::Attack => self.attack().await,
        }
    }

    // ---- Lines ---------------------------------------------------------------------------------------------------

    fn line_fails(&mut self, device: usize) {
        let lasts = self.dice.spread(5_000, LONGEST_PARTITION_MS);
        let (requests_pass, answers_pass) =
            self.dice.one_of(&[(false, false), (false, false), (true, false), (false, true)]);
        let trouble = self.number();
        let line = &mut self.devices[device].line;
        (line.requests_pass, line.answers_pass, line.trouble) = (requests_pass, answers_pass, trouble);
        let both = !requests_pass && !answers_pass;
        self.reach(if both { Mark::PartitionBothWays } else { Mark::PartitionOneWay });
        if lasts > Timestamp::DAY_MS {
            self.reach(Mark::PartitionOfDays);
        }
        self.note(|| format!("device {device}'s line fails for {lasts} ms (requests pass: {requests_pass}, answers pass: {answers_pass})"));
        if !answers_pass {
            self.cut_streams(device);
        }
        self.later(lasts, Happening::LineHeals { device, trouble });
    }

    pub(crate) async fn line_heals(&mut self, device: usize, trouble: u64) -> Result<()> {
        let line = &mut self.devices[device].line;
        if line.trouble != trouble {
            return Ok(());
        }
        (line.requests_pass, line.answers_pass) = (true, true);
        self.note(|| format!("device {device}'s line is well again"));
        // The browser says so, more often than not.
        if self.dice.percent(70) { self.wake(device).await } else { Ok(()) }
    }

    /// Cuts a device's streams. It notices that after a while.
    fn cut_streams(&mut self, device: usize) {
        let cut: Vec<u64> = self
            .outlets
            .iter()
            .filter(|(_, outlet)| outlet.device == device)
            .map(|(stream, _)| *stream)
            .collect();
        for stream in cut {
            self.reach(Mark::StreamCut);
            self.outlets.remove(&stream);
            let notices = self.dice.between(100, 60_000);
            self.later(notices, Happening::StreamEnds { device, stream });
        }
    }

    // ---- Devices -------------------------------------------------------------------------------------------------

    /// The app is no more; its disk stays.
    pub(crate) fn crash(&mut self, device: usize) {
        self.reach(Mark::DeviceCrashed);
        self.drop_stream(device);
        self.devices[device].app = None;
        let stays_off = self.dice.spread(1_000, 6 * Timestamp::HOUR_MS);
        self.later(stays_off, Happening::Starts { device });
    }

    pub(crate) async fn start(&mut self, device: usize) -> Result<()> {
        if self.devices[device].app.is_some() {
            return Ok(());
        }
        let person = self.person(self.devices[device].person)?;
        let is_active = person.active;
        let fresh = DeviceId::from_uuid(self.dice.uuid());
        if !self.devices[device].start(person, fresh).await? {
            self.reach(Mark::JournalUnseen);
            self.note(|| format!("device {device} can't see what it has, and is started again"));
            let again = self.dice.spread(1_000, 30_000);
            self.later(again, Happening::Starts { device });
            return Ok(());
        }
        self.note(|| format!("device {device} starts"));
        self.look_at_recovery(device).await?;
        self.count_as_saved(device).await?;
        if self.plant == Some(Plant::ForgetAnOutboxEntry) && self.dice.percent(30) {
            self.forget_one_entry(device).await?;
        }
        if !is_active && self.devices[device].app_mut()?.replica.meta().cursor.is_none() {
            // Nobody can sign in here for the first time.
            self.devices[device].app_mut()?.doing = Doing::SignedOut;
        }
        self.turn(device).await
    }

    // ---- The server ----------------------------------------------------------------------------------------------

    /// All streams are gone; devices notice at once or after a while.
    pub(crate) fn server_was_restarted(&mut self) {
        let lasts = self.dice.spread(500, 10 * Timestamp::MINUTE_MS);
        if !self.is_well {
            self.server_is_down_until = self.now.plus_millis(lasts);
        }
        for (stream, outlet) in std::mem::take(&mut self.outlets) {
            let notices = if self.dice.percent(50) { 0 } else { self.dice.between(100, 60_000) };
            self.later(notices, Happening::StreamEnds { device: outlet.device, stream });
        }
    }

    async fn back_up(&mut self) -> Result<()> {
        let backup = self.server.back_up().await?;
        let head = self.record.head();
        self.reach(Mark::ServerBackedUp);
        self.note(|| format!("the server is backed up at {head}"));
        self.backups.push((backup, self.record.clone()));
        self.look_at_server().await
    }

    async fn restore(&mut self) -> Result<()> {
        // The newest one, but for once in a while, when that can't be read any more.
        let newest = self.backups.len().saturating_sub(1);
        let chosen = if self.dice.percent(80) { newest } else { self.dice.index(self.backups.len().max(1)) };
        let Some((backup, record)) = self.backups.get(chosen).cloned() else { return Ok(()) };
        self.reach(Mark::ServerRestored);
        let (from, to) = (self.record.head(), record.head());
        self.note(|| format!("the server goes back from {from} to {to}"));
        let epoch = format!("{:032x}", self.number());
        self.server.restore(&backup, &epoch).await?;
        if chosen != newest {
            // Devices may have let go of what the newer backups hold.
            let gone = self.record.places().keys().filter(|id| record.place(**id).is_none());
            self.gone_with_restores.extend(gone);
        }
        self.restored_at = Some(self.now);
        self.answered_since.clear();
        for (ticket, document) in self.record.documents() {
            let lost = document.log().iter().map(|recorded| recorded.change.id);
            let lost = lost.filter(|id| record.place(*id).is_none());
            self.lost.entry(*ticket).or_default().extend(lost);
        }
        self.record = record;
        self.record.go_on_after_restore(backup.made_at, self.now);
        self.server_was_restarted();
        self.look_at_server().await
    }

    /// Somebody copies a device's disk into another device, and goes on with both.
    fn copy_device(&mut self, device: usize) {
        self.reach(Mark::DeviceCopied);
        let number = self.devices.len();
        self.note(|| format!("device {device} is copied: {number} is its copy"));
        let copy = self.devices[device].copy(number);
        self.deeds.note_copy(copy.id);
        self.devices.push(copy);
        let begins = self.dice.spread(1_000, Timestamp::HOUR_MS);
        self.later(begins, Happening::Starts { device: number });
        for _ in 0..self.dice.between(2, 8) {
            // Both go on working.
            let pause = self.dice.spread(Timestamp::MINUTE_MS, 2 * Timestamp::DAY_MS);
            let works = self.dice.one_of(&[device, number]);
            self.later(pause, Happening::Deed { device: works });
        }
    }

    // ---- People --------------------------------------------------------------------------------------------------

    async fn people_change(&mut self) -> Result<()> {
        let people = company::people();
        // The first one is the admin, who stays.
        let who = people[1 + self.dice.index(people.len() - 1)].id;
        let before = self.person(who)?;
        let after = company::reorganise(&before, &mut self.dice);
        self.reach(match (before.active, after.active) {
            (true, false) => Mark::PersonLeft,
            (false, true) => Mark::PersonBack,
            _ => Mark::PersonMoved,
        });
        self.change_person(after).await
    }

    /// The office decides on everything that is parked.
    async fn office_decides(&mut self) -> Result<()> {
        let admin = company::people()[0].id;
        for parked in self.server.parked().await? {
            let id = parked.change.id;
            let why_not = self.dice.percent(40).then(|| "not needed any more".to_owned());
            let verdict = self.server.decide(admin, id, why_not).await?;
            self.note(|| format!("the office decides on {id}: {verdict:?}"));
            match verdict {
                Some(Verdict::Applied { .. }) => {
                    self.deeds.note_admitted(id);
                    self.reach(Mark::ParkedAdmitted);
                }
                Some(Verdict::Refused { .. }) => self.reach(Mark::ParkedDeclined),
                Some(_) => {}
                None => demand!(false, Law::NothingBreaks, "the admin may not decide on {id}"),
            }
        }
        self.look_at_server().await
    }

    pub(crate) async fn bring_people_back(&mut self) -> Result<()> {
        for person in company::people() {
            let mut person = self.person(person.id)?;
            if !person.active && self.dice.percent(70) {
                person.active = true;
                self.change_person(person).await?;
            }
        }
        Ok(())
    }

    async fn change_person(&mut self, person: domain::people::Person) -> Result<()> {
        let words = format!("{} is {:?} now (active: {})", person.name, person.role, person.active);
        self.note(|| words);
        let id = person.id;
        self.server.change_person(person).await?;
        let is_active = self.person(id)?.active;
        demand!(
            self.server.directory().person(id).is_some_and(|person| person.active == is_active),
            Law::NothingBreaks,
            "what an admin changes is not in the directory"
        );
        for device in 0..self.devices.len() {
            if is_active && self.devices[device].person == id {
                let signs_in = self.dice.spread(1_000, Timestamp::HOUR_MS);
                self.later(if self.is_well { 1_000 } else { signs_in }, Happening::SignsIn { device });
            }
        }
        self.look_at_server().await
    }
}
