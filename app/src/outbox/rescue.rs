//! Rescue files: writing one, and bringing one in.

use domain::Refusal;
use domain::ticket::Change;
use leptos::ev::Event;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use sync::rescue::{RefusedChange, RescueReport};

use super::copying::{CopyButton, Copying, NotCopied};
use crate::device::api::{self, ApiError};
use crate::device::file::{self, Picked};
use crate::device::rescue::{Because, RescueError};
use crate::i18n::{Words, use_lang};
use crate::t;
use crate::tickets::deed::Speaker;
use crate::tickets::{iso, number_of, use_when};
use crate::ui::{FileButton, Icon, Notice, Tone};
use crate::workspace::{RescueFile, use_workspace};

/// Most refused changes that are listed one by one.
const MOST_LISTED: usize = 20;

/// What a rescue file is, a button that writes one, and one that brings one in.
#[component]
pub fn RescuePanel() -> impl IntoView {
    let lang = use_lang();
    let writing = Writing::new(Because::Asked);
    let bringing = Bringing::new();
    view! {
        <section class="panel">
            <header class="panel__head"><h2 class="panel__title">{t!(lang, rescue_title)}</h2></header>
            <div class="panel__body stack">
                <p class="secondary">{t!(lang, rescue_more)}</p>
                <div class="row">
                    <WriteButton writing />
                    <BringButton bringing />
                </div>
                <WrittenNotice writing />
                <BroughtNotice bringing />
            </div>
        </section>
    }
}

/// A rescue file that is being written, or was.
#[derive(Debug, Clone, Copy)]
pub struct Writing {
    because: Because,
    busy: RwSignal<bool>,
    outcome: RwSignal<Option<Result<RescueFile, RescueError>>>,
}

impl Writing {
    /// None so far.
    pub fn new(because: Because) -> Self {
        Self { because, busy: RwSignal::new(false), outcome: RwSignal::new(None) }
    }

    /// The file, once it is written.
    pub fn file(self) -> Option<RescueFile> {
        self.outcome.get().and_then(Result::ok)
    }

    /// Forgets what came of it.
    pub fn forget(self) {
        self.outcome.set(None);
    }

    fn begin(self) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        let workspace = use_workspace();
        spawn_local(async move {
            let outcome = workspace.write_rescue_file(self.because).await;
            // Whoever has gone meanwhile finds the file in their downloads.
            self.outcome.try_set(Some(outcome));
            self.busy.try_set(false);
        });
    }
}

/// Writes a rescue file.
#[component]
pub fn WriteButton(
    /// What is being written.
    writing: Writing,
) -> impl IntoView {
    let lang = use_lang();
    view! {
        <button class="button" type="button" data-busy=writing.busy on:click=move |_| writing.begin()>
            <Icon name="download" />
            {t!(lang, rescue_write)}
        </button>
    }
}

/// Says what came of writing.
#[component]
pub fn WrittenNotice(
    /// What was written.
    writing: Writing,
) -> impl IntoView {
    let lang = use_lang();
    move || {
        let outcome = writing.outcome.get()?;
        let notice = match outcome {
            Ok(RescueFile { name, unread, .. }) if unread.is_empty() => view! {
                <Notice
                    tone=Tone::Ok
                    title=t!(lang, rescue_written)
                    text=move || lang.words().rescue_written_more(&name)
                    answers=true
                />
            },
            Ok(RescueFile { name, unread, .. }) => {
                let unread = unread.join(" · ");
                view! {
                    <Notice
                        tone=Tone::Warn
                        title=t!(lang, rescue_partly)
                        text=move || lang.words().rescue_partly_more(&name, &unread)
                        answers=true
                    />
                }
            }
            Err(RescueError::NoKey) => view! {
                <Notice tone=Tone::Danger title=t!(lang, rescue_no_key) text=t!(lang, rescue_no_key_more) answers=true />
            },
            Err(RescueError::Failed(details)) => view! {
                <Notice
                    tone=Tone::Danger
                    title=t!(lang, rescue_not_written)
                    text=move || lang.words().rescue_not_written_more(&details)
                    answers=true
                />
            },
        };
        Some(notice)
    }
}

/// A rescue file that is being brought to the server, or was.
#[derive(Debug, Clone, Copy)]
struct Bringing {
    busy: RwSignal<bool>,
    outcome: RwSignal<Option<Result<RescueReport, ApiError>>>,
}

impl Bringing {
    fn new() -> Self {
        Self { busy: RwSignal::new(false), outcome: RwSignal::new(None) }
    }

    fn begin(self, file: Picked) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.outcome.set(None);
        let workspace = use_workspace();
        spawn_local(async move {
            let outcome = api::post_file("/api/rescue", &file).await;
            self.outcome.try_set(Some(outcome));
            self.busy.try_set(false);
            // What was taken may be this person's own.
            workspace.sync_now();
        });
    }
}

