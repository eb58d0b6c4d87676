//! Widgets that know no ticket: fields, choices, dialogs, toasts, and the looks of "nothing", "not yet" and "failed".
//!
//! Components take plain data or signals and give events back. A field's error stands under the field and is tied to it, so
//! that it is read out with it. [`refusal`] and [`FormErrors`] turn the domain's reasons into words under the right field.

mod choice;
mod combobox;
mod dialog;
mod file_button;
mod form_errors;
mod icon;
mod menu;
mod refusal;
mod states;
mod stepper;
mod text_field;
mod toasts;

pub use choice::{Chips, ChoiceChips, Segmented, SelectField};
pub use combobox::{Combobox, Suggestion};
pub use dialog::{Confirm, Dialog, DialogSize, SaveButtons};
pub use file_button::FileButton;
pub use form_errors::{FormErrors, missing};
pub use icon::{Icon, IconSize};
pub use menu::Menu;
pub use states::{Empty, Notice, Skeleton, Tone};
pub use stepper::Stepper;
pub use text_field::{FieldMark, TextArea, TextField, TextKind};
pub use toasts::{ToastBoard, Toasts, provide_toasts, use_toasts};

use std::sync::atomic::{AtomicU32, Ordering};

/// An element id that no other element of the page has.
pub(crate) fn fresh_id(stem: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{stem}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}
