//! Agreeing with the customer on what is to be done, and until when.

use std::sync::Arc;

use domain::ticket::{Action, Entry, Milestone, Plan, Ticket};
use domain::{Field, Problem, Timestamp};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ActionDialog, ActionForm, say_saved};
use crate::device::{focus, local_time};
use crate::i18n::{Lang, use_lang};
use crate::t;
use crate::ui::{FieldMark, Icon, TextArea, TextField, TextKind};
use crate::workspace::{TicketView, use_workspace};

/// What is wrong with something promised, or with its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// Nothing stands there.
    Missing,
    /// That time has passed.
    Past,
}

/// What is wrong with the time of a promise. One that was agreed `before` stays, though it has passed by now.
fn wrong_time(time: Option<Timestamp>, before: Option<Timestamp>, now: Timestamp) -> Option<Wrong> {
    match time {
        None => Some(Wrong::Missing),
        Some(time) if time < now && before != Some(time) => Some(Wrong::Past),
        Some(_) => None,
    }
}

/// What is wrong with a field, until something else is typed into it.
#[derive(Debug, Clone, Copy)]
struct Mark(RwSignal<Option<Wrong>>);

impl Mark {
    fn on(value: RwSignal<String>) -> Self {
        let mark = RwSignal::new(None);
        Effect::watch(move || value.track(), move |(), _, _| mark.set(None), false);
        Self(mark)
    }

    /// Marks the field. Says whether it is well.
    fn set(self, wrong: Option<Wrong>) -> bool {
        self.0.set(wrong);
        wrong.is_none()
    }

    fn words(self, lang: Lang) -> Signal<Option<String>> {
        Signal::derive(move || {
            let words = lang.words();
            self.0.get().map(|wrong| match wrong {
                Wrong::Missing => words.problem_stands_alone(Field::Milestone, Problem::Missing),
                Wrong::Past => words.plan_past().to_owned(),
            })
        })
    }
}

/// A plan as it is being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct TypedPlan {
    measures: String,
    agreed_with: String,
    deadline: String,
    /// The deadline that was promised before.
    deadline_before: Option<Timestamp>,
    milestones: Vec<TypedMilestone>,
}

/// A milestone as it is being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct TypedMilestone {
    title: String,
    due: String,
    /// For when it was promised before.
    before: Option<Timestamp>,
}

impl TypedPlan {
    /// What a new agreement begins with: what was agreed before.
    fn before(ticket: &Ticket) -> Self {
        let before = ticket.plans.iter().rfind(|plan| plan.cycle == ticket.cycle);
        let Some(Entry { fact: plan, .. }) = before else {
            return Self { agreed_with: ticket.contact.value.name.clone(), ..Self::default() };
        };
        let deadline = plan.deadline.map(local_time::to_field).unwrap_or_default();
        Self {
            measures: plan.measures.clone(),
            agreed_with: plan.agreed_with.clone(),
            deadline_before: local_time::from_field(&deadline),
            deadline,
            milestones: plan.milestones.iter().map(TypedMilestone::before).collect(),
        }
    }
}

impl TypedMilestone {
    /// The field may leave out the seconds of what was promised: then that counts which the field shows.
    fn before(milestone: &Milestone) -> Self {
        let due = local_time::to_field(milestone.due);
        Self { title: milestone.title.clone(), before: local_time::from_field(&due), due }
    }
}

/// A milestone's line.
#[derive(Debug, Clone, Copy)]
struct Row {
    number: usize,
    title: RwSignal<String>,
    due: RwSignal<String>,
    /// For when it was promised before.
    before: Option<Timestamp>,
    untitled: Mark,
    untimely: Mark,
}

impl Row {
    fn new(number: usize, typed: TypedMilestone) -> Self {
        let (title, due) = (RwSignal::new(typed.title), RwSignal::new(typed.due));
        Self { number, title, due, before: typed.before, untitled: Mark::on(title), untimely: Mark::on(due) }
    }

    fn typed(self) -> TypedMilestone {
        TypedMilestone { title: self.title.get(), due: self.due.get(), before: self.before }
    }

    fn is_blank(self) -> bool {
        self.title.read_untracked().trim().is_empty() && self.due.read_untracked().is_empty()
    }
}

/// The instant that a field shows.
fn shown(field: RwSignal<String>) -> Option<Timestamp> {
    local_time::from_field(&field.read_untracked())
}

