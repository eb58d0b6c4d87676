//! The time machine: a draft replayed over the tickets that this device holds, a little at a time, so that the page stays alive.

use domain::sla::{Policy, PolicyBook};
use domain::{PersonId, TicketId, Timestamp};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;

use super::editor::Editor;
use super::replay::{Left, Moved, OpenMoved, Replay, Report, Tally, Which};
use crate::device::clock;
use crate::i18n::{Words, use_lang};
use crate::t;
use crate::tickets::face::Span;
use crate::tickets::{number_of, ticket_path, use_when};
use crate::ui::{Empty, Icon, Notice, Segmented, Tone};
use crate::workspace::{Workspace, use_workspace};

/// Tickets that are read from the device at a time.
const CHUNK: usize = 48;
/// Milliseconds of reckoning after which the page gets its turn.
const TURN_MS: i64 = 10;
/// Rows of a list that are shown before one asks for the rest.
const ROWS: usize = 25;

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Period {
    Quarter,
    HalfYear,
    Year,
    Everything,
}

impl Period {
    const ALL: [Self; 4] = [Self::Quarter, Self::HalfYear, Self::Year, Self::Everything];

    const fn days(self) -> Option<i64> {
        match self {
            Self::Quarter => Some(91),
            Self::HalfYear => Some(182),
            Self::Year => Some(365),
            Self::Everything => None,
        }
    }

    pub(super) fn said(self, words: Words) -> &'static str {
        match self {
            Self::Quarter => words.period_quarter(),
            Self::HalfYear => words.period_half_year(),
            Self::Year => words.period_year(),
            Self::Everything => words.period_everything(),
        }
    }

    fn from(self, now: Timestamp) -> Timestamp {
        self.days()
            .map_or(Timestamp::from_millis(i64::MIN), |days| now.plus_millis(-days * Timestamp::DAY_MS))
    }
}

/// What became of a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Run {
    /// None yet.
    Not,
    /// Under way: so many tickets of so many.
    Under(usize, usize),
    /// Finished: what was found, for which policy and how far back.
    Done(Box<Report>, Box<Policy>, Period),
    /// The tickets could not be read.
    Failed,
}

/// A time machine beside an editor; its result outlives the tab it is shown in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Machine {
    pub(super) editor: Editor,
    pub(super) run: RwSignal<Run>,
    period: RwSignal<Period>,
    /// Moves with each start and stop, so that an older run ends.
    turn: RwSignal<u64>,
    workspace: Workspace,
}

impl Machine {
    pub(super) fn new(editor: Editor) -> Self {
        Self {
            editor,
            run: RwSignal::new(Run::Not),
            period: RwSignal::new(Period::Year),
            turn: RwSignal::new(0),
            workspace: use_workspace(),
        }
    }

    fn start(self) {
        self.turn.update(|turn| *turn += 1);
        let turn = self.turn.get_untracked();
        let policy = self.editor.policy().get_untracked();
        // Beside the version in force, as if that too had always held: what differs, differs because of the draft.
        let old = PolicyBook::only(self.workspace.book().get_untracked().policy().clone());
        let new = PolicyBook::only(policy.clone());
        let period = self.period.get_untracked();
        let now = self.workspace.now().get_untracked();
        let replay = Replay::new(old, new, period.from(now)..now, now);
        let tickets: Vec<TicketId> =
            self.workspace.cards().read_untracked().iter().map(|card| card.ticket).collect();
        self.run.set(Run::Under(0, tickets.len()));
        spawn_local(async move {
            let Some(done) = self.go(replay, &tickets, turn).await else { return };
            self.run.try_set(
                done.map_or(Run::Failed, |report| Run::Done(Box::new(report), Box::new(policy), period)),
            );
        });
    }

    /// Nothing if somebody has stopped it.
    async fn go(self, mut replay: Replay, tickets: &[TicketId], turn: u64) -> Option<Option<Report>> {
        let goes_on = || self.turn.try_get_untracked() == Some(turn);
        for (chunk, ids) in tickets.chunks(CHUNK).enumerate() {
            let documents = match self.workspace.documents(ids).await {
                Ok(documents) => documents,
                Err(error) => {
                    leptos::logging::error!("tickets could not be read: {error}");
                    return goes_on().then_some(None);
                }
            };
            let mut began = clock::now();
            for document in &documents {
                replay.take(document);
                if clock::now().millis_since(began) >= TURN_MS {
                    clock::sleep(0).await;
                    began = clock::now();
                }
            }
            if !goes_on() {
                return None;
            }
            self.run.try_set(Run::Under((chunk * CHUNK + ids.len()).min(tickets.len()), tickets.len()));
            clock::sleep(0).await;
        }
        goes_on().then(|| Some(replay.finish()))
    }

    fn stop(self) {
        self.turn.update(|turn| *turn += 1);
        self.run.set(Run::Not);
    }

