//! A mail as its octets (RFC 5322, 2045 to 2047).

use std::time::{Duration, SystemTime};

use domain::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as AttachmentPart, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use crate::{Fault, Mail, bounce};

/// A mail ready to be sent.
pub(crate) struct Composed {
    pub(crate) message_id: String,
    pub(crate) from: Address,
    pub(crate) to: Address,
    /// What a report names it by: our id.
    pub(crate) envelope_id: String,
    /// Where it returns to.
    pub(crate) return_path: Address,
    pub(crate) octets: Vec<u8>,
}

/// Writes `mail` down, dated `now`. The identifier is made of ours alone, so that a repeat has the same one. It returns to a subaddress of
/// `bounces`, or to its sender.
pub(crate) fn compose(mail: &Mail, domain: &str, bounces: Option<&Address>, now: Timestamp) -> Result<Composed, Fault> {
    let (from, to) = (mailbox("from", &mail.from)?, mailbox("to", &mail.to)?);
    let return_path = match bounces {
        Some(address) => bounce::return_path(address, mail.id)
            .ok_or_else(|| Fault::permanent("`bounce-address` can't be given a subaddress"))?,
        None => from.email.clone(),
    };
    let message_id = format!("<{}@{domain}>", mail.id);
    let since = u64::try_from(now.seconds()).unwrap_or(0);
    let mut message = Message::builder()
        .from(from.clone())
        .to(to.clone())
        .subject(&mail.subject)
        .message_id(Some(message_id.clone()))
        .date(SystemTime::UNIX_EPOCH + Duration::from_secs(since));
    // So that no machine answers (RFC 3834).
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    message = message.raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()));
    if let Some(reply_to) = &mail.reply_to {
        message = message.reply_to(mailbox("reply_to", reply_to)?);
    }
    let text = SinglePart::plain(mail.text.clone());
    let broken = |error: lettre::error::Error| Fault::permanent(format!("the mail could not be composed: {error}"));
    let message = match (&mail.html, mail.attachments.is_empty()) {
        (None, true) => message.singlepart(text),
        (Some(html), true) => message.multipart(both(text, html)),
        (html, false) => {
            let mut whole = match html {
                None => MultiPart::mixed().singlepart(text),
                Some(html) => MultiPart::mixed().multipart(both(text, html)),
            };
            for attachment in &mail.attachments {
                let kind = ContentType::parse(&attachment.content_type).map_err(|_| {
                    Fault::permanent(format!("attachment {}: the content type is not a media type", attachment.name))
                })?;
                whole =
                    whole.singlepart(AttachmentPart::new(attachment.name.clone()).body(attachment.bytes.clone(), kind));
            }
            message.multipart(whole)
        }
    };
    let octets = message.map_err(broken)?.formatted();
    let envelope_id = mail.id.simple().to_string();
    Ok(Composed { message_id, envelope_id, from: from.email, to: to.email, return_path, octets })
}

/// The plain text first: a reader takes the last that it can show.
fn both(text: SinglePart, html: &str) -> MultiPart {
    MultiPart::alternative().singlepart(text).singlepart(SinglePart::html(html.to_owned()))
}

/// Whether `text` is one mail address, as [`Mail`] takes it: `name@example.com` or `Name <name@example.com>`.
#[must_use]
pub fn is_address(text: &str) -> bool {
    is_plain(text) || text.parse::<Mailbox>().is_ok()
}

