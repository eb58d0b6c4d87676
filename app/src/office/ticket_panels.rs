//! The facts of a ticket, one panel for each subject.

use std::sync::Arc;

use domain::TicketId;
use domain::ticket::Action;
use domain::ticket::{Answer, Comment, Completion, Entry, Sheet, SignOff, Verification};
use leptos::prelude::*;

use super::acts::Act;
use super::dialogs::DialogSwitches;
use super::panel::{Fact, Panel};
use crate::device::drafts::Draft;
use crate::field::{Recording, use_recorder};
use crate::i18n::{Locale, use_lang};
use crate::sign_off::SignatureInk;
use crate::t;
use crate::tickets::deed::{Deed, Speaker};
use crate::tickets::face::Span;
use crate::tickets::{ClockList, EarlierTickets, PersonName, Timeline, use_when};
use crate::ui::{Dialog, DialogSize, Icon, TextArea, use_toasts};
use crate::workspace::{TicketView, use_workspace};

/// What the customer said, word for word.
#[component]
pub fn WordsPanel(view: Signal<Arc<TicketView>>) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let source = move || {
        let view = view.read();
        let words = lang.words();
        words.words_source(words.channel(view.ticket.intake.channel), when.instant(view.ticket.created))
    };
    let language = move || {
        let language = view.read().ticket.intake.customer.language.clone();
        (!language.is_empty()).then_some(language)
    };
    view! {
        <Panel title=t!(lang, panel_words)>
            <blockquote class="verbatim" lang=language>
                {move || view.read().ticket.intake.words.clone()}
                <footer class="verbatim__source">{source}</footer>
            </blockquote>
        </Panel>
    }
}

/// Every clock with its reason.
#[component]
pub fn ClockPanel(view: Signal<Arc<TicketView>>) -> impl IntoView {
    let lang = use_lang();
    view! {
        <Panel title=t!(lang, panel_clocks)>
            <ClockList view />
        </Panel>
    }
}

/// Who answers for it.
#[component]
pub fn OwnerPanel(view: Signal<Arc<TicketView>>, switches: DialogSwitches) -> impl IntoView {
    let lang = use_lang();
    let directory = use_workspace().directory();
    let department = Signal::derive(move || {
        let department = view.read().ticket.accountable.value.department;
        directory.with(|directory| {
            directory.department(department).map(|department| department.name.clone()).unwrap_or_default()
        })
    });
    let registered_by = Signal::derive(move || Some(view.read().ticket.registered_by));
    let may = may(view, Act::Assign);
    let end = move || {
        may.get().then(|| {
            view! {
                <button
                    class="icon-button"
                    type="button"
                    aria-label=move || Act::Assign.word(&view.read().ticket, lang.words())
                    on:click=move |_| switches.open(Act::Assign)
                >
                    <Icon name="edit" />
                </button>
            }
        })
    };
    let facts = Signal::derive(move || {
        let view = view.read();
        let words = lang.words();
        crate::tickets::deed::join([
            words.kind(view.ticket.kind()),
            words.difficulty(view.ticket.difficulty()),
        ])
    });
    let nature = Signal::derive(move || {
        view.read()
            .ticket
            .intake
            .nature
            .map(|nature| lang.words().nature(nature).to_owned())
            .unwrap_or_default()
    });
    view! {
        <Panel title=t!(lang, panel_owner) end=end>
            <dl class="facts">
                <dt>{t!(lang, panel_owner)}</dt>
                <dd><PersonName person=Signal::derive(move || view.read().ticket.accountable.value.person) /></dd>
                <Fact label=t!(lang, fact_department) value=department />
                <Fact label=t!(lang, fact_kind) value=facts />
                <Fact label=t!(lang, fact_nature) value=nature />
                <dt>{t!(lang, fact_registered_by)}</dt>
                <dd><PersonName person=registered_by /></dd>
            </dl>
        </Panel>
    }
}

