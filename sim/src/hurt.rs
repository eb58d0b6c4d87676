//! What happens to the two places in which a device keeps things, its database and the journal beside it. Never to both at once:
//! as long as one is in order, nothing that was saved may be lost.

use std::collections::BTreeSet;
use std::rc::Rc;

use anyhow::Result;
use domain::{ChangeId, Timestamp};
use sync::{Batch, Damage, LocalStore as _, MemoryLocalStore, Recovery, Second};

use crate::journal::{Cut, Files};
use crate::law::{Law, demand};
use crate::plant::Plant;
use crate::tally::Mark;
use crate::world::{Happening, Kept, World};

impl World {
    /// The app ends without warning somewhere on the way from the database through the journal to the screen.
    pub(crate) async fn crash_in_keeping(&mut self, number: usize, batch: &Batch) -> Result<Kept> {
        let cut = match self.dice.below(4) {
            0 => None,
            1 => Some(Cut::Writing { thousandths: self.dice.index(1_001) }),
            2 => Some(Cut::Noting),
            _ => {
                self.reach(Mark::DeviceCrashedBeforeKeeping);
                self.note(|| format!("device {number} crashes before keeping"));
                self.crash(number);
                return Ok(Kept::Crashed);
            }
        };
        let device = &mut self.devices[number];
        if let Some(cut) = cut {
            device.journal.cut_at(cut);
        }
        device.app_mut()?.store.apply(batch).await?;
        // A file that was just being begun may be all there is of it, and no good.
        device.hurt.journal |= device.journal.written().1;
        self.reach(match cut {
            None => Mark::DeviceCrashedAfterKeeping,
            Some(_) => Mark::DeviceCrashedBetween,
        });
        self.note(|| format!("device {number} crashes after keeping in the database ({cut:?})"));
        self.crash(number);
        Ok(Kept::Crashed)
    }

    /// Something happens to a device's database while its app is not running, and is found when that starts.
    pub(crate) async fn hurt_database(&mut self, number: usize) -> Result<()> {
        let both = self.plant == Some(Plant::HurtBothAtOnce);
        let hurt = self.devices[number].hurt;
        if hurt.database || (hurt.journal && !both) {
            return Ok(());
        }
        if self.devices[number].app.is_some() {
            self.crash(number);
        }
        let mark = self.hurt_in_some_way(number).await?;
        self.devices[number].hurt.database = true;
        self.reach(mark);
        self.note(|| format!("device {number}: {}", mark.words()));
        if both {
            self.devices[number].journal.lose_all();
        } else if mark != Mark::DatabaseUnreadable && self.dice.percent(30) {
            self.devices[number].journal.hide_once();
        }
        Ok(())
    }

    async fn hurt_in_some_way(&mut self, number: usize) -> Result<Mark> {
        let device = &mut self.devices[number];
        let entries: Vec<ChangeId> =
            device.disk.load().await?.outbox.iter().map(|entry| entry.change.id).collect();
        let (ledger, _) = device.journal.written();
        match self.dice.below(4) {
            0 if let Some(image) = device.image.take() => {
                device.disk.go_back_to(image);
                Ok(Mark::DatabaseRolledBack)
            }
            1 if let Some(lost) = self.dice.pick(&entries) => {
                device.disk.lose_entry(*lost).await?;
                Ok(Mark::DatabaseEntryLost)
            }
            // Without a word in the journal the app only says that it can't go on.
            2 if ledger.identity().is_some() && self.plant != Some(Plant::HurtBothAtOnce) => {
                device.disk.become_unreadable();
                Ok(Mark::DatabaseUnreadable)
            }
            _ => {
                device.disk.go_back_to(MemoryLocalStore::default());
                Ok(Mark::DatabaseWiped)
            }
        }
    }

