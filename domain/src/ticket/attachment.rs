//! Evidence: photos, videos, sounds and documents that belong to a ticket.
//!
//! The ticket says which file, and the file is kept apart from it, under the hash of its content. So a photo can be part of a
//! ticket before its bytes have reached the server, and the record stays small.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::intake::line;
use crate::Timestamp;
use crate::refusal::{Field, Problem, Refusal};

/// Largest file that is taken.
pub const FILE_BYTES: u64 = 100 * 1024 * 1024;
/// Longest accepted edge of an image, in pixels.
const EDGE_PIXELS: u32 = 32_767;
/// The poles, in millionths of a degree.
const LATITUDE_MICRODEGREES: u32 = 90_000_000;
/// The date line, in millionths of a degree.
const LONGITUDE_MICRODEGREES: u32 = 180_000_000;

/// The name of a file's content: its SHA-256. Spelled in one way only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileHash([u8; 32]);

impl FileHash {
    /// Reads 64 lower-case hexadecimal digits; nothing, if it is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// Takes a digest that was reckoned.
    pub const fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

impl fmt::Display for FileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for FileHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FileHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not 64 lower-case hexadecimal digits"))
    }
}

const fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

macro_rules! media_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What a file can be: what browsers show or play without running anything in it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum MediaType {
            $($(#[$doc])* $variant,)*
        }

        impl MediaType {
            /// Every media type.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name it is stored and sent under.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

media_types! {
    /// JPEG.
    Jpeg = "image/jpeg",
    /// PNG.
    Png = "image/png",
    /// WebP.
    Webp = "image/webp",
    /// HEIC, as some telephones take it.
    Heic = "image/heic",
    /// MPEG-4 video.
    Mp4 = "video/mp4",
    /// WebM video.
    Webm = "video/webm",
    /// PDF.
    Pdf = "application/pdf",
    /// Text without any markup.
    Text = "text/plain",
    /// MPEG-4 sound.
    M4a = "audio/mp4",
    /// WebM sound.
    WebmSound = "audio/webm",
}

impl MediaType {
    /// Reads a name; nothing, if it is none of ours.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|media| media.name() == text)
    }

    /// Whether it is a still image.
    pub const fn is_image(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Webp | Self::Heic)
    }

    /// Whether it is a moving image.
    pub const fn is_video(self) -> bool {
        matches!(self, Self::Mp4 | Self::Webm)
    }

    /// Whether it is a sound.
    pub const fn is_sound(self) -> bool {
        matches!(self, Self::M4a | Self::WebmSound)
    }
}

/// What the file is to those who look at the ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the vocabulary's own")]
pub enum AttachmentKind {
    Photo,
    Video,
    Document,
    Sound,
}

impl AttachmentKind {
    /// Every kind, in the order a form lists them.
    pub const ALL: [Self; 4] = [Self::Photo, Self::Video, Self::Document, Self::Sound];

    /// Whether such a file can be of this kind. A document may be a picture of one.
    pub const fn admits(self, media: MediaType) -> bool {
        match self {
            Self::Photo => media.is_image(),
            Self::Video => media.is_video(),
            Self::Document => media.is_image() || matches!(media, MediaType::Pdf | MediaType::Text),
            Self::Sound => media.is_sound(),
        }
    }
}

/// How large an image is, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageSize {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

/// A place on earth. Whole numbers, because a record must be the same on every machine; a millionth of a degree is less than a hand's breadth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// North of the equator, in millionths of a degree.
    pub latitude_microdegrees: i32,
    /// East of Greenwich, in millionths of a degree.
    pub longitude_microdegrees: i32,
    /// How far off it may be, in metres.
    pub accuracy_m: u32,
}

/// A file that belongs to the ticket. What a camera writes into the file itself is taken out of it; what is worth keeping is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// SHA-256 of the content, as 64 lower-case hexadecimal digits: see [`FileHash`].
    pub sha256: String,
    /// How large the content is.
    pub bytes: u64,
    /// What the file is said to be: the name of a [`MediaType`].
    pub media_type: String,
    /// What it is to those who look at the ticket.
    pub kind: AttachmentKind,
    /// The file's name, or what is to be seen.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// How large it is, if it is an image or a video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<ImageSize>,
    /// When it was taken, by the clock of whatever took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<Timestamp>,
    /// Where it was taken, if whoever took it lets that be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Attachment {
    /// The name of the content; nothing, in an attachment that was never checked.
    pub fn hash(&self) -> Option<FileHash> {
        FileHash::parse(&self.sha256)
    }

    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let fails = |field, problem| Err(Refusal::Invalid { field, problem });
        if self.hash().is_none() {
            return fails(Field::FileHash, Problem::Malformed);
        }
        if !(1..=FILE_BYTES).contains(&self.bytes) {
            return fails(Field::FileSize, Problem::OutOfRange);
        }
        let Some(media) = MediaType::parse(&self.media_type).filter(|media| self.kind.admits(*media)) else {
            return fails(Field::MediaType, Problem::NotAccepted);
        };
        line(Field::FileName, &self.name)?;
        if self.size.is_some_and(|size| !size.can_be_of(media)) {
            return fails(Field::ImageSize, Problem::OutOfRange);
        }
        if self.place.is_some_and(|place| !place.is_on_earth()) {
            return fails(Field::Place, Problem::OutOfRange);
        }
        Ok(())
    }
}