/// Whom to talk to, and where.
#[component]
pub fn CustomerPanel(view: Signal<Arc<TicketView>>, switches: DialogSwitches) -> impl IntoView {
    let lang = use_lang();
    let contact = Memo::new(move |_| view.read().ticket.contact.value.clone());
    let may = may(view, Act::EditContact);
    let end = move || {
        may.get().then(|| {
            view! {
                <button
                    class="icon-button"
                    type="button"
                    aria-label=t!(lang, act_edit_contact)
                    on:click=move |_| switches.open(Act::EditContact)
                >
                    <Icon name="edit" />
                </button>
            }
        })
    };
    let call = move || {
        let contact = contact.get();
        (!contact.phone.is_empty()).then(|| {
            let name = contact.name.clone();
            view! {
                <a
                    class="icon-button"
                    data-edge
                    href=format!("tel:{}", contact.phone)
                    aria-label=move || lang.words().office_call(&name)
                >
                    <Icon name="phone" />
                </a>
            }
        })
    };
    let site = move |field: fn(&domain::ticket::Site) -> &String| {
        Signal::derive(move || field(&view.read().ticket.intake.site).clone())
    };
    view! {
        <Panel title=t!(lang, panel_customer) end=end>
            <div class="stack"><div class="contact">
                <Icon name="person" />
                <span class="contact__text">
                    {move || contact.read().name.clone()}
                    <small class="number">{move || contact.read().phone.clone()}</small>
                </span>
                <span class="contact__end">{call}</span>
            </div>
            <dl class="facts">
                <Fact label=t!(lang, fact_company) value=Signal::derive(move || contact.read().company.clone()) />
                <Fact label=t!(lang, fact_email) value=Signal::derive(move || contact.read().email.clone()) />
                <Fact label=t!(lang, fact_region) value=site(|site| &site.region) />
                <Fact label=t!(lang, fact_address) value=site(|site| &site.address) />
                <Fact
                    label=t!(lang, fact_existing)
                    value=Signal::derive(move || {
                        let words = lang.words();
                        let known = view.read().ticket.intake.existing_customer;
                        (if known { words.fact_existing_yes() } else { words.fact_existing_no() }).to_owned()
                    })
                />
            </dl></div>
        </Panel>
    }
}

/// What it is about.
#[component]
pub fn ProductPanel(view: Signal<Arc<TicketView>>) -> impl IntoView {
    let lang = use_lang();
    let fact = move |field: fn(&domain::ticket::Product) -> &String| {
        Signal::derive(move || field(&view.read().ticket.intake.product).clone())
    };
    let verification = Signal::derive(move || match &view.read().ticket.intake.verification {
        Verification::Verified => lang.words().fact_verified().to_owned(),
        Verification::NotVerified { reason } => lang.words().fact_not_verified(reason),
    });
    view! {
        <Panel title=t!(lang, panel_product)>
            <dl class="facts">
                <Fact label=t!(lang, fact_model) value=fact(|product| &product.model) code=true />
                <Fact label=t!(lang, fact_serial) value=fact(|product| &product.serial) code=true />
                <Fact label=t!(lang, fact_order) value=fact(|product| &product.order_number) code=true />
                <Fact label=t!(lang, fact_batch) value=fact(|product| &product.batch) code=true />
                <Fact label=t!(lang, fact_purchased) value=fact(|product| &product.purchased_on) />
                <Fact label=t!(lang, fact_purchase_channel) value=fact(|product| &product.purchase_channel) />
                <Fact label=t!(lang, fact_verification) value=verification />
            </dl>
        </Panel>
    }
}

