//! A delivery receipt, by its optional parameters and by its text (SMPP 3.4, appendix B, and what providers make of it).

use bytes::Bytes;
use domain::Timestamp;
use domain::sms::SmsState;

use super::incoming::{self, Delivery, tag};
use crate::Receipt;
use crate::fault::one_line;

/// The bits of `esm_class` that tell what a deliver_sm is (5.2.12).
const KIND: u8 = 0b0011_1100;
const RECEIPT: u8 = 0b0000_0100;
const NEWS: u8 = 0b0010_0000;

/// Why a deliver_sm brings no receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoReceipt {
    /// It ends before its time; it may have been one.
    Unreadable,
    /// Somebody has written to us.
    InboundText,
    /// It is one that names no message or no state.
    Nameless,
}

/// The receipt in the body of a deliver_sm.
pub(super) fn of(body: Bytes, channel: &str, at: Timestamp) -> Result<Receipt, NoReceipt> {
    let delivery = Delivery::read(body).ok_or(NoReceipt::Unreadable)?;
    if !is_receipt(&delivery) {
        return Err(NoReceipt::InboundText);
    }
    read(&delivery, channel, at).ok_or(NoReceipt::Nameless)
}

/// Whether `delivery` is a receipt. A text alone never makes one: anybody with a phone can write it.
fn is_receipt(delivery: &Delivery) -> bool {
    matches!(delivery.esm_class & KIND, RECEIPT | NEWS) || delivery.parameter(tag::RECEIPTED_MESSAGE_ID).is_some()
}

/// Reads it; `None` when it names no message or no state.
fn read(delivery: &Delivery, channel: &str, at: Timestamp) -> Option<Receipt> {
    let text = decode(&delivery.message, delivery.data_coding);
    let own = own_words(&text);
    let id = delivery
        .parameter(tag::RECEIPTED_MESSAGE_ID)
        .map(|value| incoming::text(&mut value.clone()))
        .filter(|id| !id.trim().is_empty())
        .or_else(|| field(own, "id").map(str::to_owned))?;
    let stated = delivery.parameter(tag::MESSAGE_STATE).and_then(|value| value.first()).and_then(|code| by_code(*code));
    let told = field(own, "stat").or_else(|| field(own, "state")).and_then(by_word);
    // The one that says more: some providers set the parameter to "accepted" throughout.
    let state = match (stated, told) {
        (Some(stated), Some(told)) => stated.after(told),
        (stated, told) => stated.or(told)?,
    };
    let error_code = delivery.parameter(tag::NETWORK_ERROR_CODE).and_then(|value| network_error(value));
    let error_code = error_code
        .or_else(|| field(own, "err").map(str::to_owned))
        .filter(|code| code.bytes().any(|digit| digit != b'0'));
    Some(Receipt {
        channel: channel.to_owned(),
        provider_message_id: one_line(&id),
        state,
        error_code: error_code.map(|code| one_line(&code)),
        recipient: Some(delivery.source.trim().to_owned()).filter(|recipient| !recipient.is_empty()),
        at,
        text: Some(one_line(own)).filter(|text| !text.is_empty()),
    })
}

/// The state of the parameter `message_state` (5.2.28).
const fn by_code(code: u8) -> Option<SmsState> {
    Some(match code {
        // Enroute, accepted.
        1 | 6 => SmsState::Sent,
        2 => SmsState::Delivered,
        3 => SmsState::Expired,
        5 => SmsState::Undeliverable,
        8 => SmsState::Rejected,
        // Deleted; unknown, which is where the network has lost it.
        4 | 7 => SmsState::Failed,
        _ => return None,
    })
}

/// The state of the word behind `stat:`. The first letters decide, since providers cut the words at different lengths.
fn by_word(word: &str) -> Option<SmsState> {
    let word = word.to_ascii_uppercase();
    let states = [
        ("DELIV", SmsState::Delivered),
        ("UNDELIV", SmsState::Undeliverable),
        ("EXPIR", SmsState::Expired),
        ("REJ", SmsState::Rejected),
        ("DELET", SmsState::Failed),
        ("UNKN", SmsState::Failed),
        ("FAIL", SmsState::Failed),
        ("ENROU", SmsState::Sent),
        ("ACCEP", SmsState::Sent),
        ("BUFF", SmsState::Sent),
        ("SCHED", SmsState::Sent),
        ("SENT", SmsState::Sent),
    ];
    states.into_iter().find(|(start, _)| word.starts_with(start)).map(|(_, state)| state)
}

/// One octet for the kind of network, two for the code (5.3.2.31).
fn network_error(value: &[u8]) -> Option<String> {
    let [_, high, low] = value else { return None };
    Some(u16::from_be_bytes([*high, *low]).to_string())
}

fn decode(message: &[u8], data_coding: u8) -> String {
    if data_coding == 8 {
        let units = message.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    } else {
        String::from_utf8_lossy(message).into_owned()
    }
}

/// The text up to the words of the message, which may hold anything, also what looks like a field.
fn own_words(text: &str) -> &str {
    find(text, "text").map_or(text, |(start, _)| &text[..start])
}

/// The value of a field: `stat:DELIVRD`, also with white space around the colon, `=` in its place, and in any case of letters.
fn field<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, value) = find(text, name)?;
    let value = text[value..].trim_start_matches(' ');
    let end = value.find(|character: char| character.is_whitespace() || character == '\0').unwrap_or(value.len());
    Some(&value[..end]).filter(|value| !value.is_empty())
}