#[component]
fn BringButton(bringing: Bringing) -> impl IntoView {
    let lang = use_lang();
    let choose = move |event: Event| {
        if let Some(file) = file::picked(&event).into_iter().next() {
            bringing.begin(file);
        }
    };
    view! {
        <FileButton icon="upload" label=t!(lang, rescue_bring) accept=".rescue" busy=bringing.busy on_choose=choose />
    }
}

#[component]
fn BroughtNotice(bringing: Bringing) -> impl IntoView {
    let lang = use_lang();
    move || {
        let notice = match bringing.outcome.get()? {
            Ok(report) => view! { <Report report /> }.into_any(),
            Err(error) => {
                let text = move || {
                    let words = lang.words();
                    match &error {
                        ApiError::Unreachable => words.rescue_unreachable().to_owned(),
                        ApiError::Busy { retry_after_seconds } => words.rescue_busy(*retry_after_seconds),
                        ApiError::SignedOut => words.outbox_link_signed_out().to_owned(),
                        ApiError::Unreadable | ApiError::TooOld => words.outbox_link_too_old().to_owned(),
                        ApiError::Refused { code, .. } => words_for(code, words),
                    }
                };
                view! { <Notice tone=Tone::Danger title=t!(lang, rescue_not_brought) text answers=true /> }
                    .into_any()
            }
        };
        Some(notice)
    }
}

/// Why the server has not taken a file, by its code.
fn words_for(code: &str, words: Words) -> String {
    match code {
        "interrupted" => words.rescue_interrupted().to_owned(),
        "no_room" => words.rescue_no_room().to_owned(),
        "newer_rescue_file" => words.rescue_newer().to_owned(),
        "other_server" => words.rescue_other_server().to_owned(),
        _ => words.rescue_unusable(code),
    }
}

/// What became of what was in a file that was brought.
#[component]
fn Report(report: RescueReport) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let workspace = use_workspace();
    let is_whole = report.refused.is_empty() && report.unread.is_empty();
    let (given, named) = told_apart(report.refused.clone());
    let reasons = move || {
        let directory = workspace.directory().get();
        let instant = |instant| when.instant(instant);
        let speaker = Speaker { words: lang.words(), directory: &directory, instant: &instant };
        let listed = named.iter().take(MOST_LISTED);
        listed.map(|because| view! { <li>{speaker.refusal(because).0}</li> }).collect_view()
    };
    let unread = report.unread.clone();
    let drafts: Vec<_> = report.drafts.iter().map(|draft| typed(&draft.text)).collect();
    let counts = move || {
        counts_of(&report, lang.words()).into_iter().map(|line| view! { <li>{line}</li> }).collect_view()
    };
    view! {
        <div class="notice" data-tone=if is_whole { "ok" } else { "warn" } role="alert">
            <Icon name=if is_whole { "check-circle" } else { "alert" } />
            <div class="notice__text">
                <p class="notice__title">{t!(lang, rescue_brought)}</p>
                <ul class="notice__more">{counts} {reasons}</ul>
                {(!drafts.is_empty()).then(|| view! { <Drafts drafts /> })}
                {(!unread.is_empty()).then(|| view! { <p class="notice__more secondary">{unread.join(" · ")}</p> })}
            </div>
        </div>
        {(!given.is_empty()).then(|| view! { <GivenBack given /> })}
    }
}

/// What the person had done themselves and gets back, and why each of the others is not taken.
fn told_apart(refused: Vec<RefusedChange>) -> (Vec<(Change, Refusal)>, Vec<Refusal>) {
    let (mut given, mut named) = (Vec::new(), Vec::new());
    for RefusedChange { because, change, .. } in refused {
        match change {
            Some(change) => given.push((change, because)),
            None => named.push(because),
        }
    }
    (given, named)
}

/// What the person had done and the server does not take, for them to copy: all of it, because it is nowhere else.
#[component]
fn GivenBack(given: Vec<(Change, Refusal)>) -> impl IntoView {
    let lang = use_lang();
    let lines = given.into_iter().map(|(change, because)| view! { <GivenBackLine change because /> });
    view! {
        <section class="stack" aria-label=t!(lang, rescue_given_back)>
            <p class="secondary">{t!(lang, rescue_given_back_more)}</p>
            <ol>{lines.collect_view()}</ol>
        </section>
    }
}

