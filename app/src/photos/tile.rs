//! One file of a ticket: a picture that opens large, or a name to download by.

use domain::TicketId;
use domain::ticket::{Attachment, FileHash, MediaType};
use leptos::prelude::*;
use leptos::task::spawn_local;
use sync::Link;
use sync::files::{FileKey, FilePlace};

use crate::device::api;
use crate::device::clock;
use crate::device::pictures::PageAddress;
use crate::i18n::{Words, use_lang};
use crate::t;
use crate::tickets::{SyncMark, use_when};
use crate::ui::{Dialog, DialogSize, Icon, IconSize};
use crate::workspace::{ChangeMark, use_workspace};

/// Pause before the server is asked again for what it did not have, in milliseconds: whoever took the photo may have just come
/// within reach.
const ASK_AGAIN_MS: u32 = 15_000;

/// Where the bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// It is being looked whether they are here.
    Looking,
    /// From this device.
    Device(String),
    /// From the server: asked for the so-and-so-many-th time.
    Server(u32),
    /// Neither has them.
    Nowhere(u32),
}

/// A file of a ticket.
#[component]
pub fn Tile(
    /// Whose.
    ticket: TicketId,
    /// Which.
    attachment: Attachment,
    /// Whether it is only to be recognised: without the words that say where it is.
    #[prop(optional)]
    small: bool,
) -> impl IntoView {
    // One that was never checked has no content that could be shown.
    attachment.hash().map(|hash| view! { <KnownTile key=FileKey { hash, ticket } attachment small /> })
}

#[component]
fn KnownTile(key: FileKey, attachment: Attachment, small: bool) -> impl IntoView {
    let lang = use_lang();
    let files = use_workspace().files();
    let media = MediaType::parse(&attachment.media_type);
    // Few browsers show a HEIC; everybody can download it.
    let is_picture = media.is_some_and(|media| media.is_image() && media != MediaType::Heic);
    let open = RwSignal::new(false);
    // Documents may be large: they are looked for when somebody wants one.
    let is_time = Signal::derive(move || is_picture || open.get());
    let source = use_source(Wanted { hash: key.hash, media, is_picture }, is_time);
    let attachment = StoredValue::new(attachment);
    let name = move || attachment.with_value(|attachment| name_of(attachment, lang.words()));
    let place = Memo::new(move |_| files.read().get(&key).copied());
    let nowhere = use_nowhere_words(place);
    let face = move || match source.get() {
        Source::Nowhere(_) => view! { <Nowhere words=nowhere /> }.into_any(),
        _ if !is_picture => view! { <Icon name="note" size=IconSize::L /> }.into_any(),
        Source::Looking => ().into_any(),
        found => view! { <Picture source=found hash=key.hash set=source attachment=attachment alt="" /> }
            .into_any(),
    };
    let inside = move || {
        let label = move || match source.get() {
            Source::Nowhere(_) => lang.words().photos_open_nowhere(name(), nowhere.get()),
            _ => lang.words().photos_open(name()),
        };
        view! {
            <button class="photo__button" type="button" aria-label=label on:click=move |_| open.set(true)>{face}</button>
        }
    };
    // Where it is belongs to it for as long as this device has a part in that.
    let mark = move || {
        let mark = match place.get()? {
            FilePlace::OnDevice => ChangeMark::OnTablet,
            FilePlace::OnServer => ChangeMark::OnServer,
            FilePlace::InBackup => ChangeMark::InBackup,
        };
        (!small).then(|| view! { <SyncMark mark /> })
    };
    let large = move || match source.get() {
        Source::Looking => ().into_any(),
        Source::Nowhere(_) => view! { <Nowhere words=nowhere /> }.into_any(),
        found if is_picture => {
            view! { <Picture source=found hash=key.hash set=source attachment=attachment alt=name() /> }
                .into_any()
        }
        found => {
            let download = name();
            view! {
                <a class="button" href=address(&found, key.hash) download=download>
                    <Icon name="download" />
                    {t!(lang, photos_download)}
                </a>
            }
            .into_any()
        }
    };
    let footer = move || {
        view! {
            <button class="button" type="button" on:click=move |_| open.set(false)>{t!(lang, ui_close)}</button>
        }
    };
    view! {
        <figure class="photo" data-small=small.then_some("")>
            {inside()}
            {mark}
            {(!is_picture && !small).then(|| view! { <figcaption class="photo__name">{name}</figcaption> })}
        </figure>
        <Dialog open title=name size=DialogSize::Large footer>
            <div class="photo-large">{large}</div>
            <Facts attachment />
        </Dialog>
    }
}

/// A picture, from wherever it is found.
#[component]
fn Picture(
    source: Source,
    hash: FileHash,
    set: RwSignal<Source>,
    attachment: StoredValue<Attachment>,
    #[prop(into)] alt: String,
) -> impl IntoView {
    let size = attachment.with_value(|attachment| attachment.size);
    let failed = {
        let source = source.clone();
        move |_| {
            let next = match source {
                Source::Server(asked) => Source::Nowhere(asked),
                _ => Source::Server(0),
            };
            set.set(next);
        }
    };
    view! {
        <img
            src=address(&source, hash)
            alt=alt
            width=size.map(|size| size.width.to_string())
            height=size.map(|size| size.height.to_string())
            loading="lazy"
            decoding="async"
            on:error=failed
        />
    }
}

