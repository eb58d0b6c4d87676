//! All tickets in sight beside the one that is open.

use domain::TicketId;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::filter::Filter;
use super::filter_bar::FilterBar;
use super::ticket_detail::TicketDetail;
use super::ticket_list::TicketList;
use crate::i18n::use_lang;
use crate::t;
use crate::ui::{Empty, Icon};

/// The office's home: the list on one side, the chosen ticket on the other.
#[component]
pub fn TicketsPage() -> impl IntoView {
    let lang = use_lang();
    let params = use_params_map();
    let chosen = Memo::new(move |_| params.read().get("id").and_then(|id| id.parse::<TicketId>().ok()));
    let filter = RwSignal::new(Filter::default());
    // One thing is next: with a ticket open, that is in the ticket.
    let new_kind = move || if chosen.get().is_none() { "primary" } else { "accent" };
    view! {
        <header class="office-bar">
            <h1 class="office-bar__title">{t!(lang, tickets_title)}</h1>
            <label class="search">
                <Icon name="search" />
                <input
                    class="input"
                    id="ticket-search"
                    type="search"
                    autocomplete="off"
                    aria-label=t!(lang, tickets_search)
                    placeholder=t!(lang, tickets_search_hint)
                    prop:value=move || filter.read().query.clone()
                    on:input=move |event| filter.update(|filter| filter.query = event_target_value(&event))
                />
                <kbd aria-hidden="true">"/"</kbd>
            </label>
            <div class="office-bar__end">
                <a href="/tickets/new" class="button" data-kind=new_kind>
                    <Icon name="plus" />
                    {t!(lang, tickets_new)}
                    <kbd aria-hidden="true">"N"</kbd>
                </a>
            </div>
        </header>
        <div class="split" data-showing=move || if chosen.get().is_some() { "detail" } else { "list" }>
            <section class="split__list" aria-label=t!(lang, tickets_list)>
                <div class="split__filters"><FilterBar filter /></div>
                <TicketList filter chosen on_clear=move |()| filter.set(Filter::default()) />
            </section>
            <section class="split__detail" aria-label=t!(lang, ticket_detail)>
                {move || match chosen.get() {
                    Some(ticket) => view! { <TicketDetail ticket /> }.into_any(),
                    None => {
                        view! {
                            <Empty
                                icon="ticket"
                                title=t!(lang, tickets_choose_title)
                                text=t!(lang, tickets_choose_text)
                                attr:data-keys=""
                            />
                        }
                            .into_any()
                    }
                }}
            </section>
        </div>
    }
}