/// Whether `text` is an address as nearly all are: words of letters, digits, `-` and `_` with dots between them on either side of the `@`.
/// The parser takes all of these, and makes a dozen texts of one.
fn is_plain(text: &str) -> bool {
    const LONGEST: usize = 64;
    let is_word = |word: &str| {
        (1..LONGEST).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let is_label = |label: &str| !label.contains('_') && !label.starts_with('-') && !label.ends_with('-');
    let Some((local, domain)) = text.split_once('@') else { return false };
    local.len() <= LONGEST
        && local.split('.').all(is_word)
        && text.len() <= 254
        && domain.split('.').all(|label| is_word(label) && is_label(label))
}

fn mailbox(field: &str, text: &str) -> Result<Mailbox, Fault> {
    text.parse()
        .map_err(|_| Fault::permanent(format!("`{field}` is no mail address: write it like Name <name@example.com>")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::{Attachment, FaultKind};

    fn mail() -> Mail {
        Mail {
            id: Uuid::from_u128(7),
            from: "Tally Oy <tally@example.com>".to_owned(),
            to: "maija@example.com".to_owned(),
            subject: "Lasku".to_owned(),
            text: "Hei".to_owned(),
            html: None,
            reply_to: None,
            attachments: Vec::new(),
        }
    }

    fn written(mail: &Mail) -> String {
        let now = Timestamp::parse_rfc3339("2026-11-21T12:00:00Z").unwrap();
        String::from_utf8(compose(mail, "tally.example", None, now).unwrap().octets).unwrap()
    }

    #[test]
    fn the_head_is_ours_to_tell() {
        let text = written(&mail());
        for line in [
            "Message-ID: <00000000-0000-0000-0000-000000000007@tally.example>",
            "Date: Sat, 21 Nov 2026 12:00:00 +0000",
            "From: \"Tally Oy\" <tally@example.com>",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} in {text}");
        }
    }

    #[test]
    fn no_text_can_add_a_header() {
        let mut wrong = mail();
        wrong.subject = "Lasku\r\nBcc: all@example.com\r\n\r\nHello".to_owned();
        let text = written(&wrong);
        assert!(!text.lines().any(|line| line.starts_with("Bcc:") || line == "Hello"), "{text}");
        for broken in ["a@example.com\r\nBcc: b@example.com", "a@example.com, b@example.com", "nobody", ""] {
            wrong = mail();
            wrong.to = broken.to_owned();
            let Err(fault) = compose(&wrong, "tally.example", None, Timestamp::from_micros(0)) else {
                panic!("{broken}")
            };
            assert_eq!(fault.kind, FaultKind::Permanent);
            assert!(fault.reason.contains("`to`"), "{fault}");
        }
    }

    #[test]
    fn an_address_is_told_before_the_first_mail() {
        for good in ["tally@example.com", "Tally Oy <tally@example.com>", "Tally Oy Äänekoski <tally@example.com>"] {
            assert!(is_address(good), "{good}");
        }
        for wrong in ["", "tally", "tally@", "Tally Oy", "a@example.com, b@example.com", "Tally <tally@example.com"] {
            assert!(!is_address(wrong), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_plain_is_an_address(text in "[a-z0-9._-]{0,4}|[a-z0-9._-]{60,70}", domain in "[a-z0-9._-]{0,6}|[a-z0-9-]{60,70}\\.[a-z]{0,2}") {
            let address = format!("{text}@{domain}");
            prop_assert!(!is_plain(&address) || address.parse::<Mailbox>().is_ok(), "{}", address);
        }

        #[test]
        fn nothing_else_is_plain(text in "[ -~]{0,8}@[ -~]{0,8}|\\PC{0,12}") {
            prop_assert!(!is_plain(&text) || text.parse::<Mailbox>().is_ok(), "{}", text);
        }
    }

    #[test]
    fn most_addresses_are_plain() {
        for plain in ["tally@example.com", "invoices@buyer.example", "first.last_2@a-b.c1.example", "a@b"] {
            assert!(is_plain(plain), "{plain}");
        }
        let long = |local: usize, label: usize| format!("{}@{}.fi", "a".repeat(local), "b".repeat(label));
        assert!(is_plain(&format!("{}.a@b.fi", "a".repeat(62))) && is_plain(&long(63, 63)));
        for (local, label) in [(65, 5), (5, 64)] {
            assert!(!is_plain(&long(local, label)) && !is_address(&long(local, label)), "{local} {label}");
        }
    }

    #[test]
    fn it_returns_to_the_sender_or_to_an_address_of_its_own() {
        let returns = |bounces: Option<&str>| {
            let bounces = bounces.map(|address| address.parse().unwrap());
            let composed = compose(&mail(), "tally.example", bounces.as_ref(), Timestamp::from_micros(0)).unwrap();
            let octets = String::from_utf8(composed.octets).unwrap();
            assert!(!octets.contains("bounces"), "the head is the same: {octets}");
            composed.return_path.to_string()
        };
        assert_eq!(returns(None), "tally@example.com");
        assert_eq!(returns(Some("bounces@b.example")), "bounces+00000000000000000000000000000007@b.example");
    }

    #[test]
    fn an_attachment_needs_a_media_type() {
        let mut wrong = mail();
        wrong.attachments.push(Attachment { name: "a.pdf".into(), content_type: "pdf".into(), bytes: Vec::new() });
        let Err(fault) = compose(&wrong, "tally.example", None, Timestamp::from_micros(0)) else { panic!() };
        assert!(fault.reason.contains("a.pdf"), "{fault}");
    }
}
