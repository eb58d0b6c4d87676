//! Getting what was told out of the house: tried until the other side has it.

use std::time::Duration;

use domain::Timestamp;
use domain::sla::{Means, Zone};
use domain::ticket::Ticket;
use tokio::sync::Notify;

use super::post::{Addressee, Failed};
use super::{IDLE, Ringing, plan};
use crate::shutdown::Shutdown;
use crate::store::StoreError;
use crate::store::rings::{Delivery, Named, Outcome};

/// The pause after the first failure. It doubles with each further one.
const FIRST_PAUSE_MS: i64 = 30_000;
/// The longest pause.
const LONGEST_PAUSE_MS: i64 = Timestamp::HOUR_MS;
/// How long something is tried.
pub(super) const TRIED_FOR_MS: i64 = 7 * Timestamp::DAY_MS;
/// How much is looked for at a time.
const BATCH: u32 = 32;

impl Ringing {
    /// Tries until the server is to stop: each means for itself, so that none waits for another.
    pub(crate) async fn keep_delivering(self, shutdown: Shutdown) {
        let bells = [Notify::new(), Notify::new()];
        let [mail, hook] = &bells;
        let pass_on = async {
            loop {
                self.hub.told().await;
                bells.iter().for_each(Notify::notify_one);
            }
        };
        tokio::select! {
            () = self.keep_delivering_by(Means::Email, mail) => {}
            () = self.keep_delivering_by(Means::Webhook, hook) => {}
            () = pass_on => {}
            () = shutdown.requested() => {}
        }
    }

