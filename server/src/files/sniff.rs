//! Whether a file is what it is said to be, by its first bytes.
//!
//! This decides only whether a browser may be told that it is a picture or a film. It doesn't say that a file is harmless: whatever is
//! shown is shown without any rights, and all else is only ever downloaded.

use domain::ticket::MediaType;

/// How much of a file is looked at.
pub(super) const HEAD_BYTES: usize = 4_096;

/// What a file is, if its first bytes say the same as whoever sent it; nothing otherwise.
pub(crate) fn recognise(said: MediaType, head: &[u8]) -> Option<MediaType> {
    let fits = match said {
        MediaType::Jpeg => head.starts_with(&[0xff, 0xd8, 0xff]),
        MediaType::Png => head.starts_with(b"\x89PNG\r\n\x1a\n"),
        MediaType::Webp => head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"),
        MediaType::Heic => brand(head).is_some_and(|brand| {
            matches!(brand, b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1")
        }),
        MediaType::Mp4 | MediaType::M4a => brand(head).is_some_and(|brand| {
            brand.starts_with(b"iso")
                || brand.starts_with(b"M4")
                || matches!(
                    brand,
                    b"mp41" | b"mp42" | b"avc1" | b"dash" | b"MSNV" | b"3gp4" | b"3gp5" | b"3gp6"
                )
        }),
        MediaType::Webm | MediaType::WebmSound => {
            head.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) && contains(head, b"webm")
        }
        MediaType::Pdf => head.starts_with(b"%PDF-"),
        MediaType::Text => is_text(head),
    };
    fits.then_some(said)
}

/// What the container that MPEG-4 and HEIC share says that it holds.
fn brand(head: &[u8]) -> Option<&[u8; 4]> {
    (head.get(4..8)? == b"ftyp").then(|| head.get(8..12)?.try_into().ok()).flatten()
}

fn contains(head: &[u8], word: &[u8]) -> bool {
    head.windows(word.len()).any(|window| window == word)
}

/// UTF-8 without any control characters but those of lines; its end may be cut.
fn is_text(head: &[u8]) -> bool {
    let text = match str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginnings of real files.
    const SAMPLES: [(MediaType, &[u8]); 10] = [
        (MediaType::Jpeg, b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"),
        (MediaType::Png, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
        (MediaType::Webp, b"RIFF\x24\x00\x00\x00WEBPVP8 "),
        (MediaType::Heic, b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"),
        (MediaType::Mp4, b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00"),
        (MediaType::Webm, b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm"),
        (MediaType::Pdf, b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"),
        (MediaType::Text, "现场记录\r\n\t轴承".as_bytes()),
        (MediaType::M4a, b"\x00\x00\x00\x1cftypM4A \x00\x00\x00\x00"),
        (MediaType::WebmSound, b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm"),
    ];

    /// Kinds whose beginnings are the same.
    fn share_a_container(one: MediaType, other: MediaType) -> bool {
        let container = |media| match media {
            MediaType::Mp4 | MediaType::M4a => 1,
            MediaType::Webm | MediaType::WebmSound => 2,
            _ => 0,
        };
        one == other || (container(one) != 0 && container(one) == container(other))
    }

    #[test]
    fn every_media_type_is_recognised_and_taken_for_no_other() {
        for said in MediaType::ALL {
            for (is, head) in SAMPLES {
                let expected = share_a_container(*said, is).then_some(*said);
                assert_eq!(recognise(*said, head), expected, "{is:?} said to be {said:?}");
            }
        }
    }

    #[test]
    fn a_page_or_a_program_is_no_picture() {
        let pictures = [MediaType::Jpeg, MediaType::Png, MediaType::Webp, MediaType::Heic, MediaType::Mp4];
        let others: [&[u8]; 6] = [
            b"<html><script>alert(1)</script>",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\">",
            b"GIF89a/*",
            b"\x7fELF",
            b"PK\x03\x04",
            b"",
        ];
        for said in pictures {
            for head in others {
                assert_eq!(recognise(said, head), None, "{said:?}");
            }
        }
    }

    #[test]
    fn text_may_be_cut_within_a_character_and_holds_nothing_for_machines() {
        assert_eq!(recognise(MediaType::Text, &"轴承".as_bytes()[..5]), Some(MediaType::Text));
        for head in [&b"a\x00b"[..], b"\xff\xfe", b"\x1b[2J", b"\xe8\xbdx"] {
            assert_eq!(recognise(MediaType::Text, head), None, "{head:?}");
        }
    }
}
