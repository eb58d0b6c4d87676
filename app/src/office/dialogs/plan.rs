//! Agreeing with the customer on what is to be done, and until when.

use std::sync::Arc;

use domain::Field;
use domain::ticket::{Action, Milestone, Plan};
use leptos::prelude::*;

use super::{ActionDialog, ActionForm, say_saved};
use crate::device::local_time;
use crate::i18n::use_lang;
use crate::t;
use crate::ui::{FieldMark, Icon, TextArea, TextField, TextKind};
use crate::workspace::TicketView;

/// A milestone as typed.
#[derive(Debug, Clone, Copy)]
struct Row {
    number: usize,
    title: RwSignal<String>,
    due: RwSignal<String>,
}

impl Row {
    fn empty(number: usize) -> Self {
        Self { number, title: RwSignal::new(String::new()), due: RwSignal::new(String::new()) }
    }

    fn is_blank(self) -> bool {
        self.title.read_untracked().trim().is_empty() && self.due.read_untracked().is_empty()
    }
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
    let undated = RwSignal::new(false);
    let add = move || {
        let number = next_row.get_value();
        next_row.set_value(number + 1);
        let row = Row::empty(number);
        rows.update(|rows| rows.push(row));
        row
    };
    let begun = StoredValue::new(false);
    Effect::new(move |_| {
        if !open.get() || begun.get_value() {
            return;
        }
        begun.set_value(true);
        undated.set(false);
        let ticket = &view.read_untracked().ticket;
        let before = ticket.plans.iter().rfind(|plan| plan.cycle == ticket.cycle);
        agreed_with.set(before.map_or(&ticket.contact.value.name, |plan| &plan.fact.agreed_with).clone());
        if let Some(plan) = before {
            measures.set(plan.fact.measures.clone());
            deadline.set(plan.fact.deadline.map(local_time::to_field).unwrap_or_default());
            rows.update(Vec::clear);
            for milestone in &plan.fact.milestones {
                let row = add();
                row.title.set(milestone.title.clone());
                row.due.set(local_time::to_field(milestone.due));
            }
        }
    });
    let save = move || {
        let typed: Vec<Row> = rows.get_untracked().into_iter().filter(|row| !row.is_blank()).collect();
        let dated = typed.iter().map(|row| {
            let due = local_time::from_field(&row.due.read_untracked())?;
            Some(Milestone { title: row.title.get_untracked().trim().to_owned(), due })
        });
        let milestones: Option<Vec<Milestone>> = dated.collect();
        undated.set(milestones.is_none());
        let Some(milestones) = milestones else { return };
        let plan = Plan {
            measures: measures.get_untracked().trim().to_owned(),
            agreed_with: agreed_with.get_untracked().trim().to_owned(),
            deadline: local_time::from_field(&deadline.read_untracked()),
            milestones,
        };
        form.save(Action::AgreePlan(Box::new(plan)), say, move || begun.set_value(false));
    };
    let milestone_error = Signal::derive(move || {
        let missing = undated.get().then(|| lang.words().plan_milestone_undated().to_owned());
        missing.or_else(|| form.errors.at(lang, Field::Milestone).get())
    });
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
                />
            </div>
            <fieldset class="field">
                <legend class="field__label">
                    {t!(lang, plan_milestones)} " " <span class="field__optional">{t!(lang, field_is_optional)}</span>
                </legend>
                <div class="stack">
                    <For each=move || rows.get() key=|row| row.number let:row>
                        <div class="plan-row">
                            <TextField label=t!(lang, plan_milestone_title) value=row.title />
                            <TextField label=t!(lang, plan_milestone_due) value=row.due kind=TextKind::Moment />
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
                        <button class="button" type="button" data-size="s" on:click=move |_| { add(); }>
                            <Icon name="plus" />
                            {t!(lang, plan_milestone_add)}
                        </button>
                    </div>
                    {move || milestone_error.get().map(|error| {
                        view! { <p class="field__error" role="alert"><Icon name="alert" />{error}</p> }
                    })}
                </div>
            </fieldset>
        </ActionDialog>
    }
}
