//! Where the work is, in one place of every screen: on the server, or still on this tablet.

use leptos::prelude::*;
use sync::Link;

use crate::i18n::{Words, use_lang};
use crate::ui::Icon;
use crate::workspace::{SyncStatus, use_workspace};

/// What the pill and the status line say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    OnServer,
    Connecting,
    Waiting(usize),
    Files(usize),
    FilesAside(usize),
    Unjudged(usize),
    Offline(usize),
    NotKept,
    NotUnderstood,
    Attention(usize),
    NotAdded(usize),
    FilesUnseen,
    SignedOut,
    TooOld,
}

impl Standing {
    /// What needs a person comes first, then what keeps work from leaving, then what is on its way.
    fn of(status: &SyncStatus) -> Self {
        let SyncStatus { link, unsent, not_added, files_unseen, files_aside, unjudged, .. } = *status;
        match link {
            Link::SignedOut => Self::SignedOut,
            Link::TooOld => Self::TooOld,
            _ if unsent.refused > 0 => Self::Attention(unsent.refused),
            _ if not_added > 0 => Self::NotAdded(not_added),
            Link::NotKept => Self::NotKept,
            Link::NotUnderstood => Self::NotUnderstood,
            Link::Offline => Self::Offline(unsent.waiting + unsent.files),
            _ if unsent.waiting > 0 && unjudged > 0 => Self::Unjudged(unjudged),
            _ if unsent.waiting > 0 => Self::Waiting(unsent.waiting),
            _ if unsent.files > 0 => Self::Files(unsent.files),
            _ if files_unseen => Self::FilesUnseen,
            _ if files_aside > 0 => Self::FilesAside(files_aside),
            Link::Connecting => Self::Connecting,
            Link::Live => Self::OnServer,
        }
    }

    /// The design's name for it.
    const fn state(self) -> &'static str {
        match self {
            Self::OnServer => "server",
            Self::Connecting | Self::Waiting(_) | Self::Files(_) | Self::FilesAside(_) => "waiting",
            Self::Offline(_) => "offline",
            Self::Attention(_)
            | Self::NotAdded(_)
            | Self::NotKept
            | Self::NotUnderstood
            | Self::Unjudged(_)
            | Self::FilesUnseen
            | Self::SignedOut
            | Self::TooOld => "attention",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::OnServer => "cloud-check",
            Self::Connecting => "cloud",
            Self::Waiting(_) | Self::FilesAside(_) => "tablet-check",
            Self::Files(_) => "cloud-up",
            Self::Offline(_) => "cloud-off",
            Self::Attention(_)
            | Self::NotAdded(_)
            | Self::NotKept
            | Self::NotUnderstood
            | Self::Unjudged(_)
            | Self::FilesUnseen
            | Self::SignedOut
            | Self::TooOld => "alert",
        }
    }

    fn short(self, words: Words) -> String {
        match self {
            Self::OnServer => words.pill_server().to_owned(),
            Self::Connecting => words.pill_connecting().to_owned(),
            Self::Waiting(count) => words.pill_waiting(count),
            Self::Files(count) => words.pill_files(count),
            Self::FilesAside(count) => words.pill_files_aside(count),
            Self::Unjudged(count) => words.pill_unjudged(count),
            Self::Offline(0) => words.pill_offline().to_owned(),
            Self::Offline(count) => words.pill_offline_waiting(count),
            Self::Attention(count) => words.pill_attention(count),
            Self::NotAdded(count) => words.pill_not_added(count),
            Self::NotKept => words.pill_not_kept().to_owned(),
            Self::NotUnderstood => words.pill_not_understood().to_owned(),
            Self::FilesUnseen => words.pill_files_unseen().to_owned(),
            Self::SignedOut => words.pill_signed_out().to_owned(),
            Self::TooOld => words.pill_too_old().to_owned(),
        }
    }

    fn sentence(self, words: Words) -> String {
        match self {
            Self::OnServer => words.status_server().to_owned(),
            Self::Connecting => words.status_connecting().to_owned(),
            Self::Waiting(count) => words.status_waiting(count),
            Self::Files(count) => words.status_files(count),
            Self::FilesAside(count) => words.status_files_aside(count),
            Self::Unjudged(count) => words.status_unjudged(count),
            Self::Offline(0) => words.status_offline().to_owned(),
            Self::Offline(count) => words.status_offline_waiting(count),
            Self::Attention(count) => words.status_attention(count),
            Self::NotAdded(count) => words.status_not_added(count),
            Self::NotKept => words.status_not_kept().to_owned(),
            Self::NotUnderstood => words.status_not_understood().to_owned(),
            Self::FilesUnseen => words.status_files_unseen().to_owned(),
            Self::SignedOut => words.status_signed_out().to_owned(),
            Self::TooOld => words.status_too_old().to_owned(),
        }
    }
}

