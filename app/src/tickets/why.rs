//! "Why?": the explanation of one clock, as a sheet that can be read, and printed for a dispute.

use std::sync::Arc;

use domain::sla::{self, ClockId, ClockName, Correction, Date, Ledger, Zone};
use domain::ticket::{CardClock, CardLeft};
use domain::{TicketId, Timestamp};
use leptos::prelude::*;
use sync::Link;

use super::clock::ClockChip;
use super::deed::Speaker;
use super::face::Dial;
use super::ledger::{Part, Sentence, Teller, Writer, clock_title};
use super::when::iso;
use super::{number_of, title_of};
use crate::device::dialog::print;
use crate::device::intl::{self, Form};
use crate::i18n::{Locale, Words, use_lang};
use crate::t;
use crate::ui::{Dialog, DialogSize, Icon, Skeleton};
use crate::workspace::{TicketState, TicketView, use_workspace};

/// A clock that somebody wants explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WhyOf {
    ticket: TicketId,
    which: Which,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// This one, whatever has become of it.
    Id(ClockId),
    /// The running one that a card shows.
    OfCard(ClockName, Timestamp, Option<Timestamp>),
}

impl WhyOf {
    /// A clock of a ticket.
    pub const fn clock(ticket: TicketId, clock: ClockId) -> Self {
        Self { ticket, which: Which::Id(clock) }
    }

    /// A clock on a ticket's card.
    pub const fn card(ticket: TicketId, clock: &CardClock) -> Self {
        let due = match clock.left {
            CardLeft::Due(due) => Some(due),
            CardLeft::Paused { .. } => None,
        };
        Self { ticket, which: Which::OfCard(clock.name, clock.started, due) }
    }

    /// Which clock of the ticket it is. What a card shows may have moved on meanwhile.
    fn find(self, view: &TicketView) -> Option<ClockId> {
        let Which::OfCard(name, started, due) = self.which else {
            let Which::Id(id) = self.which else { return None };
            return Some(id);
        };
        let named = || view.clocks.iter().filter(|clock| clock.name() == name);
        let same = named().find(|clock| clock.started == started && clock.due == due && clock.is_running());
        let alike = || named().find(|clock| clock.started == started);
        same.or_else(alike).or_else(|| named().next_back()).map(|clock| clock.id)
    }
}

/// Which clock is being explained, if any.
#[derive(Debug, Clone, Copy)]
pub struct Why(RwSignal<Option<WhyOf>>);

impl Why {
    /// Opens the explanation.
    pub fn ask(self, of: WhyOf) {
        self.0.set(Some(of));
    }
}

/// Lets everything below this place ask why.
pub fn provide_why() {
    provide_context(Why(RwSignal::new(None)));
}

/// The place to ask.
pub fn use_why() -> Why {
    expect_context()
}

/// Shows the explanation that was asked for. Stands once in each shell.
#[component]
pub fn WhyDialog() -> impl IntoView {
    let Why(asked) = use_why();
    // Nobody sees an answer to what was asked on another screen.
    on_cleanup(move || {
        asked.try_set(None);
    });
    move || asked.get().map(|of| view! { <WhySheet of asked /> })
}

#[component]
fn WhySheet(of: WhyOf, asked: RwSignal<Option<WhyOf>>) -> impl IntoView {
    let lang = use_lang();
    let ticket = use_workspace().ticket(of.ticket);
    let open = RwSignal::new(true);
    Effect::new(move |_| {
        if !open.get() {
            asked.set(None);
        }
    });
    let view = Memo::new(move |_| match ticket.get() {
        TicketState::Ready(view) => Some(view),
        TicketState::Loading | TicketState::Missing => None,
    });
    let clock = Memo::new(move |_| view.get().and_then(|view| of.find(&view)));
    let title = move || {
        let words = lang.words();
        match view.get().zip(clock.get()) {
            Some((view, clock)) => words.why_title(clock_title(&view.ticket, clock, words)),
            None => words.why_title_plain().to_owned(),
        }
    };
    let sub = move || view.get().map(|view| about(&view, lang.words())).unwrap_or_default();
    let footer = move || {
        view! {
            <p class="dialog__foot-note">{t!(lang, why_print_hint)}</p>
            <button class="button" type="button" on:click=move |_| print()>
                <Icon name="printer" />
                {t!(lang, why_print)}
            </button>
            <button class="button" type="button" data-kind="primary" on:click=move |_| open.set(false)>
                {t!(lang, ui_close)}
            </button>
        }
    };
    view! {
        <Dialog open title sub size=DialogSize::Large footer>
            {move || match (view.get(), clock.get()) {
                (Some(_), Some(clock)) => view! { <LedgerView view clock /> }.into_any(),
                (Some(_), None) => view! { <p>{t!(lang, why_gone)}</p> }.into_any(),
                (None, _) => view! { <div aria-busy="true"><Skeleton bars=6 /></div> }.into_any(),
            }}
        </Dialog>
    }
}

