//! Whether bytes are a PDF that a recipient can open, as far as it shows without reading its objects (ISO 32000-2
//! sections 7.5 and 7.6).
//!
//! Looked at: that the file begins with `%PDF-`; that `startxref` and `%%EOF` stand in its last 1024 bytes; that there
//! is an object; and that the trailer, or the dictionary of the cross-reference stream that is the trailer since PDF
//! 1.5, has a `/Root` and no `/Encrypt`. Not looked at: whether the objects, fonts and pages are sound, whether there
//! are scripts or files in it, and a name that is spelled with `#` escapes.

use crate::fault_code::Coded;

/// How far before its end a file must say where its parts are and that it ends.
const END_WITHIN: usize = 1024;

/// Why bytes are no PDF to send.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PdfFault {
    /// It does not begin with `%PDF-`, or has no object or no root.
    #[error("This is no PDF: send a file that begins with %PDF- and that a reader of PDFs opens")]
    NoPdf,
    /// It has no `startxref` or no `%%EOF` near its end.
    #[error("The PDF is incomplete, it has no startxref or no %%EOF at its end: send the whole file")]
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
    let end = &bytes[bytes.len().saturating_sub(END_WITHIN)..];
    if find(end, b"startxref").is_none() || find(end, b"%%EOF").is_none() {
        return Err(PdfFault::Incomplete);
    }
    let trailer = trailer(bytes);
    if has_name(trailer, b"/Encrypt") {
        Err(PdfFault::Encrypted)
    } else if has_name(trailer, b"/Root") && has_object(bytes) {
        Ok(())
    } else {
        Err(PdfFault::NoPdf)
    }
}

/// The part of `bytes` that holds the last trailer: what the last `startxref` points to, up to the stream or the next
/// `startxref` after its dictionary. Where it points to neither a table nor a cross-reference stream: everything from
/// the last `trailer`; where there is none, everything, so that an encrypted file with a wrong pointer is none that
/// passes.
fn trailer(bytes: &[u8]) -> &[u8] {
    let pointer = find_last(bytes, b"startxref").and_then(|place| {
        let (offset, _) = split_digits(bytes[place + b"startxref".len()..].trim_ascii_start());
        let offset: usize = std::str::from_utf8(offset).ok()?.parse().ok()?;
        // The file may have been saved over a longer one: the pointer must be before itself.
        (offset < place).then_some((offset, place))
    });
    if let Some((offset, place)) = pointer {
        let section = bytes[offset..place].trim_ascii_start();
        if section.starts_with(b"xref") {
            let end = find(section, b"startxref").unwrap_or(section.len());
            if let Some(start) = find(&section[..end], b"trailer") {
                return &section[start..end];
            }
        } else if begins_object(section) {
            let dictionary = &section[..find(section, b"stream").unwrap_or(section.len())];
            if has_name(dictionary, b"/XRef") {
                return dictionary;
            }
        }
    }
    find_last(bytes, b"trailer").map_or(bytes, |start| &bytes[start..])
}

/// The digits that `bytes` begin with, and the rest.
fn split_digits(bytes: &[u8]) -> (&[u8], &[u8]) {
    bytes.split_at(bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len()))
}

/// Whether `bytes` begin with an object: its number, its generation and `obj`.
fn begins_object(bytes: &[u8]) -> bool {
    let (number, rest) = split_digits(bytes);
    let (generation, rest_after) = split_digits(rest.trim_ascii_start());
    let object = rest_after.trim_ascii_start();
    !number.is_empty()
        && !generation.is_empty()
        && rest.first().is_some_and(u8::is_ascii_whitespace)
        && object.len() < rest_after.len()
        && object.starts_with(b"obj")
}