    /// Whether the draft has changed since the run.
    pub(super) fn is_stale(self) -> bool {
        self.run.with(|run| match run {
            Run::Done(_, policy, _) => self.editor.with(|now| now != &**policy),
            _ => false,
        })
    }
}

/// The time machine's tab.
#[component]
pub(super) fn MachineSection(machine: Machine) -> impl IntoView {
    let lang = use_lang();
    let Machine { run, period, .. } = machine;
    let under = Memo::new(move |_| match *run.read() {
        Run::Under(done, total) => Some((done, total)),
        _ => None,
    });
    let progress = move || {
        under.get().map(|(done, total)| {
            view! {
                <div class="machine__progress">
                    <progress
                        class="meter"
                        max=total.max(1).to_string()
                        value=done.to_string()
                        aria-label=t!(lang, machine_running)
                    />
                    <span class="number">{lang.words().machine_progress(done, total)}</span>
                    <button class="button" type="button" data-size="s" on:click=move |_| machine.stop()>
                        {t!(lang, ui_cancel)}
                    </button>
                </div>
            }
        })
    };
    // Follows what is found, not each step of the progress.
    let found = Memo::new(move |_| match &*run.read() {
        Run::Done(report, policy, period) => Some(Ok((report.clone(), policy.clone(), *period))),
        Run::Failed => Some(Err(())),
        Run::Not | Run::Under(..) => None,
    });
    let result = move || match found.get() {
        None => ().into_any(),
        Some(Err(())) => {
            view! { <Notice tone=Tone::Danger title=t!(lang, machine_failed) answers=true /> }.into_any()
        }
        Some(Ok((report, _, period))) => view! { <ReportView report=*report period /> }.into_any(),
    };
    view! {
        <div class="stack machine">
            <p class="policy-lead">{t!(lang, machine_lead)}</p>
            <section class="panel">
                <div class="panel__body machine__controls">
                    <Segmented
                        label=t!(lang, machine_period)
                        options=Period::ALL.to_vec()
                        value=Signal::derive(move || Some(period.get()))
                        word=move |period: Period| period.said(lang.words())
                        on_choose=move |chosen| period.set(chosen)
                    />
                    <button
                        class="button"
                        type="button"
                        data-kind="accent"
                        aria-disabled=move || under.read().is_some().then_some("true")
                        on:click=move |_| {
                            if under.read_untracked().is_none() {
                                machine.start();
                            }
                        }
                    >
                        <Icon name="history" />
                        {t!(lang, machine_run)}
                    </button>
                    {progress}
                </div>
            </section>
            <Show when=move || machine.is_stale()>
                <Notice tone=Tone::Warn title=t!(lang, machine_stale) />
            </Show>
            <div aria-live="polite" class="stack">{result}</div>
        </div>
    }
}

/// What changes, in one line.
pub(super) fn summary(report: &Report, period: Period, words: Words) -> String {
    let total = report.total();
    words.machine_summary(
        period.said(words),
        report.tickets,
        total.judged,
        total.before,
        total.after,
        report.newly_late.len(),
        report.no_longer_late.len(),
    )
}