/// Number and customer, for the head of a report.
fn about(view: &TicketView, words: Words) -> String {
    let contact = &view.ticket.contact.value;
    let customer = if contact.company.trim().is_empty() { &contact.name } else { &contact.company };
    let number = number_of(view.ticket.id, view.ticket.number.as_ref(), words);
    format!("{number} · {customer} · {}", title_of(&view.ticket))
}

/// Sentences under the day they are about, if they are about one.
type DayTold = (Option<String>, Vec<Sentence>);

/// A ledger in words, with what was taken back, ready to be shown.
#[derive(Debug, Clone, PartialEq)]
struct Account {
    ledger: Ledger,
    total: String,
    /// The sentences of each part, each day under its heading.
    parts: Vec<(Part, Vec<DayTold>)>,
    corrections: Vec<Sentence>,
    /// The zone its times are in, and whether the reader is in another one.
    zone: (String, bool),
}

/// Everything that explains one clock of a ticket.
#[component]
pub fn LedgerView(
    /// The ticket.
    view: Memo<Option<Arc<TicketView>>>,
    /// The clock.
    clock: ClockId,
    /// The service levels by which it is judged, if not those in force.
    #[prop(optional_no_strip)]
    book: Option<Signal<sla::PolicyBook>>,
    /// As of when, for a ticket that never was. Without it, as of now.
    #[prop(optional_no_strip)]
    as_of: Option<Timestamp>,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (now, directory) = (as_of.map_or_else(|| workspace.now(), Signal::stored), workspace.directory());
    let book = book.unwrap_or_else(|| workspace.book());
    let provisional = Memo::new(move |_| workspace.status().with(|status| status.link != Link::Live));
    let minute = Memo::new(move |_| now.get().as_millis() / Timestamp::MINUTE_MS);
    // Replays the whole record: not with each minute, for none of it depends on the time.
    let corrections = Memo::new(move |_| view.get().map(|view| corrections_of(&view, clock, &book.read())));
    let account = Memo::new(move |_| {
        minute.track();
        let (view, directory, book) = (view.get()?, directory.get(), book.get());
        let corrections = corrections.get().unwrap_or_default();
        let seen = SeenFrom { now: now.get_untracked(), is_supposed: as_of.is_some() };
        account(&view, clock, &corrections, &directory, &book, lang.locale(), seen)
    });
    let dial =
        Signal::derive(move || account.read().as_ref().map(|account| Dial::from(&account.ledger.clock)));
    move || {
        let Account { ledger, total, parts, corrections, zone: (zone, foreign) } = account.get()?;
        let (used, of) = (ledger.used_ms.max(0), ledger.target_ms.unwrap_or_default());
        let meter = (of > 0).then(|| {
            view! {
                <progress
                    class="meter"
                    max=of.to_string()
                    value=used.min(of).to_string()
                    data-tone=(used > of).then_some("danger")
                    aria-hidden="true"
                />
            }
        });
        let parts = parts.into_iter().map(|(part, days)| {
            let lines = days.into_iter().map(|(day, sentences)| {
                let heading = day.map(|day| view! { <h4 class="ledger__day">{day}</h4> });
                view! {
                    {heading}
                    <ul class="ledger__lines">{sentences.into_iter().map(line).collect_view()}</ul>
                }
            });
            view! {
                <section class="ledger__part">
                    <h3 class="ledger__title">{move || part_title(part, lang.words())}</h3>
                    {lines.collect_view()}
                </section>
            }
        });
        let corrections = (!corrections.is_empty()).then(|| {
            view! {
                <section class="ledger__part">
                    <h3 class="ledger__title">{t!(lang, ledger_part_corrections)}</h3>
                    <ul class="ledger__lines">{corrections.into_iter().map(line).collect_view()}</ul>
                </section>
            }
        });
        let zone_note =
            if foreign { lang.words().ledger_zone_foreign(&zone) } else { lang.words().ledger_zone(&zone) };
        Some(view! {
            <div class="ledger">
                <div class="ledger__head">
                    {dial.get().filter(|_| as_of.is_none()).map(|dial| view! { <ClockChip dial large=true /> })}
                    <div class="ledger__total"><p>{total}</p>{meter}</div>
                </div>
                <Show when=move || provisional.get()>
                    <p class="ledger__note" data-tone="hold"><Icon name="cloud-off" />{t!(lang, ledger_provisional)}</p>
                </Show>
                {parts.collect_view()}
                {corrections}
                <p class="ledger__foot">
                    {zone_note} " " {t!(lang, ledger_made)} " "
                    <time datetime=iso(now.get_untracked())>
                        {intl::instant(lang.locale(), now.get_untracked(), Form::FullDayTime)}
                    </time>
                </p>
            </div>
        })
    }
}

