//! Lists of holidays that calendars follow: until when they are complete, and taking newer ones over from files.

use domain::sla::holiday_file::{DayChange, FileProblem, day_changes, read};
use domain::sla::{Date, HolidaySet, SpecialDay};
use leptos::ev::Event;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::editor::{Read, use_editor};
use crate::device::file::{self, Chosen};
use crate::i18n::{Words, use_lang};
use crate::t;
use crate::ui::{Confirm, Dialog, DialogSize, FileButton, Icon, Notice, Tone};

/// A file that somebody wants to take over.
#[derive(Debug, Clone, PartialEq)]
struct Offered {
    file: String,
    set: HolidaySet,
    changes: Vec<(Date, DayChange)>,
    was_until: Option<Date>,
}

/// The lists.
#[component]
pub(super) fn HolidaysSection() -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let sets = Memo::new(move |_| {
        editor.with(|policy| policy.holidays.iter().map(|set| set.id.clone()).collect::<Vec<_>>())
    });
    let refused = RwSignal::new(None::<(String, FileProblem)>);
    let offered = RwSignal::new(None::<Offered>);
    let open = RwSignal::new(false);
    let take = move |Chosen { name, text }: Chosen| match read(&text) {
        Err(problem) => refused.set(Some((name, problem))),
        Ok(set) => {
            refused.set(None);
            let known = editor
                .policy()
                .with_untracked(|policy| policy.holidays.iter().find(|known| known.id == set.id).cloned());
            let changes = day_changes(known.as_ref(), &set);
            let was_until = known.map(|known| known.until);
            offered.set(Some(Offered { file: name, set, changes, was_until }));
            open.set(true);
        }
    };
    let choose = move |event: Event| {
        spawn_local(async move {
            if let Some(chosen) = file::chosen(event).await {
                take(chosen);
            }
        });
    };
    let rows = move || sets.get().into_iter().map(|id| view! { <SetRow id /> }).collect_view();
    view! {
        <div class="stack">
            <p class="policy-lead">{t!(lang, holidays_lead)}</p>
            {move || {
                refused.get().map(|(file, problem)| {
                    let title = lang.words().holidays_refused(file);
                    let text = lang.words().file_problem(&problem);
                    view! { <Notice tone=Tone::Danger title text answers=true /> }
                })
            }}
            <div class="table-wrap">
                <table class="table" data-stack aria-label=t!(lang, policy_holidays)>
                    <thead>
                        <tr>
                            <th scope="col">{t!(lang, policy_name)}</th>
                            <th scope="col">{t!(lang, holidays_until)}</th>
                            <th scope="col" data-num>{t!(lang, holidays_days)}</th>
                            <th scope="col">{t!(lang, holidays_followed_by)}</th>
                            <th scope="col"><span class="visually-hidden">{t!(lang, people_actions)}</span></th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {(!editor.is_readonly())
                .then(|| {
                    view! {
                        <div class="row">
                            <FileButton
                                icon="upload"
                                label=t!(lang, holidays_import)
                                accept=".json,application/json"
                                on_choose=choose
                            />
                            <span class="secondary">{t!(lang, holidays_import_hint)}</span>
                        </div>
                    }
                })}
        </div>
        <ImportDialog open offered />
    }
}

#[component]
fn SetRow(id: String) -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let id = StoredValue::new(id);
    let set = Memo::new(move |_| {
        id.with_value(|id| editor.with(|policy| policy.holidays.iter().find(|set| set.id == *id).cloned()))
    });
    let name = move || set.read().as_ref().map(|set| lang.words().named(&set.name)).unwrap_or_default();
    let until = Memo::new(move |_| set.read().as_ref().map_or(Date::from_days(0), |set| set.until));
    let count = move || {
        let set = set.read();
        let days = set.as_ref().map(|set| set.days.values().collect::<Vec<_>>()).unwrap_or_default();
        let off = days.iter().filter(|day| matches!(day, SpecialDay::Holiday { .. })).count();
        lang.words().holidays_count(off, days.len() - off)
    };
    let followers = Memo::new(move |_| {
        id.with_value(|id| {
            editor.with(|policy| {
                let follow = policy.calendars.iter().filter(|calendar| calendar.holidays.contains(id));
                follow.map(|calendar| calendar.name.clone()).collect::<Vec<_>>()
            })
        })
    });
    let followed = move || {
        let words = lang.words();
        let names: Vec<_> = followers.read().iter().map(|name| words.named(name)).collect();
        if names.is_empty() {
            words.holidays_followed_by_none().to_owned()
        } else {
            names.join(words.list_separator())
        }
    };
    let set_until = move |date: Date| {
        editor.update(|policy| {
            if let Some(set) = id.with_value(|id| policy.holidays.iter_mut().find(|set| set.id == *id)) {
                set.until = date;
            }
        });
    };
    let asking = RwSignal::new(false);
    let remove = move |()| {
        let id = id.get_value();
        editor.update(|policy| {
            policy.holidays.retain(|set| set.id != id);
            for calendar in &mut policy.calendars {
                calendar.holidays.retain(|known| *known != id);
            }
        });
    };
    view! {
        <tr>
            <th scope="row">{name}<small class="number">{id.get_value()}</small></th>
            <td data-label=t!(lang, holidays_until)>
                <Read
                    label=move || lang.words().holidays_until_of(name())
                    value=until
                    write=|date: &Date| date.to_string()
                    read=|text| text.trim().parse().ok()
                    unreadable=Words::date_unreadable
                    on_change=set_until
                    size="date"
                />
            </td>
            <td data-num data-label=t!(lang, holidays_days)>{count}</td>
            <td data-label=t!(lang, holidays_followed_by)>{followed}</td>
            <td data-fit>
                {(!editor.is_readonly())
                    .then(|| {
                        view! {
                            <button
                                class="icon-button"
                                type="button"
                                aria-label=move || lang.words().holidays_remove(name())
                                title=t!(lang, holidays_remove_short)
                                on:click=move |_| asking.set(true)
                            >
                                <Icon name="trash" />
                            </button>
                            <Confirm
                                open=asking
                                title=move || lang.words().holidays_remove_ask(name())
                                text=t!(lang, holidays_remove_text)
                                action=t!(lang, holidays_remove_short)
                                destroys=true
                                on_confirm=remove
                            />
                        }
                    })}
            </td>
        </tr>
    }
}

