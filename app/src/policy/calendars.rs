//! When somebody works: the calendars of a policy, one at a time.

use domain::sla::{
    Calendar, CalendarProblem, Interval, Name, SpecialDay, TimeOfDay, Week, Weekday, Where, Workdays, Zone,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::calls;
use super::edit::{copy_day, fresh_calendar, name as made_name, open_minutes, remove_calendar, set_day};
use super::editor::{HoursRows, NameFields, use_editor};
use super::year_view::YearView;
use crate::i18n::{Locale, Words, use_lang};
use crate::t;
use crate::tickets::ledger;
use crate::ui::{Combobox, Confirm, Empty, Icon, Menu, Suggestion};

/// The calendars, and the one that was chosen.
#[component]
pub(super) fn CalendarsSection() -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let ids = Memo::new(move |_| {
        editor.with(|policy| policy.calendars.iter().map(|calendar| calendar.id.clone()).collect::<Vec<_>>())
    });
    let chosen = RwSignal::new(None::<String>);
    let current = Memo::new(move |_| {
        let ids = ids.read();
        chosen.get().filter(|id| ids.contains(id)).or_else(|| ids.first().cloned())
    });
    let add = move |_| {
        let new = Locale::ALL.map(|locale| (locale.tag(), Words(locale).calendar_new_name()));
        let calendar = editor.policy().with_untracked(|policy| fresh_calendar(policy, made_name(new)));
        chosen.set(Some(calendar.id.clone()));
        editor.update(|policy| policy.calendars.push(calendar));
    };
    let items = move || {
        let item = |id: String| {
            let id = StoredValue::new(id);
            let name = move || {
                id.with_value(|id| editor.calendar(id, |calendar| lang.words().named(&calendar.name)))
                    .unwrap_or_default()
            };
            let about = move || {
                let (zone, week) = id
                    .with_value(|id| {
                        editor.calendar(id, |calendar| {
                            (calendar.zone.name.clone(), week_minutes(&calendar.week))
                        })
                    })
                    .unwrap_or_default();
                let words = lang.words();
                words.calendar_about(zone, ledger::exact(i64::from(week) * 60_000, false, words))
            };
            let is_wrong =
                move || id.with_value(|id| problem_of(editor.problems().read().as_slice(), id).is_some());
            let is_default = move || id.with_value(|id| editor.with(|policy| policy.default_calendar == *id));
            view! {
                <li>
                    <button
                        class="policy-item"
                        type="button"
                        aria-current=move || (current.get() == Some(id.get_value())).then_some("true")
                        on:click=move |_| chosen.set(Some(id.get_value()))
                    >
                        <span class="policy-item__title">{name}</span>
                        <span class="policy-item__more">{about}</span>
                        <Show when=is_default><span class="badge">{t!(lang, calendar_is_default)}</span></Show>
                        <Show when=is_wrong>
                            <span class="policy-item__wrong"><Icon name="alert" />{t!(lang, policy_has_problem)}</span>
                        </Show>
                    </button>
                </li>
            }
        };
        ids.get().into_iter().map(item).collect_view()
    };
    view! {
        <div class="policy-pair">
            <div class="policy-pair__list">
                <ul class="policy-list" aria-label=t!(lang, policy_calendars)>{items}</ul>
                {(!editor.is_readonly())
                    .then(|| {
                        view! {
                            <button class="button" type="button" on:click=add>
                                <Icon name="plus" />
                                {t!(lang, calendar_add)}
                            </button>
                        }
                    })}
            </div>
            <div class="policy-pair__detail">
                {move || match current.get() {
                    Some(id) => view! { <CalendarForm id /> }.into_any(),
                    None => view! { <Empty icon="calendar" title=t!(lang, calendar_none) /> }.into_any(),
                }}
            </div>
        </div>
    }
}

fn week_minutes(week: &Week) -> u32 {
    week.values().map(|hours| open_minutes(hours)).sum()
}

/// What is wrong with a calendar.
fn problem_of(problems: &[domain::sla::PolicyProblem], id: &str) -> Option<CalendarProblem> {
    problems.iter().find_map(|problem| match problem {
        domain::sla::PolicyProblem::Calendar { calendar, problem } if calendar == id => Some(problem.clone()),
        _ => None,
    })
}

