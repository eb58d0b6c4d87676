//! The pad that a customer signs on.

use domain::ticket::Stroke;
use leptos::prelude::*;
use leptos::svg;

use super::ink::outline;
use crate::device::pen::use_pen;
use crate::i18n::use_lang;
use crate::t;
use crate::ui::Icon;

/// A pad for finger, pen or mouse. Its form never changes with its size, so a drawing survives turning the tablet.
#[component]
pub(super) fn SignaturePad(
    /// The drawing, once a stroke is finished; what it holds at first is put back on the pad.
    strokes: RwSignal<Vec<Stroke>>,
    /// The pad's height, in ten-thousandths of its width.
    height: RwSignal<i32>,
    /// The id of what says why the drawing isn't enough yet.
    describedby: &'static str,
) -> impl IntoView {
    let lang = use_lang();
    let pad = NodeRef::<svg::Svg>::new();
    let pen = use_pen(pad);
    pen.restore(strokes.get_untracked(), height.get_untracked());
    let (drawn, drawing) = (pen.strokes(), pen.is_drawing());
    // Out of the pen's world into the form's: after each stroke, not at each place.
    Effect::new(move |_| {
        let finished = !drawing.get();
        if finished {
            let (now, now_height) = (drawn.get(), pen.height().get());
            if *strokes.read_untracked() != now {
                height.set(now_height);
                strokes.set(now);
            }
        }
    });
    let count = Memo::new(move |_| drawn.read().len());
    // While a stroke grows, the others need not be drawn again.
    let before = Memo::new(move |_| {
        let before = count.get().saturating_sub(1);
        drawn.read_untracked()[..before].iter().map(|stroke| outline(stroke)).collect::<String>()
    });
    let latest = move || drawn.read().last().map(|stroke| outline(stroke));
    let is_empty = move || count.get() == 0;
    view! {
        <div class="signature-pad" data-inked=move || !is_empty()>
            <svg
                class="signature-pad__ink"
                node_ref=pad
                viewBox="0 0 10000 4000"
                preserveAspectRatio="xMinYMin meet"
                role="img"
                tabindex="0"
                aria-label=t!(lang, sign_pad)
                aria-describedby=describedby
            >
                <path class="ink" d=before />
                <path class="ink" d=latest />
            </svg>
            <span class="signature-pad__hint">{t!(lang, sign_pad_hint)}</span>
        </div>
        <div class="signature-pad__tools">
            <button class="button" type="button" aria-disabled=move || is_empty().then_some("true") on:click=move |_| pen.undo()>
                <Icon name="undo" />
                {t!(lang, sign_undo)}
            </button>
            <button class="button" type="button" aria-disabled=move || is_empty().then_some("true") on:click=move |_| pen.clear()>
                <Icon name="trash" />
                {t!(lang, sign_clear)}
            </button>
        </div>
    }
}
