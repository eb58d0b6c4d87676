//! What a camera writes into its files and is worth keeping: how large the picture is, when and where it was taken.
//!
//! Reads the first part of a JPEG, PNG or WebP file that anybody may have made: every place in it is looked up within bounds, every
//! list has an end, and what can't be read is not there.

use domain::ticket::Place;

/// Most entries that a directory is taken to have.
const MOST_ENTRIES: u16 = 512;
/// How far off a place may be of which a camera doesn't say it, in metres.
const ACCURACY_M: u32 = 100;

const DATE_TIME: u16 = 0x0132;
const CAMERA: u16 = 0x8769;
const POSITION: u16 = 0x8825;
const TAKEN: u16 = 0x9003;
const TAKEN_OFFSET: u16 = 0x9011;
const LATITUDE_SIDE: u16 = 1;
const LATITUDE: u16 = 2;
const LONGITUDE_SIDE: u16 = 3;
const LONGITUDE: u16 = 4;
const POSITION_ERROR: u16 = 31;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Exif {
    /// From left to right and from top to bottom, as stored.
    pub(super) pixels: Option<(u32, u32)>,
    /// When it was taken: `2026-11-21T09:30:05`, with an offset behind it if the camera knew one.
    pub(super) taken: Option<String>,
    /// Where it was taken.
    pub(super) place: Option<Place>,
}

impl Exif {
    /// Reads the beginning of a file.
    pub(super) fn read(head: &[u8]) -> Self {
        if head.starts_with(&[0xff, 0xd8]) {
            read_jpeg(head)
        } else if head.starts_with(b"\x89PNG\r\n\x1a\n") {
            Self {
                pixels: bytes(head, 16).map(u32::from_be_bytes).zip(bytes(head, 20).map(u32::from_be_bytes)),
                ..Self::default()
            }
        } else if head.starts_with(b"RIFF") && head.get(8..16) == Some(b"WEBPVP8X") {
            let edge = |at| bytes(head, at).map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]) + 1);
            Self { pixels: edge(24).zip(edge(27)), ..Self::default() }
        } else {
            Self::default()
        }
    }
}

/// Walks the segments up to the picture itself.
fn read_jpeg(head: &[u8]) -> Exif {
    let mut exif = Exif::default();
    let mut at = 2;
    while let Some([0xff, marker]) = bytes(head, at) {
        let Some(length) = bytes(head, at + 2).map(u16::from_be_bytes).filter(|length| *length >= 2) else {
            break;
        };
        let end = at + 2 + usize::from(length);
        let body = head.get(at + 4..end.min(head.len())).unwrap_or_default();
        match marker {
            // What begins a frame, without the three of that range that begin something else.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let edge = |at| bytes(body, at).map(u16::from_be_bytes).map(u32::from);
                exif.pixels = edge(3).zip(edge(1));
            }
            0xe1 => {
                if let Some(tiff) = body.strip_prefix(b"Exif\0\0") {
                    (exif.taken, exif.place) = read_tiff(tiff).unwrap_or_default();
                }
            }
            0xda | 0xd9 => break,
            _ => {}
        }
        at = end;
    }
    exif
}

fn read_tiff(tiff: &[u8]) -> Option<(Option<String>, Option<Place>)> {
    let is_little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let tiff = Tiff { bytes: tiff, is_little };
    let first = tiff.u32(4)?;
    let camera = tiff.find(first, CAMERA).and_then(|entry| tiff.u32(entry + 8));
    let position = tiff.find(first, POSITION).and_then(|entry| tiff.u32(entry + 8));
    let taken = camera.and_then(|camera| {
        let taken = date_time(tiff.text(camera, TAKEN)?)?;
        let offset = tiff.text(camera, TAKEN_OFFSET).filter(|offset| is_offset(offset));
        Some(format!("{taken}{}", offset.unwrap_or_default()))
    });
    let taken = taken.or_else(|| date_time(tiff.text(first, DATE_TIME)?));
    Some((taken, position.and_then(|position| tiff.place(position))))
}

