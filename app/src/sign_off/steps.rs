//! What the customer reads, rates and signs.

use domain::ticket::{Satisfaction, SheetRow};
use leptos::prelude::*;

use super::entry::Entry;
use super::pad::SignaturePad;
use super::progress::{Manner, RefusalReason};
use super::sheet::ShownSheet;
use crate::i18n::{Words, use_lang};
use crate::t;
use crate::ui::{FieldMark, Icon, Segmented, SelectField, TextArea, TextField, TextKind, fresh_id};

/// The sheet, word for word.
#[component]
pub(super) fn ReadStep(shown: Signal<ShownSheet>) -> impl IntoView {
    let facts = move || {
        let shown = shown.read();
        let facts = shown.facts().iter().map(|SheetRow { label, text }| {
            view! { <dt>{label.clone()}</dt><dd>{text.clone()}</dd> }
        });
        facts.collect_view()
    };
    let work = move || {
        let shown = shown.read();
        let work = shown.work().iter().map(|SheetRow { label, text }| {
            view! {
                <section class="summary__part">
                    <h2 class="summary__title">{label.clone()}</h2>
                    <p class="summary__text">{text.clone()}</p>
                </section>
            }
        });
        work.collect_view()
    };
    view! {
        <div class="summary">
            <section class="summary__part" data-span="all">
                <dl class="facts">{facts}</dl>
            </section>
            {work}
        </div>
    }
}

/// How content the customer is, if they like to say.
#[component]
pub(super) fn RateStep(entry: Entry) -> impl IntoView {
    let lang = use_lang();
    let name = fresh_id("satisfaction");
    let faces = (1..=5).filter_map(Satisfaction::new).map(|score| {
        let icon = ["face-1", "face-2", "face-3", "face-4", "face-5"][usize::from(score.score()) - 1];
        view! {
            <label class="face">
                <input
                    type="radio"
                    name=name.clone()
                    value=score.score().to_string()
                    prop:checked=move || entry.satisfaction.get() == Some(score)
                    on:change=move |_| entry.satisfaction.set(Some(score))
                />
                <Icon name=icon />
                <span class="face__number">{score.score()}</span>
                <span class="face__word">{move || lang.words().satisfaction(score)}</span>
            </label>
        }
    });
    view! {
        <div class="stack">
            <div class="satisfaction" role="radiogroup" aria-label=t!(lang, sign_rate_title)>{faces.collect_view()}</div>
            <TextArea label=t!(lang, sign_remark) value=entry.remark mark=FieldMark::Optional rows=3 />
        </div>
    }
}

/// The customer's name and mark, or why they won't give it.
#[component]
pub(super) fn SignStep(shown: Signal<ShownSheet>, entry: Entry, contact: String) -> impl IntoView {
    let lang = use_lang();
    let number = move || shown.read().sheet.number.clone();
    let statement = move || shown.read().sheet.statement.clone();
    let done = move || {
        let shown = shown.read();
        let rows = shown.work().iter().map(|SheetRow { label, text }| {
            view! { <dt>{label.clone()}</dt><dd>{text.clone()}</dd> }
        });
        rows.collect_view()
    };
    view! {
        <div class="signing">
            <div class="signing__what">
                <p><strong class="number">{number}</strong></p>
                <dl class="facts" data-stacked>{done}</dl>
            </div>
            <div class="signing__pen">
                <Show when=move || entry.manner.get() != Manner::Refused>
                    <p><strong>{statement}</strong></p>
                </Show>
                <Segmented
                    label=t!(lang, sign_manner)
                    hide_label=true
                    options=Manner::ALL.to_vec()
                    value=Signal::derive(move || Some(entry.manner.get()))
                    word=move |manner| manner_words(manner, lang.words())
                    on_choose=move |manner| entry.manner.set(manner)
                />
                {move || match entry.manner.get() {
                    Manner::Drawn => view! {
                        <SignerName entry contact=contact.clone() />
                        <SignaturePad strokes=entry.strokes height=entry.height describedby="sign-why" />
                    }.into_any(),
                    Manner::Typed => view! {
                        <SignerName entry contact=contact.clone() />
                        <p class="field__hint">{t!(lang, sign_typed_hint)}</p>
                        <p class="typed-name" aria-hidden="true">{entry.name}</p>
                    }.into_any(),
                    Manner::Refused => view! {
                        <SelectField
                            label=t!(lang, sign_reason)
                            options=Signal::stored(RefusalReason::ALL.to_vec())
                            value=entry.reason
                            word=move |reason| reason_words(reason, lang.words())
                            on_choose=move |reason| entry.reason.set(reason)
                        />
                        <TextArea label=t!(lang, sign_reason_words) value=entry.reason_words rows=4 />
                    }.into_any(),
                }}
            </div>
        </div>
    }
}

/// The signer's name, with the contact's on offer: whoever signs need not be the contact.
#[component]
fn SignerName(entry: Entry, contact: String) -> impl IntoView {
    let lang = use_lang();
    let offered = contact.clone();
    let is_offered = move || !offered.trim().is_empty() && entry.name.read().trim().is_empty();
    view! {
        <TextField label=t!(lang, sign_name) value=entry.name kind=TextKind::Name>
            {move || {
                let name = contact.clone();
                is_offered().then(|| {
                    let taken = name.clone();
                    view! {
                        <button class="button" type="button" data-size="s" on:click=move |_| entry.name.set(taken.clone())>
                            {move || lang.words().sign_name_is(&name)}
                        </button>
                    }
                })
            }}
        </TextField>
    }
}

fn manner_words(manner: Manner, words: Words) -> &'static str {
    match manner {
        Manner::Drawn => words.sign_manner_drawn(),
        Manner::Typed => words.sign_manner_typed(),
        Manner::Refused => words.sign_manner_refused(),
    }
}

/// A common reason in the customer's language.
pub(super) fn reason_words(reason: RefusalReason, words: Words) -> &'static str {
    match reason {
        RefusalReason::NotSolved => words.sign_reason_not_solved(),
        RefusalReason::NotCorrect => words.sign_reason_not_correct(),
        RefusalReason::NotAuthorised => words.sign_reason_not_authorised(),
        RefusalReason::Other => words.sign_reason_other(),
    }
}
