//! Choosing one or several out of a few known values.

use std::collections::BTreeSet;

use leptos::oco::Oco;
use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::text_field::{FieldIds, FieldMark, MarkWords, UnderField};
use super::{Icon, fresh_id};

/// One out of two to five short answers, all in sight.
#[component]
pub fn Segmented<T, W, S, C>(
    /// What is asked for.
    #[prop(into)]
    label: TextProp,
    /// The answers, in order.
    options: Vec<T>,
    /// The answer chosen, if any.
    #[prop(into)]
    value: Signal<Option<T>>,
    /// The words of an answer; followed when the language changes.
    word: W,
    /// Called with the answer that was chosen.
    on_choose: C,
    /// The `data-urgency` of an answer, where the answers are urgencies.
    #[prop(optional, into)]
    urgency: Option<Callback<T, &'static str>>,
    /// Whether the label is only read out, because its place explains it.
    #[prop(optional)]
    hide_label: bool,
    /// Whether it takes the whole row of a form.
    #[prop(optional)]
    wide: bool,
    /// What stands beside the label.
    #[prop(optional)]
    mark: FieldMark,
    /// Help under the answers.
    #[prop(optional, into)]
    hint: Option<TextProp>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
    W: Fn(T) -> S + Copy + Send + Sync + 'static,
    S: Into<Oco<'static, str>> + 'static,
    C: Fn(T) + Copy + Send + Sync + 'static,
{
    let options = radios(options, value, word, on_choose, "segmented__option", urgency, None);
    view! {
        <Group label hide_label wide mark hint error>
            <div class="segmented">{options}</div>
        </Group>
    }
}

/// The frame of several answers to one question.
#[component]
fn Group(
    label: TextProp,
    #[prop(optional)] hide_label: bool,
    #[prop(optional)] wide: bool,
    #[prop(optional)] mark: FieldMark,
    hint: Option<TextProp>,
    error: Signal<Option<String>>,
    children: Children,
) -> impl IntoView {
    let ids = FieldIds::new();
    let described_by = ids.described_by(hint.as_ref(), error);
    view! {
        <fieldset
            class="field"
            data-span=wide.then_some("all")
            aria-describedby=described_by
            aria-invalid=move || error.read().is_some().then_some("true")
        >
            <legend class="field__label" class:visually-hidden=hide_label>
                {move || label.get()} " " <MarkWords mark />
            </legend>
            {children()}
            <UnderField ids hint error />
        </fieldset>
    }
}

/// One out of several answers, each as a radio button inside its label.
fn radios<T, W, S, C>(
    options: Vec<T>,
    value: Signal<Option<T>>,
    word: W,
    on_choose: C,
    class: &'static str,
    urgency: Option<Callback<T, &'static str>>,
    icon: Option<Callback<T, &'static str>>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
    W: Fn(T) -> S + Copy + Send + Sync + 'static,
    S: Into<Oco<'static, str>> + 'static,
    C: Fn(T) + Copy + Send + Sync + 'static,
{
    let name = fresh_id("choice");
    let options = options.into_iter().enumerate().map(|(index, option)| {
        view! {
            <label class=class data-urgency=urgency.map(|urgency| urgency.run(option))>
                <input
                    type="radio"
                    name=name.clone()
                    value=index.to_string()
                    prop:checked=move || value.get() == Some(option)
                    on:change=move |_| on_choose(option)
                />
                {icon.map(|icon| view! { <Icon name=icon.run(option) /> })}
                {move || word(option).into()}
            </label>
        }
    });
    options.collect_view()
}

/// Any number of known values.
#[component]
pub fn Chips<T, W, S>(
    /// What is asked for.
    #[prop(into)]
    label: TextProp,
    /// The values, in order.
    options: Vec<T>,
    /// The values chosen.
    value: RwSignal<BTreeSet<T>>,
    /// The words of a value; followed when the language changes.
    word: W,
    /// The icon of a value.
    #[prop(optional, into)]
    icon: Option<Callback<T, &'static str>>,
    /// The tone of a value.
    #[prop(optional, into)]
    tone: Option<Callback<T, Option<&'static str>>>,
    /// Whether it takes the whole row of a form.
    #[prop(optional)]
    wide: bool,
    /// What stands beside the label.
    #[prop(optional)]
    mark: FieldMark,
    /// Help under the values.
    #[prop(optional, into)]
    hint: Option<TextProp>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
) -> impl IntoView
where
    T: Copy + Ord + Send + Sync + 'static,
    W: Fn(T) -> S + Copy + Send + Sync + 'static,
    S: Into<Oco<'static, str>> + 'static,
{
    let toggle = move |option: T| {
        value.update(|chosen| {
            if !chosen.remove(&option) {
                chosen.insert(option);
            }
        });
    };
    let options = options
        .into_iter()
        .map(|option| {
            view! {
                <label class="chip" data-tone=tone.and_then(|tone| tone.run(option))>
                    <input
                        type="checkbox"
                        prop:checked=move || value.read().contains(&option)
                        on:change=move |_| toggle(option)
                    />
                    {icon.map(|icon| view! { <Icon name=icon.run(option) /> })}
                    {move || word(option).into()}
                </label>
            }
        })
        .collect_view();
    view! { <Group label wide mark hint error><div class="chips">{options}</div></Group> }
}

/// One out of many known values.
#[component]
pub fn SelectField<T, W, S, C>(
    /// What is asked for.
    #[prop(into)]
    label: TextProp,
    /// The values, in order.
    #[prop(into)]
    options: Signal<Vec<T>>,
    /// The value chosen, if any.
    #[prop(into)]
    value: Signal<Option<T>>,
    /// The words of a value; followed when the language changes.
    word: W,
    /// Called with the value that was chosen; with nothing, if the choice was taken back.
    on_choose: C,
    /// The words of "nothing chosen". Without them, nothing can be chosen only as long as nothing has been.
    #[prop(optional, into)]
    nothing: Option<TextProp>,
    /// Whether it takes the whole row of a form.
    #[prop(optional)]
    wide: bool,
    /// What stands beside the label.
    #[prop(optional)]
    mark: FieldMark,
    /// Help under the field.
    #[prop(optional, into)]
    hint: Option<TextProp>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    W: Fn(T) -> S + Copy + Send + Sync + 'static,
    S: Into<Oco<'static, str>> + 'static,
    C: Fn(Option<T>) + Copy + Send + Sync + 'static,
{
    let ids = FieldIds::new();
    let described_by = ids.described_by(hint.as_ref(), error);
    let lang = crate::i18n::use_lang();
    let may_be_nothing = nothing.is_some();
    let nothing = nothing.unwrap_or_else(|| crate::t!(lang, ui_choose).into());
    let shown = move || {
        let nothing = nothing.clone();
        let empty = (may_be_nothing || value.read().is_none()).then(|| {
            view! { <option value="" prop:selected=move || value.read().is_none()>{move || nothing.get()}</option> }
        });
        let options = options.get().into_iter().enumerate().map(|(index, option)| {
            let words = option.clone();
            view! {
                <option value=index.to_string() prop:selected=move || value.read().as_ref() == Some(&option)>
                    {move || word(words.clone()).into()}
                </option>
            }
        });
        (empty, options.collect_view())
    };
    let choose = move |index: String| {
        on_choose(index.parse::<usize>().ok().and_then(|index| options.read_untracked().get(index).cloned()));
    };
    view! {
        <div class="field" data-span=wide.then_some("all")>
            <label class="field__label" for=ids.control.clone()>
                {move || label.get()} " " <MarkWords mark />
            </label>
            <select
                class="select"
                id=ids.control.clone()
                aria-describedby=described_by
                aria-invalid=move || error.read().is_some().then_some("true")
                on:change=move |event| choose(event_target_value(&event))
            >
                {shown}
            </select>
            <UnderField ids hint error />
        </div>
    }
}

/// One out of several known values, as buttons that wrap: for more than five, where a list to open would cost a tap.
#[component]
pub fn ChoiceChips<T, W, S, C>(
    /// What is asked for.
    #[prop(into)]
    label: TextProp,
    /// The values, in order.
    options: Vec<T>,
    /// The value chosen, if any.
    #[prop(into)]
    value: Signal<Option<T>>,
    /// The words of a value; followed when the language changes.
    word: W,
    /// Called with the value that was chosen.
    on_choose: C,
    /// The icon of a value.
    #[prop(optional, into)]
    icon: Option<Callback<T, &'static str>>,
    /// Help under the values.
    #[prop(optional, into)]
    hint: Option<TextProp>,
    /// What is wrong with it.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
    W: Fn(T) -> S + Copy + Send + Sync + 'static,
    S: Into<Oco<'static, str>> + 'static,
    C: Fn(T) + Copy + Send + Sync + 'static,
{
    let options = radios(options, value, word, on_choose, "chip", None, icon);
    view! { <Group label hint error><div class="chips">{options}</div></Group> }
}