/// Directories of entries of twelve bytes: tag, type, count, and the value or where it is.
#[derive(Clone, Copy)]
struct Tiff<'t> {
    bytes: &'t [u8],
    is_little: bool,
}

impl<'t> Tiff<'t> {
    fn u16(self, at: usize) -> Option<u16> {
        let found = bytes(self.bytes, at)?;
        Some(if self.is_little { u16::from_le_bytes(found) } else { u16::from_be_bytes(found) })
    }

    fn u32(self, at: usize) -> Option<u32> {
        let found = bytes(self.bytes, at)?;
        Some(if self.is_little { u32::from_le_bytes(found) } else { u32::from_be_bytes(found) })
    }

    /// Where the entry of a tag is.
    fn find(self, directory: u32, tag: u16) -> Option<usize> {
        let directory = usize::try_from(directory).ok()?;
        let entries = self.u16(directory)?.min(MOST_ENTRIES);
        let places = (0..usize::from(entries)).filter_map(|entry| directory.checked_add(2 + entry * 12));
        places.into_iter().find(|entry| self.u16(*entry) == Some(tag))
    }

    /// The bytes of a value of so many bytes for each of its parts.
    fn value(self, directory: u32, tag: u16, bytes_each: usize) -> Option<(usize, usize)> {
        let entry = self.find(directory, tag)?;
        let count = usize::try_from(self.u32(entry.checked_add(4)?)?).ok()?;
        let length = count.checked_mul(bytes_each)?;
        let at = if length <= 4 { entry + 8 } else { usize::try_from(self.u32(entry + 8)?).ok()? };
        (at.checked_add(length)? <= self.bytes.len()).then_some((at, count))
    }

    fn text(self, directory: u32, tag: u16) -> Option<&'t str> {
        let (at, length) = self.value(directory, tag, 1)?;
        let text = std::str::from_utf8(self.bytes.get(at..at + length)?).ok()?;
        Some(text.trim_end_matches(['\0', ' ']))
    }

    fn fraction(self, at: usize) -> Option<(u64, u64)> {
        let (above, below) = (self.u32(at)?, self.u32(at.checked_add(4)?)?);
        (below != 0).then(|| (above.into(), below.into()))
    }

    fn place(self, directory: u32) -> Option<Place> {
        let latitude = self.angle(directory, LATITUDE, 90)?;
        let longitude = self.angle(directory, LONGITUDE, 180)?;
        let is =
            |tag, side: &str| self.text(directory, tag).is_some_and(|said| said.eq_ignore_ascii_case(side));
        let error = self.value(directory, POSITION_ERROR, 8).and_then(|(at, _)| self.fraction(at));
        let accuracy_m = error.and_then(|(above, below)| u32::try_from(above.div_ceil(below)).ok());
        Some(Place {
            latitude_microdegrees: if is(LATITUDE_SIDE, "S") { -latitude } else { latitude },
            longitude_microdegrees: if is(LONGITUDE_SIDE, "W") { -longitude } else { longitude },
            accuracy_m: accuracy_m.unwrap_or(ACCURACY_M),
        })
    }

    /// Degrees, minutes and seconds, in millionths of a degree.
    fn angle(self, directory: u32, tag: u16, most_degrees: u64) -> Option<i32> {
        /// More exact than what comes of it, so that what is cut off from each part makes no difference.
        const BILLION: u64 = 1_000_000_000;
        let (at, 3) = self.value(directory, tag, 8)? else { return None };
        let mut angle = 0;
        for (part, sixtieth) in [1, 60, 3600].into_iter().enumerate() {
            let (above, below) = self.fraction(at + part * 8)?;
            angle += above * BILLION / (below * sixtieth);
        }
        i32::try_from(Some(angle).filter(|angle| *angle <= most_degrees * BILLION)? / 1_000).ok()
    }
}