/// What was found and done, each time.
#[component]
pub fn CompletionPanel(view: Signal<Arc<TicketView>>) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let completions = Memo::new(move |_| view.read().ticket.completions.clone());
    let one = move |Entry { actor, happened, fact, .. }: Entry<Completion>| {
        let Completion { found, done, cause, responsible, remaining } = fact;
        view! {
            <dl class="facts">
                <Fact label=t!(lang, fact_found) value=found />
                <Fact label=t!(lang, fact_done) value=done />
                <Fact label=t!(lang, fact_cause) value=cause />
                <Fact
                    label=t!(lang, fact_responsible)
                    value=Signal::derive(move || lang.words().responsible(responsible).to_owned())
                />
                <Fact label=t!(lang, fact_remaining) value=remaining />
                <dt class="visually-hidden">{t!(lang, panel_owner)}</dt>
                <dd class="secondary"><PersonName person=Some(actor) /> " " {move || when.instant(happened)}</dd>
            </dl>
        }
    };
    move || {
        let completions = completions.get();
        (!completions.is_empty()).then(|| {
            view! {
                <Panel title=t!(lang, panel_completion)>
                    {completions.into_iter().rev().map(one).collect_view()}
                </Panel>
            }
        })
    }
}

/// Parts taken out and put in.
#[component]
pub fn PartsPanel(view: Signal<Arc<TicketView>>) -> impl IntoView {
    let lang = use_lang();
    let directory = use_workspace().directory();
    let parts = Memo::new(move |_| view.read().ticket.parts.clone());
    move || {
        let parts = parts.get();
        (!parts.is_empty()).then(|| {
            let lines = parts.into_iter().map(move |part| {
                let said = move || {
                    let directory = directory.get();
                    let none = |_| String::new();
                    let speaker = Speaker { words: lang.words(), directory: &directory, instant: &none };
                    let Deed { text, .. } = speaker.deed(&Action::ReplacePart(part.fact.clone()));
                    let name = format!("{} × {}", part.fact.name, part.fact.quantity);
                    view! {
                        <span>{name}</span>
                        <small>{crate::tickets::deed::join(text)}</small>
                    }
                };
                view! { <li><div class="part-line">{said}</div></li> }
            });
            view! {
                <Panel title=t!(lang, panel_parts) flush=true>
                    <ul>{lines.collect_view()}</ul>
                </Panel>
            }
        })
    }
}

/// Time spent at the site.
#[component]
pub fn VisitPanel(view: Signal<Arc<TicketView>>) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let visits = Memo::new(move |_| view.read().ticket.visits.clone());
    move || {
        let visits = visits.get();
        (!visits.is_empty()).then(|| {
            let lines = visits.into_iter().rev().map(move |visit| {
                let span = move || {
                    let words = lang.words();
                    let start = when.instant(visit.checked_in);
                    match visit.checked_out {
                        None => words.visit_open(start),
                        Some(end) => {
                            let span = Span::of_millis(end.millis_since(visit.checked_in));
                            let same_day = when.day_number(end) == when.day_number(visit.checked_in);
                            let end = if same_day { when.time(end) } else { when.instant(end) };
                            words.visit_span(start, end, span.said(words))
                        }
                    }
                };
                view! {
                    <dt><PersonName person=Some(visit.engineer) /></dt>
                    <dd>{span}</dd>
                }
            });
            view! {
                <Panel title=t!(lang, panel_visits)>
                    <dl class="facts">{lines.collect_view()}</dl>
                </Panel>
            }
        })
    }
}

/// What the customer answered, and exactly what they answered to.
#[component]
pub fn SignOffPanel(view: Signal<Arc<TicketView>>) -> impl IntoView {
    let lang = use_lang();
    let sign_offs = Memo::new(move |_| view.read().ticket.sign_offs.clone());
    move || {
        let sign_offs = sign_offs.get();
        (!sign_offs.is_empty()).then(|| {
            view! {
                <Panel title=t!(lang, panel_sign_off)>
                    {sign_offs
                        .into_iter()
                        .rev()
                        .map(|entry| view! { <SignOffFacts entry /> })
                        .collect_view()}
                </Panel>
            }
        })
    }
}

