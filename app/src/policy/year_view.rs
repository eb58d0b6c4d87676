//! A year of a calendar at a glance, and what single days are.

use domain::Timestamp;
use domain::sla::{Calendar, Date, Interval, Name, SpecialDay};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::edit::rename;
use super::editor::{HoursRows, use_editor};
use super::year::{Day, Look, Month, first_of, look, step, year, year_of};
use crate::device::focus;
use crate::device::intl::{self, Form};
use crate::i18n::{Locale, Words, use_lang};
use crate::t;
use crate::ui::{Dialog, Icon, Segmented, TextField};
use crate::workspace::use_workspace;

/// The year, month by month. A press on a day makes it a holiday, a half day or a make-up day.
#[component]
pub(super) fn YearView(
    /// The calendar.
    calendar: Memo<Option<Calendar>>,
    /// Whether days can't be changed.
    readonly: bool,
    /// Called with what a day is to be; with nothing for a day as every week.
    #[prop(into)]
    on_set: Callback<(Date, Option<SpecialDay>)>,
) -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let now = use_workspace().now();
    let today = Date::from_days(
        i32::try_from(now.get_untracked().as_millis().div_euclid(Timestamp::DAY_MS)).unwrap_or_default(),
    );
    let shown = RwSignal::new(year_of(today));
    let months = Memo::new(move |_| {
        let calendar = calendar.read();
        let Some(calendar) = calendar.as_ref() else { return Vec::new() };
        editor.with(|policy| year(calendar, &policy.holidays, shown.get()))
    });
    let focused = RwSignal::new(today);
    let asked = RwSignal::new(None::<Date>);
    let press = move |event: KeyboardEvent| {
        let from = focused.get_untracked();
        if let Some(to) = step(from, &event.key()) {
            event.prevent_default();
            focused.set(to);
            focus::on(day_id(to));
        }
    };
    // The day that Tab leads to lies in the year that is shown.
    Effect::new(move |_| {
        let shown = shown.get();
        if year_of(focused.get_untracked()) != shown
            && let Some(first) = first_of(shown, 1)
        {
            focused.set(first);
        }
    });
    let legend = [Look::Open, Look::Closed, Look::Holiday, Look::MakeUp, Look::Hours].map(|look| {
        view! {
            <li class="year__key">
                <span class="year__swatch" data-look=look.style()></span>
                {move || lang.words().day_look(look)}
            </li>
        }
    });
    let until = move || {
        let calendar = calendar.read();
        let follows = calendar.as_ref().map(|calendar| calendar.holidays.clone()).unwrap_or_default();
        let last = editor.with(|policy| {
            policy.holidays.iter().filter(|set| follows.contains(&set.id)).map(|set| set.until).max()
        })?;
        (year_of(last) < shown.get()).then(|| lang.words().year_unknown(last))
    };
    view! {
        <section class="panel year-panel" aria-label=t!(lang, year_title)>
            <header class="panel__head">
                <h3 class="panel__title">{t!(lang, year_title)}</h3>
                <div class="panel__end">
                    <button
                        class="icon-button"
                        type="button"
                        aria-label=t!(lang, year_before)
                        on:click=move |_| shown.update(|year| *year -= 1)
                    >
                        <Icon name="chevron-left" />
                    </button>
                    <strong class="number year__number" aria-live="polite">{shown}</strong>
                    <button
                        class="icon-button"
                        type="button"
                        aria-label=t!(lang, year_after)
                        on:click=move |_| shown.update(|year| *year += 1)
                    >
                        <Icon name="chevron-right" />
                    </button>
                </div>
            </header>
            <div class="panel__body stack">
                <ul class="year__legend">{legend.into_iter().collect_view()}</ul>
                {move || until().map(|said| view! { <p class="year__unknown"><Icon name="question" />{said}</p> })}
                <div class="year" on:keydown=press>
                    {move || {
                        months.get().into_iter().map(|month| view! { <MonthView month focused asked /> }).collect_view()
                    }}
                </div>
            </div>
        </section>
        <DayDialog calendar readonly asked on_set />
    }
}

fn day_id(date: Date) -> String {
    format!("day-{date}")
}

/// A date as an instant that `intl::wall` writes.
fn noon(date: Date) -> Timestamp {
    Timestamp::from_millis(0).plus_millis(i64::from(date.days()) * Timestamp::DAY_MS + Timestamp::DAY_MS / 2)
}

