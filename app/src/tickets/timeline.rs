//! The whole history of a ticket on screen.

use std::sync::Arc;

use domain::people::Directory;
use domain::sla::Correction;
use domain::ticket::{Action, Change, Doubt};
use leptos::prelude::*;

use super::deed::Speaker;
use super::face::Span;
use super::history::{Day, Line, Remark, by_day, lines};
use super::when::{When, iso, use_when};
use crate::i18n::{Words, use_lang};
use crate::photos::Tile;
use crate::t;
use crate::ui::Icon;
use crate::workspace::{ChangeMark, TicketView, mark_beside_the_record, use_workspace};

/// Everything that happened to a ticket, latest first: who, what, when, when it arrived, and where it is now.
#[component]
pub fn Timeline(
    /// The ticket.
    #[prop(into)]
    view: Signal<Arc<TicketView>>,
    /// Whether every entry names the device it was made on, not only those that arrived late.
    #[prop(optional)]
    with_devices: bool,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (outbox, book) = (workspace.outbox(), workspace.book());
    let when = use_when();
    let days = Memo::new(move |_| {
        let view = view.get();
        let outbox = outbox.get();
        let beside = outbox
            .iter()
            .filter(|entry| entry.change.ticket == view.ticket.id)
            .filter_map(|entry| Some((&entry.change, mark_beside_the_record(entry)?)));
        let lines = book.with(|book| lines(&view.ticket, &view.document, &view.marks, beside, book));
        by_day(lines, |instant| when.day_number(instant))
    });
    view! {
        <ol class="timeline" aria-label=t!(lang, timeline_label)>
            {move || {
                days.get()
                    .into_iter()
                    .map(|Day { at, lines }| {
                        view! {
                            <li class="timeline__day">{move || when.day(at)}</li>
                            {lines
                                .into_iter()
                                .map(|line| view! { <TimelineEntry line with_devices /> })
                                .collect_view()}
                        }
                    })
                    .collect_view()
            }}
        </ol>
    }
}

#[component]
fn TimelineEntry(line: Line, with_devices: bool) -> impl IntoView {
    let lang = use_lang();
    let directory = use_workspace().directory();
    let when = use_when();
    let Line { change, happened, arrived_late, mark, about, remarks } = line;
    let change = Arc::new(change);
    let said = {
        let change = change.clone();
        Memo::new(move |_| {
            let directory = directory.get();
            let instant = |instant| when.instant(instant);
            let speaker = Speaker { words: lang.words(), directory: &directory, instant: &instant };
            (speaker.deed(&change.action), speaker.name(change.actor))
        })
    };
    let withdrawn = remarks.iter().any(|remark| matches!(remark, Remark::Impossible(_) | Remark::Overruled));
    let glyph = Signal::derive(move || said.read().0.glyph);
    let tone = move || if mark == ChangeMark::Refused { Some("danger") } else { said.read().0.tone };
    let text = move || {
        let lines = said.read().0.text.clone();
        lines.into_iter().map(|line| view! { <p class="entry__text">{line}</p> }).collect_view()
    };
    let attached = match &change.action {
        Action::Attach(attachment) => Some(attachment.as_ref().clone()),
        _ => None,
    };
    let ticket = change.ticket;
    let attached = attached.map(|attachment| view! { <Tile ticket attachment small=true /> });
    let device = device_mark(&change);
    let times = move || {
        let words = lang.words();
        match arrived_late {
            Some(arrived) => {
                Some(words.timeline_times(when.instant(happened), when.instant(arrived), &device))
            }
            None => with_devices.then(|| words.timeline_device(&device)),
        }
    };
    let (told, remarks): (Vec<_>, Vec<_>) = remarks.into_iter().partition(|remark| is_told(*remark));
    let told = told
        .into_iter()
        .map(|remark| view! { <p class="entry__text secondary">{move || told_words(remark, lang.words(), &directory.read(), when)}</p> })
        .collect_view();
    let remarks = remarks
        .into_iter()
        .map(|remark| view! { <span class="badge" data-tone=remark_tone(remark)>{move || remark_words(remark, lang.words())}</span> })
        .collect_view();
    let reason = (mark == ChangeMark::Refused)
        .then(|| view! { <div class="entry__reason"><strong>{t!(lang, timeline_refused)}</strong></div> });
    view! {
        <li class="entry" data-sync=mark_style(mark) data-tone=tone data-withdrawn=withdrawn.then_some("")>
            <span class="entry__glyph" aria-hidden="true"><Icon name=glyph /></span>
            <div class="entry__body">
                <p class="entry__head">
                    <span class="entry__what">{move || said.read().0.what.clone()}</span>
                    <span class="entry__who">{move || said.read().1.clone()}</span>
                    <time class="entry__time" datetime=iso(happened)>{move || when.time(happened)}</time>
                </p>
                {about.map(|about| view! { <p class="entry__text">{about}</p> })}
                {text}
                {attached}
                {told}
                <p class="entry__meta">
                    {remarks}
                    {move || times().map(|times| view! { <span>{times}</span> })}
                    <SyncMark mark />
                </p>
                {reason}
            </div>
        </li>
    }
}

