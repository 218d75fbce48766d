//! Whether bytes are a PDF that a recipient can open, as far as it shows without reading its objects (ISO 32000-2
//! sections 7.5 and 7.6).
//!
//! Looked at: that the file begins with `%PDF-`, that `%%EOF` stands in its last 1024 bytes, and that the trailer, or
//! the dictionary of the cross-reference stream that is the trailer since PDF 1.5, has no `/Encrypt`. Not looked at:
//! whether the objects, fonts and pages are sound, whether there are scripts or files in it, and a name that is spelled
//! with `#` escapes.

use crate::fault_code::Coded;

/// How far before its end a file must say that it ends.
const END_WITHIN: usize = 1024;

/// Why bytes are no PDF to send.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PdfFault {
    /// It does not begin with `%PDF-`.
    #[error("This is no PDF: send a file that begins with %PDF-")]
    NoPdf,
    /// It has no `%%EOF` near its end.
    #[error("The PDF is incomplete, it has no %%EOF at its end: send the whole file")]
    Incomplete,
    /// It can only be opened with a password or a certificate, or would ask for one.
    #[error("The PDF is encrypted: send it without a password and without restrictions")]
    Encrypted,
}

impl Coded for PdfFault {
    fn code(&self) -> &'static str {
        match self {
            Self::NoPdf => "not_a_pdf",
            Self::Incomplete => "pdf_incomplete",
            Self::Encrypted => "pdf_encrypted",
        }
    }
}

/// Looks at `bytes` as the description of this module says.
///
/// # Errors
/// [`PdfFault`], the first that holds in the order of its variants.
pub fn check(bytes: &[u8]) -> Result<(), PdfFault> {
    if !bytes.starts_with(b"%PDF-") {
        return Err(PdfFault::NoPdf);
    }
    if find(&bytes[bytes.len().saturating_sub(END_WITHIN)..], b"%%EOF").is_none() {
        return Err(PdfFault::Incomplete);
    }
    if has_name(trailer(bytes), b"/Encrypt") { Err(PdfFault::Encrypted) } else { Ok(()) }
}

/// The part of `bytes` that holds the last trailer: what the last `startxref` points to, up to the stream or the next
/// `startxref` after its dictionary. Where it points nowhere: everything from the last `trailer`; where there is none,
/// everything.
fn trailer(bytes: &[u8]) -> &[u8] {
    let pointer = find_last(bytes, b"startxref").and_then(|place| {
        let digits = bytes[place + b"startxref".len()..].trim_ascii_start();
        let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
        let offset: usize = std::str::from_utf8(&digits[..end]).ok()?.parse().ok()?;
        // The file may have been saved over a longer one: the pointer must be before itself.
        (offset < place).then_some((offset, place))
    });
    if let Some((offset, place)) = pointer {
        let section = &bytes[offset..place];
        if section.trim_ascii_start().starts_with(b"xref") {
            let end = find(section, b"startxref").unwrap_or(section.len());
            if let Some(start) = find(&section[..end], b"trailer") {
                return &section[start..end];
            }
        } else if section.trim_ascii_start().first().is_some_and(u8::is_ascii_digit) {
            return &section[..find(section, b"stream").unwrap_or(section.len())];
        }
    }
    find_last(bytes, b"trailer").map_or(bytes, |start| &bytes[start..])
}

/// Whether the name stands in `bytes` and does not go on.
fn has_name(bytes: &[u8], name: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(place) = find(rest, name) {
        rest = &rest[place + name.len()..];
        // What ends a name is white space or a delimiter, and an object number after it is written with a space.
        if rest.first().is_none_or(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'-' | b'.' | b'#')) {
            return true;
        }
    }
    false
}

/// Where `wanted` begins first. `wanted` is a few bytes.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// Where `wanted` begins last.
fn find_last(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file whose last section is `section`, with the pointer to it.
    fn file(body: &str, section: &str) -> Vec<u8> {
        let start = format!("%PDF-1.7\n{body}\n");
        format!("{start}{section}\nstartxref\n{}\n%%EOF\n", start.len()).into_bytes()
    }

    #[test]
    fn plain_files_pass() {
        let table = "xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Root 1 0 R >>";
        let stream = "9 0 obj\n<< /Type /XRef /Size 9 >>\nstream\n/Encrypt 8 0 R\nendstream\nendobj";
        for section in [table, stream] {
            assert_eq!(check(&file("", section)), Ok(()), "{section}");
            // The word in the text of a page is no encryption.
            assert_eq!(check(&file("5 0 obj (we /Encrypt nothing) endobj", section)), Ok(()), "{section}");
        }
        assert_eq!(check(&file("", "xref\ntrailer\n<< /EncryptMetadata false >>")), Ok(()));
        assert_eq!(check(b"%PDF-1.4\n1 0 obj endobj\ntrailer <<>>\n%%EOF"), Ok(()));
    }

    #[test]
    fn encrypted_files_are_told_by_their_trailer() {
        for section in [
            "xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Encrypt 8 0 R /Root 1 0 R >>",
            "xref\ntrailer\n<</Encrypt<</Filter/Standard>>>>",
            "9 0 obj\n<< /Type /XRef /Encrypt 8 0 R >>\nstream\n…\nendstream\nendobj",
        ] {
            assert_eq!(check(&file("", section)), Err(PdfFault::Encrypted), "{section}");
        }
        // Without a pointer that leads anywhere, the last trailer counts, and without a trailer the whole file.
        let lost = b"%PDF-1.4\ntrailer << /Encrypt 1 0 R >>\nstartxref\n999999\n%%EOF";
        assert_eq!(check(lost), Err(PdfFault::Encrypted));
        assert_eq!(check(b"%PDF-1.5\n1 0 obj << /Encrypt 1 0 R >> %%EOF"), Err(PdfFault::Encrypted));
    }

    #[test]
    fn other_files_are_refused() {
        for bytes in [&b""[..], b"PK\x03\x04", b" %PDF-1.4\n%%EOF", b"%pdf-1.4\n%%EOF"] {
            assert_eq!(check(bytes), Err(PdfFault::NoPdf));
        }
        assert_eq!(check(b"%PDF-"), Err(PdfFault::Incomplete));
        let cut = [&b"%PDF-1.7\n%%EOF"[..], &[b' '; END_WITHIN]].concat();
        assert_eq!(check(&cut), Err(PdfFault::Incomplete));
    }

    proptest! {
        #[test]
        fn never_panics(body in "(startxref|trailer|xref|stream|/Encrypt|[0-9 \\n]|.){0,60}", tail in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = check(&[&b"%PDF-1.7\n"[..], body.as_bytes(), &tail, b"%%EOF"].concat());
        }
    }
}