/// Where a field starts, and what is behind its colon.
fn find(text: &str, name: &str) -> Option<(usize, usize)> {
    let lower = text.to_ascii_lowercase();
    lower.match_indices(name).map(|(start, _)| start).find_map(|start| {
        let alone = start == 0 || !lower.as_bytes()[start - 1].is_ascii_alphanumeric();
        let rest = lower[start + name.len()..].trim_start_matches(' ');
        (alone && rest.starts_with([':', '='])).then(|| (start, lower.len() - rest.len() + 1))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body(esm_class: u8, message: &[u8], parameters: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = b"\0\x01\x01358441234567\0\x05\0Tally\0".to_vec();
        body.extend([esm_class, 0, 0, 0, 0, 0, 0, 0, 0, u8::try_from(message.len()).unwrap()]);
        body.extend(message);
        for (tag, value) in parameters {
            body.extend(tag.to_be_bytes());
            body.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
            body.extend(*value);
        }
        body
    }

    fn delivery(esm_class: u8, message: &[u8], parameters: &[(u16, &[u8])]) -> Delivery {
        Delivery::read(body(esm_class, message, parameters).into()).unwrap()
    }

    fn of_text(text: &str) -> Option<Receipt> {
        read(&delivery(4, text.as_bytes(), &[]), "smsc", Timestamp::from_micros(1))
    }

    #[test]
    fn the_text_of_the_standard() {
        let text = "id:0123456789 sub:001 dlvrd:001 submit date:2611211340 done date:2611211341 stat:DELIVRD err:000 text:Hello stat:EXPIRED";
        let receipt = of_text(text).unwrap();
        assert_eq!(receipt.provider_message_id, "0123456789");
        assert_eq!((receipt.state, receipt.error_code), (SmsState::Delivered, None));
        assert_eq!(receipt.recipient.as_deref(), Some("358441234567"));
        assert!(!receipt.text.unwrap().contains("Hello"));
    }

    #[test]
    fn what_providers_make_of_it() {
        for (text, id, state, error) in [
            ("ID: 1A2B STAT: UNDELIV ERR: 034", "1A2B", SmsState::Undeliverable, Some("034")),
            ("id=7;x stat=expired err=0", "7;x", SmsState::Expired, None),
            ("id:9f-01 submit date:26112113 stat:REJECTD err:E1 Text:", "9f-01", SmsState::Rejected, Some("E1")),
            ("msgid:5 id:6 stat:ACCEPTD", "6", SmsState::Sent, None),
            ("id:6 stat:UNDELIVERABLE", "6", SmsState::Undeliverable, None),
            ("id:6 stat:DELETED", "6", SmsState::Failed, None),
            ("stat:DELIVERED id:6\0", "6", SmsState::Delivered, None),
        ] {
            let receipt = of_text(text).unwrap();
            let found = (&receipt.provider_message_id[..], receipt.state, receipt.error_code.as_deref());
            assert_eq!(found, (id, state, error), "{text}");
        }
        for nothing in ["", "id:6", "stat:DELIVRD", "id: stat:", "id:6 stat:WHATEVER", "hello text:id:6 stat:DELIVRD"] {
            assert_eq!(of_text(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn the_parameters_alone_are_enough() {
        let parameters: [(u16, &[u8]); 3] = [
            (tag::RECEIPTED_MESSAGE_ID, b"00Ab\0"),
            (tag::MESSAGE_STATE, &[5]),
            (tag::NETWORK_ERROR_CODE, &[3, 0, 27]),
        ];
        let receipt = read(&delivery(0, b"", &parameters), "smsc", Timestamp::from_micros(1)).unwrap();
        assert_eq!((&receipt.provider_message_id[..], receipt.state), ("00Ab", SmsState::Undeliverable));
        assert_eq!((receipt.error_code.as_deref(), receipt.text), (Some("27"), None));
    }

    #[test]
    fn a_final_word_beats_a_parameter_that_is_not() {
        let parameters: [(u16, &[u8]); 2] = [(tag::RECEIPTED_MESSAGE_ID, b"7\0"), (tag::MESSAGE_STATE, &[6])];
        let receipt = read(&delivery(4, b"stat:DELIVRD", &parameters), "smsc", Timestamp::from_micros(1)).unwrap();
        assert_eq!(receipt.state, SmsState::Delivered);
    }

    #[test]
    fn a_text_from_a_phone_is_no_receipt() {
        assert!(!is_receipt(&delivery(0, b"id:6 stat:DELIVRD", &[])));
        assert!(!is_receipt(&delivery(0x40, b"id:6 stat:DELIVRD", &[])));
        assert!(is_receipt(&delivery(4, b"", &[])));
        assert!(is_receipt(&delivery(0x20, b"", &[])));
        assert!(is_receipt(&delivery(0, b"", &[(tag::RECEIPTED_MESSAGE_ID, b"6\0")])));
    }

    #[test]
    fn a_broken_receipt_is_told_from_a_text() {
        let of = |body: Vec<u8>| of(body.into(), "smsc", Timestamp::from_micros(1));
        let mut receipt = body(4, b"id:6 stat:DELIVRD", &[]);
        assert!(of(receipt.clone()).is_ok());
        receipt.pop();
        assert_eq!(of(receipt), Err(NoReceipt::Unreadable));
        assert_eq!(of(body(0, b"STOP", &[])), Err(NoReceipt::InboundText));
        assert_eq!(of(body(4, b"id:6", &[])), Err(NoReceipt::Nameless));
    }

    proptest! {
        #[test]
        fn never_panics(text in "(id|stat|text|err|[:= ]|[a-zäß🦀]|\\PC){0,30}", coding in 0_u8..10) {
            let mut made = delivery(4, b"", &[]);
            made.message = text.into_bytes().into();
            made.data_coding = coding;
            let _ = read(&made, "smsc", Timestamp::from_micros(1));
        }
    }
}
