//! Fields that take typed words.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::{Icon, fresh_id};
use crate::i18n::use_lang;
use crate::t;

/// What stands beside a field's label. A form marks either what is required or what is optional, whichever is rarer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldMark {
    /// Nothing.
    #[default]
    None,
    /// "Optional".
    Optional,
    /// "Required".
    Required,
}

/// What kind of text a field takes: chooses the keyboard, the spelling aids and what the browser may fill in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextKind {
    /// Ordinary words.
    #[default]
    Words,
    /// Serial, order and part numbers.
    Code,
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A person's name.
    Name,
    /// A day.
    Date,
    /// A day and a time of day.
    Moment,
    /// A whole number.
    Number,
    /// Something to look for.
    Search,
    /// The person's password.
    Password,
    /// A password that is being chosen.
    NewPassword,
    /// The name a person signs in with.
    Username,
}

impl TextKind {
    pub(super) const fn input_type(self) -> &'static str {
        match self {
            Self::Words | Self::Code | Self::Name | Self::Username => "text",
            Self::Number => "number",
            Self::Phone => "tel",
            Self::Email => "email",
            Self::Date => "date",
            Self::Moment => "datetime-local",
            Self::Search => "search",
            Self::Password | Self::NewPassword => "password",
        }
    }

    const fn autocomplete(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Password => "current-password",
            Self::NewPassword => "new-password",
            // What is typed here belongs to a customer, not to the person at the keyboard.
            _ => "off",
        }
    }

    pub(super) const fn is_code(self) -> bool {
        matches!(self, Self::Code)
    }

    /// Codes and names are no words of a dictionary.
    const fn is_prose(self) -> bool {
        matches!(self, Self::Words)
    }
}

/// The ids that tie a control to its hint and its error.
#[derive(Clone)]
pub(super) struct FieldIds {
    pub(super) control: String,
    hint: String,
    error: String,
}

impl FieldIds {
    pub(super) fn new() -> Self {
        let control = fresh_id("field");
        Self { hint: format!("{control}-hint"), error: format!("{control}-error"), control }
    }

    /// What describes the control: hint and error, as far as they are there.
    pub(super) fn described_by(
        &self,
        hint: Option<&TextProp>,
        error: Signal<Option<String>>,
    ) -> impl Fn() -> Option<String> + Clone + Send + Sync + use<> {
        let ids = self.clone();
        let hinted = hint.is_some();
        move || {
            let ids: Vec<_> = [(hinted, &ids.hint), (error.read().is_some(), &ids.error)]
                .into_iter()
                .filter_map(|(there, id)| there.then_some(id.as_str()))
                .collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        }
    }
}

/// The words beside a label.
#[component]
pub(super) fn MarkWords(mark: FieldMark) -> impl IntoView {
    let lang = use_lang();
    match mark {
        FieldMark::None => None,
        FieldMark::Optional => {
            Some(view! { <span class="field__optional">{t!(lang, field_is_optional)}</span> }.into_any())
        }
        FieldMark::Required => {
            Some(view! { <span class="field__required">{t!(lang, field_is_required)}</span> }.into_any())
        }
    }
}

/// Hint and error under a control.
#[component]
pub(super) fn UnderField(
    ids: FieldIds,
    hint: Option<TextProp>,
    error: Signal<Option<String>>,
) -> impl IntoView {
    let FieldIds { hint: hint_id, error: error_id, .. } = ids;
    view! {
        {hint.map(|hint| view! { <p class="field__hint" id=hint_id>{move || hint.get()}</p> })}
        {move || {
            let error_id = error_id.clone();
            error.get().map(|error| view! { <p class="field__error" id=error_id><Icon name="alert" />{error}</p> })
        }}
    }
}

/// One line of text.
#[component]
pub fn TextField(
    /// What is asked for.
    #[prop(into)]
    label: TextProp,
    /// What has been typed.
    value: RwSignal<String>,
    /// What kind of text it takes.
    #[prop(optional)]
    kind: TextKind,
    /// What stands beside the label.
    #[prop(optional)]
    mark: FieldMark,
    /// Help under the field.
    #[prop(optional, into)]
    hint: Option<TextProp>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// An icon inside, before the text.
    #[prop(optional)]
    icon: Option<&'static str>,
    /// Whether it takes the whole row of a form.
    #[prop(optional)]
    wide: bool,
    /// Whether it has the focus when its dialog opens.
    #[prop(optional)]
    autofocus: bool,
    /// Buttons inside, after the text.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let ids = FieldIds::new();
    let described_by = ids.described_by(hint.as_ref(), error);
    let input = view! {
        <input
            class="input"
            id=ids.control.clone()
            type=kind.input_type()
            autocomplete=kind.autocomplete()
            spellcheck=if kind.is_prose() { "true" } else { "false" }
            autocapitalize=if kind.is_prose() { "sentences" } else { "off" }
            data-code=kind.is_code()
            autofocus=autofocus
            bind:value=value
            aria-describedby=described_by
            aria-invalid=move || error.read().is_some().then_some("true")
        />
    };
    let control = if icon.is_some() || children.is_some() {
        view! {
            <div class="field__control">
                {icon.map(|icon| view! { <Icon name=icon /> })} {input} {children.map(|children| children())}
            </div>
        }
        .into_any()
    } else {
        input.into_any()
    };
    view! {
        <div class="field" data-span=wide.then_some("all")>
            <label class="field__label" for=ids.control.clone()>
                {move || label.get()} " " <MarkWords mark />
            </label>
            {control}
            <UnderField ids hint error />
        </div>
    }
}

/// Several lines of text; grows with what is typed.
#[component]
pub fn TextArea(
    /// What is asked for.
    #[prop(into)]
    label: TextProp,
    /// What has been typed.
    value: RwSignal<String>,
    /// What stands beside the label.
    #[prop(optional)]
    mark: FieldMark,
    /// Help under the field.
    #[prop(optional, into)]
    hint: Option<TextProp>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Lines to begin with.
    #[prop(default = 3)]
    rows: u32,
    /// Whether it takes the whole row of a form.
    #[prop(optional)]
    wide: bool,
    /// Whether it has the focus when its dialog opens.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let ids = FieldIds::new();
    let described_by = ids.described_by(hint.as_ref(), error);
    view! {
        <div class="field" data-span=wide.then_some("all")>
            <label class="field__label" for=ids.control.clone()>
                {move || label.get()} " " <MarkWords mark />
            </label>
            <textarea
                class="textarea"
                id=ids.control.clone()
                rows=rows.to_string()
                autofocus=autofocus
                bind:value=value
                aria-describedby=described_by
                aria-invalid=move || error.read().is_some().then_some("true")
            />
            <UnderField ids hint error />
        </div>
    }
}
