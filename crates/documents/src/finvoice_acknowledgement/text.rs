//! The text of what was received. The frame and the document behind it may have character sets of their own, each told
//! by its declaration.

use super::AcknowledgementFault;
use crate::iso_8859_15;

const DECLARATION: &[u8] = b"<?xml";

/// The text of `bytes`, without a byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<String, AcknowledgementFault> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut text = String::with_capacity(bytes.len());
    let mut begin = 0;
    while begin < bytes.len() {
        let rest = &bytes[begin..];
        // A part reaches to the declaration of the next one.
        let end = (1..rest.len()).find(|place| declares(&rest[*place..])).unwrap_or(rest.len());
        text.push_str(&part(&rest[..end])?);
        begin += end;
    }
    Ok(text)
}

/// Whether an XML declaration begins here, and no other instruction such as `xml-stylesheet`.
fn declares(bytes: &[u8]) -> bool {
    bytes.strip_prefix(DECLARATION).and_then(<[u8]>::first).is_some_and(u8::is_ascii_whitespace)
}

fn part(bytes: &[u8]) -> Result<String, AcknowledgementFault> {
    let declared = if declares(bytes) { encoding(bytes) } else { None };
    match declared.map(|name| name.to_ascii_uppercase()).as_deref() {
        // The frame has no declaration, and the character set of the format is not that of XML without one.
        None => Ok(utf_8(bytes).unwrap_or_else(|_| iso_8859_15::decode(bytes))),
        Some("UTF-8" | "US-ASCII") => utf_8(bytes),
        Some("ISO-8859-15" | "ISO8859-15" | "LATIN9" | "LATIN-9") => Ok(iso_8859_15::decode(bytes)),
        Some("ISO-8859-1" | "ISO8859-1" | "LATIN1") => Ok(bytes.iter().copied().map(char::from).collect()),
        Some(_) => Err(AcknowledgementFault::Encoding),
    }
}

fn utf_8(bytes: &[u8]) -> Result<String, AcknowledgementFault> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| AcknowledgementFault::Encoding)
}

/// The encoding that the declaration at the beginning names, without the blanks that the Guidelines' example has in it.
fn encoding(bytes: &[u8]) -> Option<&str> {
    let end = bytes.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(&bytes[..end]).ok()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split(quote).next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_its_own_character_set() {
        let bytes = [
            b"<A/>\n<?xml version=\"1.0\" encoding=\" ISO-8859-15\"?>\n<?xml-stylesheet x?>\xa4".as_slice(),
            b"<?xml version='1.0' encoding = 'utf-8' ?>\xe2\x82\xac",
            b"<?xml version='1.0' encoding='iso-8859-1'?>\xa4",
        ]
        .concat();
        let text = decode(&bytes).unwrap();
        assert!(text.contains("x?>€<?xml") && text.contains("' ?>€<?xml") && text.ends_with('¤'), "{text}");
        assert_eq!(decode(b"\xef\xbb\xbf<A>\xc3\xa4</A>").unwrap(), "<A>ä</A>");
        assert_eq!(decode(b"<A>\xe4</A>").unwrap(), "<A>ä</A>");
        for wrong in [b"<?xml version='1.0' encoding='UTF-16'?>".as_slice(), b"<?xml encoding='utf-8'?>\xe4"] {
            assert_eq!(decode(wrong), Err(AcknowledgementFault::Encoding));
        }
    }
}