#[component]
fn MonthView(month: Month, focused: RwSignal<Date>, asked: RwSignal<Option<Date>>) -> impl IntoView {
    let lang = use_lang();
    let Month { number, lead, days } = month;
    let first = days.first().map(|day| day.date);
    let title = move || first.map(|first| month_name(lang.locale(), first)).unwrap_or_default();
    let notes = notes(&days);
    let heads = domain::sla::Weekday::ALL.map(|day| {
        view! { <span class="month__head" aria-hidden="true">{move || lang.words().weekday_short(day)}</span> }
    });
    let blanks = (0..lead).map(|_| view! { <span></span> });
    let days = days.into_iter().map(|day| {
        let Day { date, look, name, own, hours } = day;
        let said = move || lang.words().day_said(date, look, &name, &hours);
        let number = date.to_string().rsplit('-').next().map(|day| day.trim_start_matches('0').to_owned());
        view! {
            <button
                class="day"
                type="button"
                id=day_id(date)
                data-look=look.style()
                data-own=own.then_some("")
                tabindex=move || if focused.get() == date { "0" } else { "-1" }
                aria-label=said.clone()
                title=said
                on:click=move |_| {
                    focused.set(date);
                    asked.set(Some(date));
                }
            >
                {number}
            </button>
        }
    });
    let notes = notes.into_iter().map(|note| {
        let said = move || {
            let words = lang.words();
            let days = if note.first == note.last {
                note.first.to_string()
            } else {
                format!("{}–{}", note.first, note.last)
            };
            let what = match note.name.in_language(words.0.tag()).trim() {
                "" => words.day_look(note.look).to_owned(),
                name if note.look == Look::MakeUp => words.day_named(name, words.day_make_up()),
                name => name.to_owned(),
            };
            (days, what)
        };
        let words_of_note = said.clone();
        view! {
            <li class="month__note">
                <span class="year__swatch" data-look=note.look.style()></span>
                <span class="number">{move || said().0}</span>
                <span class="month__name">{move || words_of_note().1}</span>
            </li>
        }
    });
    view! {
        <section class="month" data-month=number.to_string()>
            <h4 class="month__title">{title}</h4>
            <div class="month__days" role="group" aria-label=title>
                {heads.into_iter().collect_view()}
                {blanks.collect_view()}
                {days.collect_view()}
            </div>
            <ul class="month__notes">{notes.collect_view()}</ul>
        </section>
    }
}

/// Days on end of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Note {
    first: u32,
    last: u32,
    look: Look,
    name: Name,
}

fn notes(days: &[Day]) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    for (number, day) in (1..).zip(days) {
        if !matches!(day.look, Look::Holiday | Look::MakeUp | Look::Hours) {
            continue;
        }
        match notes.last_mut() {
            Some(note) if note.last + 1 == number && note.look == day.look && note.name == day.name => {
                note.last = number;
            }
            _ => notes.push(Note { first: number, last: number, look: day.look, name: day.name.clone() }),
        }
    }
    notes
}

fn month_name(locale: Locale, first: Date) -> String {
    intl::wall(locale, noon(first), Form::Month)
}

/// What a day is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Choice {
    Ordinary,
    Holiday,
    Hours,
    MakeUp,
}

impl Choice {
    const ALL: [Self; 4] = [Self::Ordinary, Self::Holiday, Self::Hours, Self::MakeUp];

    fn said(self, words: Words) -> &'static str {
        match self {
            Self::Ordinary => words.day_ordinary(),
            Self::Holiday => words.day_holiday(),
            Self::Hours => words.day_hours(),
            Self::MakeUp => words.day_make_up(),
        }
    }
}