    /// Tries by one means, for ever; does nothing, if it is switched off.
    async fn keep_delivering_by(&self, means: Means, told: &Notify) {
        if !self.is_open(means) {
            return std::future::pending().await;
        }
        loop {
            if let Err(error) = self.deliver_by(means).await {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::error!(error, ?means, "deliveries failed; they will be tried again");
            }
            let pause = self.pause_between_tries(means).await;
            tokio::select! {
                () = told.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    const fn is_open(&self, means: Means) -> bool {
        match means {
            Means::InApp => false,
            Means::Email => self.mailer.is_some(),
            Means::Webhook => self.hook.is_some(),
        }
    }

    /// Tries everything that is to be tried by now by one means. While nobody answers, the rest waits with the first.
    async fn deliver_by(&self, means: Means) -> Result<(), StoreError> {
        while self.deliver_some(means).await? {}
        Ok(())
    }

    /// Tries some of what is to be tried. Says whether there may be more, and somebody to take it.
    async fn deliver_some(&self, means: Means) -> Result<bool, StoreError> {
        let due = self.store.due_deliveries(means, self.clock.now(), BATCH).await?;
        for delivery in &due {
            if !self.try_one(means, delivery).await? {
                return Ok(false);
            }
        }
        Ok(!due.is_empty())
    }

    async fn pause_between_tries(&self, means: Means) -> Duration {
        // What waits behind somebody who does not answer is due already: it is not looked for more often than this.
        const SHORTEST: Duration = Duration::from_secs(5);
        match self.store.next_delivery(means).await {
            Ok(Some(next)) => self.until(next).clamp(SHORTEST, IDLE),
            _ => IDLE,
        }
    }

    /// Tries one. Says whether there was an answer.
    async fn try_one(&self, means: Means, delivery: &Delivery) -> Result<bool, StoreError> {
        if is_too_old(delivery, self.clock.now()) {
            // The server, or the means, was switched off meanwhile.
            let error = "it is too old to be news".to_owned();
            self.keep_outcome(means, delivery, &Outcome::GivenUp { error }).await?;
            return Ok(true);
        }
        if !self.store.begin_delivery(delivery.id, self.clock.now()).await? {
            return Ok(true);
        }
        let link = format!("{}/tickets/{}", self.config.base_url(), delivery.notice.ticket);
        let tried = match means {
            Means::Email => self.try_mail(delivery, &link).await?,
            _ => self.try_hook(delivery, &link).await?,
        };
        let now = self.clock.now();
        let (outcome, answered) = match tried {
            Ok(()) => (Outcome::Delivered, true),
            Err(Failed::Pointless(error)) => (Outcome::GivenUp { error }, true),
            Err(Failed::Refused(error)) => (again(delivery, error, now), true),
            Err(Failed::Unreachable(error)) => (again(delivery, error, now), false),
        };
        self.keep_outcome(means, delivery, &outcome).await?;
        Ok(answered)
    }

    async fn keep_outcome(
        &self,
        means: Means,
        delivery: &Delivery,
        outcome: &Outcome,
    ) -> Result<(), StoreError> {
        match outcome {
            Outcome::Delivered => {}
            Outcome::Again { error, .. } => {
                tracing::warn!(key = delivery.key, error, ?means, "not delivered yet");
            }
            Outcome::GivenUp { error } => {
                tracing::error!(key = delivery.key, error, ?means, "given up");
            }
        }
        self.store.record_delivery(delivery.id, outcome, self.clock.now()).await
    }

    async fn try_mail(&self, delivery: &Delivery, link: &str) -> Result<Result<(), Failed>, StoreError> {
        let (Some(mailer), Some(person)) = (&self.mailer, delivery.recipient) else {
            return Ok(Err(Failed::Pointless("there is nobody to send it to".to_owned())));
        };
        let directory = self.directory.current();
        if !directory.person(person).is_some_and(|person| person.active) {
            return Ok(Err(Failed::Pointless("the person has been deactivated".to_owned())));
        }
        let Some(contact) = self.store.contact(person).await? else {
            return Ok(Err(Failed::Pointless("the person has no account any more".to_owned())));
        };
        let Some(email) = contact.email else {
            return Ok(Err(Failed::Refused("the person has no e-mail address any more".to_owned())));
        };
        let book = directory.book();
        let workdays = directory.person(person).and_then(|person| book.workdays(person.department));
        let zone = workdays.map_or_else(Zone::utc, |workdays| workdays.hours().zone().clone());
        let language = contact.language.unwrap_or(self.config.language);
        let to = Addressee { email: email.into_string(), language, zone };
        // What goes wrong is logged, and people's addresses never are.
        let unnamed = |error: String| error.replace(&to.email, "<address>");
        Ok(mailer.send(delivery, &to, link).await.map_err(|failed| match failed {
            Failed::Pointless(error) => Failed::Pointless(unnamed(error)),
            Failed::Refused(error) => Failed::Refused(unnamed(error)),
            Failed::Unreachable(error) => Failed::Unreachable(unnamed(error)),
        }))
    }

    async fn try_hook(&self, delivery: &Delivery, link: &str) -> Result<Result<(), Failed>, StoreError> {
        let Some(hook) = &self.hook else {
            return Ok(Err(Failed::Refused("there is no webhook".to_owned())));
        };
        let people = match &delivery.people {
            Some(people) => people.clone(),
            None => self.people_by_now(delivery).await?,
        };
        Ok(hook.send(delivery, &people, link, self.clock.now()).await)
    }

    /// Who would be told of it now: all that can be said of what was told before it was kept who was.
    async fn people_by_now(&self, delivery: &Delivery) -> Result<Vec<Named>, StoreError> {
        let directory = self.directory.current();
        let ticket = self.store.document(delivery.notice.ticket).await?.as_ref().and_then(Ticket::of);
        let steps = &directory.book().policy().steps.clone();
        let step = steps.iter().find(|step| step.id == delivery.notice.step);
        let named = ticket.as_ref().zip(step).map(|(ticket, step)| plan::named(&step.to, ticket, &directory));
        Ok(named.unwrap_or_default())
    }
}

#[cfg(test)]
impl Ringing {
    /// Tries everything that is to be tried by now.
    pub(super) async fn deliver(&self) -> Result<(), StoreError> {
        for means in Means::ALL.into_iter().filter(|means| self.is_open(*means)) {
            self.deliver_by(means).await?;
        }
        Ok(())
    }
}

fn is_too_old(delivery: &Delivery, now: Timestamp) -> bool {
    now.millis_since(delivery.made_at) >= TRIED_FOR_MS
}

/// When to try again: later each time, and not at the same moment as everybody else.
fn again(delivery: &Delivery, error: String, now: Timestamp) -> Outcome {
    if is_too_old(delivery, now) {
        return Outcome::GivenUp { error };
    }
    let doubled = FIRST_PAUSE_MS.saturating_mul(1 << delivery.attempts.min(20));
    let longest = doubled.min(LONGEST_PAUSE_MS);
    let pause = longest - rand::random_range(0..=longest / 2);
    Outcome::Again { error, next_try: now.plus_millis(pause) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::START;

    #[test]
    fn tries_grow_rarer_up_to_an_hour_and_end_after_a_week_at_the_earliest() {
        let notice = serde_json::from_value(serde_json::json!({
            "kind": "urgent", "ticket": "018fa2c4-0000-7000-8000-000000000000", "step": "x", "at": 0, "urgent": true,
        }));
        let mut delivery = Delivery {
            id: 1,
            key: "key".into(),
            recipient: None,
            notice: notice.unwrap(),
            people: None,
            made_at: START,
            attempts: 0,
        };
        let mut now = START;
        let mut tries = 0;
        while let Outcome::Again { next_try, .. } = again(&delivery, "down".into(), now) {
            let pause = next_try.millis_since(now);
            assert!((FIRST_PAUSE_MS / 2..=LONGEST_PAUSE_MS).contains(&pause), "{pause}");
            if delivery.attempts > 10 {
                assert!(pause >= LONGEST_PAUSE_MS / 2);
            }
            delivery.attempts += 1;
            tries += 1;
            now = next_try;
        }
        assert!(now.millis_since(START) >= TRIED_FOR_MS && tries > 150, "{tries}");
    }
}
