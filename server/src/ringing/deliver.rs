//! Getting what was told out of the house: tried until the other side has it.

use std::time::Duration;

use domain::Timestamp;
use domain::sla::{Means, Zone};
use domain::ticket::Ticket;

use super::post::{Addressee, Failed};
use super::{IDLE, Ringing, plan};
use crate::shutdown::Shutdown;
use crate::store::StoreError;
use crate::store::rings::{Delivery, Outcome};

/// The pause after the first failure. It doubles with each further one.
const FIRST_PAUSE_MS: i64 = 30_000;
/// The longest pause.
const LONGEST_PAUSE_MS: i64 = Timestamp::HOUR_MS;
/// How long something is tried at least.
const TRIED_FOR_MS: i64 = 7 * Timestamp::DAY_MS;
/// How much is looked for at a time.
const BATCH: u32 = 32;

impl Ringing {
    /// Tries everything that is to be tried by now. While nobody answers, the rest waits with the first.
    pub(crate) async fn deliver(&self) -> Result<(), StoreError> {
        let channels = [(Means::Email, self.mailer.is_some()), (Means::Webhook, self.hook.is_some())];
        for (means, _) in channels.into_iter().filter(|(_, open)| *open) {
            while self.deliver_some(means).await? {}
        }
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

    /// Tries until the server is to stop.
    pub(crate) async fn keep_delivering(self, shutdown: Shutdown) {
        loop {
            if let Err(error) = self.deliver().await {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::error!(error, "deliveries failed; they will be tried again");
            }
            tokio::select! {
                () = self.hub.told() => {}
                () = tokio::time::sleep(self.pause_between_tries().await) => {}
                () = shutdown.requested() => return,
            }
        }
    }

    async fn pause_between_tries(&self) -> Duration {
        // What waits behind somebody who does not answer is due already: it is not looked for more often than this.
        const SHORTEST: Duration = Duration::from_secs(5);
        match self.store.next_delivery().await {
            Ok(Some(next)) => self.until(next).clamp(SHORTEST, IDLE),
            _ => IDLE,
        }
    }

    /// Tries one. Says whether there was an answer.
    async fn try_one(&self, means: Means, delivery: &Delivery) -> Result<bool, StoreError> {
        let link = format!("{}/tickets/{}", self.config.base_url(), delivery.notice.ticket);
        let tried = match means {
            Means::Email => self.try_mail(delivery, &link).await?,
            _ => self.try_hook(delivery, &link).await?,
        };
        let now = self.clock.now();
        let (outcome, answered) = match tried {
            Ok(()) => (Outcome::Delivered, true),
            Err(Failed::Refused(error)) => (again(delivery, error, now), true),
            Err(Failed::Unreachable(error)) => (again(delivery, error, now), false),
        };
        match &outcome {
            Outcome::Delivered => {}
            Outcome::Again { error, .. } => {
                tracing::warn!(key = delivery.key, error, ?means, "not delivered yet");
            }
            Outcome::GivenUp { error } => {
                tracing::error!(key = delivery.key, error, ?means, "given up");
            }
        }
        self.store.record_delivery(delivery.id, &outcome, now).await?;
        Ok(answered)
    }

    async fn try_mail(&self, delivery: &Delivery, link: &str) -> Result<Result<(), Failed>, StoreError> {
        let (Some(mailer), Some(person)) = (&self.mailer, delivery.recipient) else {
            return Ok(Err(Failed::Refused("there is nobody to send it to".to_owned())));
        };
        let Some(contact) = self.store.contact(person).await? else {
            return Ok(Err(Failed::Refused("the person has no account any more".to_owned())));
        };
        let Some(email) = contact.email else {
            return Ok(Err(Failed::Refused("the person has no e-mail address any more".to_owned())));
        };
        let directory = self.directory.current();
        let book = directory.book();
        let workdays = directory.person(person).and_then(|person| book.workdays(person.department));
        let zone = workdays.map_or_else(Zone::utc, |workdays| workdays.hours().zone().clone());
        let language = contact.language.unwrap_or(self.config.language);
        let to = Addressee { email: email.into_string(), language, zone };
        // What goes wrong is logged, and people's addresses never are.
        let unnamed = |error: String| error.replace(&to.email, "<address>");
        Ok(mailer.send(delivery, &to, link).await.map_err(|failed| match failed {
            Failed::Refused(error) => Failed::Refused(unnamed(error)),
            Failed::Unreachable(error) => Failed::Unreachable(unnamed(error)),
        }))
    }

    async fn try_hook(&self, delivery: &Delivery, link: &str) -> Result<Result<(), Failed>, StoreError> {
        let Some(hook) = &self.hook else {
            return Ok(Err(Failed::Refused("there is no webhook".to_owned())));
        };
        let directory = self.directory.current();
        let ticket = self.store.document(delivery.notice.ticket).await?.as_ref().and_then(Ticket::of);
        let steps = &directory.book().policy().steps.clone();
        let step = steps.iter().find(|step| step.id == delivery.notice.step);
        let mut people: Vec<_> = ticket.as_ref().zip(step).map_or_else(Vec::new, |(ticket, step)| {
            step.to.iter().flat_map(|recipient| plan::people(*recipient, ticket, &directory)).collect()
        });
        people.dedup_by_key(|person| person.id);
        Ok(hook.send(delivery, &people, link, self.clock.now()).await)
    }
}

/// When to try again: later each time, and not at the same moment as everybody else.
fn again(delivery: &Delivery, error: String, now: Timestamp) -> Outcome {
    if now.millis_since(delivery.made_at) >= TRIED_FOR_MS {
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
