//! The id of a mail in the addresses and identifiers that come back.

use lettre::Address;
use uuid::Uuid;

use super::mime::{Head, Mail};

/// The longest local part (RFC 5321, section 4.5.3.1.1).
const LONGEST_LOCAL: usize = 64;

/// A plus and 32 hexadecimal digits.
const SUBADDRESS: usize = 33;

/// Header fields that hold the address that a bounce was sent to. Those that our own server wrote come first.
const RECIPIENTS: [&str; 6] =
    ["delivered-to", "x-original-to", "x-envelope-to", "envelope-to", "to", "original-recipient"];

/// Whether `address` can be given a subaddress for each mail, and stands in any header as it is.
pub(crate) fn is_bounce_address(address: &str) -> bool {
    let is_plain = |octet: u8| octet.is_ascii_alphanumeric() || b".-_+".contains(&octet);
    address.parse::<Address>().is_ok_and(|address| {
        address.user().len() + SUBADDRESS <= LONGEST_LOCAL
            && address.user().bytes().all(is_plain)
            && address.domain().bytes().all(|octet| octet.is_ascii_alphanumeric() || b".-".contains(&octet))
    })
}

/// Where the mail `id` returns to; `None` when that is no address.
pub(crate) fn return_path(address: &Address, id: Uuid) -> Option<Address> {
    Address::new(format!("{}+{}", address.user(), id.simple()), address.domain()).ok()
}

/// The mail of ours that `mail` concerns.
pub(super) fn of(mail: &Mail<'_>, envelope: Option<&str>) -> Option<Uuid> {
    let recipients = || RECIPIENTS.iter().flat_map(|name| mail.head.all(name)).find_map(of_addresses);
    let returned = || {
        let returned = mail.returned()?;
        returned
            .all("message-id")
            .find_map(of_identifiers)
            .or_else(|| returned.all("return-path").find_map(of_addresses))
    };
    recipients()
        .or_else(|| envelope.and_then(|envelope| digits(envelope.trim())))
        .or_else(returned)
        .or_else(|| answered(&mail.head))
}

/// What a mail says that it answers.
fn answered(head: &Head) -> Option<Uuid> {
    ["in-reply-to", "references"].iter().flat_map(|name| head.all(name)).find_map(of_identifiers)
}

/// Of the first address with a subaddress of ours in `text`.
pub(super) fn of_addresses(text: &str) -> Option<Uuid> {
    before_the_at(text).find_map(|local| digits(local.rsplit_once('+')?.1))
}

/// Of the first Message-ID of ours in `text`.
pub(super) fn of_identifiers(text: &str) -> Option<Uuid> {
    before_the_at(text).filter(|local| local.len() == 36).find_map(|local| Uuid::try_parse(local).ok())
}

/// What stands before the @ of each word that has one.
fn before_the_at(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|character: char| character.is_whitespace() || "<>()[],;:\"".contains(character));
    words.filter_map(|word| Some(word.split_once('@')?.0))
}

fn digits(text: &str) -> Option<Uuid> {
    (text.len() == 32).then(|| Uuid::try_parse(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bounce_address_has_room_for_the_id() {
        for good in ["bounces@example.com", "b.o_u-n+c@mail.example.com", &format!("{}@a.example", "b".repeat(31))] {
            assert!(is_bounce_address(good), "{good}");
        }
        for wrong in [
            "",
            "bounces",
            "Tally <bounces@example.com>",
            "bäunces@example.com",
            "b@exämple.com",
            "\"a b\"@example.com",
        ] {
            assert!(!is_bounce_address(wrong), "{wrong}");
        }
        assert!(!is_bounce_address(&format!("{}@a.example", "b".repeat(32))));
    }

    #[test]
    fn the_id_comes_back_out_of_the_address() {
        let (id, address) =
            (Uuid::from_u128(0x0193_5e2a_0f00_7abc_8def_0123_4567_89ab), "bounces@example.com".parse().unwrap());
        let path = return_path(&address, id).unwrap().to_string();
        assert_eq!(path, "bounces+01935e2a0f007abc8def0123456789ab@example.com");
        for text in [
            path.clone(),
            format!("rfc822;{path}"),
            format!("\"Bounces\" <{}>", path.to_uppercase()),
            format!("nobody@example.com,\r\n\t<prvs=0123456789={path}>"),
        ] {
            assert_eq!(of_addresses(&text), Some(id), "{text}");
        }
        for text in [
            "",
            "@",
            "+@",
            "bounces@example.com",
            "b+01935e2a@example.com",
            &path.replace('+', "-"),
            &path.replace('@', " "),
        ] {
            assert_eq!(of_addresses(text), None, "{text}");
        }
        assert_eq!(of_identifiers(&format!("<{id}@tally.example>")), Some(id));
        assert_eq!(of_identifiers(&format!("<{}@tally.example>", id.simple())), None);
    }
}
