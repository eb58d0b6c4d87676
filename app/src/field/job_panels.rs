//! The parts of a job's page: what the engineer needs at the door first.

use std::sync::Arc;

use domain::ticket::{Answer, PartReplacement, SignOff, Visit};
use leptos::prelude::*;

use super::links;
use crate::i18n::use_lang;
use crate::sign_off::SignatureInk;
use crate::t;
use crate::tickets::deed::join;
use crate::tickets::glyph;
use crate::tickets::{
    EarlierTickets, ExplainedClock, Flags, NumberText, PersonName, StageBadge, Timeline, UrgencyBadge, iso,
    running, use_when,
};
use crate::ui::{Icon, Notice, Tone};
use crate::workspace::TicketView;

type View = Signal<Arc<TicketView>>;

/// Number, stage, urgency, flags, title and clocks.
#[component]
pub(super) fn JobHead(view: View) -> impl IntoView {
    let title = move || {
        let view = view.read();
        let intake = &view.ticket.intake;
        if intake.summary.trim().is_empty() { first_line(&intake.words) } else { intake.summary.clone() }
    };
    let clocks = move || {
        let view = view.get();
        let ticket = view.ticket.id;
        running(&view)
            .into_iter()
            .map(|clock| view! { <ExplainedClock ticket clock named=true large=true /> })
            .collect_view()
    };
    view! {
        <header class="job__head">
            <div class="job__line">
                <NumberText
                    ticket=Signal::derive(move || view.read().ticket.id)
                    number=Signal::derive(move || view.read().ticket.number.clone())
                />
                <StageBadge
                    stage=Signal::derive(move || view.read().ticket.stage)
                    waiting=Signal::derive(move || view.read().ticket.waiting)
                    answered=Signal::derive(move || view.read().ticket.answered())
                    cycle=Signal::derive(move || view.read().ticket.cycle)
                />
                <UrgencyBadge urgency=Signal::derive(move || view.read().ticket.urgency.value) />
                <Flags flags=Signal::derive(move || view.read().ticket.flags().clone()) />
            </div>
            <h2 class="job__title">{title}</h2>
            <div class="job__clocks">{clocks}</div>
        </header>
    }
}

fn first_line(words: &str) -> String {
    words.trim().lines().next().unwrap_or_default().to_owned()
}

/// What needs a person because people worked apart.
#[component]
pub(super) fn Conflicts(view: View) -> impl IntoView {
    let lang = use_lang();
    move || {
        let count = view.read().ticket.conflicts().len();
        (count > 0).then(|| {
            view! {
                <Notice tone=Tone::Warn title=t!(lang, job_conflicts, count) text=t!(lang, job_conflicts_more) />
            }
        })
    }
}

/// The customer's own words.
#[component]
pub(super) fn WordsPanel(view: View) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let words = Memo::new(move |_| view.read().ticket.intake.words.clone());
    let source = move || {
        let view = view.read();
        let ticket = &view.ticket;
        let words = lang.words();
        join([
            words.job_customers_words(),
            words.channel(ticket.intake.channel),
            &when.instant(ticket.created),
        ])
    };
    view! {
        <section class="panel">
            <div class="panel__body">
                <blockquote class="verbatim">{words}<footer class="verbatim__source">{source}</footer></blockquote>
            </div>
        </section>
    }
}

/// Whom to call, and where to go.
#[component]
pub(super) fn CustomerPanel(view: View, #[prop(into)] edit: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let contact = Memo::new(move |_| view.read().ticket.contact.value.clone());
    let site = Memo::new(move |_| view.read().ticket.intake.site.clone());
    let call = move || {
        let contact = contact.get();
        links::call(&contact.phone).map(|href| {
            view! {
                <a class="icon-button" data-edge href=href aria-label=move || lang.words().job_call(&contact.name)>
                    <Icon name="phone" />
                </a>
            }
        })
    };
    let navigate = move || {
        let site = site.get();
        links::navigate(&site.region, &site.address).map(|href| {
            view! {
                <a class="icon-button" data-edge href=href aria-label=t!(lang, job_navigate)><Icon name="navigate" /></a>
            }
        })
    };
    let place = move || {
        let site = site.get();
        let place = links::place(&site.region, &site.address);
        if place.is_empty() { lang.words().job_no_address().to_owned() } else { place }
    };
    let reach = move || {
        let contact = contact.get();
        let lines = [contact.phone, contact.email].into_iter().filter(|line| !line.trim().is_empty());
        lines.map(|line| view! { <small class="number">{line}</small> }).collect_view()
    };
    view! {
        <section class="panel">
            <header class="panel__head">
                <h2 class="panel__title">
                    {move || {
                        let contact = contact.read();
                        if contact.company.is_empty() { lang.words().job_customer().to_owned() } else { contact.company.clone() }
                    }}
                </h2>
                <div class="panel__end">
                    <button class="icon-button" type="button" aria-label=t!(lang, job_contact_title) on:click=move |_| edit.run(())>
                        <Icon name="edit" />
                    </button>
                </div>
            </header>
            <div class="panel__body stack">
                <div class="contact">
                    <Icon name="person" />
                    <span class="contact__text">{move || contact.read().name.clone()} {reach}</span>
                    <span class="contact__end">{call}</span>
                </div>
                <div class="contact">
                    <Icon name="map-pin" />
                    <span class="contact__text">{place}</span>
                    <span class="contact__end">{navigate}</span>
                </div>
            </div>
        </section>
    }
}

