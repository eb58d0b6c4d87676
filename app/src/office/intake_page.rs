//! Registering a ticket while the customer talks: the form on one side, what is already known on the other.

use domain::routing::Proposal;
use domain::ticket::{
    Action, Assignment, Channel, ComplaintNature, Difficulty, Flag, Intake, Kind, TicketNumber, Urgency,
    provisional_number,
};
use domain::{Field, PersonId, Refusal, TicketId, Timestamp};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use sync::Link;

use super::assignment::{assign_to, propose};
use super::intake_fields::{Fields, Marks};
use super::intake_form::{KnownCustomer, LookedIn, Place, Wrong, known_customers, known_values, problems};
use super::loads::Loads;
use super::panel::Panel;
use super::person_choice::{PersonChoice, ProposalCard};
use crate::device::drafts::Draft;
use crate::device::{clock, focus, keyboard, local_time};
use crate::i18n::{Lang, use_lang};
use crate::t;
use crate::tickets::{EarlierTickets, glyph, number_of, ticket_path};
use crate::ui::{
    Chips, Combobox, Confirm, FieldMark, Icon, Notice, Segmented, SelectField, Skeleton, Suggestion,
    TextArea, TextField, TextKind, ToastBoard, Tone, use_toasts,
};
use crate::workspace::{RecordError, Workspace, use_workspace};

/// The fields that show their own errors.
const FIELDS: &[Field] = &[
    Field::CustomerName,
    Field::Company,
    Field::Phone,
    Field::Email,
    Field::Words,
    Field::Summary,
    Field::Region,
    Field::Address,
    Field::Model,
    Field::Serial,
    Field::OrderNumber,
    Field::Batch,
    Field::PurchaseChannel,
    Field::Verification,
    Field::Urgency,
];

/// How long the server may take to number a ticket before its provisional number is told.
const NUMBERED_WITHIN_MS: u32 = 3_000;
/// How often to look whether it has.
const LOOK_EVERY_MS: u32 = 100;

/// Who gets the ticket after it is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Handover {
    /// Whom the rules propose; whoever works on tickets takes it themselves.
    Proposed,
    /// Whom the person at the desk has picked.
    Other,
    /// Nobody yet.
    Later,
}

/// The call desk's form. An engineer on site finds the same one.
#[component]
pub fn IntakePage() -> impl IntoView {
    let person = use_workspace().person();
    let draft = Draft::of(person.read_untracked().id, "intake", "new");
    let settled = draft.clone().settled();
    let draft = StoredValue::new(draft);
    view! {
        <Show when=move || settled.get() fallback=|| view! { <div aria-busy="true"><Skeleton bars=6 /></div> }>
            <IntakeForm draft />
        </Show>
    }
}