#[component]
fn ReportView(report: Report, period: Period) -> impl IntoView {
    let lang = use_lang();
    let directory = use_workspace().directory();
    let total = report.total();
    let sum = {
        let report = report.clone();
        move || summary(&report, period, lang.words())
    };
    let open_sum = {
        let (moved, all) = (report.open.len(), report.open_clocks);
        move || lang.words().machine_open_sum(moved, all)
    };
    let clocks: Vec<_> = report.clocks.iter().map(|(clock, tally)| (*clock, *tally)).collect();
    let clock_rows = clocks.into_iter().map(move |(clock, tally)| {
        view! { <TallyRow name=move || lang.words().clock_numbered(clock) tally /> }
    });
    let person_name = move |person: Option<PersonId>| {
        let words = lang.words();
        match person {
            None => words.unassigned().to_owned(),
            Some(person) => {
                let directory = directory.read();
                directory
                    .person(person)
                    .map_or_else(|| words.person_unknown().to_owned(), |person| person.name.clone())
            }
        }
    };
    let mut people: Vec<_> = report.people.iter().map(|(person, tally)| (*person, *tally)).collect();
    most_moved(&mut people);
    let people_rows = people.into_iter().map(move |(person, tally)| {
        view! { <TallyRow name=move || person_name(person) tally /> }
    });
    let mut customers: Vec<_> =
        report.customers.iter().map(|(customer, tally)| (customer.clone(), *tally)).collect();
    most_moved(&mut customers);
    customers.truncate(ROWS);
    let customer_rows = customers.into_iter().map(move |(customer, tally)| {
        view! { <TallyRow name=move || if customer.is_empty() { "—".to_owned() } else { customer.clone() } tally /> }
    });
    view! {
        <p class="machine__sum"><strong>{sum}</strong></p>
        <div class="tallies">
            <Figure figure=total.judged word=t!(lang, machine_judged) />
            <Figure figure=total.before word=t!(lang, machine_before) />
            <Figure figure=total.after word=t!(lang, machine_after) danger={ total.after > total.before } />
            <Figure figure=report.newly_late.len() word=t!(lang, machine_newly) danger=!report.newly_late.is_empty() />
            <Figure figure=report.no_longer_late.len() word=t!(lang, machine_no_longer) />
        </div>
        <div class="machine__tables">
            <TallyTable title=t!(lang, machine_by_clock) head=t!(lang, targets_clock)>{clock_rows.collect_view()}</TallyTable>
            <TallyTable title=t!(lang, machine_by_person) head=t!(lang, people_name)>{people_rows.collect_view()}</TallyTable>
            <TallyTable title=t!(lang, machine_by_customer) head=t!(lang, machine_customer)>
                {customer_rows.collect_view()}
            </TallyTable>
        </div>
        <MovedTable title=t!(lang, machine_newly_title) none=t!(lang, machine_newly_none) moved=report.newly_late />
        <MovedTable title=t!(lang, machine_no_longer_title) none=t!(lang, machine_no_longer_none) moved=report.no_longer_late />
        <section class="panel" aria-label=t!(lang, machine_open_title)>
            <header class="panel__head">
                <h3 class="panel__title">{t!(lang, machine_open_title)}</h3>
                <div class="panel__end">{open_sum}</div>
            </header>
            <div class="panel__body" data-flush><OpenTable moved=report.open /></div>
        </section>
    }
}

/// Those first whose number of late clocks changes most, then those with most late clocks.
fn most_moved<K: Ord>(tallies: &mut [(K, Tally)]) {
    tallies.sort_by(|(left_key, left), (right_key, right)| {
        let moved = |tally: &Tally| tally.after.abs_diff(tally.before);
        (moved(right), right.after, left_key).cmp(&(moved(left), left.after, right_key))
    });
}

#[component]
fn Figure(
    figure: usize,
    #[prop(into)] word: leptos::text_prop::TextProp,
    #[prop(optional)] danger: bool,
) -> impl IntoView {
    view! {
        <div class="tally" data-tone=danger.then_some("danger")>
            <span class="tally__figure number">{figure}</span>
            <span class="tally__word">{move || word.get()}</span>
        </div>
    }
}

#[component]
fn TallyTable(
    #[prop(into)] title: leptos::text_prop::TextProp,
    #[prop(into)] head: leptos::text_prop::TextProp,
    children: Children,
) -> impl IntoView {
    let lang = use_lang();
    let label = title.clone();
    view! {
        <section class="panel" aria-label=move || label.get()>
            <header class="panel__head"><h3 class="panel__title">{move || title.get()}</h3></header>
            <div class="panel__body" data-flush>
                <div class="table-wrap">
                    <table class="table machine__table">
                        <thead>
                            <tr>
                                <th scope="col">{move || head.get()}</th>
                                <th scope="col" data-num>{t!(lang, machine_judged)}</th>
                                <th scope="col" data-num>{t!(lang, machine_before)}</th>
                                <th scope="col" data-num>{t!(lang, machine_after)}</th>
                                <th scope="col" data-num>"±"</th>
                            </tr>
                        </thead>
                        <tbody>{children()}</tbody>
                    </table>
                </div>
            </div>
        </section>
    }
}

#[component]
fn TallyRow(#[prop(into)] name: leptos::text_prop::TextProp, tally: Tally) -> impl IntoView {
    let Tally { judged, before, after } = tally;
    let (sign, tone) = match after.cmp(&before) {
        std::cmp::Ordering::Greater => (format!("+{}", after - before), Some("danger")),
        std::cmp::Ordering::Less => (format!("−{}", before - after), Some("ok")),
        std::cmp::Ordering::Equal => ("0".to_owned(), None),
    };
    view! {
        <tr>
            <th scope="row">{move || name.get()}</th>
            <td data-num>{judged}</td>
            <td data-num>{before}</td>
            <td data-num>{after}</td>
            <td data-num><span class="moved" data-tone=tone>{sign}</span></td>
        </tr>
    }
}

#[component]
fn WhichCell(which: Which) -> impl IntoView {
    let lang = use_lang();
    let Which { ticket, number, title, customer, .. } = which;
    let number = move || number_of(ticket, number.as_ref(), lang.words());
    let role = use_workspace().person().with_untracked(|person| person.role);
    view! {
        <th scope="row">
            <A href=ticket_path(role, ticket) attr:class="table__link">{title}</A>
            <small><span class="number">{number}</span> " · " {customer}</small>
        </th>
    }
}

