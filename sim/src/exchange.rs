//! Devices and the server exchange what they have: the app's driver, turned into happenings, and the line between.

use std::collections::VecDeque;

use anyhow::Result;
use domain::{PersonId, Refusal, Timestamp};
use server::simulated::{Answer, Death};
use sync::messages::{Event, PullResponse, PushRequest, PushResponse, Verdict};
use sync::{Absorbed, Batch, Failure, OutboxState, Step};

use crate::device::{Asked, Doing, Question, Reply, Stream};
use crate::law::{Law, demand};
use crate::plant::Plant;
use crate::tally::Mark;
use crate::world::{Happening, Kept, Packet, World};

/// How long a device waits for an answer.
const PATIENCE_MS: i64 = 30_000;
/// Most events that are kept together.
const MAX_BURST: usize = 200;
/// After so many failures in a row a device is put away, and looks only now and then.
const FAILURES_TO_SLEEP: u32 = 6;

impl World {
    /// Does what the planner says, until that is to wait for something.
    pub(crate) async fn turn(&mut self, number: usize) -> Result<()> {
        loop {
            let device = &mut self.devices[number];
            let clock = device.clock(self.now);
            let Some(app) = device.app.as_mut().filter(|app| matches!(app.doing, Doing::Nothing)) else {
                return Ok(());
            };
            match app.planner.next(&app.replica, clock) {
                Step::Push(request) => return self.ask(number, Asked::Push(request)),
                Step::Pull(mut request) => {
                    // What the stream brings after this would begin in the middle.
                    self.drop_stream(number);
                    request.room_bytes =
                        request.room_bytes.into_iter().chain(self.devices[number].line.room_bytes).min();
                    return self.ask(number, Asked::Pull(request));
                }
                Step::Listen { until, .. } => {
                    let Some(stream) = &mut app.stream else {
                        let request = app.replica.pull_request(None);
                        return self.ask(number, Asked::Listen(request));
                    };
                    app.planner.listening();
                    let burst: Vec<_> = stream.events.drain(..stream.events.len().min(MAX_BURST)).collect();
                    if !burst.is_empty() {
                        self.take_in(number, burst).await?;
                    } else if stream.has_ended {
                        self.drop_stream(number);
                        self.failed(number, Failure::Unreachable)?;
                    } else {
                        let is_new = std::mem::replace(&mut app.looks_again, until) != until;
                        self.devices[number].failures = 0;
                        if let Some(until) = until.filter(|_| is_new) {
                            let happening = Happening::LooksAgain { device: number, until };
                            self.later(until.millis_since(clock).max(0), happening);
                        }
                        return Ok(());
                    }
                }
                Step::Wait(until) => {
                    if self.plant == Some(Plant::NeverTryAgain) {
                        return Ok(());
                    }
                    let pause = self.number();
                    let device = &mut self.devices[number];
                    let mut millis = until.millis_since(clock).max(0);
                    if device.failures > FAILURES_TO_SLEEP && !self.is_well {
                        millis = millis.max(self.dice.spread(600_000, 86_400_000));
                    }
                    self.devices[number].app_mut()?.doing = Doing::Waiting(pause);
                    self.later(millis, Happening::PauseEnds { device: number, pause });
                    return Ok(());
                }
                Step::SignIn => {
                    app.doing = Doing::SignedOut;
                    self.reach(Mark::SignedOut);
                    self.note(|| format!("device {number} is signed out"));
                    let pause = if self.is_well { 1_000 } else { self.dice.spread(10_000, 3_600_000) };
                    self.later(pause, Happening::SignsIn { device: number });
                    return Ok(());
                }
                Step::Update => {
                    demand!(false, Law::NothingBreaks, "the server says that device {number} is too old");
                }
            }
        }
    }

    /// The network is said to be back, or the person wants it now.
    pub(crate) async fn wake(&mut self, number: usize) -> Result<()> {
        let Some(app) = &mut self.devices[number].app else { return Ok(()) };
        app.planner.try_now();
        if matches!(app.doing, Doing::Waiting(_)) {
            app.doing = Doing::Nothing;
        }
        self.turn(number).await
    }

    pub(crate) async fn sign_in(&mut self, number: usize) -> Result<()> {
        let is_active = self.person(self.devices[number].person)?.active;
        let device = &mut self.devices[number];
        let Some(app) = &mut device.app else { return Ok(()) };
        if !is_active || !matches!(app.doing, Doing::SignedOut) {
            return Ok(());
        }
        device.session = device.person;
        app.planner.signed_in();
        app.doing = Doing::Nothing;
        self.note(|| format!("device {number} is signed in again"));
        self.turn(number).await
    }