#[component]
fn GivenBackLine(change: Change, because: Refusal) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let workspace = use_workspace();
    let (ticket, made) = (change.ticket, change.claim.corrected());
    let said = Memo::new(move |_| {
        let directory = workspace.directory().get();
        let instant = |instant| when.instant(instant);
        let speaker = Speaker { words: lang.words(), directory: &directory, instant: &instant };
        (speaker.deed_in_full(&change.action), speaker.refusal(&because).0)
    });
    let deed = Memo::new(move |_| said.read().0.clone());
    let copying = Copying::of(deed);
    let number = move || {
        workspace.cards().with(|cards| {
            let card = cards.iter().find(|card| card.ticket == ticket);
            number_of(ticket, card.and_then(|card| card.number.as_ref()), lang.words())
        })
    };
    view! {
        <li class="change">
            <span class="entry__glyph" aria-hidden="true"><Icon name=Signal::derive(move || deed.read().glyph) /></span>
            <span class="change__what">{move || deed.read().what.clone()}</span>
            <time class="change__when" datetime=iso(made)>{move || when.instant(made)}</time>
            <span class="change__ticket">{number}</span>
            <div class="change__reason"><strong>{move || said.read().1.clone()}</strong></div>
            {move || {
                let text = deed.read().text.join("\n");
                (!text.is_empty()).then(|| view! { <p class="change__text secondary">{text}</p> })
            }}
            <div class="change__actions"><CopyButton copying /></div>
            <NotCopied copying />
        </li>
    }
}

/// What was being written, for its author to copy.
#[component]
fn Drafts(drafts: Vec<String>) -> impl IntoView {
    let lang = use_lang();
    view! {
        <p class="notice__more">{t!(lang, rescue_drafts_list)}</p>
        <ul class="notice__more">
            {drafts.into_iter().map(|text| view! { <li class="pre-line">{text}</li> }).collect_view()}
        </ul>
    }
}

/// What somebody has typed into a form, as far as it is text: one line for each field.
fn typed(draft: &str) -> String {
    fn gather(value: &Value, texts: &mut Vec<String>) {
        match value {
            Value::String(text) if !text.trim().is_empty() => texts.push(text.clone()),
            Value::Array(values) => values.iter().for_each(|value| gather(value, texts)),
            Value::Object(fields) => fields.values().for_each(|value| gather(value, texts)),
            _ => {}
        }
    }
    let Ok(value) = serde_json::from_str(draft) else { return draft.to_owned() };
    let mut texts = Vec::new();
    gather(&value, &mut texts);
    texts.join("\n")
}

/// One line for each thing that became of something.
fn counts_of(report: &RescueReport, words: Words) -> Vec<String> {
    let RescueReport { taken, known, parked, files, refused, drafts, drafts_withheld, unread } = report;
    let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let lines = [
        (count(*taken), Words::rescue_taken as fn(Words, usize) -> String),
        (count(*parked), Words::rescue_parked),
        (count(*known), Words::rescue_known),
        (count(*files), Words::rescue_files),
        (refused.len(), Words::rescue_refused),
        (drafts.len(), Words::rescue_drafts),
        (count(*drafts_withheld), Words::rescue_drafts_withheld),
        (unread.len(), Words::rescue_unread),
    ];
    let said: Vec<_> =
        lines.into_iter().filter(|(count, _)| *count > 0).map(|(count, say)| say(words, count)).collect();
    if said.is_empty() { vec![words.rescue_was_empty().to_owned()] } else { said }
}

#[cfg(test)]
mod tests {
    use crate::i18n::Locale;

    use super::*;

    #[test]
    fn a_report_names_what_there_was_and_nothing_else() {
        let words = Words(Locale::En);
        let report = RescueReport {
            taken: 2,
            parked: 1,
            unread: vec!["outbox/3".to_owned()],
            ..RescueReport::default()
        };
        let said = counts_of(&report, words);
        assert_eq!(said, [words.rescue_taken(2), words.rescue_parked(1), words.rescue_unread(1)]);
        assert_eq!(counts_of(&RescueReport::default(), words), [words.rescue_was_empty()]);
        let report = RescueReport { drafts_withheld: 2, ..RescueReport::default() };
        assert_eq!(counts_of(&report, words), [words.rescue_drafts_withheld(2)]);
    }

    #[test]
    fn what_comes_back_to_its_author_is_told_from_what_is_only_named() {
        let id = "0197c3a2-6b1e-7c40-9d58-3b7d2f1a9e01/4";
        let change = serde_json::json!({
            "id": id, "ticket": "0197c3a2-7f00-7a11-8c22-5d9e4b6f7a02", "actor": "0197c39f-1111-7222-8333-444455556666",
            "claim": { "clock": 0 }, "action": { "kind": "comment", "body": { "text": "换了轴承" } },
        });
        let refused = serde_json::json!([
            { "id": id, "because": { "reason": "unknown_ticket" } },
            { "id": id, "because": { "reason": "not_confirmed" }, "change": change },
        ]);
        let (given, named) = told_apart(serde_json::from_value(refused).unwrap());
        assert_eq!(given, [(serde_json::from_value(change).unwrap(), Refusal::NotConfirmed)]);
        assert_eq!(named, [Refusal::UnknownTicket]);
    }

    #[test]
    fn of_a_draft_what_was_typed_is_shown() {
        assert_eq!(typed(r#""only\ntext""#), "only\ntext");
        assert_eq!(typed(r#"{"a":"one","b":{"c":["two"," "],"d":3,"e":null}}"#), "one\ntwo");
        assert_eq!(typed("not JSON"), "not JSON");
    }
}
