//! Bounces in no standard form, for people to read: of qmail, of old servers, of appliances.
//!
//! Nothing but a failure is taken from one, and only where everything comes together: it was sent without a return path (RFC 5321, section
//! 4.5.5), by a mail system, it names the mail, and above what it quotes of that stands a code of a permanent failure as a server gives it.

use super::mime::Mail;
use super::{Bounce, NotABounce, Outcome, id, report};
use crate::fault::one_line;

/// Who sends bounces.
const SENDERS: [&str; 4] = ["mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon"];

/// Words in the subject of a bounce.
const WORDS: [&str; 8] = [
    "undeliver",
    "failure",
    "returned mail",
    "returned to sender",
    "delivery status",
    "delivery failed",
    "not delivered",
    "non-delivery",
];

/// Words in the subject of a notice that it is tried further.
const LATE: [&str; 3] = ["delay", "warning", "still being"];

/// How a line begins from which on the mail itself is quoted, or an answer's words of the one before.
const QUOTED: [&str; 8] = ["return-path:", "received:", "message-id:", "subject:", "from:", "date:", "---", ">"];

/// What stands before the code of an SMTP server.
const BEFORE: [&str; 6] = ["said", "error", "reply", "response", "code", "status"];

pub(super) fn read(mail: &Mail<'_>) -> Result<Bounce, NotABounce> {
    let subject = mail.head.subject.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| subject.contains(word));
    let from = mail.head.first("from").unwrap_or_default().to_lowercase();
    let of_a_server = SENDERS.iter().any(|sender| from.contains(&format!("{sender}@")) || from == *sender)
        || mail.head.first("x-failed-recipients").is_some();
    let returns_nowhere = mail.head.first("return-path") == Some("<>");
    if !returns_nowhere || !of_a_server || !has(&WORDS) || has(&LATE) {
        return Err(if is_automatic(mail) { NotABounce::AutoReply } else { NotABounce::NoReport });
    }
    let part = mail.part(&["text/plain"]).ok_or(NotABounce::Unclear)?;
    let text = part.text();
    let quoted_id = || {
        let named = |line: &&str| line.get(..11).is_some_and(|name| name.eq_ignore_ascii_case("message-id:"));
        id::of_addresses(&text).or_else(|| text.lines().filter(named).find_map(id::of_identifiers))
    };
    let id = id::of(mail, None).or_else(quoted_id).ok_or(NotABounce::NotOurs)?;
    let (status, line) = own_lines(&text).find_map(code).ok_or(NotABounce::Unclear)?;
    let diagnostic = Some(one_line(line)).filter(|line| !line.is_empty());
    Ok(Bounce { id, outcome: Outcome::Failed, status, diagnostic })
}

fn is_automatic(mail: &Mail<'_>) -> bool {
    let is = |name: &str, wanted: &[&str]| {
        mail.head.first(name).is_some_and(|value| wanted.iter().any(|one| value.to_ascii_lowercase().starts_with(one)))
    };
    // RFC 3834, and what was there before.
    is("auto-submitted", &["auto-"])
        || is("precedence", &["auto_reply"])
        || ["x-autoreply", "x-autorespond", "x-auto-response"].iter().any(|name| mail.head.first(name).is_some())
        || mail.part(&["message/disposition-notification", "message/feedback-report"]).is_some()
}

/// The lines above what is quoted.
fn own_lines(text: &str) -> impl Iterator<Item = &str> {
    let is_own = |line: &&str| {
        let line = line.trim_start().to_ascii_lowercase();
        !QUOTED.iter().any(|begin| line.starts_with(begin))
    };
    text.lines().take_while(is_own)
}

/// The code of a permanent failure in a line: an enhanced one, or one of SMTP where a server's answer stands.
fn code(line: &str) -> Option<(Option<String>, &str)> {
    let bare = |word: &'_ str| word.trim_matches(|character: char| !character.is_ascii_alphanumeric()).to_owned();
    let enhanced = line.split_whitespace().map(bare).find(|word| word.starts_with('5') && report::is_status(word));
    let mut before: Option<&str> = None;
    let mut answers = false;
    for word in line.split_whitespace() {
        // `550-5.1.1`, of an answer of several lines.
        let number = word.split('-').next().unwrap_or_default();
        let is_code = matches!(number.as_bytes(), [b'5', b'0'..=b'5', b'0'..=b'9']);
        let follows = before
            .is_none_or(|before| before.ends_with(':') || BEFORE.contains(&bare(before).to_ascii_lowercase().as_str()));
        answers |= is_code && follows;
        before = Some(word);
    }
    (answers || enhanced.is_some()).then_some((enhanced, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_told_from_other_numbers() {
        for (line, status) in [
            ("550 5.1.1 no such user", Some("5.1.1")),
            ("Sorry, no mailbox here by that name. (#5.1.1)", Some("5.1.1")),
            ("    550-5.7.1 go away", None),
            ("Remote host said: 554 delivery error", None),
            ("host mx.example.net [192.0.2.7]: 550 Unknown user", None),
        ] {
            assert_eq!(code(line).unwrap().0.as_deref(), status, "{line}");
        }
        for line in [
            "I am away, call me at extension 550",
            "you owe 550 €",
            "4.2.2 mailbox full",
            "450 4.2.1 busy",
            "see 10.5.1.1 or 5.1",
            "version 5.9.1",
            "Total 550.00",
            "",
        ] {
            assert_eq!(code(line), None, "{line}");
        }
    }
}
