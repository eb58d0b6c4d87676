//! The files of an open desk: how they are attached, looked at and let go. The order of it all is `sync`'s.

use std::ops::Deref;
use std::rc::Rc;

use domain::ticket::{Action, Attachment, FileHash, MediaType};
use domain::{ChangeId, TicketId};
use sync::files::{FileKey, KeptFile, Recorder};
use sync::{Replica, StoreError, files};

use super::RecordError;
use super::core::Core;
use super::desk::Desk;
use crate::device::clock;
use crate::device::pictures::{Content, Gathered, PageAddress};

/// The desk that a file is attached at, with whoever tells what has been done there.
struct Hand<'c> {
    core: &'c Core,
    desk: Rc<Desk>,
}

impl Recorder for Hand<'_> {
    type Error = RecordError;

    fn replica(&self) -> impl Deref<Target = Replica> {
        self.desk.replica()
    }

    async fn know(&self, ticket: TicketId) -> Result<(), StoreError> {
        self.desk.know(ticket).await
    }

    async fn record(&self, ticket: TicketId, action: Action) -> Result<ChangeId, RecordError> {
        // At this desk and no other: what was kept was kept here.
        self.core.record_at(&self.desk, ticket, action, None).await
    }
}

impl files::Content for Content {
    fn chunk(&self, number: u32) -> Option<Vec<u8>> {
        Self::chunk(self, number)
    }
}

impl Core {
    /// Keeps a file, and then the change that attaches it.
    pub(super) async fn attach(
        &self,
        ticket: TicketId,
        attachment: Attachment,
        content: &Content,
    ) -> Result<ChangeId, RecordError> {
        let desk = self.open_desk()?;
        let hand = Hand { core: self, desk: Rc::clone(&desk) };
        let attached = desk.files().attach(ticket, attachment, content, clock::now(), &hand).await;
        let attached = self.outcome_at(&desk, attached);
        self.tell_status();
        attached
    }

    /// Lets the content of a change go that its author has dropped.
    pub(super) async fn let_content_go(&self, key: FileKey) {
        let Ok(desk) = self.open_desk() else { return };
        if let Err(error) = desk.files().abandon(key, || desk.replica()).await {
            leptos::logging::warn!("the content of a dropped change could not be removed: {error}");
        }
        self.tell_status();
    }

    /// The file that a change of the outbox attaches.
    pub(super) fn attached_file(&self, change: ChangeId) -> Option<FileKey> {
        let desk = self.open_desk().ok()?;
        let replica = desk.replica();
        let entry = replica.outbox().find(|entry| entry.change.id == change)?;
        let Action::Attach(attachment) = &entry.change.action else { return None };
        Some(FileKey { hash: attachment.hash()?, ticket: entry.change.ticket })
    }

    /// An address at which the page finds a content that is kept here; nothing, if it isn't.
    pub(super) async fn content(&self, hash: FileHash, media: MediaType) -> Option<PageAddress> {
        let desk = self.open_desk().ok()?;
        let chunks = desk.files().shelf(|shelf| shelf.whole(hash).map(KeptFile::chunks)).flatten()?;
        let gathered = Gathered::default();
        for number in 0..u32::try_from(chunks).ok()? {
            gathered.push(&desk.files().chunk(hash, number).await.ok()??);
        }
        gathered.address(media)
    }
}