/// Asks for measures, who agreed, the deadline and the milestones. A new agreement begins with what was agreed before.
#[component]
pub fn PlanDialog(
    /// The ticket.
    view: Signal<Arc<TicketView>>,
    /// Whether it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    const FIELDS: &[Field] = &[Field::Measures, Field::AgreedWith, Field::Milestone];
    let lang = use_lang();
    let form = ActionForm::new(view, open);
    let say = say_saved();
    let text = || RwSignal::new(String::new());
    let (measures, agreed_with, deadline) = (text(), text(), text());
    let rows = RwSignal::new(Vec::<Row>::new());
    let next_row = StoredValue::new(0_usize);
    let now = use_workspace().now();
    let deadline_before = StoredValue::new(None::<Timestamp>);
    let untimely = Mark::on(deadline);
    // Rows belong to the dialog: one that an effect or a click has added must outlive it.
    let owner = StoredValue::new(Owner::current());
    let add = move |typed: TypedMilestone| {
        let number = next_row.get_value();
        next_row.set_value(number + 1);
        let row = match owner.get_value() {
            Some(owner) => owner.with(|| Row::new(number, typed)),
            None => Row::new(number, typed),
        };
        rows.update(|rows| rows.push(row));
    };
    form.keep_typed(
        "plan",
        move || TypedPlan::before(&view.read().ticket),
        move |typed| {
            untimely.set(None);
            measures.set(typed.measures);
            agreed_with.set(typed.agreed_with);
            deadline.set(typed.deadline);
            deadline_before.set_value(typed.deadline_before);
            rows.update(Vec::clear);
            typed.milestones.into_iter().for_each(add);
        },
        move || TypedPlan {
            measures: measures.get(),
            agreed_with: agreed_with.get(),
            deadline: deadline.get(),
            deadline_before: deadline_before.get_value(),
            milestones: rows.get().into_iter().map(Row::typed).collect(),
        },
    );
    let save = move || {
        let typed: Vec<Row> = rows.get_untracked().into_iter().filter(|row| !row.is_blank()).collect();
        let now = now.get_untracked();
        let until = shown(deadline);
        let in_time = until.and_then(|until| wrong_time(Some(until), deadline_before.get_value(), now));
        let mut well = untimely.set(in_time);
        let mut milestones = Vec::new();
        for row in typed {
            let (title, due) = (row.title.get_untracked().trim().to_owned(), shown(row.due));
            well &= row.untitled.set(title.is_empty().then_some(Wrong::Missing));
            well &= row.untimely.set(wrong_time(due, row.before, now));
            milestones.extend(due.map(|due| Milestone { title, due }));
        }
        let plan = Plan {
            measures: measures.get_untracked().trim().to_owned(),
            agreed_with: agreed_with.get_untracked().trim().to_owned(),
            deadline: until,
            milestones,
        };
        let plan = Action::AgreePlan(Box::new(plan));
        if !well {
            // What else is wrong is told at once.
            form.allows(&plan);
            focus::first_invalid();
            return;
        }
        form.save(plan, say);
    };
    // A row has marks of its own: this is for what is wrong with all of them.
    let marked = move || rows.read().iter().any(|row| row.untitled.0.read().is_some());
    let milestone_error = form.errors.at(lang, Field::Milestone);
    let milestone_error = move || milestone_error.get().filter(|_| !marked());
    view! {
        <ActionDialog form title=t!(lang, plan_title) save=t!(lang, plan_save) fields=FIELDS on_save=move |()| save()>
            <TextArea
                label=t!(lang, field_measures)
                value=measures
                hint=t!(lang, plan_measures_hint)
                error=form.errors.at(lang, Field::Measures)
                autofocus=true
            />
            <div class="form__grid">
                <TextField
                    label=t!(lang, field_agreed_with)
                    value=agreed_with
                    kind=TextKind::Name
                    error=form.errors.at(lang, Field::AgreedWith)
                />
                <TextField
                    label=t!(lang, plan_deadline)
                    value=deadline
                    kind=TextKind::Moment
                    mark=FieldMark::Optional
                    hint=t!(lang, plan_deadline_hint)
                    error=untimely.words(lang)
                />
            </div>
            <fieldset class="field">
                <legend class="field__label">
                    {t!(lang, plan_milestones)} " " <span class="field__optional">{t!(lang, field_is_optional)}</span>
                </legend>
                <div class="stack">
                    <For each=move || rows.get() key=|row| row.number let:row>
                        <div class="plan-row">
                            <TextField
                                label=t!(lang, plan_milestone_title)
                                value=row.title
                                error=row.untitled.words(lang)
                            />
                            <TextField
                                label=t!(lang, plan_milestone_due)
                                value=row.due
                                kind=TextKind::Moment
                                error=row.untimely.words(lang)
                            />
                            <button
                                class="icon-button"
                                type="button"
                                data-edge
                                aria-label=move || lang.words().plan_milestone_remove(row.title.get())
                                on:click=move |_| rows.update(|rows| rows.retain(|other| other.number != row.number))
                            >
                                <Icon name="trash" />
                            </button>
                        </div>
                    </For>
                    <div class="button-row">
                        <button class="button" type="button" data-size="s" on:click=move |_| add(TypedMilestone::default())>
                            <Icon name="plus" />
                            {t!(lang, plan_milestone_add)}
                        </button>
                    </div>
                    {move || milestone_error().map(|error| {
                        view! { <p class="field__error" role="alert"><Icon name="alert" />{error}</p> }
                    })}
                </div>
            </fieldset>
        </ActionDialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tickets::sample::minute;

    #[test]
    fn nothing_is_promised_for_a_time_that_has_passed() {
        assert_eq!(wrong_time(Some(minute(9)), None, minute(10)), Some(Wrong::Past));
        assert_eq!(wrong_time(Some(minute(11)), None, minute(10)), None);
        assert_eq!(wrong_time(None, None, minute(10)), Some(Wrong::Missing));
    }

    #[test]
    fn what_was_promised_before_stays_though_its_time_has_passed() {
        assert_eq!(wrong_time(Some(minute(9)), Some(minute(9)), minute(10)), None);
        assert_eq!(wrong_time(Some(minute(8)), Some(minute(9)), minute(10)), Some(Wrong::Past));
    }
}