    /// Something happens to a device's journal, whether or not its app is running.
    pub(crate) fn hurt_journal(&mut self, number: usize) {
        if self.devices[number].hurt.database {
            return;
        }
        let place = self.dice.index(usize::MAX);
        let kind = self.dice.below(4);
        let device = &mut self.devices[number];
        device.hurt.journal = true;
        let mark = match kind {
            0 => {
                device.journal.alter(place);
                Mark::JournalAltered
            }
            1 => {
                device.journal.cut_short(place);
                Mark::JournalCutShort
            }
            2 => {
                device.journal.lose_all();
                Mark::JournalGone
            }
            _ => {
                device.journal.fail();
                let lasts = self.dice.spread(Timestamp::MINUTE_MS, 2 * Timestamp::DAY_MS);
                self.later(lasts, Happening::JournalWorks { device: number });
                Mark::JournalFailed
            }
        };
        self.reach(mark);
        self.note(|| format!("device {number}: {}", mark.words()));
    }

    /// Keeps an image of the database now and then, to go back to.
    pub(crate) fn remember_image(&mut self, number: usize) {
        if self.faults.database_hurts > 0 && self.dice.percent(8) {
            let device = &mut self.devices[number];
            device.image = Some(device.disk.image());
        }
    }

    /// What a device says about itself when it starts is true: what it calls complete has everything that was saved.
    pub(crate) async fn look_at_recovery(&mut self, number: usize) -> Result<()> {
        let device = &mut self.devices[number];
        let hurt = device.hurt;
        let store = &device.app_mut()?.store;
        let (recovery, is_twofold) = (store.recovery(), store.second() == Second::InOrder);
        device.hurt.database = false;
        device.hurt.journal = hurt.journal && !is_twofold;
        let Some(Recovery { damage, recovered, complete }) = recovery else { return Ok(()) };
        self.note(|| format!("device {number} mends itself: {recovery:?}"));
        self.reach(if damage == Damage::Journal { Mark::JournalMended } else { Mark::DatabaseMended });
        if recovered > 0 {
            self.reach(Mark::EntriesRecovered);
        }
        let missing = self.missing_on(number).await?;
        if complete {
            demand!(
                missing.is_empty(),
                Law::NothingIsLost,
                "device {number} calls {recovery:?} complete, and {missing:?} are missing"
            );
            return Ok(());
        }
        demand!(
            hurt.database && (hurt.journal || self.plant == Some(Plant::HurtBothAtOnce)),
            Law::NothingIsLost,
            "device {number} says {recovery:?}, and only one of the two was hurt: {hurt:?}"
        );
        self.tally.lost_with_both += missing.len() as u64;
        // What is in the record now, and was kept here in case the server would forget it, can't be sent again either.
        let not_there = self.not_there(number).await?;
        self.dealt_with.extend(not_there.into_iter().map(|id| (number, id)));
        Ok(())
    }

    /// What was saved on a device and is not there any more.
    async fn not_there(&self, number: usize) -> Result<BTreeSet<ChangeId>> {
        let (loaded, _) = self.devices[number].disk.everything().await?;
        let there: BTreeSet<ChangeId> = loaded.outbox.iter().map(|entry| entry.change.id).collect();
        let saved = self.saved.keys().filter(|(place, _)| *place == number).map(|(_, id)| *id);
        Ok(saved.filter(|id| !there.contains(id)).collect())
    }

    /// What was saved on a device, and is neither there nor in the record nor dealt with.
    async fn missing_on(&self, number: usize) -> Result<BTreeSet<ChangeId>> {
        let not_there = self.not_there(number).await?;
        let is_missing = |id: &ChangeId| {
            let place = (number, *id);
            let is_somewhere = self.saved.get(&place).is_some_and(|change| self.record.has(change))
                || self.dealt_with.contains(&place)
                || self.gone_with_restores.contains(id);
            !is_somewhere
        };
        Ok(not_there.into_iter().filter(is_missing).collect())
    }

    /// The journal of a new device.
    pub(crate) fn new_journal(&self) -> Rc<Files> {
        Rc::new(if self.plant == Some(Plant::BypassTheJournal) {
            Files::bypassed()
        } else {
            Files::default()
        })
    }
}
