//! The shapes that servers give their bounces, written after their public documentation, and whatever else may come.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const POSTFIX: &str = include_str!("../../tests/bounces/postfix.eml");
const EXIM: &str = include_str!("../../tests/bounces/exim.eml");
const EXCHANGE: &str = include_str!("../../tests/bounces/exchange_online.eml");
const GMAIL: &str = include_str!("../../tests/bounces/gmail.eml");
const SENDMAIL_LATE: &str = include_str!("../../tests/bounces/sendmail_delayed.eml");
const QMAIL: &str = include_str!("../../tests/bounces/qmail.eml");
const AWAY: &str = include_str!("../../tests/bounces/away.eml");
const SEEN: &str = include_str!("../../tests/bounces/read_receipt.eml");

const ALL: [&str; 8] = [POSTFIX, EXIM, EXCHANGE, GMAIL, SENDMAIL_LATE, QMAIL, AWAY, SEEN];

const ID: &str = "01935e2a-0f00-7abc-8def-0123456789ab";
const DIGITS: &str = "01935e2a0f007abc8def0123456789ab";

fn id() -> Uuid {
    ID.parse().unwrap()
}

/// Without what names the mail but for `kept`.
fn without(text: &str, names: &[&str]) -> String {
    let mut text = text.to_owned();
    for name in names {
        let other = "f".repeat(name.len());
        text = text.replace(name, &other.replace('f', "-"));
    }
    text
}