fn line(sentence: Sentence) -> impl IntoView {
    let Sentence { glyph, tone, text, evidence, .. } = sentence;
    let evidence = evidence.into_iter().map(|words| view! { <p>{words}</p> }).collect_view();
    view! {
        <li class="ledger__line" data-tone=tone>
            <Icon name=glyph />
            <div>
                <p>{text}</p>
                <div class="ledger__evidence">{evidence}</div>
            </div>
        </li>
    }
}

fn part_title(part: Part, words: Words) -> &'static str {
    match part {
        Part::Start => words.ledger_part_start(),
        Part::Rule => words.ledger_part_rule(),
        Part::Time => words.ledger_part_time(),
        Part::End => words.ledger_part_end(),
    }
}

/// What was said of the clock and taken back.
fn corrections_of(view: &TicketView, clock: ClockId, book: &sla::PolicyBook) -> Vec<Correction> {
    let all = sla::corrections(view.ticket.id, view.document.log(), book);
    all.into_iter().filter(|correction| correction.clock == clock).collect()
}

/// From where a clock is looked at.
#[derive(Debug, Clone, Copy)]
struct SeenFrom {
    now: Timestamp,
    /// Whether the ticket never was.
    is_supposed: bool,
}

fn account(
    view: &TicketView,
    clock: ClockId,
    corrections: &[Correction],
    directory: &domain::people::Directory,
    book: &sla::PolicyBook,
    locale: Locale,
    SeenFrom { now, is_supposed }: SeenFrom,
) -> Option<Account> {
    let ledger = sla::explain(&view.ticket.timeline, book, clock, now)?;
    let instants = [ledger.clock.started, ledger.clock.due.unwrap_or(now), now];
    let differs = |zone: &&Zone| instants.iter().any(|at| zone.offset_at(*at) != intl::offset_at(*at));
    let foreign = ledger.zone.as_ref().filter(differs);
    let this_year = |at: Timestamp| (at.millis_since(now)).abs() < 180 * Timestamp::DAY_MS;
    let write = |at: Timestamp, form: Form| match foreign {
        Some(zone) => intl::wall(locale, at.plus_millis(zone.offset_at(at)), form),
        None => intl::instant(locale, at, form),
    };
    let whole = |at: Timestamp| at.as_millis().div_euclid(1_000) % 60 == 0;
    let moment = |at: Timestamp| {
        let form = match (this_year(at), whole(at)) {
            (true, true) => Form::Moment,
            (true, false) => Form::MomentSeconds,
            (false, _) => Form::FarMoment,
        };
        write(at, form)
    };
    let time = |at: Timestamp| write(at, if whole(at) { Form::Time } else { Form::TimeSeconds });
    let date = |date: Date| {
        let noon = Timestamp::from_millis(0)
            .plus_millis(i64::from(date.days()) * Timestamp::DAY_MS + Timestamp::DAY_MS / 2);
        intl::wall(locale, noon, if this_year(noon) { Form::Weekday } else { Form::FullWeekday })
    };
    let teller = Teller {
        speaker: Speaker { words: Words(locale), directory, instant: &moment },
        writer: Writer { moment: &moment, time: &time, date: &date },
        ticket: &view.ticket,
        document: &view.document,
        book,
        now,
        is_supposed,
    };
    let sentences = teller.sentences(&ledger);
    let parts = Part::ALL.into_iter().map(|part| {
        let mut days: Vec<(Option<Date>, Vec<Sentence>)> = Vec::new();
        for sentence in sentences.iter().filter(|sentence| sentence.part == part) {
            match days.last_mut() {
                Some((day, said)) if *day == sentence.day => said.push(sentence.clone()),
                _ => days.push((sentence.day, vec![sentence.clone()])),
            }
        }
        (part, days.into_iter().map(|(day, said)| (day.map(date), said)).collect::<Vec<_>>())
    });
    let parts: Vec<_> = parts.filter(|(_, days)| !days.is_empty()).collect();
    let corrections = corrections.iter().map(|correction| teller.correction(correction)).collect();
    let zone = foreign.map_or_else(intl::time_zone, |zone| zone.name.clone());
    let total = teller.total(&ledger);
    let foreign = foreign.is_some();
    Some(Account { total, parts, corrections, zone: (zone, foreign), ledger })
}