#[component]
fn DayDialog(
    calendar: Memo<Option<Calendar>>,
    readonly: bool,
    asked: RwSignal<Option<Date>>,
    on_set: Callback<(Date, Option<SpecialDay>)>,
) -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let open = RwSignal::new(false);
    let choice = RwSignal::new(Choice::Ordinary);
    let called = RwSignal::new(String::new());
    let hours = RwSignal::new(Vec::<Interval>::new());
    let before = RwSignal::new(Name::default());
    Effect::new(move |_| {
        let Some(date) = asked.get() else { return };
        let calendar = calendar.get_untracked();
        let own = calendar.as_ref().and_then(|calendar| calendar.days.get(&date).cloned());
        let week = calendar
            .as_ref()
            .and_then(|calendar| calendar.week.get(&date.weekday()).cloned())
            .unwrap_or_default();
        let name = own.as_ref().map(|day| day.name().clone()).unwrap_or_default();
        called.set(name.0.get(lang.locale().tag()).cloned().unwrap_or_default());
        before.set(name);
        hours.set(match &own {
            Some(SpecialDay::Hours { hours, .. }) => hours.clone(),
            // A half day: the morning.
            _ => week.first().copied().into_iter().collect(),
        });
        choice.set(match own {
            None => Choice::Ordinary,
            Some(SpecialDay::Holiday { .. }) => Choice::Holiday,
            Some(SpecialDay::MakeUp { .. }) => Choice::MakeUp,
            Some(SpecialDay::Hours { .. }) => Choice::Hours,
        });
        open.set(true);
    });
    Effect::watch(
        move || open.get(),
        move |open, _, _| {
            if !open && let Some(date) = asked.get_untracked() {
                asked.set(None);
                focus::on(day_id(date));
            }
        },
        false,
    );
    let title = move || {
        asked.get().map(|date| intl::wall(lang.locale(), noon(date), Form::FullWeekday)).unwrap_or_default()
    };
    let now_is = move || {
        let (calendar, date) = (calendar.get()?, asked.get()?);
        let without = Calendar {
            days: calendar
                .days
                .iter()
                .filter(|(own, _)| **own != date)
                .map(|(own, day)| (*own, day.clone()))
                .collect(),
            ..calendar
        };
        let Day { look, name, hours, .. } = editor.with(|policy| look(&without, &policy.holidays, date));
        Some(lang.words().day_otherwise(lang.words().day_said(date, look, &name, &hours)))
    };
    let save = move || {
        let Some(date) = asked.get_untracked() else { return };
        let mut name = before.get_untracked();
        rename(&mut name, lang.locale().tag(), &called.read_untracked());
        let day = match choice.get_untracked() {
            Choice::Ordinary => None,
            Choice::Holiday => Some(SpecialDay::Holiday { name }),
            Choice::MakeUp => Some(SpecialDay::MakeUp { name }),
            Choice::Hours => Some(SpecialDay::Hours { name, hours: hours.get_untracked() }),
        };
        on_set.run((date, day));
        open.set(false);
    };
    let footer = move || {
        if readonly {
            return view! {
                <button class="button" type="button" on:click=move |_| open.set(false)>{t!(lang, ui_close)}</button>
            }
            .into_any();
        }
        view! {
            <button class="button" type="button" on:click=move |_| open.set(false)>{t!(lang, ui_cancel)}</button>
            <button class="button" type="submit" data-kind="primary">{t!(lang, day_take)}</button>
        }
        .into_any()
    };
    let set_hours = move |changed: Vec<Interval>| hours.set(changed);
    view! {
        <Dialog open title on_submit=move |()| save() footer>
            <div class="form">
                <p class="secondary">{now_is}</p>
                {(!readonly)
                    .then(|| {
                        view! {
                            <Segmented
                                label=t!(lang, day_is)
                                options=Choice::ALL.to_vec()
                                value=Signal::derive(move || Some(choice.get()))
                                word=move |choice: Choice| choice.said(lang.words())
                                on_choose=move |chosen| choice.set(chosen)
                            />
                            <Show when=move || choice.get() != Choice::Ordinary>
                                <TextField label=t!(lang, day_name) value=called hint=t!(lang, day_name_hint) />
                            </Show>
                            <Show when=move || choice.get() == Choice::Hours>
                                <div class="field">
                                    <span class="field__label">{t!(lang, calendar_hours)}</span>
                                    <HoursRows
                                        day=title
                                        value=hours
                                        on_change=set_hours
                                    />
                                </div>
                            </Show>
                        }
                    })}
            </div>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use domain::sla::Policy;

    use super::*;

    #[test]
    fn days_of_one_holiday_are_one_note() {
        let policy = Policy::shipped();
        let months = year(&policy.calendars[0], &policy.holidays, 2026);
        let october: Vec<_> =
            notes(&months[9].days).iter().map(|note| (note.first, note.last, note.look)).collect();
        assert_eq!(october, [(1, 7, Look::Holiday), (10, 10, Look::MakeUp)]);
    }
}