/// Whether an object begins anywhere at the beginning of a line, as writers put them.
fn has_object(bytes: &[u8]) -> bool {
    // Each line once, and of each only its first few words: linear, whatever the file holds.
    bytes.split(|byte| matches!(byte, b'\n' | b'\r')).any(|line| begins_object(line.trim_ascii_start()))
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

    /// A file with an object and `body`, whose last section is `section`, and the pointer to that, moved by `off`.
    fn misled(body: &str, section: &str, off: usize) -> Vec<u8> {
        let start = format!("%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n{body}\n");
        format!("{start}{section}\nstartxref\n{}\n%%EOF\n", start.len() + off).into_bytes()
    }

    fn file(body: &str, section: &str) -> Vec<u8> {
        misled(body, section, 0)
    }

    /// Written by hand, and by qpdf from that.
    const PLAIN: [&[u8]; 3] = [
        include_bytes!("pdf_file/table.pdf"),
        include_bytes!("pdf_file/stream.pdf"),
        include_bytes!("pdf_file/linearized.pdf"),
    ];
    const ENCRYPTED: [&[u8]; 2] =
        [include_bytes!("pdf_file/encrypted_table.pdf"), include_bytes!("pdf_file/encrypted_stream.pdf")];

    #[test]
    fn real_files_are_told_apart() {
        for bytes in PLAIN {
            assert_eq!(check(bytes), Ok(()));
        }
        // A linearized file has an end in its middle as well.
        for bytes in &PLAIN[..2] {
            for cut in [bytes.len() / 2, bytes.len() - 12] {
                assert_eq!(check(&bytes[..cut]), Err(PdfFault::Incomplete), "{cut}");
            }
        }
        for bytes in ENCRYPTED {
            assert_eq!(check(bytes), Err(PdfFault::Encrypted));
        }
    }

    #[test]
    fn plain_files_pass() {
        let table = "xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Root 1 0 R >>";
        let stream = "9 0 obj\n<< /Type /XRef /Size 9 /Root 1 0 R >>\nstream\n/Encrypt 8 0 R\nendstream\nendobj";
        for section in [table, stream] {
            assert_eq!(check(&file("", section)), Ok(()), "{section}");
            // The word in the text of a page is no encryption.
            assert_eq!(check(&file("5 0 obj (we /Encrypt nothing) endobj", section)), Ok(()), "{section}");
        }
        assert_eq!(check(&file("", "xref\ntrailer\n<</EncryptMetadata false/Root 1 0 R>>")), Ok(()));
        // A wrong pointer is mended by readers, and so by us.
        assert_eq!(check(&misled("", table, 3)), Ok(()));
    }

    #[test]
    fn encrypted_files_are_told_by_their_trailer() {
        for section in [
            "xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 /Encrypt 8 0 R /Root 1 0 R >>",
            "xref\ntrailer\n<</Encrypt<</Filter/Standard>>>>",
            "9 0 obj\n<< /Type /XRef /Root 1 0 R /Encrypt 8 0 R >>\nstream\n…\nendstream\nendobj",
        ] {
            // Where the pointer leads elsewhere, the last trailer counts, and without a trailer the whole file.
            for off in [0, 1, 5, 20, 999_999] {
                assert_eq!(check(&misled("", section, off)), Err(PdfFault::Encrypted), "{section} {off}");
            }
        }
        let stream =
            "9 0 obj\n<< /Root 1 0 R >>\nstream\n…\nendstream\nendobj\n8 0 obj\n<< /Type /XRef /Encrypt 8 0 R >>";
        assert_eq!(check(&file("", stream)), Err(PdfFault::Encrypted));
    }

    #[test]
    fn other_files_are_refused() {
        for bytes in [&b""[..], b"PK\x03\x04", b" %PDF-1.4\n%%EOF", b"%pdf-1.4\n%%EOF"] {
            assert_eq!(check(bytes), Err(PdfFault::NoPdf));
        }
        for body in ["", "%%EOF", "<html></html>\n%%EOF", "startxref\n0\n"] {
            assert_eq!(check(format!("%PDF-1.7\n{body}").as_bytes()), Err(PdfFault::Incomplete), "{body}");
        }
        for body in [
            "<html></html>",
            "PK\u{3}\u{4}",
            "trailer << /Size 1 >>",
            "trailer << /Root 1 0 R >>",
            "1 0 obj\n<<>>\nendobj",
            "1 0 obj\n<<>>\nendobj\ntrailer << /Roots 1 0 R >>",
            "10 obj\n1 0obj\nendobj\ntrailer << /Root 1 0 R >>",
        ] {
            let bytes = format!("%PDF-1.7\n{body}\nstartxref\n0\n%%EOF\n");
            assert_eq!(check(bytes.as_bytes()), Err(PdfFault::NoPdf), "{body}");
        }
        let cut = [&file("", "xref\ntrailer\n<</Root 1 0 R>>")[..], &[b' '; END_WITHIN]].concat();
        assert_eq!(check(&cut), Err(PdfFault::Incomplete));
    }

    proptest! {
        #[test]
        fn never_panics(body in "(startxref|trailer|xref|stream|/Encrypt|[0-9 \\n]|.){0,60}", tail in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = check(&[&b"%PDF-1.7\n"[..], body.as_bytes(), &tail, b"%%EOF"].concat());
        }
    }
}