#[component]
fn SignOffFacts(entry: Entry<SignOff>) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let SignOff { sheet, sha256, answer } = entry.fact;
    let showing = RwSignal::new(false);
    let (shown_at, happened) = (sheet.shown_at, entry.happened);
    let language = Locale::from_tag(&sheet.language)
        .map_or_else(|| sheet.language.clone(), |locale| locale.own_name().to_owned());
    let answer = match answer {
        Answer::Signed { name, signature, satisfaction, remark } => {
            let signer = name.clone();
            let score = Signal::derive(move || {
                satisfaction.map(|score| {
                    lang.words().satisfaction_of(score.score(), lang.words().satisfaction(score))
                })
                .unwrap_or_default()
            });
            view! {
                <p><strong>{move || lang.words().sign_signed_by(&signer)}</strong> " " {move || when.instant(happened)}</p>
                <SignatureInk signature name />
                <dl class="facts">
                    <Fact label=t!(lang, callback_score) value=score />
                    <Fact label=t!(lang, callback_words) value=remark />
                </dl>
            }
            .into_any()
        }
        Answer::Refused { reason } => view! {
            <p><strong>{move || lang.words().sign_refused(&reason)}</strong> " " {move || when.instant(happened)}</p>
        }
        .into_any(),
    };
    view! {
        <div class="stack">
            {answer}
            <p class="secondary">{move || lang.words().sign_shown_at(when.exact(shown_at), &language)}</p>
            <dl class="facts" data-stacked>
                <dt>{t!(lang, sign_hash)}</dt>
                <dd class="number hash">{sha256}</dd>
            </dl>
            <div class="button-row">
                <button class="button" type="button" on:click=move |_| showing.set(true)>
                    <Icon name="eye" />
                    {t!(lang, sign_show_content)}
                </button>
            </div>
        </div>
        <SheetDialog open=showing sheet />
    }
}

/// The sheet, word for word.
#[component]
fn SheetDialog(open: RwSignal<bool>, sheet: Sheet) -> impl IntoView {
    let lang = use_lang();
    let sheet = StoredValue::new(sheet);
    let sub = move || sheet.with_value(|sheet| sheet.number.clone());
    let footer = move || {
        view! {
            <p class="dialog__foot-note">{t!(lang, sign_content_note)}</p>
            <button class="button" type="button" on:click=move |_| open.set(false)>{t!(lang, dialog_back)}</button>
        }
    };
    view! {
        <Dialog open title=t!(lang, sign_content_title) sub size=DialogSize::Large footer>
            <div class="stack" lang=sheet.with_value(|sheet| sheet.language.clone())>
                <dl class="facts" data-stacked>
                    {sheet
                        .with_value(|sheet| sheet.rows.clone())
                        .into_iter()
                        .map(|row| view! { <dt>{row.label}</dt> <dd>{row.text}</dd> })
                        .collect_view()}
                </dl>
                <p><strong>{sheet.with_value(|sheet| sheet.statement.clone())}</strong></p>
            </div>
        </Dialog>
    }
}

/// What the customer said afterwards.
#[component]
pub fn CallbackPanel(view: Signal<Arc<TicketView>>) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let callbacks = Memo::new(move |_| view.read().ticket.callbacks.clone());
    move || {
        let callbacks = callbacks.get();
        (!callbacks.is_empty()).then(|| {
            let lines = callbacks.into_iter().rev().map(move |Entry { actor, happened, fact, .. }| {
                let score = move || match fact.satisfaction {
                    Some(score) => lang.words().deed_satisfaction(score.score(), lang.words().satisfaction(score)),
                    None => lang.words().deed_satisfaction_unsaid().to_owned(),
                };
                view! {
                    <li class="stack">
                        <p><strong>{score}</strong></p>
                        <p>{fact.note}</p>
                        <p class="secondary"><PersonName person=Some(actor) /> " " {move || when.instant(happened)}</p>
                    </li>
                }
            });
            view! {
                <Panel title=t!(lang, panel_callbacks)>
                    <ul class="stack">{lines.collect_view()}</ul>
                </Panel>
            }
        })
    }
}