#[component]
fn IntakeForm(draft: StoredValue<Draft>) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let person = workspace.person();
    let (directory, cards, status, now) =
        (workspace.directory(), workspace.cards(), workspace.status(), workspace.now());
    let default_channel = move || {
        if person.read_untracked().role.carries_out_work() { Channel::EngineerOnSite } else { Channel::Phone }
    };
    let marks = Marks::new();
    let fields = Fields::of(draft.with_value(Draft::load).unwrap_or_default());
    let typed = Memo::new(move |_| fields.typed());
    let intake = Memo::new(move |_| typed.read().intake(person.read().department, default_channel()));
    // The browser's storage is outside of the page: an effect keeps it in step. What was wrong may be right by now.
    Effect::watch(
        move || typed.get(),
        move |typed, _, _| {
            draft.with_value(|draft| if typed.is_blank() { draft.clear() } else { draft.keep(typed) });
            if !marks.is_empty() {
                marks.keep_of(&problems(&intake.get_untracked(), now.get_untracked()));
            }
        },
        false,
    );

    let loads = Memo::new(move |_| cards.with(|cards| Loads::of(cards, now.get_untracked())));
    let proposal =
        Memo::new(move |_| directory.with(|directory| propose(&intake.read(), directory, &loads.read())));
    // Whoever works on tickets may only take one for themselves; the office gives them to anybody.
    let takes_it = Memo::new(move |_| person.read().role.carries_out_work());
    let wanted = RwSignal::new(None::<Handover>);
    let is_proposed = Memo::new(move |_| {
        takes_it.get()
            || proposal.read().as_ref().is_some_and(|proposal: &Proposal| proposal.person.is_some())
    });
    // Nobody is to choose what the rules have nothing for.
    let handover = Memo::new(move |_| handover(wanted.get(), is_proposed.get()));
    let picked = RwSignal::new(None::<PersonId>);
    let assignee = Memo::new(move |_| match handover.get() {
        Handover::Proposed if takes_it.get() => Some(person.read().id),
        Handover::Proposed => proposal.read().as_ref().and_then(|proposal: &Proposal| proposal.person),
        Handover::Other => picked.get(),
        Handover::Later => None,
    });

    let registering = Registering {
        workspace,
        toasts,
        lang,
        draft,
        marks,
        busy: RwSignal::new(false),
        problem: RwSignal::new(None),
    };
    let Registering { busy, problem, .. } = registering;
    let save = move || {
        let intake = intake.get_untracked();
        if busy.get_untracked() || !registering.is_well(&intake) {
            return;
        }
        let assignment =
            assignee.get_untracked().and_then(|who| directory.with_untracked(|all| assign_to(who, all)));
        let navigate = navigate.clone();
        registering.begin(intake, assignment, move |ticket| {
            let path = ticket_path(person.read_untracked().role, ticket);
            navigate(&path, NavigateOptions::default());
        });
    };
    let save = StoredValue::new_local(save);
    let save = move || save.with_value(|save| save());
    keyboard::on_ctrl_enter(save);

    let clearing = RwSignal::new(false);
    let is_online = Memo::new(move |_| status.with(|status| status.link == Link::Live));
    let note = move || {
        let words = lang.words();
        if is_online.get() { words.intake_note_online() } else { words.intake_note_offline() }
    };
    let save_words = move || {
        let words = lang.words();
        if assignee.get().is_some() { words.intake_save_assign() } else { words.intake_save() }
    };
    let failure = move || {
        let said = problem.read().as_ref().map(|error| lang.words().record_error(error));
        said.map(|(title, text)| view! { <Notice tone=Tone::Danger title=title text=text answers=true /> })
    };
    view! {
        <header class="office-bar">
            <h1 class="office-bar__title">{t!(lang, intake_title)}</h1>
            <div class="office-bar__end">
                <Show when=move || !typed.read().is_blank()>
                    <button class="button" data-kind="quiet" type="button" on:click=move |_| clearing.set(true)>
                        {t!(lang, intake_clear)}
                    </button>
                </Show>
            </div>
        </header>
        <div class="intake">
            <section class="intake__form" aria-label=t!(lang, intake_form)>
                <form
                    class="form"
                    novalidate
                    on:submit=move |event| {
                        event.prevent_default();
                        save();
                    }
                >
                    {failure}
                    <CustomerSection fields marks />
                    <ProblemSection fields marks />
                    <ProductSection fields marks />
                    // Enter in a field is no wish to register: only the button below and Ctrl+Enter are.
                    <button type="submit" disabled hidden></button>
                </form>
            </section>
            <aside class="intake__known" aria-label=t!(lang, intake_known)>
                <Panel title=t!(lang, proposal_title)>
                    <div class="proposal">
                        <Show when=move || !takes_it.get()>
                            <ProposalCard proposal loads />
                        </Show>
                        {move || view! {
                            <HandoverChoice
                                handover
                                is_proposed=is_proposed.get()
                                takes_it=takes_it.get()
                                on_choose=move |chosen| wanted.set(Some(chosen))
                            />
                        }}
                        <Show when=move || handover.get() == Handover::Other>
                            <PersonChoice
                                label=t!(lang, assign_to)
                                chosen=picked
                                on_choose=move |person| picked.set(Some(person))
                                proposal
                                loads
                            />
                        </Show>
                    </div>
                </Panel>
                <Panel title=t!(lang, panel_earlier) flush=true>
                    <EarlierTickets serial=fields.serial phone=fields.phone />
                </Panel>
            </aside>
        </div>
        <footer class="office-foot">
            <p class="office-foot__note">{note} " " {t!(lang, intake_draft_kept)}</p>
            <button
                class="button"
                data-kind="primary"
                type="button"
                data-busy=move || busy.get().then_some("")
                aria-disabled=move || busy.get().then_some("true")
                on:click=move |_| save()
            >
                <Icon name=Signal::derive(move || if busy.get() { "sync" } else { "check" }) turning=busy />
                {save_words}
                <kbd aria-hidden="true">"Ctrl ↵"</kbd>
            </button>
        </footer>
        <Confirm
            open=clearing
            title=t!(lang, intake_clear_ask)
            text=t!(lang, intake_clear_more)
            action=t!(lang, intake_clear)
            destroys=true
            on_confirm=move |()| {
                fields.clear();
                marks.clear();
                picked.set(None);
                wanted.set(None);
            }
        />
    }
}