#[component]
fn MovedTable(
    #[prop(into)] title: leptos::text_prop::TextProp,
    #[prop(into)] none: leptos::text_prop::TextProp,
    moved: Vec<Moved>,
) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let directory = use_workspace().directory();
    let (label, count) = (title.clone(), moved.len());
    let all = RwSignal::new(false);
    let moved = StoredValue::new(moved);
    let rows = move || {
        let limit = if all.get() { usize::MAX } else { ROWS };
        let shown: Vec<Moved> = moved.with_value(|moved| moved.iter().take(limit).cloned().collect());
        let row = |moved: Moved| {
            let Moved { which, clock, started, late_ms } = moved;
            let person = which.person;
            let name = move || {
                let directory = directory.read();
                person
                    .and_then(|person| directory.person(person))
                    .map(|person| person.name.clone())
                    .unwrap_or_default()
            };
            view! {
                <tr>
                    <WhichCell which />
                    <td data-label=t!(lang, targets_clock)>{move || lang.words().clock_numbered(clock.name)}</td>
                    <td data-label=t!(lang, machine_person)>{name}</td>
                    <td data-label=t!(lang, machine_started)>{move || when.instant(started)}</td>
                    <td data-num data-label=t!(lang, machine_late_by)>{move || Span::of_millis(late_ms).said(lang.words())}</td>
                </tr>
            }
        };
        shown.into_iter().map(row).collect_view()
    };
    view! {
        <section class="panel" aria-label=move || label.get()>
            <header class="panel__head">
                <h3 class="panel__title">{move || title.get()}</h3>
                <span class="count">{count}</span>
            </header>
            {if count == 0 {
                view! { <div class="panel__body"><p class="secondary">{move || none.get()}</p></div> }.into_any()
            } else {
                view! {
                    <div class="panel__body" data-flush>
                        <div class="table-wrap">
                            <table class="table" data-stack>
                                <thead>
                                    <tr>
                                        <th scope="col">{t!(lang, machine_ticket)}</th>
                                        <th scope="col">{t!(lang, targets_clock)}</th>
                                        <th scope="col">{t!(lang, machine_person)}</th>
                                        <th scope="col">{t!(lang, machine_started)}</th>
                                        <th scope="col" data-num>{t!(lang, machine_late_by)}</th>
                                    </tr>
                                </thead>
                                <tbody>{rows}</tbody>
                            </table>
                        </div>
                    </div>
                }
                .into_any()
            }}
            <Show when=move || { count > ROWS && !all.get() }>
                <footer class="panel__foot">
                    <button class="button" type="button" data-kind="quiet" on:click=move |_| all.set(true)>
                        {move || lang.words().machine_show_all(count)}
                    </button>
                </footer>
            </Show>
        </section>
    }
}

#[component]
fn OpenTable(moved: Vec<OpenMoved>) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let count = moved.len();
    if count == 0 {
        return view! { <Empty icon="check-circle" title=t!(lang, machine_open_none) /> }.into_any();
    }
    let all = RwSignal::new(false);
    let moved = StoredValue::new(moved);
    let said = move |left: Left| {
        let words = lang.words();
        match left {
            Left::Due(due) => when.instant(due),
            Left::Paused(left) => words.machine_paused(Span::of_millis(left).said(words)),
            Left::Open => words.target_none().to_owned(),
            Left::Nothing => "—".to_owned(),
        }
    };
    let rows = move || {
        let limit = if all.get() { usize::MAX } else { ROWS };
        let shown: Vec<OpenMoved> = moved.with_value(|moved| moved.iter().take(limit).cloned().collect());
        let row = |moved: OpenMoved| {
            let OpenMoved { which, clock, before, after } = moved;
            view! {
                <tr>
                    <WhichCell which />
                    <td data-label=t!(lang, targets_clock)>{move || lang.words().clock_numbered(clock.name)}</td>
                    <td data-label=t!(lang, machine_due_before)>{move || said(before)}</td>
                    <td data-label=t!(lang, machine_due_after)><strong>{move || said(after)}</strong></td>
                </tr>
            }
        };
        shown.into_iter().map(row).collect_view()
    };
    view! {
        <div class="table-wrap">
            <table class="table" data-stack>
                <thead>
                    <tr>
                        <th scope="col">{t!(lang, machine_ticket)}</th>
                        <th scope="col">{t!(lang, targets_clock)}</th>
                        <th scope="col">{t!(lang, machine_due_before)}</th>
                        <th scope="col">{t!(lang, machine_due_after)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Show when=move || { count > ROWS && !all.get() }>
            <footer class="panel__foot">
                <button class="button" type="button" data-kind="quiet" on:click=move |_| all.set(true)>
                    {move || lang.words().machine_show_all(count)}
                </button>
            </footer>
        </Show>
    }
    .into_any()
}