/// Says why something can't be shown here and now.
fn use_nowhere_words(place: Memo<Option<FilePlace>>) -> Signal<&'static str> {
    let lang = use_lang();
    let status = use_workspace().status();
    Signal::derive(move || match (place.get(), status.read().link) {
        (Some(FilePlace::OnDevice), _) => lang.words().photos_unreadable_here(),
        (_, Link::Live) => lang.words().photos_not_on_server(),
        _ => lang.words().photos_not_here(),
    })
}

/// Stands in for what can't be shown here and now.
#[component]
fn Nowhere(words: Signal<&'static str>) -> impl IntoView {
    view! {
        <span class="photo__nowhere">
            <Icon name="cloud-off" />
            <small>{words}</small>
        </span>
    }
}

/// What is known of a file besides what is to be seen.
#[component]
fn Facts(attachment: StoredValue<Attachment>) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let taken = attachment.with_value(|attachment| attachment.taken_at);
    let place = attachment.with_value(|attachment| attachment.place);
    let bytes = attachment.with_value(|attachment| attachment.bytes);
    let degrees = |micro: i32| format!("{:.5}", f64::from(micro) / 1_000_000.0);
    view! {
        <dl class="facts">
            {taken.map(|taken| view! { <dt>{t!(lang, photos_taken)}</dt><dd>{move || when.instant(taken)}</dd> })}
            {place.map(|place| {
                let said = format!("{}, {}", degrees(place.latitude_microdegrees), degrees(place.longitude_microdegrees));
                view! { <dt>{t!(lang, photos_place)}</dt><dd class="number">{said} " ± " {place.accuracy_m} " m"</dd> }
            })}
            <dt>{t!(lang, photos_size)}</dt><dd class="number">{size_words(bytes)}</dd>
        </dl>
    }
}

/// How the bytes of a tile are found.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    hash: FileHash,
    media: Option<MediaType>,
    is_picture: bool,
}

impl Wanted {
    /// What to try when this device has not the bytes. Whether the server has a picture is found out by showing it; for anything
    /// else it is asked before it is offered.
    async fn on_server(self, asked: u32) -> Source {
        if self.is_picture || api::files::is_there(self.hash).await {
            Source::Server(asked)
        } else {
            Source::Nowhere(asked)
        }
    }
}

/// Looks for the bytes as soon as it is time: here, then on the server, and on the server again when it may have them.
fn use_source(wanted: Wanted, is_time: Signal<bool>) -> RwSignal<Source> {
    let workspace = use_workspace();
    let source = RwSignal::new(Source::Looking);
    // Taken back when the tile goes.
    let here = StoredValue::new_local(None::<PageAddress>);
    Effect::new(move |begun: Option<bool>| {
        let begun = begun.unwrap_or_default();
        if begun || !is_time.get() {
            return begun;
        }
        spawn_local(async move {
            let found = match wanted.media {
                Some(media) => workspace.content(wanted.hash, media).await,
                None => None,
            };
            let next = match &found {
                Some(found) => Source::Device(found.text().to_owned()),
                None => wanted.on_server(0).await,
            };
            if here.try_set_value(found).is_none() {
                source.try_set(next);
            }
        });
        true
    });
    let status = workspace.status();
    let is_live = Memo::new(move |_| status.read().link == Link::Live);
    Effect::new(move |_| {
        let Source::Nowhere(asked) = source.get() else { return };
        if is_live.get() {
            spawn_local(async move {
                // At once when the network has come back; then now and then.
                if asked > 0 {
                    clock::sleep(ASK_AGAIN_MS).await;
                }
                let next = wanted.on_server(asked + 1).await;
                source.try_update(|source| {
                    if *source == Source::Nowhere(asked) {
                        *source = next;
                    }
                });
            });
        }
    });
    source
}

fn address(source: &Source, hash: FileHash) -> String {
    match source {
        Source::Device(address) => address.clone(),
        Source::Looking | Source::Server(_) | Source::Nowhere(_) => api::files::address(hash),
    }
}

fn name_of(attachment: &Attachment, words: Words) -> String {
    if attachment.name.trim().is_empty() {
        words.attachment_kind(attachment.kind).to_owned()
    } else {
        attachment.name.clone()
    }
}

/// How large a file is, as people say it.
fn size_words(bytes: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = KIB * KIB;
    match bytes {
        0..KIB => format!("{bytes} B"),
        KIB..MIB => format!("{} KB", bytes.div_ceil(KIB)),
        _ => format!("{:.1} MB", bytes as f64 / MIB as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_few_figures() {
        let sizes = [1, 1023, 1024, 400_000, 1024 * 1024, 64 * 1024 * 1024].map(size_words);
        assert_eq!(sizes, ["1 B", "1023 B", "1 KB", "391 KB", "1.0 MB", "64.0 MB"]);
    }
}