/// Who gets the ticket: what was wanted, unless that is a proposal that there is not; and then nobody yet.
fn handover(wanted: Option<Handover>, is_proposed: bool) -> Handover {
    match wanted {
        Some(Handover::Proposed) | None if is_proposed => Handover::Proposed,
        Some(Handover::Proposed) | None => Handover::Later,
        Some(chosen) => chosen,
    }
}

/// The way of an intake into the record. What belongs to the record is done whether or not somebody stays on the page; only
/// what is shown depends on that.
#[derive(Clone, Copy)]
struct Registering {
    workspace: Workspace,
    toasts: ToastBoard,
    lang: Lang,
    draft: StoredValue<Draft>,
    marks: Marks,
    busy: RwSignal<bool>,
    problem: RwSignal<Option<RecordError>>,
}

/// A ticket that has been registered, and whether whoever was to have it has got it.
struct Registered {
    ticket: TicketId,
    assigned: Result<(), RecordError>,
}

impl Registering {
    /// Marks what is wrong with the form, and leads there. Says whether it is well.
    fn is_well(self, intake: &Intake) -> bool {
        self.problem.set(None);
        let found = problems(intake, self.workspace.now().get_untracked());
        let is_well = found.is_empty();
        self.marks.set(found);
        if !is_well {
            focus::first_invalid();
        }
        is_well
    }

    /// Registers and assigns. `show` leads to the ticket, if somebody is still on the page.
    fn begin(self, intake: Intake, assignment: Option<Assignment>, show: impl FnOnce(TicketId) + 'static) {
        self.busy.set(true);
        let draft = self.draft.get_value();
        spawn_local(async move {
            let outcome = register(self.workspace, intake, assignment, &draft).await;
            let is_left = self.busy.try_set(false).is_some();
            match outcome {
                Ok(registered) => {
                    if !is_left {
                        // Whatever was typed while it was being saved belonged to this one.
                        draft.clear();
                        show(registered.ticket);
                    }
                    self.tell(registered).await;
                }
                Err(error) if is_left => {
                    self.toasts.fail(move |words| words.intake_not_saved(words.record_error(&error).0));
                }
                Err(error) => self.explain(error),
            }
        });
    }

    /// Says, wherever the person is by now, which number the ticket has got.
    async fn tell(self, Registered { ticket, assigned }: Registered) {
        let Self { workspace, toasts, lang, .. } = self;
        let is_online = workspace.status().try_with_untracked(|status| status.link == Link::Live);
        let number = if is_online == Some(true) && assigned.is_ok() {
            number_soon(move || {
                workspace.cards().try_with_untracked(|cards| {
                    cards.iter().find(|card| card.ticket == ticket)?.number.clone()
                })
            })
            .await
        } else {
            None
        };
        toasts.say(move || saved_words(ticket, number.as_ref(), assigned.as_ref().err(), lang.words()));
    }

    /// Shows why it was not registered: at its field, or above the form.
    fn explain(self, error: RecordError) {
        match error {
            RecordError::Refused(Refusal::Invalid { field, problem }) if FIELDS.contains(&field) => {
                self.marks.set(vec![(Place::Field(field), Wrong::Refused(problem))]);
                focus::first_invalid();
            }
            error => self.problem.set(Some(error)),
        }
    }
}