/// The problem of one place, so that it stands beside it.
fn problem_at(calendar: &Calendar, place: Where, hours: &[Interval]) -> Option<CalendarProblem> {
    // A calendar of this one place: the domain's own check names the first mistake of each.
    let mut alone = Calendar { days: Default::default(), holidays: Vec::new(), ..calendar.clone() };
    alone.zone = Zone::utc();
    alone.week = Week::from([(Weekday::Mon, hours.to_vec())]);
    alone.make_up_hours = Vec::new();
    match Workdays::new(&alone, &[]).err()? {
        CalendarProblem::Reversed { interval, .. } => Some(CalendarProblem::Reversed { place, interval }),
        CalendarProblem::Overlapping { first, second, .. } => {
            Some(CalendarProblem::Overlapping { place, first, second })
        }
        _ => None,
    }
}

#[component]
fn CalendarForm(id: String) -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let id = StoredValue::new(id);
    let calendar = Memo::new(move |_| id.with_value(|id| editor.calendar(id, Calendar::clone)));
    let change = move |change: &dyn Fn(&mut Calendar)| id.with_value(|id| editor.update_calendar(id, change));
    let get = move |read: &dyn Fn(&Calendar) -> Vec<Interval>| {
        calendar.read().as_ref().map(read).unwrap_or_default()
    };
    let name = Signal::derive(move || {
        calendar.read().as_ref().map(|calendar| calendar.name.clone()).unwrap_or_default()
    });
    // Beyond single places: never opens, zone, unknown lists.
    let general = move || {
        let problem = id.with_value(|id| problem_of(editor.problems().read().as_slice(), id))?;
        let stands_elsewhere = matches!(
            problem,
            CalendarProblem::Reversed { place: Where::Weekday(_) | Where::MakeUp, .. }
                | CalendarProblem::Overlapping { place: Where::Weekday(_) | Where::MakeUp, .. }
        );
        (!stands_elsewhere).then(|| lang.words().calendar_problem(&problem))
    };
    let day_error = move |place: Where, hours: Signal<Vec<Interval>>| {
        Signal::derive(move || {
            let problem =
                calendar.read().as_ref().and_then(|calendar| problem_at(calendar, place, &hours.read()))?;
            Some(lang.words().calendar_problem(&problem))
        })
    };
    let days = Weekday::ALL.map(|day| {
        let hours =
            Signal::derive(move || get(&|calendar| calendar.week.get(&day).cloned().unwrap_or_default()));
        let set =
            move |hours: Vec<Interval>| change(&|calendar| set_day(&mut calendar.week, day, hours.clone()));
        let copy = move |to: Vec<Weekday>| change(&|calendar| copy_day(&mut calendar.week, day, &to));
        let total = move || {
            let minutes = open_minutes(&hours.read());
            (minutes > 0).then(|| ledger::exact(i64::from(minutes) * 60_000, false, lang.words()))
        };
        view! {
            <tr>
                <th scope="row">{move || lang.words().weekday(day)}</th>
                <td>
                    <HoursRows
                        day=move || lang.words().weekday(day)
                        value=hours
                        on_change=set
                        error=day_error(Where::Weekday(day), hours)
                    />
                </td>
                <td class="week__total number">{total}</td>
                <td class="week__strip"><DayStrip hours /></td>
                <td data-fit>
                    {(!editor.is_readonly())
                        .then(|| view! { <CopyMenu day on_copy=copy /> })}
                </td>
            </tr>
        }
    });
    let make_up = Signal::derive(move || get(&|calendar| calendar.make_up_hours.clone()));
    let set_make_up =
        move |hours: Vec<Interval>| change(&|calendar| calendar.make_up_hours.clone_from(&hours));
    let as_first_day = move || {
        let hours = get(&|calendar| {
            calendar.week.values().find(|hours| !hours.is_empty()).cloned().unwrap_or_default()
        });
        lang.words().calendar_make_up_default(lang.words().hours_of_day(&hours))
    };
    let rename = move |name: Name| change(&|calendar| calendar.name = name.clone());
    let sets = Memo::new(move |_| {
        editor.with(|policy| {
            policy.holidays.iter().map(|set| (set.id.clone(), set.name.clone())).collect::<Vec<_>>()
        })
    });
    let follows = move || {
        let item = |(set, name): (String, Name)| {
            let set = StoredValue::new(set);
            let checked = move || {
                calendar
                    .read()
                    .as_ref()
                    .is_some_and(|calendar| set.with_value(|set| calendar.holidays.contains(set)))
            };
            let toggle = move |_| {
                change(&|calendar| {
                    let set = set.get_value();
                    if calendar.holidays.contains(&set) {
                        calendar.holidays.retain(|known| *known != set);
                    } else {
                        calendar.holidays.push(set);
                    }
                });
            };
            view! {
                <label class="check">
                    <input type="checkbox" prop:checked=checked disabled=editor.is_readonly() on:change=toggle />
                    <span>{move || lang.words().named(&name)}</span>
                </label>
            }
        };
        let sets = sets.get();
        if sets.is_empty() {
            return view! { <p class="secondary">{t!(lang, holidays_none)}</p> }.into_any();
        }
        sets.into_iter().map(item).collect_view().into_any()
    };
    let asking = RwSignal::new(false);
    let is_default =
        Memo::new(move |_| id.with_value(|id| editor.with(|policy| policy.default_calendar == *id)));
    let set_special = move |(date, day): (domain::sla::Date, Option<SpecialDay>)| {
        change(&|calendar| match &day {
            Some(day) => {
                calendar.days.insert(date, day.clone());
            }
            None => {
                calendar.days.remove(&date);
            }
        });
    };
    let removal = (!editor.is_readonly()).then(|| {
        view! {
            <Show when=move || !is_default.get()>
                <div class="row">
                    <button class="button" type="button" data-kind="danger" on:click=move |_| asking.set(true)>
                        <Icon name="trash" />
                        {t!(lang, calendar_remove)}
                    </button>
                </div>
            </Show>
            <Confirm
                open=asking
                title=move || lang.words().calendar_remove_ask(lang.words().named(&name.read()))
                text=t!(lang, calendar_remove_text)
                action=t!(lang, calendar_remove)
                destroys=true
                on_confirm=move |()| {
                    let id = id.get_value();
                    editor.update(|policy| remove_calendar(policy, &id));
                }
            />
        }
    });
    view! {
        <div class="stack">
            {move || general().map(|said| view! { <p class="field__error" role="status"><Icon name="alert" />{said}</p> })}
            <section class="panel" aria-label=t!(lang, policy_name)>
                <div class="panel__body stack">
                    {if editor.is_readonly() {
                        view! { <h3 class="panel__title">{move || lang.words().named(&name.read())}</h3> }.into_any()
                    } else {
                        view! { <NameFields value=name on_change=rename /> }.into_any()
                    }}
                    <ZoneField id />
                </div>
            </section>
            <section class="panel" aria-label=t!(lang, calendar_week)>
                <header class="panel__head">
                    <h3 class="panel__title">{t!(lang, calendar_week)}</h3>
                    <div class="panel__end">
                        {move || {
                            let minutes = calendar.read().as_ref().map_or(0, |calendar| week_minutes(&calendar.week));
                            lang.words().calendar_week_total(ledger::exact(i64::from(minutes) * 60_000, false, lang.words()))
                        }}
                    </div>
                </header>
                <div class="panel__body" data-flush>
                    <div class="table-wrap">
                        <table class="table week" aria-label=t!(lang, calendar_week)>
                            <thead>
                                <tr>
                                    <th scope="col">{t!(lang, calendar_day)}</th>
                                    <th scope="col">{t!(lang, calendar_hours)}</th>
                                    <th scope="col"><span class="visually-hidden">{t!(lang, calendar_total)}</span></th>
                                    <th scope="col" class="week__strip" aria-hidden="true"><StripScale /></th>
                                    <th scope="col"><span class="visually-hidden">{t!(lang, people_actions)}</span></th>
                                </tr>
                            </thead>
                            <tbody>
                                {days.into_iter().collect_view()}
                                <tr>
                                    <th scope="row">
                                        {t!(lang, calendar_make_up_hours)}
                                        <small>{t!(lang, calendar_make_up_hint)}</small>
                                    </th>
                                    <td>
                                        <HoursRows
                                            day=t!(lang, calendar_make_up_hours)
                                            value=make_up
                                            on_change=set_make_up
                                            none=as_first_day
                                            error=day_error(Where::MakeUp, make_up)
                                        />
                                    </td>
                                    <td></td>
                                    <td class="week__strip"><DayStrip hours=make_up /></td>
                                    <td></td>
                                </tr>
                            </tbody>
                        </table>
                    </div>
                </div>
            </section>
            <section class="panel" aria-label=t!(lang, calendar_follows)>
                <header class="panel__head"><h3 class="panel__title">{t!(lang, calendar_follows)}</h3></header>
                <div class="panel__body">{follows}</div>
            </section>
            <YearView
                calendar
                readonly=editor.is_readonly()
                on_set=set_special
            />
            {removal}
        </div>
    }
}

