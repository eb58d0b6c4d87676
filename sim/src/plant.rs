//! Losses built in on purpose: a simulator that doesn't find them proves nothing.

use anyhow::Result;
use clap::ValueEnum;
use domain::access::Scope;
use domain::{DeviceId, PersonId};
use server::simulated::Answer;
use sync::messages::{Judged, PullResponse, PushRequest, PushResponse, Verdict};
use sync::{Batch, LocalStore as _};
use uuid::Uuid;

use crate::device::Asked;
use crate::world::{Packet, World};

/// A defect to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Plant {
    /// The server says "applied" of a change that it has not written
    AcknowledgeWithoutWriting,
    /// A device forgets an entry of its outbox when it starts again
    ForgetAnOutboxEntry,
    /// A page leaves a ticket out
    SkipADocument,
    /// A page holds a ticket outside the person's scope
    SendADocumentOutsideTheScope,
    /// A push that comes twice is taken twice
    ApplyADuplicateTwice,
    /// A device that has failed never tries again
    NeverTryAgain,
    /// A device lets a change go when it is accepted, before its document has come back
    LetGoTooEarly,
    /// An event that was lost is not missed
    LoseAnEvent,
    /// Nothing is ever written to the journals, so that a database is all there is
    BypassTheJournal,
    /// No defect: the database and the journal of a device are hurt at once, which may cost what was saved, and must be said
    HurtBothAtOnce,
}

impl World {
    /// Loses the first entry of a device's outbox that waits: what no app may do.
    pub(crate) async fn forget_one_entry(&mut self, device: usize) -> Result<()> {
        let app = self.devices[device].app_mut()?;
        let waiting = app.replica.outbox().find(|entry| entry.is_waiting()).map(|entry| entry.change.id);
        let batch = Batch { settled: waiting.into_iter().collect(), ..Batch::default() };
        app.store.apply(&batch).await?;
        app.replica.commit(batch);
        Ok(())
    }

    /// What the server is made to believe that a device has pushed.
    pub(crate) fn spoil_push(&mut self, packet: &Packet, request: &PushRequest) -> PushRequest {
        let mut request = request.clone();
        match self.plant {
            Some(Plant::AcknowledgeWithoutWriting) => drop(request.changes.pop()),
            Some(Plant::ApplyADuplicateTwice) if packet.is_repeated => {
                let twin = DeviceId::from_uuid(Uuid::from_u128(request.device.as_uuid().as_u128() ^ 1));
                request.device = twin;
                for (seq, change) in (1..).zip(&mut request.changes) {
                    (change.id.device, change.id.seq) = (twin, seq);
                }
            }
            _ => {}
        }
        request
    }

    /// What a device is made to believe that the server has said.
    pub(crate) fn spoil_verdicts(&self, packet: &Packet, answer: &mut Answer) -> Result<()> {
        if self.plant != Some(Plant::AcknowledgeWithoutWriting) || answer.status != 200 {
            return Ok(());
        }
        let Asked::Push(request) = &packet.asked else { return Ok(()) };
        let mut response: PushResponse = serde_json::from_slice(&answer.body)?;
        let verdict = Verdict::Applied { revision: self.record.head() };
        response.verdicts.extend(request.changes.last().map(|change| Judged { id: change.id, verdict }));
        answer.body = serde_json::to_vec(&response)?;
        Ok(())
    }

    /// What a device is made to believe to be a page.
    pub(crate) fn spoil_page(&mut self, person: PersonId, answer: &mut Answer) -> Result<()> {
        let plants = [Plant::SkipADocument, Plant::SendADocumentOutsideTheScope];
        let Some(plant) = self.plant.filter(|plant| plants.contains(plant)) else { return Ok(()) };
        if answer.status != 200 || !self.dice.percent(10) {
            return Ok(());
        }
        let mut page: PullResponse = serde_json::from_slice(&answer.body)?;
        match plant {
            Plant::SkipADocument => drop(page.documents.pop()),
            _ => {
                let directory = self.server.directory();
                let scope = directory.person(person).map(|person| Scope::of(person, &directory));
                let outside = self.record.documents().values().find(|document| {
                    !scope.as_ref().is_some_and(|scope| {
                        self.record.is_within(scope, document.ticket, self.record.head())
                    })
                });
                page.documents.extend(outside.cloned());
            }
        }
        answer.body = serde_json::to_vec(&page)?;
        Ok(())
    }
}