/// Records an intake as a new ticket, lets its draft go, and records who gets it.
async fn register(
    workspace: Workspace,
    intake: Intake,
    assignment: Option<Assignment>,
    draft: &Draft,
) -> Result<Registered, RecordError> {
    let ticket = workspace.new_ticket_id();
    let sent = draft.clone().send();
    workspace.record(ticket, Action::Register(Box::new(intake))).await?;
    sent.recorded();
    let assigned = match assignment {
        Some(assignment) => workspace.record(ticket, Action::Assign(assignment)).await.map(|_| ()),
        None => Ok(()),
    };
    Ok(Registered { ticket, assigned })
}

/// Waits a moment for the number that the server gives. `look` is nothing once the person has left.
async fn number_soon(look: impl Fn() -> Option<Option<TicketNumber>>) -> Option<TicketNumber> {
    for _ in 0..NUMBERED_WITHIN_MS / LOOK_EVERY_MS {
        if let Some(number) = look()? {
            return Some(number);
        }
        clock::sleep(LOOK_EVERY_MS).await;
    }
    look()?
}

#[component]
fn HandoverChoice(
    handover: Memo<Handover>,
    is_proposed: bool,
    takes_it: bool,
    #[prop(into)] on_choose: Callback<Handover>,
) -> impl IntoView {
    let lang = use_lang();
    let offered = [(Handover::Proposed, is_proposed), (Handover::Other, !takes_it), (Handover::Later, true)];
    let options = offered.into_iter().filter_map(|(choice, is_there)| is_there.then_some(choice)).collect();
    let word = move |handover| {
        let words = lang.words();
        match handover {
            Handover::Proposed if takes_it => words.intake_assign_self(),
            Handover::Proposed => words.intake_assign_take(),
            Handover::Other => words.intake_assign_other(),
            Handover::Later => words.intake_assign_later(),
        }
    };
    view! {
        <Segmented
            label=t!(lang, intake_assign)
            options
            value=Signal::derive(move || Some(handover.get()))
            word
            on_choose=move |chosen| on_choose.run(chosen)
        />
    }
}

fn saved_words(
    ticket: TicketId,
    number: Option<&TicketNumber>,
    not_assigned: Option<&RecordError>,
    words: crate::i18n::Words,
) -> String {
    match (not_assigned, number) {
        (Some(error), _) => words.intake_saved_not_assigned(words.record_error(error).0),
        (None, Some(_)) => words.intake_saved(number_of(ticket, number, words)),
        (None, None) => words.intake_saved_provisional(provisional_number(ticket)),
    }
}