/// A day as a strip of twenty-four hours.
#[component]
fn DayStrip(#[prop(into)] hours: Signal<Vec<Interval>>) -> impl IntoView {
    let bars = move || {
        let bar = |interval: Interval| {
            let (from, until) = (interval.from.minutes(), interval.until.minutes());
            let length = until.saturating_sub(from);
            view! { <rect class="strip__open" x=from.to_string() y="0" width=length.to_string() height="10" /> }
        };
        hours.get().into_iter().map(bar).collect_view()
    };
    let lines = [6, 12, 18].map(|hour: u32| {
        let x = (hour * 60).to_string();
        view! { <line class="strip__line" x1=x.clone() y1="0" x2=x y2="10" vector-effect="non-scaling-stroke" /> }
    });
    let whole = TimeOfDay::END.minutes().to_string();
    view! {
        <svg class="strip" viewBox="0 0 1440 10" preserveAspectRatio="none" aria-hidden="true">
            <rect class="strip__day" x="0" y="0" width=whole height="10" />
            {bars}
            {lines.into_iter().collect_view()}
        </svg>
    }
}

#[component]
fn StripScale() -> impl IntoView {
    view! {
        <span class="strip-scale"><span>"0"</span><span>"6"</span><span>"12"</span><span>"18"</span><span>"24"</span></span>
    }
}