    fn failed(&mut self, number: usize, failure: Failure) -> Result<()> {
        let jitter = self.dice.fraction();
        let device = &mut self.devices[number];
        let clock = device.clock(self.now);
        device.failures += 1;
        device.app_mut()?.planner.failed(failure, clock, jitter);
        self.note(|| format!("device {number} failed: {failure:?}"));
        Ok(())
    }

    pub(crate) fn drop_stream(&mut self, number: usize) {
        if let Some(app) = &mut self.devices[number].app
            && let Some(stream) = app.stream.take()
        {
            self.outlets.remove(&stream.number);
        }
    }

    // ---- From the device to the server ---------------------------------------------------------------------------

    fn ask(&mut self, number: usize, asked: Asked) -> Result<()> {
        let question = self.number();
        self.note(|| format!("device {number} asks {question}: {}", spell(&asked)));
        let device = &mut self.devices[number];
        let sent = device.clock(self.now);
        let person = device.session;
        let (requests_pass, is_cut_off) =
            (device.line.requests_pass, !device.line.requests_pass && !device.line.answers_pass);
        device.app_mut()?.doing = Doing::Asking(Question { number: question, sent, asked: asked.clone() });
        self.later(PATIENCE_MS, Happening::GivesUp { device: number, question });
        if is_cut_off && self.dice.percent(70) {
            let reply = Reply::Unreachable;
            self.later(50, Happening::AtDevice { device: number, question, reply });
            return Ok(());
        }
        if !requests_pass || self.dice.falls(self.faults.lose_request) {
            self.reach(Mark::RequestLost);
            return Ok(());
        }
        let packet = Packet { device: number, person, question, asked, is_repeated: false };
        let repeated = Packet { is_repeated: true, ..packet.clone() };
        if self.dice.falls(self.faults.repeat) {
            self.reach(Mark::RequestRepeated);
            let under_way = self.latency() * 2;
            self.later(under_way, Happening::AtServer(repeated.clone()));
        }
        if self.dice.falls(self.faults.repeat_late) {
            self.reach(Mark::RequestRepeatedLate);
            let under_way = self.dice.spread(3_600_000, 12 * 3_600_000);
            self.later(under_way, Happening::AtServer(repeated));
        }
        let dawdles = self.dice.falls(self.faults.dawdle);
        let under_way = if dawdles { self.dice.spread(10_000, 1_800_000) } else { self.latency() };
        self.later(under_way, Happening::AtServer(packet));
        Ok(())
    }

    pub(crate) async fn at_server(&mut self, packet: Packet) -> Result<()> {
        if self.now < self.server_is_down_until {
            self.reply(&packet, Reply::Unreachable);
            return Ok(());
        }
        match &packet.asked {
            Asked::Push(_) => {
                self.note_order(&packet);
                if self.dice.falls(self.faults.gather) {
                    if self.gathered.is_empty() {
                        let patience = self.dice.between(10, 3_000);
                        self.later(patience, Happening::Gathered);
                    }
                    self.gathered.push(packet);
                    return Ok(());
                }
                let mut together = std::mem::take(&mut self.gathered);
                together.push(packet);
                self.serve_pushes(together).await
            }
            Asked::Pull(request) => {
                self.tally.questions += 1;
                let mut answer = self.server.pull(packet.person, &serde_json::to_vec(request)?).await;
                self.spoil_page(packet.person, &mut answer)?;
                self.check_answer(&packet, &answer)?;
                self.reply(&packet, Reply::Answer(answer));
                self.pump()
            }
            Asked::Listen(has) => {
                self.tally.questions += 1;
                let reply = match self.server.listen(packet.person, has).await {
                    Ok(listener) => Reply::Stream(self.add_outlet(packet.device, packet.person, listener)),
                    Err(answer) => {
                        self.check_answer(&packet, &answer)?;
                        Reply::Answer(answer)
                    }
                };
                self.reply(&packet, reply);
                self.pump()
            }
        }
    }

    fn note_order(&mut self, packet: &Packet) {
        let last = self.last_push_of.entry(packet.device).or_default();
        let is_overtaken = *last > packet.question;
        *last = (*last).max(packet.question);
        if is_overtaken {
            self.reach(Mark::RequestOvertaken);
        }
    }