#[component]
fn CustomerSection(fields: Fields, marks: Marks) -> impl IntoView {
    let lang = use_lang();
    let cards = use_workspace().cards();
    let error = move |field| marks.at(lang, Place::Field(field));
    let offered = move |typed: RwSignal<String>| {
        Memo::new(move |_| cards.with(|cards| known_customers(cards, &typed.read())))
    };
    // What was taken over may be replaced by the next one taken over; what was typed may not.
    let taken = StoredValue::new(None::<KnownCustomer>);
    let take = move |known: Memo<Vec<KnownCustomer>>, looked_in: LookedIn| {
        move |picked: Suggestion| {
            let customer =
                picked.key.parse::<usize>().ok().and_then(|place| known.read_untracked().get(place).cloned());
            if let Some(customer) = customer {
                fields.take_customer(&customer, looked_in, taken.get_value().as_ref());
                taken.set_value(Some(customer));
            }
        }
    };
    let (by_phone, by_name, by_company) =
        (offered(fields.phone), offered(fields.name), offered(fields.company));
    let suggestions = move |known: Memo<Vec<KnownCustomer>>, title: fn(&KnownCustomer) -> String| {
        Signal::derive(move || {
            let words = lang.words();
            let offer = |(place, known): (usize, &KnownCustomer)| Suggestion {
                key: place.to_string(),
                title: title(known),
                more: crate::tickets::deed::join(
                    [&known.name, &known.phone, &known.address].into_iter().filter(|fact| !fact.is_empty()),
                ),
                end: words.intake_tickets(known.tickets),
            };
            known.read().iter().enumerate().map(offer).collect()
        })
    };
    let regions = Signal::derive(move || {
        cards.with(|cards| as_suggestions(known_values(cards, &fields.region.read(), |card| &card.region)))
    });
    view! {
        <section class="form__section">
            <h2 class="form__title">{t!(lang, intake_customer)} " " <small>{t!(lang, intake_customer_hint)}</small></h2>
            <div class="form__grid">
                <Combobox
                    label=t!(lang, intake_phone)
                    value=fields.phone
                    kind=TextKind::Phone
                    suggestions=suggestions(by_phone, |known| known.phone.clone())
                    on_pick=take(by_phone, LookedIn::Phone)
                    hint=t!(lang, intake_phone_hint)
                    mark=FieldMark::Optional
                    error=error(Field::Phone)
                />
                <Combobox
                    label=t!(lang, intake_name)
                    value=fields.name
                    kind=TextKind::Name
                    suggestions=suggestions(by_name, |known| known.name.clone())
                    on_pick=take(by_name, LookedIn::Name)
                    error=error(Field::CustomerName)
                />
                <Combobox
                    label=t!(lang, intake_company)
                    value=fields.company
                    mark=FieldMark::Optional
                    suggestions=suggestions(by_company, |known| known.company.clone())
                    on_pick=take(by_company, LookedIn::Company)
                    error=error(Field::Company)
                />
                <TextField
                    label=t!(lang, intake_email)
                    value=fields.email
                    kind=TextKind::Email
                    mark=FieldMark::Optional
                    error=error(Field::Email)
                />
                <Combobox
                    label=t!(lang, intake_region)
                    value=fields.region
                    mark=FieldMark::Optional
                    hint=t!(lang, intake_region_hint)
                    suggestions=regions
                    on_pick=move |picked: Suggestion| fields.region.set(picked.title)
                    error=error(Field::Region)
                />
                <TextField
                    label=t!(lang, intake_address)
                    value=fields.address
                    mark=FieldMark::Optional
                    error=error(Field::Address)
                />
                <label class="check" data-span="all">
                    <input type="checkbox" bind:checked=fields.existing_customer />
                    <span>{t!(lang, intake_existing)}</span>
                </label>
            </div>
        </section>
    }
}