fn use_standing() -> Memo<Standing> {
    let status = use_workspace().status();
    Memo::new(move |_| status.with(Standing::of))
}

/// The pill in the top bar; opens the page of what is not on the server.
#[component]
pub fn SyncPill() -> impl IntoView {
    let lang = use_lang();
    let standing = use_standing();
    view! {
        // A plain link: what is put on an `<A>` is put there once and doesn't follow.
        <a href="/outbox" class="sync-pill" data-state=move || standing.get().state()>
            <Icon name=Signal::derive(move || standing.get().icon()) />
            <span class="sync-pill__word">{move || standing.get().short(lang.words())}</span>
        </a>
    }
}

/// The line under the field's top bar. Always there, so nothing moves when the network goes.
#[component]
pub fn StatusLine() -> impl IntoView {
    let lang = use_lang();
    let standing = use_standing();
    view! {
        <p class="status-line" role="status" data-state=move || standing.get().state()>
            <Icon name=Signal::derive(move || standing.get().icon()) />
            <span class="status-line__words">{move || standing.get().sentence(lang.words())}</span>
        </p>
    }
}

#[cfg(test)]
mod tests {
    use sync::Unsent;

    use super::*;

    fn standing(link: Link, unsent: Unsent) -> Standing {
        Standing::of(&SyncStatus { link, unsent, ..SyncStatus::default() })
    }

    #[test]
    fn a_refused_change_is_said_before_a_missing_network() {
        let unsent = Unsent { waiting: 3, refused: 1, files: 0 };
        assert_eq!(standing(Link::Offline, unsent), Standing::Attention(1));
    }

    #[test]
    fn files_are_counted_once_every_change_is_on_the_server() {
        let unsent = |waiting, files| Unsent { waiting, files, refused: 0 };
        assert_eq!(standing(Link::Live, unsent(2, 3)), Standing::Waiting(2));
        assert_eq!(standing(Link::Live, unsent(0, 3)), Standing::Files(3));
        assert_eq!(standing(Link::Offline, unsent(2, 3)), Standing::Offline(5));
    }

    #[test]
    fn a_photo_whose_change_the_office_has_yet_to_decide_on_is_said_to_be_here() {
        let status = SyncStatus { link: Link::Live, files_aside: 2, ..SyncStatus::default() };
        assert_eq!(Standing::of(&status), Standing::FilesAside(2));
    }

    #[test]
    fn what_the_server_can_not_judge_is_not_said_to_be_on_its_way() {
        let unsent = Unsent { waiting: 3, ..Unsent::default() };
        let status = SyncStatus { link: Link::Live, unjudged: 2, unsent, ..SyncStatus::default() };
        assert_eq!(Standing::of(&status), Standing::Unjudged(2));
        assert_eq!(Standing::of(&SyncStatus { link: Link::Offline, ..status }), Standing::Offline(3));
    }

    #[test]
    fn a_device_that_can_not_keep_what_comes_is_not_said_to_be_offline() {
        let unsent = Unsent { waiting: 3, ..Unsent::default() };
        assert_eq!(standing(Link::NotKept, unsent), Standing::NotKept);
    }

    #[test]
    fn nothing_is_said_to_be_on_the_server_while_it_can_not_be_read_what_is_here() {
        let status = SyncStatus { link: Link::Live, files_unseen: true, ..SyncStatus::default() };
        assert_eq!(Standing::of(&status), Standing::FilesUnseen);
    }

    #[test]
    fn nothing_is_said_to_be_on_the_server_while_a_photo_could_not_be_added() {
        let status = SyncStatus { link: Link::Live, not_added: 2, ..SyncStatus::default() };
        assert_eq!(Standing::of(&status), Standing::NotAdded(2));
    }

    #[test]
    fn all_on_the_server_is_said_only_while_its_events_arrive() {
        assert_eq!(standing(Link::Connecting, Unsent::default()), Standing::Connecting);
        assert_eq!(standing(Link::Live, Unsent::default()), Standing::OnServer);
    }
}
