//! Making somebody accountable.

use std::sync::Arc;

use domain::ticket::Action;
use domain::{Field, Refusal};
use leptos::prelude::*;

use super::{ActionDialog, ActionForm, say_saved};
use crate::i18n::use_lang;
use crate::office::assignment::{assign_to, propose_for};
use crate::office::loads::Loads;
use crate::office::panel::Panel;
use crate::office::person_choice::{PersonChoice, ProposalCard};
use crate::t;
use crate::workspace::{TicketView, use_workspace};

/// Asks who becomes accountable, with the proposal of the rules and everybody's load.
#[component]
pub(super) fn AssignDialog(view: Signal<Arc<TicketView>>, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (directory, cards, now) = (workspace.directory(), workspace.cards(), workspace.now());
    let form = ActionForm::new(view, open);
    let say = say_saved();
    // Reckoned only while somebody looks.
    let loads = Memo::new(move |_| {
        if open.get() { cards.with(|cards| Loads::of(cards, now.get_untracked())) } else { Loads::default() }
    });
    let proposal = Memo::new(move |_| {
        open.get()
            .then(|| directory.with(|directory| propose_for(&view.read().ticket, directory, &loads.read())))
            .flatten()
    });
    let picked = RwSignal::new(None);
    let current = Signal::derive(move || view.read().ticket.accountable.value.person);
    // Until somebody is picked, an unassigned ticket goes where the rules say.
    let chosen = Signal::derive(move || {
        picked.get().or_else(|| match current.get() {
            None => proposal.read().as_ref().and_then(|proposal| proposal.person),
            someone => someone,
        })
    });
    let save = move || {
        let assignment =
            chosen.get_untracked().and_then(|person| directory.with_untracked(|all| assign_to(person, all)));
        match assignment {
            Some(assignment) => form.save(Action::Assign(assignment), move || {
                picked.set(None);
                say();
            }),
            None => form.errors.set(Refusal::UnknownPerson),
        }
    };
    view! {
        <ActionDialog form title=t!(lang, assign_title) save=t!(lang, assign_do) fields=&[Field::Other] on_save=move |()| save()>
            <Panel title=t!(lang, proposal_title)>
                <div class="proposal"><ProposalCard proposal loads /></div>
            </Panel>
            <PersonChoice
                label=t!(lang, assign_to)
                chosen
                on_choose=move |person| picked.set(Some(person))
                proposal
                loads
                current
            />
        </ActionDialog>
    }
}
