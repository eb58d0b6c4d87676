//! The numbers of new tickets, and those of tickets that a restored server is given again.

use domain::ticket::{Month, TicketNumber};
use domain::{TicketId, Timestamp};

use super::Group;

impl Group {
    /// The number of a ticket that is registered at `now`: the one that people know it by already, if it may have that; or else the
    /// next one of the month.
    pub(super) fn number_for(&mut self, ticket: TicketId, now: Timestamp) -> TicketNumber {
        let known_as = self.known.known_as.get(&ticket).filter(|number| self.is_free(number)).cloned();
        if let Some(number) = &known_as {
            tracing::info!(%ticket, %number, "a ticket was given back its number");
        }
        let number = known_as.unwrap_or_else(|| self.next_number(now));
        self.known.given.insert(number.clone());
        number
    }

    /// Whether a number can be given back: it was passed over when the server was restored, or is missing in the backup, and no other
    /// ticket has it now.
    fn is_free(&self, number: &TicketNumber) -> bool {
        let passed_over = number.place().is_some_and(|(month, running)| {
            self.known.numbers.get(&month).is_some_and(|last| running <= *last)
        });
        passed_over && !self.known.given.contains(number)
    }

    fn next_number(&mut self, now: Timestamp) -> TicketNumber {
        let month = Month::of(now, self.utc_offset_minutes);
        let last = self.known.numbers.entry(month).or_default();
        *last += 1;
        self.written.touched_months.insert(month);
        TicketNumber::new(month, *last)
    }
}