impl ImageSize {
    fn can_be_of(self, media: MediaType) -> bool {
        let edges = 1..=EDGE_PIXELS;
        (media.is_image() || media.is_video()) && edges.contains(&self.width) && edges.contains(&self.height)
    }
}

impl Place {
    fn is_on_earth(self) -> bool {
        self.latitude_microdegrees.unsigned_abs() <= LATITUDE_MICRODEGREES
            && self.longitude_microdegrees.unsigned_abs() <= LONGITUDE_MICRODEGREES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo() -> Attachment {
        Attachment {
            sha256: "0a".repeat(32),
            bytes: 1,
            media_type: "image/jpeg".to_owned(),
            kind: AttachmentKind::Photo,
            name: String::new(),
            size: None,
            taken_at: None,
            place: None,
        }
    }

    fn refused(alter: impl FnOnce(&mut Attachment)) -> (Field, Problem) {
        let mut altered = photo();
        assert_eq!(altered.check(), Ok(()));
        alter(&mut altered);
        match altered.check() {
            Err(Refusal::Invalid { field, problem }) => (field, problem),
            other => panic!("expected to be told what is wrong: {other:?}"),
        }
    }

    #[test]
    fn a_hash_has_one_spelling() {
        let hash = "0123456789abcdef".repeat(4);
        assert_eq!(FileHash::parse(&hash).map(|parsed| parsed.to_string()), Some(hash.clone()));
        for other in [
            hash.to_uppercase(),
            hash[1..].to_owned(),
            format!("{hash}0"),
            hash.replace('0', "g"),
            hash.replace("0", "é"),
        ] {
            assert_eq!(FileHash::parse(&other), None, "{other}");
            assert_eq!(refused(|photo| photo.sha256 = other.clone()), (Field::FileHash, Problem::Malformed));
        }
    }

    #[test]
    fn a_file_is_neither_empty_nor_larger_than_is_taken() {
        for bytes in [0, FILE_BYTES + 1] {
            assert_eq!(refused(|photo| photo.bytes = bytes), (Field::FileSize, Problem::OutOfRange));
        }
        assert_eq!(Attachment { bytes: FILE_BYTES, ..photo() }.check(), Ok(()));
    }

    #[test]
    fn what_browsers_might_run_is_not_accepted_and_neither_is_a_kind_that_does_not_fit() {
        for media in ["text/html", "image/svg+xml", "IMAGE/JPEG", "", "video/mp4", "application/pdf"] {
            let found = refused(|photo| photo.media_type = media.to_owned());
            assert_eq!(found, (Field::MediaType, Problem::NotAccepted), "{media}");
        }
        let scan = Attachment { kind: AttachmentKind::Document, ..photo() };
        assert_eq!(scan.check(), Ok(()), "a delivery note is photographed");
    }

    #[test]
    fn every_media_type_is_of_some_kind() {
        for media in MediaType::ALL {
            assert!(AttachmentKind::ALL.iter().any(|kind| kind.admits(*media)), "{media:?}");
            assert_eq!(MediaType::parse(media.name()), Some(*media));
        }
    }

    #[test]
    fn names_sizes_and_places_have_their_bounds() {
        let size = |width, height| Some(ImageSize { width, height });
        assert_eq!(refused(|photo| photo.name = "图".repeat(201)), (Field::FileName, Problem::TooLong));
        for wrong in [size(0, 1), size(1, 0), size(EDGE_PIXELS + 1, 1)] {
            assert_eq!(refused(|photo| photo.size = wrong), (Field::ImageSize, Problem::OutOfRange));
        }
        for (latitude_microdegrees, longitude_microdegrees) in
            [(90_000_001, 0), (0, -180_000_001), (i32::MIN, 0)]
        {
            let place = Place { latitude_microdegrees, longitude_microdegrees, accuracy_m: 5 };
            assert_eq!(refused(|photo| photo.place = Some(place)), (Field::Place, Problem::OutOfRange));
        }
    }
}
