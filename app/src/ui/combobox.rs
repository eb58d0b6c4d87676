//! A field that proposes while one types.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::text_field::{FieldIds, FieldMark, MarkWords, TextKind, UnderField};
use crate::i18n::use_lang;
use crate::t;

/// One proposal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Suggestion {
    /// What tells it from the others.
    pub key: String,
    /// What it is.
    pub title: String,
    /// More about it.
    pub more: String,
    /// A short remark at the end of the line.
    pub end: String,
}

/// One line of text with proposals under it. Any text may be kept: a proposal is an offer.
#[component]
pub fn Combobox(
    /// What is asked for.
    #[prop(into)]
    label: TextProp,
    /// What has been typed.
    value: RwSignal<String>,
    /// The proposals for what has been typed.
    #[prop(into)]
    suggestions: Signal<Vec<Suggestion>>,
    /// Called with the proposal that was taken. The caller decides what the field holds then.
    #[prop(into)]
    on_pick: Callback<Suggestion>,
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
    /// Whether it takes the whole row of a form.
    #[prop(optional)]
    wide: bool,
    /// Whether it has the focus when its dialog opens.
    #[prop(optional)]
    autofocus: bool,
) -> impl IntoView {
    let lang = use_lang();
    let ids = FieldIds::new();
    let described_by = ids.described_by(hint.as_ref(), error);
    let wanted = RwSignal::new(false);
    let active = RwSignal::new(None::<usize>);
    let is_open = Memo::new(move |_| wanted.get() && !suggestions.read().is_empty());
    let list_id = format!("{}-list", ids.control);
    let option_id = {
        let list_id = list_id.clone();
        move |index: usize| format!("{list_id}-{index}")
    };
    let close = move || {
        wanted.set(false);
        active.set(None);
    };
    let pick = move |index: usize| {
        let picked = suggestions.read_untracked().get(index).cloned();
        close();
        if let Some(picked) = picked {
            on_pick.run(picked);
        }
    };
    let press = move |event: KeyboardEvent| {
        // While an input method composes, Enter and arrows belong to it.
        if event.is_composing() {
            return;
        }
        match event.key().as_str() {
            "ArrowDown" | "ArrowUp" => {
                event.prevent_default();
                wanted.set(true);
                let count = suggestions.read_untracked().len();
                active.update(|active| *active = step(*active, count, event.key() == "ArrowDown"));
            }
            "Enter" if is_open.get_untracked() => {
                if let Some(index) = active.get_untracked() {
                    event.prevent_default();
                    pick(index);
                }
            }
            "Escape" if is_open.get_untracked() => {
                event.prevent_default();
                event.stop_propagation();
                close();
            }
            _ => {}
        }
    };
    let options = {
        let option_id = option_id.clone();
        move || {
            let typed = value.get();
            let options = suggestions.get().into_iter().enumerate().map(|(index, suggestion)| {
                let (before, found, after) = split(&suggestion.title, typed.trim());
                view! {
                    <div
                        class="suggestion"
                        role="option"
                        id=option_id(index)
                        aria-selected=move || if active.get() == Some(index) { "true" } else { "false" }
                        // Before the field loses the focus, which would close the list under the finger.
                        on:pointerdown=move |event| event.prevent_default()
                        on:click=move |_| pick(index)
                    >
                        <span class="suggestion__title">
                            {before}{(!found.is_empty()).then(|| view! { <mark>{found}</mark> })}{after}
                        </span>
                        {(!suggestion.more.is_empty())
                            .then(|| view! { <span class="suggestion__more">{suggestion.more}</span> })}
                        {(!suggestion.end.is_empty())
                            .then(|| view! { <span class="suggestion__end">{suggestion.end}</span> })}
                    </div>
                }
            });
            options.collect_view()
        }
    };
    let list = {
        let list_id = list_id.clone();
        move || {
            is_open.get().then(|| {
                view! {
                    <div class="suggestions" role="listbox" id=list_id.clone()>
                        {options.clone()} <p class="suggestions__foot" aria-hidden="true">{t!(lang, combobox_keys)}</p>
                    </div>
                }
            })
        }
    };
    view! {
        <div class="field" data-span=wide.then_some("all")>
            <label class="field__label" for=ids.control.clone()>
                {move || label.get()} " " <MarkWords mark />
            </label>
            <div class="combobox">
                <input
                    class="input"
                    id=ids.control.clone()
                    role="combobox"
                    type=kind.input_type()
                    autocomplete="off"
                    spellcheck="false"
                    autofocus=autofocus
                    data-code=kind.is_code()
                    aria-autocomplete="list"
                    aria-expanded=move || if is_open.get() { "true" } else { "false" }
                    aria-controls=list_id
                    aria-activedescendant=move || active.get().filter(|_| is_open.get()).map(&option_id)
                    aria-describedby=described_by
                    aria-invalid=move || error.read().is_some().then_some("true")
                    bind:value=value
                    on:input=move |_| {
                        active.set(None);
                        wanted.set(true);
                    }
                    on:keydown=press
                    on:blur=move |_| close()
                />
                {list}
            </div>
            <UnderField ids hint error />
        </div>
    }
}

/// The next proposal up or down, round the ends.
fn step(active: Option<usize>, count: usize, down: bool) -> Option<usize> {
    if count == 0 {
        return None;
    }
    Some(match (active, down) {
        (None, true) => 0,
        (None, false) => count - 1,
        (Some(index), true) => (index + 1) % count,
        (Some(index), false) => (index + count - 1) % count,
    })
}

/// Splits a title around the first occurrence of what was typed, without regard to case.
fn split(title: &str, typed: &str) -> (String, String, String) {
    let nowhere = || (title.to_owned(), String::new(), String::new());
    if typed.is_empty() {
        return nowhere();
    }
    // Byte places are compared in the title itself, so a letter whose lower case has another length can't misplace them.
    let wanted: Vec<char> = typed.to_lowercase().chars().collect();
    let starts = title.char_indices().map(|(start, _)| start);
    for start in starts {
        let rest = &title[start..];
        let ends = rest.char_indices().map(|(end, letter)| end + letter.len_utf8());
        for end in ends {
            let part: Vec<char> = rest[..end].to_lowercase().chars().collect();
            if part == wanted {
                return (title[..start].to_owned(), rest[..end].to_owned(), rest[end..].to_owned());
            }
            if part.len() >= wanted.len() {
                break;
            }
        }
    }
    nowhere()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_go_round_the_ends() {
        assert_eq!(step(None, 3, true), Some(0));
        assert_eq!(step(Some(2), 3, true), Some(0));
        assert_eq!(step(None, 3, false), Some(2));
        assert_eq!(step(Some(0), 3, false), Some(2));
        assert_eq!(step(Some(0), 0, true), None);
    }

    #[test]
    fn what_was_typed_is_found_in_the_title_whatever_its_case() {
        let parts = |title, typed| {
            let (before, found, after) = split(title, typed);
            [before, found, after]
        };
        assert_eq!(parts("苏州恒力精密机械", "恒力"), ["苏州", "恒力", "精密机械"]);
        assert_eq!(parts("Siemens AG", "MENS"), ["Sie", "mens", " AG"]);
        assert_eq!(parts("Siemens AG", "x"), ["Siemens AG", "", ""]);
        assert_eq!(parts("İstanbul", "stan"), ["İ", "stan", "bul"]);
    }
}