/// What the hours of one day are copied to.
#[component]
fn CopyMenu(day: Weekday, #[prop(into)] on_copy: Callback<Vec<Weekday>>) -> impl IntoView {
    let lang = use_lang();
    let copy = move |to: Vec<Weekday>| on_copy.run(to);
    let copy_day = move || lang.words().calendar_copy_day(lang.words().weekday(day));
    let single = Weekday::ALL.into_iter().filter(move |other| *other != day).map(move |other| {
        view! {
            <button class="menu__item" type="button" on:click=move |_| copy(vec![other])>
                {move || lang.words().weekday(other)}
            </button>
        }
    });
    view! {
        <Menu label=copy_day button=|| view! { <Icon name="layers" /> }>
            <p class="menu__note">{copy_day}</p>
            <button class="menu__item" type="button" on:click=move |_| copy(Weekday::ALL[..5].to_vec())>
                {t!(lang, calendar_copy_workdays)}
            </button>
            <button class="menu__item" type="button" on:click=move |_| copy(Weekday::ALL.to_vec())>
                {t!(lang, calendar_copy_all)}
            </button>
            <hr class="menu__line" />
            {single.collect_view()}
        </Menu>
    }
}

/// The zone, out of those that the server knows.
#[component]
fn ZoneField(id: StoredValue<String>) -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let zone = Memo::new(move |_| {
        id.with_value(|id| editor.calendar(id, |calendar| calendar.zone.name.clone())).unwrap_or_default()
    });
    if editor.is_readonly() {
        return view! { <p class="secondary">{t!(lang, calendar_zone)} ": " {zone}</p> }.into_any();
    }
    let typed = RwSignal::new(zone.get_untracked());
    let failed = RwSignal::new(None::<calls::Failure>);
    let busy = RwSignal::new(false);
    let zones = LocalResource::new(|| async { calls::zones().await.unwrap_or_default() });
    Effect::new(move |_| typed.set(zone.get()));
    let suggestions = Signal::derive(move || {
        let wanted = typed.read().trim().to_lowercase().replace(' ', "_");
        let Some(all) = zones.get() else { return Vec::new() };
        let all = all.iter().filter(|name| name.to_lowercase().contains(&wanted));
        let suggest =
            |name: &String| Suggestion { key: name.clone(), title: name.clone(), ..Suggestion::default() };
        all.take(30).map(suggest).collect::<Vec<_>>()
    });
    let pick = move |name: String| {
        typed.set(name.clone());
        failed.set(None);
        busy.set(true);
        spawn_local(async move {
            let answer = calls::zone(&name).await;
            busy.try_set(false);
            match answer {
                Ok(zone) => {
                    if let Some(id) = id.try_get_value() {
                        editor.update_calendar(&id, |calendar| calendar.zone = zone);
                    }
                }
                Err(failure) => {
                    failed.try_set(Some(failure));
                }
            }
        });
    };
    let error = Signal::derive(move || {
        if let Some(failure) = failed.get() {
            let words = lang.words();
            return Some(match failure {
                calls::Failure::Unknown => words.calendar_zone_unknown(typed.get()),
                failure => failure.said(words),
            });
        }
        // What was typed and not chosen is not the calendar's zone.
        let differs = !busy.get() && typed.read().trim() != *zone.read();
        differs.then(|| lang.words().calendar_zone_choose(zone.get()))
    });
    view! {
        <Combobox
            label=t!(lang, calendar_zone)
            value=typed
            suggestions
            on_pick=move |suggestion: Suggestion| pick(suggestion.key)
            hint=t!(lang, calendar_zone_hint)
            error
        />
    }
    .into_any()
}
