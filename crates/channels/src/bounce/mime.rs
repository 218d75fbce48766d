//! A mail as its head and its parts (RFC 2045, 2046), to a depth and a number that are bounded.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{MessageParser, MimeHeaders};

/// The most octets of a head. What is behind them is not looked at.
const LARGEST_HEAD: usize = 64 * 1024;

/// The most header fields of a head.
const MOST_FIELDS: usize = 500;

/// How deep a part may stand in others. A report stands at 1.
const DEEPEST: usize = 4;

/// The most parts.
const MOST_PARTS: usize = 50;

/// A mail, and its parts that are not made of parts.
pub(super) struct Mail<'a> {
    pub(super) head: Head,
    pub(super) parts: Vec<Part<'a>>,
}

/// A part, decoded.
pub(super) struct Part<'a> {
    /// Its media type, in lower case.
    pub(super) kind: String,
    pub(super) content: Cow<'a, [u8]>,
}

/// The head of a mail or of a part.
pub(super) struct Head {
    /// Its media type, in lower case.
    kind: String,
    boundary: Option<String>,
    /// Decoded.
    pub(super) subject: String,
    /// Names in lower case, and values on one line.
    fields: Vec<(String, String)>,
}

impl<'a> Mail<'a> {
    /// `None` when it has no head.
    pub(super) fn read(octets: &'a [u8]) -> Option<Self> {
        let (head, body) = split(octets);
        let head = Head::read(head)?;
        let mut parts = Vec::new();
        take_apart(&head, body, 0, &mut parts);
        Some(Self { head, parts })
    }

    /// The first part of one of these kinds.
    pub(super) fn part(&self, kinds: &[&str]) -> Option<&Part<'a>> {
        self.parts.iter().find(|part| kinds.contains(&part.kind.as_str()))
    }

    /// The head of the mail that is returned in it.
    pub(super) fn returned(&self) -> Option<Head> {
        let kinds = ["message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"];
        Head::read(split(&self.part(&kinds)?.content).0)
    }
}

impl Part<'_> {
    pub(super) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.content)
    }
}

impl Head {
    fn read(octets: &[u8]) -> Option<Self> {
        let octets = &octets[..octets.len().min(LARGEST_HEAD)];
        let parsed = MessageParser::new().parse_headers(octets)?;
        let content_type = parsed.content_type();
        let kind = content_type.map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()));
        let value = |from: u32, to: u32| {
            let value = String::from_utf8_lossy(octets.get(from as usize..to as usize).unwrap_or_default());
            value.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let fields = parsed.headers().iter().take(MOST_FIELDS);
        Some(Self {
            kind: kind.unwrap_or_else(|| "text/plain".to_owned()).to_ascii_lowercase(),
            boundary: content_type.and_then(|kind| kind.attribute("boundary")).map(str::to_owned),
            subject: parsed.subject().unwrap_or_default().to_owned(),
            fields: fields
                .map(|field| (field.name().to_ascii_lowercase(), value(field.offset_start(), field.offset_end())))
                .collect(),
        })
    }

    /// The values of the fields called `name`, which is in lower case.
    pub(super) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// The first of them.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    fn decode<'a>(&self, body: &'a [u8]) -> Cow<'a, [u8]> {
        let encoding = self.first("content-transfer-encoding").unwrap_or_default();
        let decoded = if encoding.eq_ignore_ascii_case("base64") {
            base64_decode(body)
        } else if encoding.eq_ignore_ascii_case("quoted-printable") {
            quoted_printable_decode(body)
        } else {
            None
        };
        decoded.map_or(Cow::Borrowed(body), Cow::Owned)
    }
}

fn take_apart<'a>(head: &Head, body: &'a [u8], depth: usize, parts: &mut Vec<Part<'a>>) {
    if parts.len() >= MOST_PARTS {
        return;
    }
    let boundary =
        head.boundary.as_deref().filter(|boundary| !boundary.is_empty() && head.kind.starts_with("multipart/"));
    let Some(boundary) = boundary else {
        parts.push(Part { kind: head.kind.clone(), content: head.decode(body) });
        return;
    };
    if depth >= DEEPEST {
        return;
    }
    for part in children(body, boundary.as_bytes()) {
        let (head, body) = split(part);
        match Head::read(head) {
            Some(head) => take_apart(&head, body, depth + 1, parts),
            // Without a head, it is plain text (RFC 2046, section 5.1).
            None if parts.len() < MOST_PARTS => {
                parts.push(Part { kind: "text/plain".to_owned(), content: Cow::Borrowed(body) });
            }
            None => return,
        }
    }
}

/// The head with the empty line behind it, and the body.
fn split(octets: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        end += line.len();
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
    }
    octets.split_at(end)
}

/// What stands between the lines of `boundary`. The last of them may be missing.
fn children<'a>(body: &'a [u8], boundary: &[u8]) -> Vec<&'a [u8]> {
    let (mut found, mut begin, mut at) = (Vec::new(), None, 0);
    for line in body.split_inclusive(|octet| *octet == b'\n') {
        let start = at;
        at += line.len();
        let Some(rest) = line.strip_prefix(b"--").and_then(|line| line.strip_prefix(boundary)) else { continue };
        let rest = rest.trim_ascii_end();
        if !matches!(rest, b"" | b"--") {
            continue;
        }
        if let Some(begin) = begin.take() {
            // The line break before the boundary belongs to that.
            let part: &[u8] = &body[begin..start];
            let part = part.strip_suffix(b"\n").unwrap_or(part);
            found.push(part.strip_suffix(b"\r").unwrap_or(part));
        }
        if rest == b"--" || found.len() >= MOST_PARTS {
            return found;
        }
        begin = Some(at);
    }
    found.extend(begin.map(|begin| &body[begin..]));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<String> {
        Mail::read(text.as_bytes()).unwrap().parts.into_iter().map(|part| part.kind).collect()
    }

    #[test]
    fn parts_are_found_with_either_line_break_and_without_an_end() {
        let text = "Subject: a\nContent-Type: Multipart/Mixed; boundary=\"b 1\"\n\nbefore\n--b 1\n\nplain\n--b 12\n--b 1 \n\
                    Content-Type: TEXT/HTML\nContent-Transfer-Encoding: base64\n\naGVp\nIQ==\n";
        for text in [text.to_owned(), text.replace('\n', "\r\n"), format!("{text}--b 1--\nContent-Type: a/b\n")] {
            let mail = Mail::read(text.as_bytes()).unwrap();
            let found: Vec<_> =
                mail.parts.iter().map(|part| (part.kind.as_str(), part.text().replace('\r', ""))).collect();
            assert_eq!(found, [("text/plain", "plain\n--b 12".to_owned()), ("text/html", "hei!".to_owned())], "{text}");
        }
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let mut deep = String::new();
        for level in 0..2_000 {
            deep += &format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n");
        }
        assert!(kinds(&deep).is_empty());
        let many = format!("Content-Type: multipart/digest; boundary=b\n\n{}", "--b\n\nx\n".repeat(100_000));
        assert_eq!(kinds(&many).len(), MOST_PARTS);
        let messages = "Content-Type: message/rfc822\n\n".repeat(30_000);
        assert_eq!(kinds(&messages), ["message/rfc822"]);
    }

    #[test]
    fn what_has_no_head_is_no_mail() {
        for text in ["", "\n", "\r\n\r\nSubject: a", "no field here\n\n"] {
            assert!(Mail::read(text.as_bytes()).is_none(), "{text:?}");
        }
    }
}
