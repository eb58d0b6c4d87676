//! Correcting whom to talk to.

use std::sync::Arc;

use domain::Field;
use domain::ticket::{Action, Customer, Seen};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ActionDialog, ActionForm, say_saved};
use crate::i18n::use_lang;
use crate::t;
use crate::ui::{TextField, TextKind};
use crate::workspace::TicketView;

/// A contact as it is being typed, and what was seen when that began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TypedContact {
    name: String,
    company: String,
    phone: String,
    email: String,
    seen: Seen,
}

/// Asks for the contact as it should be.
#[component]
pub(super) fn ContactDialog(view: Signal<Arc<TicketView>>, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let form = ActionForm::new(view, open);
    let say = say_saved();
    let field = || RwSignal::new(String::new());
    let (name, company, phone, email) = (field(), field(), field(), field());
    let seen = StoredValue::new(Seen::default());
    // The fields edit a copy of their own, taken when the dialog opens; a draft edits the one that it was begun with.
    form.keep_typed(
        "edit-contact",
        move || {
            let view = view.read();
            let Customer { name, company, phone, email, .. } = view.ticket.contact.value.clone();
            TypedContact { name, company, phone, email, seen: view.ticket.seen.clone() }
        },
        move |typed| {
            seen.set_value(typed.seen);
            name.set(typed.name);
            company.set(typed.company);
            phone.set(typed.phone);
            email.set(typed.email);
        },
        move || TypedContact {
            name: name.get(),
            company: company.get(),
            phone: phone.get(),
            email: email.get(),
            seen: seen.get_value(),
        },
    );
    let save = move || {
        let customer = Customer {
            name: name.read_untracked().trim().to_owned(),
            company: company.read_untracked().trim().to_owned(),
            phone: phone.read_untracked().trim().to_owned(),
            email: email.read_untracked().trim().to_owned(),
            language: view.read_untracked().ticket.contact.value.language.clone(),
        };
        form.save_by(Action::EditContact(customer), seen.get_value(), say);
    };
    let error = move |field| form.errors.at(lang, field);
    view! {
        <ActionDialog
            form
            title=t!(lang, contact_title)

            fields=&[Field::CustomerName, Field::Company, Field::Phone, Field::Email]
            on_save=move |()| save()
        >
            <div class="form__grid">
                <TextField
                    label=t!(lang, fact_contact)
                    value=name
                    kind=TextKind::Name
                    error=error(Field::CustomerName)
                    autofocus=true
                />
                <TextField label=t!(lang, fact_company) value=company error=error(Field::Company) />
                <TextField label=t!(lang, fact_phone) value=phone kind=TextKind::Phone error=error(Field::Phone) />
                <TextField label=t!(lang, fact_email) value=email kind=TextKind::Email error=error(Field::Email) />
            </div>
        </ActionDialog>
    }
}