/// What it is about.
#[component]
pub(super) fn ProductPanel(view: View) -> impl IntoView {
    let lang = use_lang();
    let facts = move || {
        let view = view.read();
        let (product, words) = (&view.ticket.intake.product, lang.words());
        let facts = [
            (words.field_model(), &product.model),
            (words.field_serial(), &product.serial),
            (words.field_batch(), &product.batch),
            (words.field_order_number(), &product.order_number),
            (words.job_purchased(), &product.purchased_on),
            (words.field_purchase_channel(), &product.purchase_channel),
        ];
        let facts: Vec<_> = facts
            .into_iter()
            .filter(|(_, fact)| !fact.trim().is_empty())
            .map(|(label, fact)| view! { <dt>{label}</dt><dd class="number">{fact.clone()}</dd> })
            .collect();
        if facts.is_empty() {
            view! { <p class="secondary">{words.job_no_product()}</p> }.into_any()
        } else {
            view! { <dl class="facts">{facts}</dl> }.into_any()
        }
    };
    let kind = move || view.read().ticket.kind();
    view! {
        <section class="panel">
            <header class="panel__head">
                <h2 class="panel__title">{t!(lang, job_product)}</h2>
                <div class="panel__end">
                    <span class="badge">
                        <Icon name=Signal::derive(move || glyph::of_kind(kind())) />
                        {move || lang.words().kind(kind())}
                    </span>
                </div>
            </header>
            <div class="panel__body">{facts}</div>
        </section>
    }
}

/// What happened with this product before.
#[component]
pub(super) fn EarlierPanel(view: View) -> impl IntoView {
    let lang = use_lang();
    view! {
        <section class="panel">
            <header class="panel__head"><h2 class="panel__title">{t!(lang, earlier_title)}</h2></header>
            <div class="panel__body" data-flush>
                <EarlierTickets
                    serial=Signal::derive(move || view.read().ticket.intake.product.serial.clone())
                    phone=Signal::derive(move || view.read().ticket.contact.value.phone.clone())
                    except=Signal::derive(move || Some(view.read().ticket.id))
                />
            </div>
        </section>
    }
}

/// Parts replaced. Nothing, while there are none.
#[component]
pub(super) fn PartsPanel(view: View) -> impl IntoView {
    let lang = use_lang();
    let parts = Memo::new(move |_| {
        let view = view.read();
        view.ticket.parts.iter().map(|part| part.fact.clone()).collect::<Vec<_>>()
    });
    move || {
        let parts = parts.get();
        (!parts.is_empty()).then(|| {
            let lines = parts.into_iter().map(|part| view! { <li><PartLine part /></li> }).collect_view();
            view! {
                <section class="panel">
                    <header class="panel__head"><h2 class="panel__title">{t!(lang, job_parts)}</h2></header>
                    <ul class="panel__body" data-flush>{lines}</ul>
                </section>
            }
        })
    }
}

#[component]
fn PartLine(part: PartReplacement) -> impl IntoView {
    let lang = use_lang();
    let PartReplacement { name, part_number, old_serial, new_serial, quantity, note } = part;
    let serials = {
        let (old, new) = (old_serial.clone(), new_serial.clone());
        move || {
            let or_none = |serial: &str| {
                if serial.is_empty() { lang.words().deed_none().to_owned() } else { serial.to_owned() }
            };
            (!old.is_empty() || !new.is_empty())
                .then(|| lang.words().deed_part_serials(or_none(&old), or_none(&new)))
        }
    };
    view! {
        <div class="part-line">
            <span>{join([name, part_number].into_iter().filter(|text| !text.is_empty()))}</span>
            <span class="number">"× "{quantity}</span>
            {move || serials().map(|serials| view! { <small class="number">{serials}</small> })}
            {(!note.is_empty()).then(|| view! { <small>{note}</small> })}
        </div>
    }
}

