//! Somebody with an account and bad intentions, who speaks to the server without the app.

use anyhow::Result;
use domain::people::Person;
use domain::ticket::{Action, Change, Comment, Seen, UnknownAction};
use domain::{ChangeId, Claim, DeviceId, TicketId, Timestamp};
use sync::messages::{Cursor, PROTOCOL, PullRequest, PushRequest};

use crate::canary;
use crate::law::{Law, demand};
use crate::tally::Mark;
use crate::world::World;

/// More than the server takes in one push.
const OVERSIZE_BYTES: usize = 8 * 1024 * 1024 + 1;

impl World {
    /// Tries one thing that nobody should do. The record and everybody else must be none the worse for it, which is what all other
    /// checks see to; here it is seen to that the server answers, and says nothing.
    pub(crate) async fn attack(&mut self) -> Result<()> {
        let directory = self.server.directory();
        let active: Vec<&Person> = directory.people.iter().filter(|person| person.active).collect();
        let Some(attacker) = self.dice.pick(&active).map(|person| Person::clone(person)) else {
            return Ok(());
        };
        self.reach(Mark::Attack);
        let kind = self.dice.below(10);
        self.note(|| format!("{} attacks in way {kind}", attacker.name));
        let body = match kind {
            0 => self.forged_author(&attacker)?,
            1 => self.far_future(&attacker)?,
            2 => self.reused_id(&attacker)?,
            3 => vec![b' '; OVERSIZE_BYTES],
            4 => self.huge_text(&attacker)?,
            5 => (0..self.dice.below(2_000)).map(|_| self.dice.next().to_le_bytes()[0]).collect(),
            6 => "[".repeat(100_000).into_bytes(),
            7 => self.too_many(&attacker)?,
            8 => self.unknown_kind(&attacker)?,
            _ => return self.pry(&attacker).await,
        };
        for answer in self.server.push(vec![(attacker.id, body)]).await {
            demand!(
                answer.status < 500,
                Law::NothingBreaks,
                "attack {kind} is answered with status {}: {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            );
            self.check_canaries(attacker.id, &answer.body, self.record.head())?;
        }
        self.look_at_server().await
    }

    fn comment(&mut self) -> (TicketId, Action) {
        let place = self.dice.index(self.tickets.len().max(1));
        let ticket = self.tickets.get(place).copied().unwrap_or(TicketId::from_uuid(self.dice.uuid()));
        (ticket, Action::Comment(Comment { text: format!("{} mischief", canary::of(place)) }))
    }

    fn change(&mut self, actor: &Person, device: DeviceId) -> Change {
        let (ticket, action) = self.comment();
        let claim = Claim { clock: self.now, offset_ms: Some(0), heard: None };
        let id = ChangeId { device, seq: 1 };
        Change { id, ticket, actor: actor.id, claim, seen: Seen::default(), action }
    }

    fn own_device(&mut self) -> DeviceId {
        DeviceId::from_uuid(self.dice.uuid())
    }

    /// In somebody else's name.
    fn forged_author(&mut self, attacker: &Person) -> Result<Vec<u8>> {
        let directory = self.server.directory();
        let device = self.own_device();
        let others: Vec<_> = directory.people.iter().filter(|person| person.id != attacker.id).collect();
        let victim = self.dice.pick(&others).map_or(attacker, |victim| victim);
        let change = self.change(victim, device);
        push(device, vec![change])
    }

    /// From the end of time, by somebody who has seen everything there will ever be. May be taken: it is the claim that must do no
    /// harm.
    fn far_future(&mut self, attacker: &Person) -> Result<Vec<u8>> {
        let device = self.own_device();
        let mut change = self.change(attacker, device);
        let end = Timestamp::from_millis(i64::MAX);
        change.claim = Claim { clock: end, offset_ms: Some(i64::MAX), heard: Some(end) };
        change.seen =
            self.devices.iter().map(|device| ChangeId { device: device.id, seq: u64::MAX }).collect();
        self.deeds.note(change.clone(), false);
        push(device, vec![change])
    }

    /// By an id that is taken: somebody else's, or one's own for other words.
    fn reused_id(&mut self, attacker: &Person) -> Result<Vec<u8>> {
        let taken: Vec<ChangeId> = self.record.places().keys().copied().collect();
        let Some(id) = self.dice.pick(&taken).copied() else { return self.forged_author(attacker) };
        let mut change = self.change(attacker, id.device);
        change.id = id;
        push(id.device, vec![change])
    }

    /// With a text that no page would take.
    fn huge_text(&mut self, attacker: &Person) -> Result<Vec<u8>> {
        let device = self.own_device();
        let mut change = self.change(attacker, device);
        change.action = Action::Comment(Comment { text: "x".repeat(100_000) });
        push(device, vec![change])
    }

    /// More changes than a push may have.
    fn too_many(&mut self, attacker: &Person) -> Result<Vec<u8>> {
        let device = self.own_device();
        let change = self.change(attacker, device);
        let numbered = |seq| Change { id: ChangeId { device, seq }, ..change.clone() };
        push(device, (1..=501).map(numbered).collect())
    }

    /// Something that no version knows.
    fn unknown_kind(&mut self, attacker: &Person) -> Result<Vec<u8>> {
        let device = self.own_device();
        let mut change = self.change(attacker, device);
        change.action = Action::Unknown(UnknownAction { kind: "seize".to_owned(), body: "{}".to_owned() });
        push(device, vec![change])
    }

    /// Asks for pages and events with a cursor and a scope that are somebody else's, or nobody's.
    async fn pry(&mut self, attacker: &Person) -> Result<()> {
        let directory = self.server.directory();
        let foreign =
            self.dice.pick(&directory.people).map(|person| domain::access::Scope::of(person, &directory));
        let seq = self.dice.one_of(&[0, 1, self.record.head(), i64::MAX.cast_unsigned(), u64::MAX]);
        let request = PullRequest {
            protocol: PROTOCOL,
            cursor: Some(Cursor { epoch: self.server.epoch().to_owned(), seq }),
            scope: foreign.map(|scope| scope.fingerprint()),
            directory: Some(u64::MAX),
            room_bytes: Some(0),
        };
        let answer = self.server.pull(attacker.id, &serde_json::to_vec(&request)?).await;
        demand!(answer.status < 500, Law::NothingBreaks, "prying is answered with status {}", answer.status);
        self.check_canaries(attacker.id, &answer.body, self.record.head())?;
        if let Ok(mut listener) = self.server.listen(attacker.id, &request).await {
            self.check_canaries(attacker.id, &listener.hear(), self.record.head())?;
        }
        Ok(())
    }
}

fn push(device: DeviceId, changes: Vec<Change>) -> Result<Vec<u8>> {
    Ok(serde_json::to_vec(&PushRequest { complete: true, ..PushRequest::of(device, changes) })?)
}