#[component]
fn ProblemSection(fields: Fields, marks: Marks) -> impl IntoView {
    let lang = use_lang();
    let person = use_workspace().person();
    let error = move |field| marks.at(lang, Place::Field(field));
    let typed = Memo::new(move |_| fields.typed());
    let channel = Signal::derive(move || {
        let at_site = person.read().role.carries_out_work();
        Some(fields.channel.get().unwrap_or(if at_site { Channel::EngineerOnSite } else { Channel::Phone }))
    });
    let urgency_hint = move || {
        let (words, typed) = (lang.words(), typed.read());
        let proposed = words.urgency(typed.proposed_urgency());
        if typed.green_channel() {
            words.intake_urgency_green().to_owned()
        } else if typed.urgency_in_force() == typed.proposed_urgency() {
            words.intake_urgency_proposed(proposed)
        } else {
            words.intake_urgency_chosen(proposed)
        }
    };
    view! {
        <section class="form__section">
            <h2 class="form__title">{t!(lang, intake_problem)}</h2>
            <div class="form__grid">
                <TextArea
                    label=t!(lang, intake_words)
                    value=fields.words
                    hint=t!(lang, intake_words_hint)
                    error=error(Field::Words)
                    rows=4
                    wide=true
                />
                <TextField
                    label=t!(lang, intake_summary)
                    value=fields.summary
                    mark=FieldMark::Optional
                    hint=t!(lang, intake_summary_hint)
                    error=error(Field::Summary)
                    wide=true
                />
                <Chips
                    label=t!(lang, intake_flags)
                    options=Flag::ALL.to_vec()
                    value=fields.flags
                    word=move |flag| lang.words().flag(flag)
                    icon=glyph::of_flag
                    tone=glyph::flag_tone
                    wide=true
                />
                <Segmented
                    label=t!(lang, intake_kind)
                    options=Kind::ALL.to_vec()
                    value=Signal::derive(move || Some(fields.kind.get()))
                    word=move |kind| lang.words().kind(kind)
                    on_choose=move |kind| fields.kind.set(kind)
                />
                <Segmented
                    label=t!(lang, intake_urgency)
                    options=Urgency::ALL.to_vec()
                    value=Signal::derive(move || Some(typed.read().urgency_in_force()))
                    word=move |urgency| lang.words().urgency(urgency)
                    on_choose=move |urgency| fields.urgency.set(Some(urgency))
                    urgency=glyph::urgency_style
                    hint=urgency_hint
                    error=error(Field::Urgency)
                />
                <Show when=move || fields.kind.get() == Kind::Complaint>
                    <SelectField
                        label=t!(lang, intake_nature)
                        options=ComplaintNature::ALL.to_vec()
                        value=fields.nature
                        word=move |nature| lang.words().nature(nature)
                        on_choose=move |nature| fields.nature.set(nature)
                        nothing=t!(lang, intake_nature_none)
                    />
                </Show>
                <Segmented
                    label=t!(lang, intake_difficulty)
                    options=Difficulty::ALL.to_vec()
                    value=Signal::derive(move || Some(fields.difficulty.get()))
                    word=move |difficulty| lang.words().difficulty(difficulty)
                    on_choose=move |difficulty| fields.difficulty.set(difficulty)
                />
                <SelectField
                    label=t!(lang, intake_channel)
                    options=Channel::ALL.to_vec()
                    value=channel
                    word=move |channel| lang.words().channel(channel)
                    on_choose=move |channel| fields.channel.set(channel)
                />
                {move || match channel.get() {
                    Some(Channel::Phone) => view! { <CallEnded fields marks /> }.into_any(),
                    Some(Channel::EngineerOnSite) | None => ().into_any(),
                    Some(_) => view! { <MessageTimes fields marks /> }.into_any(),
                }}
            </div>
        </section>
    }
}

/// When the call was over: the ticket must be filed soon after.
#[component]
fn CallEnded(fields: Fields, marks: Marks) -> impl IntoView {
    let lang = use_lang();
    let now = use_workspace().now();
    view! {
        <TextField
            label=t!(lang, intake_call_ended)
            value=fields.call_ended
            kind=TextKind::Moment
            mark=FieldMark::Optional
            hint=t!(lang, intake_call_ended_hint)
            error=marks.at(lang, Place::CallEnded)
            wide=true
        >
            <NowButton value=fields.call_ended now word=move || lang.words().intake_call_ended_now() />
        </TextField>
    }
}

/// When the message came in, and when somebody answered it.
#[component]
fn MessageTimes(fields: Fields, marks: Marks) -> impl IntoView {
    let lang = use_lang();
    let now = use_workspace().now();
    view! {
        <TextField
            label=t!(lang, intake_arrived)
            value=fields.arrived
            kind=TextKind::Moment
            mark=FieldMark::Optional
            hint=t!(lang, intake_arrived_hint)
            error=marks.at(lang, Place::Arrived)
            wide=true
        >
            <NowButton value=fields.arrived now word=move || lang.words().intake_now() />
        </TextField>
        <Show when=move || !fields.arrived.read().is_empty()>
            <TextField
                label=t!(lang, intake_answered)
                value=fields.answered
                kind=TextKind::Moment
                mark=FieldMark::Optional
                hint=t!(lang, intake_answered_hint)
                error=marks.at(lang, Place::Answered)
                wide=true
            >
                <NowButton value=fields.answered now word=move || lang.words().intake_now() />
            </TextField>
        </Show>
    }
}

/// Puts this very moment into a field.
#[component]
fn NowButton(
    value: RwSignal<String>,
    now: Signal<Timestamp>,
    #[prop(into)] word: Signal<&'static str>,
) -> impl IntoView {
    view! {
        <button
            class="button"
            type="button"
            on:click=move |_| value.set(local_time::to_field_with_seconds(now.get_untracked()))
        >
            <Icon name="clock" />
            {word}
        </button>
    }
}