#[test]
fn each_shape_tells_what_became_of_the_mail() {
    for (name, text, outcome, status, words) in [
        (
            "postfix",
            POSTFIX,
            Outcome::Failed,
            Some("5.1.1"),
            "550 5.1.1 <nobody@example.net>: Recipient address rejected",
        ),
        ("exim", EXIM, Outcome::Failed, Some("5.1.1"), "550 5.1.1 <nobody@example.net>: mailbox unknown"),
        ("exchange", EXCHANGE, Outcome::Failed, Some("5.1.10"), "550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
        ("gmail", GMAIL, Outcome::Failed, Some("5.1.1"), "550-5.1.1 The email account"),
        ("sendmail", SENDMAIL_LATE, Outcome::Delayed, Some("4.4.1"), "451 4.4.1 mx.example.net: connection timed out"),
        ("qmail", QMAIL, Outcome::Failed, Some("5.1.1"), "Sorry, no mailbox here by that name. (#5.1.1)"),
    ] {
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            let bounce = read(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!((bounce.id, bounce.outcome, bounce.status.as_deref()), (id(), outcome, status), "{name}");
            let said = bounce.diagnostic.unwrap();
            assert!(said.starts_with(words) && !said.contains('\n'), "{name}: {said}");
        }
    }
    for text in [AWAY, SEEN] {
        assert_eq!(read(text.as_bytes()), Err(NotABounce::AutoReply), "{text}");
    }
}

#[test]
fn the_mail_is_found_by_its_address_the_envelope_or_the_message_that_is_returned() {
    let address = format!("bounces+{DIGITS}@example.com");
    let envelope = format!("Original-Envelope-Id: {DIGITS}");
    // By the envelope and the Message-ID, by the Message-ID and the return path, by the return path alone.
    for gone in [vec![address.as_str()], vec![address.as_str(), envelope.as_str()], vec![envelope.as_str(), ID]] {
        assert_eq!(read(without(POSTFIX, &gone).as_bytes()).unwrap().id, id(), "{gone:?}");
    }
    for (name, text) in
        [("postfix", POSTFIX), ("exim", EXIM), ("exchange", EXCHANGE), ("gmail", GMAIL), ("qmail", QMAIL)]
    {
        assert_eq!(read(without(text, &[DIGITS, ID]).as_bytes()), Err(NotABounce::NotOurs), "{name}");
    }
    // The address wins over what is returned, which the sender of the bounce may have made up.
    let other = without(POSTFIX, &[]).replace(ID, "01935e2a-0f00-7abc-8def-ba9876543210");
    assert_eq!(read(other.as_bytes()).unwrap().id, id());
}

#[test]
fn an_old_bounce_fails_a_mail_only_when_everything_comes_together() {
    assert!(read(QMAIL.as_bytes()).is_ok());
    for (from, to, error) in [
        ("Return-Path: <>", "Return-Path: <someone@example.net>", NotABounce::NoReport),
        ("MAILER-DAEMON@", "maija@", NotABounce::NoReport),
        ("Subject: failure notice", "Subject: Re: Lasku 1001", NotABounce::NoReport),
        ("Subject: failure notice", "Subject: failure notice: delayed", NotABounce::NoReport),
        // What is quoted of the mail has the number 550 in it, and the code of another.
        ("(#5.1.1)", "", NotABounce::Unclear),
        ("(#5.1.1)", "(#4.2.2)", NotABounce::Unclear),
    ] {
        assert!(QMAIL.contains(from), "{from}");
        assert_eq!(read(QMAIL.replacen(from, to, 1).as_bytes()), Err(error), "{from} to {to}");
    }
}

/// A report with these fields of the recipient.
fn report(fields: &str) -> String {
    format!(
        "To: bounces+{DIGITS}@example.com\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\n\
         for people\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mail.example.com\n\n{fields}\n--b--\n"
    )
}

#[test]
fn the_action_decides_and_the_code_where_there_is_none() {
    for (fields, outcome, status) in [
        ("Action: failed\nStatus: 4.4.7", Outcome::Failed, Some("4.4.7")),
        ("action: FAILED (gave up)\nstatus: 5.2.2 (mailbox full)", Outcome::Failed, Some("5.2.2")),
        ("Action: delayed\nStatus: 4.4.1", Outcome::Delayed, Some("4.4.1")),
        ("Action: delivered\nStatus: 2.0.0", Outcome::Delivered, Some("2.0.0")),
        ("Action: relayed", Outcome::Relayed, None),
        ("Action: expanded", Outcome::Relayed, None),
        ("Status: 5.7.1", Outcome::Failed, Some("5.7.1")),
        ("Action: failed\nStatus: unknown", Outcome::Failed, None),
        ("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 552 5.2.2 full", Outcome::Failed, Some("5.2.2")),
        ("Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 452 4.2.2 full", Outcome::Failed, Some("5.0.0")),
        ("Action: delivered\nStatus: 2.0.0\n\nAction: failed\nStatus: 5.1.1", Outcome::Failed, Some("5.1.1")),
    ] {
        let bounce = read(report(fields).as_bytes()).unwrap();
        assert_eq!((bounce.outcome, bounce.status.as_deref()), (outcome, status), "{fields}");
    }
    for fields in ["", "Final-Recipient: rfc822; a@example.net", "Action: pondered", "Action: pondered\nStatus: 3.0.0"]
    {
        assert_eq!(read(report(fields).as_bytes()), Err(NotABounce::Unclear), "{fields}");
    }
}

#[test]
fn the_words_of_others_are_one_short_line() {
    let mut fields = "Action: failed\nDiagnostic-Code: smtp; 550 no\u{1b}[31m\u{7}".to_owned();
    for line in 0..1_000 {
        write!(fields, "\n {line} of very many lines").unwrap();
    }
    let said = read(report(&fields).as_bytes()).unwrap().diagnostic.unwrap();
    assert!(said.starts_with("550 no [31m 0 of very many") && said.chars().count() == 301, "{said}");
    assert!(!said.chars().any(char::is_control));
}

#[test]
fn what_is_too_large_is_not_read() {
    let large = format!("{}{}", report("Action: failed"), " ".repeat(LARGEST));
    assert_eq!(read(large.as_bytes()), Err(NotABounce::TooLarge));
    assert_eq!(read(b""), Err(NotABounce::Unreadable));
}

/// What makes a library for mail slow, or go deep.
#[test]
fn hostile_mails_of_the_full_size_do_no_harm() {
    let filled = |piece: &str| piece.repeat(LARGEST / piece.len());
    for text in [
        filled("Content-Type: message/rfc822\n\n"),
        filled("Content-Type: multipart/mixed; boundary=b\n\n--b\n"),
        filled("To: bounces+\n"),
        filled("("),
        format!("To: {}", filled("<\"(")),
        format!("Subject: {}", filled("=?utf-8?q?=20?= ")),
        format!("Content-Type: multipart/report; {}", filled("a*0*=\"b\";")),
        format!("Content-Type: multipart/report; boundary=b\n\n{}", &filled("--b\n")[..LARGEST - 100]),
        report(&filled("Action: x\n\n")[..LARGEST - 500]),
        report(&format!("Diagnostic-Code: {}", &filled("x; \n ")[..LARGEST - 500])),
        format!("{}\n\n{}", &QMAIL[..QMAIL.find("\n\n").unwrap()], &filled("a+@")[..LARGEST - 500]),
    ] {
        let text = &text.as_bytes()[..text.len().min(LARGEST)];
        assert!(read(text).is_err() || read(text).is_ok_and(|bounce| bounce.outcome != Outcome::Failed));
    }
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let changes = vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 0..40);
    (prop::sample::select(ALL.to_vec()), changes).prop_map(|(text, changes)| {
        let mut octets = text.as_bytes().to_vec();
        for (place, octet, kind) in changes {
            if octets.is_empty() {
                break;
            }
            let place = place.index(octets.len());
            match kind {
                0 => octets[place] = octet,
                1 => octets.insert(place, octet),
                2 => drop(octets.remove(place)),
                _ => octets.truncate(place.max(200)),
            }
        }
        octets
    })
}

/// Lines as they stand in heads and parts, in any order.
fn shuffled() -> impl Strategy<Value = Vec<u8>> {
    let line = prop::sample::select(
        ALL.iter()
            .flat_map(|text| text.lines())
            .chain(["", "", "--b", "Content-Type: multipart/mixed; boundary=b"])
            .collect::<Vec<_>>(),
    );
    vec(line, 0..60).prop_map(|lines| lines.join("\n").into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_octets_are_read_without_panic(octets in prop_oneof![vec(any::<u8>(), 0..2_000), mutated(), shuffled()]) {
        if let Ok(bounce) = read(&octets) {
            prop_assert!(bounce.status.is_none_or(|status| crate::smtp::is_enhanced(&status)));
            prop_assert!(bounce.diagnostic.is_none_or(|text| text.chars().count() <= 301 && !text.contains(['\r', '\n'])));
        }
    }

    /// Nobody fails a mail whose id they do not know.
    #[test]
    fn without_the_id_nothing_is_told(octets in prop_oneof![mutated(), shuffled()]) {
        let text = without(&String::from_utf8_lossy(&octets), &[DIGITS, ID]);
        if let Ok(bounce) = read(text.as_bytes()) {
            prop_assert_ne!(bounce.id, id());
        }
    }
}