/// Where a change is: on this device, on the server, or refused.
#[component]
pub fn SyncMark(
    /// How far it has come.
    mark: ChangeMark,
) -> impl IntoView {
    let lang = use_lang();
    view! {
        <span class="sync-mark" data-state=mark_style(mark)>
            <Icon name=mark_icon(mark) />
            {move || mark_words(mark, lang.words())}
        </span>
    }
}

const fn mark_style(mark: ChangeMark) -> &'static str {
    match mark {
        ChangeMark::OnTablet => "tablet",
        ChangeMark::OnServer => "server",
        ChangeMark::InBackup => "backup",
        ChangeMark::Parked => "parked",
        ChangeMark::Refused => "refused",
    }
}

const fn mark_icon(mark: ChangeMark) -> &'static str {
    match mark {
        ChangeMark::OnTablet => "tablet-check",
        ChangeMark::OnServer => "cloud-check",
        ChangeMark::InBackup => "shield",
        ChangeMark::Parked => "hourglass",
        ChangeMark::Refused => "alert",
    }
}

fn mark_words(mark: ChangeMark, words: Words) -> &'static str {
    match mark {
        ChangeMark::OnTablet => words.mark_on_tablet(),
        ChangeMark::OnServer => words.mark_on_server(),
        ChangeMark::InBackup => words.mark_in_backup(),
        ChangeMark::Parked => words.mark_parked(),
        ChangeMark::Refused => words.mark_refused(),
    }
}

const fn remark_tone(remark: Remark) -> &'static str {
    match remark {
        Remark::Impossible(_) | Remark::SignedTwice | Remark::Amended | Remark::Overruled => "warn",
        Remark::NotUnderstood | Remark::Doubtful(_) => "hold",
        Remark::Settled | Remark::TookBack(_) | Remark::Admitted(_) => "ok",
    }
}

fn remark_words(remark: Remark, words: Words) -> String {
    match remark {
        Remark::Impossible(stage) => words.timeline_impossible(words.stage(stage)),
        Remark::NotUnderstood => words.timeline_not_understood().to_owned(),
        Remark::Overruled => words.timeline_overruled().to_owned(),
        Remark::SignedTwice => words.timeline_signed_twice().to_owned(),
        Remark::Amended => words.timeline_amended().to_owned(),
        Remark::Settled => words.timeline_settled().to_owned(),
        // Told in sentences.
        Remark::Doubtful(_) | Remark::TookBack(_) | Remark::Admitted(_) => String::new(),
    }
}

/// Whether it takes more than a badge to say.
const fn is_told(remark: Remark) -> bool {
    matches!(remark, Remark::TookBack(_) | Remark::Doubtful(_) | Remark::Admitted(_))
}

/// What takes more than a badge to say.
fn told_words(remark: Remark, words: Words, directory: &Directory, when: When) -> String {
    match remark {
        Remark::Admitted(admission) => {
            let instant = |instant| when.instant(instant);
            words.timeline_admitted(Speaker { words, directory, instant: &instant }.name(admission.by))
        }
        Remark::TookBack(Correction { clock, seen_from, until, happened, .. }) => words.timeline_took_back(
            words.clock(clock.name),
            when.instant(seen_from),
            when.instant(until),
            when.instant(happened),
        ),
        Remark::Doubtful(Doubt::Ahead { by_ms }) => words.timeline_ahead(Span::of_millis(by_ms).said(words)),
        Remark::Doubtful(Doubt::Behind { by_ms }) => {
            words.timeline_behind(Span::of_millis(by_ms).said(words))
        }
        Remark::Doubtful(Doubt::Unmeasured) => words.timeline_unmeasured().to_owned(),
        _ => String::new(),
    }
}

/// What people call a device: the end of its id, like a number plate.
fn device_mark(change: &Change) -> String {
    let id = change.id.device.to_string();
    id[id.len() - 4..].to_uppercase()
}