/// What the file would change, before it does.
#[component]
fn ImportDialog(open: RwSignal<bool>, offered: RwSignal<Option<Offered>>) -> impl IntoView {
    let lang = use_lang();
    let editor = use_editor();
    let take = move || {
        if let Some(Offered { set, .. }) = offered.get_untracked() {
            editor.update(|policy| match policy.holidays.iter_mut().find(|known| known.id == set.id) {
                Some(known) => *known = set,
                None => policy.holidays.push(set),
            });
        }
        open.set(false);
    };
    let is_same = move || {
        offered
            .read()
            .as_ref()
            .is_none_or(|offered| offered.changes.is_empty() && offered.was_until == Some(offered.set.until))
    };
    let footer = move || {
        view! {
            <button class="button" type="button" on:click=move |_| open.set(false)>{t!(lang, ui_cancel)}</button>
            <button class="button" type="submit" data-kind="primary">
                {move || if is_same() { lang.words().ui_close() } else { lang.words().holidays_take() }}
            </button>
        }
    };
    let title = move || {
        let words = lang.words();
        offered.read().as_ref().map(|offered| words.named(&offered.set.name)).unwrap_or_default()
    };
    let sub = move || offered.read().as_ref().map(|offered| offered.file.clone()).unwrap_or_default();
    let content = move || {
        let Offered { set, changes, was_until, .. } = offered.get()?;
        let words = lang.words();
        let until = match was_until {
            None => words.holidays_new_list(set.until),
            Some(was) if was == set.until => words.holidays_until_same(set.until),
            Some(was) => words.holidays_until_moves(was, set.until),
        };
        let shorter = was_until.is_some_and(|was| set.until < was);
        let count = |is: fn(&DayChange) -> bool| changes.iter().filter(|(_, change)| is(change)).count();
        let sum = words.days_changed(
            count(|change| matches!(change, DayChange::Added(_))),
            count(|change| matches!(change, DayChange::Changed { .. })),
            count(|change| matches!(change, DayChange::Removed(_))),
        );
        let rows = changes.into_iter().map(|(date, change)| {
            let (tone, badge, said) = match change {
                DayChange::Added(day) => ("ok", words.change_added(), words.special_day(&day)),
                DayChange::Changed { before, after } => {
                    let said = words.change_was(words.special_day(&before), words.special_day(&after));
                    ("warn", words.change_changed(), said)
                }
                DayChange::Removed(day) => ("danger", words.change_removed(), words.special_day(&day)),
            };
            view! {
                <tr>
                    <th scope="row" class="number" data-fit>{date.to_string()}</th>
                    <td>{words.weekday(date.weekday())}</td>
                    <td data-fit><span class="badge" data-tone=tone>{badge}</span></td>
                    <td>{said}</td>
                </tr>
            }
        });
        Some(view! {
            <div class="stack">
                <p>{until}</p>
                <p><strong>{sum}</strong></p>
                {shorter.then(|| view! { <Notice tone=Tone::Warn title=t!(lang, holidays_shorter) /> })}
                <div class="table-wrap">
                    <table class="table"><tbody>{rows.collect_view()}</tbody></table>
                </div>
            </div>
        })
    };
    view! {
        <Dialog open title sub size=DialogSize::Large on_submit=move |()| take() footer>{content}</Dialog>
    }
}