/// Words among colleagues, with the field to add some.
#[component]
pub fn CommentPanel(view: Signal<Arc<TicketView>>) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let ticket = view.read_untracked().ticket.id;
    let draft = Draft::of(use_workspace().person().read_untracked().id, "comment", ticket);
    let settled = draft.clone().settled();
    let draft = StoredValue::new(draft);
    let comments = Memo::new(move |_| view.read().ticket.comments.clone());
    let said = move || {
        let comments = comments.get();
        let lines = comments.into_iter().map(move |Entry { actor, happened, fact, .. }| {
            view! {
                <li>
                    <p class="row secondary">
                        <PersonName person=Some(actor) />
                        <span class="push">{move || when.instant(happened)}</span>
                    </p>
                    <p>{fact}</p>
                </li>
            }
        });
        lines.collect_view()
    };
    view! {
        <Panel title=t!(lang, panel_comments)>
            <ul class="stack">{said}</ul>
            <Show when=move || settled.get()>
                <CommentForm ticket draft />
            </Show>
        </Panel>
    }
}

/// The field to say something to colleagues. What is typed stays, as a draft, until it is said.
#[component]
fn CommentForm(ticket: TicketId, draft: StoredValue<Draft>) -> impl IntoView {
    let lang = use_lang();
    let recorder = use_recorder();
    let toasts = use_toasts();
    let text = RwSignal::new(draft.with_value(Draft::load).unwrap_or_default());
    Effect::watch(
        move || text.get(),
        move |text: &String, _, _| {
            draft.with_value(|draft| if text.trim().is_empty() { draft.clear() } else { draft.keep(text) });
        },
        false,
    );
    let send = move || {
        let sent = text.get_untracked();
        if sent.trim().is_empty() {
            return;
        }
        let comment = Recording::of(ticket, Action::Comment(Comment { text: sent.clone() }));
        recorder.keep(comment.typed_in(Some(draft.get_value())), move || {
            // What was typed meanwhile has not been said yet.
            if *text.read_untracked() == sent {
                text.set(String::new());
            }
            toasts.say(t!(lang, saved_here));
        });
    };
    let error = Signal::derive(move || {
        let words = lang.words();
        recorder.problem().read().as_ref().map(|problem| words.record_error(problem).0)
    });
    view! {
        <form
            class="form"
            novalidate
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            <TextArea label=t!(lang, comment_label) value=text rows=2 error />
            <div class="form__actions">
                <button class="button" type="submit" data-kind="accent">{t!(lang, comment_add)}</button>
            </div>
        </form>
    }
}

/// Everything that happened.
#[component]
pub fn HistoryPanel(view: Signal<Arc<TicketView>>) -> impl IntoView {
    let lang = use_lang();
    view! {
        <Panel title=t!(lang, panel_history)>
            <Timeline view with_devices=true />
        </Panel>
    }
}

/// What happened before with this product or customer.
#[component]
pub fn EarlierPanel(view: Signal<Arc<TicketView>>) -> impl IntoView {
    let lang = use_lang();
    view! {
        <Panel title=t!(lang, panel_earlier) flush=true>
            <EarlierTickets
                serial=Signal::derive(move || view.read().ticket.intake.product.serial.clone())
                phone=Signal::derive(move || view.read().ticket.contact.value.phone.clone())
                except=Signal::derive(move || Some(view.read().ticket.id))
            />
        </Panel>
    }
}

/// Whether the person may do it now.
fn may(view: Signal<Arc<TicketView>>, act: Act) -> Memo<bool> {
    let workspace = use_workspace();
    let person = workspace.person();
    Memo::new(move |_| {
        let view = view.read();
        workspace.may(view.ticket.id, &act.sample(&person.read(), &view.ticket)).is_ok()
    })
}