    /// Has pushes judged that have arrived together.
    pub(crate) async fn serve_pushes(&mut self, packets: Vec<Packet>) -> Result<()> {
        if packets.is_empty() {
            return Ok(());
        }
        if self.now < self.server_is_down_until {
            for packet in packets {
                self.reply(&packet, Reply::Unreachable);
            }
            return Ok(());
        }
        if packets.len() > 1 {
            self.reach(Mark::PushesTogether);
        }
        let mut pushes = Vec::new();
        for packet in &packets {
            let Asked::Push(request) = &packet.asked else { continue };
            self.tally.questions += 1;
            let request = self.spoil_push(packet, request);
            pushes.push((packet.person, serde_json::to_vec(&request)?));
        }
        if self.dice.falls(self.faults.server_dies) {
            return self.die_over(pushes).await;
        }
        let answers = if self.dice.falls(self.faults.server_full) {
            self.reach(Mark::ServerFull);
            self.server.push_while_full(pushes).await?
        } else {
            self.server.push(pushes).await
        };
        self.look_at_server().await?;
        for (packet, mut answer) in packets.into_iter().zip(answers) {
            self.spoil_verdicts(&packet, &mut answer)?;
            self.check_answer(&packet, &answer)?;
            self.check_verdicts(&packet, &answer)?;
            self.reply(&packet, Reply::Answer(answer));
        }
        Ok(())
    }

    async fn die_over(&mut self, pushes: Vec<(PersonId, Vec<u8>)>) -> Result<()> {
        let death = self.dice.one_of(&[Death::BeforeWriting, Death::BeforeAnswering]);
        self.note(|| format!("the server is killed: {death:?}"));
        self.reach(match death {
            Death::BeforeWriting => Mark::ServerKilledBeforeWriting,
            Death::BeforeAnswering => Mark::ServerKilledBeforeAnswering,
        });
        let head = self.record.head();
        let mut judged = Vec::new();
        for (_, body) in &pushes {
            let request: PushRequest = serde_json::from_slice(body)?;
            judged.extend(request.changes.into_iter().map(|change| change.id));
        }
        self.server.push_and_die(pushes, death).await?;
        self.server_was_restarted();
        self.look_at_server().await?;
        if death == Death::BeforeAnswering {
            // What is not in the record was refused, and nobody was told.
            judged.retain(|id| self.record.place(*id).is_none());
            judged.into_iter().for_each(|id| self.deeds.note_refused(id));
        }
        demand!(
            death == Death::BeforeAnswering || self.record.head() == head,
            Law::ExactlyOnce,
            "a server that was killed before it wrote has written"
        );
        Ok(())
    }

    // ---- From the server to the device ---------------------------------------------------------------------------

    fn reply(&mut self, packet: &Packet, reply: Reply) {
        let is_push = matches!(packet.asked, Asked::Push(_));
        let has_applied = is_push && matches!(&reply, Reply::Answer(answer) if tells_of_applied(answer));
        let (device, question) = (packet.device, packet.question);
        if !self.devices[device].line.answers_pass || self.dice.falls(self.faults.lose_answer) {
            self.reach(Mark::AnswerLost);
            self.note(|| format!("the answer to {question} is lost"));
            if has_applied {
                self.reach(Mark::AnswerLostAfterCommit);
            }
            if let Reply::Stream(stream) = reply {
                self.outlets.remove(&stream);
            }
            return;
        }
        let arrives = self.now.plus_millis(self.latency());
        if let Reply::Stream(stream) = &reply
            && let Some(outlet) = self.outlets.get_mut(stream)
        {
            outlet.last_arrival = arrives;
        }
        self.at(arrives, Happening::AtDevice { device, question, reply });
    }

