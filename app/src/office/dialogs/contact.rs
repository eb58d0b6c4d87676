//! Correcting whom to talk to.

use std::sync::Arc;

use domain::Field;
use domain::ticket::{Action, Customer, Seen};
use leptos::prelude::*;

use super::{ActionDialog, ActionForm, say_saved};
use crate::i18n::use_lang;
use crate::t;
use crate::ui::{TextField, TextKind};
use crate::workspace::TicketView;

/// Asks for the contact as it should be.
#[component]
pub(super) fn ContactDialog(view: Signal<Arc<TicketView>>, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let form = ActionForm::new(view, open);
    let say = say_saved();
    let field = || RwSignal::new(String::new());
    let (name, company, phone, email) = (field(), field(), field(), field());
    let seen = StoredValue::new(Seen::default());
    // The fields edit a copy of their own, taken when the dialog opens.
    Effect::watch(
        move || open.get(),
        move |open, _, _| {
            if *open {
                let view = view.read_untracked();
                let contact = view.ticket.contact.value.clone();
                seen.set_value(view.ticket.seen.clone());
                name.set(contact.name);
                company.set(contact.company);
                phone.set(contact.phone);
                email.set(contact.email);
            }
        },
        false,
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