/// `2026:11:21 09:30:05` as fields of day and time have it.
fn date_time(text: &str) -> Option<String> {
    const FORM: &[u8; 19] = b"0000:00:00 00:00:00";
    let fits = text.len() == FORM.len() && text.bytes().zip(FORM).all(|(said, form)| fits(said, *form));
    let (date, time) = text.split_once(' ').filter(|_| fits)?;
    Some(format!("{}T{time}", date.replace(':', "-")))
}

fn is_offset(text: &str) -> bool {
    const FORM: &[u8; 6] = b"+00:00";
    let said = text.replacen('-', "+", 1);
    said.len() == FORM.len() && said.bytes().zip(FORM).all(|(said, form)| fits(said, *form))
}

fn fits(said: u8, form: u8) -> bool {
    if form == b'0' { said.is_ascii_digit() } else { said == form }
}

fn bytes<const N: usize>(from: &[u8], at: usize) -> Option<[u8; N]> {
    from.get(at..at.checked_add(N)?)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One entry: tag, type, count and its bytes.
    type Entry = (u16, u16, u32, Vec<u8>);

    /// Directories after one another, each with its long values behind it. Of an entry with the bytes `@` and a number, that
    /// directory's place is the value.
    fn tiff(directories: &[Vec<Entry>]) -> Vec<u8> {
        let length = |directory: &Vec<Entry>| {
            let long = directory.iter().map(|(.., value)| if value.len() > 4 { value.len() } else { 0 });
            6 + directory.len() * 12 + long.sum::<usize>()
        };
        let mut written = b"MM\0*\0\0\0\x08".to_vec();
        let starts: Vec<u32> = directories
            .iter()
            .scan(8, |at, directory| {
                let start = *at;
                *at += u32::try_from(length(directory)).unwrap_or_default();
                Some(start)
            })
            .collect();
        for directory in directories {
            let mut behind = written.len() + 6 + directory.len() * 12;
            let mut values: Vec<u8> = Vec::new();
            written.extend(u16::try_from(directory.len()).unwrap_or_default().to_be_bytes());
            for (tag, kind, count, value) in directory {
                written.extend(tag.to_be_bytes());
                written.extend(kind.to_be_bytes());
                written.extend(count.to_be_bytes());
                match value.as_slice() {
                    [b'@', number] => written.extend(starts[usize::from(*number)].to_be_bytes()),
                    short if short.len() <= 4 => {
                        let mut short = short.to_vec();
                        short.resize(4, 0);
                        written.extend(short);
                    }
                    long => {
                        written.extend(u32::try_from(behind).unwrap_or_default().to_be_bytes());
                        behind += long.len();
                        values.extend(long);
                    }
                }
            }
            written.extend([0; 4]);
            written.extend(values);
        }
        written
    }

    fn fractions(parts: &[(u32, u32)]) -> Vec<u8> {
        parts.iter().flat_map(|(above, below)| [above.to_be_bytes(), below.to_be_bytes()].concat()).collect()
    }

    fn camera(entries: Vec<Entry>, position: Vec<Entry>) -> Vec<u8> {
        let first = vec![(CAMERA, 4, 1, b"@\x01".to_vec()), (POSITION, 4, 1, b"@\x02".to_vec())];
        tiff(&[first, entries, position])
    }

    fn jpeg(tiff: &[u8]) -> Vec<u8> {
        let body = [b"Exif\0\0".as_slice(), tiff].concat();
        let length = u16::try_from(body.len() + 2).unwrap_or_default().to_be_bytes();
        let frame = [0xff, 0xc0, 0, 11, 8, 0x0b, 0xb8, 0x0f, 0xa0, 1, 0, 0, 0];
        [&[0xff, 0xd8, 0xff, 0xe1][..], &length, &body, &frame, &[0xff, 0xda, 0, 2]].concat()
    }

    fn taken(text: &str) -> Entry {
        (TAKEN, 2, 20, [text.as_bytes(), &[0]].concat())
    }

    fn position(latitude: &[(u32, u32)]) -> Vec<Entry> {
        vec![
            (LATITUDE_SIDE, 2, 2, b"S\0".to_vec()),
            (LATITUDE, 5, 3, fractions(latitude)),
            (LONGITUDE_SIDE, 2, 2, b"E\0".to_vec()),
            (LONGITUDE, 5, 3, fractions(&[(121, 1), (28, 1), (2599, 100)])),
            (POSITION_ERROR, 5, 1, fractions(&[(47, 10)])),
        ]
    }

    #[test]
    fn time_place_and_size_of_a_photo_are_read() {
        let offset = (TAKEN_OFFSET, 2, 7, b"+08:00\0".to_vec());
        let camera =
            camera(vec![taken("2026:11:21 09:30:05"), offset], position(&[(31, 1), (13, 1), (4963, 100)]));
        let exif = Exif::read(&jpeg(&camera));
        assert_eq!(exif.pixels, Some((4000, 3000)));
        assert_eq!(exif.taken.as_deref(), Some("2026-11-21T09:30:05+08:00"));
        let place =
            Place { latitude_microdegrees: -31_230_452, longitude_microdegrees: 121_473_886, accuracy_m: 5 };
        assert_eq!(exif.place, Some(place));
    }

    #[test]
    fn a_camera_that_knows_no_offset_means_the_devices_own() {
        let exif = Exif::read(&jpeg(&camera(vec![taken("2026:11:21 09:30:05")], Vec::new())));
        assert_eq!((exif.taken.as_deref(), exif.place), (Some("2026-11-21T09:30:05"), None));
    }

    #[test]
    fn what_is_no_time_and_no_place_is_not_there() {
        for time in ["0000-00-00 00:00:00", "2026:11:21T09:30:05", "2026:11:21 09:30", "    :  :     :  :  "]
        {
            let exif = Exif::read(&jpeg(&camera(vec![taken(time)], Vec::new())));
            assert_eq!(exif.taken, None, "{time}");
        }
        for latitude in
            [[(91, 1), (0, 1), (0, 1)], [(31, 0), (0, 1), (0, 1)], [(u32::MAX, 1), (u32::MAX, 1), (1, 1)]]
        {
            let exif = Exif::read(&jpeg(&camera(Vec::new(), position(&latitude))));
            assert_eq!(exif.place, None, "{latitude:?}");
        }
    }

    #[test]
    fn a_file_that_is_cut_anywhere_or_altered_anywhere_does_no_harm() {
        let whole =
            jpeg(&camera(vec![taken("2026:11:21 09:30:05")], position(&[(31, 1), (13, 1), (4963, 100)])));
        for end in 0..whole.len() {
            let _ = Exif::read(&whole[..end]);
        }
        for at in 0..whole.len() {
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                let mut altered = whole.clone();
                altered[at] = byte;
                let _ = Exif::read(&altered);
            }
        }
    }

    #[test]
    fn a_directory_that_names_itself_has_an_end() {
        let first = vec![(CAMERA, 4, 1, b"@\x00".to_vec()), (POSITION, 4, 1, b"@\x00".to_vec())];
        assert_eq!(Exif::read(&jpeg(&tiff(&[first]))).taken, None);
    }

    #[test]
    fn other_pictures_say_how_large_they_are() {
        let png = [b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".as_slice(), &[0, 0, 0x10, 0, 0, 0, 8, 0]].concat();
        assert_eq!(Exif::read(&png).pixels, Some((4096, 2048)));
        let webp =
            [b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0".as_slice(), &[0xff, 0x0f, 0, 0xff, 0x07, 0]].concat();
        assert_eq!(Exif::read(&webp).pixels, Some((4096, 2048)));
        assert_eq!(Exif::read(b"GIF89a"), Exif::default());
    }
}