#[component]
fn ProductSection(fields: Fields, marks: Marks) -> impl IntoView {
    let lang = use_lang();
    let cards = use_workspace().cards();
    let error = move |field| marks.at(lang, Place::Field(field));
    let models = Signal::derive(move || {
        cards.with(|cards| as_suggestions(known_values(cards, &fields.model.read(), |card| &card.model)))
    });
    let serials = Signal::derive(move || {
        cards.with(|cards| as_suggestions(known_values(cards, &fields.serial.read(), |card| &card.serial)))
    });
    // A known serial number says which model it is.
    let take_serial = move |picked: Suggestion| {
        let model = cards.with_untracked(|cards| {
            cards.iter().find(|card| card.serial == picked.title).map(|card| card.model.clone())
        });
        fields.serial.set(picked.title);
        if let Some(model) = model.filter(|model| !model.is_empty()) {
            fields.model.set(model);
        }
    };
    view! {
        <section class="form__section">
            <h2 class="form__title">{t!(lang, intake_product)}</h2>
            <div class="form__grid">
                <Combobox
                    label=t!(lang, intake_serial)
                    value=fields.serial
                    kind=TextKind::Code
                    mark=FieldMark::Optional
                    suggestions=serials
                    on_pick=take_serial
                    error=error(Field::Serial)
                />
                <Combobox
                    label=t!(lang, intake_model)
                    value=fields.model
                    kind=TextKind::Code
                    mark=FieldMark::Optional
                    suggestions=models
                    on_pick=move |picked: Suggestion| fields.model.set(picked.title)
                    error=error(Field::Model)
                />
                <TextField
                    label=t!(lang, intake_order)
                    value=fields.order_number
                    kind=TextKind::Code
                    mark=FieldMark::Optional
                    error=error(Field::OrderNumber)
                />
                <TextField
                    label=t!(lang, intake_batch)
                    value=fields.batch
                    kind=TextKind::Code
                    mark=FieldMark::Optional
                    error=error(Field::Batch)
                />
                <TextField
                    label=t!(lang, intake_purchased)
                    value=fields.purchased_on
                    kind=TextKind::Date
                    mark=FieldMark::Optional
                />
                <TextField
                    label=t!(lang, intake_purchase_channel)
                    value=fields.purchase_channel
                    mark=FieldMark::Optional
                    error=error(Field::PurchaseChannel)
                />
                <Segmented
                    label=t!(lang, intake_verification)
                    options=vec![true, false]
                    value=Signal::derive(move || Some(fields.verified.get()))
                    word=move |verified: bool| {
                        let words = lang.words();
                        if verified { words.intake_verified() } else { words.intake_not_verified() }
                    }
                    on_choose=move |verified| fields.verified.set(verified)
                    hint=t!(lang, intake_verification_hint)
                />
                <Show when=move || !fields.verified.get()>
                    <TextField
                        label=t!(lang, intake_not_verified_reason)
                        value=fields.not_verified_reason
                        error=error(Field::Verification)
                    />
                </Show>
            </div>
        </section>
    }
}

fn as_suggestions(values: Vec<String>) -> Vec<Suggestion> {
    values
        .into_iter()
        .map(|value| Suggestion { key: value.clone(), title: value, ..Suggestion::default() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::{Locale, Words};

    #[test]
    fn where_the_rules_propose_nobody_the_ticket_is_given_to_nobody_unless_somebody_is_picked() {
        assert_eq!(handover(None, false), Handover::Later);
        assert_eq!(handover(None, true), Handover::Proposed);
        assert_eq!(handover(Some(Handover::Proposed), false), Handover::Later);
        assert_eq!(handover(Some(Handover::Other), false), Handover::Other);
    }

    #[test]
    fn what_is_told_after_registering_is_the_servers_number_or_says_that_it_is_provisional() {
        let (ticket, words) = (TicketId::from_uuid(uuid::Uuid::from_u128(1)), Words(Locale::ZhCn));
        let number = TicketNumber::from_stored("FB202611044".into());
        let told = saved_words(ticket, Some(&number), None, words);
        assert_eq!(told, "已登记：FB202611044");
        assert!(saved_words(ticket, None, None, words).contains("临时编号"));
    }
}