    /// What is answered is something that a device can do something with, and nothing that is not for it.
    fn check_answer(&self, packet: &Packet, answer: &Answer) -> Result<()> {
        demand!(
            matches!(answer.status, 200 | 401 | 503),
            Law::NothingBreaks,
            "question {} of device {} is answered with status {}: {}",
            packet.question,
            packet.device,
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        self.check_canaries(packet.person, &answer.body, self.record.head())
    }

    /// What is said to be in the record is there, at the place that is said.
    fn check_verdicts(&mut self, packet: &Packet, answer: &Answer) -> Result<()> {
        let Ok(response) = serde_json::from_slice::<PushResponse>(&answer.body) else { return Ok(()) };
        self.check_refusals(packet, &response)?;
        for judged in &response.verdicts {
            let mark = match &judged.verdict {
                Verdict::Applied { .. } => Mark::Applied,
                Verdict::Duplicate { .. } => Mark::Duplicate,
                Verdict::Parked { .. } => Mark::Parked,
                _ => Mark::Refused,
            };
            self.reach(mark);
            if matches!(&judged.verdict, Verdict::Refused { because } if !because.worth_retrying()) {
                self.deeds.note_refused(judged.id);
            }
            let (Verdict::Applied { revision } | Verdict::Duplicate { revision }) = judged.verdict else {
                continue;
            };
            let place = self.record.place(judged.id);
            demand!(
                place == Some(revision),
                Law::NothingIsLost,
                "{} is said to be in the record at {revision}, and is at {place:?}",
                judged.id
            );
        }
        Ok(())
    }

    /// Nothing is refused, or put before the office, for want of something that a restored server may be given again.
    fn check_refusals(&mut self, packet: &Packet, response: &PushResponse) -> Result<()> {
        let Asked::Push(request) = &packet.asked else { return Ok(()) };
        for judged in &response.verdicts {
            let Some(change) = request.changes.iter().find(|change| change.id == judged.id) else { continue };
            match &judged.verdict {
                Verdict::Refused { because: Refusal::OutOfOrder } => {
                    self.deeds.note_held_back(judged.id);
                    self.reach(Mark::HeldBack);
                }
                Verdict::Refused { because } | Verdict::Parked { because } => {
                    let owed = {
                        let mut lost = self.lost_and_seen(change, -Timestamp::HOUR_MS);
                        lost.find(|id| because.is_about_the_ticket() && self.may_still_come(*id))
                    };
                    demand!(
                        owed.is_none() || self.answered_since.contains(&judged.id),
                        Law::NothingIsLost,
                        "{} is answered with {because:?} before {owed:?} has come, which it follows",
                        judged.id
                    );
                    self.answered_since.insert(judged.id);
                }
                Verdict::Applied { .. } if self.deeds.was_held_back(judged.id) => {
                    self.reach(Mark::CameAfterAll);
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) async fn at_device(&mut self, number: usize, question: u64, reply: Reply) -> Result<()> {
        if !self.devices[number].asks(question) {
            if let Reply::Stream(stream) = reply {
                self.outlets.remove(&stream);
            }
            return Ok(());
        }
        let app = self.devices[number].app_mut()?;
        let Doing::Asking(Question { sent, asked, .. }) = std::mem::replace(&mut app.doing, Doing::Nothing)
        else {
            return Ok(());
        };
        let failure = match reply {
            Reply::Unreachable => Some(Failure::Unreachable),
            Reply::Stream(stream) => {
                app.stream = Some(Stream {
                    number: stream,
                    events: VecDeque::new(),
                    has_ended: !self.outlets.contains_key(&stream),
                });
                None
            }
            Reply::Answer(answer) => match failure_of(&answer) {
                Some(failure) => Some(failure),
                None => self.take_answer(number, sent, &asked, &answer).await?,
            },
        };
        if let Some(failure) = failure {
            if matches!(failure, Failure::Busy { .. }) {
                self.reach(Mark::Busy);
            }
            self.failed(number, failure)?;
        }
        self.turn(number).await
    }

    async fn take_answer(
        &mut self,
        number: usize,
        sent: domain::Timestamp,
        asked: &Asked,
        answer: &Answer,
    ) -> Result<Option<Failure>> {
        let device = &mut self.devices[number];
        let received = device.clock(self.now);
        device.failures = 0;
        let kept = match asked {
            Asked::Push(request) => {
                let response: PushResponse = serde_json::from_slice(&answer.body)?;
                if response.is_for_somebody_else() {
                    return Ok(Some(Failure::SignedOut));
                }
                let app = device.app_mut()?;
                let mut batch = app.replica.on_push(&response, sent, received);
                if self.plant == Some(Plant::LetGoTooEarly) {
                    let accepted =
                        |entry: &sync::OutboxEntry| matches!(entry.state, OutboxState::Accepted { .. });
                    batch.settled.extend(
                        batch.outbox.extract_if(.., |entry| accepted(entry)).map(|entry| entry.change.id),
                    );
                }
                let kept = self.keep(number, batch).await?;
                if kept == Kept::Yes && self.part_from_copy(number).await? != Kept::Crashed {
                    let app = self.devices[number].app_mut()?;
                    app.planner.pushed(&app.replica, request, received);
                }
                kept
            }
            Asked::Pull(_) => {
                let response: PullResponse = serde_json::from_slice(&answer.body)?;
                let app = device.app_mut()?;
                if response.person.id != app.replica.person().id {
                    // Somebody else has signed in on this browser meanwhile. Their tickets must not get in here.
                    return Ok(Some(Failure::SignedOut));
                }
                let more = response.more;
                let marks = marks_of_page(&response, app.replica.meta());
                let batch = app.replica.on_pull(response, sent, received);
                let came_home = comes_home(&batch);
                let kept = self.keep(number, batch).await?;
                if kept == Kept::Yes {
                    // Between two pages a ticket may have moved on to the later one.
                    if !more {
                        self.check_scope(number)?;
                    }
                    self.devices[number].app_mut()?.planner.pulled(more);
                    for mark in marks.into_iter().chain(came_home.then_some(Mark::SettledByPull)) {
                        self.reach(mark);
                    }
                }
                kept
            }
            Asked::Listen(_) => Kept::Yes,
        };
        Ok((kept == Kept::No).then_some(Failure::NotKept))
    }

    async fn take_in(&mut self, number: usize, burst: Vec<Event>) -> Result<()> {
        if burst.contains(&Event::SignedOut) {
            self.drop_stream(number);
            return self.failed(number, Failure::SignedOut);
        }
        for event in &burst {
            if let Event::Changed(changed) = event {
                self.devices[number].know(changed.ticket).await?;
            }
        }
        let app = self.devices[number].app_mut()?;
        let Absorbed::Batch(batch) = app.replica.on_events(&burst) else {
            app.planner.behind();
            self.drop_stream(number);
            if !burst.contains(&Event::Behind) {
                self.reach(Mark::EventMisfit);
            }
            return Ok(());
        };
        let (came_home, has_gone, is_news) =
            (comes_home(&batch), !batch.release.is_empty(), !batch.is_empty());
        match self.keep(number, *batch).await? {
            Kept::Yes => {
                let reached = [
                    (is_news, Mark::EventTakenIn),
                    (came_home, Mark::SettledByEvent),
                    (has_gone, Mark::GoneByEvent),
                ];
                for (_, mark) in reached.into_iter().filter(|(is_reached, _)| *is_reached) {
                    self.reach(mark);
                }
                self.check_scope(number)?;
                let app = self.devices[number].app_mut()?;
                app.planner.heard(&app.replica, &burst);
                Ok(())
            }
            Kept::No => {
                self.drop_stream(number);
                self.failed(number, Failure::NotKept)
            }
            Kept::Crashed => Ok(()),
        }
    }
}

/// Whether a batch brings the document that holds a change of this device's own.
fn comes_home(batch: &Batch) -> bool {
    batch.outbox.iter().any(sync::OutboxEntry::is_kept)
}

fn marks_of_page(page: &PullResponse, meta: &sync::Meta) -> Vec<Mark> {
    let is_other_history = meta.cursor.as_ref().is_some_and(|cursor| cursor.epoch != page.cursor.epoch);
    [
        (page.reset, Mark::Reset),
        (page.more, Mark::PageWithMore),
        (meta.rebuilding && !page.more && !page.reset, Mark::Rebuilt),
        (!page.gone.is_empty(), Mark::GoneByPull),
        (is_other_history, Mark::EpochChanged),
    ]
    .into_iter()
    .filter_map(|(is_reached, mark)| is_reached.then_some(mark))
    .collect()
}

/// What the app makes of an answer that is none.
fn failure_of(answer: &Answer) -> Option<Failure> {
    match (answer.status, answer.retry_after_seconds) {
        (200, _) => None,
        (401, _) => Some(Failure::SignedOut),
        (426, _) => Some(Failure::TooOld),
        (429 | 503, Some(seconds)) => Some(Failure::Busy { retry_after_ms: i64::from(seconds) * 1_000 }),
        _ => Some(Failure::Unreachable),
    }
}

fn tells_of_applied(answer: &Answer) -> bool {
    serde_json::from_slice::<PushResponse>(&answer.body).is_ok_and(|response| {
        response.verdicts.iter().any(|judged| matches!(judged.verdict, Verdict::Applied { .. }))
    })
}

fn spell(asked: &Asked) -> String {
    match asked {
        Asked::Push(request) => {
            let ids: Vec<_> = request.changes.iter().map(|change| change.id.seq).collect();
            format!("push {ids:?}")
        }
        Asked::Pull(request) => format!("pull after {:?}", request.cursor.as_ref().map(|cursor| cursor.seq)),
        Asked::Listen(request) => {
            format!("listen after {:?}", request.cursor.as_ref().map(|cursor| cursor.seq))
        }
    }
}
