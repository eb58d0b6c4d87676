//! What happened before with the same product or the same customer.

use std::sync::Arc;

use domain::TicketId;
use domain::people::Role;
use domain::ticket::Card;
use leptos::prelude::*;
use leptos_router::components::A;

use super::glyph::StageLook;
use super::when::use_when;
use crate::i18n::use_lang;
use crate::workspace::use_workspace;

/// As many are shown.
const SHOWN: usize = 8;

/// Other tickets of the same serial number or phone number, latest first.
#[component]
pub fn EarlierTickets(
    /// The product's serial number; empty if unknown.
    #[prop(into)]
    serial: Signal<String>,
    /// The customer's phone number; empty if unknown.
    #[prop(into)]
    phone: Signal<String>,
    /// The ticket that is being looked at.
    #[prop(optional, into)]
    except: Signal<Option<TicketId>>,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (cards, person) = (workspace.cards(), workspace.person());
    let when = use_when();
    let found =
        Memo::new(move |_| cards.with(|cards| earlier(cards, &serial.read(), &phone.read(), except.get())));
    move || {
        let found = found.get();
        if found.is_empty() {
            let nothing = move || lang.words().earlier_empty();
            return view! { <div class="panel__body"><p class="secondary">{nothing}</p></div> }.into_any();
        }
        let role = person.read().role;
        let rows = found.into_iter().map(|card| {
            let look = StageLook::of(card.stage, card.waiting, card.answered, card.cycle);
            let number = super::number_words(&card, lang.words());
            let created = card.created;
            view! {
                <li>
                    <A href=ticket_path(role, card.ticket) attr:class="earlier__item">
                        <span class="earlier__title">{card.summary.clone()}</span>
                        <span class="earlier__end">{move || when.ago(created)}</span>
                        <span class="earlier__more">
                            {move || lang.words().earlier_more(&number, look.word(lang.words()))}
                        </span>
                    </A>
                </li>
            }
        });
        view! { <ul class="earlier">{rows.collect_view()}</ul> }.into_any()
    }
}

/// Where a person of this role looks at a ticket.
pub fn ticket_path(role: Role, ticket: TicketId) -> String {
    if role.carries_out_work() { format!("/jobs/{ticket}") } else { format!("/tickets/{ticket}") }
}

/// The cards of the same serial number or phone number, latest first.
pub fn earlier(cards: &Arc<Vec<Card>>, serial: &str, phone: &str, except: Option<TicketId>) -> Vec<Card> {
    let (serial, phone) = (plain_code(serial), digits(phone));
    let same_product = |card: &Card| serial.len() >= 3 && plain_code(&card.serial) == serial;
    let same_phone = |card: &Card| phone.len() >= 7 && digits(&card.phone) == phone;
    let mut found: Vec<_> = cards
        .iter()
        .filter(|card| Some(card.ticket) != except && (same_product(card) || same_phone(card)))
        .cloned()
        .collect();
    found.sort_by_key(|card| std::cmp::Reverse((card.created, card.ticket)));
    found.truncate(SHOWN);
    found
}

/// A serial number without what people type differently.
fn plain_code(code: &str) -> String {
    code.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// A phone number without what people type differently.
pub fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use domain::sla::PolicyBook;
    use domain::ticket::{Action, Ticket};

    use super::*;
    use crate::tickets::sample::{Sample, intake};

    fn card(id: u128, serial: &str, phone: &str) -> Card {
        let mut intake = intake();
        serial.clone_into(&mut intake.product.serial);
        phone.clone_into(&mut intake.customer.phone);
        let mut sample = Sample::blank(id);
        sample.add(i64::try_from(id).unwrap(), Action::Register(Box::new(intake)));
        Card::of(&Ticket::of(&sample.document).unwrap(), &PolicyBook::shipped())
    }

    fn found(serial: &str, phone: &str) -> Vec<u128> {
        let cards = Arc::new(vec![
            card(1, "ZK-77 01", "138 0000 5521"),
            card(2, "ZK-7702", "13800005521"),
            card(3, "zk7701", "020 1"),
        ]);
        earlier(&cards, serial, phone, None).iter().map(|card| card.ticket.as_uuid().as_u128()).collect()
    }

    #[test]
    fn a_serial_is_found_however_it_was_typed_and_the_latest_comes_first() {
        assert_eq!(found("ZK 7701", ""), [3, 1]);
    }

    #[test]
    fn a_phone_number_is_found_however_it_was_typed() {
        assert_eq!(found("", "138-0000-5521"), [2, 1]);
    }

    #[test]
    fn a_number_that_has_only_begun_finds_nothing() {
        assert_eq!(found("ZK", "138"), [] as [u128; 0]);
    }
}