/// Time spent at the site. Nothing, while nobody was there.
#[component]
pub(super) fn VisitsPanel(view: View) -> impl IntoView {
    let lang = use_lang();
    let visits = Memo::new(move |_| view.read().ticket.visits.clone());
    move || {
        let visits = visits.get();
        (!visits.is_empty()).then(|| {
            let lines =
                visits.into_iter().rev().map(|visit| view! { <li><VisitLine visit /></li> }).collect_view();
            view! {
                <section class="panel">
                    <header class="panel__head"><h2 class="panel__title">{t!(lang, job_visits)}</h2></header>
                    <ul class="panel__body" data-flush>{lines}</ul>
                </section>
            }
        })
    }
}

#[component]
fn VisitLine(visit: Visit) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let Visit { engineer, checked_in, checked_out, .. } = visit;
    let span = move || {
        let from = when.instant(checked_in);
        match checked_out {
            Some(left) => lang.words().sheet_visit_from_to(from, when.instant(left)),
            None => lang.words().sheet_visit_since(from),
        }
    };
    let minutes = checked_out.map(|left| left.millis_since(checked_in) / domain::Timestamp::MINUTE_MS);
    let length = move || match minutes {
        Some(minutes) if minutes >= 60 => lang.words().span_hours_minutes(minutes / 60, minutes % 60),
        Some(minutes) => lang.words().span_minutes(minutes),
        None => lang.words().job_on_site().to_owned(),
    };
    view! {
        <div class="part-line">
            <time class="number" datetime=iso(checked_in)>{span}</time>
            <span class="number">{length}</span>
            <small><PersonName person=Signal::stored(Some(engineer)) /></small>
        </div>
    }
}

/// What was found and done. Nothing, while the work is not done.
#[component]
pub(super) fn CompletionPanel(view: View) -> impl IntoView {
    let lang = use_lang();
    let completion = Memo::new(move |_| view.read().ticket.completion().map(|entry| entry.fact.clone()));
    move || {
        completion.get().map(|completion| {
            let facts = move || {
                let words = lang.words();
                [
                    (words.field_found(), completion.found.clone()),
                    (words.field_done(), completion.done.clone()),
                    (words.field_cause(), completion.cause.clone()),
                    (words.complete_responsible(), words.responsible(completion.responsible).to_owned()),
                    (words.field_remaining(), completion.remaining.clone()),
                ]
                .into_iter()
                .filter(|(_, text)| !text.trim().is_empty())
                .map(|(label, text)| view! { <dt>{label}</dt><dd>{text}</dd> })
                .collect_view()
            };
            view! {
                <section class="panel">
                    <header class="panel__head"><h2 class="panel__title">{t!(lang, job_completion)}</h2></header>
                    <div class="panel__body"><dl class="facts" data-stacked>{facts}</dl></div>
                </section>
            }
        })
    }
}

/// The customer's answer, as it was given. Nothing, while there is none.
#[component]
pub(super) fn SignOffPanel(view: View) -> impl IntoView {
    let lang = use_lang();
    let sign_off =
        Memo::new(move |_| view.read().ticket.sign_off().map(|entry| (entry.happened, entry.fact.clone())));
    move || {
        sign_off.get().map(|(happened, sign_off)| {
            view! {
                <section class="panel">
                    <header class="panel__head"><h2 class="panel__title">{t!(lang, job_sign_off)}</h2></header>
                    <div class="panel__body stack"><GivenAnswer sign_off happened /></div>
                </section>
            }
        })
    }
}

#[component]
fn GivenAnswer(sign_off: SignOff, happened: domain::Timestamp) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let hash: String = sign_off.sha256.chars().take(12).collect();
    let under = view! {
        <p class="tertiary number">{move || lang.words().job_sign_off_under(when.exact(happened), &hash)}</p>
    };
    match sign_off.answer {
        Answer::Signed { name, signature, satisfaction, remark } => {
            let signer = name.clone();
            view! {
                <SignatureInk signature name=signer />
                <p>
                    <strong>{name}</strong>
                    {satisfaction.map(|score| {
                        view! {
                            " · "
                            {move || lang.words().deed_satisfaction(score.score(), lang.words().satisfaction(score))}
                        }
                    })}
                </p>
                {(!remark.is_empty()).then(|| view! { <blockquote class="verbatim">{remark}</blockquote> })}
                {under}
            }
            .into_any()
        }
        Answer::Refused { reason } => view! {
            <Notice tone=Tone::Warn title=t!(lang, deed_sign_refused) text=reason />
            {under}
        }
        .into_any(),
    }
}

/// Everything that happened.
#[component]
pub(super) fn HistoryPanel(view: View) -> impl IntoView {
    let lang = use_lang();
    view! {
        <section class="panel">
            <header class="panel__head"><h2 class="panel__title">{t!(lang, timeline_label)}</h2></header>
            <div class="panel__body"><Timeline view /></div>
        </section>
    }
}
